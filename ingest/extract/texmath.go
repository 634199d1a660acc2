package extract

import "bytes"

// math reads a formula up to its end, "$", "$$", `\)`, `\]` or `\end{…}`, and returns its source on one line: macros expanded,
// comments, labels and numbering gone. A paragraph's end also ends a formula inside a line, as it is an error in TeX: a stray
// dollar sign does not swallow the rest of the paper. The bytes are lent until the next formula.
func (t *latexWriter) math(end string) []byte {
	b := &t.form
	b.reset()
	t.inMath = true
	depth := t.formula(b, end)
	t.inMath = false
	return b.closed(depth)
}

// formula writes what stands up to the end and returns how many braces were left open.
func (t *latexWriter) formula(b *texWriter, end string) (depth int) {
	for t.top() != nil {
		if s := t.upTo(stopMath, &t.stops); s != "" {
			b.write(s)
		}
		switch c := t.peek(); c {
		case 0:
		case '%':
			t.comment()
		case '{', '}':
			if c == '{' {
				depth++
			} else if depth--; depth < 0 {
				depth = 0
				t.skip()
				continue
			}
			t.skip()
			b.buf, b.word = append(b.buf, c), false
		case '$':
			t.skip()
			if depth > 0 || end != "$" && end != "$$" {
				b.buf, b.word = append(b.buf, '$'), false // a formula in the text in this formula
				continue
			}
			if end == "$$" && t.peek() == '$' {
				t.skip()
			}
			return depth
		case '\\':
			t.skip()
			if t.mathCommand(b, end) {
				return depth
			}
		case ' ', '\t', '\r', '\n':
			if c == '\n' && t.emptyLine() && (end == "$" || end == `\)` || end == "$$") {
				return depth
			}
			t.skip()
			b.space()
		default:
			t.skip()
			t.activeInMath(b, c)
		}
	}
	return depth
}

// activeInMath writes what a character stands for that was made active in formulas, with the character behind it, which is its
// argument. The outcome is remembered.
func (t *latexWriter) activeInMath(b *texWriter, c byte) {
	m := t.tables.macro("\x00" + string(rune(c)))
	if m == nil || m.let != "" || t.expanding >= maxTexDepth {
		b.buf, b.word = append(b.buf, c), false
		return
	}
	next := t.peek()
	if bclass[next]&cAlpha == 0 {
		t.expand("", m)
		return
	}
	key := [2]byte{c, next}
	t.skip()
	tables := t.tables
	if !t.defines && tables.below != nil {
		tables = tables.below // as for all papers with this preamble
	}
	if s, ok := tables.active[key]; ok {
		b.write(s)
		return
	}
	from, floor := len(b.buf), t.floor
	t.floor = len(t.stack)
	t.expanding++
	t.push(string(rune(next)), "", false)
	t.push(m.body, "", m.at)
	t.formula(b, "")
	t.expanding--
	if t.floor = floor; tables.active == nil {
		tables.active = map[[2]byte]string{}
	}
	if len(b.buf)-from <= 1000 {
		tables.active[key] = string(b.buf[from:])
	}
}

// space writes one space between two things.
func (t *texWriter) space() {
	if n := len(t.buf); n > 0 && t.buf[n-1] != ' ' {
		t.buf = append(t.buf, ' ')
		t.word = false
	}
}

// closed is the formula, with the braces that it left open.
func (t *texWriter) closed(depth int) []byte {
	s := bytes.TrimSpace(t.buf)
	if n := len(s); n > 0 && s[n-1] == '\\' && (n < 2 || s[n-2] != '\\') {
		s = s[:n-1] // of "\ " before the end
	}
	for ; depth > 0 && len(s) > 0; depth-- {
		s = append(s, '}')
	}
	return s
}

// mathCommand handles one command of a formula and reports whether it ends it.
func (t *latexWriter) mathCommand(b *texWriter, end string) bool {
	name := t.name()
	switch name {
	case ")", "]":
		if end == `\`+name {
			return true
		}
		b.command(name)
		return false
	case "end":
		return t.endInMath(b, end)
	case "begin":
		env := t.argument()
		if e := t.tables.env(env); e != nil {
			t.beginUser(e)
			return false
		}
		if texDropped[env] {
			t.dropEnv(env)
			return false
		}
		b.command("begin{")
		b.write(env)
		b.write("}")
		return false
	}
	c := texCommands[name]
	if !c.fixed || c.op == opText || c.op == opAccent {
		if m := t.tables.macro(name); m != nil {
			if m.let == "" {
				t.expand(name, m)
				return false
			}
			name = m.let
			c = texCommands[name]
		}
	}
	if (c.op == opUnknown || c.op >= opProgram) && t.program(name, c) {
		t.afterWord()
		return false
	}
	t.mathPrimitive(b, name)
	return false
}

// mathPrimitive writes a command of a formula that is no macro, or drops what has no place in one.
func (t *latexWriter) mathPrimitive(b *texWriter, name string) {
	switch name {
	case "label", "tag", "index", "vspace", "color", "hypertarget", "ref", "eqref", "cref", "Cref", "autoref", "footnote", "todo",
		"phantomsection", "glsadd":
		t.star()
		t.optional()
		t.argument()
	case "cite", "citep", "citet":
		t.paper.article.Citations++
		t.star()
		t.optional()
		t.optional()
		t.argument()
	case "textcolor":
		t.optional()
		t.argument()
	case "nonumber", "notag", "displaystyle", "textstyle", "limits", "allowbreak", "xspace", "ensuremath", "protect", "relax", "displaylimits",
		"nobreak", "penalty", "allowdisplaybreaks", "unskip", "ignorespaces", "leavevmode", "par", "noindent":
		t.afterWord()
	case "SI", "si", "num", "qty", "unit", "ang", "SIrange", "numrange", "qtyrange":
		t.quantity(name)
	default:
		b.command(name)
	}
}

// endInMath reads \end{…} in a formula.
func (t *latexWriter) endInMath(b *texWriter, end string) bool {
	env := t.argument()
	if end == `\end{`+env+`}` {
		return true
	}
	if e := t.tables.env(env); e != nil {
		t.push(e.end, "", e.at)
		return false
	}
	if env == "document" {
		t.push(`\end{document}`, "", false)
		return true
	}
	b.command("end{")
	b.write(env)
	b.write("}")
	return false
}

// mathEnvironment reads a display environment; inner is the environment that stands for it between $$ and $$.
func (t *latexWriter) mathEnvironment(env, inner string) {
	if n := texArgs[env]; n > 0 {
		t.drop(n)
	}
	formula := t.math(`\end{` + env + `}`)
	if len(formula) == 0 {
		return
	}
	if env == "math" {
		t.inlineMath(formula)
		return
	}
	if inner != "" {
		wrapped := append(t.scratch[:0], `\begin{`...)
		wrapped = append(append(wrapped, inner...), "} "...)
		wrapped = append(append(wrapped, formula...), ` \end{`...)
		formula = append(append(wrapped, inner...), '}')
		t.scratch = formula
	}
	t.display(formula)
}
