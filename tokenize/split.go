package tokenize

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// rule is one way to cut text into pieces, which are merged on their own. It is a pattern of a tokenizer.json, by hand: next has it
// character by character, window in 64 bytes at once.
type rule struct {
	name     string
	patterns []string // as tokenizer.json spells them; of several, each cuts what the one before it left
	family   family
	digits   int  // at most so many in a piece
	bare     bool // of familyO200K: no contractions
	marks    bool // are letters
	classes  *classTable
	alphabet *alphabet
}

type family uint8

const (
	familyGPT2     family = iota // a space joins words, numbers and symbols
	familyCL100K                 // any one symbol joins a word; line breaks join symbols
	familyO200K                  // as cl100k, and words are cut where the case rises
	familyDeepSeek               // marks are letters; numbers, then Chinese and Japanese, are cut out first
)

const (
	contractions = `(?i:'s|'t|'re|'ve|'m|'ll|'d)`
	spaces       = `\s*[\r\n]+|\s+(?!\S)|\s+`
	upperClass   = `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`
	lowerClass   = `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`
)

// rules lists the patterns that are known. Llama 3 spells its pattern as cl100k does.
//
// OpenAI's own spelling of cl100k has since become another: white space at the end of a text is one piece even if line breaks are in it.
// No token of cl100k_base has white space behind a line break at its end, so that the ids are the same; the older spelling is kept, since
// it is what tokenizer.json files have. (?i:'s) takes in 'ſ for both libraries.
var rules = [...]rule{
	{name: "gpt2", family: familyGPT2, digits: 1 << 30, patterns: []string{
		`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`}},
	{name: "cl100k", family: familyCL100K, digits: 3, patterns: []string{
		contractions + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|` + spaces}},
	{name: "qwen2", family: familyCL100K, digits: 1, patterns: []string{
		contractions + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|` + spaces}},
	{name: "o200k", family: familyO200K, digits: 3, patterns: []string{
		`[^\r\n\p{L}\p{N}]?` + upperClass + `*` + lowerClass + `+` + contractions + `?|` +
			`[^\r\n\p{L}\p{N}]?` + upperClass + `+` + lowerClass + `*` + contractions + `?|` +
			`\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|` + spaces}},
	// Qwen 3.5's
	{name: "qwen3.5", family: familyCL100K, digits: 1, marks: true, patterns: []string{
		contractions + `|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|` + spaces}},
	// Mistral's since NeMo
	{name: "tekken", family: familyO200K, digits: 1, bare: true, patterns: []string{
		`[^\r\n\p{L}\p{N}]?` + upperClass + `*` + lowerClass + `+|` +
			`[^\r\n\p{L}\p{N}]?` + upperClass + `+` + lowerClass + `*|` +
			`\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|` + spaces}},
	{name: "deepseek", family: familyDeepSeek, digits: 3, patterns: []string{
		`\p{N}{1,3}`,
		`[一-龥぀-ゟ゠-ヿ]+`,
		"[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|" + spaces}},
}

// Splits names the split rules, as Learn.Split takes them.
func Splits() []string {
	var names []string
	for i := range rules {
		names = append(names, rules[i].name)
	}
	return names
}

func ruleByName(name string) (*rule, error) {
	for _, r := range rules {
		if r.name == name {
			r.classes, r.alphabet = unicodeClasses(), commonAlphabet()
			switch {
			case r.family == familyDeepSeek:
				r.alphabet = deepSeekAlphabet()
			case r.marks:
				r.classes, r.alphabet = markClasses(), markAlphabet()
			}
			return &r, nil
		}
	}
	return nil, fmt.Errorf("tokenize: unknown split %q, know %s", name, strings.Join(Splits(), ", "))
}

// spelling makes patterns comparable: a line break in them may be escaped or not.
var spelling = strings.NewReplacer("\r", `\r`, "\n", `\n`)

// ruleByPattern finds the rule of all these patterns in their order.
func ruleByPattern(patterns ...string) (*rule, error) {
	for _, r := range rules {
		if slices.EqualFunc(r.patterns, patterns, func(a, b string) bool { return spelling.Replace(a) == spelling.Replace(b) }) {
			return ruleByName(r.name)
		}
	}
	return nil, fmt.Errorf("tokenize: unknown split pattern %q, know those of %s", patterns, strings.Join(Splits(), ", "))
}

// next is the truth that masks are held to: the end of the piece that starts at text[i], i < len(text).
func (r *rule) next(text []byte, i int) int {
	switch r.family {
	case familyGPT2:
		return r.nextGPT2(text, i)
	case familyDeepSeek:
		return r.nextDeepSeek(text, i)
	}
	return r.nextGPT4(text, i)
}

// split writes the ends of the pieces of text from pos on to ends, until it is nearly full; it returns where the last one ended and
// how many there are.
func (r *rule) split(text []byte, pos int, ends *[batch + 64]int) (int, int) {
	n := 0
	m := masks{}
	var tail [64]byte
	for pos < len(text) && n < batch {
		p, size := &tail, len(text)-pos
		if size >= 64 {
			p, size = (*[64]byte)(text[pos:]), 64
		} else {
			clear(tail[copy(tail[:], text[pos:]):])
		}
		r.alphabet.classify(p, &m)
		m.measure(size, pos+size == len(text))
		var starts uint64
		switch r.family {
		case familyGPT2:
			starts = windowGPT2(p, &m)
		case familyCL100K:
			starts = r.windowCL100K(p, &m)
		case familyO200K:
			starts = r.windowO200K(p, &m)
		default:
			starts = r.windowDeepSeek(&m)
		}
		if m.last {
			// All starts of the rest are told; its end is one more.
			n += emit((*[64]int)(ends[n:]), pos, m.bytes(starts))
			ends[n] = len(text)
			return len(text), n + 1
		}
		if starts == 1 { // nothing is certain
			pos = r.next(text, pos)
			ends[n] = pos
			n++
			continue
		}
		starts = m.bytes(starts)
		n += emit((*[64]int)(ends[n:]), pos, starts)
		pos += 63 - bits.LeadingZeros64(starts)
	}
	return pos, n
}
