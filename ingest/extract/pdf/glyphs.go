package pdf

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed glyphs.txt
var glyphsFile string

// glyphNames are the code points of the glyphs' names.
var glyphNames = sync.OnceValue(func() map[string]rune {
	m := make(map[string]rune, 2300)
	for line := range strings.Lines(glyphsFile) {
		if n, hex, ok := strings.Cut(strings.TrimSpace(line), " "); ok && n != "#" {
			if c, err := strconv.ParseUint(hex, 16, 32); err == nil {
				m[n] = rune(c)
			}
		}
	}
	return m
})

// glyphText tells what a glyph's name stands for, by the rules of the Adobe Glyph List and some habits of font makers; "" if it tells
// nothing.
func glyphText(n string) string {
	n, _, _ = strings.Cut(n, ".")
	if n == "" || len(n) > 128 {
		return ""
	}
	if c, ok := glyphNames()[n]; ok {
		return string(c)
	}
	if strings.Contains(n, "_") {
		var b strings.Builder
		for p := range strings.SplitSeq(n, "_") {
			s := glyphText(p)
			if s == "" {
				return ""
			}
			b.WriteString(s)
		}
		return b.String()
	}
	if hex, ok := strings.CutPrefix(n, "uni"); ok && len(hex) >= 4 && len(hex)%4 == 0 {
		var b strings.Builder
		for ; len(hex) >= 4; hex = hex[4:] {
			c, err := strconv.ParseUint(hex[:4], 16, 32)
			if err != nil || !goodRune(rune(c)) {
				return ""
			}
			b.WriteRune(rune(c))
		}
		return b.String()
	}
	if hex, ok := strings.CutPrefix(n, "u"); ok && len(hex) >= 4 && len(hex) <= 6 {
		if c, err := strconv.ParseUint(hex, 16, 32); err == nil && goodRune(rune(c)) {
			return string(rune(c))
		}
	}
	for _, suffix := range []string{"oldstyle", "small", "superior", "inferior", "display", "text", "bigg", "Bigg", "big", "Big"} {
		if base, ok := strings.CutSuffix(n, suffix); ok && base != "" {
			if c, ok := glyphNames()[base]; ok {
				return string(c)
			}
		}
	}
	return ""
}

// goodRune reports a code point that can stand in a text: no control, no place for private use.
func goodRune(c rune) bool {
	return utf8.ValidRune(c) && c >= ' ' && !(c >= 0x7f && c < 0xa0) && !(c >= 0xe000 && c < 0xf900) && c != utf8.RuneError && c < 0xf0000 && c != 0xfeff && c != 0xfffe && c != 0xffff
}

// goodText reports a text that is made of such.
func goodText(s string) bool {
	for _, c := range s {
		if !goodRune(c) {
			return false
		}
	}
	return s != ""
}

// spread gives the signs of an encoding by code.
func spread(encoding string) (t [256]string) {
	i := 32
	for _, c := range encoding {
		if c != 0 && i < 256 {
			t[i] = string(c)
		}
		i++
	}
	return t
}

// encodings are the named ones, spread once.
var encodings = sync.OnceValue(func() map[string]*[256]string {
	m := map[string]*[256]string{}
	for n, e := range map[string]string{"StandardEncoding": standardEncoding, "WinAnsiEncoding": winEncoding, "MacRomanEncoding": macEncoding,
		"PDFDocEncoding": docEncoding, "Symbol": symbolEncoding, "ZapfDingbats": dingbatsEncoding} {
		t := spread(e)
		m[n] = &t
	}
	return m
})
