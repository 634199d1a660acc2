package cpu

import (
	"unsafe"

	"github.com/seed-83c59573/quern/train/ops"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// Matrices are multiplied as Goto and van de Geijn (2008) do: blocks of both operands are packed into panels that the kernel then
// reads from front to back. A number of c is
//
//	c = beta·c + bias; for each block of kBlock steps: acc = 0; acc = fma(a, b, acc) in the order of k; c = fma(alpha, acc, c)
//
// whatever the kernel, the tile or the worker. Without a kernel gonum's BLAS computes tiles of c: with other bits, yet the same on any
// number of workers.
const (
	kBlock   = 384
	colBlock = 3072    // columns of b packed at a time
	rowBlock = 2016    // rows of a packed at a time
	mulRows  = 168     // the largest tile of c that one task computes
	mulCols  = 384     //
	small    = 1 << 19 // multiplications below which one worker does it all
)

// kernelOf multiplies panels of mr rows by panels of nr columns.
type kernelOf[F ops.Float] struct {
	name   string
	mr, nr int
	mul    func(kc int, a, b, c *F, ldc int, bias *F, alpha F, mode int)
	a, b   packer[F]
	form   form
	few    *fewKernels // for few rows, or nil
}

// matrixOf is a row-major matrix within a buffer, as BLAS sees it: stored transposed if t.
type matrixOf[F ops.Float] struct {
	x  []F
	ld int
	t  bool
}

// productOf is c = alpha·a·b + beta·c, a m×k, b k×n.
type productOf[F ops.Float] struct {
	kern        *kernelOf[F] // nil: gonum's
	m, n, k     int
	alpha, beta F
	a, b, c     matrixOf[F]
}

type (
	kernel  = kernelOf[float32]
	matrix  = matrixOf[float32]
	product = productOf[float32]
	space   = spaceOf[float32]
)

func (m matrixOf[F]) transposed() matrixOf[F] { m.t = !m.t; return m }

// from is m without its first i rows and j columns.
func (m matrixOf[F]) from(i, j int) matrixOf[F] {
	if m.t {
		i, j = j, i
	}
	m.x = m.x[i*m.ld+j:]
	return m
}

// block is one step of a product: rows, columns and k that are packed at once, and the tiles that they make.
type block[F ops.Float] struct {
	i0, ni, j0, nj, k0, kc int
	pa, pb                 []F
	down, across           int
	packA, packB           int // tasks that pack it
}

// spaceOf is the room of one worker, or of a whole product.
type spaceOf[F ops.Float] struct {
	pa, pb []F // panels
	edge   []F // a tile of c, then the bias that goes with it
	panel  []F // one panel before it is rounded
}

// grown is old with room for n numbers, on a boundary of a cache line.
func grown[F ops.Float](old []F, n int) []F {
	if cap(old) >= n {
		return old[:n]
	}
	size := int(unsafe.Sizeof(old[0]))
	b := make([]F, n+64/size)
	off := int(-uintptr(unsafe.Pointer(&b[0]))&63) / size
	return b[off : off+n : off+n]
}

// check panics where assembly, which checks no bounds, would leave a buffer.
func (p *productOf[F]) check() {
	fits := func(m matrixOf[F], rows, cols int) {
		if m.t {
			rows, cols = cols, rows
		}
		if m.ld < cols || len(m.x) < (rows-1)*m.ld+cols {
			panic("cpu: a matrix does not fit its buffer")
		}
	}
	fits(p.a, p.m, p.k)
	if p.b.x != nil {
		fits(p.b, p.k, p.n)
	}
	fits(p.c, p.m, p.n)
}

// sizes are the numbers of a block's panels.
func (p *productOf[F]) sizes() (a, b int) {
	steps := p.kern.form.steps(min(p.k, kBlock))
	return ceil(min(p.m, rowBlock), p.kern.mr) * p.kern.mr * steps, ceil(min(p.n, colBlock), p.kern.nr) * p.kern.nr * steps
}

// tileRoom is what a task of a product needs of its worker.
func (k *kernelOf[F]) tileRoom(s *spaceOf[F]) {
	s.edge = grown(s.edge, (k.mr+1)*k.nr)
	if k.form != plain {
		s.panel = grown(s.panel, kBlock*max(k.mr, k.nr))
	}
}

// count is the number of blocks.
func (p *productOf[F]) count() int {
	return ceil(p.n, colBlock) * ceil(p.k, kBlock) * ceil(p.m, rowBlock)
}

// block is number i, packed at pa and pb: those of rows follow each other and share what is packed of b, then come those of k.
func (p *productOf[F]) block(i int, pa, pb []F) block[F] {
	down, deep := ceil(p.m, rowBlock), ceil(p.k, kBlock)
	b := block[F]{i0: i % down * rowBlock, k0: i / down % deep * kBlock, j0: i / down / deep * colBlock, pa: pa, pb: pb}
	b.ni, b.kc, b.nj = min(rowBlock, p.m-b.i0), min(kBlock, p.k-b.k0), min(colBlock, p.n-b.j0)
	return b
}

// cut makes at least 16 tiles of a block, if it has as many panels, none larger than mulRows×mulCols.
func (p *productOf[F]) cut(b *block[F]) {
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
func (p *productOf[F]) serial(s *spaceOf[F]) {
	p.check()
	if p.kern == nil {
		for t := range p.scalarTiles() {
			p.scalarTile(t)
		}
		return
	}
	if p.m == 0 || p.n == 0 {
		return
	}
	na, nb := p.sizes()
	s.pa, s.pb = grown(s.pa, na), grown(s.pb, nb)
	p.kern.tileRoom(s)
	for i := range p.count() {
		b := p.block(i, s.pa, s.pb)
		if b.i0 == 0 {
			p.packB(&b, 0, ceil(b.nj, p.kern.nr), s)
		}
		p.packA(&b, 0, ceil(b.ni, p.kern.mr), s)
		b.down, b.across = 1, 1
		p.tile(&b, 0, nil, s)
	}
}

func (p *productOf[F]) packA(b *block[F], first, count int, s *spaceOf[F]) {
	p.kern.a.pack(p.kern.form, b.pa, p.a.from(b.i0, b.k0), b.ni, p.m-b.i0, first, count, b.kc, s)
}

func (p *productOf[F]) packB(b *block[F], first, count int, s *spaceOf[F]) {
	p.kern.b.pack(p.kern.form, b.pb, p.b.transposed().from(b.j0, b.k0), b.nj, p.n-b.j0, first, count, b.kc, s)
}

// Modes of a kernel.
const (
	store   = iota // c = alpha·acc
	addC           // c += alpha·acc
	addBias        // c = bias + alpha·acc
	addBoth        // c += bias + alpha·acc
)

// mode is how the first block of k treats c. Later ones add.
func mode[F ops.Float](first bool, beta F, bias []F) int {
	switch {
	case !first:
		return addC
	case beta == 0 && bias == nil:
		return store
	case beta == 0:
		return addBias
	case bias == nil:
		return addC
	}
	return addBoth
}

// scale multiplies rows×cols numbers.
func scale[F ops.Float](c []F, ld, rows, cols int, by F) {
	for y := range rows {
		for x, v := range c[y*ld:][:cols] {
			c[y*ld+x] = v * by
		}
	}
}

// tile computes tile t of a packed block. At the edges of c the kernel works on a copy, so that every number is rounded alike.
func (p *productOf[F]) tile(b *block[F], t int, bias []F, s *spaceOf[F]) {
	k := p.kern
	mr, nr, steps := k.mr, k.nr, k.form.steps(b.kc)
	na, nb := ceil(b.ni, mr), ceil(b.nj, nr)
	ti, tj := t%b.down, t/b.down
	mode := mode(b.k0 == 0, p.beta, bias)
	for i := na * ti / b.down; i < na*(ti+1)/b.down; i++ {
		h := min(mr, b.ni-i*mr)
		for j := nb * tj / b.across; j < nb*(tj+1)/b.across; j++ {
			w, col := min(nr, b.nj-j*nr), b.j0+j*nr
			c := p.c.x[(b.i0+i*mr)*p.c.ld+col:]
			if b.k0 == 0 && p.beta != 0 && p.beta != 1 {
				scale(c, p.c.ld, h, w, p.beta)
			}
			pa, pb := &b.pa[i*mr*steps], &b.pb[j*nr*steps]
			if h == mr && w == nr {
				var add *F
				if bias != nil {
					add = &bias[col]
				}
				k.mul(steps, pa, pb, &c[0], p.c.ld, add, p.alpha, mode)
				continue
			}
			edge, add := s.edge[:mr*nr], s.edge[mr*nr:]
			for y := 0; y < h && mode != store && mode != addBias; y++ {
				copy(edge[y*nr:y*nr+w], c[y*p.c.ld:])
			}
			if bias != nil {
				copy(add[:w], bias[col:])
			}
			k.mul(steps, pa, pb, &edge[0], nr, &add[0], p.alpha, mode)
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

func (p *productOf[F]) scalarTiles() int { return ceil(p.m, scalarRows) * ceil(p.n, scalarCols) }

func (p *productOf[F]) scalarTile(t int) {
	i, j := t%ceil(p.m, scalarRows)*scalarRows, t/ceil(p.m, scalarRows)*scalarCols
	a, b, c := p.a.from(i, 0), p.b.from(0, j), p.c.from(i, j)
	m, n := min(scalarRows, p.m-i), min(scalarCols, p.n-j)
	switch a := any(a).(type) {
	case matrixOf[float32]:
		b, c := any(b).(matrixOf[float32]), any(c).(matrixOf[float32])
		gonum.Implementation{}.Sgemm(trans(a.t), trans(b.t), m, n, p.k, float32(p.alpha), a.x, a.ld, b.x, b.ld, float32(p.beta), c.x, c.ld)
	case matrixOf[float64]:
		b, c := any(b).(matrixOf[float64]), any(c).(matrixOf[float64])
		gonum.Implementation{}.Dgemm(trans(a.t), trans(b.t), m, n, p.k, float64(p.alpha), a.x, a.ld, b.x, b.ld, float64(p.beta), c.x, c.ld)
	}
}

func trans(t bool) blas.Transpose {
	if t {
		return blas.Trans
	}
	return blas.NoTrans
}
