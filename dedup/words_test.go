package dedup

import (
	"strings"
	"testing"
)

func TestSimplify(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		var w words
		w.simplify([]byte(text))
		if got := strings.TrimSuffix(string(w.buf), " "); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	f("", "")
	f(" \t\n", "")
	f("The quick brown fox jumps over the lazy dog, and runs 12 miles away!", "the quick brown fox jumps over the lazy dog and runs 0 miles away")
	f("Café NAÏVE  1,234.5 e.g. ＡＢＣ", "cafe naive 0 0 e g ａｂｃ")
	f("١٢٣ and 3.14", "0 and 0")
	f("|$17.56||1|\n|$15.37||2599|", "0 0 0 0")
	f("1.2.3", "0 0")
	f("7.", "0")
	f("snake_case a+b", "snake case a b")
	f("漢字かなabc", "漢 字 か な abc")
	f("한국어", "\u1112\u1161\u11ab\u1100\u116e\u11a8\u110b\u1165") // Hangul is taken apart into its letters
	f("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth")
	f("a\u2028b", "a b")
	f("𝒳𐐀", "𝒳𐐨") // beyond the basic plane
}

func TestShingles(t *testing.T) {
	f := func(text string, k, want int) {
		t.Helper()
		var w words
		if got := len(w.shingles([]byte(text), k)); got != want {
			t.Errorf("%q: %d shingles of %d words, want %d", text, got, k, want)
		}
	}
	f("", 1, 0)
	f("a b c d", 5, 0)
	f("a b c d e", 5, 1)
	f("a b c d e f", 5, 2)
	var w words
	same := func(a, b string, want bool) {
		t.Helper()
		x := w.shingles([]byte(a), 3)[0]
		y := w.shingles([]byte(b), 3)[0]
		if (x == y) != want {
			t.Errorf("%q and %q: equal hashes %v, want %v", a, b, x == y, want)
		}
	}
	same("A, b: C!", "a b c", true)
	same("a b c", "a c b", false)
	same("ab c d", "a bc d", false)
}

func TestExactHash(t *testing.T) {
	f := func(e Exact, a, b string, want bool) {
		t.Helper()
		var w words
		if got := w.digest128([]byte(a), e) == w.digest128([]byte(b), e); got != want {
			t.Errorf("%+v: %q = %q is %v, want %v", e, a, b, got, want)
		}
	}
	f(Exact{}, "a b", "a b", true)
	f(Exact{}, "a b", "a  b", false)
	f(DefaultExact(), " a\t\nb\u00a0c ", "a b c", true)
	f(DefaultExact(), "ab", "a b", false)
	f(DefaultExact(), "a + 1", "a - 1", false) // source code: signs and numbers count
	f(DefaultExact(), "A", "a", false)
	f(Exact{Case: true}, "Straße ΣΑΣ", "STRAßE σας", true)
	f(Exact{Case: true}, "a b", "a  b", false)
	f(Exact{Case: true, Spaces: true}, "A\n\nb\xff", "a b\xff", true)
	f(Exact{Case: true}, "\xff", "\xfe", false) // broken bytes are not made alike
}
