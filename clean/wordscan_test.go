package clean

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// splitWords cuts a text and gives the words as strings.
func splitWords(cut func(w *wordScan)) (list []string) {
	w := new(wordScan)
	cut(w)
	for i := range w.words {
		list = append(list, string(w.word(i)))
		if w.length(i) != utf8.RuneCountInString(list[i]) {
			list[i] += " has a wrong length"
		}
	}
	return list
}

func TestSplitSpaceIsStrSplit(t *testing.T) {
	for _, text := range append(slices.Collect(valuesOf(texts())), " a\u00a0b\u3000c\u2003d é\u1680f\u2028g\x1fh ", "\u2000") {
		got := splitWords(func(w *wordScan) { w.splitSpace([]byte(text)) })
		if want := strings.FieldsFunc(text, pythonSpace); !slices.Equal(got, want) {
			t.Errorf("%.50q: %.200q, want %.200q", text, got, want)
		}
	}
}

func valuesOf(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}

// The expectations are those of uniseg 0.7.2 and unicode-segmentation, without words that begin with no letter or number.
func TestSplitUnicode(t *testing.T) {
	for text, want := range map[string]string{
		"Hello, world! can't U.S.A. 3.14 foo_bar a.b 1,000 don’t": "Hello world can't U.S.A 3.14 foo_bar a.b 1,000 don’t",
		"_a 1a a1 a:b a--b a'' 'tis 1.a a.1 1;2 x_ a_.b":          "1a a1 a:b a b a tis 1 a a 1 1;2 x_ a_ b",
		"中文字 テスト ひらがな":                                            "中 文 字 テスト ひ ら が な",
		"😀👍🏽 é \r\n e\u0301":                                      "é e\u0301",
		"hello      world hello apple.... world":                  "hello world hello apple world",
		"²x ½ Ⅷ":                                                  "² x ½ Ⅷ",
	} {
		got := strings.Join(splitWords(func(w *wordScan) { w.splitUnicode([]byte(text)) }), " ")
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	w := new(wordScan)
	if runs := w.splitUnicode([]byte("one 2 \"three four! - ... é five\u00a0six")); runs != 5 {
		t.Errorf("%d runs begin with a letter or a number, want 5", runs)
	}
}

// slowGrams is gramFacts of n-grams in the obvious way.
func slowGrams(words []string, n int) (f gramFacts) {
	size := func(from, to int) (chars int) {
		for _, w := range words[from:to] {
			chars += utf8.RuneCountInString(w)
		}
		return chars
	}
	times, first := map[string]int{}, map[string]int{}
	gram := func(i int) string { return strings.Join(words[i:i+n], " ") }
	covered, again := make([]bool, len(words)), make([]bool, len(words))
	for i := 0; i+n <= len(words); i++ {
		if times[gram(i)]++; times[gram(i)] == 1 {
			first[gram(i)] = i
		}
		f.grams++
		f.all += size(i, i+n)
	}
	for i := 0; i+n <= len(words); i++ {
		g := gram(i)
		if times[g] > f.times {
			f.times, f.first = times[g], i
		}
		if times[g] > 1 {
			f.copies += size(i, i+n)
			for j := i; j < i+n; j++ {
				covered[j] = true
			}
			if first[g] < i {
				fresh := 0
				for j := i; j < i+n; j++ {
					if !again[j] {
						fresh++
						f.again += size(j, j+1)
					}
					again[j] = true
				}
				f.again += min(fresh, n-1)
			}
		}
	}
	for i := 0; i+n <= len(words); i++ {
		if times[gram(i)] == f.times && (f.times > 1 || i == 0) {
			f.longest = max(f.longest, size(i, i+n))
		}
	}
	for i, c := range covered {
		if c {
			f.covered += size(i, i+1)
		}
	}
	return f
}

func compareGrams(t *testing.T, w *wordScan, text string) {
	t.Helper()
	w.splitSpace([]byte(text))
	w.grams()
	words := strings.FieldsFunc(text, pythonSpace)
	for n := 2; n <= 10; n++ {
		if want := slowGrams(words, n); w.gram[n] != want {
			t.Errorf("%.80q, n = %d:\n got %+v\nwant %+v", text, n, w.gram[n], want)
		}
	}
}

func TestGramsAgreeWithTheSlowWay(t *testing.T) {
	w := new(wordScan)
	for _, text := range texts() {
		compareGrams(t, w, text)
	}
	for i, text := range prose(t) {
		if i%40 == 0 {
			compareGrams(t, w, text)
		}
	}
}

func FuzzGrams(f *testing.F) {
	f.Add("a b a b a b ab cd ab cd ab cd abc def abc def")
	f.Add("a a a a a a a a a a a a a a a")
	w := new(wordScan)
	f.Fuzz(func(t *testing.T, text string) {
		if utf8.ValidString(text) && len(text) < 1<<11 {
			compareGrams(t, w, text)
		}
	})
}

// fuzzStage holds a stage to what every rule promises on any bytes: the same fate twice, and valid UTF-8 if kept.
func fuzzStage(f *testing.F, build func() (quern.Stage, error), seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s), "en")
	}
	f.Add([]byte("caf\xe9 \x00\u202e1"), "zh")
	f.Fuzz(func(t *testing.T, text []byte, lang string) {
		if len(text) < 1<<13 {
			if err := quern.CheckStage(build, quern.Doc{Text: text, Lang: lang}); err != nil {
				t.Error(err)
			}
		}
	})
}

// allocsPerDoc is what a stage asks for in its steady state.
func allocsPerDoc(t *testing.T, s quern.Stage, texts ...string) {
	t.Helper()
	var docs []quern.Doc
	for _, text := range texts {
		docs = append(docs, quern.Doc{Text: []byte(text), Marks: make([]quern.Mark, 0, 200)})
	}
	var d quern.Doc
	run := func() {
		for i := range docs {
			d = docs[i]
			if _, err := s.Apply(&d); err != nil {
				t.Fatal(err)
			}
		}
	}
	run()
	if n := testing.AllocsPerRun(20, run); n != 0 {
		t.Errorf("%v allocations for %d documents, want none", n, len(docs))
	}
}

// marked gives one mark of a document.
func marked(t *testing.T, d *quern.Doc, name string) float64 {
	t.Helper()
	for _, m := range d.Marks {
		if m.Name == name {
			return m.Value
		}
	}
	t.Fatalf("no mark %s", name)
	return 0
}

// TestDialectsTakeLinearTime: a stage that is quadratic would take minutes on these.
func TestDialectsTakeLinearTime(t *testing.T) {
	const size = 1 << 18
	for _, name := range []string{"gopher@dolma", "gopher@dclm", "refinedweb_lines", "madlad", "fineweb2@en", "nemo", "redpajama2"} {
		r, dialect, _ := Find(name)
		s, err := r.Config(dialect).Stage()
		build(t, s, err)
		for _, unit := range []string{"a ", "a", "\n", "\n \n", " ", ".", ". ", "1.", "a.", "a b c d e f ", "#", "… ", "中", "中文\n", "é", "é:", "e\u0301",
			"\u0301\u0323", "\u2028", "http", "http://", "ki", "ms", "ps", " .", " x", "Sign-in", "items in cart ", "read more", "3 likes\n", "Σ",
			"\U0001F468\u200d", "\u05D0'\"", "\x00", "ไทย"} {
			d := &quern.Doc{Text: []byte(repeat(unit, size/len(unit))), Lang: "en"}
			start := time.Now()
			if _, err := s.Apply(d); err != nil {
				t.Errorf("%s on %q: %v", name, unit, err)
			}
			if took := time.Since(start); took > time.Minute {
				t.Errorf("%s on 256 KB of %q took %v", name, unit, took)
			}
		}
	}
}
