package extract

import "strings"

// notSimple marks macro bodies that program TeX; they are not expanded.
var notSimple = []string{`\csname`, `\expandafter`, `\futurelet`, `\@`, `\ifx`, `\ifnum`, `\noexpand`, `\catcode`, `\afterassignment`}

// define remembers a macro, unless it is one that this package reads itself, or no simple one.
func (t *latexWriter) define(name string, m texMacro, override bool) {
	name = strings.TrimPrefix(strings.TrimSpace(name), `\`)
	if name == "" || strings.Contains(name, "@") || texBuiltin(name) || len(t.paper.macros) >= maxTexMacros {
		return
	}
	for _, s := range notSimple {
		if strings.Contains(m.body, s) {
			return
		}
	}
	if _, known := t.paper.macros[name]; known && !override {
		return
	}
	t.paper.macros[name] = m
}

// texBuiltin reports whether a command shapes the document, so that an author's own version of it is not wanted.
func texBuiltin(name string) bool {
	_, drops := texDrop[name]
	_, skips := texSkip[name]
	_, symbol := texSymbols[name]
	_, accent := texAccents[name]
	if drops || skips || symbol || accent || texCite[name] || texSections[name] {
		return true
	}
	switch name {
	case "begin", "end", "item", "caption", "footnote", "title", "author", "input", "include", "documentclass", "par", "paragraph",
		"abstract", "maketitle", "newcommand", "def", "url", "verb", `\`:
		return true
	}
	return false
}

// definition handles the commands that define others, and reports whether name is one.
func (t *latexWriter) definition(name string) bool {
	switch name {
	case "newcommand", "renewcommand", "providecommand", "DeclareRobustCommand", "newrobustcmd":
		t.star()
		target := t.argument()
		var m texMacro
		if n, ok := t.optional(); ok && len(n) == 1 && n[0] >= '0' && n[0] <= '9' {
			m.args = int(n[0] - '0')
			m.initial, m.optional = t.optional()
		}
		m.body = t.argument()
		t.define(target, m, name != "providecommand")
	case "def", "gdef", "edef", "xdef":
		t.defineTeX()
	case "let":
		target := t.argument()
		if t.space(); t.peek() == '=' {
			t.skip()
		}
		if body := t.argument(); body != target {
			t.define(target, texMacro{body: body}, true)
		}
	case "DeclareMathOperator":
		star := t.star()
		target, operator := t.argument(), t.argument()
		if star {
			t.define(target, texMacro{body: `\operatorname*{` + operator + `}`}, true)
		} else {
			t.define(target, texMacro{body: `\operatorname{` + operator + `}`}, true)
		}
	case "NewDocumentCommand", "RenewDocumentCommand", "ProvideDocumentCommand", "DeclareDocumentCommand":
		target, params, body := t.argument(), strings.Fields(t.argument()), t.argument()
		if strings.Trim(strings.Join(params, ""), "m") == "" && len(params) < 10 {
			t.define(target, texMacro{args: len(params), body: body}, true)
		}
	case "newtheorem":
		t.star()
		env := t.argument()
		t.optional()
		title := t.argument()
		t.optional()
		t.paper.theorems[env] = title
	case "newenvironment", "renewenvironment":
		t.star()
		t.argument()
		t.optional()
		t.optional()
		t.argument()
		t.argument()
	case "newif":
		if flag := strings.TrimPrefix(t.argument(), `\if`); flag != "" {
			t.paper.flags[flag] = false
		}
	default:
		return false
	}
	return true
}

// defineTeX reads \def\name#1#2{body}. Parameters with delimiters are beyond simple: the definition is read and forgotten.
func (t *latexWriter) defineTeX() {
	target := t.argument()
	t.space()
	var params strings.Builder
	for t.top() != nil {
		params.WriteString(t.upTo("{\\%"))
		switch t.peek() {
		case '{':
			m := texMacro{body: t.argument()}
			p := strings.TrimSpace(params.String())
			m.args = len(p) / 2
			if m.args < 10 && p == "#1#2#3#4#5#6#7#8#9"[:2*min(m.args, 9)] {
				t.define(target, m, true)
			}
			return
		case 0:
			return
		}
		params.WriteByte(t.peek())
		t.skip()
	}
}

// expand pushes the expansion of a user's macro, and reports whether name is one.
func (t *latexWriter) expand(name string) bool {
	m, ok := t.paper.macros[name]
	if !ok {
		return false
	}
	var args [10]string
	first := 1
	if m.optional && m.args > 0 {
		first = 2
		if v, ok := t.optional(); ok {
			args[1] = v
		} else {
			args[1] = m.initial
		}
	}
	for i := first; i <= m.args; i++ {
		args[i] = t.argument()
	}
	*t.budget -= 32 // so that even empty expansions come to an end
	if m.args == 0 {
		t.push(m.body, "")
		return true
	}
	var b strings.Builder
	for i := 0; i < len(m.body); i++ {
		c := m.body[i]
		if c == '#' && i+1 < len(m.body) {
			i++
			if d := m.body[i]; d >= '1' && d <= '9' {
				b.WriteString(args[d-'0'])
			} else {
				b.WriteByte(d)
			}
		} else {
			b.WriteByte(c)
		}
		if b.Len() > *t.budget {
			t.fail(errTexBudget)
			return true
		}
	}
	t.push(b.String(), "")
	return true
}

// conditional handles \if…, \else and \fi, and reports whether name is one of them. A condition that only TeX could decide
// is taken for false.
func (t *latexWriter) conditional(name string) bool {
	switch name {
	case "fi":
		return true
	case "else", "or":
		t.skipBranch(false)
		return true
	case "iftrue":
		return true
	case "ifthenelse", "iftoggle":
		t.argument()
		t.argument()
		t.push(t.argument(), "")
		return true
	}
	if flag, ok := strings.CutSuffix(name, "true"); ok {
		if _, known := t.paper.flags[flag]; known {
			t.paper.flags[flag] = true
			return true
		}
	}
	if flag, ok := strings.CutSuffix(name, "false"); ok {
		if _, known := t.paper.flags[flag]; known {
			t.paper.flags[flag] = false
			return true
		}
	}
	if !t.opensBranch(name) {
		return false
	}
	if !t.paper.flags[strings.TrimPrefix(name, "if")] {
		t.skipBranch(true)
	}
	return true
}

// opensBranch reports whether a command is an \if that a \fi ends.
func (t *latexWriter) opensBranch(name string) bool {
	switch name {
	case "if", "ifx", "ifnum", "ifdim", "ifcase", "ifdefined", "ifodd", "ifmmode", "ifvmode", "ifhmode", "ifinner", "ifvoid", "ifcat",
		"iffalse", "iftrue", "ifpdf", "ifluatex", "ifxetex", "ifcsname", "ifPDFTeX":
		return true
	}
	flag, ok := strings.CutPrefix(name, "if")
	if ok {
		_, ok = t.paper.flags[flag]
	}
	return ok
}

// skipBranch steps over a branch, to its \fi or, if stopAtElse, to its \else.
func (t *latexWriter) skipBranch(stopAtElse bool) {
	for depth := 0; t.top() != nil; {
		t.upTo("\\%")
		switch t.peek() {
		case '%':
			t.comment()
		case '\\':
			t.skip()
			switch name := t.name(); {
			case name == "fi":
				if depth == 0 {
					t.afterWord()
					return
				}
				depth--
			case name == "else":
				if depth == 0 && stopAtElse {
					t.afterWord()
					return
				}
			case t.opensBranch(name):
				depth++
			}
		}
	}
}
