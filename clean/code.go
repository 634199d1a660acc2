package clean

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

const (
	codeMaxLine    quern.Verdict = "clean.stack.long_line"
	codeMeanLine   quern.Verdict = "clean.stack.mean_line"
	codeLines      quern.Verdict = "clean.stack.lines"
	codeData       quern.Verdict = "clean.stack.data"
	codeAlphabetic quern.Verdict = "clean.stack.alphabetic"
	codeEncodedRun quern.Verdict = "clean.stack.encoded_run"
	codeEncoded    quern.Verdict = "clean.stack.encoded"
)

// Stack is the line, alphabet and encoded-data filter of The Stack v2 (StarCoder2, arXiv 2402.19173, section 3.1). Lengths are in
// code points. The kind of a file is the extension of Doc.Origin. The paper's filter on the visible text of HTML is not here.
type Stack struct {
	MaxLine       int      `yaml:"max_line"`        // longest line
	MaxMeanLine   float64  `yaml:"max_mean_line"`   // mean length of a line
	MaxLooseLine  int      `yaml:"max_loose_line"`  // longest line of the kinds in Loose, which have no bound on the mean
	Loose         []string `yaml:"loose"`           // extensions of markup and text, whose paragraphs are lines
	MaxLines      int      `yaml:"max_lines"`       // number of lines
	MaxDataLines  int      `yaml:"max_data_lines"`  // number of lines of the kinds in Data
	Data          []string `yaml:"data"`            // extensions of files that are mostly data
	MinAlphabetic float64  `yaml:"min_alphabetic"`  // share of letters among all characters
	FreeAlphabet  []string `yaml:"free_alphabet"`   // extensions without that bound: assembly of numbers
	MaxEncodedRun int      `yaml:"max_encoded_run"` // longest run of base64, hexadecimal bytes or \u escapes
	MaxEncoded    float64  `yaml:"max_encoded"`     // share of the text in such runs
}

var stackFacts = []Fact{count("code.lines"), count("code.max_line"), {"code.mean_line", 1, 1e4, 60, true}, share("code.alphabetic"),
	share("code.encoded"), count("code.encoded_run")}

// DefaultStack gives the paper's numbers.
func DefaultStack() Stack {
	return Stack{
		MaxLine: 1000, MaxMeanLine: 100, MaxLooseLine: 100_000,
		Loose:    []string{".html", ".htm", ".json", ".md", ".markdown", ".roff", ".man", ".smt2", ".tex", ".txt", ".xml"},
		MaxLines: 100_000, MaxDataLines: 512, Data: []string{".txt", ".json", ".yaml", ".yml", ".owl", ".dot", ".gv"},
		MinAlphabetic: 0.25, FreeAlphabet: []string{".asm", ".wat", ".wast"}, MaxEncodedRun: 1024, MaxEncoded: 0.5,
	}
}

// Stage builds the rule. It marks "code.*" facts and gives "clean.stack.*" verdicts.
func (o Stack) Stage() (quern.Stage, error) {
	if o.MaxLine < 1 || o.MaxLooseLine < 1 || o.MaxLines < 1 || o.MaxDataLines < 1 || o.MaxEncodedRun < 1 {
		return nil, fmt.Errorf("clean: stack: a bound on lines or runs is below 1")
	}
	if o.MaxMeanLine <= 0 || o.MinAlphabetic < 0 || o.MinAlphabetic > 1 || o.MaxEncoded < 0 {
		return nil, fmt.Errorf("clean: stack: max_mean_line must be positive, min_alphabetic between 0 and 1, max_encoded not negative")
	}
	for _, list := range [][]string{o.Loose, o.Data, o.FreeAlphabet} {
		for _, e := range list {
			if !strings.HasPrefix(e, ".") || strings.ToLower(e) != e {
				return nil, fmt.Errorf("clean: stack: extension %q: want a dot and lower case", e)
			}
		}
	}
	return &stack{opt: o}, nil
}

type stack struct{ opt Stack }

func (s *stack) Apply(d *quern.Doc) (quern.Verdict, error) {
	o := &s.opt
	f := measureCode(d.Text)
	mean, alphabetic, encoded := ratio(f.chars-f.breaks, f.lines), ratio(f.letters, f.chars), ratio(f.encoded, len(d.Text))
	d.Mark("code.lines", float64(f.lines))
	d.Mark("code.max_line", float64(f.maxLine))
	d.Mark("code.mean_line", mean)
	d.Mark("code.alphabetic", alphabetic)
	d.Mark("code.encoded", encoded)
	d.Mark("code.encoded_run", float64(f.encodedRun))
	ext := strings.ToLower(path.Ext(d.Origin))
	loose := slices.Contains(o.Loose, ext)
	switch {
	case f.lines > o.MaxLines:
		return d.Fail(codeLines, float64(f.lines), float64(o.MaxLines)), nil
	case loose && f.maxLine > o.MaxLooseLine:
		return d.Fail(codeMaxLine, float64(f.maxLine), float64(o.MaxLooseLine)), nil
	case !loose && f.maxLine > o.MaxLine:
		return d.Fail(codeMaxLine, float64(f.maxLine), float64(o.MaxLine)), nil
	case !loose && mean > o.MaxMeanLine:
		return d.Fail(codeMeanLine, mean, o.MaxMeanLine), nil
	case slices.Contains(o.Data, ext) && f.lines > o.MaxDataLines:
		return d.Fail(codeData, float64(f.lines), float64(o.MaxDataLines)), nil
	case alphabetic < o.MinAlphabetic && !slices.Contains(o.FreeAlphabet, ext):
		return d.Fail(codeAlphabetic, alphabetic, o.MinAlphabetic), nil
	case f.encodedRun > o.MaxEncodedRun:
		return d.Fail(codeEncodedRun, float64(f.encodedRun), float64(o.MaxEncodedRun)), nil
	case encoded > o.MaxEncoded:
		return d.Fail(codeEncoded, encoded, o.MaxEncoded), nil
	}
	return quern.Keep, nil
}

// codeFacts are counted in code points, encoded data in bytes (it is ASCII).
type codeFacts struct {
	chars, letters, breaks, lines, maxLine, encoded, encodedRun int
}

func measureCode(text []byte) (f codeFacts) {
	line := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c < 0x80 {
			i++
			f.chars++
			if c == '\n' {
				f.breaks++
				f.maxLine = max(f.maxLine, line)
				line = 0
				continue
			}
			line++
			if (c|0x20)-'a' < 26 {
				f.letters++
			}
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		i += n
		f.chars++
		line++
		if unicode.IsLetter(r) {
			f.letters++
		}
	}
	f.maxLine = max(f.maxLine, line)
	f.lines = f.breaks
	if len(text) > 0 && text[len(text)-1] != '\n' {
		f.lines++
	}
	f.encoded, f.encodedRun = encodedRuns(text)
	return f
}

// encodedRuns finds data in a text: 64 or more base64 digits, line breaks within allowed; 8 or more hexadecimal bytes, each
// perhaps after 0x or \x, apart by a comma or white space; 8 or more \u escapes. It gives the bytes in runs and the longest run.
func encodedRuns(text []byte) (total, longest int) {
	for i := 0; i < len(text); {
		n := encodedAt(text, i)
		if n == 0 {
			// A run cannot begin later within this word: every later start gives a part of what was refused.
			for i++; i < len(text) && isBase64(text[i-1]) && isBase64(text[i]); i++ {
			}
			continue
		}
		total += n
		longest = max(longest, n)
		i += n
	}
	return total, longest
}

func isBase64(c byte) bool { return isAlnum(c) || c == '+' || c == '/' || c == '=' }

func encodedAt(text []byte, i int) int {
	c := text[i]
	if c == '\\' {
		if n := escapeRun(text[i:]); n > 0 {
			return n
		}
		return hexRun(text[i:])
	}
	if !isBase64(c) {
		return 0
	}
	end, line := i, 0
	for end < len(text) && (isBase64(text[end]) || text[end] == '\n' && line >= encodedLine) {
		if line++; text[end] == '\n' {
			line = 0
		}
		end++
	}
	for text[end-1] == '\n' {
		end--
	}
	if end-i >= 64 {
		return end - i
	}
	return hexRun(text[i:])
}

// encodedLine is the least length of a line of base64 that goes on after its break: a column of words is no data.
const encodedLine = 32

func isHex(c byte) bool { return c-'0' < 10 || (c|0x20)-'a' < 6 }

func hexRun(b []byte) int {
	i, end, pairs := 0, 0, 0
	for {
		j := i
		if j+1 < len(b) && (b[j] == '0' && b[j+1]|0x20 == 'x' || b[j] == '\\' && b[j+1] == 'x') {
			j += 2
		}
		if j+1 >= len(b) || !isHex(b[j]) || !isHex(b[j+1]) {
			break
		}
		j += 2
		if j < len(b) && isAlnum(b[j]) {
			break // a longer number or a word, not a byte
		}
		pairs++
		end = j
		if j < len(b) && b[j] == ',' {
			j++
		}
		for j < len(b) && (b[j] == ' ' || b[j] == '\n' || b[j] == '\t' || b[j] == '\r') {
			j++
		}
		i = j
	}
	if pairs < 8 {
		return 0
	}
	return end
}

func escapeRun(b []byte) int {
	n := 0
	for n+6 <= len(b) && b[n] == '\\' && b[n+1] == 'u' && isHex(b[n+2]) && isHex(b[n+3]) && isHex(b[n+4]) && isHex(b[n+5]) {
		n += 6
	}
	if n < 8*6 {
		return 0
	}
	return n
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
