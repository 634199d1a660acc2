package tokenize

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Added is a token that is found in a text before anything else is done with it.
type Added struct {
	ID         uint32 `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"` // only where no letter or digit touches it
	LStrip     bool   `json:"lstrip"`      // takes the white space before it
	RStrip     bool   `json:"rstrip"`      // takes the white space behind it
	Normalized bool   `json:"normalized"`  // is looked for in the normalized text, normalized itself
	Special    bool   `json:"special"`     // no text of a document or a user yields it, and people do not want to read it
}

// finder finds the leftmost of some words in a text, and of those that begin there the longest. It is a trie of bytes; words are few and rarely
// begin, so that a look at two bytes passes over most of a text.
type finder struct {
	firsts []byte          // each byte that a word begins with
	first  [256]bool       // the same
	two    [1 << 10]uint64 // a bit for the first two bytes of each word; all of a first byte's if it is a word
	root   map[byte]*finderNode
}

type finderNode struct {
	next map[byte]*finderNode
	word int // -1 = none ends here
}

func newFinder(words [][]byte) *finder {
	f := &finder{root: map[byte]*finderNode{}}
	for i, w := range words {
		if len(w) == 0 {
			continue
		}
		if !f.first[w[0]] {
			f.firsts = append(f.firsts, w[0])
			f.first[w[0]] = true
		}
		if len(w) > 1 {
			f.two[int(w[0])<<2|int(w[1])>>6] |= 1 << (w[1] & 63)
		} else {
			for k := range 4 {
				f.two[int(w[0])<<2|k] = ^uint64(0)
			}
		}
		at := f.root
		for k, c := range w {
			n := at[c]
			if n == nil {
				n = &finderNode{next: map[byte]*finderNode{}, word: -1}
				at[c] = n
			}
			if k == len(w)-1 && n.word < 0 {
				n.word = i
			}
			at = n.next
		}
	}
	return f
}

// begin is the first place from i on where a word may begin, len(text) if there is none.
func (f *finder) begin(text []byte, i int) int {
	for ; i < len(text); i++ {
		if len(f.firsts) == 1 {
			k := bytes.IndexByte(text[i:], f.firsts[0])
			if k < 0 {
				break
			}
			i += k
		}
		if f.first[text[i]] && (i+1 == len(text) || f.two[int(text[i])<<2|int(text[i+1])>>6]>>(text[i+1]&63)&1 != 0) {
			return i
		}
	}
	return len(text)
}

// find is the first word at or behind from; -1 if there is none.
func (f *finder) find(text []byte, from int) (word int, m match) {
	for i := f.begin(text, from); i < len(text); i = f.begin(text, i+1) {
		word = -1
		at := f.root
		for j := i; j < len(text); j++ {
			n := at[text[j]]
			if n == nil {
				break
			}
			if n.word >= 0 {
				word, m = n.word, match{i, j + 1}
			}
			at = n.next
		}
		if word >= 0 {
			return word, m
		}
	}
	return -1, match{}
}

// addedTokens finds added tokens in texts: those that are looked for in the text as it is, and those in the normalized text.
type addedTokens struct {
	raw, normalized addedSet
}

// in reports whether there is something to find in a text that no normalizer changes.
func (a *addedTokens) in(text []byte) bool {
	for _, s := range [2]*addedSet{&a.raw, &a.normalized} {
		if len(s.tokens) > 0 {
			if word, _ := s.finder.find(text, 0); word >= 0 {
				return true
			}
		}
	}
	return false
}

type addedSet struct {
	tokens []Added
	finder *finder
}

// newAddedTokens prepares the tokens that allowed picks. A special one wins over another of the same content.
func newAddedTokens(tokens []Added, n normalizer, allowed func(Added) bool) (*addedTokens, error) {
	var a addedTokens
	for _, special := range [2]bool{true, false} {
		for _, t := range tokens {
			if t.Special != special || !allowed(t) {
				continue
			}
			if t.Normalized {
				a.normalized.tokens = append(a.normalized.tokens, t)
			} else {
				a.raw.tokens = append(a.raw.tokens, t)
			}
		}
	}
	for _, s := range []*addedSet{&a.raw, &a.normalized} {
		words := make([][]byte, len(s.tokens))
		for i, t := range s.tokens {
			word := aligned{text: []byte(t.Content)}
			if s == &a.normalized && n != nil {
				var err error
				if word, err = n.normalize(word); err != nil {
					return nil, err
				}
			}
			words[i] = word.text
		}
		s.finder = newFinder(words)
	}
	return &a, nil
}

// segment is a part of a text: an added token, or what stands between two.
type segment struct {
	aligned
	token *Added // nil = ordinary text
}

// cut cuts a text at the set's tokens.
func (s *addedSet) cut(dst []segment, a aligned) []segment {
	if len(s.tokens) == 0 {
		return append(dst, segment{aligned: a})
	}
	at := 0
	for from := 0; ; {
		word, m := s.finder.find(a.text, from)
		if word < 0 {
			break
		}
		from = m.to
		t := &s.tokens[word]
		if t.SingleWord && (endsInWord(a.text[:m.from]) || startsWithWord(a.text[m.to:])) {
			continue
		}
		if t.LStrip {
			m.from = max(at, len(bytes.TrimRightFunc(a.text[:m.from], unicode.IsSpace)))
		}
		if t.RStrip {
			m.to = len(a.text) - len(bytes.TrimLeftFunc(a.text[m.to:], unicode.IsSpace))
		}
		if m.from > at {
			dst = append(dst, segment{aligned: a.slice(at, m.from)})
		}
		dst = append(dst, segment{a.slice(m.from, m.to), t})
		at, from = m.to, max(from, m.to)
	}
	if at < len(a.text) {
		dst = append(dst, segment{aligned: a.slice(at, len(a.text))})
	}
	return dst
}

func endsInWord(b []byte) bool {
	r, n := utf8.DecodeLastRune(b)
	return n > 0 && isWord(r)
}

func startsWithWord(b []byte) bool {
	r, n := utf8.DecodeRune(b)
	return n > 0 && isWord(r)
}

// segments cuts a text at all tokens and normalizes what is between.
func (a *addedTokens) segments(text aligned, n normalizer) ([]segment, error) {
	var out []segment
	for _, s := range a.raw.cut(nil, text) {
		if s.token != nil {
			out = append(out, s)
			continue
		}
		ordinary := s.aligned
		if n != nil {
			var err error
			if ordinary, err = n.normalize(ordinary); err != nil {
				return nil, err
			}
		}
		out = a.normalized.cut(out, ordinary)
	}
	return slices.DeleteFunc(out, func(s segment) bool { return s.token == nil && len(s.text) == 0 }), nil
}
