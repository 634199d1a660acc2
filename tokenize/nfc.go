package tokenize

import (
	"encoding/binary"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// settledEnd is where the table of settled characters ends: behind the planes that texts are in.
const settledEnd = 0x30000

// settled has a bit for each character that is in normal form C whatever stands beside it.
var settled = sync.OnceValue(func() *[settledEnd / 64]uint64 {
	t := new([settledEnd / 64]uint64)
	var b [utf8.UTFMax]byte
	for r := rune(0); r < settledEnd; r++ {
		if c := b[:utf8.EncodeRune(b[:], r)]; norm.NFC.Properties(c).BoundaryBefore() && norm.NFC.IsNormal(c) {
			t[r/64] |= 1 << (r % 64)
		}
	}
	return t
})

// isNFC reports whether a text is in normal form C. Nearly all texts hold settled characters alone, which a look at a table each tells.
func isNFC(text []byte) bool {
	var t *[settledEnd / 64]uint64
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			for i+8 <= len(text) && binary.LittleEndian.Uint64(text[i:])&0x8080808080808080 == 0 {
				i += 8
			}
			for i < len(text) && text[i] < utf8.RuneSelf {
				i++
			}
			continue
		}
		if t == nil {
			t = settled()
		}
		r, n := utf8.DecodeRune(text[i:])
		if n == 1 || r >= settledEnd || t[r/64]>>(r%64)&1 == 0 {
			return norm.NFC.IsNormal(text)
		}
		i += n
	}
	return true
}
