package ingest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

const article = `<?xml version="1.0"?><article xml:lang="en" article-type="research-article"><front><journal-meta><journal-title-group><journal-title>Mills</journal-title></journal-title-group></journal-meta>
<article-meta><article-id pub-id-type="doi">10.1/mill</article-id><title-group><article-title>On mills</article-title></title-group>
<contrib-group><contrib contrib-type="author"><name><surname>Miller</surname><given-names>Ann</given-names></name></contrib></contrib-group>
<pub-date pub-type="epub"><day>2</day><month>1</month><year>2024</year></pub-date>
<permissions><license><ali:license_ref xmlns:ali="x">https://creativecommons.org/licenses/by/4.0/</ali:license_ref></license></permissions></article-meta></front>
<body><p>The miller weighed twenty sacks.</p></body></article>`

func TestJATS(t *testing.T) {
	dir := plant(t, "j/a.xml", article, "j/b.nxml", strings.ReplaceAll(article, "10.1/mill", ""), "j/c.xml", "<deposit/>", "j/d.xml", "<article><body>", "j/e.txt", article)
	r, err := NewJATS(opts(dir, "j"))
	h := reap(t, r, err)
	if len(h.docs) != 2 || h.reasons["bad-xml"]+h.reasons["no-text"] != 1 {
		t.Fatalf("%d docs, %v, %v", len(h.docs), h.reasons, h.errs)
	}
	d := h.docs[0]
	if d.Origin != "10.1/mill" || d.ID != quern.NewID("s", "10.1/mill") || d.Lang != "en" || d.License != "CC-BY-4.0" || d.Time != "2024-01-02T00:00:00Z" {
		t.Errorf("%+v", d)
	}
	if string(d.Text) != "On mills\n\nThe miller weighed twenty sacks." || string(d.Meta) != `{"title":"On mills","authors":"Ann Miller","journal":"Mills","kind":"research-article","path":"a.xml"}` {
		t.Errorf("%q %s", d.Text, d.Meta)
	}
	if d := h.docs[1]; d.Origin != "j/b.nxml" || d.ID != quern.NewID("s", "j/b.nxml") {
		t.Errorf("%+v", d)
	}
}

func TestHasArticle(t *testing.T) {
	for in, want := range map[string]bool{"<article>": true, "<article\nx": true, "<article-meta>": false, "<articles><article >": true, "<article": false, "": false} {
		if got := hasArticle([]byte(in)); got != want {
			t.Errorf("%q: %v", in, got)
		}
	}
}

func TestLaTeX(t *testing.T) {
	const main = `\documentclass{article}\title{On mills}\begin{document}\maketitle The miller weighed. \input{parts/one} \input{../../secret}\input{link} \end{document}`
	dir := plant(t, "secret.tex", "SECRET", "l/p/main.tex", main, "l/p/parts/one.tex", "Twenty sacks.", "l/p/empty.tex", `\documentclass{article}\begin{document}\end{document}`, "l/p/notes.txt", main)
	if err := os.Symlink(filepath.Join(dir, "secret.tex"), filepath.Join(dir, "l", "p", "link.tex")); err != nil {
		t.Log("no links here: ", err)
	}
	check := func(h harvest, key string) {
		t.Helper()
		if len(h.docs) != 1 || h.reasons["no-text"] != 1 || len(h.reasons) != 1 {
			t.Fatalf("%d docs, %v, %v", len(h.docs), h.reasons, h.errs)
		}
		d := h.docs[0]
		text := string(d.Text)
		if !strings.HasPrefix(text, "On mills\n\nThe miller weighed.") || !strings.Contains(text, "Twenty sacks.") || strings.Contains(text, "SECRET") {
			t.Errorf("%q", text)
		}
		if d.Origin != key || d.ID != quern.NewID("s", key) || !strings.Contains(string(d.Meta), `"path":"p/main.tex"`) {
			t.Errorf("%s %s", d.Origin, d.Meta)
		}
	}
	r, err := NewLaTeX(opts(dir, "l"))
	check(reap(t, r, err), "l/p/main.tex")
	// The same from an archive, where \input may not leave it either.
	pack := zipOf(t, "p/main.tex", main, "p/parts/one.tex", "Twenty sacks.", "p/empty.tex", `\documentclass{article}\begin{document}\end{document}`, "p/fig.pdf", "%PDF")
	r, err = NewLaTeX(opts(plant(t, "l.zip", pack), "l.zip"))
	check(reap(t, r, err), "l.zip!p/main.tex")
	// A main file that is named itself reads its own folder.
	r, err = NewLaTeX(opts(dir, "l/p/main.tex"))
	if h := reap(t, r, err); len(h.docs) != 1 || !strings.Contains(string(h.docs[0].Text), "Twenty sacks.") {
		t.Errorf("%v, %v", h.docs, h.errs)
	}
}

func TestHTML(t *testing.T) {
	dir := plant(t, "h/a.html", millPage, "h/b.htm.gz", gz(millPage), "h/c.html", " ", "h/d.html", "%PDF-1.4", "h/e.html", "<html></html>", "h/f.txt", millPage,
		"h/g.xhtml", strings.Repeat("\x01\x02", 100), "z.zip", zipOf(t, "a.html", millPage, "a.html", millPage, "b.css", "x"))
	r, err := NewHTML(opts(dir, "h", "z.zip"), DefaultHTMLOptions())
	h := reap(t, r, err)
	if got := origins(h); got != "h/a.html h/b.htm.gz z.zip!a.html z.zip!a.html#2" {
		t.Errorf("%s; %v", got, h.errs)
	}
	for _, k := range []string{"empty", "not-html", "no-text", "not-text"} {
		if h.reasons[k] != 1 {
			t.Errorf("%s: %d", k, h.reasons[k])
		}
	}
	if d := h.docs[0]; string(d.Meta) != `{"title":"The mill","page_lang":"en"}` || !strings.Contains(string(d.Text), "twenty sacks of oats") {
		t.Errorf("%s %q", d.Meta, d.Text)
	}
}
