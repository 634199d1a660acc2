package extract

import "slices"

// alien is an open element inside <svg> or <math>.
type alien struct {
	key   uint64 // its name, as the lexer packs it
	kind  tag    // tSvg or tMath, of which it is; tNone if it is HTML
	inner bool   // what it holds is HTML
}

// maxAliens is how many elements may be open inside <svg> or <math>; deeper ones are not told apart.
const maxAliens = 128

// foreign reads the content of an <svg> or <math> element, which is no text of the page. It ends at its end tag, or reports true and leaves
// in lx.tok what shows, as it does to browsers, that the end tag was forgotten: a start tag of HTML, or an end tag of an
// element around it.
func (t *tree) foreign(root tag) bool {
	lx := &t.lx
	defer func() { lx.foreign = false }()
	t.alien = append(t.alien[:0], alien{key: packName(tagNames[root]), kind: root})
	inner := 0 // how many of the open ones hold HTML
	for {
		around := t.alien[len(t.alien)-1]
		lx.foreign = !around.inner
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
			e := alien{key: lx.tok.key, kind: around.kind}
			if around.inner || around.key == keyAnnotation && g == tSvg {
				e.kind = tNone
				if tagFlags[g]&fForeign != 0 {
					e.kind = g
				}
			}
			if e.inner = e.kind == tNone || holdsHTML(e.key, e.kind); e.inner {
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
	case tImg:
		return lx.tok.key != keyImage
	case tB, tBig, tBlockquote, tBody, tBr, tCenter, tCode, tDd, tDiv, tDl, tDt, tEm, tEmbed, tH1, tH2, tH3, tH4, tH5, tH6, tHead, tHr,
		tI, tLi, tListing, tMenu, tMeta, tNobr, tOl, tP, tPre, tRuby, tS, tSmall, tSpan, tStrong, tStrike, tSub, tSup,
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
	keyAnnotation = packName("annotation-xml")

	keyColor = packName("color")
	keyFace  = packName("face")
	keySize  = packName("size")
	keyImage = packName("image")
)

// holdsHTML reports whether an element of SVG or MathML has HTML inside.
func holdsHTML(key uint64, kind tag) bool {
	holders := svgHolders
	if kind == tMath {
		holders = mathHolders
	}
	return slices.Contains(holders, key)
}

var (
	svgHolders  = []uint64{packName("foreignobject"), packName("desc"), packName("title")}
	mathHolders = []uint64{packName("mi"), packName("mo"), packName("mn"), packName("ms"), packName("mtext")}
)
