package code

import (
	"bytes"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
)

// heuristic tells the languages of one ending apart. Its patterns are compiled when the first such file comes.
type heuristic struct {
	sources []ruleSource
	once    sync.Once
	rules   []rule
}

// ruleSource is a rule as it was written: patterns with "+" before those that must match, "-" before those that must not.
type ruleSource struct {
	languages []*Language
	patterns  []string
}

type rule struct {
	languages []*Language
	tests     []test
}

type test struct {
	not bool
	any []pattern
}

// pattern is a regular expression that is only tried where the text has one of the literals, any of which it needs; these are in small
// letters, as is the text that they are looked for in. No literals = it is always tried.
type pattern struct {
	literals [][]byte
	whole    bool // it speaks of the start or end of the text
	re       *regexp.Regexp
}

var scratch = sync.Pool{New: func() any { b := make([]byte, 0, headBytes); return &b }}

// match gives the languages of the first rule that holds.
func (h *heuristic) match(text []byte) []*Language {
	h.once.Do(h.compile)
	if len(text) > headBytes {
		text = text[:headBytes]
		if i := bytes.LastIndexByte(text, '\n'); i > 0 {
			text = text[:i+1]
		}
	}
	if len(h.rules) > 0 && len(h.rules[0].tests) == 0 {
		return h.rules[0].languages
	}
	buf := scratch.Get().(*[]byte)
	defer scratch.Put(buf)
	low := append((*buf)[:0], text...)
	for i, c := range low {
		if c-'A' < 26 {
			low[i] = c + 'a' - 'A'
		}
	}
	*buf = low
	for _, r := range h.rules {
		if r.holds(text, low) {
			return r.languages
		}
	}
	return nil
}

func (r *rule) holds(text, low []byte) bool {
	for _, t := range r.tests {
		if t.holds(text, low) == t.not {
			return false
		}
	}
	return true
}

func (t *test) holds(text, low []byte) bool {
	for _, p := range t.any {
		if p.matches(text, low) {
			return true
		}
	}
	return false
}

// matches tries the expression on the lines around each literal. A match over more lines than that is not seen, unless the expression
// has no literals.
func (p *pattern) matches(text, low []byte) bool {
	if len(p.literals) == 0 {
		return p.re.Match(text)
	}
	for _, l := range p.literals {
		for from := 0; ; {
			i := bytes.Index(low[from:], l)
			if i < 0 {
				break
			}
			if p.whole {
				return p.re.Match(text)
			}
			start, end := around(text, from+i, from+i+len(l))
			if p.re.Match(text[start:end]) {
				return true
			}
			from = end
		}
	}
	return false
}

// around widens a place to whole lines and one line on each side.
func around(text []byte, start, end int) (int, int) {
	for range 2 {
		start = max(0, bytes.LastIndexByte(text[:start], '\n'))
		if i := bytes.IndexByte(text[end:], '\n'); i >= 0 {
			end += i + 1
		} else {
			end = len(text)
		}
	}
	if start > 0 {
		start++
	}
	return start, end
}

// compile gives each branch of a pattern its own literals: most branches are never tried.
func (h *heuristic) compile() {
	for _, s := range h.sources {
		r := rule{languages: s.languages}
		for _, p := range s.patterns {
			re, err := syntax.Parse("(?m)"+p[1:], syntax.Perl)
			if err != nil {
				panic("code: linguist.tsv: " + err.Error()) // a test compiles them all
			}
			branches := []*syntax.Regexp{re}
			if re.Op == syntax.OpAlternate {
				branches = re.Sub
			}
			t := test{not: p[0] == '-'}
			for _, b := range branches {
				q := pattern{re: regexp.MustCompile(b.String()), whole: hasEnds(b)}
				for _, l := range needs(b) {
					q.literals = append(q.literals, []byte(l))
				}
				t.any = append(t.any, q)
			}
			r.tests = append(r.tests, t)
		}
		h.rules = append(h.rules, r)
	}
}

const maxLiterals = 40 // more cost more than the pattern

// needs gives literals of which a match has at least one; nil if none are known.
func needs(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		s := string(re.Rune)
		for i := range len(s) {
			if s[i] >= 0x80 {
				return nil
			}
		}
		return []string{strings.ToLower(s)}
	case syntax.OpCapture, syntax.OpPlus:
		return needs(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return needs(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []string
		for _, s := range re.Sub {
			if n := needs(s); shortest(n) > shortest(best) {
				best = n
			}
		}
		return best
	case syntax.OpAlternate:
		var all []string
		for _, s := range re.Sub {
			n := needs(s)
			if len(n) == 0 || len(all)+len(n) > maxLiterals {
				return nil
			}
			all = append(all, n...)
		}
		return all
	}
	return nil
}

// hasEnds reports whether an expression asks for the start or end of the text.
func hasEnds(re *syntax.Regexp) bool {
	return re.Op == syntax.OpBeginText || re.Op == syntax.OpEndText || slices.ContainsFunc(re.Sub, hasEnds)
}

func shortest(all []string) int {
	if len(all) == 0 {
		return 0
	}
	n := len(all[0])
	for _, s := range all[1:] {
		n = min(n, len(s))
	}
	return n
}
