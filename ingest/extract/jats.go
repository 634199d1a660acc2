package extract

import (
	"errors"
	"fmt"
	"strings"
)

// errNoArticle says that XML holds no article.
var errNoArticle = errors.New("extract: XML: no <article> with a <body> or an <abstract>, and no <TEI> with a <text>")

// XML reads papers in XML. It keeps its memory for the next document, so each goroutine needs its own.
type XML struct {
	tree     xmlTree
	jats     jatsWriter
	tei      teiWriter
	abstract []byte
	text     []byte
	out      []Article
}

// Articles gives the papers of one document, in its order: each <article> in the Journal Article Tag Suite or the older NLM tag
// sets and each <TEI>, at the root or inside other elements (OAI records, collections), but not one inside another paper.
// A paper without body and abstract is left out, unless all are: that is an error, as is XML that is damaged. Articles and texts
// are lent until the next call.
//
// Of JATS are kept: abstracts (also "executive-summary", "plain-language-summary" and the like), sections, lists, quotations,
// boxes, tables as rows, captions, formulas (the source's TeX, or TeX made from its MathML), appendices and floats. Dropped are
// references, citations by number, acknowledgments, notes, supplements, abstracts in other languages (trans-abstract) and for
// tables of contents, and the articles inside an article, such as reviews, decision letters and translations.
//
// Of TEI, as GROBID and editors of texts write it, are kept: the abstract, divisions with their heads, paragraphs, lists, verse
// and speeches by lines, tables as rows, captions, formulas as they stand, and of an editor's alternatives the corrected,
// regularized or expanded one. Dropped are references, numeric citations, notes, running heads and acknowledgments; a gap is "…".
func (x *XML) Articles(data []byte) ([]Article, error) {
	if err := x.tree.parse(data); err != nil {
		return nil, err
	}
	x.out, x.text = x.out[:0], x.text[:0]
	nodes := x.tree.nodes
	for i := int32(1); i < int32(len(nodes)); {
		e := elem{&x.tree, i}
		ok := false
		var a Article
		switch e.name() {
		case "article":
			a, ok = x.readJATS(e)
		case "TEI", "TEI.2":
			a, ok = x.readTEI(e)
		default:
			i++
			continue
		}
		if ok {
			x.out = append(x.out, a)
		}
		i = nodes[i].end
	}
	if len(x.out) == 0 {
		return nil, errNoArticle
	}
	return x.out, nil
}

// keep copies a finished text to where it is safe from the next article.
func (x *XML) keep(text []byte) []byte {
	at := len(x.text)
	x.text = append(x.text, text...)
	return x.text[at:len(x.text):len(x.text)]
}

func (x *XML) readJATS(top elem) (a Article, ok bool) {
	a.Kind = top.attr("article-type")
	a.Lang = strings.ToLower(top.attr("lang"))
	front := top.child("front")
	if front.none() {
		front = top.child("front-stub")
	}
	meta := front.child("article-meta")
	if meta.none() {
		meta = front
	}
	j := &x.jats
	x.jatsMeta(&a, meta)
	journal := front.child("journal-meta")
	if a.Journal = journal.find("journal-title").string(); a.Journal == "" {
		a.Journal = journal.find("abbrev-journal-title").string()
	}
	j.reset()
	meta.each("abstract", func(e elem) {
		switch e.attr("abstract-type") {
		case "", "summary", "structured", "executive-summary", "plain-language-summary", "author-summary", "section", "full", "abstract":
			j.kids(e)
			j.end()
		}
	})
	x.abstract = append(x.abstract[:0], j.finish()...)
	a.Abstract = string(x.abstract)
	body := top.child("body")
	if body.none() && a.Abstract == "" {
		return a, false
	}
	citations, equations := j.citations, j.equations
	j.reset()
	j.citations, j.equations = citations, equations
	if a.Abstract != "" {
		j.text("Abstract")
		j.end()
		j.buf = append(append(j.buf, x.abstract...), '\n')
		j.start = len(j.buf)
	}
	j.kids(body)
	j.end()
	top.each("floats-group", j.kids)
	back := top.child("back")
	back.each("app-group", j.kids)
	back.each("app", j.block)
	back.each("ref-list", j.element)
	a.Text = x.keep(j.finish())
	a.Citations, a.References, a.Equations = j.citations, j.references, j.equations
	return a, true
}

// line is the text of an element on one line, written as the body is.
func (x *XML) line(e elem) string {
	if e.none() {
		return ""
	}
	j := &x.jats
	j.reset()
	j.inline = 1
	j.kids(e)
	return string(j.finish())
}

func (x *XML) jatsMeta(a *Article, meta elem) {
	titles := meta.child("title-group")
	a.Title = x.line(titles.child("article-title"))
	if sub := x.line(titles.child("subtitle")); sub != "" && a.Title != "" {
		a.Title += ": " + sub
	}
	meta.each("article-id", func(e elem) {
		if e.attr("pub-id-type") == "doi" && a.DOI == "" {
			a.DOI = bareDOI(e.string())
		}
	})
	meta.each("contrib-group", func(g elem) {
		g.each("contrib", func(c elem) {
			if kind := c.attr("contrib-type"); kind != "" && kind != "author" {
				return
			}
			if name := personName(c); name != "" {
				a.Authors = append(a.Authors, name)
			}
		})
	})
	meta.each("kwd-group", func(g elem) {
		if g.attr("kwd-group-type") == "research-organism" {
			return
		}
		g.all("kwd", func(k elem) {
			if s := k.string(); s != "" {
				a.Keywords = append(a.Keywords, s)
			}
		})
	})
	a.Date = jatsDate(meta)
	permissions := meta.child("permissions")
	if a.License = jatsLicense(permissions.child("license")); a.License == "" {
		a.License = jatsLicense(permissions)
	}
	if a.License == "" {
		a.License = jatsLicense(meta.child("copyright-statement"))
	}
}

func bareDOI(s string) string {
	if i := strings.Index(s, "10."); i >= 0 {
		return s[i:]
	}
	return ""
}

func personName(c elem) string {
	name := c.child("name")
	if name.none() {
		name = c.child("name-alternatives").child("name")
	}
	if name.none() {
		for _, other := range [...]string{"collab", "string-name", "anonymous"} {
			if e := c.child(other); !e.none() {
				if inner := e.child("institution"); other == "collab" && !inner.none() {
					e = inner
				}
				return e.string()
			}
		}
		return ""
	}
	given, surname := name.child("given-names").string(), name.child("surname").string()
	if name.attr("name-style") == "eastern" {
		given, surname = surname, given
	}
	return strings.TrimSpace(given + " " + surname)
}

// jatsDate picks the date of electronic publication, else that of the issue, else any.
func jatsDate(meta elem) string {
	best, rank := "", 100
	meta.each("pub-date", func(e elem) {
		kind := e.attr("pub-type") + e.attr("date-type") + e.attr("publication-format")
		r := 3
		switch {
		case strings.Contains(kind, "epub") || strings.Contains(kind, "electronic") || kind == "pub":
			r = 0
		case strings.Contains(kind, "ppub"):
			r = 1
		case strings.Contains(kind, "collection"):
			r = 2
		}
		if iso := fullDate(e.attr("iso-8601-date")); iso != "" && r < rank {
			rank, best = r, iso
			return
		}
		year := e.child("year").string()
		if r >= rank || len(year) != 4 || !allDigits(year) {
			return
		}
		rank, best = r, year
		if m := twoDigits(e.child("month").string(), 12); m != "" {
			best += "-" + m
			if d := twoDigits(e.child("day").string(), 31); d != "" {
				best += "-" + d
			}
		}
	})
	return best
}

func allDigits(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// twoDigits writes a number from 1 to top with two digits, or gives "".
func twoDigits(s string, top int) string {
	if !allDigits(s) || len(s) > 2 {
		return ""
	}
	n := 0
	for _, c := range s {
		n = n*10 + int(c-'0')
	}
	if n < 1 || n > top {
		return ""
	}
	return fmt.Sprintf("%02d", n)
}
