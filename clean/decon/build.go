package decon

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// buildBytes is about what a word takes while an index is built: itself, its weight, its run with place and hash, slot and filter.
const buildBytes = 48

// builder gathers items.
type builder struct {
	ix   *Index
	list wordList
	seen map[[2]uint64]bool // identities of items
	df   map[uint32]wordCount
	runs []run
	all  []uint64 // identities of the words of the item at hand
	bare []bool   // which of these are numbers or single letters
}

// wordCount is in how many items a word stands, and the last of them.
type wordCount struct{ items, last uint32 }

// run is N words of an item.
type run struct {
	hash uint64
	at   uint32
}

// Build reads the sets and makes an index of them.
func Build(sets []Set, opt Options) (*Index, error) {
	if err := opt.Check(); err != nil {
		return nil, err
	}
	if len(sets) == 0 {
		return nil, errors.New("no evaluation sets are given")
	}
	b := &builder{ix: &Index{opt: opt}, seen: map[[2]uint64]bool{}, df: map[uint32]wordCount{}}
	left := opt.Limit
	for i := range sets {
		if err := b.set(&sets[i], &left); err != nil {
			return nil, fmt.Errorf("set %s: %w", sets[i].Name, err)
		}
	}
	b.weigh()
	b.index()
	return b.ix, nil
}

func (b *builder) set(s *Set, left *int64) error {
	ix := b.ix
	ix.sets = append(ix.sets, setInfo{name: s.Name})
	info := &ix.sets[len(ix.sets)-1]
	err := s.each(left, func(file string, line int, r *record) error {
		if n := len(ix.files); n == 0 || ix.files[n-1] != file {
			ix.files = append(ix.files, file)
		}
		info.records++
		for _, q := range r.questions {
			if err := b.add(info, line, q, r); err != nil {
				return err
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case info.records == 0:
		return errors.New("its files hold no record")
	case info.items == 0 && info.double == 0:
		return fmt.Errorf("none of its %d records is long enough to be known by: %s", info.records, b.lengthWanted())
	}
	return nil
}

func (b *builder) lengthWanted() string {
	if b.ix.opt.Method == "ngram" {
		return fmt.Sprintf("an item needs n, %d, words", b.ix.opt.N)
	}
	return fmt.Sprintf("a question, with its passage if it has one, needs %d words (shortest)", b.ix.opt.Shortest)
}

// add takes an item, unless it is too short or there already.
func (b *builder) add(info *setInfo, line int, question string, r *record) error {
	ix, opt := b.ix, &b.ix.opt
	if err := b.room(line, question, r); err != nil {
		return err
	}
	from, parts := uint32(len(ix.words)), len(ix.parts)
	b.all, b.bare = b.all[:0], b.bare[:0]
	it := item{set: uint32(len(ix.sets) - 1), file: uint32(len(ix.files) - 1), line: uint32(line)}
	least, passage := opt.N, ""
	if opt.Method == "ngram" {
		b.take(r.passage)
		b.take(question)
		for _, a := range r.answers[:min(1, len(r.answers))] {
			b.take(a)
		}
		it.question = span{from, uint32(len(ix.words))}
	} else {
		least = opt.Shortest
		it.question, passage = b.question(question, r.passage)
	}
	if it.question.len() < least {
		b.undo(from)
		info.short++
		return nil
	}
	runs := len(b.all)
	if opt.Method == "score" {
		it.passage = b.take(passage)
		it.answers.from = uint32(parts)
		for _, a := range r.answers {
			if s := b.take(a); s.len() > 0 && opt.Answers {
				ix.parts = append(ix.parts, s)
			}
		}
		it.answers.to = uint32(len(ix.parts))
	}
	if id := b.identity(runs); !b.seen[id] {
		b.seen[id] = true
	} else {
		b.undo(from)
		ix.parts = ix.parts[:parts]
		info.double++
		return nil
	}
	it.questionText, it.otherText = ix.text(question), ix.text(other(r))
	info.items++
	b.count(uint32(len(ix.items)), from)
	ix.items, ix.heads = append(ix.items, it), append(ix.heads, from)
	b.addRuns(from, runs)
	return nil
}

// room refuses what an index cannot hold.
func (b *builder) room(line int, question string, r *record) error {
	ix, limit := b.ix, b.ix.opt.Limit
	size := int64(len(question) + len(r.passage))
	if (int64(len(ix.words))+size)*buildBytes+int64(len(ix.texts)) > limit {
		return fmt.Errorf("line %d: the evaluation sets need an index of more than %d MiB: take fewer sets, or allow more", line, limit>>20)
	}
	for _, a := range r.answers {
		size += int64(len(a))
	}
	if int64(len(ix.words))+size >= postLast || int64(len(ix.texts))+size+100 >= 1<<32 {
		return fmt.Errorf("line %d: the evaluation sets have too many words for one index", line)
	}
	return nil
}

// question takes the words by which an item is known: "What is true?" is known by its passage. It returns the passage if that is not used.
func (b *builder) question(question, passage string) (span, string) {
	from := uint32(len(b.ix.words))
	s := b.take(question)
	if s.len() >= b.ix.opt.Shortest || passage == "" {
		return s, passage
	}
	b.undo(from)
	b.take(passage)
	return span{from, b.take(question).to}, ""
}

// identity tells items apart by their words, of which the first are those that are looked for.
func (b *builder) identity(first int) [2]uint64 {
	id := [2]uint64{uint64(first), uint64(len(b.all))}
	for _, h := range b.all {
		id[0], id[1] = (id[0]^h)*mul0, (bits.RotateLeft64(id[1], 7)^h)*mul1
	}
	return id
}

// other is the text of an item beside its question.
func other(r *record) string {
	s := ""
	if len(r.answers) > 0 {
		s = "answer: " + r.answers[0]
	}
	if r.passage != "" {
		s = "passage: " + r.passage + "\n" + s
	}
	return s
}

func (ix *Index) text(s string) span {
	from := uint32(len(ix.texts))
	ix.texts = append(ix.texts, s...)
	return span{from, uint32(len(ix.texts))}
}

// take appends the words of a text.
func (b *builder) take(text string) span {
	from := uint32(len(b.ix.words))
	b.list.split([]byte(text))
	for _, h := range b.list.hash {
		b.ix.words = append(b.ix.words, uint32(h))
	}
	b.all = append(b.all, b.list.hash...)
	for i, from := range b.list.from {
		b.bare = append(b.bare, isBare(text[from:b.list.to[i]]))
	}
	return span{from, uint32(len(b.ix.words))}
}

func (b *builder) undo(to uint32) {
	b.ix.words = b.ix.words[:to]
	b.all, b.bare = b.all[:0], b.bare[:0]
}

// isBare tells a number of digits, and a letter of ASCII.
func isBare(word string) bool {
	for i := range len(word) {
		if word[i]-'0' >= 10 {
			return len(word) == 1 && word[0] < 0x80
		}
	}
	return true
}

// count notes which words an item has.
func (b *builder) count(item, from uint32) {
	for _, w := range b.ix.words[from:] {
		c := b.df[w]
		if c.items == 0 || c.last != item {
			b.df[w] = wordCount{c.items + 1, item}
		}
	}
}

// addRuns notes the runs of N among the first words of the item at hand. Where a run alone is enough to be ruled by, those of nothing but
// numbers and single letters are left out: 1, 2, 3, 4, 5, 6, 7, 8 stands in every manual.
func (b *builder) addRuns(from uint32, words int) {
	roll := newRoller(b.ix.opt.N)
	said := 0 // words since the last that is not bare
	for i, h := range b.all[:words] {
		var old uint64
		if i >= roll.n {
			old = b.all[i-roll.n]
		}
		if said++; !b.bare[i] {
			said = 0
		}
		g := roll.next(h, old)
		if i+1 >= roll.n && (said < roll.n || b.ix.opt.Method == "score") {
			b.runs = append(b.runs, run{g, from + uint32(i+1-roll.n)})
		}
	}
}

// weigh gives each word its weight: ln(1 + items/items that have it).
func (b *builder) weigh() {
	ix := b.ix
	ix.weight = make([]float32, len(ix.words))
	n := float64(len(ix.items))
	for i, w := range ix.words {
		ix.weight[i] = float32(math.Log1p(n / float64(b.df[w].items)))
	}
	b.df = nil
}

// index makes the table of runs.
func (b *builder) index() {
	ix := b.ix
	slices.SortFunc(b.runs, func(x, y run) int {
		if x.hash != y.hash {
			return cmp.Compare(x.hash, y.hash)
		}
		return cmp.Compare(x.at, y.at)
	})
	owners := make([]uint32, len(b.runs))
	for i, r := range b.runs {
		owners[i] = ix.owner(r.at)
	}
	if ix.opt.Unit == "ngrams" && ix.opt.Method == "score" {
		b.weighRuns(owners)
	}
	keep := b.chosen(owners)
	groups := 0
	eachGroup(b.runs, func(from, to int) { groups++ })
	size := 1 << bits.Len(uint(2*groups+1))
	ix.slots, ix.shift = make([]slot, size), uint(64-bits.Len(uint(size-1)))
	ix.filter = make([]uint64, max(1, size/8))
	eachGroup(b.runs, func(from, to int) {
		at := len(ix.posts)
		for i := from; i < to; i++ {
			if keep[i] {
				ix.posts = append(ix.posts, b.runs[i].at)
			}
		}
		if len(ix.posts) == at {
			return
		}
		ix.posts[len(ix.posts)-1] |= postLast
		h := b.runs[from].hash
		ix.filter[ix.filterWord(h)] |= filterBits(h)
		s := h >> ix.shift
		for ix.slots[s].at != 0 {
			s = (s + 1) & uint64(size-1)
		}
		ix.slots[s] = slot{uint32(h), uint32(at + 1)}
	})
	b.runs = nil
}

func eachGroup(runs []run, f func(from, to int)) {
	for from := 0; from < len(runs); {
		to := from + 1
		for to < len(runs) && runs[to].hash == runs[from].hash {
			to++
		}
		f(from, to)
		from = to
	}
}

// itemsOf counts the items among sorted owners.
func itemsOf(owners []uint32) int {
	n := 0
	for i, o := range owners {
		if i == 0 || o != owners[i-1] {
			n++
		}
	}
	return n
}

// weighRuns gives the word at which a run begins the weight of the run, and the others of the questions none.
func (b *builder) weighRuns(owners []uint32) {
	ix := b.ix
	for _, it := range ix.items {
		clear(ix.weight[it.question.from:it.question.to])
	}
	n := float64(len(ix.items))
	eachGroup(b.runs, func(from, to int) {
		w := float32(math.Log1p(n / float64(itemsOf(owners[from:to]))))
		for i := from; i < to; i++ {
			if i == from || owners[i] != owners[i-1] { // a run that an item has twice counts once
				ix.weight[b.runs[i].at] = w
			}
		}
	})
}

// chosen tells which places of runs can be looked up. Scoring needs one of an item: a run that many items have leads to those alone that
// have no rarer one. Where one run is enough to be ruled by, one place of it is.
func (b *builder) chosen(owners []uint32) []bool {
	keep := make([]bool, len(b.runs))
	if b.ix.opt.Method == "ngram" {
		eachGroup(b.runs, func(from, to int) {
			for i := from; i < to; i++ {
				keep[i] = i == from || b.ix.opt.Min > 0
			}
		})
		return keep
	}
	type choice struct {
		items int
		run   int
	}
	best := make([]choice, len(b.ix.items))
	eachGroup(b.runs, func(from, to int) {
		n := itemsOf(owners[from:to])
		for i := from; i < to; i++ {
			c := &best[owners[i]]
			if c.items == 0 || n < c.items || n == c.items && b.runs[i].at < b.runs[c.run].at {
				*c = choice{n, i}
			}
			keep[i] = to-from <= hotRuns
		}
	})
	for _, c := range best {
		keep[c.run] = true
	}
	return keep
}
