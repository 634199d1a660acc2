package ref

import (
	"math"

	"github.com/seed-83c59573/quern/train/ops"
)

// dot is x·y.
func dot(x, y []float64) float64 {
	sum := 0.0
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}

// attend calls f for every query with the offsets of its query, its keys' head and its values' head in a token's part.
func attend(a ops.Attn, f func(t, first, h, q, k, v int)) {
	for r := range a.Rows {
		for c := range a.Cols {
			t := r*a.Cols + c
			for h := range a.Heads {
				kv := h * a.KV / a.Heads
				f(t, r*a.Cols+int(a.Start[t]), h, h*a.Size, (a.Heads+kv)*a.Size, (a.Heads+a.KV+kv)*a.Size)
			}
		}
	}
}

// Attention looks at each query by itself.
func (Ops) Attention(out, lse, qkv []float64, a ops.Attn) {
	n, scale := a.Stride(), 1/math.Sqrt(float64(a.Size))
	attend(a, func(t, first, h, q, k, v int) {
		s := make([]float64, t+1-first)
		top := math.Inf(-1)
		for j := range s {
			s[j] = scale * dot(qkv[t*n+q:][:a.Size], qkv[(first+j)*n+k:][:a.Size])
			top = max(top, s[j])
		}
		sum := 0.0
		for _, x := range s {
			sum += math.Exp(x - top)
		}
		l := top + math.Log(sum)
		lse[t*a.Heads+h] = l
		o := out[(t*a.Heads+h)*a.Size:][:a.Size]
		clear(o)
		for j, x := range s {
			for i := range o {
				o[i] += math.Exp(x-l) * qkv[(first+j)*n+v+i]
			}
		}
	})
}

// AttentionBack is its gradient.
func (Ops) AttentionBack(dqkv, dout, out, lse, qkv []float64, a ops.Attn) {
	n, scale := a.Stride(), 1/math.Sqrt(float64(a.Size))
	clear(dqkv)
	attend(a, func(t, first, h, q, k, v int) {
		o, do := out[(t*a.Heads+h)*a.Size:][:a.Size], dout[(t*a.Heads+h)*a.Size:][:a.Size]
		for j := first; j <= t; j++ {
			p := math.Exp(scale*dot(qkv[t*n+q:][:a.Size], qkv[j*n+k:][:a.Size]) - lse[t*a.Heads+h])
			d := p * scale * (dot(do, qkv[j*n+v:][:a.Size]) - dot(do, o))
			for i := range a.Size {
				dqkv[j*n+v+i] += p * do[i]
				dqkv[t*n+q+i] += d * qkv[j*n+k+i]
				dqkv[j*n+k+i] += d * qkv[t*n+q+i]
			}
		}
	})
}

// Decode appends keys and values, then looks at each query by itself.
func (Ops) Decode(out, qkv []float64, spans []ops.Span[float64], window int, a ops.Attn) {
	n, w, row := a.Stride(), a.KV*a.Size, 0
	for _, sp := range spans {
		for c := range sp.Cols {
			at := sp.Past + c
			x := qkv[(row+c)*n:][:n]
			for h := range a.KV {
				for d := range a.Size {
					sp.Keys[a.KeyAt(at, h, d)] = x[(a.Heads+h)*a.Size+d]
				}
			}
			copy(sp.Values[at*w:][:w], x[a.Heads*a.Size+w:])
			first := 0
			if window > 0 {
				first = max(0, at-window+1)
			}
			for h := range a.Heads {
				decodeHead(out[((row+c)*a.Heads+h)*a.Size:][:a.Size], x[h*a.Size:][:a.Size], sp, first, at, h*a.KV/a.Heads, a)
			}
		}
		row += sp.Cols
	}
}

// decodeHead is what query q sees of the tokens first to last.
func decodeHead(out, q []float64, sp ops.Span[float64], first, last, kv int, a ops.Attn) {
	s := make([]float64, last-first+1)
	top, sum := math.Inf(-1), 0.0
	for j := range s {
		for d, x := range q {
			s[j] += x * sp.Keys[a.KeyAt(first+j, kv, d)]
		}
		s[j] /= math.Sqrt(float64(a.Size))
		top = max(top, s[j])
	}
	for _, x := range s {
		sum += math.Exp(x - top)
	}
	clear(out)
	for j, x := range s {
		for d := range out {
			out[d] += math.Exp(x-top) / sum * sp.Values[((first+j)*a.KV+kv)*a.Size+d]
		}
	}
}

// LogProb is the log-softmax at the targets.
func (Ops) LogProb(logp, entropy, lse []float64, logits []float64, targets []int32, width int) {
	for t, target := range targets {
		if logp[t] = 0; target < 0 && entropy == nil {
			lse[t] = 0
			continue
		}
		l := logits[t*width:][:width]
		top, sum, mean := math.Inf(-1), 0.0, 0.0
		for _, x := range l {
			top = max(top, x)
		}
		for _, x := range l {
			sum += math.Exp(x - top)
		}
		lse[t] = top + math.Log(sum)
		for _, x := range l {
			mean += math.Exp(x-lse[t]) * x
		}
		if entropy != nil {
			entropy[t] = lse[t] - mean
		}
		if target >= 0 {
			logp[t] = l[target] - lse[t]
		}
	}
}

// LogProbBack is its gradient.
func (Ops) LogProbBack(logits []float64, targets []int32, entropy, lse, dlogp, dentropy []float64, width int) {
	for t, target := range targets {
		l := logits[t*width:][:width]
		dl, de := 0.0, 0.0
		if target >= 0 {
			dl = dlogp[t]
		}
		if dentropy != nil {
			de = dentropy[t]
		} else if target < 0 {
			clear(l)
			continue
		}
		for j, x := range l {
			p := math.Exp(x - lse[t])
			l[j] = -dl * p
			if dentropy != nil {
				l[j] -= de * p * (x - lse[t] + entropy[t])
			}
		}
		if target >= 0 {
			l[target] += dl
		}
	}
}
