package extract

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// errNotJATS says that the XML holds no <article>.
var errNotJATS = errors.New("extract: JATS: no <article> with a <body> or an <abstract>")

// JATS reads one article in the Journal Article Tag Suite, or in the older NLM tag sets. Kept are the abstract, sections, lists,
// quotations, tables as rows, captions, formulas (the source's TeX, or TeX made from its MathML) and appendices. Dropped are
// references, citations by number, acknowledgments, notes, supplements, and the articles inside an article, such as reviews.
// An article in which there is neither body nor abstract is an error.
func JATS(data []byte) (Article, error) {
	root, err := parseXML(data)
	if err != nil {
		return Article{}, err
	}
	top := root.find("article")
	if top == nil {
		return Article{}, errNotJATS
	}
	var a Article
	a.Kind = top.attr("article-type")
	a.Lang = strings.ToLower(top.attr("lang"))
	front := top.child("front")
	meta := front.child("article-meta")
	a.readMeta(meta)
	if jm := front.child("journal-meta"); jm != nil {
		a.Journal = jm.find("journal-title").string()
	}
	var abstract, body jatsWriter
	meta.each("abstract", func(e *element) {
		switch e.attr("abstract-type") {
		case "", "summary", "structured", "executive-summary":
			abstract.kids(e)
			abstract.end()
		}
	})
	a.Abstract = string(abstract.finish())
	if a.Abstract != "" {
		body.text("Abstract")
		body.end()
		body.buf = append(append(body.buf, a.Abstract...), '\n')
		body.start = len(body.buf)
	}
	if b := top.child("body"); b != nil {
		body.kids(b)
	} else if a.Abstract == "" {
		return Article{}, errNotJATS
	}
	top.child("back").each("app-group", body.kids)
	top.child("back").each("app", body.kids)
	a.Text = body.finish()
	return a, nil
}

func (a *Article) readMeta(meta *element) {
	var title jatsWriter
	if t := meta.child("title-group").child("article-title"); t != nil {
		title.kids(t)
	}
	a.Title = strings.ReplaceAll(string(title.finish()), "\n", " ")
	meta.each("article-id", func(e *element) {
		if e.attr("pub-id-type") == "doi" && a.DOI == "" {
			a.DOI = bareDOI(e.string())
		}
	})
	meta.each("contrib-group", func(g *element) {
		g.each("contrib", func(c *element) {
			if kind := c.attr("contrib-type"); kind != "" && kind != "author" {
				return
			}
			if name := personName(c); name != "" {
				a.Authors = append(a.Authors, name)
			}
		})
	})
	a.Date = jatsDate(meta)
	if l := meta.child("permissions").child("license"); l != nil {
		a.License = jatsLicense(l)
	} else if l := meta.child("permissions", "copyright-statement"); l != nil {
		a.License = jatsLicense(l)
	}
}

func bareDOI(s string) string {
	if i := strings.Index(s, "10."); i >= 0 {
		return s[i:]
	}
	return ""
}

func personName(c *element) string {
	name := c.child("name")
	if name == nil {
		name = c.child("name-alternatives").child("name")
	}
	if name == nil {
		return c.child("collab", "string-name", "anonymous").string()
	}
	return strings.TrimSpace(name.child("given-names").string() + " " + name.child("surname").string())
}

// jatsDate picks the date of electronic publication, else that of the issue, else any.
func jatsDate(meta *element) string {
	best, rank := "", 100
	meta.each("pub-date", func(e *element) {
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

// jatsLicense reads the licence from the link of the element or of one inside it; CC0 has one version, so its name will do.
func jatsLicense(l *element) string {
	url := ""
	var walk func(*element)
	walk = func(e *element) {
		for _, a := range e.attrs {
			if a.Name.Local == "href" && (url == "" || SPDX(url) == "") && strings.Contains(a.Value, "://") {
				url = strings.TrimSpace(a.Value)
			}
		}
		for _, k := range e.kids {
			if k.name == "license_ref" && SPDX(url) == "" {
				url = k.string()
			}
			walk(k)
		}
	}
	walk(l)
	if id := SPDX(url); id != "" {
		return id
	}
	if text := l.string(); strings.Contains(text, "CC0") || strings.Contains(text, "Creative Commons Public Domain") {
		return "CC0-1.0"
	}
	return url
}

// isNumeric reports whether a citation is only a number or a mark, so that the sentence reads without it.
func isNumeric(s string) bool {
	return strings.IndexFunc(s, unicode.IsLetter) < 0
}
