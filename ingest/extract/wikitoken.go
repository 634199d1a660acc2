package extract

import "bytes"

// wikiKind is what a token of the markup is.
type wikiKind uint8

const (
	wNone     wikiKind = iota // an opening without an end: text
	wTemplate                 // {{ }}
	wParam                    // {{{ }}}
	wLink                     // [[ ]]
	wVariant                  // -{ }-
	wComment                  // <!-- -->
	wRaw                      // an element whose content is not markup
	wTag                      // one start or end tag
)

// wikiToken is a piece of markup at [a, d) with its content at [b, c). Tokens stand in the order of a; those inside of one come
// after it, and next is the first that does not.
type wikiToken struct {
	kind       wikiKind
	tag        wikiTag
	close      bool // wTag: an end tag
	a, b, c, d int32
	next       int32
}

// wikiScanner finds the tokens of a page as MediaWiki's preprocessor does: an opening waits on a stack until its end comes, and is
// text if none does. An end of braces gives up brackets that stand open inside of them.
type wikiScanner struct {
	src    []byte
	toks   []wikiToken
	open   []wikiOpen
	braces int // of the open ones
	noEnd  [wTagCount]bool
}

type wikiOpen struct {
	sign        byte
	pos, count  int32 // of signs that are left
	slot, slots int32 // tokens kept for them, the outermost first
}

var wikiSigns = [256]bool{'{': true, '}': true, '[': true, ']': true, '<': true, '-': true}

func (s *wikiScanner) scan(src []byte, toks []wikiToken, variants bool) []wikiToken {
	s.src, s.toks, s.open, s.braces = src, toks, s.open[:0], 0
	s.noEnd = [wTagCount]bool{}
	for i := 0; i < len(src); {
		c := src[i]
		if !wikiSigns[c] {
			i++
			continue
		}
		switch c {
		case '{', '[':
			n := run(src, i)
			if n > 1 {
				s.push(c, i, n)
			}
			i += n
		case ']', '}':
			i += s.end(i, run(src, i))
		case '-':
			if variants && i+1 < len(src) && src[i+1] == '{' && run(src, i+1) != 2 {
				s.push('-', i, 2)
				i++
			}
			i++
		case '<':
			i = s.markup(i)
		}
	}
	for k := range s.toks {
		if s.toks[k].kind == wNone {
			s.toks[k].next = int32(k + 1)
		}
	}
	return s.toks
}

// run is how often the sign at i is repeated.
func run(src []byte, i int) int {
	j := i + 1
	for j < len(src) && src[j] == src[i] {
		j++
	}
	return j - i
}

func (s *wikiScanner) push(sign byte, pos, n int) {
	slots := n / 2
	s.open = append(s.open, wikiOpen{sign, int32(pos), int32(n), int32(len(s.toks)), int32(slots)})
	for range slots {
		s.toks = append(s.toks, wikiToken{a: int32(pos), d: int32(pos)})
	}
	if sign == '{' {
		s.braces++
	}
}

func (s *wikiScanner) pop() {
	if s.open[len(s.open)-1].sign == '{' {
		s.braces--
	}
	s.open = s.open[:len(s.open)-1]
}

// end matches n closing signs at i with what is open, and returns how many bytes it took.
func (s *wikiScanner) end(i, n int) int {
	sign := s.src[i]
	took := 0
	for took < n && len(s.open) > 0 {
		top := &s.open[len(s.open)-1]
		left := n - took
		switch {
		case sign == '}' && top.sign == '-' && left == 1:
			if i+n >= len(s.src) || s.src[i+n] != '-' {
				return n
			}
			s.match(top, wVariant, 2, i+took)
			return n + 1
		case left < 2:
			return n
		case sign == '}' && top.sign == '{':
			kind, k := wTemplate, 2
			if top.count >= 3 && left >= 3 {
				kind, k = wParam, 3
			}
			s.match(top, kind, k, i+took)
			took += k
		case sign == '}' && s.braces > 0:
			s.pop()
		case sign == ']' && top.sign == '[':
			s.match(top, wLink, 2, i+took)
			took += 2
		default:
			return n
		}
	}
	return n
}

// match closes the innermost k signs of an opening with those at i.
func (s *wikiScanner) match(e *wikiOpen, kind wikiKind, k, i int) {
	e.slots--
	a := e.pos + e.count - int32(k)
	s.toks[e.slot+e.slots] = wikiToken{kind: kind, a: a, b: a + int32(k), c: int32(i), d: int32(i + k), next: int32(len(s.toks))}
	e.count -= int32(k)
	if e.count < 2 {
		s.pop()
	}
}

// maxWikiAttributes bounds a tag: a '<' without a '>' that near is text.
const maxWikiAttributes = 2000

// markup reads a comment or a tag at i and returns where to go on.
func (s *wikiScanner) markup(i int) int {
	src := s.src
	if bytes.HasPrefix(src[i:], []byte("<!--")) {
		return s.comment(i)
	}
	p := i + 1
	closing := p < len(src) && src[p] == '/'
	if closing {
		p++
	}
	var name [16]byte
	n := 0
	for p < len(src) && n < len(name) && bclass[src[p]]&(cAlpha|cDigit) != 0 {
		name[n] = lower[src[p]]
		n++
		p++
	}
	tag := wikiTags[string(name[:n])]
	if tag == wNoTag || p < len(src) && bclass[src[p]]&(cSpace|cEndName) == 0 {
		return i + 1
	}
	stop := bytes.IndexByte(src[p:min(len(src), p+maxWikiAttributes)], '>')
	if stop < 0 {
		return i + 1
	}
	stop += p + 1
	selfClose := src[stop-2] == '/'
	next := int32(len(s.toks) + 1)
	t := wikiToken{kind: wTag, tag: tag, close: closing, a: int32(i), b: int32(p), c: int32(stop - 1), d: int32(stop), next: next}
	if wikiTagRaw[tag] && !closing {
		content, after, ok := stop, stop, selfClose
		if !selfClose && !s.noEnd[tag] {
			content, after, ok = wikiTagEnd(src, stop, name[:n])
			s.noEnd[tag] = !ok
		}
		if ok { // one without an end is only a tag
			t = wikiToken{kind: wRaw, tag: tag, a: int32(i), b: int32(stop), c: int32(content), d: int32(after), next: next}
			stop = after
		}
	}
	s.toks = append(s.toks, t)
	return stop
}

// comment reads a comment; one that has a line for itself takes the line with it.
func (s *wikiScanner) comment(i int) int {
	src := s.src
	stop := len(src)
	if k := bytes.Index(src[i+4:], []byte("-->")); k >= 0 {
		stop = i + 4 + k + 3
	}
	a := i
	for a > 0 && (src[a-1] == ' ' || src[a-1] == '\t') {
		a--
	}
	if p := skipBlanks(src, stop); (a == 0 || src[a-1] == '\n') && p < len(src) && src[p] == '\n' {
		stop = p + 1
	}
	s.toks = append(s.toks, wikiToken{kind: wComment, a: int32(i), b: int32(i), c: int32(i), d: int32(stop), next: int32(len(s.toks) + 1)})
	return stop
}

// wikiTagEnd finds the end tag of name: where the content ends and what follows begins.
func wikiTagEnd(src []byte, from int, name []byte) (content, after int, ok bool) {
	for p := from; ; p += 2 {
		k := bytes.Index(src[p:], []byte("</"))
		if k < 0 {
			return 0, 0, false
		}
		p += k
		q := p + 2 + len(name)
		if q > len(src) || !equalFold(src[p+2:q], name) {
			continue
		}
		q = skipSpace(src, q)
		if q < len(src) && src[q] == '>' {
			return p, q + 1, true
		}
	}
}
