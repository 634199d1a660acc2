package pdf

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// word is a run of glyphs without a gap. Coordinates are hundredths of a point: x grows in the direction of reading, y downwards.
type word struct {
	x0, x1, y int32 // y is that of the baseline
	size      int32
	a, b      int32 // where its text stands in page.text
	dir       int8
	bold      bool
	mono      bool
	spaced    bool // a space was shown before it
}

// page gathers the words of one page in the order in which they are shown.
type page struct {
	width, height float64
	words         []word
	text          []byte
	spaced        bool  // a space was shown since the last glyph
	spaces        int   // how many were shown
	lastX0        int32 // of the last glyph
	lastX1        int32
	lastLen       int32 // bytes
	accent        rune  // the last glyph, if it is an accent that stands alone
}

func (p *page) reset() {
	*p = page{words: p.words[:0], text: p.text[:0]}
}

// pen is what the glyphs of one string share.
type pen struct {
	dir  int8 // 0 to 3: quarter turns counterclockwise; -1: slanted, which is dropped
	down bool
	size int32
	bold bool
	mono bool
}

func (p *page) pen(m matrix, size float64, ft *font) pen {
	n := pen{bold: ft.bold, mono: ft.mono}
	dx, dy, across := m[0], m[1], length(m[2], m[3])
	if ft.wide != nil && ft.wide.down {
		n.down = true
		dx, dy, across = -m[2], -m[3], length(m[0], m[1])
	}
	if size < 0 {
		dx, dy, size = -dx, -dy, -size
	}
	n.size = max(1, hundredths(float64(size*across)))
	ax, ay := max(dx, -dx), max(dy, -dy)
	switch {
	case ay <= ax*.14 && dx > 0:
		n.dir = 0
	case ay <= ax*.14:
		n.dir = 2
	case ax <= ay*.14 && dy > 0:
		n.dir = 1
	case ax <= ay*.14:
		n.dir = 3
	default:
		n.dir = -1
	}
	if dx == 0 && dy == 0 {
		n.dir = -1
	}
	return n
}

// gap is the distance, in hundredths of the size, from which on two glyphs are two words. TeX writes no spaces, and squeezes them to .22;
// writers that show spaces leave gaps inside words where they justify.
const (
	gapWithout = 13
	gapWith    = 20
)

func (p *page) gap() int32 {
	if p.spaces*12 > len(p.text) {
		return gapWith
	}
	return gapWithout
}

// add puts a glyph on the page.
func (p *page) add(n *pen, m matrix, adv float64, text string) {
	if n.dir < 0 || m[4] < -2 || m[5] < -2 || m[4] > p.width+2 || m[5] > p.height+2 {
		return
	}
	e := m.shift(adv, 0)
	if n.down {
		e = m.shift(0, adv)
	}
	x0, y := turn(n.dir, m[4], m[5])
	x1, _ := turn(n.dir, e[4], e[5])
	if x1 < x0 {
		x0, x1 = x1, x0
	}
	if text == " " || text == "\u00a0" || text == "\t" || text == "\u3000" {
		p.spaced = true
		p.spaces++
		return
	}
	if r, k := utf8.DecodeRuneInString(text); k == len(text) && k > 1 || text == "`" || text == "^" || text == "~" {
		if p.isAccent(n, r, x0, x1, y) {
			return
		}
	}
	if p.accent != 0 {
		text = p.placeUnder(n, text, x0, x1, y)
	}
	p.place(n, text, x0, x1, y)
}

// place adds a glyph to the last word, or begins one.
func (p *page) place(n *pen, text string, x0, x1, y int32) {
	if l := len(p.words) - 1; l >= 0 && !p.spaced {
		w := &p.words[l]
		if w.dir == n.dir && w.y == y && text != "" && (x1-x0)*6 > n.size && x0-p.lastX0 < n.size/12 && p.lastX0-x0 < n.size/12 && p.lastLen == int32(len(text)) &&
			string(p.text[w.b-p.lastLen:w.b]) == text {
			return // shown twice to look bold
		}
		if d := w.y - y; w.dir == n.dir && d*20 <= n.size && -d*20 <= n.size && p.joins(w, n, x0) {
			w.x1 = max(w.x1, x1)
			w.size = max(w.size, n.size)
			p.put(w, text, x0, x1)
			return
		}
	}
	p.words = append(p.words, word{x0, x1, y, n.size, int32(len(p.text)), int32(len(p.text)), n.dir, n.bold, n.mono, p.spaced})
	p.spaced = false
	p.put(&p.words[len(p.words)-1], text, x0, x1)
}

// joins reports a glyph that goes on with the word before it.
func (p *page) joins(w *word, n *pen, x0 int32) bool {
	gap := x0 - w.x1
	return gap*100 <= p.gap()*min(n.size, w.size) && -gap*100 <= 60*n.size
}

func (p *page) put(w *word, text string, x0, x1 int32) {
	at := len(p.text)
	p.text = appendPlain(p.text, text)
	w.b = int32(len(p.text))
	p.lastX0, p.lastX1, p.lastLen, p.accent = x0, x1, int32(len(p.text)-at), 0
}

// turn makes x grow in the direction of reading and y downwards.
func turn(dir int8, x, y float64) (int32, int32) {
	a, b := hundredths(x), hundredths(y)
	switch dir {
	case 1:
		return b, a
	case 2:
		return -a, b
	case 3:
		return -b, -a
	}
	return a, -b
}

// appendPlain takes ligatures apart.
func appendPlain(dst []byte, s string) []byte {
	for _, r := range s {
		switch {
		case r < 0x80:
			dst = append(dst, byte(r))
		case r >= 0xfb00 && r <= 0xfb06:
			dst = append(dst, [...]string{"ff", "fi", "fl", "ffi", "ffl", "st", "st"}[r-0xfb00]...)
		case r == '\u00a0' || r >= 0x2000 && r <= 0x200a || r == '\u202f':
			dst = append(dst, ' ')
		case r == '\u200b' || r == '\u2060' || r == '\u200e' || r == '\u200f':
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// combining gives the accent that combines for one that stands alone; 0 for any other sign.
func combining(r rune) rune {
	switch r {
	case '`', 'ˋ':
		return 0x300
	case '´', 'ˊ':
		return 0x301
	case 'ˆ', '^':
		return 0x302
	case '˜', '~':
		return 0x303
	case '¯', 'ˉ':
		return 0x304
	case '˘':
		return 0x306
	case '˙':
		return 0x307
	case '¨':
		return 0x308
	case '˚':
		return 0x30a
	case '˝':
		return 0x30b
	case 'ˇ':
		return 0x30c
	case '¸':
		return 0x327
	case '˛':
		return 0x328
	}
	return 0
}

// isAccent handles an accent: over the last glyph it becomes part of it, otherwise it is remembered for the next one.
func (p *page) isAccent(n *pen, r rune, x0, x1, y int32) bool {
	c := combining(r)
	if c == 0 {
		return false
	}
	mid := x0 + (x1-x0)/2
	if l := len(p.words) - 1; l >= 0 && !p.spaced && p.lastLen > 0 {
		w := &p.words[l]
		if w.dir == n.dir && mid > p.lastX0 && mid < p.lastX1 && near(w.y, y, n.size) && p.compose(w, c) {
			return true
		}
	}
	p.words = append(p.words, word{x0, x1, y, n.size, int32(len(p.text)), int32(len(p.text)), n.dir, n.bold, n.mono, p.spaced})
	p.spaced = false
	p.put(&p.words[len(p.words)-1], string(r), x0, x1)
	p.accent = c
	return true
}

func near(a, b, size int32) bool { return a-b < size && b-a < size }

// placeUnder takes back the accent that was shown just before, if it stands over the letter, and gives the letter with it.
func (p *page) placeUnder(n *pen, text string, x0, x1, y int32) string {
	c := p.accent
	p.accent = 0
	l := len(p.words) - 1
	w := &p.words[l]
	mid := p.lastX0 + (p.lastX1-p.lastX0)/2
	if w.dir != n.dir || mid < x0 || mid > x1 || !near(w.y, y, n.size) {
		return text
	}
	one := composed(text, c)
	if one == "" {
		return text
	}
	p.spaced = w.spaced
	p.text = p.text[:w.a]
	p.words = p.words[:l]
	p.lastLen = 0
	return one
}

// composed is a letter with an accent, if Unicode has the two as one.
func composed(base string, accent rune) string {
	switch base {
	case "ı":
		base = "i"
	case "ȷ":
		base = "j"
	}
	one := norm.NFC.String(base + string(accent))
	if utf8.RuneCountInString(one) != 1 {
		return ""
	}
	return one
}

// compose adds an accent to the last letter of w.
func (p *page) compose(w *word, accent rune) bool {
	at := w.b - p.lastLen
	one := composed(string(p.text[at:w.b]), accent)
	if one == "" {
		return false
	}
	p.text = append(p.text[:at], one...)
	w.b = int32(len(p.text))
	p.lastLen = w.b - at
	return true
}
