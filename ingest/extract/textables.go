package extract

import "strings"

// texMacro is a user's command.
type texMacro struct {
	params []texParam
	body   string // holds #1 to #9
	let    string // instead of a body: the command of TeX or LaTeX that it stands for
	at     bool   // "@" was a letter when it was defined
	inner  bool   // the body uses commands with "@" in their names
}

// texParam is how one argument is read, in the letters of xparse; 'u' and 'l' are what \def needs.
type texParam struct {
	kind  byte   // 'm', 'o' (in brackets, with or without a default), 'd' (between a and b), 't' (a token), 'u' (up to text), 'l' (text)
	a, b  byte   // of 'd' and 't'
	text  string // of 'u' and 'l'; the default of 'o' and 'd'
	given bool   // there is a default
}

const noValue = `\NoValue`

var mandatory = [9]texParam{{kind: 'm'}, {kind: 'm'}, {kind: 'm'}, {kind: 'm'}, {kind: 'm'}, {kind: 'm'}, {kind: 'm'}, {kind: 'm'}, {kind: 'm'}}

// texEnv is a user's environment.
type texEnv struct {
	params     []texParam
	begin, end string
	at         bool
}

// texTables are what a paper, or the preamble that it shares with others, defines.
type texTables struct {
	macros     map[string]*texMacro
	envs       map[string]*texEnv
	theorems   map[string]string // what they are called on paper
	flags      map[string]bool   // of \newif
	toggles    map[string]bool
	counters   map[string]int
	acronyms   map[string]string
	shorthands map[string]string  // of babel: a sign and what follows it
	mathActive []byte             // characters that are macros in formulas
	inside     map[string]bool    // the names with "@" that bodies define
	active     map[[2]byte]string // what active characters in formulas were found to stand for, with the letter behind them
	below      *texTables
}

func newTexTables() *texTables {
	return &texTables{macros: map[string]*texMacro{}, envs: map[string]*texEnv{}, theorems: map[string]string{}, flags: map[string]bool{},
		toggles: map[string]bool{}, counters: map[string]int{}, acronyms: map[string]string{}, shorthands: map[string]string{}, inside: map[string]bool{}}
}

// reset forgets everything and keeps the memory.
func (t *texTables) reset() {
	clear(t.macros)
	clear(t.envs)
	clear(t.theorems)
	clear(t.flags)
	clear(t.toggles)
	clear(t.counters)
	clear(t.acronyms)
	clear(t.shorthands)
	clear(t.inside)
	t.mathActive, t.active, t.below = t.mathActive[:0], nil, nil
}

// size is roughly how many bytes the definitions hold.
func (t *texTables) size() int {
	n := 256 * (len(t.envs) + len(t.theorems) + len(t.inside))
	for _, m := range t.macros {
		n += 256 + len(m.body)
	}
	return n
}

func (t *texTables) macro(name string) *texMacro {
	for ; t != nil; t = t.below {
		if m, ok := t.macros[name]; ok {
			return m
		}
	}
	return nil
}

// note keeps the names with "@" that a body defines when it is run.
func (t *texTables) note(body string) {
	for _, word := range [...]string{`def\`, `\let\`} {
		for s := body; len(t.inside) < maxTexMacros; {
			i := strings.Index(s, word)
			if i < 0 {
				break
			}
			s = s[i+len(word):]
			n := 0
			for n < len(s) && (bclass[s[n]]&cAlpha != 0 || s[n] == '@') {
				n++
			}
			t.inside[s[:n]] = true
		}
	}
}

func (t *texTables) made(name string) bool {
	for ; t != nil; t = t.below {
		if t.inside[name] {
			return true
		}
	}
	return false
}

func (t *texTables) env(name string) *texEnv {
	for ; t != nil; t = t.below {
		if e, ok := t.envs[name]; ok {
			return e
		}
	}
	return nil
}

func (t *texTables) theorem(name string) (string, bool) {
	for ; t != nil; t = t.below {
		if s, ok := t.theorems[name]; ok {
			return s, true
		}
	}
	return "", false
}

func (t *texTables) flag(name string) (on, known bool) {
	for ; t != nil; t = t.below {
		if on, ok := t.flags[name]; ok {
			return on, true
		}
	}
	return false, false
}

func (t *texTables) toggle(name string) bool {
	for ; t != nil; t = t.below {
		if on, ok := t.toggles[name]; ok {
			return on
		}
	}
	return false
}

func (t *texTables) counter(name string) int {
	for ; t != nil; t = t.below {
		if n, ok := t.counters[name]; ok {
			return n
		}
	}
	return 0
}

func (t *texTables) acronym(name string) string {
	for ; t != nil; t = t.below {
		if s, ok := t.acronyms[name]; ok {
			return s
		}
	}
	return ""
}
