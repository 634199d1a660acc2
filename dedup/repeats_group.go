package dedup

import (
	"cmp"
	"math/bits"
	"slices"
)

// A part is spilled as its key, then the rank of its document and its ordinal there. A mark, which says that a part goes, is the
// number of the document and the ordinal, then a word of evidence.
type (
	partRecord = [3]uint64
	markRecord = [2]uint64
)

// grouper goes through parts by key, rank and ordinal, and emits those that go.
type grouper struct {
	rule repeatRule
	emit func(rank, ordinal uint32) error
	seed uint64

	key     [2]uint64
	held    []uint64 // rank and ordinal of the parts of this key, until they stand in enough documents
	first   uint64   // of all
	last    uint64
	cut     uint64 // the first that goes,
	kept    uint64 // and the one for which it does
	docs    int64
	copies  int64
	gone    int64
	started bool

	groups, marks int64
	picks         []groupPick
}

// groupPick is a repeated part to show.
type groupPick struct {
	hash         uint64
	cut, kept    uint64 // rank and ordinal
	docs, copies int64
}

func (g *grouper) run(c *partCursor[partRecord]) error {
	for r, ok := c.peek(); ok; r, ok = c.peek() {
		if err := g.add(r); err != nil {
			return err
		}
		if err := c.skip(); err != nil {
			return err
		}
	}
	return g.finish()
}

func (g *grouper) add(r partRecord) error {
	if !g.started || r[0] != g.key[0] || r[1] != g.key[1] {
		if err := g.finish(); err != nil {
			return err
		}
		g.started, g.key, g.held = true, [2]uint64{r[0], r[1]}, g.held[:0]
		g.first, g.docs, g.copies, g.gone = r[2], 0, 0, 0
		g.last = ^r[2]
	}
	g.copies++
	again := g.last>>32 == r[2]>>32
	g.last = r[2]
	if !again {
		g.docs++
	}
	if g.docs < int64(g.rule.least) {
		g.held = append(g.held, r[2])
		return nil
	}
	if len(g.held) > 0 {
		held := g.held
		g.held = held[:0]
		for _, at := range held {
			if err := g.repeated(at); err != nil {
				return err
			}
		}
	}
	return g.repeated(r[2])
}

// repeated rules on a part that stands in enough documents.
func (g *grouper) repeated(at uint64) error {
	if g.rule.stays == staysFirst && (at == g.first || at>>32 == g.first>>32 && !g.rule.within) {
		return nil
	}
	if g.rule.stays == staysNone {
		return g.mark(at, noPlace)
	}
	return g.mark(at, g.first)
}

// noPlace is where a part stands that stands nowhere.
const noPlace = ^uint64(0)

func (g *grouper) mark(at, kept uint64) error {
	if g.gone == 0 {
		g.cut, g.kept = at, kept
	}
	g.gone++
	return g.emit(uint32(at>>32), uint32(at))
}

// finish rules on a part that stands in too few documents, and counts.
func (g *grouper) finish() error {
	if !g.started {
		return nil
	}
	if g.rule.within {
		stays := noPlace // the first in its document
		for _, at := range g.held {
			if at>>32 != stays>>32 {
				stays = at
				continue
			}
			if err := g.mark(at, stays); err != nil {
				return err
			}
		}
	}
	g.held = g.held[:0]
	g.started = false
	if g.gone > 0 {
		g.groups++
		g.marks += g.gone
		g.pick()
	}
	return nil
}

// pick keeps the groups of the lowest hashes.
func (g *grouper) pick() {
	hi, lo := bits.Mul64(g.key[0]^g.seed, 0x9FB21C651E98DF25)
	p := groupPick{hi ^ lo, g.cut, g.kept, g.docs, g.copies}
	g.picks = lowestPicks(append(g.picks, p))
}

func sortPicks(p []groupPick) {
	slices.SortFunc(p, func(a, b groupPick) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.cut, b.cut))
	})
}

// lowestPicks cuts the list down when it is twice as long as needed.
func lowestPicks(p []groupPick) []groupPick {
	if len(p) < 2*maxExamples {
		return p
	}
	sortPicks(p)
	return p[:maxExamples]
}

// pruneParts leaves out parts whose keys cannot stand often enough: most parts of a corpus stand once. It counts keys in a table of
// small counters, four to eight a key, so that few unlike keys meet.
func (r repeatRule) pruneParts(recs []partRecord) []partRecord {
	need := uint8(min(r.least, 255))
	if r.within {
		need = 2
	}
	shift := 64 - bits.Len64(uint64(4*len(recs))|1023)
	table := make([]uint8, 1<<(64-shift))
	for i := range recs {
		if c := &table[recs[i][1]>>shift]; *c < 255 {
			*c++
		}
	}
	out := recs[:0]
	for i := range recs {
		if table[recs[i][1]>>shift] >= need {
			out = append(out, recs[i])
		}
	}
	return out
}

// PartCounts tell what became of the parts of texts.
type PartCounts struct {
	Parts    int64 `json:"parts"`     // that were compared; of substrings windows
	Groups   int64 `json:"groups"`    // distinct ones of which a copy goes; of substrings 0, since they overlap
	Repeated int64 `json:"repeated"`  // copies that go
	Edited   int64 `json:"edited"`    // documents that stay and were cut
	CutBytes int64 `json:"cut_bytes"` // out of these
}

func (c *PartCounts) add(o PartCounts) {
	c.Parts += o.Parts
	c.Groups += o.Groups
	c.Repeated += o.Repeated
	c.Edited += o.Edited
	c.CutBytes += o.CutBytes
}
