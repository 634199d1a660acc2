package extract

import (
	"strings"
	"unicode/utf8"
)

// run writes everything that is left to read.
func (t *latexWriter) run() {
	for t.top() != nil {
		t.text(t.upTo("\\{}%$&~\n-`'\x00"))
		c := t.peek()
		switch c {
		case 0:
			t.skip()
		case '\\':
			t.skip()
			name := t.name()
			if isWord(name) {
				t.afterWord()
			}
			t.command(name)
		case '{', '}':
			t.skip()
		case '%':
			t.comment()
		case '$':
			t.dollar()
		case '&':
			t.skip()
			t.cell()
		case '~':
			t.skip()
			t.text(" ")
		case '\n':
			empty := t.emptyLine()
			t.skip()
			if empty {
				t.paragraph()
			} else {
				t.text(" ")
			}
		case '-', '`', '\'':
			t.ligature(c)
		default:
			// An expansion ended, and what follows it begins with an ordinary character: that is text of the next round.
		}
	}
}

// afterWord steps over the white space that a command word swallows, but not over a paragraph's end.
func (t *latexWriter) afterWord() {
	for {
		switch t.peek() {
		case ' ', '\t', '\r':
		case '\n':
			if t.emptyLine() {
				return
			}
		default:
			return
		}
		t.skip()
	}
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
		t.text("“" + strings.Repeat("'", n-2))
	default:
		t.text("”" + strings.Repeat("'", n-2))
	}
}

// text writes running text, unless we are in the preamble or in a section that is dropped.
func (t *latexWriter) text(s string) {
	if t.body && !t.muted {
		t.out.text(s)
	}
}

// raw writes text whose white space stands.
func (t *latexWriter) raw(s string) {
	if t.body && !t.muted {
		t.out.raw(s)
	}
}

// endLine ends the open line. A bullet without text, or a row without any, goes.
func (t *latexWriter) endLine() {
	line := string(t.out.buf[t.out.start:])
	if s := strings.Trim(line, " |"); s == "" || s == "-" && strings.HasPrefix(line, "- ") {
		t.out.buf = t.out.buf[:t.out.start]
		t.out.space, t.out.cited = false, false
		return
	}
	t.out.end()
}

// paragraph ends a paragraph and turns to its footnotes. In a table it is a space.
func (t *latexWriter) paragraph() {
	if t.tables > 0 {
		t.text(" ")
		return
	}
	t.endLine()
	if len(t.notes) > 0 {
		notes := strings.Join(t.notes, "\n\n")
		t.notes = t.notes[:0]
		t.push("\n\n"+notes+"\n\n", "")
	}
}

func (t *latexWriter) finishNotes() {
	for round := 0; len(t.notes) > 0 && round < maxTexDepth && t.err == nil; round++ {
		t.paragraph()
		t.run()
	}
	t.endLine()
}

func (t *latexWriter) cell() {
	if t.tables == 0 {
		t.text(" ")
		return
	}
	t.text(" ")
	t.raw("|")
	t.text(" ")
}

// dollar reads a formula between dollar signs.
func (t *latexWriter) dollar() {
	t.skip()
	if t.peek() == '$' {
		t.skip()
		t.display(t.math("$$"))
		return
	}
	t.inline(t.math("$"))
}

func (t *latexWriter) inline(formula string) {
	if formula != "" {
		t.text("$" + formula + "$")
	}
}

func (t *latexWriter) display(formula string) {
	if t.tables > 0 {
		t.inline(formula)
		return
	}
	t.endLine()
	if formula != "" {
		t.text("$$" + formula + "$$")
	}
	t.endLine()
}

// command writes one command and reads its arguments.
func (t *latexWriter) command(name string) {
	if t.definition(name) || t.conditional(name) || t.frontMatter(name) || t.expand(name) {
		return
	}
	if s, ok := texSymbols[name]; ok {
		t.text(s)
		return
	}
	if n, ok := texDrop[name]; ok {
		t.drop(n)
		return
	}
	if n, ok := texSkip[name]; ok {
		t.drop(n)
		return
	}
	if mark, ok := texAccents[name]; ok {
		t.accent(mark)
		return
	}
	switch {
	case texCite[name] || strings.HasPrefix(name, "cite") || strings.HasSuffix(name, "cite") || strings.HasSuffix(name, "ref"):
		t.drop(1)
		if t.body && !t.muted {
			t.out.cite()
		}
	case texSections[name]:
		t.section()
	default:
		t.special(name)
	}
}

// drop reads the star, the optional arguments and n arguments, and forgets them.
func (t *latexWriter) drop(n int) {
	t.star()
	for {
		if _, ok := t.optional(); !ok {
			break
		}
	}
	if t.peek() == '(' && n == 1 { // \cmidrule(lr){1-2}
		t.upTo(")}\n")
		if t.peek() == ')' {
			t.skip()
		}
	}
	for i := range n {
		if i > 0 {
			t.optional()
		}
		t.argument()
	}
}

func (t *latexWriter) accent(mark string) {
	base := t.paper.render(t.argument(), t.depth+1)
	switch base {
	case "ı":
		base = "i"
	case "ȷ":
		base = "j"
	}
	_, n := utf8.DecodeRuneInString(base)
	t.text(base[:n] + mark + base[n:])
}

func (t *latexWriter) section() {
	t.star()
	t.optional()
	title := t.paper.render(t.argument(), t.depth+1)
	t.muted = false
	t.paragraphNow()
	switch folded := strings.ToLower(title); {
	case strings.HasPrefix(folded, "acknowledg"), folded == "references", folded == "bibliography":
		t.muted = true
	}
	t.text(title)
	t.endLine()
}

// paragraphNow ends the paragraph and writes its footnotes at once, before what comes next.
func (t *latexWriter) paragraphNow() {
	t.endLine()
	for _, note := range t.notes {
		for _, line := range strings.Split(t.paper.renderLines(note, t.depth+1), "\n") {
			t.text(line)
			t.endLine()
		}
	}
	t.notes = t.notes[:0]
}

// special writes the commands that need a rule of their own. One that is unknown vanishes; its arguments stay as text.
func (t *latexWriter) special(name string) {
	switch name {
	case "begin":
		t.begin(t.argument())
	case "end":
		t.end(t.argument())
	case `\`, "newline", "tabularnewline", "cr":
		t.star()
		if t.peek() == '[' {
			t.optional()
		}
		t.endLine()
	case "par", "newpage", "clearpage", "pagebreak", "bigskip", "medskip", "smallskip":
		t.paragraph()
	case "paragraph", "subparagraph":
		t.star()
		t.optional()
		t.paragraphNow()
		if title := t.paper.render(t.argument(), t.depth+1); title != "" {
			t.text(strings.TrimRight(title, ".:") + ". ")
		}
	case "item":
		t.endLine()
		label, _ := t.optional()
		t.raw("- ")
		if label = t.paper.render(label, t.depth+1); label != "" {
			t.text(label + " ")
		}
	case "caption", "captionof", "subcaption":
		t.star()
		if name == "captionof" {
			t.argument()
		}
		t.optional()
		t.captionLine(t.argument())
	case "tablecaption":
		t.captionLine(t.argument())
	case "tablehead":
		t.push(t.argument()+`\\ `, "")
	case "footnote", "footnotetext":
		t.optional()
		t.notes = append(t.notes, t.argument())
	case "(":
		t.inline(t.math(`\)`))
	case "[":
		t.display(t.math(`\]`))
	case "ensuremath":
		t.push("$"+t.argument()+"$", "")
	case "url", "path", "nolinkurl":
		t.text(t.argument())
	case "verb", "lstinline", "mintinline":
		t.verb(name)
	default:
		t.inlineSpecial(name)
	}
}

// inlineSpecial goes on where special ends: scripts, the lines of algorithms, and what is unknown.
func (t *latexWriter) inlineSpecial(name string) {
	switch name {
	case "textsuperscript":
		t.text(scripted(t.paper.render(t.argument(), t.depth+1), superScript))
	case "textsubscript":
		t.text(scripted(t.paper.render(t.argument(), t.depth+1), subScript))
	case "State", "Statex", "Require", "Ensure", "Procedure", "Function", "EndFor", "EndIf", "EndWhile":
		t.endLine()
	case "If", "ElsIf", "For", "While", "Return", "Else", "ForAll":
		t.endLine()
		t.text(strings.ToLower(name) + " ")
	default:
		if t.peek() == '[' {
			t.optional()
		}
	}
}

func (t *latexWriter) captionLine(raw string) {
	caption := t.paper.render(raw, t.depth+1)
	tables := t.tables
	t.tables = 0
	t.endLine()
	t.text(caption)
	t.endLine()
	t.tables = tables
}

// verb writes a piece of code between two equal characters, or in braces.
func (t *latexWriter) verb(name string) {
	t.star()
	if name != "verb" {
		t.optional()
	}
	if name == "mintinline" {
		t.argument()
	}
	c := t.peek()
	if c == '{' {
		t.raw(t.argument())
		return
	}
	if c == 0 || c == '\n' || c >= utf8.RuneSelf {
		return
	}
	t.skip()
	t.raw(t.upTo(string(rune(c)) + "\n"))
	if t.peek() == c {
		t.skip()
	}
}
