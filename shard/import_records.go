package shard

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
)

// recordSet is files of records, of each of which one field is tokens.
type recordSet struct {
	files []recordFile
	docs  func(im *Import, f *recordFile, from, to int64, d *quern.Doc, emit func() error) error
	cut   func(im *Import, f *recordFile) ([]quern.Part, error) // nil = a file is one piece
}

type recordFile struct {
	name, split string
	meta        any // what the layout knows of it
}

func (s *recordSet) units(im *Import, add func(string, quern.Part)) error {
	for i := range s.files {
		f := &s.files[i]
		parts := []quern.Part{{Path: f.name}}
		if s.cut != nil {
			var err error
			if parts, err = s.cut(im, f); err != nil {
				return err
			}
		}
		for _, p := range parts {
			add(f.split, p)
		}
	}
	return nil
}

func (s *recordSet) read(im *Import, p quern.Part, d *quern.Doc, emit func() error) error {
	for i := range s.files {
		if f := &s.files[i]; f.name == p.Path {
			return s.docs(im, f, p.From, p.To, d, emit)
		}
	}
	panic("shard: a unit of another import")
}

// column finds the column of tokens.
func (im *Import) column(names []string) (int, error) {
	want := []string{"input_ids", "tokens", "token_ids"}
	if im.o.Column != "" {
		want = []string{im.o.Column}
	}
	for _, w := range want {
		if i := slices.Index(names, w); i >= 0 {
			return i, nil
		}
	}
	return 0, fmt.Errorf("no column %s, there are %q: name it with --column", strings.Join(want, ", "), names)
}
