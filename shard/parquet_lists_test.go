package shard_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
)

// TestTokenLists reads the Parquet of the corpus by its one column.
func TestTokenLists(t *testing.T) {
	dir := &quern.Memory{}
	in := append(docs(2000), long(4)...)
	forms := shard.Corpus{Parquet: &shard.ParquetOptions{}}
	if _, err := fill(func(d quern.Dir) (quern.Sink, error) { return forms.Sink(d, "0", 4, shard.Lineage{}) }, dir, in); err != nil {
		t.Fatal(err)
	}
	n := 0
	err := shard.ReadTokenLists(dir, "0.parquet", "input_ids", func(row int64, tokens []uint32) error {
		if int(row) != n || !slices.Equal(tokens, in[n].Tokens) {
			t.Fatalf("row %d has %d tokens, want document %d of %d", row, len(tokens), n, len(in[n].Tokens))
		}
		n++
		return nil
	})
	if err != nil || n != len(in) {
		t.Fatalf("%d rows, %v", n, err)
	}
	if err := shard.ReadTokenLists(dir, "0.parquet", "input_ids", func(int64, []uint32) error { return errBroken }); err != errBroken {
		t.Errorf("the error of the caller came back as %v", err)
	}
	for column, want := range map[string]string{"id": "want one column of lists", "none": "want one column of lists"} {
		err := shard.ReadTokenLists(dir, "0.parquet", column, func(int64, []uint32) error { return nil })
		if err == nil || !strings.Contains(err.Error(), "0.parquet: column "+column+": "+want) {
			t.Errorf("column %s: %v", column, err)
		}
	}
}

// TestTokenListsOfOthers reads files that pyarrow 26 wrote: with dictionaries and small pages, and as int64 in pages of version 2.
func TestTokenListsOfOthers(t *testing.T) {
	for _, name := range []string{"int32.parquet", "int64.parquet"} {
		n := int64(0)
		err := shard.ReadTokenLists(quern.Local("testdata/pyarrow"), name, "input_ids", func(row int64, tokens []uint32) error {
			var want []uint32
			switch {
			case row < 300:
				for k := range row % 9 {
					want = append(want, uint32(31*row+k)%50257)
				}
			case row == 302:
				want = slices.Repeat([]uint32{7}, 5000)
			case row == 303:
				want = []uint32{1}
			}
			if row != n || !slices.Equal(tokens, want) {
				t.Fatalf("%s: row %d, the %dth, is %v, want %v", name, row, n, tokens, want)
			}
			n++
			return nil
		})
		if err != nil || n != 304 {
			t.Errorf("%s: %d rows, %v", name, n, err)
		}
	}
}

// TestDamagedTokenLists changes bytes and cuts files: lists or an error that names the file, never a panic.
func TestDamagedTokenLists(t *testing.T) {
	if shard.UnderRace {
		t.Skip("the Parquet library's faults end a program under the race detector")
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"int32.parquet", "int64.parquet"} {
		good, err := quern.ReadBlob(quern.Local("testdata/pyarrow"), name)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 300 {
			b := bytes.Clone(good)
			if b[rng.IntN(len(b))] ^= 1 << rng.IntN(8); i%3 == 0 {
				b = b[:rng.IntN(len(b))]
			}
			dir := &quern.Memory{}
			if err := quern.WriteBlob(dir, "a", b); err != nil {
				t.Fatal(err)
			}
			if err := shard.ReadTokenLists(dir, "a", "input_ids", func(int64, []uint32) error { return nil }); err != nil && !strings.HasPrefix(err.Error(), "a: column input_ids: ") {
				t.Fatal(err)
			}
		}
	}
}
