package extract

import "strings"

// argument reads one argument: a group without its braces, one command, or one character.
func (r *texReader) argument() string {
	r.space()
	switch r.peek() {
	case '{':
		r.skip()
		return r.balanced('}')
	case 0, '}':
		return ""
	}
	return r.token()
}

// token reads one command with its backslash, or one character.
func (r *texReader) token() string {
	in := r.top()
	if in == nil {
		return ""
	}
	from := in.pos
	in.pos++
	if in.text[from] == '\\' {
		r.name()
		return in.text[from:in.pos]
	}
	for in.pos < len(in.text) && in.text[in.pos]&0xC0 == 0x80 {
		in.pos++
	}
	return in.text[from:in.pos]
}

// mark is a place to go back to, as long as nothing is pushed and no input was left.
type texMark struct{ depth, pos int }

func (r *texReader) mark() texMark {
	if in := r.top(); in != nil {
		return texMark{len(r.stack), in.pos}
	}
	return texMark{}
}

func (r *texReader) back(m texMark) {
	if in := r.top(); in != nil && len(r.stack) == m.depth {
		in.pos = m.pos
	}
}

// optional reads an optional argument in brackets, if one follows.
func (r *texReader) optional() (string, bool) { return r.delimited('[', ']') }

const maxTexOption = 16 << 10 // bytes of an optional argument

// delimited reads an argument between two bytes, if one follows. One that the paragraph does not close is none.
func (r *texReader) delimited(open, closing byte) (string, bool) {
	m := r.mark()
	if r.peek() != open {
		r.space()
		if r.peek() != open {
			r.back(m) // the white space counts
			return "", false
		}
	}
	in := r.top()
	depth, nested, comment := 0, 0, false
	rest := in.text[in.pos+1 : min(len(in.text), in.pos+1+maxTexOption)]
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '\\':
			i++
		case c == '{':
			depth++
		case c == '}':
			depth--
		case c == '%':
			comment = true
		case c == '\n' && r.emptyLineAt(in.pos+1+i):
			depth = -1
		case c == closing && depth == 0 && nested == 0:
			s := rest[:i]
			in.pos += i + 2
			if comment {
				s = uncommented(s)
			}
			return s, true
		case c == closing && depth == 0:
			nested--
		case c == open && depth == 0:
			nested++
		}
		if depth < 0 {
			rest = rest[:i]
		}
	}
	r.spend(len(rest))
	r.back(m)
	return "", false
}

// spend charges for work that led nowhere, so that it cannot be asked for again and again.
func (r *texReader) spend(n int) {
	if r.budget -= n; r.budget < 0 {
		r.fail(errTexBudget)
	}
}

// uncommented is a piece of source without its comments.
func uncommented(s string) string {
	r := texReader{budget: len(s) + 8}
	r.push(s, "", false)
	return r.balancedSlowly(0)
}

// balanced reads up to the brace that closes a group, steps over it and returns what stood before it, without comments.
func (r *texReader) balanced(closing byte) string {
	in := r.top()
	if in == nil {
		return ""
	}
	// What has no comment in it and ends in this input is a part of it.
	depth := 0
	for i := in.pos; i < len(in.text); i++ {
		c := in.text[i]
		if texStops[c]&stopGroup == 0 {
			continue
		}
		switch {
		case c == '%':
			return r.balancedSlowly(closing)
		case c == '\\':
			i++
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth < 0 {
				s := in.text[in.pos:i]
				in.pos = i + 1
				return s
			}
		}
	}
	return r.balancedSlowly(closing)
}

func (r *texReader) balancedSlowly(closing byte) string {
	var b strings.Builder
	for depth := 0; ; {
		b.WriteString(r.upTo(stopGroup, &texStops))
		c := r.peek()
		switch {
		case r.top() == nil:
			return b.String()
		case c == closing && depth == 0:
			r.skip()
			return b.String()
		case c == '{':
			depth++
		case c == '}':
			depth = max(0, depth-1)
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

// rawArgument reads a group in which % is no comment, such as an address.
func (r *texReader) rawArgument() string {
	r.space()
	in := r.top()
	if in == nil || in.text[in.pos] != '{' {
		return r.argument()
	}
	depth := 0
	for i := in.pos; i < len(in.text); i++ {
		switch in.text[i] {
		case '\\':
			i++
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				s := in.text[in.pos+1 : i]
				in.pos = i + 1
				return s
			}
		case '\n':
			if r.emptyLineAt(i) {
				return r.argument()
			}
		}
	}
	return r.argument()
}

func (r *texReader) emptyLineAt(i int) bool {
	in := r.top()
	keep := in.pos
	in.pos = i
	empty := r.emptyLine()
	in.pos = keep
	return empty
}

// until reads raw text up to an end and steps over that. Without the end nothing is read.
func (r *texReader) until(end string) (string, bool) {
	in := r.top()
	if in == nil {
		return "", false
	}
	rest := in.text[in.pos:]
	i := strings.Index(rest, end)
	if i < 0 {
		r.spend(len(rest))
		return "", false
	}
	in.pos += i + len(end)
	return rest[:i], true
}
