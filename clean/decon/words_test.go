package decon

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// wordsOf cuts a text and gives the words as they stand in it.
func wordsOf(text string) []string {
	var w wordList
	w.split([]byte(text))
	out := []string{}
	for i := range w.hash {
		out = append(out, text[w.from[i]:w.to[i]])
	}
	return out
}

func TestWords(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"  ...  ", ""},
		{"Hello, World-wide 2x+5=15!", "Hello World wide 2x 5 15"},
		{"Earth's Earth’s", "Earth s Earth s"},
		{"café naïve—dash", "café naïve dash"},
		{"cafe\u0301 so\u00adft zero\u200bwidth", "cafe\u0301 so\u00adft zero\u200bwidth"},
		{"“quoted” … end", "quoted end"},
		{"中文，和ABC漢字kana かな", "中 文 和 ABC 漢 字 kana か な"},
		{"ไทย", "ไ ท ย"},
		{"Привет, МИР", "Привет МИР"},
		{"한국어 문장", "한국어 문장"},
		{"x\xffy \xe4\xb8z", "x y z"},
		{"a😀b 𠀀𠀁", "a b 𠀀 𠀁"},
		{strings.Repeat("long", 20) + " b", strings.Repeat("long", 20) + " b"},
	} {
		if got := strings.Join(wordsOf(c.text), " "); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

// What does not count must not change the identity of words, what counts must.
func TestIdentityOfWords(t *testing.T) {
	hashes := func(s string) []uint64 {
		var w wordList
		w.split([]byte(s))
		return slices.Clone(w.hash)
	}
	for _, same := range [][2]string{
		{"HELLO World", "hello, wORLD"}, {"Café", "cafe"}, {"cafe\u0301", "CAFÉ"}, {"ＡＢＣ１", "abc1"}, {"Ünïcödé", "unicode"}, {"ΑΘΗΝΑ", "αθηνα"},
		{"extraordinarily", "EXTRAORDINARILY"}, {"extraordinarily", "extraordinärily"}, {"soft\u00adly", "softly"}, {"中文", "中 文"}, {"が", "か"}, {"eightlet", "EIGHTLET"},
		{"eightlét", "eightlet"}, {"sixteen-letters", "sixteen letters"}, {"abcdefghijklmnop", "abcdefghíjklmnop"},
	} {
		if !slices.Equal(hashes(same[0]), hashes(same[1])) {
			t.Errorf("%q and %q differ", same[0], same[1])
		}
	}
	for _, other := range [][2]string{{"a", "b"}, {"ab", "a b"}, {"1000", "1,000"}, {"中", "文"}, {"abcdefgh", "abcdefghi"}, {"aaaaaaaa", "aaaaaaaaaaaaaaaa"}, {"о", "o"}, {"ø", "o"}} {
		if slices.Equal(hashes(other[0]), hashes(other[1])) {
			t.Errorf("%q and %q are the same", other[0], other[1])
		}
	}
}

// slowWords says the same of a text one character after the other.
func slowWords(text string) (words []string) {
	word := ""
	end := func() {
		if word != "" {
			words = append(words, word)
		}
		word = ""
	}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r < utf8.RuneSelf:
			if r|0x20 >= 'a' && r|0x20 <= 'z' || r >= '0' && r <= '9' {
				word += string(r | 0x20)
			} else {
				end()
			}
		default:
			switch f := foldOf(folds(), r); {
			case f == foldApart:
				end()
			case f == foldSkip:
			case aloneRune(f):
				end()
				word = string(f)
				end()
			default:
				word += string(f)
			}
		}
		i += n
	}
	end()
	return words
}

func checkWords(t *testing.T, w *wordList, text string) {
	t.Helper()
	w.split([]byte(text))
	want := slowWords(text)
	if len(want) != len(w.hash) || len(w.from) != len(w.hash) || len(w.to) != len(w.hash) {
		t.Fatalf("%q: %d words (%d, %d), want %q", text, len(w.hash), len(w.from), len(w.to), want)
	}
	last := uint32(0)
	for i, word := range want {
		if w.hash[i] != hashFolded([]byte(word)) {
			t.Fatalf("%q: word %d is not %q", text, i, word)
		}
		if w.from[i] < last || w.to[i] <= w.from[i] || int(w.to[i]) > len(text) {
			t.Fatalf("%q: word %d is at [%d, %d)", text, i, w.from[i], w.to[i])
		}
		last = w.to[i]
		if again := slowWords(text[w.from[i]:w.to[i]]); len(again) != 1 || again[0] != word {
			t.Fatalf("%q: word %d, %q, stands at %q", text, i, word, text[w.from[i]:w.to[i]])
		}
	}
}

func TestWordsOfEveryLengthAndPlace(t *testing.T) {
	var w wordList
	for n := range 70 {
		for pad := range 9 {
			checkWords(t, &w, strings.Repeat(" ", pad)+strings.Repeat("x", n)+" é"+strings.Repeat("-", pad)+strings.Repeat("Y", n)+"中"+strings.Repeat("z", n))
		}
	}
}

func FuzzWords(f *testing.F) {
	for _, s := range []string{"Hello, World", "e\u0301\u00ad中a文", "\xe4\xb8", "\xe4\xb8\xe4\xb8\xad", "ＡＢ😀c", strings.Repeat("aé", 50), "\u0301a", "a\u0301\u0301-\u0301b", "ไทยa"} {
		f.Add(s)
	}
	var w wordList
	f.Fuzz(func(t *testing.T, text string) { checkWords(t, &w, text) })
}
