package ingest

import (
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

const (
	epubContainer = `<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>`
	epubPackage   = `<?xml version="1.0" encoding="UTF-8"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="i">urn:uuid:1</dc:identifier><dc:title>The  Miller</dc:title><dc:title>Second</dc:title><dc:creator>Ann Miller</dc:creator><dc:creator>Bob</dc:creator><dc:language>en</dc:language>
<dc:date>1900-05-06</dc:date><dc:rights>https://creativecommons.org/licenses/by/4.0/</dc:rights><dc:publisher>Press &amp; Co</dc:publisher></metadata>
<manifest><item id="cover" href="cover.xhtml" media-type="application/xhtml+xml"/><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="c1" href="text/chapter%201.xhtml" media-type="application/xhtml+xml"/><item id="c2" href="c2.xhtml" media-type="application/xhtml+xml"/><item id="notes" href="notes.xhtml" media-type="application/xhtml+xml"/>
<item id="gone" href="gone.xhtml" media-type="application/xhtml+xml"/><item id="out" href="../../etc/passwd" media-type="application/xhtml+xml"/><item id="img" href="a.jpg" media-type="image/jpeg"/></manifest>
<spine><itemref idref="cover"/><itemref idref="nav"/><itemref idref="c2"/><itemref idref="c1"/><itemref idref="c2"/><itemref idref="notes" linear="no"/><itemref idref="gone"/><itemref idref="out"/><itemref idref="img"/></spine>
<guide><reference type="cover" href="cover.xhtml"/></guide></package>`
)

// epubOf makes a book; files replace or add to those of a sound one.
func epubOf(t testing.TB, files ...string) string {
	all := []string{"mimetype", "application/epub+zip", "META-INF/container.xml", epubContainer, "OEBPS/book.opf", epubPackage,
		"OEBPS/cover.xhtml", "<html><body><p>Cover</p></body></html>", "OEBPS/nav.xhtml", "<html><body><nav><ol><li>One</li></ol></nav></body></html>",
		"OEBPS/text/chapter 1.xhtml", "<html><head><title/></head><body><h1>Two</h1><p>Twenty sacks.</p></body></html>",
		"OEBPS/c2.xhtml", "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><head><title>x</title></head><body><h1>One</h1><p>The miller&#160;weighed.</p><ul><li>oats</li></ul></body></html>",
		"OEBPS/notes.xhtml", "<html><body><p>Notes</p></body></html>"}
	for i := 0; i < len(files); i += 2 {
		found := false
		for k := 0; k < len(all); k += 2 {
			if all[k] == files[i] {
				all[k+1], found = files[i+1], true
			}
		}
		if !found {
			all = append(all, files[i:i+2]...)
		}
	}
	return zipOf(t, all...)
}

func TestEPUB(t *testing.T) {
	r, err := NewEPUB(opts(plant(t, "b/miller.epub", epubOf(t), "b/notes.txt", "x"), "b"))
	h := reap(t, r, err)
	if len(h.docs) != 1 {
		t.Fatalf("%d docs, %v", len(h.docs), h.errs)
	}
	d := h.docs[0]
	if got, want := string(d.Text), "The Miller\n\nOne\nThe miller weighed.\n- oats\nTwo\nTwenty sacks."; got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if d.ID != quern.NewID("s", "b/miller.epub") || d.Origin != "b/miller.epub" || d.Lang != "en" || d.License != "CC-BY-4.0" || d.Time != "1900-05-06T00:00:00Z" {
		t.Errorf("%+v", d)
	}
	if want := `{"title":"The Miller","authors":"Ann Miller; Bob","publisher":"Press & Co","identifier":"urn:uuid:1","rights":"https://creativecommons.org/licenses/by/4.0/","path":"miller.epub"}`; string(d.Meta) != want {
		t.Errorf("%s", d.Meta)
	}
	if len(d.Marks) != 1 || d.Marks[0] != (quern.Mark{Name: "chapters_missing", Value: 2}) {
		t.Errorf("%v", d.Marks)
	}
}

func TestEPUBReasons(t *testing.T) {
	f := func(reason, book string) {
		t.Helper()
		r, err := NewEPUB(opts(plant(t, "a.epub", book), "a.epub"))
		if h := reap(t, r, err); len(h.docs) != 0 || h.reasons[reason] != 1 || len(h.refused) != 0 {
			t.Errorf("%s: %d docs, %v", reason, len(h.docs), h.errs)
		}
	}
	f("bad-zip", "PK")
	f("bad-zip", epubOf(t)[:500])
	f("not-epub", zipOf(t, "a", "b"))
	f("not-epub", epubOf(t, "META-INF/container.xml", "<container/>"))
	f("not-epub", epubOf(t, "META-INF/container.xml", strings.Replace(epubContainer, "OEBPS/", "../", 1)))
	f("not-epub", epubOf(t, "META-INF/container.xml", strings.Replace(epubContainer, "OEBPS/", "X/", 1)))
	f("bad-xml", epubOf(t, "OEBPS/book.opf", "<package>"))
	f("encrypted", epubOf(t, "META-INF/encryption.xml", `<encryption><EncryptedData><CipherData><CipherReference URI="OEBPS/text/chapter%201.xhtml"/></CipherData></EncryptedData></encryption>`))
	f("no-text", epubOf(t, "OEBPS/text/chapter 1.xhtml", "", "OEBPS/c2.xhtml", "<p> </p>"))
	f("too-large", epubOf(t, "OEBPS/c2.xhtml", strings.Repeat("x", maxPayload+1)))
	r, err := NewEPUB(opts(plant(t, "a.epub", epubOf(t, "META-INF/encryption.xml", `<encryption><CipherReference URI="OEBPS/fonts/a.otf"/></encryption>`)), "a.epub"))
	if h := reap(t, r, err); len(h.docs) != 1 {
		t.Errorf("encrypted fonts: %v", h.errs)
	}
}

// A book of many chapters that unpack to far more than they are gives up at the limit.
func TestEPUBBomb(t *testing.T) {
	if testing.Short() {
		t.Skip("hundreds of megabytes")
	}
	var items, spine strings.Builder
	files := []string{}
	for i := range 40 {
		id := string(rune('a'+i/26)) + string(rune('a'+i%26))
		items.WriteString(`<item id="` + id + `" href="` + id + `.xhtml" media-type="application/xhtml+xml"/>`)
		spine.WriteString(`<itemref idref="` + id + `"/>`)
		files = append(files, "OEBPS/"+id+".xhtml", strings.Repeat(" ", 8<<20))
	}
	files = append(files, "OEBPS/book.opf", "<package><manifest>"+items.String()+"</manifest><spine>"+spine.String()+"</spine></package>")
	r, err := NewEPUB(opts(plant(t, "a.epub", epubOf(t, files...)), "a.epub"))
	if h := reap(t, r, err); len(h.docs) != 0 || h.reasons["too-large"] != 1 {
		t.Errorf("%d docs, %v", len(h.docs), h.errs)
	}
}

func FuzzEPUB(f *testing.F) {
	f.Add([]byte(epubOf(f)))
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzFile(t, "a.epub", data, func(o Options) (Reader, error) { return NewEPUB(o) })
	})
}

func FuzzPackage(f *testing.F) {
	f.Add([]byte(epubPackage))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := parsePackage(data, "OEBPS")
		if err != nil {
			return
		}
		for _, c := range b.chapters {
			if clean, ok := safeName(c); c != "" && (!ok || clean != c) {
				t.Errorf("%q", c)
			}
		}
	})
}

func BenchmarkEPUB(b *testing.B) {
	chapter := "<html><body>" + strings.Repeat("<h2>Part</h2><p>The miller weighed <i>twenty</i> sacks of oats.</p>", 5000) + "</body></html>"
	r, err := NewEPUB(opts(plant(b, "a.epub", epubOf(b, "OEBPS/c2.xhtml", chapter)), "a.epub"))
	benchSource(b, int64(len(chapter)), r, err)
}
