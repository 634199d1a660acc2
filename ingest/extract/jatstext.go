package extract

import "strings"

// jatsWriter turns the elements of an article into lines.
type jatsWriter struct {
	lines
	item bool // the next block is the first of a list item
}

func (j *jatsWriter) kids(e *element) {
	for _, k := range e.kids {
		j.element(k)
	}
}

// block writes an element that stands on lines of its own.
func (j *jatsWriter) block(e *element) {
	j.newline()
	j.kids(e)
	j.newline()
}

// newline ends the open line, unless it is the bullet of an item whose text is still to come.
func (j *jatsWriter) newline() {
	if j.item {
		return
	}
	j.end()
}

// element writes one element. What is not named here is taken for its content.
func (j *jatsWriter) element(e *element) {
	switch e.name {
	case "":
		if j.item {
			if strings.TrimSpace(e.text) == "" {
				return
			}
			j.item = false
		}
		j.text(e.text)
	case "p", "title", "subtitle", "disp-quote", "verse-line", "attrib", "speech", "statement", "sec", "boxed-text", "app", "def-item",
		"break", "fig-group", "abstract":
		j.block(e)
	case "label":
		// Sections and formulas are numbered by their publisher; figures and tables read theirs in caption.
	case "list":
		j.newline()
		e.each("title", j.block)
		e.each("list-item", j.listItem)
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
		j.formula(e, "$$")
		j.newline()
	case "inline-formula":
		j.formula(e, "$")
	case "tex-math":
		j.tex(texBody(e.raw()), "$")
	case "math":
		j.tex(mathTeX(e), "$")
	case "xref":
		if s := e.string(); e.attr("ref-type") == "bibr" && isNumeric(s) || e.attr("ref-type") == "fn" {
			j.cite()
			return
		}
		j.kids(e)
	case "sup":
		j.script(e, superScript)
	case "sub":
		j.script(e, subScript)
	case "preformat", "code":
		j.end()
		j.raw(strings.Trim(e.raw(), "\r\n"))
		j.end()
	case "fn", "fn-group", "ref-list", "ack", "bio", "notes", "glossary", "supplementary-material", "media", "graphic", "inline-graphic",
		"object-id", "alt-text", "long-desc", "permissions", "related-article", "table-wrap-foot", "sub-article", "response",
		"inline-supplementary-material", "processing-meta", "sec-meta", "alternatives-graphic", "author-notes":
	default:
		j.kids(e)
	}
}

// raw is the text of the subtree as it stands.
func (e *element) raw() string {
	var b strings.Builder
	e.write(&b)
	return b.String()
}

func (j *jatsWriter) listItem(e *element) {
	j.end()
	j.lines.raw("- ")
	j.item = true
	j.kids(e)
	if j.item { // nothing stood in it
		j.buf = j.buf[:j.start]
		j.item = false
	}
	j.end()
}

func (j *jatsWriter) definition(e *element) {
	j.end()
	term := e.child("term").string()
	j.lines.raw("- ")
	j.text(term + ": ")
	j.item = true
	e.each("def", j.kids)
	j.item = false
	j.end()
}

// float writes a figure or table: its label and caption on one line, then the rows of the table.
func (j *jatsWriter) float(e *element) {
	j.newline()
	if label := e.child("label").string(); label != "" {
		j.text(strings.TrimRight(label, ". ") + ". ")
	}
	if c := e.child("caption"); c != nil {
		for _, k := range c.kids {
			if k.name != "" {
				j.caption(k)
			}
		}
	}
	j.end()
	for _, k := range e.kids {
		switch k.name {
		case "table", "alternatives", "fig", "table-wrap", "array":
			j.element(k)
		}
	}
	j.end()
}

// caption writes a part of a caption without ending the line.
func (j *jatsWriter) caption(e *element) {
	var w jatsWriter
	w.kids(e)
	s := strings.ReplaceAll(string(w.finish()), "\n", " ")
	if s != "" && !endsSentence([]byte(s)) {
		s += "."
	}
	j.text(s + " ")
}

// table writes each row on a line. Row and entry are the OASIS words for tr and td.
func (j *jatsWriter) table(e *element) {
	for _, k := range e.kids {
		if k.name != "tr" && k.name != "row" {
			if k.name != "" && k.name != "caption" {
				j.table(k)
			}
			continue
		}
		var cells []string
		for _, c := range k.kids {
			switch c.name {
			case "td", "th", "entry":
				var w jatsWriter
				w.kids(c)
				cells = append(cells, strings.ReplaceAll(string(w.finish()), "\n", " "))
			}
		}
		j.end()
		if row := strings.Join(cells, " | "); strings.Trim(row, " |") != "" {
			j.text(row)
		}
		j.end()
	}
}

// formula writes the best of the forms that a formula is given in: TeX, then MathML, then its text.
func (j *jatsWriter) formula(e *element, fence string) {
	if t := e.find("tex-math"); t != nil {
		j.tex(texBody(t.raw()), fence)
		return
	}
	if m := e.find("math"); m != nil {
		j.tex(mathTeX(m), fence)
		return
	}
	j.kids(e)
}

func (j *jatsWriter) tex(source, fence string) {
	source = strings.Join(strings.Fields(source), " ")
	if source == "" {
		return
	}
	j.item = false
	j.text(fence + source + fence)
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

// script writes a superscript or subscript. One that only holds citations by number vanishes.
func (j *jatsWriter) script(e *element, to string) {
	if e.find("xref") != nil {
		j.kids(e)
		return
	}
	var w jatsWriter
	w.kids(e)
	j.item = false
	j.text(scripted(string(w.finish()), to))
}
