package extract

import "strings"

// frontMatter handles the commands that say something about the paper or read files, and reports whether name is one. They
// work in the preamble, where nothing else does.
func (t *latexWriter) frontMatter(name string) bool {
	p := t.paper
	switch name {
	case "documentclass":
		t.optional()
		class := t.argument()
		if p.article.Kind == "" && !t.body {
			p.article.Kind = class
		}
	case "usepackage", "setdefaultlanguage", "setmainlanguage":
		options, _ := t.optional()
		pkg := t.argument()
		if pkg == "babel" {
			p.setLang(options)
		} else if name != "usepackage" {
			p.setLang(pkg)
		}
	case "title":
		t.optional()
		p.title = t.argument()
	case "author":
		t.optional()
		p.authors = append(p.authors, t.argument())
	case "date":
		if date := fullDate(p.render(t.argument(), t.depth+1)); date != "" {
			p.article.Date = date
		}
	case "doi":
		p.article.DOI = bareDOI(t.argument())
	case "input", "include", "subfile", "subfileinclude", "loadgeometry":
		t.include("", t.fileName())
	case "import", "subimport", "includefrom", "subincludefrom":
		dir := t.argument()
		t.include(dir, t.argument())
	case "abstract":
		if t.peek() != '{' {
			return false
		}
		t.abstract(t.argument())
	case "maketitle", "tableofcontents", "listoffigures", "listoftables", "appendix", "centering", "noindent", "protect", "relax":
	default:
		if t.body || name == "begin" {
			return false
		}
	}
	return true
}

// fileName reads the argument of \input, which may stand without braces, up to a space.
func (t *latexWriter) fileName() string {
	t.space()
	if t.peek() == '{' {
		return t.argument()
	}
	return t.upTo(" \t\r\n\\{}%")
}

// setLang takes the last language that it knows: babel makes that one the document's.
func (p *texPaper) setLang(options string) {
	for _, o := range strings.Split(options, ",") {
		o = strings.TrimPrefix(strings.TrimSpace(o), "main=")
		if lang := babelLangs[o]; lang != "" {
			p.article.Lang = lang
		}
	}
}

// abstract writes the abstract under its heading and keeps a copy apart.
func (t *latexWriter) abstract(source string) {
	p := t.paper
	abstract := p.renderLines(source, t.depth+1)
	if abstract == "" {
		return
	}
	if p.article.Abstract == "" {
		p.article.Abstract = abstract
	}
	body, muted := t.body, t.muted
	t.body, t.muted = true, false // some classes want it before \begin{document}
	t.endLine()
	t.text("Abstract")
	t.endLine()
	for _, line := range strings.Split(abstract, "\n") {
		t.text(line)
		t.endLine()
	}
	t.body, t.muted = body, muted
}

// begin enters an environment; those that are not text, or not ordinary text, are read to their end here.
func (t *latexWriter) begin(env string) {
	switch {
	case env == "document":
		t.body = true
		return
	case env == "abstract" || env == "onecolabstract":
		t.abstract(t.until(`\end{` + env + `}`))
		return
	case texDropped[env]:
		t.until(`\end{` + env + `}`)
		return
	case !t.body:
		return
	case texVerbatim[env]:
		t.verbatim(t.until(`\end{`+env+`}`), env)
		return
	case texFloats[env]:
		t.figure(t.until(`\end{` + env + `}`))
		return
	}
	if inner, ok := texMath[env]; ok {
		t.mathEnvironment(env, inner)
		return
	}
	if title := t.theoremTitle(env); title != "" {
		name, _ := t.optional()
		t.paragraphNow()
		if name = t.paper.render(name, t.depth+1); name != "" {
			title += " (" + name + ")"
		}
		t.text(title + ". ")
		return
	}
	t.optional()
	if n := texTables[env]; n > 0 {
		t.endLine()
		t.tables++
		t.drop(n)
		return
	}
	if n := texArgs[env]; n > 0 {
		t.drop(n)
	}
	if env != "center" || t.tables == 0 {
		t.endLine()
	}
}

// theoremTitle is what a theorem environment is called on paper, and "" for any other environment.
func (t *latexWriter) theoremTitle(env string) string {
	if title, ok := t.paper.theorems[env]; ok {
		return t.paper.render(title, t.depth+1)
	}
	return texTheorems[env]
}

// end leaves an environment.
func (t *latexWriter) end(env string) {
	if env == "document" {
		nested := false
		for i, in := range t.stack {
			nested = nested || i > 0 && in.file != ""
		}
		if nested {
			t.endFile() // a subfile ends, the paper goes on
		} else {
			t.stack = t.stack[:0]
		}
		return
	}
	if texTables[env] > 0 && t.tables > 0 {
		t.endLine()
		t.tables--
		return
	}
	if t.tables > 0 {
		t.text(" ")
		return
	}
	t.endLine()
}

// verbatim writes code as it stands, without the optional arguments of its environment.
func (t *latexWriter) verbatim(code, env string) {
	first, rest, _ := strings.Cut(code, "\n")
	if s := strings.TrimSpace(first); s == "" || s[0] == '[' || env == "minted" {
		code = rest
	}
	t.endLine()
	if code = strings.Trim(code, "\r\n"); strings.TrimSpace(code) != "" {
		t.raw(strings.ReplaceAll(strings.TrimRight(code, " \t"), "\r", ""))
	}
	t.endLine()
}

// figure writes the captions of a figure and nothing else.
func (t *latexWriter) figure(source string) {
	sub := t.paper.writer(t.depth + 1)
	if sub.depth > maxTexDepth {
		return
	}
	sub.push(source, "")
	for sub.top() != nil {
		sub.upTo("\\%")
		switch sub.peek() {
		case '%':
			sub.comment()
		case '\\':
			sub.skip()
			if name := sub.name(); name == "caption" || name == "captionof" {
				sub.star()
				if name == "captionof" {
					sub.argument()
				}
				sub.optional()
				t.captionLine(sub.argument())
			}
		}
	}
	if sub.err != nil {
		t.fail(sub.err)
	}
}
