package extract

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

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
	if s := t.upToAny(">\n"); t.peek() == '>' && strings.Trim(s, "<0123456789-,+.|()@ :alertbmhndou") == "" {
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
	default:
		t.rareSpecial(name)
	}
}

// rareSpecial goes on where inlineSpecial ends.
func (t *latexWriter) rareSpecial(name string) {
	switch name {
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
