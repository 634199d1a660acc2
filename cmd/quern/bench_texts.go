package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
)

// textSet is a named set of documents.
type textSet struct {
	name  string
	texts [][]byte
	bytes int
}

// textSets are the texts of --texts: the files of a folder, one file, a dataset; or the sample.
func (b *bench) textSets() ([]textSet, error) {
	st, err := os.Stat(b.texts)
	if b.texts != "" && err != nil {
		return nil, usageError{err}
	}
	files := []string{b.texts}
	if b.texts == "" || st.IsDir() {
		_, err := os.Stat(filepath.Join(b.texts, quern.ManifestName))
		if b.texts == "" || err == nil {
			docs, err := b.documents()
			if err != nil {
				return nil, err
			}
			s := textSet{name: "texts"}
			for _, d := range docs {
				s.texts = append(s.texts, d.Text)
				s.bytes += len(d.Text)
			}
			return []textSet{s}, nil
		}
		files = nil
		for _, pattern := range []string{"*.docs", "*.jsonl", "*.jsonl.gz", "*.jsonl.zst"} {
			found, _ := filepath.Glob(filepath.Join(b.texts, pattern)) // the pattern is well formed
			files = append(files, found...)
		}
		slices.Sort(files)
	}
	var sets []textSet
	for _, f := range files {
		s, err := b.textFile(f)
		if err != nil {
			return nil, err
		}
		sets = append(sets, s)
	}
	if len(sets) == 0 {
		return nil, usageError{fmt.Errorf("%s: neither a dataset nor a folder with .docs or .jsonl files", b.texts)}
	}
	return sets, nil
}

// errEnough ends the reading of a file when --mb are read.
var errEnough = errors.New("enough")

func (b *bench) textFile(path string) (textSet, error) {
	name, _, _ := strings.Cut(filepath.Base(path), ".")
	s := textSet{name: name}
	take := func(text []byte) error {
		if s.bytes > 0 && float64(s.bytes+len(text)) > b.mb*1e6 {
			return errEnough
		}
		s.texts = append(s.texts, bytes.Clone(text))
		s.bytes += len(text)
		return nil
	}
	var err error
	if filepath.Ext(path) == ".docs" || filepath.Ext(path) == ".bin" {
		err = eachPrefixed(path, take)
	} else {
		var in inputFlags
		var units []inputUnit
		units, err = in.units(b.ctx, nil, []string{path})
		for i := 0; i < len(units) && err == nil; i++ {
			err = units[i].docs(b.ctx, func(d *quern.Doc) error { return take(d.Text) })
		}
	}
	if err != nil && !errors.Is(err, errEnough) {
		return s, err
	}
	if s.bytes == 0 {
		return s, usageError{fmt.Errorf("%s: no text", path)}
	}
	return s, nil
}

// eachPrefixed gives the documents of a file that has each after its length in four bytes, as cmd/versus/corpus writes it.
func eachPrefixed(path string, take func(text []byte) error) error {
	all, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for rest := all; len(rest) > 0; {
		at := len(all) - len(rest)
		if len(rest) < 4 {
			return fmt.Errorf("%s: offset %d: %d bytes, want 4 with the length of a document", path, at, len(rest))
		}
		n := uint64(rest[0]) | uint64(rest[1])<<8 | uint64(rest[2])<<16 | uint64(rest[3])<<24
		if n > uint64(len(rest)-4) {
			return fmt.Errorf("%s: offset %d: a document of %d bytes, %d are left", path, at, n, len(rest)-4)
		}
		if err := take(rest[4 : 4+n]); err != nil {
			return err
		}
		rest = rest[4+n:]
	}
	return nil
}
