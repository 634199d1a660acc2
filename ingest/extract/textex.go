package extract

import (
	"bytes"
	"strings"
)

// run writes everything that is left to read.
func (t *latexWriter) run() {
	for {
		in := t.top()
		if in == nil {
			return
		}
		if s := t.upTo(stopText, &t.stops); s != "" {
			t.text(s)
			if in.pos == len(in.text) {
				continue
			}
		}
		switch c := in.text[in.pos]; c {
		case '\\':
			in.pos++
			name := t.name()
			if isWord(name) {
				t.afterWord()
			}
			t.command(name)
		case '{':
			in.pos++
			t.groups = append(t.groups, len(t.undo))
		case '}':
			in.pos++
			t.closeGroup()
		case '%':
			t.comment()
		case '$':
			t.dollar()
		case '&':
			in.pos++
			t.cell()
		case '~':
			in.pos++
			t.text(" ")
		case '\n':
			empty := t.emptyLine()
			in.pos++
			if empty {
				t.paragraph()
			} else {
				t.text(" ")
			}
		case '-', '`', '\'':
			t.ligature(c)
		case '"':
			in.pos++
			t.quote()
		case 0:
			in.pos++
		default:
			t.shorthand()
		}
	}
}

// closeGroup takes back what was defined since the group was opened.
func (t *latexWriter) closeGroup() {
	n := len(t.groups)
	if n == 0 {
		return
	}
	for k := len(t.undo); k > t.groups[n-1]; k-- {
		u := t.undo[k-1]
		if u.old == nil {
			delete(t.tables.macros, u.name)
		} else {
			t.tables.macros[u.name] = u.old
		}
	}
	t.undo, t.groups = t.undo[:t.groups[n-1]], t.groups[:n-1]
}

// shorthand reads a sign that babel was told to make active.
func (t *latexWriter) shorthand() {
	in := t.top()
	if in.pos+2 <= len(in.text) {
		for tables := t.tables; tables != nil; tables = tables.below {
			if code, ok := tables.shorthands[in.text[in.pos:in.pos+2]]; ok {
				in.pos += 2
				t.push(code, "", true)
				return
			}
		}
	}
	t.text(in.text[in.pos : in.pos+1])
	in.pos++
}

// ligature reads dashes and quotes: -- is –, --- is —, “ and ” are “ and ”.
func (t *latexWriter) ligature(c byte) {
	n := 0
	for t.peek() == c && n < 3 {
		t.skip()
		n++
	}
	switch {
	case c == '-':
		t.text([]string{"-", "–", "—"}[n-1])
	case n == 1:
		t.text("'")
	case c == '`':
		t.text("“")
	default:
		t.text("”")
	}
	if n == 3 && c != '-' {
		t.text("'")
	}
}

var germanQuotes = map[byte]string{'a': "ä", 'o': "ö", 'u': "ü", 'A': "Ä", 'O': "Ö", 'U': "Ü", 's': "ß", 'z': "ß", '`': "„", '\'': "“",
	'<': "«", '>': "»", '-': "", '=': "-", '~': "-", '"': "", '|': "", '/': "/"}

// quote reads what follows a straight quote, which babel's German shorthands begin with.
func (t *latexWriter) quote() {
	if t.german {
		if s, ok := germanQuotes[t.peek()]; ok {
			t.skip()
			t.text(s)
			return
		}
	}
	t.text(`"`)
}

// quiet reports that nothing is written: in the preamble, in a section that is dropped, in a figure.
func (t *latexWriter) quiet() bool { return !t.body || t.muted || t.floats > 0 }

func (t *latexWriter) text(s string) {
	if !t.quiet() {
		t.out.text(s)
	}
}

// raw writes text whose white space stands.
func (t *latexWriter) raw(s string) {
	if !t.quiet() {
		t.out.raw(s)
	}
}

// endLine ends the open line. A bullet without text, or a row without any, goes. Inside an argument or a cell it is a space.
func (t *latexWriter) endLine() {
	if t.inline > 0 || t.tabs > 0 {
		t.text(" ")
		return
	}
	t.closeLine()
}

func (t *latexWriter) closeLine() {
	line := t.out.buf[t.out.start:]
	if s := bytes.Trim(line, " |"); len(s) == 0 || len(s) == 1 && s[0] == '-' && len(line) > 1 && line[1] == ' ' {
		t.out.buf = t.out.buf[:t.out.start]
		t.out.space, t.out.cited = false, false
		return
	}
	t.out.end()
}

// endRow ends a row of a table, or a line.
func (t *latexWriter) endRow() {
	if t.inline > 0 || t.tabs > 1 {
		t.text(" ")
		return
	}
	t.closeLine()
}

// paragraph ends a paragraph and writes its footnotes.
func (t *latexWriter) paragraph() {
	t.endLine()
	if t.inline == 0 && t.tabs == 0 {
		t.flush()
	}
}

// flush writes the footnotes that are due, those of footnotes last.
func (t *latexWriter) flush() {
	t.endLine()
	if len(t.notes) == 0 || t.depth > 2 {
		return
	}
	notes := t.notes
	t.notes = nil
	for _, note := range notes {
		t.write(note)
		t.endLine()
	}
	if len(t.notes) > 0 {
		t.depth++
		t.flush()
		t.depth--
	}
}

func (t *latexWriter) cell() {
	if t.tabs == 0 || t.quiet() {
		t.text(" ")
		return
	}
	t.out.space = true
	t.out.gap()
	t.out.buf = append(t.out.buf, '|')
	t.out.space = true
}

// dollar reads a formula between dollar signs.
func (t *latexWriter) dollar() {
	t.skip()
	if t.took('$') {
		t.display(t.math("$$"))
		return
	}
	t.inlineMath(t.math("$"))
}

func (t *latexWriter) inlineMath(formula []byte) { t.writeMath(formula, "$") }

func (t *latexWriter) writeMath(formula []byte, fence string) {
	if len(formula) == 0 || t.quiet() {
		return
	}
	t.paper.article.Equations++
	o := &t.out
	if n := len(o.buf); n > o.start && o.buf[n-1] == '$' {
		o.space = true // so that $a$$b$ does not look like a display
	}
	o.gap()
	o.buf = append(append(append(o.buf, fence...), formula...), fence...)
}

func (t *latexWriter) display(formula []byte) {
	if t.tabs > 0 || t.inline > 0 {
		t.inlineMath(formula)
		return
	}
	t.endLine()
	t.writeMath(formula, "$$")
	t.endLine()
}

// command writes one command and reads its arguments.
func (t *latexWriter) command(name string) {
	c := texCommands[name]
	if !c.fixed {
		if m := t.tables.macro(name); m != nil {
			if m.let == "" {
				t.expand(name, m)
				return
			}
			name = m.let
			c = texCommands[name]
		}
	}
	if c.op == opUnknown || c.op >= opProgram {
		if t.program(name, c) {
			return
		}
	}
	if c.op == opFront && t.frontMatter(name) {
		return
	}
	if !t.body && c.op != opEnv && c.op != opDrop {
		return
	}
	t.primitive(name, c)
}

// primitive writes a command that is no macro.
func (t *latexWriter) primitive(name string, c texCommand) {
	switch c.op {
	case opText:
		if name == ";" && t.algorithm == 'b' {
			t.endLine()
			return
		}
		t.text(c.s)
	case opPlain: // its argument stays
	case opDrop, opSkip:
		if t.drop(c.n); name == "hspace" {
			t.text(" ")
		}
	case opAccent:
		t.accent(c.s)
	case opCite:
		t.cite(c)
	case opSection:
		t.section(name)
	case opEnv:
		if env := t.expanded(t.argument()); name == "begin" {
			t.begin(env)
		} else {
			t.end(env)
		}
	case opUnit:
		t.quantity(name)
	case opUnknown:
		t.unknown(name)
	default:
		t.special(name)
	}
}

// cite reads a citation or a reference. Nothing stands for it but the noun that some packages write.
func (t *latexWriter) cite(c texCommand) {
	if c.n > 0 && !t.quiet() {
		t.paper.article.Citations++
	}
	if c.s != "" {
		t.star()
		if noun := refNoun(t.argument()); noun != "" {
			if c.s == "r" {
				noun = strings.ToLower(noun)
			}
			t.text(noun)
			return
		}
	} else {
		t.drop(1)
	}
	if !t.quiet() {
		t.out.cite()
	}
}

// unknown writes a command that is not known: nothing, but its arguments stay as text.
func (t *latexWriter) unknown(name string) {
	switch {
	case len(name) > 4 && (strings.HasPrefix(name, "cite") || strings.HasSuffix(name, "cite")):
		if !t.quiet() {
			t.paper.article.Citations++
			t.drop(1)
			t.out.cite()
		} else {
			t.drop(1)
		}
	case len(name) > 3 && strings.HasSuffix(name, "ref"):
		t.drop(1)
		if !t.quiet() {
			t.out.cite()
		}
	default:
		for t.peek() == '[' {
			if _, ok := t.optional(); !ok {
				break
			}
		}
	}
}

var refNouns = map[string]string{"fig": "Figure", "tab": "Table", "tbl": "Table", "sec": "Section", "ssec": "Section", "subsec": "Section", "chap": "Chapter",
	"ch": "Chapter", "eq": "Equation", "eqn": "Equation", "thm": "Theorem", "lem": "Lemma", "prop": "Proposition", "cor": "Corollary",
	"def": "Definition", "defn": "Definition", "alg": "Algorithm", "algo": "Algorithm", "app": "Appendix", "ex": "Example", "rem": "Remark",
	"lst": "Listing", "part": "Part", "prob": "Problem", "conj": "Conjecture", "claim": "Claim", "item": "Item", "line": "Line", "fn": "Footnote"}

// refNoun is the noun that packages such as cleveref put before a number, as far as the habit of naming labels tells: "fig:mill".
func refNoun(label string) string {
	label, _, _ = strings.Cut(label, ",")
	parts := strings.Split(strings.TrimSpace(label), ":")
	for i := len(parts) - 1; i >= 0 && i >= len(parts)-2; i-- {
		if noun := refNouns[strings.ToLower(parts[i])]; noun != "" {
			return noun
		}
	}
	return ""
}

// drop reads the star, the optional arguments and n arguments, and forgets them.
func (t *latexWriter) drop(n int) {
	t.star()
	for {
		if _, ok := t.optional(); !ok {
			break
		}
	}
	if n == 1 && t.peek() == '(' { // \cmidrule(lr){1-2}
		t.upToAny(")}\n")
		t.took(')')
	}
	for i := range n {
		if i > 0 {
			t.optional()
		}
		t.argument()
	}
}
