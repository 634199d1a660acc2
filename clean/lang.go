package clean

import (
	"fmt"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean/lid"
)

const (
	otherLanguage quern.Verdict = "clean.language.other"
	unsure        quern.Verdict = "clean.language.unsure"
)

// Language identifies the language, writes it to Doc.Lang and keeps the wanted ones.
type Language struct {
	Keep []string `yaml:"keep"` // ISO 639-1; empty = name the language and keep all
	Min  float64  `yaml:"min"`  // least confidence, 0 to 1
}

var languageFacts = []Fact{share("language.confidence")}

// DefaultLanguage keeps every language that is known with a confidence of 0.65, the bound that FineWeb and DCLM use (with another
// identifier, so shares near the bound differ).
func DefaultLanguage() Language { return Language{Min: 0.65} }

// Stage builds the rule. It gives "clean.language.other" (value: the confidence in that other language) and
// "clean.language.unsure". A language outside of what the identifier knows is an error.
func (o Language) Stage() (quern.Stage, error) {
	if o.Min < 0 || o.Min > 1 {
		return nil, fmt.Errorf("clean: language: min is %v, must be between 0 and 1", o.Min)
	}
	id, err := lid.New(o.Keep)
	if err != nil {
		return nil, fmt.Errorf("clean: language: %w", err)
	}
	keep := map[string]bool{}
	for _, l := range o.Keep {
		keep[l] = true
	}
	return &language{min: o.Min, keep: keep, id: id}, nil
}

type language struct {
	min  float64
	keep map[string]bool
	id   *lid.Identifier
}

func (s *language) Apply(d *quern.Doc) (quern.Verdict, error) {
	lang, confidence := s.id.Identify(d.Text)
	d.Lang = lang
	d.Mark("language.confidence", confidence)
	if len(s.keep) > 0 && lang != "" && !s.keep[lang] {
		return d.Fail(otherLanguage, confidence, s.min), nil
	}
	if confidence < s.min || lang == "" && len(s.keep) > 0 {
		return d.Fail(unsure, confidence, s.min), nil
	}
	return quern.Keep, nil
}
