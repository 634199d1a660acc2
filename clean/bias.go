package clean

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// BiasCounter counts who is named in texts and near which words, by domain and language. It is no rule and drops nothing: it is how a
// corpus is measured. Parts of a corpus can be counted apart and merged in any order; the result is the same.
//
// A word is a run of letters, digits and marks, in small letters; a character of Han or Hiragana is a word alone, so that a Chinese term
// is found as a substring. On each axis the longest term at a place counts, and terms do not overlap. Texts are sought for the terms of
// their language, those of unknown language for all terms. The context of a group is what stands within 10 words of a mention of it,
// each place once for a group however many mentions are near; it leaves out the mentions themselves, stop words, single letters and
// words with digits. In Han a context word is a pair of neighboring characters.
//
// Memory is bounded: contexts are known by (domain, language, group, word), and when there are more of these than the bound allows, the
// contexts of half of the documents, by their IDs, are forgotten for good, then of half of the rest. So frequent words are always known,
// and what is known depends on the set of documents alone. Everything but contexts is exact.
type BiasCounter struct {
	table    *biasTable
	cells    []*biasCell
	index    map[biasKey]int
	contexts biasContexts

	low      []byte // scratch of one text
	words    []biasWord
	mentions []biasMention
	hits     []biasHit
	axisEnd  []int    // by axis: where its last term ended
	reach    []int    // by group: up to where its contexts are counted
	inDoc    []uint64 // by group: mentions
	touched  []int
}

const (
	biasWindow          = 10
	defaultBiasContexts = 1 << 19 // up to 130 bytes each, table and words: 50 to 70 MB
	maxBiasWord         = 32      // bytes of a context word
)

type biasKey struct{ domain, lang string }

// biasCell holds the counts of one domain and language.
type biasCell struct {
	key    biasKey
	hash   uint64
	docs   uint64
	words  uint64
	ww     sum128 // squares of words in a document
	groups []biasSums
}

// biasSums are the counts of one group.
type biasSums struct {
	mentions, docs uint64
	mm, mw         sum128   // squares of mentions in a document, and their products with its words
	near           []uint64 // by attribute set
}

type biasWord struct {
	hash     uint64
	from, to uint32
	class    uint8 // bits of bias…
	set      uint8 // 1 + the attribute set that a term of it begins here
}

const (
	biasIdeo  = 1 << iota // a character of Han or Hiragana
	biasDigit             // it has a digit
	biasOut               // a stop word or part of a mention
)

type biasMention struct{ group, from, to int }

type biasHit struct {
	ref biasRef
	end int
}

// sum128 adds numbers of 64 bits without loss, so that the order does not matter.
type sum128 struct{ hi, lo uint64 }

func (s *sum128) add(o sum128) {
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, o.lo, 0)
	s.hi += o.hi + carry
}

func (s sum128) float() float64 { return float64(s.hi)*(1<<64) + float64(s.lo) }

func product(a, b uint64) sum128 {
	hi, lo := bits.Mul64(a, b)
	return sum128{hi, lo}
}

// NewBiasCounter counts these terms, with at most so many (domain, language, group, context word); 0 = 524,288, in 50 to 70 MB, and half as
// much again while the table grows.
func NewBiasCounter(terms BiasTerms, contexts int) (*BiasCounter, error) {
	if contexts == 0 {
		contexts = defaultBiasContexts
	}
	if contexts < 1 || contexts > 1<<27 {
		return nil, fmt.Errorf("clean: bias: contexts must be from 1 to 2^27, is %d", contexts)
	}
	t, err := newBiasTable(terms)
	if err != nil {
		return nil, fmt.Errorf("clean: bias: %w", err)
	}
	c := &BiasCounter{table: t}
	c.contexts.limit = contexts
	return c.Fresh(), nil
}

// Fresh is a counter of the same terms and bound that has counted nothing; it shares the terms.
func (c *BiasCounter) Fresh() *BiasCounter {
	groups := len(c.table.groups)
	return &BiasCounter{table: c.table, index: map[biasKey]int{}, contexts: biasContexts{limit: c.contexts.limit},
		axisEnd: make([]int, len(c.table.axes)), reach: make([]int, groups), inDoc: make([]uint64, groups)}
}

// Add counts a document.
func (c *BiasCounter) Add(d *quern.Doc) {
	cell := c.cell(biasKey{d.Domain, biasLang(d.Lang)})
	c.split(d.Text)
	c.find(c.table.of(d.Lang))
	n := uint64(len(c.words))
	cell.docs++
	cell.words += n
	cell.ww.add(product(n, n))
	if len(c.mentions) == 0 {
		return
	}
	for _, m := range c.mentions {
		if c.inDoc[m.group]++; c.inDoc[m.group] == 1 {
			c.touched = append(c.touched, m.group)
		}
	}
	c.near(cell, c.level(d))
	for _, g := range c.touched {
		m, s := c.inDoc[g], &cell.groups[g]
		s.mentions += m
		s.docs++
		s.mm.add(product(m, m))
		s.mw.add(product(m, n))
		c.inDoc[g], c.reach[g] = 0, 0
	}
	c.touched = c.touched[:0]
}

func (c *BiasCounter) cell(key biasKey) *biasCell {
	i, ok := c.index[key]
	if !ok {
		i = len(c.cells)
		s := &biasCell{key: key, hash: hashWord(key.domain+"\x00"+key.lang) | 1, groups: make([]biasSums, len(c.table.groups))}
		for g := range s.groups {
			s.groups[g].near = make([]uint64, len(c.table.sets))
		}
		c.cells = append(c.cells, s)
		c.index[key] = i
	}
	return c.cells[i]
}

// level sorts documents by chance: half of them have level 0, a quarter 1, and so on.
func (c *BiasCounter) level(d *quern.Doc) uint8 {
	h := fold(binary.LittleEndian.Uint64(d.ID[:])^mul0, binary.LittleEndian.Uint64(d.ID[8:])^mul1)
	if d.ID.IsZero() {
		h = hashBytes(c.low, 0, len(d.Text))
	}
	return uint8(bits.LeadingZeros64(h*mul2 | 1))
}

// split finds the words of a text.
func (c *BiasCounter) split(text []byte) {
	c.low = append(appendLowerAll(c.low[:0], text), make([]byte, 16)...)
	c.words = c.words[:0]
	table, low := runes(), c.low
	for i := 0; i < len(text); {
		from, class := i, uint8(0)
		for i < len(text) {
			b, n := low[i], 1
			if b < utf8.RuneSelf {
				if b-'a' >= 26 {
					if b-'0' >= 10 {
						break
					}
					class |= biasDigit
				}
				i++
				continue
			}
			var r rune
			r, n = utf8.DecodeRune(low[i:len(text)])
			kind := table.of(r) & classMask
			if kind == classIdeo {
				if i == from {
					class, i = biasIdeo, i+n
				}
				break
			}
			if kind != classLetter && kind != classMark && kind != classDigit {
				break
			}
			if kind == classDigit {
				class |= biasDigit
			}
			i += n
		}
		if i > from {
			c.words = append(c.words, biasWord{hash: hashBytes(low, from, i-from) | 1, from: uint32(from), to: uint32(i), class: class})
			continue
		}
		if low[i] < utf8.RuneSelf {
			i++
		} else {
			_, n := utf8.DecodeRune(low[i:len(text)])
			i += n
		}
	}
}

// find finds the mentions in the words, and marks stop words, mentions and attributes.
func (c *BiasCounter) find(t *biasMatcher) {
	c.mentions = c.mentions[:0]
	if t == nil {
		return
	}
	for i := range c.words {
		e := t.find(c.words[i].hash)
		if e == nil {
			continue
		}
		c.hits = c.hits[:0]
		if e.stop {
			c.words[i].class |= biasOut
		}
		for key, k := c.words[i].hash, i+1; ; k++ {
			for _, r := range e.refs {
				c.hits = append(c.hits, biasHit{r, k})
			}
			if !e.more || k == len(c.words) || !c.joined(k) {
				break
			}
			key = biasNext(key, c.words[k].hash)
			if e = t.find(key); e == nil {
				break
			}
		}
		for h := len(c.hits) - 1; h >= 0; h-- { // the longest first
			c.mention(c.hits[h], i)
		}
	}
	clear(c.axisEnd)
}

// joined tells whether word k goes on a phrase: nothing, a space or a hyphen stands between it and the one before.
func (c *BiasCounter) joined(k int) bool {
	from, to := c.words[k-1].to, c.words[k].from
	return to == from || to == from+1 && (c.low[from] == ' ' || c.low[from] == '-' || c.low[from] == '\n' || c.low[from] == '\'')
}

func (c *BiasCounter) mention(h biasHit, from int) {
	if from < c.axisEnd[h.ref.axis] {
		return
	}
	c.axisEnd[h.ref.axis] = h.end
	switch {
	case h.ref.group < 0:
	case h.ref.axis == biasSetAxis:
		c.words[from].set = uint8(h.ref.group) + 1
	default:
		c.mentions = append(c.mentions, biasMention{h.ref.group, from, h.end})
		for k := from; k < h.end; k++ {
			c.words[k].class |= biasOut
		}
	}
}

// near counts attributes and context words around the mentions, which come in the order of the text.
func (c *BiasCounter) near(cell *biasCell, level uint8) {
	c.contexts.stamp++
	for _, m := range c.mentions {
		s := &cell.groups[m.group]
		from, to := max(c.reach[m.group], m.from-biasWindow), min(len(c.words), m.to+biasWindow)
		c.reach[m.group] = max(to, c.reach[m.group])
		if level < c.contexts.shift {
			for k := from; k < to; k++ {
				if w := &c.words[k]; w.set > 0 && w.class&biasOut == 0 {
					s.near[w.set-1]++
				}
			}
			continue
		}
		at := cell.hash * (2*uint64(m.group) + 1) * mul2
		for k := from; k < to; k++ {
			w := &c.words[k]
			if w.class&(biasOut|biasDigit) != 0 {
				continue
			}
			if w.set > 0 {
				s.near[w.set-1]++
			}
			hash, size := w.hash, w.to-w.from
			if w.class&biasIdeo != 0 {
				if k+1 >= to || c.words[k+1].from != w.to || c.words[k+1].class&(biasIdeo|biasOut) != biasIdeo {
					continue
				}
				hash, size = biasNext(hash, c.words[k+1].hash), c.words[k+1].to-w.from
			}
			if size >= 2 && size <= maxBiasWord {
				c.contexts.add(fold(hash^at, mul1+uint64(level)*mul0)|1, c.low[w.from:w.from+size], biasPlace{cell.hash, uint16(m.group), level}, 1, 1, true)
			}
		}
	}
}

// Merge adds what o counted of the same terms under the same bound.
func (c *BiasCounter) Merge(o *BiasCounter) error {
	if c.table.digest != o.table.digest || c.contexts.limit != o.contexts.limit {
		return errors.New("clean: bias: counts of other terms or bounds cannot be merged")
	}
	for _, from := range o.cells {
		to := c.cell(from.key)
		to.add(from)
	}
	c.contexts.merge(&o.contexts)
	return nil
}

func (s *biasCell) add(o *biasCell) {
	s.docs += o.docs
	s.words += o.words
	s.ww.add(o.ww)
	for g := range o.groups {
		a, b := &s.groups[g], &o.groups[g]
		a.mentions += b.mentions
		a.docs += b.docs
		a.mm.add(b.mm)
		a.mw.add(b.mw)
		for i := range b.near {
			a.near[i] += b.near[i]
		}
	}
}
