package dedup

import (
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestEdgesComeSortedAndOnce(t *testing.T) {
	for _, mem := range []int64{1, 1 << 16, 1 << 26} {
		r := rand.New(rand.NewPCG(1, uint64(mem)))
		const docs = 200_000
		s := newEdges(t.TempDir(), docs, 3, mem)
		defer s.close()
		var want []edge
		for i := range 200_000 {
			child := 1 + r.IntN(docs-1)
			if i%3 == 0 { // some children have many, and again and again
				child = docs - 1 - r.IntN(50)
			}
			e := newEdge(uint32(child), uint32(r.IntN(min(child, 2000))))
			want = append(want, e)
			if err := s.add(i%3, e); err != nil {
				t.Fatal(err)
			}
		}
		slices.Sort(want)
		want = slices.Compact(want)
		var got []edge
		if err := s.sorted(t.Context(), 2, func(some []edge) error { got = append(got, some...); return nil }); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%d bytes: %d edges come out, want %d", mem, len(got), len(want))
		}
		if spilled := s.writers[0].end > 0; spilled != (mem < 1<<26) {
			t.Errorf("%d bytes: spilled is %v", mem, spilled)
		}
		if pieces, _ := s.pieces(max(s.mem/4, 8*leastBuffer)); mem == 1 && len(pieces) <= s.bins {
			t.Error("no bin is cut into pieces: the test tests less than it says")
		}
	}
	s := newEdges(t.TempDir(), 10, 2, 1000)
	if err := s.sorted(t.Context(), 2, func([]edge) error { t.Error("an edge out of nothing"); return nil }); err != nil {
		t.Error(err)
	}
}

// TestScratchIsChecked: a scratch file that is cut short or changed is an error that names it, not a lost edge.
func TestScratchIsChecked(t *testing.T) {
	for what, damage := range map[string]func(name string) error{
		"EOF": func(name string) error { return os.Truncate(name, 1000) },
		"checksum": func(name string) error {
			b, err := os.ReadFile(name)
			b[len(b)/2] ^= 1
			os.WriteFile(name, b, 0o666)
			return err
		},
	} {
		s := newEdges(t.TempDir(), 1000, 1, 1)
		for i := range uint32(10_000) {
			if err := s.add(0, newEdge(i%999+1, i%7)); err != nil {
				t.Fatal(err)
			}
		}
		if err := damage(s.writers[0].name); err != nil {
			t.Fatal(err)
		}
		err := s.sorted(t.Context(), 1, func([]edge) error { return nil })
		if err == nil || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), "edges-0: offset ") {
			t.Errorf("got %v, want an error about %s", err, what)
		}
		s.close()
	}
	s := newEdges(t.TempDir()+"/absent", 1000, 1, 1)
	var err error
	for i := uint32(0); i < 10_000 && err == nil; i++ {
		err = s.add(0, newEdge(i%999+1, i%7))
	}
	if err == nil {
		t.Error("edges are spilled into a folder that is not there")
	}
}

func TestForest(t *testing.T) {
	const n = 500
	r := rand.New(rand.NewPCG(2, 2))
	f := NewForest(n)
	slow := make([]int, n) // lowest member of the set of each
	for i := range slow {
		slow[i] = i
	}
	for range 300 {
		a, b := r.IntN(n), r.IntN(n)
		x, y := min(slow[a], slow[b]), max(slow[a], slow[b])
		if f.Union(uint32(a), uint32(b)) != (x != y) {
			t.Fatalf("the union of %d and %d tells wrong whether they were two trees", a, b)
		}
		for i := range slow {
			if slow[i] == y {
				slow[i] = x
			}
		}
	}
	var pairs []uint64 // again, all at once
	for i := range f {
		pairs = append(pairs, newEdge(uint32(i), f[i]))
	}
	r.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	again := NewForest(n)
	again.UnionAll(pairs)
	f.Flatten()
	again.Flatten()
	for i := range f {
		if f[i] != again[i] {
			t.Fatalf("all unions at once: the root of %d is %d, want %d", i, again[i], f[i])
		}
		if int(f[i]) != slow[i] {
			t.Fatalf("root of %d is %d, want %d", i, f[i], slow[i])
		}
	}
}

func TestLargeBucketsMakeLinearWork(t *testing.T) {
	run := make([]uint32, 10_000)
	for i := range run {
		run[i] = uint32(i)
	}
	n := 0
	var last []edge
	count := func(e edge) error { n++; last = append(last, e); return nil }
	if err := link(run[:7], 0, count); err != nil || n != 7*6/2 {
		t.Errorf("7 documents have %d edges, want all pairs", n)
	}
	n = 0
	if err := link(run, 0, count); err != nil || n > (representatives+neighbors)*len(run) {
		t.Errorf("%d edges for %d documents", n, len(run))
	}
	var parents []uint32
	for _, e := range last[len(last)-6:] {
		parents = append(parents, uint32(e))
	}
	if !slices.Equal(parents, []uint32{0, 1, 2, 3, 9997, 9998}) {
		t.Errorf("the last document is linked to %v, want the first four and the two before it", parents)
	}
	n = 0
	if err := link(run[:100], 98, count); err != nil || n != 2*(representatives+neighbors) {
		t.Errorf("%d edges, want those of the two documents that are new", n)
	}
}

// TestEqualKeysAreFound compares the tables with a map.
func TestEqualKeysAreFound(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, n := range []int{0, 1, 7, 8, 100, 5000} {
		var d dealt
		want := map[[2]uint64][]uint32{}
		for _, v := range r.Perm(n) {
			key := [2]uint64{r.Uint64N(uint64(n/2 + 1)), r.Uint64N(2)}
			d.hi, d.lo, d.val = append(d.hi, key[0]), append(d.lo, key[1]), append(d.val, uint32(v))
			want[key] = append(want[key], uint32(v))
		}
		at := map[uint32][2]uint64{}
		for i, v := range d.val {
			at[v] = [2]uint64{d.hi[i], d.lo[i]}
		}
		found := 0
		var tab table
		for range 2 { // again with what the first left behind
			found = 0
			err := tab.repeats(d, func(run []uint32) error {
				w := slices.Clone(want[at[run[0]]])
				slices.Sort(w)
				if !slices.Equal(run, w) {
					t.Errorf("n %d: run %v, want %v", n, run, w)
				}
				found++
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, w := range want {
			if len(w) > 1 {
				found--
			}
		}
		if found != 0 {
			t.Errorf("n %d: %d runs too many", n, found)
		}
	}
}
