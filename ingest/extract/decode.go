package extract

import (
	"encoding/binary"
	"fmt"
	"slices"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// ascii is how many bytes at the start of b are ASCII, by words of eight.
func ascii(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		if binary.LittleEndian.Uint64(b[i:])&0x8080808080808080 != 0 {
			break
		}
	}
	for i < len(b) && b[i] < utf8.RuneSelf {
		i++
	}
	return i
}

// decodeAs appends page, which is in the named character set, as UTF-8.
func decodeAs(dst, page []byte, name string) ([]byte, string, error) {
	var enc encoding.Encoding
	switch name {
	case "utf-8":
		return appendValid(dst, page), name, nil
	case "utf-16le", "utf-16be":
		order := unicode.LittleEndian
		if name == "utf-16be" {
			order = unicode.BigEndian
		}
		enc = unicode.UTF16(order, unicode.IgnoreBOM)
	case "gbk": // the standard decodes it as its superset
		enc = simplifiedchinese.GB18030
	case "hz-gb-2312":
		enc = simplifiedchinese.HZGB2312
	case "replacement": // of sets that attackers misused: the standard gives one sign for a whole page
		if len(page) > 0 {
			dst = append(dst, "\uFFFD"...)
		}
		return dst, name, nil
	default:
		if t := singleByte(name); t != nil {
			return t.append(dst, page), name, nil
		}
		var err error
		if enc, err = htmlindex.Get(name); err != nil {
			return dst, name, fmt.Errorf("extract: character set %q: %w", name, err)
		}
	}
	out, _, err := transform.Append(enc.NewDecoder(), dst, page)
	if err != nil {
		return dst, name, fmt.Errorf("extract: decoding %s: %w", name, err)
	}
	return out, name, nil
}

// append decodes a single-byte set: runs of ASCII as they are, the rest by the table.
func (t *table) append(dst, page []byte) []byte {
	for len(page) > 0 {
		n := ascii(page)
		dst = append(dst, page[:n]...)
		page = page[n:]
		n = 0
		for n < len(page) && page[n] >= utf8.RuneSelf {
			n++
		}
		dst = slices.Grow(dst, 3*n+1)
		at := len(dst)
		room := dst[at : at+3*n+1] // a character is written with four bytes, of which the last is never meant
		k := 0
		for _, b := range page[:n] {
			binary.LittleEndian.PutUint32(room[k:], t.utf8[b&0x7f])
			k += int(t.size[b&0x7f])
		}
		dst = dst[:at+k]
		page = page[n:]
	}
	return dst
}

// appendValid appends s, with U+FFFD for each malformed sequence as the standard divides them: a start that could have become a
// character is one, any other byte is one of its own.
func appendValid(dst, s []byte) []byte {
	for len(s) > 0 {
		n := validPrefix(s)
		dst = append(dst, s[:n]...)
		if s = s[n:]; len(s) > 0 {
			dst = append(dst, "\uFFFD"...)
			s = s[malformed(s):]
		}
	}
	return dst
}

// validPrefix is how many bytes of s are sound UTF-8.
func validPrefix(s []byte) int {
	if utf8.Valid(s) {
		return len(s)
	}
	for i := ascii(s); ; {
		r, n := utf8.DecodeRune(s[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		if i += n; s[i-1] < utf8.RuneSelf {
			i += ascii(s[i:])
		}
	}
}

// malformed is how many bytes the fault at the start of s takes: the longest start of a character that is cut short, or one.
func malformed(s []byte) int {
	low, high, want := byte(0x80), byte(0xBF), 0
	switch c := s[0]; {
	case 0xC2 <= c && c <= 0xDF:
		want = 1
	case 0xE0 <= c && c <= 0xEF:
		want = 2
		if c == 0xE0 {
			low = 0xA0
		}
		if c == 0xED {
			high = 0x9F
		}
	case 0xF0 <= c && c <= 0xF4:
		want = 3
		if c == 0xF0 {
			low = 0x90
		}
		if c == 0xF4 {
			high = 0x8F
		}
	}
	n := 1
	for ; n <= want && n < len(s) && low <= s[n] && s[n] <= high; n++ {
		low, high = 0x80, 0xBF
	}
	return n
}
