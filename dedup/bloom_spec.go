package dedup

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// What a filter remembers.
const (
	unitDocument  = "document"
	unitParagraph = "paragraph" // a line
	unitNgram     = "ngram"
)

// What goes when enough of the n-grams were seen.
const (
	removeDocument  = "document"
	removeParagraph = "paragraph"
	removeBoth      = "both"
)

// Bloom removes what a Bloom filter has seen: documents, paragraphs, or texts of which most n-grams were seen. It is asked in the order
// of preference and remembers only what stays. There is no evidence: a document or paragraph that never stood before is removed
// with the chance fp, and nobody can say what it was taken for. exact, lines and paragraphs are sure and need less memory; a filter
// is for what must be compared with peers, for n-grams, and for a memory of an earlier corpus that is small.
//
// Dolma's paragraphs are {unit: paragraph, normalize: none, blank: true}, its documents {unit: document, by: url}; BFF, the filter
// of DCLM, is {unit: ngram, fp: 0.01}, with remove: both as its newer mode of that name.
type Bloom struct {
	Unit      string   `yaml:"unit"`       // document, paragraph (a line), ngram
	By        string   `yaml:"by"`         // documents: text or url; one without a URL is never seen
	Normalize string   `yaml:"normalize"`  // none, spaces, ccnet, words; n-grams: words = of the simplified text, else the words as they stand
	Blank     bool     `yaml:"blank"`      // paragraphs: blank lines are paragraphs too
	MinBytes  int      `yaml:"min_bytes"`  // paragraphs: a shorter one is never compared
	MinWords  int      `yaml:"min_words"`  // nor one of fewer words
	Ngram     int      `yaml:"ngram"`      // words of an n-gram
	MinNgram  int      `yaml:"min_ngram"`  // a unit of fewer words is never compared; one between is one n-gram
	Share     float64  `yaml:"share"`      // of its n-grams that were seen, from which a unit goes
	Remove    string   `yaml:"remove"`     // n-grams: document, paragraph, both
	Keys      int64    `yaml:"keys"`       // room for so many distinct keys; 0 = as many as there are
	FP        float64  `yaml:"fp"`         // false positive rate of a key when the filter is full; 0 = 1e-6, for n-grams 0.01
	Filter    string   `yaml:"filter"`     // a file that an earlier run saved: what it has seen counts as seen
	Save      bool     `yaml:"save"`       // write the filter as filter.bloom
	LeftWords int      `yaml:"left_words"` // a cut document of which fewer words are left goes
	LeftShare float64  `yaml:"left_share"` // so does one of which a smaller share of bytes is left
	Domains   []string `yaml:"domains"`    // only texts of these domains are looked at; empty = all
}

// DefaultBloom is about whole documents; the numbers for n-grams are those of DCLM (Li et al. 2024).
func DefaultBloom() Bloom {
	return Bloom{Unit: unitDocument, By: "text", Normalize: normSpaces, Ngram: 13, MinNgram: 13, Share: 0.8, Remove: removeBoth}
}

const maxNgram = 32

func (b Bloom) validate() error {
	if !slices.Contains([]string{unitDocument, unitParagraph, unitNgram}, b.Unit) {
		return fmt.Errorf("dedup: bloom: unit is %q, want document, paragraph or ngram", b.Unit)
	}
	if b.By != "text" && b.By != "url" {
		return fmt.Errorf("dedup: bloom: by is %q, want text or url", b.By)
	}
	if b.By == "url" && b.Unit != unitDocument {
		return fmt.Errorf("dedup: bloom: by: url is about documents, unit is %s", b.Unit)
	}
	if !slices.Contains(norms, b.Normalize) {
		return fmt.Errorf("dedup: bloom: normalize is %q, want none, spaces, ccnet or words", b.Normalize)
	}
	if b.MinBytes < 0 || b.MinWords < 0 || b.LeftWords < 0 {
		return errors.New("dedup: bloom: a least length is negative")
	}
	if b.Unit == unitNgram {
		switch {
		case b.Ngram < 1 || b.Ngram > maxNgram:
			return fmt.Errorf("dedup: bloom: n-grams of %d words, want 1 to %d", b.Ngram, maxNgram)
		case b.MinNgram < 1 || b.MinNgram > b.Ngram:
			return fmt.Errorf("dedup: bloom: min_ngram is %d, want 1 to ngram, %d", b.MinNgram, b.Ngram)
		case !(b.Share > 0 && b.Share <= 1):
			return fmt.Errorf("dedup: bloom: share is %v, want above 0 and at most 1", b.Share)
		case !slices.Contains([]string{removeDocument, removeParagraph, removeBoth}, b.Remove):
			return fmt.Errorf("dedup: bloom: remove is %q, want document, paragraph or both", b.Remove)
		}
	}
	if math.IsNaN(b.LeftShare) || b.LeftShare < 0 || b.LeftShare > 1 {
		return fmt.Errorf("dedup: bloom: left_share is %v, want 0 to 1", b.LeftShare)
	}
	if b.Filter != "" && (b.Keys != 0 || b.FP != 0) {
		return errors.New("dedup: bloom: keys and fp are those of the filter that is given: leave them out")
	}
	if b.FP != 0 || b.Keys != 0 {
		if _, err := filterSize(b.Keys, b.fp()); err != nil {
			return err
		}
	}
	return checkDomains("bloom", b.Domains)
}

func (b Bloom) fp() float64 {
	switch {
	case b.FP != 0:
		return b.FP
	case b.Unit == unitNgram:
		return 0.01
	}
	return 1e-6
}

// keysOf says in lines what the keys of a filter are made of: filters of which these differ cannot be compared.
func (b Bloom) keysOf() string {
	lines := []string{"version=1", "unit=" + b.Unit, "normalize=" + b.Normalize}
	switch b.Unit {
	case unitDocument:
		lines = append(lines, "by="+b.By)
	case unitNgram:
		lines = append(lines, fmt.Sprintf("ngram=%d", b.Ngram))
	}
	return strings.Join(lines, "\n")
}

// parts are the lines that are keys.
func (b Bloom) parts() Parts {
	return Parts{Normalize: b.Normalize, MinBytes: b.MinBytes, MinWords: b.MinWords, Blank: b.Blank, LeftWords: b.LeftWords, LeftShare: b.LeftShare}
}
