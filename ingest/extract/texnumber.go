package extract

import "strings"

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
