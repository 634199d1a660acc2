package clean

import (
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/seed-83c59573/quern"
)

// Rules is the one list of rules that a spec may name, in the order in which help shows them. A rule is a file in this room and an
// entry here: from it the spec, the histograms, the columns of facts and the lists in help know the rule.
var Rules = []Rule{
	{Name: "normalize", Config: func(string) Config { o := DefaultNormalize(); return &o }},
	{Name: "language", Config: func(string) Config { o := DefaultLanguage(); return &o }, Facts: languageFacts},
	{Name: "gopher", Dialects: []string{"datatrove"}, Config: func(string) Config { o := DefaultGopher(); return &o }, Facts: gopherMarks},
	{Name: "c4", Config: func(string) Config { o := DefaultC4(); return &o }, Facts: c4Facts},
	{Name: "fineweb", Config: func(string) Config { o := DefaultFineWeb(); return &o }, Facts: finewebFacts},
	{Name: "stack", Dialects: []string{"v2"}, Config: func(string) Config { o := DefaultStack(); return &o }, Facts: stackFacts},
	{Name: "generated", Config: func(string) Config { o := DefaultGenerated(); return &o }},
	{Name: "pes2o", Config: func(string) Config { o := DefaultPES2O(); return &o }, Facts: paperFacts},
	{Name: "pii", Dialects: []string{"quern", "datatrove"}, Config: piiConfig, Facts: piiFacts},
	{Name: "url", Config: func(string) Config { o := DefaultURL(); return &o }, Facts: urlFacts},
	{Name: "bad_words", Config: func(string) Config { o := DefaultBadWords(); return &o }, Facts: badWordsFacts},
	{Name: "toxic", Config: func(string) Config { o := DefaultToxic(); return &o }, Facts: toxicFacts},
	{Name: "c4_paragraphs", Config: func(string) Config { o := DefaultC4Paragraphs(); return &o }, Facts: c4ParagraphsFacts},
	{Name: "spam", Config: func(string) Config { o := DefaultSpam(); return &o }, Facts: spamFacts},
	{Name: "secrets", Config: func(string) Config { o := DefaultSecrets(); return &o }, Facts: secretFacts},
}

// Config is the options of a rule: a struct with YAML tags. Stage refuses bad options in words.
type Config interface {
	Stage() (quern.Stage, error)
}

// Filed is a Config that names files, which its Stage reads: their contents are as much a part of the rule as its options.
type Filed interface {
	Config
	Files() []string  // absolute once Under was called, in the order of the options
	Under(dir string) // the folder that relative paths begin in; before that, the working folder
}

// Rule is an entry of Rules.
type Rule struct {
	Name     string                      // in a spec
	Dialects []string                    // the peers that it can agree with, the default first; nil = it has no dialects
	Config   func(dialect string) Config // a pointer to fresh options with the defaults of one of Dialects
	Facts    []Fact                      // all that it may mark
}

// Find looks a rule up as a spec names it, "gopher" or "gopher@dolma", and tells the dialect that is meant.
func Find(name string) (r Rule, dialect string, ok bool) {
	name, dialect, named := strings.Cut(name, "@")
	i := slices.IndexFunc(Rules, func(r Rule) bool { return r.Name == name })
	if i < 0 || named && !slices.Contains(Rules[i].Dialects, dialect) {
		return Rule{}, "", false
	}
	if r = Rules[i]; !named && len(r.Dialects) > 0 {
		dialect = r.Dialects[0]
	}
	return r, dialect, true
}

// Names lists every name that Find knows, a rule's dialects behind its own.
func Names() (names []string) {
	for _, r := range Rules {
		names = append(names, r.Name)
		for _, d := range r.Dialects {
			names = append(names, r.Name+"@"+d)
		}
	}
	return names
}

// Fact is a number that a rule measures on every document that it sees, and how its histogram is divided.
type Fact struct {
	Name   string
	Lo, Hi float64
	Bins   int
	Log    bool // bins of equal width of the logarithm
}

// share is a fact between 0 and 1.
func share(name string) Fact { return Fact{name, 0, 1, 50, false} }

// count is a fact from 0 to about a million: a number of words, lines, hits.
func count(name string) Fact { return Fact{name, 1, 1e6, 60, true} }

// scale is a fact of any other range.
func scale(name string, lo, hi float64, bins int) Fact { return Fact{name, lo, hi, bins, false} }

// known are all facts of all rules, by name.
var known = sync.OnceValue(func() map[string]Fact {
	all := map[string]Fact{}
	for _, r := range Rules {
		for _, f := range r.Facts {
			all[f.Name] = f
		}
	}
	return all
})

// Limit is a bound on one fact: a document beyond it is dropped. A document on which the fact was not measured is not judged by it.
type Limit struct {
	Fact     string
	Min, Max float64 // the values that pass; ±Inf where there is no bound
	Verdict  quern.Verdict
	ZeroToo  bool     // a value of 0 passes as well
	Except   []string // languages (Doc.Lang) that it does not judge
}

// Limited is a Config whose verdicts follow from facts alone: the first of its limits that is broken gives the verdict. Its documents
// can be judged again, by other limits, without their texts.
type Limited interface {
	Config
	Limits() []Limit
}

// least and most are one-sided limits.
func least(fact string, min float64, v quern.Verdict) Limit {
	return Limit{Fact: fact, Min: min, Max: math.Inf(1), Verdict: v}
}

func most(fact string, max float64, v quern.Verdict) Limit {
	return Limit{Fact: fact, Min: math.Inf(-1), Max: max, Verdict: v}
}

// Broken tells whether a value of the fact breaks the limit, and which bound it is.
func (l *Limit) Broken(value float64, lang string) (bound float64, broken bool) {
	switch {
	case math.IsNaN(value) || l.ZeroToo && value == 0 || lang != "" && slices.Contains(l.Except, lang):
		return 0, false
	case value < l.Min:
		return l.Min, true
	case value > l.Max:
		return l.Max, true
	}
	return 0, false
}

// bounds give the verdict of limits on the marks of a document.
type bounds struct {
	limits []Limit
	at     []int // where each limit's fact was found last among the marks
}

func newBounds(limits []Limit) bounds { return bounds{limits, make([]int, len(limits))} }

// judge rules by the first limit that is broken. The same facts mostly stand at the same places.
func (r *bounds) judge(d *quern.Doc) quern.Verdict {
	for i := range r.limits {
		l := &r.limits[i]
		at := r.at[i]
		if at >= len(d.Marks) || d.Marks[at].Name != l.Fact {
			at = slices.IndexFunc(d.Marks, func(m quern.Mark) bool { return m.Name == l.Fact })
			if at < 0 {
				continue
			}
			r.at[i] = at
		}
		v := d.Marks[at].Value
		if bound, broken := l.Broken(v, d.Lang); broken {
			return d.Fail(l.Verdict, v, bound)
		}
	}
	return quern.Keep
}
