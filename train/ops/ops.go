// Package ops lists the kernels that training needs, forward and backward in pairs, on flat buffers. A device is an implementation
// of this list: ref is the truth in float64, cpu is fast in float32. Nothing here knows a model, a document or a file.
//
// All matrices are dense and row-major. Lengths are the caller's promise; an implementation panics on shapes that do not fit.
// Backward kernels add to gradients (dgain, dx where it says +=) and overwrite where it says =. No kernel retains a buffer. One
// goroutine at a time calls an implementation; how many it uses inside never changes a bit of a result.
package ops

// Float is what a kernel computes in. Models run in float32; float64 exists so that a whole model can be checked against finite
// differences, which float32 is too coarse for.
type Float interface{ float32 | float64 }

// Attn is the shape of an attention: Rows sequences of Cols tokens; a token's part of a qkv buffer is Heads queries, then KV keys,
// then KV values, of Size numbers each. Heads is a multiple of KV: a group of Heads/KV queries shares a key.
type Attn struct {
	Rows, Cols      int
	Heads, KV, Size int
	// Start[r*Cols+c] is the first column that column c of row r may look at, 0 ≤ Start ≤ c: the first token of its document.
	Start []int32
}

// Stride is the length of a token's part of a qkv buffer.
func (a Attn) Stride() int { return (a.Heads + 2*a.KV) * a.Size }

// KeyBlock is how many tokens stand side by side in a cache of keys.
const KeyBlock = 16

// Span is a sequence that is decoded: Cols new tokens after the Past tokens that its caches hold. Number d of the key of token t and
// head h stands at KeyAt(t, h, d); values are Past+Cols rows of KV·Size numbers.
type Span[F Float] struct {
	Cols, Past   int
	Keys, Values []F
}

// KeyAt is where a number of a key stands in a cache: blocks of KeyBlock tokens lie one after another, in them heads, in them the
// numbers of a head, so that one vector holds the same number of all keys of a block.
func (a Attn) KeyAt(token, head, d int) int {
	return ((token/KeyBlock*a.KV+head)*a.Size+d)*KeyBlock + token%KeyBlock
}

// KeySpace is how long a cache of keys for so many tokens is.
func (a Attn) KeySpace(tokens int) int {
	return (tokens + KeyBlock - 1) / KeyBlock * KeyBlock * a.KV * a.Size
}

// Adam is one step of AdamW. Rate and Eps carry the bias corrections: with c1 = 1-Beta1^t and c2 = 1-Beta2^t they are
// lr·√c2/c1 and eps·√c2.
type Adam struct {
	Scale        float64 // of the gradient: clipping
	Beta1, Beta2 float64
	Rate, Eps    float64
	Keep         float64 // 1 - lr·decay
}

// Weight is a matrix that many products share: op(B) is K×N, and T says that B is stored N×K.
type Weight[F Float] struct {
	T    bool
	K, N int
	B    []F
	Form any // what Pack made of B; nil = nothing
}

// Ops is the list. Each comment is the kernel's definition; t counts tokens (rows of a matrix), i and j count columns.
type Ops[F Float] interface {
	// MatMul is c = op(a)·op(b) + beta·c with op(a) m×k, op(b) k×n; ta says that a is stored k×m, tb that b is stored n×k.
	// c is not read if beta is 0.
	MatMul(ta, tb bool, m, n, k int, a, b []F, beta F, c []F)
	// Linear is out = x·op(w.B) + beta·out and then out[t,i] += bias[i] unless bias is nil. out is not read if beta is 0.
	Linear(out, x []F, w *Weight[F], bias []F, beta F)
	// Pack lets an implementation keep w.B in w.Form as Linear wants to read it, which pays if several products follow. It changes no
	// bit, and may take as much memory as w.B. Whoever changes w.B calls Pack again or sets w.Form to nil before the next product.
	Pack(w *Weight[F])

	// Embed is out[t,:] = table[ids[t],:].
	Embed(out, table []F, ids []int32, width int)
	// EmbedBack is dtable[ids[t],:] += dout[t,:], in the order of t.
	EmbedBack(dtable, dout []F, ids []int32, width int)

	// RMSNorm is inv[t] = 1/√(mean_i x[t,i]² + eps); out[t,i] = x[t,i]·inv[t]·gain[i].
	RMSNorm(out, inv, x, gain []F, eps F)
	// RMSNormBack is, with y = x·inv and h = dout·gain,
	//	dgain[i] += Σ_t dout[t,i]·y[t,i];  dx[t,i] += inv[t]·(h[t,i] - y[t,i]·mean_j(h[t,j]·y[t,j]))
	RMSNormBack(dx, dgain, dout, x, gain, inv []F)

	// LayerNorm is mean[t] = mean_i x[t,i]; inv[t] = 1/√(mean_i (x[t,i]-mean[t])² + eps);
	// out[t,i] = (x[t,i]-mean[t])·inv[t]·gain[i] + bias[i].
	LayerNorm(out, mean, inv, x, gain, bias []F, eps F)
	// LayerNormBack is, with y = (x-mean)·inv and h = dout·gain,
	//	dgain[i] += Σ_t dout[t,i]·y[t,i];  dbias[i] += Σ_t dout[t,i]
	//	dx[t,i] += inv[t]·(h[t,i] - mean_j h[t,j] - y[t,i]·mean_j(h[t,j]·y[t,j]))
	LayerNormBack(dx, dgain, dbias, dout, x, gain, mean, inv []F)

	// HeadNorm is RMSNorm of each head by itself, in place, with one gain of size = len(gain) numbers for all: for the first heads·size
	// numbers of each stride of x, whose last may be cut short after them,
	//	x[t,h,i] = x[t,h,i]·gain[i]/√(mean_j x[t,h,j]² + eps)
	HeadNorm(x, gain []F, heads, stride int, eps F)
	// HeadNormBack turns gradients of HeadNorm's result into those of x, in place, where x is what HeadNorm took: with
	// inv = 1/√(mean x² + eps), y = x·inv and h = dx·gain of each head,
	//	dgain[i] += Σ_t,h dx[t,h,i]·y[i];  dx[t,h,i] = inv·(h[i] - y[i]·mean_j(h[j]·y[j]))
	HeadNormBack(dx, dgain, x, gain []F, heads, stride int, eps F)

	// Rotary turns the first heads·size numbers of each stride of x by the angles of its position p = pos[t], in place. With
	// h = size/2 and angle tables cos, sin of h numbers a position:
	//	x[i], x[i+h] = x[i]·cos[p,i] - x[i+h]·sin[p,i], x[i+h]·cos[p,i] + x[i]·sin[p,i]
	Rotary(x, cos, sin []F, pos []int32, heads, size, stride int)
	// RotaryBack turns gradients back, in place: Rotary with -sin.
	RotaryBack(dx, cos, sin []F, pos []int32, heads, size, stride int)

	// SwiGLU is, with x[t] a row of width gates and then width ups, out[t,i] = g·σ(g)·u.
	SwiGLU(out, x []F, width int)
	// SwiGLUBack is dx[t,i] = dout·u·σ(g)·(1+g·(1-σ(g))); dx[t,width+i] = dout·g·σ(g).
	SwiGLUBack(dx, dout, x []F, width int)

	// GELU is out = x/2·(1+tanh(√(2/π)·(x+0.044715·x³))).
	GELU(out, x []F)
	// GELUBack is dx = dout·GELU'(x). dx may be dout.
	GELUBack(dx, dout, x []F)

	// Attention is, for a query q of head h at column c and keys k, values v of head h·KV/Heads at columns Start..c,
	//	s[j] = q·k[j]/√Size;  lse = log Σ_j e^s[j];  out = Σ_j e^(s[j]-lse)·v[j]
	// out has Heads·Size numbers a token, lse has Heads numbers a token.
	Attention(out, lse, qkv []F, a Attn)
	// AttentionBack is, with p[j] = e^(s[j]-lse) and d[j] = dout·v[j] - dout·out,
	//	dv[j] = Σ p[j]·dout;  dq = Σ_j p[j]·d[j]·k[j]/√Size;  dk[j] = Σ p[j]·d[j]·q/√Size
	// the sums without an index running over all queries that see j. It overwrites dqkv.
	AttentionBack(dqkv, dout, out, lse, qkv []F, a Attn)
	// Decode is Attention of new tokens, a row of qkv each, which follow those that each span's caches hold and are appended there
	// first. A token sees the last window tokens up to itself, all if window is 0. Only Heads, KV and Size of a are read. A token's
	// result depends on no other span, and not on how many tokens of its own come at once.
	Decode(out, qkv []F, spans []Span[F], window int, a Attn)

	// Bias is x[t,i] += bias[i].
	Bias(x, bias []F)
	// BiasBack is dbias[i] += Σ_t dout[t,i].
	BiasBack(dbias, dout []F)

	// Add is out[i] = x[i] + y[i]; out may be x or y.
	Add(out, x, y []F)
	// Scale is x[i] *= by.
	Scale(x []F, by F)
	// Blend is out[i] = a·x[i] + b·y[i], each product rounded by itself; out may be x or y. Momentum and moving averages are made of it.
	Blend(out, x, y []F, a, b F)

	// LogProb is, for each row l of width logits, lse = log Σ_j e^l[j]; entropy = lse - Σ_j e^(l[j]-lse)·l[j];
	// logp = l[target]-lse, or 0 if the target is negative. entropy may be nil, which costs less; then lse is 0 where the target is
	// negative.
	LogProb(logp, entropy, lse []float64, logits []F, targets []int32, width int)
	// LogProbBack overwrites logits with their gradients: with p[j] = e^(l[j]-lse),
	//	(target ≥ 0: dlogp·([j = target] - p[j])) - dentropy·p[j]·(l[j]-lse+entropy)
	// dentropy may be nil, and then entropy, too.
	LogProbBack(logits []F, targets []int32, entropy, lse, dlogp, dentropy []float64, width int)

	// AdamW is g' = Scale·g; m = Beta1·m + (1-Beta1)·g'; v = Beta2·v + (1-Beta2)·g'²; w = Keep·w - Rate·m/(√v+Eps).
	AdamW(w, g, m, v []F, a Adam)
	// SumSquares is Σ x[i]², summed in float64 in an order that only len(x) decides.
	SumSquares(x []F) float64
}
