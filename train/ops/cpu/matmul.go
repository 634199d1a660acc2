package cpu

import "github.com/seed-83c59573/quern/train/ops"

// shared is a product that all workers compute. While they compute one block they pack the next one, into the other half of the room:
// one wait a block, and packing fills what the last tiles leave idle.
type shared[F ops.Float] struct {
	productOf[F]
	bias    []F
	packed  *panels[F] // b packed before, or nil
	whole   [2]spaceOf[F]
	workers []spaceOf[F]
	now     block[F] // computed
	next    block[F] // packed
	tiles   int      // of now
}

const (
	panelsA = 8 // panels of a that one task packs
	panelsB = 4 // panels of b that one task packs
)

// phase runs task t of a phase.
type phase interface{ phase(t, worker int) }

func runPhase(j *job, t, worker int) { j.phase.phase(t, worker) }

func (s *shared[F]) phase(t, worker int) {
	w := &s.workers[worker]
	switch pack := t - s.tiles; {
	case t < s.tiles:
		s.tile(&s.now, t, s.bias, w)
	case pack < s.next.packB:
		s.packB(&s.next, pack*panelsB, panelsB, w)
	default:
		s.packA(&s.next, (pack-s.next.packB)*panelsA, panelsA, w)
	}
}

// block is number i with all that is to be done about it.
func (s *shared[F]) block(i int) block[F] {
	inner := ceil(s.m, rowBlock)
	b := s.productOf.block(i, s.whole[i&1].pa, s.whole[i/inner&1].pb)
	s.cut(&b)
	b.packA = ceil(ceil(b.ni, s.kern.mr), panelsA)
	switch {
	case s.packed != nil:
		b.pb = s.packed.blocks[i/inner]
	case b.i0 == 0:
		b.packB = ceil(ceil(b.nj, s.kern.nr), panelsB)
	}
	return b
}

// compute shares p out over the pool.
func (s *shared[F]) compute(p *pool, j *job) {
	if len(s.workers) < p.n {
		s.workers = make([]spaceOf[F], p.n)
	}
	for i := range s.workers {
		s.kern.tileRoom(&s.workers[i])
	}
	n := s.count()
	na, nb := s.sizes()
	for i := range min(2, n) {
		s.whole[i].pa = grown(s.whole[i].pa, na)
		if s.packed == nil && i < ceil(s.n, colBlock)*ceil(s.k, kBlock) {
			s.whole[i].pb = grown(s.whole[i].pb, nb)
		}
	}
	s.now, s.next, s.tiles = block[F]{}, block[F]{}, 0
	j.phase = s
	for i := 0; i <= n; i++ {
		s.now, s.next = s.next, block[F]{}
		s.tiles = s.now.down * s.now.across
		if i < n {
			s.next = s.block(i)
		}
		p.run(s.tiles+s.next.packB+s.next.packA, j, runPhase)
	}
	s.now, s.next = block[F]{}, block[F]{}
}

// fill is what a product leaves of c when there is nothing to multiply, and how gonum's is given a bias.
func (p *productOf[F]) fill(bias []F) {
	for i := range p.m {
		row := p.c.x[i*p.c.ld:][:p.n]
		switch {
		case p.beta == 0:
			clear(row)
		case p.beta != 1:
			for j := range row {
				row[j] *= p.beta
			}
		}
		for j, b := range bias {
			row[j] += b
		}
	}
}

// multiply is c = alpha·a·b + beta·c + bias by all workers.
func (o *Ops) multiply(p product, bias []float32, packed *panels[float32]) {
	if p.m == 0 || p.n == 0 {
		return
	}
	p.check()
	if bias != nil && len(bias) != p.n {
		panic("cpu: a bias has another width than its matrix")
	}
	if p.k == 0 || p.kern == nil && bias != nil {
		p.fill(bias)
		p.beta, bias = 1, nil
	}
	if p.k == 0 {
		return
	}
	if o.fewRows(&p, bias) {
		return
	}
	o.single.productOf, o.single.bias, o.single.packed = p, bias, packed
	switch {
	case p.kern == nil:
		o.j.phase = (*scalar)(&o.single.productOf)
		o.pool.run(p.scalarTiles(), &o.j, runPhase)
	default:
		o.single.compute(o.pool, &o.j)
	}
	o.single.productOf, o.single.bias, o.single.packed = product{}, nil, nil
	o.j = job{}
}

// scalar is a product whose tiles gonum computes.
type scalar product

func (s *scalar) phase(t, _ int) { (*product)(s).scalarTile(t) }

// kernel is the one for products of m rows.
func (o *Ops) kernel(m int) *kernel {
	if m < unrounded {
		return o.kern
	}
	return o.matmul
}

// MatMul shares every block out.
func (o *Ops) MatMul(ta, tb bool, m, n, k int, a, b []float32, beta float32, c []float32) {
	if m == 0 || n == 0 {
		return
	}
	p := product{kern: o.kernel(m), m: m, n: n, k: k, alpha: 1, beta: beta, a: matrix{a, k, ta}, b: matrix{b, n, tb}, c: matrix{c, n, false}}
	if ta {
		p.a.ld = m
	}
	if tb {
		p.b.ld = k
	}
	if p.kern != nil && m*n*k < small && !isFew(&p) {
		if o.pool.running.Load() {
			panic(errRunning)
		}
		if k == 0 {
			p.fill(nil)
			return
		}
		p.serial(&o.spaces[0])
		return
	}
	o.multiply(p, nil, nil)
}
