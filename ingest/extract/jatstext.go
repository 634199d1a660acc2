package extract

import "strings"

// jatsWriter turns the elements of a JATS article into lines.
type jatsWriter struct{ paperWriter }

func (j *jatsWriter) kids(e elem) {
	for k := e.first(); !k.none(); k = k.next(e) {
		j.element(k)
	}
}

// block writes an element that stands on lines of its own.
func (j *jatsWriter) block(e elem) {
	j.newline()
	j.kids(e)
	j.newline()
}

// element writes one element. What is not named here is taken for its content.
func (j *jatsWriter) element(e elem) {
	switch e.name() {
	case "":
		j.say(e.text())
	case "p", "title", "subtitle", "disp-quote", "verse-line", "attrib", "speech", "statement", "sec", "boxed-text", "app",
		"break", "fig-group", "abstract", "disp-formula-group", "question", "answer":
		j.block(e)
	case "label":
		// Sections and formulas are numbered by their publisher; figures and tables read theirs in float.
	case "list":
		j.newline()
		j.list(e)
	case "def-list":
		j.newline()
		e.each("title", j.block)
		e.each("def-item", j.definition)
	case "table-wrap", "fig", "table-wrap-group", "chem-struct-wrap", "scheme", "figure", "graphic-wrap":
		j.float(e)
	case "table":
		j.table(e)
	case "disp-formula":
		j.newline()
		j.maths(e, true)
		j.newline()
	case "inline-formula":
		j.maths(e, false)
	case "tex-math":
		j.formula(texBody(e.raw()), false)
	case "math":
		j.mathML(e, false)
	case "xref":
		j.xref(e)
	case "sup":
		j.script(superScript, func() { j.kids(e) })
	case "sub":
		j.script(subScript, func() { j.kids(e) })
	case "preformat", "code":
		if j.inline > 0 {
			j.say(e.raw())
			return
		}
		j.end()
		j.item = false
		j.raw(strings.Trim(e.raw(), "\r\n"))
		j.end()
	case "ref-list":
		e.all("ref", func(elem) { j.references++ })
	case "fn", "fn-group", "ack", "bio", "notes", "glossary", "supplementary-material", "media", "graphic", "inline-graphic",
		"object-id", "alt-text", "long-desc", "permissions", "related-article", "table-wrap-foot", "sub-article", "response",
		"inline-supplementary-material", "processing-meta", "sec-meta", "author-notes", "index-term", "kwd-group":
	default:
		j.kids(e)
	}
}

func (j *jatsWriter) list(e elem) {
	for k := e.first(); !k.none(); k = k.next(e) {
		switch k.name() {
		case "title", "p":
			j.block(k)
		case "list-item":
			j.bullet()
			j.kids(k)
			j.closeItem()
		case "list":
			j.element(k)
		}
	}
}

// xref writes a reference: of a citation that is only a number, and of the mark of a note, nothing is left.
func (j *jatsWriter) xref(e elem) {
	kind := e.attr("ref-type")
	if kind == "bibr" {
		j.citations++
	}
	if kind == "fn" || kind == "table-fn" || kind == "bibr" && isNumeric(e.raw()) {
		j.cite()
		return
	}
	j.kids(e)
}

func (j *jatsWriter) definition(e elem) {
	j.bullet()
	if term := e.child("term"); !term.none() {
		j.inline++
		j.kids(term)
		j.inline--
		j.say(": ")
	}
	j.item = j.inline == 0 // the definition goes on in this line
	e.each("def", j.kids)
	j.item = false
	j.newline()
}

// float writes a figure or table: its label and caption on one line, then the rows of the table.
func (j *jatsWriter) float(e elem) {
	j.newline()
	if label := e.child("label").string(); label != "" {
		j.say(strings.TrimRight(label, ". ") + ". ")
	}
	e.each("caption", func(c elem) {
		for k := c.first(); !k.none(); k = k.next(c) {
			if !k.isText() {
				j.sentence(func() { j.kids(k) })
			}
		}
	})
	j.newline()
	for k := e.first(); !k.none(); k = k.next(e) {
		switch k.name() {
		case "table", "alternatives", "fig", "table-wrap", "array", "p", "disp-formula":
			j.element(k)
		}
	}
	j.newline()
}

// table writes each row on a line. Row and entry are the OASIS words for tr and td.
func (j *jatsWriter) table(e elem) {
	for k := e.first(); !k.none(); k = k.next(e) {
		switch k.name() {
		case "tr", "row":
			j.row(k, func(c elem) bool {
				switch c.name() {
				case "td", "th", "entry":
					j.kids(c)
					return true
				}
				return false
			})
		case "", "caption":
		default:
			j.table(k)
		}
	}
}

// maths writes the best of the forms that a formula is given in: TeX, then MathML, then its text.
func (j *jatsWriter) maths(e elem, display bool) {
	if t := e.find("tex-math"); !t.none() {
		j.formula(texBody(t.raw()), display)
		return
	}
	if m := e.find("math"); !m.none() {
		j.mathML(m, display)
		return
	}
	at := len(j.buf)
	j.kids(e)
	if len(j.buf) > at {
		j.equations++
	}
}

// texBody takes the formula out of what publishers wrap around it: a whole document, dollar signs, brackets.
func texBody(s string) string {
	if _, body, ok := strings.Cut(s, `\begin{document}`); ok {
		s, _, _ = strings.Cut(body, `\end{document}`)
	}
	s = strings.TrimSpace(s)
	for _, fence := range [][2]string{{"$$", "$$"}, {"$", "$"}, {`\[`, `\]`}, {`\(`, `\)`}} {
		if len(s) >= len(fence[0])+len(fence[1]) && strings.HasPrefix(s, fence[0]) && strings.HasSuffix(s, fence[1]) {
			return strings.TrimSpace(s[len(fence[0]) : len(s)-len(fence[1])])
		}
	}
	return s
}
