package fasttext

// Loss says what a model was trained for, which is also how its outputs become probabilities.
type Loss int

// The losses have the numbers that the format gives them.
const (
	Hierarchical Loss = iota + 1 // softmax along the paths of a Huffman tree of the labels
	Negative                     // negative sampling: each label by itself
	Softmax                      // over all labels
	OneVsAll                     // each label by itself, trained on all of them
)

func (l Loss) String() string {
	switch l {
	case Hierarchical:
		return "hs"
	case Negative:
		return "ns"
	case Softmax:
		return "softmax"
	case OneVsAll:
		return "ova"
	}
	return "unknown"
}

// Model is a trained classifier. It does not change, and any number of goroutines may use it.
type Model struct {
	args     arguments
	features features
	labels   []string
	input    matrix
	output   []float32 // one row a column of the hidden layer, one column a label; each row is padded to stride
	stride   int
	norms    []float32 // what each label's output is multiplied with; nil = nothing
	tree     *tree     // of Hierarchical
}

// arguments are the fields of the file that are written back as they were.
type arguments struct {
	dim, ws, epoch, minCount, neg, ngrams int32
	loss                                  Loss
	bucket, minn, maxn, updateRate        int32
	t                                     float64
	quant                                 bool // the input layer
	version                               int32
}

// Labels lists the labels as the model writes them ("__label__en"), in the order of their numbers. The slice is the model's own.
func (m *Model) Labels() []string { return m.labels }

// Label gives the number of a label, written with or without the usual "__label__" before it, or -1.
func (m *Model) Label(name string) int {
	for i, l := range m.labels {
		if l == name || l == labelPrefix+name {
			return i
		}
	}
	return -1
}

// Loss tells what the model was trained for.
func (m *Model) Loss() Loss { return m.args.loss }

// Dim is the width of the hidden layer.
func (m *Model) Dim() int { return int(m.args.dim) }

const labelPrefix = "__label__"

// matrix holds the rows of words and buckets: plain numbers, or codes that are looked up in a table of centroids.
type matrix struct {
	rows, cols int
	data       []float32 // nil if only codes are held
	codes      quantized
}

// quantized is a product quantizer's output: a row is cut into parts of sub columns, each one of 256 centroids.
type quantized struct {
	sub, parts int
	codes      []byte    // parts a row
	centroids  []float32 // 256 of a part's width, part after part
	norms      []byte    // one a row: where its norm is among scales; nil = all 1
	scales     []float32
}

// width is how many columns a part has.
func (q *quantized) width(part, cols int) int { return min(q.sub, cols-part*q.sub) }

// part gives the columns of a row that part holds, before they are scaled.
func (q *quantized) part(row, part, cols int) []float32 {
	w := q.width(part, cols)
	at := part*256*q.sub + int(q.codes[row*q.parts+part])*w
	return q.centroids[at : at+w]
}

func (q *quantized) norm(row int) float32 {
	if q.norms == nil {
		return 1
	}
	return q.scales[q.norms[row]]
}

// addRow adds a row to x.
func (q *quantized) addRow(x []float32, row, cols int) {
	norm := q.norm(row)
	for part := range q.parts {
		to := x[part*q.sub:]
		for c, v := range q.part(row, part, cols) {
			to[c] += float32(norm * v)
		}
	}
}

// sum adds rows to sums, which are padded.
func (m *matrix) sum(sums []float32, rows []int32) {
	if m.data != nil {
		sumRows(sums, m.data, rows, m.cols)
		return
	}
	for _, r := range rows {
		m.codes.addRow(sums, int(r), m.cols)
	}
}

// tree is the Huffman tree of the labels. Node i < leaves is label i; others have children. The last is the root.
type tree struct {
	leaves      int
	left, right []int32 // of node leaves+i; its output is i
	parent      []int32 // -1 above the root
}

// newTree joins the two rarest nodes again and again, given the counts of the labels, commonest first.
func newTree(counts []int64) *tree {
	const unmade = 1e15 // more than any count: a node that does not exist yet
	n := len(counts)
	t := &tree{leaves: n, left: make([]int32, n-1), right: make([]int32, n-1), parent: make([]int32, 2*n-1)}
	weight := make([]int64, 2*n-1)
	copy(weight, counts)
	for i := n; i < len(weight); i++ {
		weight[i] = unmade
	}
	leaf, node := n-1, n
	rarest := func() (i int) {
		if leaf >= 0 && weight[leaf] < weight[node] {
			i, leaf = leaf, leaf-1
		} else {
			i, node = node, node+1
		}
		return i
	}
	for i := n; i < len(weight); i++ {
		a := rarest()
		b := rarest()
		t.left[i-n], t.right[i-n] = int32(a), int32(b)
		t.parent[a], t.parent[b] = int32(i), int32(i)
		weight[i] = weight[a] + weight[b]
	}
	t.parent[len(t.parent)-1] = -1
	return t
}
