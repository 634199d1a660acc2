package dedup

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/seed-83c59573/quern"
)

// LabelFile says which documents belong together: one that people made, or what a tool found. Its shapes are in eval_read.go.
type LabelFile struct {
	Name   string
	Open   func() (io.ReadCloser, error)
	Source string  // if set, IDs are keys of records of this source, as in ingest, and stand for the IDs of quern's documents
	Least  float64 // pairs that state a lower similarity do not count

	// All calls f with the ID of every document, of pairs and removals, which name only some; nil = nobody knows.
	All func(f func(quern.ID) error) error
}

// EachID calls f with the ID of every document of some signatures.
func EachID(dir quern.Dir, shards []quern.Shard, f func(quern.ID) error) error {
	buf := make([]byte, columnBuffer)
	for _, s := range shards {
		sig, err := openSig(dir, s.Name)
		if err != nil {
			return err
		}
		var failed error
		err = sig.column(colID, buf, func(_ int64, b []byte) {
			for ; len(b) > 0 && failed == nil; b = b[16:] {
				failed = f(quern.ID(b[:16]))
			}
		})
		sig.file.Close()
		if err = cmp.Or(err, failed); err != nil {
			return err
		}
	}
	return nil
}

// Evaluation compares what was found with what is true.
type Evaluation struct {
	Documents int           `json:"documents"`
	Ignored   int64         `json:"ignored,omitempty"` // mentions of unknown IDs that were left out
	PerDoc    PerDocument   `json:"per_document"`
	Pairs     PairAgreement `json:"pairs"`
	ARI       float64       `json:"adjusted_rand_index"` // of the sets into which both join the documents
}

// PerDocument counts documents as the benchmark on CORE does (text-dedup, benchmarks/utils.py): with duplicates found, a document is a
// true positive if it has true ones and all of these were found, else a false positive; with none found, it is a true negative if it
// has none, else a false negative.
type PerDocument struct {
	TP int64 `json:"tp"`
	FP int64 `json:"fp"`
	TN int64 `json:"tn"`
	FN int64 `json:"fn"`

	Duplicates     Scores  `json:"duplicates"`
	Others         Scores  `json:"others"`          // of the documents without duplicates
	MacroF1        float64 `json:"macro_f1"`        // mean of both F1
	MacroPrecision float64 `json:"macro_precision"` // mean of both precisions: what text-dedup's tables call macro F1
	Accuracy       float64 `json:"accuracy"`        // documents whose duplicates were found exactly
}

// PairAgreement counts pairs of documents.
type PairAgreement struct {
	True  int64 `json:"true"`
	Found int64 `json:"found"`
	Both  int64 `json:"both"`
	Scores
}

// Scores are precision, recall and their harmonic mean; what would divide by zero is 0.
type Scores struct {
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
}

func scores(both, found, all int64) Scores {
	s := Scores{Precision: ratio(both, found), Recall: ratio(both, all)}
	if s.Precision+s.Recall > 0 {
		s.F1 = 2 * s.Precision * s.Recall / (s.Precision + s.Recall)
	}
	return s
}

func ratio(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// finish computes the rates from the counts; exact is the number of documents whose duplicates were found exactly.
func (p *PerDocument) finish(exact int64) {
	p.Duplicates = scores(p.TP, p.TP+p.FP, p.TP+p.FN)
	p.Others = scores(p.TN, p.TN+p.FN, p.TN+p.FP)
	p.MacroF1 = (p.Duplicates.F1 + p.Others.F1) / 2
	p.MacroPrecision = (p.Duplicates.Precision + p.Others.Precision) / 2
	p.Accuracy = ratio(exact, p.TP+p.FP+p.TN+p.FN)
}

// Evaluate compares predicted with truth. Lists of documents, with clusters or with duplicates, tell all that there are; pairs and
// removals name only some, unless All knows them. An ID that the other file should list and does not is an error, or counted if ignore
// is set. It holds some 100 bytes a document and 8 a pair.
func Evaluate(truth, predicted LabelFile, ignore bool) (Evaluation, error) {
	var e Evaluation
	t, err := readSide(truth)
	if err != nil {
		return e, err
	}
	p, err := readSide(predicted)
	if err != nil {
		return e, err
	}
	ids, ignored, err := universe(t, p, ignore)
	if err != nil {
		return e, err
	}
	if !t.lists && !p.lists && !t.meets(p) {
		return e, fmt.Errorf("%s and %s have no document in common: are their IDs of one kind?", truth.Name, predicted.Name)
	}
	e.Documents, e.Ignored = len(ids), ignored
	if e.Documents == 0 {
		return e, fmt.Errorf("%s and %s name no document", truth.Name, predicted.Name)
	}
	a, b := t.align(ids), p.align(ids)
	e.PerDoc = perDocument(a, b)
	e.Pairs = pairAgreement(a, b)
	e.ARI = adjustedRand(a.cluster, b.cluster)
	return e, nil
}

// universe numbers the documents that are compared.
func universe(t, p *side, ignore bool) (ids map[quern.ID]uint32, ignored int64, err error) {
	ids = map[quern.ID]uint32{}
	known := func(s, other *side, id quern.ID) bool {
		own, there := s.ids[id], false
		if i, ok := other.ids[id]; ok {
			there = other.listed[i] || !other.lists
		}
		return (!s.lists || s.listed[own]) && (there || !other.lists)
	}
	for _, pair := range [][2]*side{{t, p}, {p, t}} {
		s, other := pair[0], pair[1]
		worst := uint32(0)
		unknown := -1
		for id, i := range s.ids {
			if known(s, other, id) {
				ids[id] = 0
				continue
			}
			ignored += int64(s.mentions[i])
			if unknown < 0 || s.line[i] < worst || s.line[i] == worst && id.Compare(s.byNumber(uint32(unknown))) < 0 {
				unknown, worst = int(i), s.line[i]
			}
		}
		if unknown >= 0 && !ignore {
			return nil, 0, s.unknown(s.byNumber(uint32(unknown)), worst, other)
		}
	}
	sorted := make([]quern.ID, 0, len(ids))
	for id := range ids {
		sorted = append(sorted, id)
	}
	slices.SortFunc(sorted, quern.ID.Compare)
	for i, id := range sorted {
		ids[id] = uint32(i)
	}
	return ids, ignored, nil
}

// grouping is one side over the documents of both.
type grouping struct {
	cluster []uint32   // of a document: the lowest document that it is joined with
	size    []uint32   // of a cluster, at its lowest document
	members [][]uint32 // of a cluster, at its lowest document, ascending; nil of single documents
	lists   [][]uint32 // of a document: its duplicates, ascending; nil = clusters say it
}

// duplicates is the number of documents that d has as duplicates.
func (g *grouping) duplicates(d int) int {
	if g.lists != nil {
		return len(g.lists[d])
	}
	return int(g.size[g.cluster[d]]) - 1
}

// has reports whether x is listed as a duplicate of d.
func (g *grouping) has(d int, x uint32) bool {
	if g.lists != nil {
		_, ok := slices.BinarySearch(g.lists[d], x)
		return ok
	}
	return g.cluster[d] == g.cluster[x]
}

// contingency counts the documents that two groupings have in common, by cluster of a and cluster of b.
func contingency(a, b []uint32) map[uint64]int64 {
	m := map[uint64]int64{}
	for d := range a {
		m[uint64(a[d])<<32|uint64(b[d])]++
	}
	return m
}

func perDocument(t, p *grouping) (r PerDocument) {
	exact := int64(0)
	both := t.lists == nil && p.lists == nil
	var common map[uint64]int64
	if both { // clusters of millions must not be compared document by document
		common = contingency(t.cluster, p.cluster)
	}
	for d := range t.cluster {
		nt, np := t.duplicates(d), p.duplicates(d)
		all := nt <= np
		switch {
		case both:
			all = common[uint64(t.cluster[d])<<32|uint64(p.cluster[d])] == int64(nt+1)
		case !all:
		case t.lists != nil:
			all = !slices.ContainsFunc(t.lists[d], func(x uint32) bool { return !p.has(d, x) })
		case nt > 0:
			all = !slices.ContainsFunc(t.members[t.cluster[d]], func(x uint32) bool { return x != uint32(d) && !p.has(d, x) })
		}
		if all && nt == np {
			exact++
		}
		switch {
		case np == 0 && nt == 0:
			r.TN++
		case np == 0:
			r.FN++
		case nt > 0 && all:
			r.TP++
		default:
			r.FP++
		}
	}
	r.finish(exact)
	return r
}

// pairs of a grouping that has lists: each once, the lower document in the upper half.
func (g *grouping) pairs() []uint64 {
	var all []uint64
	for d, list := range g.lists {
		for _, x := range list {
			all = append(all, uint64(min(uint32(d), x))<<32|uint64(max(uint32(d), x)))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func choose2(n int64) int64 { return n * (n - 1) / 2 }

func (g *grouping) countPairs() (n int64) {
	for d, size := range g.size {
		if g.cluster[d] == uint32(d) {
			n += choose2(int64(size))
		}
	}
	return n
}

func pairAgreement(t, p *grouping) (r PairAgreement) {
	var tp, pp []uint64
	r.True, r.Found = t.countPairs(), p.countPairs()
	if t.lists != nil {
		tp = t.pairs()
		r.True = int64(len(tp))
	}
	if p.lists != nil {
		pp = p.pairs()
		r.Found = int64(len(pp))
	}
	switch {
	case t.lists == nil && p.lists == nil:
		for _, n := range contingency(t.cluster, p.cluster) {
			r.Both += choose2(n)
		}
	case t.lists == nil:
		r.Both = joined(pp, t)
	case p.lists == nil:
		r.Both = joined(tp, p)
	default:
		for _, x := range tp {
			if _, ok := slices.BinarySearch(pp, x); ok {
				r.Both++
			}
		}
	}
	r.Scores = scores(r.Both, r.Found, r.True)
	return r
}

// joined counts the pairs that a grouping has in one cluster.
func joined(pairs []uint64, g *grouping) (n int64) {
	for _, x := range pairs {
		if g.cluster[x>>32] == g.cluster[uint32(x)] {
			n++
		}
	}
	return n
}

// adjustedRand is the Rand index corrected for chance (Hubert and Arabie 1985): 1 for the same clusters, about 0 for random ones.
func adjustedRand(a, b []uint32) float64 {
	var both, as, bs int64
	for _, n := range contingency(a, b) {
		both += choose2(n)
	}
	for _, side := range []struct {
		cluster []uint32
		sum     *int64
	}{{a, &as}, {b, &bs}} {
		sizes := map[uint32]int64{}
		for _, c := range side.cluster {
			sizes[c]++
		}
		for _, n := range sizes {
			*side.sum += choose2(n)
		}
	}
	all := choose2(int64(len(a)))
	if as == bs && both == as || all == 0 {
		return 1
	}
	expected := float64(as) / float64(all) * float64(bs)
	most := (float64(as) + float64(bs)) / 2
	return (float64(both) - expected) / (most - expected)
}

// align numbers a side's documents as ids does, and leaves out those that are not in ids.
func (s *side) align(ids map[quern.ID]uint32) *grouping {
	g := &grouping{cluster: NewForest(len(ids)), size: make([]uint32, len(ids)), members: make([][]uint32, len(ids))}
	number := make([]uint32, len(s.ids))
	for id, i := range s.ids {
		number[i] = none
		if n, ok := ids[id]; ok {
			number[i] = n
		}
	}
	if !s.closed {
		g.lists = make([][]uint32, len(ids))
	}
	for _, e := range s.edges {
		x, y := number[e[0]], number[e[1]]
		if x == none || y == none || x == y {
			continue
		}
		Forest(g.cluster).Union(x, y)
		if g.lists != nil {
			g.lists[x] = append(g.lists[x], y)
			if s.mutual {
				g.lists[y] = append(g.lists[y], x)
			}
		}
	}
	Forest(g.cluster).Flatten()
	for d, c := range g.cluster {
		g.size[c]++
		if g.lists != nil {
			slices.SortFunc(g.lists[d], cmp.Compare[uint32])
			g.lists[d] = slices.Compact(g.lists[d])
		}
	}
	for d, c := range g.cluster {
		if g.size[c] > 1 {
			g.members[c] = append(g.members[c], uint32(d))
		}
	}
	return g
}
