package shard_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
)

// readOnly hides that files can be mapped.
type readOnly struct{ quern.Dir }

type readFile struct{ quern.File }

func (d readOnly) Open(name string) (quern.File, error) {
	f, err := d.Dir.Open(name)
	if err != nil {
		return nil, err
	}
	return readFile{f}, nil
}

// TestPackedRowsComeBack writes a corpus packed in each way and reads its rows: they are what Pack says of the same lengths.
func TestPackedRowsComeBack(t *testing.T) {
	const length = 64
	in := docs(900)
	in = append(in, long(4)[0])
	lengths := make([]int, len(in))
	for i := range in {
		lengths[i] = len(in[i].Tokens)
	}
	for _, how := range []string{shard.PackConcat, shard.PackBestFit, shard.PackBFD} {
		dir := quern.Local(t.TempDir())
		forms := shard.Corpus{Arrow: &shard.ArrowOptions{Rows: length, Pack: how}}
		build := func(d quern.Dir) (quern.Sink, error) {
			return forms.Sink(d, "train-0", 4, shard.Lineage{Pad: 77_777, Seed: 7})
		}
		if err := quern.CheckSink(build, in...); err != nil {
			t.Fatal(err)
		}
		s, err := fill(build, dir, in)
		if err != nil {
			t.Fatal(err)
		}
		want, stats, err := shard.Pack(how, length, lengths)
		if err != nil {
			t.Fatal(err)
		}
		if info := fmt.Sprintf(`{"packing":{"pack":"%s","length":64,"rows":%d,"docs":901,"tokens":%d,"padding":%d,"lost":%d,"cut":%d}}`,
			how, stats.Rows, stats.Tokens, stats.Padding, stats.Lost, stats.Cut); string(s.Info) != info {
			t.Errorf("%s: the shard says %s, want %s", how, s.Info, info)
		}
		for _, d := range []quern.Dir{dir, readOnly{dir}} {
			r, err := shard.OpenRows(d, "train-0.arrow")
			if err != nil {
				t.Fatal(err)
			}
			if r.Rows() != int64(len(want)) || r.Cols() != length || r.Metadata("quern.seed") != "7" || r.Metadata("quern.pack") != how {
				t.Fatalf("%s: %d rows of %d, seed %q; want %d of %d", how, r.Rows(), r.Cols(), r.Metadata("quern.seed"), len(want), length)
			}
			var row shard.PackedRow
			for i, pieces := range want {
				if err := r.Row(int64(i), &row); err != nil {
					t.Fatal(err)
				}
				var tokens, ends, docs, froms []int32
				for _, p := range pieces {
					for _, id := range in[p.Doc].Tokens[p.From:p.To] {
						tokens = append(tokens, int32(id))
					}
					if p.To == len(in[p.Doc].Tokens) {
						ends = append(ends, int32(len(tokens)))
					}
					docs, froms = append(docs, int32(p.Doc)), append(froms, int32(p.From))
				}
				n := len(tokens)
				for len(tokens) < length {
					tokens = append(tokens, 77_777)
				}
				if row.N != n || !slices.Equal(row.Tokens, tokens) || !slices.Equal(row.Ends, ends) || !slices.Equal(row.Docs, docs) || !slices.Equal(row.Froms, froms) {
					t.Fatalf("%s: row %d is %+v, want tokens %v, ends %v, documents %v from %v", how, i, row, tokens, ends, docs, froms)
				}
			}
			if err := r.Row(r.Rows(), &row); err == nil {
				t.Error("a row behind the last")
			}
			r.Close()
		}
	}
}

// TestRowsOfOthers reads files that pyarrow 26 wrote, also compressed: ids i*7919 mod 100277, two documents in every other row.
func TestRowsOfOthers(t *testing.T) {
	for _, name := range []string{"plain", "lz4", "zstd"} {
		for _, d := range []quern.Dir{quern.Local("testdata/pyarrow"), readOnly{quern.Local("testdata/pyarrow")}} {
			r, err := shard.OpenRows(d, name+".arrow")
			if err != nil {
				t.Fatal(err)
			}
			if r.Rows() != 64 || r.Cols() != 16 || r.Batches() != 2 || r.Metadata("who") != "pyarrow" {
				t.Fatalf("%s: %d rows of %d in %d batches", name, r.Rows(), r.Cols(), r.Batches())
			}
			var row shard.PackedRow
			for i := range 64 {
				if err := r.Row(int64(i), &row); err != nil {
					t.Fatal(err)
				}
				n, ends := 16, []int32{3, 16}
				if i == 63 {
					n, ends = 5, []int32{5}
				} else if i%2 == 0 {
					ends = nil
				}
				for k, id := range row.Tokens {
					if int(id) != (16*i+k)*7919%100277 {
						t.Fatalf("%s: row %d, token %d is %d", name, i, k, id)
					}
				}
				if row.N != n || !slices.Equal(row.Ends, ends) || row.Docs != nil {
					t.Errorf("%s: row %d: %d tokens, ends %v, documents %v", name, i, row.N, row.Ends, row.Docs)
				}
			}
			r.Close()
		}
	}
}

func TestSegments(t *testing.T) {
	tokens := make([]int32, 8)
	for _, f := range []struct {
		n                              int
		ends, cu, positions, segements []int32
	}{
		{8, []int32{3, 8}, []int32{0, 3, 8}, []int32{0, 1, 2, 0, 1, 2, 3, 4}, []int32{0, 0, 0, 1, 1, 1, 1, 1}},
		{8, []int32{3}, []int32{0, 3, 8}, []int32{0, 1, 2, 0, 1, 2, 3, 4}, []int32{0, 0, 0, 1, 1, 1, 1, 1}}, // the second is cut
		{8, nil, []int32{0, 8}, []int32{0, 1, 2, 3, 4, 5, 6, 7}, []int32{0, 0, 0, 0, 0, 0, 0, 0}},
		{5, []int32{1, 5}, []int32{0, 1, 5, 8}, []int32{0, 0, 1, 2, 3, 0, 1, 2}, []int32{0, 1, 1, 1, 1, 2, 2, 2}},
		{5, []int32{1}, []int32{0, 1, 5, 8}, []int32{0, 0, 1, 2, 3, 0, 1, 2}, []int32{0, 1, 1, 1, 1, 2, 2, 2}},
	} {
		r := shard.PackedRow{Tokens: tokens, N: f.n, Ends: f.ends}
		if cu, p, s := r.CuSeqlens(nil), r.Positions(nil), r.Segments(nil); !slices.Equal(cu, f.cu) || !slices.Equal(p, f.positions) || !slices.Equal(s, f.segements) {
			t.Errorf("%d tokens, ends %v: cu_seqlens %v, positions %v, segments %v; want %v, %v, %v", f.n, f.ends, cu, p, s, f.cu, f.positions, f.segements)
		}
	}
}

func arrowSeeds(t testing.TB) (seeds [][]byte) {
	for _, name := range []string{"pyarrow/plain.arrow", "pyarrow/lz4.arrow", "pyarrow/zstd.arrow", "golden/train-00000.arrow"} {
		b, err := quern.ReadBlob(quern.Local("testdata"), name)
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, b)
	}
	return seeds
}

// readRows reads all rows of a file, mapped and not; what the one way gives, the other does.
func readRows(t *testing.T, b []byte) {
	dir := &quern.Memory{}
	if err := quern.WriteBlob(dir, "a.arrow", b); err != nil {
		t.Fatal(err)
	}
	var sums [2]int64
	var errs [2]error
	for i, d := range []quern.Dir{dir, readOnly{dir}} {
		errs[i] = func() error {
			r, err := shard.OpenRows(d, "a.arrow")
			if err != nil {
				return err
			}
			defer r.Close()
			var row shard.PackedRow
			for k := range min(r.Rows(), 1000) {
				if err := r.Row(k, &row); err != nil {
					return err
				}
				for _, id := range row.Tokens {
					sums[i] += int64(id)
				}
			}
			return nil
		}()
		if errs[i] != nil && !strings.HasPrefix(errs[i].Error(), "a.arrow: ") {
			t.Fatalf("%v does not name the file", errs[i])
		}
	}
	if errs[0] == nil && (errs[1] != nil || sums[0] != sums[1]) { // a mapped file is looked through at once, and may fail sooner
		t.Fatalf("mapped: %d, %v; read: %d, %v", sums[0], errs[0], sums[1], errs[1])
	}
}

// TestDamagedRows changes bytes and cuts files: rows or an error, never a panic.
func TestDamagedRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, good := range arrowSeeds(t) {
		for range 800 {
			b := bytes.Clone(good)
			for range 1 + rng.IntN(3) {
				b[rng.IntN(len(b))] = byte(rng.IntN(256))
			}
			readRows(t, b)
		}
		for range 200 {
			readRows(t, good[:rng.IntN(len(good))])
		}
	}
}

func FuzzRows(f *testing.F) {
	for _, b := range arrowSeeds(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { readRows(t, b) })
}
