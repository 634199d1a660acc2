package extract

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// texWriter writes formulas. A control word and a letter after it are kept apart by a space.
type texWriter struct {
	buf  []byte
	word bool // the last thing written was a control word
}

func (t *texWriter) reset() { t.buf, t.word = t.buf[:0], false }

func (t *texWriter) write(s string) {
	if s == "" {
		return
	}
	if t.word {
		if r, _ := utf8.DecodeRuneInString(s); unicode.IsLetter(r) {
			t.buf = append(t.buf, ' ')
		}
	}
	t.buf = append(t.buf, s...)
	i := len(s)
	for i > 0 && isASCIILetter(s[i-1]) {
		i--
	}
	t.word = i > 0 && i < len(s) && s[i-1] == '\\' || t.word && i == 0
}

// command writes a control sequence without its backslash.
func (t *texWriter) command(name string) {
	t.buf = append(append(t.buf, '\\'), name...)
	t.word = name != "" && isASCIILetter(name[len(name)-1])
}

func isASCIILetter(c byte) bool { return bclass[c]&cAlpha != 0 }

// math writes a MathML element as LaTeX and returns where it starts. Symbols stay as the characters that the source has.
func (t *texWriter) math(e elem) int {
	start, word := len(t.buf), t.word
	t.word = false
	t.element(e)
	for len(t.buf) > start && t.buf[len(t.buf)-1] == ' ' {
		t.buf = t.buf[:len(t.buf)-1]
	}
	lead := start
	for lead < len(t.buf) && t.buf[lead] == ' ' {
		lead++
	}
	t.buf = slices.Delete(t.buf, start, lead)
	if word && start < len(t.buf) {
		if r, _ := utf8.DecodeRune(t.buf[start:]); unicode.IsLetter(r) {
			t.insert(start, " ")
			start++
		}
	}
	if start == len(t.buf) {
		t.word = word
	}
	return start
}

// group writes an element in braces.
func (t *texWriter) group(e elem) {
	t.buf, t.word = append(t.buf, '{'), false
	t.math(e)
	t.buf, t.word = append(t.buf, '}'), false
}

func (t *texWriter) insert(at int, s string) { t.buf = slices.Insert(t.buf, at, []byte(s)...) }

func (t *texWriter) kids(e elem) {
	for k := e.first(); !k.none(); k = k.next(e) {
		t.element(k)
	}
}

var mathFunctions = map[string]bool{"sin": true, "cos": true, "tan": true, "cot": true, "log": true, "ln": true, "exp": true, "lim": true,
	"max": true, "min": true, "sup": true, "inf": true, "det": true, "dim": true, "ker": true, "deg": true, "gcd": true, "Pr": true,
	"arg": true, "sinh": true, "cosh": true, "tanh": true, "arcsin": true, "arccos": true, "arctan": true, "lg": true, "limsup": true,
	"liminf": true, "sec": true, "csc": true, "hom": true}

// mathAccents are the characters that MathML sets above or below a base.
var mathAccents = map[string]string{
	"¯": `\bar`, "‾": `\bar`, "^": `\hat`, "ˆ": `\hat`, "~": `\tilde`, "˜": `\tilde`, "→": `\vec`, "˙": `\dot`, ".": `\dot`, "¨": `\ddot`,
	"_": `\underline`, "\u0302": `\hat`, "\u0303": `\tilde`, "\u0304": `\bar`, "\u0305": `\bar`, "\u0307": `\dot`, "\u20d7": `\vec`,
}

// element writes one element of MathML 3, presentation markup; an unknown one stands for its content.
func (t *texWriter) element(e elem) {
	if e.isText() {
		t.escaped(collapse(e.text()))
		return
	}
	switch e.name() {
	case "mi", "mo":
		s := e.string()
		switch {
		case mathFunctions[s]:
			t.command(s)
		case len(s) > 1 && e.name() == "mi" && utf8.RuneCountInString(s) > 1:
			t.command("mathrm{")
			t.escaped(s)
			t.write("}")
		default:
			t.escaped(s)
		}
	case "mtext":
		t.command("text{")
		t.escaped(e.string())
		t.write("}")
	case "mspace":
		t.write(" ")
	case "mphantom", "annotation", "annotation-xml", "maligngroup", "malignmark":
	case "mfrac":
		t.command("frac")
		t.group(part(e, 0))
		t.group(part(e, 1))
	case "msqrt":
		t.command("sqrt{")
		t.kids(e)
		t.write("}")
	case "mroot":
		t.command("sqrt[")
		t.math(part(e, 1))
		t.write("]")
		t.group(part(e, 0))
	case "msub", "msup", "msubsup", "munder", "mover", "munderover":
		t.scripts(e)
	case "mfenced":
		t.fenced(e)
	case "mtable":
		t.table(e)
	case "semantics":
		t.math(part(e, 0))
	default:
		t.kids(e)
	}
}

// part is the child element of that number.
func part(e elem, n int) elem {
	for k := e.first(); !k.none(); k = k.next(e) {
		if !k.isText() {
			if n == 0 {
				return k
			}
			n--
		}
	}
	return elem{}
}

// scripts writes a base with what stands above and below it. Each part is written once and wrapped where it stands, so that the
// work is linear in the length and depth of the formula.
func (t *texWriter) scripts(e elem) {
	base := t.math(part(e, 0))
	s := t.buf[base:]
	wrapped := len(s) == 0 || utf8.RuneCount(s) > 1 && bytes.ContainsAny(s, " +-=_^")
	if wrapped {
		t.insert(base, "{")
		t.write("}")
	}
	name := e.name()
	first, word := len(t.buf), t.word
	t.word = false
	t.math(part(e, 1))
	if name == "mover" || name == "munder" || name == "msup" {
		accent := mathAccents[string(t.buf[first:])]
		if accent != "" && (name == "mover" || name == "munder" && accent == `\underline` || name == "msup" && accent[1] != 'u') {
			if accent == `\underline` && name == "mover" {
				accent = `\overline`
			}
			t.buf = t.buf[:first]
			if !wrapped {
				accent += "{"
				t.write("}")
			}
			t.insert(base, accent)
			return
		}
	}
	mark := "_"
	if name == "msup" || name == "mover" {
		mark = "^"
	}
	t.script(mark, first, word)
	if name == "msubsup" || name == "munderover" {
		second, word := len(t.buf), t.word
		t.word = false
		t.math(part(e, 2))
		t.script("^", second, word)
	}
}

// script makes what was written from at on an index or exponent, unless it is empty: in braces, which one character does without.
func (t *texWriter) script(mark string, at int, word bool) {
	switch s := t.buf[at:]; {
	case len(s) == 0:
		t.word = word
	case utf8.RuneCount(s) == 1 && s[0] != '\\':
		t.insert(at, mark)
	default:
		t.insert(at, mark+"{")
		t.buf, t.word = append(t.buf, '}'), false
	}
}

func (t *texWriter) fenced(e elem) {
	open, closing, sep := "(", ")", ","
	e.attributes(func(name, value string) bool {
		value = e.d.decode(value)
		switch name {
		case "open":
			open = value
		case "close":
			closing = value
		case "separators":
			sep = strings.TrimSpace(value)
		}
		return true
	})
	t.escaped(open)
	first := true
	for k := e.first(); !k.none(); k = k.next(e) {
		if k.isText() {
			continue
		}
		if !first && sep != "" {
			_, n := utf8.DecodeRuneInString(sep)
			t.escaped(sep[:n])
		}
		first = false
		t.element(k)
	}
	t.escaped(closing)
}

func (t *texWriter) table(e elem) {
	t.command(`begin{matrix}`)
	rows := 0
	for row := e.first(); !row.none(); row = row.next(e) {
		if row.isText() {
			continue
		}
		if rows++; rows > 1 {
			t.write(` \\ `)
		}
		cells := 0
		for cell := row.first(); !cell.none(); cell = cell.next(row) {
			if cell.isText() {
				continue
			}
			if cells++; cells > 1 {
				t.write(" & ")
			}
			t.element(cell)
		}
	}
	t.command(`end{matrix}`)
}

// escaped writes text and protects what LaTeX would take for markup.
func (t *texWriter) escaped(s string) {
	for {
		i := strings.IndexAny(s, `\{}%#&$_`)
		if i < 0 {
			t.write(s)
			return
		}
		t.write(s[:i])
		if s[i] == '\\' {
			t.write(`\backslash `)
		} else {
			t.write(`\` + s[i:i+1])
		}
		s = s[i+1:]
	}
}

const (
	plainScript = "0123456789+-−=()n"
	superScript = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ"
	subScript   = "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₙ"
)

// scripted writes a superscript or subscript in Unicode's own characters where it has them for all of s, so that 10⁻³ does not
// become 10-3; else s as it is.
func scripted(s, script string) string {
	if s == "" || len(s) > 64 {
		return s
	}
	from, to := []rune(plainScript), []rune(script)
	var b strings.Builder
	for _, r := range s {
		i := slices.Index(from, r)
		if i < 0 {
			return s
		}
		b.WriteRune(to[i])
	}
	return b.String()
}
