package cpu

import (
	"math"
	"unsafe"

	"github.com/seed-83c59573/quern/train/ops"
	"github.com/seed-83c59573/quern/train/ops/vec"
)

//go:generate sh -c "go run gendecode.go asm > decode_amd64.s && go run gendecode.go stubs > decodestubs_amd64.go"

// decoder is how attention over a cache is computed. All give the same bits: every product and every sum is rounded by itself.
type decoder struct {
	name   string
	scores func(blocks, size, stride int, q, k, s *float32, scale float32)
	weigh  func(n, size, stride int, p, v, out *float32) // nil: plain Go
}

var plainDecoder = decoder{name: "go", scores: plainScores}

// at is where a buffer's number i stands, counted from its first.
func at(x *float32, i int) *float32 { return (*float32)(unsafe.Add(unsafe.Pointer(x), 4*i)) }

func plainScores(blocks, size, stride int, q, k, s *float32, scale float32) {
	query, out := unsafe.Slice(q, size), unsafe.Slice(s, blocks*ops.KeyBlock)
	for b := range blocks {
		keys, s := unsafe.Slice(at(k, b*stride/4), size*ops.KeyBlock), out[b*ops.KeyBlock:][:ops.KeyBlock]
		clear(s)
		for d, x := range query {
			for i, y := range keys[d*ops.KeyBlock:][:ops.KeyBlock] {
				s[i] += float32(x * y)
			}
		}
		for i := range s {
			s[i] *= scale
		}
	}
}

// plainWeigh is out = Σ p[j]·v[j] over rows that are stride numbers apart.
func plainWeigh(p, v, out []float32, stride int) {
	clear(out)
	for j, x := range p {
		for d, y := range v[j*stride:][:len(out)] {
			out[d] += float32(x * y)
		}
	}
}

// Decode gives each head of keys of each sequence to a task: it alone appends to that head's cache and reads it.
func (o *Ops) Decode(out, qkv []float32, spans []ops.Span[float32], window int, a ops.Attn) {
	long, rows := 0, 0
	for i := range spans {
		s := &spans[i]
		n := s.Past + s.Cols
		if len(s.Keys) < a.KeySpace(n) || len(s.Values) < n*a.KV*a.Size {
			panic("cpu: a cache is too short for its tokens")
		}
		long, rows = max(long, n), rows+s.Cols
	}
	if len(qkv) < rows*a.Stride() || len(out) < rows*a.Heads*a.Size {
		panic("cpu: fewer rows than tokens to decode")
	}
	long += 2 * ops.KeyBlock
	for i := range o.scratch {
		if len(o.scratch[i]) < long {
			o.scratch[i] = make([]float32, 2*long)
		}
	}
	o.j = job{a: out, b: qkv, spans: spans, n: window, attn: a, scratch: o.scratch}
	o.pool.run(len(spans)*a.KV, &o.j, func(j *job, t, worker int) {
		row := 0
		for i := range t / j.attn.KV {
			row += j.spans[i].Cols
		}
		decodeHead(j, &j.spans[t/j.attn.KV], row, t%j.attn.KV, j.scratch[worker])
	})
	o.j = job{}
}

// decodeHead appends one head of keys and values, then answers the queries of its group. Values stand as they come, keys 16 side by
// side.
func decodeHead(j *job, sp *ops.Span[float32], row, kv int, scratch []float32) {
	a, w, size := j.attn, j.attn.KV*j.attn.Size, j.attn.Size
	for c := range sp.Cols {
		x := j.b[(row+c)*a.Stride():][:a.Stride()]
		keys := sp.Keys[a.KeyAt(sp.Past+c, kv, 0):]
		for d, y := range x[(a.Heads+kv)*size:][:size] {
			keys[d*ops.KeyBlock] = y
		}
		copy(sp.Values[(sp.Past+c)*w+kv*size:][:size], x[(a.Heads+a.KV+kv)*size:])
	}
	scale, stride := float32(1/math.Sqrt(float64(size))), w*ops.KeyBlock*4
	for c := range sp.Cols {
		last := sp.Past + c
		first := 0
		if j.n > 0 {
			first = max(0, last-j.n+1)
		}
		from := first / ops.KeyBlock
		blocks := last/ops.KeyBlock + 1 - from
		s := scratch[:blocks*ops.KeyBlock]
		for q := kv * a.Heads / a.KV; q < (kv+1)*a.Heads/a.KV; q++ {
			decoding.scores(blocks, size, stride, &j.b[(row+c)*a.Stride()+q*size], &sp.Keys[a.KeyAt(from*ops.KeyBlock, kv, 0)], &s[0], scale)
			p := s[first-from*ops.KeyBlock : last+1-from*ops.KeyBlock]
			softmax(p)
			out, values := j.a[((row+c)*a.Heads+q)*size:][:size], sp.Values[first*w+kv*size:]
			if decoding.weigh == nil || size%16 != 0 {
				plainWeigh(p, values, out, w)
			} else {
				decoding.weigh(len(p), size, w*4, &p[0], &values[0], &out[0])
			}
		}
	}
}

// softmax makes shares of scores.
func softmax(s []float32) {
	sum := vec.Exps(s, s, vec.Max(s), 1)
	vec.Scale(s, 1/sum)
}
