package pdf

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"
)

// line is one line of a column.
type line struct {
	parts       []*chunk // from left to right
	x0, x1, y   int32
	size        int32
	bold        bool
	mono        bool
	cells       int        // groups of parts with wide gaps between them
	table       [][]*chunk // of a row of a table: the parts of each cell, which may have several lines
	left, right int32      // of the column around it
	lead        int32      // usual distance of lines in the column
	page        int
}

// cellGap is the gap between two cells of a table, in tenths of the font size.
const cellGap = 14

// lines makes the lines of a column from its chunks, which are sorted by y.
func lines(r region, page int, text []byte) []line {
	var out []line
	for _, c := range r {
		if n := len(out); n > 0 && out[n-1].takes(c) {
			out[n-1].add(c)
			continue
		}
		out = append(out, line{parts: []*chunk{c}, x0: c.x0, x1: c.x1, y: c.y, size: c.size, bold: c.bold, mono: c.mono, page: page})
	}
	for i := range out {
		l := &out[i]
		slices.SortStableFunc(l.parts, func(a, b *chunk) int { return int(a.x0) - int(b.x0) })
		l.dropTwins(text)
		l.countCells(text)
	}
	measureColumn(out)
	return mergeRows(out, text)
}

// takes reports a chunk that stands on the line: on its baseline, or raised or lowered and smaller.
func (l *line) takes(c *chunk) bool {
	dy := c.y - l.y
	big, small := max(l.size, c.size), min(l.size, c.size)
	if dy*100 > 35*big && !(small*100 <= 85*big && dy*100 <= 55*big) {
		return false
	}
	if len(l.parts) >= maxParts {
		return false
	}
	for _, p := range l.parts[max(0, len(l.parts)-neighbors):] {
		over := min(p.x1, c.x1) - max(p.x0, c.x0)
		if over*2 > min(p.x1-p.x0, c.x1-c.x0) && over > 0 && dy*10 > small {
			return false
		}
	}
	return true
}

func (l *line) add(c *chunk) {
	l.parts = append(l.parts, c)
	if c.size > l.size {
		l.size, l.y = c.size, c.y
	}
	l.x0, l.x1 = min(l.x0, c.x0), max(l.x1, c.x1)
	l.bold, l.mono = l.bold && c.bold, l.mono && c.mono
}

// dropTwins removes chunks that were shown twice in one place.
func (l *line) dropTwins(text []byte) {
	for i := 1; i < len(l.parts); i++ {
		a, b := l.parts[i-1], l.parts[i]
		if abs32(a.x0-b.x0)*4 < b.size && abs32(a.y-b.y)*4 < b.size && string(text[a.a:a.b]) == string(text[b.a:b.b]) {
			l.parts = slices.Delete(l.parts, i, i+1)
			i--
		}
	}
}

func (l *line) countCells(text []byte) {
	l.cells = 1
	for i := 1; i < len(l.parts); i++ {
		if l.newCell(i, text) {
			l.cells++
		}
	}
}

// newCell reports that part i begins a cell: there is a wide gap, and it is none as after the number of an item or heading, or before
// that of an equation.
func (l *line) newCell(i int, text []byte) bool {
	before, part := text[l.parts[i-1].a:l.parts[i-1].b], text[l.parts[i].a:l.parts[i].b]
	if i == 1 && len(l.parts) == 2 && numbersHeading(before, part) {
		return false
	}
	return l.wide(i) && !label(before) && !equationNumber(part)
}

// numbersHeading reports the number of a heading, as "2.1", in front of its words.
func numbersHeading(number, words []byte) bool {
	r, _ := utf8.DecodeRune(words)
	return len(number) <= 6 && len(bytes.Trim(number, "0123456789.")) == 0 && unicode.IsLetter(r)
}

// wide reports a gap as between cells in front of part i.
func (l *line) wide(i int) bool {
	a, b := l.parts[i-1], l.parts[i]
	return max(b.x0-a.x1, a.x0-b.x1)*10 >= cellGap*min(a.size, b.size)
}

// label reports the sign or the number of a list item, or of a heading.
func label(t []byte) bool {
	if utf8.RuneCount(t) > 6 {
		return false
	}
	if isBullet(t) {
		return true
	}
	digits := 0
	for _, c := range t {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '.' || c == '(' || c == ')' || c == '[' || c == ']':
		case len(t) <= 4 && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') && (t[len(t)-1] == '.' || t[len(t)-1] == ')'):
		default:
			return false
		}
	}
	c := t[len(t)-1]
	return c == '.' || c == ')' || c == ']'
}

func equationNumber(t []byte) bool {
	return len(t) >= 3 && len(t) <= 8 && t[0] == '(' && t[len(t)-1] == ')' && t[len(t)-2] >= '0' && t[len(t)-2] <= '9'
}

func isBullet(t []byte) bool {
	switch string(t) {
	case "•", "●", "▪", "‣", "◦", "∙", "◆", "■", "□", "►", "▶", "○", "⁃", "➢", "✓", "❖", "·", "–", "-", "*", "∗", "◾", "▸":
		return true
	}
	return false
}

// measureColumn finds the edges of the column and the usual distance of its lines.
func measureColumn(ls []line) {
	var x0, x1, dy []int32
	for i := range ls {
		x0, x1 = append(x0, ls[i].x0), append(x1, ls[i].x1)
		if i > 0 {
			if d := ls[i].y - ls[i-1].y; d*10 >= 8*ls[i].size && d <= 2*ls[i].size {
				dy = append(dy, d)
			}
		}
	}
	left, right, lead := mode(x0), at(x1, 95), at(dy, 40)
	for i := range ls {
		ls[i].left, ls[i].lead = min(left, ls[i].x0), lead
		if ls[i].x0 >= left {
			ls[i].left = left
		}
		if lead == 0 {
			ls[i].lead = ls[i].size * 5 / 4
		}
		ls[i].right = right
	}
}

// mode is the leftmost of the two places where the most lines begin, within two points.
func mode(x []int32) int32 {
	slices.Sort(x)
	best, most := int32(0), 0
	for i := 0; i < len(x); {
		k := i
		for k < len(x) && x[k]-x[i] <= 200 {
			k++
		}
		if k-i > most {
			best, most = x[i], k-i
		}
		i = k
	}
	for i := 0; i < len(x); {
		k := i
		for k < len(x) && x[k]-x[i] <= 200 {
			k++
		}
		if x[i] < best && (k-i)*3 >= most {
			return x[i]
		}
		i = k
	}
	return best
}
