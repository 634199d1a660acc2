package data

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
)

const eot = 0

// writeShards writes documents of random lengths; some hold the end-of-text token, and not all end with it.
func writeShards(t *testing.T, dir quern.Dir, width int, docs []int) (shards []quern.Shard) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(1, uint64(width)))
	for i, n := range docs {
		sink, err := shard.Tokens(dir, fmt.Sprintf("%05d", i), width)
		if err != nil {
			t.Fatal(err)
		}
		for k := range n {
			d := quern.Doc{ID: quern.NewID("test", fmt.Sprint(i, k))}
			for range rnd.IntN(40) {
				d.Tokens = append(d.Tokens, rnd.Uint32N(1<<(4*width-1))%50_000)
			}
			if k%5 > 0 {
				d.Tokens = append(d.Tokens, eot)
			}
			if err := sink.Put(&d); err != nil {
				t.Fatal(err)
			}
		}
		sh, err := sink.Commit()
		if err != nil {
			t.Fatal(err)
		}
		shards = append(shards, sh)
	}
	return shards
}

// row is a sample as a model meets it.
type row struct{ tokens, targets, segments []int32 }

// rank is one process of a run: it has files and a loader of its own.
type rank struct {
	files *shard.TokenReader
	l     *Loader
}

// start starts as many processes from a cursor.
func start(t *testing.T, dir quern.Dir, shards []quern.Shard, p Plan, cursor int64) (ranks []rank) {
	t.Helper()
	for p.Rank = range p.World {
		r, err := shard.OpenTokens(dir, shards)
		if err != nil {
			t.Fatal(err)
		}
		l, err := NewLoader(&Windows{Stream: r, Cols: 16, Segmented: true, EOT: eot}, p, cursor)
		if err != nil {
			t.Fatal(err)
		}
		ranks = append(ranks, rank{r, l})
	}
	return ranks
}

// steps takes n global batches and adds their rows in global order.
func steps(t *testing.T, ranks []rank, n int, all []row) []row {
	t.Helper()
	for range n {
		var got []*Batch
		for _, r := range ranks {
			b, err := r.l.Next(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, b)
		}
		for k := range got[0].Rows {
			for _, b := range got {
				p := b.Part(k, k+1)
				all = append(all, row{slices.Clone(p.Tokens), slices.Clone(p.Targets), slices.Clone(p.Segments)})
			}
		}
	}
	return all
}

func kill(ranks []rank) {
	for _, r := range ranks {
		r.l.Close()
		r.files.Close()
	}
}

// A run that dies three times, at any batch, and goes on with any number of ranks sees the tokens of an unbroken one.
func TestInterruptionsChangeNothing(t *testing.T) {
	const global = 8 // samples of a step
	rnd := rand.New(rand.NewPCG(7, 7))
	for _, width := range []int{2, 4} {
		dir := quern.Local(t.TempDir())
		shards := writeShards(t, dir, width, []int{9, 0, 30, 1})
		for _, shuffle := range []bool{false, true} {
			p := Plan{Rows: global, World: 1, Shuffle: shuffle, Seed: 11}
			ranks := start(t, dir, shards, p, 0)
			epoch := ranks[0].l.samples.Len()
			all := int(3*epoch/global) + 2 // steps that end in the fourth epoch
			if epoch%global == 0 || epoch < 2*global {
				t.Fatalf("epochs of %d samples end with a batch, or hold too few", epoch)
			}
			want := steps(t, ranks, all, nil)
			kill(ranks)
			checkEpochs(t, want, int(epoch), shuffle)
			for _, worlds := range [][]int{{1, 1, 1, 1}, {2, 2, 2, 2}, {4, 4, 4, 4}, {1, 2, 4, 2}, {4, 1, 2, 8}} {
				for ahead := range 3 {
					var stops []int
					for range 3 {
						stops = append(stops, rnd.IntN(all+1))
					}
					slices.Sort(stops)
					stops = append(stops, all)
					var got []row
					saved := []byte("0") // the state of the run: one integer
					for i, stop := range stops {
						var cursor int64
						if err := json.Unmarshal(saved, &cursor); err != nil {
							t.Fatal(err)
						}
						p := Plan{Rows: global / worlds[i], World: worlds[i], Shuffle: shuffle, Seed: 11, Ahead: ahead}
						ranks := start(t, dir, shards, p, cursor)
						got = steps(t, ranks, stop-len(got)/global, got)
						for _, r := range ranks {
							if c := r.l.Cursor(); c != int64(len(got)) {
								t.Fatalf("a rank's cursor is %d after %d samples", c, len(got))
							}
						}
						saved, _ = json.Marshal(ranks[0].l.Cursor())
						kill(ranks)
					}
					for i := range want {
						if i >= len(got) || !slices.Equal(got[i].tokens, want[i].tokens) || !slices.Equal(got[i].targets, want[i].targets) || !slices.Equal(got[i].segments, want[i].segments) {
							t.Fatalf("width %d, shuffled %t, %v ranks, stopped at %v: sample %d of %d differs", width, shuffle, worlds, stops, i, len(want))
						}
					}
				}
			}
		}
	}
}

// checkEpochs fails unless each epoch has the same samples, in the same order only if they are not shuffled.
func checkEpochs(t *testing.T, all []row, n int, shuffle bool) {
	t.Helper()
	list := func(e int) (names []string) {
		for _, r := range all[e*n : (e+1)*n] {
			names = append(names, fmt.Sprint(r))
		}
		return names
	}
	first := list(0)
	for e := 1; e < 3; e++ {
		next := list(e)
		if slices.Equal(first, next) == shuffle {
			t.Errorf("epoch %d of a run, shuffled %t, is equal to the first: %t", e, shuffle, !shuffle)
		}
		a, b := slices.Sorted(slices.Values(first)), slices.Sorted(slices.Values(next))
		if !slices.Equal(a, b) {
			t.Errorf("epoch %d has other samples than the first", e)
		}
	}
	if slices.Equal(list(1), list(2)) == shuffle {
		t.Error("the second epoch has the order of the third")
	}
}

// A shard that cannot be read fails at its own batch, by its name and offset.
func TestUnreadableShardsAreNamed(t *testing.T) {
	whole := &quern.Memory{}
	shards := writeShards(t, whole, 2, []int{30, 30})
	r, err := shard.OpenTokens(broken{whole}, shards)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, ahead := range []int{0, 3} {
		l, err := NewLoader(&Windows{Stream: r, Cols: 16}, Plan{Rows: 1, Ahead: ahead}, 0)
		if err != nil {
			t.Fatal(err)
		}
		good := 0
		for ; err == nil; good++ {
			_, err = l.Next(context.Background())
		}
		l.Close()
		want := fmt.Sprintf("data: sample %d, number %d of epoch 0: 00001.bin: ", good-1, good-1)
		if got := err.Error(); !strings.HasPrefix(got, want) || !strings.Contains(got, " at offset ") || !errors.Is(err, errSector) {
			t.Errorf("%d ahead: %v, want %q and an offset", ahead, err, want)
		}
	}
}

var errSector = errors.New("bad sector")

// broken is a folder whose second shard has a bad sector.
type broken struct{ quern.Dir }

type brokenFile struct{ quern.File }

func (d broken) Open(name string) (quern.File, error) {
	f, err := d.Dir.Open(name)
	if err == nil && name == "00001.bin" {
		f = brokenFile{f}
	}
	return f, err
}

func (f brokenFile) ReadAt(b []byte, at int64) (int, error) {
	if at+int64(len(b)) > 200 {
		return 0, errSector
	}
	return f.File.ReadAt(b, at)
}
