package cpu

import (
	"github.com/seed-83c59573/quern/train/ops"
	"github.com/seed-83c59573/quern/train/ops/vec"
)

// Embed copies rows.
func (o *Ops) Embed(out, table []float32, ids []int32, width int) {
	o.j = job{a: out, b: table, ids: ids, width: width}
	o.rows(len(ids), width, func(j *job, lo, hi int) {
		for t := lo; t < hi; t++ {
			copy(j.a[t*j.width:][:j.width], j.b[int(j.ids[t])*j.width:][:j.width])
		}
	})
}

// EmbedBack adds rows, in their order: a task has the rows of some ids, and each is wide enough to be worth the look at all ids.
func (o *Ops) EmbedBack(dtable, dout []float32, ids []int32, width int) {
	const tasks = 16
	o.j = job{a: dtable, b: dout, ids: ids, width: width}
	o.ranges(tasks, 1, func(j *job, lo, _ int) {
		for t, id := range j.ids {
			if int(id)%tasks == lo {
				d := j.a[int(id)*j.width:][:j.width]
				vec.Add(d, d, j.b[t*j.width:])
			}
		}
	})
}

// Add adds.
func (o *Ops) Add(out, x, y []float32) {
	o.j = job{a: out, b: x, c: y}
	o.elements(len(out), func(j *job, lo, hi int) { vec.Add(j.a[lo:hi], j.b[lo:hi], j.c[lo:hi]) })
}

// Scale multiplies.
func (o *Ops) Scale(x []float32, by float32) {
	o.j = job{a: x, x: by}
	o.elements(len(x), func(j *job, lo, hi int) { vec.Scale(j.a[lo:hi], j.x) })
}

// Blend adds multiples.
func (o *Ops) Blend(out, x, y []float32, a, b float32) {
	o.j = job{a: out, b: x, c: y, x: a, y: b}
	o.elements(len(out), func(j *job, lo, hi int) { vec.Blend(j.a[lo:hi], j.b[lo:hi], j.c[lo:hi], j.x, j.y) })
}

// Bias adds to every row.
func (o *Ops) Bias(x, bias []float32) {
	o.j = job{a: x, b: bias}
	o.rows(len(x)/len(bias), len(bias), func(j *job, lo, hi int) {
		w := len(j.b)
		for t := lo; t < hi; t++ {
			vec.Add(j.a[t*w:(t+1)*w], j.a[t*w:], j.b)
		}
	})
}

// BiasBack sums the rows.
func (o *Ops) BiasBack(dbias, dout []float32) {
	o.j = job{b: dout, width: len(dbias)}
	o.parted(len(dout)/len(dbias), len(dbias), func(j *job, lo, hi int) {
		w := j.width
		part := j.g[lo/j.k*w:][:w]
		for t := lo; t < hi; t++ {
			vec.Add(part, part, j.b[t*w:])
		}
	}, dbias)
}

// AdamW is a pass over four buffers; what it costs is memory.
func (o *Ops) AdamW(w, g, m, v []float32, a ops.Adam) {
	o.j = job{a: w, b: g, c: m, d: v, adam: a}
	o.elements(len(w), func(j *job, lo, hi int) {
		a := &j.adam
		vec.AdamW(j.a[lo:hi], j.b[lo:hi], j.c[lo:hi], j.d[lo:hi], float32(a.Scale), float32(a.Beta1), float32(1-a.Beta1),
			float32(a.Beta2), float32(1-a.Beta2), float32(a.Keep), float32(a.Rate), float32(a.Eps))
	})
}

// SumSquares sums ranges of grain numbers, then their sums.
func (o *Ops) SumSquares(x []float32) float64 {
	n := ceil(len(x), grain)
	if len(o.sums) < n {
		o.sums = make([]float64, n)
	}
	o.j = job{a: x, p: o.sums}
	o.elements(len(x), func(j *job, lo, hi int) { j.p[lo/grain] = vec.SumSquares(j.a[lo:hi]) })
	sum := 0.0
	for _, s := range o.sums[:n] {
		sum += s
	}
	return sum
}
