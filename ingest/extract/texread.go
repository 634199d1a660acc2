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
	maxTexMacros = 20000
	maxTexDepth  = 40 // arguments that are rendered inside arguments
)

var errTexBudget = errors.New("macros or files expand beyond the limit")

// texInput is one of the stacked inputs of a reader: a file or an expansion.
type texInput struct {
	text string
	pos  int
	file string // "" for an expansion
}

// texReader reads characters from a stack of inputs, as TeX does: what a macro expands to is read before what follows it.
type texReader struct {
	stack  []texInput
	budget *int // bytes that may still be pushed
	err    error
}

// push puts text before everything unread.
func (r *texReader) push(text, file string) {
	if text == "" {
		return
	}
	if *r.budget -= len(text); *r.budget < 0 || len(r.stack) >= maxTexNest {
		r.fail(errTexBudget)
		return
	}
	r.stack = append(r.stack, texInput{text: text, file: file})
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
	for len(r.stack) > 0 {
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

// upTo takes all bytes up to the next one of stop.
func (r *texReader) upTo(stop string) string {
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
	r.upTo("\n")
	if r.peek() != '\n' || r.emptyLine() {
		return
	}
	r.skip()
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
	from := in.pos
	for in.pos < len(in.text) && (bclass[in.text[in.pos]]&cAlpha != 0 || in.text[in.pos] == '@') {
		in.pos++
	}
	if in.pos > from {
		return in.text[from:in.pos]
	}
	in.pos++
	for in.pos < len(in.text) && in.text[in.pos]&0xC0 == 0x80 {
		in.pos++
	}
	return in.text[from:in.pos]
}

// isWord reports whether a name swallows the white space behind it.
func isWord(name string) bool { return name != "" && bclass[name[0]]&cAlpha != 0 }

// star steps over a * and reports whether there was one.
func (r *texReader) star() bool {
	if r.peek() == '*' {
		r.skip()
		return true
	}
	return false
}

// argument reads one argument: a group without its braces, one command, or one character.
func (r *texReader) argument() string {
	r.space()
	switch c := r.peek(); c {
	case '{':
		r.skip()
		return r.balanced('}')
	case 0, '}':
		return ""
	case '\\':
		r.skip()
		return `\` + r.name()
	default:
		in := r.top()
		from := in.pos
		in.pos++
		for in.pos < len(in.text) && in.text[in.pos]&0xC0 == 0x80 {
			in.pos++
		}
		return in.text[from:in.pos]
	}
}

// optional reads an optional argument in brackets, if one follows.
func (r *texReader) optional() (string, bool) {
	mark := 0
	if in := r.top(); in != nil {
		mark = in.pos
	}
	depth := len(r.stack)
	r.space()
	if r.peek() != '[' {
		if in := r.top(); in != nil && len(r.stack) == depth {
			in.pos = mark // the white space counts
		}
		return "", false
	}
	r.skip()
	return r.balanced(']'), true
}

// balanced reads up to a closing byte outside of braces, steps over it and returns what stood before it, without comments.
func (r *texReader) balanced(closing byte) string {
	var b strings.Builder
	for depth := 0; ; {
		b.WriteString(r.upTo("{}]\\%"))
		c := r.peek()
		switch {
		case c == 0:
			if r.top() == nil {
				return b.String()
			}
		case c == closing && depth == 0:
			r.skip()
			return b.String()
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth < 0 { // an optional argument that was never closed
				return b.String()
			}
		case c == '%':
			r.comment()
			continue
		case c == '\\':
			r.skip()
			b.WriteByte('\\')
			c = r.peek()
		}
		if r.top() != nil {
			b.WriteByte(c)
			r.skip()
		}
	}
}

// until reads raw text up to the end of an environment and steps over that.
func (r *texReader) until(end string) string {
	in := r.top()
	if in == nil {
		return ""
	}
	rest := in.text[in.pos:]
	i := strings.Index(rest, end)
	if i < 0 {
		in.pos = len(in.text)
		return rest
	}
	in.pos += i + len(end)
	return rest[:i]
}
