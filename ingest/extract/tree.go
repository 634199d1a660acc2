package extract

import (
	"bytes"
	"errors"
)

// node is one element or one piece of text. The nodes of a page stand in preorder, so that a subtree is a range.
type node struct {
	hints        hint
	parent, end  int32 // the subtree is [i, end)
	box          int32 // the closest block element around it, for a block element itself
	a, b         int32 // text: its place in the source
	words, chars int32 // text: what it holds
	sents        int32
	tag          tag
	inLink       bool
	formula      bool // text: LaTeX, from an attribute
	verbatim     bool // text: without character references
}

// tree builds the arena of nodes of one page, as browsers do for what matters to text: implied end tags, tables and lists
// close what they must, end tags do not reach out of cells, unmatched end tags are ignored. It differs from browsers in what
// changes no words: formatting is not opened again after the block that closed it. Where it differs in words, it has more of
// them: text that stands in a table outside of its cells stays where it is in the source instead of moving before the table, what looks
// like a cell or another page parts words, and no script or picture without an end hides the rest of the page.
type tree struct {
	lx    lexer
	nodes []node
	open  []opened // the open elements; open[0] is <html>
	last  [256]int16
	run   bool // text has come since the last border of a block
	body  bool // there has been what cannot stand before a <frameset>
	limit int  // how many nodes a page may have
	full  bool // the page has more
	steps int  // work done that is not bounded by the page's size in an obvious way: for tests
	facts headFacts
	names nameCache
	alien []alien // scratch of foreign
}

const (
	// maxDepth is how many elements may be open at once, as in browsers. Deeper elements still come, as siblings: no text is lost.
	maxDepth = 512
	// maxNodes bounds the memory of a page: a node takes 48 bytes here and about as many in later passes. Real pages have 4,000 to
	// 25,000 nodes a megabyte, and the largest of 8,664 has 42,000.
	maxNodes = 1 << 20
	// spareNodes is more than the nodes that one token can make, at the last of which the page is given up.
	spareNodes = 64
	// maxPage bounds a page's size, since nodes hold positions in 32 bits.
	maxPage = 1<<31 - 1
)

var opening = []byte("<")

// ErrTooManyNodes says that a page has more elements and pieces of text than any page for people has.
var ErrTooManyNodes = errors.New("extract: page of more than 1048576 elements and texts")

// parse fills nodes. After ErrTooManyNodes they hold the page's beginning.
func (t *tree) parse(src []byte) error { return t.parseUpTo(src, maxNodes) }

func (t *tree) parseUpTo(src []byte, limit int) error {
	t.lx.reset(src)
	t.limit = limit
	if tags := min(bytes.Count(src, opening), limit) + spareNodes; cap(t.nodes) < tags { // about what a page needs
		t.nodes = make([]node, 0, tags)
	}
	t.nodes = append(t.nodes[:0], node{tag: tHtml, parent: -1})
	t.open = append(t.open[:0], opened{tag: tHtml, own: true})
	t.last = [256]int16{}
	t.run, t.body, t.full, t.steps = false, false, false, 0
	t.facts.reset()
	for !t.full && t.lx.next() {
		switch t.lx.tok.kind {
		case textToken:
			t.addText()
		case startToken:
			t.start()
		case endToken:
			t.closeTag(t.lx.tok.tag)
		}
	}
	t.popTo(0)
	if t.full {
		return ErrTooManyNodes
	}
	return nil
}

func (t *tree) top() *opened { return &t.open[len(t.open)-1] }

// add appends a node inside the open element.
func (t *tree) add(g tag) *node {
	n := len(t.nodes)
	if n == cap(t.nodes) {
		t.nodes = append(make([]node, 0, min(2*n, t.limit+spareNodes)), t.nodes...)
	}
	t.nodes = t.nodes[:n+1]
	t.full = n >= t.limit
	top := t.top()
	nd := &t.nodes[n]
	*nd = node{parent: top.node, box: top.box, end: int32(n + 1), tag: g, inLink: t.last[tA] > 0}
	if tagFlags[g]&fBlock != 0 && g != tNone {
		nd.box = int32(n)
		t.run = false
	}
	return nd
}

// addText adds a text node. White space alone is kept only where it can separate words of one block, or is preformatted.
func (t *tree) addText() {
	a, b := t.lx.tok.a, t.lx.tok.b
	src := t.lx.src
	if skipSpace(src[:b], a) == b {
		last := &t.nodes[len(t.nodes)-1]
		spaced := last.tag == tNone && bclass[src[last.b-1]]&cSpace != 0
		if t.run && !spaced || t.preformatted() {
			nd := t.add(tNone)
			nd.a, nd.b = int32(a), int32(b)
		}
		return
	}
	if t.top().tag == tHead {
		t.pop()
	}
	nd := t.add(tNone)
	nd.a, nd.b = int32(a), int32(b)
	measure(src[a:b], nd)
	t.run, t.body = true, true
}

// border ends the block that text is in.
func (t *tree) border() {
	if t.run {
		t.add(tP)
	}
}

func (t *tree) preformatted() bool { return t.last[tPre]|t.last[tListing] != 0 }

func (t *tree) start() {
	g := t.lx.tok.tag
	flags := tagFlags[g]
	switch g {
	case tTitle, tScript, tMeta, tLink, tA, tTime, tHtml:
		t.facts.see(&t.lx, g)
	}
	if g == tMath || g == tImg {
		t.addFormula(g)
	}
	if t.top().tag == tHead && flags&fHead == 0 {
		t.pop()
	}
	if flags&(fRaw|fForeign) != 0 {
		t.skip(g)
		return
	}
	var h hint
	if flags&fAttrs != 0 && len(t.lx.attrs) > 0 {
		h = elementHints(t.lx.src, t.lx.attrs, g, &t.names)
	}
	if g == tHtml || g == tBody && t.last[tBody] > 0 || g == tHead && t.body {
		t.border()
		return
	}
	if flags&fCloseP != 0 && t.last[tP] > 0 {
		t.closeParagraph()
	}
	if t.imply(g) && g == tSelect {
		return // <select> inside of <select> ends it
	}
	own := flags&fPhrase == 0 || h != 0
	if own {
		t.add(g).hints = h
	}
	// A part of a table where there is no table is only a border.
	if flags&fVoid == 0 && len(t.open) < maxDepth && (flags&fPart == 0 || g == tTable || t.last[tTable]|t.last[tTemplate] != 0) {
		t.enter(g, own)
	}
	switch {
	case g == tPlaintext:
		t.addVerbatim(t.lx.pos, len(t.lx.src))
		t.lx.pos = len(t.lx.src)
	case g == tFrameset && !t.body:
		t.lx.pos = len(t.lx.src) // a page of frames has no text of its own
	}
	t.body = t.body || flags&fHead == 0
}

// skip steps over an element whose content is neither HTML nor text of the page; <xmp> alone is text, as it stands.
func (t *tree) skip(g tag) {
	switch g {
	case tSvg, tMath:
		if !t.lx.tok.selfClose && t.foreign(g) {
			if t.lx.tok.kind == startToken {
				t.start()
			} else {
				t.closeTag(t.lx.tok.tag)
			}
		}
	case tXmp:
		t.body = true
		t.closeParagraph()
		t.add(tXmp)
		a, b := t.lx.tok.a, t.lx.tok.b
		if len(t.open) < maxDepth {
			t.enter(tXmp, true)
			t.addVerbatim(a, b)
			t.pop()
		} else {
			t.addVerbatim(a, b)
		}
	case tTextarea:
		if x := t.last[tSelect]; x > 0 && x >= t.top().stops.scope {
			t.popTo(int(x))
		}
	}
}

// addVerbatim adds source text in which nothing is markup.
func (t *tree) addVerbatim(a, b int) {
	if a >= b {
		return
	}
	nd := t.add(tNone)
	nd.a, nd.b, nd.verbatim = int32(a), int32(b), true
	measure(t.lx.src[a:b], nd)
	t.run = true
}

// addFormula adds the LaTeX that a formula comes with: <math alttext>, or the alt of an image that is there in its stead.
func (t *tree) addFormula(g tag) {
	key := keyAlttext
	if g == tImg {
		class, ok := find(t.lx.attrs, keyClass)
		if v := t.lx.src[class.a:class.b]; !ok || indexFold(v, "math") < 0 && indexFold(v, "latex") < 0 {
			return
		}
		key = keyAlt
	}
	if at, ok := find(t.lx.attrs, key); ok && at.b > at.a && at.b-at.a < maxFormula {
		nd := t.add(tNone)
		nd.a, nd.b, nd.formula = int32(at.a), int32(at.b), true
		measure(t.lx.src[at.a:at.b], nd)
		t.run = true
	}
}

// maxFormula bounds the length of a formula in bytes; what is longer is no formula.
const maxFormula = 4000
