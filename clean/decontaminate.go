package clean

import (
	"errors"
	"fmt"
	"math"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean/decon"
)

const (
	deconHit    quern.Verdict = "clean.decontaminate.hit"
	deconPieces quern.Verdict = "clean.decontaminate.pieces"
	deconEmpty  quern.Verdict = "clean.decontaminate.empty"
)

// Decontaminate finds items of evaluation sets in a text, so that a model is not examined in what it was taught. It drops the document,
// cuts what was found, or only marks it. What a word is, and how the two methods work, stands in package decon. Items that are the same
// word for word are one; those too short to be known by are left out (decon.Index.Stats counts both).
//
// The dialect quern scores words over gaps and looks up every run. decon scores runs of five as allenai/decon does and looks up every
// tenth; its bounds on lengths, 20 and 50, count words here. gpt3 cuts what shares 13 words with an item, 200 characters around, and drops
// what falls into more than ten pieces (Brown et al. 2020, appendix C); EleutherAI's janitor counts each run of a place for a piece and
// drops more. ngram drops for one run of 13 words.
type Decontaminate struct {
	Sets   []EvalSet `yaml:"sets"`
	Method string    `yaml:"method"` // score, or ngram: runs of n words as they are
	Action string    `yaml:"action"` // drop, cut or mark
	Min    float64   `yaml:"min"`    // the least score of a hit; with ngram, the share of an item's runs that a text has, 0 = one run is enough
	N      int       `yaml:"n"`      // words of a run
	Every  int       `yaml:"every"`  // only every so many-th run of a text is looked up; 1 = all

	Unit       string `yaml:"unit"`        // what a score counts: words, or ngrams, where one word in the way spoils n of them
	Misses     int    `yaml:"misses"`      // runs in a row that a text may have and the question not: 11 runs of 5 are 7 words
	ExactWords int    `yaml:"exact_words"` // questions up to this long must be there wholly
	FullWords  int    `yaml:"full_words"`  // questions from this length on need min; between, the share falls from 1 to min
	MinWords   int    `yaml:"min_words"`   // shorter questions are not looked for
	NeedAnswer bool   `yaml:"need_answer"` // a question without its answer is three quarters of an item that has one; false: it is all
	Window     int    `yaml:"window"`      // words around a question in which its answer is looked for; of long answers twice their length

	Around    int `yaml:"around"`     // cut: code points before and behind what was found that go too
	MaxPieces int `yaml:"max_pieces"` // cut: a document that falls into more pieces is dropped
	MinPiece  int `yaml:"min_piece"`  // cut: shorter pieces, in code points, go too
	IndexMiB  int `yaml:"index_mib"`  // memory that the index of all sets may take

	base  `yaml:"-"`
	index *once[decon.Index]
}

// EvalSet is an evaluation set: files of JSONL, JSON, CSV or TSV, also packed (.gz, .zst, .bz2), or folders of such.
type EvalSet struct {
	Name   string       `yaml:"name"`
	Files  []string     `yaml:"files"`
	Recipe string       `yaml:"recipe"` // the columns of a known set (decon.Recipes), or
	Fields decon.Fields `yaml:"fields"` // those of any other
}

// decontaminateDialects are the names of the ways to decontaminate, the default first.
var decontaminateDialects = []string{"quern", "decon", "gpt3", "ngram"}

var decontaminateFacts = []Fact{share("decontaminate.score"), count("decontaminate.hits"), count("decontaminate.pieces"), count("decontaminate.left")}

// DefaultDecontaminate has the bounds of allenai/decon, in words where that counts tokens of cl100k: 15 and 40 words are about 20 and 50 tokens.
func DefaultDecontaminate() Decontaminate {
	return Decontaminate{Method: "score", Action: "drop", Min: 0.8, N: 5, Every: 1, Unit: "words", Misses: 11, ExactWords: 15, FullWords: 40, MinWords: 6,
		NeedAnswer: true, Window: 50, Around: 200, MaxPieces: 10, MinPiece: 200, IndexMiB: 1024, index: new(once[decon.Index])}
}

func decontaminateConfig(dialect string) Config {
	o := DefaultDecontaminate()
	switch dialect {
	case "decon":
		o.Unit, o.Every, o.ExactWords, o.FullWords = "ngrams", 10, 20, 50
	case "gpt3":
		o.Method, o.Action, o.N, o.Min = "ngram", "cut", 13, 0
	case "ngram":
		o.Method, o.N, o.Min = "ngram", 13, 0
	}
	return &o
}

// Files are those of the sets.
func (o *Decontaminate) Files() (paths []string) {
	for _, s := range o.Sets {
		for _, p := range s.Files {
			paths = append(paths, o.path(p))
		}
	}
	return paths
}

// Measures are the facts that these options give.
func (o *Decontaminate) Measures() []Fact {
	if o.Action == "cut" {
		return decontaminateFacts
	}
	return decontaminateFacts[:2]
}

// Limits are what Stage rules by.
func (o Decontaminate) Limits() []Limit {
	switch o.Action {
	case "drop":
		return []Limit{most("decontaminate.score", math.Nextafter(max(0, o.Min-decon.Tolerance), 0), deconHit)}
	case "cut":
		return []Limit{most("decontaminate.pieces", float64(o.MaxPieces), deconPieces), least("decontaminate.left", 1, deconEmpty)}
	}
	return nil
}

// Stage builds the rule; the sets are read, and their index is made, once for all stages of the same options. It marks
// "decontaminate.score", the best score of an item whose question was met, and "decontaminate.hits", the number of places; with action
// cut also "decontaminate.pieces" and "decontaminate.left", the code points of them. It gives "clean.decontaminate.hit",
// "clean.decontaminate.pieces" and "clean.decontaminate.empty", and reports spans "decontaminate.<set>".
func (o Decontaminate) Stage() (quern.Stage, error) {
	ix, err := o.open()
	if err != nil {
		return nil, err
	}
	s := &decontaminate{opt: o, bounds: newBounds(o.Limits()), finder: ix.NewFinder()}
	for _, name := range ix.Names() {
		s.names = append(s.names, "decontaminate."+name)
	}
	return s, nil
}

// Explainer gives a function that finds again what Stage found in a text, with the items beside it. It is for one goroutine.
func (o Decontaminate) Explainer() (func(text []byte) []decon.Hit, error) {
	ix, err := o.open()
	if err != nil {
		return nil, err
	}
	return ix.NewFinder().Explain, nil
}

// Index gives the index, for those who ask what is in it.
func (o Decontaminate) Index() (*decon.Index, error) { return o.open() }

func (o *Decontaminate) options() decon.Options {
	return decon.Options{Method: o.Method, Unit: o.Unit, N: o.N, Every: o.Every, Misses: o.Misses, Exact: o.ExactWords, Full: o.FullWords, Shortest: o.MinWords,
		Min: o.Min, Answers: o.NeedAnswer, Window: o.Window, Limit: int64(o.IndexMiB) << 20}
}

// open checks the options and gives the index.
func (o *Decontaminate) open() (*decon.Index, error) {
	switch {
	case len(o.Sets) == 0:
		return nil, errors.New("clean: decontaminate: give sets, such as [{name: gsm8k, files: [gsm8k.jsonl], recipe: gsm8k}]")
	case o.Action != "drop" && o.Action != "cut" && o.Action != "mark":
		return nil, fmt.Errorf("clean: decontaminate: action %q: want drop, cut or mark", o.Action)
	case o.Around < 0 || o.MaxPieces < 1 || o.MinPiece < 0:
		return nil, fmt.Errorf("clean: decontaminate: around is %d, max_pieces %d and min_piece %d: want 0, 1 and 0 at least", o.Around, o.MaxPieces, o.MinPiece)
	case o.IndexMiB < 1 || o.IndexMiB > 1<<20:
		return nil, fmt.Errorf("clean: decontaminate: index_mib is %d, want 1 to %d", o.IndexMiB, 1<<20)
	}
	if err := o.options().Check(); err != nil {
		return nil, fmt.Errorf("clean: decontaminate: %w", err)
	}
	sets, seen := make([]decon.Set, len(o.Sets)), map[string]bool{}
	for i, s := range o.Sets {
		sets[i] = decon.Set{Name: s.Name, Recipe: s.Recipe, Fields: s.Fields}
		for _, p := range s.Files {
			sets[i].Files = append(sets[i].Files, o.path(p))
		}
		if err := sets[i].Check(); err != nil {
			return nil, fmt.Errorf("clean: decontaminate: %w", err)
		}
		if seen[s.Name] {
			return nil, fmt.Errorf("clean: decontaminate: two sets are named %s", s.Name)
		}
		seen[s.Name] = true
	}
	ix, err := o.index.get(fmt.Sprintf("%+v %+v", o.options(), sets), func() (*decon.Index, error) { return decon.Build(sets, o.options()) })
	if err != nil {
		return nil, fmt.Errorf("clean: decontaminate: %w", err)
	}
	return ix, nil
}

type decontaminate struct {
	opt    Decontaminate
	bounds bounds
	finder *decon.Finder
	names  []string // of the spans, by set
	cutter placeCutter
}

func (s *decontaminate) Apply(d *quern.Doc) (quern.Verdict, error) {
	if v := refuseText(d); v != quern.Keep {
		return v, nil
	}
	matches := s.finder.Find(d.Text)
	d.Mark("decontaminate.score", s.finder.Best())
	d.Mark("decontaminate.hits", float64(len(matches)))
	for i := range matches {
		m := &matches[i]
		d.Span(s.names[m.Set], m.From, m.To, m.Score)
		if m.AnswerTo > m.AnswerFrom {
			d.Span(s.names[m.Set], m.AnswerFrom, m.AnswerTo, m.Score)
		}
	}
	switch {
	case s.opt.Action == "drop" && len(matches) > 0:
		return d.Fail(deconHit, s.finder.Best(), s.opt.Min), nil
	case s.opt.Action == "cut":
		return s.cut(d, matches), nil
	}
	return quern.Keep, nil
}

// cut takes the matches out of the text.
func (s *decontaminate) cut(d *quern.Doc, matches []decon.Match) quern.Verdict {
	c := &s.cutter
	c.places = c.places[:0]
	for i := range matches {
		m := &matches[i]
		c.places = append(c.places, textPlace{m.From, m.To})
		if m.AnswerTo > m.AnswerFrom {
			c.places = append(c.places, textPlace{m.AnswerFrom, m.AnswerTo})
		}
	}
	text, pieces, left := c.cut(d.Text, s.opt.Around, s.opt.MinPiece)
	d.Mark("decontaminate.pieces", float64(pieces))
	d.Mark("decontaminate.left", float64(left))
	if v := s.bounds.judge(d); v != quern.Keep {
		return v
	}
	d.Text = text
	return quern.Keep
}
