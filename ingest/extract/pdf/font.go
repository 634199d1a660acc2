package pdf

import (
	"bytes"
	"strings"
)

// font is a font of the file, ready to turn codes into texts and widths.
type font struct {
	simple [256]glyph // of a font with codes of one byte
	wide   *wideFont  // of a composite one
	type3  bool
	matrix [6]float64 // of a Type 3 font
	em     float64    // the size of a Type 3 font, as others count it, for size 1
	bold   bool
	mono   bool // all letters are equally wide, as in code
}

// glyph is what a code stands for.
type glyph struct {
	text  string
	width float64 // advance, in units of the font size
}

// font loads a font, or finds it among those that were loaded.
func (x *interp) font(d value) *font {
	if d.kind != dict || len(d.a) == 0 {
		return nil
	}
	if ft, ok := x.fonts[&d.a[0]]; ok {
		return ft
	}
	if !x.f.charge(1 << 12) {
		return nil
	}
	ft := x.f.loadFont(d)
	if len(x.fonts) < 1<<14 {
		x.fonts[&d.a[0]] = ft
	}
	return ft
}

func (f *file) loadFont(d value) *font {
	ft := &font{}
	base := string(f.get(d, "BaseFont").s)
	ft.bold, ft.mono = isBold(base), isMono(base)
	var to *cmap
	if s := f.get(d, "ToUnicode"); s.kind == stream {
		if b, err := f.decode(s); err == nil {
			to = parseCMap(b)
		}
	}
	switch sub := f.get(d, "Subtype"); {
	case sub.named("Type0"):
		ft.wide = f.loadWide(d, to)
		return ft
	case sub.named("Type3"):
		ft.type3 = true
		ft.matrix = f.matrixOf(d, "FontMatrix", [6]float64{.001, 0, 0, .001, 0, 0})
	}
	names := f.simpleNames(d, ft.type3, base)
	for c := range 256 {
		if to != nil {
			if s, ok := to.text(uint32(c)); ok && (goodText(s) || names[c] == "") {
				names[c] = s
			}
		}
		if s := names[c]; s != "" && !goodText(s) {
			names[c] = ""
		}
		ft.simple[c].text = names[c]
	}
	f.simpleWidths(ft, d, base)
	return ft
}

func isBold(base string) bool {
	if i := strings.IndexByte(base, '+'); i == 6 {
		base = base[7:]
	}
	b := strings.ToLower(base)
	return strings.Contains(b, "bold") || strings.Contains(b, "black") || strings.Contains(b, "heavy") || strings.HasPrefix(b, "cmbx") || strings.HasPrefix(b, "sfbx") ||
		strings.HasSuffix(b, "medi") || strings.Contains(b, "-medi") || strings.HasSuffix(b, "-b") || strings.Contains(b, "ssbx") || strings.Contains(b, "semibold")
}

// isMono reports the fonts that code is set in, by their names.
func isMono(base string) bool {
	b := strings.ToLower(base)
	for _, n := range []string{"mono", "courier", "typewriter", "consola", "cmtt", "lmtt", "sftt", "inconsolata", "menlo", "sourcecode", "firacode", "nimbusmon"} {
		if strings.Contains(b, n) {
			return true
		}
	}
	return false
}

// simpleNames gives the texts of the 256 codes by the encoding of the font.
func (f *file) simpleNames(d value, type3 bool, base string) [256]string {
	enc := f.get(d, "Encoding")
	desc := f.get(d, "FontDescriptor")
	var t [256]string
	baseName := enc
	if enc.kind == dict {
		baseName = f.get(enc, "BaseEncoding")
	}
	if e, ok := encodings()[string(baseName.s)]; ok && baseName.kind == name {
		t = *e
	} else {
		t = f.builtIn(d, desc, base)
	}
	if enc.kind != dict {
		return t
	}
	c := 0
	for _, v := range f.get(enc, "Differences").a {
		switch v = f.resolve(v); {
		case v.isInt():
			c = int(v.num)
		case v.kind == name:
			if c < 256 {
				t[c] = glyphText(string(v.s))
				if t[c] == "" && (type3 || isCode(v.s)) {
					t[c] = numbered(c)
				}
			}
			c++
		}
	}
	return t
}

// isCode reports a name that only repeats the code of the glyph, as "g32", "C0065" or "a101".
func isCode(s []byte) bool {
	return len(s) >= 2 && len(bytes.TrimLeft(s, "0123456789")) == len(s) && len(bytes.TrimRight(s, "0123456789")) <= 2
}

// numbered is the best guess for a glyph that only has a number: TeX's old text encoding agrees with ASCII and has the ligatures below.
func numbered(c int) string {
	switch {
	case c >= 11 && c <= 15:
		return [...]string{"ff", "fi", "fl", "ffi", "ffl"}[c-11]
	case c > ' ' && c < 0x7f:
		return string(rune(c))
	}
	return ""
}

// builtIn is the encoding that the font program itself has.
func (f *file) builtIn(d, desc value, base string) (t [256]string) {
	all := encodings()
	if i := strings.IndexByte(base, '+'); i == 6 {
		base = base[7:]
	}
	if b, err := f.decode(f.get(desc, "FontFile")); err == nil && len(b) > 0 {
		if names, ok := type1Encoding(b); ok {
			return textsOf(names)
		}
	}
	if b, err := f.decode(f.get(desc, "FontFile3")); err == nil && len(b) > 4 {
		if string(b[:4]) == "OTTO" {
			b = sfntTable(b, "CFF ")
		}
		if c := parseCFF(b); c != nil && c.glyphs != nil && !c.std {
			var names [256]string
			for i, g := range c.codes {
				if g > 0 && g < len(c.glyphs) {
					names[i] = c.glyphs[g]
				}
			}
			return textsOf(names)
		}
	}
	if b, err := f.decode(f.get(desc, "FontFile2")); err == nil && len(b) > 0 {
		return trueTypeCodes(parseTrueType(b))
	}
	switch {
	case strings.HasPrefix(base, "Symbol"):
		return *all["Symbol"]
	case strings.HasPrefix(base, "ZapfDingbats"):
		return *all["ZapfDingbats"]
	case f.get(d, "Subtype").named("TrueType"):
		return *all["WinAnsiEncoding"]
	}
	return *all["StandardEncoding"]
}

func textsOf(names [256]string) (t [256]string) {
	for c, n := range names {
		if n != "" && n != ".notdef" {
			if t[c] = glyphText(n); t[c] == "" && isCode([]byte(n)) {
				t[c] = numbered(c)
			}
		}
	}
	return t
}

func trueTypeCodes(tt *ttFont) (t [256]string) {
	std := encodings()["WinAnsiEncoding"]
	for c := range 256 {
		t[c] = std[c]
		if r, ok := tt.runes[tt.codes[c]]; ok && tt.codes[c] > 0 {
			t[c] = string(r)
		}
	}
	return t
}

// simpleWidths sets the advances: as the font tells, or those of the standard fonts.
func (f *file) simpleWidths(ft *font, d value, base string) {
	ws, first := f.get(d, "Widths"), f.get(d, "FirstChar").int()
	scale := .001
	if ft.type3 {
		scale = ft.matrix[0]
	}
	missing := f.get(f.get(d, "FontDescriptor"), "MissingWidth").num
	for c := range ft.simple {
		ft.simple[c].width = missing * scale
	}
	sum, n := 0.0, 0
	for i, w := range ws.a[:min(len(ws.a), 256)] {
		if c := first + i; c >= 0 && c < 256 {
			if w = f.resolve(w); w.kind == number {
				ft.simple[c].width = w.num * scale
				if w.num != 0 {
					sum += ft.simple[c].width
					n++
				}
			}
		}
	}
	if ft.type3 && n > 0 {
		if ft.em = sum / float64(n) * 1.8; ft.em < 0 {
			ft.em = -ft.em
		}
	}
	if ws.kind != array {
		standardWidths(ft, base)
	}
}

func standardWidths(ft *font, base string) {
	t := &helvetica
	bold, italic := isBold(base), strings.Contains(base, "Italic") || strings.Contains(base, "Oblique")
	switch {
	case strings.Contains(base, "Courier"):
		for c := range ft.simple {
			ft.simple[c].width = .6
		}
		return
	case strings.Contains(base, "Times") && bold && italic:
		t = &timesBoldItalic
	case strings.Contains(base, "Times") && bold:
		t = &timesBold
	case strings.Contains(base, "Times") && italic:
		t = &timesItalic
	case strings.Contains(base, "Times"):
		t = &times
	case bold:
		t = &helveticaBold
	}
	for c := range ft.simple {
		w := uint16(556)
		if s := plainLetter(ft.simple[c].text); s >= 32 && s < 127 {
			w = t[s-32]
		}
		ft.simple[c].width = float64(w) / 1000
	}
}
