package lid

import (
	"encoding/binary"
	"math/bits"
	"sort"
	"sync"
	"unicode"
	"unicode/utf8"
)

type script uint8

const (
	none script = iota
	latin
	cyrillic
	arabic
	devanagari
	han
	kana
	hangul
	greek
	hebrew
	thai
	armenian
	georgian
	bengali
	gujarati
	gurmukhi
	tamil
	telugu
	thaana
	odia
	kannada
	malayalam
	sinhala
	lao
	tibetan
	myanmar
	ethiopic
	khmer
	other
	scripts
)

// codes are the names of ISO 15924.
var codes = [scripts]string{"Zyyy", "Latn", "Cyrl", "Arab", "Deva", "Hani", "Jpan", "Hang", "Grek", "Hebr", "Thai", "Armn", "Geor",
	"Beng", "Gujr", "Guru", "Taml", "Telu", "Thaa", "Orya", "Knda", "Mlym", "Sinh", "Laoo", "Tibt", "Mymr", "Ethi", "Khmr", "Zzzz"}

// undetermined is what is said of a script whose language is not known.
var undetermined = func() (names [scripts]string) {
	for s, c := range codes {
		names[s] = "und-" + c
	}
	return names
}()

// only names the language of a script that we give to one language.
var only = [scripts]string{hangul: "ko", greek: "el", hebrew: "he", thai: "th", armenian: "hy", georgian: "ka", bengali: "bn",
	gujarati: "gu", gurmukhi: "pa", tamil: "ta", telugu: "te", han: "zh", kana: "ja", thaana: "dv", odia: "or", kannada: "kn", malayalam: "ml",
	sinhala: "si", lao: "lo", tibetan: "bo", myanmar: "my", khmer: "km"}

// weight makes letters comparable: a Han letter carries about as much text as three Latin letters, a Hangul syllable as two.
var weight = func() (w [scripts]int) {
	for s := range w {
		w[s] = 1
	}
	w[han], w[kana], w[hangul], w[ethiopic] = 3, 2, 2, 2
	return w
}()

type span struct {
	lo, hi rune
	script script
}

// spans are the blocks of Unicode with letters of the scripts we tell apart, sorted; a letter outside is of another script.
var spans = []span{
	{0x41, 0x5A, latin}, {0x61, 0x7A, latin}, {0xAA, 0xAA, latin}, {0xBA, 0xBA, latin}, {0xC0, 0x24F, latin}, {0x250, 0x2AF, latin},
	{0x370, 0x3FF, greek}, {0x400, 0x52F, cyrillic}, {0x531, 0x58F, armenian}, {0x5D0, 0x5F4, hebrew}, {0x620, 0x6FF, arabic},
	{0x750, 0x77F, arabic}, {0x780, 0x7BF, thaana}, {0x8A0, 0x8FF, arabic}, {0x900, 0x97F, devanagari}, {0x980, 0x9FF, bengali}, {0xA00, 0xA7F, gurmukhi},
	{0xA80, 0xAFF, gujarati}, {0xB00, 0xB7F, odia}, {0xB80, 0xBFF, tamil}, {0xC00, 0xC7F, telugu}, {0xC80, 0xCFF, kannada}, {0xD00, 0xD7F, malayalam},
	{0xD80, 0xDFF, sinhala}, {0xE00, 0xE7F, thai}, {0xE80, 0xEFF, lao}, {0xF00, 0xFFF, tibetan}, {0x1000, 0x109F, myanmar}, {0x10A0, 0x10FF, georgian},
	{0x1100, 0x11FF, hangul}, {0x1200, 0x139F, ethiopic}, {0x1780, 0x17DD, khmer}, {0x1C80, 0x1C8F, cyrillic}, {0x1C90, 0x1CBF, georgian}, {0x1E00, 0x1EFF, latin}, {0x1F00, 0x1FFF, greek},
	{0x2C60, 0x2C7F, latin}, {0x2DE0, 0x2DFF, cyrillic}, {0x3005, 0x3007, han}, {0x3041, 0x30FA, kana}, {0x30FC, 0x30FF, kana},
	{0x3130, 0x318F, hangul}, {0x31F0, 0x31FF, kana}, {0x3400, 0x4DBF, han}, {0x4E00, 0x9FFF, han}, {0xA640, 0xA69F, cyrillic},
	{0xA720, 0xA7FF, latin}, {0xAC00, 0xD7A3, hangul}, {0xF900, 0xFAFF, han}, {0xFB1D, 0xFB4F, hebrew}, {0xFB50, 0xFDFF, arabic},
	{0xFE70, 0xFEFC, arabic}, {0xFF21, 0xFF3A, latin}, {0xFF41, 0xFF5A, latin}, {0xFF66, 0xFF9F, kana}, {0x20000, 0x3FFFF, han},
}

// tableLimit bounds what is looked up in a table: all scripts above but Han, Hangul and a few rare blocks.
const tableLimit = 0x3100

var scriptTable = sync.OnceValue(func() *[tableLimit]script {
	t := new([tableLimit]script)
	for r := range t {
		t[r] = findScript(rune(r))
	}
	return t
})

func scriptOf(r rune) script {
	switch {
	case r < tableLimit:
		return scriptTable()[r]
	case r >= 0x4E00 && r <= 0x9FFF:
		return han
	}
	return findScript(r)
}

func findScript(r rune) script {
	i := sort.Search(len(spans), func(i int) bool { return spans[i].hi >= r })
	if i < len(spans) && spans[i].lo <= r {
		if spans[i].script == latin && (r == 0xD7 || r == 0xF7) {
			return none
		}
		return spans[i].script
	}
	if unicode.IsLetter(r) {
		return other
	}
	return none
}

// window is how much of a long text is counted at its start, and again at its middle, in bytes.
const window = 8 << 10

// windows gives the parts of text that are looked at, cut between code points.
func windows(text []byte) [2][]byte {
	if len(text) <= 2*window {
		return [2][]byte{text, nil}
	}
	mid := len(text) / 2
	return [2][]byte{whole(text, 0, window), whole(text, mid, mid+window)}
}

// halves gives the start and the middle of a text, whatever its length.
func halves(parts [2][]byte) [2][]byte {
	if text := parts[0]; parts[1] == nil {
		return [2][]byte{whole(text, 0, len(text)/2), whole(text, len(text)/2, len(text))}
	}
	return parts
}

func whole(text []byte, from, to int) []byte {
	for from < to && !utf8.RuneStart(text[from]) {
		from++
	}
	for to > from && to < len(text) && !utf8.RuneStart(text[to]) {
		to--
	}
	return text[from:to]
}

const eachByte = 0x0101010101010101

// lettersIn counts the letters among eight bytes of ASCII: the bytes that reach 'a' and not what is behind 'z', small or not.
func lettersIn(w uint64) int {
	w |= 0x20 * eachByte
	reached, passed := w+(0x80-'a')*eachByte, w+(0x80-'{')*eachByte
	return bits.OnesCount64((reached ^ passed) & (eachByte << 7))
}

// count is the weighted number of letters by script.
func count(parts [2][]byte) (n [scripts]int) {
	table := scriptTable()
	for _, p := range parts {
		for i := 0; i < len(p); {
			if c := p[i]; c < 0x80 {
				for ; i+8 <= len(p); i += 8 {
					w := binary.LittleEndian.Uint64(p[i:])
					if w&(eachByte<<7) != 0 {
						break
					}
					n[latin] += lettersIn(w)
				}
				for ; i < len(p) && p[i] < 0x80; i++ {
					if (p[i]|0x20)-'a' < 26 {
						n[latin]++
					}
				}
				continue
			}
			r, size := utf8.DecodeRune(p[i:])
			s := script(none)
			if r < tableLimit {
				s = table[r]
			} else {
				s = scriptOf(r)
			}
			n[s] += weight[s]
			i += size
		}
	}
	n[none] = 0
	return n
}
