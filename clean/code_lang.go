package clean

import (
	"fmt"
	"path"
	"strings"
	"sync"

	"github.com/seed-83c59573/quern"
)

// codeLang is a language of files: by Linguist's name, in lower case, as ingest writes it into Doc.Meta.
type codeLang struct {
	name  string
	style *lexStyle
}

// codeLangs is the table of languages whose comments are known, "name: ending ending".
var codeLangs = []struct {
	style *lexStyle
	list  string
}{
	{&styleC, "c: .c .h|c++: .cpp .cc .cxx .hpp .hh .hxx .ino|cuda: .cu .cuh|objective-c: .m|objective-c++: .mm|glsl: .glsl .vert .frag|hlsl: .hlsl|metal: .metal"},
	{&styleC, "opencl: .cl|arduino: .pde|verilog: .v|systemverilog: .sv .svh|protocol buffer: .proto|thrift: .thrift|solidity: .sol|yacc: .y|lex: .l"},
	{&styleJava, "java: .java|groovy: .groovy .gradle|kotlin: .kt .kts|dart: .dart|apex: .apex"},
	{&styleSharp, "c#: .cs"},
	{&styleScript, "javascript: .js .mjs .cjs .jsx|typescript: .ts .mts .cts|tsx: .tsx|actionscript: .as|qml: .qml|vue: .vue|svelte: .svelte|json with comments: .jsonc|json5: .json5"},
	{&styleGo, "go: .go"},
	{&styleRust, "rust: .rs|zig: .zig|move: .move"},
	{&styleNested, "swift: .swift|scala: .scala .sc|d: .d|pony: .pony"},
	{&stylePHP, "php: .php|hack: .hack"},
	{&styleCSS, "css: .css"},
	{&styleSCSS, "scss: .scss|less: .less|sass: .sass|stylus: .styl"},
	{&stylePython, "python: .py .pyi .pyw .pyx|starlark: .bzl .star|gdscript: .gd|cython: .pxd|coffeescript: .coffee"},
	{&styleRuby, "ruby: .rb .rake .gemspec|crystal: .cr"},
	{&stylePerl, "perl: .pl .pm .t|raku: .raku"},
	{&styleShell, "shell: .sh .bash .zsh .ksh|fish: .fish"},
	{&styleHash, "makefile: .mk .mak|yaml: .yaml .yml|toml: .toml|dockerfile: .dockerfile|r: .r|nix: .nix|awk: .awk|graphql: .graphql|elixir: .ex .exs"},
	{&styleHash, "meson: .meson|gnuplot: .gp|java properties: .properties|gn: .gn|puppet: .pp"},
	{&styleCMake, "cmake: .cmake"},
	{&styleIni, "ini: .ini .cfg"},
	{&styleTcl, "tcl: .tcl"},
	{&styleGas, "unix assembly: .s|gas: .gas"},
	{&styleHashC, "hcl: .tf .hcl|jsonnet: .jsonnet .libsonnet|cue: .cue"},
	{&styleJulia, "julia: .jl"},
	{&styleNim, "nim: .nim"},
	{&stylePowerShell, "powershell: .ps1 .psm1"},
	{&styleSQL, "sql: .sql|plpgsql: .pgsql|plsql: .pls .pck|tsql: .tsql"},
	{&styleMarkup, "html: .html .htm .xhtml|xml: .xml .xsd .xsl .xslt .svg .plist|markdown: .md .markdown|maven pom: .pom"},
	{&styleLisp, "common lisp: .lisp .lsp|emacs lisp: .el|scheme: .scm .ss|racket: .rkt|clojure: .clj .cljs .cljc .edn|fennel: .fnl|hy: .hy"},
	{&styleWasm, "webassembly: .wat .wast"},
	{&styleHaskell, "haskell: .hs|elm: .elm|purescript: .purs|idris: .idr|agda: .agda|lean: .lean"},
	{&styleLua, "lua: .lua|moonscript: .moon"},
	{&styleML, "ocaml: .ml .mli|standard ml: .sml|f#: .fs .fsi .fsx|coq: .coq"},
	{&stylePascal, "pascal: .pas .dpr .lpr|component pascal: .cps"},
	{&styleDash, "ada: .ada .adb .ads|vhdl: .vhd .vhdl|eiffel: .e"},
	{&stylePercent, "erlang: .erl .hrl|prolog: .pro .prolog|mercury: .mercury"},
	{&styleTeX, "tex: .tex .sty .cls .bib .ltx|matlab: .matlab|postscript: .ps|metapost: .mp"},
	{&styleFortran, "fortran: .f .for|fortran free form: .f90 .f95 .f03 .f08"},
	{&styleBasic, "visual basic .net: .vb|vba: .bas|vbscript: .vbs|visual basic 6.0: .frm"},
	{&styleAssembly, "assembly: .asm .nasm|llvm: .ll|autohotkey: .ahk"},
	{&styleNone, "json: .json|text: .txt|csv: .csv|restructuredtext: .rst|roff: .roff .1 .3|roff manpage: .man|smt: .smt2|web ontology language: .owl|graphviz (dot): .dot .gv"},
	{&styleNone, "diff: .diff .patch|tsv: .tsv|jupyter notebook: .ipynb|geojson: .geojson|jsonld: .jsonld"},
}

type codeLangTable struct {
	byName, byEnding map[string]*codeLang
}

var codeLanguages = sync.OnceValue(func() *codeLangTable {
	t := &codeLangTable{map[string]*codeLang{}, map[string]*codeLang{}}
	for _, group := range codeLangs {
		for _, entry := range strings.Split(group.list, "|") {
			name, endings, _ := strings.Cut(entry, ": ")
			list := strings.Fields(endings)
			l := &codeLang{name, group.style}
			t.byName[name] = l
			for _, e := range list {
				t.byEnding[e] = l
			}
		}
	}
	for alias, name := range map[string]string{"golang": "go", "js": "javascript", "py": "python", "cpp": "c++", "csharp": "c#", "bash": "shell"} {
		t.byName[alias] = t.byName[name]
	}
	return t
})

// unknownLang is that of files which neither Meta nor the ending tells.
var unknownLang = &codeLang{style: &styleNone}

// codeFile tells the language of a document and its ending. It goes by "language" (or "lang", "programming_language") in Doc.Meta, else
// by the ending of "path" there or of Doc.Origin.
type codeFile struct {
	lang   *codeLang
	told   bool   // Meta told the language
	ending []byte // in lower case, with its dot
	name   []byte // scratch
}

func (f *codeFile) set(d *quern.Doc) {
	t := codeLanguages()
	f.lang, f.told = unknownLang, false
	f.ending = appendEnding(f.ending[:0], d)
	if l := t.byEnding[string(f.ending)]; l != nil {
		f.lang = l
	}
	if len(d.Meta) == 0 {
		return
	}
	for _, key := range [...]string{"language", "lang", "programming_language"} {
		v, ok := metaString(d.Meta, key)
		if !ok {
			continue
		}
		f.name = appendLower(f.name[:0], v)
		if l := t.byName[string(f.name)]; l != nil {
			f.lang, f.told = l, true
			return
		}
	}
}

// appendEnding appends the ending of the document's path in lower case, with its dot; nothing if it has none.
func appendEnding(dst []byte, d *quern.Doc) []byte {
	if p, ok := metaString(d.Meta, "path"); ok {
		dot := len(p)
		for i := len(p) - 1; i >= 0 && p[i] != '/'; i-- {
			if p[i] == '.' {
				dot = i
				break
			}
		}
		if dot < len(p) {
			return appendLower(dst, p[dot:])
		}
	}
	ext := path.Ext(d.Origin)
	for i := range len(ext) {
		c := ext[i]
		if c-'A' < 26 {
			c |= 0x20
		}
		dst = append(dst, c)
	}
	return dst
}

// kinds is a set of files, given by endings: it has files that end so, and those whose language, if Meta tells it, is known by one of them.
type kinds struct {
	endings map[string]bool
	langs   map[*codeLang]bool
}

func newKinds(rule string, list []string) (k kinds, err error) {
	k = kinds{map[string]bool{}, map[*codeLang]bool{}}
	t := codeLanguages()
	for _, e := range list {
		if !strings.HasPrefix(e, ".") || strings.ToLower(e) != e {
			return k, fmt.Errorf("clean: %s: extension %q: want a dot and lower case", rule, e)
		}
		k.endings[e] = true
		if l := t.byEnding[e]; l != nil {
			k.langs[l] = true
		}
	}
	return k, nil
}

func (k *kinds) has(f *codeFile) bool {
	if f.told {
		return k.langs[f.lang]
	}
	return k.endings[string(f.ending)]
}

// languageSet is a set of languages by name; nil has all whose comments are known.
func languageSet(rule string, names []string) (map[*codeLang]bool, error) {
	if len(names) == 0 {
		return nil, nil
	}
	set := map[*codeLang]bool{}
	for _, n := range names {
		l := codeLanguages().byName[strings.ToLower(n)]
		if l == nil {
			return nil, fmt.Errorf("clean: %s: language %q is not known", rule, n)
		}
		set[l] = true
	}
	return set, nil
}

// metaString finds the string under a key at the top of a JSON object, as it stands there: escapes are not resolved.
func metaString(meta []byte, key string) ([]byte, bool) {
	v, ok := metaValue(meta, key)
	if !ok || len(v) < 2 || v[0] != '"' {
		return nil, false
	}
	return v[1 : len(v)-1], true
}

// metaValue finds what stands under a key at the top of a JSON object: a string with its quotes, or what goes up to the next comma or
// bracket.
func metaValue(meta []byte, key string) ([]byte, bool) {
	depth := 0
	for i := 0; i < len(meta); i++ {
		switch meta[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			end := endOfString(meta, i+1)
			if end < 0 {
				return nil, false
			}
			name := meta[i+1 : end]
			for i = end + 1; i < len(meta) && (meta[i] == ' ' || meta[i] == ':'); i++ {
			}
			if depth != 1 || string(name) != key || !isColon(meta[end+1:i]) {
				i--
				continue
			}
			from := i
			if i < len(meta) && meta[i] == '"' {
				if end = endOfString(meta, i+1); end < 0 {
					return nil, false
				}
				return meta[from : end+1], true
			}
			for i < len(meta) && meta[i] != ',' && meta[i] != '}' && meta[i] != ']' {
				i++
			}
			return meta[from:i], i > from
		}
	}
	return nil, false
}

func isColon(b []byte) bool {
	for _, c := range b {
		if c == ':' {
			return true
		}
	}
	return false
}

// endOfString is where the string that begins at i ends; -1 if it does not.
func endOfString(b []byte, i int) int {
	for ; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}
