package clean

import (
	"fmt"
	"slices"

	"github.com/seed-83c59573/quern"
)

const (
	stackMaxLine    quern.Verdict = "clean.stack.long_line"
	stackMeanLine   quern.Verdict = "clean.stack.mean_line"
	stackLines      quern.Verdict = "clean.stack.lines"
	stackData       quern.Verdict = "clean.stack.data"
	stackAlphabetic quern.Verdict = "clean.stack.alphabetic"
	stackAlnum      quern.Verdict = "clean.stack.alphanumeric"
	stackEncodedRun quern.Verdict = "clean.stack.encoded_run"
	stackEncoded    quern.Verdict = "clean.stack.encoded"
	stackVisible    quern.Verdict = "clean.stack.visible_text"
	stackXML        quern.Verdict = "clean.stack.xml_header"
	stackDataSize   quern.Verdict = "clean.stack.data_size"
)

// Stack is the filter of The Stack v2 (StarCoder2, arXiv 2402.19173, section 3.1) on lines, letters, encoded data and the visible text
// of web pages. Lengths are in code points; lines are those of Python's str.splitlines. The kind of a file is its language if
// "language" in Doc.Meta tells it, else the ending of its path.
type Stack struct {
	MaxLine         int      `yaml:"max_line"`          // longest line
	MaxMeanLine     float64  `yaml:"max_mean_line"`     // mean length of a line
	MaxLooseLine    int      `yaml:"max_loose_line"`    // longest line of the kinds in Loose, which have no bound on the mean
	Loose           []string `yaml:"loose"`             // extensions of markup and text, whose paragraphs are lines
	MaxLines        int      `yaml:"max_lines"`         // number of lines
	MaxDataLines    int      `yaml:"max_data_lines"`    // number of lines of the kinds in Data
	Data            []string `yaml:"data"`              // extensions of files that are mostly data
	MinAlphabetic   float64  `yaml:"min_alphabetic"`    // share of letters among all characters
	FreeAlphabet    []string `yaml:"free_alphabet"`     // extensions without that bound: assembly of numbers
	MaxEncodedRun   int      `yaml:"max_encoded_run"`   // longest run of base64, hexadecimal bytes or \u escapes
	MaxEncoded      float64  `yaml:"max_encoded"`       // share of the text in such runs
	MinVisible      float64  `yaml:"min_visible"`       // of HTML: share of the text that a browser shows
	MinVisibleChars int      `yaml:"min_visible_chars"` // of HTML: how long that text is
}

var (
	stackFacts   = slices.Concat(stackCommon, stackV2Facts, stackV1Facts)
	stackCommon  = []Fact{count("stack.max_line"), {"stack.mean_line", 1, 1e4, 60, true}}
	stackV2Facts = []Fact{count("stack.lines"), count("stack.loose_line"), count("stack.data_lines"), share("stack.alphabetic"),
		count("stack.encoded_run"), share("stack.encoded"), share("stack.visible"), count("stack.visible_chars")}
	stackV1Facts = []Fact{share("stack.alphanumeric"), share("stack.xml_header"), count("stack.data_chars")}
)

// Measures lists the facts of this dialect.
func (o Stack) Measures() []Fact { return slices.Concat(stackCommon, stackV2Facts) }

// Measures lists the facts of this dialect.
func (o StackV1) Measures() []Fact { return slices.Concat(stackCommon, stackV1Facts) }

// DefaultStack gives the paper's numbers.
func DefaultStack() Stack {
	return Stack{
		MaxLine: 1000, MaxMeanLine: 100, MaxLooseLine: 100_000,
		Loose:    []string{".html", ".htm", ".json", ".md", ".markdown", ".roff", ".man", ".smt2", ".tex", ".txt", ".xml"},
		MaxLines: 100_000, MaxDataLines: 512, Data: []string{".txt", ".json", ".yaml", ".yml", ".owl", ".dot", ".gv"},
		MinAlphabetic: 0.25, FreeAlphabet: []string{".asm", ".wat", ".wast"}, MaxEncodedRun: 1024, MaxEncoded: 0.5,
		MinVisible: 0.2, MinVisibleChars: 100,
	}
}

// Stage builds the rule. It marks "stack.*" facts and gives "clean.stack.*" verdicts; a fact is marked only for the files that it judges.
func (o Stack) Stage() (quern.Stage, error) {
	if o.MaxLine < 1 || o.MaxLooseLine < 1 || o.MaxLines < 1 || o.MaxDataLines < 1 || o.MaxEncodedRun < 1 || o.MinVisibleChars < 0 {
		return nil, fmt.Errorf("clean: stack: a bound on lines or runs is below 1, or min_visible_chars below 0")
	}
	if !(o.MaxMeanLine > 0 && o.MinAlphabetic >= 0 && o.MinAlphabetic <= 1 && o.MaxEncoded >= 0 && o.MinVisible >= 0 && o.MinVisible <= 1) {
		return nil, fmt.Errorf("clean: stack: max_mean_line must be positive, min_alphabetic and min_visible between 0 and 1, max_encoded not negative")
	}
	s := &stack{bounds: newBounds(o.Limits())}
	var err error
	for _, k := range []struct {
		to   *kinds
		list []string
	}{{&s.loose, o.Loose}, {&s.data, o.Data}, {&s.free, o.FreeAlphabet}} {
		if *k.to, err = newKinds("stack", k.list); err != nil {
			return nil, err
		}
	}
	return newCodeRules(s), nil
}

// Limits are the bounds in the order in which they rule.
func (o Stack) Limits() []Limit {
	return []Limit{
		most("stack.lines", float64(o.MaxLines), stackLines),
		most("stack.loose_line", float64(o.MaxLooseLine), stackMaxLine),
		most("stack.max_line", float64(o.MaxLine), stackMaxLine),
		most("stack.mean_line", o.MaxMeanLine, stackMeanLine),
		most("stack.data_lines", float64(o.MaxDataLines), stackData),
		least("stack.alphabetic", o.MinAlphabetic, stackAlphabetic),
		most("stack.encoded_run", float64(o.MaxEncodedRun), stackEncodedRun),
		most("stack.encoded", o.MaxEncoded, stackEncoded),
		least("stack.visible_chars", float64(o.MinVisibleChars), stackVisible),
		least("stack.visible", o.MinVisible, stackVisible),
	}
}

type stack struct {
	bounds
	loose, data, free kinds
}

func (r *stack) judge(s *codeScan, d *quern.Doc) quern.Verdict {
	s.needLines()
	s.needEncoded()
	d.Mark("stack.lines", float64(s.lines))
	if r.loose.has(&s.file) {
		d.Mark("stack.loose_line", float64(s.maxLine))
	} else {
		d.Mark("stack.max_line", float64(s.maxLine))
		d.Mark("stack.mean_line", ratio(s.lineChars, s.lines))
	}
	if r.data.has(&s.file) {
		d.Mark("stack.data_lines", float64(s.lines))
	}
	if !r.free.has(&s.file) {
		d.Mark("stack.alphabetic", ratio(s.letters, s.chars))
	}
	d.Mark("stack.encoded_run", float64(s.encodedRun))
	d.Mark("stack.encoded", ratio(s.encoded, s.chars))
	if s.file.lang.name == "html" {
		s.needVisible()
		d.Mark("stack.visible_chars", float64(s.visible))
		d.Mark("stack.visible", ratio(s.visible, s.chars))
	}
	return r.bounds.judge(d)
}

// StackV1 is the preprocessing of The Stack and StarCoder (bigcode-project/bigcode-dataset, preprocessing/filtering.py): lines, letters
// and digits, the declaration of XML in files of other endings, the size of data.
type StackV1 struct {
	MaxLine         int      `yaml:"max_line"`
	MaxMeanLine     float64  `yaml:"max_mean_line"`
	MinAlphanumeric float64  `yaml:"min_alphanumeric"` // share of letters and digits among all characters
	XMLHeader       bool     `yaml:"xml_header"`       // drop files whose first 100 characters have <?xml version=, unless their ending is in XML
	XML             []string `yaml:"xml"`              // extensions of files that are XML by right
	Data            []string `yaml:"data"`             // extensions of data, whose size is bounded
	MinDataChars    int      `yaml:"min_data_chars"`
	MaxDataChars    int      `yaml:"max_data_chars"`
}

// DefaultStackV1 gives the numbers of the peer: 1000, 100, 0.25, and 100 to 5000 characters of JSON and YAML.
func DefaultStackV1() StackV1 {
	return StackV1{MaxLine: 1000, MaxMeanLine: 100, MinAlphanumeric: 0.25, XMLHeader: true, XML: []string{".xml", ".xsl", ".svg"},
		Data: []string{".json", ".yaml", ".yml"}, MinDataChars: 100, MaxDataChars: 5000}
}

// Stage builds the rule. It marks "stack.*" facts and gives "clean.stack.*" verdicts.
func (o StackV1) Stage() (quern.Stage, error) {
	if o.MaxLine < 1 || !(o.MaxMeanLine > 0) || !(o.MinAlphanumeric >= 0 && o.MinAlphanumeric <= 1) {
		return nil, fmt.Errorf("clean: stack: max_line and max_mean_line must be positive, min_alphanumeric between 0 and 1")
	}
	if o.MinDataChars < 0 || o.MaxDataChars < o.MinDataChars {
		return nil, fmt.Errorf("clean: stack: data must have from %d to %d characters, which holds nothing", o.MinDataChars, o.MaxDataChars)
	}
	s := &stackV1{bounds: newBounds(o.Limits()), header: o.XMLHeader}
	var err error
	if s.data, err = newKinds("stack", o.Data); err != nil {
		return nil, err
	}
	if s.xml, err = newKinds("stack", o.XML); err != nil {
		return nil, err
	}
	return newCodeRules(s), nil
}

// Limits are the bounds in the order in which they rule.
func (o StackV1) Limits() []Limit {
	return []Limit{
		most("stack.max_line", float64(o.MaxLine), stackMaxLine),
		most("stack.mean_line", o.MaxMeanLine, stackMeanLine),
		least("stack.alphanumeric", o.MinAlphanumeric, stackAlnum),
		most("stack.xml_header", 0, stackXML),
		{Fact: "stack.data_chars", Min: float64(o.MinDataChars), Max: float64(o.MaxDataChars), Verdict: stackDataSize},
	}
}

type stackV1 struct {
	bounds
	data, xml kinds
	header    bool
}

func (r *stackV1) judge(s *codeScan, d *quern.Doc) quern.Verdict {
	s.needLines()
	d.Mark("stack.max_line", float64(s.maxLine))
	d.Mark("stack.mean_line", ratio(s.lineChars, s.lines))
	d.Mark("stack.alphanumeric", ratio(s.letters+s.numbers, s.chars))
	if r.header && !r.xml.has(&s.file) {
		d.Mark("stack.xml_header", indicator(s.xmlHeader()))
	}
	if r.data.has(&s.file) {
		d.Mark("stack.data_chars", float64(s.chars))
	}
	return r.bounds.judge(d)
}

// stackConfig gives the options of a dialect.
func stackConfig(dialect string) Config {
	if dialect == "v1" {
		o := DefaultStackV1()
		return &o
	}
	o := DefaultStack()
	return &o
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
