package extract

import (
	"bytes"
	"slices"
	"strconv"
)

// list is an open list while Markdown is written.
type list struct {
	node   int32 // <ul> or <ol>
	number int   // of its last item
	indent int   // of its marks, in spaces
	inner  int   // of the text of its last item
}

// mdState is where in the page the last written block stood.
type mdState struct {
	row   int32 // its row and cell in a table of data, or -1
	cell  int32
	table int32 // the table of the last row
	item  bool  // it stood in a list
}

// writeMarkdown joins the kept blocks into Markdown.
func (x *HTML) writeMarkdown() {
	d := &x.decider
	out := x.out[:0]
	x.lists = x.lists[:0]
	s := mdState{row: -1, cell: -1, table: -1}
	for i := range d.blocks {
		b := &d.blocks[i]
		if !b.keep {
			continue
		}
		r, c := x.cellOf(b)
		if r != s.row {
			out = x.closeRow(out, &s)
		}
		x.closeLists(b.node)
		mark, prefix, item := len(out), 0, int32(0)
		if r >= 0 {
			out = x.openCell(out, &s, r, c)
		} else {
			if b.ctx&gList != 0 {
				item = x.itemOf(int32(i), b.node)
			}
			out, prefix = x.openBlock(out, &s, b, item)
		}
		at := len(out)
		out = x.appendBlock(out, b, r >= 0)
		if len(out) == at || x.repeats(b, out, at) {
			if out = out[:mark]; item > 0 {
				x.lists[len(x.lists)-1].number--
			}
			continue
		}
		s.row, s.cell, s.item = r, c, r < 0 && len(x.lists) > 0
		switch {
		case r >= 0:
			out = escapePipes(out, at)
			continue
		case b.ctx&gPre != 0:
			out = fence(out, at, prefix)
		default:
			out = indentLines(out, at, prefix, b.ctx&gQuote != 0)
		}
		s.table = -1
	}
	x.out = x.closeRow(out, &s)
}

// openBlock writes what stands before the text of a block: empty lines, the mark of the list item that it begins, of its quotation, of
// its heading. The number of spaces that its other lines begin with is prefix.
func (x *HTML) openBlock(out []byte, s *mdState, b *block, item int32) (_ []byte, prefix int) {
	if len(out) > 0 {
		out = append(out, '\n')
		if tight := item > 0 && s.item && len(x.lists) > 0; !tight {
			out = append(out, '\n')
		}
	}
	if item > 0 {
		out, prefix = x.openItem(out, item)
	} else {
		if n := len(x.lists); n > 0 {
			prefix = x.lists[n-1].inner
		}
		out = appendRun(out, ' ', prefix)
	}
	if b.ctx&gPre != 0 {
		return out, prefix
	}
	if b.ctx&gQuote != 0 {
		out = append(out, "> "...)
	}
	if isHeading(b.tag) {
		out = append(appendRun(out, '#', int(b.tag-tH1)+1), ' ')
	}
	return out, prefix
}

// listOf is the list that an item stands in, or 0.
func (x *HTML) listOf(item int32) int32 {
	d := &x.decider
	for i := d.nodes[item].parent; i > 0; i = d.nodes[i].parent {
		switch d.nodes[i].tag {
		case tUl, tOl, tMenu:
			return i
		case tLi, tTable:
			return 0
		}
	}
	return 0
}

// closeLists forgets the lists that node does not stand in.
func (x *HTML) closeLists(node int32) {
	for n := len(x.lists); n > 0; n-- {
		if l := x.lists[n-1].node; node >= l && node < x.decider.nodes[l].end {
			return
		}
		x.lists = x.lists[:n-1]
	}
}

// openItem writes the mark of a list item and gives the indent of its text.
func (x *HTML) openItem(out []byte, item int32) ([]byte, int) {
	node := x.listOf(item)
	n := len(x.lists)
	if n == 0 || x.lists[n-1].node != node {
		l := list{node: node}
		if n > 0 {
			l.indent = x.lists[n-1].inner
		}
		x.lists = append(x.lists, l)
		n++
	}
	l := &x.lists[n-1]
	l.number++
	out = appendRun(out, ' ', l.indent)
	at := len(out)
	if x.decider.nodes[node].tag == tOl {
		out = append(strconv.AppendInt(out, int64(l.number), 10), ". "...)
	} else {
		out = append(out, "- "...)
	}
	l.inner = l.indent + len(out) - at
	return out, l.inner
}

// openCell writes what stands between the last block and a cell: bars for the cells that hold nothing as well.
func (x *HTML) openCell(out []byte, s *mdState, row, cell int32) []byte {
	if s.row == row {
		if s.cell == cell {
			return append(out, ' ')
		}
		return append(x.appendBars(append(out, " |"...), x.decider.nodes[s.cell].end, cell), ' ')
	}
	if len(out) > 0 {
		out = append(out, '\n')
		if x.decider.above(row, tTable) != s.table {
			out = append(out, '\n')
		}
	}
	return append(x.appendBars(append(out, '|'), row+1, cell), ' ')
}

// appendBars appends a bar for every empty cell among the nodes from a up to b, which end where a cell begins or its row ends.
func (x *HTML) appendBars(out []byte, a, b int32) []byte {
	for range x.cells(a, b) {
		out = append(out, " |"...)
	}
	return out
}

func (x *HTML) cells(a, b int32) (n int) {
	nodes := x.decider.nodes
	for i := a; i < b; {
		if nodes[i].tag == tTd || nodes[i].tag == tTh {
			n++
			i = nodes[i].end
		} else {
			i++
		}
	}
	return n
}

// closeRow ends an open row, and writes the rule under the first one of a table.
func (x *HTML) closeRow(out []byte, s *mdState) []byte {
	if s.row < 0 {
		return out
	}
	d := &x.decider
	out = append(x.appendBars(out, d.nodes[s.cell].end, d.nodes[s.row].end), " |"...)
	if table := d.above(s.row, tTable); table != s.table {
		s.table = table
		out = append(out, "\n|"...)
		for range x.cells(s.row+1, d.nodes[s.row].end) {
			out = append(out, " --- |"...)
		}
	}
	s.row, s.cell = -1, -1
	return out
}

// escapePipes escapes the bars in out[at:].
func escapePipes(out []byte, at int) []byte {
	n := bytes.Count(out[at:], []byte("|"))
	if n == 0 {
		return out
	}
	from := len(out)
	out = append(out, make([]byte, n)...)
	to := len(out)
	for from > at {
		from--
		to--
		out[to] = out[from]
		if out[from] == '|' {
			to--
			out[to] = '\\'
		}
	}
	return out
}

// fence puts out[at:], which is code, between fences that are longer than any run of backticks in it.
func fence(out []byte, at, prefix int) []byte {
	longest, run := 0, 0
	for _, c := range out[at:] {
		if c == '`' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	ticks := max(3, longest+1)
	out = append(out, '\n')
	out = appendRun(out, '`', ticks)
	end := len(out)
	out = append(appendRun(out, '`', ticks), '\n') // the opening fence, which is then turned to the front
	slices.Reverse(out[at:end])
	slices.Reverse(out[end:])
	slices.Reverse(out[at:])
	return indentLines(out, at, prefix, false)
}

// indentLines puts spaces, and the mark of a quotation, before all lines of out[at:] but the first.
func indentLines(out []byte, at, prefix int, quote bool) []byte {
	if quote {
		prefix += 2
	}
	lines := bytes.Count(out[at:], []byte("\n"))
	if lines == 0 || prefix == 0 {
		return out
	}
	from := len(out)
	out = appendRun(out, ' ', lines*prefix)
	to := len(out)
	for from > at {
		from--
		if out[from] == '\n' {
			for range prefix {
				to--
				out[to] = ' '
			}
			if quote {
				out[to+prefix-2] = '>'
			}
		}
		to--
		out[to] = out[from]
	}
	return out
}

func appendRun(out []byte, c byte, n int) []byte {
	for range n {
		out = append(out, c)
	}
	return out
}
