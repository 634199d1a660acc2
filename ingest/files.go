package ingest

import (
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/seed-83c59573/quern"
)

// files is the format of everything that is one document a file: in folders, named one by one, or in zip and tar archives.
type files struct {
	name func(name string) bool // whether a file belongs to the source
	max  int64                  // bytes of one file
	flat bool                   // packed files and archives within a folder are not opened, only those that are named
	make func(w *out) handler
}

// handler turns one file into at most one document. The data is lent. A *quern.RecordError is counted; nil without a put means that
// the file is no document of this kind.
type handler interface {
	handle(p page) error
}

// page is one file that was read.
type page struct {
	key  string // in IDs and messages
	name string // inside its folder or archive
	data []byte
}

func (x *files) wants(name string) bool {
	if containerOf(name) != noContainer {
		return !x.flat
	}
	return x.name(bareName(name)) && !(x.flat && named(name) != plain)
}

func (x *files) pieces(f input, unit int64) []piece {
	if containerOf(f.path) == zipArchive {
		if all := zipPieces(f, unit); all != nil {
			return all
		}
	}
	return []piece{{f.part(), f.size}}
}

func (x *files) reader(w *out) reader { return &filesReader{w: w, files: x, h: x.make(w)} }

type filesReader struct {
	w     *out
	files *files
	h     handler
	spool spool
	buf   []byte
}

func (r *filesReader) read(f input, p quern.Part) error {
	a := &archive{w: r.w, f: f, from: p.From, to: p.To}
	switch containerOf(f.path) {
	case zipArchive:
		return a.zip(r.member)
	case tarArchive:
		return a.tar(&r.spool, r.member)
	}
	rc, _, err := r.spool.content(f, nil)
	if err != nil {
		return asRecord(err)
	}
	defer rc.Close()
	return r.page(rc, f.key(), bareName(f.inside()))
}

// asRecord makes a refused file that is one document a bad record.
func asRecord(err error) error {
	if e, ok := err.(*quern.RecordError); ok {
		e.File = false
	}
	return err
}

func (r *filesReader) member(m member) error {
	if !r.files.name(m.name) {
		return nil
	}
	rc, err := m.open()
	if err != nil {
		return err
	}
	defer rc.Close()
	return r.page(rc, m.key, m.name)
}

func (r *filesReader) page(in io.Reader, key, name string) error {
	var err error
	if r.buf, err = readAll(in, r.buf, r.files.max, key); err != nil {
		return err
	}
	return r.h.handle(page{key, name, r.buf})
}

// badPage is a bad record that is a whole file of its own.
func badPage(key, reason string, cause error) error {
	return &quern.RecordError{Reason: reason, Path: quoted(key), Offset: -1, Cause: cause}
}

// appendMember appends a member of a JSON object, or its opening brace; an empty value is left out.
func appendMember(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	if len(dst) == 0 {
		dst = append(dst, '{')
	} else {
		dst = append(dst, ',')
	}
	dst = append(appendJSON(dst, name), ':')
	return appendJSON(dst, validName(value))
}

// appendJSON appends a string of valid UTF-8, quoted.
func appendJSON[T string | []byte](dst []byte, s T) []byte {
	dst, _ = jsontext.AppendQuote(dst, s)
	return dst
}

// closeObject ends what appendMember began; nil if nothing did.
func closeObject(dst []byte) []byte {
	if len(dst) == 0 {
		return nil
	}
	return append(dst, '}')
}
