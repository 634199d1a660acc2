package shard

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-83c59573/quern"
)

// tokenFile is a file of ids one after the other. Its index, if it has one, tells documents.
type tokenFile struct {
	name, split string
	ids         idType
	offset      int64 // of the first id
	tokens      int64
	index       docIndex
	indexName   string
}

// docIndex calls f for each document from number first on with where it begins and ends, in tokens, and the ID that is told; documents follow one
// another without gaps.
type docIndex func(dir quern.Dir, first int64, f func(doc, begin, end int64, id string) error) error

// walk goes through an index and checks it.
func (t *tokenFile) walk(dir quern.Dir, first int64, f func(doc, begin, end int64, id string) error) error {
	last := int64(-1)
	err := t.index(dir, first, func(doc, begin, end int64, id string) error {
		switch {
		case last < 0 && first == 0 && begin != 0:
			return fmt.Errorf("%s: the first document begins at token %d", t.indexName, begin)
		case last >= 0 && begin != last:
			return fmt.Errorf("%s: document %d begins at token %d, the one before it ends at %d", t.indexName, doc, begin, last)
		case begin < 0 || end < begin || end > t.tokens:
			return fmt.Errorf("%s: document %d is [%d, %d) of the %d tokens of %s", t.indexName, doc, begin, end, t.tokens, t.name)
		}
		last = end
		return f(doc, begin, end, id)
	})
	if err == nil && max(last, 0) != t.tokens && (first == 0 || last >= 0) {
		err = fmt.Errorf("%s: the last document ends at token %d, %s has %d", t.indexName, max(last, 0), t.name, t.tokens)
	}
	return err
}

// units cuts the documents of a file into pieces.
func (t *tokenFile) units(ctx context.Context, im *Import, add func(string, quern.Part)) error {
	from, next, start := int64(0), int64(0), int64(0)
	err := t.walk(im.dir, 0, func(doc, begin, end int64, _ string) error {
		if doc > from && (end-start > im.o.Unit || doc-from >= unitDocs) {
			add(t.split, quern.Part{Path: t.name, From: from, To: doc})
			from, start = doc, begin
		}
		next = doc + 1
		if doc&0xFFFF == 0 {
			return ctx.Err()
		}
		return nil
	})
	if err == nil && next > from {
		add(t.split, quern.Part{Path: t.name, From: from, To: next})
	}
	return err
}

// read gives the documents of a piece.
func (t *tokenFile) read(im *Import, p quern.Part, d *quern.Doc, emit func() error) error {
	w, err := openWindow(im.dir, t.name)
	if err != nil {
		return err
	}
	defer w.close()
	err = t.walk(im.dir, p.From, func(doc, begin, end int64, id string) error {
		if doc >= p.To {
			return errDone
		}
		var err error
		if d.Tokens, err = w.ids(d.Tokens[:0], t.ids, t.offset+begin*int64(t.ids.size), end-begin); err != nil {
			return err
		}
		d.ID = im.idOf(id, t.name, doc)
		return emit()
	})
	if errors.Is(err, errDone) {
		return nil
	}
	return err
}

var errDone = errors.New("the part is done")

// tokenStream is the files of a split as one row of ids; a token tells where a document ends or begins, which may be in the next file.
type tokenStream struct {
	split  string
	files  []tokenFile
	starts []int64 // in tokens, and the end
}

func (s *tokenStream) add(f tokenFile) {
	s.files = append(s.files, f)
	s.starts = append(s.starts, s.tokens()+f.tokens)
}

func (s *tokenStream) tokens() int64 { return s.starts[len(s.starts)-1] }

// units cuts by tokens. A document belongs to the piece in which it begins.
func (s *tokenStream) units(unit int64, add func(string, quern.Part)) {
	for from := int64(0); from < s.tokens(); from += unit {
		add(s.split, quern.Part{Path: s.split, From: from, To: min(from+unit, s.tokens())})
	}
}

// streamReader reads a stream from a position on.
type streamReader struct {
	s    *tokenStream
	dir  quern.Dir
	file int
	w    *window
	at   int64
	buf  []uint32
}

// seek finds the file of the position.
func (r *streamReader) seek() {
	for r.file < len(r.s.files) && r.at >= r.s.starts[r.file+1] {
		r.file++
	}
}

// next gives the ids that follow, some tens of thousands; none are left at the end.
func (r *streamReader) next() ([]uint32, error) {
	if r.file < len(r.s.files) && r.at >= r.s.starts[r.file+1] {
		r.close()
		r.seek()
	}
	if r.file == len(r.s.files) {
		return nil, nil
	}
	f := &r.s.files[r.file]
	if r.w == nil {
		var err error
		if r.w, err = openWindow(r.dir, f.name); err != nil {
			return nil, err
		}
	}
	n := min(1<<15, r.s.starts[r.file+1]-r.at)
	var err error
	r.buf, err = r.w.ids(r.buf[:0], f.ids, f.offset+(r.at-r.s.starts[r.file])*int64(f.ids.size), n)
	r.at += n
	return r.buf, err
}

func (r *streamReader) close() {
	if r.w != nil {
		r.w.close()
		r.w = nil
	}
}

// read gives the documents that begin in a piece.
func (s *tokenStream) read(im *Import, p quern.Part, d *quern.Doc, emit func() error) error {
	end, leads := uint32(im.o.EndOfText), im.o.Leads
	r := &streamReader{s: s, dir: im.dir, at: p.From}
	defer r.close()
	begun := int64(-1) // where the open document begins; -1 = none has yet
	if p.From == 0 {
		begun = 0
	} else if !leads {
		r.at-- // an end right before the piece begins a document
	}
	r.seek()
	finish := func() error {
		d.ID = im.idOf("", s.split, begun)
		return emit()
	}
	for {
		base := r.at
		ids, err := r.next()
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			break
		}
		from, look := 0, 0
		for {
			k := slices.Index(ids[look:], end)
			if k < 0 {
				break
			}
			border := look + k
			look = border + 1
			if !leads {
				border++
			}
			if base+int64(border) == begun { // it leads the open document
				continue
			}
			if begun >= 0 {
				d.Tokens = append(d.Tokens, ids[from:border]...)
				if err := finish(); err != nil {
					return err
				}
			}
			if begun, from = base+int64(border), border; begun >= p.To {
				return nil
			}
		}
		if begun < 0 {
			continue
		}
		if d.Tokens = append(d.Tokens, ids[from:]...); len(d.Tokens) > docTokens {
			return fmt.Errorf("split %s: no token %d in %d tokens from token %d on: is it the one that separates documents?", s.split, end, docTokens, begun)
		}
	}
	if len(d.Tokens) > 0 {
		return finish()
	}
	return nil
}
