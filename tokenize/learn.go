package tokenize

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"
)

// Learn says how a vocabulary is learned.
type Learn struct {
	Vocab        int                `yaml:"vocab"`         // ids, the 256 bytes and 4 special tokens among them
	Sample       int64              `yaml:"sample"`        // bytes of text to learn from
	Ratios       map[string]float64 `yaml:"ratios"`        // share of each domain in the sample; any positive scale
	Split        string             `yaml:"split"`         // one of Splits
	MinFrequency int64              `yaml:"min_frequency"` // a pair seen less often is not merged
	MaxToken     int                `yaml:"max_token"`     // bytes of the longest token that is made
}

// DefaultLearn is a vocabulary of 16,384 ids from 64 MiB of code, papers and web pages at 10 : 15 : 75.
func DefaultLearn() Learn {
	return Learn{
		Vocab:        1 << 14,
		Sample:       64 << 20,
		Ratios:       map[string]float64{"code": 10, "paper": 15, "web": 75},
		Split:        "cl100k",
		MinFrequency: 2,
		MaxToken:     64,
	}
}

// Validate tells in words what is wrong.
func (l Learn) Validate() error {
	switch least := 256 + len(specialNames); {
	case l.Vocab < least || l.Vocab > maxVocab:
		return fmt.Errorf("tokenize: vocab is %d, want %d to %d", l.Vocab, least, maxVocab)
	case l.Sample < 1:
		return fmt.Errorf("tokenize: sample is %d bytes, want at least 1", l.Sample)
	case l.MinFrequency < 1:
		return fmt.Errorf("tokenize: min_frequency is %d, want at least 1", l.MinFrequency)
	case l.MaxToken < 2 || l.MaxToken > maxTokenBytes:
		return fmt.Errorf("tokenize: max_token is %d bytes, want 2 to %d", l.MaxToken, maxTokenBytes)
	}
	if _, err := ruleByName(l.Split); err != nil {
		return err
	}
	for _, domain := range slices.Sorted(maps.Keys(l.Ratios)) {
		if r := l.Ratios[domain]; !(r >= 0) || math.IsInf(r, 0) {
			return fmt.Errorf("tokenize: ratio of %s is %g, want a share of at least 0", domain, r)
		}
	}
	return nil
}

// Counter counts the pieces of the sample. It belongs to one goroutine; several are merged before learning. Counts are whole
// numbers, so neither the order of texts nor how they are spread over counters changes what is learned.
type Counter struct {
	learn Learn
	rule  *rule // nil until the split is known to be one
	index map[string]int32
	count []int64
	ends  [batch + 64]int
}

// maxPiece is the longest piece that is counted. Longer ones, runs of one letter or base64, teach nothing and cost a scan for each merge.
const maxPiece = 1000

// NewCounter makes an empty counter. What is wrong with the options is told by Learn.
func NewCounter(learn Learn) *Counter {
	c := &Counter{learn: learn, index: map[string]int32{}}
	c.rule, _ = ruleByName(learn.Split) // Learn validates
	return c
}

// Add counts the pieces of a text. It does not keep it.
func (c *Counter) Add(text []byte) {
	if c.rule == nil {
		return
	}
	for pos := 0; pos < len(text); {
		next, n := c.rule.split(text, pos, &c.ends)
		for _, end := range c.ends[:n] {
			if end-pos <= maxPiece {
				c.add(text[pos:end], 1)
			}
			pos = end
		}
		pos = next
	}
}

func (c *Counter) add(piece []byte, n int64) {
	i, ok := c.index[string(piece)]
	if !ok {
		i = int32(len(c.count))
		c.index[string(piece)] = i
		c.count = append(c.count, 0)
	}
	c.count[i] += n
}

// Merge adds what other has counted.
func (c *Counter) Merge(other *Counter) {
	for piece, i := range other.index {
		j, ok := c.index[piece]
		if !ok {
			j = int32(len(c.count))
			c.index[piece] = j
			c.count = append(c.count, 0)
		}
		c.count[j] += other.count[i]
	}
}

// Learn merges the most frequent pair of neighbors, over and over, until the vocabulary is full. Of pairs that are equally frequent
// the one with the smallest ids (left, then right) is first, where bytes are numbered in the order in which tokenizer.json spells
// them; these are the merges that Hugging Face's BpeTrainer finds. Merges never cross pieces. The vocabulary has exactly Vocab ids, or fewer if no pair is left that is frequent and short
// enough: Tokenizer.Vocab tells. The counter may count on afterwards.
func (c *Counter) Learn() (*Tokenizer, error) {
	if err := c.learn.Validate(); err != nil {
		return nil, err
	}
	words := learnedBytes()
	l := newLearner(c, words)
	want := c.learn.Vocab - len(words) - len(specialNames)
	var merges [][2]int32
	for len(merges) < want {
		p, ok := l.best(c.learn.MinFrequency)
		if !ok {
			break
		}
		left, right := int32(p>>32), int32(uint32(p))
		word := append(bytes.Clone(words[left]), words[right]...)
		if len(word) > c.learn.MaxToken {
			l.forbid(p)
			continue
		}
		l.merge(p, int32(len(words)))
		words = append(words, word)
		merges = append(merges, [2]int32{left, right})
	}
	return Parse(render(c.rule, words, merges, learnedSpecials(len(words)), false))
}

// learnedBytes lists the bytes in the order of the characters that spell them.
func learnedBytes() [][]byte {
	words := make([][]byte, 0, 256)
	for _, wantVisible := range [2]bool{true, false} {
		for b := range 256 {
			if visible(byte(b)) == wantVisible {
				words = append(words, []byte{byte(b)})
			}
		}
	}
	return words
}
