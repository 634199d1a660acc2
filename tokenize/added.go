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
	first  [256]uint32     // nodes
	two    [1 << 10]uint64 // a bit for the first two bytes of each word; all of a first byte's if it is a word
	nodes  []finderNode
	same   []int // by word: the next one of the same spelling; -1 = none
}

type finderNode struct {
	next, other uint32 // the first node below; the next beside; 0 = none
	word        int32  // -1 = none ends here
	label       byte
}

func newFinder(words [][]byte) *finder {
	f := &finder{nodes: make([]finderNode, 1), same: make([]int, len(words))}
	for i, w := range words {
		f.same[i] = -1
		if len(w) == 0 {
			continue
		}
		if f.first[w[0]] == 0 {
			f.firsts = append(f.firsts, w[0])
		}
		if len(w) > 1 {
			f.two[int(w[0])<<2|int(w[1])>>6] |= 1 << (w[1] & 63)
		} else {
			for k := range 4 {
				f.two[int(w[0])<<2|k] = ^uint64(0)
			}
		}
		link := &f.first[w[0]]
		for k, c := range w {
			at := *link
			for k > 0 && at != 0 && f.nodes[at].label != c {
				at = f.nodes[at].other
			}
			if at == 0 {
				at = uint32(len(f.nodes))
				other := *link
				*link = at
				f.nodes = append(f.nodes, finderNode{word: -1, label: c, other: other})
			}
			if k == len(w)-1 {
				f.end(at, i)
			}
			link = &f.nodes[at].next
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
		if f.first[text[i]] != 0 && (i+1 == len(text) || f.two[int(text[i])<<2|int(text[i+1])>>6]>>(text[i+1]&63)&1 != 0) {
			return i
		}
	}
	return len(text)
}

// end notes that a word ends at a node, behind others of its spelling.
func (f *finder) end(at uint32, word int) {
	w := int(f.nodes[at].word)
	if w < 0 {
		f.nodes[at].word = int32(word)
		return
	}
	for f.same[w] >= 0 {
		w = f.same[w]
	}
	f.same[w] = word
}

// find is the first word that pick takes (nil = any) at or behind from; -1 if there is none.
func (f *finder) find(text []byte, from int, pick func(int) bool) (word int, m match) {
	for i := f.begin(text, from); i < len(text); i = f.begin(text, i+1) {
		if word, n := f.at(text[i:], pick); word >= 0 {
			return word, match{i, i + n}
		}
	}
	return -1, match{}
}

// at is the longest word that text, which is not empty, begins with, and its length; -1 if there is none.
func (f *finder) at(text []byte, pick func(int) bool) (word, n int) {
	word = -1
	at := f.first[text[0]]
	for j := 1; at != 0; j++ {
		node := &f.nodes[at]
		for w := int(node.word); w >= 0; w = f.same[w] {
			if pick == nil || pick(w) {
				word, n = w, j
				break
			}
		}
		if j == len(text) {
			break
		}
		at = node.next
		for at != 0 && f.nodes[at].label != text[j] {
			at = f.nodes[at].other
		}
	}
	return word, n
}

// addedTokens finds added tokens in texts: those that are looked for in the text as it is, and those in the normalized text.
type addedTokens struct {
	raw, normalized addedSet
}

// in reports whether there is something to find in a text that no normalizer changes.
func (a *addedTokens) in(text []byte) bool {
	for _, s := range [2]*addedSet{&a.raw, &a.normalized} {
		if len(s.tokens) > 0 {
			if word, _ := s.finder.find(text, 0, nil); word >= 0 {
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

// next is the first token of the set in the part of a text from at on, with the white space that it takes; nil if there is none. allow, if it is not nil,
// says which of them are looked for.
func (s *addedSet) next(text []byte, at int, allow func(*Added) bool) (*Added, match) {
	var pick func(int) bool
	if allow != nil {
		pick = func(word int) bool { return allow(&s.tokens[word]) }
	}
	for from := at; ; {
		word, m := s.finder.find(text, from, pick)
		if word < 0 {
			return nil, m
		}
		from = m.to
		t := &s.tokens[word]
		if t.SingleWord && (endsInWord(text[:m.from]) || startsWithWord(text[m.to:])) {
			continue
		}
		if t.LStrip {
			m.from = at + len(bytes.TrimRightFunc(text[at:m.from], unicode.IsSpace))
		}
		if t.RStrip {
			m.to = len(text) - len(bytes.TrimLeftFunc(text[m.to:], unicode.IsSpace))
		}
		return t, m
	}
}

// cut cuts a text at the set's tokens.
func (s *addedSet) cut(dst []segment, a aligned, allow func(*Added) bool) []segment {
	if len(s.tokens) == 0 {
		return append(dst, segment{aligned: a})
	}
	at := 0
	for {
		t, m := s.next(a.text, at, allow)
		if t == nil {
			break
		}
		if m.from > at {
			dst = append(dst, segment{aligned: a.slice(at, m.from)})
		}
		dst = append(dst, segment{a.slice(m.from, m.to), t})
		at = m.to
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
func (a *addedTokens) segments(text aligned, n normalizer, allow func(*Added) bool) ([]segment, error) {
	var out []segment
	for _, s := range a.raw.cut(nil, text, allow) {
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
		out = a.normalized.cut(out, ordinary, allow)
	}
	return slices.DeleteFunc(out, func(s segment) bool { return s.token == nil && len(s.text) == 0 }), nil
}

// normalizeAdded spells added tokens that are looked for in normalized text as they are found there: this is what the peer decodes them to.
func (t *Tokenizer) normalizeAdded() error {
	if t.normalizer == nil {
		return nil
	}
	for _, a := range t.added {
		if !a.Normalized {
			continue
		}
		n, err := t.normalizer.normalize(aligned{text: []byte(a.Content)})
		if err != nil {
			return err
		}
		if len(n.text) > 0 {
			t.tokens[a.ID] = bytes.Clone(n.text)
		}
	}
	return nil
}
