package clean

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// joinSurrogates appends text with pairs of surrogates that were written as two characters of three bytes (CESU-8) joined.
func (s *mojibake) joinSurrogates(dst, text []byte) []byte {
	from := 0
	for i := 0; ; {
		next := bytes.IndexByte(text[i:], 0xED)
		if next < 0 {
			return append(dst, text[from:]...)
		}
		i += next
		if r := surrogatePair(text[i:]); r > 0 {
			dst = append(dst, text[from:i]...)
			dst = utf8.AppendRune(dst, r)
			i += 6
			from = i
			s.repaired++
			s.bytes += 6
			continue
		}
		i++
	}
}

// surrogatePair is the character whose surrogates stand at the start of b, 0 if none do.
func surrogatePair(b []byte) rune {
	if len(b) < 6 || b[0] != 0xED || b[1]&0xF0 != 0xA0 || b[2]&0xC0 != 0x80 || b[3] != 0xED || b[4]&0xF0 != 0xB0 || b[5]&0xC0 != 0x80 {
		return 0
	}
	return 0x10000 + (rune(b[1]&0x0F)<<6|rune(b[2]&0x3F))<<10 | rune(b[4]&0x0F)<<6 | rune(b[5]&0x3F)
}

// fixCharacters repairs single characters. A text without any comes back as it is.
func (s *mojibake) fixCharacters(text []byte) []byte {
	out, from := s.fixed[:0], 0
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			for i++; i+8 <= len(text) && binary.LittleEndian.Uint64(text[i:])&highs == 0; {
				i += 8
			}
			continue
		}
		n := sequenceLength(c)
		if f := fixLead[c]; f[0] == 0 || text[i+1]&f[1] != f[0] {
			i += n
			continue
		}
		r, _ := utf8.DecodeRune(text[i:])
		if put := s.fix(r, text, i, n); put != "" {
			out = append(out, text[from:i]...)
			out = append(out, put...)
			from = i + n
		}
		i += n
	}
	if from == 0 {
		return text
	}
	s.fixed = append(out, text[from:]...)
	return s.fixed
}

// fixLead are the first bytes of the characters that fix knows, each with the second byte and the bits of it that count.
var fixLead = [256][2]byte{0xC2: {0x80, 0xE0}, 0xC4: {0x80, 0x80}, 0xC5: {0x80, 0x80}, 0xC7: {0x80, 0x80}, 0xE2: {0x80, 0xFF}, 0xEF: {0xAC, 0xEC}}

func sequenceLength(first byte) int {
	switch {
	case first < 0xE0:
		return 2
	case first < 0xF0:
		return 3
	}
	return 4
}

// fix gives what a character becomes, "" if it stays.
func (s *mojibake) fix(r rune, text []byte, i, n int) string {
	o := &s.opt
	switch {
	case r >= 0x80 && r < 0xA0:
		if o.Controls && (r != 0x85 || isEllipsis(text, i, i+n)) {
			return c1Table[r-0x80]
		}
	case r >= 0x2018 && r <= 0x201B:
		if o.Quotes {
			return "'"
		}
	case r >= 0x201C && r <= 0x201F:
		if o.Quotes {
			return `"`
		}
	case r >= 0xFF10 && r <= 0xFF19 || r >= 0xFF21 && r <= 0xFF3A || r >= 0xFF41 && r <= 0xFF5A:
		if o.Width {
			return fullWidth[r-0xFF10 : r-0xFF10+1]
		}
	case o.Ligatures:
		return ligature(r)
	}
	return ""
}

// isEllipsis tells the three dots of Windows-1252 from the line end of Latin-1: dots stand behind a word and before a space or nothing.
func isEllipsis(text []byte, from, to int) bool {
	return from > 0 && text[from-1] > ' ' && (to == len(text) || text[to] == ' ' || text[to] == '\n' || text[to] >= utf8.RuneSelf)
}

// c1Table is what Windows-1252 has where Latin-1 has controls; "" where it has nothing either.
var c1Table = [32]string{"€", "", "‚", "ƒ", "„", "…", "†", "‡", "ˆ", "‰", "Š", "‹", "Œ", "", "Ž", "",
	"", "‘", "’", "“", "”", "•", "–", "—", "˜", "™", "š", "›", "œ", "", "ž", "Ÿ"}

// fullWidth are the plain letters and digits in the order of U+FF10.
const fullWidth = "0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz"

// ligature is what a ligature stands for: those of type (ﬁ) and the digraphs that keep a place in old charsets (ǉ, ŉ).
func ligature(r rune) string {
	switch r {
	case 0x0132:
		return "IJ"
	case 0x0133:
		return "ij"
	case 0x0149:
		return "ʼn"
	case 0x01C4, 0x01C5, 0x01C6:
		return [...]string{"DŽ", "Dž", "dž"}[r-0x01C4]
	case 0x01C7, 0x01C8, 0x01C9:
		return [...]string{"LJ", "Lj", "lj"}[r-0x01C7]
	case 0x01CA, 0x01CB, 0x01CC:
		return [...]string{"NJ", "Nj", "nj"}[r-0x01CA]
	case 0x01F1, 0x01F2, 0x01F3:
		return [...]string{"DZ", "Dz", "dz"}[r-0x01F1]
	case 0xFB00, 0xFB01, 0xFB02, 0xFB03, 0xFB04, 0xFB05, 0xFB06:
		return [...]string{"ff", "fi", "fl", "ffi", "ffl", "ſt", "st"}[r-0xFB00]
	}
	return ""
}
