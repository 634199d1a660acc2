// Package planted makes corpora of any size whose near duplicates are known, for tests and benches of deduplication. Each document is
// computed from its number: nothing is stored, and any part of a corpus can be had on its own. In comes a Config; out come documents of
// a Source, and the truth about each of them.
package planted

import (
	"context"
	"fmt"
	"iter"
	"math"
	"math/bits"
	"strconv"
	"sync"

	"github.com/seed-83c59573/quern"
)

// Config says what is planted. The parts are of 1,000 documents; what they leave are originals.
type Config struct {
	Seed      uint64
	Count     int // of documents
	Words     int // of a document, in the mean
	Near      int // copies of an original with some words replaced
	Copies    int // exact copies of an original
	Chain     int // links of one chain: each is like the next, and its ends are nothing alike
	Templates int // pages of a template with few words of their own

	Link     float64 // similarity of the neighbors of a chain
	Template float64 // similarity of a page to its template
	Pages    int     // of a template
	PerUnit  int     // documents of a unit
}

// Default is about what a crawl looks like: a mean of 2.9 KB, a fifth of near duplicates.
func Default(docs int) Config {
	return Config{Seed: 1, Count: docs, Words: 450, Near: 150, Copies: 50, Chain: 40, Templates: 60, Link: .85, Template: .95, Pages: 8000, PerUnit: 10_000}
}

// Kind is what a document is.
type Kind uint8

// The kinds.
const (
	Original Kind = iota
	Near
	Copy
	Chain
	Template
)

// Truth is what is known of a document.
type Truth struct {
	Kind       Kind
	Origin     int     // the number of the original; -1 = it has none
	Similarity float64 // to the origin: Jaccard of their sets of runs of five words
	Family     uint64  // documents of different families have no more in common than chance gives them
}

// Corpus is a Source.
type Corpus struct {
	Config
	originals       int // of 1,000
	factor, inverse uint64
	words           *vocabulary
	similar         []float64 // of Near
	shift           int       // words between the beginnings of two links of a chain
	own             int       // words of a page that are not its template's
}

const block = 1000

// New checks the config.
func New(c Config) (*Corpus, error) {
	g := &Corpus{Config: c, originals: block - c.Near - c.Copies - c.Chain - c.Templates, words: zipf(),
		similar: []float64{.95, .9, .85, .8, .75, .7, .6, .5}}
	if c.Count < 1 || c.Count > math.MaxInt32 || c.Words < 60 || c.PerUnit < 1 || min(c.Near, c.Copies, c.Chain, c.Templates) < 0 || g.originals < 1 ||
		c.Chain > 0 && (c.Link <= 0 || c.Link >= 1) || c.Templates > 0 && (c.Template <= .5 || c.Template >= 1 || c.Pages < 1) {
		return nil, fmt.Errorf("planted: %+v: want documents of 60 words at least, parts that leave originals of 1,000, and similarities below 1", c)
	}
	n := uint64(c.Count)
	g.factor = uint64(float64(n)*.6180339887) | 1
	for gcd(g.factor, n) != 1 {
		g.factor += 2
	}
	g.inverse = invert(g.factor%n, n)
	g.shift = int(float64(c.Words-4)*(1-c.Link)/(1+c.Link) + .5)
	g.own = replaced(c.Words-4, c.Template)
	return g, nil
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// invert is the inverse of a modulo n, by Euclid.
func invert(a, n uint64) uint64 {
	r0, r1, t0, t1 := int64(n), int64(a), int64(0), int64(1)
	for r1 != 0 {
		q := r0 / r1
		r0, r1, t0, t1 = r1, r0-q*r1, t1, t0-q*t1
	}
	return uint64((t0%int64(n) + int64(n)) % int64(n))
}

// slot is the place of document i in the plan: neighbors there are far from each other in the corpus.
func (g *Corpus) slot(i int) uint64 { return uint64(i) * g.factor % uint64(g.Count) }

// number is the document of a slot.
func (g *Corpus) number(slot uint64) int { return int(slot * g.inverse % uint64(g.Count)) }

func mix(x uint64) uint64 {
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// plan is how the text of a slot is made.
type plan struct {
	Truth
	stream uint64 // of words
	from   int    // the first of them
	n      int    // how many
	edits  int    // how many are replaced
	own    uint64 // the stream of the words that replace them
}

func (g *Corpus) plan(slot uint64) plan {
	b, r := slot/block, int(slot%block)
	own := mix(g.Seed<<32 ^ slot)
	if r < g.originals {
		return plan{Truth: Truth{Original, -1, 0, slot}, stream: own, n: g.length(own)}
	}
	r -= g.originals
	if r < g.Near+g.Copies {
		origin := g.original(mix(own))
		p := g.plan(origin)
		p.Kind, p.Origin, p.Similarity = Copy, g.number(origin), 1
		if r < g.Near {
			all := p.n - 4 // shingles
			p.Kind, p.own, p.edits = Near, own, replaced(all, g.similar[own%uint64(len(g.similar))])
			p.Similarity = float64(all-5*p.edits) / float64(all+5*p.edits)
		}
		return p
	}
	r -= g.Near + g.Copies
	if r < g.Chain {
		id := 1<<60 | b
		return plan{Truth: Truth{Chain, -1, 0, id}, stream: mix(g.Seed<<32 ^ id), from: r * g.shift, n: g.Words}
	}
	r -= g.Chain
	id := 1<<61 | (b*uint64(g.Templates)+uint64(r))/uint64(g.Pages)
	return plan{Truth: Truth{Template, -1, 0, id}, stream: mix(g.Seed<<32 ^ id), n: g.Words, edits: g.own, own: own}
}

// original chooses a slot of an original.
func (g *Corpus) original(h uint64) uint64 {
	n := uint64(g.Count)
	blocks := (n + block - 1) / block
	hi, lo := bits.Mul64(h, blocks)
	first := hi * block
	r, _ := bits.Mul64(lo, uint64(min(g.originals, int(n-first))))
	return first + r
}

// length is between half and one and a half of the mean.
func (g *Corpus) length(h uint64) int {
	return g.Words/2 + int(h>>32*uint64(g.Words)>>32)
}

// replaced is how many words, five apart, must be replaced in a text of so many shingles for a similarity: each ends five of them.
func replaced(shingles int, similarity float64) int {
	return int(float64(shingles)*(1-similarity)/(1+similarity)/5 + .5)
}

// Truth is what is known of document i.
func (g *Corpus) Truth(i int) Truth { return g.plan(g.slot(i)).Truth }

// ID is that of document i.
func (g *Corpus) ID(i int) quern.ID {
	return quern.NewID("planted", strconv.FormatUint(g.Seed, 10), strconv.Itoa(i))
}

// AppendText appends the text of document i.
func (g *Corpus) AppendText(dst []byte, i int) []byte {
	p := g.plan(g.slot(i))
	step, next := p.n, p.n // where the next word is replaced
	if p.edits > 0 {
		step = (p.n - 8) / p.edits
		next = 4 + int(p.own>>40)%min(step, p.n-8-step*(p.edits-1))
	}
	edits := p.edits
	return g.words.append(dst, p, func(k int) (replace bool, until int) {
		if k != next || edits == 0 {
			return false, next
		}
		edits--
		next += step
		if edits == 0 {
			next = p.n
		}
		return true, next
	})
}

// Units are ranges of numbers.
func (g *Corpus) Units(context.Context) ([]quern.Unit, error) {
	var units []quern.Unit
	for from := 0; from < g.Count; from += g.PerUnit {
		units = append(units, quern.Unit{Name: fmt.Sprintf("planted-%05d", len(units)), Source: "planted", Domain: "web",
			Parts: []quern.Part{{From: int64(from), To: int64(min(from+g.PerUnit, g.Count))}}})
	}
	return units, nil
}

// Docs yields the documents of a unit.
func (g *Corpus) Docs(ctx context.Context, u quern.Unit) iter.Seq2[*quern.Doc, error] {
	return g.Some(ctx, u, func(int) bool { return true })
}

// Some yields the documents of the wanted rows alone: others cost nothing.
func (g *Corpus) Some(_ context.Context, u quern.Unit, want func(row int) bool) iter.Seq2[*quern.Doc, error] {
	return func(yield func(*quern.Doc, error) bool) {
		var d quern.Doc
		for _, p := range u.Parts {
			for i := int(p.From); i < int(p.To); i++ {
				row := quern.Row{Shard: i / g.PerUnit, Index: i % g.PerUnit}
				if !want(row.Index) {
					continue
				}
				d.Reset()
				d.ID, d.Source, d.Domain, d.Row = g.ID(i), "planted", "web", row
				d.Text = g.AppendText(d.Text, i)
				if !yield(&d, nil) {
					return
				}
			}
		}
	}
}

// vocabulary is words whose frequencies follow Zipf's law.
type vocabulary struct {
	pick [1 << 16]uint16
	word [vocabularySize][wordSize]byte // padded with spaces; the last byte is the size, one space included
}

const (
	vocabularySize = 20_000
	wordSize       = 16
)

var zipf = sync.OnceValue(func() *vocabulary {
	v := &vocabulary{}
	const syllables = "ba re ti con la mo ser du na ped is tor ma el qui an fo ven lu sta"
	var parts []string
	for from, i := 0, 0; i <= len(syllables); i++ {
		if i == len(syllables) || syllables[i] == ' ' {
			parts = append(parts, syllables[from:i])
			from = i + 1
		}
	}
	sum, total := 0., 0.
	for k := range vocabularySize {
		w := v.word[k][:0]
		for x := k + len(parts); x > 0; x /= len(parts) {
			w = append(w, parts[x%len(parts)]...)
		}
		for i := len(w); i < wordSize; i++ {
			v.word[k][i] = ' '
		}
		v.word[k][wordSize-1] = uint8(len(w) + 1)
		total += 1 / (float64(k) + 2.7)
	}
	at := 0
	for k := range vocabularySize {
		sum += 1 / (float64(k) + 2.7)
		for ; at < len(v.pick) && float64(at) < sum/total*float64(len(v.pick)); at++ {
			v.pick[at] = uint16(k)
		}
	}
	return v
})

// append writes the words of a plan, a line of 64 words at a time.
func (v *vocabulary) append(dst []byte, p plan, edit func(k int) (replace bool, until int)) []byte {
	at := len(dst)
	if need := at + p.n*wordSize + wordSize; cap(dst) < need {
		grown := make([]byte, at, need+need/4)
		copy(grown, dst)
		dst = grown
	}
	dst = dst[:cap(dst)]
	h := uint64(0) // the words to come of four, 16 bits each; 0 = they must be drawn anew
	for k := 0; k < p.n; {
		replace, until := edit(k)
		if replace {
			w := v.at(p.stream, p.from+k)
			other := v.at(p.own, k)
			if other == w {
				other = (w + 1) % vocabularySize
			}
			*(*[wordSize]byte)(dst[at:]) = v.word[other]
			at += int(v.word[other][wordSize-1])
			k++
			continue
		}
		for ; k < until; k++ {
			t := p.from + k
			if t&3 == 0 || h == 0 {
				h = fourWords(p.stream, t) >> (16 * (t & 3))
			}
			w := &v.word[v.pick[h&0xffff]]
			h = h>>16 | 1<<63
			*(*[wordSize]byte)(dst[at:]) = *w
			at += int(w[wordSize-1])
			if k&63 == 63 {
				dst[at-1] = '\n'
			}
		}
		h = 0
	}
	return dst[:at-1]
}

// at is word t of a stream.
func (v *vocabulary) at(stream uint64, t int) int {
	return int(v.pick[fourWords(stream, t)>>(16*(t&3))&0xffff])
}

// fourWords draws the words of a stream of which t is one.
func fourWords(stream uint64, t int) uint64 {
	return mix(stream + uint64(t>>2)*0xD1342543DE82EF95)
}
