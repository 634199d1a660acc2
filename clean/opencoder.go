package clean

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/seed-83c59573/quern"
)

// OpenCoder is the filter of OpenCoder's data for code (arXiv 2411.04905, appendix; OpenCoder-llm/opc_data_filtering,
// pipeline/code_filter_config.py): general rules, and others for data, HTML, shell, SQL, Python and Go. The language of a file is that
// of "language" in Doc.Meta, else its ending's.
//
// Words are runs of letters and digits in lower case; n-grams are RedPajama v2's. Strings are those of the language, where the peer takes
// any two quotes of the code for one. The syntax tree of Python is approximated by lines and brackets; other languages have the general
// rules. Where the peer drops by chance, so does this, by a hash of Doc.ID and Seed.
type OpenCoder struct {
	Seed       uint64  `yaml:"seed"`
	DropChance float64 `yaml:"drop_chance"` // of files without logic and of Go's tests

	MinChars       int       `yaml:"min_chars"`
	MaxDataChars   int       `yaml:"max_data_chars"` // of JSON, YAML and other data
	MaxBytes       int       `yaml:"max_bytes"`
	MinWords       int       `yaml:"min_words"`
	MinMeanWord    float64   `yaml:"min_mean_word"`
	MaxMeanWord    float64   `yaml:"max_mean_word"`
	MinUniqueWords float64   `yaml:"min_unique_words"` // of data: share of different words
	MaxTopGrams    []float64 `yaml:"max_top_grams"`    // for n = 2, 3, 4: characters of the most frequent n-gram
	MaxDupGrams    []float64 `yaml:"max_dup_grams"`    // for n = 5 … 10: characters in n-grams that stand more than once
	MaxHTMLGrams   float64   `yaml:"max_html_grams"`   // of HTML, for each of n = 5 … 10
	MaxReplacement float64   `yaml:"max_replacement"`  // share of U+FFFD

	MinLines      int     `yaml:"min_lines"`
	MaxLines      int     `yaml:"max_lines"`
	MaxLine       int     `yaml:"max_line"` // with its line feed
	MinMeanLine   float64 `yaml:"min_mean_line"`
	MaxMeanLine   float64 `yaml:"max_mean_line"`
	MaxDupLines   float64 `yaml:"max_dup_lines"`  // share of lines of code, but for single signs, that stand more than once
	MinAlphabetic float64 `yaml:"min_alphabetic"` // share of letters among characters that are no space
	MaxDigits     float64 `yaml:"max_digits"`
	MaxSQLDigits  float64 `yaml:"max_sql_digits"`
	MaxSpaces     float64 `yaml:"max_spaces"` // share of white space

	MaxComments    float64 `yaml:"max_comments"`
	XMLHeader      bool    `yaml:"xml_header"`       // drop what has <?xml version= in its first 100 characters
	Generated      bool    `yaml:"generated"`        // drop what has "generate", "autogen" or "do not edit" in its first 200 characters
	MaxLongStrings float64 `yaml:"max_long_strings"` // lines of strings with more than 20 tokens per line of code
	MaxStrings     float64 `yaml:"max_strings"`      // share of characters of code in strings
	MaxLongWords   float64 `yaml:"max_long_words"`   // share of characters of code in words of strings longer than 20, but for addresses
	MaxHex         float64 `yaml:"max_hex"`          // share of characters of code in numbers such as 0x1F
	MaxEncodedRun  int     `yaml:"max_encoded_run"`
	MaxEncoded     float64 `yaml:"max_encoded"`
	MaxPrompts     float64 `yaml:"max_prompts"` // lines of comments with "todo", "fixme", "your code here" per line
	MaxAsserts     float64 `yaml:"max_asserts"` // share of lines of code with "assert"

	MinVisible      float64 `yaml:"min_visible"` // of HTML
	MinVisibleChars int     `yaml:"min_visible_chars"`

	MaxFunctions float64 `yaml:"max_functions"`  // Python and Go: functions per line of code
	MaxPrints    float64 `yaml:"max_prints"`     // share of lines that print
	MaxNoLogic   float64 `yaml:"max_no_logic"`   // share of declarations, imports and returns; above, DropChance rules
	MaxPass      float64 `yaml:"max_pass"`       // Python: share of lines with "pass"
	MaxImports   float64 `yaml:"max_imports"`    // Python: share of lines with "import"
	MaxOneLiners float64 `yaml:"max_one_liners"` // Python: functions of one return per line of code
	Parses       bool    `yaml:"parses"`         // Python: drop what has brackets or strings that are not closed, or statements of version 2
	Variables    bool    `yaml:"variables"`      // Python: drop what assigns nothing
	GoTests      bool    `yaml:"go_tests"`       // drop files named _test.go by DropChance
}

// DefaultOpenCoder gives the peer's numbers.
func DefaultOpenCoder() OpenCoder {
	return OpenCoder{
		DropChance: 0.8, MinChars: 50, MaxDataChars: 5000, MaxBytes: 3_000_000, MinWords: 30, MinMeanWord: 2, MaxMeanWord: 10,
		MinUniqueWords: 0.4, MaxTopGrams: []float64{0.2, 0.18, 0.16}, MaxDupGrams: []float64{0.8, 0.7, 0.7, 0.7, 0.7, 0.6},
		MaxHTMLGrams: 0.6, MaxReplacement: 0.01, MinLines: 10, MaxLines: 100_000, MaxLine: 1000, MinMeanLine: 5, MaxMeanLine: 100,
		MaxDupLines: 0.7, MinAlphabetic: 0.5, MaxDigits: 0.2, MaxSQLDigits: 0.3, MaxSpaces: 0.5, MaxComments: 0.8, XMLHeader: true,
		Generated: true, MaxLongStrings: 0.2, MaxStrings: 0.6, MaxLongWords: 0.4, MaxHex: 0.4, MaxEncodedRun: 1024, MaxEncoded: 0.5,
		MaxPrompts: 0.01, MaxAsserts: 0.4, MinVisible: 0.2, MinVisibleChars: 100, MaxFunctions: 0.2, MaxPrints: 0.4, MaxNoLogic: 0.5,
		MaxPass: 0.05, MaxImports: 0.3, MaxOneLiners: 0.1, Parses: true, Variables: true, GoTests: true,
	}
}

// Stage builds the rule. It marks "opencoder.*" facts, each for the files that it judges, and gives "clean.opencoder.*" verdicts.
func (o OpenCoder) Stage() (quern.Stage, error) {
	if len(o.MaxTopGrams) != 3 || len(o.MaxDupGrams) != 6 {
		return nil, fmt.Errorf("clean: opencoder: want 3 numbers in max_top_grams (for 2, 3, 4) and 6 in max_dup_grams (for 5 to 10), not %d and %d",
			len(o.MaxTopGrams), len(o.MaxDupGrams))
	}
	if !(o.DropChance >= 0 && o.DropChance <= 1) {
		return nil, fmt.Errorf("clean: opencoder: drop_chance is %v, want 0 to 1", o.DropChance)
	}
	for _, l := range o.Limits() {
		if l.Min != l.Min || l.Max != l.Max || l.Max < 0 || l.Max < l.Min {
			return nil, fmt.Errorf("clean: opencoder: the bounds of %s, %v and %v, let nothing pass", l.Fact, l.Min, l.Max)
		}
	}
	return newCodeRules(&openCoder{bounds: newBounds(o.Limits()), opt: o}), nil
}

type openCoder struct {
	bounds
	opt OpenCoder
	t   openText
}

var (
	openTop = [3]string{"opencoder.top_2_gram", "opencoder.top_3_gram", "opencoder.top_4_gram"}
	openDup = [6]string{"opencoder.dup_5_grams", "opencoder.dup_6_grams", "opencoder.dup_7_grams", "opencoder.dup_8_grams",
		"opencoder.dup_9_grams", "opencoder.dup_10_grams"}
)

// Groups of languages that have rules of their own.
const (
	openOther = iota
	openData
	openHTML
	openShell
	openSQL
	openPython
	openGo
)

func openGroup(l *codeLang) int {
	switch l.name {
	case "json", "yaml", "xml", "toml", "csv", "tsv", "ini", "geojson", "jsonld", "json5", "json with comments", "graphviz (dot)":
		return openData
	case "html":
		return openHTML
	case "shell", "powershell", "fish":
		return openShell
	case "sql", "plpgsql", "plsql", "tsql":
		return openSQL
	case "python":
		return openPython
	case "go":
		return openGo
	}
	return openOther
}

func (r *openCoder) judge(s *codeScan, d *quern.Doc) quern.Verdict {
	s.needLines()
	s.needEncoded()
	s.needSpans()
	r.t.measure(s)
	group := openGroup(s.file.lang)
	r.markText(s, d, group)
	r.markCode(s, d, group)
	switch group {
	case openHTML:
		s.needVisible()
		d.Mark("opencoder.visible_chars", float64(s.visible))
		d.Mark("opencoder.visible", ratio(s.visible, s.chars))
	case openPython:
		l := r.t.pythonLogic(s)
		r.markLogic(d, &l, r.t.prints)
		d.Mark("opencoder.pass", ratio(r.t.passes, len(r.t.lines)))
		d.Mark("opencoder.imports", ratio(l.imports, len(r.t.lines)))
		d.Mark("opencoder.one_liners", ratio(l.oneLiners, len(r.t.lines)))
		if r.opt.Parses {
			d.Mark("opencoder.broken", indicator(l.broken))
		}
		if r.opt.Variables {
			d.Mark("opencoder.variables", indicator(l.variables))
		}
	case openGo:
		l := r.t.goLogic()
		r.markLogic(d, &l, r.t.goPrints)
		if r.opt.GoTests && isGoTest(d) {
			d.Mark("opencoder.go_test", indicator(r.drawn(d, "opencoder.go_test")))
		}
	}
	return r.bounds.judge(d)
}

// markText marks what is asked of any text.
func (r *openCoder) markText(s *codeScan, d *quern.Doc, group int) {
	t := &r.t
	d.Mark("opencoder.chars", float64(s.chars))
	d.Mark("opencoder.bytes", float64(len(s.text)))
	d.Mark("opencoder.words", float64(t.words))
	d.Mark("opencoder.mean_word", ratio(t.wordChars, t.words))
	d.Mark("opencoder.replacement", ratio(t.replacement, s.chars))
	for i, v := range t.top {
		d.Mark(openTop[i], v)
	}
	most := 0.0
	for i, v := range t.dups {
		if most = max(most, v); group != openHTML {
			d.Mark(openDup[i], v)
		}
	}
	if group == openHTML {
		d.Mark("opencoder.html_grams", most)
	}
	if group == openData {
		d.Mark("opencoder.data_chars", float64(s.chars))
		d.Mark("opencoder.unique_words", ratio(t.different(), t.words))
	}
	d.Mark("opencoder.lines", float64(s.feeds))
	d.Mark("opencoder.max_line", float64(s.maxFeedLine))
	d.Mark("opencoder.mean_line", ratio(s.chars, s.feeds))
	d.Mark("opencoder.alphabetic", ratio(s.letters, s.chars-s.spaces))
	digits := "opencoder.digits"
	if group == openSQL {
		digits = "opencoder.sql_digits"
	}
	d.Mark(digits, ratio(s.digits, s.chars-s.spaces))
	d.Mark("opencoder.spaces", ratio(s.spaces, s.chars))
}

// markCode marks what is asked of code in general.
func (r *openCoder) markCode(s *codeScan, d *quern.Doc, group int) {
	t := &r.t
	d.Mark("opencoder.dup_lines", ratio(t.dupLines, len(t.lines)))
	if r.opt.XMLHeader {
		d.Mark("opencoder.xml_header", indicator(s.xmlHeader()))
	}
	if r.opt.Generated {
		d.Mark("opencoder.generated", indicator(saysGenerated(s.text)))
	}
	d.Mark("opencoder.encoded_run", float64(s.encodedRun))
	d.Mark("opencoder.encoded", ratio(s.encoded, s.chars))
	d.Mark("opencoder.hex", ratio(t.hexWords, s.codeChars))
	if group != openHTML {
		d.Mark("opencoder.comments", ratio(s.plainCommentChr, s.chars))
		d.Mark("opencoder.long_words", ratio(t.longWords, s.codeChars))
	}
	if group != openHTML && group != openData {
		d.Mark("opencoder.prompts", ratio(t.prompts, s.feeds))
		if group != openShell {
			d.Mark("opencoder.long_strings", ratio(t.longStringLines, len(t.lines)))
			d.Mark("opencoder.strings", ratio(t.strings, s.codeChars))
			if group != openGo {
				d.Mark("opencoder.asserts", ratio(t.asserts, len(t.lines)))
			}
		}
	}
}

func (r *openCoder) markLogic(d *quern.Doc, l *openLogic, prints int) {
	lines := len(r.t.lines)
	d.Mark("opencoder.functions", ratio(l.functions, lines))
	d.Mark("opencoder.prints", ratio(prints, lines))
	noLogic := l.noLogic(lines)
	d.Mark("opencoder.no_logic", noLogic)
	if r.drawn(d, "opencoder.no_logic") {
		d.Mark("opencoder.no_logic_drawn", noLogic)
	}
}

// drawn tells whether chance drops a document.
func (r *openCoder) drawn(d *quern.Doc, why string) bool {
	return float64(quern.Seed(r.opt.Seed, why, d.ID)>>11)/(1<<53) < r.opt.DropChance
}

func isGoTest(d *quern.Doc) bool {
	if p, ok := metaString(d.Meta, "path"); ok {
		return bytes.HasSuffix(p, []byte("_test.go"))
	}
	return len(d.Origin) >= 8 && d.Origin[len(d.Origin)-8:] == "_test.go"
}

// saysGenerated looks at the first 200 characters, here bytes.
func saysGenerated(text []byte) bool {
	head := text[:min(len(text), 200)]
	return containsFold(head, "generate") || containsFold(head, "autogen") || containsFold(head, "do not edit")
}

// different counts the different words.
func (o *openText) different() (n int) {
	o.gramCounts.reset(len(o.hashes))
	for _, h := range o.hashes {
		if o.gramCounts.of(h) == 0 {
			n++
		}
		o.gramCounts.add(h)
	}
	return n
}

func openVerdict(reason string) quern.Verdict { return quern.Verdict("clean.opencoder." + reason) }

func gramVerdict(kind string, n int) quern.Verdict {
	return openVerdict(kind + "_" + strconv.Itoa(n) + "_gram")
}
