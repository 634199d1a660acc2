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
// documentation or the post with its headings, lists, tables and code. The zero value is ready, and writes the shape of text that the
// package comment tells. It owns scratch space that is reused from page to page, so it serves one goroutine at a time.
type HTML struct {
	// Markdown asks for Markdown instead: headings with #, nested and numbered lists, tables with pipes and a rule under their first
	// row, fenced code, quotations with >, an empty line between blocks. Links, emphasis and inline code are their text alone, pictures
	// are left out, and characters that Markdown could take for marks are not escaped, but for the pipe inside of a table.
	Markdown bool

	tree    tree
	decider decider
	writer  writer
	out     []byte
	title   []byte // the title, folded
	leads   []span // where the standfirsts are in out
	lists   []list // open lists of Markdown
	line    []byte
}

// maxScratch is for how many nodes scratch space is kept from page to page: six times what the largest of 8,664 real pages needs.
const maxScratch = 1 << 18

// Extract finds the main text of page, which must be UTF-8 (see Decode). A page without text gives an empty Text; the
// only errors are ErrTooManyNodes and a page of 2 GiB or more. It takes time linear in the page's size, and never panics on any bytes.
func (x *HTML) Extract(page []byte) (Page, error) {
	if len(page) > maxPage {
		return Page{}, fmt.Errorf("extract: page of %d bytes, at most %d can be read", len(page), maxPage)
	}
	if cap(x.tree.nodes) > maxScratch {
		*x = HTML{Markdown: x.Markdown}
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
	d.judge(root, heading)
	d.keepLead(root, heading)
	x.byline(&p, root, heading)
	x.title = appendFolded(x.title[:0], []byte(p.Title))
	if x.writeKept(); len(x.out) == 0 && d.rescue() {
		x.writeKept()
	}
	p.Text = x.out
	return p, nil
}

// writeKept writes the kept blocks in the shape that is asked for.
func (x *HTML) writeKept() {
	if x.leads = x.leads[:0]; x.Markdown {
		x.writeMarkdown()
	} else {
		x.write()
	}
}

// headline prefers a heading to a stated title that is missing, or that says the same with more or other words, as in "Lists - The
// Site": the page's only <h1>, or the longest heading that most of the stated title is made of. A heading that ends the stated title is
// the site's name.
func (x *HTML) headline(stated, site string) string {
	x.title = appendFolded(x.title[:0], []byte(stated))
	only, tops, part := int32(-1), 0, int32(-1)
	longest := 0
	for i := range x.decider.blocks {
		b := &x.decider.blocks[i]
		if b.tag == tH1 {
			only, tops = int32(i), tops+1
		}
		if !isHeading(b.tag) || b.tag > tH2 || int(b.chars) > 2*len(x.title)+8 || len(x.title) < 4 {
			continue
		}
		x.foldBlock(b)
		least := 8
		if b.tag == tH2 {
			least = max(least, len(x.title)*6/10)
		}
		if n := len(x.line); n >= least && n > longest && n < len(x.title) && bytes.Contains(x.title, x.line) && !bytes.HasSuffix(x.title, x.line) {
			part, longest = int32(i), n
		}
	}
	if tops == 1 {
		if h1 := x.blockLine(only); stated == "" || x.saysTitle(h1, site) {
			return h1
		}
	}
	if part >= 0 && longest*2 > len(x.title) {
		return x.blockLine(part)
	}
	return stated
}

// foldBlock puts the text of a block, folded, into line.
func (x *HTML) foldBlock(b *block) {
	x.out = x.writer.append(x.out[:0], b)
	x.line = appendFolded(x.line[:0], x.out)
}

// blockLine is the text of block i on one line.
func (x *HTML) blockLine(i int32) string {
	x.out = oneLine(x.writer.append(x.out[:0], &x.decider.blocks[i]))
	return x.writer.kept.text(x.out[:min(len(x.out), maxFact)])
}

// saysTitle reports whether the page's only <h1> says what its stated title, which x.title is the folding of, does.
func (x *HTML) saysTitle(h1, site string) bool {
	x.line = appendFolded(x.line[:0], []byte(h1))
	if len(x.line) < 4 || h1 == site || len(x.title) >= len(x.line) && bytes.HasSuffix(x.title, x.line) {
		return false
	}
	if bytes.HasPrefix(x.title, x.line) {
		return true
	}
	words, shared := 0, 0
	for w := range strings.FieldsSeq(h1) {
		words++
		x.line = appendFolded(x.line[:0], []byte(w))
		if bytes.Contains(x.title, x.line) {
			shared++
		}
	}
	return words >= 3 && shared*2 > words
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
		if x.foldBlock(b); !bytes.Equal(x.line, x.title) {
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

// repeatsTitle reports whether a heading only says the title again.
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
