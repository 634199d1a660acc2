package extract

import (
	"bytes"
	"strings"
)

// wikiTable is the row that is being written. Tables within tables give rows of their own.
type wikiTable struct {
	depth int
	row   int     // where the row begins in the text
	seps  []int32 // where its cells are joined
	open  bool    // one was found to have no end: the search is not made again
}

// cellSign joins the cells of a row.
const cellSign = " | "

// maxCellBytes is the longest cell of a data table; with longer ones it is layout, and each cell a line.
const maxCellBytes = 500

// layoutClasses are words in a table's attributes that say it is no part of the text.
var layoutClasses = []string{"infobox", "navbox", "sidebar", "metadata", "ambox", "toccolours", "vcard", "geography", "noprint", "taxobox", "navigation", "float-right", "hlist"}

// maxCellAttributes bounds what may stand before the text of a cell, so that a line of many cells is read once.
const maxCellAttributes = 500

// startTable begins a table at p. One that is an infobox or navigation is stepped over.
func (x *Wikitext) startTable(p int) {
	x.endRow()
	x.endLine()
	x.para = false
	stop := x.lineEnd(p)
	x.key = appendLower(x.key[:0], x.src[p:stop])
	for _, word := range layoutClasses {
		if !x.table.open && bytes.Contains(x.key, []byte(word)) {
			if end := x.tableEnd(stop); end >= 0 {
				x.pos = end
				return
			}
			x.table.open = true
			break
		}
	}
	x.table.depth++
	x.pos = min(stop+1, x.end)
}

// tableEnd finds the end of the table whose first line ends at from; -1 if it has none.
func (x *Wikitext) tableEnd(from int) int {
	depth, ti := 1, x.ti
	for p := from; p < x.end; p++ {
		nl, after := x.find('\n', p, x.end, ti)
		if nl < 0 {
			return -1
		}
		ti = after
		p = nl
		s := bytes.TrimLeft(x.src[nl+1:x.end], " \t:*#")
		switch {
		case len(s) < 2:
		case s[0] == '{' && s[1] == '|':
			depth++
		case s[0] == '|' && s[1] == '}':
			if depth--; depth == 0 {
				return x.end - len(s) + 2
			}
		case s[0] == '=' && s[1] == '=':
			return -1
		}
	}
	return -1
}

// tableLine handles a line of a table that begins with | or !.
func (x *Wikitext) tableLine(p int) {
	c, next := x.src[p], x.at(p+1)
	x.para = true
	switch {
	case c == '|' && next == '}':
		x.endRow()
		x.table.depth--
		x.para = false
		x.pos = p + 2
		return
	case c == '|' && next == '-':
		x.endRow()
		x.pos = min(x.lineEnd(p)+1, x.end)
		return
	case c == '|' && next == '+':
		x.endRow()
		x.para = false
		x.pos = p + 2
		x.attributes()
		x.inline(true)
		x.endLine()
		return
	}
	x.header = c == '!'
	x.pos = p + 1
	x.startCell()
	x.inline(true)
}

// startCell begins a cell behind its sign.
func (x *Wikitext) startCell() {
	x.openCell()
	x.attributes()
}

func (x *Wikitext) openCell() {
	if !x.cell {
		x.endLine()
		x.cell, x.table.row = true, len(x.out)
		x.table.seps = x.table.seps[:0]
	} else {
		x.out = trimSpaces(x.out, x.start)
		x.table.seps = append(x.table.seps, int32(len(x.out)))
		x.out = append(x.out, cellSign...)
	}
	x.start, x.gap = len(x.out), false
}

// attributes steps over what stands before the | of a cell or caption.
func (x *Wikitext) attributes() {
	stop := min(x.end, x.pos+maxCellAttributes)
	if k := bytes.IndexByte(x.src[x.pos:stop], '\n'); k >= 0 {
		stop = x.pos + k
	}
	p, after := x.pipe(x.pos, stop, x.ti)
	if p < 0 || p+1 < x.end && x.src[p+1] == '|' || bytes.Contains(x.src[x.pos:p], []byte("[[")) || x.header && bytes.Contains(x.src[x.pos:p], []byte("!!")) {
		return
	}
	x.pos, x.ti = p+1, after
}

// endRow ends the row that is open, if one is: without empty cells at its end, and without itself if it has no others.
func (x *Wikitext) endRow() {
	if !x.cell {
		return
	}
	t := &x.table
	x.cell = false
	x.out = trimSpaces(x.out, x.start)
	for len(t.seps) > 0 && len(x.out) == int(t.seps[len(t.seps)-1])+len(cellSign) {
		x.out = x.out[:t.seps[len(t.seps)-1]]
		t.seps = t.seps[:len(t.seps)-1]
	}
	x.start = t.row
	if strings.Trim(string(x.out[t.row:min(len(x.out), t.row+64)]), " |\x01") == "" && bytes.Trim(x.out[t.row:], " |\x01") == nil {
		x.out = x.out[:t.row]
	}
	last, long := t.row, false
	for _, s := range t.seps {
		long = long || int(s)-last > maxCellBytes
		last = int(s)
	}
	if long || len(x.out)-last > maxCellBytes && len(t.seps) > 0 {
		x.cellsAsLines()
	}
	x.endLine()
	x.para = false
}

// cellsAsLines replaces the signs between cells by line ends.
func (x *Wikitext) cellsAsLines() {
	from := x.table.row
	out := from
	for _, s := range x.table.seps {
		if int(s) >= len(x.out) {
			break
		}
		out += copy(x.out[out:], x.out[from:s])
		if out > x.table.row && x.out[out-1] != '\n' {
			x.out[out] = '\n'
			out++
		}
		from = int(s) + len(cellSign)
	}
	out += copy(x.out[out:], x.out[from:])
	x.out = x.out[:out]
}

// closeTables ends what a heading or the page's end leaves open.
func (x *Wikitext) closeTables() {
	x.endRow()
	x.table.depth = 0
}
