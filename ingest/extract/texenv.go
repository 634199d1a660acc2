package extract

import "strings"

// begin enters an environment; those that are not text, or not ordinary text, are read to their end here.
func (t *latexWriter) begin(env string) {
	if env == "document" {
		if t.shared {
			t.stack = t.stack[:0]
			return
		}
		t.body = true
		return
	}
	if env == "abstract" || env == "onecolabstract" || env == "Abstract" || env == "abstractbox" {
		t.openAbstract()
		return
	}
	if texDropped[env] {
		t.dropEnv(env)
		return
	}
	if !t.body {
		return
	}
	if inner, ok := texMath[env]; ok {
		t.mathEnvironment(env, inner)
		return
	}
	if texVerbatim[env] {
		if code, ok := t.until(`\end{` + env + `}`); ok {
			t.verbatim(code, env)
		}
		return
	}
	if len(t.envs) < 1000 {
		t.envs = append(t.envs, env)
		t.groups = append(t.groups, len(t.undo))
	}
	if e := t.tables.env(env); e != nil {
		if drawn(e.begin) {
			t.dropEnv(env)
			return
		}
		t.beginUser(e)
		return
	}
	t.beginKnown(env)
}

// drawn reports an environment of the author's that is a picture or a comment underneath.
func drawn(code string) bool {
	for _, s := range [...]string{`\tableau`, `\forest`, `\begin{tikzpicture}`, `\tikzpicture`, `\begin{forest}`, `\begin{picture}`, `\begin{comment}`,
		`\begin{prooftree}`} {
		if strings.Contains(code, s) {
			return true
		}
	}
	return strings.TrimSpace(code) == `\comment`
}

// dropEnv steps over an environment. Of one that does not end only the beginning goes.
func (t *latexWriter) dropEnv(env string) {
	s, ok := t.until(`\end{` + env + `}`)
	if !ok {
		return
	}
	switch env {
	case "thebibliography", "references":
		t.paper.article.References += strings.Count(s, `\bibitem`)
	case "keyword", "keywords", "IEEEkeywords":
		t.paper.keywords += "," + s
	}
}

func (t *latexWriter) beginUser(e *texEnv) {
	var args [10]string
	if !t.arguments(e.params, &args) {
		return
	}
	if t.spins() {
		return
	}
	code := e.begin
	if len(e.params) > 0 || strings.Contains(code, "#") {
		code = t.substitute(code, &args)
	}
	t.push(code, "", e.at)
}

// beginKnown enters an environment of LaTeX's, or one that is unknown and stands for its content.
func (t *latexWriter) beginKnown(env string) {
	if title := t.theoremTitle(env); title != "" {
		t.beginTheorem(title)
		return
	}
	switch {
	case texFloats[env]:
		t.flushBefore()
		t.optional()
		t.drop(texArgs[env])
		t.floats++
		return
	case texTabulars[env] > 0:
		t.optional()
		t.flushBefore()
		t.tabs++
		t.drop(texTabulars[env])
		return
	}
	switch env {
	case "algorithm", "algorithm2e", "procedure", "function", "algorithm*":
		t.algorithm = 'b'
	case "algorithmic", "algorithmicx", "algpseudocode":
		t.algorithm = 'l'
	case "tabbing":
		t.tables.macros["="] = &texMacro{body: "\\ "}
		t.tables.macros[">"] = &texMacro{body: "\\ "}
		t.undo = append(t.undo, texUndo{"=", nil}, texUndo{">", nil})
	case "frame", "block", "alertblock", "exampleblock", "tcolorbox":
		t.overlay()
		t.optional()
		t.flush()
		for n := 0; n < 2 && t.peek() == '{'; n++ {
			t.writeInline(t.argument())
			t.endLine()
		}
		return
	}
	t.overlay()
	t.optional()
	if n := texArgs[env]; n > 0 {
		t.drop(n)
	}
	if env != "center" || t.tabs == 0 {
		t.endLine()
	}
}

// beginTheorem writes what a theorem is called: "Theorem (Euler). ".
func (t *latexWriter) beginTheorem(title string) {
	name, _ := t.optional()
	t.flush()
	t.text(title)
	if strings.TrimSpace(name) != "" && !t.quiet() {
		at := len(t.out.buf)
		t.out.text(" (")
		empty := len(t.out.buf)
		t.writeInline(name)
		if len(t.out.buf) <= empty {
			t.out.buf = t.out.buf[:at]
			t.out.space = false
		} else {
			t.out.space = false
			t.out.text(")")
		}
	}
	t.text(". ")
}

// flushBefore ends the line before a table or a figure, which footnotes of the paragraph around it need not wait for.
func (t *latexWriter) flushBefore() {
	if t.floats == 0 {
		t.endLine()
	}
}

// theoremTitle is what a theorem environment is called on paper, and "" for any other environment.
func (t *latexWriter) theoremTitle(env string) string {
	if title, ok := t.tables.theorem(env); ok {
		if title = t.line(title); title != "" {
			return title
		}
	}
	return texTheorems[env]
}

// end leaves an environment.
func (t *latexWriter) end(env string) {
	switch {
	case env == "document":
		nested := false
		for i, in := range t.stack {
			nested = nested || i > t.floor && in.file != ""
		}
		if nested {
			t.endFile() // a subfile ends, the paper goes on
		} else {
			t.stack = t.stack[:0]
		}
		return
	case env == "abstract" || env == "onecolabstract" || env == "Abstract" || env == "abstractbox":
		t.closeAbstract()
		return
	}
	if e := t.tables.env(env); e != nil && t.body {
		t.leave(env)
		if t.spins() {
			return
		}
		t.push(strings.ReplaceAll(e.end, "##", "#"), "", e.at)
		return
	}
	t.leave(env)
	switch {
	case texTabulars[env] > 0 && t.tabs > 0:
		t.endRow()
		t.tabs--
	case texFloats[env] && t.floats > 0:
		t.floats--
	case t.tabs > 0:
		t.text(" ")
	default:
		if texTheorems[env] != "" || env == "quote" || env == "quotation" {
			t.paragraph()
			return
		}
		t.endLine()
	}
}

// leave closes the group of an environment, with what was left open in it.
func (t *latexWriter) leave(env string) {
	for i := len(t.envs) - 1; i >= 0 && i >= len(t.envs)-20; i-- {
		if t.envs[i] != env {
			continue
		}
		for n := len(t.envs) - i; n > 0 && len(t.groups) > 0; n-- {
			t.closeGroup()
		}
		t.envs = t.envs[:i]
		break
	}
	if strings.HasPrefix(env, "algorithm") {
		t.algorithm = 0
	}
}

// verbatim writes code as it stands, without the optional arguments of its environment.
func (t *latexWriter) verbatim(code, env string) {
	first, rest, more := strings.Cut(code, "\n")
	if s := strings.TrimSpace(first); more && (s == "" || s[0] == '[' || s[0] == '{' && env != "verbatim" || env == "minted") {
		code = rest
		for depth := strings.Count(s, "[") - strings.Count(s, "]"); s != "" && s[0] == '[' && depth > 0; {
			first, rest, more = strings.Cut(code, "\n")
			if !more {
				break
			}
			depth += strings.Count(first, "[") - strings.Count(first, "]")
			code = rest
		}
	}
	if env == "alltt" {
		code = strings.NewReplacer(`\{`, "{", `\}`, "}", `\\`, `\`).Replace(code)
	}
	if t.inline > 0 {
		t.text(code)
		return
	}
	floats, tabs := t.floats, t.tabs
	t.floats, t.tabs = 0, 0
	t.endLine()
	if code = strings.Trim(code, "\r\n"); strings.TrimSpace(code) != "" {
		t.raw(strings.TrimRight(code, " \t\n"))
	}
	t.endLine()
	t.floats, t.tabs = floats, tabs
}
