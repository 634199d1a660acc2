package extract

// node is one element or one piece of text. The nodes of a page stand in preorder, so that a subtree is a range.
type node struct {
	hints        hint
	parent, end  int32 // the subtree is [i, end)
	a, b         int32 // text: its place in the source
	words, chars int32 // text: what it holds
	sents        int32
	tag          tag
	inLink       bool
	formula      bool // text: LaTeX, from an attribute
}

// tree builds the arena of nodes of one page, as browsers do for what matters to text: implied end tags, tables and lists
// close what they must, unmatched end tags are ignored.
type tree struct {
	lx    lexer
	nodes []node
	open  []int32 // the open elements; open[0] is <html>
	count [tagCount]int32
	facts headFacts
}

// maxDepth is how many elements may be open at once. Deeper elements still come, as siblings: no text is lost.
const maxDepth = 900

// maxPage bounds a page's size, since nodes hold positions in 32 bits.
const maxPage = 1<<31 - 1

func (t *tree) parse(src []byte) {
	t.lx.reset(src)
	t.nodes = append(t.nodes[:0], node{tag: tHtml, parent: -1})
	t.open = append(t.open[:0], 0)
	t.count = [tagCount]int32{}
	t.facts.reset()
	for t.lx.next() {
		switch t.lx.tok.kind {
		case textToken:
			t.addText()
		case startToken:
			t.start()
		case endToken:
			t.closeTag(t.lx.tok.tag)
		}
	}
	for len(t.open) > 0 {
		t.pop()
	}
}

func (t *tree) top() tag { return t.nodes[t.open[len(t.open)-1]].tag }

func (t *tree) pop() {
	last := t.open[len(t.open)-1]
	t.nodes[last].end = int32(len(t.nodes))
	t.count[t.nodes[last].tag]--
	t.open = t.open[:len(t.open)-1]
}

// popTo closes the open elements down to open[x], that one included.
func (t *tree) popTo(x int) {
	for len(t.open) > x {
		t.pop()
	}
}

func (t *tree) push(nd node) {
	nd.parent = t.open[len(t.open)-1]
	nd.end = int32(len(t.nodes) + 1)
	nd.inLink = t.count[tA] > 0
	t.nodes = append(t.nodes, nd)
}

// addText adds a text node. White space alone is kept only where it can separate words of one block, or is preformatted.
func (t *tree) addText() {
	a, b := t.lx.tok.a, t.lx.tok.b
	nd := node{a: int32(a), b: int32(b)}
	if skipSpace(t.lx.src[:b], a) == b {
		if t.nodes[len(t.nodes)-1].tag == tNone || tagFlags[t.top()]&fInline != 0 || t.count[tPre] > 0 {
			t.push(nd)
		}
		return
	}
	if t.top() == tHead {
		t.pop()
	}
	measure(t.lx.src[a:b], &nd)
	t.push(nd)
}

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
	if flags&fRaw != 0 {
		return
	}
	var h hint
	if flags&fAttrs != 0 && len(t.lx.attrs) > 0 {
		h = elementHints(t.lx.src, t.lx.attrs, g)
	}
	if t.top() == tHead && flags&fHead == 0 {
		t.pop()
	}
	if flags&fCloseP != 0 && t.count[tP] > 0 {
		t.closeParagraph()
	}
	if g == tHtml || g == tBody && t.count[tBody] > 0 {
		return
	}
	t.imply(g)
	t.push(node{tag: g, hints: h})
	if flags&fVoid == 0 && len(t.open) < maxDepth {
		t.open = append(t.open, int32(len(t.nodes)-1))
		t.count[g]++
	}
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
		nd := node{a: int32(at.a), b: int32(at.b), formula: true}
		measure(t.lx.src[at.a:at.b], &nd)
		t.push(nd)
	}
}

// maxFormula bounds the length of a formula in bytes; what is longer is no formula.
const maxFormula = 4000

func (t *tree) closeParagraph() {
	for x := len(t.open) - 1; x > 0; x-- {
		g := t.nodes[t.open[x]].tag
		if g == tP {
			t.popTo(x)
			return
		}
		if tagFlags[g]&fInline == 0 {
			return
		}
	}
}

// imply closes what the start tag of g ends without an end tag.
func (t *tree) imply(g tag) {
	switch g {
	case tLi:
		if t.count[tLi] > 0 {
			t.closeItem(tLi, tLi)
		}
	case tDt, tDd:
		if t.count[tDt]+t.count[tDd] > 0 {
			t.closeItem(tDt, tDd)
		}
	case tH1, tH2, tH3, tH4, tH5, tH6:
		if isHeading(t.top()) {
			t.pop()
		}
	case tTr, tTd, tTh, tTbody, tThead, tTfoot:
		t.closeTablePart(g)
	case tOption, tOptgroup:
		if t.top() == tOption {
			t.pop()
		}
	case tA:
		if t.count[tA] > 0 {
			t.closeLink()
		}
	}
}

func (t *tree) headingOpen() bool {
	for g := tH1; g <= tH6; g++ {
		if t.count[g] > 0 {
			return true
		}
	}
	return false
}

func isHeading(g tag) bool { return g >= tH1 && g <= tH6 }

// closeItem closes the open item of the innermost list, if there is one.
func (t *tree) closeItem(a, b tag) {
	for x := len(t.open) - 1; x > 0; x-- {
		g := t.nodes[t.open[x]].tag
		if g == a || g == b {
			t.popTo(x)
			return
		}
		if tagFlags[g]&fBlock != 0 && g != tDiv && g != tP && g != tAddress {
			return
		}
	}
}

// tableRank orders the parts of a table: a part closes the open parts of its own rank and of those below it.
func tableRank(g tag) int {
	switch g {
	case tTd, tTh, tCaption:
		return 1
	case tTr:
		return 2
	case tTbody, tThead, tTfoot:
		return 3
	case tTable:
		return 4
	}
	return 0
}

func (t *tree) closeTablePart(g tag) {
	rank := tableRank(g)
	if t.count[tTable] == 0 {
		return
	}
	for x := len(t.open) - 1; x > 0; x-- {
		r := tableRank(t.nodes[t.open[x]].tag)
		if r > rank {
			return
		}
		if r == rank {
			t.popTo(x)
			return
		}
	}
}

func (t *tree) closeLink() {
	for x := len(t.open) - 1; x > 0; x-- {
		switch t.nodes[t.open[x]].tag {
		case tA:
			t.popTo(x)
			return
		case tTd, tTh, tTable:
			return
		}
	}
}

// closeTag closes the innermost open element that an end tag can reach. The count of open elements makes end tags without a
// start tag free, however many there are.
func (t *tree) closeTag(g tag) {
	if g == tBr {
		t.push(node{tag: tBr})
		return
	}
	heading := isHeading(g)
	if g == tBody || g == tHtml || t.count[g] == 0 && !(heading && t.headingOpen()) {
		return
	}
	flags := tagFlags[g]
	inline := flags&fInline != 0 && g != tA
	for x := len(t.open) - 1; x > 0; x-- {
		o := t.nodes[t.open[x]].tag
		if o == g || heading && isHeading(o) {
			t.popTo(x)
			return
		}
		if inline && tagFlags[o]&fBlock != 0 || tagFlags[o]&fScope != 0 && flags&fScope == 0 || o == tTable {
			return
		}
	}
}

// measure counts the words, characters and sentence ends of source text. Han, kana and Hangul count a word each character.
func measure(s []byte, nd *node) {
	var words, chars, sents int32
	inWord := false
	for i := 0; i < len(s); i++ {
		b := s[i]
		c := bclass[b]
		if c&cSpace != 0 {
			inWord = false
			continue
		}
		if c&cEntity != 0 {
			if w := spaceLength(s[i:]); w > 0 {
				i += w - 1
				inWord = false
				continue
			}
		}
		if b&0xC0 != 0x80 {
			chars++
		}
		if !inWord {
			inWord = true
			words++
		} else if b >= 0xE3 && b <= 0xED {
			words++
		}
		if c&cSent != 0 {
			sents++
		}
	}
	nd.words, nd.chars, nd.sents = words, chars, sents
}

// spaceLength is how many bytes a no-break space at the start of s takes, written out or as "&nbsp;"; 0 if there is none.
func spaceLength(s []byte) int {
	if len(s) >= 2 && s[0] == 0xC2 && s[1] == 0xA0 {
		return 2
	}
	if len(s) >= 5 && s[0] == '&' && s[1] == 'n' && s[2] == 'b' && s[3] == 's' && s[4] == 'p' {
		if len(s) > 5 && s[5] == ';' {
			return 6
		}
		return 5
	}
	return 0
}
