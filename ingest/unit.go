package ingest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
)

// fileFormat is what differs between sources.
type fileFormat interface {
	wants(name string) bool             // whether a file found in a folder belongs to the source
	pieces(f input, unit int64) []piece // how a file may be divided; one whole piece if it may not, or is damaged
	reader(o *out) reader               // the state of one call of Docs
}

// reader reads one part of a unit into its out. A *quern.RecordError says that the file is refused, and the unit goes on; errStop
// that nobody listens anymore; any other error is final.
type reader interface {
	read(f input, p quern.Part) error
}

type piece struct {
	part quern.Part
	size int64
}

var errStop = errors.New("stopped")

// source is the Reader of any format.
type source struct {
	o Options
	f fileFormat
}

func newSource(o Options, f fileFormat) (Reader, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.UnitBytes == 0 {
		o.UnitBytes = DefaultUnitBytes
	}
	o.web = newNetwork()
	return &source{o, f}, nil
}

func (s *source) Files(ctx context.Context) ([]File, error) {
	if t, ok := s.f.(interface{ reads(name string) bool }); ok {
		return s.o.files(ctx, t.reads) // it looks into files that are no documents, too
	}
	return s.o.files(ctx, s.f.wants)
}

// files are the inputs that the options name, as Files lists them.
func (o Options) files(ctx context.Context, wants func(name string) bool) ([]File, error) {
	inputs, err := o.list(ctx, wants)
	if err != nil {
		return nil, err
	}
	files := make([]File, len(inputs))
	for i, f := range inputs {
		files[i] = File{Path: f.path, Size: f.size}
		if IsURL(f.path) && f.size >= 0 {
			if files[i], err = o.web.stat(ctx, f.path); err != nil {
				return nil, err
			}
		}
	}
	return sortedOnce(files), nil
}

func sortedOnce(files []File) []File {
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return slices.CompactFunc(files, func(a, b File) bool { return a.Path == b.Path })
}

// Units divides what is larger than a unit and groups what is smaller, in the order of the listing. Files are only opened to find
// where they may be divided.
func (s *source) Units(ctx context.Context) ([]quern.Unit, error) {
	files, err := s.o.list(ctx, s.f.wants)
	if err != nil {
		return nil, err
	}
	g := unitGroup{o: &s.o}
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		pieces := []piece{{f.part(), f.size}}
		if f.size > s.o.UnitBytes {
			pieces = s.f.pieces(f, s.o.UnitBytes)
		}
		for _, p := range pieces {
			if len(pieces) > 1 { // each is a unit
				g.flush()
			}
			g.add(f, p.part, p.size)
		}
		if len(pieces) > 1 {
			g.flush()
		}
	}
	return g.done(), nil
}

// unitGroup gathers parts into units, in order.
type unitGroup struct {
	o     *Options
	units []quern.Unit
	open  quern.Unit // may grow
	size  int64
}

// partCost is what opening a file costs, in bytes read; without it ten million empty files would be one unit.
const partCost = 4096

// add puts a part of f into the open unit, or begins another where it would grow too large. A size of -1 is not known: such a part is a
// unit of its own.
func (g *unitGroup) add(f input, p quern.Part, size int64) {
	if size < 0 {
		size = g.o.UnitBytes
	}
	if size += partCost; g.size+size > g.o.UnitBytes {
		g.flush()
	}
	if len(g.open.Parts) == 0 {
		g.open = quern.Unit{Name: partName(f, p), Source: g.o.Name, Domain: g.o.Domain}
	}
	g.open.Parts = append(g.open.Parts, p)
	g.size += size
}

// flush ends the open unit.
func (g *unitGroup) flush() {
	if n := len(g.open.Parts); n > 0 {
		if n > 1 {
			g.open.Name += fmt.Sprintf(" and %d more", n-1)
		}
		g.units = append(g.units, g.open)
	}
	g.open, g.size = quern.Unit{}, 0
}

func (g *unitGroup) done() []quern.Unit {
	g.flush()
	return g.units
}

func partName(f input, p quern.Part) string {
	switch {
	case p.From == 0 && p.To == 0:
		return f.key()
	case p.To == 0:
		return fmt.Sprintf("%s[%d:]", f.key(), p.From)
	}
	return fmt.Sprintf("%s[%d:%d]", f.key(), p.From, p.To)
}

func (s *source) Docs(ctx context.Context, u quern.Unit) iter.Seq2[*quern.Doc, error] {
	return func(yield func(*quern.Doc, error) bool) {
		w := &out{ctx: ctx, o: &s.o, yield: yield}
		r := s.f.reader(w)
		for _, p := range u.Parts {
			f := input{root: p.Path, entry: p.Entry, path: s.o.locate(p.Path, p.Entry), web: s.o.web, ctx: ctx}
			err := r.read(f, p)
			var refused *quern.RecordError
			switch {
			case err == nil:
			case err == errStop:
				return
			case errors.As(err, &refused):
				if w.skip(refused) != nil {
					return
				}
			default:
				yield(nil, err)
				return
			}
		}
	}
}

// out is where a reader puts what it found. The document is lent: it is filled anew for each record.
type out struct {
	ctx   context.Context
	o     *Options
	yield func(*quern.Doc, error) bool
	doc   quern.Doc
	n     int64 // documents put
}

// fresh empties the document and sets what all documents of the source share.
func (w *out) fresh() *quern.Doc {
	w.doc.Reset()
	w.doc.Source, w.doc.Domain, w.doc.License = w.o.Name, w.o.Domain, w.o.License
	return &w.doc
}

// put passes the document on.
func (w *out) put() error {
	w.n++
	return w.send(&w.doc, nil)
}

// skip counts a bad record.
func (w *out) skip(e *quern.RecordError) error { return w.send(nil, e) }

func (w *out) send(d *quern.Doc, e error) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if !w.yield(d, e) {
		return errStop
	}
	return nil
}

// refuse is the error that refuses a whole file. An offset of -1 is unknown.
func refuse(name, reason string, offset int64, cause error) *quern.RecordError {
	return &quern.RecordError{Reason: reason, Path: quoted(name), Offset: offset, Unit: "offset", Cause: cause, File: true}
}
