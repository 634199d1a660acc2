package tokenize

import "bytes"

// disorder are the tokens of a vocabulary that rank before one of their parts. What is merged of a piece are parts of the piece, so in one that does not
// hold the bytes of such a token it never comes up, and neither does a token that is made of it: such pieces are merged as if the vocabulary had neither.
type disorder struct {
	starts [1 << 10]uint64 // a bit for the first two bytes of each
	words  map[[2]byte][][]byte
}

// maxDisorder is how many such tokens may be looked for in every piece. Llama 3 has 81.
const maxDisorder = 256

// order tells whether all parts rank before what they make; if most do, which tokens do not (out: and all that are made of them). If few do, it gives neither.
func (b *bpe) order(words [][]byte) (ordered bool, d *disorder, out []bool) {
	d = &disorder{words: map[[2]byte][][]byte{}}
	out = make([]bool, len(words))
	n := 0
	for t := 256; t < len(words); t++ {
		l, r := b.left[t], b.right[t]
		if l < uint32(t) && r < uint32(t) {
			out[t] = out[l] || out[r]
			continue
		}
		out[t] = true
		if n++; n > maxDisorder {
			return false, nil, out
		}
		w := words[t]
		d.starts[int(w[0])<<2|int(w[1])>>6] |= 1 << (w[1] & 63)
		two := [2]byte(w)
		d.words[two] = append(d.words[two], w)
	}
	if n == 0 {
		return true, nil, nil
	}
	return false, d, out
}

// in reports whether a piece holds the bytes of one of them.
func (d *disorder) in(t []byte) bool {
	for i := range len(t) - 1 {
		if d.starts[int(t[i])<<2|int(t[i+1])>>6]>>(t[i+1]&63)&1 == 0 {
			continue
		}
		for _, w := range d.words[[2]byte(t[i:])] {
			if bytes.HasPrefix(t[i:], w) {
				return true
			}
		}
	}
	return false
}
