package minhash

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// simplifyOracle is own simplification, rune by rune and word by word.
func simplifyOracle(text string) string {
	var words []string
	word := ""
	flush := func() {
		if word != "" {
			words = append(words, word)
		}
		word = ""
	}
	runes := []rune(text) // broken bytes become U+FFFD, a symbol
	digits := func(i int) int {
		for i < len(runes) && unicode.Is(unicode.Nd, runes[i]) {
			i++
		}
		return i
	}
	for i := 0; i < len(runes); i++ {
		r := lower(runes[i])
		switch {
		case unicode.Is(unicode.Nd, r):
			word += "0"
			i = digits(i)
			if i+1 < len(runes) && runes[i] == '.' && unicode.Is(unicode.Nd, runes[i+1]) {
				i = digits(i + 1)
			}
			i--
		case unicode.IsSpace(r) || unicode.IsControl(r) || unicode.IsPunct(r) || unicode.IsSymbol(r):
			flush()
		case unicode.In(r, unicode.Mn, unicode.Cf):
		default:
			bare := decompose(r)
			if len(bare) == 1 && isAlone(bare[0]) {
				flush()
				words = append(words, string(bare))
			} else {
				word += string(bare)
			}
		}
	}
	flush()
	return strings.Join(words, " ")
}

// collapseOracle is what the exact hash is of.
func collapseOracle(text string, spaces, anyCase bool) string {
	if spaces {
		text = strings.Join(strings.Fields(text), " ")
	}
	if !anyCase {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		if _, size := utf8.DecodeRuneInString(text[i:]); r == utf8.RuneError && size == 1 {
			b.WriteByte(text[i])
		} else {
			b.WriteRune(lower(r))
		}
	}
	return b.String()
}

func TestAgainstOracles(t *testing.T) {
	s, err := New(Options{Shingle: 1, Bands: 1, Rows: 1})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(21, 22))
	var d Digester
	for n := range 600 {
		text := randomText(r, n)
		widths(func(w int) {
			s.Shingles(text)
			if got, want := strings.TrimSuffix(string(s.words.buf[:s.words.n]), " "), simplifyOracle(string(text)); got != want {
				t.Fatalf("width %d: %q is simplified to %q, want %q", w, text, got, want)
			}
			if s.words.count != len(strings.Fields(string(s.words.buf[:s.words.n]))) {
				t.Fatalf("width %d: %q: %d words", w, text, s.words.count)
			}
			for i := 1; i < 4; i++ {
				got, want := string(d.collapse(text, i&1 != 0, i&2 != 0)), collapseOracle(string(text), i&1 != 0, i&2 != 0)
				if got != want {
					t.Fatalf("width %d: %q is collapsed to %q, want %q", w, text, got, want)
				}
			}
		})
	}
}
