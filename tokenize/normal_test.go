package tokenize

import (
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestRestlessIsAllThereIs(t *testing.T) {
	for _, form := range []norm.Form{norm.NFC, norm.NFKC} {
		a := restlessAlphabet(form)
		for r := rune(0); r <= unicode.MaxRune; r++ {
			if !utf8.ValidRune(r) {
				continue
			}
			b := []byte(string(r))
			if got, want := a.restlessAt(b), restless(form, b); got != want {
				t.Fatalf("%v, %U: %v, want %v", form, r, got, want)
			}
		}
	}
}

func TestIsNormal(t *testing.T) {
	extra := []string{"e\u0301", "é", "é\u0323", "\u1100\u1161", "가\u11a8", "각", "ﬁ", "①", "Å", "\u0344", "क\u093c", "क़", "\u0f71\u0f72", "が", "か\u3099", "\u2126", "豈",
		"\u0e33", "\u0323\u0301", "\u0301\u0323", "\U0001d15e"}
	rnd := testRand(13)
	for i := range 20000 {
		text := randomText(rnd, rnd.IntN(150), i%2 == 0)
		for range rnd.IntN(4) {
			at := rnd.IntN(len(text) + 1)
			for !utf8.RuneStart(append(text, 0)[at]) {
				at--
			}
			text = append(text[:at:at], append([]byte(extra[rnd.IntN(len(extra))]), text[at:]...)...)
		}
		for _, form := range []norm.Form{norm.NFC, norm.NFKC, norm.NFD} {
			if i%3 == 0 {
				text = form.Bytes(text)
			}
			want := form.IsNormal(text)
			eachKind(func(kind string) {
				if got := isNormal(form, text); got != want {
					t.Fatalf("%s, form %v: %q: %v, want %v", kind, form, text, got, want)
				}
			})
		}
	}
}
