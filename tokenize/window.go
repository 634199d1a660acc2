package tokenize

import "math/bits"

// Each window function finds where pieces start in a window that itself begins at the start of a piece. The result has a bit for each
// start that is certain, the first character always. All starts before the last of these are told; what later bytes could change has no
// bit.
//
// Names: L letters, N numbers, R line breaks, S other white space, O symbols. X &^ (X << 1) is where runs of X start; adding a bit of a
// run to the run clears it from there on and sets the bit behind it.

// windowGPT2 is for familyGPT2.
func windowGPT2(p *[64]byte, m *masks) uint64 {
	L, N, white, valid, blank := m.letter, m.number, m.breaks|m.space, m.valid, m.blank()
	O := valid &^ (L | N | white)
	symbols := O &^ (O << 1) &^ (blank << 1)
	start := (L&^(L<<1)|N&^(N<<1))&^(blank<<1) | symbols
	start |= white&^(white<<1) | white&((valid&^white)>>1)
	limit := m.certain(white)
	if at := m.quote() & symbols; at != 0 {
		start, limit = m.contract(p, at, start, limit, false)
	}
	return start&limit | 1
}

// windowCL100K is for familyCL100K.
func (r *rule) windowCL100K(p *[64]byte, m *masks) uint64 {
	L, N, R, S, valid := m.letter, m.number, m.breaks, m.space, m.valid
	O := valid &^ (L | N | R | S)
	eaten := R &^ (R + O<<1&R) // line breaks after symbols belong to them
	white := (R | S) &^ eaten
	alone := O &^ (O << 1) &^ (m.blank() << 1) // runs of symbols without a space before them
	start := L&^((L|S|alone)<<1) | alone
	start |= numbers(N, r.digits)
	start |= whiteSpace(R&^eaten, S, white, valid)
	limit := m.certain(white)
	if at := m.quote() & alone; at != 0 {
		start, limit = m.contract(p, at, start, limit, true)
	}
	return start&limit | 1
}

// contract handles the quotes at that may start a contraction: what follows one is a piece of its own.
func (m *masks) contract(p *[64]byte, at, start, limit uint64, fold bool) (uint64, uint64) {
	for ; at != 0; at &= at - 1 {
		i := bits.TrailingZeros64(at)
		if uint(i)+3 > m.count && !m.last {
			return start, limit & (2<<i - 1)
		}
		if k := m.contraction(p, i, fold); k > 0 {
			start &^= (1<<k - 2) << i
			start |= m.letter & (1 << (i + k))
		}
	}
	return start, limit
}
