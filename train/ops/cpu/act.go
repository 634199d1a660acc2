package cpu

import "github.com/seed-83c59573/quern/train/ops/vec"

// Rotary turns in place.
func (o *Ops) Rotary(x, cos, sin []float32, pos []int32, heads, size, stride int) {
	o.j = job{a: x, b: cos, c: sin, ids: pos, width: stride, k: size, heads: heads}
	o.rows(len(pos), stride, func(j *job, lo, hi int) { j.rotate(lo, hi, vec.Rotate) })
}

// RotaryBack turns back.
func (o *Ops) RotaryBack(dx, cos, sin []float32, pos []int32, heads, size, stride int) {
	o.j = job{a: dx, b: cos, c: sin, ids: pos, width: stride, k: size, heads: heads}
	o.rows(len(pos), stride, func(j *job, lo, hi int) { j.rotate(lo, hi, vec.RotateBack) })
}

func (j *job) rotate(lo, hi int, turn func(x, y, cos, sin []float32)) {
	half := j.k / 2
	for t := lo; t < hi; t++ {
		cos, sin := j.b[int(j.ids[t])*half:][:half], j.c[int(j.ids[t])*half:][:half]
		for h := range j.heads {
			v := j.a[t*j.width+h*j.k:][:j.k]
			turn(v[:half], v[half:], cos, sin)
		}
	}
}

// SwiGLU goes row by row.
func (o *Ops) SwiGLU(out, x []float32, width int) {
	o.j = job{a: out, b: x, width: width}
	o.rows(len(out)/width, width, func(j *job, lo, hi int) {
		w := j.width
		for t := lo; t < hi; t++ {
			out, gate, up := j.a[t*w:][:w], j.b[2*t*w:][:w], j.b[(2*t+1)*w:][:w]
			vec.SwiGLU(out, gate, up)
		}
	})
}

// SwiGLUBack goes row by row.
func (o *Ops) SwiGLUBack(dx, dout, x []float32, width int) {
	o.j = job{a: dx, b: dout, c: x, width: width}
	o.rows(len(dout)/width, width, func(j *job, lo, hi int) {
		w := j.width
		for t := lo; t < hi; t++ {
			dout, gate, up := j.b[t*w:][:w], j.c[2*t*w:][:w], j.c[(2*t+1)*w:][:w]
			dgate, dup := j.a[2*t*w:][:w], j.a[(2*t+1)*w:][:w]
			vec.SwiGLUBack(dgate, dup, dout, gate, up)
		}
	})
}

// GELU goes number by number.
func (o *Ops) GELU(out, x []float32) {
	o.j = job{a: out, b: x}
	o.elements(len(x), func(j *job, lo, hi int) { vec.GELU(j.a[lo:hi], j.b[lo:hi]) })
}

// GELUBack goes number by number.
func (o *Ops) GELUBack(dx, dout, x []float32) {
	o.j = job{a: dx, b: dout, c: x}
	o.elements(len(x), func(j *job, lo, hi int) { vec.GELUBack(j.a[lo:hi], j.b[lo:hi], j.c[lo:hi]) })
}
