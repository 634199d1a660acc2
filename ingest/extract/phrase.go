package extract

import (
	"bytes"
	"unicode/utf8"
)

// A phrase is what the first words of a short block say about it. A block may say several things.
type phrase uint8

const (
	pAway    phrase = 1 << iota // points to other pages, or is the page's own machinery: "read more", "subscribe", "we use cookies"
	pWeak                       // the same, in words that also begin sentences of an article: "download the", "updated:"
	pCredit                     // names the source of a picture or a text: "photo:", "source:"
	pSection                    // as a heading: what follows it is not the article, as under "related articles" and "comments"
)

// A trie holds phrases, folded. Its edges stand sorted by node; the first node is the root, whose edges have a table.
type trie struct {
	root  [256]uint16
	first []uint16 // node → its first edge; one more entry than nodes
	edges []trieEdge
	kinds []phrase // node → what a phrase that ends there says
}

type trieEdge struct {
	c  byte
	to uint16
}

var phrases = makePhrases()

func makePhrases() *trie {
	type node struct {
		kind     phrase
		children []trieEdge
	}
	nodes := []node{{}}
	for _, list := range phraseWords {
		for _, w := range list.words {
			s := 0
			for _, c := range appendPhrase(nil, []byte(w)) {
				next := -1
				for _, e := range nodes[s].children {
					if e.c == c {
						next = int(e.to)
					}
				}
				if next < 0 {
					next = len(nodes)
					nodes[s].children = append(nodes[s].children, trieEdge{c, uint16(next)})
					nodes = append(nodes, node{})
				}
				s = next
			}
			nodes[s].kind |= list.kind
		}
	}
	t := &trie{}
	for i, n := range nodes {
		t.first = append(t.first, uint16(len(t.edges)))
		t.edges = append(t.edges, n.children...)
		t.kinds = append(t.kinds, n.kind)
		if i == 0 {
			for _, e := range n.children {
				t.root[e.c] = e.to
			}
		}
	}
	t.first = append(t.first, uint16(len(t.edges)))
	return t
}

// match tells what the longest phrase that s begins with says, how long it is, and whether it is all of s, digits and colons aside.
// open means that a longer s might have matched more. s is folded.
func (t *trie) match(s []byte) (kinds phrase, length int, whole, open bool) {
	node := uint16(0)
	for i, c := range s {
		next := uint16(0)
		if node == 0 {
			next = t.root[c]
		} else {
			for _, e := range t.edges[t.first[node]:t.first[node+1]] {
				if e.c == c {
					next = e.to
					break
				}
			}
		}
		if next == 0 {
			return kinds, length, whole, false
		}
		if node = next; t.kinds[node] != 0 && wordEnds(s, i+1) {
			kinds, length, whole = kinds|t.kinds[node], i+1, wordless(s[i+1:])
		}
	}
	return kinds, length, whole, true
}

// telling reports whether a phrase tells by itself, even where a sentence follows: a single word does not.
func telling(s []byte) bool {
	return bytes.IndexByte(s, ' ') >= 0 || s[len(s)-1] == ':' || spaceless(s)
}

// wordEnds reports whether no letter of the same word follows at s[i:]. Words of Chinese, Japanese and Thai have no end to see.
func wordEnds(s []byte, i int) bool {
	if i == len(s) || s[i-1] == ':' || s[i-1] >= 0x80 && s[i-1] < 0xC0 && spaceless(s[:i]) {
		return true
	}
	return bclass[s[i]]&(cAlpha|cDigit) == 0 && s[i] < 0x80
}

// spaceless reports whether s ends in a character of a script without spaces between words: U+0E00 to U+0E7F, U+3040 and above.
func spaceless(s []byte) bool {
	r, _ := utf8.DecodeLastRune(s)
	return r >= 0x3040 || r >= 0xE00 && r < 0xE80
}

func wordless(s []byte) bool {
	for _, c := range s {
		if bclass[c]&cAlpha != 0 || c >= 0x80 {
			return false
		}
	}
	return true
}

// maxPhrase is as much of a block as is compared, in bytes; no phrase is longer.
const maxPhrase = 64

// appendPhrase appends s the way that phrases are compared: letters in lower case without their marks, digits, colons, "@" and "©",
// with one space where anything else stands between them. Digits before the first letter are left out, as in "12 comments". It stops
// at maxPhrase bytes.
func appendPhrase(out, s []byte) []byte { return appendFold(out, s, maxPhrase) }

// appendFold is appendPhrase for up to limit bytes.
func appendFold(out, s []byte, limit int) []byte {
	for i := 0; i < len(s) && len(out) < limit; {
		c := s[i]
		switch {
		case bclass[c]&cAlpha != 0:
			out = append(out, lower[c])
		case bclass[c]&cDigit != 0:
			if len(out) > 0 {
				out = append(out, c)
			}
		case c == '@' || c == ':' && len(out) > 0:
			out = append(out, c)
		case c == '\'':
		case c == '&':
			var n int
			out, n = foldReference(out, s[i:])
			i += n
			continue
		case c < 0x80:
			out = phraseGap(out)
		default:
			r, n := utf8.DecodeRune(s[i:])
			out = appendFoldedRune(out, r)
			i += n
			continue
		}
		i++
	}
	if n := len(out); n > 0 && out[n-1] == ' ' {
		out = out[:n-1]
	}
	return out
}

func phraseGap(out []byte) []byte {
	if n := len(out); n > 0 && out[n-1] != ' ' {
		return append(out, ' ')
	}
	return out
}

// foldReference folds a character reference and gives its length: "&uuml;" is a u, "&copy;" the sign, all else is a gap.
func foldReference(out, s []byte) ([]byte, int) {
	if len(s) > 4 && s[1] == '#' {
		var buf [utf8.UTFMax]byte
		ref, n := appendNumeric(buf[:0], s)
		r, _ := utf8.DecodeRune(ref)
		if r < 0x80 {
			return phraseGap(out), n
		}
		return appendFoldedRune(out, r), n
	}
	n := 1
	for n < len(s) && n < 10 && bclass[s[n]]&(cAlpha|cDigit) != 0 {
		n++
	}
	if n < 3 || n == len(s) || s[n] != ';' {
		return phraseGap(out), 1
	}
	name := string(s[1:n])
	switch name {
	case "copy":
		return append(out, "©"...), n + 1
	case "rsquo", "apos", "shy":
		return out, n + 1
	case "szlig":
		return append(out, 's'), n + 1
	}
	switch name[1:] {
	case "uml", "acute", "grave", "circ", "cedil", "tilde", "ring", "slash", "caron":
		return append(out, lower[name[0]]), n + 1
	}
	return phraseGap(out), n + 1
}

// latinBase are the letters that U+00C0 to U+017F are without their marks.
const latinBase = "aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty" +
	"aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"

// appendFoldedRune folds a character beyond ASCII.
func appendFoldedRune(out []byte, r rune) []byte {
	switch {
	case r == '©' || r == '℗' || r == 'ⓒ':
		return append(out, "©"...)
	case r == '’' || r == 'ʼ' || r >= 0x300 && r < 0x370 || r == 0xAD || r >= 0x200B && r < 0x2010 || r == 0xFEFF || r >= 0x64B && r < 0x653:
		return out // an apostrophe, a combining mark, something invisible
	case r >= 0xC0 && r < 0x180 && r != '×' && r != '÷':
		return append(out, latinBase[r-0xC0])
	case r == 'ơ' || r == 'Ơ':
		return append(out, 'o')
	case r == 'ư' || r == 'Ư':
		return append(out, 'u')
	case r >= 0x1EA0 && r < 0x1EFA:
		return append(out, vietnameseBase(r))
	case r == '：':
		return append(out, ':')
	case r < 0xC0 || r >= 0x2000 && r < 0x3040 || r >= 0xFE00 && r < 0xFF10 || r >= 0x1F000 && r < 0x20000 || r == utf8.RuneError:
		return phraseGap(out) // signs, dashes, arrows, pictures
	case r >= 0x410 && r < 0x430:
		r += 0x20
	case r == 'ё' || r == 'Ё':
		r = 'е'
	case r >= 0x400 && r < 0x410:
		r += 0x50
	case r >= 0x386 && r < 0x3CF:
		r = greekBase(r)
	}
	return utf8.AppendRune(out, r)
}

// vietnameseBase is the letter that one of U+1EA0 to U+1EF9 is without its marks.
func vietnameseBase(r rune) byte {
	switch {
	case r < 0x1EB8:
		return 'a'
	case r < 0x1EC8:
		return 'e'
	case r < 0x1ECC:
		return 'i'
	case r < 0x1EE4:
		return 'o'
	case r < 0x1EF2:
		return 'u'
	}
	return 'y'
}

// greekBase is a Greek letter in lower case without its accent.
func greekBase(r rune) rune {
	switch r {
	case 'ά', 'Ά':
		return 'α'
	case 'έ', 'Έ':
		return 'ε'
	case 'ή', 'Ή':
		return 'η'
	case 'ί', 'Ί', 'ϊ', 'ΐ', 'Ϊ':
		return 'ι'
	case 'ό', 'Ό':
		return 'ο'
	case 'ύ', 'Ύ', 'ϋ', 'ΰ', 'Ϋ':
		return 'υ'
	case 'ώ', 'Ώ':
		return 'ω'
	case 'ς':
		return 'σ'
	}
	if r >= 0x391 && r < 0x3AA {
		r += 0x20
	}
	return r
}
