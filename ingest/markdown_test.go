package ingest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

func TestFrontMatter(t *testing.T) {
	f := func(doc, facts, rest string) {
		t.Helper()
		a, b := frontMatter([]byte(doc))
		if string(a) != facts || string(b) != rest {
			t.Errorf("%q: %q, %q", doc, a, b)
		}
	}
	f("", "", "")
	f("text", "", "text")
	f("---\na: b\n---\ntext", "a: b\n", "text")
	f("---\r\na: b\r\n...\r\ntext", "a: b\r\n", "text")
	f("+++\na = 1\n+++\n", "a = 1\n", "")
	f("---\na: b\n---", "a: b\n", "")
	f("---\nno end\n", "", "---\nno end\n")
	f("---\na\n+++\n", "", "---\na\n+++\n")
	f("----\na\n----\n", "", "----\na\n----\n")
	f("---\n"+strings.Repeat("a: b\n", maxFrontMatter/5)+"---\n", "", "---\n"+strings.Repeat("a: b\n", maxFrontMatter/5)+"---\n")
	g := func(facts, want string) {
		t.Helper()
		if got := fact([]byte(facts), "title", "Title"); got != want {
			t.Errorf("%q: %q, want %q", facts, got, want)
		}
	}
	g("a: b\ntitle: A mill # the old one\n", "A mill")
	g("title: \"A \\\"mill\\\": I\" # c", `A "mill": I`)
	g("title: 'It''s a mill'", "It's a mill")
	g("title = \"A mill\"", "A mill")
	g("Title: A: b", "A: b")
	g("author:\n  title: nested", "")
	g("title:\n  - list", "")
	g("title: [a, b]", "")
	g("title: |\n  lines", "")
	g("title: \"open", "")
	g("title: null", "")
	g("subtitle: no", "")
}

func TestMarkdown(t *testing.T) {
	doc := "---\ntitle: The mill\ndate: 2024-05-06\nlang: en\nlicense: MIT\nauthor: A. Miller\n---\n\n# Oats\n\n*Twenty* sacks.\n"
	dir := plant(t, "a.md", doc, "x/b.markdown", "# Rye\n\nTen [sacks](a).\n\n```\nx := 1\n```\n", "c.md", "---\ntitle: x\n---\n\n", "d.txt", "no", "e.md", "\xff")
	f := func(plain bool, want ...quern.Doc) {
		t.Helper()
		c := DefaultMarkdown()
		c.Plain = plain
		r, err := NewMarkdown(opts(dir, "."), c)
		h := reap(t, r, err)
		if len(h.docs) != len(want) || fmt.Sprint(h.reasons) != "map[empty-text:1 invalid-utf8:1]" {
			t.Fatalf("%d docs, %v", len(h.docs), h.errs)
		}
		for i, d := range h.docs {
			w := want[i]
			if string(d.Text) != string(w.Text) || string(d.Meta) != string(w.Meta) || d.Time != w.Time || d.Lang != w.Lang || d.License != w.License || d.ID != quern.NewID("s", d.Origin) {
				t.Errorf("%q %s %+v", d.Text, d.Meta, d)
			}
		}
	}
	b := func(s string) []byte { return []byte(s) }
	first := quern.Doc{Time: "2024-05-06T00:00:00Z", Lang: "en", License: "MIT", Meta: b(`{"path":"a.md","title":"The mill","author":"A. Miller"}`)}
	first.Text = b("# Oats\n\n*Twenty* sacks.\n")
	f(false, first, quern.Doc{Text: b("# Rye\n\nTen [sacks](a).\n\n```\nx := 1\n```\n"), Meta: b(`{"path":"x/b.markdown"}`)})
	first.Text = b("Twenty sacks.")
	f(true, first, quern.Doc{Text: b("Ten sacks.\nx := 1"), Meta: b(`{"path":"x/b.markdown","title":"Rye"}`)})
}

// A paper as its authors wrote it.
func TestMarkdownPaper(t *testing.T) {
	const name = "papers/joss-exoplanet.tar.gz"
	if _, err := os.Stat(filepath.Join(sampleData, name)); err != nil {
		t.Skip("the sample data is not here: ", err)
	}
	c := DefaultMarkdown()
	c.Plain = true
	r, err := NewMarkdown(opts(sampleData, name), c)
	h := reap(t, r, err)
	for _, d := range h.docs {
		if strings.HasSuffix(d.Origin, "paper.md") {
			if !strings.Contains(string(d.Meta), `"title":"exoplanet: Gradient-based probabilistic inference`) || strings.Contains(string(d.Text), "](") || len(d.Text) < 5000 {
				t.Errorf("%s\n%s", d.Meta, d.Text)
			}
			return
		}
	}
	t.Errorf("no paper in %d docs, %v", len(h.docs), h.errs)
}
