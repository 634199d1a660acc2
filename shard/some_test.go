package shard_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
)

// readCounter counts the bytes that are read of a Dir's blobs.
type readCounter struct {
	quern.Dir
	n *int64
}

func (c readCounter) Open(name string) (quern.File, error) {
	f, err := c.Dir.Open(name)
	return countedFile{f, c.n}, err
}

type countedFile struct {
	quern.File
	n *int64
}

func (f countedFile) ReadAt(b []byte, at int64) (int, error) {
	*f.n += int64(len(b))
	return f.File.ReadAt(b, at)
}

// TestSomeRows asks for rows of a shard of several row groups: those come, whole and in order, and where few are wanted little is read.
func TestSomeRows(t *testing.T) {
	dir := &quern.Memory{}
	in := docs(5000)
	for i := range in {
		text := fmt.Append(nil, i)
		for j := range 250 {
			text = fmt.Appendf(text, " %x", quern.Seed(uint64(j), "word", in[i].ID))
		}
		in[i].Text = text
	}
	sink, err := shard.Text(dir, "00000")
	s := write(t, sink, err, in)
	var read int64
	src := shard.TextSource{Dir: readCounter{dir, &read}, Name: "s", Domain: "web", Shards: []quern.Shard{s}}
	units, _ := src.Units(context.Background())
	get := func(want func(row int) bool) (rows []int, bytes int64) {
		t.Helper()
		read = 0
		for d, err := range src.Some(context.Background(), units[0], want) {
			if err != nil {
				t.Fatal(err)
			}
			if w := &in[d.Row.Index]; d.ID != w.ID || string(d.Text) != string(w.Text) || d.Origin != w.Origin || d.Time != w.Time {
				t.Fatalf("row %d came back as %s", d.Row.Index, d.ID)
			}
			rows = append(rows, d.Row.Index)
		}
		return rows, read
	}
	all, whole := get(nil)
	if len(all) != len(in) {
		t.Fatalf("%d rows, want all", len(all))
	}
	for what, want := range map[string]func(row int) bool{
		"none":        func(int) bool { return false },
		"first":       func(row int) bool { return row == 0 },
		"last":        func(row int) bool { return row == len(in)-1 },
		"both ends":   func(row int) bool { return row == 0 || row == len(in)-1 },
		"every 7th":   func(row int) bool { return row%7 == 0 },
		"every 999th": func(row int) bool { return row%999 == 5 },
		"a stretch":   func(row int) bool { return row > 3000 && row < 3300 },
		"all":         func(int) bool { return true },
	} {
		rows, n := get(want)
		if expect := slices.DeleteFunc(slices.Clone(all), func(row int) bool { return !want(row) }); !slices.Equal(rows, expect) {
			t.Errorf("%s: %d rows, want %d", what, len(rows), len(expect))
		}
		if len(rows) < 400 && n > whole/2 {
			t.Errorf("%s: %d bytes are read for %d rows, all rows are %d", what, n, len(rows), whole)
		}
	}
	bad := src
	bad.Shards = []quern.Shard{s}
	bad.Shards[0].Docs++
	for _, err := range bad.Some(context.Background(), units[0], func(int) bool { return false }) {
		if err == nil || !strings.Contains(err.Error(), "manifest says") {
			t.Errorf("a row too few: %v", err)
		}
		return
	}
	t.Error("a shard of a row too few is read")
}
