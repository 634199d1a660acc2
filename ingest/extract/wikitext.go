package extract

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// WikiPage is what Wikitext.Extract found in an article.
type WikiPage struct {
	Text           []byte   // UTF-8; valid until the next call
	Categories     [][]byte // names without the namespace, in the article's order, each once; valid until the next call
	Disambiguation bool     // the page only tells articles of one name apart
	Redirect       bool     // the page only points at another one
}

// Wikitext turns the markup of MediaWiki into text. Templates are dropped, save for a list of those whose text belongs to the sentence
// (see wikiwords.go): words in other languages, quotations, measures, formulas. Dropped are also references, files, galleries,
// infoboxes and navigation, sections that only point elsewhere (see also, references, external links, in the languages of the big
// wikis) and headings under which nothing is left. Tables are rows, lists items, formulas LaTeX, code stays as it stands.
//
// It owns scratch space that is reused from page to page, so it serves one goroutine at a time.
type Wikitext struct {
	lang       string
	namespaces map[string]int
	variants   bool // -{ }- has a meaning

	src   []byte
	title []byte
	toks  []wikiToken
	scan  wikiScanner
	wikiLines

	pos, end, ti int // the range that is being written, and the next token
	depth        int
	inner        int  // inside a part of a line: no line can end there
	ext          int  // open [http://… brackets
	header       bool // the table cells of this line are headers
	para         bool // the last line was of a paragraph, which goes on
	item         int  // lines of <poem>: a line's end counts
	quoteEnd     int  // until here the apostrophes were looked at
	quoteAt      int  // the one that is a letter, -1 = none
	table        wikiTable
	heads        []wikiHead
	mute         int // level of the dropped section that we are in, 0 = none
	muteAt       int
	args         []wikiArg
	key          []byte
	num          []byte
	entities     entities
	cats         [][]byte
	page         WikiPage
}

// WikiSite is what a dump says about its wiki.
type WikiSite struct {
	Lang       string         // BCP 47
	Namespaces map[string]int // numbers of the local names, such as "Datei": 6
}

// Numbers of the namespaces that matter to text.
const (
	wikiFile     = 6
	wikiCategory = 14
)

// NewWikitext makes an extractor for the pages of a wiki. The English names of namespaces are known in any.
func NewWikitext(site WikiSite) *Wikitext {
	x := &Wikitext{lang: site.Lang, namespaces: map[string]int{"file": wikiFile, "image": wikiFile, "category": wikiCategory}, entities: entities{}}
	for name, n := range site.Namespaces {
		x.namespaces[strings.ToLower(strings.ReplaceAll(name, "_", " "))] = n
	}
	base, _, _ := strings.Cut(site.Lang, "-")
	x.variants = wikiVariants[base] != ""
	return x
}

// maxWikiDepth bounds how deep links, kept templates and their arguments may nest; what is deeper is dropped.
const maxWikiDepth = 40

type wikiHead struct{ level, at, end int }

// Extract writes the text of a page, which must be UTF-8. title is used where the page names itself. It takes time linear in the
// page's size, which may be up to 2 GiB, and never panics on any bytes.
func (x *Wikitext) Extract(title string, page []byte) WikiPage {
	if len(page) > maxPage {
		page = page[:maxPage]
	}
	x.src, x.title = page, append(x.title[:0], title...)
	x.page, x.cats = WikiPage{Redirect: isRedirect(page)}, x.cats[:0]
	x.toks = x.scan.scan(page, x.toks[:0], x.variants)
	x.wikiLines.reset()
	x.pos, x.end, x.ti, x.depth, x.inner, x.ext, x.item = 0, len(page), 0, 0, 0, 0, 0
	x.para, x.quoteEnd, x.quoteAt, x.mute = false, 0, -1, 0
	x.table, x.heads, x.args = wikiTable{seps: x.table.seps[:0]}, x.heads[:0], x.args[:0]
	x.blocks()
	x.closeTables()
	x.endLine()
	x.closeSections(0)
	x.out = bytes.TrimRight(x.out, "\n")
	x.page.Text, x.page.Categories = x.out, x.cats
	return x.page
}

func isRedirect(page []byte) bool {
	page = bytes.TrimLeft(page, " \t\r\n")
	return len(page) > 9 && page[0] == '#' && equalFold(page[1:9], []byte("redirect"))
}

// blocks writes the lines of the range.
func (x *Wikitext) blocks() {
	for x.pos < x.end {
		x.line()
	}
}

// line writes one line of the source, with what the sign at its start means.
func (x *Wikitext) line() {
	for x.ti < len(x.toks) && int(x.toks[x.ti].a) < x.pos {
		x.ti++
	}
	at := x.pos
	token := x.ti < len(x.toks) && int(x.toks[x.ti].a) == at && x.toks[x.ti].kind != wNone
	x.header, x.ext = false, 0
	p := at
	for p < x.end && (x.src[p] == ' ' || x.src[p] == '\t') {
		p++
	}
	switch {
	case p == x.end || x.src[p] == '\n' || x.src[p] == '\r':
		x.endLine()
		x.para = false
		x.pos = min(p+1, x.end)
		return
	case token:
	case x.src[p] == '{' && x.at(p+1) == '|' && x.at(p+2) != '}':
		x.startTable(p)
		return
	case x.table.depth > 0 && (x.src[p] == '|' || x.src[p] == '!'):
		x.tableLine(p)
		return
	default:
		if x.mark(at) {
			return
		}
	}
	if x.item > 0 || !x.para {
		x.endLine()
	}
	x.para = true
	x.gap = true
	x.inline(true)
}

// at is the byte at p, or 0.
func (x *Wikitext) at(p int) byte {
	if p < x.end {
		return x.src[p]
	}
	return 0
}

// mark handles a line that begins with a sign of its own, and reports whether it was one.
func (x *Wikitext) mark(at int) bool {
	switch c := x.src[at]; c {
	case '=':
		return x.heading(at)
	case '*', '#', ':', ';':
		x.listLine(at)
		return true
	case '-':
		if !bytes.HasPrefix(x.src[at:x.end], []byte("----")) {
			return false
		}
		x.endLine()
		x.para = false
		for x.pos < x.end && x.src[x.pos] == '-' {
			x.pos++
		}
		return true
	case '|': // the rest of a template or table that nobody closed
		if x.inner > 0 {
			return false
		}
		x.endLine()
		x.para = false
		x.pos = x.lineEnd(at)
		return true
	case ' ':
		if x.table.depth > 0 || x.inner > 0 || x.item > 0 {
			return false
		}
		return x.preformatted(at)
	}
	return false
}

// lineEnd is where the line at p ends.
func (x *Wikitext) lineEnd(p int) int {
	if k := bytes.IndexByte(x.src[p:x.end], '\n'); k >= 0 {
		return p + k
	}
	return x.end
}

// preformatted writes lines that begin with a space: what they hold is markup, but their spaces stay.
func (x *Wikitext) preformatted(at int) bool {
	if x.ti < len(x.toks) && int(x.toks[x.ti].d) >= x.lineEnd(at) { // mostly a template after an accidental space
		return false
	}
	x.endLine()
	x.para = false
	x.keep = true
	x.pos = at + 1
	x.inline(true)
	x.keep = false
	x.endLine()
	return true
}

// listLine writes a list item, a term, or an indented line.
func (x *Wikitext) listLine(at int) {
	p := at
	for p < x.end && strings.IndexByte("*#:;", x.src[p]) >= 0 {
		p++
	}
	last := x.src[p-1]
	p = skipBlanks(x.src[:x.end], p)
	if x.at(p) == '{' && x.at(p+1) == '|' && x.at(p+2) != '}' {
		x.startTable(p)
		return
	}
	x.endLine()
	x.para = false
	x.pos = p
	if last == '*' || last == '#' {
		x.prefix = "- "
	}
	if x.ti < len(x.toks) && int(x.toks[x.ti].a) == p && x.toks[x.ti].tag == wMath && x.alone(&x.toks[x.ti]) {
		x.formula(&x.toks[x.ti], "$$")
		x.pos, x.ti = min(x.lineEnd(int(x.toks[x.ti].d))+1, x.end), int(x.toks[x.ti].next)
		return
	}
	x.inline(true)
	x.prefix = ""
	x.endLine()
}

// alone reports whether nothing but punctuation follows a token on its line.
func (x *Wikitext) alone(t *wikiToken) bool {
	for p := int(t.d); p < x.end && x.src[p] != '\n'; p++ {
		if strings.IndexByte(" \t\r.,;:", x.src[p]) < 0 {
			return false
		}
	}
	return true
}

func skipBlanks(s []byte, p int) int {
	for p < len(s) && (s[p] == ' ' || s[p] == '\t') {
		p++
	}
	return p
}

// heading writes a line between equal signs, unless its section is one of those that only point elsewhere.
func (x *Wikitext) heading(at int) bool {
	stop := x.lineEnd(at)
	line := bytes.TrimRight(x.src[at:stop], " \t\r")
	for bytes.HasSuffix(line, []byte("-->")) {
		k := bytes.LastIndex(line, []byte("<!--"))
		if k < 0 {
			break
		}
		line = bytes.TrimRight(line[:k], " \t")
	}
	level := 0
	for level < 6 && level < len(line) && line[level] == '=' {
		level++
	}
	last := 0
	for last < level && last < len(line)-level && line[len(line)-1-last] == '=' {
		last++
	}
	if level = last; level == 0 || x.inner > 0 {
		return false
	}
	x.closeTables()
	x.endLine()
	x.para = false
	x.closeSections(level)
	from := len(x.out)
	x.sub(at+level, at+len(line)-level, x.ti)
	x.endLine()
	x.pos = min(stop+1, x.end)
	if from == len(x.out) {
		return true
	}
	x.heads = append(x.heads, wikiHead{level, from, len(x.out)})
	if x.mute == 0 && x.pointsElsewhere(x.out[from:len(x.out)-1]) {
		x.mute, x.muteAt = level, from
	}
	return true
}

// pointsElsewhere knows the headings of sections such as references and external links.
func (x *Wikitext) pointsElsewhere(heading []byte) bool {
	x.key = appendLower(x.key[:0], bytes.TrimRight(heading, ": "))
	return wikiElsewhere[string(x.key)]
}

// closeSections ends the sections that a heading of that level ends: takes back a dropped one, and headings without text.
func (x *Wikitext) closeSections(level int) {
	if x.mute > 0 && level <= x.mute {
		x.out, x.mute = x.out[:x.muteAt], 0
		x.start = len(x.out)
		for len(x.heads) > 0 && x.heads[len(x.heads)-1].at >= x.muteAt {
			x.heads = x.heads[:len(x.heads)-1]
		}
	}
	for len(x.heads) > 0 {
		h := x.heads[len(x.heads)-1]
		if h.end < len(x.out) || h.level < level {
			return
		}
		x.out = x.out[:h.at]
		x.start = len(x.out)
		x.heads = x.heads[:len(x.heads)-1]
	}
}

// appendLower appends s in lower case, underscores as spaces.
func appendLower(dst, s []byte) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c == '_' {
				c = ' '
			}
			dst = append(dst, lower[c])
			i++
			continue
		}
		r, n := utf8.DecodeRune(s[i:])
		dst = utf8.AppendRune(dst, unicode.ToLower(r))
		i += n
	}
	return dst
}
