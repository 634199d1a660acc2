package clean

import (
	"errors"
	"sync"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

const (
	garbledReplaced   quern.Verdict = "clean.garbled.replacement_characters"
	garbledPrivate    quern.Verdict = "clean.garbled.private_use"
	garbledMojibake   quern.Verdict = "clean.garbled.mojibake"
	garbledSpaced     quern.Verdict = "clean.garbled.spaced_letters"
	garbledImprobable quern.Verdict = "clean.garbled.improbable_words"
	garbledEncoded    quern.Verdict = "clean.garbled.encoded_data"
)

// Garbled drops texts that were damaged on their way or are no text, without any model: bad decoding, bad character recognition,
// encoded data, random letters. Each fact is a share of its own denominator; 1 turns a limit off.
type Garbled struct {
	MaxReplaced   float64 `yaml:"max_replaced"`   // U+FFFD of all characters
	MaxPrivate    float64 `yaml:"max_private"`    // private use code points of all characters
	MaxMojibake   float64 `yaml:"max_mojibake"`   // characters of UTF-8 that was read as something else, of all
	MaxSpaced     float64 `yaml:"max_spaced"`     // words in runs of 4 or more single letters, "t h i s", of all words
	MaxImprobable float64 `yaml:"max_improbable"` // different words of improbable letter pairs, of all Latin words of 5 letters and more
	MaxEncoded    float64 `yaml:"max_encoded"`    // bytes in long words of base64 or hexadecimal digits, of all bytes
	MinWords      int     `yaml:"min_words"`      // with fewer words of its denominator, spaced and improbable are not measured
}

var garbledFacts = []Fact{share("garbled.replaced"), share("garbled.private"), share("garbled.mojibake"), share("garbled.encoded"),
	share("garbled.spaced"), share("garbled.improbable")}

// DefaultGarbled has limits that good prose, papers and code in many languages stay below by far.
func DefaultGarbled() Garbled {
	return Garbled{MaxReplaced: 0.01, MaxPrivate: 0.01, MaxMojibake: 0.005, MaxSpaced: 0.1, MaxImprobable: 0.3, MaxEncoded: 0.3, MinWords: 20}
}

// Stage builds the rule. It marks "garbled.*" shares and gives "clean.garbled.*" verdicts.
func (o Garbled) Stage() (quern.Stage, error) {
	if !(o.MaxReplaced >= 0 && o.MaxPrivate >= 0 && o.MaxMojibake >= 0 && o.MaxSpaced >= 0 && o.MaxImprobable >= 0 && o.MaxEncoded >= 0) ||
		o.MinWords < 0 {
		return nil, errors.New("clean: garbled: a limit is negative")
	}
	return &garbled{table: garbleClasses(), least: o.MinWords, bounds: newBounds(o.Limits())}, nil
}

// Limits are all of them, the surest signs first.
func (o Garbled) Limits() []Limit {
	return []Limit{
		most("garbled.replaced", o.MaxReplaced, garbledReplaced),
		most("garbled.mojibake", o.MaxMojibake, garbledMojibake),
		most("garbled.private", o.MaxPrivate, garbledPrivate),
		most("garbled.encoded", o.MaxEncoded, garbledEncoded),
		most("garbled.spaced", o.MaxSpaced, garbledSpaced),
		most("garbled.improbable", o.MaxImprobable, garbledImprobable),
	}
}

type garbled struct {
	table  *garbleTables
	least  int
	bounds bounds
	garble garble
}

func (s *garbled) Apply(d *quern.Doc) (quern.Verdict, error) {
	if v := checkText(d); v != quern.Keep {
		return v, nil
	}
	g := &s.garble
	*g = garble{text: d.Text, table: s.table}
	g.scan()
	g.text = nil
	d.Mark("garbled.replaced", ratio(g.replaced, g.chars))
	d.Mark("garbled.private", ratio(g.private, g.chars))
	d.Mark("garbled.mojibake", ratio(g.mojibake, g.chars))
	d.Mark("garbled.encoded", ratio(g.encoded, len(d.Text)))
	if g.words >= max(s.least, 1) {
		d.Mark("garbled.spaced", ratio(g.spaced, g.words))
	}
	if g.latin >= max(s.least, 1) {
		d.Mark("garbled.improbable", ratio(g.improbable, g.latin))
	}
	return s.bounds.judge(d), nil
}

// garble counts what the shares are made of, in one walk over a text.
type garble struct {
	text  []byte
	table *garbleTables
	word  int // where the word at hand begins: words are apart by ASCII space
	run   int // words of a single letter up to here
	chars int

	replaced, private, mojibake int // characters
	encoded                     int // bytes
	words, spaced               int
	latin, improbable           int // words

	seen [512]uint32 // hashes of improbable words
}

// Kinds of bytes.
const (
	garbleOther = iota
	garbleLetter
	garbleSpace
	garbleRare // not ASCII
)

// garbleTables are classes of bytes.
type garbleTables struct {
	kinds   [256]uint8
	letters [256]uint8 // 0 to 25, 0xFF = no ASCII letter
	encoded [256]uint8 // classes of base64's digits; 0 = none
}

var garbleClasses = sync.OnceValue(func() *garbleTables {
	t := new(garbleTables)
	for c := range t.kinds {
		t.letters[c] = 0xFF
		switch {
		case c >= 0x80:
			t.kinds[c] = garbleRare
		case c == ' ' || c >= '\t' && c <= '\r':
			t.kinds[c] = garbleSpace
		case uint8(c)|0x20-'a' < 26 && c >= 'A':
			t.kinds[c] = garbleLetter
			t.letters[c] = uint8(c) | 0x20 - 'a'
			t.encoded[c] = 1 + uint8(c)>>5&1
		case c >= '0' && c <= '9':
			t.encoded[c] = 3
		case c == '+' || c == '/' || c == '=' || c == '-' || c == '_':
			t.encoded[c] = encodedMark
		}
	}
	return t
})

func (g *garble) scan() {
	text := g.text
	g.chars = len(text)
	for i := 0; i < len(text); {
		switch g.table.kinds[text[i]] {
		case garbleLetter:
			i = g.letters(i)
		case garbleSpace:
			g.endWord(i)
			if text[i] == '\n' {
				g.endRun()
			}
			i++
			g.word = i
		case garbleRare:
			i = g.rare(i)
		default:
			i++
		}
	}
	g.endWord(len(text))
	g.endRun()
}

// letters judges a run of ASCII letters. An identifier, with digits, underscores or other letters at it, is none of its business.
func (g *garble) letters(from int) int {
	text, index := g.text, &g.table.letters
	i := from + 1
	for i < len(text) && index[text[i]] < 26 {
		i++
	}
	n := i - from
	if n < 5 || from > 0 && glues(text[from-1]) || i < len(text) && glues(text[i]) {
		return i
	}
	g.latin++
	word := text[from:i]
	last, bad := index[word[0]], uint32(0)
	for _, c := range word[1:] {
		k := index[c]
		bad += bigramMisses[last&31] >> (k & 31) & 1
		last = k
	}
	if bad >= 2 && int(3*bad) >= n-1 && g.improper(word) && g.isNew(word) {
		g.improbable++
	}
	return i
}

// improper looks again at a word of improbable letters: an acronym is none of its business, and in camelCase the pairs at the humps
// do not count.
func (g *garble) improper(word []byte) bool {
	index := &g.table.letters
	bad, small := 0, int(word[0]>>5&1)
	for i, c := range word[1:] {
		before := word[i]
		small += int(c >> 5 & 1)
		if hump := before&0x20 != 0 && c&0x20 == 0; !hump {
			bad += int(bigramMisses[index[before]&31] >> (index[c] & 31) & 1)
		}
	}
	return 2*small > len(word) && bad >= 2 && 3*bad >= len(word)-1
}

// isNew tells whether an improbable word was not seen before, as far as the table reaches: random words are all different, the odd
// names in a piece of code come again and again.
func (g *garble) isNew(word []byte) bool {
	h := uint32(2166136261) // FNV-1a
	for _, c := range word {
		h = (h ^ uint32(c|0x20)) * 16777619
	}
	slot := &g.seen[(h>>16^h)%uint32(len(g.seen))]
	if *slot == h {
		return false
	}
	*slot = h
	return true
}

func glues(c byte) bool { return c >= 0x80 || c-'0' < 10 || c == '_' }

// endWord looks at the word that ends at to.
func (g *garble) endWord(to int) {
	w := g.text[g.word:to]
	if len(w) == 0 {
		return
	}
	g.words++
	if len(w) == 1 && g.table.kinds[w[0]] == garbleLetter || len(w) == 2 && w[0] >= 0xC3 && w[0] <= 0xD5 { // Latin, Greek, Cyrillic
		g.run++
		return
	}
	g.endRun()
	if len(w) >= encodedWord {
		g.encoded += g.table.encodedBytes(w)
	}
}

func (g *garble) endRun() {
	if g.run >= 4 {
		g.spaced += g.run
	}
	g.run = 0
}

// encodedWord is the least length of base64 or hexadecimal digits in a row that are taken for data.
const encodedWord = 48

// encodedMark is the class of digits of base64 that are no letters and no numerals.
const encodedMark = 4

// encodedBytes counts bytes of w that are data: long runs of the digits of base64 in which lower case, upper case and digits change
// at every fifth place or more often, / and the like left aside. Paths, words and identifiers change rarely.
func (t *garbleTables) encodedBytes(w []byte) (n int) {
	for i := 0; i < len(w); {
		from, changes, kind := i, 0, uint8(0)
		for ; i < len(w); i++ {
			k := t.encoded[w[i]]
			if k == 0 {
				break
			}
			if k != kind && k != encodedMark {
				changes++
				kind = k
			}
		}
		if run := i - from; run >= encodedWord && 5*changes >= run {
			n += run
		}
		i++
	}
	return n
}

// rare looks at a character that is not ASCII.
func (g *garble) rare(i int) int {
	r, n := utf8.DecodeRune(g.text[i:])
	g.chars -= n - 1
	switch {
	case r < 0x100:
		return g.latin1(r, i+n)
	case r == utf8.RuneError:
		g.replaced++
	case r >= 0xE000 && r <= 0xF8FF || r >= 0xF0000:
		g.private++
	case r == '锟' && hasAt(g.text, i+n, "斤拷"): // two U+FFFD, read as GBK
		g.mojibake += 3
		g.chars -= 4
		return i + n + len("斤拷")
	}
	return i + n
}

// latin1 looks at a character of U+0080 to U+00FF that ends at i. UTF-8 that was read as Latin-1 or Windows-1252 shows as Â or Ã
// (Latin), Ð or Ñ (Cyrillic) and a character that is no letter at that place, or as "â€" and one more (quotation marks, dashes).
func (g *garble) latin1(r rune, i int) int {
	switch r {
	case 'Â', 'Ã', 'Ð', 'Ñ':
		if n := continuationAt(g.text, i); n > 0 {
			g.mojibake += 2
			g.chars -= n - 1
			return i + n
		}
	case 'â':
		if hasAt(g.text, i, "€") {
			g.mojibake += 2
			g.chars -= 2
			return i + len("€")
		}
	default:
		if r < 0xA0 && r != 0x85 { // a C1 control: a byte of something else
			g.mojibake++
		}
	}
	return i
}

func hasAt(text []byte, i int, s string) bool {
	return len(text)-i >= len(s) && string(text[i:i+len(s)]) == s
}

// continuationAt gives the length of the character at i if it is what a continuation byte of UTF-8 becomes when it is read as Latin-1
// or Windows-1252, else 0.
func continuationAt(text []byte, i int) int {
	if i >= len(text) || text[i] < 0xC2 {
		return 0
	}
	r, n := utf8.DecodeRune(text[i:])
	switch {
	case r >= 0x80 && r <= 0xBF:
		return n
	case r == '€', r == '‚', r == 'ƒ', r == '„', r == '…', r == '†', r == '‡', r == 'ˆ', r == '‰', r == 'Š', r == '‹', r == 'Œ', r == 'Ž',
		r == '‘', r == '’', r == '“', r == '”', r == '•', r == '–', r == '—', r == '˜', r == '™', r == 'š', r == '›', r == 'œ', r == 'ž',
		r == 'Ÿ':
		return n
	}
	return 0
}

// bigramMisses has for each letter a bit for each letter that seldom follows it in any language in Latin script, 267 of 676 pairs.
// testdata/bigrams.go made it, and says how.
var bigramMisses = [32]uint32{
	0x00000000, 0x02ad966c, 0x00e1a86a, 0x00a19266, 0x00010000, 0x02e596ce, 0x02a19028, 0x0285b2ee, 0x00000000, 0x03e39aee,
	0x02a1b02e, 0x02a38026, 0x02a9062c, 0x00a19022, 0x00810000, 0x03ed364e, 0x03edb7ee, 0x00818020, 0x0083102a, 0x00c19266,
	0x00010000, 0x02e996ee, 0x02e99e6e, 0x03effeee, 0x03a986c2, 0x00c79ae6,
}
