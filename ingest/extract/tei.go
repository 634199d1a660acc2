package extract

import "strings"

// teiWriter turns the elements of a TEI document into lines.
type teiWriter struct{ paperWriter }

func (w *teiWriter) kids(e elem) {
	for k := e.first(); !k.none(); k = k.next(e) {
		w.element(k)
	}
}

func (w *teiWriter) block(e elem) {
	w.newline()
	w.kids(e)
	w.newline()
}

// element writes one element. What is not named here is taken for its content.
func (w *teiWriter) element(e elem) {
	switch e.name() {
	case "":
		w.say(e.text())
	case "div", "div1", "div2", "div3", "div4", "div5", "div6", "div7":
		switch e.attr("type") {
		case "references", "bibliography", "acknowledgement", "acknowledgements", "acknowledgment", "acknowledgments", "apparatus", "toc":
			w.count(e)
			return
		}
		w.block(e)
	case "p", "ab", "head", "l", "lg", "quote", "sp", "speaker", "stage", "byline", "dateline", "opener", "closer", "salute", "signed",
		"trailer", "epigraph", "argument", "postscript", "floatingText", "castItem":
		if e.name() == "quote" && w.inline == 0 && e.child("p").none() && e.child("l").none() && e.child("lg").none() {
			w.kids(e)
			return
		}
		w.block(e)
	case "lb":
		switch {
		case e.attr("break") == "no":
		case w.lines.start < len(w.buf):
			w.space = true
		}
	case "pb", "cb", "milestone", "gb":
		if e.attr("break") != "no" {
			w.space = true
		}
	case "list":
		w.newline()
		w.list(e)
	case "listBibl", "biblStruct":
		w.count(e)
	case "figure":
		w.figure(e)
	case "table":
		w.newline()
		e.each("head", w.block)
		e.all("row", func(r elem) {
			w.row(r, func(c elem) bool {
				w.kids(c)
				return c.name() == "cell"
			})
		})
	case "formula":
		w.maths(e)
	default:
		w.inlineElement(e)
	}
}

// inlineElement writes what stands in a line.
func (w *teiWriter) inlineElement(e elem) {
	switch e.name() {
	case "ref":
		if e.attr("type") == "bibr" {
			if w.citations++; isNumeric(e.raw()) {
				w.cite()
				return
			}
		}
		w.kids(e)
	case "choice":
		w.choice(e)
	case "app":
		if lem := e.child("lem"); !lem.none() {
			w.kids(lem)
			return
		}
		w.kids(e.child("rdg"))
	case "hi":
		switch rend := e.attr("rend"); {
		case strings.Contains(rend, "superscript") || rend == "sup":
			w.script(superScript, func() { w.kids(e) })
		case strings.Contains(rend, "subscript") || rend == "sub":
			w.script(subScript, func() { w.kids(e) })
		default:
			w.kids(e)
		}
	case "gap":
		w.say("…")
	case "note", "fw", "del", "surplus", "teiHeader", "titlePage", "graphic", "figDesc", "label", "index", "rdg", "desc", "facsimile",
		"standOff", "sourceDoc":
	default:
		w.kids(e)
	}
}

// count only counts what a part cites.
func (w *teiWriter) count(e elem) {
	if e.name() == "biblStruct" {
		w.references++
		return
	}
	e.all("biblStruct", func(elem) { w.references++ })
	e.all("bibl", func(elem) { w.references++ })
}

func (w *teiWriter) list(e elem) {
	e.each("head", w.block)
	label := elem{}
	for k := e.first(); !k.none(); k = k.next(e) {
		switch k.name() {
		case "label":
			label = k
		case "item":
			w.bullet()
			if !label.none() && e.attr("type") == "gloss" {
				w.say(label.string() + ": ")
			}
			label = elem{}
			w.kids(k)
			w.closeItem()
		}
	}
}

// figure writes the caption of a figure on one line, then its table. GROBID repeats the caption's number in head and label.
func (w *teiWriter) figure(e elem) {
	w.newline()
	for _, part := range [...]string{"head", "figDesc"} {
		if k := e.child(part); k.string() != "" {
			w.sentence(func() { w.kids(k) })
		}
	}
	w.newline()
	for k := e.first(); !k.none(); k = k.next(e) {
		switch k.name() {
		case "table", "figure", "p", "formula", "list", "ab", "lg":
			w.element(k)
		}
	}
	w.newline()
}

// maths writes a formula: between dollar signs what says that it is TeX or is MathML; else as it stands, on a line of its own, as
// it was read off a page.
func (w *teiWriter) maths(e elem) {
	display := e.attr("rend") != "inline" && e.attr("type") != "inline"
	switch notation := strings.ToLower(e.attr("notation")); {
	case !e.find("math").none():
		w.mathML(e.find("math"), display)
	case strings.Contains(notation, "tex"):
		if display {
			w.newline()
		}
		w.formula(texBody(e.raw()), display)
		if display {
			w.newline()
		}
	default:
		w.equations++
		w.block(e)
	}
}

// choice takes the editor's word: corrected, regularized, expanded; else the first there is.
func (w *teiWriter) choice(e elem) {
	for _, name := range [...]string{"corr", "reg", "expan"} {
		if k := e.child(name); !k.none() {
			w.kids(k)
			return
		}
	}
	w.kids(part(e, 0))
}

func (x *XML) readTEI(top elem) (a Article, ok bool) {
	header := top.child("teiHeader")
	text := top.child("text")
	x.teiMeta(&a, header)
	for _, lang := range [...]string{text.attr("lang"), header.child("profileDesc").find("language").attr("ident"), top.attr("lang"), header.attr("lang")} {
		if lang != "" && a.Lang == "" {
			a.Lang = strings.ToLower(lang)
		}
	}
	w := &x.tei
	w.reset()
	abstract := header.child("profileDesc").child("abstract")
	w.kids(abstract)
	x.abstract = append(x.abstract[:0], w.finish()...)
	a.Abstract = string(x.abstract)
	if text.none() && a.Abstract == "" {
		return a, false
	}
	citations, equations := w.citations, w.equations
	w.reset()
	w.citations, w.equations = citations, equations
	if a.Abstract != "" {
		w.text("Abstract")
		w.end()
		w.buf = append(append(w.buf, x.abstract...), '\n')
		w.start = len(w.buf)
	}
	w.kids(text.child("front"))
	w.end()
	w.kids(text.child("body"))
	w.kids(text.child("group"))
	w.end()
	text.child("back").each("div", func(d elem) {
		switch d.attr("type") {
		case "annex", "appendix", "":
			w.element(d)
		default:
			w.count(d)
		}
	})
	text.child("back").each("listBibl", w.count)
	a.Text = x.keep(w.finish())
	a.Citations, a.References, a.Equations = w.citations, w.references, w.equations
	return a, true
}

// teiMeta reads the header. What it describes (sourceDesc) tells more than what it was made from; authors of editions stand in
// titleStmt.
func (x *XML) teiMeta(a *Article, header elem) {
	file := header.child("fileDesc")
	source := file.child("sourceDesc").find("biblStruct")
	if source.none() {
		source = file.child("sourceDesc").find("biblFull")
	}
	titles := file.child("titleStmt")
	titles.each("title", func(t elem) {
		if a.Title == "" || t.attr("type") == "main" {
			a.Title = t.string()
		}
	})
	if a.Title == "" {
		a.Title = source.find("title").string()
	}
	authors := source.child("analytic")
	if authors.child("author").none() {
		authors = titles
	}
	authors.each("author", func(e elem) {
		if name := teiName(e); name != "" {
			a.Authors = append(a.Authors, name)
		}
	})
	monogr := source.child("monogr")
	monogr.each("title", func(t elem) {
		if a.Journal == "" && t.attr("level") == "j" {
			a.Journal = t.string()
		}
	})
	header.all("idno", func(e elem) {
		if a.DOI == "" && strings.EqualFold(e.attr("type"), "doi") {
			a.DOI = bareDOI(e.string())
		}
	})
	a.Date = teiDate(monogr.child("imprint").child("date"))
	publication := file.child("publicationStmt")
	if a.Date == "" {
		a.Date = teiDate(publication.child("date"))
	}
	available := publication.child("availability")
	if a.License = jatsLicense(available.child("licence")); a.License == "" {
		a.License = jatsLicense(available)
	}
	header.child("profileDesc").child("textClass").all("keywords", func(k elem) {
		k.all("term", func(t elem) {
			if s := t.string(); s != "" {
				a.Keywords = append(a.Keywords, s)
			}
		})
	})
}

func teiName(e elem) string {
	name := e.child("persName")
	if name.none() {
		if e.child("orgName").none() {
			if e.first().none() || !e.child("affiliation").none() {
				return ""
			}
			return e.string()
		}
		return e.child("orgName").string()
	}
	if name.child("surname").none() {
		return name.string()
	}
	var parts []string
	for _, part := range [...]string{"forename", "nameLink", "surname"} {
		name.each(part, func(k elem) { parts = append(parts, k.string()) })
	}
	return strings.Join(parts, " ")
}

// teiDate reads when="2020-01-05", or a prefix of it, or a date or year in words.
func teiDate(e elem) string {
	s := e.attr("when")
	if s == "" {
		s = e.string()
	}
	if full := fullDate(s); full != "" {
		return full
	}
	if len(s) >= 4 && allDigits(s[:4]) {
		if len(s) >= 7 && s[4] == '-' && twoDigits(s[5:7], 12) != "" {
			return s[:7]
		}
		return s[:4]
	}
	if n := len(s); n >= 4 && allDigits(s[n-4:]) {
		return s[n-4:]
	}
	return ""
}
