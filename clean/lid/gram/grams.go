package gram

import "unicode/utf8"

// longest bounds a word: what is longer is no word, but a key, a row of letters or a text without spaces, and says nothing.
const longest = 32

// Grams appends the grams of the words of one script, two to five letters with the word's edges, and single letters beyond
// ASCII. It stops at the end of the word in which it has seen enough letters, and gives their number and the bytes read.
func Grams(dst []uint64, script Script, text []byte, enough int) (grams []uint64, n, read int) {
	table := letters()
	class := uint16(script+1) << codeBits
	ctx, word, kept := uint64(edge), 0, len(dst)
	i := 0
	for i < len(text) {
		r, size := rune(text[i]), 1
		if r >= 0x80 {
			if r, size = utf8.DecodeRune(text[i:]); r >= codeLimit {
				r = 0
			}
		}
		i += size
		e := table[r]
		if e&^(1<<codeBits-1) == class {
			if word++; word <= longest {
				ctx = ctx<<codeBits | uint64(e&(1<<codeBits-1))
				dst = appendGrams(dst, ctx)
			}
			continue
		}
		if word == 0 {
			continue
		}
		if word <= longest {
			dst = appendGrams(dst, ctx<<codeBits|edge)
			n += word
		} else {
			dst = dst[:kept]
		}
		ctx, word, kept = edge, 0, len(dst)
		if n >= enough {
			return dst, n, i
		}
	}
	switch {
	case word > longest:
		dst = dst[:kept]
	case word > 0:
		dst = appendGrams(dst, ctx<<codeBits|edge)
		n += word
	}
	return dst, n, i
}

// appendGrams appends the grams that end with the last letter of ctx.
func appendGrams(dst []uint64, ctx uint64) []uint64 {
	const one = 1<<codeBits - 1
	if last := ctx & one; last >= 0x80 {
		dst = append(dst, last)
	}
	switch {
	case ctx>>(4*codeBits) != 0:
		return append(dst, ctx&(1<<(2*codeBits)-1), ctx&(1<<(3*codeBits)-1), ctx&(1<<(4*codeBits)-1), ctx&(1<<(5*codeBits)-1))
	case ctx>>(3*codeBits) != 0:
		return append(dst, ctx&(1<<(2*codeBits)-1), ctx&(1<<(3*codeBits)-1), ctx)
	case ctx>>(2*codeBits) != 0:
		return append(dst, ctx&(1<<(2*codeBits)-1), ctx)
	}
	return append(dst, ctx)
}
