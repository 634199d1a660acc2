package fasttext

// scored is a label and the logarithm of its probability.
type scored struct {
	score float32
	label int32
}

// best holds the k best labels as a binary heap whose root is the worst of them. Among equal scores it must keep and order those that
// fastText's does, so it moves entries as the heap of GNU's C++ library: what is taken out leaves a hole that first sinks to a leaf.
type best []scored

// push adds an entry.
func (h *best) push(e scored) {
	*h = append(*h, e)
	h.rise(len(*h)-1, e)
}

// rise puts e into the hole, or above it.
func (h *best) rise(hole int, e scored) {
	b := *h
	for hole > 0 {
		up := (hole - 1) / 2
		if !(b[up].score > e.score) {
			break
		}
		b[hole] = b[up]
		hole = up
	}
	b[hole] = e
}

// pop moves the worst of the first n entries behind the others.
func (h *best) pop(n int) {
	b := (*h)[:n]
	if n < 2 {
		return
	}
	e := b[n-1]
	b[n-1] = b[0]
	n--
	hole := 0
	for 2*hole+2 < n {
		down := 2*hole + 2
		if b[down].score > b[down-1].score {
			down--
		}
		b[hole] = b[down]
		hole = down
	}
	if 2*hole+2 == n {
		b[hole] = b[n-1]
		hole = n - 1
	}
	h.rise(hole, e)
}

// sort puts the best first; the heap is one no more.
func (h *best) sort() {
	for n := len(*h); n > 1; n-- {
		h.pop(n)
	}
}
