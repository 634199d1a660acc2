package pdf

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/unicode/norm"
)

// wideFont is a composite font: codes of one to four bytes.
type wideFont struct {
	to     *cmap // to text
	cids   *cmap // to the glyph's number; nil = the code is the number
	legacy *legacy
	texts  func(cid int) string // what the font program tells; nil = nothing
	load   func()               // sets texts, once; most fonts have no need of it
	width  map[int]float64      // by the glyph's number
	dw     float64
	down   bool // written from top to bottom
	cache  map[uint32]glyph
}

// legacy is a predefined CMap over a national encoding. Which glyph a code selects does not matter here, what it means does.
type legacy struct {
	prefix  string
	charset encoding.Encoding // nil = UTF-16
	double  bool              // all codes have two bytes, as in ISO 2022, and stand in the upper half of charset
	lead    string            // pairs: ranges of the first bytes of codes of two bytes
}

var legacies = []legacy{
	{"UniGB-", nil, false, ""}, {"UniCNS-", nil, false, ""}, {"UniJIS-", nil, false, ""}, {"UniJIS2004-", nil, false, ""}, {"UniKS-", nil, false, ""},
	{"UniJISX0213-", nil, false, ""}, {"UniJISPro-", nil, false, ""},
	{"GB-EUC-", simplifiedchinese.GB18030, false, "\x81\xfe"}, {"GBpc-EUC-", simplifiedchinese.GB18030, false, "\x81\xfe"},
	{"GBK-EUC-", simplifiedchinese.GB18030, false, "\x81\xfe"}, {"GBKp-EUC-", simplifiedchinese.GB18030, false, "\x81\xfe"},
	{"GBK2K-", simplifiedchinese.GB18030, false, "\x81\xfe"},
	{"B5pc-", traditionalchinese.Big5, false, "\x81\xfe"}, {"HKscs-B5-", traditionalchinese.Big5, false, "\x81\xfe"},
	{"ETen-B5-", traditionalchinese.Big5, false, "\x81\xfe"}, {"ETenms-B5-", traditionalchinese.Big5, false, "\x81\xfe"},
	{"83pv-RKSJ-", japanese.ShiftJIS, false, "\x81\x9f\xe0\xfc"}, {"90ms-RKSJ-", japanese.ShiftJIS, false, "\x81\x9f\xe0\xfc"},
	{"90msp-RKSJ-", japanese.ShiftJIS, false, "\x81\x9f\xe0\xfc"}, {"90pv-RKSJ-", japanese.ShiftJIS, false, "\x81\x9f\xe0\xfc"},
	{"Add-RKSJ-", japanese.ShiftJIS, false, "\x81\x9f\xe0\xfc"}, {"Ext-RKSJ-", japanese.ShiftJIS, false, "\x81\x9f\xe0\xfc"},
	{"EUC-", japanese.EUCJP, false, "\x8e\x8e\xa1\xfe"}, {"KSC-EUC-", korean.EUCKR, false, "\x81\xfe"}, {"KSCms-UHC-", korean.EUCKR, false, "\x81\xfe"},
	{"KSCpc-EUC-", korean.EUCKR, false, "\x81\xfe"},
}

func legacyOf(n string) *legacy {
	if n == "H" || n == "V" {
		return &legacy{charset: japanese.EUCJP, double: true}
	}
	for i := range legacies {
		if strings.HasPrefix(n, legacies[i].prefix) {
			return &legacies[i]
		}
	}
	return nil
}

// next splits the first code off s.
func (g *legacy) next(s []byte) int {
	if g.charset == nil || g.double {
		if len(s) >= 4 && g.charset == nil && s[0]&0xfc == 0xd8 {
			return 4
		}
		return min(2, len(s))
	}
	for i := 0; i+1 < len(g.lead); i += 2 {
		if s[0] >= g.lead[i] && s[0] <= g.lead[i+1] {
			if len(s) >= 4 && g.prefix == "GBK2K-" && s[1] >= '0' && s[1] <= '9' {
				return 4
			}
			return min(2, len(s))
		}
	}
	return 1
}

func (g *legacy) text(s []byte) string {
	if g.charset == nil {
		return string(utf16.Decode(units(s)))
	}
	b := []byte(string(s))
	if g.double {
		for i := range b {
			b[i] |= 0x80
		}
	}
	out, err := g.charset.NewDecoder().Bytes(b)
	if err != nil {
		return ""
	}
	return string(out)
}

func (f *file) loadWide(d value, to *cmap) *wideFont {
	w := &wideFont{to: to, dw: 1, width: map[int]float64{}, cache: map[uint32]glyph{}}
	enc := f.get(d, "Encoding")
	switch enc.kind {
	case name:
		n := string(enc.s)
		w.down = strings.HasSuffix(n, "V")
		if !strings.HasPrefix(n, "Identity") {
			w.legacy = legacyOf(n)
		}
	case stream:
		if b, err := f.decode(enc); err == nil {
			w.cids = parseCMap(b)
			w.down = w.cids.down
			if len(w.cids.cids) == 0 {
				w.legacy = legacyOf(string(f.get(enc, "UseCMap").s))
			}
		}
	}
	var under value
	if a := f.get(d, "DescendantFonts"); len(a.a) > 0 {
		under = f.resolve(a.a[0])
	}
	if v := f.get(under, "DW"); v.kind == number {
		w.dw = v.num / 1000
	}
	f.wideWidths(w, f.get(under, "W"))
	if w.legacy != nil {
		return w
	}
	w.load = func() { w.texts, w.load = f.programTexts(under), nil }
	return w
}

func (f *file) wideWidths(w *wideFont, ws value) {
	for i := 0; i+1 < len(ws.a) && len(w.width) < 1<<17; {
		first, second := f.resolve(ws.a[i]), f.resolve(ws.a[i+1])
		if second.kind == array {
			for k, v := range second.a {
				w.width[first.int()+k] = f.resolve(v).num / 1000
			}
			i += 2
			continue
		}
		if i+2 >= len(ws.a) {
			return
		}
		v := f.resolve(ws.a[i+2]).num / 1000
		for c := first.int(); c <= second.int() && len(w.width) < 1<<17; c++ {
			w.width[c] = v
		}
		i += 3
	}
}

// programTexts reads what the embedded font program knows about the meaning of its glyphs.
func (f *file) programTexts(under value) func(cid int) string {
	desc := f.get(under, "FontDescriptor")
	if b, err := f.decode(f.get(desc, "FontFile2")); err == nil && len(b) > 0 {
		return f.trueTypeTexts(under, parseTrueType(b))
	}
	b, err := f.decode(f.get(desc, "FontFile3"))
	if err != nil || len(b) < 4 {
		return nil
	}
	if string(b[:4]) == "OTTO" {
		if c := sfntTable(b, "cmap"); len(c) > 0 {
			return f.trueTypeTexts(under, parseTrueType(b))
		}
		b = sfntTable(b, "CFF ")
	}
	if c := parseCFF(b); c != nil && c.glyphs != nil {
		return func(cid int) string {
			if cid > 0 && cid < len(c.glyphs) {
				return glyphText(c.glyphs[cid])
			}
			return ""
		}
	}
	return nil
}

func (f *file) trueTypeTexts(under value, tt *ttFont) func(cid int) string {
	var gids []byte
	if m := f.get(under, "CIDToGIDMap"); m.kind == stream {
		gids, _ = f.decode(m)
	}
	return func(cid int) string {
		if cid >= 0 && 2*cid+1 < len(gids) {
			cid = int(gids[2*cid])<<8 | int(gids[2*cid+1])
		}
		if r, ok := tt.runes[cid]; ok {
			return string(r)
		}
		return ""
	}
}

// next splits the first code off s and tells what it stands for.
func (w *wideFont) next(s []byte) (g glyph, n int) {
	var c uint32
	switch {
	case w.legacy != nil:
		n = w.legacy.next(s)
		c = code(s[:n])
	case w.cids != nil:
		c, n = w.cids.next(s)
	default:
		n = min(2, len(s))
		c = code(s[:n])
	}
	k := c ^ uint32(n)<<29
	if g, ok := w.cache[k]; ok {
		return g, n
	}
	cid := int(c)
	g.width = w.dw
	switch {
	case w.cids != nil:
		cid = w.cids.cidOf(c)
	case w.legacy != nil && c >= ' ' && c < 0x7f:
		cid, g.width = int(c)-' '+1, w.dw/2 // the collections of Adobe begin with ASCII
	case w.legacy != nil:
		cid = 0
		if n == 1 {
			g.width = w.dw / 2
		}
	}
	if v, ok := w.width[cid]; ok && cid > 0 {
		g.width = v
	}
	if w.to != nil {
		if t, ok := w.to.text(c); ok && goodText(t) {
			g.text = t
		}
	}
	if g.text == "" && w.legacy != nil {
		g.text = w.legacy.text(s[:n])
	}
	if g.text == "" && w.load != nil {
		w.load()
	}
	if g.text == "" && w.texts != nil {
		g.text = w.texts(cid)
	}
	if !goodText(g.text) {
		g.text = ""
	}
	if len(w.cache) < 1<<17 {
		w.cache[k] = g
	}
	return g, n
}

// plainLetter is the first letter of s without its accents.
func plainLetter(s string) rune {
	if s == "" {
		return 0
	}
	r, n := utf8.DecodeRuneInString(s)
	if r < 0x80 {
		return r
	}
	r, _ = utf8.DecodeRuneInString(norm.NFD.String(s[:n]))
	return r
}
