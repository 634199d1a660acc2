package tokenize

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"unicode/utf8"
)

// Learn says how a vocabulary is learned.
type Learn struct {
	Model        string             `yaml:"model"`         // BPE or Unigram
	Vocab        int                `yaml:"vocab"`         // ids: bytes, characters and special tokens among them
	Sample       int64              `yaml:"sample"`        // bytes of text to learn from
	Ratios       map[string]float64 `yaml:"ratios"`        // share of each domain in the sample; any positive scale
	Split        string             `yaml:"split"`         // one of Splits, for tokens of bytes, or Metaspace, for tokens of characters
	Normalize    string             `yaml:"normalize"`     // none or nfc, which the tokenizer then applies to every text
	MinFrequency int64              `yaml:"min_frequency"` // BPE: a pair seen less often is not merged
	MinPiece     int64              `yaml:"min_piece"`     // a piece (word) counted less often is left out, which saves memory
	MaxToken     int                `yaml:"max_token"`     // bytes of the longest token that is made
	Special      []string           `yaml:"special"`       // the last ids; Metaspace has <unk>, <s> and </s> as its first besides
	Coverage     float64            `yaml:"coverage"`      // Metaspace: characters become tokens, the most frequent first, until they are this share of the sample
	Alphabet     string             `yaml:"alphabet"`      // Metaspace: characters that become tokens however rare they are
	ByteFallback bool               `yaml:"byte_fallback"` // other characters are spelled by tokens of bytes; without, and only with Metaspace, they are unknown
}

// What Learn.Model, Split and Normalize may be.
const (
	BPE       = "bpe"
	Unigram   = "unigram"
	Metaspace = "metaspace" // SentencePiece's: words at spaces, which are the mark ▁ before them, and where the script changes
	NFC       = "nfc"
	noForm    = "none"
)

const defaultCoverage = 0.9995

// DefaultLearn is byte-level BPE of 16,384 ids from 64 MiB of code, papers and web pages at 10 : 15 : 75.
func DefaultLearn() Learn {
	return Learn{
		Model:        BPE,
		Vocab:        1 << 14,
		Sample:       64 << 20,
		Ratios:       map[string]float64{"code": 10, "paper": 15, "web": 75},
		Split:        "cl100k",
		Normalize:    noForm,
		MinFrequency: 2,
		MinPiece:     1,
		MaxToken:     64,
		Special:      []string{EndOfTextName, TurnStartName, TurnEndName, PadName},
		Coverage:     defaultCoverage,
		ByteFallback: true,
	}
}

// Validate tells in words what is wrong.
func (l Learn) Validate() error {
	switch least := l.fixed() + 256; {
	case l.Model != BPE && l.Model != Unigram:
		return fmt.Errorf("tokenize: unknown model %q, know %s and %s", l.Model, BPE, Unigram)
	case l.Normalize != noForm && l.Normalize != NFC:
		return fmt.Errorf("tokenize: unknown normalize %q, know %s and %s", l.Normalize, noForm, NFC)
	case l.Vocab < least || l.Vocab > maxVocab:
		return fmt.Errorf("tokenize: vocab is %d, want %d to %d", l.Vocab, least, maxVocab)
	case l.Sample < 1:
		return fmt.Errorf("tokenize: sample is %d bytes, want at least 1", l.Sample)
	case l.MinFrequency < 1:
		return fmt.Errorf("tokenize: min_frequency is %d, want at least 1", l.MinFrequency)
	case l.MinPiece < 1:
		return fmt.Errorf("tokenize: min_piece is %d, want at least 1", l.MinPiece)
	case l.MaxToken < 2 || l.MaxToken > maxTokenBytes:
		return fmt.Errorf("tokenize: max_token is %d bytes, want 2 to %d", l.MaxToken, maxTokenBytes)
	}
	if err := errors.Join(l.validateSplit(), l.validateSpecial()); err != nil {
		return err
	}
	for _, domain := range slices.Sorted(maps.Keys(l.Ratios)) {
		if r := l.Ratios[domain]; !(r >= 0) || math.IsInf(r, 0) {
			return fmt.Errorf("tokenize: ratio of %s is %g, want a share of at least 0", domain, r)
		}
	}
	return nil
}

// validateSplit checks the options that go with tokens of characters.
func (l Learn) validateSplit() error {
	if l.Split == Metaspace {
		switch {
		case !(l.Coverage > 0) || l.Coverage > 1:
			return fmt.Errorf("tokenize: coverage is %g, want more than 0 and at most 1", l.Coverage)
		case !utf8.ValidString(l.Alphabet):
			return fmt.Errorf("tokenize: alphabet %q is not UTF-8", l.Alphabet)
		}
		return nil
	}
	if _, err := ruleByName(l.Split); err != nil {
		return fmt.Errorf("%w, and %s", err, Metaspace)
	}
	var with string
	switch {
	case l.Model == Unigram:
		with = "model: " + Unigram
	case l.Coverage != defaultCoverage:
		with = "coverage"
	case l.Alphabet != "":
		with = "alphabet"
	case !l.ByteFallback:
		with = "byte_fallback: false"
	default:
		return nil
	}
	return fmt.Errorf("tokenize: %s needs split: %s; with split %s tokens are made of bytes", with, Metaspace, l.Split)
}

func (l Learn) validateSpecial() error {
	seen := map[string]bool{unknownName: true, beginName: true, endName: true}
	ends := l.Split == Metaspace // its </s> does
	for _, name := range l.Special {
		if name == "" || !utf8.ValidString(name) || len(name) > maxTokenBytes || seen[name] {
			return fmt.Errorf("tokenize: special token %.60q is empty, too long, no UTF-8 or there twice", name)
		}
		seen[name] = true
		ends = ends || slices.Contains(endOfTextNames, name)
	}
	if !ends {
		return fmt.Errorf("tokenize: no special token ends a text, want one of %q", endOfTextNames)
	}
	return nil
}

// fixed is how many ids are special.
func (l Learn) fixed() int {
	if l.Split == Metaspace {
		return len(l.Special) + len(firstNames)
	}
	return len(l.Special)
}
