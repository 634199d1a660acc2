package tokenize

import "math"

// unigramWork is what one worker of a unigramLearner has of its own.
type unigramWork struct {
	counts   []int64
	forward  []float64
	backward []float64
	edges    []unigramEdge
	from, id []int32 // of the best way to a place
	path     []int32
}

// unigramEdge is a token between two places of a piece.
type unigramEdge struct{ from, to, id int32 }

// expect adds to counts how often each token is expected in a piece, times its count: forward and backward over all ways to spell it.
func (w *unigramWork) expect(u *unigramLearner, p []float64, piece []int32, count int64) {
	n := len(piece)
	w.edges = w.edges[:0]
	w.forward = zeros(w.forward, n+1)
	w.backward = zeros(w.backward, n+1)
	a, b := w.forward, w.backward
	a[0], b[n] = 1, 1
	for i := range piece {
		node, ok := uint32(0), true
		for j := i; j < n; j++ {
			if node, ok = u.trie.next(node, piece[j]); !ok {
				break
			}
			if id := u.trie.ids[node]; id >= 0 {
				a[j+1] += a[i] * p[id]
				w.edges = append(w.edges, unigramEdge{int32(i), int32(j + 1), id})
			}
		}
	}
	if z := a[n]; !(z > 1e-280) || math.IsInf(z, 1) {
		if n > 1 { // out of a number's range: each half on its own is nearly as good
			w.expect(u, p, piece[:n/2], count)
			w.expect(u, p, piece[n/2:], count)
		}
		return
	}
	for k := len(w.edges) - 1; k >= 0; k-- {
		e := w.edges[k]
		b[e.from] += b[e.to] * p[e.id]
	}
	f := float64(count) * share / a[n]
	for _, e := range w.edges {
		if x := a[e.from] * p[e.id] * b[e.to] * f; x >= 0.5 {
			w.counts[e.id] += int64(x + 0.5)
		}
	}
}

func zeros(s []float64, n int) []float64 {
	if cap(s) < n {
		return make([]float64, n)
	}
	s = s[:n]
	clear(s)
	return s
}

// best spells a piece in the most likely way, without the token that is the whole of it if that is without. The ids are valid until the next call.
func (w *unigramWork) best(u *unigramLearner, piece []int32, without int32) []int32 {
	n := len(piece)
	w.forward = zeros(w.forward, n+1)
	for len(w.from) <= n {
		w.from, w.id = append(w.from, 0), append(w.id, 0)
	}
	a := w.forward
	for i := range a[1:] {
		a[i+1] = math.Inf(-1)
	}
	for i := range piece {
		node, ok := uint32(0), true
		for j := i; j < n; j++ {
			if node, ok = u.trie.next(node, piece[j]); !ok {
				break
			}
			id := u.trie.ids[node]
			if id < 0 || id == without {
				continue
			}
			if s := a[i] + u.logs[id]; s > a[j+1] {
				a[j+1], w.from[j+1], w.id[j+1] = s, int32(i), id
			}
		}
	}
	w.path = w.path[:0]
	for end := int32(n); end > 0; end = w.from[end] {
		w.path = append(w.path, w.id[end])
	}
	return w.path
}

// loss is how much less likely the pieces get without a token, in which the tokens stand as counts tell, sum in all; -Inf for one that
// is no loss.
func (w *unigramWork) loss(u *unigramLearner, id int32, counts []int64, sum float64) float64 {
	f := float64(counts[id])
	if f == 0 {
		return math.Inf(-1)
	}
	token := u.tokens[id]
	other := w.best(u, token, id)
	if w.forward[len(token)] >= u.logs[id] {
		return math.Inf(-1) // it is never the best way to spell itself
	}
	after := math.Log(sum + f*float64(len(other)-1))
	alternative := 0.0
	for _, k := range other {
		alternative += math.Log(float64(counts[k])+f) - after
	}
	return f * (math.Log(f) - math.Log(sum) - alternative)
}
