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
