package clean

import (
	"bytes"
	"encoding/binary"
	"errors"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

const mojibakeNotUTF8 quern.Verdict = "clean.mojibake.not_utf8"

// Mojibake repairs UTF-8 that was read as another charset: "humanitÃ©" becomes "humanité", also where that happened twice or more,
// and where a byte without a character was kept as it was, or lost. It decides word by word and by what stands in the same line, so
// that good text in any language stays as it is. It belongs before Normalize, which removes characters that are evidence here.
type Mojibake struct {
	Charsets  []string `yaml:"charsets"`  // what the text may have been read as; Windows-1252 covers Latin-1
	Controls  bool     `yaml:"controls"`  // C1 controls that are Windows-1252: U+0093 becomes “
	Entities  bool     `yaml:"entities"`  // HTML entities that were left in the text, up to the first line with a "<"
	Ligatures bool     `yaml:"ligatures"` // ﬁ becomes fi: Latin ligatures that print made
	Quotes    bool     `yaml:"quotes"`    // curly quotes become straight ones
	Width     bool     `yaml:"width"`     // full-width Latin letters and digits become plain ones
}

var mojibakeFacts = []Fact{count("mojibake.repaired"), share("mojibake.share")}

// DefaultMojibake knows the charsets of ftfy 6.3 (chardata.py). Quotes and widths are style, not damage, and stay.
func DefaultMojibake() Mojibake {
	return Mojibake{Charsets: charsetNames(), Controls: true, Entities: true, Ligatures: true}
}

// Stage builds the rule. It gives "clean.mojibake.not_utf8" and marks "mojibake.repaired", the number of words that were repaired,
// and "mojibake.share", their share of the text's bytes. Surrogates that were written as UTF-8 (CESU-8) are joined.
func (o Mojibake) Stage() (quern.Stage, error) {
	s := &mojibake{opt: o, tables: charsets()}
	for _, name := range o.Charsets {
		k := s.tables.find(name)
		if k < 0 {
			return nil, errors.New("clean: mojibake: charset " + name + " is unknown, know " + charsetList())
		}
		s.use |= 1 << k
	}
	s.entities.known = map[string]string{}
	return s, nil
}

// rounds is how often a text is searched for damage upon damage. Four layers have been seen in the wild.
const rounds = 6

type mojibake struct {
	opt      Mojibake
	tables   *charsetTables
	use      uint16    // charsets, as bits
	joined   []byte    // surrogates joined
	layers   [2][]byte // by turns, a layer of damage removed
	fixed    []byte    // characters repaired
	runes    []rune
	offs     []int
	words    []word
	found    []found // in the word at hand
	line     tally   // of the segment at hand
	all      tally   // of the text
	repaired int
	bytes    int
	entities entities
}

func (s *mojibake) Apply(d *quern.Doc) (quern.Verdict, error) {
	text := d.Text
	s.repaired, s.bytes = 0, 0
	if !utf8.Valid(text) {
		s.joined = s.joinSurrogates(s.joined[:0], text)
		text = s.joined
		if !utf8.Valid(text) {
			return d.Fail(mojibakeNotUTF8, float64(firstInvalid(text)), 0), nil
		}
	}
	if s.opt.Entities && bytes.IndexByte(text, '&') >= 0 {
		text = s.unescape(text)
	}
	for round := range rounds {
		out, ok := s.repair(s.layers[round&1][:0], text, d, round == 0 && len(text) == len(d.Text))
		if !ok {
			break
		}
		s.layers[round&1] = out
		text = out
	}
	if s.opt.Controls || s.opt.Ligatures || s.opt.Quotes || s.opt.Width {
		text = s.fixCharacters(text)
	}
	d.Mark("mojibake.repaired", float64(s.repaired))
	d.Mark("mojibake.share", min(1, ratio(s.bytes, len(d.Text))))
	d.Text = text
	return quern.Keep, nil
}

// segmentSize bounds what is judged together: a line, or a part of a very long one.
const segmentSize = 16 << 10

// segment finds the stretch around text[at]: its line, or less of a long one. No segment begins before floor.
func segment(text []byte, floor, at int) (from, to int) {
	from = max(floor, at-segmentSize)
	if i := bytes.LastIndexByte(text[from:at], '\n'); i >= 0 {
		from += i + 1
	} else if from > floor {
		for from < at && !utf8.RuneStart(text[from]) {
			from++
		}
	}
	to = min(len(text), at+segmentSize)
	if i := bytes.IndexByte(text[at:to], '\n'); i >= 0 {
		return from, at + i
	}
	for to < len(text) && !utf8.RuneStart(text[to]) {
		to++
	}
	return from, to
}

// repair appends text to dst with its damage repaired, one layer of it; ok is false if there was nothing to do.
func (s *mojibake) repair(dst, text []byte, d *quern.Doc, spans bool) (out []byte, ok bool) {
	s.all = tally{}
	for from, to := s.next(text, 0); from < len(text); from, to = s.next(text, to) {
		s.load(text, from, to)
		s.judge()
		s.all.add(&s.line)
	}
	if !s.all.any() {
		return dst, false
	}
	done := 0
	for from, to := s.next(text, 0); from < len(text); from, to = s.next(text, to) {
		s.load(text, from, to)
		s.judge()
		if s.decide() {
			dst = append(dst, text[done:from]...)
			dst = s.emit(dst, text, d, spans)
			done = to
			ok = true
		}
	}
	return append(dst, text[done:]...), ok
}

// next finds the next segment with a candidate, not before floor.
func (s *mojibake) next(text []byte, floor int) (from, to int) {
	at := s.candidate(text, floor)
	if at == len(text) {
		return at, at
	}
	return segment(text, floor, at)
}

// load decodes a segment into runes and words. Space of ASCII divides words; U+00A0 does not, since it can be half of a letter.
func (s *mojibake) load(text []byte, from, to int) {
	s.runes, s.offs, s.words = s.runes[:0], s.offs[:0], s.words[:0]
	in := false
	for i := from; i < to; {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(text[i:])
		}
		space := r == ' ' || r-'\t' < 5 && r >= '\t'
		switch {
		case !space && !in:
			s.words = append(s.words, word{from: len(s.runes), codec: -1})
			in = true
		case space && in:
			s.words[len(s.words)-1].to = len(s.runes)
			in = false
		}
		s.runes, s.offs = append(s.runes, r), append(s.offs, i)
		i += n
	}
	if in {
		s.words[len(s.words)-1].to = len(s.runes)
	}
	s.offs = append(s.offs, to)
}

// candidate finds the next place, from i on, where two characters follow each other that can be bytes of one character in UTF-8.
func (s *mojibake) candidate(text []byte, i int) int {
	t, use := s.tables, s.use
	for i < len(text) {
		if text[i] < utf8.RuneSelf {
			for i++; i+8 <= len(text) && binary.LittleEndian.Uint64(text[i:])&highs == 0; {
				i += 8
			}
			continue
		}
		c := text[i]
		if c >= 0xE3 && c != 0xEF { // Han, Kana, Hangul and all beyond the basic plane are in no charset here
			i += sequenceLength(c)
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		lead := t.lead[t.cell(r)] & use
		if i += n; lead == 0 || i == len(text) {
			continue
		}
		if c := text[i]; c < utf8.RuneSelf {
			if c == ' ' && (r == 0xC2 || r == 0xC3) && i > n && startsGrave(rune(text[i-n-1])) {
				return i - n
			}
			continue
		}
		next, _ := utf8.DecodeRune(text[i:])
		if lead&t.cont[t.cell(next)] != 0 {
			return i - n
		}
	}
	return len(text)
}

// startsGrave tells whether Ã or Â and a space behind this character are half of à or of a space: no good text has them there.
func startsGrave(before rune) bool {
	return before-'a' < 26 && before >= 'a' || before == '.' || before == ',' || before == '?' || before == '!'
}
