package tokenize

import (
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
	// what is no UTF-8 is a symbol, a byte each
	f("cl100k", "a\xff\xfeb", "a|\xff\xfe|b")
}

func TestMasksEqualScalar(t *testing.T) {
	for _, name := range Splits() {
		r := mustRule(t, name)
		rnd := testRand(7)
		for i := range 8000 {
			text := randomText(rnd, 1+rnd.IntN(400), i%2 == 0)
			if got, want := fastEnds(r, text), slowEnds(r, text); !slices.Equal(got, want) {
				t.Fatalf("%s: %q\n got %q\nwant %q", name, text, pieces(string(text), got), pieces(string(text), want))
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
			r := mustRule(t, name)
			if got, want := fastEnds(r, text), slowEnds(r, text); !slices.Equal(got, want) {
				t.Fatalf("%s: %q\n got %q\nwant %q", name, text, pieces(string(text), got), pieces(string(text), want))
			}
		}
	})
}

func TestUnknownSplit(t *testing.T) {
	if _, err := ruleByName("word"); err == nil || !strings.Contains(err.Error(), `"word"`) {
		t.Errorf("got %v, want an error that names the split", err)
	}
	for _, name := range Splits() {
		r := mustRule(t, name)
		if got, err := ruleByPatterns(r.patterns...); err != nil || got.name != name {
			t.Errorf("pattern of %s finds %v, %v", name, got, err)
		}
	}
}
