package tokenize

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

var forms = []norm.Form{norm.NFC, norm.NFD, norm.NFKC, norm.NFKD}

func TestRestlessIsAllThereIs(t *testing.T) {
	for _, form := range forms {
		a := restlessAlphabet(form)
		for r := rune(0); r <= unicode.MaxRune; r++ {
			if !utf8.ValidRune(r) {
				continue
			}
			b := []byte(string(r))
			if got, want := a.restlessAt(b), restless(form, b); got != want {
				t.Fatalf("form %v, %U: %v, want %v", form, r, got, want)
			}
		}
	}
}

func TestIsNormal(t *testing.T) {
	extra := []string{"e\u0301", "é", "é\u0323", "\u1100\u1161", "가\u11a8", "각", "ﬁ", "①", "Å", "\u0344", "क\u093c", "क़", "\u0f71\u0f72", "が", "か\u3099", "\u2126", "豈",
		"\u0e33", "\u0323\u0301", "\u0301\u0323", "\U0001d15e"}
	rnd := testRand(13)
	for i := range 6000 {
		text := randomText(rnd, rnd.IntN(150), i%2 == 0)
		for range rnd.IntN(4) {
			at := rnd.IntN(len(text) + 1)
			for !utf8.RuneStart(append(text, 0)[at]) {
				at--
			}
			text = append(text[:at:at], append([]byte(extra[rnd.IntN(len(extra))]), text[at:]...)...)
		}
		for _, form := range forms {
			if i%3 == 0 {
				text = form.Bytes(text)
			}
			want := form.IsNormal(text)
			eachKind(func(kind string) {
				if got := isNormal(form, text); got != want {
					t.Fatalf("%s, form %v: %q: %v, want %v", kind, form, text, got, want)
				}
				if got := appendNormal(form, nil, text); !bytes.Equal(got, form.Bytes(text)) {
					t.Fatalf("%s, form %v: %q\n got %q\nwant %q", kind, form, text, got, form.Bytes(text))
				}
			})
		}
	}
}

func TestLongFormsEqualGo(t *testing.T) {
	marks := []string{"a", "e", "q", "\u0301", "\u0323", "\u0334", "\u0315", "é", "ǭ", "\u0344", "ﬁ", "가", "\u1100", "\u1161", "\u11a8", "क", "\u093c", "\u094d", "①"}
	rnd := testRand(17)
	for range 6000 {
		var text []byte
		for range 1 + rnd.IntN(25) {
			text = append(text, marks[rnd.IntN(len(marks))]...)
		}
		for _, form := range forms {
			if got := appendLong(form, nil, text); !bytes.Equal(got, form.Bytes(text)) {
				t.Fatalf("form %v: %q\n got %q\nwant %q", form, text, got, form.Bytes(text))
			}
		}
	}
}

// TestFormsOfPeer has what Hugging Face's library gives where Go's package gives something else.
func TestFormsOfPeer(t *testing.T) {
	f := func(form norm.Form, text, want string) {
		t.Helper()
		u := unicodeForm{form}
		if got := string(appendNormal(form, nil, []byte(text))); got != want {
			t.Errorf("form %v: %q is %q, want %q", form, text, got, want)
		}
		if got := isNormal(form, []byte(text)); got && text != want {
			t.Errorf("form %v: %q is called normal", form, text)
		}
		if a, err := u.normalize(newAligned([]byte(text), true)); err != nil || string(a.text) != want {
			t.Errorf("form %v: %q is %q, %v in parts, want %q", form, text, a.text, err, want)
		}
	}
	// newer than Unicode 9
	f(norm.NFC, "a\u0315\u0898\u0334", "a\u0315\u0898\u0334")
	f(norm.NFC, "a\u0315\u0334", "a\u0334\u0315")
	f(norm.NFC, "\u0898\u0315\u0334", "\u0898\u0334\u0315")
	f(norm.NFKC, "\u32ff\U0001e030①", "\u32ff\U0001e0301")
	f(norm.NFD, "\U00011938é", "\U00011938e\u0301")
	f(norm.NFC, "\U00011935\U00011930", "\U00011935\U00011930")
	// more marks on a letter than Go's package has together
	f(norm.NFC, "e"+strings.Repeat("\u0323\u0301", 40), "ẹ"+strings.Repeat("\u0323", 39)+strings.Repeat("\u0301", 40))
	f(norm.NFC, "e"+strings.Repeat("\u0301", 40), "é"+strings.Repeat("\u0301", 39))
}
