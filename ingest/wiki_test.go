package ingest

import (
	"bytes"
	"compress/bzip2"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

var updateGolden = flag.Bool("update", false, "rewrite the golden files")

func openWiki(o Options) (Reader, error) { return NewWiki(o, DefaultWiki()) }

// shown is a harvest for people.
func shown(h harvest) string {
	var b strings.Builder
	for _, d := range h.docs {
		fmt.Fprintf(&b, "=== %s %s %s %s\n%s\n%s\n", d.Origin, d.Lang, d.License, d.Time, d.Meta, d.Text)
	}
	for _, e := range h.errs {
		fmt.Fprintf(&b, "!!! %v\n", e)
	}
	return b.String()
}

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *updateGolden {
		if err := os.WriteFile(name, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

func TestWiki(t *testing.T) {
	r, err := openWiki(opts("testdata/wiki", "*.xml"))
	golden(t, "wiki/wiki.txt", shown(reap(t, r, err)))
}

func TestDumpsAreKnownByTheirNames(t *testing.T) {
	for name, want := range map[string]string{"enwiki-20240101-pages-articles-multistream.xml.bz2": "mediawiki", "enwiki-20240101-pages-articles1.xml-p1p41242.bz2": "mediawiki", "dewiki.xml": "mediawiki",
		"a/Posts.xml": "stackexchange", "stackoverflow.com-Posts.xml.gz": "stackexchange", "b.EPUB": "epub", "article.xml": "jats"} {
		if f, ok := FormatOf(name); !ok || f.Name != want {
			t.Errorf("%s: %q, want %s", name, f.Name, want)
		}
	}
}

func TestWikiFields(t *testing.T) {
	r, err := openWiki(opts("testdata/wiki", "enwiki.xml"))
	h := reap(t, r, err)
	if len(h.docs) != 2 || h.passed["disambiguation"] != 1 || h.passed["redirect"] == 0 || h.passed["namespace"] == 0 || h.reasons["no-text"] != 1 || len(h.reasons) != 1 {
		t.Fatalf("%d docs, %v, passed %v", len(h.docs), h.reasons, h.passed)
	}
	if d := h.docs[0]; d.ID != quern.NewID("s", "enwiki", "12") || d.Origin != "https://en.wikipedia.org/wiki/Water_mill" || d.License != "CC-BY-SA-4.0" || d.Lang != "en" || d.Time != "2024-01-02T03:04:05Z" {
		t.Errorf("%+v", d)
	}
	if d := h.docs[1]; d.Origin != "https://en.wikipedia.org/wiki/AT%26T_%22mill%22_%E2%80%93_%E6%B0%B4" {
		t.Errorf("%s", d.Origin)
	}
	o := opts("testdata/wiki", "enwiki.xml")
	o.License = "CC-BY-SA-3.0"
	r, err = NewWiki(o, Wiki{Namespaces: []int{0, 1}, Disambiguation: true})
	if h := reap(t, r, err); len(h.docs) != 4 || h.docs[0].License != "CC-BY-SA-3.0" {
		t.Errorf("%d docs, %v", len(h.docs), h.reasons)
	}
	if _, err := NewWiki(o, Wiki{}); err == nil {
		t.Error("no namespaces are refused")
	}
}

// unbzip2 is a file of testdata, unpacked by the library.
func unbzip2(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "wiki", name))
	if err != nil {
		t.Fatal(err)
	}
	b, err = io.ReadAll(bzip2.NewReader(bytes.NewReader(b)))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A dump gives the same documents plain and packed, in one stream of many blocks, in streams cut anywhere, and in units of any size.
func TestSplitWiki(t *testing.T) {
	for name, n := range map[string]int{"streams.xml.bz2": 60, "blocks.xml.bz2": 210} { // every page has a fate
		text := unbzip2(t, name)
		packed, err := os.ReadFile(filepath.Join("testdata", "wiki", name))
		if err != nil {
			t.Fatal(err)
		}
		dir := plant(t, "a.xml", text, "a.xml.bz2", string(packed), "a.xml.gz", gz(text))
		var all [3]string
		for i, file := range []string{"a.xml", "a.xml.bz2", "a.xml.gz"} {
			o := opts(dir, file)
			r, err := openWiki(o)
			all[i] = strings.ReplaceAll(shown(reap(t, r, err)), file, "FILE")
			if i == 2 {
				break
			}
			sameFates(t, n, func(unit int64) (Reader, error) {
				o := opts(dir, file)
				o.UnitBytes = max(20*unit, 3000)
				return openWiki(o)
			})
		}
		if all[0] != all[1] || all[0] != all[2] {
			t.Errorf("%s: the packed dump differs from the plain one", name)
		}
	}
}

// Damage costs blocks and the pages in them, the same whatever the units.
func TestDamagedWiki(t *testing.T) {
	b, err := os.ReadFile("testdata/wiki/blocks.xml.bz2")
	if err != nil {
		t.Fatal(err)
	}
	hurt := bytes.Clone(b)
	hurt[len(hurt)/2] ^= 0x10
	dir := plant(t, "hurt.xml.bz2", string(hurt), "cut.xml.bz2", string(b[:len(b)*2/3]), "head.xml.bz2", string(b[:40])+"x"+string(b[41:]),
		"cut.xml", unbzip2(t, "streams.xml.bz2")[:90_000])
	for name, want := range map[string]string{"hurt.xml.bz2": "bad-bzip2", "cut.xml.bz2": "bad-bzip2", "cut.xml": "truncated"} {
		r, err := openWiki(opts(dir, name))
		h := reap(t, r, err)
		if h.reasons[want] != 1 || len(h.docs) < 20 || len(h.refused) > 0 {
			t.Errorf("%s: %d docs, %v", name, len(h.docs), h.reasons)
		}
		n := len(h.docs)
		for _, counts := range []map[string]int{h.reasons, h.passed} {
			for _, k := range counts {
				n += k
			}
		}
		sameFates(t, n, func(unit int64) (Reader, error) {
			o := opts(dir, name)
			o.UnitBytes = max(20*unit, 3000)
			return openWiki(o)
		})
	}
	r, err := openWiki(opts(dir, "head.xml.bz2"))
	if h := reap(t, r, err); len(h.refused) != 1 || len(h.docs) != 0 {
		t.Errorf("%v", h.reasons)
	}
}

func TestWikiReasons(t *testing.T) {
	const head = "<mediawiki xml:lang=\"en\"><siteinfo><dbname>x</dbname><base>http://x.org/w/Main</base></siteinfo>"
	f := func(reason, page string) {
		t.Helper()
		r, err := openWiki(opts(plant(t, "a.xml", head+page+"<page><title>Good</title><id>9</id><revision><text>Text.</text></revision></page></mediawiki>"), "a.xml"))
		h := reap(t, r, err)
		if len(h.docs) != 1 || h.docs[0].License != "" || reason != "" && h.reasons[reason] != 1 || reason == "" && len(h.reasons) > 0 {
			t.Errorf("%q: %d docs, %v", page, len(h.docs), h.reasons)
		}
	}
	f("bad-page", "<page><title></title><id>1</id><revision><text>x</text></revision></page>")
	f("bad-page", "<page><title>x</title><revision><text>x</text></revision></page>")
	f("bad-page", "<page><title>x</title><id>1</id><revision></revision></page>")
	f("no-text", "<page><title>x</title><id>1</id><revision><text bytes=\"0\" /></revision></page>")
	f("truncated", "<page><title>x</title><id>1</id><revision><text>cut")
	f("invalid-utf8", "<page><title>x</title><id>1</id><revision><text>\xff</text></revision></page>")
	f("", "<page><title>x</title><ns>8</ns><id>1</id><revision><text>x</text></revision></page>")
	f("", "<page><title>x</title><id>1</id><revision><text>#REDIRECT [[y]]</text></revision></page>")
	f("", "<page><title>x</title><id>1</id><revision><model>css</model><text>x</text></revision></page>")
	r, err := openWiki(opts(plant(t, "a.xml", "<feed></feed>", "b.xml", "", "c.xml.bz2", "BZh9"), "*"))
	if h := reap(t, r, err); h.reasons["not-mediawiki"] != 2 || h.reasons["bad-bzip2"] != 1 || len(h.refused) != 3 {
		t.Errorf("%v", h.reasons)
	}
}

func FuzzWiki(f *testing.F) {
	b, err := os.ReadFile("testdata/wiki/jawiki.xml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzFile(t, "a.xml", data, func(o Options) (Reader, error) {
			o.UnitBytes = 300
			return openWiki(o)
		})
	})
}

func FuzzBzip2Blocks(f *testing.F) {
	b, err := os.ReadFile("testdata/wiki/streams.xml.bz2")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b[:2000])
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzFile(t, "a.xml.bz2", data, func(o Options) (Reader, error) {
			o.UnitBytes = 300
			return openWiki(o)
		})
	})
}

// BenchmarkWiki counts unpacked bytes.
func BenchmarkWiki(b *testing.B) {
	text := unbzip2(b, "blocks.xml.bz2")
	r, err := openWiki(opts(plant(b, "a.xml", text), "a.xml"))
	benchSource(b, int64(len(text)), r, err)
}

func BenchmarkWikiBzip2(b *testing.B) {
	r, err := openWiki(opts("testdata/wiki", "blocks.xml.bz2"))
	benchSource(b, int64(len(unbzip2(b, "blocks.xml.bz2"))), r, err)
}
