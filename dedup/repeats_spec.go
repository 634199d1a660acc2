package dedup

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/seed-83c59573/quern"
)

// Verdicts on documents of which too little is left, or that a filter has seen.
const (
	DroppedLines      quern.Verdict = "dedup.lines"
	DroppedParagraphs quern.Verdict = "dedup.paragraphs"
	DroppedSentences  quern.Verdict = "dedup.sentences"
	DroppedBloom      quern.Verdict = "dedup.bloom"
)

// How a part is normalized before it is compared.
const (
	normNone   = "none"   // its bytes
	normSpaces = "spaces" // a run of white space is one space, at the ends none
	normCCNet  = "ccnet"  // trimmed, lower case, each digit 0, no punctuation beyond ASCII, no control characters (CCNet's text_normalizer)
	normWords  = "words"  // the words of the simplified text, as shingles are made of
)

var norms = []string{normNone, normSpaces, normCCNet, normWords}

// Which copies of a repeated part stay.
const (
	staysFirst = "first" // the one in the first document by preference
	staysNone  = "none"
)

// Parts says which lines or paragraphs are repeated across a corpus. A line ends behind "\n"; a paragraph is lines without a blank
// one between them. The part in the document of the lowest rank stays, and there the first; the others are cut out.
//
// CCNet's own pass over one group of shards is {normalize: ccnet, blank: true, within: true, stays: none, least: 2}, its
// single pass the same with stays: first; Dolma's paragraphs are lines with {normalize: none, blank: true, within: true, least: 2}.
type Parts struct {
	Normalize string   `yaml:"normalize"`  // none, spaces, ccnet, words
	MinBytes  int      `yaml:"min_bytes"`  // a shorter part is never compared
	MinWords  int      `yaml:"min_words"`  // nor one of fewer words
	Blank     bool     `yaml:"blank"`      // blank lines are parts too; else they go with the part before them where two would meet
	Least     int      `yaml:"least"`      // documents in which a part must stand to be a repeated one
	Within    bool     `yaml:"within"`     // later copies in one document go also if no other document has the part
	Stays     string   `yaml:"stays"`      // first, none
	LeftWords int      `yaml:"left_words"` // a cut document of which fewer words are left goes
	LeftShare float64  `yaml:"left_share"` // so does one of which a smaller share of bytes is left
	Domains   []string `yaml:"domains"`    // only texts of these domains are looked at and cut; empty = all
}

// DefaultLines cuts lines that stand in more than six documents, as for Llama 3 (Dubey et al. 2024, 3.1.1): menus, notices, not what
// two authors quote. Lines under 20 bytes hold what code and lists are made of. Numbers count: with ccnet and words two rows of
// a table may look the same.
func DefaultLines() Parts {
	return Parts{Normalize: normSpaces, MinBytes: 20, Least: 7, Stays: staysFirst, LeftWords: 10}
}

// DefaultParagraphs cuts every paragraph that stands in another document or stood before in its own.
func DefaultParagraphs() Parts {
	return Parts{Normalize: normSpaces, MinWords: 10, Least: 2, Within: true, Stays: staysFirst, LeftWords: 10}
}

// Sentences says which runs of sentences are repeated: any span sentences in a row whose simplified texts stood in a row before.
// Spans overlap, so of a longer quotation every sentence goes. This is C4's rule as datatrove's sentence_dedup has it.
type Sentences struct {
	Span          int      `yaml:"span"`           // sentences compared at once
	MinWords      int      `yaml:"min_words"`      // a run of repeated sentences of fewer words stays
	Least         int      `yaml:"least"`          // documents in which a span must stand to be a repeated one
	Within        bool     `yaml:"within"`         // later copies in one document go also if no other document has the span
	Stays         string   `yaml:"stays"`          // first, none
	LeftWords     int      `yaml:"left_words"`     // a cut document of which fewer words are left goes
	LeftSentences int      `yaml:"left_sentences"` // so does one of fewer sentences
	LeftShare     float64  `yaml:"left_share"`     // and one of which a smaller share of bytes is left
	Domains       []string `yaml:"domains"`        // only texts of these domains are looked at and cut; empty = all
}

// DefaultSentences has datatrove's numbers.
func DefaultSentences() Sentences {
	return Sentences{Span: 3, Least: 2, Within: true, Stays: staysFirst, LeftWords: 50, LeftSentences: 3}
}

const maxSpan = 64

// parts reports whether a kind of part is asked for.
func (c Config) parts() bool {
	return c.Bloom != nil || c.Lines != nil || c.Paragraphs != nil || c.Sentences != nil || c.Substrings != nil
}

func (c Config) validateParts() error {
	if c.Bloom != nil {
		if err := c.Bloom.validate(); err != nil {
			return err
		}
	}
	if c.Lines != nil {
		if err := c.Lines.validate("lines"); err != nil {
			return err
		}
	}
	if c.Paragraphs != nil {
		if err := c.Paragraphs.validate("paragraphs"); err != nil {
			return err
		}
	}
	if c.Sentences != nil {
		return c.Sentences.validate()
	}
	return nil
}

// validate says in words what is wrong; kind is lines or paragraphs.
func (p Parts) validate(kind string) error {
	if !slices.Contains(norms, p.Normalize) {
		return fmt.Errorf("dedup: %s: normalize is %q, want none, spaces, ccnet or words", kind, p.Normalize)
	}
	if p.MinBytes < 0 || p.MinWords < 0 {
		return fmt.Errorf("dedup: %s: a least length is negative", kind)
	}
	if p.Blank && kind == "paragraphs" {
		return errors.New("dedup: paragraphs: blank lines stand between paragraphs, so they are none: use lines")
	}
	return repeatRule{p.Least, p.Within, p.Stays}.validate(kind, p.LeftWords, p.LeftShare, p.Domains)
}

func (s Sentences) validate() error {
	if s.Span < 1 || s.Span > maxSpan {
		return fmt.Errorf("dedup: sentences: a span of %d, want 1 to %d", s.Span, maxSpan)
	}
	if s.MinWords < 0 || s.LeftSentences < 0 {
		return errors.New("dedup: sentences: a least length is negative")
	}
	return repeatRule{s.Least, s.Within, s.Stays}.validate("sentences", s.LeftWords, s.LeftShare, s.Domains)
}

// repeatRule is what makes a part a repeated one, and which copies of it go.
type repeatRule struct {
	least  int
	within bool
	stays  string
}

func (r repeatRule) validate(kind string, leftWords int, leftShare float64, domains []string) error {
	switch {
	case r.least < 1:
		return fmt.Errorf("dedup: %s: least is %d documents, want 2 or more", kind, r.least)
	case r.least == 1:
		return fmt.Errorf("dedup: %s: least is 1 document, in which every part stands: want 2 or more", kind)
	case r.stays != staysFirst && r.stays != staysNone:
		return fmt.Errorf("dedup: %s: stays is %q, want first or none", kind, r.stays)
	case leftWords < 0:
		return fmt.Errorf("dedup: %s: left_words is negative", kind)
	case math.IsNaN(leftShare) || leftShare < 0 || leftShare > 1:
		return fmt.Errorf("dedup: %s: left_share is %v, want 0 to 1", kind, leftShare)
	}
	return checkDomains(kind, domains)
}

func checkDomains(kind string, domains []string) error {
	for i, d := range domains {
		if d == "" {
			return fmt.Errorf("dedup: %s: domains names an empty domain", kind)
		}
		if slices.Contains(domains[:i], d) {
			return fmt.Errorf("dedup: %s: domains names %s twice", kind, d)
		}
	}
	return nil
}
