package extract

import (
	"errors"
	"strings"
)

// The limits of LaTeX. Together they bound the work: every byte that is read, from a file or from an expansion, is counted.
const (
	maxTexFiles  = 2000
	maxTexNest   = 200      // open inputs: files within files, expansions within expansions, arguments within arguments
	maxTexBytes  = 64 << 20 // of files and expansions together
	maxTexMacros = 50000
	maxTexDepth  = 40    // arguments that are written inside arguments
	maxTexChain  = 20000 // expansions between two bytes of a file
)

var errTexBudget = errors.New("macros or files expand beyond the limit")

// texInput is one of the stacked inputs of a reader: a file or an expansion.
type texInput struct {
	text string
	pos  int
	file string // "" for an expansion
	at   bool   // "@" is a letter
}

// texReader reads characters from a stack of inputs, as TeX does: what a macro expands to is read before what follows it.
type texReader struct {
	stack  []texInput
	floor  int // inputs below belong to who asked for an argument to be read on its own
	budget int // bytes that may still be pushed
	chain  int // expansions since a file was read from
	fed    int // where that was
	err    error
}

// push puts text before everything unread. An expansion that nests too deep is cut: see runaway.
func (r *texReader) push(text, file string, at bool) {
	if text == "" {
		return
	}
	if in := r.top(); in != nil && len(r.stack) >= maxTexNest {
		r.runaway()
		return
	}
	if r.budget -= len(text) + 8; r.budget < 0 { // the 8 so that even the shortest expansions come to an end
		r.fail(errTexBudget)
		return
	}
	r.stack = append(r.stack, texInput{text: text, file: file, at: at})
}

// runaway gives up an expansion that does not end: all that was expanded since the innermost file is forgotten.
func (r *texReader) runaway() {
	n := len(r.stack)
	for n > r.floor && r.stack[n-1].file == "" {
		n--
	}
	r.stack, r.chain = r.stack[:n], 0
}

// fail stops the reading: from here on, the input is at its end.
func (r *texReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.stack = r.stack[:0]
}

// top is the input to read from, exhausted ones taken away; nil at the end.
func (r *texReader) top() *texInput {
	for len(r.stack) > r.floor {
		in := &r.stack[len(r.stack)-1]
		if in.pos < len(in.text) {
			return in
		}
		r.stack = r.stack[:len(r.stack)-1]
	}
	return nil
}

// peek is the next byte, and 0 at the end.
func (r *texReader) peek() byte {
	if in := r.top(); in != nil {
		return in.text[in.pos]
	}
	return 0
}

func (r *texReader) skip() {
	if in := r.top(); in != nil {
		in.pos++
	}
}

// Classes of bytes at which reading stops.
const (
	stopText  = 1 << iota // what means something in running text
	stopMath              // in a formula
	stopGroup             // in an argument
)

var texStops = func() (t [256]uint8) {
	for _, c := range []byte("\\{}%$&~\n-`'\"\x00") {
		t[c] |= stopText
	}
	for _, c := range []byte("\\{}%$ \t\r\n") {
		t[c] |= stopMath
	}
	for _, c := range []byte("{}\\%") {
		t[c] |= stopGroup
	}
	return t
}()

// upTo takes all bytes up to the next one of the class.
func (r *texReader) upTo(class uint8, stops *[256]uint8) string {
	in := r.top()
	if in == nil {
		return ""
	}
	from, i := in.pos, in.pos
	for i < len(in.text) && stops[in.text[i]]&class == 0 {
		i++
	}
	in.pos = i
	return in.text[from:i]
}

// upToAny takes all bytes up to the next one of a few.
func (r *texReader) upToAny(stop string) string {
	in := r.top()
	if in == nil {
		return ""
	}
	rest := in.text[in.pos:]
	i := strings.IndexAny(rest, stop)
	if i < 0 {
		i = len(rest)
	}
	in.pos += i
	return rest[:i]
}

// space steps over white space and comments, but not over an empty line. It reports whether there was any.
func (r *texReader) space() bool {
	seen, lines := false, 0
	for {
		switch r.peek() {
		case ' ', '\t', '\r':
		case '\n':
			if r.emptyLine() || lines > 0 {
				return seen
			}
			lines++
		case '%':
			r.comment()
			seen = true
			continue
		default:
			return seen
		}
		seen = true
		r.skip()
	}
}

// afterWord steps over the white space that a command word swallows, but not over a paragraph's end, nor, at the end of an
// expansion, over what stands behind it.
func (r *texReader) afterWord() {
	if len(r.stack) <= r.floor {
		return
	}
	in := &r.stack[len(r.stack)-1]
	for in.pos < len(in.text) {
		switch in.text[in.pos] {
		case ' ', '\t', '\r':
		case '\n':
			if r.emptyLine() {
				return
			}
		default:
			return
		}
		in.pos++
	}
}

// emptyLine reports whether, at a line's end, nothing but white space stands on the next line.
func (r *texReader) emptyLine() bool {
	in := r.top()
	if in == nil || in.text[in.pos] != '\n' {
		return false
	}
	for i := in.pos + 1; i < len(in.text); i++ {
		switch in.text[i] {
		case ' ', '\t', '\r':
		case '\n':
			return true
		default:
			return false
		}
	}
	return false
}

// comment steps over a comment with its line's end and the white space that begins the next line.
func (r *texReader) comment() {
	in := r.top()
	if in == nil {
		return
	}
	n := strings.IndexByte(in.text[in.pos:], '\n')
	if n < 0 {
		in.pos = len(in.text)
		return
	}
	if in.pos += n; r.emptyLine() {
		return
	}
	in.pos++
	for c := r.peek(); c == ' ' || c == '\t'; c = r.peek() {
		r.skip()
	}
}

// name reads a command's name behind its backslash: letters, or one other character.
func (r *texReader) name() string {
	in := r.top()
	if in == nil {
		return ""
	}
	from, i := in.pos, in.pos
	for i < len(in.text) && (bclass[in.text[i]]&cAlpha != 0 || in.at && in.text[i] == '@') {
		i++
	}
	if i == from {
		for i++; i < len(in.text) && in.text[i]&0xC0 == 0x80; i++ {
		}
	}
	in.pos = i
	return in.text[from:i]
}

// isWord reports whether a name swallows the white space behind it.
func isWord(name string) bool { return name != "" && (bclass[name[0]]&cAlpha != 0 || name[0] == '@') }

// took steps over a byte if it is the next one.
func (r *texReader) took(c byte) bool {
	if r.peek() == c {
		r.skip()
		return true
	}
	return false
}

// star steps over a * and reports whether there was one.
func (r *texReader) star() bool { return r.took('*') }
