package extract

import (
	"strings"
	"unicode"
)

// paperWriter turns the elements of an article into lines. It knows what JATS and TEI have in common.
type paperWriter struct {
	lines
	tex        texWriter
	item       bool // the next text is the first of a list item
	inline     int  // inside a caption, a cell or a raised text, where no line may end
	tables     int  // inside tables
	citations  int
	references int
	equations  int
}

func (w *paperWriter) reset() {
	w.lines = lines{buf: w.buf[:0]}
	w.item, w.inline, w.tables, w.citations, w.references, w.equations = false, 0, 0, 0, 0, 0
}

// newline ends the open line, unless it is the bullet of an item whose text is still to come.
func (w *paperWriter) newline() {
	switch {
	case w.inline > 0:
		w.space = true
	case !w.item:
		w.end()
	}
}

// say writes running text.
func (w *paperWriter) say(s string) {
	if w.item {
		if strings.TrimSpace(s) == "" {
			return
		}
		w.item = false
	}
	w.text(s)
}

// bullet opens a list item, close ends it. One in which nothing stands vanishes.
func (w *paperWriter) bullet() {
	w.newline()
	if w.inline > 0 || w.item {
		return
	}
	w.raw("- ")
	w.item = true
}

func (w *paperWriter) closeItem() {
	if w.item && w.inline == 0 { // nothing stood in it
		w.buf = w.buf[:w.start]
		w.item = false
	}
	w.newline()
}

// formula writes TeX between dollar signs, on a line of its own where it is displayed.
func (w *paperWriter) formula(source string, display bool) {
	source = collapse(source)
	if source == "" {
		return
	}
	w.item = false
	w.equations++
	fence := "$"
	if display && w.inline == 0 {
		fence = "$$"
	}
	if n := len(w.buf); n > w.start && w.buf[n-1] == '$' {
		w.space = true // so that $a$$b$ does not look like a display
	}
	w.gap()
	w.buf = append(w.buf, fence...)
	w.text(source)
	w.buf = append(w.buf, fence...)
}

// mathML writes MathML as TeX.
func (w *paperWriter) mathML(e elem, display bool) {
	w.tex.reset()
	w.tex.math(e)
	w.formula(string(w.tex.buf), display)
}

// script writes what f writes raised or lowered, in Unicode's own characters where it has them.
func (w *paperWriter) script(to string, f func()) {
	w.inline++
	if len(w.buf) > w.start && w.space { // so that the gap is not taken for a part of it
		w.gap()
	}
	at := len(w.buf)
	f()
	w.inline--
	if at < len(w.buf) {
		if s := string(w.buf[at:min(len(w.buf), at+80)]); len(s) < 80 {
			w.buf = append(w.buf[:at], scripted(s, to)...)
		}
	}
}

// sentence writes what f writes without ending the line, and ends it with a stop where it has none.
func (w *paperWriter) sentence(f func()) {
	w.inline++
	at := len(w.buf)
	f()
	w.inline--
	if w.cited && w.inline == 0 {
		w.buf = dropCitations(w.buf, max(w.start, at))
	}
	if n := len(w.buf); n > at+2 && w.buf[n-1] == '.' && w.buf[n-2] == ' ' { // "Figure 1 .", as GROBID has it
		w.buf = append(w.buf[:n-2], '.')
	}
	if len(w.buf) > at && !endsSentence(w.buf[at:]) {
		w.buf = append(w.buf, '.')
	}
	w.space = true
}

// row writes a row of a table: the cells of which cell writes one.
func (w *paperWriter) row(row elem, cell func(elem) bool) {
	w.newline()
	at, filled, n := len(w.buf), false, 0
	for k := row.first(); !k.none(); k = k.next(row) {
		if k.isText() {
			continue
		}
		before := len(w.buf)
		if n > 0 && len(w.buf) > w.start && w.buf[len(w.buf)-1] != ' ' {
			w.buf = append(w.buf, ' ')
		}
		if n > 0 {
			w.buf = append(w.buf, "| "...)
		}
		w.space = false
		from := len(w.buf)
		w.inline++
		ok := cell(k)
		w.inline--
		if !ok {
			w.buf = w.buf[:before]
			continue
		}
		n++
		filled = filled || len(w.buf) > from
	}
	if !filled {
		w.buf = w.buf[:at]
	}
	w.newline()
}

// isNumeric reports whether a citation is only a number or a mark, so that the sentence reads without it.
func isNumeric(s string) bool { return strings.IndexFunc(s, unicode.IsLetter) < 0 }
