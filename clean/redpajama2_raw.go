package clean

import (
	"unicode"
	"unicode/utf8"
)

// rawWords counts runs of \w and runs of what is neither \w nor space (NLTK's WordPunctTokenizer), and sentences.
type rawWords struct {
	words, alpha, caps, stop, sentences int

	text   []byte
	padded [maxListed + 16]byte
}

const (
	rawWord  = 1 << iota // \w
	rawSign              // neither \w nor space
	rawAlpha             // a to z in either case
	rawUpper
	rawLower
	rawEnd // . ! ?
	rawHigh
)

// rawBytes are the properties of bytes; space has none.
var rawBytes = func() (t [256]uint8) {
	for i := range t {
		c := byte(i)
		switch {
		case c >= utf8.RuneSelf:
			t[i] = rawHigh
		case c-'A' < 26:
			t[i] = rawWord | rawAlpha | rawUpper
		case c-'a' < 26:
			t[i] = rawWord | rawAlpha | rawLower
		case isWordSign(rune(c)):
			t[i] = rawWord
		case sentenceMark(c):
			t[i] = rawSign | rawEnd
		case !pythonSpace(rune(c)):
			t[i] = rawSign
		}
	}
	return t
}()

// rawRune are the properties of a character beyond ASCII.
func rawRune(r rune) (k uint8) {
	switch {
	case isWordSign(r):
		k = rawWord
	case !pythonSpace(r):
		k = rawSign
	}
	if isUpper(r) {
		k |= rawUpper
	}
	if unicode.IsLower(r) || unicode.IsTitle(r) || unicode.Is(unicode.Other_Lowercase, r) {
		k |= rawLower
	}
	return k
}

func (w *rawWords) measure(text []byte, stop *wordSet) {
	*w = rawWords{text: text}
	from, kind, has := 0, uint8(0), uint8(0)
	open := false // the sentence has a word
	for i := 0; i < len(text); {
		k, size := rawBytes[text[i]], 1
		if k == rawHigh {
			var r rune
			r, size = utf8.DecodeRune(text[i:])
			k = rawRune(r)
		}
		if now := k & (rawWord | rawSign); now != kind {
			w.close(from, i, has, stop)
			from, kind, has = i, now, 0
		}
		has |= k
		switch {
		case k&rawEnd != 0:
			open = false
		case k&rawWord != 0 && !open:
			open = true
			w.sentences++
		}
		i += size
	}
	w.close(from, len(text), has, stop)
	w.text = nil
}

// close counts the run text[from:to], if it is one.
func (w *rawWords) close(from, to int, has uint8, stop *wordSet) {
	if has&(rawWord|rawSign) == 0 {
		return
	}
	w.words++
	if has&rawAlpha != 0 {
		w.alpha++
	}
	if has&rawUpper != 0 && has&rawLower == 0 {
		w.caps++
	}
	if n := to - from; n <= stop.longest {
		clear(w.padded[copy(w.padded[:], w.text[from:to]):])
		if stop.has(hashBytes(w.padded[:], 0, n)) {
			w.stop++
		}
	}
}
