package clean

import (
	gobuild "go/build"
	"io/fs"
	"os"
	"path/filepath"

	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// splitLines is Python's str.splitlines.
func splitLines(text string) (lines []string) {
	var line []rune
	r := []rune(text)
	for i := 0; i < len(r); i++ {
		if !pythonBreak(r[i]) {
			line = append(line, r[i])
			continue
		}
		if r[i] == '\r' && i+1 < len(r) && r[i+1] == '\n' {
			i++
		}
		lines, line = append(lines, string(line)), nil
	}
	if len(line) > 0 {
		lines = append(lines, string(line))
	}
	return lines
}

func compareScan(t *testing.T, text string) {
	t.Helper()
	var s codeScan
	s.reset(&quern.Doc{Text: []byte(text)})
	s.needLines()
	s.needTokens()
	letters, digits, numbers, spaces, tokens, last := 0, 0, 0, 0, 0, 0
	for _, r := range text {
		kind := 2
		switch {
		case unicode.IsLetter(r):
			letters++
			kind = 1
		case unicode.IsDigit(r):
			digits++
			numbers++
			kind = 1
		case unicode.IsNumber(r):
			numbers++
			kind = 1
		case r == '_':
			kind = 1
		case pythonSpace(r):
			spaces++
			kind = 0
		}
		if kind != last && kind != 0 {
			tokens++
		}
		last = kind
	}
	lines := splitLines(text)
	longest, chars := 0, 0
	for _, l := range lines {
		n := utf8.RuneCountInString(l)
		longest, chars = max(longest, n), chars+n
	}
	feeds, longFeed := 0, 0
	for _, l := range strings.SplitAfter(text, "\n") {
		if l != "" {
			feeds++
			longFeed = max(longFeed, utf8.RuneCountInString(l))
		}
	}
	got := [...]int{s.chars, s.letters, s.digits, s.numbers, s.spaces, s.tokens, s.lines, s.maxLine, s.lineChars, s.feeds, s.maxFeedLine}
	want := [...]int{utf8.RuneCountInString(text), letters, digits, numbers, spaces, tokens, len(lines), longest, chars, feeds, longFeed}
	if got != want {
		t.Errorf("%.60q:\n got %v\nwant %v", text, got, want)
	}
}

func TestCodeScanAgreesWithOracle(t *testing.T) {
	for _, text := range texts() {
		compareScan(t, text)
	}
	for _, text := range []string{goFile, "a\r\nb\rc\n\r\n", "a\fb\n", "x", "ab\ncd", "\n\n", "é\r\nü", "a_b 1² ٣ x\u0301", "a\nlonger", "longer\na\n"} {
		compareScan(t, text)
	}
}

func FuzzCodeScan(f *testing.F) {
	f.Add("a\r\nb ٣_c\fd\u2028")
	f.Fuzz(func(t *testing.T, text string) {
		if utf8.ValidString(text) {
			compareScan(t, text)
		}
	})
}

func TestVisibleText(t *testing.T) {
	f := func(html, want string) {
		t.Helper()
		s := codeScan{text: []byte(html)}
		s.needVisible()
		if n := utf8.RuneCountInString(want); s.visible != n {
			t.Errorf("%q: %d characters, want %d", html, s.visible, n)
		}
	}
	f("", "")
	f("<p>one <b>two</b></p>\n", "one two\n")
	f("<!DOCTYPE html><!-- a > b --><?php x ?>y", "y")
	f("a<script>if (a < b) { \"</p>\" }</script>b<style>p > a</style >c", "abc")
	f("<a title='x > y' href=\"<\">z</a>", "z")
	f("a < b &amp; c &#233; &nope d&", "a < b & c é &nope d&")
	f("<scripted>a</scripted>", "a")
	f("<SCRIPT src=x></Script>a", "a")
	f("it's <p class=a'b>é", "it's é")
	f("<p", "")
	f("<script>", "")
	f("<ul>\n    <li>a </li>\n    <li>  b</li>\t \t</ul>", "\na \n  b ") // white space alone is one
	f("<pre>\n  <b>a</b>  </PRE>   <p>", "\n  a   ")
}

func TestMetaValues(t *testing.T) {
	meta := []byte(`{"a":{"language":"x"},"b":["path","y"],"language":"C++","path":"d/e.H","n": 12,"s":"7","q":"a\"b","language2":1}`)
	for key, want := range map[string]string{"language": "C++", "path": "d/e.H", "q": `a\"b`, "s": "7", "n": "", "x": "", "y": ""} {
		if v, _ := metaString(meta, key); string(v) != want {
			t.Errorf("%s is %q, want %q", key, v, want)
		}
	}
	for key, want := range map[string]float64{"n": 12, "s": 7, "language": 0, "language2": 1} {
		if v, _ := metaNumber(meta, key); v != want {
			t.Errorf("%s is %v, want %v", key, v, want)
		}
	}
	for _, broken := range []string{`{"language`, `{"language":`, `{"language":"`, `"language":"Go"`, "{", ""} {
		if v, ok := metaString([]byte(broken), "language"); ok {
			t.Errorf("%s gives %q", broken, v)
		}
	}
	var f codeFile
	for _, c := range []struct{ meta, origin, lang, ending string }{
		{string(meta), "x.go", "c++", ".h"}, {`{"language":"Unheard"}`, "a/b.PY", "python", ".py"}, {"", "Makefile", "", ""},
		{`{"path":"a.d/b"}`, "x.go", "go", ".go"}, {`{"lang":"en"}`, "x.go", "go", ".go"}, {`{"programming_language":"Rust"}`, "", "rust", ""},
	} {
		f.set(&quern.Doc{Meta: []byte(c.meta), Origin: c.origin})
		if f.lang.name != c.lang || string(f.ending) != c.ending {
			t.Errorf("%s %s: %s, %s", c.meta, c.origin, f.lang.name, f.ending)
		}
	}
}

// sources are files of Go's own tree, all of them or each n-th.
func sources(t testing.TB, n int, endings ...string) (docs []quern.Doc) {
	t.Helper()
	root := filepath.Join(gobuild.Default.GOROOT, "src")
	i := 0
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		for _, ending := range endings {
			if strings.HasSuffix(path, ending) {
				if i++; i%n == 0 {
					b, err := os.ReadFile(path)
					if err != nil {
						return err
					}
					if utf8.Valid(b) {
						rel, _ := filepath.Rel(root, path)
						docs = append(docs, quern.Doc{Text: b, Origin: rel})
					}
				}
			}
		}
		return nil
	})
	if err != nil || len(docs) == 0 {
		t.Skipf("no sources of Go: %v", err)
	}
	return docs
}

// codeChain joins rules for source code.
func codeChain(t testing.TB, all bool, names ...string) quern.Stage {
	t.Helper()
	var links []Link
	for _, name := range names {
		r, dialect, ok := Find(name)
		if !ok {
			t.Fatalf("no rule %s", name)
		}
		links = append(links, Link{Name: name, Config: r.Config(dialect)})
	}
	c, err := NewChain(links, all)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.parts) != 1 {
		t.Fatalf("%v make %d stages, want one", names, len(c.parts))
	}
	return c
}

var codeRuleNames = []string{"stack@v2", "stack@v1", "generated", "starcoder", "redpajama_code", "opencoder"}

// TestCodeRulesAskForNoMemory: behind the first round over some files, rules for code allocate nothing.
func TestCodeRulesAskForNoMemory(t *testing.T) {
	docs := sources(t, 200, ".go", ".s", ".js", ".html", ".py", ".c", ".txt", ".json")
	docs = append(docs, codeDocs()...)
	for _, name := range codeRuleNames {
		s := codeChain(t, true, name)
		d := quern.Doc{}
		run := func() {
			for i := range docs {
				d.Reset()
				d.Text, d.Origin, d.Meta = docs[i].Text, docs[i].Origin, docs[i].Meta
				if _, err := s.Apply(&d); err != nil {
					t.Fatal(err)
				}
			}
		}
		run()
		if n := testing.AllocsPerRun(3, run); n > 0 {
			t.Errorf("%s: %v allocations for %d documents", name, n, len(docs))
		}
	}
}

func BenchmarkCode(b *testing.B) {
	docs := sources(b, 3, ".go")
	bytes := 0
	for i := range docs {
		bytes += len(docs[i].Text)
	}
	for name, names := range map[string][]string{"stack": {"stack@v2"}, "usual": {"stack@v2", "generated", "starcoder"}, "starcoder": {"starcoder"}, "redpajama": {"redpajama_code"}, "opencoder": {"opencoder"}} {
		b.Run(name, func(b *testing.B) {
			s := codeChain(b, true, names...)
			d := quern.Doc{}
			b.SetBytes(int64(bytes))
			b.ReportAllocs()
			for b.Loop() {
				for i := range docs {
					d.Reset()
					d.Text, d.Origin = docs[i].Text, docs[i].Origin
					if _, err := s.Apply(&d); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// codeDocs reach the verdicts of the rules for code.
func codeDocs() []quern.Doc {
	doc := func(origin, meta, text string) quern.Doc {
		return quern.Doc{Origin: origin, Meta: []byte(meta), Text: []byte(text)}
	}
	python := "import os\n\n\ndef f(a):\n    \"\"\"Doc string here.\"\"\"\n    b = a + 1\n    # add to the list of numbers\n    print(b)\n    for i in range(a):\n        b += i * 2\n        if b > 10:\n            b = b - 10\n    return b\n\n\nvalue = f(3)\nother = f(value)\n"
	told := doc("told.go", "", goFile) // by ingest
	told.Mark("code.generated", 1)
	return []quern.Doc{told,
		doc("main.go", "", goFile), doc("a.py", "", python), doc("b.py", `{"language":"Python","path":"b.py","stars":3}`, repeat("def f(): return 1\n", 20)),
		doc("c.py", "", "print \"x\"\n"+python), doc("d.java", "", "/** only a comment */\n"+repeat("// more\n", 30)),
		doc("e.js", "", repeat("a=1;", 90)), doc("f.html", "", "<p>"+repeat("word and <b>text</b> ", 40)), doc("g.html", "", "<p>a"),
		doc("h.json", "", `{"a": 1}`), doc("i.json", "", repeat(`{"a": "b"},`+"\n", 600)), doc("j.c", "", "<?xml version=\"1.0\"?>\n"+repeat("<a>b</a>\n", 30)),
		doc("k_test.go", "", repeat(goFile, 3)), doc("l.sql", "", repeat("insert into t values (1, 2, 3, 'x');\n", 20)),
		doc("m.sh", "", "#!/bin/sh\n# todo\n"+repeat("echo \"a b\" | sort > out\n", 12)), doc("go.sum", "", "x v1 h1:a=\n"),
		doc("n.go", "", "// Code generated by x. DO NOT EDIT.\n"+goFile), doc("o.md", "", repeat("words in a paragraph ", 60)+"\n"),
		doc("p.c", "", repeat("0x41,0x42,0x43,", 300)+"\n"), doc("q.ts", "", "const a = `"+repeat("long string with many words ", 60)+"`;\n"+repeat("let b = a + 1; // c\n", 12)),
		doc("r.go", "", repeat("é = 1 // ü\r\n", 20)), doc("", "", ""), doc("s.go", "", "\xff"),
	}
}

func TestCodeConformance(t *testing.T) {
	docs := codeDocs()
	for _, text := range texts() {
		docs = append(docs, quern.Doc{Text: []byte(text), Origin: "a/b.py"})
	}
	for _, name := range codeRuleNames {
		r, dialect, _ := Find(name)
		if err := quern.CheckStage(r.Config(dialect).Stage, docs...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzCodeRules(f *testing.F) {
	for _, d := range codeDocs() {
		f.Add(d.Text, d.Origin, string(d.Meta))
	}
	used := map[string]quern.Stage{}
	for _, name := range codeRuleNames {
		used[name] = codeChain(f, true, name)
	}
	f.Fuzz(func(t *testing.T, text []byte, origin, meta string) {
		for _, name := range codeRuleNames {
			var docs [2]quern.Doc
			for i, s := range []quern.Stage{used[name], codeChain(t, true, name)} {
				docs[i] = quern.Doc{Text: text, Origin: origin, Meta: []byte(meta)}
				v, err := s.Apply(&docs[i])
				if err != nil || v == quern.Keep && !utf8.Valid(docs[i].Text) {
					t.Fatalf("%s: %q, %v", name, v, err)
				}
			}
			if docs[0].Drop != docs[1].Drop || len(docs[0].Marks) != len(docs[1].Marks) {
				t.Fatalf("%s: %+v, then %+v", name, docs[0].Drop, docs[1].Drop)
			}
		}
	})
}
