package clean

import (
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// emit appends the segment with its damaged words repaired.
func (s *mojibake) emit(dst, text []byte, d *quern.Doc, spans bool) []byte {
	from := s.offs[0]
	i := 0
	for w := range s.words {
		if !s.words[w].repaired || s.words[w].to <= i {
			continue
		}
		k := s.words[w].codec
		trusted := s.trusted(k)
		start := -1
		for i = max(i, s.words[w].from); i < s.words[w].to; {
			r, n := s.repairAt(&s.words[w], i, k, trusted)
			if n == 0 {
				i++
				continue
			}
			dst = append(dst, text[from:s.offs[i]]...)
			dst = utf8.AppendRune(dst, r)
			if start < 0 {
				start = i
			}
			i += n
			from = s.offs[i]
		}
		if start >= 0 {
			s.repaired++
			s.bytes += from - s.offs[start]
			if spans {
				d.Span("mojibake", s.offs[start], from, min(1, 0.5+float64(max(0, s.words[w].score))/8))
			}
		}
	}
	return append(dst, text[from:s.offs[len(s.offs)-1]]...)
}

// repairAt reads the character at rune i; n is how many runes become it, 0 if none do.
func (s *mojibake) repairAt(w *word, i, k int, trusted bool) (r rune, n int) {
	r, n = s.sequence(i, k, trusted || i == w.to-1)
	if n == 0 || i+n <= w.to {
		return r, n
	}
	// The character takes in the space behind the word. What was a space besides stays one.
	after := rune(' ')
	if i+n < len(s.runes) {
		after = s.runes[i+n]
	}
	switch r {
	case 0xA0:
		return r, n
	case 'à':
		if after == ' ' || s.contraction(i+n) {
			return r, n
		}
		return r, n - 1
	case 'Š':
		if kind := s.tables.kind[s.tables.cell(after)]; !isASCIILetter(after) && kind != kindLower && kind != kindUpper {
			return 0, 0
		}
	default:
		if s.tables.lead[s.tables.cell(after)]>>k&1 == 0 {
			return 0, 0
		}
	}
	return r, n
}

// contraction tells whether "à" and what follows at rune i are one word of Portuguese: às, àquele, àquela, àquilo.
func (s *mojibake) contraction(i int) bool {
	for _, rest := range [...]string{"s ", "quele", "quela", "quilo"} {
		if i+len(rest) > len(s.runes) {
			continue
		}
		same := true
		for j := range len(rest) {
			same = same && s.runes[i+j] == rune(rest[j])
		}
		if same {
			return true
		}
	}
	return false
}

// rareRune tells whether a character is so rare that a good text which happens to be valid UTF-8 is more likely. The blocks that are
// not rare hold the letters of living languages of wide use, punctuation, signs and pictures.
func rareRune(r rune) bool {
	switch {
	case r < 0x17F:
		return false
	case r < 0x250:
		return !containsRune("ơƠưƯșȘțȚəƏ", r) && !(r >= 0x1CD && r <= 0x1DC)
	case r < 0x370:
		return !(r >= 0x300 && r < 0x350) && r != 0x259 && r != 0x2C6 && r != 0x2DC && r != 0x2BC
	case r < 0x460:
		return r >= 0x3CF && r < 0x400 || r < 0x384
	case r < 0x530:
		return !containsRune("ҐґҒғҚқҢңҮүҰұҺһӘәӨөҖҗӢӣӮӯҲҳҶҷ", r)
	case r < 0x700:
		return false
	case r < 0x900:
		return true
	case r < 0x1400:
		return r >= 0x1100 && r < 0x1200
	case r < 0x1E00:
		return r < 0x1780 || r >= 0x17F0
	case r < 0x2C00:
		return r >= 0x2400 && r < 0x2440 // pictures of controls
	case r < 0x3000:
		return true
	case r < 0xA000:
		return false
	case r < 0xAC00:
		return true
	case r < 0xD7B0:
		return false
	case r < 0xFE00:
		return r < 0xF900 || r >= 0xFB07 && r < 0xFB1D
	case r < 0x10000:
		return false
	}
	return !(r >= 0x1F000 && r < 0x1FB00 || r >= 0x20000 && r < 0x2FA20)
}
