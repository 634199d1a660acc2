package extract

import "strings"

// flag handles \xtrue and \xfalse of \newif\ifx, and \ifx itself.
func (t *latexWriter) flag(name string) bool {
	if flag, ok := strings.CutSuffix(name, "true"); ok {
		if _, known := t.tables.flag(flag); known {
			t.tables.flags[flag] = true
			return true
		}
	}
	if flag, ok := strings.CutSuffix(name, "false"); ok {
		if _, known := t.tables.flag(flag); known {
			t.tables.flags[flag] = false
			return true
		}
	}
	if flag, ok := strings.CutPrefix(name, "if"); ok {
		if on, known := t.tables.flag(flag); known {
			if !on {
				t.skipBranch(true)
			}
			return true
		}
	}
	return false
}

// condition decides an \if of TeX. What only TeX could decide is false.
func (t *latexWriter) condition(name string) bool {
	switch name {
	case "iftrue":
		return true
	case "ifx":
		t.space()
		a := t.token()
		if isWord(strings.TrimPrefix(a, `\`)) && a[0] == '\\' {
			t.afterWord()
		}
		b := t.token()
		t.afterWordOf(b)
		return t.sameToken(a, b)
	case "if", "ifcat":
		a, b := t.expandedToken(), t.expandedToken()
		return a != "" && a == b
	case "ifdefined":
		name := t.target()
		t.afterWord()
		return t.known(name)
	case "ifcsname":
		return t.known(t.csname())
	case "ifnum", "ifdim":
		left := t.upToAny("<=>\n")
		op := t.peek()
		if op == '\n' || op == 0 {
			return false
		}
		t.skip()
		return compare(t.number(left), op, t.readNumber())
	case "ifodd":
		return t.readNumber()%2 != 0
	case "ifcase":
		return t.readNumber() == 0
	case "ifmmode":
		return t.inMath
	case "ifpdf", "ifPDFTeX":
		return true
	}
	return false
}

func (t *latexWriter) afterWordOf(token string) {
	if name, ok := strings.CutPrefix(token, `\`); ok && isWord(name) {
		t.afterWord()
	}
}

// sameToken compares as \ifx does: commands by what they stand for.
func (t *latexWriter) sameToken(a, b string) bool {
	if a == b {
		return a != ""
	}
	if a == "" || b == "" || a[0] != '\\' || b[0] != '\\' {
		return false
	}
	x, y := t.tables.macro(a[1:]), t.tables.macro(b[1:])
	switch {
	case x != nil && y != nil:
		return x == y || x.let == y.let && x.body == y.body && len(x.params) == len(y.params)
	case x != nil:
		return x.let != "" && x.let == b[1:]
	case y != nil:
		return y.let != "" && y.let == a[1:]
	}
	return !t.known(a[1:]) && !t.known(b[1:])
}

func (t *latexWriter) known(name string) bool {
	if name == "undefined" || name == "" {
		return false
	}
	m := t.tables.macro(name)
	if m != nil {
		return m.let == "" || t.known(m.let)
	}
	return texCommands[name].op != opUnknown
}

// expandedToken is the next token that is no macro.
func (t *latexWriter) expandedToken() string {
	for range 100 {
		s := t.token()
		name, ok := strings.CutPrefix(s, `\`)
		if !ok {
			return s
		}
		t.afterWordOf(s)
		m := t.tables.macro(name)
		if m == nil || m.let != "" {
			return s
		}
		t.expand(name, m)
	}
	return ""
}

func compare(a int, op byte, b int) bool {
	switch op {
	case '<':
		return a < b
	case '>':
		return a > b
	}
	return a == b
}

// skipBranch steps over a branch, to its \fi or, if stopAtElse, to its \else.
func (t *latexWriter) skipBranch(stopAtElse bool) {
	for depth := 0; t.top() != nil; {
		t.upToAny("\\%")
		switch t.peek() {
		case '%':
			t.comment()
		case '\\':
			t.skip()
			name := t.name()
			switch op := texCommands[name].op; {
			case op == opFi:
				if depth == 0 {
					t.afterWord()
					return
				}
				depth--
			case op == opElse:
				if depth == 0 && stopAtElse {
					t.afterWord()
					return
				}
			case op == opIf:
				depth++
			case strings.HasPrefix(name, "if"):
				if _, known := t.tables.flag(name[2:]); known {
					depth++
				}
			}
		}
	}
}

// branch handles the conditions whose branches are arguments.
func (t *latexWriter) branch(name string) {
	at := t.at()
	choose := func(yes bool) {
		a, b := t.argument(), t.argument()
		if !yes {
			a = b
		}
		t.push(a, "", at)
	}
	only := func(yes bool) {
		if a := t.argument(); yes {
			t.push(a, "", at)
		}
	}
	switch name {
	case "IfNoValueTF":
		choose(strings.TrimSpace(t.argument()) == noValue)
	case "IfNoValueT":
		only(strings.TrimSpace(t.argument()) == noValue)
	case "IfNoValueF", "IfValueT":
		only(strings.TrimSpace(t.argument()) != noValue)
	case "IfValueTF":
		choose(strings.TrimSpace(t.argument()) != noValue)
	case "IfValueF":
		only(strings.TrimSpace(t.argument()) == noValue)
	case "IfBooleanTF":
		choose(strings.TrimSpace(t.argument()) == `\BooleanTrue`)
	case "IfBooleanT":
		only(strings.TrimSpace(t.argument()) == `\BooleanTrue`)
	case "IfBooleanF":
		only(strings.TrimSpace(t.argument()) != `\BooleanTrue`)
	default:
		t.branchOnState(name, choose)
	}
}

// branchOnState handles the conditions of etoolbox, which ask for toggles, texts, names and numbers.
func (t *latexWriter) branchOnState(name string, choose func(yes bool)) {
	switch name {
	case "iftoggle", "ifbool":
		choose(t.isOn(t.expanded(t.argument())))
	case "nottoggle", "notbool":
		choose(!t.isOn(t.expanded(t.argument())))
	case "ifblank", "ifstrempty":
		choose(strings.TrimSpace(t.argument()) == "")
	case "notblank", "ifnotempty":
		choose(strings.TrimSpace(t.argument()) != "")
	case "ifstrequal", "ifdefstring", "ifdefstrequal":
		a, b := t.expanded(t.argument()), t.expanded(t.argument())
		choose(a == b)
	case "ifdefempty":
		choose(t.expanded(t.argument()) == "")
	case "ifdef":
		choose(t.known(commandName(t.argument())))
	case "ifundef":
		choose(!t.known(commandName(t.argument())))
	case "ifcsdef":
		choose(t.known(t.expanded(t.argument())))
	case "@ifundefined", "ifcsundef":
		choose(!t.known(t.expanded(t.argument())))
	case "ifnumgreater":
		a, b := t.number(t.argument()), t.number(t.argument())
		choose(a > b)
	case "ifnumless":
		a, b := t.number(t.argument()), t.number(t.argument())
		choose(a < b)
	case "ifnumequal":
		a, b := t.number(t.argument()), t.number(t.argument())
		choose(a == b)
	case "ifnumcomp":
		a, op, b := t.number(t.argument()), firstByte(t.argument()), t.number(t.argument())
		choose(compare(a, op, b))
	default:
		t.branchOnFiles(name, choose)
	}
}

// branchOnFiles handles the conditions of LaTeX's kernel.
func (t *latexWriter) branchOnFiles(name string, choose func(yes bool)) {
	at := t.at()
	switch name {
	case "@ifpackagelater", "@ifclasslater":
		t.argument()
		t.argument()
		choose(true)
	case "@ifpackageloaded", "@ifclassloaded":
		t.argument()
		choose(false)
	case "@ifpackagewith":
		t.argument()
		t.argument()
		choose(false)
	case "@ifstar":
		star := t.star()
		choose(star)
	case "@ifnextchar":
		c := t.argument()
		a, b := t.argument(), t.argument()
		if t.space(); c == "" || t.peek() != c[0] {
			a = b
		}
		t.push(a, "", at)
	case "@firstoftwo", "texorpdfstring":
		choose(true)
	case "@secondoftwo":
		choose(false)
	case "IfFileExists":
		choose(t.exists(t.argument()))
	case "InputIfFileExists":
		name := t.argument()
		if found := t.exists(name); found {
			choose(true)
			t.include("", name)
		} else {
			choose(false)
		}
	case "ifthenelse":
		choose(t.test(t.argument()))
	case "mathchoice", "@mathchoice":
		a := t.argument()
		t.argument()
		t.argument()
		t.argument()
		t.push(a, "", at)
	}
}

// isOn is the state of a toggle, or of a flag.
func (t *latexWriter) isOn(name string) bool {
	on, known := t.tables.flag(name)
	return t.tables.toggle(name) || known && on
}

// test decides the condition of \ifthenelse where it is one comparison.
func (t *latexWriter) test(s string) bool {
	s = strings.TrimSpace(s)
	r := texReader{budget: len(s) + 64}
	r.push(s, "", false)
	negate := false
	for {
		switch r.space(); r.token() {
		case `\not`, `\NOT`:
			negate = !negate
			continue
		case `\equal`:
			a, b := t.expanded(r.argument()), t.expanded(r.argument())
			return (a == b) != negate
		case `\boolean`:
			on, _ := t.tables.flag(r.argument())
			return on != negate
		case `\isundefined`:
			return !t.known(commandName(r.argument())) != negate
		case `\isodd`:
			return (t.number(r.argument())%2 != 0) != negate
		}
		if i := strings.IndexAny(s, "<=>"); i > 0 {
			return compare(t.number(s[:i]), s[i], t.number(s[i+1:])) != negate
		}
		return negate
	}
}
