package dedup

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestEdgesAreSortedWithinTheirBudget(t *testing.T) {
	for _, limit := range []int{16, 1000, 1 << 20} {
		r := rand.New(rand.NewPCG(1, uint64(limit)))
		sorters := edgeSorters(t.TempDir(), 3, 0)
		var want []edge
		for i := range 20_000 {
			s := sorters[i%3]
			s.limit = limit
			e := newEdge(1+uint32(r.IntN(200)), uint32(r.IntN(50)))
			want = append(want, e)
			if err := s.add(e); err != nil {
				t.Fatal(err)
			}
			if len(s.buf) > limit {
				t.Fatalf("%d edges held, the limit is %d", len(s.buf), limit)
			}
		}
		slices.Sort(want)
		want = slices.Compact(want)
		for range 2 { // merging twice gives the same
			var got []edge
			if err := mergeEdges(sorters, func(e edge) error { got = append(got, e); return nil }); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("limit %d: %d edges come out, want %d", limit, len(got), len(want))
			}
		}
		if limit == 16 && len(sorters[0].files) == 0 {
			t.Error("nothing was spilled: the test tests nothing")
		}
	}
	if err := mergeEdges(edgeSorters(t.TempDir(), 2, 0), func(edge) error { t.Error("an edge out of nothing"); return nil }); err != nil {
		t.Error(err)
	}
}

func TestForest(t *testing.T) {
	const n = 500
	r := rand.New(rand.NewPCG(2, 2))
	f := newForest(n)
	slow := make([]int, n) // lowest member of the set of each
	for i := range slow {
		slow[i] = i
	}
	for range 300 {
		a, b := r.IntN(n), r.IntN(n)
		f.union(uint32(a), uint32(b))
		x, y := min(slow[a], slow[b]), max(slow[a], slow[b])
		for i := range slow {
			if slow[i] == y {
				slow[i] = x
			}
		}
	}
	f.flatten()
	for i := range f {
		if int(f[i]) != slow[i] {
			t.Fatalf("root of %d is %d, want %d", i, f[i], slow[i])
		}
	}
}

func TestLargeBucketsMakeLinearWork(t *testing.T) {
	run := make([]entry128, 10_000)
	for i := range run {
		run[i].rank = uint32(i)
	}
	n := 0
	count := func(edge) error { n++; return nil }
	if err := link(run[:7], count); err != nil || n != 7*6/2 {
		t.Errorf("7 documents have %d edges, want all pairs", n)
	}
	n = 0
	if err := link(run, count); err != nil || n > (representatives+neighbors)*len(run) {
		t.Errorf("%d edges for %d documents", n, len(run))
	}
}
