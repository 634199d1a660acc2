package gemm

import "unsafe"

// Sizes of blocks. depth is part of every result: see the package's comment. The others are not.
const (
	depth    = 384  // steps of k
	wide     = 3072 // columns of b packed at a time
	high     = 2016 // rows of a packed at a time; a multiple of every kernel's rows
	tileRows = 168  // of the largest tile of c handed to a worker
	tileCols = 384
	panelsA  = 8 // panels in a task of packing
	panelsB  = 4
)

// operand is a seen as rows along k, or b seen as columns along k, n of them. Number (r, k) is x[r*ld+k] if alongK, else x[k*ld+r].
type operand struct {
	x      []float32
	ld     int
	alongK bool
	n      int
}

// product is one multiplication and the memory that it needs. As a job it goes in phases: phase i computes block i-1 and packs block i
// into the other half of the buffers, so that packing fills the tail of computing.
type product struct {
	k           *kernel
	workers     int
	a, b        operand
	kk          int // m = a.n, n = b.n
	alpha, beta float32
	c           []float32
	ldc         int

	bandsN, bandsK, bandsM int // blocks over n, k, m
	phases                 []phase
	abuf, bbuf             [2][]float32
	scratch                []float32 // a tile of the kernel for each worker
}

func ceil(a, b int) int { return (a + b - 1) / b }

// fits says what is wrong with a call, or nothing.
func fits(ta, tb bool, m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) string {
	if m < 0 || n < 0 || k < 0 {
		return "gemm: a size is negative"
	}
	if m == 0 || n == 0 {
		return ""
	}
	ar, ac, br, bc := m, k, k, n
	if ta {
		ar, ac = k, m
	}
	if tb {
		br, bc = n, k
	}
	switch {
	case ldc < n || len(c) < (m-1)*ldc+n:
		return "gemm: c does not fit"
	case k == 0:
		return ""
	case lda < ac || len(a) < (ar-1)*lda+ac:
		return "gemm: a does not fit"
	case ldb < bc || len(b) < (br-1)*ldb+bc:
		return "gemm: b does not fit"
	}
	return ""
}

// set takes the arguments of a call. It returns false if nothing is left to multiply.
func (g *product) set(ta, tb bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) bool {
	if what := fits(ta, tb, m, n, k, a, lda, b, ldb, c, ldc); what != "" {
		panic(what)
	}
	if m == 0 || n == 0 {
		return false
	}
	if k == 0 || alpha == 0 {
		scale(c, ldc, m, n, beta)
		return false
	}
	g.a, g.b = operand{a, lda, !ta, m}, operand{b, ldb, tb, n}
	g.kk, g.alpha, g.beta, g.c, g.ldc = k, alpha, beta, c, ldc
	return true
}

// forget lets go of the caller's buffers.
func (g *product) forget() { g.a.x, g.b.x, g.c = nil, nil, nil }

// scale is c = beta·c.
func scale(c []float32, ldc, rows, cols int, beta float32) {
	for i := 0; i < rows && beta != 1; i++ {
		r := c[i*ldc:][:cols]
		if beta == 0 {
			clear(r)
			continue
		}
		for j := range r {
			r[j] *= beta
		}
	}
}

// aligned returns n numbers on a 64-byte boundary, old ones if there are enough.
func aligned(old []float32, n int) []float32 {
	if cap(old) >= n {
		return old[:n]
	}
	b := make([]float32, n+16)
	off := int(-uintptr(unsafe.Pointer(&b[0]))&63) / 4
	return b[off : off+n : off+n]
}

// prepare makes room for packing into one or two halves.
func (g *product) prepare(halves int) {
	g.bandsN, g.bandsK, g.bandsM = ceil(g.b.n, wide), ceil(g.kk, depth), ceil(g.a.n, high)
	blocks, steps := g.bandsN*g.bandsK*g.bandsM, min(g.kk, depth)
	for i := range min(halves, blocks) {
		g.abuf[i] = aligned(g.abuf[i], ceil(min(g.a.n, high), g.k.rows)*g.k.rows*steps)
		g.bbuf[i] = aligned(g.bbuf[i], ceil(min(g.b.n, wide), g.k.cols)*g.k.cols*steps)
	}
	g.scratch = aligned(g.scratch, g.workers*g.k.rows*g.k.cols)
	if halves == 1 {
		return
	}
	if cap(g.phases) < blocks+1 {
		g.phases = make([]phase, blocks+1)
	}
	g.phases = g.phases[:blocks+1]
	for i := range g.phases {
		g.phases[i].reset()
	}
}

// block is one step over columns of c, k and rows of c: where it is, its panels, and how it is cut into tasks.
type block struct {
	j0, nj, k0, kc, i0, ni int
	a, b                   []float32
	tilesM, tilesN         int
	packA, packB           int // tasks of packing; no packB if the block before had the same b
}

// block finds number i of the blocks, those over rows following each other fastest.
func (g *product) block(i int) (b block) {
	s, jk := i%g.bandsM, i/g.bandsM
	b.j0, b.k0, b.i0 = jk/g.bandsK*wide, jk%g.bandsK*depth, s*high
	b.nj, b.kc, b.ni = min(wide, g.b.n-b.j0), min(depth, g.kk-b.k0), min(high, g.a.n-b.i0)
	b.a, b.b = g.abuf[i&1], g.bbuf[jk&1]
	panels, across := ceil(b.ni, g.k.rows), ceil(b.nj, g.k.cols)
	b.tilesM, b.tilesN = ceil(b.ni, tileRows), ceil(b.nj, tileCols)
	for b.tilesM*b.tilesN < 16 && (panels > 2*b.tilesM || across > 2*b.tilesN) { // enough for all, long and narrow ones last
		tall := panels*g.k.rows*b.tilesN >= across*g.k.cols*b.tilesM
		if panels > 2*b.tilesM && (tall || across <= 2*b.tilesN) {
			b.tilesM *= 2
		} else {
			b.tilesN *= 2
		}
	}
	b.packA = ceil(panels, panelsA)
	if s == 0 {
		b.packB = ceil(across, panelsB)
	}
	return b
}

// run is one worker's part.
func (g *product) run(worker int) {
	blocks := g.bandsN * g.bandsK * g.bandsM
	var cur block
	for i := 0; i <= blocks; i++ {
		var next block
		if i < blocks {
			next = g.block(i)
		}
		tiles := cur.tilesM * cur.tilesN
		g.phases[i].each(tiles+next.packB+next.packA, func(t int) {
			switch {
			case t < tiles:
				m, n := t%cur.tilesM, t/cur.tilesM
				g.tile(&cur, m, cur.tilesM, n, cur.tilesN, worker)
			case t < tiles+next.packB:
				g.b.pack(&g.k.b, next.b, next.j0, next.nj, (t-tiles)*panelsB, panelsB, next.k0, next.kc)
			default:
				g.a.pack(&g.k.a, next.a, next.i0, next.ni, (t-tiles-next.packB)*panelsA, panelsA, next.k0, next.kc)
			}
		})
		cur = next
	}
}

// serial does all on the caller's goroutine.
func (g *product) serial() {
	if g.tiny() {
		g.loop()
		return
	}
	if g.direct() {
		for t := range g.gonumTiles() {
			g.Do(t, 0)
		}
		return
	}
	g.prepare(1)
	for j0 := 0; j0 < g.b.n; j0 += wide {
		for k0 := 0; k0 < g.kk; k0 += depth {
			b := block{j0: j0, nj: min(wide, g.b.n-j0), k0: k0, kc: min(depth, g.kk-k0), a: g.abuf[0], b: g.bbuf[0]}
			g.b.pack(&g.k.b, b.b, j0, b.nj, 0, ceil(b.nj, g.k.cols), k0, b.kc)
			for b.i0 = 0; b.i0 < g.a.n; b.i0 += high {
				b.ni = min(high, g.a.n-b.i0)
				g.a.pack(&g.k.a, b.a, b.i0, b.ni, 0, ceil(b.ni, g.k.rows), k0, b.kc)
				b.tilesM, b.tilesN = ceil(b.ni, tileRows), ceil(b.nj, tileCols)
				for n := range b.tilesN {
					for m := range b.tilesM {
						g.tile(&b, m, b.tilesM, n, b.tilesN, 0)
					}
				}
			}
		}
	}
}

// tile multiplies the panels of tile (ti, tj) of tm×tn tiles of a packed block. The first block of k applies beta.
func (g *product) tile(b *block, ti, tm, tj, tn, worker int) {
	k := g.k
	na, nb := ceil(b.ni, k.rows), ceil(b.nj, k.cols)
	p0, p1 := na*ti/tm, na*(ti+1)/tm
	q0, q1 := nb*tj/tn, nb*(tj+1)/tn
	if p0 == p1 || q0 == q1 {
		return
	}
	i0, j0 := p0*k.rows, q0*k.cols // within the block
	rows, cols := min(b.ni, p1*k.rows)-i0, min(b.nj, q1*k.cols)-j0
	c := g.c[(b.i0+i0)*g.ldc+b.j0+j0:]
	mode := 1
	if b.k0 == 0 {
		if g.beta == 0 {
			mode = 0
		} else {
			scale(c, g.ldc, rows, cols, g.beta)
		}
	}
	for p := p0; p < p1; p++ {
		i := (p - p0) * k.rows
		h := min(k.rows, rows-i)
		ap := &b.a[p*k.rows*b.kc]
		for q := q0; q < q1; q++ {
			j := (q - q0) * k.cols
			w := min(k.cols, cols-j)
			bp := &b.b[q*k.cols*b.kc]
			if h == k.rows && w == k.cols {
				k.run(b.kc, ap, bp, &c[i*g.ldc+j], g.ldc, g.alpha, mode)
			} else {
				g.edge(c[i*g.ldc+j:], h, w, b.kc, ap, bp, mode, worker)
			}
		}
	}
}

// edge is a tile of h×w numbers that is smaller than the kernel's: the same kernel works on a copy.
func (g *product) edge(c []float32, h, w, kc int, a, b *float32, mode, worker int) {
	n := g.k.cols
	s := g.scratch[worker*g.k.rows*n:][:g.k.rows*n]
	if mode == 1 {
		for i := range h {
			copy(s[i*n:][:w], c[i*g.ldc:])
		}
	}
	g.k.run(kc, a, b, &s[0], n, g.alpha, mode)
	for i := range h {
		copy(c[i*g.ldc:][:w], s[i*n:])
	}
}
