package extract

import "bytes"

// span is a piece of the text that is being written.
type span struct{ from, to int }

// write joins the kept blocks into lines.
func (x *HTML) write() {
	d := &x.decider
	out := x.out[:0]
	row, cell := int32(-1), int32(-1)
	for i := range d.blocks {
		b := &d.blocks[i]
		if !b.keep {
			continue
		}
		mark := len(out)
		r, c := x.cellOf(b)
		switch {
		case mark == 0:
		case r < 0 || r != row:
			out = append(out, '\n')
		case c != cell:
			out = append(out, " | "...)
		default:
			out = append(out, ' ')
		}
		if b.ctx&gList != 0 && r < 0 && x.itemOf(int32(i), b.node) > 0 {
			out = append(out, "- "...)
		}
		at := len(out)
		if out = x.appendBlock(out, b, r >= 0); len(out) == at || x.repeats(b, out, at) {
			out = out[:mark]
			continue
		}
		row, cell = r, c
	}
	x.out = out
}

// appendBlock appends the text of a block; headings and cells are one line.
func (x *HTML) appendBlock(out []byte, b *block, cell bool) []byte {
	at := len(out)
	out = x.writer.append(out, b)
	if b.ctx&gPre != 0 {
		return out
	}
	if cell || isHeading(b.tag) {
		oneLine(out[at:])
	}
	return trimWide(out, at)
}

// trimWide takes wide spaces, which indent paragraphs of Chinese, and invisible signs off both ends of out[at:].
func trimWide(out []byte, at int) []byte {
	from, to := at, len(out)
	for n := 1; n > 0; from += n {
		n = wideSpace(out[from:to], bytes.HasPrefix)
	}
	for n := 1; n > 0; to -= n {
		n = wideSpace(out[from:to], bytes.HasSuffix)
	}
	return append(out[:at], out[from:to]...)
}

// wideSpace is the length of the white or invisible character that s begins or ends with, or 0.
func wideSpace(s []byte, has func(s, sign []byte) bool) int {
	switch {
	case has(s, space), has(s, newline):
		return 1
	case has(s, ideographicSpace), has(s, zeroWidthSpace), has(s, byteOrder):
		return 3
	}
	return 0
}

var (
	space            = []byte(" ")
	newline          = []byte("\n")
	ideographicSpace = []byte("\u3000")
	zeroWidthSpace   = []byte("\u200b")
	byteOrder        = []byte("\ufeff")
)

// repeats reports whether a block, which out[at:] is the text of, says again what the page has said: the title, or the standfirst, which
// many pages put above the article and once more into it.
func (x *HTML) repeats(b *block, out []byte, at int) bool {
	text := out[at:]
	if x.repeatsTitle(b, text) {
		return true
	}
	if b.words < minRepeat || b.ctx&(gPre|gTable) != 0 {
		return false
	}
	for _, l := range x.leads {
		if bytes.Equal(text, out[l.from:l.to]) {
			return true
		}
	}
	if b.lead {
		x.leads = append(x.leads, span{at, len(out)})
	}
	return false
}

// minRepeat is the fewest words that are only said once; a shorter line may be a refrain.
const minRepeat = 8

const (
	maxCellWords  = 60 // that a cell of a data table has; tables with more are layout
	maxCellBlocks = 4
)

// cellOf gives the table row and cell that a block is in, where that cell is one of data, and -1, -1 anywhere else: it holds little
// text, and no lists, no tables and no code.
func (x *HTML) cellOf(b *block) (row, cell int32) {
	d := &x.decider
	if b.ctx&gTable == 0 {
		return -1, -1
	}
	i := d.cell[b.node]
	if g := d.nodes[i].tag; g != tTd && g != tTh {
		return -1, -1
	}
	from, to := d.before[i], d.before[d.nodes[i].end]
	if to-from > maxCellBlocks || d.words[to]-d.words[from] >= maxCellWords {
		return -1, -1
	}
	for k := from; k < to; k++ {
		if o := &d.blocks[k]; d.cell[o.node] != i || o.ctx&gPre != 0 {
			return -1, -1
		}
	}
	if r := d.nodes[i].parent; d.nodes[r].tag == tTr && (to-from == 1 || !x.onlyCell(r, i)) {
		return r, i
	}
	return -1, -1
}

// onlyCell reports whether a row has no other cell: then a table is a way to set paragraphs.
func (x *HTML) onlyCell(row, cell int32) bool {
	nodes := x.decider.nodes
	for i := row + 1; i < nodes[row].end; i++ {
		if i == cell {
			i = nodes[i].end - 1
		} else if nodes[i].tag != tNone {
			return false
		}
	}
	return true
}

// itemOf is the innermost list item that block i, which stands in node, is the first block of, or 0.
func (x *HTML) itemOf(i, node int32) int32 {
	d := &x.decider
	for ; node > 0 && d.before[node] == i; node = d.nodes[node].parent {
		if d.nodes[node].tag == tLi {
			return node
		}
	}
	return 0
}
