package extract

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
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

// accent puts a combining mark on the first character of an argument.
func (t *latexWriter) accent(mark string) {
	arg := t.argument()
	if t.quiet() {
		return
	}
	t.out.gap()
	at := len(t.out.buf)
	switch arg {
	case `\i`:
		t.out.text("i")
	case `\j`:
		t.out.text("j")
	default:
		t.writeInline(arg)
	}
	if at >= len(t.out.buf) {
		if mark == "\u0303" { // \~{} is how addresses are written
			t.out.text("~")
		}
		return
	}
	switch s := t.out.buf[at:]; {
	case bytes.HasPrefix(s, []byte("ı")):
		t.out.buf = append(t.out.buf[:at], append([]byte("i"), s[2:]...)...)
	case bytes.HasPrefix(s, []byte("ȷ")):
		t.out.buf = append(t.out.buf[:at], append([]byte("j"), s[2:]...)...)
	}
	_, n := utf8.DecodeRune(t.out.buf[at:])
	if r, size := utf8.DecodeLastRune(t.out.buf[at : at+n]); size == 0 || r == citeMark {
		return
	}
	tail := string(t.out.buf[at+n:])
	t.out.buf = append(append(t.out.buf[:at+n], mark...), tail...)
	t.composed = true
}

// section writes a heading. Behind those of acknowledgments and references nothing is written until the next.
func (t *latexWriter) section(name string) {
	if name == "@startsection" {
		for range 6 {
			t.argument()
		}
	}
	t.star()
	t.optional()
	title := t.argument()
	t.flush()
	t.muted, t.abstract = false, 0
	if t.quiet() {
		return
	}
	at := len(t.out.buf)
	t.writeInline(title)
	if at <= len(t.out.buf) && isBackMatter(t.out.buf[at:]) {
		t.out.buf = t.out.buf[:at]
		t.muted = true
		return
	}
	t.endLine()
}

func isBackMatter(title []byte) bool {
	folded := strings.ToLower(strings.Trim(string(title[:min(len(title), 60)]), " .:"))
	return strings.HasPrefix(folded, "acknowledg") || folded == "references" || folded == "bibliography"
}

// special writes the commands that need a rule of their own.
func (t *latexWriter) special(name string) {
	switch name {
	case `\`, "newline", "tabularnewline", "cr", "crcr", "linebreak":
		t.star()
		if t.peek() == '[' {
			t.optional()
		}
		t.endRow()
	case "par", "newpage", "clearpage", "cleardoublepage", "pagebreak", "bigskip", "medskip", "smallskip", "endgraf", "maketitle", "medbreak",
		"bigbreak", "smallbreak":
		if t.peek() == '[' {
			t.optional()
		}
		t.paragraph()
	case "paragraph", "subparagraph", "subsubparagraph":
		t.star()
		t.optional()
		t.runIn(t.argument())
	case "item":
		t.overlay()
		t.item()
	case "caption", "captionof", "subcaption", "subcaptionbox", "tablecaption", "bicaption":
		t.star()
		if name == "captionof" {
			t.argument()
		}
		t.optional()
		t.captionLine(t.argument())
	case "subfloat", "subfigure":
		if s, ok := t.optional(); ok {
			t.captionLine(s)
		}
	case "tablehead":
		t.push(t.argument()+`\\ `, "", t.at())
	case "footnote", "footnotetext", "endnote", "sidenote", "tablefootnote", "blfootnote":
		t.optional()
		if note := t.argument(); !t.quiet() && strings.TrimSpace(note) != "" {
			t.notes = append(t.notes, note)
		}
	case "(":
		t.inlineMath(t.math(`\)`))
	case "[":
		t.display(t.math(`\]`))
	case "ensuremath":
		t.push("$"+t.argument()+"$", "", t.at())
	case "url", "path", "nolinkurl", "href", "burl":
		t.address(name)
	case "verb", "lstinline", "mintinline", "code":
		t.verb(name)
	case "bye", "endinput", "enddocument":
		t.stop(name)
	default:
		t.inlineSpecial(name)
	}
}

// stop ends the file or, at \bye, the paper.
func (t *latexWriter) stop(name string) {
	if name == "endinput" {
		t.endFile()
		return
	}
	t.stack = t.stack[:0]
}

// runIn writes a heading that begins a paragraph.
func (t *latexWriter) runIn(title string) {
	t.flush()
	if t.muted = isBackMatter([]byte(title)); t.quiet() {
		return
	}
	at := len(t.out.buf)
	t.writeInline(title)
	if n := len(t.out.buf); at < n {
		for n > at && strings.IndexByte(".: ", t.out.buf[n-1]) >= 0 {
			n--
		}
		t.out.buf = append(t.out.buf[:n], '.')
		t.out.space = true
	}
}

// address writes an address as it stands; of a link that has a text, the text.
func (t *latexWriter) address(name string) {
	t.star()
	if name == "href" || name == "burl" {
		t.optional()
	}
	if name != "href" {
		if c := t.peek(); c != '{' && c != 0 && c != ' ' && c < utf8.RuneSelf && bclass[c]&(cAlpha|cDigit) == 0 && c != '\\' {
			t.verb("verb")
			return
		}
	}
	s := t.rawArgument()
	if name == "href" {
		return // its second argument is text
	}
	if strings.IndexByte(s, '\\') >= 0 {
		s = strings.NewReplacer(`\_`, "_", `\%`, "%", `\#`, "#", `\&`, "&", `\~`, "~", `\$`, "$", `\{`, "{", `\}`, "}", `\-`, "",
			`\textasciitilde`, "~", `\textunderscore`, "_", `\sim`, "~", `\allowbreak`, "", `\\`, "").Replace(s)
		s = strings.ReplaceAll(s, `\`, "")
	}
	t.text(s)
}

func (t *latexWriter) item() {
	label, ok := t.optional()
	if t.inline > 0 || t.tabs > 0 {
		t.text(" ")
	} else {
		t.endLine()
		t.raw("- ")
	}
	if ok && !t.quiet() {
		t.writeInline(label)
		t.out.space = true
	}
}

// overlay steps over the slides of a presentation, <2-3>.
func (t *latexWriter) overlay() {
	if t.peek() != '<' {
		return
	}
	m := t.mark()
	if s := t.upToAny(">\n"); t.peek() == '>' && strings.Trim(s, "<0123456789-,+.|()alert@ :beamerhndout") == "" {
		t.skip()
		return
	}
	t.back(m)
}

// inlineSpecial goes on where special ends.
func (t *latexWriter) inlineSpecial(name string) {
	switch name {
	case "textsuperscript", "textsubscript", "up", "sups":
		s := t.line(t.argument())
		if name == "textsubscript" {
			t.text(scripted(s, subScript))
		} else {
			t.text(scripted(s, superScript))
		}
	case "makecell", "shortstack", "thead", "parbox", "rothead":
		if name == "parbox" {
			t.drop(1)
		} else {
			t.optional()
		}
		if arg := t.argument(); t.tabs > 0 {
			t.writeInline(arg)
		} else {
			t.write(arg)
		}
	case "char", "symbol", "unichar":
		t.character()
	case "gls", "Gls", "glspl", "Glspl", "acrshort", "acs", "ac", "acp", "acf", "acl", "Ac", "acrfull", "acrlong", "ab":
		t.optional()
		label := t.argument()
		short := t.tables.acronym(label)
		if short == "" {
			short = label
		}
		t.writeInline(short)
		if strings.HasSuffix(name, "pl") || name == "acp" {
			t.text("s")
		}
	case "beginsection":
		title := t.upToAny("\n")
		t.flush()
		t.writeInline(strings.ReplaceAll(title, `\par`, ""))
		t.endLine()
	case "uncover", "only", "onslide", "visible", "invisible", "alt", "temporal", "alert", "pause", "structure":
		t.overlay()
		if t.peek() == '[' {
			t.optional()
		}
	case "frame":
		t.overlay()
		t.optional()
	case "comment":
		if n := len(t.envs); n > 0 {
			if _, ok := t.until(`\end{` + t.envs[n-1] + `}`); ok {
				t.leave(t.envs[n-1])
			}
		}
	case "xspace":
		if c := t.peek(); c != 0 && strings.IndexByte(".,;:!?')]}-/~ \t\n", c) < 0 {
			t.text(" ")
		}
	case "string":
		t.text(strings.TrimPrefix(t.token(), `\`))
	case "the", "number", "arabic":
		t.space()
		if t.peek() != '{' {
			if t.token() != `\value` {
				return
			}
		}
		t.text(strconv.Itoa(t.tables.counter(t.expanded(t.argument()))))
	default:
		t.algorithmic(name)
	}
}

// character writes \char65, \char"41 or \symbol{65}.
func (t *latexWriter) character() {
	t.space()
	s := ""
	switch t.peek() {
	case '{':
		s = t.argument()
	case '"', '\'', '`':
		if quote := t.peek(); quote == '`' {
			t.skip()
			c := strings.TrimPrefix(t.token(), `\`)
			t.text(c)
			return
		}
		s = t.token()
		fallthrough
	default:
		in := t.top()
		if in == nil {
			return
		}
		from := in.pos
		for in.pos < len(in.text) && in.pos < from+6 && (bclass[in.text[in.pos]]&cDigit != 0 || s == `"` && strings.IndexByte("ABCDEF", in.text[in.pos]) >= 0) {
			in.pos++
		}
		s += in.text[from:in.pos]
	}
	base := 10
	if rest, ok := strings.CutPrefix(s, `"`); ok {
		s, base = rest, 16
	} else if rest, ok := strings.CutPrefix(s, "'"); ok {
		s, base = rest, 8
	}
	if n, err := strconv.ParseUint(s, base, 32); err == nil && n > ' ' && n < 0x7f {
		t.text(string(rune(n)))
	}
}

func (t *latexWriter) captionLine(raw string) {
	tabs, floats := t.tabs, t.floats
	t.tabs, t.floats = 0, 0
	t.endLine()
	t.writeInline(raw)
	t.endLine()
	t.tabs, t.floats = tabs, floats
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
	if c == '{' && name != "verb" || name == "code" {
		s := t.rawArgument()
		if name == "code" {
			t.push(s, "", t.at())
			return
		}
		t.raw(s)
		return
	}
	if c == 0 || c == '\n' || c >= utf8.RuneSelf {
		return
	}
	t.skip()
	t.raw(t.upToAny(string(rune(c)) + "\n"))
	t.took(c)
}
