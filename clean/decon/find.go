package decon

import "math"

// Match is a place of a text where an item was found.
type Match struct {
	Score                     float64 // 0 to 1; of the ngram method, the share of the item's runs that the text has
	Question, Answer, Passage float64 // shares of its parts; NaN = it has none, or none is asked for
	From, To                  int     // of the question, in bytes of the text
	AnswerFrom, AnswerTo      int     // 0, 0 = no answer was met
	Set                       int     // as Names has them
	item                      uint32
}

// Names are the names of the sets.
func (ix *Index) Names() []string {
	var names []string
	for _, s := range ix.sets {
		names = append(names, s.name)
	}
	return names
}

// Finder looks for the items of an index. It is for one goroutine; a text that it was given is not kept.
type Finder struct {
	ix      *Index
	list    wordList
	matches []Match
	visit   uint32   // of the text at hand
	visited []uint32 // by item: the visit that until is of
	until   []uint32 // by item: up to which word of the text it was looked for
	shift   []int32  // by item: where in the text it would begin, were it as it was looked for; found = anywhere
	near    nearby
	covered coverage // places of the index whose runs the text has
	met     coverage // runs that the text has, by their first post
	passed  float64
}

// found is a shift of items that were found.
const found = math.MaxInt32

// NewFinder makes one.
func (ix *Index) NewFinder() *Finder {
	f := &Finder{ix: ix, visited: make([]uint32, len(ix.items)), until: make([]uint32, len(ix.items)),
		shift: make([]int32, len(ix.items))}
	if ix.opt.Method == "ngram" {
		f.covered.bits, f.met.bits = make([]uint64, len(ix.words)/64+1), make([]uint64, len(ix.posts)/64+1)
	}
	return f
}

// Find gives the places of a text, of at most 4 GiB, where items were found, in the order of the runs that led to them. They are valid
// until the next call.
func (f *Finder) Find(text []byte) []Match {
	f.matches, f.passed = f.matches[:0], 0
	f.list.split(text)
	if f.visit++; f.visit == 0 {
		clear(f.visited)
		f.visit = 1
	}
	f.scan()
	if f.ix.opt.Method == "ngram" {
		f.shares()
	}
	return f.matches
}

// Best is the greatest score among the items of the last text whose question was met, whether or not it reaches the least one.
func (f *Finder) Best() float64 { return f.passed }

// scan goes through the runs of the text and takes those up that an item may have, every so many words.
func (f *Finder) scan() {
	ix := f.ix
	whole := ix.opt.Method == "ngram"
	n, every := ix.opt.N, ix.opt.Every
	hash := f.list.hash
	if len(hash) < n {
		return
	}
	roll := newRoller(n)
	for _, h := range hash[:n-1] {
		roll.next(h, 0)
	}
	filter, shift := ix.filter, ix.shift+3
	out, skip := uint64(0), 0
	for i, h := range hash[n-1:] {
		g := roll.next(h, out)
		out = hash[i]
		if bits := filterBits(g); filter[g>>shift&uint64(len(filter)-1)]&bits != bits {
			if every == 1 {
				continue
			}
		} else if skip == 0 {
			if whole {
				f.run(i, g)
			} else {
				f.follow(i, g)
			}
		}
		if skip++; skip == every {
			skip = 0
		}
	}
}

// look finds the places in items of a run; nil if there are none.
func (ix *Index) look(h uint64) []uint32 {
	mask := uint64(len(ix.slots) - 1)
	for s := h >> ix.shift; ; s = (s + 1) & mask {
		x := ix.slots[s]
		if x.at == 0 {
			return nil
		}
		if x.tag == uint32(h) {
			return ix.posts[x.at-1:]
		}
	}
}

// follow looks the questions that have the run at word i up.
func (f *Finder) follow(i int, g uint64) {
	ix := f.ix
	for _, post := range ix.look(g) {
		at := post &^ postLast
		it := ix.owner(at)
		if shift := f.shift[it]; f.visited[it] != f.visit || uint32(i) >= f.until[it] || shift != found && shift != int32(i)-int32(at) {
			f.expand(i, at, it)
		}
		if post&postLast != 0 {
			return
		}
	}
}

// expand follows a question from a run that it shares with the text: word i of the text is word at of the index.
func (f *Finder) expand(i int, at, it uint32) {
	ix := f.ix
	n := ix.opt.N
	q := ix.items[it].question
	for k := range n {
		if uint32(f.list.hash[i+k]) != ix.words[int(at)+k] {
			return // the identity of another run
		}
	}
	sum := ix.sum(q.from, q.to)
	w := walk{f: f, question: q, allowed: sum * (1 - ix.opt.wanted(q.len())), a: i + n, b: int(at) + n}
	w.allowed += sum * Tolerance
	right, seen := w.right()
	f.visited[it], f.until[it], f.shift[it] = f.visit, uint32(max(i+1, seen-n+1)), int32(i)-int32(at)
	if w.lost > w.allowed {
		return
	}
	w.a, w.b = i, int(at)
	left := w.left()
	if w.lost > w.allowed {
		return
	}
	f.until[it], f.shift[it] = uint32(right), found
	share := 1.0
	if sum > 0 && w.lost > 0 {
		share = max(0, (sum-w.lost)/sum)
	}
	f.judge(it, share, left, right)
}

// sum is the weight of words.
func (ix *Index) sum(from, to uint32) (s float64) {
	for _, w := range ix.weight[from:to] {
		s += float64(w)
	}
	return s
}

// judge scores an item whose question is words [left, right) of the text.
func (f *Finder) judge(it uint32, share float64, left, right int) {
	item := &f.ix.items[it]
	m := Match{Question: share, Answer: math.NaN(), Passage: math.NaN(), item: it, Set: int(item.set)}
	m.From, m.To = int(f.list.from[left]), int(f.list.to[right-1])
	for p := item.answers.from; p < item.answers.to; p++ {
		share, from, to := f.around(f.ix.parts[p], left, right)
		if !(share <= m.Answer) {
			m.Answer = share
			m.AnswerFrom, m.AnswerTo = 0, 0
			if to > from {
				m.AnswerFrom, m.AnswerTo = int(f.list.from[from]), int(f.list.to[to-1])
			}
		}
	}
	if item.passage.len() > 0 {
		m.Passage, _, _ = f.around(item.passage, left, right)
	}
	m.Score = weigh(m.Question, m.Answer, m.Passage)
	f.passed = max(f.passed, m.Score)
	if m.Score >= f.ix.opt.Min-Tolerance {
		f.matches = append(f.matches, m)
	}
}
