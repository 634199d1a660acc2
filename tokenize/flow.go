package tokenize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-83c59573/quern/tokenize/sentencepiece"
)

// flow is the fast path of tokenizers that are not byte-level. It cuts a text as it is given, at places that no part of the file looks across, so that
// each piece goes through normalizer, cutter and model on its own, and its ids are remembered by its bytes. Which places these are is found out when the
// tokenizer is made: neighbors that no merge joins (joins), or neighbors that the cutter always parts (classes).
type flow struct {
	joins   *joins      // of a BPE or Unigram of characters behind nothing but marks for spaces
	unmark  bool        // the model does not know that a space is a mark
	classes charClasses // else
	ascii   [1 << 14]uint8
	parts   [1 << (2 * maxClass)]bool // by two classes: the cutter parts them
	steps   []normalizer

	before *sentencepiece.Normalizer // of a .model: what a whole text goes through first

	lead lead
	// What pieces behind the first go through: nothing that belongs to the start of a text.
	normalizer normalizer
	cutter     cutter
	plain      *plainBytes
}

// lead is what is done to the start of a text.
type lead uint8

const (
	leadNone  lead = iota
	leadSpace      // a space is put before it
	leadMark       // … unless it begins with one
	leadFirst      // … and only at the start of the text as it was given
	leadSlow       // the first piece takes the slow path
)

// newFlow gives the fast path of a tokenizer, nil if there is none.
func newFlow(t *Tokenizer) *flow {
	if t.byteLevel || t.normalizer != nil && len(t.plain.normalized.tokens) > 0 {
		return nil
	}
	if f := newJoinsFlow(t); f != nil {
		return f
	}
	return newClassFlow(t)
}

// newJoinsFlow is the flow of Llama, Mistral and Gemma, and of what Learn makes of characters.
func newJoinsFlow(t *Tokenizer) *flow {
	f := &flow{}
	split, ok := f.setMarks(t)
	if !ok {
		return nil
	}
	switch m := t.model.(type) {
	case *charBPE:
		if f.joins = newJoins(m); f.joins == nil || m.unknowns {
			return nil
		}
		m.ascii[' '] = none // no text has a space left that is not a mark
		if id, ok := m.chars[markRune]; ok {
			m.ascii[' '] = id
		}
	case *unigram:
		if f.joins = newUnigramJoins(m); f.joins == nil {
			return nil
		}
		f.unmark = true
	default:
		return nil
	}
	if split {
		f.joins.cutBeforeSpace()
	}
	return f
}

// setMarks finds out what is done to the start of a text; ok tells that else nothing is done but to put marks for spaces, and split that texts are cut
// before each.
func (f *flow) setMarks(t *Tokenizer) (split, ok bool) {
	rest := stepsOf(nil, t.normalizer)
	if len(rest) > 0 && rest[0] == prepend(spaceMark) {
		f.lead, rest = leadSpace, rest[1:]
	}
	marks := false // every space becomes a mark
	if len(rest) == 1 {
		r, ok := rest[0].(replace)
		if marks = ok && r.pattern == literal(" ") && string(r.content) == spaceMark; !marks {
			return false, false
		}
	} else if len(rest) > 1 {
		return false, false
	}
	switch c := t.cutter.(type) {
	case nil:
	case splitter:
		if c.pattern != literal(" ") || c.invert {
			return false, false // of the others nothing is left to be found
		}
	case *metaspace:
		if marks || f.lead != leadNone || string(c.mark) != spaceMark {
			return false, false
		}
		marks, split = true, c.split
		f.lead = c.lead()
	default:
		return false, false
	}
	return split, marks
}

// stepsOf lists the normalizers that n is made of.
func stepsOf(dst []normalizer, n normalizer) []normalizer {
	switch n := n.(type) {
	case nil:
		return dst
	case sequence:
		for _, s := range n {
			dst = stepsOf(dst, s)
		}
		return dst
	}
	return append(dst, n)
}

// lead is what a metaspace does to the start of a text.
func (m *metaspace) lead() lead {
	switch m.scheme {
	case "always":
		return leadMark
	case "first":
		return leadFirst
	}
	return leadNone
}

// newClassFlow is the flow of Unigram and WordPiece.
func newClassFlow(t *Tokenizer) *flow {
	k, ok := classesOf(t.cutter)
	if !ok {
		return nil
	}
	f := &flow{classes: k}
	if !f.setSteps(t) || !f.setCutter(t) {
		return nil
	}
	for a := range uint8(1 << k.width) {
		for b := range uint8(1 << k.width) {
			f.parts[int(a)<<maxClass|int(b)] = k.cuts(a, b)
		}
	}
	var attrs [utf8.RuneSelf]uint16
	for c := range attrs {
		attrs[c] = f.attr(rune(c))
	}
	for a, x := range attrs {
		for b, y := range attrs {
			f.ascii[a<<7|b] = bit(f.apart(x, y))
		}
	}
	f.plain = newPlainBytes(t, f)
	return f
}

// setSteps takes over the normalizers, those apart that belong to the start of a text.
func (f *flow) setSteps(t *Tokenizer) bool {
	for _, n := range stepsOf(nil, t.normalizer) {
		if _, ok := n.(bordered); !ok {
			return false
		}
		switch n := n.(type) {
		case prepend:
			f.lead = leadSlow
			continue
		case strip:
			if n.left {
				f.lead = leadSlow
			}
			f.steps = append(f.steps, strip{right: n.right})
			continue
		case replace:
			if _, runs := n.pattern.(spaceRuns); runs && string(n.content) != " " {
				if m, ok := t.cutter.(*metaspace); !ok || string(m.mark) != string(n.content) {
					return false
				}
			}
		}
		f.steps = append(f.steps, n)
	}
	if len(f.steps) > 0 {
		f.normalizer = sequence(f.steps)
	}
	return true
}

// setCutter finds what cuts pieces behind the first.
func (f *flow) setCutter(t *Tokenizer) bool {
	all, ok := t.cutter.(cutters)
	if !ok {
		all = cutters{t.cutter}
	}
	var rest cutters
	for i, c := range all {
		m, ok := c.(*metaspace)
		switch {
		case !ok || m.scheme == "never":
		case i == 0:
			if f.lead == leadNone {
				f.lead = m.lead()
			}
			c = &metaspace{m.mark, "never", m.split}
		case m.scheme == "first":
			f.lead = leadSlow
		}
		rest = append(rest, c)
	}
	if f.cutter = rest; len(rest) == 1 {
		f.cutter = rest[0]
	}
	return true
}

// What attr knows of a character.
const (
	attrKnown = 1 << 15
	attrEnds  = 1 << 14 // a piece may end with it
	attrBegin = 1 << 13 // a piece may begin with it
)

// attr tells whether a text may be cut behind and before a character, and the classes of the last and the first character that it becomes. Beside it stands a
// letter, since white space at the end of a text may go.
func (f *flow) attr(r rune) uint16 {
	behind, before := aligned{text: []byte("x" + string(r)), from: 1}, aligned{text: []byte(string(r) + "x"), from: 1}
	letter := aligned{text: []byte("x"), from: 1}
	last, first := r, r
	ends, begins := true, true
	for _, n := range f.steps {
		b := n.(bordered)
		ends, begins = ends && b.ends(last), begins && b.begins(first)
		for _, a := range []*aligned{&behind, &before, &letter} {
			var err error
			if *a, err = n.normalize(*a); err != nil {
				return attrKnown
			}
		}
		ends = ends && len(behind.text) > len(letter.text)
		begins = begins && len(before.text) > len(letter.text)
		first, _ = utf8.DecodeRune(before.text)
		last, _ = utf8.DecodeLastRune(behind.text)
	}
	x := attrKnown | uint16(f.classes.of(last))<<maxClass | uint16(f.classes.of(first))
	if ends {
		x |= attrEnds
	}
	if begins {
		x |= attrBegin
	}
	return x
}

// apart reports whether a text may be cut between characters of two attrs.
func (f *flow) apart(a, b uint16) bool {
	const m = 1<<maxClass - 1
	return a&attrEnds != 0 && b&attrBegin != 0 && f.parts[a>>maxClass&m<<maxClass|b&m]
}

// bordered is a normalizer that looks at no more than one character at a time, but near some.
type bordered interface {
	ends(r rune) bool   // what stands behind r does not change what r and all before it become
	begins(r rune) bool // what stands before r does not change what r and all behind it become
}

func (u unicodeForm) begins(r rune) bool { return !combines(u.form, []byte(string(r))) }
func (u unicodeForm) ends(r rune) bool   { return u.begins(r) }
func (lowercase) begins(rune) bool       { return true }
func (lowercase) ends(rune) bool         { return true }
func (without) begins(rune) bool         { return true }
func (without) ends(rune) bool           { return true }
func (nmt) begins(rune) bool             { return true }
func (nmt) ends(rune) bool               { return true }
func (rewrite) begins(rune) bool         { return true }
func (rewrite) ends(rune) bool           { return true }
func (prepend) begins(rune) bool         { return true }
func (prepend) ends(rune) bool           { return true }
func (strip) begins(rune) bool           { return true }
func (strip) ends(r rune) bool           { return !unicode.IsSpace(r) }

func (p replace) ends(r rune) bool {
	if _, ok := p.pattern.(spaceRuns); ok {
		return r != ' '
	}
	return p.begins(r)
}

func (p replace) begins(r rune) bool {
	switch m := p.pattern.(type) {
	case literal:
		return utf8.RuneCountInString(string(m)) == 1 || !strings.ContainsRune(string(m), r)
	case spaceRuns:
		return true
	}
	return false
}

// Control characters stand alone always, but for a line feed behind a carriage return.
func (p *precompiled) ends(r rune) bool   { return isAlone(r) || r == '\n' || r == '\t' }
func (p *precompiled) begins(r rune) bool { return isAlone(r) || r == '\n' || r == '\t' || r == '\r' }

// isAlone reports whether a character is a grapheme cluster of its own among others of the kind (UAX 29). It leaves many out that are, too: jamo and what
// is no letter, for one.
func isAlone(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return r >= ' ' && r < 0x7F
	case r >= 0x1100 && r <= 0x11FF || r >= 0xA960 && r <= 0xA97F || r >= 0xD7B0 && r <= 0xD7FF || r == 0xFF9E || r == 0xFF9F:
		return false // jamo, which make one syllable together; marks of half-width Katakana
	}
	return unicode.IsLetter(r) && unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
		unicode.Arabic, unicode.Hebrew)
}
