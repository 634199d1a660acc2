package fasttext

import (
	"fmt"
	"io"
	"math"
	"os"
)

const (
	fileMagic   = 793712314
	fileVersion = 12 // 11 had no subwords in classifiers
)

// Limits of what is read beyond the size of the file itself.
const (
	maxDim    = 1 << 16
	maxOutput = 1 << 28 // numbers of the output layer when it is laid out for use: 1 GiB

)

// maxPlain is how many bytes a quantized input layer may take as plain numbers, which are faster; beyond, codes are looked up.
var maxPlain int64 = 256 << 20

// Load reads a model from a file. It needs memory for the file's content, for a quantized input layer of up to 256 MiB also as
// plain numbers, and for the output layer twice.
func Load(path string) (*Model, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("fasttext: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("fasttext: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("fasttext: %s: not a regular file", path)
	}
	m, err := Read(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("fasttext: %s: %w", path, err)
	}
	return m, nil
}

// Read reads a model of exactly size bytes. An error names the offset and what was expected there.
func Read(r io.Reader, size int64) (*Model, error) {
	s := newSource(r, size)
	m := &Model{}
	m.readArguments(s)
	dict := readDictionary(s, m.args.bucket)
	if s.err != nil {
		return nil, s.err
	}
	a := &m.args
	maxn := int(a.maxn)
	if a.version == 11 {
		maxn = 0
	}
	var err error
	if m.features, err = newFeatures(dict, int(a.bucket), int(a.minn), maxn, int(a.ngrams)); err != nil {
		s.fail(8, "%v", err)
		return nil, s.err
	}
	for i := range dict.labels {
		m.labels = append(m.labels, string(dict.name(dict.words+i)))
	}
	m.readInput(s)
	m.readOutput(s)
	if s.err == nil && s.left() > 0 {
		s.fail(s.offset, "%d bytes follow the model, want none", s.left())
	}
	if s.err != nil {
		return nil, s.err
	}
	m.features.hold()
	if a.loss == Hierarchical {
		m.tree = newTree(dict.counts[dict.words:])
	}
	return m, nil
}

func (m *Model) readArguments(s *source) {
	if v := s.int32("the magic number"); v != fileMagic {
		s.fail(0, "the file begins with %d, want %d", v, fileMagic)
	}
	a := &m.args
	a.version = s.between(11, fileVersion, "the version")
	a.dim = s.between(1, maxDim, "the dimension")
	for _, field := range []struct {
		to   *int32
		name string
	}{{&a.ws, "the window"}, {&a.epoch, "the number of epochs"}, {&a.minCount, "the least count"}, {&a.neg, "the number of negatives"}} {
		*field.to = s.int32(field.name)
	}
	a.ngrams = s.between(0, maxNgrams, "the length of word n-grams")
	a.loss = Loss(s.between(int32(Hierarchical), int32(OneVsAll), "the loss"))
	at := s.offset
	if kind := s.int32("the kind of model"); kind == 1 || kind == 2 {
		s.fail(at, "the model gives vectors of words (kind %d), want a classifier (kind 3)", kind)
	} else if kind != 3 {
		s.fail(at, "the kind of model is %d, want 3", kind)
	}
	a.bucket = s.between(0, math.MaxInt32, "the number of buckets")
	a.minn = s.between(0, math.MaxInt32, "the least length of subwords")
	a.maxn = s.between(0, maxSubword, "the greatest length of subwords")
	a.updateRate = s.int32("the rate of updates")
	a.t = math.Float64frombits(uint64(s.int64("the sampling threshold")))
}

func readDictionary(s *source, bucket int32) *dictionary {
	d := &dictionary{}
	at := s.offset
	size := s.int32("the size of the dictionary")
	d.words = int(s.int32("the number of words"))
	d.labels = int(s.int32("the number of labels"))
	if d.words < 0 || d.labels < 1 || d.words+d.labels != int(size) {
		s.fail(at, "a dictionary of %d entries, %d words and %d labels, want at least 1 label", size, d.words, d.labels)
	}
	d.tokens = s.int64("the number of tokens")
	kept := s.int64("the number of kept buckets")
	if kept < -1 || kept > int64(bucket) {
		s.fail(s.offset-8, "%d kept buckets of %d", kept, bucket)
	}
	if !s.fits(int64(size), 10, "entries") { // an empty name, its end, its count, its kind
		return d
	}
	d.ends = make([]int, size)
	d.counts = make([]int64, size)
	for i := range d.ends {
		if len(d.names) > math.MaxUint32 {
			s.fail(s.offset, "names of more than 4 GiB")
		}
		d.names = s.until(d.names, "the name of an entry")
		d.ends[i] = len(d.names)
		at := s.offset
		d.counts[i] = s.int64("the count of an entry")
		if d.counts[i] < 0 || d.counts[i] >= 1e15 {
			s.fail(at, "entry %d has a count of %d, want 0 to 1e15", i, d.counts[i])
		}
		want := byte(0)
		if i >= d.words {
			want = 1
		}
		if kind := s.byte("the kind of an entry"); kind != want {
			s.fail(s.offset-1, "entry %d is of kind %d, want %d: %d words, then %d labels", i, kind, want, d.words, d.labels)
		}
		if s.err != nil {
			return d
		}
	}
	d.index()
	if kept >= 0 {
		d.readPruned(s, kept, bucket)
	}
	return d
}

func (d *dictionary) readPruned(s *source, kept int64, bucket int32) {
	if !s.fits(kept, 8, "kept buckets") {
		return
	}
	if bucket > maxPruned {
		s.fail(s.offset, "%d buckets of which some are kept, want at most %d", bucket, maxPruned)
		return
	}
	pairs := make([]keptBucket, kept)
	for i := range pairs {
		pairs[i].bucket = s.between(0, bucket-1, "a kept bucket")
		pairs[i].row = s.between(0, int32(kept-1), "the row of a kept bucket")
	}
	d.kept = kept
	if s.err == nil {
		d.pruned = newPruned(int(bucket), pairs)
	}
}

// rows tells how many rows the input layer must have.
func (d *dictionary) rows(bucket int32) int64 {
	if d.pruned != nil {
		return int64(d.words) + d.kept
	}
	return int64(d.words) + int64(bucket)
}

func (m *Model) readInput(s *source) {
	d := m.features.dict
	quant := s.truth("whether the input layer is quantized")
	if !quant && d.pruned != nil {
		s.fail(s.offset-1, "buckets were pruned, but the input layer is not quantized")
	}
	m.input = readMatrix(s, quant, d.rows(m.args.bucket), int64(m.args.dim), "the input layer")
	if quant && s.err == nil {
		m.input.spread()
	}
	m.args.quant = quant
}

func (m *Model) readOutput(s *source) {
	quant := s.truth("whether the output layer is quantized")
	dim, labels := int(m.args.dim), m.features.dict.labels
	m.stride = padded(labels)
	if m.stride > maxOutput/dim {
		s.fail(s.offset, "an output layer of %d labels by %d, want at most %d numbers", labels, dim, maxOutput)
	}
	// fastText looks at this byte only if the input layer is quantized.
	out := readMatrix(s, quant && m.args.quant, int64(labels), int64(dim), "the output layer")
	if s.err != nil {
		return
	}
	if out.data == nil {
		out.data = out.codes.plain(labels, dim, false)
		m.outputCodes = out.codes
		if out.codes.norms != nil {
			m.norms = make([]float32, labels)
			for i := range m.norms {
				m.norms[i] = out.codes.norm(i)
			}
		}
	}
	m.output = transposed(out.data, labels, dim)
}

// transposed lays rows out as columns, padded with zeros.
func transposed(data []float32, rows, cols int) []float32 {
	stride := padded(rows)
	t := make([]float32, cols*stride)
	for r := range rows {
		for c, v := range data[r*cols : (r+1)*cols] {
			t[c*stride+r] = v
		}
	}
	return t
}

// readMatrix reads a matrix that must have so many rows and columns.
func readMatrix(s *source, quant bool, rows, cols int64, what string) matrix {
	m := matrix{rows: int(rows), cols: int(cols)}
	if quant {
		scaled := s.truth("whether norms of " + what + " are kept apart")
		readShape(s, rows, cols, what)
		m.codes = readCodes(s, rows, cols, scaled, what)
		return m
	}
	readShape(s, rows, cols, what)
	if s.err == nil {
		m.data = s.floats(rows*cols, what)
	}
	return m
}

func readShape(s *source, rows, cols int64, what string) {
	at := s.offset
	r, c := s.int64("the number of rows"), s.int64("the number of columns")
	if r != rows || c != cols {
		s.fail(at, "%s has %d rows of %d, want %d of %d", what, r, c, rows, cols)
	}
}

// readCodes reads the codes, the quantizer's tables, and the same of the norms.
func readCodes(s *source, rows, cols int64, scaled bool, what string) (q quantized) {
	at := s.offset
	n := int64(s.int32("the number of codes"))
	if n < rows || rows > 0 && n%rows != 0 {
		s.fail(at, "%d codes for %d rows of %s", n, rows, what)
	}
	q.codes = s.bytes(n, "codes of "+what)
	at = s.offset
	sub, parts := readQuantizer(s, cols, what)
	if s.err == nil && n != rows*int64(parts) {
		s.fail(at, "%d codes for %d rows of %d parts of %s", n, rows, parts, what)
	}
	q.sub, q.parts = sub, parts
	q.centroids = s.floats(cols*256, "the centroids of "+what)
	if scaled {
		q.norms = s.bytes(rows, "norms of "+what)
		readQuantizer(s, 1, "the norms of "+what)
		q.scales = s.floats(256, "the centroids of the norms of "+what)
	}
	return q
}

// readQuantizer reads the shape of a quantizer of rows of so many columns.
func readQuantizer(s *source, cols int64, what string) (sub, parts int) {
	at := s.offset
	dim, n, width, last := int64(s.int32("a dimension")), int64(s.int32("a number of parts")), int64(s.int32("a width")), int64(s.int32("a width"))
	if dim != cols || width < 1 || width > cols || n != (cols+width-1)/width || last != cols-(n-1)*width {
		s.fail(at, "a quantizer of %s with %d parts of %d, the last of %d, for %d columns, want %d columns", what, n, width, last, dim, cols)
		return 1, 1
	}
	return int(width), int(n)
}

// spread makes plain numbers of the codes, unless they would take too much memory.
func (m *matrix) spread() {
	if int64(m.rows)*int64(m.cols)*4 <= maxPlain {
		m.data = m.codes.plain(m.rows, m.cols, true)
	}
}

// plain gives all rows as numbers, multiplied with their norms or not.
func (q *quantized) plain(rows, cols int, scaled bool) []float32 {
	data := make([]float32, rows*cols)
	for r := range rows {
		norm := float32(1)
		if scaled {
			norm = q.norm(r)
		}
		to := data[r*cols:]
		for part := range q.parts {
			for c, v := range q.part(r, part, cols) {
				to[part*q.sub+c] = norm * v
			}
		}
	}
	return data
}
