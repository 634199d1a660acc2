package fasttext

import "fmt"

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

// MarshalText gives the name that fastText's command line has for it.
func (l Loss) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads such a name.
func (l *Loss) UnmarshalText(b []byte) error {
	for known := Hierarchical; known <= OneVsAll; known++ {
		if known.String() == string(b) {
			*l = known
			return nil
		}
	}
	return fmt.Errorf("loss %q: want hs, ns, softmax or ova", b)
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

	outputCodes quantized // of the output layer, if it was read quantized
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
	d := m.features.dict
	for _, n := range [][]byte{[]byte(name), []byte(labelPrefix + name)} {
		if id := d.find(hashOf(n), n); id >= d.words {
			return id - d.words
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
	codes      quantized // nil codes if it is not quantized
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

// sum adds rows to sums, in order. It takes some rows at a time and goes through their parts one by one, so that the centroids of a
// part stay close by.
func (q *quantized) sum(sums []float32, rows []int32, cols int) {
	const most = 64
	var at [most]int // where the codes of a row begin
	var norms [most]float32
	for len(rows) > 0 {
		n := min(len(rows), most)
		for i, r := range rows[:n] {
			at[i], norms[i] = int(r)*q.parts, q.norm(int(r))
		}
		pairs := 0
		if q.sub == 2 {
			pairs = q.sumPairs(sums, at[:n], norms[:n], cols)
		}
		for part := pairs; part < q.parts; part++ {
			to := sums[part*q.sub:]
			for i, r := range rows[:n] {
				for c, v := range q.part(int(r), part, cols) {
					to[c] += float32(norms[i] * v)
				}
			}
		}
		rows = rows[n:]
	}
}

// sumPairs does parts of the usual width of 2, two parts at a time, and tells how many it did.
func (q *quantized) sumPairs(sums []float32, at []int, norms []float32, cols int) int {
	part := 0
	for ; part*2+4 <= cols; part += 2 {
		to := sums[part*2:][:4]
		a, b, c, d := to[0], to[1], to[2], to[3]
		first, second := (*[512]float32)(q.centroids[part*512:]), (*[512]float32)(q.centroids[part*512+512:])
		norms = norms[:len(at)]
		for i, k := range at {
			codes := q.codes[k+part:][:2]
			x, y, n := int(codes[0])*2, int(codes[1])*2, norms[i]
			a += float32(n * first[x])
			b += float32(n * first[x+1])
			c += float32(n * second[y])
			d += float32(n * second[y+1])
		}
		to[0], to[1], to[2], to[3] = a, b, c, d
	}
	return part
}

// sum adds rows to sums, which are padded.
func (m *matrix) sum(sums []float32, rows []int32) {
	if m.data != nil {
		sumRows(sums, m.data, rows, m.cols)
		return
	}
	m.codes.sum(sums, rows, m.cols)
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
