package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// mathTeX writes a MathML element as LaTeX. Symbols stay as the characters that the source has.
func mathTeX(e *element) string {
	var t texWriter
	t.element(e)
	return strings.TrimSpace(t.b.String())
}

// texWriter writes formulas. A control word and a letter after it are kept apart by a space.
type texWriter struct {
	b    strings.Builder
	word bool // the last thing written was a control word
}

func (t *texWriter) write(s string) {
	if s == "" {
		return
	}
	if r, _ := utf8.DecodeRuneInString(s); t.word && unicode.IsLetter(r) {
		t.b.WriteByte(' ')
	}
	t.b.WriteString(s)
	i := strings.LastIndexByte(s, '\\')
	t.word = i >= 0 && i+1 < len(s) && strings.IndexFunc(s[i+1:], func(r rune) bool { return !isASCIILetter(r) }) < 0
}

func isASCIILetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

func (t *texWriter) all(kids []*element) {
	for _, k := range kids {
		t.element(k)
	}
}

var mathFunctions = map[string]bool{
	"sin": true, "cos": true, "tan": true, "log": true, "ln": true, "exp": true, "min": true, "max": true, "lim": true, "sup": true,
	"inf": true, "det": true, "dim": true, "arg": true, "cot": true, "sinh": true, "cosh": true, "tanh": true, "Pr": true, "gcd": true,
}

var mathAccents = map[string]string{
	"¯": `\bar`, "‾": `\bar`, "^": `\hat`, "ˆ": `\hat`, "~": `\tilde`, "˜": `\tilde`, "→": `\vec`, "˙": `\dot`, ".": `\dot`, "¨": `\ddot`,
	"_": `\underline`, "\u0302": `\hat`, "\u0303": `\tilde`, "\u0304": `\bar`, "\u0305": `\bar`, "\u0307": `\dot`, "\u20d7": `\vec`,
}

// element writes one element of MathML 3, presentation markup; an unknown one stands for its content.
func (t *texWriter) element(e *element) {
	args := elements(e)
	arg := func(i int) *element {
		if i < len(args) {
			return args[i]
		}
		return nil
	}
	switch e.name {
	case "":
		t.write(texEscape(strings.Join(strings.Fields(e.text), " ")))
	case "mi", "mo":
		s := e.string()
		switch {
		case mathFunctions[s]:
			t.write(`\` + s)
		case utf8.RuneCountInString(s) > 1 && e.name == "mi":
			t.write(`\mathrm{` + texEscape(s) + `}`)
		default:
			t.write(texEscape(s))
		}
	case "mtext":
		t.write(`\text{` + texEscape(e.string()) + `}`)
	case "mspace":
		t.write(" ")
	case "mphantom", "annotation-xml", "maligngroup", "malignmark":
	case "mfrac":
		t.write(`\frac`)
		t.write("{" + mathOf(arg(0)) + "}{" + mathOf(arg(1)) + "}")
	case "msqrt":
		t.write(`\sqrt{`)
		t.all(e.kids)
		t.write("}")
	case "mroot":
		t.write(`\sqrt[` + mathOf(arg(1)) + `]{` + mathOf(arg(0)) + `}`)
	case "msub", "msup", "msubsup", "munder", "mover", "munderover":
		t.scripts(e.name, mathOf(arg(0)), mathOf(arg(1)), mathOf(arg(2)))
	case "mfenced":
		t.fenced(e, args)
	case "mtable":
		t.table(args)
	case "semantics":
		if len(args) > 0 {
			t.element(args[0])
		}
	default:
		t.all(e.kids)
	}
}

func elements(e *element) []*element {
	var out []*element
	for _, k := range e.kids {
		if k.name != "" {
			out = append(out, k)
		}
	}
	return out
}

func mathOf(e *element) string {
	if e == nil {
		return ""
	}
	return mathTeX(e)
}

// scripts writes a base with what stands above and below it. Each part is rendered once, so that the work is linear in the
// depth of the formula.
func (t *texWriter) scripts(name, base, first, second string) {
	if name == "mover" || name == "munder" || name == "msup" {
		accent := mathAccents[first]
		if accent != "" && (name == "mover" || name == "munder" && accent == `\underline` || name == "msup" && accent[1] != 'u') {
			if accent == `\underline` && name == "mover" {
				accent = `\overline`
			}
			t.write(accent)
			t.write("{" + base + "}")
			return
		}
	}
	if base == "" {
		base = "{}"
	} else if utf8.RuneCountInString(base) > 1 && strings.ContainsAny(base, " +-=_^") {
		base = "{" + base + "}"
	}
	t.write(base)
	switch name {
	case "msup", "mover":
		t.script("^", first)
	case "msubsup", "munderover":
		t.script("_", first)
		t.script("^", second)
	default:
		t.script("_", first)
	}
}

// script writes an index or exponent, unless it is empty: in braces, which one character does without.
func (t *texWriter) script(mark, s string) {
	switch {
	case s == "":
	case utf8.RuneCountInString(s) == 1 && s != "\\":
		t.write(mark + s)
	default:
		t.write(mark + "{" + s + "}")
	}
}

func (t *texWriter) fenced(e *element, args []*element) {
	open, closing, sep := "(", ")", ","
	for _, a := range e.attrs {
		switch a.Name.Local {
		case "open":
			open = a.Value
		case "close":
			closing = a.Value
		case "separators":
			sep = strings.TrimSpace(a.Value)
		}
	}
	t.write(texEscape(open))
	for i, a := range args {
		if i > 0 && sep != "" {
			r, _ := utf8.DecodeRuneInString(sep)
			t.write(texEscape(string(r)))
		}
		t.element(a)
	}
	t.write(texEscape(closing))
}

func (t *texWriter) table(rows []*element) {
	t.write(`\begin{matrix}`)
	for i, row := range rows {
		if i > 0 {
			t.write(` \\ `)
		}
		for k, cell := range elements(row) {
			if k > 0 {
				t.write(" & ")
			}
			t.element(cell)
		}
	}
	t.write(`\end{matrix}`)
}

// texEscape protects what LaTeX would take for markup.
func texEscape(s string) string {
	if !strings.ContainsAny(s, `\{}%#&$_`) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch r {
		case '\\':
			b.WriteString(`\backslash `)
			continue
		case '{', '}', '%', '#', '&', '$', '_':
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

const (
	plainScript = "0123456789+-−=()n"
	superScript = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ"
	subScript   = "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₙ"
)

// scripted writes a superscript or subscript in Unicode's own characters where it has them for all of s, so that 10⁻³ does not
// become 10-3; else s as it is.
func scripted(s, script string) string {
	from, to := []rune(plainScript), []rune(script)
	var b strings.Builder
	for _, r := range s {
		i := 0
		for i < len(from) && from[i] != r {
			i++
		}
		if i == len(from) {
			return s
		}
		b.WriteRune(to[i])
	}
	return b.String()
}
