package clean

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean/fasttext"
)

const (
	classifierLow  quern.Verdict = "clean.fasttext.low"
	classifierHigh quern.Verdict = "clean.fasttext.high"
)

// FastText asks a classifier in the format of fastText how likely a document has one of some labels. The text stays as it is; what the
// classifier sees of it, and what is made of its answer, is the dialect's:
//
//   - fasttext: line feeds are spaces; the probabilities of the labels are added.
//   - dclm: all that Python's splitlines calls a break is a space, and space at the ends is cut off; the value is the probability of the
//     best label if it is wanted, else 1 less it, which fits models of two labels (DCLM,
//     baselines/mappers/enrichers/quality_prediction_enrichers_calc_fasttext.py).
//   - datatrove: space at the ends is cut off, and line feeds vanish, so that the last word of a line and the first of the next become one;
//     the probabilities of the labels are added (datatrove, pipeline/filters/fasttext_filter.py, whose default this is).
//
// A text without any word or n-gram that the model knows has a value of 0.
type FastText struct {
	base      `yaml:"-"`
	Dialect   string   `yaml:"-"`         // "fasttext", "dclm" or "datatrove"
	Model     string   `yaml:"model"`     // a .bin or .ftz; or
	Trained   string   `yaml:"trained"`   // a classifier that the run trains: its name in the section classify
	Labels    []string `yaml:"labels"`    // the wanted labels, with or without "__label__"
	Min       float64  `yaml:"min"`       // a document below is dropped
	Max       float64  `yaml:"max"`       // a document above is dropped; from 1 on, none
	As        string   `yaml:"as"`        // the fact is "fasttext.<as>"
	Lowercase bool     `yaml:"lowercase"` // for models that were trained on lower case: letter by letter, as Unicode's simple mapping has it
}

// FastTextDialects are the peers that FastText can agree with, the default first.
var FastTextDialects = []string{"fasttext", "dclm", "datatrove"}

// DefaultFastText drops nothing. The model and the labels must be given.
func DefaultFastText() FastText { return FastText{Dialect: FastTextDialects[0], Max: 1, As: "score"} }

// With is the rule with a model that the run has trained.
func (o FastText) With(model, label string) *FastText {
	o.base, o.Model, o.Labels, o.Trained = base{}, model, []string{label}, ""
	return &o
}

// Seen is what the classifier sees of a text; whoever trains one must show it the same.
func (o FastText) Seen(text []byte) []byte { return (&classifier{opt: o}).seen(text) }

// untrained stands for a classifier that the run has yet to train.
type untrained string

func (u untrained) Apply(*quern.Doc) (quern.Verdict, error) {
	return quern.Keep, fmt.Errorf("clean: fasttext: the classifier %s has not been trained", string(u))
}

// Stage loads the model, unless the process has it already.
func (o FastText) Stage() (quern.Stage, error) {
	switch {
	case o.Trained != "" && (o.Model != "" || len(o.Labels) > 0):
		return nil, fmt.Errorf("clean: fasttext: a trained classifier has its model and its label: give either trained or model and labels")
	case !slices.Contains(FastTextDialects, o.Dialect):
		return nil, fmt.Errorf("clean: fasttext: dialect %q: want one of %s", o.Dialect, strings.Join(FastTextDialects, ", "))
	case o.Model == "" && o.Trained == "":
		return nil, fmt.Errorf("clean: fasttext: give model, a file of fastText's (.bin or .ftz), or trained")
	case len(o.Labels) == 0 && o.Trained == "":
		return nil, fmt.Errorf("clean: fasttext: give labels, those whose probability is the value")
	case !(o.Min >= 0 && o.Max >= o.Min && o.Min <= 1):
		return nil, fmt.Errorf("clean: fasttext: values must be from %v to %v, which holds nothing between 0 and 1", o.Min, o.Max)
	case !ruleWord(o.As):
		return nil, fmt.Errorf("clean: fasttext: as %q: want lower case letters, digits and _", o.As)
	}
	if o.Trained != "" {
		return untrained(o.Trained), nil
	}
	m, err := sharedModel(o.path(o.Model))
	if err != nil {
		return nil, fmt.Errorf("clean: %w", err)
	}
	s := &classifier{opt: o, mark: "fasttext." + o.As, wanted: make([]bool, len(m.Labels())), predictor: fasttext.NewPredictor(m)}
	for _, name := range o.Labels {
		i := m.Label(name)
		if i < 0 {
			all := m.Labels()
			some := strings.Join(all[:min(len(all), 20)], ", ")
			return nil, fmt.Errorf("clean: fasttext: %s has no label %q; it has %d: %s", o.Model, name, len(all), some)
		}
		s.wanted[i] = true
	}
	s.bounds = newBounds(o.Limits())
	return s, nil
}

// Files is the model.
func (o *FastText) Files() []string {
	if o.Model == "" {
		return nil
	}
	return []string{o.path(o.Model)}
}

// Measures is the one fact.
func (o *FastText) Measures() []Fact { return []Fact{share("fasttext." + o.As)} }

// Limits are those of the one fact. fastText gives probabilities up to 1.00001, so a greatest value of 1 is no limit.
func (o FastText) Limits() []Limit {
	var limits []Limit
	if o.Min > 0 {
		limits = append(limits, least("fasttext."+o.As, o.Min, classifierLow))
	}
	if o.Max < 1 {
		limits = append(limits, most("fasttext."+o.As, o.Max, classifierHigh))
	}
	return limits
}

type classifier struct {
	opt       FastText
	mark      string
	wanted    []bool
	bounds    bounds
	predictor *fasttext.Predictor
	buf       [2][]byte
}

func (s *classifier) Apply(d *quern.Doc) (quern.Verdict, error) {
	if v := checkText(d); v != quern.Keep {
		return v, nil
	}
	d.Mark(s.mark, s.value(s.seen(d.Text)))
	return s.bounds.judge(d), nil
}

// value is what the dialect makes of the answer.
func (s *classifier) value(text []byte) float64 {
	if s.opt.Dialect == "dclm" {
		best := s.predictor.Predict(text, 1, 0)
		switch {
		case len(best) == 0:
			return 0
		case s.wanted[best[0].Label]:
			return float64(best[0].Prob)
		}
		return 1 - float64(best[0].Prob)
	}
	sum := 0.0
	for i, p := range s.predictor.Probabilities(text) {
		if s.wanted[i] {
			sum += float64(p)
		}
	}
	return sum
}

// seen is what the classifier sees of a text. It points into the text or into scratch.
func (s *classifier) seen(text []byte) []byte {
	switch s.opt.Dialect {
	case "dclm":
		text = bytes.TrimFunc(text, pythonSpace)
		if hasBreaks(text) {
			s.buf[0] = spacedBreaks(s.buf[0][:0], text)
			text = s.buf[0]
		}
	case "datatrove":
		text = bytes.TrimFunc(text, pythonSpace)
		s.buf[0] = joinedLines(s.buf[0][:0], text)
		text = s.buf[0]
	}
	if s.opt.Lowercase {
		s.buf[1] = lowered(s.buf[1][:0], text)
		text = s.buf[1]
	}
	return text
}

// rareBreaks are the breaks of Python's splitlines that fastText does not part words at.
var rareBreaks = [][]byte{{0x1c}, {0x1d}, {0x1e}, []byte("\u0085"), []byte("\u2028"), []byte("\u2029")}

func hasBreaks(text []byte) bool {
	return slices.ContainsFunc(rareBreaks, func(b []byte) bool { return bytes.Contains(text, b) })
}

// spacedBreaks appends text with a space for each break.
func spacedBreaks(dst, text []byte) []byte {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if pythonBreak(r) {
			dst = append(dst, ' ')
		} else {
			dst = append(dst, text[:n]...)
		}
		text = text[n:]
	}
	return dst
}

// joinedLines appends text without its line feeds.
func joinedLines(dst, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, '\n')
		if i < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:i]...)
		text = text[i+1:]
	}
}

// lowered appends text in lower case; bytes that are not UTF-8 stay.
func lowered(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if c-'A' < 26 {
				c += 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			dst = append(dst, c)
		} else {
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
		}
		i += n
	}
	return dst
}

// models are the classifiers that the process has loaded, shared by all workers. A file that has changed is loaded anew.
var models struct {
	sync.Mutex
	loaded map[modelFile]*sharedFile
}

type modelFile struct {
	path          string
	size, changed int64
}

type sharedFile struct {
	once  sync.Once
	model *fasttext.Model
	err   error
}

func sharedModel(path string) (*fasttext.Model, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("fasttext: %w", err)
	}
	key := modelFile{path, info.Size(), info.ModTime().UnixNano()}
	models.Lock()
	if models.loaded == nil {
		models.loaded = map[modelFile]*sharedFile{}
	}
	f := models.loaded[key]
	if f == nil {
		f = &sharedFile{}
		models.loaded[key] = f
	}
	models.Unlock()
	f.once.Do(func() { f.model, f.err = fasttext.Load(path) })
	return f.model, f.err
}
