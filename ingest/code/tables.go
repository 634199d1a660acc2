package code

import (
	_ "embed"
	"strings"
	"sync"
)

// linguist holds the names, endings, interpreters, aliases and rules of GitHub's Linguist (MIT license, copyright GitHub, Inc.) as
// go-enry has them. go-enry itself compiles all its patterns and fills 16 MB when a program starts; this is read when it is needed.
//
//go:embed linguist.tsv
var linguist string

// additions are what Linguist lacks, in the same form.
const additions = "L\tDevice Tree\tprogramming\nE\t.dts\tDevice Tree\nE\t.dtsi\tDevice Tree\nE\t.bazel\tStarlark\nE\t.ac\tM4Sugar\nE\t.text\tText\n" +
	"F\tREADME\tText\nF\tCHANGES\tText\nF\tCHANGELOG\tText\nF\tHACKING\tText\n"

// Kind says what a language is for.
type Kind uint8

// The kinds that Linguist tells apart.
const (
	Programming Kind = iota + 1
	Markup
	Prose
	Data
)

var kinds = map[string]Kind{"programming": Programming, "markup": Markup, "prose": Prose, "data": Data}

// Language is a language of source files, under the name that Linguist gives it.
type Language struct {
	Name string
	Kind Kind
	rank int // among the popular, from 1; 0 = it is not
}

type languageTables struct {
	languages, aliases           map[string]*Language
	files, endings, interpreters map[string][]*Language
	rules                        map[string]*heuristic
}

// tables are parsed once, when the first file is looked at: about a millisecond.
var tables = sync.OnceValue(func() *languageTables {
	t := &languageTables{
		languages: map[string]*Language{}, aliases: map[string]*Language{},
		files: map[string][]*Language{}, endings: map[string][]*Language{}, interpreters: map[string][]*Language{},
		rules: map[string]*heuristic{},
	}
	rank := map[string]int{}
	for i, name := range popular {
		rank[name] = i + 1
	}
	var last *heuristic
	for line := range strings.Lines(linguist + additions) {
		c := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch c[0] {
		case "L":
			t.languages[c[1]] = &Language{c[1], kinds[c[2]], rank[c[1]]}
		case "F":
			t.files[c[1]] = t.all(c[2:])
		case "E":
			t.endings[c[1]] = t.all(c[2:])
		case "I":
			t.interpreters[c[1]] = t.all(c[2:])
		case "A":
			t.aliases[c[1]] = t.languages[c[2]]
		case "H":
			last = new(heuristic)
			t.rules[c[1]] = last
		case "R":
			last.sources = append(last.sources, ruleSource{t.all(strings.Split(c[1], ",")), c[2:]})
		}
	}
	return t
})

func (t *languageTables) all(names []string) []*Language {
	langs := make([]*Language, len(names))
	for i, n := range names {
		langs[i] = t.languages[n]
	}
	return langs
}

// popular orders the languages that have most public code: where a name and the content leave several, the first of these is taken.
var popular = []string{
	"JavaScript", "Python", "Java", "C", "C++", "PHP", "C#", "TypeScript", "Go", "HTML", "CSS", "Ruby", "Rust", "Shell", "Swift", "Kotlin",
	"MATLAB", "Objective-C", "Scala", "Perl", "Lua", "R", "Haskell", "Dart", "Julia", "Assembly", "Fortran", "Pascal", "Verilog", "VHDL", "SQL",
	"Visual Basic .NET", "Visual Basic 6.0", "F#", "OCaml", "Common Lisp", "Erlang", "Elixir", "Scheme", "D", "Prolog", "Makefile", "Markdown",
	"JSON", "YAML", "XML", "TeX", "INI", "Text", "Roff", "Lex", "Yacc", "GLSL", "Smarty", "M4", "Linker Script", "PostScript", "Batchfile",
}
