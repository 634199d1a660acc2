package model

import (
	"math"
	"slices"

	"github.com/seed-83c59573/quern/train/ops"
)

// lowRank is an adapter's part in one product: out += x·Aᵀ·(scale·B)ᵀ. A product that computes several modules, such as q, k and v, has
// their A below each other, and their B along the diagonal of one matrix whose rest is 0: two thin products do for all.
type lowRank[F ops.Float] struct {
	l     *linear[F]
	on    bool
	scale F
	rank  int // of all parts together
	a     tensor[F]
	parts []lowPart[F]

	b, db []F // out × rank: scale·B of all parts, and its gradient
	h, dh []F // tokens × rank
	base  []F // the weights before Merge
	dora  *dora[F]
}

// lowPart is one module's: rows lo to hi-1 of the product's output, and rows of A from row on.
type lowPart[F ops.Float] struct {
	name        string
	lo, hi, row int
	a, b        tensor[F]
	length      tensor[F] // of DoRA's rows
}

func newLowRank[F ops.Float](a Adapter, l *linear[F], mods []module[F]) *lowRank[F] {
	low := &lowRank[F]{l: l, on: true, scale: F(a.Alpha / float64(a.Rank)), rank: a.Rank * len(mods)}
	if a.Stable {
		low.scale = F(a.Alpha / math.Sqrt(float64(a.Rank)))
	}
	fresh := func(n int) tensor[F] { return tensor[F]{make([]F, n), make([]F, n)} }
	low.a = fresh(low.rank * l.in)
	for i, mod := range mods {
		p := lowPart[F]{name: mod.name, lo: mod.lo, hi: mod.hi, row: i * a.Rank}
		from, to := p.row*l.in, (p.row+a.Rank)*l.in
		p.a = tensor[F]{low.a.w[from:to:to], low.a.g[from:to:to]}
		p.b = fresh((p.hi - p.lo) * a.Rank)
		if a.DoRA {
			p.length = fresh(p.hi - p.lo)
		}
		low.parts = append(low.parts, p)
	}
	low.b = make([]F, l.out*low.rank)
	if a.DoRA {
		low.dora = &dora[F]{w: make([]F, len(l.weight.w)), length: make([]F, l.out), scaled: make([]F, l.out*a.Rank)}
	} else {
		low.db = make([]F, l.out*low.rank)
	}
	return low
}

// effective is the weight that x is multiplied with.
func (l *linear[F]) effective() []F {
	if l.low != nil && l.low.on && l.low.dora != nil {
		return l.low.dora.w
	}
	return l.weight.w
}

// refresh follows the weights, which an optimizer has changed.
func (low *lowRank[F]) refresh(o ops.Ops[F]) {
	if low.dora != nil {
		low.refreshDoRA(o)
		return
	}
	for _, p := range low.parts {
		r := len(p.b.w) / (p.hi - p.lo)
		for i := range p.hi - p.lo {
			to := low.b[(p.lo+i)*low.rank+p.row:][:r]
			for j, v := range p.b.w[i*r:][:r] {
				to[j] = low.scale * v
			}
		}
	}
}

// add adds what the adapter says of x to out.
func (low *lowRank[F]) add(o ops.Ops[F], out, x []F) {
	if !low.on || low.dora != nil {
		return
	}
	n := len(x) / low.l.in
	low.h = grown(low.h, n*low.rank)
	h := low.h[:n*low.rank]
	o.MatMul(false, true, n, low.rank, low.l.in, x, low.a.w, 0, h)
	o.MatMul(false, true, n, low.l.out, low.rank, h, low.b, 1, out)
}

// back adds to dx and to the gradients of A and B.
func (low *lowRank[F]) back(o ops.Ops[F], dx, dout, x []F) {
	if low.dora != nil {
		low.backDoRA(o, dout, x)
		return
	}
	n := len(x) / low.l.in
	low.h, low.dh = grown(low.h, n*low.rank), grown(low.dh, n*low.rank)
	h, dh := low.h[:n*low.rank], low.dh[:n*low.rank]
	o.MatMul(false, true, n, low.rank, low.l.in, x, low.a.w, 0, h)
	o.MatMul(true, false, low.l.out, low.rank, n, dout, h, 0, low.db)
	o.MatMul(false, false, n, low.rank, low.l.out, dout, low.b, 0, dh)
	o.MatMul(true, false, low.rank, low.l.in, n, dh, x, 1, low.a.g)
	o.MatMul(false, false, n, low.l.in, low.rank, dh, low.a.w, 1, dx)
	for _, p := range low.parts {
		r := len(p.b.w) / (p.hi - p.lo)
		for i := range p.hi - p.lo {
			g := p.b.g[i*r:][:r]
			for j, v := range low.db[(p.lo+i)*low.rank+p.row:][:r] {
				g[j] += low.scale * v
			}
		}
	}
}

func grown[F ops.Float](x []F, n int) []F {
	if cap(x) < n {
		return make([]F, n)
	}
	return x[:cap(x)]
}

// merge adds the adapter to the weights and keeps what they were.
func (low *lowRank[F]) merge(o ops.Ops[F]) {
	w := low.l.weight.w
	low.base = slices.Clone(w)
	low.refresh(o)
	switch {
	case low.dora != nil:
		copy(w, low.dora.w)
	case low.l.conv:
		o.MatMul(true, true, low.l.in, low.l.out, low.rank, low.a.w, low.b, 1, w)
	default:
		o.MatMul(false, false, low.l.out, low.l.in, low.rank, low.b, low.a.w, 1, w)
	}
}

// dora is what DoRA keeps of a product: the weights V = W + scale·B·A with each row (column, if stored in×out) of a length of its own,
//
//	w[o] = p.length[o]/|V[o]|·V[o]
//
// As in the paper (4.3) and in peft, |V| counts as a constant in the backward pass. The gradient of w is computed in full and taken
// on to B, A and the lengths: DoRA costs what full training does but for the optimizer's memory.
type dora[F ops.Float] struct {
	w      []F
	length []F  // |V| of each row
	scaled []F  // scale·B of a part
	dw     []F  // the gradient of w; all products share one
	hold   bool // keep |V| as it is: for finite differences
}

// shareGradient gives all products one buffer for a gradient.
func shareGradient[F ops.Float](lows []*lowRank[F]) {
	n := 0
	for _, low := range lows {
		n = max(n, len(low.dora.w))
	}
	dw := make([]F, n)
	for _, low := range lows {
		low.dora.dw = dw[:len(low.dora.w)]
	}
}

// row is row o of w, as an offset, a step and a number of numbers.
func (low *lowRank[F]) row(o int) (at, step int) {
	if low.l.conv {
		return o, low.l.out
	}
	return o * low.l.in, 1
}

// sum fills dora.w with V.
func (low *lowRank[F]) sum(o ops.Ops[F]) {
	d, in := low.dora, low.l.in
	copy(d.w, low.l.weight.w)
	for _, p := range low.parts {
		n := p.hi - p.lo
		r := len(p.b.w) / n
		b := d.scaled[:len(p.b.w)]
		for i, v := range p.b.w {
			b[i] = low.scale * v
		}
		if low.l.conv {
			o.MatMul(true, true, in, n, r, p.a.w, b, 1, d.w)
		} else {
			o.MatMul(false, false, n, in, r, b, p.a.w, 1, d.w[p.lo*in:p.hi*in])
		}
	}
	for i := range d.length {
		if d.hold {
			break
		}
		at, step := low.row(i)
		sum := 0.0
		for range in {
			sum += float64(d.w[at]) * float64(d.w[at])
			at += step
		}
		d.length[i] = F(math.Sqrt(sum))
	}
}

// measure starts the lengths from those of the rows.
func (low *lowRank[F]) measure(o ops.Ops[F]) {
	low.sum(o)
	for _, p := range low.parts {
		copy(p.length.w, low.dora.length[p.lo:p.hi])
	}
}

func (low *lowRank[F]) refreshDoRA(o ops.Ops[F]) {
	low.sum(o)
	for _, p := range low.parts {
		for i := p.lo; i < p.hi; i++ {
			low.stretch(low.dora.w, i, low.gain(p, i))
		}
	}
}

// gain is what row i of V is multiplied with. A row of zeros has no direction and stays.
func (low *lowRank[F]) gain(p lowPart[F], i int) F {
	if low.dora.length[i] == 0 {
		return 1
	}
	return p.length.w[i-p.lo] / low.dora.length[i]
}

func (low *lowRank[F]) stretch(w []F, i int, by F) {
	if by == 1 {
		return
	}
	at, step := low.row(i)
	for range low.l.in {
		w[at] *= by
		at += step
	}
}

// backDoRA adds to the gradients of A, B and the lengths. That of a length is the gradient along V/|V|, which is w over the length.
func (low *lowRank[F]) backDoRA(o ops.Ops[F], dout, x []F) {
	d, in, out := low.dora, low.l.in, low.l.out
	n := len(x) / in
	if low.l.conv {
		o.MatMul(true, false, in, out, n, x, dout, 0, d.dw)
	} else {
		o.MatMul(true, false, out, in, n, dout, x, 0, d.dw)
	}
	for _, p := range low.parts {
		for i := p.lo; i < p.hi; i++ {
			if l := p.length.w[i-p.lo]; l != 0 && d.length[i] != 0 {
				at, step := low.row(i)
				sum := 0.0
				for range in {
					sum += float64(d.w[at]) * float64(d.dw[at])
					at += step
				}
				p.length.g[i-p.lo] += F(sum) / l
			}
			low.stretch(d.dw, i, low.scale*low.gain(p, i))
		}
		rows := p.hi - p.lo
		r := len(p.b.w) / rows
		if low.l.conv {
			o.MatMul(true, true, rows, r, in, d.dw, p.a.w, 1, p.b.g)
			o.MatMul(true, true, r, in, rows, p.b.w, d.dw, 1, p.a.g)
			continue
		}
		dv := d.dw[p.lo*in : p.hi*in]
		o.MatMul(false, true, rows, r, in, dv, p.a.w, 1, p.b.g)
		o.MatMul(true, false, r, in, rows, p.b.w, dv, 1, p.a.g)
	}
}
