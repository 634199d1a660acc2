package cpu

// Few rows, as in decoding, multiply at the speed of reading b once: b is not packed, but every number has the bits that it would
// have from panels, so that a row does not depend on its company.
const (
	fewRows = 8   // rows up to which this is faster than panels
	fewCols = 128 // columns of a task, about
)

// fewKernels are kernels for 1, 2 and 4 rows.
type fewKernels struct {
	acrossCols, alongCols int
	across, along         [3]func(kc int, a, b *float32, ldb int, c *float32, ldc int, bias *float32, alpha float32, mode int)
}

// fewCall is what the tasks of one call need.
type fewCall struct {
	product
	bias []float32
	pa   []float32 // for groups of 4, 2 and 1 rows one after another, k × rows
	edge [][]float32
}

// isFew says that p is read through once. Rounding to bf16 is left out then: it could save no time.
func isFew(p *product) bool {
	if p.kern == nil || p.kern.few == nil || p.b.x == nil {
		return false
	}
	if p.kern.form != plain && p.m >= 4 || p.m > fewRows {
		return false
	}
	if p.b.t {
		return p.n >= p.kern.few.acrossCols && p.k%4 == 0
	}
	return p.n >= p.kern.few.alongCols
}

// fewRows computes p if it is a case for it.
func (o *Ops) fewRows(p *product, bias []float32) bool {
	if !isFew(p) {
		return false
	}
	f := &o.few
	f.product, f.bias = *p, bias
	if p.m == 1 && !p.a.t {
		f.pa = p.a.x
	} else {
		o.fewA = grown(o.fewA, p.m*p.k)
		f.pa = o.fewA
		f.pack()
	}
	if len(f.edge) == 0 {
		f.edge = make([][]float32, o.pool.n)
		for i := range f.edge {
			f.edge[i] = make([]float32, 5*64)
		}
	}
	o.j.phase = f
	if n := ceil(p.n, fewCols); n > 1 && p.m*p.n*p.k > small/8 {
		o.pool.run(n, &o.j, func(j *job, t, w int) { j.phase.phase(t, w) })
	} else {
		for t := range n {
			f.phase(t, 0)
		}
	}
	f.product, f.bias, f.pa = product{}, nil, nil
	o.j = job{}
	return true
}

// group is the largest group of rows that fits into so many.
func group(rows int) (size, index int) {
	switch {
	case rows >= 4:
		return 4, 2
	case rows >= 2:
		return 2, 1
	}
	return 1, 0
}

func (f *fewCall) pack() {
	row, step := f.a.ld, 1
	if f.a.t {
		row, step = 1, f.a.ld
	}
	for i := 0; i < f.m; {
		g, _ := group(f.m - i)
		d := f.pa[i*f.k:][:g*f.k]
		for y := range g {
			for k := range f.k {
				d[k*g+y] = f.a.x[(i+y)*row+k*step]
			}
		}
		i += g
	}
}

// phase computes the columns of task t. The last ones of the matrix are computed together with some before them, aside.
func (f *fewCall) phase(t, worker int) {
	kern, cols := &f.kern.few.along, f.kern.few.alongCols
	if f.b.t {
		kern, cols = &f.kern.few.across, f.kern.few.acrossCols
	}
	for j := t * fewCols; j < min((t+1)*fewCols, f.n); j += cols {
		over := max(0, j+cols-f.n)
		for k := 0; k < f.k; k += kBlock {
			b := f.b.from(k, j-over)
			for i := 0; i < f.m; {
				g, index := group(f.m - i)
				f.tile(kern[index], min(kBlock, f.k-k), f.pa[i*f.k+k*g:], b, i, j, k == 0, g, cols, over, f.edge[worker])
				i += g
			}
		}
	}
}

// tile computes g rows from i on and cols columns, those from j on and over before.
func (f *fewCall) tile(mul func(kc int, a, b *float32, ldb int, c *float32, ldc int, bias *float32, alpha float32, mode int), kc int, a []float32, b matrix, i, j int, first bool, g, cols, over int, edge []float32) {
	mode := mode(first, f.beta, f.bias)
	c := f.c.x[i*f.c.ld+j:]
	var add *float32
	if f.bias != nil {
		add = &f.bias[j-over]
	}
	if first && f.beta != 0 && f.beta != 1 {
		scale(c, f.c.ld, g, min(cols, f.n-j), f.beta)
	}
	if over == 0 {
		mul(kc, &a[0], &b.x[0], b.ld*4, &c[0], f.c.ld, add, f.alpha, mode)
		return
	}
	for y := range g {
		copy(edge[y*cols+over:(y+1)*cols], c[y*f.c.ld:])
	}
	mul(kc, &a[0], &b.x[0], b.ld*4, &edge[0], cols, add, f.alpha, mode)
	for y := range g {
		copy(c[y*f.c.ld:][:cols-over], edge[y*cols+over:])
	}
}
