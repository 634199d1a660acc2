package ingest

import (
	"io"

	"github.com/seed-83c59573/quern"
)

// streams is the format of files of many records that are read from start to end: alone, packed, or in zip and tar archives. Unless
// they are cut, each is read twice, first to see that it is whole.
type streams struct {
	is   func(name string) bool
	cut  bool // plain files may be divided: make gives a sliceReader
	make func(w *out) streamReader
}

// streamReader reads one file at a time, of which name is told in messages and IDs.
type streamReader interface {
	check(name string, in io.Reader) error // refuses a file of which no document should go out
	read(name string, in io.Reader) error
}

// sliceReader reads what starts in [from, to) of a plain file; in starts at the byte before from.
type sliceReader interface {
	slice(name string, in io.Reader, from, to int64) error
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
	if x.cut && containerOf(f.path) == noContainer {
		if all := cutPlain(f, unit, func([]byte) bool { return false }); all != nil {
			return all
		}
	}
	return []piece{{f.part(), f.size}}
}

// cutPlain divides a file by its bytes; nil if it is packed, or its head says that it is one whole.
func cutPlain(f input, unit int64, whole func(head []byte) bool) []piece {
	d, err := f.open()
	if err != nil {
		return nil
	}
	defer d.Close()
	if c, err := codecOf(d, f.key()); err != nil || c != plain {
		return nil
	}
	head := make([]byte, headSize)
	if n, err := d.ReadAt(head, 0); err != nil && err != io.EOF || whole(head[:n]) {
		return nil
	}
	var all []piece
	for from := int64(0); from < f.size; from += unit {
		to := min(from+unit, f.size)
		all = append(all, piece{quern.Part{Path: f.root, Entry: f.entry, From: from, To: to}, to - from})
	}
	return all
}

func (x *streams) reader(w *out) reader {
	return &streamsReader{w: w, is: x.is, cut: x.cut, r: x.make(w)}
}

type streamsReader struct {
	w     *out
	is    func(name string) bool
	cut   bool
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
	if s.cut && (p.From > 0 || p.To > 0) {
		d, err := f.open()
		if err != nil {
			return err
		}
		defer d.Close()
		if _, err := d.Seek(max(p.From-1, 0), io.SeekStart); err != nil {
			return err
		}
		return s.r.(sliceReader).slice(name, d, p.From, p.To)
	}
	rc, _, err := s.spool.content(f, s.check(name))
	if err != nil {
		return err
	}
	defer rc.Close()
	return s.r.read(name, rc)
}

func (s *streamsReader) check(name string) func(in io.Reader) error {
	if s.cut {
		return nil
	}
	return func(in io.Reader) error { return s.r.check(name, in) }
}

// member reads a member as a file of its own.
func (s *streamsReader) member(m member) error {
	if !s.is(bareName(m.name)) {
		return nil
	}
	rc, err := s.spool.member(m, s.check(m.key))
	if err != nil {
		return err
	}
	defer rc.Close()
	return s.r.read(m.key, rc)
}
