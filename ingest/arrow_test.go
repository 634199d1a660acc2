package ingest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/seed-83c59573/quern"
)

var arrowTestSchema = arrow.NewSchema([]arrow.Field{
	{Name: "skip", Type: arrow.ListOf(arrow.StructOf(arrow.Field{Name: "x", Type: arrow.PrimitiveTypes.Float64}, arrow.Field{Name: "y", Type: arrow.BinaryTypes.String}))},
	{Name: "flags", Type: arrow.FixedWidthTypes.Boolean},
	{Name: "fixed", Type: &arrow.FixedSizeBinaryType{ByteWidth: 3}},
	{Name: "none", Type: arrow.Null},
	{Name: "id", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "text", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "large", Type: arrow.BinaryTypes.LargeString},
	{Name: "dict", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint16, ValueType: arrow.BinaryTypes.String}},
	{Name: "meta", Type: arrow.StructOf(arrow.Field{Name: "url", Type: arrow.BinaryTypes.String}, arrow.Field{Name: "n", Type: arrow.PrimitiveTypes.Int16})},
	{Name: "date", Type: &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}},
	{Name: "day", Type: arrow.FixedWidthTypes.Date32},
}, nil)

// arrowRecords makes batches of rows; every seventh text is null, every tenth empty.
func arrowRecords(t testing.TB, batches, rows int) []arrow.Record {
	t.Helper()
	var all []arrow.Record
	for k := range batches {
		b := array.NewRecordBuilder(memory.DefaultAllocator, arrowTestSchema)
		for j := range rows {
			i := k*rows + j
			list := b.Field(0).(*array.ListBuilder)
			list.Append(i%2 == 0)
			if i%2 == 0 {
				s := list.ValueBuilder().(*array.StructBuilder)
				s.Append(true)
				s.FieldBuilder(0).(*array.Float64Builder).Append(1.5)
				s.FieldBuilder(1).(*array.StringBuilder).Append("no")
			}
			b.Field(1).(*array.BooleanBuilder).Append(true)
			b.Field(2).(*array.FixedSizeBinaryBuilder).Append([]byte("abc"))
			b.Field(3).(*array.NullBuilder).AppendNull()
			b.Field(4).(*array.Uint64Builder).Append(1<<63 + uint64(i))
			switch text := b.Field(5).(*array.StringBuilder); {
			case i%7 == 6:
				text.AppendNull()
			case i%10 == 9:
				text.Append("")
			default:
				text.Append(fmt.Sprintf("text %d %s", i, strings.Repeat("é", i%50)))
			}
			b.Field(6).(*array.LargeStringBuilder).Append(fmt.Sprintf("large %d", i))
			if err := b.Field(7).(*array.BinaryDictionaryBuilder).AppendString(fmt.Sprintf("dict %d", i%13)); err != nil {
				t.Fatal(err)
			}
			s := b.Field(8).(*array.StructBuilder)
			if s.Append(i%5 != 0); i%5 != 0 { // a null puts nulls below it
				s.FieldBuilder(0).(*array.StringBuilder).Append(fmt.Sprint("http://x.org/", i))
				s.FieldBuilder(1).(*array.Int16Builder).Append(int16(-i))
			}
			b.Field(9).(*array.TimestampBuilder).Append(arrow.Timestamp(time.Date(2024, 1, 2, 3, 4, 5, 6e6, time.UTC).UnixMilli()))
			b.Field(10).(*array.Date32Builder).Append(19724)
		}
		all = append(all, b.NewRecord())
		b.Release()
	}
	return all
}

func arrowBytes(t testing.TB, stream bool, records []arrow.Record, options ...ipc.Option) string {
	t.Helper()
	options = append(options, ipc.WithSchema(arrowTestSchema), ipc.WithDictionaryDeltas(stream))
	f, err := os.Create(filepath.Join(t.TempDir(), "x"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var w interface {
		Write(arrow.Record) error
		Close() error
	}
	if stream {
		w = ipc.NewWriter(f, options...)
	} else if w, err = ipc.NewFileWriter(f, options...); err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestArrow(t *testing.T) {
	for _, stream := range []bool{false, true} {
		for packed, options := range [][]ipc.Option{nil, {ipc.WithZstd()}, {ipc.WithLZ4()}} {
			n := 3
			if !stream {
				n = 1 // the writer cannot replace a dictionary in a file
			}
			dir := plant(t, "a.arrow", arrowBytes(t, stream, arrowRecords(t, n, 70), options...))
			f := func(fields Fields, docs int, reasons map[string]int) []quern.Doc {
				t.Helper()
				r, err := NewArrow(opts(dir, "a.arrow"), fields)
				h := reap(t, r, err)
				if len(h.docs) != docs || fmt.Sprint(h.reasons) != fmt.Sprint(reasons) {
					t.Fatalf("stream %v, packed %d, %+v: %d docs, %v, want %d %v", stream, packed, fields, len(h.docs), h.errs, docs, reasons)
				}
				return h.docs
			}
			d := f(Fields{Text: "text", ID: "id", Origin: "meta.url", Lang: "meta.n", License: "nowhere", Time: "date"}, n*54, map[string]int{"no-text": n * 10, "empty-text": n * 6})
			if x := d[1]; string(x.Text) != "text 1 é" || x.ID != quern.NewID("s", "9223372036854775809") || x.Origin != "http://x.org/1" || x.Lang != "-1" || x.Time != "2024-01-02T03:04:05Z" {
				t.Errorf("%+v %s", x, x.Text)
			}
			if x := d[0]; x.Origin != "" { // its struct is null
				t.Errorf("%+v", x)
			}
			if d := f(Fields{Text: "large", ID: "skip", Time: "day"}, n*70, map[string]int{}); string(d[n*70-1].Text) != fmt.Sprintf("large %d", n*70-1) || d[3].Time != "2024-01-02T00:00:00Z" {
				t.Errorf("%+v %s", d[n*70-1], d[n*70-1].Text)
			}
			if d := f(Fields{Text: "dict"}, n*70, map[string]int{}); string(d[n*70-1].Text) != fmt.Sprintf("dict %d", (n*70-1)%13) {
				t.Errorf("%s", d[n*70-1].Text)
			}
			if d := f(Fields{Text: "meta.url"}, n*56, map[string]int{"no-text": n * 14}); string(d[0].Text) != "http://x.org/1" {
				t.Errorf("%s", d[0].Text)
			}
		}
	}
}

func TestArrowRefuses(t *testing.T) {
	dir := plant(t, "a.arrow", arrowBytes(t, true, arrowRecords(t, 1, 3)), "b.feather", "FEA1 and more", "c.arrow", gz("xxxxxxxxx"))
	f := func(name, text, want string) {
		t.Helper()
		r, err := NewArrow(opts(dir, name), Fields{Text: text})
		h := reap(t, r, err)
		if len(h.docs) != 0 || len(h.refused) != 1 || !strings.Contains(h.refused[0].Error(), want) {
			t.Errorf("%s: %d docs, %v, want %q", name, len(h.docs), h.errs, want)
		}
	}
	f("a.arrow", "body", `no column "body"; it has ["skip" "flags" "fixed" "none" "id" "text"`)
	f("a.arrow", "id", `column "id" is of type 2`)
	f("a.arrow", "meta", `column "meta" is of type 13`)
	f("a.arrow", "skip.x", `no column "skip.x"`)
	f("b.feather", "text", "Feather of version 1")
	f("c.arrow", "text", "looks like gzip data")
}

func TestSplitArrow(t *testing.T) {
	dir := plant(t, "a.arrow", arrowBytes(t, true, arrowRecords(t, 12, 20)))
	sameFates(t, 240, func(unit int64) (Reader, error) {
		o := opts(dir, "a.arrow")
		o.UnitBytes = unit
		return NewArrow(o, Fields{Text: "text", ID: "dict", Origin: "meta.url"})
	})
}

// A flipped byte never panics, never takes much memory, and never gives some of the documents.
func TestArrowFlips(t *testing.T) {
	whole := []byte(arrowBytes(t, true, arrowRecords(t, 2, 10), ipc.WithZstd()))
	dir := plant(t, "a.arrow", string(whole))
	for at := 0; at < len(whole); at += 1 + len(whole)/600 {
		for _, flip := range []byte{1, 0x80, 0xff} {
			b := bytes.Clone(whole)
			b[at] ^= flip
			if err := os.WriteFile(filepath.Join(dir, "a.arrow"), b, 0o666); err != nil {
				t.Fatal(err)
			}
			r, err := NewArrow(opts(dir, "a.arrow"), Fields{Text: "text", ID: "dict", Time: "date"})
			h := reap(t, r, err)
			n := len(h.docs)
			for _, k := range h.reasons {
				n += k
			}
			if len(h.refused) > 0 && len(h.docs) > 0 || len(h.refused) == 0 && n > 20 {
				t.Errorf("byte %d: %d docs, %v", at, len(h.docs), h.errs)
			}
		}
	}
}

func FuzzArrow(f *testing.F) {
	f.Add([]byte(arrowBytes(f, true, arrowRecords(f, 2, 5))))
	f.Add([]byte(arrowBytes(f, false, arrowRecords(f, 1, 5), ipc.WithLZ4())))
	addFixtures(f, "arrow")
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzFile(t, "a.arrow", data, func(o Options) (Reader, error) {
			return NewArrow(o, Fields{Text: "text", ID: "id", Origin: "dict", Time: "date"})
		})
	})
}

func BenchmarkArrow(b *testing.B) {
	records := arrowRecords(b, 1, 1)
	rb := array.NewRecordBuilder(memory.DefaultAllocator, arrowTestSchema)
	n := 0
	for i := range 8000 {
		for k := range arrowTestSchema.NumFields() {
			if k != 5 {
				rb.Field(k).AppendEmptyValue()
			}
		}
		s := fmt.Sprint(i, strings.Repeat(" The miller weighed twenty sacks of oats.\n", 40+i%40))
		n += len(s)
		rb.Field(5).(*array.StringBuilder).Append(s)
	}
	records[0] = rb.NewRecord()
	r, err := NewArrow(opts(plant(b, "a.arrow", arrowBytes(b, true, records)), "a.arrow"), Fields{Text: "text"})
	benchSource(b, int64(n), r, err)
}
