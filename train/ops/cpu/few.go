package cpu

// Few rows, as in decoding, multiply at the speed of reading b once: b is not packed, but every number has the bits that it would
// have from panels, so that a row does not depend on its company.
const fewCols = 512 // columns of a task

// fewKernels multiply a few rows.
type fewKernels struct {
	width  int             // columns that one call of across computes; what along's are a multiple of
	most   int             // rows up to which across is faster than panels; along is up to half as many
	across []fewRowsKernel // by the number of rows; nil = none
	along  func(n int, a, b *float32, ldb int, sum *float32)
}

type fewRowsKernel func(kc int, a, b *float32, ldb int, c *float32, ldc int, bias *float32, alpha float32, mode int)

// fewCall is what the tasks of one call need.
type fewCall struct {
	product
	bias []float32
	pa   []float32   // groups of rows one after another, each k × rows
	room [][]float32 // of each worker: a tile of c, or sums
}

// unrounded is how many rows a product in bf16 must have to be one: with fewer it is as in fp32, since rounding could save no time.
const unrounded = 4

// isFew says that p is to be read through once.
func isFew(p *product) bool {
	k := p.kern
	switch {
	case k == nil || k.few == nil || p.b.x == nil || p.m > k.few.most:
		return false
	case p.b.t:
		return p.n >= k.few.width && p.k%4 == 0
	}
	return p.alpha == 1 && p.k >= 4 && p.m <= k.few.most/2
}

// fewRows computes p if it is a case for it.
func (o *Ops) fewRows(p *product, bias []float32) bool {
	if !isFew(p) {
		return false
	}
	f := &o.few
	f.product, f.bias = *p, bias
	o.fewA = grown(o.fewA, p.m*p.k)
	f.pa = o.fewA
	f.pack()
	for len(f.room) < o.pool.n {
		f.room = append(f.room, grown[float32](nil, fewCols))
	}
	o.j.phase = f
	if n := ceil(p.n, fewCols); n > 1 && p.m*p.n*p.k > small/8 {
		o.pool.run(n, &o.j, runPhase)
	} else {
		for t := range n {
			f.phase(t, 0)
		}
	}
	f.product, f.bias, f.pa = product{}, nil, nil
	o.j = job{}
	return true
}

// group is the kernel for the largest group of rows within so many, and its size.
func (k *fewKernels) group(rows int) (fewRowsKernel, int) {
	i := min(rows, len(k.across)-1)
	for k.across[i] == nil {
		i--
	}
	return k.across[i], i
}

// pack lays out a: in groups for across, in single rows for along.
func (f *fewCall) pack() {
	row, step := f.a.ld, 1
	if f.a.t {
		row, step = 1, f.a.ld
	}
	for i := 0; i < f.m; {
		g := 1
		if f.b.t {
			_, g = f.kern.few.group(f.m - i)
		}
		d := f.pa[i*f.k:][:g*f.k]
		for y := range g {
			for k := range f.k {
				d[k*g+y] = f.a.x[(i+y)*row+k*step]
			}
		}
		i += g
	}
}

// phase computes the columns of task t.
func (f *fewCall) phase(t, worker int) {
	from, to := t*fewCols, min((t+1)*fewCols, f.n)
	for k := 0; k < f.k; k += kBlock {
		if f.beta != 0 && f.beta != 1 && k == 0 {
			scale(f.c.x[from:], f.c.ld, f.m, to-from, f.beta)
		}
		if !f.b.t {
			f.along(k, min(kBlock, f.k-k), from, to, f.room[worker])
			continue
		}
		for j := from; j < to; j += f.kern.few.width {
			for i := 0; i < f.m; {
				mul, g := f.kern.few.group(f.m - i)
				f.across(mul, i, g, k, j, f.room[worker])
				i += g
			}
		}
	}
}

// across computes g rows from i on and a vector of columns from j on. The last columns are computed with some before them, aside.
func (f *fewCall) across(mul fewRowsKernel, i, g, k, j int, room []float32) {
	width := f.kern.few.width
	mode, kc, over := mode(k == 0, f.beta, f.bias), min(kBlock, f.k-k), max(0, j+width-f.n)
	a, b, c := &f.pa[i*f.k+k*g], &f.b.x[(j-over)*f.b.ld+k], f.c.x[i*f.c.ld+j:]
	var add *float32
	if f.bias != nil {
		add = &f.bias[j-over]
	}
	if over == 0 {
		mul(kc, a, b, f.b.ld*4, &c[0], f.c.ld, add, f.alpha, mode)
		return
	}
	for y := range g {
		copy(room[y*width+over:(y+1)*width], c[y*f.c.ld:])
	}
	mul(kc, a, b, f.b.ld*4, &room[0], width, add, f.alpha, mode)
	for y := range g {
		copy(c[y*f.c.ld:][:width-over], room[y*width+over:])
	}
}

// along computes the columns from to to-1 in sums aside, row by row, over kc steps from k on.
func (f *fewCall) along(k, kc, from, to int, sum []float32) {
	width := f.kern.few.width
	wide := (to - from) / width * width
	sum = sum[:to-from]
	mode := mode(k == 0, f.beta, f.bias)
	for i := range f.m {
		a := f.pa[i*f.k+k:][:kc]
		clear(sum)
		l := 0
		for ; l+4 <= kc && wide > 0; l += 4 {
			f.kern.few.along(wide, &a[l], &f.b.x[(k+l)*f.b.ld+from], f.b.ld*4, &sum[0])
		}
		for j := range sum { // what is left over of either
			for l := tail(j < wide, l); l < kc; l++ {
				sum[j] = fma(a[l], f.b.x[(k+l)*f.b.ld+from+j], sum[j])
			}
		}
		c := f.c.x[i*f.c.ld+from:][:len(sum)]
		for j, s := range sum {
			switch mode {
			case addC:
				s += c[j]
			case addBias:
				s += f.bias[from+j]
			case addBoth:
				s += c[j] + f.bias[from+j]
			}
			c[j] = s
		}
	}
}

// tail is where a column begins that a kernel has brought to l, or has not.
func tail(done bool, l int) int {
	if done {
		return l
	}
	return 0
}
