package fasttext

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
)

// trainer holds a model while it learns. Its output layer has one row a label, or an inner node of the tree.
type trainer struct {
	c       Config
	m       *Model
	output  []float32
	text    reader
	rows    []int32 // of one example
	name    []byte
	hidden  []float32
	slope   []float32 // of the hidden layer
	scores  []float32
	tokens  int64 // seen in all epochs
	pending int64 // seen since the rate was lowered
	rate    float32
}

func newTrainer(c Config, v *vocabulary) (*trainer, error) {
	if c.WordNgrams == 1 && c.MaxSubword == 0 {
		c.Buckets = 0 // nothing would fall into them
	}
	d := v.dictionary
	rows := int64(d.words) + int64(c.Buckets)
	if rows > math.MaxInt32 || d.labels > maxOutput/c.Dim {
		return nil, fmt.Errorf("%d words, %d buckets and %d labels are too many", d.words, c.Buckets, d.labels)
	}
	m := &Model{args: arguments{version: fileVersion, dim: int32(c.Dim), ws: 5, epoch: int32(c.Epochs), minCount: int32(c.MinCount), neg: 5,
		ngrams: int32(c.WordNgrams), loss: c.Loss, bucket: int32(c.Buckets), minn: int32(c.MinSubword), maxn: int32(c.MaxSubword),
		updateRate: int32(c.RateTokens), t: 1e-4}}
	var err error
	if m.features, err = newFeatures(&d, c.Buckets, c.MinSubword, c.MaxSubword, c.WordNgrams); err != nil {
		return nil, err
	}
	m.features.hold()
	for i := range d.labels {
		m.labels = append(m.labels, string(d.name(d.words+i)))
	}
	if c.Loss == Hierarchical {
		m.tree = newTree(d.counts[d.words:])
	}
	m.input = matrix{rows: int(rows), cols: c.Dim, data: newFloats(rows * int64(c.Dim))}
	firstWeights(m.input.data, c.Dim, c.Seed)
	return &trainer{c: c, m: m, output: make([]float32, d.labels*c.Dim), text: newReader(&m.features), hidden: make([]float32, padded(c.Dim)),
		slope: make([]float32, padded(c.Dim)), scores: make([]float32, d.labels), rate: float32(c.Rate)}, nil
}

// epoch goes through all examples once.
func (t *trainer) epoch(ctx context.Context, examples iter.Seq2[Example, error]) error {
	d := t.m.features.dict
	before := t.tokens + t.pending
	for i, e := range numbered(examples) {
		if e.err != nil {
			return e.err
		}
		if i%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		var err error
		if t.name, err = labelName(t.name[:0], e.Label); err != nil {
			return fmt.Errorf("example %d: %w", i, err)
		}
		id := d.find(hashOf(t.name), t.name)
		if id < d.words {
			return errChanged
		}
		t.read(e.Text)
		t.update(id - d.words)
		if t.pending > int64(t.c.RateTokens) {
			t.tokens, t.pending = t.tokens+t.pending, 0
			t.rate = float32(t.c.Rate * max(0, 1-float64(t.tokens)/(float64(t.c.Epochs)*float64(d.tokens))))
		}
	}
	if t.tokens+t.pending-before != d.tokens {
		return errChanged
	}
	return nil
}

var errChanged = errors.New("the examples of an epoch are not those whose words were counted")

// read finds the rows of a text.
func (t *trainer) read(text []byte) {
	t.rows = t.rows[:0]
	r := &t.text
	r.begin(text)
	for rows := r.next(); len(rows) > 0; rows = r.next() {
		t.rows = append(t.rows, rows...)
	}
	t.pending += 1 + r.words
}

// update takes a step down the slope of one example's loss.
func (t *trainer) update(label int) {
	if len(t.rows) == 0 {
		return
	}
	dim := t.c.Dim
	clear(t.hidden)
	clear(t.slope)
	sumRows(t.hidden, t.m.input.data, t.rows, dim)
	mean := float32(1 / float64(len(t.rows)))
	for i := range t.hidden {
		t.hidden[i] *= mean
	}
	switch t.c.Loss {
	case Softmax:
		t.softmax(label)
	case OneVsAll:
		for i := range t.scores {
			t.logistic(i, i == label)
		}
	case Hierarchical:
		tree := t.m.tree
		for node := int32(label); tree.parent[node] >= 0; node = tree.parent[node] {
			inner := int(tree.parent[node]) - tree.leaves
			t.logistic(inner, tree.right[inner] == node)
		}
	}
	for i := range t.slope {
		t.slope[i] *= mean
	}
	addToRows(t.m.input.data, t.rows, t.slope, dim)
}

func (t *trainer) row(i int) []float32 { return t.output[i*t.c.Dim : (i+1)*t.c.Dim] }

// softmax learns from all labels.
func (t *trainer) softmax(label int) {
	hidden := t.hidden[:t.c.Dim]
	top := float32(math.Inf(-1))
	for i := range t.scores {
		t.scores[i] = dot(t.row(i), hidden)
		top = max(top, t.scores[i])
	}
	z := float32(0)
	for i, v := range t.scores {
		t.scores[i] = exp32(v - top)
		z += t.scores[i]
	}
	for i, v := range t.scores {
		want := float32(0)
		if i == label {
			want = 1
		}
		t.step(i, t.rate*(want-v/z))
	}
}

// logistic learns whether output i should be on.
func (t *trainer) logistic(i int, on bool) {
	want := float32(0)
	if on {
		want = 1
	}
	t.step(i, t.rate*(want-sigmoid(sigmoids(), dot(t.row(i), t.hidden[:t.c.Dim]))))
}

// step moves a row of the output layer by alpha, and notes the slope for the hidden layer.
func (t *trainer) step(i int, alpha float32) {
	row := t.row(i)
	addScaled(t.slope, alpha, row)
	addScaled(row, alpha, t.hidden[:t.c.Dim])
}
