package extract

// opened is an open element. It knows what stops the reach of an end tag, and where the next open element of its tag is, so that
// nothing ever searches the stack: a page of nothing but misplaced tags takes no longer than another.
type opened struct {
	node  int32 // its node, or that of the closest element around it that has one
	box   int32 // node of the closest block element: its own, or around it
	prev  int16 // where the next open element of the same tag is below it; 0 if there is none
	tag   tag
	own   bool // it has a node
	done  bool // its end tag came, but elements inside of it are open
	stops stops
}

// stops says where the closest elements are, this one or around it, that stop the search for an open element. The names are the
// standard's, in its chapter on the stack of open elements.
type stops struct{ scope, button, list, table, special, item int16 }

// enter opens an element of which the last node is the node, if it has one of its own.
func (t *tree) enter(g tag, own bool) {
	top := t.top()
	at := int16(len(t.open))
	e := opened{node: top.node, box: top.box, prev: t.last[g], tag: g, own: own, stops: top.stops}
	if own {
		e.node = int32(len(t.nodes) - 1)
		e.box = t.nodes[e.node].box
	}
	if f := tagFlags[g]; f&(fScope|fButtonScope|fListScope|fTableScope|fSpecial|fItemStop) != 0 {
		e.stops.set(f, at)
	}
	t.last[g] = at
	t.open = append(t.open, e)
}

func (s *stops) set(f uint32, at int16) {
	if f&fScope != 0 {
		s.scope = at
	}
	if f&fButtonScope != 0 {
		s.button = at
	}
	if f&fListScope != 0 {
		s.list = at
	}
	if f&fTableScope != 0 {
		s.table = at
	}
	if f&fSpecial != 0 {
		s.special = at
	}
	if f&fItemStop != 0 {
		s.item = at
	}
}

func (t *tree) pop() {
	t.steps++
	e := t.top()
	if e.own {
		t.nodes[e.node].end = int32(len(t.nodes))
		if tagFlags[e.tag]&fBlock != 0 {
			t.run = false
		}
	}
	if !e.done {
		t.last[e.tag] = e.prev
	}
	t.open = t.open[:len(t.open)-1]
}

// popTo closes the open elements down to open[x], that one included.
func (t *tree) popTo(x int) {
	for len(t.open) > x {
		t.pop()
	}
}

// closeTag closes the open element that an end tag reaches.
func (t *tree) closeTag(g tag) {
	if g == tBr {
		t.add(tBr)
		t.body = true
		return
	}
	x := t.reach(g)
	if g == tForm && x > 0 {
		t.closeImplied()
	}
	switch {
	case x == 0:
		t.strayEnd(g)
	case tagFlags[g]&fMisnest != 0 && t.top().stops.special > x:
		t.finish(x)
	default:
		t.popTo(int(x))
	}
}

// closeImplied closes the innermost elements whose end tags may be left out.
func (t *tree) closeImplied() {
	for {
		switch t.top().tag {
		case tDd, tDt, tLi, tOptgroup, tOption, tP, tRb, tRp, tRt:
			t.pop()
		default:
			return
		}
	}
}

// strayEnd handles an end tag that closes nothing. It is only then a border of blocks where browsers take it for one, that is </p>, and
// below maxDepth, where nothing is open.
func (t *tree) strayEnd(g tag) {
	if g == tP || len(t.open) == maxDepth && tagFlags[g]&fBlock != 0 {
		t.border()
	}
}

// finish ends an element around which blocks are still open: they stay open, and what follows in them is not inside of it.
func (t *tree) finish(x int16) {
	e := &t.open[x]
	e.done = true
	t.last[e.tag] = e.prev
}

// reach gives where the element is open that an end tag closes, 0 if there is none.
func (t *tree) reach(g tag) int16 {
	flags := tagFlags[g]
	s := &t.top().stops
	x, stop := t.last[g], s.special
	switch {
	case g == tHtml || g == tBody:
		return 0 // what comes after </body> is still in it
	case g == tP:
		stop = s.button
	case g == tLi:
		stop = s.list
	case isHeading(g):
		x, stop = t.lastHeading(), s.scope
	case flags&fPart != 0:
		stop = s.table
	case g == tTemplate:
		stop = 0
	case flags&(fBlock|fSpecial|fMisnest) != 0:
		stop = s.scope
	}
	if x < stop {
		return 0
	}
	return x
}

func (t *tree) lastHeading() int16 {
	return max(t.last[tH1], t.last[tH2], t.last[tH3], t.last[tH4], t.last[tH5], t.last[tH6])
}

func isHeading(g tag) bool { return g >= tH1 && g <= tH6 }

func (t *tree) closeParagraph() {
	if x := t.last[tP]; x > 0 && x >= t.top().stops.button {
		t.popTo(int(x))
	}
}

// imply closes what the start tag of g ends without an end tag, and reports whether that was an open element further up.
func (t *tree) imply(g tag) bool {
	top := t.top()
	x, stop := int16(0), int16(0)
	switch g {
	case tLi:
		x, stop = t.last[tLi], top.stops.item
	case tDt, tDd:
		x, stop = max(t.last[tDt], t.last[tDd]), top.stops.item
	case tButton, tSelect:
		x, stop = t.last[g], top.stops.scope
	case tInput, tKeygen:
		x, stop = t.last[tSelect], top.stops.scope
	case tA:
		if x, stop = t.last[tA], top.stops.scope; x >= stop && top.stops.special > x && x > 0 {
			t.finish(x)
			return true
		}
	case tH1, tH2, tH3, tH4, tH5, tH6:
		if isHeading(top.tag) {
			t.pop()
		}
	case tOption, tOptgroup:
		if top.tag == tOption {
			t.pop()
		}
	case tRp, tRt, tRb:
		if top.tag == tRp || top.tag == tRt || top.tag == tRb {
			t.pop()
		}
	case tTr, tTd, tTh, tTbody, tThead, tTfoot, tCaption, tCol, tColgroup, tTable:
		t.implyPart(g)
	}
	if x == 0 || x < stop {
		return false
	}
	t.popTo(int(x))
	return true
}

// implyPart closes the parts of the innermost table that a new part ends: those of its own rank and below, and whatever else stands
// in the part that it is put into.
func (t *tree) implyPart(g tag) {
	table := t.last[tTable]
	if table == 0 || table < t.top().stops.table {
		return
	}
	cell := max(t.last[tTd], t.last[tTh], t.last[tCaption])
	section := max(t.last[tTbody], t.last[tThead], t.last[tTfoot])
	row := t.last[tTr]
	switch g {
	case tTable: // a table inside of a table, but in no cell of it, ends it
		if cell < table {
			t.popTo(int(table))
		}
		return
	case tTd, tTh:
		if cell > table {
			t.popTo(int(cell))
		} else {
			t.popTo(int(max(table, section, row)) + 1)
		}
	case tTr:
		if row > table {
			t.popTo(int(row))
		} else {
			t.popTo(int(max(table, section)) + 1)
		}
	default:
		if section > table {
			t.popTo(int(section))
		} else {
			t.popTo(int(table) + 1)
		}
	}
}
