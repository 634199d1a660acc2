package shard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
	"github.com/seed-83c59573/quern"
)

// textRow is one row of a text shard. Names are those that users of FineWeb and datatrove know.
type textRow struct {
	ID      string `parquet:"id"`
	Text    string `parquet:"text"`
	Domain  string `parquet:"domain,dict"`
	Source  string `parquet:"source,dict"`
	Origin  string `parquet:"url"`
	Lang    string `parquet:"language,dict"`
	License string `parquet:"license,dict"`
	Bucket  string `parquet:"bucket,dict"`
	Time    string `parquet:"date"`
	Meta    string `parquet:"meta,optional"`  // a JSON object as plain text; null if there is none
	Marks   string `parquet:"marks,optional"` // what the source told in numbers, a JSON object; null behind cleaning, whose facts have files of their own
}

// droppedRow is a textRow and the evidence against it.
type droppedRow struct {
	Rule      string  `parquet:"rule,dict"`
	Value     float64 `parquet:"value"`
	Threshold float64 `parquet:"threshold"`
	textRow
}

// Row groups are cut by bytes of text, so that a reader's memory does not depend on how long documents are.
const groupBytes = 8 << 20

var (
	codec = zstd.Codec{Level: zstd.DefaultLevel, Concurrency: 1}
	// What was dropped, often most of what came, is read by people only: it is packed faster, 6 % larger.
	fastCodec = zstd.Codec{Level: zstd.SpeedFastest, Concurrency: 1}
)

func writerOptions(meta map[string]string) []parquet.WriterOption {
	// Bounds of texts serve nobody, and the library writes them whole and unpacked: four times into each page's header, twice into the
	// footer. Short columns keep theirs in the index of pages.
	o := []parquet.WriterOption{parquet.Compression(&codec), parquet.CreatedBy("quern", Version, ""), parquet.DataPageStatistics(false),
		parquet.SkipPageBounds("text"), parquet.SkipPageBounds("meta")}
	for _, k := range slices.Sorted(maps.Keys(meta)) {
		o = append(o, parquet.KeyValueMetadata(k, meta[k]))
	}
	return o
}

// Text is a Sink that writes kept documents as one Parquet file called name + ".parquet".
func Text(dir quern.Dir, name string) (quern.Sink, error) {
	return newTextSink(dir, name, func(d *quern.Doc) textRow { return rowOf(d) }, &codec)
}

// Raw is a Sink like Text that keeps the marks of documents too: what their source told of them in numbers.
func Raw(dir quern.Dir, name string) (quern.Sink, error) {
	var marks []byte
	return newTextSink(dir, name, func(d *quern.Doc) textRow {
		r := rowOf(d)
		marks = appendMarks(marks[:0], d.Marks)
		r.Marks = borrow(marks)
		return r
	}, &codec)
}

// appendMarks writes marks as a JSON object, in their order; nothing if there are none. What is no number in JSON is left out.
func appendMarks(dst []byte, marks []quern.Mark) []byte {
	for _, m := range marks {
		if math.IsNaN(m.Value) || math.IsInf(m.Value, 0) {
			continue
		}
		if len(dst) == 0 {
			dst = append(dst, '{')
		} else {
			dst = append(dst, ',')
		}
		name, _ := json.Marshal(m.Name) // a string always is JSON
		dst = strconv.AppendFloat(append(append(dst, name...), ':'), m.Value, 'g', -1, 64)
	}
	if len(dst) > 0 {
		dst = append(dst, '}')
	}
	return dst
}

// parseMarks reads what appendMarks wrote.
func parseMarks(s string) (marks []quern.Mark, err error) {
	if s == "" {
		return nil, nil
	}
	d := json.NewDecoder(strings.NewReader(s))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("marks: want a JSON object, have %.40q", s)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("marks: %w", err)
		}
		var v float64
		if err := d.Decode(&v); err != nil {
			return nil, fmt.Errorf("marks: %w", err)
		}
		text, _ := name.(string)
		marks = append(marks, quern.Mark{Name: text, Value: v})
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("marks: %w", err)
	}
	return marks, nil
}

// Drops is a Sink like Text whose rows also name the rule, the measured value and the threshold.
func Drops(dir quern.Dir, name string) (quern.Sink, error) {
	return newTextSink(dir, name, func(d *quern.Doc) droppedRow {
		return droppedRow{string(d.Drop.Verdict), d.Drop.Value, d.Drop.Limit, rowOf(d)}
	}, &fastCodec)
}

// rowOf borrows d's bytes: the Parquet writer copies them before Write returns.
func rowOf(d *quern.Doc) textRow {
	return textRow{ID: d.ID.String(), Text: borrow(d.Text), Domain: d.Domain, Source: d.Source, Origin: d.Origin,
		Lang: d.Lang, License: d.License, Bucket: d.Bucket, Time: d.Time, Meta: borrow(d.Meta)}
}

func borrow(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

type textSink[T any] struct {
	blob    *blob
	w       *parquet.GenericWriter[T]
	row     func(*quern.Doc) T
	one     [1]T
	shard   quern.Shard
	inGroup int
}

func newTextSink[T any](dir quern.Dir, name string, row func(*quern.Doc) T, pack *zstd.Codec) (quern.Sink, error) {
	b, err := create(dir, name+".parquet")
	if err != nil {
		return nil, err
	}
	return &textSink[T]{blob: b, row: row, shard: quern.Shard{Name: b.name},
		w: parquet.NewGenericWriter[T](b, append(writerOptions(nil), parquet.Compression(pack))...)}, nil
}

func (s *textSink[T]) Put(d *quern.Doc) error {
	s.one[0] = s.row(d)
	if _, err := s.w.Write(s.one[:]); err != nil {
		return err
	}
	s.shard.Docs++
	s.shard.Bytes += int64(len(d.Text))
	if s.inGroup += len(d.Text); s.inGroup >= groupBytes {
		s.inGroup = 0
		return s.w.Flush()
	}
	return nil
}

func (s *textSink[T]) Commit() (quern.Shard, error) {
	if err := s.w.Close(); err != nil {
		s.blob.abort()
		return quern.Shard{}, err
	}
	info, err := s.blob.commit()
	if err != nil {
		return quern.Shard{}, err
	}
	s.shard.Blobs = []quern.BlobInfo{info}
	return s.shard, nil
}

func (s *textSink[T]) Abort() { s.blob.abort() }

// TextSource reads a text dataset: unit i is shard i, and documents know their Row.
type TextSource struct {
	Dir    quern.Dir
	Name   string // of the dataset, for messages
	Domain string
	Shards []quern.Shard
}

// Units is one unit a shard.
func (s TextSource) Units(context.Context) ([]quern.Unit, error) {
	units := make([]quern.Unit, len(s.Shards))
	for i, sh := range s.Shards {
		units[i] = quern.Unit{Name: s.Name + "/" + sh.Name, Source: s.Name, Domain: s.Domain,
			Parts: []quern.Part{{Path: sh.Name, From: int64(i), To: int64(i) + 1}}}
	}
	return units, nil
}

// Docs yields the documents of one shard in the order in which they were put.
func (s TextSource) Docs(ctx context.Context, u quern.Unit) iter.Seq2[*quern.Doc, error] {
	return s.Some(ctx, u, nil)
}

// Some yields the documents of the rows that want asks for, nil for all. Row groups without any are not read.
func (s TextSource) Some(_ context.Context, u quern.Unit, want func(row int) bool) iter.Seq2[*quern.Doc, error] {
	return func(yield func(*quern.Doc, error) bool) {
		for _, p := range u.Parts {
			stop, err := readRows(s.Dir, s.Shards[p.From], want, func(i int, r *textRow) bool {
				d := docOf(r)
				d.Row = quern.Row{Shard: int(p.From), Index: i}
				marks, err := parseMarks(r.Marks)
				if d.Marks = marks; err != nil {
					yield(nil, fmt.Errorf("%s: row %d: %w", s.Shards[p.From].Name, i, err))
					return false
				}
				return yield(&d, nil)
			})
			if err != nil {
				yield(nil, err)
				return
			}
			if stop {
				return
			}
		}
	}
}

// DropSource reads the dropped documents of a step; each carries its Drop.
type DropSource struct {
	Dir    quern.Dir
	Shards []quern.Shard
}

// Docs yields the dropped documents of all shards.
func (s DropSource) Docs() iter.Seq2[*quern.Doc, error] {
	return func(yield func(*quern.Doc, error) bool) {
		for _, sh := range s.Shards {
			stop, err := readRows(s.Dir, sh, nil, func(i int, r *droppedRow) bool {
				d := docOf(&r.textRow)
				d.Drop = quern.Drop{Verdict: quern.Verdict(r.Rule), Value: r.Value, Limit: r.Threshold}
				return yield(&d, nil)
			})
			if err != nil {
				yield(nil, err)
				return
			}
			if stop {
				return
			}
		}
	}
}

func docOf(r *textRow) quern.Doc {
	id, _ := quern.ParseID(r.ID) // a row of ours; the blob's digest answers for it
	d := quern.Doc{ID: id, Domain: r.Domain, Source: r.Source, Origin: r.Origin, Lang: r.Lang, License: r.License, Time: r.Time,
		Bucket: r.Bucket, Text: []byte(r.Text)}
	if r.Meta != "" {
		d.Meta = []byte(r.Meta)
	}
	return d
}

// readRows calls f for the wanted rows (nil for all) of a Parquet shard of ours until f says stop. Between wanted rows it skips what
// the format lets it skip: row groups and pages.
func readRows[T any](dir quern.Dir, sh quern.Shard, want func(row int) bool, f func(i int, r *T) bool) (stopped bool, err error) {
	file, err := dir.Open(sh.Name)
	if err != nil {
		return false, err
	}
	defer file.Close()
	var r *parquet.GenericReader[T]
	err = calmly(func() error {
		pf, err := parquet.OpenFile(file, file.Size(), parquet.SkipPageIndex(want == nil), parquet.SkipBloomFilters(true))
		if err == nil {
			r = parquet.NewGenericReader[T](pf)
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("%s: %w", sh.Name, err)
	}
	defer r.Close()
	if have := r.NumRows(); want != nil && have != sh.Docs {
		return false, fmt.Errorf("%s: %d rows, its manifest says %d", sh.Name, have, sh.Docs)
	}
	rows := make([]T, 32)
	for at := 0; ; {
		if want != nil {
			next := nextRow(want, at, int(sh.Docs))
			if next == int(sh.Docs) {
				return false, nil
			}
			if next >= at+leastSkip {
				if err := calmly(func() error { return r.SeekToRow(int64(next)) }); err != nil {
					return false, fmt.Errorf("%s: row %d: %w", sh.Name, next, err)
				}
				at = next
			}
		}
		var n int
		err := calmly(func() (err error) {
			n, err = r.Read(rows)
			return err
		})
		for i := range rows[:n] {
			if (want == nil || want(at)) && !f(at, &rows[i]) {
				return true, nil
			}
			at++
		}
		switch {
		case errors.Is(err, io.EOF) && int64(at) == sh.Docs:
			return false, nil
		case errors.Is(err, io.EOF):
			return false, fmt.Errorf("%s: %d rows, its manifest says %d", sh.Name, at, sh.Docs)
		case err != nil:
			return false, fmt.Errorf("%s: row %d: %w", sh.Name, at, err)
		}
	}
}

// leastSkip is how many rows are better skipped than read: a page is looked up and opened anew for every column.
const leastSkip = 256

// nextRow is the first wanted row from at on, or end.
func nextRow(want func(row int) bool, at, end int) int {
	for at < end && !want(at) {
		at++
	}
	return at
}

// calmly makes an error of a panic: the Parquet library panics on some damaged files. It covers no code of the caller's caller.
func calmly(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged Parquet file: %v", p)
		}
	}()
	return f()
}
