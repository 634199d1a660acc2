package shard_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
)

// failing is a disk on which reads of one file fail from an offset on, or end there as if the file were shorter.
type failing struct {
	quern.Dir
	name string
	at   int64
	err  error
}

type failingFile struct {
	quern.File
	failing
}

func (d failing) Open(name string) (quern.File, error) {
	f, err := d.Dir.Open(name)
	if err == nil && name == d.name {
		f = failingFile{f, d}
	} else if err == nil {
		f = readFile{f}
	}
	return f, err
}

func (f failingFile) ReadAt(b []byte, at int64) (int, error) {
	if at+int64(len(b)) <= f.at {
		return f.File.ReadAt(b, at)
	}
	n := max(0, min(len(b), int(f.at-at)))
	f.File.ReadAt(b[:n], at)
	return n, f.err
}

// TestReadErrors: wherever a read fails or ends early, the error names the file and keeps the cause; nothing is read wrongly.
func TestReadErrors(t *testing.T) {
	disk := &quern.Memory{}
	in := append(docs(300), long(4)...)
	forms := shard.Corpus{Parquet: &shard.ParquetOptions{}, Arrow: &shard.ArrowOptions{Rows: 512, Pack: shard.PackBFD}}
	s, err := fill(func(d quern.Dir) (quern.Sink, error) { return forms.Sink(d, "0", 4, shard.Lineage{}) }, disk, in)
	if err != nil {
		t.Fatal(err)
	}
	readers := map[string]func(quern.Dir) error{
		"0.idx": func(d quern.Dir) error { return shard.VerifyTokens(d, "0") },
		"0.bin": func(d quern.Dir) error {
			r, err := shard.OpenTokens(d, []quern.Shard{s})
			if err != nil {
				return err
			}
			defer r.Close()
			return r.Read(make([]int32, r.Len()), 0)
		},
		"0.arrow": func(d quern.Dir) error {
			r, err := shard.OpenRows(d, "0.arrow")
			if err != nil {
				return err
			}
			defer r.Close()
			var row shard.PackedRow
			for i := range r.Rows() {
				if err := r.Row(i, &row); err != nil {
					return err
				}
			}
			return nil
		},
		"0.parquet": func(d quern.Dir) error {
			return shard.ReadTokenLists(d, "0.parquet", "input_ids", func(int64, []uint32) error { return nil })
		},
	}
	for _, b := range s.Blobs {
		read := readers[b.Name]
		if err := read(failing{disk, b.Name, b.Size, io.EOF}); err != nil {
			t.Fatalf("%s on a good disk: %v", b.Name, err)
		}
		for _, cause := range []error{errBroken, io.EOF} {
			for k := range int64(40) {
				at := b.Size * k / 40
				err := read(failing{disk, b.Name, at, cause})
				if err == nil && b.Name == "0.parquet" {
					continue // other columns are not read
				}
				if err == nil || !strings.Contains(err.Error(), b.Name) || cause == errBroken && !errors.Is(err, errBroken) {
					t.Errorf("%s fails at byte %d of %d with %v: %v", b.Name, at, b.Size, cause, err)
				}
			}
		}
	}
}
