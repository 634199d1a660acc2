package tokenize

import "math/bits"

// windowO200K is for familyO200K. X are the characters of words: letters and marks, but for marks in the midst of symbols.
func (r *rule) windowO200K(p *[64]byte, m *masks) uint64 {
	L, N, R, S, valid, blank := m.letter, m.number, m.breaks, m.space, m.valid, m.blank()
	marks := m.mark()
	X := L
	O := valid &^ (L | N | R | S | marks)
	if marks != 0 {
		// Two symbols, or one behind a space, take the marks behind them as symbols. One alone is taken by the word.
		both := O | marks
		pair := O &^ (O << 1) & (O>>1 | blank<<1)
		taken := both&^(both+pair) | pair
		X |= marks &^ taken
		O |= marks & taken
	}
	limit := valid
	eaten := R &^ (R + O<<1&R)
	if next := eaten << 1 &^ eaten & O; next != 0 {
		tail := m.slashes(p, next, R)
		if tail != 0 && marks != 0 {
			limit, m.last = tail&-tail-1, false // what these marks are would have to be looked at again
		}
		O &^= tail
		eaten |= tail & R
	}

	upper := m.upper()
	var start, contracted uint64
	if at := m.quote() & (X << 1) & O; at != 0 && !r.bare {
		contracted, limit = m.suffixes(p, at, limit)
		X, O, upper = X&^contracted, O&^contracted, upper&^contracted
	}
	alone := O &^ (O << 1) &^ (blank << 1)
	start = X&^((X|S|alone)<<1) | alone
	if upper != 0 {
		var rises uint64
		rises, limit = m.rises(X, upper, limit)
		start |= rises
	}
	white := (R | S) &^ eaten
	start |= numbers(N, r.digits)
	start |= whiteSpace(R&^eaten, S, white, valid)
	return start&limit&m.certain(white) | 1
}

// slashes are the slashes and line breaks from next on, which belong to the symbols and line breaks before them.
func (m *masks) slashes(p *[64]byte, next, R uint64) (tail uint64) {
	for ; next != 0; next &= next - 1 {
		i := uint(bits.TrailingZeros64(next))
		if tail>>i&1 != 0 {
			continue
		}
		for ; i < m.count && (R>>i&1 != 0 || p[m.offset(int(i))] == '/'); i++ {
			tail |= 1 << i
		}
	}
	return tail
}

// suffixes are the contractions that start with the quotes at, each behind a word that it belongs to.
func (m *masks) suffixes(p *[64]byte, at, limit uint64) (contracted, limited uint64) {
	last := -1
	for ; at != 0; at &= at - 1 {
		i := bits.TrailingZeros64(at)
		if uint(i)+3 > m.count && !m.last {
			return contracted, limit & (1<<i - 1)
		}
		if i == last { // no contraction follows another directly
			last = -1
			continue
		}
		if k := m.contraction(p, i, true); k > 0 {
			last = i + k
			contracted |= (1<<k - 1) << i
		}
	}
	return contracted, limit
}

// rises finds where words X are cut because the case rises: upper[UB]*[lB]+ ends where a capital follows a lower letter, with letters
// without case and marks, B, between; without any lower letter it ends with the last B.
func (m *masks) rises(X, upper, limit uint64) (start, limited uint64) {
	B := X & (m.caseless() | m.mark())
	lower := X &^ upper &^ B
	after := B &^ (B + lower<<1&B) // B behind a lower letter
	start = upper & ((lower | after) << 1)
	for x := upper & ((B &^ after) << 1); x != 0; x &= x - 1 {
		i := uint(bits.TrailingZeros64(x))
		end := i + uint(bits.TrailingZeros64(^(upper >> i)))
		switch {
		case end >= m.count && !m.last:
			limit &= 1<<i - 1
		case end >= m.count || X>>end&1 == 0:
			start |= 1 << i
		}
	}
	return start, limit
}
