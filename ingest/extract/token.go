package extract

import "bytes"

// A lexer cuts a page into tokens as the HTML standard's tokenizer does, save for what text extraction can do without:
// comments, doctypes and processing instructions are skipped, and attribute values stay undecoded.
type lexer struct {
	src   []byte
	pos   int
	tok   token
	attrs []attr // of the last start tag, where its tag asked for them; at most maxAttrs

	foreign bool // inside <svg> or <math>: no element is raw, and CDATA is text
	cut     bool // a script would have swallowed the rest of the page
}

type tokenKind uint8

const (
	endOfPage tokenKind = iota
	textToken
	startToken
	endToken
)

// token is one piece of a page. [a, b) in the source is the text of a text token, and the raw content of a start tag whose
// content is not markup (script, title, …); the lexer then already stands behind the end tag.
type token struct {
	kind      tokenKind
	tag       tag
	selfClose bool
	key       uint64 // of a tag: its name, as packName packs it
	a, b      int
}

// attr is an attribute: the first eight bytes of its name in lower case, the name's length, and where its value stands.
type attr struct {
	key  uint64
	len  int
	a, b int
}

const maxAttrs = 24

var (
	dashes   = []byte("--")
	cdata    = []byte("<![CDATA[")
	cdataEnd = []byte("]]>")

	commentStart = []byte("!--")
	commentStop  = []byte("-->")
)

func (lx *lexer) reset(src []byte) {
	lx.src, lx.pos, lx.foreign, lx.cut = src, 0, false, false
	lx.attrs = lx.attrs[:0]
}

// next reads one token into lx.tok and reports whether there was one.
func (lx *lexer) next() bool {
	src := lx.src
	for lx.pos < len(src) {
		if lx.pos+1 < len(src) && src[lx.pos] == '<' {
			switch c := src[lx.pos+1]; {
			case bclass[c]&cAlpha != 0:
				lx.startTag()
				return true
			case c == '/' && lx.pos+2 < len(src):
				if lx.endTag() {
					return true
				}
				continue
			case c == '!' || c == '?':
				lx.skipDeclaration()
				continue
			}
		}
		lx.text()
		return true
	}
	lx.tok.kind = endOfPage
	return false
}

// text reads up to the next '<' that can begin markup, so that a page full of loose '<' is one token.
func (lx *lexer) text() {
	src, from := lx.src, lx.pos
	p := from
	if src[p] == '<' {
		p++
	}
	for {
		j := bytes.IndexByte(src[p:], '<')
		if j < 0 {
			p = len(src)
			break
		}
		p += j
		if p+1 < len(src) {
			if c := src[p+1]; bclass[c]&cAlpha != 0 || c == '/' || c == '!' || c == '?' {
				break
			}
		}
		p++
	}
	lx.pos = p
	lx.tok = token{kind: textToken, a: from, b: p}
}

// tagName reads a tag's name at p: its packed form, and where it ends.
func (lx *lexer) tagName(p int) (key uint64, end int) {
	src := lx.src
	shift := uint(0)
	for ; p < len(src); p++ {
		b := src[p]
		if bclass[b]&cEndName != 0 {
			break
		}
		if shift < 64 {
			key |= uint64(lower[b]) << shift
			shift += 8
		}
	}
	return key, p
}

func (lx *lexer) startTag() {
	name := lx.pos + 1
	key, p := lx.tagName(name)
	t := tagOf(key, p-name)
	lx.tok = token{kind: startToken, tag: t, key: key}
	lx.attrs = lx.attrs[:0]
	if p < len(lx.src) && lx.src[p] == '>' {
		p++
	} else {
		p = lx.attributes(p, tagFlags[t]&fAttrs != 0)
	}
	lx.pos = p
	if tagFlags[t]&fRaw == 0 || lx.foreign {
		return
	}
	end, next := 0, 0
	if t == tScript && !lx.cut {
		// Some pages hide one <script> in another for ever, and browsers show nothing more of them. We do, once that is known.
		end, next = scriptEnd(lx.src, p)
		lx.cut = end == len(lx.src)
	}
	if t != tScript || lx.cut {
		end, next = rawEnd(lx.src, p, key)
	}
	lx.tok.a, lx.tok.b, lx.pos = p, end, lx.tagEnd(next)
}

// attributes reads to the end of a start tag and returns where it is. Values are kept only where want says so.
func (lx *lexer) attributes(p int, want bool) int {
	src := lx.src
	n := len(src)
	for p < n {
		b := src[p]
		switch {
		case b == '>':
			return p + 1
		case bclass[b]&cSpace != 0:
			p++
			continue
		case b == '/':
			lx.tok.selfClose = p+1 < n && src[p+1] == '>'
			p++
			continue
		}
		var at attr
		name := p
		shift := uint(0)
		for ; p < n && (bclass[src[p]]&cEndAttr == 0 || p == name); p++ {
			if shift < 64 {
				at.key |= uint64(lower[src[p]]) << shift
				shift += 8
			}
		}
		at.len = p - name
		p = skipSpace(src, p)
		if p < n && src[p] == '=' {
			p = skipSpace(src, p+1)
			if p >= n {
				return n
			}
			if q := src[p]; q == '"' || q == '\'' {
				e := bytes.IndexByte(src[p+1:], q)
				if e < 0 {
					return n
				}
				at.a, at.b = p+1, p+1+e
				p = at.b + 1
			} else {
				at.a = p
				for p < n && src[p] != '>' && bclass[src[p]]&cSpace == 0 {
					p++
				}
				at.b = p
			}
		}
		if want && len(lx.attrs) < maxAttrs {
			lx.attrs = append(lx.attrs, at)
		}
	}
	return n
}

func skipSpace(src []byte, p int) int {
	for p < len(src) && bclass[src[p]]&cSpace != 0 {
		p++
	}
	return p
}

// endTag reads an end tag, and reports false where "</" began a comment instead.
func (lx *lexer) endTag() bool {
	src := lx.src
	name := lx.pos + 2
	if bclass[src[name]]&cAlpha == 0 {
		lx.pos = after(src, name, '>')
		return false
	}
	key, p := lx.tagName(name)
	lx.tok = token{kind: endToken, tag: tagOf(key, p-name), key: key}
	lx.pos = lx.tagEnd(p)
	return true
}

// tagEnd is where an end tag is over whose name ends at p. It may have attributes, and ">" in them.
func (lx *lexer) tagEnd(p int) int {
	if p < len(lx.src) && lx.src[p] == '>' {
		return p + 1
	}
	return lx.attributes(p, false)
}

// skipDeclaration steps over a comment, a CDATA section, a doctype or a processing instruction.
func (lx *lexer) skipDeclaration() {
	src, p := lx.src, lx.pos
	rest := src[p:]
	switch {
	case len(rest) >= 4 && rest[2] == '-' && rest[3] == '-':
		lx.pos = commentEnd(src, p+4)
	case lx.foreign && bytes.HasPrefix(rest, cdata):
		if e := bytes.Index(rest[len(cdata):], cdataEnd); e >= 0 {
			lx.pos = p + len(cdata) + e + len(cdataEnd)
		} else {
			lx.pos = len(src)
		}
	default:
		lx.pos = after(src, p, '>')
	}
}

// commentEnd finds the end of a comment whose content begins at p: "-->", "--!>", or at once ">" or "->".
func commentEnd(src []byte, p int) int {
	if p < len(src) && src[p] == '>' {
		return p + 1
	}
	if p+1 < len(src) && src[p] == '-' && src[p+1] == '>' {
		return p + 2
	}
	for {
		e := bytes.Index(src[p:], dashes)
		if e < 0 {
			return len(src)
		}
		p += e + 2
		for p < len(src) && src[p] == '-' {
			p++
		}
		if p < len(src) && src[p] == '>' {
			return p + 1
		}
		if p+1 < len(src) && src[p] == '!' && src[p+1] == '>' {
			return p + 2
		}
	}
}

// after is the position behind the first c at or after p, or the end.
func after(src []byte, p int, c byte) int {
	e := bytes.IndexByte(src[p:], c)
	if e < 0 {
		return len(src)
	}
	return p + e + 1
}

// scriptEnd is rawEnd for a script, in which a comment hides whole <script> elements: the standard's escaped and double escaped states.
func scriptEnd(src []byte, i int) (end, next int) {
	hidden, inner := -1, false // behind the comment that p is in; inside of a <script> in that comment
	for p := i; ; p++ {
		e := bytes.IndexByte(src[p:], '<')
		if e < 0 {
			return len(src), len(src)
		}
		p += e
		if p >= hidden {
			hidden, inner = -1, false
		}
		rest := src[p+1:]
		switch {
		case hidden < 0 && bytes.HasPrefix(rest, commentStart):
			if hidden = bytes.Index(rest[1:], commentStop); hidden < 0 {
				hidden = len(src)
			} else {
				hidden += p + 2 + len(commentStop)
			}
		case hidden >= 0 && !inner && isScript(rest):
			inner = true
		case len(rest) > 0 && rest[0] == '/' && isScript(rest[1:]):
			if !inner {
				return p, p + len("</script")
			}
			inner = false
		}
	}
}

// isScript reports whether a tag's name at the start of s is "script".
func isScript(s []byte) bool {
	const name = "script"
	return len(s) > len(name) && hasPrefixFold(s, name) && bclass[s[len(name)]]&cEndName != 0
}

// rawEnd finds the end tag that closes raw content beginning at i: where the content ends, and where the name of the end tag does.
func rawEnd(src []byte, i int, key uint64) (end, next int) {
	size := 0
	for k := key; k != 0; k >>= 8 {
		size++
	}
	for p := i; ; p++ {
		e := bytes.IndexByte(src[p:], '<')
		if e < 0 {
			return len(src), len(src)
		}
		p += e
		if p+2+size > len(src) || src[p+1] != '/' {
			continue
		}
		k := key
		for x := range size {
			if lower[src[p+2+x]] != byte(k) {
				break
			}
			k >>= 8
		}
		q := p + 2 + size
		if k == 0 && (q >= len(src) || bclass[src[q]]&cEndName != 0) {
			return p, q
		}
	}
}
