package decode

import (
	"math"
	"slices"

	"github.com/seed-83c59573/quern/train/ops/vec"
)

// Likely is a token and its log-probability in nats.
type Likely struct {
	ID   int32
	LogP float64
}

// cand is a token that may be drawn.
type cand struct {
	v  float32
	id int32
}

// before is the order of likelihood; of equals the smaller id comes first.
func (a cand) before(b cand) bool { return a.v > b.v || a.v == b.v && a.id < b.id }

// drawer draws tokens. It keeps scratch space only.
type drawer struct {
	heap    []cand
	scaled  []float32
	weights []float64
}

// stripe is how many logits are looked at together for one that beats the worst of those kept.
const stripe = 256

// top returns the k likeliest in order, valid until the next call: a heap with the worst at its root, which few logits beat.
func (d *drawer) top(logits []float32, k int) []cand {
	k = min(k, len(logits))
	h := d.heap[:0]
	for i, v := range logits[:k] {
		h = append(h, cand{v, int32(i)})
	}
	d.heap = h
	if k == 0 {
		return h
	}
	if k < len(logits) {
		for i := k/2 - 1; i >= 0; i-- {
			sink(h, i)
		}
		for lo := k; lo < len(logits); lo += stripe {
			part := logits[lo:min(lo+stripe, len(logits))]
			if !(vec.Max(part) > h[0].v) {
				continue
			}
			for i, v := range part {
				if v > h[0].v { // of equals the earlier, smaller id stays
					h[0] = cand{v, int32(lo + i)}
					sink(h, 0)
				}
			}
		}
	}
	slices.SortFunc(h, func(a, b cand) int {
		if a.before(b) {
			return -1
		}
		return 1
	})
	return h
}

// sink restores the heap from i down.
func sink(h []cand, i int) {
	for {
		c := 2*i + 1
		if c >= len(h) {
			return
		}
		if c+1 < len(h) && h[c].before(h[c+1]) {
			c++
		}
		if !h[i].before(h[c]) {
			return
		}
		h[i], h[c] = h[c], h[i]
		i = c
	}
}

// best is the likeliest token, of equals the one with the smallest id.
func best(logits []float32) int32 {
	for lo, top := 0, vec.Max(logits); lo < len(logits); lo += stripe {
		part := logits[lo:min(lo+stripe, len(logits))]
		if vec.Max(part) == top {
			return int32(lo + slices.Index(part, top))
		}
	}
	return 0
}

// draw picks a token by u in [0, 1): of the TopK likeliest under the tempered distribution, the fewest that hold a mass of TopP, of
// them those at least MinP times as likely as the first. They stand in the order of likelihood, of equals the smaller id first, and u
// walks along them; so only as many are sorted as u and TopP ask for.
func (d *drawer) draw(logits []float32, o *Options, u float64) int32 {
	if o.Temperature == 0 {
		return best(logits)
	}
	all := len(logits)
	if o.TopK > 0 {
		all = min(all, o.TopK)
	}
	total := math.NaN() // mass of all: known once all are sorted, or if no TopK leaves some out
	if all == len(logits) {
		total = d.mass(logits, o.Temperature)
	}
	for n := min(all, 64); ; n = min(all, 8*n) {
		if n < all && all < 1024 {
			n = all
		}
		if math.IsNaN(total) {
			n = all
		}
		if id, ok := d.walk(d.top(logits, n), n == all, total, o, u); ok {
			return id
		}
	}
}

// mass is Σ e^((l-max)/temperature).
func (d *drawer) mass(logits []float32, temperature float64) float64 {
	top := vec.Max(logits)
	if temperature == 1 {
		sum, _ := vec.SumExp(logits, top)
		return sum
	}
	d.scaled = append(d.scaled[:0], logits...)
	vec.Scale(d.scaled, float32(1/temperature))
	sum, _ := vec.SumExp(d.scaled, float32(float64(top)/temperature))
	return sum
}

// walk draws from the likeliest tokens, or reports that it would have to see more of them.
func (d *drawer) walk(c []cand, whole bool, total float64, o *Options, u float64) (int32, bool) {
	w, sum := d.weights[:0], 0.0
	for _, x := range c {
		y := math.Exp(float64(x.v-c[0].v) / o.Temperature)
		w, sum = append(w, y), sum+y
	}
	d.weights = w
	if whole {
		total = sum
	}
	n, mass := 0, 0.0
	for n < len(w) && (o.TopP == 1 || mass < o.TopP*total) && w[n] >= o.MinP {
		mass += w[n]
		n++
	}
	if n == len(w) && !whole { // what is allowed goes on beyond c
		if o.TopP < 1 || o.MinP > 0 {
			return 0, false
		}
		mass = total
	}
	x := u * mass
	for i := range n {
		if x -= w[i]; x < 0 {
			return c[i].id, true
		}
	}
	if n == len(w) && !whole {
		return 0, false
	}
	return c[n-1].id, true
}

// logSum is log Σ e^l. It is NaN or infinite if a logit is NaN or +Inf.
func logSum(logits []float32) float64 {
	top := vec.Max(logits)
	sum, _ := vec.SumExp(logits, top)
	return float64(top) + math.Log(sum)
}
