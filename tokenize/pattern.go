package tokenize

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2"
)

// match is a range of bytes that a pattern found.
type match struct{ from, to int }

// matcher finds all matches of a pattern in a text, from left to right, apart from each other.
type matcher interface {
	all(dst []match, text []byte) ([]match, error)
}

// hfPattern is a pattern of a tokenizer.json: a string, or a regular expression.
type hfPattern struct {
	String *string `json:"String,omitempty"`
	Regex  *string `json:"Regex,omitempty"`
}

func (p hfPattern) matcher() (matcher, error) {
	switch {
	case p.String != nil && *p.String != "":
		return literal(*p.String), nil
	case p.Regex != nil && *p.Regex == " {2,}":
		return spaceRuns{}, nil
	case p.Regex != nil:
		if r, err := ruleByPattern(*p.Regex); err == nil {
			return ruleMatcher{r}, nil
		}
		return newRegex(*p.Regex)
	}
	return nil, fmt.Errorf("tokenize: a pattern without a string or a regular expression")
}

// literal is a string that is not empty.
type literal string

func (l literal) all(dst []match, text []byte) ([]match, error) {
	for at := 0; ; {
		i := bytes.Index(text[at:], []byte(l))
		if i < 0 {
			return dst, nil
		}
		dst = append(dst, match{at + i, at + i + len(l)})
		at += i + len(l)
	}
}

// spaceRuns matches two spaces and more: what the files of SentencePiece's models look for.
type spaceRuns struct{}

func (spaceRuns) all(dst []match, text []byte) ([]match, error) {
	for at := 0; ; {
		i := bytes.Index(text[at:], []byte("  "))
		if i < 0 {
			return dst, nil
		}
		from := at + i
		for at = from + 2; at < len(text) && text[at] == ' '; at++ {
		}
		dst = append(dst, match{from, at})
	}
}

// ruleMatcher is a known split pattern, whose matches cover all of a text.
type ruleMatcher struct{ rule *rule }

func (m ruleMatcher) all(dst []match, text []byte) ([]match, error) {
	for at := 0; at < len(text); {
		end := m.rule.next(text, at)
		dst = append(dst, match{at, end})
		at = end
	}
	return dst, nil
}

// knownSplits finds the rule that the first parts of a Sequence are, n Splits one after the other; n is 0 if they are none.
func knownSplits(parts []hfPart) (r *rule, n int) {
	var patterns []string
	for i := range parts {
		p := &parts[i]
		if p.Type != "Split" || p.Pattern.Regex == nil || behaviors[p.Behavior] != isolated || p.Invert {
			break
		}
		patterns = append(patterns, *p.Pattern.Regex)
	}
	for n := len(patterns); n > 1; n-- {
		if r, err := ruleByPattern(patterns[:n]...); err == nil {
			return r, n
		}
	}
	return nil, 0
}

// regex is a pattern that is none of the known ones: exact, and ten to a hundred times slower. It is run by a backtracking engine,
// since such patterns look ahead.
type regex struct {
	re   *regexp2.Regexp
	most time.Duration // one search: a pattern that backtracks without end is a fault of the file
}

var regexTime = 10 * time.Second // tests have less

func newRegex(pattern string) (x regex, err error) {
	defer engineFault(&err, pattern)
	if len(pattern) > maxPattern {
		return x, fmt.Errorf("tokenize: pattern %.40q… has %d bytes, at most %d", pattern, len(pattern), maxPattern)
	}
	re, err := regexp2.Compile(wordClasses(pattern), regexp2.None)
	if err != nil {
		return x, fmt.Errorf("tokenize: pattern %.100q: %.100s", pattern, err.Error())
	}
	re.MatchTimeout = regexTime
	return regex{re, regexTime}, nil
}

// wordClasses spells \w and \W out as the peer's engine (Oniguruma) takes them: without the joiners U+200C and U+200D that regexp2 counts in. A \W within brackets stays.
func wordClasses(pattern string) string {
	const word = `\p{L}\p{M}\p{Nd}\p{Pc}`
	var b strings.Builder
	class := false
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		if c == '\\' && i+1 < len(pattern) {
			i++
			switch {
			case pattern[i] == 'w' && class:
				b.WriteString(word)
			case pattern[i] == 'w':
				b.WriteString("[" + word + "]")
			case pattern[i] == 'W' && !class:
				b.WriteString("[^" + word + "]")
			default:
				b.WriteString(pattern[i-1 : i+1])
			}
			continue
		}
		if c == '[' {
			class = true
		} else if c == ']' {
			class = false
		}
		b.WriteByte(c)
	}
	return b.String()
}

// engineFault makes an error of a panic of the engine, which is not ours.
func engineFault(err *error, pattern string) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("tokenize: pattern %.200q: %v", pattern, p)
	}
}

func (x regex) all(dst []match, text []byte) (_ []match, err error) {
	defer engineFault(&err, x.re.String())
	start := time.Now()
	runes := []rune(string(text))
	at, char := 0, 0 // the same place in bytes and in characters
	place := func(c int) int {
		for ; char < c; char++ {
			_, n := utf8.DecodeRune(text[at:]) // of what is no UTF-8 each byte is a character
			at += n
		}
		return at
	}
	m, err := x.re.FindRunesMatch(runes)
	for ; m != nil && err == nil && time.Since(start) < x.most; m, err = x.re.FindNextMatch(m) {
		from := place(m.Index)
		dst = append(dst, match{from, place(m.Index + m.Length)})
	}
	if m != nil || err != nil { // the engine's own words hold the whole text
		return dst, fmt.Errorf("tokenize: pattern %.200q: gave up after %v in a text of %d bytes: it backtracks too much", x.re.String(), x.most, len(text))
	}
	return dst, nil
}
