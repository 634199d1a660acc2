package clean

import (
	"bytes"
	"math"
	"unicode"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

const codeTooLarge quern.Verdict = "clean.code.too_large"

// codeRule judges by what a codeScan measures. It marks its facts and rules; it never rewrites a text.
type codeRule interface {
	judge(s *codeScan, d *quern.Doc) quern.Verdict
}

// codeRules is a Stage of several rules for source code that share one scan of the text. What no rule asks for is not measured; a rule
// behind a verdict measures only if all is set.
type codeRules struct {
	rules []codeRule
	scan  codeScan
	all   bool
}

func newCodeRules(r ...codeRule) *codeRules { return &codeRules{rules: r} }

// join gives a stage of these rules and those of s, nil if s has none of the kind.
func (c *codeRules) join(s quern.Stage) quern.Stage {
	next, ok := s.(*codeRules)
	if !ok {
		return nil
	}
	return &codeRules{rules: append(append([]codeRule{}, c.rules...), next.rules...), all: c.all}
}

// Apply rules by the first rule that does not keep d.
func (c *codeRules) Apply(d *quern.Doc) (quern.Verdict, error) {
	if len(d.Text) > math.MaxInt32 {
		return d.Fail(codeTooLarge, float64(len(d.Text)), math.MaxInt32), nil
	}
	if v := checkText(d); v != quern.Keep {
		return v, nil
	}
	c.scan.reset(d)
	first, drop := quern.Keep, quern.Drop{}
	for _, r := range c.rules {
		v := r.judge(&c.scan, d)
		if v == quern.Keep || first != quern.Keep {
			continue
		}
		if first, drop = v, d.Drop; !c.all {
			break
		}
	}
	d.Drop = drop
	return first, nil
}

// codeScan measures a file of source code, each part when it is asked for first. Lengths are in code points.
type codeScan struct {
	text []byte
	file codeFile
	done uint8 // parts that are measured
	hist [256]uint32

	ascii                                    bool
	chars, letters, numbers, digits, spaces  int // numbers: what is alphanumeric but no letter, digits: decimal digits
	lines, maxLine, lineChars                int // as Python's str.splitlines has them, line ends not counted
	feeds, maxFeedLine                       int // lines as line feeds end them, the feed counted as a part of its line
	tokens, encodedRun, encoded              int
	codeChars, commentChars, plainCommentChr int
	visible                                  int
	lex                                      lexer
}

const (
	partChars = 1 << iota
	partLines
	partTokens
	partEncoded
	partSpans
	partVisible
)

func (s *codeScan) reset(d *quern.Doc) {
	s.text, s.done = d.Text, 0
	s.file.set(d)
}

// need tells whether a part is still to be measured, and notes it as measured.
func (s *codeScan) need(part uint8) bool {
	if s.done&part != 0 {
		return false
	}
	s.done |= part
	return true
}

// needChars counts characters by class.
func (s *codeScan) needChars() {
	if !s.need(partChars) {
		return
	}
	s.count()
	h := &s.hist
	high := 0
	s.letters, s.digits, s.spaces = 0, 0, 0
	for c := range 256 {
		n := int(h[c])
		switch b := byte(c); {
		case n == 0:
		case b >= 0x80:
			high += n
		case (b|0x20)-'a' < 26:
			s.letters += n
		case b-'0' < 10:
			s.digits += n
		case b == ' ' || b-'\t' < 5 || b-0x1C < 4:
			s.spaces += n
		}
	}
	s.ascii, s.chars, s.numbers = high == 0, len(s.text), s.digits
	if s.ascii {
		return
	}
	table := runes()
	for i := 0; i < len(s.text); {
		if s.text[i] < 0x80 {
			i++
			continue
		}
		r, n := utf8.DecodeRune(s.text[i:])
		i += n
		s.chars -= n - 1
		switch table.of(r) & classMask {
		case classLetter, classIdeo:
			s.letters++
		case classDigit:
			s.digits++
			s.numbers++
		case classSpace:
			s.spaces++
		case classMark:
			if unicode.IsNumber(r) {
				s.numbers++
			}
		}
	}
}

// count fills the histogram of bytes. Four at once, so that equal neighbors do not wait for each other.
func (s *codeScan) count() {
	var a, b, c [256]uint32
	d := &s.hist
	clear(d[:])
	t := s.text
	for ; len(t) >= 4; t = t[4:] {
		a[t[0]]++
		b[t[1]]++
		c[t[2]]++
		d[t[3]]++
	}
	for _, x := range t {
		d[x]++
	}
	for i := range d {
		d[i] += a[i] + b[i] + c[i]
	}
}

// needLines measures lines.
func (s *codeScan) needLines() {
	s.needChars()
	if !s.need(partLines) {
		return
	}
	s.lines, s.maxLine, s.lineChars, s.feeds, s.maxFeedLine = 0, 0, 0, 0, 0
	h := &s.hist
	if !s.ascii || h['\r']|h['\v']|h['\f']|h[0x1C]|h[0x1D]|h[0x1E] != 0 {
		s.allLines()
		return
	}
	longest, n := 0, 0
	t := s.text
	for len(t) > 0 {
		n++
		end := bytes.IndexByte(t, '\n')
		if end < 0 {
			longest = max(longest, len(t)-1) // the last line has no feed
			s.maxLine = len(t)
			break
		}
		longest = max(longest, end)
		t = t[end+1:]
	}
	s.maxLine = max(s.maxLine, longest)
	s.lines, s.feeds = n, n
	s.lineChars = len(s.text) - int(h['\n'])
	if n > 0 {
		s.maxFeedLine = longest + 1
	}
}

// allLines is needLines for texts that have more than ASCII and line feeds.
func (s *codeScan) allLines() {
	line, feed, open := 0, 0, false
	end := func() {
		s.lines++
		s.maxLine, s.lineChars = max(s.maxLine, line), s.lineChars+line
		line, open = 0, false
	}
	for i := 0; i < len(s.text); {
		r, n := rune(s.text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(s.text[i:])
		}
		i += n
		feed++
		if !pythonBreak(r) {
			line++
			open = true
			continue
		}
		if r == '\r' && i < len(s.text) && s.text[i] == '\n' {
			i++
			feed++
			r = '\n'
		}
		end()
		if r == '\n' {
			s.feeds++
			s.maxFeedLine, feed = max(s.maxFeedLine, feed), 0
		}
	}
	if open {
		end()
	}
	if feed > 0 {
		s.feeds++
		s.maxFeedLine = max(s.maxFeedLine, feed)
	}
}

// tokenClass are the classes of ASCII for tokens: 0 space, 1 word, 2 other.
var tokenClass = func() (t [256]uint8) {
	for c := range 256 {
		switch b := byte(c); {
		case b == ' ' || b-'\t' < 5 || b-0x1C < 4:
		case isAlnum(b) || b == '_':
			t[c] = 1
		default:
			t[c] = 2
		}
	}
	return t
}()

// needTokens counts tokens: runs of letters, digits and underscores, and runs of other characters that are no space.
func (s *codeScan) needTokens() {
	s.needChars()
	if !s.need(partTokens) {
		return
	}
	n, last := 0, uint8(0)
	if s.ascii {
		// A token begins where the class changes to one that is not 0.
		var begins [16]uint8
		begins[0<<2|1], begins[0<<2|2], begins[1<<2|2], begins[2<<2|1] = 1, 1, 1, 1
		for _, c := range s.text {
			k := tokenClass[c]
			n += int(begins[(last<<2|k)&15])
			last = k
		}
		s.tokens = n
		return
	}
	table := runes()
	for i := 0; i < len(s.text); {
		c, size := s.text[i], 1
		k := tokenClass[c]
		if c >= 0x80 {
			var r rune
			r, size = utf8.DecodeRune(s.text[i:])
			switch class := table.of(r) & classMask; {
			case class == classSpace:
				k = 0
			case class == classLetter || class == classIdeo || class == classDigit || class == classMark && unicode.IsNumber(r):
				k = 1
			}
		}
		if k != last && k != 0 {
			n++
		}
		last = k
		i += size
	}
	s.tokens = n
}

// needSpans finds comments and strings.
func (s *codeScan) needSpans() {
	s.needChars()
	if !s.need(partSpans) {
		return
	}
	s.lex.scan(s.text, s.file.lang.style)
	s.commentChars, s.plainCommentChr = 0, 0
	python := s.file.lang.style.python
	for _, p := range s.lex.spans {
		if p.kind == lexString {
			continue
		}
		n := s.runes(int(p.from), int(p.to))
		s.commentChars += n
		if python {
			s.plainCommentChr += s.proseOf(p, n)
		}
	}
	if !python {
		s.plainCommentChr = s.commentChars
	}
	s.codeChars = s.chars - s.commentChars
}

// proseOf is what of a comment or a documentation of Python the peers count: no # and no quotes, and no indentation.
func (s *codeScan) proseOf(p codeSpan, chars int) int {
	body := s.text[int(p.from)+int(p.open) : int(p.to)-int(p.close)]
	if p.kind == lexComment {
		return chars - 1 - bytes.Count(body, []byte{'#'})
	}
	indent := 0
	for i := int(p.from) - 1; i >= 0 && (s.text[i] == ' ' || s.text[i] == '\t'); i-- {
		indent++
	}
	trimmed := bytes.TrimSpace(body)
	chars -= int(p.open) + int(p.close) + len(body) - len(trimmed)
	for len(trimmed) > 0 {
		at := bytes.IndexByte(trimmed, '\n')
		if at < 0 {
			break
		}
		trimmed = trimmed[at+1:]
		for k := 0; k < indent && k < len(trimmed) && (trimmed[k] == ' ' || trimmed[k] == '\t'); k++ {
			chars--
		}
	}
	return max(0, chars)
}

// runes counts the code points of a part of the text.
func (s *codeScan) runes(from, to int) int {
	if s.ascii {
		return to - from
	}
	return codePoints(s.text[from:to])
}

// xmlHeader tells whether the first 100 characters have the declaration of XML.
func (s *codeScan) xmlHeader() bool {
	head := s.text[:min(len(s.text), 400)]
	for i, n := 0, 0; i < len(head); n++ {
		if n == 100 {
			head = head[:i]
			break
		}
		_, size := utf8.DecodeRune(head[i:])
		i += size
	}
	return bytes.Contains(head, []byte("<?xml version="))
}
