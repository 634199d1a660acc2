package tokenize

import (
	"fmt"
	"strings"
)

// rule is one way to cut text into pieces, which are merged on their own. It is a pattern of a tokenizer.json, by hand.
type rule struct {
	name    string
	pattern string // as tokenizer.json spells it
	family  family
	digits  int // at most so many in a piece
	classes *classTable
}

type family uint8

const (
	familyGPT2   family = iota // a space joins words, numbers and symbols
	familyCL100K               // any one symbol joins a word; line breaks join symbols
	familyO200K                // as cl100k, and words are cut where the case rises
)

const (
	contractions = `(?i:'s|'t|'re|'ve|'m|'ll|'d)`
	spaces       = `\s*[\r\n]+|\s+(?!\S)|\s+`
	upperClass   = `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`
	lowerClass   = `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`
)

// rules lists the patterns that are known. Llama 3 spells its pattern as cl100k does.
var rules = [...]rule{
	{name: "gpt2", family: familyGPT2, digits: 1 << 30,
		pattern: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`},
	{name: "cl100k", family: familyCL100K, digits: 3,
		pattern: contractions + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|` + spaces},
	{name: "qwen2", family: familyCL100K, digits: 1,
		pattern: contractions + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|` + spaces},
	{name: "o200k", family: familyO200K, digits: 3,
		pattern: `[^\r\n\p{L}\p{N}]?` + upperClass + `*` + lowerClass + `+` + contractions + `?|` +
			`[^\r\n\p{L}\p{N}]?` + upperClass + `+` + lowerClass + `*` + contractions + `?|` +
			`\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|` + spaces},
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
			r.classes = unicodeClasses()
			return &r, nil
		}
	}
	return nil, fmt.Errorf("tokenize: unknown split %q, know %s", name, strings.Join(Splits(), ", "))
}

func ruleByPattern(pattern string) (*rule, error) {
	for _, r := range rules {
		if r.pattern == pattern {
			return ruleByName(r.name)
		}
	}
	return nil, fmt.Errorf("tokenize: unknown split pattern %q, know those of %s", pattern, strings.Join(Splits(), ", "))
}

// next is the truth that masks are held to: the end of the piece that starts at text[i], i < len(text).
func (r *rule) next(text []byte, i int) int {
	c, w := r.classes.at(text, i)
	switch r.family {
	case familyGPT2:
		return r.nextGPT2(text, i)
	case familyO200K:
		if e := r.cased(text, i, c, w); e >= 0 {
			return e
		}
	default:
		if k := contraction(text, i, true); k > 0 {
			return i + k
		}
		if c != cBreak && c != cNumber {
			j := i
			if !isLetter(c) {
				j += w
			}
			if k := r.span(text, j, isLetter); k > j {
				return k
			}
		}
	}
	if c == cNumber {
		j := i + w
		for k := 1; k < r.digits && j < len(text); k++ {
			c, w := r.classes.at(text, j)
			if c != cNumber {
				break
			}
			j += w
		}
		return j
	}
	j := i
	if text[i] == ' ' {
		j++
	}
	if k := r.span(text, j, isSymbol); k > j {
		for k < len(text) && (text[k] == '\r' || text[k] == '\n' || r.family == familyO200K && text[k] == '/') {
			k++
		}
		return k
	}
	return r.space(text, i, true)
}

func (r *rule) nextGPT2(text []byte, i int) int {
	if k := contraction(text, i, false); k > 0 {
		return i + k
	}
	j := i
	if text[i] == ' ' {
		j++
	}
	for _, in := range [...]func(uint8) bool{isLetter, isNumber, isSymbol} {
		if k := r.span(text, j, in); k > j {
			return k
		}
	}
	return r.space(text, i, false)
}

func isNumber(c uint8) bool { return c == cNumber }
func isUpward(c uint8) bool { return c == cUpper || c == cCaseless || c == cMark }
func isLowly(c uint8) bool  { return c == cLower || c == cCaseless || c == cMark }

// span is the end of the run of characters from text[j] on whose class is in.
func (r *rule) span(text []byte, j int, in func(uint8) bool) int {
	for j < len(text) {
		c, w := r.classes.at(text, j)
		if !in(c) {
			break
		}
		j += w
	}
	return j
}

// space cuts white space: up to the last line break if breaks is set and there is one, else up to the last character before a
// text that goes on, which joins what follows.
func (r *rule) space(text []byte, i int, breaks bool) int {
	afterBreak, last, j := -1, i, i
	for j < len(text) {
		c, w := r.classes.at(text, j)
		if c != cSpace && c != cBreak {
			break
		}
		last = j
		j += w
		if c == cBreak {
			afterBreak = j
		}
	}
	switch {
	case breaks && afterBreak >= 0:
		return afterBreak
	case j == len(text) || last == i:
		return j
	}
	return last
}

// contraction is the length of 's 't 're 've 'm 'll 'd at text[i], or 0. With fold it knows both cases, and ſ, which folds to s.
func contraction(text []byte, i int, fold bool) int {
	if i+1 >= len(text) || text[i] != '\'' {
		return 0
	}
	at := func(k int) byte {
		if i+k >= len(text) {
			return 0
		}
		if c := text[i+k]; fold && 'A' <= c && c <= 'Z' {
			return c | 0x20
		}
		return text[i+k]
	}
	switch at(1) {
	case 's', 't', 'm', 'd':
		return 2
	case 'l':
		if at(2) == 'l' {
			return 3
		}
	case 'r', 'v':
		if at(2) == 'e' {
			return 3
		}
	case 0xC5:
		if fold && at(2) == 0xBF {
			return 3
		}
	}
	return 0
}

// cased matches the two word patterns of o200k at text[i], whose class is c and width w; -1 if neither does.
func (r *rule) cased(text []byte, i int, c uint8, w int) int {
	joins := c != cBreak && c != cNumber && !isLetter(c)
	e := -1
	if joins {
		e = r.lowerEnding(text, i+w)
	}
	if e < 0 {
		e = r.lowerEnding(text, i)
	}
	if e < 0 && joins {
		e = r.upperStart(text, i+w)
	}
	if e < 0 {
		e = r.upperStart(text, i)
	}
	if e < 0 {
		return -1
	}
	return e + contraction(text, e, true)
}

// lowerEnding matches upper* lower+ with the classes of the pattern, where letters without case and marks are both.
func (r *rule) lowerEnding(text []byte, j int) int {
	last := -1
	for j < len(text) {
		c, w := r.classes.at(text, j)
		if !isUpward(c) {
			break
		}
		j += w
		if c != cUpper {
			last = j
		}
	}
	if k := r.span(text, j, isLowly); k > j {
		return k
	}
	return last
}

// upperStart matches upper+ lower*.
func (r *rule) upperStart(text []byte, j int) int {
	k := r.span(text, j, isUpward)
	if k == j {
		return -1
	}
	return r.span(text, k, isLowly)
}
