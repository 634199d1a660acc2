package fasttext

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
)

// Config says how a classifier is trained. The names in fastText's command line are beside the fields.
type Config struct {
	Loss       Loss    `yaml:"loss"`        // loss: Softmax, Hierarchical or OneVsAll
	Dim        int     `yaml:"dim"`         // dim: width of the hidden layer
	Epochs     int     `yaml:"epochs"`      // epoch: how often all examples are seen
	Rate       float64 `yaml:"rate"`        // lr: learning rate at the start; it falls evenly to 0
	RateTokens int     `yaml:"rate_tokens"` // lrUpdateRate: tokens after which it is lowered
	WordNgrams int     `yaml:"word_ngrams"` // wordNgrams: greatest length of word n-grams, 1 = none
	MinSubword int     `yaml:"min_subword"` // minn: least length of subwords
	MaxSubword int     `yaml:"max_subword"` // maxn: greatest length of subwords, 0 = none
	Buckets    int     `yaml:"buckets"`     // bucket: rows that n-grams and subwords share
	MinCount   int     `yaml:"min_count"`   // minCount: rarer words are no features by themselves
	MaxWords   int     `yaml:"max_words"`   // distinct words above which the rarest are given up while they are counted
	Seed       uint64  `yaml:"seed"`        // seed of the first weights
}

// DefaultConfig has fastText's own defaults for classifiers.
func DefaultConfig() Config {
	return Config{Loss: Softmax, Dim: 100, Epochs: 5, Rate: 0.1, RateTokens: 100, WordNgrams: 1, Buckets: 2_000_000, MinCount: 1, MaxWords: 10_000_000}
}

func (c Config) check() error {
	switch {
	case c.Loss != Softmax && c.Loss != Hierarchical && c.Loss != OneVsAll:
		return fmt.Errorf("loss is %q, must be softmax, hs or ova", c.Loss)
	case c.Dim < 1 || c.Dim > maxDim:
		return fmt.Errorf("dim is %d, must be 1 to %d", c.Dim, maxDim)
	case c.Epochs < 1 || c.Epochs > math.MaxInt32:
		return fmt.Errorf("epochs is %d, must be positive", c.Epochs)
	case !(c.Rate > 0 && c.Rate <= 100):
		return fmt.Errorf("rate is %v, must be above 0 and at most 100", c.Rate)
	case c.RateTokens < 1 || c.RateTokens > math.MaxInt32:
		return fmt.Errorf("rate_tokens is %d, must be positive", c.RateTokens)
	case c.WordNgrams < 1 || c.MinSubword < 0 || c.MaxSubword > 0 && c.MinSubword > c.MaxSubword:
		return fmt.Errorf("n-grams of %d words and subwords of %d to %d letters", c.WordNgrams, c.MinSubword, c.MaxSubword)
	case c.MinCount < 1 || c.MinCount > math.MaxInt32:
		return fmt.Errorf("min_count is %d, must be positive", c.MinCount)
	case c.MaxWords < 1000 || c.MaxWords > math.MaxInt32/4:
		return fmt.Errorf("max_words is %d, must be at least 1000", c.MaxWords)
	}
	_, err := newFeatures(&dictionary{}, c.Buckets, c.MinSubword, c.MaxSubword, c.WordNgrams)
	return err
}

// Example is a text and its label, with or without "__label__" before it. Both are borrowed until the next example is asked for.
type Example struct {
	Label string
	Text  []byte
}

// Train learns a classifier by stochastic gradient descent, one example after the other in the order given, so that the same examples,
// options and seed give the same model, bit for bit, on any machine. Since the order is kept, examples of all labels should come
// mixed.
//
// The examples are gone through once to count words, and then once an epoch; they must be the same each time. Memory is needed for
// the model, 4·dim bytes for each word, bucket and label; about 100 bytes for each of at most MaxWords distinct words; and 4 bytes for
// each feature of the longest text. The time is that of fastText with one thread.
func Train(ctx context.Context, c Config, examples iter.Seq2[Example, error]) (*Model, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("fasttext: %w", err)
	}
	v, err := countWords(ctx, c, examples)
	if err != nil {
		return nil, fmt.Errorf("fasttext: %w", err)
	}
	t, err := newTrainer(c, v)
	if err != nil {
		return nil, fmt.Errorf("fasttext: %w", err)
	}
	for range c.Epochs {
		if err := t.epoch(ctx, examples); err != nil {
			return nil, fmt.Errorf("fasttext: %w", err)
		}
	}
	m := t.m
	m.output = transposed(t.output, len(m.labels), c.Dim)
	m.stride = padded(len(m.labels))
	for _, w := range [][]float32{m.input.data, t.output} {
		for _, x := range w {
			if !(x <= maxWeight && x >= -maxWeight) {
				return nil, fmt.Errorf("fasttext: the weights grew beyond bounds: the rate of %v is too high", c.Rate)
			}
		}
	}
	return m, nil
}

// countWords is the first pass.
func countWords(ctx context.Context, c Config, examples iter.Seq2[Example, error]) (*vocabulary, error) {
	v := newVocabulary(c.MaxWords)
	r := newReader(&features{dict: &v.dictionary})
	var name []byte
	for i, e := range numbered(examples) {
		if e.err != nil {
			return nil, e.err
		}
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var err error
		if name, err = labelName(name[:0], e.Label); err != nil {
			return nil, fmt.Errorf("example %d: %w", i, err)
		}
		v.count(name, hashOf(name), true)
		r.begin(e.Text)
		for !r.last {
			if word, h := r.scan(); !bytes.HasPrefix(word, labelBytes) {
				v.count(word, h, false)
				r.last = h == endHash && string(word) == eos
			}
		}
	}
	if v.labels == 0 {
		return nil, errors.New("no examples to learn from")
	}
	v.keep(max(int64(c.MinCount), v.rare), 0)
	return v, nil
}

// numbered counts examples.
func numbered(examples iter.Seq2[Example, error]) iter.Seq2[int, outcome] {
	return func(yield func(int, outcome) bool) {
		i := 0
		for e, err := range examples {
			if !yield(i, outcome{e, err}) {
				return
			}
			i++
		}
	}
}

type outcome struct {
	Example
	err error
}

// labelName appends the name of a label as the model writes it.
func labelName(dst []byte, label string) ([]byte, error) {
	if len(label) < len(labelPrefix) || label[:len(labelPrefix)] != labelPrefix {
		dst = append(dst, labelPrefix...)
	}
	dst = append(dst, label...)
	if len(dst) == len(labelPrefix) {
		return nil, errors.New("the label is empty")
	}
	for _, c := range dst {
		if isSpace[c] {
			return nil, fmt.Errorf("the label %q holds space", label)
		}
	}
	return dst, nil
}

// firstWeights fills rows with even numbers within ±1/dim.
func firstWeights(data []float32, dim int, seed uint64) {
	random := rand.NewPCG(seed, 0)
	const unit = 1.0 / (1 << 23)
	scale := float32(1 / float64(dim))
	for i := 0; i < len(data); i += 2 {
		bits := random.Uint64()
		data[i] = (float32(bits>>40)*unit - 1) * scale
		if i+1 < len(data) {
			data[i+1] = (float32(bits&(1<<24-1))*unit - 1) * scale
		}
	}
}
