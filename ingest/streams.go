package ingest

import (
	"errors"
	"io"

	"github.com/seed-83c59573/quern"
)

// streams is the format of files of many records that are read from start to end: alone, packed, or in zip and tar archives. Each is
// read twice, first to see that it is whole.
type streams struct {
	is   func(name string) bool
	make func(w *out) streamReader
}

// streamReader reads one file at a time, of which name is told in messages and IDs.
type streamReader interface {
	check(name string, in io.Reader) error // refuses a file of which no document should go out
	read(name string, in io.Reader) error
}

func (x *streams) wants(name string) bool {
	return x.is(bareName(name)) || containerOf(name) != noContainer
}

func (x *streams) pieces(f input, unit int64) []piece {
	if containerOf(f.path) == zipArchive {
		if all := zipPieces(f, unit); all != nil {
			return all
		}
	}
	return []piece{{f.part(), f.size}}
}

func (x *streams) reader(w *out) reader { return &streamsReader{w: w, is: x.is, r: x.make(w)} }

type streamsReader struct {
	w     *out
	is    func(name string) bool
	r     streamReader
	spool spool
}

func (s *streamsReader) read(f input, p quern.Part) error {
	a := &archive{w: s.w, f: f, from: p.From, to: p.To}
	switch containerOf(f.path) {
	case zipArchive:
		return a.zip(s.member)
	case tarArchive:
		return a.tar(&s.spool, s.member)
	}
	name := f.key()
	rc, _, err := s.spool.content(f, func(in io.Reader) error { return s.r.check(name, in) })
	if err != nil {
		return err
	}
	defer rc.Close()
	return s.r.read(name, rc)
}

// member reads a member as a file of its own. A tar archive has been verified as a whole, and is not read twice.
func (s *streamsReader) member(m member) error {
	if !s.is(bareName(m.name)) {
		return nil
	}
	if named(m.name) != plain {
		return &quern.RecordError{Reason: "nested-archive", Path: quoted(m.key), Offset: m.index, Unit: "member", Cause: errors.New("compressed within the archive")}
	}
	rc, err := m.open()
	if err != nil {
		return err
	}
	if _, ok := rc.(*zipMember); ok {
		rc.Close()
		if rc, err = s.spool.verified(m.open, func(in io.Reader) error { return s.r.check(m.key, in) }); err != nil {
			return err
		}
	}
	defer rc.Close()
	return s.r.read(m.key, rc)
}
