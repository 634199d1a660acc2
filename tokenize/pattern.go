package tokenize

import (
	"bytes"
	"fmt"
	"strings"
	"time"

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

// regex is a pattern that is none of the known ones: exact, and ten to a hundred times slower. It is run by a backtracking engine,
// since such patterns look ahead.
type regex struct{ re *regexp2.Regexp }

// regexTime bounds one search: a pattern that backtracks without end is a fault of the file.
const regexTime = 10 * time.Second

func newRegex(pattern string) (matcher, error) {
	re, err := regexp2.Compile(wordClasses(pattern), regexp2.None)
	if err != nil {
		return nil, fmt.Errorf("tokenize: pattern %q: %w", pattern, err)
	}
	re.MatchTimeout = regexTime
	return regex{re}, nil
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

func (x regex) all(dst []match, text []byte) ([]match, error) {
	runes := []rune(string(text))
	at, char := 0, 0 // the same place in bytes and in characters
	place := func(c int) int {
		for ; char < c; char++ {
			at += len(string(runes[char]))
		}
		return at
	}
	m, err := x.re.FindRunesMatch(runes)
	for ; m != nil && err == nil; m, err = x.re.FindNextMatch(m) {
		from := place(m.Index)
		dst = append(dst, match{from, place(m.Index + m.Length)})
	}
	return dst, err
}
