package ingest

import (
	"path"
	"strings"
)

// languageOf names the language of a source file by its name, "" if it is not known. Where one ending serves several languages, the
// one with more public code is taken.
func languageOf(name string) string {
	base := path.Base(name)
	if l, ok := languageByName[base]; ok {
		return l
	}
	ext := path.Ext(base)
	if ext == "" || ext == base {
		return ""
	}
	return languageByExt[strings.ToLower(ext[1:])]
}

func knownLanguage(name string) bool {
	for _, l := range languageByExt {
		if l == name {
			return true
		}
	}
	for _, l := range languageByName {
		if l == name {
			return true
		}
	}
	return false
}

var languageByName = map[string]string{
	"Makefile": "Makefile", "makefile": "Makefile", "GNUmakefile": "Makefile", "Dockerfile": "Dockerfile", "Containerfile": "Dockerfile",
	"CMakeLists.txt": "CMake", "BUILD": "Starlark", "WORKSPACE": "Starlark", "Rakefile": "Ruby", "Gemfile": "Ruby", "Jenkinsfile": "Groovy",
	"go.mod": "Go Module", "go.work": "Go Module", "meson.build": "Meson", "README": "Text", "configure.ac": "M4",
	"requirements.txt": "Requirements",
}

var languageByExt = map[string]string{
	"go": "Go", "c": "C", "h": "C", "cc": "C++", "cpp": "C++", "cxx": "C++", "c++": "C++", "hh": "C++", "hpp": "C++", "hxx": "C++", "inl": "C++",
	"cu": "CUDA", "cuh": "CUDA", "cs": "C#", "fs": "F#", "fsx": "F#", "vb": "Visual Basic", "java": "Java", "kt": "Kotlin", "kts": "Kotlin",
	"scala": "Scala", "sc": "Scala", "groovy": "Groovy", "gradle": "Gradle", "clj": "Clojure", "cljs": "Clojure", "cljc": "Clojure",
	"py": "Python", "pyi": "Python", "pyx": "Cython", "pxd": "Cython", "rb": "Ruby", "erb": "HTML+ERB", "php": "PHP", "pl": "Perl", "pm": "Perl",
	"raku": "Raku", "lua": "Lua", "tcl": "Tcl", "r": "R", "jl": "Julia", "m": "Objective-C", "mm": "Objective-C++", "swift": "Swift", "dart": "Dart",
	"js": "JavaScript", "mjs": "JavaScript", "cjs": "JavaScript", "jsx": "JavaScript", "ts": "TypeScript", "mts": "TypeScript", "cts": "TypeScript",
	"tsx": "TSX", "vue": "Vue", "svelte": "Svelte", "coffee": "CoffeeScript", "elm": "Elm", "purs": "PureScript", "rs": "Rust", "zig": "Zig",
	"nim": "Nim", "d": "D", "v": "Verilog", "sv": "SystemVerilog", "svh": "SystemVerilog", "vhd": "VHDL", "vhdl": "VHDL", "ada": "Ada", "adb": "Ada",
	"ads": "Ada", "pas": "Pascal", "f": "Fortran", "for": "Fortran", "f77": "Fortran", "f90": "Fortran", "f95": "Fortran", "f03": "Fortran", "f08": "Fortran",
	"cob": "COBOL", "cbl": "COBOL", "hs": "Haskell", "lhs": "Literate Haskell", "ml": "OCaml", "mli": "OCaml", "erl": "Erlang", "hrl": "Erlang",
	"ex": "Elixir", "exs": "Elixir", "lisp": "Common Lisp", "lsp": "Common Lisp", "el": "Emacs Lisp", "scm": "Scheme", "ss": "Scheme", "rkt": "Racket",
	"agda": "Agda", "idr": "Idris", "lean": "Lean", "thy": "Isabelle", "pro": "Prolog", "s": "Assembly", "asm": "Assembly", "ll": "LLVM", "wat": "WebAssembly",
	"wgsl": "WGSL", "glsl": "GLSL", "vert": "GLSL", "frag": "GLSL", "hlsl": "HLSL", "metal": "Metal", "sol": "Solidity", "move": "Move",
	"sh": "Shell", "bash": "Shell", "zsh": "Shell", "fish": "Fish", "ps1": "PowerShell", "psm1": "PowerShell", "bat": "Batchfile", "cmd": "Batchfile",
	"awk": "Awk", "sed": "Sed", "sql": "SQL", "graphql": "GraphQL", "proto": "Protocol Buffer", "thrift": "Thrift", "capnp": "Cap'n Proto",
	"cmake": "CMake", "mk": "Makefile", "mak": "Makefile", "bzl": "Starlark", "star": "Starlark", "bazel": "Starlark", "dockerfile": "Dockerfile",
	"tf": "HCL", "hcl": "HCL", "nix": "Nix", "cue": "CUE", "jsonnet": "Jsonnet", "dhall": "Dhall", "rego": "Open Policy Agent",
	"html": "HTML", "htm": "HTML", "xhtml": "HTML", "css": "CSS", "scss": "SCSS", "sass": "Sass", "less": "Less", "styl": "Stylus",
	"xml": "XML", "xsl": "XSLT", "xslt": "XSLT", "xsd": "XML", "svg": "SVG", "json": "JSON", "json5": "JSON5", "yaml": "YAML", "yml": "YAML",
	"toml": "TOML", "ini": "INI", "cfg": "INI", "properties": "Java Properties", "tmpl": "Go Template", "tpl": "Smarty", "j2": "Jinja", "mustache": "Mustache",
	"md": "Markdown", "markdown": "Markdown", "mdx": "MDX", "rst": "reStructuredText", "adoc": "AsciiDoc", "asciidoc": "AsciiDoc", "org": "Org",
	"tex": "TeX", "sty": "TeX", "cls": "TeX", "bib": "BibTeX", "txt": "Text", "text": "Text", "pod": "Pod", "texi": "Texinfo", "ipynb": "Jupyter Notebook",
	"vim": "Vim Script", "diff": "Diff", "patch": "Diff", "y": "Yacc", "yy": "Yacc", "l": "Lex", "g4": "ANTLR", "m4": "M4", "ac": "M4",
	"gd": "GDScript", "hx": "Haxe", "cr": "Crystal", "pony": "Pony", "odin": "Odin", "gleam": "Gleam", "roc": "Roc", "mojo": "Mojo", "st": "Smalltalk",
	"ino": "C++", "ld": "Linker Script", "dts": "Device Tree", "dtsi": "Device Tree", "kicad_sch": "KiCad Schematic", "po": "Gettext", "desktop": "desktop",
}
