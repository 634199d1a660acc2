package extract

import "strings"

// define remembers a macro, unless it is one that shapes the document and that this package reads itself.
func (t *latexWriter) define(name string, m *texMacro, override bool) {
	if name == "" || texCommands[name].fixed || len(t.tables.macros) >= maxTexMacros || programsBoxes(m.body) {
		return
	}
	if !override && t.tables.macro(name) != nil || t.weak > 0 && texCommands[name].op != opUnknown {
		return
	}
	if t.global {
		t.global = false
	} else if len(t.groups) > 0 {
		t.undo = append(t.undo, texUndo{name, t.tables.macros[name]})
	}
	if len(m.params) == 0 && strings.Contains(m.body, "##") {
		m.body = strings.ReplaceAll(m.body, "##", "#")
	}
	if m.let == "" {
		m.at = m.at || t.defAt
		if m.inner = m.at && strings.IndexByte(m.body, '@') >= 0; m.inner {
			t.tables.note(m.body)
		}
	}
	t.tables.macros[name] = m
}

// programsBoxes reports a body that does with boxes and characters what only TeX can do. Such a command is as good as unknown.
func programsBoxes(body string) bool {
	if len(body) < 5 || strings.IndexByte(body, '\\') < 0 {
		return false
	}
	for _, s := range [...]string{`\setbox`, `\catcode`, `\futurelet`, `\afterassignment`, `\read`, `\hbox to`, `\advance`, `\halign`, `\wd\`, `\ht\`,
		`\dp\`, `\ooalign`} {
		if strings.Contains(body, s) {
			return true
		}
	}
	return false
}

// commandName is the name of a command that stands as an argument.
func commandName(s string) string { return strings.TrimPrefix(strings.TrimSpace(s), `\`) }

// target reads the command that a definition is about. Of a character that was made active it is that behind a NUL.
func (t *latexWriter) target() string {
	t.space()
	arg := strings.TrimSpace(t.argument())
	name, ok := strings.CutPrefix(arg, `\`)
	if !ok {
		return "\x00" + arg
	}
	if name == "expandafter" {
		return t.target()
	}
	if name == "csname" {
		return t.csname()
	}
	return name
}

// definition handles the commands that define others.
func (t *latexWriter) definition(name string) {
	if in := t.top(); in != nil {
		t.defAt = in.at
		t.defines = t.defines || in.file != ""
	}
	switch name {
	case "newcommand", "renewcommand", "providecommand", "DeclareRobustCommand", "newrobustcmd", "renewrobustcmd", "DeclareMathMacro",
		"DeclareTextCommandDefault":
		t.star()
		target := t.target()
		m := &texMacro{params: t.countedParams()}
		m.body = t.argument()
		t.define(target, m, name != "providecommand")
	case "def":
		t.defineTeX(false)
	case "gdef":
		t.global = true
		t.defineTeX(false)
	case "edef", "xdef", "protected@edef", "protected@xdef":
		t.global = name[0] == 'x'
		t.defineTeX(true)
	case "let", "futurelet", "LetLtxMacro", "glet":
		t.let()
	case "DeclareMathOperator":
		star := t.star()
		target, operator := t.target(), t.argument()
		if star {
			t.define(target, &texMacro{body: `\operatorname*{` + operator + `}`}, true)
		} else {
			t.define(target, &texMacro{body: `\operatorname{` + operator + `}`}, true)
		}
	case "DeclarePairedDelimiter":
		target, left, right := t.target(), t.argument(), t.argument()
		t.define(target, &texMacro{params: []texParam{{kind: 't', a: '*'}, {kind: 'o'}, {kind: 'm'}},
			body: `\IfBooleanTF{#1}{\left` + left + ` #3\right` + right + `}{` + left + ` #3` + right + ` }`}, true)
	case "NewDocumentCommand", "RenewDocumentCommand", "ProvideDocumentCommand", "DeclareDocumentCommand", "NewExpandableDocumentCommand",
		"DeclareExpandableDocumentCommand":
		target := t.target()
		params, ok := xparse(t.argument())
		if body := t.argument(); ok {
			t.define(target, &texMacro{params: params, body: strings.TrimSpace(body)}, name[0] != 'P')
		}
	default:
		t.defineOther(name)
	}
}

// defineOther handles what defines anything but commands.
func (t *latexWriter) defineOther(name string) {
	switch name {
	case "newtheorem", "declaretheorem", "spnewtheorem", "newmdtheoremenv":
		t.newTheorem(name)
	case "newenvironment", "renewenvironment", "provideenvironment":
		t.star()
		env := t.argument()
		e := &texEnv{params: t.countedParams()}
		e.begin, e.end = t.argument(), t.argument()
		t.defineEnv(env, e)
	case "NewDocumentEnvironment", "RenewDocumentEnvironment", "DeclareDocumentEnvironment", "ProvideDocumentEnvironment":
		env := t.argument()
		params, ok := xparse(t.argument())
		e := &texEnv{params: params, begin: t.argument(), end: t.argument()}
		if ok {
			t.defineEnv(env, e)
		}
	case "newif":
		if flag := strings.TrimPrefix(t.target(), "if"); flag != "" {
			t.tables.flags[flag] = false
		}
	case "newtoggle", "providetoggle", "newbool", "providebool":
		if s := t.expanded(t.argument()); name[0] == 'n' || !t.tables.toggle(s) {
			t.tables.toggles[s] = false
		}
	case "csdef", "csgdef", "@namedef":
		target := t.expanded(t.argument())
		t.defineBody(target, false)
	case "csedef", "csxdef":
		t.defineBody(t.expanded(t.argument()), true)
	case "newacronym", "acrodef", "DeclareAcronym", "acro":
		t.optional()
		label := t.argument()
		short, ok := t.optional()
		if !ok && name == "newacronym" {
			short = t.argument()
		}
		t.tables.acronyms[label] = short
		t.argument()
	case "setlocalecaption":
		t.argument()
		name := t.argument()
		t.define(name+"name", &texMacro{body: t.argument()}, true)
	case "defineshorthand":
		t.optional()
		if s := t.argument(); len(s) == 2 && len(t.tables.shorthands) < 100 {
			t.tables.shorthands[s] = t.argument()
			t.stops[s[0]] |= stopText
		}
	}
}

// countedParams reads [n][default] of \newcommand.
func (t *latexWriter) countedParams() []texParam {
	n, ok := t.optional()
	if n = strings.TrimSpace(n); !ok || len(n) != 1 || n[0] < '1' || n[0] > '9' {
		return nil
	}
	params := mandatory[:n[0]-'0']
	if initial, ok := t.optional(); ok {
		params = append([]texParam{{kind: 'o', text: initial, given: true}}, params[1:]...)
	}
	return params
}

// xparse reads the description of arguments that \NewDocumentCommand has.
func xparse(s string) (params []texParam, ok bool) {
	r := texReader{budget: len(s) + 64}
	r.push(s, "", false)
	for len(params) < 9 {
		r.space()
		c := r.peek()
		r.skip()
		p := texParam{kind: c}
		switch c {
		case 0:
			return params, true
		case '!', '+':
			continue
		case '>':
			r.argument()
			continue
		case 'm', 'o':
		case 'v':
			p.kind = 'm'
		case 'O':
			p.kind, p.text, p.given = 'o', r.argument(), true
		case 's':
			p.kind, p.a = 't', '*'
		case 't':
			p.a = firstByte(r.argument())
		case 'd', 'r':
			p.kind, p.a, p.b = 'd', firstByte(r.token()), firstByte(r.token())
		case 'D', 'R':
			p.kind, p.a, p.b = 'd', firstByte(r.token()), firstByte(r.token())
			p.text, p.given = r.argument(), true
		case 'g':
			p.kind, p.a, p.b = 'd', '{', '}'
		case 'G':
			p.kind, p.a, p.b = 'd', '{', '}'
			p.text, p.given = r.argument(), true
		default:
			return nil, false
		}
		params = append(params, p)
	}
	return params, r.top() == nil
}

func firstByte(s string) byte {
	if s == "" {
		return 0
	}
	return s[0]
}

func (t *latexWriter) let() {
	target := t.target()
	t.space()
	if t.took('=') {
		t.took(' ')
	}
	body := t.argument()
	if body == `\csname` {
		body = `\` + t.csname()
	}
	name, isName := strings.CutPrefix(body, `\`)
	switch m := t.tables.macro(name); {
	case !isName:
		t.define(target, &texMacro{body: body}, true)
	case name == target:
	case m != nil:
		t.define(target, m, true)
	default:
		t.define(target, &texMacro{let: name}, true)
	}
}

func (t *latexWriter) newTheorem(kind string) {
	if kind == "declaretheorem" {
		options, _ := t.optional()
		title := ""
		for _, o := range strings.Split(options, ",") {
			if key, value, ok := strings.Cut(o, "="); ok && (strings.TrimSpace(key) == "name" || strings.TrimSpace(key) == "title") {
				title = strings.Trim(value, " {}\n")
			}
		}
		env := t.argument()
		if title == "" && env != "" {
			title = strings.ToUpper(env[:1]) + env[1:]
		}
		t.tables.theorems[env] = title
		return
	}
	t.star()
	env := t.argument()
	t.optional()
	title := t.argument()
	t.optional()
	if kind == "spnewtheorem" {
		t.argument()
		t.argument()
	}
	t.tables.theorems[env] = title
}

func (t *latexWriter) defineEnv(name string, e *texEnv) {
	if _, mathematical := texMath[name]; mathematical || texTabulars[name] > 0 || texFloats[name] || texVerbatim[name] || name == "document" ||
		name == "abstract" || name == "" || len(t.tables.envs) >= maxTexMacros {
		return
	}
	e.at = t.defAt
	t.tables.envs[name] = e
}

// defineTeX reads \def\name and what follows.
func (t *latexWriter) defineTeX(expand bool) { t.defineBody(t.target(), expand) }

// defineBody reads the parameters of a \def, with their delimiters, and its body.
func (t *latexWriter) defineBody(target string, expand bool) {
	var params []texParam
	text := func(s string) {
		if s == "" {
			return
		}
		if n := len(params); n > 0 && params[n-1].kind != 'l' {
			params[n-1].kind, params[n-1].text = 'u', params[n-1].text+s
		} else {
			params = append(params, texParam{kind: 'l', text: s})
		}
	}
	t.space()
	for t.top() != nil {
		text(t.upToAny("{#\\%\n"))
		switch t.peek() {
		case '#':
			t.skip()
			c := t.peek()
			if c == '{' { // up to the brace, which is then read
				continue
			}
			t.skip()
			if c < '1' || c > '9' || len(params) > 12 {
				return
			}
			params = append(params, texParam{kind: 'm'})
			continue
		case '%':
			t.comment()
			continue
		case '\\':
			text(t.token())
			continue
		case '\n':
			t.skip()
			text(" ")
			continue
		case '{':
		default:
			return
		}
		m := &texMacro{params: params}
		in := t.top()
		m.at = in.at
		if m.body = t.argument(); expand {
			m.body = t.expandedAt(m.body, m.at)
		}
		for i := range m.params {
			if p := &m.params[i]; p.kind == 'u' {
				if p.text = strings.TrimSpace(p.text); p.text == "" {
					p.kind = 'm'
				}
			}
		}
		t.define(target, m, true)
		return
	}
}
