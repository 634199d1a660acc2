package tokenize

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func mustRule(t testing.TB, name string) *rule {
	t.Helper()
	r, err := ruleByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// slowEnds is the scalar split.
func slowEnds(r *rule, text []byte) (ends []int) {
	for i := 0; i < len(text); {
		i = r.next(text, i)
		ends = append(ends, i)
	}
	return ends
}

func fastEnds(r *rule, text []byte) (all []int) {
	var ends [batch + 64]int
	for pos := 0; pos < len(text); {
		next, n := r.split(text, pos, &ends)
		all = append(all, ends[:n]...)
		pos = next
	}
	return all
}

func pieces(text string, ends []int) string {
	var p []string
	from := 0
	for _, e := range ends {
		p = append(p, text[from:e])
		from = e
	}
	return strings.Join(p, "|")
}

func TestSplitRules(t *testing.T) {
	f := func(rule, text, want string) {
		t.Helper()
		if got := pieces(text, slowEnds(mustRule(t, rule), []byte(text))); got != want {
			t.Errorf("%s: %q\n got %q\nwant %q", rule, text, got, want)
		}
	}
	// words take a space, or any one symbol, with them
	f("gpt2", "Hello, big world!", "Hello|,| big| world|!")
	f("cl100k", "Hello, big(world)", "Hello|,| big|(world|)")
	// contractions
	f("gpt2", "it's IT'S we'll", "it|'s| IT|'|S| we|'ll")
	f("cl100k", "it's IT'S we'll x'ſ", "it|'s| IT|'S| we|'ll| x|'ſ")
	f("o200k", "it's IT'S we'll", "it's| IT'S| we'll")
	// digits
	f("gpt2", "in 12345 ½", "in| 12345| ½")
	f("cl100k", "in 12345", "in| |123|45")
	f("qwen2", "in 123", "in| |1|2|3")
	// white space
	f("gpt2", "a  b\n\n  c  ", "a| | b|\n\n | c|  ")
	f("cl100k", "a  b\n\n  c  \n ", "a| | b|\n\n| | c|  \n| ")
	f("cl100k", "x\u00a0y\u3000\u3000z", "x|\u00a0y|\u3000|\u3000z")
	// symbols take line breaks, in o200k slashes too
	f("cl100k", "if {\r\n\treturn", "if| {\r\n|\treturn")
	f("o200k", "a;\n// b", "a|;\n//| b")
	f("cl100k", "a;\n// b", "a|;\n|//| b")
	// o200k cuts where the case rises
	f("o200k", "HTMLParser camelCase ABC", "HTMLParser| camel|Case| ABC")
	f("cl100k", "HTMLParser camelCase", "HTMLParser| camelCase")
	f("o200k", "e\u0301a中文Ab", "e\u0301a中文|Ab")
	f("o200k", "中A 中Ab 中文AB! a中A", "中|A| 中Ab| 中文|AB|!| a中|A")
	f("o200k", "x's中Ab x's't'sA", "x's|中Ab| x's|'t's|A")
	// marks are symbols, but letters in o200k where no two symbols, or one and a space, are before them
	f("cl100k", "e\u0301a", "e|\u0301a")
	f("o200k", "!\u0301a !!\u0301a (\u0301a", "!\u0301a| !!\u0301|a| (\u0301|a")
	f("o200k", "a;\n/\u0301b", "a|;\n/|\u0301b")
	f("qwen3.5", "e\u0301a !\u0301a it's 12", "e\u0301a| !|\u0301a| it|'s| |1|2")
	f("tekken", "HTMLParser it's !\u0301a;\n/ 12", "HTMLParser| it|'s| !\u0301|a|;\n/| |1|2")
	// DeepSeek cuts numbers, and Chinese and Japanese, out first: nothing joins them
	f("deepseek", "in 12345  7", "in| |123|45|  |7")
	f("deepseek", "a  中文 b、ア・イ!\n", "a|  |中文| b|、|ア|・|イ|!\n")
	f("deepseek", "(abc (abc ((abc (é x.comé", "(abc| (|abc| ((|abc| (|é| x|.com|é")
	f("deepseek", "e\u0301a \u0301 it's", "e\u0301a| \u0301| it|'s")
	f("deepseek", "\x00\x01\x02a \x00 \x001", "\x00\x01|\x02a| |\x00| |\x00|1")
	f("deepseek", "ア\u3099 龥龦", "ア\u3099| |龥|龦")
	// what is no UTF-8 is a symbol, a byte each: as many U+FFFD would be
	f("gpt2", "a\xff\xfeb \xe4\xb8", "a|\xff\xfe|b| \xe4\xb8")
	f("cl100k", "a\xff\xfeb", "a|\xff\xfe|b")
	f("cl100k", "a\xffb \xed\xa0\x80c", "a|\xffb| \xed\xa0\x80|c")
	f("o200k", "a\xc0\xafb\xf4\x90\x80\x80", "a|\xc0\xaf|b|\xf4\x90\x80\x80")
	f("deepseek", "a\xffb\xe4\xb8\n", "a|\xff|b|\xe4\xb8\n")
}

func TestMasksEqualScalar(t *testing.T) {
	for _, name := range Splits() {
		r := mustRule(t, name)
		rnd := testRand(7)
		for i := range 2000 {
			equalSplits(t, r, randomText(rnd, 1+rnd.IntN(400), i%2 == 0))
		}
	}
}

// equalSplits holds the masks of each kind to the scalar split.
func equalSplits(t *testing.T, r *rule, text []byte) {
	t.Helper()
	want := slowEnds(r, text)
	eachKind(func(kind string) {
		if got := fastEnds(r, text); !slices.Equal(got, want) {
			t.Fatalf("%s, %s: %q\n got %q\nwant %q", r.name, kind, text, pieces(string(text), got), pieces(string(text), want))
		}
	})
}

// TestMasksAtEdges moves short traps over the edges of windows, behind letters, symbols, spaces and numbers and before all kinds of ends.
func TestMasksAtEdges(t *testing.T) {
	traps := []string{"'s", "x's", "x'll!", "'ſa", "x'ſ", " 's", "\n", " \n ", "  ", "\u3000 ", "!\n", ";\n/", "/\n//a", "中A", "aB", "a中B", "\u0301A", "!\u0301",
		"12345", "٣٤٥٦", "(a", "(é", "\x00\x00a", "、ア", "  中", "é", "中", "😀", "\xe4\xb8", "\xf0\x9f\x98"}
	for _, name := range Splits() {
		r := mustRule(t, name)
		for _, fill := range []string{"a", "中", "!", " ", "1"} {
			for _, trap := range traps {
				for n := 54; n < 66; n++ {
					for _, end := range []string{"", "\n", "中", "A much longer rest of more than sixty-four bytes, so that no window sees its end."} {
						before := strings.Repeat(fill, n)[:n]
						equalSplits(t, r, []byte("x "+before+trap+end))
					}
				}
			}
		}
	}
}

// TestScalarEqualsPatterns holds the scalar split to the patterns themselves.
func TestScalarEqualsPatterns(t *testing.T) {
	for _, name := range Splits() {
		r := mustRule(t, name)
		var all cutters
		for _, p := range r.patterns {
			m, err := newRegex(p)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, splitter{m, isolated, false})
		}
		rnd := testRand(5)
		for range 600 {
			// The engine does not fold ſ.
			text := strings.ReplaceAll(string(randomText(rnd, 1+rnd.IntN(200), true)), "'ſ", "'s")
			cut, err := all.cut(nil, newAligned([]byte(text), false))
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, p := range cut {
				want = append(want, string(p.text))
			}
			if got := pieces(text, slowEnds(r, []byte(text))); got != strings.Join(want, "|") {
				t.Fatalf("%s: %q\n got %q\nwant %q", name, text, got, strings.Join(want, "|"))
			}
		}
	}
}

func TestSplitDoesNotAllocate(t *testing.T) {
	text := randomText(testRand(2), 4000, false)
	for _, name := range Splits() {
		r := mustRule(t, name)
		var ends [batch + 64]int
		if n := testing.AllocsPerRun(10, func() {
			for pos := 0; pos < len(text); {
				pos, _ = r.split(text, pos, &ends)
			}
		}); n != 0 {
			t.Errorf("%s: %g allocations", name, n)
		}
	}
}

// TestKnownSplits reads the patterns of the rules as files spell them: one Split or several, isolated or by what they leave, line breaks
// escaped or not.
func TestKnownSplits(t *testing.T) {
	for _, name := range Splits() {
		r := mustRule(t, name)
		isolated := string(render(r, nil, nil, nil, false))
		removed := strings.ReplaceAll(isolated, `"behavior": "Isolated", "invert": false`, `"behavior": "Removed", "invert": true`)
		raw := strings.ReplaceAll(isolated, `\\r\\n`, `\r\n`)
		escaped := strings.ReplaceAll(isolated, `^\r\n`, `^\\r\\n`)
		files := []string{isolated, raw, escaped}
		if len(r.patterns) == 1 {
			files = append(files, removed)
		}
		for _, file := range files {
			file = strings.Replace(file, `"added_tokens": [`, `"added_tokens": [{"id": 256, "content": "<|endoftext|>", "special": true},
				{"id": 257, "content": "<ordinary>", "special": false}`, 1)
			vocab := make([]string, 256)
			for b := range vocab {
				vocab[b] = fmt.Sprintf("%s: %d", quote(string(byteLevel[b])), b)
			}
			file = strings.Replace(file, `"vocab": {`, `"vocab": {`+strings.Join(vocab, ","), 1)
			for _, form := range []string{`null`, `{"type": "NFC"}`, `{"type": "NFKC"}`, `{"type": "Sequence", "normalizers": []}`} {
				k, err := Parse([]byte(strings.Replace(file, `"normalizer": null`, `"normalizer": `+form, 1)))
				if err != nil {
					t.Fatal(err)
				}
				if !k.Fast() || k.rule.name != name {
					t.Errorf("%s: fast is %v by rule %v, normalizer %s", name, k.Fast(), k.rule, form)
				}
			}
		}
	}
}

func FuzzSplit(f *testing.F) {
	rnd := testRand(11)
	for range 8 {
		f.Add(randomText(rnd, 300, false))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, name := range Splits() {
			equalSplits(t, mustRule(t, name), text)
		}
	})
}

func TestUnknownSplit(t *testing.T) {
	if _, err := ruleByName("word"); err == nil || !strings.Contains(err.Error(), `"word"`) {
		t.Errorf("got %v, want an error that names the split", err)
	}
	for _, name := range Splits() {
		r := mustRule(t, name)
		if got, err := ruleByPattern(r.patterns...); err != nil || got.name != name {
			t.Errorf("pattern of %s finds %v, %v", name, got, err)
		}
	}
}
