package clean

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"unicode"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

const (
	linesCut   quern.Verdict = "clean.lines.cut"
	linesEmpty quern.Verdict = "clean.lines.empty"
)

// Lines cuts lines that are no text: rulers, notices about cookies and rights, navigation, teasers, repetitions, lists of references.
// Each kind is an option. Lines between fences of code (``` or ~~~) stay, whatever they look like. A cut line takes its line end along.
type Lines struct {
	Symbols    bool    `yaml:"symbols"`    // lines of nothing but punctuation, as datatrove's SymbolLinesFormatter; code that is not fenced loses its braces
	Policy     bool    `yaml:"policy"`     // cookie banners with their buttons, and notices of rights; not a page that is about cookies
	Navigation bool    `yaml:"navigation"` // "Skip to content", "Share on Facebook", Home > Docs > API, Previous | Next
	ReadMore   bool    `yaml:"read_more"`  // "Read more…", "Lire la suite", 阅读全文
	Menu       int     `yaml:"menu"`       // runs of at least this many lines of menu_words words or less without an end mark; 0 = off
	MenuWords  int     `yaml:"menu_words"` // the longest line of a menu
	Repeated   int     `yaml:"repeated"`   // lines of at least so many bytes that stood before in the document; 0 = off
	References bool    `yaml:"references"` // the list of references at the end of a paper
	MaxCut     float64 `yaml:"max_cut"`    // a document that loses a larger share of its characters is dropped; 1 = never
}

var linesFacts = []Fact{count("lines.cut"), share("lines.share"), count("lines.left")}

// DefaultLines cuts what is never text. The others are off: code, lists, refrains and papers are text.
func DefaultLines() Lines {
	return Lines{Policy: true, Navigation: true, ReadMore: true, MenuWords: 3, MaxCut: 1}
}

// Limits are what Stage rules by.
func (o Lines) Limits() []Limit {
	return []Limit{most("lines.share", o.MaxCut, linesCut), least("lines.left", 1, linesEmpty)}
}

// Stage builds the rule. It marks "lines.cut", "lines.share" (of the code points) and "lines.left" (code points), gives
// "clean.lines.cut" and "clean.lines.empty", and reports spans "lines.symbols", "lines.policy", "lines.navigation",
// "lines.read_more", "lines.menu", "lines.repeated" and "lines.references".
func (o Lines) Stage() (quern.Stage, error) {
	if !(o.MaxCut > 0 && o.MaxCut <= 1) {
		return nil, fmt.Errorf("clean: lines: max_cut is %v, want a share above 0, 1 at most", o.MaxCut)
	}
	if o.Menu < 0 || o.Repeated < 0 || o.Menu > 0 && o.MenuWords < 1 {
		return nil, fmt.Errorf("clean: lines: menu and repeated must not be negative, and a menu's lines have at least one word")
	}
	return &lineCutter{opt: o, bounds: newBounds(o.Limits()), words: cutPhrases()}, nil
}

// Why a line is cut.
const (
	cutNot = iota
	cutSymbols
	cutPolicy
	cutNavigation
	cutReadMore
	cutMenu
	cutRepeated
	cutReferences
	cutFenced // it stays: it is code
)

var cutNames = [...]string{cutSymbols: "lines.symbols", cutPolicy: "lines.policy", cutNavigation: "lines.navigation",
	cutReadMore: "lines.read_more", cutMenu: "lines.menu", cutRepeated: "lines.repeated", cutReferences: "lines.references"}

// cutLine is a line of the text at hand, [from, to) without its line end.
type cutLine struct {
	from, to int
	why      uint8
}

type lineCutter struct {
	opt Lines
	bounds
	words *phraseTable
	lines []cutLine
	has   struct{ separators uint16 } // which of trailSeparators stand in the text
	low   []byte                      // the line at hand in lower case
	keys  []uint64
	seen  table
	pad   []byte
	buf   []byte
}

func (s *lineCutter) Apply(d *quern.Doc) (quern.Verdict, error) {
	text := d.Text
	if v := checkText(d); v != quern.Keep {
		return v, nil
	}
	s.split(text)
	o := &s.opt
	if o.Symbols || o.Navigation || o.ReadMore {
		s.single(text)
	}
	if o.Policy {
		s.policy(text)
	}
	if o.Menu > 0 {
		s.menus(text)
	}
	if o.References {
		s.references(text)
	}
	if o.Repeated > 0 {
		s.repeated(text)
	}
	all := codePoints(text)
	n, chars := s.cut(d)
	d.Mark("lines.cut", float64(n))
	d.Mark("lines.share", ratio(chars, all))
	d.Mark("lines.left", float64(all-chars))
	if v := s.judge(d); v != quern.Keep {
		return v, nil
	}
	if n > 0 {
		d.Text = s.buf
	}
	return quern.Keep, nil
}

// split finds the lines and those that are fenced code.
func (s *lineCutter) split(text []byte) {
	s.lines = s.lines[:0]
	fence := byte(0)
	for from := 0; from < len(text); {
		to := len(text)
		if n := bytes.IndexByte(text[from:], '\n'); n >= 0 {
			to = from + n
		}
		l := cutLine{from: from, to: to}
		if mark := fenceOf(text[from:to]); mark != 0 && (fence == 0 || fence == mark) {
			l.why = cutFenced
			fence ^= mark
		} else if fence != 0 {
			l.why = cutFenced
		}
		s.lines = append(s.lines, l)
		from = to + 1
	}
	if fence != 0 { // one that nobody closed is no fence
		for i := len(s.lines) - 1; i >= 0 && s.lines[i].why == cutFenced; i-- {
			s.lines[i].why = cutNot
		}
	}
}

// fenceOf is the character of a fence, 0 if the line is none.
func fenceOf(line []byte) byte {
	for len(line) > 0 && line[0] == ' ' {
		line = line[1:]
	}
	if len(line) >= 3 && (line[0] == '`' || line[0] == '~') && line[1] == line[0] && line[2] == line[0] {
		return line[0]
	}
	return 0
}

// cut writes the text without its cut lines to s.buf, and tells how many lines and code points are gone.
func (s *lineCutter) cut(d *quern.Doc) (n, chars int) {
	text := d.Text
	s.buf = s.buf[:0]
	done := 0
	for i := range s.lines {
		l := &s.lines[i]
		if l.why == cutNot || l.why == cutFenced {
			continue
		}
		to := min(l.to+1, len(text))
		s.buf = append(s.buf, text[done:l.from]...)
		done = to
		n++
		chars += codePoints(text[l.from:to])
		d.Span(cutNames[l.why], l.from, l.to, 1)
	}
	if n == 0 {
		return 0, 0
	}
	s.buf = append(s.buf, text[done:]...)
	if done == len(text) && text[len(text)-1] != '\n' && len(s.buf) > 0 && s.buf[len(s.buf)-1] == '\n' {
		s.buf = s.buf[:len(s.buf)-1] // the text still ends without a line end
		chars++
	}
	return n, chars
}

// codePoints counts those of valid UTF-8: all bytes that do not go on with a character. It takes eight at a time and no memory.
func codePoints(b []byte) int {
	n := len(b)
	for ; len(b) >= 8; b = b[8:] {
		w := binary.LittleEndian.Uint64(b)
		n -= bits.OnesCount64(w & ^(w << 1) & highs)
	}
	for _, c := range b {
		if c&0xC0 == 0x80 {
			n--
		}
	}
	return n
}

// longestLabel bounds, in bytes, what is looked up as a whole line: a button or a link.
const longestLabel = 64

// longestTrail bounds a line of navigation.
const longestTrail = 240

// single judges lines that show by themselves what they are.
func (s *lineCutter) single(text []byte) {
	s.has.separators = 0
	if s.opt.Navigation {
		for i := range trailSeparators {
			if trailSeparators[i].in(text) {
				s.has.separators |= 1 << i
			}
		}
	}
	for i := range s.lines {
		l := &s.lines[i]
		if l.why != cutNot {
			continue
		}
		line := trimLine(text[l.from:l.to])
		switch {
		case len(line) == 0:
		case s.opt.Symbols && symbolLine(text[l.from:l.to]):
			l.why = cutSymbols
		case len(line) <= longestTrail && (s.opt.Navigation || s.opt.ReadMore):
			l.why = s.label(line)
		}
	}
}

// label tells what a short line is: navigation, a teaser or neither.
func (s *lineCutter) label(line []byte) uint8 {
	if s.opt.Navigation && s.has.separators != 0 && s.trail(line) {
		return cutNavigation
	}
	if !s.words.mayBegin(line) {
		return cutNot
	}
	s.fold(line)
	if len(line) <= longestLabel {
		switch why := s.words.labels[string(trimLabel(s.low))]; {
		case why == cutNavigation && s.opt.Navigation, why == cutReadMore && s.opt.ReadMore:
			return why
		}
	}
	switch {
	case s.opt.Navigation && s.share(line):
		return cutNavigation
	case s.opt.ReadMore && s.teaser(line):
		return cutReadMore
	}
	return cutNot
}

// trimLine removes space at both ends.
func trimLine(b []byte) []byte {
	for len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	if n := len(b); n > 0 && b[0]-'!' < 0x5E && b[n-1]-'!' < 0x5E {
		return b
	}
	return trimSpace(b)
}

// symbolLine tells whether a line is nothing but punctuation of the peer's list and plain spaces.
func symbolLine(line []byte) bool {
	signs := false
	for i := 0; i < len(line); {
		c := line[i]
		if c == ' ' {
			i++
			continue
		}
		if isAlnum(c) {
			return false
		}
		r, n := rune(c), 1
		if c >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(line[i:])
		}
		if runes().of(r)&flagPunct == 0 {
			return false
		}
		signs = signs || !pythonSpace(r)
		i += n
	}
	return signs
}

// fold writes a line in lower case to s.low, with one kind of apostrophe and of space.
func (s *lineCutter) fold(line []byte) {
	s.low = s.low[:0]
	for i := 0; i < len(line); {
		c := line[i]
		if c < utf8.RuneSelf {
			if c-'A' < 26 {
				c |= 0x20
			} else if c == '\t' {
				c = ' '
			}
			if c != ' ' || len(s.low) == 0 || s.low[len(s.low)-1] != ' ' {
				s.low = append(s.low, c)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(line[i:])
		switch r {
		case 0xA0, 0x3000:
			r = ' '
		case '’', '‘':
			r = '\''
		default:
			r = unicode.ToLower(r)
		}
		s.low = utf8.AppendRune(s.low, r)
		i += n
	}
}

// trimLabel removes what decorates a label: arrows, dots, brackets.
func trimLabel(b []byte) []byte {
	return bytes.Trim(b, " .…»«›‹>→←↑<|[]()!:*•·-–—")
}
