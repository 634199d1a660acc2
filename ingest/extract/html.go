package extract

import (
	"bytes"
	"fmt"
	"strings"
)

// Page is what Extract found on an HTML page. A string is "" where the page does not state it.
type Page struct {
	Text    []byte // UTF-8; valid until the next call
	Title   string // the headline, without the site's name where the page lets us tell them apart
	Author  string // as stated in the page's metadata
	Date    string // RFC 3339 full-date of publication
	Site    string
	Lang    string // BCP 47, as stated
	License string // SPDX id of the Creative Commons licence that the page links to as its own
}

// HTML extracts the main text of web pages: it drops menus, advertisements, comments and the like, and keeps the article, the
// documentation or the post with its headings, lists, tables and code. The zero value is ready. It owns scratch space that is
// reused from page to page, so it serves one goroutine at a time.
type HTML struct {
	tree    tree
	decider decider
	writer  writer
	out     []byte
	title   []byte
	line    []byte
}

// maxScratch is for how many nodes scratch space is kept from page to page: more than all but one page in a thousand need.
const maxScratch = 1 << 18

// Extract finds the main text of page, which must be UTF-8 (see Decode). A page without text gives an empty Text; the
// only errors are ErrTooManyNodes and a page of 2 GiB or more. It takes time linear in the page's size, and never panics on any bytes.
func (x *HTML) Extract(page []byte) (Page, error) {
	if len(page) > maxPage {
		return Page{}, fmt.Errorf("extract: page of %d bytes, at most %d can be read", len(page), maxPage)
	}
	if cap(x.tree.nodes) > maxScratch {
		*x = HTML{}
	}
	page = bytes.TrimPrefix(page, []byte("\uFEFF"))
	if err := x.tree.parse(page); err != nil {
		return Page{}, err
	}
	if x.writer.entities == nil {
		x.writer.entities = entities{}
	}
	x.writer.src, x.writer.nodes = page, x.tree.nodes
	d := &x.decider
	d.cut(page, x.tree.nodes)
	d.weigh()
	p := x.tree.facts.page(&x.writer)
	p.Title = x.headline(p.Title, p.Site)
	heading := x.titleHeading(p.Title)
	root := d.titled(d.root(), heading)
	d.judge(root)
	d.keepLead(root, heading)
	p.Text = x.write(p.Title)
	return p, nil
}

// headline prefers the page's only <h1> to a stated title that is missing, or that says the same with more or other words, as
// in "Lists - The Site". An <h1> that ends the stated title is the site's name.
func (x *HTML) headline(stated, site string) string {
	found := -1
	for i := range x.decider.blocks {
		if x.decider.blocks[i].tag == tH1 {
			if found >= 0 {
				return stated
			}
			found = i
		}
	}
	if found < 0 {
		return stated
	}
	x.line = oneLine(x.writer.append(x.line[:0], &x.decider.blocks[found]))
	h1 := strings.ToValidUTF8(string(x.line[:min(len(x.line), maxFact)]), "")
	if stated == "" {
		return h1
	}
	x.title = appendFolded(x.title[:0], []byte(stated))
	x.line = appendFolded(x.line[:0], []byte(h1))
	if len(x.line) < 4 || h1 == site || len(x.title) >= len(x.line) && bytes.HasSuffix(x.title, x.line) {
		return stated
	}
	if bytes.HasPrefix(x.title, x.line) {
		return h1
	}
	words := strings.Fields(h1)
	shared := 0
	for _, w := range words {
		x.line = appendFolded(x.line[:0], []byte(w))
		if bytes.Contains(x.title, x.line) {
			shared++
		}
	}
	if len(words) >= 3 && shared*2 > len(words) {
		return h1
	}
	return stated
}

// titleHeading is the heading that says the title, or -1: the one <h1> that does, or the only heading at all.
func (x *HTML) titleHeading(title string) int32 {
	x.title = appendFolded(x.title[:0], []byte(title))
	first, top := int32(-1), int32(-1)
	all, tops := 0, 0
	for i := range x.decider.blocks {
		b := &x.decider.blocks[i]
		if !isHeading(b.tag) || len(x.title) < 4 || int(b.chars) > 2*len(x.title) {
			continue
		}
		x.out = x.writer.append(x.out[:0], b)
		if x.line = appendFolded(x.line[:0], x.out); !bytes.Equal(x.line, x.title) {
			continue
		}
		all, first = all+1, int32(i)
		if b.tag == tH1 {
			tops, top = tops+1, int32(i)
		}
	}
	if tops == 1 {
		return top
	}
	if all == 1 {
		return first
	}
	return -1
}

// write joins the kept blocks into text.
func (x *HTML) write(title string) []byte {
	d := &x.decider
	out := x.out[:0]
	x.title = appendFolded(x.title[:0], []byte(title))
	row, cell := int32(-1), int32(-1)
	for i := range d.blocks {
		b := &d.blocks[i]
		if !b.keep {
			continue
		}
		mark := len(out)
		r, c := x.cellOf(b)
		if mark > 0 {
			if r >= 0 && r == row && c != cell {
				out = append(out, " | "...)
			} else {
				out = append(out, '\n')
			}
		}
		if b.ctx&gList != 0 && r < 0 && x.firstInItem(int32(i), b.node) {
			out = append(out, "- "...)
		}
		at := len(out)
		out = x.writer.append(out, b)
		if len(out) == at || x.repeatsTitle(b, out[at:]) {
			out = out[:mark]
			continue
		}
		if b.ctx&gPre == 0 && (isHeading(b.tag) || r >= 0) {
			oneLine(out[at:])
		}
		row, cell = r, c
	}
	x.out = out
	return out
}

// maxCellWords is the most words that a cell of a data table has; tables with more are layout.
const maxCellWords = 60

// cellOf gives the table row and cell that a block is in, where that cell holds nothing else, and -1, -1 anywhere else.
func (x *HTML) cellOf(b *block) (row, cell int32) {
	d := &x.decider
	if b.ctx&gTable == 0 || b.words >= maxCellWords || b.ctx&gPre != 0 {
		return -1, -1
	}
	i := d.cell[b.node]
	if g := d.nodes[i].tag; g != tTd && g != tTh || d.before[d.nodes[i].end]-d.before[i] > 1 {
		return -1, -1
	}
	if r := d.nodes[i].parent; d.nodes[r].tag == tTr {
		return r, i
	}
	return -1, -1
}

// firstInItem reports whether block i, which stands in node, is the first of a list item.
func (x *HTML) firstInItem(i, node int32) bool {
	d := &x.decider
	for ; node > 0 && d.before[node] == i; node = d.nodes[node].parent {
		if d.nodes[node].tag == tLi {
			return true
		}
	}
	return false
}

// repeatsTitle reports whether a heading, or a bold line, only says the title again.
func (x *HTML) repeatsTitle(b *block, text []byte) bool {
	if len(x.title) == 0 || !isHeading(b.tag) || len(text) > 2*len(x.title)+16 {
		return false
	}
	x.line = appendFolded(x.line[:0], text)
	return len(x.line) > 0 && bytes.Equal(x.line, x.title)
}

// appendFolded appends what makes two titles the same: lower-case letters, digits and everything beyond ASCII.
func appendFolded(out, s []byte) []byte {
	for _, c := range s {
		if bclass[c]&(cAlpha|cDigit) != 0 || c >= 0x80 {
			out = append(out, lower[c])
		}
	}
	return out
}

// oneLine replaces line ends by spaces, in place.
func oneLine(s []byte) []byte {
	for i, c := range s {
		if c == '\n' {
			s[i] = ' '
		}
	}
	return s
}
