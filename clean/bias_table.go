package clean

import (
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
)

// biasTable is what a list of terms comes to: a matcher for each language, and the columns of the counts.
type biasTable struct {
	axes   []string // attributes first
	groups []biasGroupName
	sets   []string
	langs  map[string]*biasMatcher // "" = all terms
	digest quern.Digest
}

const biasSetAxis = 0

type biasGroupName struct{ axis, group string }

// biasRef says on which axis a term stands, and in which group or attribute set; -1 = it hides.
type biasRef struct{ axis, group int }

// biasEntry is what is known of the beginning of terms.
type biasEntry struct {
	more bool // a longer one begins so
	stop bool
	refs []biasRef // of the term that ends here
}

// biasMatcher is an open-addressing table of beginnings of terms, by the hashes of their words.
type biasMatcher struct {
	keys    []uint64
	slots   []uint32
	entries []biasEntry
	shift   uint
}

func biasNext(key, word uint64) uint64 { return fold(key^mul1, word^mul0) | 1 }

func (t *biasMatcher) find(key uint64) *biasEntry {
	mask := uint64(len(t.keys) - 1)
	for i := key * mul0 >> t.shift; ; i = (i + 1) & mask {
		if t.keys[i] == key {
			return &t.entries[t.slots[i]]
		}
		if t.keys[i] == 0 {
			return nil
		}
	}
}

// of is the matcher of a language; nil = no term is known in it.
func (t *biasTable) of(lang string) *biasMatcher { return t.langs[biasLang(lang)] }

func newBiasTable(terms BiasTerms) (*biasTable, error) {
	if len(terms) == 0 || len(terms) > maxBiasTerms {
		return nil, fmt.Errorf("want 1 to %d terms, have %d", maxBiasTerms, len(terms))
	}
	t := &biasTable{axes: []string{biasAttribute}, langs: map[string]*biasMatcher{}}
	var all strings.Builder
	for i := range terms {
		if err := terms[i].check(); err != nil {
			return nil, fmt.Errorf("%q: %w", terms[i].Term, err)
		}
		fmt.Fprintf(&all, "%q\n", terms[i])
		t.name(&terms[i])
	}
	t.digest = quern.DigestOf([]byte(all.String()))
	if len(t.groups) == 0 || len(t.groups) > maxBiasGroups || len(t.sets) > maxBiasSets {
		return nil, fmt.Errorf("want 1 to %d groups and up to %d attribute sets, have %d and %d", maxBiasGroups, maxBiasSets, len(t.groups), len(t.sets))
	}
	builders := map[string]map[uint64]*biasEntry{"": {}}
	split := &BiasCounter{}
	for _, term := range terms {
		split.split([]byte(term.Term))
		if len(split.words) == 0 {
			return nil, fmt.Errorf("%q: the term has no word", term.Term)
		}
		lang := biasLang(term.Lang)
		if builders[lang] == nil {
			builders[lang] = map[uint64]*biasEntry{}
		}
		refs := t.refs(&term)
		if !place(builders[lang], split.words, refs, term) {
			return nil, fmt.Errorf("%q: the term stands in two groups of one axis (%s)", term.Term, term.Axis)
		}
		place(builders[""], split.words, refs, term) // where languages differ, the first term given wins
	}
	for lang, entries := range builders {
		t.langs[lang] = newBiasMatcher(entries)
	}
	return t, nil
}

// name gives the axis and group of a term their numbers.
func (t *biasTable) name(term *BiasTerm) {
	if term.Axis == biasHidden {
		return
	}
	if !slices.Contains(t.axes, term.Axis) {
		t.axes = append(t.axes, term.Axis)
	}
	switch {
	case term.Group == biasHidden:
	case term.Axis == biasAttribute:
		if !slices.Contains(t.sets, term.Group) {
			t.sets = append(t.sets, term.Group)
		}
	case !slices.Contains(t.groups, biasGroupName{term.Axis, term.Group}):
		t.groups = append(t.groups, biasGroupName{term.Axis, term.Group})
	}
}

func (t *biasTable) refs(term *BiasTerm) (refs []biasRef) {
	switch {
	case term.Axis == biasHidden && term.Group == biasStop:
	case term.Axis == biasHidden:
		for a := range t.axes {
			refs = append(refs, biasRef{a, -1})
		}
	case term.Axis == biasAttribute:
		refs = append(refs, biasRef{biasSetAxis, slices.Index(t.sets, term.Group)})
	default:
		refs = append(refs, biasRef{slices.Index(t.axes, term.Axis), slices.Index(t.groups, biasGroupName{term.Axis, term.Group})})
	}
	return refs
}

// place puts a term into the entries; false if it stands in another group of the axis already.
func place(entries map[uint64]*biasEntry, words []biasWord, refs []biasRef, term BiasTerm) bool {
	key := words[0].hash
	for i := range words {
		if i > 0 {
			key = biasNext(key, words[i].hash)
		}
		if entries[key] == nil {
			entries[key] = &biasEntry{}
		}
		entries[key].more = entries[key].more || i+1 < len(words)
	}
	e, ok := entries[key], true
	if term.Axis == biasHidden && term.Group == biasStop {
		e.stop = len(words) == 1
	}
	for _, r := range refs {
		if i := slices.IndexFunc(e.refs, func(have biasRef) bool { return have.axis == r.axis }); i < 0 {
			e.refs = append(e.refs, r)
		} else {
			ok = ok && e.refs[i] == r
		}
	}
	return ok
}

func newBiasMatcher(entries map[uint64]*biasEntry) *biasMatcher {
	size := 1 << bits.Len(uint(4*len(entries)+4))
	t := &biasMatcher{keys: make([]uint64, size), slots: make([]uint32, size), shift: uint(64 - bits.TrailingZeros(uint(size)))}
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		i := key * mul0 >> t.shift
		for t.keys[i] != 0 {
			i = (i + 1) & uint64(size-1)
		}
		t.keys[i], t.slots[i] = key, uint32(len(t.entries))
		t.entries = append(t.entries, *entries[key])
	}
	return t
}

// biasContexts counts words near groups, in a table whose size is bounded: what documents of a level below shift say is not in it.
type biasContexts struct {
	limit int
	n     int
	shift uint8
	stamp uint32 // of the document that is counted
	slots []biasContext
	arena []byte
}

type biasPlace struct {
	cell  uint64
	group uint16
	level uint8
}

type biasContext struct {
	key         uint64 // 0 = empty
	place       biasPlace
	size        uint8
	from        uint32 // of the word in arena
	stamp       uint32
	count, docs uint32
}

// add adds counts to a key. Once a document, docs is added too.
func (t *biasContexts) add(key uint64, word []byte, at biasPlace, count, docs uint32, stamped bool) {
	if at.level < t.shift {
		return
	}
	if 4*(t.n+1) > 3*len(t.slots) {
		t.rehash(max(64, 2*len(t.slots)))
	}
	e := t.slot(key)
	if e.key == 0 {
		*e = biasContext{key: key, place: at, size: uint8(len(word)), from: uint32(len(t.arena))}
		t.arena = append(t.arena, word...)
		t.n++
	}
	e.count += min(count, ^uint32(0)-e.count)
	if !stamped || e.stamp != t.stamp {
		e.docs += min(docs, ^uint32(0)-e.docs)
		e.stamp = t.stamp
	}
	if t.n > t.limit {
		t.forget(t.shift + 1)
	}
}

func (t *biasContexts) slot(key uint64) *biasContext {
	mask := len(t.slots) - 1
	for i := int(key*mul0>>32) & mask; ; i = (i + 1) & mask {
		if e := &t.slots[i]; e.key == key || e.key == 0 {
			return e
		}
	}
}

// forget drops levels below shift, and more until the rest is within the limit.
func (t *biasContexts) forget(shift uint8) {
	var levels [65]int
	for i := range t.slots {
		if t.slots[i].key != 0 {
			levels[t.slots[i].place.level]++
		}
	}
	left := t.n
	for l, n := range levels {
		if l >= int(shift) && left <= t.limit {
			break
		}
		t.shift = uint8(l) + 1
		left -= n
	}
	if len(t.slots) > 0 {
		t.rehash(len(t.slots))
	}
}

// rehash moves what is kept into a table of the given size, a power of two.
func (t *biasContexts) rehash(size int) {
	slots, arena := t.slots, t.arena
	t.slots, t.arena, t.n = make([]biasContext, size), make([]byte, 0, len(arena)), 0
	for i := range slots {
		if e := slots[i]; e.key != 0 && e.place.level >= t.shift {
			to := t.slot(e.key)
			*to = e
			to.from = uint32(len(t.arena))
			t.arena = append(t.arena, arena[e.from:e.from+uint32(e.size)]...)
			t.n++
		}
	}
}

func (t *biasContexts) merge(o *biasContexts) {
	if o.shift > t.shift {
		t.forget(o.shift)
	}
	for i := range o.slots {
		if e := &o.slots[i]; e.key != 0 {
			t.add(e.key, o.arena[e.from:e.from+uint32(e.size)], e.place, e.count, e.docs, false)
		}
	}
}
