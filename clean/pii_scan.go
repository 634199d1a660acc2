package clean

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// Bytes repeated in a word, for looking at eight at once.
const (
	every01 = 0x0101010101010101
	every7f = 0x7f7f7f7f7f7f7f7f
	every80 = 0x8080808080808080
)

// nextDigitOrAt finds the next digit or "@" from i on; len(b) if there is none. Nothing that PII looks for is without one of them.
func nextDigitOrAt(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		low := x & every7f
		digit := (low + (0x80-'0')*every01) &^ (low + (0x7f-'9')*every01)
		at := ^((low ^ '@'*every01) + every7f)
		if m := (digit | at) &^ x & every80; m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for ; i < len(b); i++ {
		if b[i]-'0' < 10 || b[i] == '@' {
			break
		}
	}
	return i
}

// scan fills s.found in one pass. Every kind but e-mail begins at, or directly before, the first of a run of digits.
func (s *pii) scan() {
	b := s.text
	mail := 0 // behind the last address
	for i := nextDigitOrAt(b, 0); i < len(b); i = nextDigitOrAt(b, i) {
		if b[i] == '@' {
			if from, to := s.email(mail, i); to > 0 {
				s.put(piiEmail, from, to, 1)
				mail, i = to, to
			} else {
				i++
			}
			continue
		}
		end := digitsEnd(b, i)
		if to := s.number(i, end); to > 0 {
			i = to
		} else {
			i = end
		}
	}
}

// put adds a finding; what it covers of earlier ones goes. Only an address can reach back over a number, and then over all of it.
func (s *pii) put(kind uint8, from, to int, score float64) {
	for n := len(s.found); n > 0 && s.found[n-1].to > from; n-- {
		s.found = s.found[:n-1]
	}
	s.found = append(s.found, finding{kind, from, to, score})
}

// number looks at the digits [i, end) and what stands around them. It tells the end of what it found, 0 if it is nothing.
func (s *pii) number(i, end int) int {
	b, n := s.text, end-i
	if s.on[piiIP] && end < len(b) {
		if c := b[end]; c == '.' && n <= 3 {
			if to := publicIPv4(b, i, s.loose); to > 0 {
				s.put(piiIP, i, to, 1)
				return to
			}
		} else if (b[i] == '2' || b[i] == '3') && n <= 4 && (c == ':' || isHex(c)) {
			if to := publicIPv6(b, i); to > 0 {
				s.put(piiIP, i, to, 1)
				return to
			}
		}
	}
	if i > 0 && s.on[piiIBAN] && i >= 2 && b[i-1]-'A' < 26 && b[i-2]-'A' < 26 && n >= 2 {
		if to := ibanEnd(b, i-2); to > 0 {
			s.put(piiIBAN, i-2, to, 1)
			return to
		}
	}
	if n >= 11 {
		if kind, to := s.longNumber(i, end); to > 0 {
			s.put(kind, i, to, piiSure[kind])
			return to
		}
	} else if n == 4 && s.on[piiCard] {
		if to := groupedCard(b, i); to > 0 {
			s.put(piiCard, i, to, 1)
			return to
		}
	} else if n == 3 && s.on[piiSSN] {
		if to := ssnEnd(b, i); to > 0 {
			s.put(piiSSN, i, to, piiSure[piiSSN])
			return to
		}
	}
	if s.on[piiPhone] || s.on[piiCNMobile] {
		if kind, from, to, score := s.phone(i, end); to > 0 {
			s.put(kind, from, to, score)
			return to
		}
	}
	return 0
}

// piiSure are scores of kinds without a check digit.
var piiSure = [piiKinds]float64{1, 1, 0.8, 1, 1, 1, 0.8, 0.5}

// longNumber looks at 11 digits or more in a row.
func (s *pii) longNumber(i, end int) (kind uint8, to int) {
	b, n := s.text, end-i
	if s.on[piiCNID] && (n == 17 || n == 18) {
		if to := residentEnd(b, i, end); to > 0 {
			return piiCNID, to
		}
	}
	if s.on[piiCard] && n >= 15 && n <= 19 && standsAlone(b, i, end) && isCard(b[i:end]) && calledCard(b[:i]) {
		return piiCard, end
	}
	if s.on[piiCNMobile] && n == 11 && isChineseMobile(b[i:end]) && standsAlone(b, i, end) && nearChinese(b, i, end) {
		return piiCNMobile, end
	}
	return 0, 0
}

// standsAlone tells whether [from, to) is a number on its own: no part of a word, a longer number, a path, an address or a formula.
func standsAlone(b []byte, from, to int) bool { return freeBefore(b, from) && freeBehind(b, to) }

func freeBefore(b []byte, from int) bool {
	if from == 0 {
		return true
	}
	switch c := b[from-1]; c {
	case '_', '.', '-', '/', '=', '+', '@', '#', '$', '&', '%', '\\', '~':
		return false
	case ',':
		return from == 1 || b[from-2]-'0' >= 10
	default:
		if c >= utf8.RuneSelf {
			return boundaryRune(utf8.DecodeLastRune(b[:from]))
		}
		return !isAlnum(c)
	}
}

func freeBehind(b []byte, to int) bool {
	if to >= len(b) {
		return true
	}
	switch c := b[to]; c {
	case '_', '@', '%', '+', '=', '$', '\\':
		return false
	case '.', '-', '/', ',', ':', '&':
		return to+1 >= len(b) || !isAlnum(b[to+1])
	default:
		if c >= utf8.RuneSelf {
			return boundaryRune(utf8.DecodeRune(b[to:]))
		}
		return !isAlnum(c)
	}
}

// boundaryRune tells whether a number may stand beside a character beyond ASCII: beside signs, spaces and letters of scripts that
// are written without spaces, not beside an accented letter or a currency sign.
func boundaryRune(r rune, _ int) bool {
	switch {
	case r >= 0xC0 && r < 0x2000, r >= 0x20A0 && r < 0x20D0, r == 0xA3, r == 0xA5:
		return false
	}
	return true
}

func digitsEnd(b []byte, i int) int {
	for i < len(b) && b[i]-'0' < 10 {
		i++
	}
	return i
}
