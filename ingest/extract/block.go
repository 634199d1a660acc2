package extract

import "slices"

// block is a run of text without a block boundary inside: a paragraph, a heading, an item, a cell. It is what is kept or not.
type block struct {
	ctx              hint  // hints of the element it stands in and of all elements around that
	node             int32 // that element
	first, last      int32 // its text nodes are among nodes[first..last]
	words, linkWords int32
	chars, sents     int32
	tag              tag
	ended            bool // the last text ends as a sentence does
	keep             bool
	lead             bool // a standfirst
	section          bool // a heading over something that is not the article
	weight           float32
}

// cutter walks the arena once and cuts it into blocks.
type cutter struct {
	src    []byte
	nodes  []node
	ctx    []hint  // node → hints of itself and of its ancestors
	before []int32 // node → how many blocks began before it; one more entry than nodes
	cell   []int32 // element → the closest cell, item, caption or table at or above it; 0 if there is none
	blocks []block

	open    bool  // the last block is still growing
	element int32 // the block element that it stands in
	heading int32 // the last heading that was entered
	lastBr  int32
	lead    int32 // preformatted: the white space that the next block begins with, or -1
}

// cut fills blocks, ctx and before. What is never text (hidden, buttons, forms' options) is stepped over.
func (c *cutter) cut(src []byte, nodes []node) {
	c.src, c.nodes = src, nodes
	n := len(nodes)
	c.ctx = grow(c.ctx, n)
	c.before = grow(c.before, n+1)
	c.cell = grow(c.cell, n)
	c.cell[0] = 0
	c.blocks = slices.Grow(c.blocks[:0], n/3)
	c.open, c.element, c.heading, c.lastBr, c.lead = false, 0, 0, -1, -1
	for i := int32(0); i < int32(n); {
		c.before[i] = int32(len(c.blocks))
		nd := &nodes[i]
		var around hint
		if nd.parent >= 0 {
			around = c.ctx[nd.parent]
		}
		if nd.tag == tNone {
			c.text(i, around)
			i++
			continue
		}
		i = c.enter(i, around)
	}
	c.flush()
	c.before[n] = int32(len(c.blocks))
}

// grow returns a slice of n entries, reusing s where it is large enough. Its content is undefined.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/2)
	}
	return s[:n]
}

func (c *cutter) flush() {
	c.open, c.lead = false, -1
}

// enter handles the element i and returns where to go on: inside it, or behind it.
func (c *cutter) enter(i int32, around hint) int32 {
	nd := &c.nodes[i]
	flags := tagFlags[nd.tag]
	if flags&fCell != 0 {
		c.cell[i] = i
	} else if i > 0 {
		c.cell[i] = c.cell[nd.parent]
	}
	if isHeading(nd.tag) {
		c.heading = i
	}
	root := nd.tag == tBody || nd.tag == tHtml
	if root {
		c.ctx[i] = 0
	} else {
		c.ctx[i] = around | nd.hints | tagHints[nd.tag]
	}
	if nd.tag == tBr {
		if c.open && c.lastBr >= 0 && c.wordless(c.lastBr+1, i) {
			c.flush() // two line breaks in a row are how old pages begin a paragraph
		}
		c.lastBr = i
		return i + 1
	}
	if flags&fBlock != 0 {
		c.flush()
	}
	if flags&fDrop != 0 || nd.hints&hHidden != 0 && !root || nd.tag == tHead {
		for k := i; k < nd.end; k++ {
			c.before[k] = int32(len(c.blocks))
			c.ctx[k] = hHidden
		}
		return nd.end
	}
	return i + 1
}

// wordless reports whether no words stand among nodes [a, b). The ranges of a page's breaks do not overlap.
func (c *cutter) wordless(a, b int32) bool {
	for k := a; k < b; k++ {
		if c.nodes[k].words > 0 {
			return false
		}
	}
	return true
}

// text adds the text node i to the open block, or begins one.
func (c *cutter) text(i int32, around hint) {
	nd := &c.nodes[i]
	if nd.box != c.element {
		c.flush()
		c.element = nd.box
	}
	if nd.inLink && nd.words == 1 && nd.chars <= 16 && isSign(c.src[nd.a:nd.b]) {
		nd.words, nd.sents = 0, 0 // neither counted nor, for it has characters but no words, written
	}
	if !c.open {
		if nd.words == 0 {
			if around&gPre != 0 && c.lead < 0 {
				c.lead = i
			}
			return
		}
		first := i
		if c.lead >= 0 {
			first = c.lead
		}
		c.blocks = append(c.blocks, block{ctx: around, node: c.element, first: first, tag: c.tagOf(around)})
		c.open = true
	}
	b := &c.blocks[len(c.blocks)-1]
	b.last = i
	if nd.words == 0 {
		return
	}
	b.words += nd.words
	b.chars += nd.chars
	b.sents += nd.sents
	if nd.inLink {
		b.linkWords += nd.words
	}
	b.ended = endsSentence(c.src[nd.a:nd.b])
}

// tagOf is the tag that tells what a block in the current element is: of a <div> or <p> inside of a heading, the heading's.
func (c *cutter) tagOf(around hint) tag {
	g := c.nodes[c.element].tag
	if h := c.heading; around&gHeading != 0 && !isHeading(g) && h > 0 && h < c.element && c.element < c.nodes[h].end {
		return c.nodes[h].tag
	}
	return g
}

// endsSentence reports whether s ends in . ! ? : ; … or a full-width stop, closing quotes and brackets aside.
func endsSentence(s []byte) bool {
	for e := len(s) - 1; e >= 0; e-- {
		c := s[e]
		switch {
		case bclass[c]&cSent != 0 || c == ':' || c == ';':
			return true
		case bclass[c]&cSpace != 0 || c == '"' || c == '\'' || c == ')' || c == ']':
		case c >= 0x80:
			// “。”, “！” and “？” are E3 80 82, EF BC 81 and EF BC 9F; “…” is E2 80 A6; ” ’ » and 」 close quotes.
			if e < 2 {
				return false
			}
			switch string(s[e-2 : e+1]) {
			case "。", "！", "？", "…", "।", "；", "：":
				return true
			case "”", "’", "」", "』", "）":
				e -= 2
			default:
				if s[e-1] != 0xC2 { // not » or a no-break space
					return false
				}
				e--
			}
		default:
			return false
		}
	}
	return false
}
