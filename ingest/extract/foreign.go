package extract

// alien is an open element inside <svg> or <math>.
type alien struct {
	key   uint64 // its name, as the lexer packs it
	inner bool   // what it holds is HTML, or it is HTML
}

// maxAliens is how many elements may be open inside <svg> or <math>; deeper ones are not told apart.
const maxAliens = 128

// foreign reads the content of an <svg> or <math> element, which is no text of the page. It ends at its end tag, or reports true and leaves
// in lx.tok what shows, as it does to browsers, that the end tag was forgotten: a start tag of HTML, or an end tag of an
// element around it.
func (t *tree) foreign(root tag) bool {
	lx := &t.lx
	defer func() { lx.foreign = false }()
	t.alien = append(t.alien[:0], alien{key: packName(tagNames[root])})
	inner := 0 // how many of the open ones hold HTML
	for {
		lx.foreign = !t.alien[len(t.alien)-1].inner
		if !lx.next() {
			return false
		}
		switch g := lx.tok.tag; lx.tok.kind {
		case startToken:
			if inner == 0 && breaksOut(lx) {
				return true
			}
			if lx.tok.selfClose || !lx.foreign && tagFlags[g]&(fVoid|fRaw) != 0 || len(t.alien) == maxAliens {
				continue
			}
			e := alien{key: lx.tok.key, inner: !lx.foreign && tagFlags[g]&fForeign == 0 || lx.foreign && holdsHTML(lx.tok.key)}
			if e.inner {
				inner++
			}
			t.alien = append(t.alien, e)
		case endToken:
			x := len(t.alien) - 1
			for x >= 0 && t.alien[x].key != lx.tok.key {
				x--
				t.steps++
			}
			if x == 0 {
				return false
			}
			if x < 0 {
				if inner == 0 && (g == tP || g == tBr || t.reach(g) > 0) {
					return true
				}
				continue
			}
			for _, e := range t.alien[x:] {
				if e.inner {
					inner--
				}
			}
			t.alien = t.alien[:x]
		}
	}
}

// breaksOut reports whether a start tag is one of those of HTML that end foreign content.
func breaksOut(lx *lexer) bool {
	switch lx.tok.tag {
	case tB, tBig, tBlockquote, tBody, tBr, tCenter, tCode, tDd, tDiv, tDl, tDt, tEm, tEmbed, tH1, tH2, tH3, tH4, tH5, tH6, tHead, tHr,
		tI, tImg, tLi, tListing, tMenu, tMeta, tNobr, tOl, tP, tPre, tRuby, tS, tSmall, tSpan, tStrong, tStrike, tSub, tSup,
		tTable, tTt, tU, tUl, tVar:
		return true
	case tFont:
		for _, at := range lx.attrs {
			if at.key == keyColor || at.key == keyFace || at.key == keySize {
				return true
			}
		}
	}
	return false
}

var (
	keyColor = packName("color")
	keyFace  = packName("face")
	keySize  = packName("size")
)

// holdsHTML reports whether an element of SVG or MathML has HTML inside.
func holdsHTML(key uint64) bool {
	for _, name := range htmlHolders {
		if key == name {
			return true
		}
	}
	return false
}

var htmlHolders = [...]uint64{packName("foreignobject"), packName("desc"), packName("title"), packName("mi"), packName("mo"),
	packName("mn"), packName("ms"), packName("mtext")}
