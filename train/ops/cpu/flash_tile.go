package cpu

import (
	"math"

	"github.com/seed-83c59573/quern/train/ops/vec"
)

// never is less than any score, and finite: e^(score-never) is no NaN.
const never = -1e30

// forward goes on with the softmax of all queries of the unit, tile of keys by tile of keys.
func (h *flashHead) forward(out, lse []float32) {
	size, group := h.a.Size, h.a.Heads/h.a.KV
	wide := ceil(size, vec.Panel) * vec.Panel
	blocks := ceil(h.q1-h.q0, tileQ)
	for i := range group * blocks {
		q := h.q0 + i%blocks*tileQ
		vec.Pack(h.q[i*tileQ*wide:], h.part(h.qkv, h.kv*group+i/blocks, q), h.a.Stride(), min(tileQ, h.q1-q), tileQ, size, h.scale())
	}
	n := group * blocks * tileQ
	clear(h.o[:n*wide])
	clear(h.sum[:n])
	for i := range n {
		h.top[i] = never
	}
	for k := h.start(h.q0) / tileK * tileK; k < h.q1; k += tileK {
		nk := min(tileK, h.q1-k)
		vec.Transpose(h.kt, h.part(h.qkv, h.a.Heads+h.kv, k), h.a.Stride(), nk, size)
		vec.Pack(h.v, h.part(h.qkv, h.a.Heads+h.a.KV+h.kv, k), h.a.Stride(), nk, tileK, size, 1)
		for i := range group * blocks {
			q := h.q0 + i%blocks*tileQ
			nq := min(tileQ, h.q1-q)
			if h.see(q, nq, k, nk) {
				h.forwardTile(i*tileQ, q, nq, k, nk)
			}
		}
	}
	for i := range group * blocks {
		q := h.q0 + i%blocks*tileQ
		o, sum := h.o[i*tileQ*wide:], h.sum[i*tileQ:]
		for r := range min(tileQ, h.q1-q) {
			at := h.token(q+r)*h.a.Heads + h.kv*group + i/blocks
			lse[at] = h.top[i*tileQ+r] + float32(math.Log(float64(sum[r])))
			sum[r] = 1 / sum[r]
			if r%vec.Rows == vec.Rows-1 || q+r == h.q1-1 {
				first := r / vec.Rows * vec.Rows
				vec.ScaleRows(o[first*vec.Panel:], wide/vec.Panel, tileQ*vec.Panel, sum[first:])
				for j := first; j <= r; j++ {
					h.unpack(out[(at+(j-r)*h.a.Heads)*size:][:size], o[j*vec.Panel:], tileQ)
				}
			}
		}
	}
}

// see finds which panels of keys each eight queries of a tile see: first to behind-1, none if first is not less.
func (h *flashHead) see(q, nq, k, nk int) bool {
	any := false
	for r := range ceil(nq, vec.Rows) {
		last := q + min(nq, (r+1)*vec.Rows) - 1
		lo, hi := max(0, h.start(q+r*vec.Rows)-k), min(nk, last+1-k)
		h.first[r], h.behind[r] = lo/vec.Panel, ceil(hi, vec.Panel)
		if hi <= lo {
			h.behind[r] = h.first[r]
		} else {
			any = true
		}
	}
	return any
}

// products is dst = x·y by all panels of keys that are seen: scores of queries x and transposed keys y.
func (h *flashHead) products(dst, x, y []float32, nq, nk int) {
	for p := range ceil(nk, vec.Panel) {
		for r := range ceil(nq, vec.Rows) {
			if h.first[r] <= p && p < h.behind[r] {
				at := r * vec.Rows * vec.Panel
				vec.Across(h.a.Size, x[at:], tileQ*vec.Panel, y[p*h.a.Size*vec.Panel:], dst[p*tileQ*vec.Panel+at:], vec.Panel, false)
			}
		}
	}
}

// mask makes -Inf of what a query of a tile does not see, within the panels that its eight see.
func (h *flashHead) mask(q, nq, k, nk int) {
	for i := range nq {
		r := i / vec.Rows
		from, to := h.first[r]*vec.Panel, h.behind[r]*vec.Panel
		lo, hi := max(0, h.start(q+i)-k), min(nk, q+i+1-k)
		h.hide(i, from, min(lo, to))
		h.hide(i, max(hi, from), to)
	}
}

func (h *flashHead) hide(i, from, to int) {
	inf := float32(math.Inf(-1))
	for c := from; c < to; c++ {
		h.s[c/vec.Panel*tileQ*vec.Panel+i*vec.Panel+c%vec.Panel] = inf
	}
}

// forwardTile adds what queries q to q+nq-1, whose state begins at at, take from keys k to k+nk-1.
func (h *flashHead) forwardTile(at, q, nq, k, nk int) {
	wide := ceil(h.a.Size, vec.Panel)
	o := h.o[at*wide*vec.Panel:]
	h.products(h.s, h.q[at*wide*vec.Panel:], h.kt, nq, nk)
	h.mask(q, nq, k, nk)
	for r := range ceil(nq, vec.Rows) {
		if n := h.behind[r] - h.first[r]; n > 0 {
			i := r * vec.Rows
			scale := h.low[:vec.Rows]
			vec.SoftmaxRows(h.s[h.first[r]*tileQ*vec.Panel+i*vec.Panel:], n, tileQ*vec.Panel, h.top[at+i:], h.sum[at+i:], scale)
			for _, x := range scale {
				if x != 1 {
					vec.ScaleRows(o[i*vec.Panel:], wide, tileQ*vec.Panel, scale)
					break
				}
			}
		}
	}
	for p := range wide {
		for r := range ceil(nq, vec.Rows) {
			first := h.first[r] * vec.Panel
			hi := min(nk, q+min(nq, (r+1)*vec.Rows)-k)
			if h.behind[r] > h.first[r] {
				at := r * vec.Rows * vec.Panel
				vec.Across(hi-first, h.s[first*tileQ+at:], tileQ*vec.Panel, h.v[(p*tileK+first)*vec.Panel:], o[p*tileQ*vec.Panel+at:], vec.Panel, true)
			}
		}
	}
}

// backward adds, for each tile of keys, what each tile of queries that see it has to say.
func (h *flashHead) backward(dqkv, dout, lse, mean []float32) {
	size, group, stride := h.a.Size, h.a.Heads/h.a.KV, h.a.Stride()
	if h.queries {
		for q := h.q0; q < h.q1; q++ {
			clear(h.part(dqkv, h.kv*group, q)[:group*size])
		}
	}
	wide := ceil(size, vec.Panel) * vec.Panel
	for k := max(h.k0, h.start(h.q0)/tileK*tileK); k < min(h.k1, h.q1); k += tileK {
		nk := min(tileK, h.n-k)
		keys := h.part(h.qkv, h.a.Heads+h.kv, k)
		vec.Transpose(h.kt, keys, stride, nk, size)
		vec.Transpose(h.vt, h.part(h.qkv, h.a.Heads+h.a.KV+h.kv, k), stride, nk, size)
		vec.Pack(h.k, keys, stride, nk, tileK, size, h.scale())
		clear(h.dk[:tileK*wide])
		clear(h.dv[:tileK*wide])
		for head := h.kv * group; head < (h.kv+1)*group; head++ {
			for q := max(h.q0, k/tileQ*tileQ); q < h.q1; q += tileQ {
				nq := min(tileQ, h.n-q)
				if h.start(q) >= k+nk {
					break
				}
				if h.see(q, nq, k, nk) {
					h.gather(head, q, nq, dout, lse, mean)
					h.backwardTile(dqkv, head, q, nq, k, nk)
				}
			}
		}
		if h.keys {
			for i := range nk {
				h.unpack(h.part(dqkv, h.a.Heads+h.kv, k+i)[:size], h.dk[i*vec.Panel:], tileK)
				h.unpack(h.part(dqkv, h.a.Heads+h.a.KV+h.kv, k+i)[:size], h.dv[i*vec.Panel:], tileK)
			}
		}
	}
}

// gather packs a tile of queries of a head and all that backward needs of them.
func (h *flashHead) gather(head, q, nq int, dout, lse, mean []float32) {
	n := h.a.Heads * h.a.Size
	vec.Pack(h.q, h.part(h.qkv, head, q), h.a.Stride(), nq, tileQ, h.a.Size, h.scale())
	vec.Pack(h.do, dout[h.token(q)*n+head*h.a.Size:], n, nq, tileQ, h.a.Size, 1)
	for i := range nq {
		at := h.token(q+i)*h.a.Heads + head
		h.low[i], h.mean[i] = lse[at], mean[at]
	}
	for i := nq; i < tileQ; i++ {
		h.low[i], h.mean[i] = 0, 0
	}
}

func (h *flashHead) backwardTile(dqkv []float32, head, q, nq, k, nk int) {
	h.products(h.s, h.q, h.kt, nq, nk)
	h.products(h.d, h.do, h.vt, nq, nk)
	h.mask(q, nq, k, nk)
	for r := range ceil(nq, vec.Rows) {
		if n := h.behind[r] - h.first[r]; n > 0 {
			i := r * vec.Rows
			at := h.first[r]*tileQ*vec.Panel + i*vec.Panel
			vec.SoftmaxRowsBack(h.s[at:], h.d[at:], n, tileQ*vec.Panel, h.low[i:], h.mean[i:])
		}
	}
	if h.keys {
		h.toKeys(q, nq, k, nk)
	}
	if h.queries {
		h.toQueries(dqkv, head, q, nq, k, nk)
	}
}

// toKeys adds a tile's dv = pᵀ·dout and dk = dᵀ·q, eight keys at a time, over the queries that may see them.
func (h *flashHead) toKeys(q, nq, k, nk int) {
	for b := range ceil(nk, vec.Rows) {
		p, blocks := b*vec.Rows/vec.Panel, ceil(nq, vec.Rows)
		lo, hi := 0, blocks
		for lo < hi && h.behind[lo] <= p {
			lo++
		}
		for hi > lo && (h.first[hi-1] > p || h.behind[hi-1] <= p) {
			hi--
		}
		from, to := max(lo*vec.Rows, k+b*vec.Rows-q), min(hi*vec.Rows, nq)
		if from >= to {
			continue
		}
		at := (p*tileQ+from)*vec.Panel + b*vec.Rows%vec.Panel
		for p := range ceil(h.a.Size, vec.Panel) {
			dst := (p*tileK + b*vec.Rows) * vec.Panel
			vec.Along(to-from, h.s[at:], h.do[(p*tileQ+from)*vec.Panel:], h.dv[dst:], vec.Panel, true)
			vec.Along(to-from, h.d[at:], h.q[(p*tileQ+from)*vec.Panel:], h.dk[dst:], vec.Panel, true)
		}
	}
}

// toQueries adds a tile's dq = d·k.
func (h *flashHead) toQueries(dqkv []float32, head, q, nq, k, nk int) {
	for r := range ceil(nq, vec.Rows) {
		if h.behind[r] <= h.first[r] {
			continue
		}
		rows := min(vec.Rows, nq-r*vec.Rows)
		first := h.first[r] * vec.Panel
		kc := min(nk, q+r*vec.Rows+rows-k) - first
		dq, stride := h.part(dqkv, head, q+r*vec.Rows), h.a.Stride()
		for p := range ceil(h.a.Size, vec.Panel) {
			a, b := h.d[(first*tileQ+r*vec.Rows*vec.Panel):], h.k[(p*tileK+first)*vec.Panel:]
			c, w := dq[p*vec.Panel:], min(vec.Panel, h.a.Size-p*vec.Panel)
			if rows == vec.Rows && w == vec.Panel {
				vec.Across(kc, a, tileQ*vec.Panel, b, c, stride, true)
				continue
			}
			for i := range rows {
				copy(h.edge[i*vec.Panel:][:w], c[i*stride:])
			}
			vec.Across(kc, a, tileQ*vec.Panel, b, h.edge, vec.Panel, true)
			for i := range rows {
				copy(c[i*stride:][:w], h.edge[i*vec.Panel:])
			}
		}
	}
}

// unpack copies a row out of panels of so many rows.
func (h *flashHead) unpack(dst, panels []float32, rows int) {
	for p := 0; p < len(dst); p += vec.Panel {
		copy(dst[p:], panels[p*rows:][:vec.Panel])
	}
}
