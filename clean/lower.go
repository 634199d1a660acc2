package clean

import (
	"encoding/binary"
	"sync"
	"unicode"
	"unicode/utf8"
)

// lowerTable has the small letters of characters of two bytes, as they stand in UTF-8; their own bytes where there is none of two bytes.
var lowerTable = sync.OnceValue(func() *[0x800][2]byte {
	var t [0x800][2]byte
	for r := rune(0x80); r < 0x800; r++ {
		low := unicode.ToLower(r)
		if low < 0x80 || low >= 0x800 {
			low = r
		}
		utf8.EncodeRune(t[r][:], low)
	}
	return &t
})

// appendLowerAll appends text in small letters, byte for byte at the same place: a letter whose small form has another length stays.
func appendLowerAll(dst, text []byte) []byte {
	t := lowerTable()
	for i := 0; i < len(text); {
		for i+8 <= len(text) {
			x := binary.LittleEndian.Uint64(text[i:])
			if x&every80 != 0 {
				break
			}
			large := (x + (0x80-'A')*every01) &^ (x + (0x7f-'Z')*every01) & every80
			dst = binary.LittleEndian.AppendUint64(dst, x|large>>2)
			i += 8
		}
		if i >= len(text) {
			break
		}
		c := text[i]
		switch {
		case c < 0x80:
			if c-'A' < 26 {
				c |= 0x20
			}
			dst = append(dst, c)
			i++
		case c >= 0xC2 && c < 0xE0 && i+1 < len(text) && text[i+1]&0xC0 == 0x80:
			low := &t[int(c&0x1F)<<6|int(text[i+1]&0x3F)]
			dst = append(dst, low[0], low[1])
			i += 2
		case c >= 0xE3 && c <= 0xEE && i+3 <= len(text): // nothing with capitals, as far as books go
			dst = append(dst, text[i], text[i+1], text[i+2])
			i += 3
		default:
			r, n := utf8.DecodeRune(text[i:])
			if low := unicode.ToLower(r); low != r && utf8.RuneLen(low) == n {
				dst = utf8.AppendRune(dst, low)
			} else {
				dst = append(dst, text[i:i+n]...)
			}
			i += n
		}
	}
	return dst
}
