package data

// NoTarget marks a position that no loss is taken at.
const NoTarget = -1

// Batch is rows of tokens and what each position is to predict.
type Batch struct {
	Rows, Cols int
	Tokens     []int32 // Rows×Cols
	Targets    []int32 // Rows×Cols; NoTarget = no loss
	Segments   []int32 // Rows×Cols, or nil: attention stays among equal neighbors, and positions count from their first
}

func newBatch(rows, cols int, segments bool) *Batch {
	b := &Batch{Rows: rows, Cols: cols, Tokens: make([]int32, rows*cols), Targets: make([]int32, rows*cols)}
	if segments {
		b.Segments = make([]int32, rows*cols)
	}
	return b
}

// Part is rows [from, to) of b; it shares their memory.
func (b *Batch) Part(from, to int) Batch {
	p := Batch{Rows: to - from, Cols: b.Cols, Tokens: b.Tokens[from*b.Cols : to*b.Cols], Targets: b.Targets[from*b.Cols : to*b.Cols]}
	if b.Segments != nil {
		p.Segments = b.Segments[from*b.Cols : to*b.Cols]
	}
	return p
}

// Count is the number of positions that a loss is taken at.
func (b *Batch) Count() int {
	n := 0
	for _, t := range b.Targets {
		if t != NoTarget {
			n++
		}
	}
	return n
}

// starts tells whether a segment begins at position i of Rows×Cols. One never reaches into the next row.
func (b *Batch) starts(i int) bool {
	return i%b.Cols == 0 || b.Segments != nil && b.Segments[i] != b.Segments[i-1]
}

// Positions appends the position of each token in its segment, Rows×Cols: position_ids for models that take them.
func (b *Batch) Positions(dst []int32) []int32 {
	at := int32(0)
	for i := range b.Tokens {
		if b.starts(i) {
			at = 0
		}
		dst = append(dst, at)
		at++
	}
	return dst
}

// CuSeqlens appends where each segment begins in the rows laid end to end, and where the last one ends, which is Rows×Cols: the
// cu_seqlens of attention over sequences of many lengths (FlashAttention's varlen functions). What fills up a row is a segment of its
// own. longest is the length of the longest segment.
func (b *Batch) CuSeqlens(dst []int32) (cu []int32, longest int) {
	last := 0
	for i := range b.Tokens {
		if b.starts(i) {
			dst = append(dst, int32(i))
			longest, last = max(longest, i-last), i
		}
	}
	return append(dst, int32(len(b.Tokens))), max(longest, len(b.Tokens)-last)
}
