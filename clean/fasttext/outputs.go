package fasttext

import "sync"

// probabilities computes the output of every label.
func (p *Predictor) probabilities() {
	m := p.m
	n := len(m.labels)
	p.multiply()
	out := p.output[:n]
	if m.args.loss != Softmax {
		t := sigmoids()
		for i, v := range out {
			out[i] = sigmoid(t, v)
		}
		return
	}
	top := out[0]
	for _, v := range out {
		if v > top {
			top = v
		}
	}
	z := float32(0)
	for i, v := range out {
		e := exp32(v - top)
		out[i] = e
		z += e
	}
	for i := range out {
		out[i] /= z
	}
}

// multiply computes the products of the hidden layer with all rows of the output layer.
func (p *Predictor) multiply() {
	m := p.m
	mulRows(p.output, p.hidden[:m.args.dim], m.output)
	for i, norm := range m.norms {
		p.output[i] *= norm
	}
}

// steps of the table of the logistic function, which spans ±8.
const (
	sigmoidSteps = 512
	sigmoidMax   = 8
)

// sigmoids is the table of the logistic function that fastText uses: it is constant within 1/32.
var sigmoids = sync.OnceValue(func() *[sigmoidSteps + 1]float32 {
	var t [sigmoidSteps + 1]float32
	for i := range t {
		x := float32(i*2*sigmoidMax)/sigmoidSteps - sigmoidMax
		t[i] = float32(1 / (1 + float64(exp32(-x))))
	}
	return &t
})

func sigmoid(t *[sigmoidSteps + 1]float32, x float32) float32 {
	switch {
	case !(x >= -sigmoidMax): // what is no number, when a model is trained at too high a rate, counts as 0
		return 0
	case x > sigmoidMax:
		return 1
	}
	return t[int(float32(x+sigmoidMax)*sigmoidSteps/sigmoidMax/2)]
}

// choose keeps the k best labels.
func (p *Predictor) choose(k int, threshold float32) {
	for i, v := range p.output[:len(p.m.labels)] {
		if v < threshold {
			continue
		}
		full := len(p.best) == k
		if full && logAbove(v) < p.best[0].score {
			continue // most labels need no logarithm
		}
		score := logOf(v)
		if full && score < p.best[0].score {
			continue
		}
		p.keep(k, scored{score, int32(i)})
	}
}

// keep adds a label and drops the worst if there are more than k.
func (p *Predictor) keep(k int, e scored) {
	p.best.push(e)
	if n := len(p.best); n > k {
		p.best.pop(n)
		p.best = p.best[:n-1]
	}
}

// visit is a node of the tree that is still to be seen, and the logarithm of its probability.
type visit struct {
	node  int32
	score float32
}

// manyNodes is the size of a tree above which the output of a node is computed only when it is seen.
const manyNodes = 2048

// walk descends the tree from the root, left before right, and passes by what is less likely than the threshold or the k labels found.
func (p *Predictor) walk(k int, threshold float32) {
	t := p.m.tree
	all := t.leaves <= manyNodes
	if all {
		p.multiply()
	}
	least := logOf(threshold)
	p.todo = append(p.todo[:0], visit{int32(len(t.parent) - 1), 0})
	for len(p.todo) > 0 {
		v := p.todo[len(p.todo)-1]
		p.todo = p.todo[:len(p.todo)-1]
		if v.score < least || len(p.best) == k && v.score < p.best[0].score {
			continue
		}
		if int(v.node) < t.leaves {
			p.keep(k, scored{v.score, v.node})
			continue
		}
		i := int(v.node) - t.leaves
		x := float32(0)
		if all {
			x = p.output[i]
		} else {
			x = p.node(i)
		}
		// In fastText 1 + e^-x is rounded to float32 before it divides.
		f := float32(1 / float64(1+exp32(-x)))
		if len(p.best) == k {
			least = max(least, p.best[0].score)
		}
		p.descend(v.score, f, t.right[i], least)
		p.descend(v.score, float32(1-float64(f)), t.left[i], least)
	}
}

// descend puts a node on the list whose probability is f times that of its parent, unless it would be passed by: the bound for that
// only rises.
func (p *Predictor) descend(score, f float32, node int32, least float32) {
	if score+logAbove(f) < least {
		return
	}
	p.todo = append(p.todo, visit{node, score + logOf(f)})
}

// node is the product of the hidden layer with row i of the output layer.
func (p *Predictor) node(i int) float32 {
	m := p.m
	sum := float32(0)
	for j, h := range p.hidden[:m.args.dim] {
		sum += float32(h * m.output[j*m.stride+i])
	}
	if m.norms != nil {
		sum *= m.norms[i]
	}
	return sum
}
