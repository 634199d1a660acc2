package extract

import "strings"

// texMacro is a user's command.
type texMacro struct {
	params []texParam
	body   string // holds #1 to #9
	let    string // instead of a body: the command of TeX or LaTeX that it stands for
	at     bool   // "@" was a letter when it was defined
	inner  bool   // the body uses commands with "@" in their names
}

// texParam is how one argument is read, in the letters of xparse; 'u' and 'l' are what \def needs.
type texParam struct {
	kind  byte   // 'm', 'o' (in brackets, with or without a default), 'd' (between a and b), 't' (a token), 'u' (up to text), 'l' (text)
	a, b  byte   // of 'd' and 't'
	text  string // of 'u' and 'l'; the default of 'o' and 'd'
	given bool   // there is a default
}

const noValue = `\NoValue`

var mandatory = [9]texParam{{kind: 'm'}, {kind: 'm'}, {kind: 'm'}, {kind: 'm'}, {kind: 'm'}, {kind: 'm'}, {kind: 'm'}, {kind: 'm'}, {kind: 'm'}}

// texEnv is a user's environment.
type texEnv struct {
	params     []texParam
	begin, end string
	at         bool
}

// texTables are what a paper, or the preamble that it shares with others, defines.
type texTables struct {
	macros     map[string]*texMacro
	envs       map[string]*texEnv
	theorems   map[string]string // what they are called on paper
	flags      map[string]bool   // of \newif
	toggles    map[string]bool
	counters   map[string]int
	acronyms   map[string]string
	shorthands map[string]string  // of babel: a sign and what follows it
	mathActive []byte             // characters that are macros in formulas
	inside     map[string]bool    // the names with "@" that bodies define
	active     map[[2]byte]string // what active characters in formulas were found to stand for, with the letter behind them
	below      *texTables
}

func newTexTables() *texTables {
	return &texTables{macros: map[string]*texMacro{}, envs: map[string]*texEnv{}, theorems: map[string]string{}, flags: map[string]bool{},
		toggles: map[string]bool{}, counters: map[string]int{}, acronyms: map[string]string{}, shorthands: map[string]string{}, inside: map[string]bool{}}
}

// reset forgets everything and keeps the memory.
func (t *texTables) reset() {
	clear(t.macros)
	clear(t.envs)
	clear(t.theorems)
	clear(t.flags)
	clear(t.toggles)
	clear(t.counters)
	clear(t.acronyms)
	clear(t.shorthands)
	clear(t.inside)
	t.mathActive, t.active, t.below = t.mathActive[:0], nil, nil
}

func (t *texTables) macro(name string) *texMacro {
	for ; t != nil; t = t.below {
		if m, ok := t.macros[name]; ok {
			return m
		}
	}
	return nil
}

// note keeps the names with "@" that a body defines when it is run.
func (t *texTables) note(body string) {
	for _, word := range [...]string{`def\`, `\let\`} {
		for s := body; len(t.inside) < maxTexMacros; {
			i := strings.Index(s, word)
			if i < 0 {
				break
			}
			s = s[i+len(word):]
			n := 0
			for n < len(s) && (bclass[s[n]]&cAlpha != 0 || s[n] == '@') {
				n++
			}
			t.inside[s[:n]] = true
		}
	}
}

func (t *texTables) made(name string) bool {
	for ; t != nil; t = t.below {
		if t.inside[name] {
			return true
		}
	}
	return false
}

func (t *texTables) env(name string) *texEnv {
	for ; t != nil; t = t.below {
		if e, ok := t.envs[name]; ok {
			return e
		}
	}
	return nil
}

func (t *texTables) theorem(name string) (string, bool) {
	for ; t != nil; t = t.below {
		if s, ok := t.theorems[name]; ok {
			return s, true
		}
	}
	return "", false
}

func (t *texTables) flag(name string) (on, known bool) {
	for ; t != nil; t = t.below {
		if on, ok := t.flags[name]; ok {
			return on, true
		}
	}
	return false, false
}

func (t *texTables) toggle(name string) bool {
	for ; t != nil; t = t.below {
		if on, ok := t.toggles[name]; ok {
			return on
		}
	}
	return false
}

func (t *texTables) counter(name string) int {
	for ; t != nil; t = t.below {
		if n, ok := t.counters[name]; ok {
			return n
		}
	}
	return 0
}

func (t *texTables) acronym(name string) string {
	for ; t != nil; t = t.below {
		if s, ok := t.acronyms[name]; ok {
			return s
		}
	}
	return ""
}

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
	case "newtheorem", "declaretheorem", "spnewtheorem", "newmdtheoremenv":
		t.theorem(name)
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

func (t *latexWriter) theorem(kind string) {
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

// expand pushes the expansion of a user's macro.
func (t *latexWriter) expand(name string, m *texMacro) {
	if m.inner && !t.understood(m) {
		return // it programs TeX in ways that are not followed here
	}
	m.inner = false
	if in := t.top(); in != nil && in.file != "" {
		t.chain = 0
	}
	if t.chain++; t.chain > maxTexChain {
		t.runaway()
		return
	}
	if len(m.params) == 0 {
		t.push(m.body, "", m.at)
		return
	}
	var args [10]string
	if !t.arguments(m.params, &args) {
		return
	}
	t.push(t.substitute(m.body, &args), "", m.at)
}

// understood reports whether all commands with "@" that a body uses are known.
func (t *latexWriter) understood(m *texMacro) bool {
	for s := m.body; ; {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			return true
		}
		s = s[i+1:]
		n := 0
		for n < len(s) && (bclass[s[n]]&cAlpha != 0 || s[n] == '@') {
			n++
		}
		if name := s[:n]; strings.IndexByte(name, '@') >= 0 && t.tables.macro(name) == nil && texCommands[name].op == opUnknown && !t.tables.made(name) {
			return false
		}
		if n == 0 && s != "" {
			n = 1
		}
		s = s[n:]
	}
}

// arguments reads what the parameters ask for, and reports whether it was there.
func (t *latexWriter) arguments(params []texParam, args *[10]string) bool {
	n := 1
	for i := range params {
		p := &params[i]
		if n > 9 {
			return false
		}
		switch p.kind {
		case 'm':
			args[n] = t.argument()
		case 'o', 'd':
			a, b := p.a, p.b
			if p.kind == 'o' {
				a, b = '[', ']'
			}
			s, ok := "", false
			if a == '{' {
				if t.space(); t.peek() == '{' {
					s, ok = t.argument(), true
				}
			} else {
				s, ok = t.delimited(a, b)
			}
			if !ok {
				if s = noValue; p.given {
					s = p.text
				}
			} else if len(s) > 1 && s[0] == '{' && s[len(s)-1] == '}' && strings.IndexByte(s[1:len(s)-1], '}') < 0 {
				s = s[1 : len(s)-1]
			}
			args[n] = s
		case 't':
			if args[n] = `\BooleanFalse`; t.took(p.a) {
				args[n] = `\BooleanTrue`
			}
		case 'u':
			t.space()
			s, ok := t.upToText(p.text)
			if !ok {
				return false
			}
			args[n] = s
		case 'l':
			if t.space(); p.text != " " && !t.tookText(strings.TrimSpace(p.text)) {
				return false
			}
			continue
		}
		n++
	}
	return true
}

// upToText reads up to a text outside of braces, and steps over it.
func (r *texReader) upToText(end string) (string, bool) {
	in := r.top()
	if in == nil {
		return "", false
	}
	depth := 0
	for i := in.pos; i < len(in.text); i++ {
		c := in.text[i]
		if c == end[0] && depth == 0 && strings.HasPrefix(in.text[i:], end) {
			s := in.text[in.pos:i]
			if in.pos = i + len(end); isWord(strings.TrimPrefix(end, `\`)) && end[0] == '\\' {
				r.afterWord()
			}
			if len(s) > 1 && s[0] == '{' && strings.IndexByte(s, '}') == len(s)-1 {
				s = s[1 : len(s)-1]
			}
			return strings.TrimSpace(s), true
		}
		switch c {
		case '\\':
			i++
		case '{':
			depth++
		case '}':
			if depth--; depth < 0 {
				r.spend(i - in.pos)
				return "", false
			}
		}
	}
	r.spend(len(in.text) - in.pos)
	return "", false
}

func (r *texReader) tookText(s string) bool {
	in := r.top()
	if in == nil || !strings.HasPrefix(in.text[in.pos:], s) {
		return false
	}
	in.pos += len(s)
	return true
}

// substitute puts arguments into a body. Where text would run into the name of a command, a space keeps them apart.
func (t *latexWriter) substitute(body string, args *[10]string) string {
	b := t.scratch[:0]
	for {
		i := strings.IndexByte(body, '#')
		if i < 0 || i+1 == len(body) {
			break
		}
		b = append(b, body[:i]...)
		d := body[i+1]
		body = body[i+2:]
		if escaped(b) { // \# is no parameter
			b = append(b, '#', d)
			continue
		}
		if d < '1' || d > '9' {
			b = append(b, d) // ## is # in a definition inside
			continue
		}
		arg := args[d-'0']
		if arg != "" && bclass[arg[0]]&cAlpha != 0 && endsInCommand(b) {
			b = append(b, ' ')
		}
		if b = append(b, arg...); body != "" && bclass[body[0]]&cAlpha != 0 && endsInCommand(b) {
			b = append(b, ' ')
		}
		if len(b) > t.budget {
			t.fail(errTexBudget)
			return ""
		}
	}
	b = append(b, body...)
	t.scratch = b
	return string(b)
}

// escaped reports whether the next character has a backslash before it.
func escaped(b []byte) bool {
	n := 0
	for n < len(b) && b[len(b)-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

func endsInCommand(b []byte) bool {
	i := len(b)
	for i > 0 && (bclass[b[i-1]]&cAlpha != 0 || b[i-1] == '@') {
		i--
	}
	return i > 0 && i < len(b) && b[i-1] == '\\' && (i < 2 || b[i-2] != '\\')
}
