package clean

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// everyStage builds each rule in each dialect with its defaults, but those that need a file, whose own tests have one.
func everyStage(t testing.TB) (names []string, build map[string]func() (quern.Stage, error)) {
	t.Helper()
	build = map[string]func() (quern.Stage, error){}
	for _, name := range Names() {
		r, dialect, _ := Find(name)
		if name != r.Name && dialect == r.Dialects[0] {
			continue // its bare name stands for it
		}
		config := r.Config(dialect)
		if _, err := config.Stage(); err != nil {
			if !strings.Contains(err.Error(), ": give ") {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		names = append(names, name)
		build[name] = config.Stage
	}
	return names, build
}

// docsOf dresses a text as a page, a paper and a source file.
func docsOf(text []byte) []quern.Doc {
	return []quern.Doc{
		{ID: quern.NewID("web", "1"), Domain: "web", Lang: "en", Origin: "https://user@www.a.example:80/b?c#d", Text: text},
		{ID: quern.NewID("web", "2"), Domain: "web", Lang: "zh", Origin: "https://b.example/", Text: text},
		{ID: quern.NewID("code", "1"), Domain: "code", Origin: "a/b/c_test.py", Meta: []byte(`{"language":"Python","path":"a/b/c_test.py"}`), Text: text},
		{ID: quern.NewID("code", "2"), Domain: "code", Origin: "d.go", Meta: []byte(`{"language":"Go"}`), Text: text},
		{ID: quern.NewID("paper", "1"), Domain: "paper", Time: "2020-01-02T00:00:00Z", Meta: []byte(`{"title":"A mill of its own","abstract":"We mill."}`), Text: text},
	}
}

func TestEveryStageKeepsTheContract(t *testing.T) {
	names, build := everyStage(t)
	if len(names) < 30 {
		t.Errorf("only %d stages", len(names))
	}
	var docs []quern.Doc
	for _, text := range hostileTexts() {
		docs = append(docs, docsOf(text)...)
	}
	for _, text := range manyTexts() {
		docs = append(docs, docsOf([]byte(text))...)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			if err := quern.CheckStage(build[name], docs...); err != nil {
				t.Error(err)
			}
		})
	}
}

// hostileTexts are bytes that nobody meant to be read.
func hostileTexts() [][]byte {
	zalgo := "Z" + strings.Repeat("\u0300\u0489\u034f", 500)
	return [][]byte{
		nil, {0}, []byte("\x99w"), []byte("\xff\xfe"), []byte("ab\xc3"), []byte("\xed\xa0\x80"), []byte("\xf4\x90\x80\x80"), bytes.Repeat([]byte{0x80}, 200),
		[]byte(zalgo), []byte("\u202eesrever\u202c \u2066isolate\u2069"), []byte("a\x00b\x00c"), []byte("\ufeff\ufeffBOM"),
		[]byte(strings.Repeat(" \t\u3000\u00a0\n", 300)), bytes.Repeat([]byte("A"), 3000), bytes.Repeat([]byte("\n"), 3000),
		[]byte(strings.Repeat("\U0010ffff\ue000\ufffd", 200)), []byte(strings.Repeat("{\"a\":[", 300)), []byte(strings.Repeat("@", 500)),
		[]byte(strings.Repeat("a@", 300)), []byte(strings.Repeat("1.", 500)), []byte(strings.Repeat("4111 ", 300)), []byte(strings.Repeat("http://a.b/", 100)),
		[]byte(strings.Repeat("/*", 400)), []byte(strings.Repeat("\"\\", 400)), []byte(strings.Repeat("'''", 200)), []byte(strings.Repeat("Ã©", 400)),
	}
}

// FuzzEveryStage: whatever the bytes, the same document meets the same fate on a used and on a fresh stage, and what is kept is UTF-8.
func FuzzEveryStage(f *testing.F) {
	names, build := everyStage(f)
	used := map[string]quern.Stage{}
	for _, name := range names {
		used[name], _ = build[name]()
	}
	for i, text := range hostileTexts() {
		f.Add(text, byte(i))
	}
	for _, text := range manyTexts() {
		f.Add([]byte(text), byte(len(text)))
	}
	f.Fuzz(func(t *testing.T, text []byte, which byte) {
		docs := docsOf(text)
		for i, name := range names {
			if i%8 != int(which)%8 {
				continue
			}
			fresh, err := build[name]()
			if err != nil {
				t.Fatal(err)
			}
			d := docs[int(which/8)%len(docs)]
			var out [2]string
			for k, s := range []quern.Stage{used[name], fresh} {
				c := d
				c.Text, c.Spans = bytes.Clone(text), []quern.Span{}
				v, err := s.Apply(&c)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if v == quern.Keep && !utf8.Valid(c.Text) {
					t.Fatalf("%s keeps bytes that are not UTF-8", name)
				}
				out[k] = fmt.Sprint(v, c.Drop, string(c.Text), c.Marks, c.Spans, c.Lang, c.Bucket)
			}
			if out[0] != out[1] {
				t.Fatalf("%s: used\n%s\nfresh\n%s", name, out[0], out[1])
			}
		}
	})
}

// Built-in rules work in memory that they have.
func TestEveryStageAllocatesNothing(t *testing.T) {
	names, build := everyStage(t)
	// These hand texts to others' code, which allocates: lingua, x/text, an expression.
	except := []string{"language", "normalize"}
	for _, name := range names {
		if slices.Contains(except, name) {
			continue
		}
		s, err := build[name]()
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{frodo, c4Good, goFile, "中文。" + frodo} {
			docs := docsOf([]byte(text))
			marks := make([]quern.Mark, 0, 256)
			var d quern.Doc
			run := func() {
				for i := range docs {
					d = docs[i]
					d.Marks = marks
					if _, err := s.Apply(&d); err != nil {
						t.Fatal(err)
					}
				}
			}
			run()
			if n := testing.AllocsPerRun(20, run); n > 0 {
				t.Errorf("%s: %v allocations a round on %.20q", name, n, text)
			}
		}
	}
}
