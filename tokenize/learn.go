package tokenize

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math"
	"runtime"
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

// Learn merges the most frequent pair of neighbors, over and over, until the vocabulary is full. Of pairs that are equally frequent
// the one with the smallest ids (left, then right) is first, where bytes are numbered in the order in which tokenizer.json spells
// them; these are the merges that Hugging Face's BpeTrainer finds. Merges never cross pieces. The vocabulary has exactly Vocab ids, or fewer if no pair is left that is frequent and short
// enough: Tokenizer.Vocab tells. The counter may count on afterwards.
func (c *Counter) Learn() (*Tokenizer, error) {
	if err := c.learn.Validate(); err != nil {
		return nil, err
	}
	ctx := context.Background()
	words := learnedBytes()
	var symbolOf [256]int32
	for i, w := range words {
		symbolOf[w[0]] = int32(i)
	}
	total := int64(0)
	c.each(func(piece []byte, _ int64) { total += cellsFor(len(piece)) })
	l := newLearner(len(words), total, c.learn.MinFrequency, runtime.GOMAXPROCS(0))
	var symbols []int32
	c.each(func(piece []byte, count int64) {
		symbols = symbols[:0]
		for _, b := range piece {
			symbols = append(symbols, symbolOf[b])
		}
		l.add(symbols, count)
	})
	want := c.learn.Vocab - len(words) - len(specialNames)
	var merges [][2]int32
	for len(merges) < want {
		p, ok, err := l.best(ctx)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		left, right := int32(l.info[p].pair>>32), int32(uint32(l.info[p].pair))
		word := append(bytes.Clone(words[left]), words[right]...)
		if len(word) > c.learn.MaxToken {
			l.bar(p)
			continue
		}
		if err := l.merge(ctx, p); err != nil {
			return nil, err
		}
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
