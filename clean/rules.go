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
	{Name: "normalize", About: "one form of Unicode and of line ends, no controls, no bytes that are no text", Config: func(string) Config { o := DefaultNormalize(); return &o }},
	{Name: "mojibake", About: "repairs text that was decoded by the wrong charset",
		Config: func(string) Config { o := DefaultMojibake(); return &o }, Facts: mojibakeFacts},
	{Name: "lines", About: "cuts symbol lines, banners, policy notices, navigation, teasers, menus, repeated lines, references",
		Config: func(string) Config { o := DefaultLines(); return &o }, Facts: linesFacts},
	{Name: "headers", About: "cuts comments of copyright and license at the top of source files", Dialects: []string{"quern", "dolma"},
		Config: headersConfig, Facts: headersFacts},
	{Name: "boilerplate", About: "cuts lines that stand on many pages of a site, counted in a first pass",
		Config: func(string) Config { o := DefaultBoilerplate(); return &o }, Facts: boilerplateFacts},
	{Name: "language", About: "names the language and keeps the wanted ones", Config: func(string) Config { o := DefaultLanguage(); return &o }, Facts: languageFacts},
	{Name: "gopher", About: "quality and repetition rules of Gopher: words, symbols, bullets, stop words, repeated lines, paragraphs and n-grams",
		Dialects: []string{"datatrove", "dolma", "dclm"}, Config: gopherConfig, Facts: gopherMarks},
	{Name: "c4", About: "line and page rules of C4: keeps lines that end like sentences", Config: func(string) Config { o := DefaultC4(); return &o }, Facts: c4Facts},
	{Name: "fineweb", About: "FineWeb's own rules: line ends, short lines, repeated characters, line feeds", Config: func(string) Config { o := DefaultFineWeb(); return &o }, Facts: finewebFacts},
	{Name: "fineweb2", About: "FineWeb2's thresholds and stop words, by the language of each document or of the dialect",
		Dialects: fineweb2Dialects(), Config: fineweb2Config, Facts: fineweb2Facts},
	{Name: "nemo", About: "the heuristics of NeMo Curator",
		Config: func(string) Config { o := DefaultNemo(); return &o }, Facts: nemoFacts},
	{Name: "redpajama2", About: "the quality signals of RedPajama-V2, and limits of yours on them",
		Config: func(string) Config { o := DefaultRedPajama2(); return &o }, Facts: redPajama2Facts},
	{Name: "refinedweb_lines", About: "the line-wise corrections of RefinedWeb: counters, capitals, numbers, calls to action",
		Config: func(string) Config { o := DefaultRefinedWebLines(); return &o }, Facts: refinedWebFacts},
	{Name: "madlad", About: "questionable sentences of MADLAD-400",
		Config: func(string) Config { o := DefaultMadlad(); return &o }, Facts: madladFacts},
	{Name: "stack", About: "The Stack: long lines, alphabet, encoded data, visible text of pages, size of data", Dialects: []string{"v2", "v1"},
		Config: stackConfig, Facts: stackFacts},
	{Name: "generated", About: "drops what programs wrote: marked files, lock files, minified scripts",
		Config: func(string) Config { o := DefaultGenerated(); return &o }, Facts: generatedFacts},
	{Name: "starcoder", About: "StarCoder: share of comments, characters per token, visible text of pages, XML under another name, size of data, stars",
		Config: func(string) Config { o := DefaultStarCoder(); return &o }, Facts: starCoderFacts},
	{Name: "redpajama_code", About: "RedPajama's source code as Dolma filters it: lines, letters and digits, letters per token",
		Config: func(string) Config { o := DefaultRedPajamaCode(); return &o }, Facts: redPajamaCodeFacts},
	{Name: "opencoder", About: "OpenCoder: words, n-grams, lines, strings and comments of code, with rules of its own for Python, Go, HTML, SQL, shell, data",
		Config: func(string) Config { o := DefaultOpenCoder(); return &o }, Facts: openCoderFacts},
	{Name: "pes2o", About: "peS2O full texts: words, paragraphs and how likely they are, the most frequent word, the year",
		Config: func(string) Config { o := DefaultPES2O(); return &o }, Facts: paperFacts},
	{Name: "pes2o_abstract", About: "peS2O abstracts: words, title, letters apart, the most frequent word, the year",
		Config: func(string) Config { o := DefaultPES2OAbstract(); return &o }, Facts: abstractFacts},
	{Name: "arxiv", About: "data-juicer's recipe for arXiv: letters, lines, special characters, words, repeats",
		Config: func(string) Config { o := DefaultArxiv(); return &o }, Facts: arxivFacts},
	{Name: "pii", About: "replaces, marks or drops what names a person: addresses, numbers of phones, cards, accounts and people",
		Dialects: []string{"quern", "datatrove"}, Config: piiConfig, Facts: piiFacts},
	{Name: "secrets", About: "replaces, marks or drops keys, tokens and passwords", Config: func(string) Config { o := DefaultSecrets(); return &o }, Facts: secretFacts},
	{Name: "url", About: "drops by where a document is from: lists of domains, URLs and words, and ad blockers' lists",
		Config: func(string) Config { o := DefaultURL(); return &o }, Facts: urlFacts},
	{Name: "bad_words", About: "C4's bad words, by lists for each language", Config: func(string) Config { o := DefaultBadWords(); return &o }, Facts: badWordsFacts},
	{Name: "toxic", About: "the share of listed words", Config: func(string) Config { o := DefaultToxic(); return &o }, Facts: toxicFacts},
	{Name: "c4_paragraphs", About: "C4's paragraphs: wants some long lines", Config: func(string) Config { o := DefaultC4Paragraphs(); return &o }, Facts: c4ParagraphsFacts},
	{Name: "spam", About: "advertisements and pages made for search engines, by signals that need no model",
		Config: func(string) Config { o := DefaultSpam(); return &o }, Facts: spamFacts},
	{Name: "garbled", About: "drops text that is damaged or random: wrong charset, spaced letters, random words, encoded data",
		Config: func(string) Config { o := DefaultGarbled(); return &o }, Facts: garbledFacts},
	{Name: "perplexity", About: "perplexity under an n-gram model, ARPA or KenLM's",
		Config: func(string) Config { o := DefaultPerplexity(); return &o }, Facts: perplexityFacts},
	{Name: "ccnet", About: "CCNet's head, middle and tail of perplexity, by language",
		Config: func(string) Config { o := DefaultCCNet(); return &o }, Facts: ccnetFacts},
	{Name: "fasttext", About: "asks a classifier in the format of fastText", Dialects: FastTextDialects, Config: func(dialect string) Config {
		o := DefaultFastText()
		o.Dialect = dialect
		return &o
	}, Facts: []Fact{share("fasttext.*")}},
	{Name: "expr", About: "an expression of yours over facts", Config: func(string) Config { o := DefaultExpr(); return &o }},
	{Name: "external", About: "asks a program of yours over lines of JSON", Config: func(string) Config { o := DefaultExternal(); return &o }},
	{Name: "decontaminate", About: "finds items of evaluation sets: scored over gaps, or by runs of words; drops, cuts or marks", Dialects: decontaminateDialects,
		Config: decontaminateConfig, Facts: decontaminateFacts},
	{Name: "bucket", About: "sorts documents into parts of their domain that the mix can balance", Config: func(string) Config { o := DefaultBucket(); return &o }},
}

// Config is the options of a rule: a struct with YAML tags. Stage refuses bad options in words.
type Config interface {
	Stage() (quern.Stage, error)
}

// Rule is an entry of Rules.
type Rule struct {
	Name     string                      // in a spec
	About    string                      // what it does, in a line
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
	for _, name := range Names() {
		r, dialect, _ := Find(name)
		for _, f := range append(slices.Clone(r.Facts), factsOf(Link{Name: name, Config: r.Config(dialect)})...) {
			all[f.Name] = f
		}
	}
	return all
})

// factNamed is the fact of a name; a rule whose user names its facts lists them as "rule.*".
func factNamed(name string) (Fact, bool) {
	f, ok := known()[name]
	if !ok {
		group, _, _ := strings.Cut(name, ".")
		f, ok = known()[group+".*"]
	}
	return f, ok
}

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
