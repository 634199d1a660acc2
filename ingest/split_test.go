package ingest

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/parquet-go/parquet-go"

	"github.com/seed-83c59573/quern"
)

// fates are the documents and bad records of a source, in order: what must not depend on units.
func fates(t *testing.T, r Reader, err error) (all []string, units int) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	us, err := r.Units(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range us {
		for d, err := range r.Docs(context.Background(), u) {
			all = append(all, fate(d, err))
		}
	}
	return all, len(us)
}

// fate is all that a document or bad record tells, in a line.
func fate(d *quern.Doc, err error) string {
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s %q %s %s %s %s %v", d.ID, d.Text, d.Meta, d.Origin, d.Time, d.License, d.Marks)
}

// countFates is where an out may put what fates would tell.
func countFates(all *[]string, docs, errs *int) func(*quern.Doc, error) bool {
	return func(d *quern.Doc, err error) bool {
		if err != nil {
			*errs++
		} else {
			*docs++
		}
		*all = append(*all, fate(d, err))
		return true
	}
}

// sameFates reads with many sizes of units and compares. It returns the largest number of units that was seen.
func sameFates(t *testing.T, want int, make func(unit int64) (Reader, error)) {
	t.Helper()
	r, err := make(1 << 40)
	whole, n := fates(t, r, err)
	if n != 1 || len(whole) != want {
		t.Fatalf("%d units, %d fates, want 1 and %d: %.500q", n, len(whole), want, whole)
	}
	most := 0
	for _, unit := range []int64{1, 40, 100, 333, 1000, 4096, 5000, 20000, 100000} {
		r, err := make(unit)
		got, n := fates(t, r, err)
		most = max(most, n)
		if !slices.Equal(got, whole) {
			t.Errorf("units of %d bytes: %d fates, want %d", unit, len(got), len(whole))
		}
	}
	if most < 5 {
		t.Errorf("at most %d units: nothing was divided", most)
	}
}

func TestSplitJSONL(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.WriteString(bom)
	lines := 60
	for i := range lines {
		switch {
		case i%31 == 0:
			b.WriteString("{\"text\": broken}\n")
		case i%17 == 0:
			fmt.Fprintf(&b, "{\"text\":\"no id %d\"}\r\n", i)
		default:
			fmt.Fprintf(&b, "{\"id\":%d,\"text\":\"%s\",\"n\":{\"a\": [1, 2]}}\n", i, strings.Repeat("é ", 1+rng.IntN(60)))
		}
		if i%13 == 0 {
			b.WriteString("\n  \r\n")
		}
	}
	dir := plant(t, "a.jsonl", strings.TrimRight(b.String(), "\r\n"))
	sameFates(t, lines, func(unit int64) (Reader, error) {
		o := opts(dir, "a.jsonl")
		o.UnitBytes = unit
		return NewJSONL(o, DefaultFields())
	})
}

func TestSplitText(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.WriteString(bom)
	n, paragraphs := 0, 0
	for range 80 {
		lines := 1 + rng.IntN(4)
		for range lines {
			fmt.Fprintf(&b, "line %d%s%s", n, strings.Repeat(" é", rng.IntN(40)), []string{"\n", "\r\n"}[rng.IntN(2)])
			n++
		}
		paragraphs++
		b.WriteString(strings.Repeat([]string{"\n", " \t\r\n"}[rng.IntN(2)], 1+rng.IntN(3)))
	}
	b.WriteString("\n\xff\n") // a bad one
	dir := plant(t, "a.txt", b.String()+"\n \nthe last")
	for split, want := range map[string]int{"line": n + 2, "blank": paragraphs + 2} {
		sameFates(t, want, func(unit int64) (Reader, error) {
			o := opts(dir, "a.txt")
			o.UnitBytes = unit
			c := DefaultText()
			c.Split = split
			return NewText(o, c)
		})
	}
}

// A file that is refused is refused once, by the unit at its start.
func TestSplitRefused(t *testing.T) {
	dir := plant(t, "a.jsonl", "["+strings.Repeat("{\"text\":\"x\"},\n", 1000)+"]")
	sames := []int64{1 << 40, 100, 1000}
	for _, unit := range sames {
		o := opts(dir, "a.jsonl")
		o.UnitBytes = unit
		r, err := NewJSONL(o, DefaultFields())
		h := reap(t, r, err)
		if len(h.docs) != 0 || h.reasons["not-jsonl"] != 1 || len(h.reasons) != 1 {
			t.Errorf("units of %d: %d docs, %v", unit, len(h.docs), h.reasons)
		}
	}
}

// warcRecord is a response record with CRLF everywhere.
func warcRecord(i int, body string) string {
	block := "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><body><article><p>" + body + "</p></article></body></html>"
	return fmt.Sprintf("WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:%d>\r\nWARC-Target-URI: http://x.org/%d\r\nWARC-Date: 2024-01-02T03:04:05Z\r\nContent-Type: application/http\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", i, i, len(block), block)
}

func gz(parts ...string) string {
	var b bytes.Buffer
	for _, p := range parts {
		w := gzip.NewWriter(&b)
		w.Write([]byte(p))
		w.Close()
	}
	return b.String()
}

func TestSplitWARC(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var plain strings.Builder
	var members []string
	n := 40
	for i := range n {
		noise := make([]byte, rng.IntN(300))
		for j := range noise {
			noise[j] = 'a' + byte(rng.IntN(26))
		}
		// A page that quotes a record must not look like one.
		rec := warcRecord(i, fmt.Sprintf("Page %d of the mill, where a record begins with \r\nWARC/1.0\r\nWARC-Type: response\r\nand %s", i, noise))
		plain.WriteString(rec)
		if i%10 == 3 { // a record over two members
			members = append(members, rec[:len(rec)/2], rec[len(rec)/2:])
		} else {
			members = append(members, rec)
		}
	}
	dir := plant(t, "p.warc", plain.String(), "g.warc.gz", gz(members...), "one.warc.gz", gz(plain.String()))
	for _, name := range []string{"p.warc", "g.warc.gz"} {
		sameFates(t, n, func(unit int64) (Reader, error) {
			o := opts(dir, name)
			o.UnitBytes = unit
			return NewWARC(o, DefaultWARCOptions())
		})
	}
	// In damaged members the same records are lost, whatever the units.
	hurt := []byte(gz(members...))
	for _, at := range []int{len(hurt) / 5, len(hurt) / 2, len(hurt) * 4 / 5} {
		hurt[at] ^= 0xff
	}
	if err := os.WriteFile(filepath.Join(dir, "hurt.warc.gz"), hurt, 0o666); err != nil {
		t.Fatal(err)
	}
	sameFates(t, n, func(unit int64) (Reader, error) {
		o := opts(dir, "hurt.warc.gz")
		o.UnitBytes = unit
		return NewWARC(o, DefaultWARCOptions())
	})
	// One member cannot be divided: the first unit reads all, the others nothing.
	o := opts(dir, "one.warc.gz")
	o.UnitBytes = 100
	r, err := NewWARC(o, DefaultWARCOptions())
	if got, units := fates(t, r, err); len(got) != n || units < 2 {
		t.Errorf("%d fates in %d units", len(got), units)
	}
}

func TestSplitParquet(t *testing.T) {
	type row struct {
		ID   string  `parquet:"id"`
		Text *string `parquet:"text,optional"`
	}
	var b bytes.Buffer
	w := parquet.NewGenericWriter[row](&b, parquet.Compression(&parquet.Zstd))
	for g := range 8 {
		for i := range 20 {
			s := fmt.Sprintf("text %d of row group %d", i, g)
			r := row{ID: fmt.Sprint(g, "-", i), Text: &s}
			if i == 7 {
				r.Text = nil
			}
			if _, err := w.Write([]row{r}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	dir := plant(t, "a.parquet", b.String())
	sameFates(t, 160, func(unit int64) (Reader, error) {
		o := opts(dir, "a.parquet")
		o.UnitBytes = unit
		return NewParquet(o, DefaultFields())
	})
}

func TestSplitZip(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := range 40 {
		name := fmt.Sprintf("src/%02d.go", i%30) // ten names come twice
		if i == 5 {
			name = "../out.go"
		}
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(w, "package p%d\n", i)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	dir := plant(t, "a.zip", b.String())
	sameFates(t, 40, func(unit int64) (Reader, error) {
		o := opts(dir, "a.zip")
		o.UnitBytes = unit
		return NewTree(o, DefaultTreeOptions())
	})
}

// The contract, on one source of each kind.
func TestCheckSource(t *testing.T) {
	dir := plant(t,
		"a.jsonl", `{"text":"one"}`+"\n"+`{"text":2}`+"\n"+`{"text":"three","id":"3","k":[1]}`,
		"b.jsonl.gz", gz(`{"text":"one"}`), "w.warc.gz", gz(warcRecord(1, "Some text on a page."), "garbage"),
		"h/a.html", "<html><body><p>Some text on a page.</p></body></html>", "h/b.html", "",
		"t/a.go", "package a", "t/b.py", "pass", "t/c.go", "\xff",
		"j/a.xml", "<article><body><p>Some text in an article.</p></body></article>", "j/b.xml", "<article>",
		"l/main.tex", "\\documentclass{article}\\begin{document}Text. \\input{part}\\end{document}", "l/part.tex", "More text.",
	)
	f := func(docs, bad int) func(r Reader, err error) {
		return func(r Reader, err error) {
			t.Helper()
			h := reap(t, r, err)
			n := 0
			for _, k := range h.reasons {
				n += k
			}
			if len(h.docs) != docs || n != bad {
				t.Errorf("%d docs, %v; want %d and %d", len(h.docs), h.reasons, docs, bad)
			}
			if err := quern.CheckSource(context.Background(), r); err != nil {
				t.Error(err)
			}
		}
	}
	f(3, 1)(NewJSONL(opts(dir, "*.jsonl*"), DefaultFields()))
	f(1, 1)(NewWARC(opts(dir, "*.warc.gz"), DefaultWARCOptions()))
	f(1, 1)(NewHTML(opts(dir, "h"), DefaultHTMLOptions()))
	f(2, 1)(NewTree(opts(dir, "t"), DefaultTreeOptions()))
	f(1, 1)(NewJATS(opts(dir, "j")))
	f(1, 0)(NewLaTeX(opts(dir, "l")))
}
