package ingest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"

	"github.com/seed-83c59573/quern"
)

type nested struct {
	URL string `parquet:"url"`
}

type tableRow struct {
	ID      int64     `parquet:"id"`
	Text    string    `parquet:"text,dict"`
	Meta    nested    `parquet:"meta"`
	Date    time.Time `parquet:"date,timestamp(millisecond)"`
	Day     int32     `parquet:"day,date"`
	License *string   `parquet:"license,optional"`
	Tags    []string  `parquet:"tags,list"`
}

func table[T any](t testing.TB, rows []T, options ...parquet.WriterOption) string {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, options...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestParquet(t *testing.T) {
	mit := "MIT"
	var rows []tableRow
	for i := range 500 {
		r := tableRow{ID: int64(i), Text: fmt.Sprintf("text %d", i), Meta: nested{fmt.Sprint("http://x.org/", i)},
			Date: time.Date(2024, 1, 2, 3, 4, 5, 6e6, time.UTC), Day: 19724, Tags: make([]string, i%3)}
		if i%2 == 0 {
			r.License = &mit
		}
		rows = append(rows, r)
	}
	f := func(fields Fields, options ...parquet.WriterOption) []quern.Doc {
		t.Helper()
		o := opts(plant(t, "a.parquet", table(t, rows, options...)), "a.parquet")
		o.License = "CC0-1.0"
		r, err := NewParquet(o, fields)
		h := reap(t, r, err)
		if len(h.docs) != len(rows) || len(h.reasons) > 0 {
			t.Fatalf("%v: %d docs, %v", fields, len(h.docs), h.errs)
		}
		return h.docs
	}
	fields := Fields{Text: "text", ID: "id", Origin: "meta.url", License: "license", Time: "date", Lang: "nowhere"}
	for _, codec := range []compress.Codec{&parquet.Uncompressed, &parquet.Snappy, &parquet.Gzip, &parquet.Zstd, &parquet.Lz4Raw} {
		for _, version := range []int{1, 2} {
			docs := f(fields, parquet.Compression(codec), parquet.DataPageVersion(version), parquet.PageBufferSize(1000), parquet.MaxRowsPerRowGroup(200))
			d := docs[311]
			if d.ID != quern.NewID("s", "311") || string(d.Text) != "text 311" || d.Origin != "http://x.org/311" || d.License != "CC0-1.0" || d.Time != "2024-01-02T03:04:05Z" || docs[312].License != "MIT" {
				t.Errorf("%v, pages %d: %+v", codec, version, d)
			}
		}
	}
	if d := f(Fields{Text: "text", ID: "meta", Time: "day"})[7]; d.Time != "2024-01-02T00:00:00Z" || d.ID != quern.NewID("s", "text 7") {
		t.Errorf("%+v", d)
	}
}

func TestParquetRefuses(t *testing.T) {
	dir := plant(t, "a.parquet", table(t, []tableRow{{Text: "a"}}), "b.parquet", "PAR1", "c.pq", table(t, []tableRow{{Text: "a"}})+"x")
	f := func(name string, fields Fields, want string) {
		t.Helper()
		r, err := NewParquet(opts(dir, name), fields)
		h := reap(t, r, err)
		if len(h.docs) != 0 || len(h.refused) != 1 || !strings.Contains(h.refused[0].Error(), want) {
			t.Errorf("%d docs, %v, want %q", len(h.docs), h.errs, want)
		}
	}
	f("a.parquet", Fields{Text: "body"}, `no column "body"; it has ["date" "day" "id" "license" "meta" "tags" "text"]`)
	f("a.parquet", Fields{Text: "id"}, `column "id" is int`)
	f("a.parquet", Fields{Text: "meta"}, `column "meta" is a group`)
	f("a.parquet", Fields{Text: "tags"}, `column "tags" is a list`)
	f("a.parquet", Fields{Text: "tags.list.element"}, `is repeated`)
	f("b.parquet", Fields{Text: "text"}, "bad-parquet: 4 bytes")
	f("c.pq", Fields{Text: "text"}, "no magic number at the end")
}

func TestParquetReasons(t *testing.T) {
	type row struct {
		Text []byte `parquet:"text,optional"`
	}
	data := table(t, []row{{[]byte("good")}, {[]byte("\xff")}, {[]byte(" ")}, {nil}, {bytes.Repeat([]byte("x"), maxLine+1)}})
	r, err := NewParquet(opts(plant(t, "a.parquet", data), "."), DefaultFields())
	h := reap(t, r, err)
	if len(h.docs) != 1 || fmt.Sprint(h.reasons) != "map[empty-text:1 invalid-utf8:1 no-text:1 text-too-long:1]" || h.errs[0].Error() != "a.parquet: row 1: invalid-utf8" {
		t.Errorf("%d docs, %v, %v", len(h.docs), h.reasons, h.errs)
	}
}

// A flipped byte never panics, never takes much memory, and never gives some of the documents.
func TestParquetFlips(t *testing.T) {
	var rows []tableRow
	for i := range 40 {
		rows = append(rows, tableRow{ID: int64(i), Text: strings.Repeat(fmt.Sprint("text ", i, " "), 20)})
	}
	whole := []byte(table(t, rows, parquet.Compression(&parquet.Snappy)))
	dir := plant(t, "a.parquet", string(whole))
	for at := 0; at < len(whole); at += 1 + len(whole)/400 {
		for _, flip := range []byte{1, 0x80, 0xff} {
			b := bytes.Clone(whole)
			b[at] ^= flip
			if err := os.WriteFile(filepath.Join(dir, "a.parquet"), b, 0o666); err != nil {
				t.Fatal(err)
			}
			r, err := NewParquet(opts(dir, "a.parquet"), Fields{Text: "text", ID: "id"})
			h := reap(t, r, err)
			if n := len(h.docs); n != 0 && n != len(rows) {
				t.Errorf("byte %d: %d docs of %d, %v", at, n, len(rows), h.errs)
			}
		}
	}
}
