package extract

import "bytes"

// Markdown appends the text of a Markdown document (CommonMark with tables, footnotes and formulas) to dst, and gives its title: a
// heading of the first level at the start, which is not repeated in the text. Code and formulas are kept as they are; links and
// pictures leave their words; comments, tags and definitions of links leave nothing. Front matter is not known here.
func Markdown(dst, src []byte) (text []byte, title string) {
	m := markdown{out: dst, start: len(dst)}
	for len(src) > 0 {
		var line []byte
		if i := bytes.IndexByte(src, '\n'); i >= 0 {
			line, src = src[:i], src[i+1:]
		} else {
			line, src = src, nil
		}
		m.line(bytes.TrimSuffix(line, []byte{'\r'}))
	}
	m.flush()
	return bytes.TrimSuffix(m.out, []byte{'\n'}), m.title
}

type markdown struct {
	out   []byte
	start int
	title string
	block []byte // the lines of the open paragraph, joined
	mark  string // "- " if that is a list item
	fence []byte // what closes the open code block; nil = none
	dent  int    // how far its opening fence was indented
	code  bool   // in indented code
	math  bool   // between two lines of $$
	note  bool   // in a comment over several lines
	blank bool   // the line before was blank
	list  bool   // a list item has begun, so that indented lines belong to it
}

// line takes one line into the blocks.
func (m *markdown) line(line []byte) {
	indent, body := mdDedent(line)
	blank := len(body) == 0
	wasBlank := m.blank || len(m.out) == m.start && len(m.block) == 0
	m.blank = blank
	switch {
	case m.fence != nil:
		if indent < 4 && bytes.HasPrefix(body, m.fence) && len(bytes.Trim(body, string(m.fence[:1])+" \t")) == 0 {
			m.fence = nil
			return
		}
		m.emit(mdCutIndent(line, m.dent))
		return
	case m.note:
		_, after, found := bytes.Cut(body, []byte("-->"))
		if m.note = !found; found && len(bytes.TrimSpace(after)) > 0 {
			m.paragraph(after)
		}
		return
	case m.math:
		m.emit(bytes.TrimRight(line, " \t"))
		m.math = !bytes.HasSuffix(body, []byte("$$"))
		return
	case blank:
		m.flush()
		if m.code {
			m.out = append(m.out, '\n') // within code; flushed away if none follows
		}
		return
	case m.code && indent >= 4, indent >= 4 && wasBlank && !m.list && len(m.block) == 0:
		m.code = true
		m.emit(mdCutIndent(line, 4))
		return
	}
	if m.code {
		m.code = false
		m.out = append(bytes.TrimRight(m.out, "\n"), '\n')
	}
	for len(body) > 0 && body[0] == '>' { // quotations are text like any other
		_, body = mdDedent(body[1:])
	}
	m.blockLine(indent, body)
}

// blockLine rules on a line that is not within code, a comment or a formula.
func (m *markdown) blockLine(indent int, body []byte) {
	switch {
	case len(body) == 0:
		m.flush()
	case mdFence(body) != nil:
		m.flush()
		m.fence, m.dent = mdFence(body), indent
	case bytes.HasPrefix(body, []byte("$$")):
		m.flush()
		m.emit(body)
		m.math = len(body) < 4 || !bytes.HasSuffix(body, []byte("$$"))
	case bytes.HasPrefix(body, []byte("<!--")):
		_, after, found := bytes.Cut(body[4:], []byte("-->"))
		if m.note = !found; len(bytes.TrimSpace(after)) > 0 {
			m.paragraph(after)
		}
	case body[0] == '#' && mdHeading(body) > 0:
		m.flush()
		n := mdHeading(body)
		m.heading(bytes.TrimRight(bytes.TrimSpace(body[n:]), "#"), n)
	case len(m.block) > 0 && (mdUnderline(body, '=') || mdUnderline(body, '-')):
		level := 1
		if body[0] == '-' {
			level = 2
		}
		h := m.block
		m.block = nil
		m.heading(h, level)
	case mdRule(body), mdTableRule(body) && len(m.block) == 0:
		m.flush()
	case mdDefinition(body):
		m.flush()
	case bytes.HasPrefix(body, []byte("[^")) && bytes.Contains(body, []byte("]:")): // each footnote is a block
		m.flush()
		m.paragraph(body)
	case body[0] == '|':
		m.flush()
		m.row(body)
	case mdItem(body) > 0 && (len(m.block) == 0 || m.mark != "" || body[0] < '0' || body[0] > '9'):
		m.flush()
		m.mark, m.list = "- ", true
		m.paragraph(body[mdItem(body):])
	default:
		if indent == 0 && len(m.block) == 0 {
			m.list = false
		}
		m.paragraph(body)
	}
}

// mdDedent gives the width of the indentation, a tab being four, and the rest without spaces around.
func mdDedent(line []byte) (int, []byte) {
	n := 0
	for i, c := range line {
		switch c {
		case ' ':
			n++
		case '\t':
			n += 4 - n%4
		default:
			return n, bytes.TrimRight(line[i:], "\t")
		}
	}
	return 0, nil
}

// mdCutIndent takes up to n columns of indentation away.
func mdCutIndent(line []byte, n int) []byte {
	for ; n > 0 && len(line) > 0 && (line[0] == ' ' || line[0] == '\t'); line = line[1:] {
		if n--; line[0] == '\t' {
			n -= 3
		}
	}
	return line
}

func (m *markdown) emit(line []byte) { m.out = append(append(m.out, line...), '\n') }

// paragraph adds a line to the open block. Two spaces or a backslash at its end break the line.
func (m *markdown) paragraph(line []byte) {
	if len(m.block) > 0 && m.block[len(m.block)-1] != '\n' {
		m.block = append(m.block, ' ')
	}
	hard := bytes.HasSuffix(line, []byte("  ")) || bytes.HasSuffix(line, []byte(`\`)) && !bytes.HasSuffix(line, []byte(`\\`))
	line = bytes.TrimSpace(line)
	if hard {
		line = bytes.TrimSuffix(line, []byte(`\`))
	}
	m.block = append(m.block, line...)
	if hard {
		m.block = append(m.block, '\n')
	}
}

func (m *markdown) flush() {
	if b := bytes.TrimSpace(m.block); len(b) > 0 {
		m.out = append(m.out, m.mark...)
		n := len(m.out)
		m.out = mdTidy(mdInline(m.out, b, 0), n)
		if len(m.out) == n {
			m.out = m.out[:n-len(m.mark)]
		} else {
			m.out = append(m.out, '\n')
		}
	}
	m.block, m.mark = m.block[:0], ""
}

// mdTidy leaves one space between words of b from n on, and none around line ends.
func mdTidy(b []byte, n int) []byte {
	out := b[:n]
	gap := byte(0)
	for _, c := range b[n:] {
		switch {
		case c == '\n':
			gap = c
		case c == ' ' || c == '\t':
			if gap == 0 {
				gap = ' '
			}
		default:
			if gap != 0 && len(out) > n {
				out = append(out, gap)
			}
			gap = 0
			out = append(out, c)
		}
	}
	return out
}

func (m *markdown) heading(text []byte, level int) {
	h := mdInline(nil, bytes.TrimSpace(text), 0)
	if i := bytes.LastIndex(h, []byte(" {#")); i >= 0 && bytes.HasSuffix(h, []byte("}")) { // an identifier
		h = h[:i]
	}
	h = bytes.TrimSpace(h)
	if level == 1 && len(m.out) == m.start && m.title == "" {
		m.title = string(h)
	} else if len(h) > 0 {
		m.emit(h)
	}
	m.mark, m.list = "", false
}

// row writes a table's row, or nothing for the rule below its head.
func (m *markdown) row(body []byte) {
	if mdTableRule(body) {
		return
	}
	body = bytes.Trim(bytes.TrimSpace(body), "|")
	for i, cell := range bytes.Split(body, []byte("|")) {
		if i > 0 {
			m.out = append(m.out, " | "...)
		}
		m.out = mdInline(m.out, bytes.TrimSpace(cell), 0)
	}
	m.out = append(m.out, '\n')
}

// mdFence is what closes the code block that this line opens, nil if it opens none.
func mdFence(body []byte) []byte {
	n := mdRun(body, '`')
	if n < 3 {
		n = mdRun(body, '~')
	}
	if n < 3 || body[0] == '`' && bytes.IndexByte(body[n:], '`') >= 0 {
		return nil
	}
	return bytes.Clone(body[:n])
}

// mdRun is how often b starts with c.
func mdRun(b []byte, c byte) int {
	n := 0
	for n < len(b) && b[n] == c {
		n++
	}
	return n
}

func mdHeading(body []byte) int {
	n := mdRun(body, '#')
	if n > 6 || n < len(body) && body[n] != ' ' && body[n] != '\t' {
		return 0
	}
	return n
}

func mdUnderline(body []byte, c byte) bool {
	b := bytes.TrimRight(body, " ")
	return len(b) >= 2 && mdRun(b, c) == len(b)
}

func mdRule(body []byte) bool {
	n := 0
	for _, c := range body {
		switch {
		case c == ' ' || c == '\t':
		case c == body[0] && (c == '*' || c == '-' || c == '_'):
			n++
		default:
			return false
		}
	}
	return n >= 3
}

func mdTableRule(body []byte) bool {
	return bytes.IndexByte(body, '-') >= 0 && bytes.IndexByte(body, '|') >= 0 && len(bytes.Trim(body, "|-: \t")) == 0
}

// mdDefinition reports where a link is defined, which is not text.
func mdDefinition(body []byte) bool {
	if body[0] != '[' || len(body) > 1 && body[1] == '^' {
		return false
	}
	i := bytes.Index(body, []byte("]:"))
	return i > 0 && bytes.IndexByte(body[:i], ']') < 0
}

// mdItem is the length of a list item's mark, 0 if there is none.
func mdItem(body []byte) int {
	n := 0
	switch c := body[0]; {
	case c == '-' || c == '*' || c == '+':
		n = 1
	case c >= '0' && c <= '9':
		for n < len(body) && n < 9 && body[n] >= '0' && body[n] <= '9' {
			n++
		}
		if n == len(body) || body[n] != '.' && body[n] != ')' {
			return 0
		}
		n++
	default:
		return 0
	}
	if n < len(body) && body[n] != ' ' && body[n] != '\t' {
		return 0
	}
	return n
}
