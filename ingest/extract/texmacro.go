package extract

import "strings"

// expand pushes the expansion of a user's macro.
func (t *latexWriter) expand(name string, m *texMacro) {
	if m.inner && !t.understood(m) {
		return // it programs TeX in ways that are not followed here
	}
	m.inner = false
	if t.spins() {
		return
	}
	if len(m.params) == 0 {
		t.push(m.body, "", m.at)
		return
	}
	var args [10]string
	if !t.arguments(m.params, &args) {
		return
	}
	t.push(t.substitute(m.body, &args), "", m.at)
}

// spins counts an expansion, and reports that there were too many since a file was read from: then they are given up.
func (t *latexWriter) spins() bool {
	if in := t.top(); in != nil && in.file != "" && in.pos != t.fed {
		t.chain, t.fed = 0, in.pos
	}
	if t.chain++; t.chain <= maxTexChain {
		return false
	}
	t.runaway()
	return true
}

// understood reports whether all commands with "@" that a body uses are known.
func (t *latexWriter) understood(m *texMacro) bool {
	for s := m.body; ; {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			return true
		}
		s = s[i+1:]
		n := 0
		for n < len(s) && (bclass[s[n]]&cAlpha != 0 || s[n] == '@') {
			n++
		}
		if name := s[:n]; strings.IndexByte(name, '@') >= 0 && t.tables.macro(name) == nil && texCommands[name].op == opUnknown && !t.tables.made(name) {
			return false
		}
		if n == 0 && s != "" {
			n = 1
		}
		s = s[n:]
	}
}

// arguments reads what the parameters ask for, and reports whether it was there.
func (t *latexWriter) arguments(params []texParam, args *[10]string) bool {
	n := 1
	for i := range params {
		p := &params[i]
		if n > 9 {
			return false
		}
		switch p.kind {
		case 'm':
			args[n] = t.argument()
		case 'o', 'd':
			a, b := p.a, p.b
			if p.kind == 'o' {
				a, b = '[', ']'
			}
			s, ok := "", false
			if a == '{' {
				if t.space(); t.peek() == '{' {
					s, ok = t.argument(), true
				}
			} else {
				s, ok = t.delimited(a, b)
			}
			if !ok {
				if s = noValue; p.given {
					s = p.text
				}
			} else if len(s) > 1 && s[0] == '{' && s[len(s)-1] == '}' && strings.IndexByte(s[1:len(s)-1], '}') < 0 {
				s = s[1 : len(s)-1]
			}
			args[n] = s
		case 't':
			if args[n] = `\BooleanFalse`; t.took(p.a) {
				args[n] = `\BooleanTrue`
			}
		case 'u':
			t.space()
			s, ok := t.upToText(p.text)
			if !ok {
				return false
			}
			args[n] = s
		case 'l':
			if t.space(); p.text != " " && !t.tookText(strings.TrimSpace(p.text)) {
				return false
			}
			continue
		}
		n++
	}
	return true
}

// upToText reads up to a text outside of braces, and steps over it.
func (r *texReader) upToText(end string) (string, bool) {
	in := r.top()
	if in == nil {
		return "", false
	}
	depth := 0
	for i := in.pos; i < len(in.text); i++ {
		c := in.text[i]
		if c == end[0] && depth == 0 && strings.HasPrefix(in.text[i:], end) {
			s := in.text[in.pos:i]
			if in.pos = i + len(end); isWord(strings.TrimPrefix(end, `\`)) && end[0] == '\\' {
				r.afterWord()
			}
			if len(s) > 1 && s[0] == '{' && strings.IndexByte(s, '}') == len(s)-1 {
				s = s[1 : len(s)-1]
			}
			return strings.TrimSpace(s), true
		}
		switch c {
		case '\\':
			i++
		case '{':
			depth++
		case '}':
			if depth--; depth < 0 {
				r.spend(i - in.pos)
				return "", false
			}
		}
	}
	r.spend(len(in.text) - in.pos)
	return "", false
}

func (r *texReader) tookText(s string) bool {
	in := r.top()
	if in == nil || !strings.HasPrefix(in.text[in.pos:], s) {
		return false
	}
	in.pos += len(s)
	return true
}

// substitute puts arguments into a body. Where text would run into the name of a command, a space keeps them apart.
func (t *latexWriter) substitute(body string, args *[10]string) string {
	b := t.scratch[:0]
	for {
		i := strings.IndexByte(body, '#')
		if i < 0 || i+1 == len(body) {
			break
		}
		b = append(b, body[:i]...)
		d := body[i+1]
		body = body[i+2:]
		if escaped(b) { // \# is no parameter
			b = append(b, '#', d)
			continue
		}
		if d < '1' || d > '9' {
			b = append(b, d) // ## is # in a definition inside
			continue
		}
		arg := args[d-'0']
		if arg != "" && bclass[arg[0]]&cAlpha != 0 && endsInCommand(b) {
			b = append(b, ' ')
		}
		if b = append(b, arg...); body != "" && bclass[body[0]]&cAlpha != 0 && endsInCommand(b) {
			b = append(b, ' ')
		}
		if len(b) > t.budget {
			t.fail(errTexBudget)
			return ""
		}
	}
	b = append(b, body...)
	t.scratch = b
	return string(b)
}

// escaped reports whether the next character has a backslash before it.
func escaped(b []byte) bool {
	n := 0
	for n < len(b) && b[len(b)-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

func endsInCommand(b []byte) bool {
	i := len(b)
	for i > 0 && (bclass[b[i-1]]&cAlpha != 0 || b[i-1] == '@') {
		i--
	}
	return i > 0 && i < len(b) && b[i-1] == '\\' && (i < 2 || b[i-2] != '\\')
}
