package tokenize

import "slices"

// A spelled token is its bytes, up to 15 of them, and their number in the last byte: one load a token. longSpelled says that they are more.
type spelled [16]byte

const longSpelled = 255

// spellings lists all tokens by id, and one without bytes behind them for ids that there are not.
func (t *Tokenizer) spellings() []spelled {
	all := make([]spelled, len(t.tokens)+1)
	for id, w := range t.tokens {
		if len(w) > 15 {
			all[id][15] = longSpelled
			continue
		}
		copy(all[id][:], w)
		all[id][15] = byte(len(w))
	}
	return all
}

// decodeBatch is how many ids are decoded between looks at the room that is left.
const decodeBatch = 256

func (t *Tokenizer) appendBytes(dst []byte, ids []uint32) []byte {
	all := t.spelled()
	last := uint32(len(all) - 1)
	for len(ids) > 0 {
		some := ids[:min(len(ids), decodeBatch)]
		ids = ids[len(some):]
		dst = slices.Grow(dst, 16*decodeBatch)
		out, n := dst[:cap(dst)], len(dst)
		for i, id := range some {
			s := &all[min(id, last)]
			if s[15] == longSpelled {
				dst = slices.Grow(append(out[:n], t.tokens[id]...), 16*(len(some)-i))
				out, n = dst[:cap(dst)], len(dst)
				continue
			}
			*(*spelled)(out[n : n+16]) = *s
			n += int(s[15])
		}
		dst = out[:n]
	}
	return dst
}
