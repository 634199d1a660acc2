package pdf

import "bytes"

// gstate is what "q" saves.
type gstate struct {
	ctm                matrix
	font               *font
	size, tc, tw, rise float64
	th, leading        float64
}

// interp runs the content streams of pages and gathers the words.
type interp struct {
	f     *file
	fonts map[*value]*font
	page  *page
	lex   lexer

	gstate
	saved    []gstate
	tm, tlm  matrix
	marks    []mark
	hidden   int             // marks around us whose content is no text of the page
	ops      int             // left for this page
	glyphs   int             // left for this page
	forms    int             // around us
	unmapped int             // glyphs without letters, of all pages
	shown    int             // all glyphs
	open     map[*value]bool // forms around us
}

// mark is a marked-content sequence that is open.
type mark struct {
	hides  bool
	actual string // stands for all that is shown inside
	told   bool
	isText bool
}

// run interprets one stream. False: it was cut short by a limit.
func (x *interp) run(data []byte, resources value) bool {
	outer := x.lex
	x.lex = lexer{data: data}
	defer func() { x.lex = outer }()
	base, baseMarks := len(x.saved), len(x.marks)
	var args []value
	for {
		v := x.lex.next()
		switch {
		case v.kind == end:
			for len(x.marks) > baseMarks {
				x.endMark()
			}
			if len(x.saved) > base {
				x.gstate, x.saved = x.saved[base], x.saved[:base]
			}
			return true
		case v.kind != keyword:
			if len(args) == 64 {
				args = append(args[:0], args[1:]...)
			}
			args = append(args, v)
			continue
		}
		if x.ops--; x.ops < 0 || x.glyphs < 0 || x.f.work < 0 {
			return false
		}
		x.operator(v.s, args, resources, base)
		args = args[:0]
		x.lex.reuse()
	}
}

func num(args []value, i int) float64 {
	if i >= 0 && i < len(args) && args[i].kind == number {
		return args[i].num
	}
	return 0
}

// last keeps the last n operands: broken writers leave some behind.
func last(args []value, n int) []value { return args[max(0, len(args)-n):] }

func (x *interp) operator(op []byte, args []value, resources value, base int) {
	if len(op) > 0 && (op[0] == 'T' || op[0] == '\'' || op[0] == '"') {
		x.textOperator(op, args, resources)
		return
	}
	switch string(op) {
	case "q":
		if len(x.saved) < maxGraphics {
			x.saved = append(x.saved, x.gstate)
		}
	case "Q":
		if n := len(x.saved); n > base {
			x.gstate, x.saved = x.saved[n-1], x.saved[:n-1]
		}
	case "cm":
		x.ctm = matrixFrom(last(args, 6)).mul(x.ctm)
	case "BT":
		x.tm, x.tlm = identity, identity
	case "Do":
		if len(args) > 0 {
			x.form(x.f.get(x.f.get(resources, "XObject"), string(args[len(args)-1].s)), resources)
		}
	case "gs":
		if len(args) > 0 {
			gs := x.f.get(x.f.get(resources, "ExtGState"), string(args[len(args)-1].s))
			if a := x.f.get(gs, "Font"); len(a.a) == 2 {
				x.gstate.font, x.size = x.font(x.f.resolve(a.a[0])), x.f.resolve(a.a[1]).num
			}
		}
	case "BI":
		x.inlineImage()
	case "BMC", "BDC":
		x.beginMark(args, resources)
	case "EMC":
		if len(x.marks) > 0 {
			x.endMark()
		}
	}
}

func matrixFrom(args []value) (m matrix) {
	for i := range m {
		m[i] = num(args, i)
	}
	return m
}

func (x *interp) textOperator(op []byte, args []value, resources value) {
	n := len(args)
	switch string(op) {
	case "Tj":
		if n > 0 {
			x.show(args[n-1].s)
		}
	case "TJ":
		if n > 0 {
			x.showArray(args[n-1].a)
		}
	case "'":
		x.nextLine(0, -x.leading)
		if n > 0 {
			x.show(args[n-1].s)
		}
	case "\"":
		if n >= 3 {
			x.tw, x.tc = num(args, n-3), num(args, n-2)
			x.nextLine(0, -x.leading)
			x.show(args[n-1].s)
		}
	case "Td":
		args = last(args, 2)
		x.nextLine(num(args, 0), num(args, 1))
	case "TD":
		args = last(args, 2)
		x.leading = -num(args, 1)
		x.nextLine(num(args, 0), num(args, 1))
	case "Tm":
		x.tm = matrixFrom(last(args, 6))
		x.tlm = x.tm
	case "T*":
		x.nextLine(0, -x.leading)
	case "Tf":
		if n >= 2 {
			x.gstate.font = x.font(x.f.get(x.f.get(resources, "Font"), string(args[n-2].s)))
			x.size = num(args, n-1)
		}
	case "Tc":
		x.tc = num(args, n-1)
	case "Tw":
		x.tw = num(args, n-1)
	case "Tz":
		x.th = num(args, n-1) / 100
	case "TL":
		x.leading = num(args, n-1)
	case "Ts":
		x.rise = num(args, n-1)
	}
}

func (x *interp) nextLine(tx, ty float64) {
	x.tlm = x.tlm.shift(tx, ty)
	x.tm = x.tlm
}

func (x *interp) showArray(a []value) {
	for _, v := range a {
		switch v.kind {
		case str:
			x.show(v.s)
		case number:
			t := -v.num / 1000 * x.size
			if x.gstate.font != nil && x.gstate.font.wide != nil && x.gstate.font.wide.down {
				x.tm = x.tm.shift(0, t)
			} else {
				x.tm = x.tm.shift(t*x.th, 0)
			}
		}
	}
}

// show shows one string: each of its glyphs moves the text matrix on.
func (x *interp) show(s []byte) {
	ft := x.gstate.font
	if ft == nil {
		return
	}
	m := x.tm.shift(0, x.rise).mul(x.ctm)
	size := x.size
	if ft.type3 {
		size *= ft.em
	}
	p := x.page.pen(m, size, ft)
	for len(s) > 0 {
		g, n := glyph{}, 1
		if ft.wide != nil {
			g, n = ft.wide.next(s)
		} else {
			g = ft.simple[s[0]]
		}
		w := g.width
		if p.down {
			w = -1
		}
		adv, tc := float64(w*x.size), x.tc
		move := adv + tc
		if n == 1 && s[0] == ' ' {
			move += x.tw
		}
		if p.down {
			tc = 0
		} else {
			adv, tc, move = adv*x.th, tc*x.th, move*x.th
		}
		x.glyph(&p, m, adv+max(0, tc), g) // letters that are spaced are one word all the same
		if p.down {
			m = m.shift(0, move)
			x.tm = x.tm.shift(0, move)
		} else {
			m = m.shift(move, 0)
			x.tm = x.tm.shift(move, 0)
		}
		s = s[n:]
	}
}

func (x *interp) glyph(p *pen, m matrix, adv float64, g glyph) {
	x.glyphs--
	if x.hidden > 0 || x.glyphs < 0 {
		return
	}
	text := g.text
	for i := range x.marks {
		if mk := &x.marks[i]; mk.isText {
			text = ""
			if !mk.told {
				text, mk.told = mk.actual, true
			}
			x.page.add(p, m, adv, text)
			return
		}
	}
	x.shown++
	if text == "" {
		x.unmapped++
	}
	x.page.add(p, m, adv, text)
}

// form runs a form: a content stream of its own that is shown in place.
func (x *interp) form(v value, resources value) {
	if v.kind != stream || !x.f.get(v, "Subtype").named("Form") || x.forms >= maxForms || len(v.a) == 0 || x.open[&v.a[0]] {
		return
	}
	data, err := x.f.decode(v)
	if err != nil || !x.f.charge(len(data)) {
		return
	}
	x.open[&v.a[0]] = true
	defer delete(x.open, &v.a[0])
	if r := x.f.get(v, "Resources"); r.kind == dict {
		resources = r
	}
	state, tm, tlm := x.gstate, x.tm, x.tlm
	x.ctm = x.f.matrixOf(v, "Matrix", identity).mul(x.ctm)
	x.forms++
	x.run(data, resources)
	x.forms--
	x.gstate, x.tm, x.tlm = state, tm, tlm
}

// inlineImage skips an image: "BI … ID bytes EI".
func (x *interp) inlineImage() {
	l := &x.lex
	for {
		v := l.next()
		if v.kind == end {
			return
		}
		if v.is("ID") {
			break
		}
	}
	for {
		k := bytes.Index(l.data[l.pos:], []byte("EI"))
		if k < 0 {
			l.pos = len(l.data)
			return
		}
		at := l.pos + k
		l.pos = at + 2
		if at == 0 || lclass[l.data[at-1]]&lSpace == 0 || lclass[l.at(0)]&lSpace == 0 && l.pos < len(l.data) {
			continue
		}
		// The bytes of an image can hold these letters, too: text must follow.
		text := true
		for _, c := range l.data[l.pos:min(len(l.data), l.pos+16)] {
			text = text && (c >= ' ' && c < 0x7f || lclass[c]&lSpace != 0 && c != 0)
		}
		if text {
			return
		}
	}
}

func (x *interp) beginMark(args []value, resources value) {
	if len(x.marks) >= maxMarks {
		if x.marks[0].hides {
			x.hidden--
		}
		x.marks = x.marks[1:]
	}
	var mk mark
	if len(args) >= 2 {
		props := args[len(args)-1]
		if props.kind == name {
			props = x.f.get(x.f.get(resources, "Properties"), string(props.s))
		}
		if t := x.f.get(props, "ActualText"); t.kind == str {
			mk.actual, mk.isText = cleanText(docText(t.s)), true
		}
		if args[len(args)-2].named("Artifact") && x.f.get(props, "Type").named("Pagination") {
			mk.hides = true
			x.hidden++
		}
	}
	x.marks = append(x.marks, mk)
}

func (x *interp) endMark() {
	mk := x.marks[len(x.marks)-1]
	x.marks = x.marks[:len(x.marks)-1]
	if mk.hides {
		x.hidden--
	}
}
