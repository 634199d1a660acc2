package shard_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
)

// sized writes shards of documents with so many tokens each, and returns where they end in all.
func sized(t *testing.T, dir quern.Dir, width int, sizes ...[]int) (shards []quern.Shard, ends []int64) {
	t.Helper()
	at := int64(0)
	for i, part := range sizes {
		sink, err := shard.Tokens(dir, fmt.Sprintf("%05d", i), width)
		var in []quern.Doc
		for k, n := range part {
			in = append(in, quern.Doc{ID: quern.NewID("sized", fmt.Sprint(i, k)), Tokens: make([]uint32, n)})
			if at += int64(n); n > 0 {
				ends = append(ends, at)
			}
		}
		shards = append(shards, write(t, sink, err, in))
	}
	return shards, ends
}

func TestEndsIn(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	random := func(docs, most int) (sizes []int) {
		for range docs {
			sizes = append(sizes, rnd.IntN(most))
		}
		return sizes
	}
	for name, sizes := range map[string][][]int{
		"one document":        {{7}},
		"no document":         {{}},
		"some without tokens": {{0, 3, 0, 0, 2, 0}, {}, {0}, {0, 1}},
		"one long document":   {{1, 5000, 1}},
		"many blocks":         {random(3000, 9), {}, random(511, 4), random(512, 4), random(513, 4), {0, 0}},
	} {
		dir := &quern.Memory{}
		shards, ends := sized(t, dir, 2, sizes...)
		r, err := shard.OpenTokens(dir, shards)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		for range 300 {
			from := rnd.Int64N(r.Len() + 1)
			to := from + rnd.Int64N(min(3000, r.Len()-from+1))
			var want []int64
			for _, e := range ends {
				if from < e && e <= to {
					want = append(want, e)
				}
			}
			got, err := r.EndsIn([]int64{-1}, from, to)
			if err != nil || got[0] != -1 || !slices.Equal(got[1:], want) {
				t.Fatalf("%s: ends in (%d, %d] are %v, %v, want %v", name, from, to, got, err, want)
			}
		}
		if got, err := r.EndsIn(nil, 0, r.Len()); err != nil || !slices.Equal(got, ends) {
			t.Errorf("%s: all ends are %v, %v, want %v", name, got, err, ends)
		}
		for _, bad := range [][2]int64{{-1, 0}, {0, r.Len() + 1}} {
			if _, err := r.EndsIn(nil, bad[0], bad[1]); err == nil {
				t.Errorf("%s: ends in (%d, %d] of %d tokens are no error", name, bad[0], bad[1], r.Len())
			}
		}
	}
}

func TestEndsInAllocateNothing(t *testing.T) {
	if shard.UnderRace {
		t.Skip("pools forget under the race detector")
	}
	dir := quern.Local(t.TempDir())
	sizes := make([]int, 5000)
	for i := range sizes {
		sizes[i] = i % 40
	}
	shards, _ := sized(t, dir, 2, sizes)
	r, err := shard.OpenTokens(dir, shards)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	dst, at := make([]int64, 0, 1000), int64(0)
	if n := testing.AllocsPerRun(100, func() {
		if dst, err = r.EndsIn(dst[:0], at, at+512); err != nil {
			t.Fatal(err)
		}
		at += 700
	}); n > 0 {
		t.Errorf("%g allocations a call", n)
	}
}

// changing is a folder whose files may change after they were opened.
type changing struct {
	quern.Dir
	change func(name string, b []byte, at int64) error
}

type changingFile struct {
	quern.File
	name   string
	change func(name string, b []byte, at int64) error
}

func (c changing) Open(name string) (quern.File, error) {
	f, err := c.Dir.Open(name)
	return changingFile{f, name, c.change}, err
}

func (f changingFile) ReadAt(b []byte, at int64) (int, error) {
	n, err := f.File.ReadAt(b, at)
	if bad := f.change(f.name, b[:n], at); bad != nil {
		return 0, bad
	}
	return n, err
}

func TestEndsInOfAnIndexThatChanges(t *testing.T) {
	for name, c := range map[string]struct {
		change func(string, []byte, int64) error
		want   string
	}{
		"unreadable": {func(name string, _ []byte, at int64) error {
			return fmt.Errorf("bad sector")
		}, "00000.idx: 32 bytes at offset 40: bad sector"},
		"zeroed":     {func(_ string, b []byte, _ int64) error { clear(b); return nil }, "00000.idx: the last document ends at token 2, all at 20"},
		"beyond all": {func(_ string, b []byte, _ int64) error { copy(b, bytes.Repeat([]byte{0xff}, len(b))); return nil }, "00000.idx: document"},
		"falling": {func(_ string, b []byte, _ int64) error {
			for i := 0; i+8 <= len(b); i += 8 {
				binary.LittleEndian.PutUint64(b[i:], uint64(20-i/8))
			}
			return nil
		}, "00000.idx: document 1 ends at token 19"},
	} {
		armed := false
		dir := changing{&quern.Memory{}, func(name string, b []byte, at int64) error {
			if !armed || !strings.HasSuffix(name, ".idx") {
				return nil
			}
			return c.change(name, b, at)
		}}
		shards, _ := sized(t, dir, 2, []int{5, 5, 5, 5})
		r, err := shard.OpenTokens(dir, shards)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		armed = true
		_, err = r.EndsIn(nil, 2, 20)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
