package minhash

import (
	"slices"
	"strings"
	"testing"
)

func simplified(t *testing.T, o Options, text string) string {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Shingles([]byte(text))
	return strings.TrimSuffix(string(s.words.buf[:s.words.n]), " ")
}

func TestSimplify(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		widths(func(w int) {
			if got := simplified(t, Options{Shingle: 1, Bands: 1, Rows: 1}, text); got != want {
				t.Errorf("width %d: %q: got %q, want %q", w, text, got, want)
			}
		})
	}
	f("", "")
	f(" \t\n", "")
	f("The quick brown fox jumps over the lazy dog, and runs 12 miles away!", "the quick brown fox jumps over the lazy dog and runs 0 miles away")
	f("Café NAÏVE  1,234.5 e.g. ＡＢＣ", "cafe naive 0 0 e g ａｂｃ")
	f("١٢٣ and 3.14", "0 and 0")
	f("|$17.56||1|\n|$15.37||2599|", "0 0 0 0")
	f("1.2.3", "0 0")
	f("1.2.3.4 1.2.3.4.5", "0 0 0 0 0")
	f("7.", "0")
	f("snake_case a+b", "snake case a b")
	f("漢字かなabc", "漢 字 か な abc")
	f("한국어", "\u1112\u1161\u11ab\u1100\u116e\u11a8\u110b\u1165") // Hangul is taken apart into its letters
	f("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth")
	f("a\u2028b", "a b")
	f("𝒳𐐀", "𝒳𐐨") // beyond the basic plane
	f("\U0002F800", "丽")
	f("a\xffb", "a b")
	f(strings.Repeat("9", 200)+".5 x", "0 x")
}

// What datatrove 0.10 makes of the same; TestPeerSignatures holds whole signatures against it.
func TestSimplifyDatatrove(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		widths(func(w int) {
			if got := simplified(t, Options{Shingle: 1, Bands: 1, Rows: 1, Family: Datatrove}, text); got != want {
				t.Errorf("width %d: %q: got %q, want %q", w, text, got, want)
			}
		})
	}
	f("The quick brown fox jumps over the lazy dog, and runs 12 miles away!", "the quick brown fox jumps over the lazy dog and runs 0 miles away")
	f("Café NAÏVE  1,234.5 e.g. ＡＢＣ", "cafe naive 0 0 e g ａｂｃ")
	f("١٢٣ and 3.14", "0 and 0")
	f("|$17.56||1|\n|$15.37||2599|", "0 0 0 0")
	f("1,234", "0") // the comma is a point of numbers
	f("١٫٥ 1،5", "0 0")
	f("© a·b €5", "© a·b €0") // symbols stay
	f("ΟΔΟΣ ΣΟΣ Σ ΑΣΑ", "οδος σος σ ασα")
	f("漢字かな", "漢字かな")
	f("İstanbul", "istanbul")
}

func TestEnglish(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		widths(func(w int) {
			if got := simplified(t, Options{Shingle: 1, Bands: 1, Rows: 1, Family: Datatrove, English: true}, text); got != want {
				t.Errorf("width %d: %q: got %q, want %q", w, text, got, want)
			}
		})
	}
	f("I cannot wont", "i can not wo nt")
	f("don't dont", "don t do nt")
	f("a shouldntve b", "a should nt ve b")
	f("12km 3.5kg x7mph 5min", "0 km 0 kg x0 mph 0min")
	f("wed", "we d")
	f("nothing to cut here", "nothing to cut here")
	f("cantve cantv", "ca nt ve cantv")
	n := 0
	for apart := range strings.SplitSeq(contractions, ",") {
		apart = strings.Join(strings.Fields(apart), " ")
		f(strings.ReplaceAll(apart, " ", ""), apart)
		n++
	}
	if n != 151 {
		t.Errorf("%d contractions, spaCy has 151", n)
	}
}

func TestShingles(t *testing.T) {
	tokens := func(dst []uint32, text []byte) []uint32 {
		for _, c := range text {
			dst = append(dst, uint32(c))
		}
		return dst
	}
	f := func(o Options, text string, want int) {
		t.Helper()
		o.Bands, o.Rows = 2, 2
		s, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(s.Shingles([]byte(text))); got != want {
			t.Errorf("%+v: %q: %d shingles, want %d", o, text, got, want)
		}
	}
	for _, o := range []Options{{Shingle: 5}, {Shingle: 5, Hash: XXH64}, {Shingle: 5, Hash: SHA1}, {Shingle: 5, Family: Datatrove}} {
		f(o, "", 0)
		f(o, "a b c d", 0)
		f(o, "a b c d e", 1)
		f(o, "a b c d e f", 2)
	}
	f(Options{Shingle: 1}, "", 0)
	f(Options{Shingle: 64}, strings.Repeat("w ", 64), 1)
	f(Options{Shingle: 3, Unit: Chars}, " a \n b ", 1)
	f(Options{Shingle: 4, Unit: Chars}, " a \n b ", 0)
	f(Options{Shingle: 2, Unit: Chars}, "漢字か", 2)
	f(Options{Shingle: 2, Unit: Chars}, "\xff\xfe\xfd", 2)
	f(Options{Shingle: 2, Unit: Tokens, Tokens: tokens}, "abc", 2)
	f(Options{Shingle: 2, Unit: Tokens, Tokens: tokens}, "a", 0)

	same := func(o Options, a, b string, want bool) {
		t.Helper()
		o.Bands, o.Rows = 2, 2
		s, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		x := slices.Clone(s.Shingles([]byte(a)))
		if got := slices.Equal(x, s.Shingles([]byte(b))); got != want {
			t.Errorf("%+v: %q and %q: equal hashes %v, want %v", o, a, b, got, want)
		}
	}
	for _, h := range []Hash{Rolled, XXH64, SHA1} {
		o := Options{Shingle: 3, Hash: h}
		same(o, "A, b: C!", "a b c", true)
		same(o, "a b c", "a c b", false)
		same(o, "ab c d", "a bc d", false)
		same(o, "antidisestablishmentarianism b c", "antidisestablishmentarianist b c", false)
		same(o, "antidisestablishmentar b c", "antidisestablishmentarianism b c", false)
	}
	same(Options{Shingle: 2, Unit: Chars}, "Ab  c", "aB\nC", true)
	same(Options{Shingle: 2, Unit: Chars}, "a,b", "a;b", false)
	same(Options{Shingle: 1, Unit: Chars}, "\xff", "\xfe", false)
}

// The sliding hash of runs of characters is the one that each run gives alone.
func TestSlide(t *testing.T) {
	s, err := New(Options{Unit: Chars, Shingle: 24, Bands: 1, Rows: 1})
	if err != nil {
		t.Fatal(err)
	}
	text := "the quick brown fox jumps over the lazy dog and runs away from it"
	x := slices.Clone(s.Shingles([]byte(text)))
	for i, want := range x {
		if strings.TrimSpace(text[i:i+24]) != text[i:i+24] {
			continue // alone it would be trimmed
		}
		if got := s.Shingles([]byte(text[i : i+24])); len(got) != 1 || got[0] != want {
			t.Errorf("run %d: %x, alone %x", i, want, got)
		}
	}
}

func TestDigest(t *testing.T) {
	f := func(spaces, fold bool, a, b string, want bool) {
		t.Helper()
		pad := strings.Repeat("some words that are long enough for the kernels ", 3)
		for _, pad := range []string{"", pad} {
			widths(func(w int) {
				var d Digester
				x := d.Digest128([]byte(pad+a+pad), spaces, fold)
				if got := x == d.Digest128([]byte(pad+b+pad), spaces, fold); got != want {
					t.Errorf("width %d, spaces %v, fold %v: %q = %q is %v, want %v", w, spaces, fold, pad+a+pad, pad+b+pad, got, want)
				}
			})
		}
	}
	f(false, false, "a b", "a b", true)
	f(false, false, "a b", "a  b", false)
	f(true, false, "x a\t\nb\u00a0c ", "x a b c ", true)
	f(true, false, "ab", "a b", false)
	f(true, false, "a\u0085\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000b", "a b", true)
	f(true, false, "a\u200bb", "a b", false)
	f(true, false, "a\u2010b", "a b", false)
	f(true, false, "a、b", "a b", false)
	f(true, false, "a + 1", "a - 1", false) // source code: signs and numbers count
	f(true, false, "A", "a", false)
	f(false, true, "Straße ΣΑΣ", "STRAßE σας", true)
	f(false, true, "a b", "a  b", false)
	f(false, true, "[@Z", "{`z", false)
	f(true, true, "A\n\nb\xff", "a b\xff", true)
	f(false, true, "\xff", "\xfe", false) // broken bytes are not made alike
	f(false, true, "\U00010400", "\U00010428", true)

	var d Digester
	for _, s := range []string{" a b", "a b ", "\n\na\tb\n\n", "\u3000a b\u3000"} {
		if d.Digest128([]byte(s), true, false) != d.Digest128([]byte("a b"), true, false) {
			t.Errorf("%q: white space at the ends counts", s)
		}
	}
	if d.Digest128(nil, true, false) != d.Digest128([]byte(" \n"), true, false) {
		t.Error("a text of white space is not the empty one")
	}
}
