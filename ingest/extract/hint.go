package extract

import "bytes"

// A matcher finds all of a set of patterns in one pass over a name (Aho and Corasick, 1975). Its alphabet is the lower-case
// letters and a boundary, which is everything else.
type matcher struct {
	next []uint16 // state*symbols + symbol → state
	hits []hint   // state → hints of all patterns that end there
}

const symbols = 27

var symbol = makeSymbols()

func makeSymbols() (sym [256]uint8) {
	for c := byte('a'); c <= 'z'; c++ {
		sym[c] = c - 'a' + 1
		sym[c-'a'+'A'] = sym[c]
	}
	return sym
}

var names = makeMatcher()

func makeMatcher() *matcher {
	m := &matcher{next: make([]uint16, symbols), hits: make([]hint, 1)}
	for _, group := range nameWords {
		for _, w := range group.words {
			m.add(w, group.hint)
		}
	}
	m.link()
	return m
}

func (m *matcher) add(pattern string, h hint) {
	s := 0
	for i := range len(pattern) {
		e := s*symbols + int(symbol[pattern[i]])
		if m.next[e] == 0 {
			m.next[e] = uint16(len(m.hits))
			m.hits = append(m.hits, 0)
			m.next = append(m.next, make([]uint16, symbols)...)
		}
		s = int(m.next[e])
	}
	m.hits[s] |= h
}

// link turns the trie into an automaton, breadth first: a state without an edge takes that of its longest proper suffix.
func (m *matcher) link() {
	fail := make([]uint16, len(m.hits))
	var queue []uint16
	for c := range symbols {
		if s := m.next[c]; s != 0 {
			queue = append(queue, s)
		}
	}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		m.hits[s] |= m.hits[fail[s]]
		for c := range symbols {
			e := int(s)*symbols + c
			over := m.next[int(fail[s])*symbols+c]
			if child := m.next[e]; child != 0 {
				fail[child] = over
				queue = append(queue, child)
			} else {
				m.next[e] = over
			}
		}
	}
}

// scan gives the hints of a class or id. White space counts as two boundaries, so that no pattern spans two classes.
func (m *matcher) scan(name []byte) hint {
	var h hint
	s := m.next[0]
	for _, c := range name {
		s = m.next[int(s)*symbols+int(symbol[c])]
		h |= m.hits[s]
		if bclass[c]&cSpace != 0 {
			s = m.next[int(s)*symbols]
			h |= m.hits[s]
		}
	}
	return h | m.hits[m.next[int(s)*symbols]]
}

var (
	keyClass     = packName("class")
	keyID        = packName("id")
	keyRole      = packName("role")
	keyItemprop  = packName("itemprop")
	keyHidden    = packName("hidden")
	keyStyle     = packName("style")
	keyAria      = packName("aria-hid") // aria-hidden
	keyType      = packName("type")
	keyName      = packName("name")
	keyProperty  = packName("property")
	keyContent   = packName("content")
	keyRel       = packName("rel")
	keyHref      = packName("href")
	keyDatetime  = packName("datetime")
	keyLang      = packName("lang")
	keyAlt       = packName("alt")
	keyAlttext   = packName("alttext")
	keyXMLLang   = packName("xml:lang")
	keyHTTPEquiv = packName("http-equ") // http-equiv
)

var (
	articleBody = []byte("articlebody")
	wordTrue    = []byte("true")
)

// elementHints sums up what an element's attributes say. Ids count on containers only: elsewhere, and on the sections of
// documentation, they are anchors made from the text itself.
func elementHints(src []byte, attrs []attr, g tag, known *nameCache) hint {
	var h, id hint
	anchor := tagFlags[g]&fNamed == 0
	for _, at := range attrs {
		v := src[at.a:at.b]
		switch at.key {
		case keyClass:
			if at.len == len("class") {
				h |= known.scan(v)
				anchor = anchor || string(v) == "section"
			}
		case keyID:
			if !anchor {
				id = known.scan(v)
			}
		case keyRole:
			h |= roleHints(v)
		case keyItemprop:
			if equalFold(v, articleBody) {
				h |= hItemBody | hBody
			}
		case keyHidden:
			if at.len == len("hidden") {
				h |= hHidden
			}
		case keyStyle:
			if at.len == len("style") && styleHides(v) {
				h |= hHidden
			}
		case keyAria:
			if bytes.Equal(v, wordTrue) {
				h |= hAriaOff
			}
		}
	}
	if !anchor {
		h |= id
	}
	if g == tBlockquote {
		h &^= hShare // a quoted post of a social network is a quotation
	}
	return h
}

func equalFold(s, lowered []byte) bool {
	return len(s) == len(lowered) && hasPrefixFold(s, string(lowered))
}

func roleHints(v []byte) hint {
	switch string(v) {
	case "navigation", "menu", "menubar", "toolbar", "tablist", "search":
		return hNav
	case "complementary":
		return hSide
	case "contentinfo":
		return hFooter
	case "banner":
		return gHeader
	case "main":
		return gMain
	case "article":
		return gArticle
	case "dialog", "alertdialog", "alert":
		return hWidget
	case "button":
		return hButton
	}
	return 0
}

// styleHides reports whether an inline style sets display:none or visibility:hidden.
func styleHides(v []byte) bool {
	return styleIs(v, "display", "none") || styleIs(v, "visibility", "hidden")
}

func styleIs(v []byte, property, value string) bool {
	i := indexFold(v, property)
	if i < 0 {
		return false
	}
	p := skipSpace(v, i+len(property))
	if p >= len(v) || v[p] != ':' {
		return false
	}
	return hasPrefixFold(v[skipSpace(v, p+1):], value)
}
