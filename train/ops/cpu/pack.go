package cpu

import "github.com/seed-83c59573/quern/train/ops"

// form is what stands in a panel: numbers as they are; rounded to bf16 and still float32, for a kernel that takes the odd step of
// each pair first; or pairs of bf16 in the place of one number, for VDPBF16PS, which adds the odd product first, too.
type form int

const (
	plain form = iota
	rounded
	paired
)

// steps is the number of steps in a panel of kc steps of k. Pairs are filled up with zeros.
func (f form) steps(kc int) int {
	switch f {
	case rounded:
		return (kc + 1) &^ 1
	case paired:
		return (kc + 1) / 2
	}
	return kc
}

// packer fills panels of width numbers a step of k: across reads rows that run along k, four steps at a time; along copies rows
// that run along the panel. Both may be nil. Strides are in bytes.
type packer[F ops.Float] struct {
	width  int
	rows   int // that one call of across packs
	read   int // that it reads
	across func(k4 int, src *F, ld int, dst *F, stride int)
	along  func(k int, src *F, ld int, dst *F)
	round  func(n int, x *F)            // to bf16, in place
	pair   func(pairs int, src, dst *F) // to bf16, two steps in one
}

// pack fills panels first to first+count-1 of n rows of m, of which there are total, and kc steps. Rows beyond n become zero.
func (pk *packer[F]) pack(f form, dst []F, m matrixOf[F], n, total, first, count, kc int, s *spaceOf[F]) {
	size := pk.width * f.steps(kc)
	for q := first; q < min(first+count, ceil(n, pk.width)); q++ {
		d := dst[q*size : (q+1)*size]
		if f == plain {
			pk.panel(d, m, q*pk.width, n, total, kc)
			continue
		}
		even := f.steps(kc)
		if f == paired {
			even *= 2
		}
		p := d
		if f == paired {
			p = s.panel[:pk.width*even]
		}
		pk.panel(p, m, q*pk.width, n, total, kc)
		clear(p[pk.width*kc:])
		if f == paired {
			pk.pair(even/2, &p[0], &d[0])
		} else {
			pk.round(len(p), &p[0])
		}
	}
}

// panel fills one panel, from row r on.
func (pk *packer[F]) panel(d []F, m matrixOf[F], r, n, total, kc int) {
	rows := min(pk.width, n-r)
	done := 0
	switch {
	case rows < pk.width:
	case m.t && pk.along != nil:
		pk.along(kc, &m.x[r], m.ld*size[F](), &d[0])
		return
	case !m.t && pk.across != nil && kc >= 4 && r+pk.width-pk.rows+pk.read <= total:
		for v := 0; v < pk.width; v += pk.rows {
			pk.across(kc/4, &m.x[(r+v)*m.ld], m.ld*4, &d[v], pk.width*4)
		}
		done = kc &^ 3
	}
	pk.slow(d, m.from(r, 0), rows, done, kc)
}

// size is that of a number in bytes.
func size[F ops.Float]() int {
	if _, ok := any(F(0)).(float64); ok {
		return 8
	}
	return 4
}

// slow packs steps from to kc-1 of one panel.
func (pk *packer[F]) slow(d []F, m matrixOf[F], rows, from, kc int) {
	if m.t {
		for k := from; k < kc; k++ {
			v := d[k*pk.width : (k+1)*pk.width]
			copy(v, m.x[k*m.ld:][:rows])
			clear(v[rows:])
		}
		return
	}
	for i := range rows {
		for k, x := range m.x[i*m.ld+from : i*m.ld+kc] {
			d[(from+k)*pk.width+i] = x
		}
	}
	for k := from; k < kc && rows < pk.width; k++ {
		clear(d[k*pk.width+rows : (k+1)*pk.width])
	}
}
