package clean

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean/fasttext"
	"github.com/seed-83c59573/quern/clean/lid"
)

const (
	otherLanguage quern.Verdict = "clean.language.other"
	unsure        quern.Verdict = "clean.language.unsure"
)

// Language identifies the language, writes it to Doc.Lang and keeps the wanted ones.
type Language struct {
	Keep []string `yaml:"keep"` // ISO 639-1, "no" for nb and nn; empty = name the language and keep all
	Min  float64  `yaml:"min"`  // least confidence, 0 to 1

	// Paragraphs tells what is identified. A paragraph is a line.
	//
	//   - "off": the document as a whole, by a sample of its text.
	//   - "majority": each paragraph; the document's language is the one in which most of its text is, and the confidence is that
	//     language's share of the text whose language could be told. peS2O keeps papers by the language of most paragraphs.
	//   - "drop-others": as "majority"; then, if that language is wanted, paragraphs of 40 bytes and more that are in an unwanted one
	//     (any other, if keep is empty) with a confidence of 0.9 are cut out, and the confidence is that of what stays.
	Paragraphs string `yaml:"paragraphs"`

	// Model is a file of fastText's (.bin or .ftz) that identifies instead: lid.176, GlotLID, NLLB's. Its labels are read as BCP 47 codes
	// (lid.FromLabel); a text's line ends are spaces to it, and it reads all of the text.
	Model string `yaml:"model"`

	base `yaml:"-"`
}

var languageFacts = []Fact{share("language.confidence"), count("language.foreign_paragraphs"), share("language.foreign_share")}

// Measures is the confidence, and by paragraphs what is foreign.
func (o Language) Measures() []Fact {
	if o.Paragraphs == "majority" || o.Paragraphs == "drop-others" {
		return languageFacts
	}
	return languageFacts[:1]
}

// Files is the model, if there is one.
func (o *Language) Files() []string {
	if o.Model == "" {
		return nil
	}
	return []string{o.path(o.Model)}
}

// DefaultLanguage keeps every language that is known with a confidence of 0.65, the bound that FineWeb and DCLM use (with another
// identifier, so shares near the bound differ).
func DefaultLanguage() Language { return Language{Min: 0.65, Paragraphs: "off"} }

// Stage builds the rule. It gives "clean.language.other" (value: the confidence in that other language),
// "clean.language.unsure" and, of bytes that are no text, "clean.invalid_utf8". A language outside of what the identifier knows is an error. By paragraphs it also marks how many
// paragraphs are certain to be in an unwanted language, and their share of the text whose language could be told.
func (o Language) Stage() (quern.Stage, error) {
	if !(o.Min >= 0 && o.Min <= 1) {
		return nil, fmt.Errorf("clean: language: min is %v, must be between 0 and 1", o.Min)
	}
	id, err := o.identifier()
	if err != nil {
		return nil, fmt.Errorf("clean: language: %w", err)
	}
	s := &language{min: o.Min, keep: map[string]bool{}, id: id}
	for _, k := range o.Keep {
		for _, l := range lid.Expand(k) {
			s.keep[l] = true
		}
	}
	switch o.Paragraphs {
	case "", "off":
	case "majority", "drop-others":
		s.vote, s.cut = true, o.Paragraphs == "drop-others"
	default:
		return nil, fmt.Errorf("clean: language: paragraphs is %q, must be one of %s", o.Paragraphs, strings.Join([]string{"off", "majority", "drop-others"}, ", "))
	}
	return s, nil
}

// identifier is lid's, or that of the model. Either must know the languages that are to be kept.
func (o Language) identifier() (identifier, error) {
	if o.Model == "" {
		return lid.New(o.Keep)
	}
	m, err := sharedModel(o.path(o.Model))
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, label := range m.Labels() {
		known[lid.FromLabel(label)] = true
	}
	for _, k := range o.Keep {
		if !slices.ContainsFunc(lid.Expand(k), func(l string) bool { return known[l] }) {
			return nil, fmt.Errorf("%s knows no language %q among its %d labels", o.Model, k, len(m.Labels()))
		}
	}
	p, line := fasttext.NewPredictor(m), []byte(nil)
	return newLabeled(func(text []byte) (string, float64) {
		line = append(line[:0], text...)
		for i, c := range line {
			if c == '\n' || c == '\r' {
				line[i] = ' '
			}
		}
		best := p.Predict(line, 1, 0)
		if len(best) == 0 {
			return "", 0
		}
		return m.Labels()[best[0].Label], float64(best[0].Prob)
	}), nil
}

// identifier tells the language of a text, "" if there is none, and how sure that is, 0 to 1. Glance may be less thorough: it is
// asked about every paragraph.
type identifier interface {
	Identify(text []byte) (lang string, confidence float64)
	Glance(text []byte) (lang string, confidence float64)
}

// labeler is a classifier of languages by labels, as a fastText model is one: the likeliest label and its probability.
type labeler func(text []byte) (label string, p float64)

// labeled makes a labeler an identifier.
type labeled struct {
	label labeler
	codes map[string]string // of labels met before
}

func newLabeled(l labeler) *labeled { return &labeled{l, map[string]string{}} }

func (l *labeled) Identify(text []byte) (lang string, confidence float64) {
	label, p := l.label(text)
	if label == "" {
		return "", 0
	}
	lang, ok := l.codes[label]
	if !ok {
		lang = lid.FromLabel(label)
		l.codes[strings.Clone(label)] = lang
	}
	return lang, math.Round(max(0, min(1, p))*1000) / 1000
}

func (l *labeled) Glance(text []byte) (lang string, confidence float64) { return l.Identify(text) }

type language struct {
	min   float64
	keep  map[string]bool
	id    identifier
	vote  bool // paragraph by paragraph
	cut   bool // unwanted ones are cut out
	paras paragraphVotes
}

func (s *language) Apply(d *quern.Doc) (quern.Verdict, error) {
	if v := checkText(d); v != quern.Keep {
		return v, nil
	}
	if s.vote {
		return s.applyByParagraph(d), nil
	}
	lang, confidence := s.id.Identify(d.Text)
	return s.rule(d, lang, confidence), nil
}

// rule names the language and judges it.
func (s *language) rule(d *quern.Doc, lang string, confidence float64) quern.Verdict {
	d.Lang = lang
	d.Mark("language.confidence", confidence)
	if s.foreign(lang) {
		return d.Fail(otherLanguage, confidence, 0)
	}
	if confidence < s.min || lang == "" && len(s.keep) > 0 {
		return d.Fail(unsure, confidence, s.min)
	}
	return quern.Keep
}

// foreign tells whether a language is one that was not asked for.
func (s *language) foreign(lang string) bool { return len(s.keep) > 0 && lang != "" && !s.keep[lang] }
