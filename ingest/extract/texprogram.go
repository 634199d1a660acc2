package extract

import (
	"strconv"
	"strings"
)

// program handles what may stand in text and in formulas alike and writes nothing: definitions, conditions, names that are made.
// It reports whether the command is one of these.
func (t *latexWriter) program(name string, c texCommand) bool {
	switch c.op {
	case opDefine:
		t.definition(name)
	case opIf:
		if !t.condition(name) {
			t.skipBranch(true)
		}
	case opElse:
		t.skipBranch(false)
	case opFi:
	case opNothing:
		t.global = t.global || name == "global"
	case opGroup:
		if name[0] == 'b' {
			t.groups = append(t.groups, len(t.undo))
		} else {
			t.closeGroup()
		}
	case opBranch:
		t.branch(name)
	case opCsname:
		t.named(t.csname(), false)
	case opCsuse:
		t.named(t.expanded(t.argument()), true)
	case opCount:
		t.count(name)
	case opAt:
		t.atLetter(name == "makeatletter")
	case opAssign:
		t.assignment()
	case opMathcode:
		t.mathcode()
	case opUppercase:
		arg := t.argument()
		if name[0] == 'M' {
			arg = t.expanded(arg)
		}
		if strings.HasPrefix(name, "lower") || strings.HasSuffix(name, "Lowercase") {
			t.push(changeCase(arg, strings.ToLower), "", true)
		} else {
			t.push(changeCase(arg, strings.ToUpper), "", true)
		}
	case opLoop:
		list := t.expanded(t.argument())
		for i, items := 0, strings.Split(list, ","); i < len(items) && i < 1000; i++ {
			item := items[len(items)-1-i] // the last one first: each is put before the others
			if item = strings.TrimSpace(item); item != "" {
				t.push(`\do{`+item+`}`, "", true)
			}
		}
	case opPush:
		t.push(t.argument(), "", t.at())
	default:
		return t.flag(name)
	}
	return true
}

func (t *latexWriter) at() bool {
	in := t.top()
	return in != nil && in.at
}

// atLetter makes "@" a letter, or none, in the file that is read.
func (t *latexWriter) atLetter(on bool) {
	for i := len(t.stack) - 1; i >= 0; i-- {
		t.stack[i].at = on
		if t.stack[i].file != "" {
			return
		}
	}
}

// changeCase changes the letters that are not part of a command's name.
func changeCase(s string, change func(string) string) string {
	var b strings.Builder
	for s != "" {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			i = len(s)
		}
		b.WriteString(change(s[:i]))
		s = s[i:]
		n := min(1, len(s))
		for n < len(s) && bclass[s[n]]&cAlpha != 0 {
			n++
		}
		b.WriteString(s[:n])
		s = s[n:]
	}
	return b.String()
}

// csname reads up to \endcsname and gives the name that this makes.
func (t *latexWriter) csname() string {
	raw, ok := t.until(`\endcsname`)
	if !ok {
		return ""
	}
	t.afterWord()
	return t.expanded(raw)
}

// named runs a command whose name was made. One that is known to nobody does nothing.
func (t *latexWriter) named(name string, quiet bool) {
	if name == "" {
		return
	}
	if m := t.tables.macro(name); m != nil && m.let == "" {
		t.expand(name, m)
		return
	}
	if texCommands[name].op != opUnknown {
		if quiet && isWord(name) {
			t.push(`\`+name+` `, "", true)
			return
		}
		t.push(`\`+name, "", true)
	}
}

// expanded is a piece of source with its macros expanded and its conditions decided, as \edef would have it.
func (t *latexWriter) expanded(s string) string {
	s = strings.TrimSpace(s)
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	return strings.TrimSpace(t.expandedAt(s, t.at()))
}

func (t *latexWriter) expandedAt(s string, at bool) string {
	if strings.IndexByte(s, '\\') < 0 || t.expanding >= maxTexDepth {
		return s
	}
	t.expanding++
	var b []byte
	floor := t.floor
	t.floor = len(t.stack)
	t.push(s, "", at)
	for t.top() != nil {
		b = append(b, t.upToAny("\\")...)
		if !t.took('\\') {
			continue
		}
		name := t.name()
		c := texCommands[name]
		m := t.tables.macro(name)
		switch {
		case c.fixed && c.op != opIf && c.op != opBranch && c.op != opElse && c.op != opFi && c.op != opCsname && c.op != opCsuse:
			b = append(append(b, '\\'), name...)
		case name == "noexpand" || name == "unexpanded":
			if name == "noexpand" {
				b = append(b, t.token()...)
			} else {
				b = append(b, t.argument()...)
			}
		case name == "value" || name == "arabic" || name == "number" || name == "the":
			b = strconv.AppendInt(b, int64(t.number(`\`+name+"{"+strings.Trim(t.argument(), `\`)+"}")), 10)
		case m != nil && m.let == "":
			t.afterWord()
			t.expand(name, m)
		case c.op == opIf || c.op == opBranch || c.op == opElse || c.op == opFi || c.op == opCsname || c.op == opCsuse:
			t.afterWord()
			t.program(name, c)
		case c.op == opNothing && name != "protect":
		default:
			b = append(append(b, '\\'), name...)
		}
		if len(b) > t.budget {
			t.fail(errTexBudget)
		}
	}
	t.floor = floor
	t.expanding--
	return string(b)
}

// flag handles \xtrue and \xfalse of \newif\ifx, and \ifx itself.
func (t *latexWriter) flag(name string) bool {
	if flag, ok := strings.CutSuffix(name, "true"); ok {
		if _, known := t.tables.flag(flag); known {
			t.tables.flags[flag] = true
			return true
		}
	}
	if flag, ok := strings.CutSuffix(name, "false"); ok {
		if _, known := t.tables.flag(flag); known {
			t.tables.flags[flag] = false
			return true
		}
	}
	if flag, ok := strings.CutPrefix(name, "if"); ok {
		if on, known := t.tables.flag(flag); known {
			if !on {
				t.skipBranch(true)
			}
			return true
		}
	}
	return false
}

// condition decides an \if of TeX. What only TeX could decide is false.
func (t *latexWriter) condition(name string) bool {
	switch name {
	case "iftrue":
		return true
	case "ifx":
		t.space()
		a := t.token()
		if isWord(strings.TrimPrefix(a, `\`)) && a[0] == '\\' {
			t.afterWord()
		}
		b := t.token()
		t.afterWordOf(b)
		return t.sameToken(a, b)
	case "if", "ifcat":
		a, b := t.expandedToken(), t.expandedToken()
		return a != "" && a == b
	case "ifdefined":
		name := t.target()
		t.afterWord()
		return t.known(name)
	case "ifcsname":
		return t.known(t.csname())
	case "ifnum", "ifdim":
		left := t.upToAny("<=>\n")
		op := t.peek()
		if op == '\n' || op == 0 {
			return false
		}
		t.skip()
		return compare(t.number(left), op, t.readNumber())
	case "ifodd":
		return t.readNumber()%2 != 0
	case "ifcase":
		return t.readNumber() == 0
	case "ifmmode":
		return t.inMath
	case "ifpdf", "ifPDFTeX":
		return true
	}
	return false
}

func (t *latexWriter) afterWordOf(token string) {
	if name, ok := strings.CutPrefix(token, `\`); ok && isWord(name) {
		t.afterWord()
	}
}

// sameToken compares as \ifx does: commands by what they stand for.
func (t *latexWriter) sameToken(a, b string) bool {
	if a == b {
		return a != ""
	}
	if a == "" || b == "" || a[0] != '\\' || b[0] != '\\' {
		return false
	}
	x, y := t.tables.macro(a[1:]), t.tables.macro(b[1:])
	switch {
	case x != nil && y != nil:
		return x == y || x.let == y.let && x.body == y.body && len(x.params) == len(y.params)
	case x != nil:
		return x.let != "" && x.let == b[1:]
	case y != nil:
		return y.let != "" && y.let == a[1:]
	}
	return !t.known(a[1:]) && !t.known(b[1:])
}

func (t *latexWriter) known(name string) bool {
	if name == "undefined" || name == "" {
		return false
	}
	m := t.tables.macro(name)
	if m != nil {
		return m.let == "" || t.known(m.let)
	}
	return texCommands[name].op != opUnknown
}

// expandedToken is the next token that is no macro.
func (t *latexWriter) expandedToken() string {
	for range 100 {
		s := t.token()
		name, ok := strings.CutPrefix(s, `\`)
		if !ok {
			return s
		}
		t.afterWordOf(s)
		m := t.tables.macro(name)
		if m == nil || m.let != "" {
			return s
		}
		t.expand(name, m)
	}
	return ""
}

func compare(a int, op byte, b int) bool {
	switch op {
	case '<':
		return a < b
	case '>':
		return a > b
	}
	return a == b
}

// number is the value of a piece of source: digits, or a counter.
func (t *latexWriter) number(s string) int {
	s = strings.TrimSpace(s)
	for _, prefix := range [...]string{`\value`, `\arabic`, `\number`, `\the`} {
		if rest, ok := strings.CutPrefix(s, prefix); ok {
			return t.tables.counter(strings.Trim(rest, "{} \\"))
		}
	}
	s = t.expanded(s)
	n, i := 0, 0
	negative := strings.HasPrefix(s, "-")
	if negative {
		i++
	}
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9' && n < 1<<30; i++ {
		n = 10*n + int(s[i]-'0')
	}
	if negative {
		return -n
	}
	return n
}

// readNumber reads a number as TeX does, where nothing marks its end.
func (t *latexWriter) readNumber() int {
	t.space()
	if t.peek() == '\\' {
		s := t.token()
		t.afterWordOf(s)
		if s == `\value` || s == `\arabic` || s == `\number` || s == `\the` {
			return t.number(s + "{" + t.argument() + "}")
		}
		return t.number(s)
	}
	in := t.top()
	if in == nil {
		return 0
	}
	from := in.pos
	for in.pos < len(in.text) && (bclass[in.text[in.pos]]&cDigit != 0 || in.pos == from && in.text[in.pos] == '-') {
		in.pos++
	}
	n := t.number(in.text[from:in.pos])
	t.took(' ')
	return n
}

// skipBranch steps over a branch, to its \fi or, if stopAtElse, to its \else.
func (t *latexWriter) skipBranch(stopAtElse bool) {
	for depth := 0; t.top() != nil; {
		t.upToAny("\\%")
		switch t.peek() {
		case '%':
			t.comment()
		case '\\':
			t.skip()
			name := t.name()
			switch op := texCommands[name].op; {
			case op == opFi:
				if depth == 0 {
					t.afterWord()
					return
				}
				depth--
			case op == opElse:
				if depth == 0 && stopAtElse {
					t.afterWord()
					return
				}
			case op == opIf:
				depth++
			case strings.HasPrefix(name, "if"):
				if _, known := t.tables.flag(name[2:]); known {
					depth++
				}
			}
		}
	}
}

// branch handles the conditions whose branches are arguments.
func (t *latexWriter) branch(name string) {
	at := t.at()
	choose := func(yes bool) {
		a, b := t.argument(), t.argument()
		if !yes {
			a = b
		}
		t.push(a, "", at)
	}
	only := func(yes bool) {
		if a := t.argument(); yes {
			t.push(a, "", at)
		}
	}
	switch name {
	case "IfNoValueTF":
		choose(strings.TrimSpace(t.argument()) == noValue)
	case "IfNoValueT":
		only(strings.TrimSpace(t.argument()) == noValue)
	case "IfNoValueF", "IfValueT":
		only(strings.TrimSpace(t.argument()) != noValue)
	case "IfValueTF":
		choose(strings.TrimSpace(t.argument()) != noValue)
	case "IfValueF":
		only(strings.TrimSpace(t.argument()) == noValue)
	case "IfBooleanTF":
		choose(strings.TrimSpace(t.argument()) == `\BooleanTrue`)
	case "IfBooleanT":
		only(strings.TrimSpace(t.argument()) == `\BooleanTrue`)
	case "IfBooleanF":
		only(strings.TrimSpace(t.argument()) != `\BooleanTrue`)
	case "iftoggle", "ifbool":
		choose(t.isOn(t.expanded(t.argument())))
	case "nottoggle", "notbool":
		choose(!t.isOn(t.expanded(t.argument())))
	case "ifblank", "ifstrempty":
		choose(strings.TrimSpace(t.argument()) == "")
	case "notblank", "ifnotempty":
		choose(strings.TrimSpace(t.argument()) != "")
	case "ifstrequal", "ifdefstring", "ifdefstrequal":
		choose(t.expanded(t.argument()) == t.expanded(t.argument()))
	case "ifdefempty":
		choose(t.expanded(t.argument()) == "")
	case "ifdef":
		choose(t.known(commandName(t.argument())))
	case "ifundef":
		choose(!t.known(commandName(t.argument())))
	case "ifcsdef":
		choose(t.known(t.expanded(t.argument())))
	case "@ifundefined", "ifcsundef":
		choose(!t.known(t.expanded(t.argument())))
	case "ifnumgreater":
		choose(t.number(t.argument()) > t.number(t.argument()))
	case "ifnumless":
		choose(t.number(t.argument()) < t.number(t.argument()))
	case "ifnumequal":
		choose(t.number(t.argument()) == t.number(t.argument()))
	case "ifnumcomp":
		a, op, b := t.number(t.argument()), firstByte(t.argument()), t.number(t.argument())
		choose(compare(a, op, b))
	case "@ifpackagelater", "@ifclasslater":
		t.argument()
		t.argument()
		choose(true)
	case "@ifpackageloaded", "@ifclassloaded":
		t.argument()
		choose(false)
	case "@ifpackagewith":
		t.argument()
		t.argument()
		choose(false)
	case "@ifstar":
		star := t.star()
		choose(star)
	case "@ifnextchar":
		c := t.argument()
		a, b := t.argument(), t.argument()
		if t.space(); c == "" || t.peek() != c[0] {
			a = b
		}
		t.push(a, "", at)
	case "@firstoftwo", "texorpdfstring":
		choose(true)
	case "@secondoftwo":
		choose(false)
	case "IfFileExists":
		choose(t.exists(t.argument()))
	case "InputIfFileExists":
		name := t.argument()
		if found := t.exists(name); found {
			choose(true)
			t.include("", name)
		} else {
			choose(false)
		}
	case "ifthenelse":
		choose(t.test(t.argument()))
	case "mathchoice", "@mathchoice":
		a := t.argument()
		t.argument()
		t.argument()
		t.argument()
		t.push(a, "", at)
	}
}

// isOn is the state of a toggle, or of a flag.
func (t *latexWriter) isOn(name string) bool {
	on, known := t.tables.flag(name)
	return t.tables.toggle(name) || known && on
}

// test decides the condition of \ifthenelse where it is one comparison.
func (t *latexWriter) test(s string) bool {
	s = strings.TrimSpace(s)
	r := texReader{budget: len(s) + 64}
	r.push(s, "", false)
	negate := false
	for {
		switch r.space(); r.token() {
		case `\not`, `\NOT`:
			negate = !negate
			continue
		case `\equal`:
			return (t.expanded(r.argument()) == t.expanded(r.argument())) != negate
		case `\boolean`:
			on, _ := t.tables.flag(r.argument())
			return on != negate
		case `\isundefined`:
			return !t.known(commandName(r.argument())) != negate
		case `\isodd`:
			return (t.number(r.argument())%2 != 0) != negate
		}
		if i := strings.IndexAny(s, "<=>"); i > 0 {
			return compare(t.number(s[:i]), s[i], t.number(s[i+1:])) != negate
		}
		return negate
	}
}

// count handles counters and toggles.
func (t *latexWriter) count(name string) {
	switch name {
	case "toggletrue", "booltrue", "togglefalse", "boolfalse", "setboolean", "settoggle":
		s := t.expanded(t.argument())
		on := strings.HasSuffix(name, "true")
		if strings.HasPrefix(name, "set") {
			on = t.argument() == "true"
		}
		t.tables.toggles[s] = on
		if _, known := t.tables.flag(s); known {
			t.tables.flags[s] = on
		}
		return
	}
	s := t.expanded(t.argument())
	switch name {
	case "newcounter":
		t.optional()
		t.tables.counters[s] = 0
	case "setcounter":
		t.tables.counters[s] = t.number(t.argument())
	case "addtocounter":
		t.tables.counters[s] = t.tables.counter(s) + t.number(t.argument())
	case "stepcounter", "refstepcounter":
		t.tables.counters[s] = t.tables.counter(s) + 1
	}
}

// mathcode reads \mathcode`\!="8000, which makes a character active in formulas.
func (t *latexWriter) mathcode() {
	t.space()
	t.took('`')
	c := strings.TrimPrefix(t.token(), `\`)
	t.space()
	t.took('=')
	if t.space(); t.tookText(`"8000`) && len(c) == 1 && len(t.tables.mathActive) < 100 {
		t.tables.mathActive = append(t.tables.mathActive, c[0])
		t.stops[c[0]] |= stopMath
		return
	}
	t.took('"')
	t.assignment()
}

// assignment steps over what TeX reads for "\parskip = 3pt plus 1pt" behind the name. Without a number or "=" it is nothing.
func (t *latexWriter) assignment() {
	m := t.mark()
	t.space()
	equals := t.took('=')
	t.space()
	in := t.top()
	if in == nil {
		return
	}
	if in.text[in.pos] == '\\' && equals {
		if t.token() == `\magstep` {
			t.readNumber()
		}
		return
	}
	i := skipDimension(in.text, in.pos)
	if i == in.pos {
		if !equals {
			t.back(m)
		}
		return
	}
	for {
		rest := strings.TrimLeft(in.text[i:min(len(in.text), i+40)], " ")
		word, ok := strings.CutPrefix(rest, "plus")
		if !ok {
			word, ok = strings.CutPrefix(rest, "minus")
		}
		if !ok {
			break
		}
		j := skipDimension(word, 0)
		if j == 0 {
			break
		}
		i = min(len(in.text), i+40) - len(word) + j
	}
	if in.pos = i; i < len(in.text) && in.text[i] == ' ' {
		in.pos++
	}
}

// skipDimension is where a number with its unit that begins at i ends; i if there is none.
func skipDimension(s string, i int) int {
	from := i
	for i < len(s) && s[i] == ' ' {
		i++
	}
	digits := i
	for i < len(s) && (bclass[s[i]]&cDigit != 0 || s[i] == '.' || s[i] == ',' || s[i] == '-' || s[i] == '+') {
		i++
	}
	if i < len(s) && s[i] == '\\' && i > digits {
		for i++; i < len(s) && bclass[s[i]]&cAlpha != 0; i++ {
		}
		return i
	}
	if i == digits || !strings.ContainsAny(s[digits:i], "0123456789") {
		return from
	}
	rest := strings.TrimLeft(s[i:min(len(s), i+12)], " ")
	rest = strings.TrimPrefix(rest, "true ")
	rest = strings.TrimPrefix(rest, "true")
	for _, unit := range [...]string{"pt", "cm", "mm", "in", "em", "ex", "pc", "bp", "sp", "mu", "filll", "fill", "fil"} {
		if strings.HasPrefix(rest, unit) {
			return i + strings.Index(s[i:], unit) + len(unit)
		}
	}
	return i
}
