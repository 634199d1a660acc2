package extract

import "bytes"

// wikiArg is an argument of a template: its value at [from, to), and its name, empty for one by position.
type wikiArg struct {
	name         []byte
	from, to, ti int
}

// maxWikiArgs bounds the arguments of a template that are looked at.
const maxWikiArgs = 64

// template writes the text of a template whose inside is [from, to), if it is one of those that have text.
func (x *Wikitext) template(from, to, ti int) {
	p, after := x.pipe(from, to, ti)
	stop := to
	if p >= 0 {
		stop = p
	}
	name := x.src[from:stop]
	if k := bytes.Index(name, []byte("<!--")); k >= 0 {
		name = name[:k]
	}
	name = bytes.TrimSpace(name)
	if len(name) == 0 || len(name) > 80 || name[0] == '#' {
		x.drop()
		return
	}
	x.key = appendLower(x.key[:0], name)
	if k := bytes.IndexByte(x.key, ':'); k > 0 {
		x.function(string(x.key[:k]), from+bytes.IndexByte(x.src[from:stop], ':')+1, to, ti)
		return
	}
	if wikiDisambiguation[string(x.key)] {
		x.page.Disambiguation = true
		return
	}
	rule, ok := wikiLocalTemplates[x.lang][string(x.key)]
	if !ok {
		rule, ok = wikiTemplates[string(x.key)]
	}
	if !ok {
		rule, ok = x.family()
	}
	if !ok {
		x.drop()
		return
	}
	if rule.do == doText {
		x.sayText(rule.text)
		return
	}
	if x.depth >= maxWikiDepth {
		x.drop()
		return
	}
	base := len(x.args)
	if p >= 0 {
		x.split(p+1, to, after)
	}
	if !x.apply(rule, base) {
		x.drop()
	}
	x.args = x.args[:base]
}

// sayText writes what a template without arguments stands for; spaces at its ends count.
func (x *Wikitext) sayText(s string) {
	if s == "" {
		return
	}
	if s[0] == ' ' {
		x.gap = true
		s = s[1:]
	}
	if s == "" {
		return
	}
	end := s[len(s)-1] == ' '
	if end {
		s = s[:len(s)-1]
	}
	x.putString(s)
	x.gap = end
}

// family knows templates by the beginning of their names, as lang-fr.
func (x *Wikitext) family() (wikiRule, bool) {
	for _, f := range wikiFamilies {
		if len(x.key) > len(f.prefix) && string(x.key[:len(f.prefix)]) == f.prefix {
			return f.rule, true
		}
	}
	return wikiRule{}, false
}

// function writes the few parser functions that show something in articles.
func (x *Wikitext) function(name string, from, to, ti int) {
	switch name {
	case "formatnum", "lc", "uc", "lcfirst", "ucfirst", "nowrap":
		if p, _ := x.pipe(from, to, ti); p >= 0 {
			to = p
		}
		x.sub(from, to, ti)
	default:
		x.drop()
	}
}

// split finds the arguments in [from, to).
func (x *Wikitext) split(from, to, ti int) {
	base := len(x.args)
	for from <= to && len(x.args)-base < maxWikiArgs {
		stop, after := x.pipe(from, to, ti)
		if stop < 0 {
			stop = to
		}
		a := wikiArg{from: from, to: stop, ti: ti}
		if eq, inside := x.find('=', from, stop, ti); eq >= 0 {
			if name := bytes.TrimSpace(x.src[from:eq]); len(name) < 40 && bytes.IndexByte(name, '<') < 0 {
				a = wikiArg{name: name, from: eq + 1, to: stop, ti: inside}
			}
		}
		x.args = append(x.args, a)
		from, ti = stop+1, after
	}
}

// arg is the n-th argument by position, from 1, or the one that is named so.
func (x *Wikitext) arg(base, n int) (wikiArg, bool) {
	place := 0
	for _, a := range x.args[base:] {
		if len(a.name) == 0 {
			if place++; place == n {
				return a, len(bytes.TrimSpace(x.src[a.from:a.to])) > 0
			}
		} else if len(a.name) == 1 && int(a.name[0]) == '0'+n {
			return a, len(bytes.TrimSpace(x.src[a.from:a.to])) > 0
		}
	}
	return wikiArg{}, false
}

func (x *Wikitext) named(base int, names ...string) (wikiArg, bool) {
	for _, n := range names {
		for _, a := range x.args[base:] {
			if string(a.name) == n && len(bytes.TrimSpace(x.src[a.from:a.to])) > 0 {
				return a, true
			}
		}
	}
	return wikiArg{}, false
}

func (x *Wikitext) count(base int) int {
	n := 0
	for _, a := range x.args[base:] {
		if len(a.name) == 0 {
			n++
		}
	}
	return n
}

func (x *Wikitext) say(a wikiArg) { x.sub(a.from, a.to, a.ti) }

// trimmed is the source of an argument.
func (x *Wikitext) trimmed(a wikiArg) []byte { return bytes.TrimSpace(x.src[a.from:a.to]) }

// apply writes a template by its rule; false if there was nothing to write.
func (x *Wikitext) apply(r wikiRule, base int) bool {
	switch r.do {
	case doArg:
		a, ok := x.arg(base, r.n)
		for n := r.n - 1; !ok && n > 0; n-- {
			a, ok = x.arg(base, n)
		}
		if !ok {
			return false
		}
		if r.text != "" {
			x.prefixed(r.text, base, a)
			return true
		}
		x.say(a)
		return true
	case doLast:
		a, ok := x.arg(base, x.count(base))
		if ok {
			x.say(a)
		}
		return ok
	case doLabel:
		a, ok := x.named(base, "label", "lt", "display", "4")
		if !ok {
			if a, ok = x.arg(base, r.n); !ok {
				a, ok = x.arg(base, 1)
			}
		}
		if ok {
			x.say(a)
		}
		return ok
	case doBlock:
		a, ok := x.named(base, "text", "quote", "texte", "content", "contenido", "testo", "zitat", "цитата")
		if !ok {
			a, ok = x.arg(base, max(r.n, 1))
		}
		if ok {
			x.subBlocks(a.from, a.to, a.ti)
		}
		return ok
	case doJoin:
		return x.join(base, r.text)
	case doConvert:
		return x.convert(base)
	case doVal:
		return x.val(base)
	case doFraction:
		return x.fraction(base)
	case doShip:
		return x.ship(base, r.text)
	case doNihongo:
		return x.nihongo(base)
	}
	return false
}

// wikiClosing are the ends of what a rule puts before an argument.
var wikiClosing = map[string]string{"⟨": "⟩", "«\u00a0": " »"}

// prefixed writes an argument behind the text of a rule.
func (x *Wikitext) prefixed(text string, base int, a wikiArg) {
	if lc, ok := x.named(base, "lc"); ok && text == "As of " && len(x.trimmed(lc)) > 0 {
		text = "as of "
	}
	if text == "«\u00a0" {
		x.putString("« ")
	} else {
		x.putString(text)
	}
	x.glued(a)
	x.putEnd(wikiClosing[text])
}

// putEnd writes text that follows without a space of its own.
func (x *Wikitext) putEnd(s string) {
	if s != "" {
		x.gap = false
		x.out = append(x.out, s...)
	}
}

// glued writes an argument without a space before it.
func (x *Wikitext) glued(a wikiArg) {
	start := x.start
	x.start = len(x.out)
	x.gap = false
	x.say(a)
	x.start = start
}

// join writes all arguments by position with a sign between.
func (x *Wikitext) join(base int, sign string) bool {
	n := 0
	for i := base; i < len(x.args); i++ {
		a := x.args[i]
		if len(a.name) > 0 || len(x.trimmed(a)) == 0 {
			continue
		}
		if n++; n == 1 {
			x.say(a)
			continue
		}
		switch sign {
		case "":
			x.glued(a)
		case " ":
			x.gap = true
			x.say(a)
		default:
			x.putString(sign)
			x.glued(a)
		}
	}
	return n > 0
}
