package clean

import "bytes"

// openLogic is what OpenCoder's rules for single languages count: lines that declare things and decide nothing.
type openLogic struct {
	functions, imports, classes, returns, members int
	oneLiners                                     int  // functions whose body is one return
	variables                                     bool // anything is assigned
	broken                                        bool // the parser of the language would refuse it
}

// noLogic is the share of declarations among the lines of code.
func (l *openLogic) noLogic(lines int) float64 {
	return ratio(l.functions+l.imports+l.classes+l.returns+l.members, lines)
}

// pythonLogic counts by lines what the peer counts in the syntax tree.
func (o *openText) pythonLogic(s *codeScan) (l openLogic) {
	class, body := int32(-1), int32(-1) // indentation of the class that the line is in, and of its members
	for i := range o.lines {
		p, line := o.lines[i], o.line(i)
		if class >= 0 && p.indent <= class {
			class = -1
		}
		if class >= 0 && body < 0 {
			body = p.indent
		}
		assigned := assignsName(line)
		l.variables = l.variables || assigned
		switch {
		case startsWith(line, "def "):
			l.functions++
			l.oneLiners += int(indicator(o.returnsOnly(i)))
		case startsWith(line, "class "):
			l.classes++
			class, body = p.indent, -1
		case startsWith(line, "return") && (len(line) == 6 || tokenClass[line[6]] == 0):
			l.returns++
		case assigned && class >= 0 && p.indent == body:
			l.members++
		case pythonTwo(line):
			l.broken = true
		}
	}
	l.imports = o.imports
	l.broken = l.broken || unbalanced(s)
	return l
}

func startsWith(line []byte, word string) bool {
	return len(line) >= len(word) && string(line[:len(word)]) == word
}

// assignsName tells a line that begins with a name, or several, and gives it a value: a = 1, a.b[0], c = d, a: int = 2.
func assignsName(line []byte) bool {
	for i, c := range line {
		switch {
		case isWord(c) || c == '.' || c == ',' || c == ' ' || c == '[' || c == ']' || c == '\'' || c == '"' || c == '*' && i == 0:
		case c == ':' && i > 0:
		case c == '=' && i > 0:
			return i+1 < len(line) && line[i+1] != '='
		default:
			return false
		}
	}
	return false
}

// returnsOnly tells a function whose body is one return, without documentation.
func (o *openText) returnsOnly(def int) bool {
	last := def
	for last < len(o.lines) && last-def < 50 && !bytes.HasSuffix(o.line(last), []byte(":")) {
		if last == def && bytes.Contains(o.line(def), []byte("): return ")) {
			return true
		}
		last++
	}
	if last+1 >= len(o.lines) || !startsWith(o.line(last+1), "return") || o.lines[last+1].indent <= o.lines[def].indent {
		return false
	}
	next := last + 2
	for depth := brackets(o.line(last + 1)); depth > 0 && next < len(o.lines); next++ {
		depth += brackets(o.line(next))
	}
	if next < len(o.lines) && o.lines[next].indent > o.lines[def].indent {
		return false
	}
	for _, at := range o.docs {
		if at >= o.lines[last].to {
			return at > o.lines[last+1].from
		}
	}
	return true
}

// brackets is how many more brackets a line opens than it closes.
func brackets(line []byte) (n int) {
	for _, c := range line {
		switch c {
		case '(', '[', '{':
			n++
		case ')', ']', '}':
			n--
		}
	}
	return n
}

// pythonTwo tells statements that only version 2 of the language has.
func pythonTwo(line []byte) bool {
	if startsWith(line, "print ") && len(line) > 6 {
		c := line[6]
		return c == '"' || c == '\'' || c == '>' || isAlnum(c)
	}
	if startsWith(line, "except ") && line[len(line)-1] == ':' && !bytes.ContainsAny(line, "()*") {
		return bytes.IndexByte(line, ',') > 0
	}
	return false
}

// unbalanced tells a file whose brackets do not match, or whose last string is open.
func unbalanced(s *codeScan) bool {
	var stack [256]byte
	depth, at := 0, 0
	for k := 0; k <= len(s.lex.spans); k++ {
		end := len(s.text)
		if k < len(s.lex.spans) {
			p := s.lex.spans[k]
			end = int(p.from)
			if p.kind != lexComment && p.close == 0 {
				return true
			}
		}
		for _, c := range s.text[at:end] {
			switch c {
			case '(', '[', '{':
				if depth == len(stack) {
					return true
				}
				stack[depth] = c
				depth++
			case ')', ']', '}':
				if depth--; depth < 0 || stack[depth] != opening(c) {
					return true
				}
			}
		}
		if k < len(s.lex.spans) {
			at = int(s.lex.spans[k].to)
		}
	}
	return depth != 0
}

func opening(c byte) byte {
	if c == ')' {
		return '('
	}
	return c - 2 // [ and { stand two before their closing ones
}
