package shard

// The three forms of "which tokens belong together" that trainers take. All follow from where documents end in a row: a piece goes from
// one end to the next, the last one, which may be cut, to where tokens end; padding is a piece of its own.

// CuSeqlens appends where pieces begin and the last one ends, 0 first and the length of the row last: cu_seqlens of FlashAttention's
// varlen kernels, for one row.
func (r *PackedRow) CuSeqlens(dst []int32) []int32 {
	dst = append(append(dst, 0), r.Ends...)
	for _, end := range [2]int{r.N, len(r.Tokens)} {
		if last := dst[len(dst)-1]; int(last) < end {
			dst = append(dst, int32(end))
		}
	}
	return dst
}

// Positions appends position_ids, which begin at 0 in every piece.
func (r *PackedRow) Positions(dst []int32) []int32 {
	return r.fill(dst, func(_, at int32) int32 { return at })
}

// Segments appends the number of its piece in the row for every token, from 0: attention stays among equal numbers.
func (r *PackedRow) Segments(dst []int32) []int32 {
	return r.fill(dst, func(piece, _ int32) int32 { return piece })
}

func (r *PackedRow) fill(dst []int32, f func(piece, at int32) int32) []int32 {
	from, piece := 0, int32(0)
	to := func(end int) {
		for at := from; at < end; at++ {
			dst = append(dst, f(piece, int32(at-from)))
		}
		if end > from {
			from, piece = end, piece+1
		}
	}
	for _, end := range r.Ends {
		to(int(end))
	}
	to(r.N)
	to(len(r.Tokens))
	return dst
}
