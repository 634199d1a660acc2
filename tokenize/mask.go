package tokenize

import "math/bits"

// masks holds one bit for each byte of a window of 64: which class it is of. A set bit 0 is the first byte.
type masks struct {
	letter, number, breaks, space uint64
	blank                         uint64 // ' ' itself
	quote                         uint64 // '
	upper                         uint64
	high                          uint64 // beyond ASCII: not classified yet
	caseless, inner               uint64 // letters without case; bytes of a character after its first
}

// maskBits spreads the classes of ASCII bytes: byte k of a byte's word is 1 if it is of class k, in the order of the fields above.
func maskBits(ascii *[128]uint8) (t [256]uint64) {
	for b := range t {
		var v uint8
		if b >= 128 {
			v = 1 << 7
		} else {
			v = [...]uint8{cLower: 1, cUpper: 1 | 1<<6, cNumber: 2, cBreak: 4, cSpace: 8, cMark: 0}[ascii[b]]
		}
		if b == ' ' {
			v |= 16
		}
		if b == '\'' {
			v |= 32
		}
		for k := range 8 {
			t[b] |= uint64(v>>k&1) << (8 * k)
		}
	}
	return t
}

// classify makes the masks of a window's ASCII bytes: eight look-ups a row, then a transposition of 8 x 8 bytes.
func (t *classTable) classify(p *[64]byte) (m masks) {
	tab := &t.masks
	var a [8]uint64
	for g := range a {
		w := (*[8]byte)(p[8*g : 8*g+8])
		a[g] = tab[w[0]] | tab[w[1]]<<1 | tab[w[2]]<<2 | tab[w[3]]<<3 |
			tab[w[4]]<<4 | tab[w[5]]<<5 | tab[w[6]]<<6 | tab[w[7]]<<7
	}
	const m1, m2, m4 = 0x00FF00FF00FF00FF, 0x0000FFFF0000FFFF, 0x00000000FFFFFFFF
	for i := 0; i < 8; i += 2 {
		t := (a[i]>>8 ^ a[i+1]) & m1
		a[i+1] ^= t
		a[i] ^= t << 8
	}
	for _, i := range [4]int{0, 1, 4, 5} {
		t := (a[i]>>16 ^ a[i+2]) & m2
		a[i+2] ^= t
		a[i] ^= t << 16
	}
	for i := range 4 {
		t := (a[i]>>32 ^ a[i+4]) & m4
		a[i+4] ^= t
		a[i] ^= t << 32
	}
	return masks{letter: a[0], number: a[1], breaks: a[2], space: a[3], blank: a[4], quote: a[5], upper: a[6], high: a[7]}
}

// decode classifies the characters beyond ASCII. It returns how many bytes of the window are certain: up to the first that is no
// whole UTF-8 character, or a kind of character that the masks have no algebra for.
func (r *rule) decode(p *[64]byte, m *masks) uint {
	for m.high != 0 {
		i := bits.TrailingZeros64(m.high)
		c, n := r.classes.high(p, i)
		if n == 0 || c == cNumber || c == cSpace || c == cMark && r.family == familyO200K {
			return uint(i)
		}
		span := (uint64(1)<<n - 1) << i
		switch c {
		case cLower:
			m.letter |= span
		case cUpper:
			m.letter |= span
			m.upper |= span
		case cCaseless:
			m.letter |= span
			m.caseless |= span
		}
		m.inner |= span &^ (1 << i)
		m.high &^= span
	}
	return 64
}

// high gives the class and the width of the character beyond ASCII at p[i]; the width is 0 if it is none, or leaves the window.
func (t *classTable) high(p *[64]byte, i int) (class uint8, width int) {
	next := func(k int) uint32 {
		if i+k > 63 {
			return 0
		}
		return uint32(p[i+k])
	}
	b0 := uint32(p[i])
	switch {
	case b0 < 0xC2:
		return 0, 0
	case b0 < 0xE0:
		b1 := next(1)
		if b1>>6 != 2 {
			return 0, 0
		}
		return t.rune(rune(b0&31<<6 | b1&63)), 2
	case b0 < 0xF0:
		b1, b2 := next(1), next(2)
		r := b0&15<<12 | b1&63<<6 | b2&63
		if b1>>6 != 2 || b2>>6 != 2 || r < 0x800 || r>>11 == 27 {
			return 0, 0
		}
		return t.rune(rune(r)), 3
	case b0 < 0xF5:
		b1, b2, b3 := next(1), next(2), next(3)
		r := b0&7<<18 | b1&63<<12 | b2&63<<6 | b3&63
		if b1>>6 != 2 || b2>>6 != 2 || b3>>6 != 2 || r < 0x10000 || r > 0x10FFFF {
			return 0, 0
		}
		return t.rune(rune(r)), 4
	}
	return 0, 0
}

// window finds the pieces in 64 bytes that begin at the start of a piece: the result has a bit for each certain start, bit 0 always.
// What later bytes could change has no bit. It is for the families cl100k and o200k.
func (r *rule) window(p *[64]byte) uint64 {
	m := r.classes.classify(p)
	sure := uint(64)
	if m.high != 0 {
		sure = r.decode(p, &m)
	}
	L, N, R, S, U := m.letter, m.number, m.breaks, m.space, m.upper
	cased := r.family == familyO200K
	if cased {
		// A letter without case before an upper one may end a word or not; that depends on what comes before.
		if x := U & (m.caseless << 1); x != 0 {
			sure = min(sure, uint(bits.TrailingZeros64(x)))
		}
	}
	valid := ^uint64(0)
	if sure < 64 {
		valid = 1<<sure - 1
		L, N, R, S, U = L&valid, N&valid, R&valid, S&valid, U&valid
		m.blank, m.quote, m.inner = m.blank&valid, m.quote&valid, m.inner&valid
	}
	O := ^(L | N | R | S) & valid // symbols
	limit := ^uint64(0)           // starts that may be told

	// Line breaks after symbols belong to them.
	var eaten uint64
	if x := O << 1 & R; x != 0 {
		eaten = R &^ (R + x)
		if cased {
			for e := eaten << 1 &^ eaten; e != 0; e &= e - 1 { // and so do slashes after those
				if i := uint(bits.TrailingZeros64(e)); i < sure && p[i&63] == '/' {
					limit = 1<<i - 1
					break
				}
			}
		}
	}
	symbols := O &^ (O << 1)           // where runs of symbols start
	alone := symbols &^ (m.blank << 1) // … without a space before them
	joined := secondCharacter(alone<<1, O, m.inner)
	start := L&^(L<<1)&^(S<<1)&^joined | alone
	if cased {
		start |= U & ((L &^ U) << 1)
	}
	start |= r.numbers(N)
	start |= whiteSpace(R, S, eaten)
	limit &= edge((R|S)&^eaten, sure)
	if m.quote != 0 {
		at := m.quote & alone
		if cased {
			at = m.quote & symbols & (L << 1)
		}
		start, limit = r.contract(p, at, start, limit, L, sure)
	}
	return start&limit | 1
}

// secondCharacter moves bits that stand on bytes after single symbols to the first byte of the character after each: a symbol may be up
// to four bytes wide.
func secondCharacter(after, symbols, inner uint64) uint64 {
	found := after &^ inner
	if after&inner&symbols != 0 {
		for range 3 {
			after = after & inner << 1
			found |= after &^ inner
		}
	}
	return found
}

// numbers gives the starts in runs of digits.
func (r *rule) numbers(N uint64) uint64 {
	if r.digits == 1 || N == 0 {
		return N
	}
	s := N &^ (N << 1)
	start := s
	for g := N & (N << 1) & (N << 2) & (N << 3); g != 0 && s != 0; {
		s = s << 3 & g
		start |= s
	}
	return start
}

// whiteSpace gives the starts in runs of white space: the run itself, what follows its last line break, and its last character, which
// joins what comes after it.
func whiteSpace(R, S, eaten uint64) uint64 {
	W := (R | S) &^ eaten
	start := W&^(W<<1) | S&^(W>>1)
	c := S & ((R &^ eaten) << 1) // spaces just after a line break
	if c == 0 {
		return start
	}
	if (S+c)&^S&R == 0 {
		return start | c
	}
	for x := c; x != 0; x &= x - 1 { // one of those runs of spaces ends in another line break
		i := uint(bits.TrailingZeros64(x))
		if e := i + uint(bits.TrailingZeros64(^(S >> i))); e > 63 || R>>e&1 == 0 {
			start |= 1 << i
		}
	}
	return start
}

// edge limits what is told where white space touches the end of what is sure: nothing is certain after the start of that white space.
func edge(white uint64, sure uint) uint64 {
	tail := uint(bits.LeadingZeros64(^(white << (64 - sure))))
	switch {
	case sure-tail >= 63:
		return ^uint64(0)
	case tail > 0:
		return 2<<(sure-tail) - 1
	}
	return 1<<sure - 1
}

// contract handles the quotes at that may start a contraction.
func (r *rule) contract(p *[64]byte, at, start, limit, L uint64, sure uint) (uint64, uint64) {
	cased := r.family == familyO200K
	last := -1
	for ; at != 0; at &= at - 1 {
		i := bits.TrailingZeros64(at)
		if uint(i)+3 > sure {
			if cased {
				limit &= 1<<i - 1
			} else {
				limit &= 2<<i - 1
			}
			break
		}
		if cased && i == last { // no contraction follows another directly
			last = -1
			continue
		}
		k := contraction(p[:], i, true)
		if k == 0 {
			continue
		}
		if p[i+1] >= 0x80 { // ſ is wider than its bit
			limit &= 1<<i - 1
			break
		}
		last = i + k
		if cased {
			start &^= (1<<k - 1) << i
		}
		if i+k < 64 {
			start |= L & (1 << (i + k))
		}
	}
	return start, limit
}

// split writes the ends of the pieces of text from pos on to ends, until it is nearly full; it returns where the last one ended and
// how many there are.
func (r *rule) split(text []byte, pos int, ends *[batch + 64]int) (int, int) {
	n := 0
	for r.family != familyGPT2 && pos+64 <= len(text) && n < batch {
		w := r.window((*[64]byte)(text[pos : pos+64]))
		if w == 1 { // nothing is certain
			pos = r.next(text, pos)
			ends[n] = pos
			n++
			continue
		}
		for s := w & (w - 1); s != 0; s &= s - 1 {
			ends[n] = pos + bits.TrailingZeros64(s)
			n++
		}
		pos += 63 - bits.LeadingZeros64(w)
	}
	for pos < len(text) && n < batch && (r.family == familyGPT2 || pos+64 > len(text)) {
		pos = r.next(text, pos)
		ends[n] = pos
		n++
	}
	return pos, n
}
