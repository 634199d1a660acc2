package extract

import "strings"

// frontMatter handles the commands that say something about the paper or read files; they work in the preamble as well. It reports
// false for what is to be written.
func (t *latexWriter) frontMatter(name string) bool {
	p := &t.paper
	switch name {
	case "documentclass", "documentstyle", "LoadClass", "usepackage", "RequirePackage", "setdefaultlanguage", "setmainlanguage", "selectlanguage":
		t.preamble(name)
	case "title", "icmltitle", "papertitle":
		t.optional()
		p.title = t.upToEnd(name)
	case "author", "authors":
		t.optional()
		p.authors = append(p.authors, t.upToEnd(name))
	case "keywords", "keyword", "IEEEkeywords", "pacs", "icmlkeywords":
		if t.optional(); name != "pacs" {
			p.keywords += "," + t.argument()
		} else {
			t.argument()
		}
	case "date":
		if date := fullDate(t.line(t.argument())); date != "" {
			p.article.Date = date
		}
	case "doi":
		if doi := bareDOI(t.line(t.argument())); p.article.DOI == "" {
			p.article.DOI = doi
		}
	case "input", "include", "subfile", "subfileinclude", "@input", "InputIfExists", "loadglsentries":
		if t.took('[') {
			t.back(t.mark())
		}
		t.include("", t.fileName())
	case "import", "subimport", "includefrom", "subincludefrom", "inputfrom":
		dir := t.argument()
		t.include(dir, t.argument())
	case "abstract":
		if t.space(); t.peek() != '{' {
			return false
		}
		arg := t.argument()
		t.openAbstract()
		t.write(arg)
		t.closeAbstract()
	case "document":
		t.body = true
	}
	return true
}

// preamble reads the class and the packages.
func (t *latexWriter) preamble(name string) {
	p := &t.paper
	switch name {
	case "documentclass", "documentstyle", "LoadClass":
		options, _ := t.optional()
		class := t.argument()
		if len(t.stack) > 0 && class == "subfiles" && !t.body {
			t.borrow(options)
		}
		if p.article.Kind == "" && !t.body && name != "LoadClass" {
			p.article.Kind = class
		}
		p.setLang(t, options)
	default:
		options, _ := t.optional()
		pkg := t.argument()
		t.optional()
		switch {
		case name == "usepackage" && (pkg == "babel" || pkg == "german" || pkg == "ngerman"):
			p.setLang(t, options+","+pkg)
		case name == "usepackage" || name == "RequirePackage":
			if pkg == "babel" {
				p.setLang(t, t.expanded(options))
			} else if !t.body {
				t.usePackage(pkg)
			}
		default:
			p.setLang(t, pkg)
		}
	}
}

// upToEnd reads an argument, or in AMS-TeX what stands up to \endtitle.
func (t *latexWriter) upToEnd(name string) string {
	if t.space(); t.peek() != '{' {
		if s, ok := t.until(`\end` + name); ok {
			return strings.ReplaceAll(s, `\\`, " ")
		}
	}
	return t.argument()
}

// fileName reads the argument of \input, which may stand without braces, up to a space.
func (t *latexWriter) fileName() string {
	t.space()
	if t.peek() == '{' {
		return t.argument()
	}
	return t.upToAny(" \t\r\n\\{}%")
}

// setLang takes the last language that it knows: babel makes that one the document's.
func (p *texPaper) setLang(t *latexWriter, options string) {
	for _, o := range strings.Split(options, ",") {
		o = strings.TrimSpace(o)
		o = strings.TrimSpace(strings.TrimPrefix(o, "main="))
		if lang := babelLangs[o]; lang != "" {
			p.article.Lang = lang
			t.german = lang == "de" || lang == "de-AT"
		}
	}
}

// openAbstract begins the abstract under its heading. Some classes want it before \begin{document}.
func (t *latexWriter) openAbstract() {
	if t.shared {
		return
	}
	body := t.body
	t.body, t.muted = true, false
	t.flush()
	t.text("Abstract")
	t.endLine()
	if t.abstract = len(t.out.buf) + 1; !body {
		t.abstract = -t.abstract
	}
}

// closeAbstract keeps a copy apart.
func (t *latexWriter) closeAbstract() {
	at := t.abstract
	if at == 0 {
		return
	}
	t.flush()
	if t.abstract = 0; at < 0 {
		at = -at
		t.body = false
	}
	if at--; at > len(t.out.buf) {
		return
	}
	s := strings.TrimRight(string(t.out.buf[at:]), "\n")
	if s == "" && t.inline == 0 { // take the heading back
		t.out.buf = []byte(strings.TrimSuffix(string(t.out.buf), "Abstract\n"))
		t.out.start = len(t.out.buf)
	}
	if t.paper.article.Abstract == "" {
		t.paper.article.Abstract = s
	}
}
