package clean

import (
	"bytes"
	"fmt"

	"github.com/seed-83c59573/quern"
)

const (
	rwEmpty   quern.Verdict = "clean.refinedweb_lines.empty"
	rwRemoved quern.Verdict = "clean.refinedweb_lines.removed"
)

// RefinedWebLines is the line-wise correction of RefinedWeb (Penedo et al. 2023, arXiv 2306.01116, appendix G.2) as DCLM rebuilt it
// (mlfoundations/dclm, baselines/mappers/modifiers.py): lines of capitals, of digits, counters such as "3 likes" and lines of a
// single word go, three phrases are cut from short lines, and a text that lost too many words is dropped. Lines end at "\n"; empty
// lines stay. The words of min_line_words and cut_line_words stand between white space; those that were removed are socialCounts as runs
// between ASCII space that begin with a letter or a number, as there.
//
// The peer writes its phrases as regular expressions, so that the dots of "Read more..." stand for any three characters. DCLM
// shortens runs of line feeds before the corrections, OLMo 3's datamap-rs also behind them; so does this rule.
type RefinedWebLines struct {
	MaxUppercase float64 `yaml:"max_uppercase"`   // share of a line's code points; a line beyond goes
	MaxNumeric   float64 `yaml:"max_numeric"`     // share of digits
	Counters     bool    `yaml:"counters"`        // remove lines like "1.2K views"
	MinLineWords int     `yaml:"min_line_words"`  // a line with fewer goes
	CutLineWords int     `yaml:"cut_line_words"`  // "items in cart", "Read more..." and "Sign-in" are cut from lines of at most so many words; 0 = never
	MaxRemoved   float64 `yaml:"max_removed"`     // share of the words; a text that loses more is dropped
	MaxNewlines  int     `yaml:"newlines_in_row"` // in a row; 0 = any number
}

var refinedWebFacts = []Fact{share("refinedweb_lines.removed"), count("refinedweb_lines.words"), count("refinedweb_lines.uppercase"),
	count("refinedweb_lines.numeric"), count("refinedweb_lines.counters"), count("refinedweb_lines.short"), count("refinedweb_lines.cut")}

// DefaultRefinedWebLines gives the numbers of DCLM-Baseline.
func DefaultRefinedWebLines() RefinedWebLines {
	return RefinedWebLines{MaxUppercase: 0.5, MaxNumeric: 0.999999, Counters: true, MinLineWords: 2, CutLineWords: 10, MaxRemoved: 0.05,
		MaxNewlines: 2}
}

// Limits are the bounds in the order in which they rule.
func (o RefinedWebLines) Limits() []Limit {
	return []Limit{most("refinedweb_lines.removed", o.MaxRemoved, rwRemoved), least("refinedweb_lines.words", 1, rwEmpty)}
}

// Stage builds the rule. It marks "refinedweb_lines.*" facts, how many lines each correction took, and gives
// "clean.refinedweb_lines.*" verdicts. What it removes is reported as spans of the same names.
func (o RefinedWebLines) Stage() (quern.Stage, error) {
	if !(o.MaxUppercase >= 0 && o.MaxNumeric >= 0) || o.MinLineWords < 0 || o.CutLineWords < 0 || o.MaxNewlines < 0 {
		return nil, fmt.Errorf("clean: refinedweb_lines: a limit is negative")
	}
	if err := checkLimits("refinedweb_lines", o.Limits()); err != nil {
		return nil, err
	}
	return &refinedWeb{opt: o, bounds: newBounds(o.Limits())}, nil
}

type refinedWeb struct {
	bounds
	opt   RefinedWebLines
	text  []byte // a copy of the text, in which cuts move what is behind them in the line
	lines []rwLine
	out   []byte
}

// rwLine is what is left of a line: text[from:to].
type rwLine struct {
	from, to int
	lost     int // bytes that cuts have taken from within
}

func (s *refinedWeb) Apply(d *quern.Doc) (quern.Verdict, error) {
	if v := refuseText(d); v != quern.Keep {
		return v, nil
	}
	s.text = append(s.text[:0], d.Text...)
	s.split()
	before := s.words()
	o := &s.opt
	uppercase := s.drop(d, "refinedweb_lines.uppercase", func(line []byte) bool { return shareOf(line, hasCapital, isUpper) > o.MaxUppercase })
	s.strip()
	numeric := s.drop(d, "refinedweb_lines.numeric", func(line []byte) bool { return shareOf(line, hasDigit, isDigit) > o.MaxNumeric })
	s.strip()
	counters := 0
	if o.Counters {
		counters = s.drop(d, "refinedweb_lines.counters", isCounter)
		s.strip()
	}
	short := s.drop(d, "refinedweb_lines.short", func(line []byte) bool { return countFields(line, o.MinLineWords) < o.MinLineWords })
	cut := 0
	if o.CutLineWords > 0 {
		cut += s.cut(d, findCart, true)
		s.strip()
		cut += s.cut(d, findReadMore, false)
		s.strip()
		cut += s.cut(d, findSignIn, false)
		s.strip()
	}
	after := s.words()
	removed := 1.0
	if before > 0 {
		removed = float64(before-after) / float64(before)
	}
	d.Mark("refinedweb_lines.removed", max(removed, 0))
	d.Mark("refinedweb_lines.words", float64(after))
	d.Mark("refinedweb_lines.uppercase", float64(uppercase))
	d.Mark("refinedweb_lines.numeric", float64(numeric))
	d.Mark("refinedweb_lines.counters", float64(counters))
	d.Mark("refinedweb_lines.short", float64(short))
	d.Mark("refinedweb_lines.cut", float64(cut))
	if v := s.judge(d); v != quern.Keep {
		return v, nil
	}
	d.Text = s.join()
	return quern.Keep, nil
}

func (s *refinedWeb) split() {
	s.lines = s.lines[:0]
	for from := 0; from <= len(s.text); {
		to, next := nextPiece(s.text, from, newline)
		s.lines = append(s.lines, rwLine{from: from, to: to})
		from = next
	}
}

// drop removes the lines that test gives, empty lines aside, and counts them.
func (s *refinedWeb) drop(d *quern.Doc, name string, test func([]byte) bool) (n int) {
	kept := s.lines[:0]
	for _, l := range s.lines {
		if l.from < l.to && test(s.text[l.from:l.to]) {
			n++
			d.Span(name, l.from, l.to+l.lost, 1)
			continue
		}
		kept = append(kept, l)
	}
	s.lines = kept
	return n
}

// cut takes a phrase out of short lines, all of them or the first that find gives, and the line if nothing is left. It counts the
// lines.
func (s *refinedWeb) cut(d *quern.Doc, find func(line []byte) (from, to int), all bool) (n int) {
	kept := s.lines[:0]
	for _, l := range s.lines {
		line := s.text[l.from:l.to]
		a, b := find(line)
		if len(line) == 0 || a < b && countFields(line, s.opt.CutLineWords+1) > s.opt.CutLineWords {
			kept = append(kept, l)
			continue
		}
		size, rest := 0, line // line[:size] is done, rest is not yet
		for ; a < b; a, b = find(rest) {
			at := l.from + size + l.lost
			d.Span("refinedweb_lines.cut", at+a, at+b, 1)
			copy(rest[a:], rest[b:])
			rest = rest[:len(rest)-(b-a)]
			l.to -= b - a
			l.lost += b - a
			size += a
			rest = rest[a:]
			if !all {
				break
			}
		}
		if len(line) > l.to-l.from {
			n++
		}
		if a, b := trimSpaces(s.text, l.from, l.to); a < b {
			kept = append(kept, l)
		}
	}
	s.lines = kept
	return n
}

// strip removes white space at both ends of the text.
func (s *refinedWeb) strip() {
	blank := 0
	for ; blank < len(s.lines); blank++ {
		l := &s.lines[blank]
		if a, b := trimSpaces(s.text, l.from, l.to); a < b {
			l.from = a
			break
		}
	}
	s.lines = s.lines[:copy(s.lines, s.lines[blank:])]
	for n := len(s.lines) - 1; n >= 0; n-- {
		l := &s.lines[n]
		if a, b := trimSpaces(s.text, l.from, l.to); a < b {
			l.to = b
			break
		}
		s.lines = s.lines[:n]
	}
}

// words counts runs between ASCII space that begin with a letter or a number.
func (s *refinedWeb) words() (n int) {
	for _, l := range s.lines {
		gap := true
		for i, c := range s.text[l.from:l.to] {
			if asciiGap(c) {
				gap = true
				continue
			}
			if gap && beginsWord(s.text[l.from+i:l.to]) {
				n++
			}
			gap = false
		}
	}
	return n
}

// join writes what is left, with no more line feeds in a row than allowed.
func (s *refinedWeb) join() []byte {
	s.out = s.out[:0]
	run := 0
	for i, l := range s.lines {
		if l.from == l.to && s.opt.MaxNewlines > 0 && run >= s.opt.MaxNewlines {
			continue
		}
		if i > 0 && (s.opt.MaxNewlines == 0 || run < s.opt.MaxNewlines) {
			s.out = append(s.out, '\n')
			run++
		}
		if l.from < l.to {
			s.out = append(s.out, s.text[l.from:l.to]...)
			run = 0
		}
	}
	return s.out
}

// countFields counts runs between white space, but not beyond enough.
func countFields(line []byte, enough int) (n int) {
	in := false
	for i := 0; i < len(line) && n < enough; {
		is, size := spaceAt(line, i)
		if !is && !in {
			n++
		}
		in = !is
		i += size
	}
	return n
}

// findCart, findReadMore and findSignIn give the place of a phrase in a line, with one space beside it; from = to if there is none.
func findCart(line []byte) (from, to int) {
	const phrase = "items in cart"
	for i := 0; i+len(phrase) <= len(line); i++ {
		next := bytes.IndexAny(line[i:], "iI")
		if next < 0 {
			break
		}
		if i += next; foldedAt(line, i, phrase) {
			return spaceBefore(line, i), i + len(phrase)
		}
	}
	return 0, 0
}

func findReadMore(line []byte) (from, to int) {
	const phrase = "read more"
	at := len(line)
	for range 3 {
		if at == 0 {
			return 0, 0
		}
		for at--; at > 0 && line[at]&0xC0 == 0x80; at-- {
		}
	}
	if at -= len(phrase); at < 0 || !foldedAt(line, at, phrase) {
		return 0, 0
	}
	return spaceBefore(line, at), len(line)
}

func findSignIn(line []byte) (from, to int) {
	const phrase = "sign-in"
	if !foldedAt(line, 0, phrase) {
		return 0, 0
	}
	to = len(phrase)
	if to < len(line) {
		if is, size := spaceAt(line, to); is {
			to += size
		}
	}
	return 0, to
}

// spaceBefore is where the space before i begins, i if there is none.
func spaceBefore(line []byte, i int) int {
	start := i - 1
	for start > 0 && line[start]&0xC0 == 0x80 {
		start--
	}
	if start < 0 {
		return i
	}
	if is, _ := spaceAt(line, start); is {
		return start
	}
	return i
}
