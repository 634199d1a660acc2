package pdf

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// block is a paragraph, a heading, a list item or a row of a table.
type block struct {
	text []byte
	size int32
	bold bool
	row  bool
	code bool // a line of it: its indentation counts
	page int
	y    int32 // of its first line
	last line
	n    int // lines
}

// blocks puts the lines of all columns together, in reading order.
type blocks struct {
	list []block
	text []byte // what the chunks' texts are cut from
	code bool   // lines in a font for code are lines of code; not where all the text is in such a font
	open int    // the block that the last line went into
	said words
	buf  []byte
}

// column adds the lines of one column.
func (b *blocks) column(ls []line) {
	for i := range ls {
		l := &ls[i]
		b.buf = b.write(b.buf[:0], l, b.isRow(ls, i))
		if len(b.buf) == 0 {
			continue
		}
		row := b.isRow(ls, i)
		after := i > 0 && len(b.list) > 0 // the block of the line before is there to go on with
		code := b.code && l.mono && !row && (!after || b.list[b.open].code || b.breaks(ls, i))
		if code {
			b.buf = indented(b.buf, l)
		} else if i == 0 {
			if k := b.unfinished(l); k >= 0 {
				b.open = k
				b.extend(l)
				continue
			}
		} else if after && !b.list[b.open].code && !b.breaks(ls, i) {
			b.extend(l)
			continue
		}
		b.open = len(b.list)
		b.list = append(b.list, block{text: bytes.Clone(b.buf), size: l.size, bold: l.bold, row: row, code: code, page: l.page, y: l.y, last: *l, n: 1})
	}
}

// indented puts as many spaces in front of a line of code as its place in the column tells.
func indented(t []byte, l *line) []byte {
	n := int32(utf8.RuneCount(t))
	if n == 0 || l.x1 <= l.x0 {
		return t
	}
	spaces := min(40, ((l.x0-l.left)*2*n/(l.x1-l.x0)+1)/2)
	return append(bytes.Repeat([]byte(" "), int(max(0, spaces))), t...)
}

func (b *blocks) extend(l *line) {
	k := &b.list[b.open]
	k.text = b.said.join(k.text, b.buf)
	k.last = *l
	k.bold = k.bold && l.bold
	k.n++
}

// isRow reports a row of a table: a line of several cells above or below another.
func (b *blocks) isRow(ls []line, i int) bool {
	if ls[i].table != nil {
		return true
	}
	if ls[i].cells < 2 {
		return false
	}
	return i > 0 && ls[i-1].cells > 1 && ls[i].y-ls[i-1].y < 4*ls[i].size || i+1 < len(ls) && ls[i+1].cells > 1 && ls[i+1].y-ls[i].y < 4*ls[i].size
}

// write writes the text of a line. The sign of a list item becomes "- ".
func (b *blocks) write(dst []byte, l *line, row bool) []byte {
	if l.table != nil {
		return b.writeRow(dst, l.table)
	}
	for i, p := range l.parts {
		t := b.text[p.a:p.b]
		if i == 0 {
			t = bulleted(t)
		} else {
			prev := l.parts[i-1]
			gap := p.x0 - prev.x1
			switch {
			case row && l.newCell(i, b.text):
				dst = append(dst, " | "...)
			case gap*100 > gapWithout*min(p.size, prev.size):
				dst = append(dst, ' ')
			}
		}
		if i == 1 && len(dst) > 1 && isBullet(bytes.TrimSpace(dst)) {
			dst = append(dst[:0], "- "...)
		}
		dst = append(dst, t...)
	}
	return bytes.TrimSpace(dst)
}

// bulleted writes "- " for the sign of a list item that stands in one chunk with the item.
func bulleted(t []byte) []byte {
	sign, rest, ok := bytes.Cut(t, []byte(" "))
	if ok && isBullet(sign) && len(rest) > 0 && !(len(sign) == 1 && sign[0] == '*') {
		return append([]byte("- "), rest...)
	}
	return t
}

// breaks reports that line i does not go on with the block of the line before it.
func (b *blocks) breaks(ls []line, i int) bool {
	p, l := &ls[i-1], &ls[i]
	k := &b.list[b.open]
	if b.isRow(ls, i) || b.isRow(ls, i-1) {
		return true
	}
	if abs32(p.size-l.size)*100 > 12*max(p.size, l.size) {
		return true
	}
	dy := l.y - p.y
	if dy*100 > 130*max(l.lead, l.size*11/10) {
		return true
	}
	if r, _ := utf8.DecodeRune(b.buf); (hyphenated(k.text) && unicode.IsLower(r) || linkGoesOn(k.text, b.buf)) && l.x0 < l.left+5*l.size {
		return false
	}
	short := b.fits(p, l, rightAround(ls, i-1))
	if startsItem(b.first(l), b.buf) && (short || b.buf[0] == '-' || l.x0 != p.x0 || endsSentence(lastRune(k.text))) {
		return true
	}
	if p.centered() && !l.centered() || leads(k.text) {
		return true
	}
	if p.bold != l.bold && (short || k.n == 1 && p.x1 < p.right-2*p.size) {
		return true
	}
	indent, before := l.x0-l.left, p.x0-p.left
	switch {
	case indent*10 > 8*l.size && indent < 5*l.size && before*10 < 5*p.size && !(p.bold && l.bold) && !bytes.HasPrefix(k.text, []byte("- ")):
		return true // a first line, indented
	case before-indent > p.size*8/10 && k.n > 1:
		return true // hanging lines end
	case short && before-indent > p.size*8/10:
		return true
	}
	return short && !hyphenated(k.text)
}

// leads reports a line of a table of contents: dots lead from a heading to its page.
func leads(t []byte) bool {
	digits := len(t) - len(bytes.TrimRight(t, "0123456789ivxlc"))
	return digits > 0 && (bytes.Contains(t, []byte("....")) || bytes.Contains(t, []byte(". . . .")))
}

// startsItem reports a line that begins with the sign or the number of a list item or of a reference.
func startsItem(first, text []byte) bool {
	if bytes.HasPrefix(text, []byte("- ")) {
		return true
	}
	if len(first) < 2 {
		return false
	}
	c := first[len(first)-1]
	return (c == '.' || c == ')' || c == ']') && label(first) && (first[0] == '[' || first[0] == '(' || len(first) <= 3) && !equationNumber(first)
}

// first is the first word of a line.
func (b *blocks) first(l *line) []byte {
	w, _, _ := bytes.Cut(b.buf, []byte(" "))
	return w
}

// fits reports that the first word of l had fitted on the line p before it: the line was ended on purpose.
func (b *blocks) fits(p, l *line, right int32) bool {
	n := utf8.RuneCount(b.buf)
	if n == 0 {
		return false
	}
	w := utf8.RuneCount(b.first(l))
	width := (l.x1 - l.x0) / int32(n) * int32(w)
	if l.x1 < l.x0 {
		return false
	}
	return right-p.x1 > width+p.size*3/2
}

// rightAround is how far the lines near line i reach that belong together with it.
func rightAround(ls []line, i int) int32 {
	right := ls[i].x1
	for k := i; k+1 < len(ls) && k < i+4 && ls[k].together(&ls[k+1]); k++ {
		right = max(right, ls[k+1].x1)
	}
	for k := i; k > 0 && k > i-4 && ls[k-1].together(&ls[k]); k-- {
		right = max(right, ls[k-1].x1)
	}
	return right
}

// together reports two lines of one size that follow each other closely.
func (l *line) together(next *line) bool {
	return abs32(l.size-next.size)*8 <= l.size && next.y-l.y <= 2*l.size
}

// unfinished finds the block that a column or page ended in the middle of, and that l goes on with; -1 if there is none. Notes and
// captions may stand between the two.
func (b *blocks) unfinished(l *line) int {
	r, _ := utf8.DecodeRune(b.buf)
	if startsItem(b.first(l), b.buf) || unicode.IsUpper(r) && !unicode.IsLower(r) && l.x0-l.left > l.size*8/10 {
		return -1
	}
	for k := len(b.list) - 1; k >= max(0, len(b.list)-6); k-- {
		q := &b.list[k]
		if l.page-q.page > 1 && q.last.page < l.page-1 {
			return -1
		}
		if abs32(q.size-l.size)*20 > l.size || q.row || q.code || q.bold != l.bold {
			continue
		}
		if q.n > 1 || q.last.x1-q.last.x0 > 15*q.size {
			end, _ := utf8.DecodeLastRune(bytes.TrimRight(q.text, "”\"')]"))
			full := q.last.right-q.last.x1 < 3*q.size && (q.last.x1-q.last.x0)*10 > 6*(l.right-l.left)
			if hyphenated(q.text) || full && (unicode.IsLower(r) || !endsSentence(end) && (cjk(end) || unicode.IsUpper(r) || unicode.IsDigit(r) || r == '(')) {
				return k
			}
		}
		return -1
	}
	return -1
}

func lastRune(t []byte) rune {
	r, _ := utf8.DecodeLastRune(t)
	return r
}

// centered reports a line with the same space on both sides.
func (l *line) centered() bool {
	a, b := l.x0-l.left, l.right-l.x1
	return a*2 > l.size && abs32(a-b)*3 < l.size
}

func endsSentence(r rune) bool {
	switch r {
	case '.', '!', '?', ':', '。', '！', '？', '：', ';', '；':
		return true
	}
	return false
}

func cjk(r rune) bool {
	return r >= 0x2e80 && r < 0xa000 || r >= 0xac00 && r < 0xd7b0 || r >= 0xf900 && r < 0xfb00 || r >= 0xff00 && r < 0xfff0 || r >= 0x20000 && r < 0x40000 ||
		r >= 0x3000 && r < 0x3100
}

// hyphenated reports that a text ends in the middle of a word.
func hyphenated(t []byte) bool {
	r, n := utf8.DecodeLastRune(t)
	if r == '\u00ad' {
		return true
	}
	if r != '-' && r != '‐' {
		return false
	}
	before, _ := utf8.DecodeLastRune(t[:len(t)-n])
	return unicode.IsLetter(before)
}
