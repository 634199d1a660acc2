package tokenize

import "unicode/utf8"

// locate is slow with offsets for tokenizers whose tokens are the bytes of the text, in their order: where each begins and ends follows from how long it is. Where
// a token begins or ends within a character it stands for all of the character, as Hugging Face's library has it.
func (e *Encoder) locate(text []byte, added *addedTokens) (x Encoding) {
	x.IDs = make([]uint32, 0, len(text)/3+8)
	x.Offsets = make([][2]int, 0, len(text)/3+8)
	for _, s := range e.segments(text, added) {
		if s.token != nil {
			x.IDs = append(x.IDs, s.token.ID)
			x.Offsets = append(x.Offsets, whole(text, s.from, s.from+len(s.text)))
			continue
		}
		first := len(x.IDs)
		x.IDs = e.fast(x.IDs, s.text)
		at := s.from
		for _, id := range x.IDs[first:] {
			end := at + len(e.t.tokens[id])
			x.Offsets = append(x.Offsets, whole(text, at, end))
			at = end
		}
	}
	x.Types, x.Special = make([]uint32, len(x.IDs)), make([]bool, len(x.IDs))
	return x
}

// whole widens the range of bytes from … to, which is not empty, to whole characters. A byte that is no UTF-8 is one on its own.
func whole(text []byte, from, to int) [2]int {
	if c := text[from]; c>>6 == 2 {
		from, _ = character(text, from)
	}
	if to < len(text) && text[to]>>6 == 2 {
		_, to = character(text, to-1)
	}
	return [2]int{from, to}
}

// character is the range of the character that holds the byte at i.
func character(text []byte, i int) (from, to int) {
	for from = i; from > max(0, i-utf8.UTFMax+1) && !utf8.RuneStart(text[from]); {
		from--
	}
	if _, n := utf8.DecodeRune(text[from:]); from+n > i {
		return from, from + n
	}
	return i, i + 1
}
