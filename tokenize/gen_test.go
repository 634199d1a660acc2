package tokenize

import (
	"math/rand/v2"
	"strings"
	"unicode/utf8"
)

// atoms are the traps that random texts are made of.
var atoms = []string{" ", "  ", "\n", "\r\n", "\t", "'", "'s", "'S", "'ll", "'LL", "'re", "'Ve", "'d", "'lx", "/", "//", "\n/", "!", "?!", "...",
	"a", "b", "A", "B", "word", "Word", "WORD", "1", "12", "1234567", "é", "É", "ß", "ſ", "'ſ", "ж", "Ж", "中", "中文", "文A", "ǅ", "ʰ", "ª",
	"\u0301", "\u0300a", "\u00a0", "\u3000", "\u2028", "\u0085", "—", "“", "”", "€", "😀", "👩\u200d🚀", "٣", "½", "Ⅷ", "が", "カ", "한", "ไ",
	"\x00", "\x1b\x7f", "\u200d", "\u0378", "\u3040", "\u30a0", "・", "が\u3099", "龥", "龦", "㐀", "𠀀", "𝔸", "𝟙", "\U000e0100", "\u180e", "(é", "[aé",
	"ا\u064b", "ไม้", "x's't's", "I'LLb", "aX", "{", "}", "(", ")", "\"", "_", "=", "   \n", "\n   \n  ", "<|endoftext|>", "<|im_start|>",
	"\xff", "\xe4\xb8", "\xf0\x9f", "\xed\xa0\x80", "\xc0\xaf"}

// randomText makes a text of about n bytes, of valid UTF-8 if valid is set.
func randomText(r *rand.Rand, n int, valid bool) []byte {
	var b []byte
	for len(b) < n {
		s := atoms[r.IntN(len(atoms))]
		if valid && !utf8.ValidString(s) {
			continue
		}
		times := 1
		if r.IntN(8) == 0 {
			times = r.IntN(20)
		}
		b = append(b, strings.Repeat(s, times)...)
		if r.IntN(3) == 0 {
			b = append(b, [...]string{"the", " quick", " Brown", "fox", "ing"}[r.IntN(5)]...)
		}
	}
	return b
}

func testRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }
