package extract

import "bytes"

// wikiPlain marks the bytes that stand for themselves.
var wikiPlain = makeWikiPlain()

func makeWikiPlain() (plain [256]bool) {
	for c := range 256 {
		plain[c] = c > ' ' && c != 0x7f && c != 0xC2 && bytes.IndexByte([]byte("'&_[]{}<|!-"), byte(c)) < 0
	}
	return plain
}

// inline writes running text up to the end of the line, or of the range if lines do not end there.
func (x *Wikitext) inline(line bool) {
	for x.pos < x.end {
		limit := x.end
		for x.ti < len(x.toks) && (x.toks[x.ti].kind == wNone || int(x.toks[x.ti].a) < x.pos) {
			x.ti++
		}
		if x.ti < len(x.toks) {
			limit = min(limit, int(x.toks[x.ti].a))
			if limit == x.pos && int(x.toks[x.ti].d) <= x.end {
				x.token(&x.toks[x.ti])
				continue
			}
		}
		src := x.src[:limit]
		i := x.pos
		for i < len(src) && wikiPlain[src[i]] {
			i++
		}
		if i > x.pos {
			x.put(src[x.pos:i])
			x.pos = i
			continue
		}
		if x.src[i] == '\n' && line {
			x.pos++
			x.gap = true
			return
		}
		if x.sign() {
			return
		}
	}
}

// sign handles a byte that may be markup. It reports true where the line has become one of a table.
func (x *Wikitext) sign() bool {
	i := x.pos
	c := x.src[i]
	x.pos++
	next := x.at(i + 1)
	switch {
	case c == ' ' && x.keep && len(x.out) == x.start, c == ' ' && x.keep && x.gap:
		x.out = append(x.out, ' ')
	case bclass[c]&cSpace != 0:
		x.gap = true
	case c < ' ' || c == 0x7f:
	case c == 0xC2 && next == 0xA0:
		x.gap = true
		x.pos++
	case c == '\'' && next == '\'':
		x.quotes(i)
	case c == '&':
		x.entity(i)
	case c == '_' && next == '_' && x.magic(i):
	case c == '[' && next != '[' && x.external(i+1):
	case c == ']' && x.ext > 0:
		x.ext--
	case (c == '[' || c == ']' || c == '{' || c == '}') && next == c: // what nobody closed
		x.pos += run(x.src[:x.end], i) - 1
	case (c == '|' || c == '!' && x.header) && next == c && x.table.depth > 0 && x.inner == 0:
		x.pos++
		x.startCell()
	default:
		x.put(x.src[i:x.pos])
	}
	return false
}

// entity decodes a character reference; one that is white space or invisible is a space.
func (x *Wikitext) entity(i int) {
	gap := x.gap
	x.ready()
	at := len(x.out)
	var n int
	x.out, n = x.entities.append(x.out, x.src[i:x.end], false)
	x.pos = i + n
	if invisible(x.out[at:]) {
		x.out = x.out[:at]
		if gap && at > x.start && x.out[at-1] == ' ' {
			x.out = x.out[:at-1]
		}
		x.gap = true
	}
}

// magic steps over a switch such as __NOTOC__: capitals between two underscores, in any language.
func (x *Wikitext) magic(i int) bool {
	s := x.src[i+2 : min(x.end, i+80)]
	k := bytes.Index(s, []byte("__"))
	if k < 3 {
		return false
	}
	for _, c := range s[:k] {
		if c < 0x80 && c != '_' && (bclass[c]&cAlpha == 0 || bclass[c]&cLower != 0) {
			return false
		}
	}
	x.pos = i + 2 + k + 2
	return true
}

// quotes drops the apostrophes of italics and bold. Of four one is a letter, and of more than five all but five are.
func (x *Wikitext) quotes(i int) {
	n := run(x.src[:x.end], i)
	x.pos = i + n
	if i >= x.quoteEnd {
		x.weighQuotes(i)
	}
	letters := 0
	switch {
	case n == 4 || i == x.quoteAt:
		letters = 1
	case n > 5:
		letters = n - 5
	}
	if letters > 0 {
		x.put(x.src[i : i+letters])
	}
}

// weighQuotes finds the apostrophe of a line that is a letter, as the first of l”'étoile”: where both italics and bold are odd,
// MediaWiki takes it from a bold one, if it can from one behind a word of a single letter, else behind a longer word, else any.
func (x *Wikitext) weighQuotes(from int) {
	stop := len(x.src)
	if k := bytes.IndexByte(x.src[from:], '\n'); k >= 0 {
		stop = from + k
	}
	x.quoteEnd, x.quoteAt = stop, -1
	bold, italic := 0, 0
	single, multi, space := -1, -1, -1
	for i := from; i < stop; {
		k := bytes.Index(x.src[i:stop], []byte("''"))
		if k < 0 {
			break
		}
		i += k
		n := run(x.src[:stop], i)
		if n != 2 {
			bold++
		}
		if n != 3 && n != 4 {
			italic++
		}
		if n == 3 && i > 0 && x.src[i-1] != '\n' {
			switch {
			case x.src[i-1] == ' ':
				space = first(space, i)
			case i > 1 && x.src[i-2] == ' ':
				single = first(single, i)
			default:
				multi = first(multi, i)
			}
		}
		i += n
	}
	if bold%2 == 0 || italic%2 == 0 {
		return
	}
	switch {
	case single >= 0:
		x.quoteAt = single
	case multi >= 0:
		x.quoteAt = multi
	default:
		x.quoteAt = space
	}
}

func first(had, i int) int {
	if had >= 0 {
		return had
	}
	return i
}

var wikiSchemes = []string{"http://", "https://", "//", "ftp://", "mailto:", "news:", "irc://", "gopher://", "ircs://", "urn:", "geo:", "tel:"}

// external steps over the address of a link that begins at i, so that its text remains.
func (x *Wikitext) external(i int) bool {
	found := false
	for _, scheme := range wikiSchemes {
		if hasPrefixFold(x.src[i:x.end], scheme) {
			found = true
			break
		}
	}
	if !found {
		return false
	}
	for x.pos = i; x.pos < x.end; x.pos++ {
		if c := x.src[x.pos]; bclass[c]&cSpace != 0 || c == ']' || c == '[' || c == '<' {
			break
		}
	}
	if x.at(x.pos) == ']' {
		x.pos++
		x.drop()
		return true
	}
	x.ext++
	return true
}

// sub writes the markup at [from, to) as part of a line; ti is the first token that may be in there.
func (x *Wikitext) sub(from, to, ti int) {
	x.within(from, to, ti, func() {
		x.inner++
		x.inline(false)
		x.inner--
	})
}

// subBlocks writes the markup at [from, to) as lines of its own.
func (x *Wikitext) subBlocks(from, to, ti int) {
	if x.inner > 0 || x.cell {
		x.sub(from, to, ti)
		return
	}
	x.within(from, to, ti, func() {
		x.endLine()
		x.para = false
		x.blocks()
		x.endLine()
		x.para = false
	})
}

func (x *Wikitext) within(from, to, ti int, write func()) {
	if x.depth >= maxWikiDepth {
		return
	}
	pos, end, at, header, ext := x.pos, x.end, x.ti, x.header, x.ext
	x.pos, x.end, x.ti, x.header, x.ext = from, to, ti, false, 0
	x.depth++
	write()
	x.depth--
	x.pos, x.end, x.ti, x.header, x.ext = pos, end, at, header, ext
}

// token writes a token and goes on behind it.
func (x *Wikitext) token(t *wikiToken) {
	ti := x.ti + 1
	x.pos, x.ti = int(t.d), int(t.next)
	switch t.kind {
	case wTemplate:
		x.template(int(t.b), int(t.c), ti)
	case wParam:
		if p, after := x.pipe(int(t.b), int(t.c), ti); p >= 0 {
			x.sub(p+1, int(t.c), after)
		}
	case wLink:
		x.link(int(t.b), int(t.c), ti)
	case wVariant:
		x.variant(int(t.b), int(t.c), ti)
	case wRaw:
		x.rawTag(t)
	case wTag:
		x.tag(t)
	}
}

// pipe finds the first | of [from, to) that is in no token, and the first token after it; -1 if there is none.
func (x *Wikitext) pipe(from, to, ti int) (p, after int) {
	return x.find('|', from, to, ti)
}

func (x *Wikitext) find(sign byte, from, to, ti int) (p, after int) {
	for from < to {
		for ti < len(x.toks) && (x.toks[ti].kind == wNone || int(x.toks[ti].a) < from) {
			ti++
		}
		stop := to
		if ti < len(x.toks) {
			stop = min(stop, int(x.toks[ti].a))
		}
		if k := bytes.IndexByte(x.src[from:stop], sign); k >= 0 {
			return from + k, ti
		}
		if stop == to {
			break
		}
		from, ti = int(x.toks[ti].d), int(x.toks[ti].next)
	}
	return -1, ti
}

// invisible reports a decoded reference that is white space or is nothing that can be seen.
func invisible(s []byte) bool { return unseen(s) != notUnseen }
