package tokenize

// mergeWork is what the merge of one pair finds in a part of its places: how often which symbol stands before and behind the new one, and where.
type mergeWork struct {
	before, after side
	events        []event
}

// event is a place at which a new pair stands.
type event struct {
	other int32  // the symbol beside the new one: x if it is before it, ^x if it is behind
	at    uint32 // of the pair's first symbol
}

// side counts symbols on one side of the new one.
type side struct {
	count []int64 // by symbol; 0 = not met
	index []int32 // of the new pair in learner.info; only of those met
	met   []int32
}

func (s *side) more(x int32, n int64) {
	for len(s.count) <= int(x) {
		s.count, s.index = append(s.count, 0), append(s.index, -1)
	}
	if s.count[x] == 0 {
		s.met = append(s.met, x)
	}
	s.count[x] += n
}

func (s *side) get(x int32) int64 {
	if int(x) < len(s.count) {
		return s.count[x]
	}
	return 0
}

func (s *side) follow(x, index int32) { s.index[x] = index }

func (s *side) add(o *side) {
	for _, x := range o.met {
		s.more(x, o.count[x])
	}
}

func (s *side) reset() {
	for _, x := range s.met {
		s.count[x] = 0
	}
	s.met = s.met[:0]
}

func (w *mergeWork) reset() {
	w.before.reset()
	w.after.reset()
	w.events = w.events[:0]
}

// find gives the index of the pair of an event.
func (w *mergeWork) find(e event) int32 {
	if e.other >= 0 {
		return w.before.index[e.other]
	}
	return w.after.index[^e.other]
}

// run merges left and right to a new symbol at those of the places where they still stand.
func (w *mergeWork) run(l *learner, places []uint32, left, right, to int32) {
	cells := l.cells
	step, wide := l.width[left], l.width[to]
	for _, at := range places {
		mid := at + step
		if cells[at].symbol != left || cells[mid].symbol != right {
			continue // a merge since has taken one of the two
		}
		n := l.weight(cells[at])
		if prev := cells[at-1].symbol; prev != gap {
			before := at - 1
			if prev < 0 {
				before = uint32(int64(before) + int64(prev))
				prev = cells[before].symbol
			}
			w.before.more(prev, n)
			w.events = append(w.events, event{prev, before})
		}
		if next := cells[at+wide].symbol; next != gap { // behind a piece stands a gap
			w.after.more(next, n)
			w.events = append(w.events, event{^next, at})
		}
		cells[at].symbol = to
		cells[mid].symbol = -1 // no symbol; the last cell says more
		cells[at+wide-1].symbol = -int32(wide - 1)
	}
}
