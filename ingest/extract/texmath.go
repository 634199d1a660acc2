package extract

import "strings"

// math reads a formula up to its end, "$", "$$", `\)`, `\]` or `\end{…}`, and returns its source on one line: macros expanded,
// comments, labels and numbering gone. A paragraph's end also ends a formula inside a line, as it is an error in TeX: a stray
// dollar sign does not swallow the rest of the paper.
func (t *latexWriter) math(end string) string {
	var b texWriter
	depth := 0
	for t.top() != nil {
		b.write(t.upTo("\\{}%$ \t\r\n"))
		switch c := t.peek(); c {
		case 0:
			t.skip()
		case '%':
			t.comment()
		case '{', '}':
			if c == '{' {
				depth++
			} else if depth--; depth < 0 {
				depth = 0
			}
			t.skip()
			b.write(string(rune(c)))
		case '$':
			t.skip()
			if depth > 0 {
				b.write("$") // a formula in the text in this formula
				continue
			}
			if end == "$$" && t.peek() == '$' {
				t.skip()
			}
			return b.result()
		case '\\':
			t.skip()
			if t.mathCommand(&b, end) {
				return b.result()
			}
		case ' ', '\t', '\r', '\n':
			if c == '\n' && t.emptyLine() && (end == "$" || end == `\)` || end == "$$") {
				return b.result()
			}
			t.skip()
			b.space()
		}
	}
	return b.result()
}

// space writes one space between two things.
func (t *texWriter) space() {
	if n := len(t.buf); n > 0 && t.buf[n-1] != ' ' {
		t.buf = append(t.buf, ' ')
		t.word = false
	}
}

func (t *texWriter) result() string { return strings.TrimSpace(string(t.buf)) }

// mathCommand handles one command of a formula and reports whether it ends it.
func (t *latexWriter) mathCommand(b *texWriter, end string) bool {
	name := t.name()
	switch name {
	case ")", "]":
		if end == `\`+name {
			return true
		}
	case "end":
		env := t.argument()
		if end == `\end{`+env+`}` {
			return true
		}
		b.write(`\end{` + env + `}`)
		return false
	case "begin":
		b.write(`\begin{` + t.argument() + `}`)
		return false
	case "label", "eqref", "ref", "cite", "tag", "index", "hspace", "vspace":
		t.star()
		t.argument()
		return false
	case "nonumber", "notag", "displaystyle", "textstyle", "limits", "allowbreak", "xspace", "ensuremath", "protect":
		t.afterWord()
		return false
	}
	if t.expand(name) {
		return false
	}
	b.write(`\` + name)
	return false
}

// mathEnvironment reads a display environment; inner is the environment that stands for it between $$ and $$.
func (t *latexWriter) mathEnvironment(env, inner string) {
	if n := texArgs[env]; n > 0 {
		t.drop(n)
	}
	formula := t.math(`\end{` + env + `}`)
	if env == "math" {
		t.inline(formula)
		return
	}
	if inner != "" && formula != "" {
		formula = `\begin{` + inner + `} ` + formula + ` \end{` + inner + `}`
	}
	t.display(formula)
}
