package cpu

import (
	"unsafe"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// Matrices are multiplied as Goto and van de Geijn (2008) do: blocks of both operands are packed into panels that the kernel then
// reads from front to back. A number of c is
//
//	c = beta·c; for each block of kBlock steps: acc = 0; acc = fma(a, b, acc) in the order of k; c = fma(alpha, acc, c)
//
// whatever the kernel, the tile or the worker. Without a kernel gonum's BLAS computes tiles of c: with other bits,
// yet the same on any number of workers.
const (
	kBlock   = 384
	colBlock = 3072    // columns of b packed at a time
	rowBlock = 2016    // rows of a packed at a time
	mulRows  = 168     // the largest tile of c that one task computes
	mulCols  = 384     //
	small    = 1 << 19 // multiplications below which one worker does it all
	panelsA  = 8       // panels of a that one task packs
	panelsB  = 4       // panels of b that one task packs
)

// kernel multiplies panels of mr rows by panels of nr columns.
type kernel struct {
	name   string
	mr, nr int
	mul    func(kc int, a, b, c *float32, ldc int, alpha float32, mode int)
	a, b   packer
}

// packer fills panels of width numbers a step of k: across reads rows that run along k, four steps at a time; along copies rows
// that run along the panel. Strides are in bytes.
type packer struct {
	width  int
	rows   int // that one call of across packs
	read   int // that it reads
	across func(k4 int, src *float32, ld int, dst *float32, stride int)
	along  func(k int, src *float32, ld int, dst *float32)
}

// matrix is a row-major matrix within a buffer, as BLAS sees it: stored transposed if t.
type matrix struct {
	x  []float32
	ld int
	t  bool
}

func (m matrix) transposed() matrix { m.t = !m.t; return m }

// from is m without its first i rows and j columns.
func (m matrix) from(i, j int) matrix {
	if m.t {
		i, j = j, i
	}
	m.x = m.x[i*m.ld+j:]
	return m
}

// product is c = alpha·a·b + beta·c, a m×k, b k×n.
type product struct {
	kern        *kernel // nil: gonum's
	m, n, k     int
	alpha, beta float32
	a, b, c     matrix
}

// block is one step of a product: rows, columns and k that are packed at once, and the tiles that they make.
type block struct {
	i0, ni, j0, nj, k0, kc int
	pa, pb                 []float32
	down, across           int
}

// space is the room of one worker, or of a whole product.
type space struct{ pa, pb, edge []float32 }

// grown is old with room for n numbers, on a boundary of a cache line.
func grown(old []float32, n int) []float32 {
	if cap(old) >= n {
		return old[:n]
	}
	b := make([]float32, n+16)
	off := int(-uintptr(unsafe.Pointer(&b[0]))&63) / 4
	return b[off : off+n : off+n]
}

// ready makes room for the blocks of p. Assembly checks no bounds, so they are checked here.
func (p *product) ready(s *space) {
	check := func(m matrix, rows, cols int) {
		if m.t {
			rows, cols = cols, rows
		}
		if m.ld < cols || len(m.x) < (rows-1)*m.ld+cols {
			panic("cpu: a matrix does not fit its buffer")
		}
	}
	check(p.a, p.m, p.k)
	check(p.b, p.k, p.n)
	check(p.c, p.m, p.n)
	if p.scalar() {
		return
	}
	kc := min(p.k, kBlock)
	s.pa = grown(s.pa, ceil(min(p.m, rowBlock), p.kern.mr)*p.kern.mr*kc)
	s.pb = grown(s.pb, ceil(min(p.n, colBlock), p.kern.nr)*p.kern.nr*kc)
}

func (p *product) scalar() bool { return p.kern == nil }

// count is the number of blocks.
func (p *product) count() int {
	return ceil(p.n, colBlock) * ceil(p.k, kBlock) * ceil(p.m, rowBlock)
}

// block is number i: those of rows follow each other and share what is packed of b, then come those of k.
func (p *product) block(i int, s *space) block {
	down, deep := ceil(p.m, rowBlock), ceil(p.k, kBlock)
	b := block{i0: i % down * rowBlock, k0: i / down % deep * kBlock, j0: i / down / deep * colBlock, pa: s.pa, pb: s.pb}
	b.ni, b.kc, b.nj = min(rowBlock, p.m-b.i0), min(kBlock, p.k-b.k0), min(colBlock, p.n-b.j0)
	return b
}

// cut makes at least 16 tiles of a block, if it has as many panels, none larger than mulRows×mulCols.
func (p *product) cut(b *block) {
	mr, nr := p.kern.mr, p.kern.nr
	na, nb := ceil(b.ni, mr), ceil(b.nj, nr)
	b.down, b.across = ceil(b.ni, mulRows), ceil(b.nj, mulCols)
	for b.down*b.across < 16 && (na > 2*b.down || nb > 2*b.across) {
		if nb <= 2*b.across || na > 2*b.down && na*mr*b.across >= nb*nr*b.down {
			b.down *= 2
		} else {
			b.across *= 2
		}
	}
}

// serial computes p on this goroutine.
func (p *product) serial(s *space) {
	p.ready(s)
	if p.scalar() {
		for t := range p.scalarTiles() {
			p.scalarTile(t)
		}
		return
	}
	s.edge = grown(s.edge, p.kern.mr*p.kern.nr)
	for i := range p.count() {
		b := p.block(i, s)
		if b.i0 == 0 {
			p.packB(&b, 0, ceil(b.nj, p.kern.nr))
		}
		p.packA(&b, 0, ceil(b.ni, p.kern.mr))
		b.down, b.across = 1, 1
		p.tile(&b, 0, s.edge)
	}
}

// MatMul shares every block out: first its panels, then its tiles.
func (o *Ops) MatMul(ta, tb bool, m, n, k int, a, b []float32, beta float32, c []float32) {
	if m == 0 || n == 0 {
		return
	}
	p := product{kern: o.kern, m: m, n: n, k: k, alpha: 1, beta: beta, a: matrix{a, k, ta}, b: matrix{b, n, tb}, c: matrix{c, n, false}}
	if ta {
		p.a.ld = m
	}
	if tb {
		p.b.ld = k
	}
	if m*n*k < small && !p.scalar() {
		p.serial(&o.spaces[0])
		return
	}
	if m <= fewRows && !p.scalar() {
		o.fewRows(p)
		return
	}
	p.ready(&o.whole)
	o.j = job{product: p, spaces: o.spaces}
	if p.scalar() {
		o.pool.run(p.scalarTiles(), &o.j, func(j *job, t, _ int) { j.product.scalarTile(t) })
		o.j = job{}
		return
	}
	for i := range o.spaces {
		o.spaces[i].edge = grown(o.spaces[i].edge, p.kern.mr*p.kern.nr)
	}
	for i := range p.count() {
		blk := p.block(i, &o.whole)
		p.cut(&blk)
		o.j.block = blk
		tasks := ceil(ceil(blk.ni, p.kern.mr), panelsA)
		if blk.i0 == 0 {
			tasks += ceil(ceil(blk.nj, p.kern.nr), panelsB)
		}
		o.pool.run(tasks, &o.j, func(j *job, t, _ int) {
			if a := ceil(ceil(j.block.ni, j.product.kern.mr), panelsA); t < a {
				j.product.packA(&j.block, t*panelsA, panelsA)
			} else {
				j.product.packB(&j.block, (t-a)*panelsB, panelsB)
			}
		})
		o.pool.run(blk.down*blk.across, &o.j, func(j *job, t, w int) { j.product.tile(&j.block, t, j.spaces[w].edge) })
	}
	o.j = job{}
}

func (p *product) packA(b *block, first, count int) {
	p.kern.a.pack(b.pa, p.a.from(b.i0, b.k0), b.ni, p.m-b.i0, first, count, b.kc)
}

func (p *product) packB(b *block, first, count int) {
	p.kern.b.pack(b.pb, p.b.transposed().from(b.j0, b.k0), b.nj, p.n-b.j0, first, count, b.kc)
}

// pack fills panels first to first+count-1 of n rows of m, of which there are total, and kc steps. Rows beyond n become zero.
func (pk *packer) pack(dst []float32, m matrix, n, total, first, count, kc int) {
	size := pk.width * kc
	for q := first; q < min(first+count, ceil(n, pk.width)); q++ {
		r := q * pk.width
		rows := min(pk.width, n-r)
		d := dst[q*size : (q+1)*size]
		done := 0
		switch {
		case rows < pk.width:
		case m.t:
			pk.along(kc, &m.x[r], m.ld*4, &d[0])
			continue
		case kc >= 4 && r+pk.width-pk.rows+pk.read <= total:
			for v := 0; v < pk.width; v += pk.rows {
				pk.across(kc/4, &m.x[(r+v)*m.ld], m.ld*4, &d[v], pk.width*4)
			}
			done = kc &^ 3
		}
		pk.plain(d, m.from(r, 0), rows, done, kc)
	}
}

// plain packs steps from to kc-1 of one panel.
func (pk *packer) plain(d []float32, m matrix, rows, from, kc int) {
	row, step := m.ld, 1
	if m.t {
		row, step = 1, m.ld
	}
	for k := from; k < kc; k++ {
		v := d[k*pk.width : (k+1)*pk.width]
		for i := range rows {
			v[i] = m.x[i*row+k*step]
		}
		clear(v[rows:])
	}
}

// tile computes tile t of a packed block. At the edges of c the kernel works on a copy, so that every number is rounded alike.
func (p *product) tile(b *block, t int, edge []float32) {
	mr, nr := p.kern.mr, p.kern.nr
	na, nb := ceil(b.ni, mr), ceil(b.nj, nr)
	ti, tj := t%b.down, t/b.down
	mode := 1
	if b.k0 == 0 && p.beta == 0 {
		mode = 0
	}
	for i := na * ti / b.down; i < na*(ti+1)/b.down; i++ {
		h := min(mr, b.ni-i*mr)
		for j := nb * tj / b.across; j < nb*(tj+1)/b.across; j++ {
			w := min(nr, b.nj-j*nr)
			c := p.c.x[(b.i0+i*mr)*p.c.ld+b.j0+j*nr:]
			if b.k0 == 0 && p.beta != 0 && p.beta != 1 {
				for y := range h {
					for x := range w {
						c[y*p.c.ld+x] *= p.beta
					}
				}
			}
			pa, pb := &b.pa[i*mr*b.kc], &b.pb[j*nr*b.kc]
			if h == mr && w == nr {
				p.kern.mul(b.kc, pa, pb, &c[0], p.c.ld, p.alpha, mode)
				continue
			}
			for y := 0; y < h && mode == 1; y++ {
				copy(edge[y*nr:y*nr+w], c[y*p.c.ld:])
			}
			p.kern.mul(b.kc, pa, pb, &edge[0], nr, p.alpha, mode)
			for y := range h {
				copy(c[y*p.c.ld:][:w], edge[y*nr:])
			}
		}
	}
}

// A tile of gonum's: three blocks of 64×64 are the most that it takes without starting goroutines of its own.
const (
	scalarRows = 64
	scalarCols = 192
)

func (p *product) scalarTiles() int { return ceil(p.m, scalarRows) * ceil(p.n, scalarCols) }

func (p *product) scalarTile(t int) {
	i, j := t%ceil(p.m, scalarRows)*scalarRows, t/ceil(p.m, scalarRows)*scalarCols
	a, b, c := p.a.from(i, 0), p.b.from(0, j), p.c.from(i, j)
	trans := func(m matrix) blas.Transpose {
		if m.t {
			return blas.Trans
		}
		return blas.NoTrans
	}
	gonum.Implementation{}.Sgemm(trans(a), trans(b), min(scalarRows, p.m-i), min(scalarCols, p.n-j), p.k, p.alpha, a.x, a.ld, b.x, b.ld, p.beta, c.x, c.ld)
}
