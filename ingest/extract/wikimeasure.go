package extract

// convert writes a measure in the unit that the author gave: {{convert|5|to|10|km|mi}} is "5 to 10 km".
func (x *Wikitext) convert(base int) bool {
	a, ok := x.arg(base, 1)
	if !ok {
		return false
	}
	x.say(a)
	n := 2
	for {
		sep, ok := x.arg(base, n)
		words := wikiRanges[string(x.trimmed(sep))]
		if !ok || words == "" {
			break
		}
		to, ok := x.arg(base, n+1)
		if !ok {
			break
		}
		if words[0] == ' ' {
			x.gap = true
			x.putString(words[1 : len(words)-1])
			x.gap = true
			x.say(to)
		} else {
			x.putString(words)
			x.glued(to)
		}
		n += 2
	}
	if unit, ok := x.arg(base, n); ok {
		x.gap = true
		if name := wikiUnits[string(x.trimmed(unit))]; name != "" {
			x.putString(name)
		} else {
			x.say(unit)
		}
	}
	return true
}

// val writes a number with its uncertainty, power and unit: {{val|1.23|0.05|e=-9|u=m}} is "1.23 ± 0.05 × 10^-9 m".
func (x *Wikitext) val(base int) bool {
	a, ok := x.arg(base, 1)
	if ok {
		x.say(a)
	}
	if b, more := x.arg(base, 2); ok && more {
		if x.trimmed(b)[0] != '(' {
			x.putString(" ± ")
		}
		x.glued(b)
	}
	if e, more := x.named(base, "e"); more {
		if ok {
			x.putString(" × ")
		}
		x.putString("10^")
		x.glued(e)
		ok = true
	}
	if u, more := x.named(base, "u", "ul", "up", "upl"); ok && more {
		x.gap = true
		x.say(u)
	}
	return ok
}

// fraction writes {{frac|1|2}} as "1/2" and {{frac|3|1|2}} as "3 1/2".
func (x *Wikitext) fraction(base int) bool {
	n := x.count(base)
	if n == 0 || n > 3 {
		return false
	}
	if n == 1 {
		x.putString("1")
	}
	for i := 1; i <= n; i++ {
		a, _ := x.arg(base, i)
		switch {
		case n == 3 && i == 2:
			x.gap = true
			x.say(a)
		case i == n && (n > 1 || i == 1):
			x.putString("/")
			x.glued(a)
		default:
			x.say(a)
		}
	}
	return true
}

// ship writes {{USS|Enterprise|CV-6}} as "USS Enterprise (CV-6)"; a third argument says what of that is shown.
func (x *Wikitext) ship(base int, prefix string) bool {
	at := 1
	if prefix == "" {
		at = 2
	}
	style, _ := x.arg(base, at+2)
	shown := x.trimmed(style)
	switch only := len(shown) == 1 && (shown[0] == '2' || shown[0] == '6'); {
	case only:
	case prefix != "":
		x.putString(prefix)
	default:
		if a, ok := x.arg(base, 1); ok {
			x.say(a)
		}
	}
	name, ok := x.arg(base, at)
	if !ok {
		return prefix != ""
	}
	x.gap = true
	x.say(name)
	if id, ok := x.arg(base, at+1); ok && len(shown) == 0 {
		x.gap = true
		x.putString("(")
		x.glued(id)
		x.putEnd(")")
	}
	return true
}

// nihongo writes {{nihongo|English|kanji|romaji}} as "English (kanji, romaji)".
func (x *Wikitext) nihongo(base int) bool {
	name, ok := x.arg(base, 1)
	if ok {
		x.say(name)
		x.gap = true
	}
	open := false
	for n := 2; n <= 3; n++ {
		a, more := x.arg(base, n)
		if !more {
			continue
		}
		switch {
		case open:
			x.putString(",")
			x.gap = true
			x.say(a)
		case ok:
			x.putString("(")
			x.glued(a)
			open = true
		default:
			x.say(a)
			ok = true
		}
	}
	if open {
		x.putEnd(")")
	}
	return ok
}
