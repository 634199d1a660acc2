package clean

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// NormalizeCCNet appends a line as CCNet brings it to a language model (facebookresearch/cc_net, cc_net/text_normalizer.py):
// without space at its ends, in lower case, decomposed and without combining marks, every digit a 0, foreign punctuation as plain
// punctuation, and without control characters. Models are to be trained on lines that went through it.
func NormalizeCCNet(dst, line []byte) []byte {
	line = trimSpace(line)
	letter := false // whether the character before is a letter: at the end of a word Σ becomes ς, as Python has it
	for i := 0; i < len(line); {
		c := line[i]
		if c < utf8.RuneSelf {
			i++
			letter = c|0x20-'a' < 26 && c >= 'A'
			switch {
			case c-'A' < 26:
				c |= 0x20
			case c-'0' < 10:
				c = '0'
			case c < 32 || c == 127:
				continue
			}
			dst = append(dst, c)
			continue
		}
		r, n := utf8.DecodeRune(line[i:])
		switch {
		case r == 'Σ' && letter && !letterAt(line, i+n):
			dst = append(dst, "ς"...)
		case r >= 0xAC00 && r < 0xAC00+11172: // Hangul syllables decompose by arithmetic
			s := r - 0xAC00
			dst = utf8.AppendRune(utf8.AppendRune(dst, 0x1100+s/588), 0x1161+s%588/28)
			if t := s % 28; t > 0 {
				dst = utf8.AppendRune(dst, 0x11A7+t)
			}
		default:
			dst = appendPlain(dst, lowerRune(r))
		}
		letter = runes().of(r)&classMask == classLetter
		i += n
	}
	return dst
}

func letterAt(text []byte, i int) bool {
	if i >= len(text) {
		return false
	}
	r, _ := utf8.DecodeRune(text[i:])
	return runes().of(r)&classMask == classLetter
}

// lowerRune is unicode.ToLower, which is slow where there is no case.
func lowerRune(r rune) rune {
	if r >= 0x2E80 && r < 0xA640 {
		return r
	}
	return unicode.ToLower(r)
}

// appendPlain appends the decomposition of a character without what CCNet strips.
func appendPlain(dst []byte, r rune) []byte {
	if r < 0xC0 || r >= 0x2E80 && r < 0xA640 && (r < 0x3040 || r >= 0x3100) {
		return appendBase(dst, r)
	}
	var buf [utf8.UTFMax]byte
	d := norm.NFD.Properties(buf[:utf8.EncodeRune(buf[:], r)]).Decomposition()
	if d == nil {
		return appendBase(dst, r)
	}
	for len(d) > 0 {
		r, n := utf8.DecodeRune(d)
		dst = appendBase(dst, r)
		d = d[n:]
	}
	return dst
}

func appendBase(dst []byte, r rune) []byte {
	switch runes().of(r) & classMask {
	case classMark:
		if unicode.Is(unicode.Mn, r) {
			return dst
		}
	case classDigit:
		return append(dst, '0')
	}
	if r >= 0x80 && r < 0xA0 {
		return dst
	}
	if p := plainPunctuation(r); p != "" {
		return append(dst, p...)
	}
	return utf8.AppendRune(dst, r)
}

// plainPunctuation is the peer's table of punctuation; "" = as it is.
func plainPunctuation(r rune) string {
	switch r {
	case '，', '、':
		return ","
	case '。':
		return "."
	case '„', '”', '“', '«', '»', '」', '「', '《', '》':
		return `"`
	case '´', '’':
		return "'"
	case '∶', '：':
		return ":"
	case '？':
		return "?"
	case '！':
		return "!"
	case '（':
		return "("
	case '）':
		return ")"
	case '；':
		return ";"
	case '–', '━', '►':
		return "-"
	case '—':
		return " - "
	case '．':
		return ". "
	case '～':
		return "~"
	case '…':
		return "..."
	case '〈':
		return "<"
	case '〉':
		return ">"
	case '【':
		return "["
	case '】':
		return "]"
	case '％':
		return "%"
	}
	return ""
}
