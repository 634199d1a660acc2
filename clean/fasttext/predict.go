package fasttext

import (
	"bytes"
	"math/bits"
)

// Prediction is a label and its probability, which fastText takes back from a logarithm of p + 1e-5: it may be a little above 1.
type Prediction struct {
	Label int // see Model.Labels
	Prob  float32
}

// Predictor applies a model. It is for one goroutine at a time, and allocates nothing once it has seen a text of the greatest length:
// it keeps 4 bytes for each word if the model has word n-grams.
type Predictor struct {
	m      *Model
	text   reader
	hidden []float32
	output []float32 // of each label, or of each inner node of the tree
	best   best
	todo   []visit
	answer []Prediction
	all    []float32
}

// NewPredictor makes a predictor. It costs little: a few KiB, and 4 bytes for each label and column.
func NewPredictor(m *Model) *Predictor {
	return &Predictor{m: m, text: newReader(&m.features), hidden: make([]float32, padded(int(m.args.dim))), output: make([]float32, m.stride)}
}

// Predict gives the k likeliest labels whose probability is at least threshold, best first; k of -1 stands for all. The answer is that
// of fastText's predict for the text as one line, and is valid until the next call. A text of no known feature has no labels.
func (p *Predictor) Predict(text []byte, k int, threshold float32) []Prediction {
	p.answer = p.answer[:0]
	if k < 0 {
		k = len(p.m.labels)
	}
	if k == 0 || !p.hide(text) {
		return p.answer
	}
	p.best = p.best[:0]
	if p.m.tree != nil {
		p.walk(k, threshold)
	} else {
		p.probabilities()
		p.choose(k, threshold)
	}
	p.best.sort()
	for _, b := range p.best {
		p.answer = append(p.answer, Prediction{int(b.label), exp32(b.score)})
	}
	return p.answer
}

// Probabilities gives the probability of every label, in the order of Model.Labels, as Predict(text, -1, 0) has it: 0 where that
// leaves the label out. It is valid until the next call.
func (p *Predictor) Probabilities(text []byte) []float32 {
	if p.all == nil {
		p.all = make([]float32, len(p.m.labels))
	}
	clear(p.all)
	for _, a := range p.Predict(text, -1, 0) {
		p.all[a.Label] = a.Prob
	}
	return p.all
}

// hide computes the hidden layer: the mean of the rows of a text's features. It is false if there are none.
func (p *Predictor) hide(text []byte) bool {
	hidden := p.hidden
	clear(hidden)
	n := 0
	r := &p.text
	r.begin(text)
	for rows := r.next(); len(rows) > 0; rows = r.next() {
		p.m.input.sum(hidden, rows)
		n += len(rows)
	}
	if n == 0 {
		return false
	}
	mean := float32(1 / float64(n))
	for i := range hidden {
		hidden[i] *= mean
	}
	return true
}

// reader turns one text into rows, a batch at a time: those of the words in order, then those of the word n-grams.
type reader struct {
	f      *features
	text   []byte
	at     int
	last   bool // the end of the line was given
	rows   []int32
	word   []byte   // the last word between < and >, if it has subwords
	sub    int      // where in word the next subwords begin
	words  int64    // so far
	hashes []uint32 // of them, for n-grams
	gram   int      // the word whose n-grams are next
}

// batch is how many rows are found before they are summed, about.
const batch = 2048

func newReader(f *features) reader {
	return reader{f: f, rows: make([]int32, 0, batch+max(maxSubword, maxNgrams, maxHeld)+1)}
}

func (r *reader) begin(text []byte) {
	r.text, r.at, r.last = text, 0, false
	r.word, r.sub = r.word[:0], 0
	r.words, r.hashes, r.gram = 0, r.hashes[:0], 0
}

// next gives more rows, valid until the next call; none at the end.
func (r *reader) next() []int32 {
	r.rows = r.rows[:0]
	for len(r.rows) < batch {
		switch {
		case r.sub < len(r.word):
			r.subwords()
		case !r.last:
			r.token()
		default:
			r.wordGrams()
			return r.rows
		}
	}
	return r.rows
}

// token reads the next word and appends its rows.
func (r *reader) token() {
	word, h := r.scan()
	r.add(word, h)
}

// scan gives the next word and its hash; after the last it gives the end of the line.
func (r *reader) scan() ([]byte, uint32) {
	text, i := r.text, r.at
	for i < len(text) && isSpace[text[i]] {
		i++
	}
	from, h := i, uint32(fnvStart)
	for ; i < len(text) && !isSpace[text[i]]; i++ {
		h = hashByte(h, text[i])
	}
	r.at = i
	if i == from {
		return endOfLine, endHash
	}
	return text[from:i], h
}

var (
	endOfLine = []byte(eos)
	endHash   = hashOf(endOfLine)
)

// add appends the rows of a word.
func (r *reader) add(word []byte, h uint32) {
	f := r.f
	id := f.dict.find(h, word)
	end := h == endHash && string(word) == eos
	r.last = end
	if id >= f.dict.words || id < 0 && bytes.HasPrefix(word, labelBytes) {
		return // a label
	}
	r.words++
	if f.ngrams > 1 {
		r.hashes = append(r.hashes, h)
	}
	if id >= 0 {
		if list := f.held(id); len(list) > 0 {
			r.rows = append(r.rows, list...)
			return
		}
		r.rows = append(r.rows, int32(id))
	}
	if f.maxn >= f.minn && !end {
		r.word, r.sub = append(append(append(r.word[:0], '<'), word...), '>'), 0
	}
}

var labelBytes = []byte(labelPrefix)

// subwords appends the rows of all runs of minn to maxn letters of word; a lone < or > is none. A letter is a byte and the
// continuation bytes after it, whether they are UTF-8 or not.
func (r *reader) subwords() {
	f, w := r.f, r.word
	for ; r.sub < len(w) && len(r.rows) < batch; r.sub++ {
		i := r.sub
		if w[i]&0xc0 == 0x80 {
			continue
		}
		h := uint32(fnvStart)
		for j, n := i, 1; j < len(w) && n <= f.maxn; n++ {
			h = hashByte(h, w[j])
			for j++; j < len(w) && w[j]&0xc0 == 0x80; j++ {
				h = hashByte(h, w[j])
			}
			if n >= f.minn && (n > 1 || i > 0 && j < len(w)) {
				r.push(f.mod(h))
			}
		}
	}
}

// mod is h % bucket (Lemire, Kaser, Kurz 2019, arXiv 1902.01961).
func (f *features) mod(h uint32) int32 {
	hi, _ := bits.Mul64(f.magic*uint64(h), uint64(f.bucket))
	return int32(hi)
}

// push appends the row of a bucket, if the model has kept it.
func (r *reader) push(bucket int32) {
	d := r.f.dict
	if d.pruned != nil {
		row, kept := d.pruned.row(bucket)
		n := len(r.rows) + kept
		r.rows = append(r.rows, int32(d.words)+row)[:n] // no branch, since none could be foretold
		return
	}
	r.rows = append(r.rows, int32(d.words)+bucket)
}

// wordGrams appends the rows of n-grams of two words and more. Hashes count as signed, as in fastText.
func (r *reader) wordGrams() {
	f := r.f
	if f.ngrams < 2 {
		return
	}
	for ; r.gram < len(r.hashes) && len(r.rows) < batch; r.gram++ {
		i := r.gram
		h := uint64(int64(int32(r.hashes[i])))
		for _, next := range r.hashes[i+1 : min(len(r.hashes), i+f.ngrams)] {
			h = h*116049371 + uint64(int64(int32(next)))
			r.push(int32(h % uint64(f.bucket)))
		}
	}
}
