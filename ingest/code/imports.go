package code

import (
	"bytes"
	"strings"
)

const importBytes = 64 << 10 // of a file, where its imports are looked for

// imports calls found for each import of a text, as far as lines alone tell, until it gives false.
func imports(language string, text []byte, found func(what string) bool) {
	text = text[:min(len(text), importBytes)]
	scan := map[string]func(line string, s *importState) []string{
		"Go": goImports, "Python": pythonImports, "Cython": pythonImports, "JavaScript": scriptImports, "TypeScript": scriptImports, "TSX": scriptImports,
		"Vue": scriptImports, "Svelte": scriptImports, "Java": javaImports, "Kotlin": javaImports, "Scala": javaImports, "Groovy": javaImports,
		"C": includes, "C++": includes, "Objective-C": includes, "Objective-C++": includes, "Cuda": includes, "Rust": rustImports,
	}[language]
	if scan == nil {
		return
	}
	var s importState
	for line := range bytes.Lines(text) {
		if len(line) > 1000 {
			continue
		}
		for _, what := range scan(strings.TrimSpace(string(line)), &s) {
			if what != "" && !found(what) {
				return
			}
		}
		if s.done {
			return
		}
	}
}

type importState struct {
	block bool // within import ( … )
	done  bool
}

func goImports(line string, s *importState) []string {
	switch {
	case s.block && strings.HasPrefix(line, ")"):
		s.block = false
	case s.block:
		return []string{between(line, '"')}
	case strings.HasPrefix(line, "import ("):
		s.block = true
	case strings.HasPrefix(line, "import "):
		return []string{between(line, '"')}
	case strings.HasPrefix(line, "func "), strings.HasPrefix(line, "type "), strings.HasPrefix(line, "var "), strings.HasPrefix(line, "const "):
		s.done = true
	}
	return nil
}

// between gives what stands within the first pair of quotes.
func between(s string, quote byte) string {
	_, rest, ok := strings.Cut(s, string(quote))
	in, _, closed := strings.Cut(rest, string(quote))
	if !ok || !closed {
		return ""
	}
	return in
}

func pythonImports(line string, _ *importState) (all []string) {
	if rest, ok := strings.CutPrefix(line, "from "); ok {
		from, names, ok := strings.Cut(rest, " import ")
		if !ok {
			return nil
		}
		from = strings.TrimSpace(from)
		for n := range strings.SplitSeq(strings.Trim(names, "() \\"), ",") {
			n, _, _ = strings.Cut(strings.TrimSpace(n), " ")
			if n == "" || n == "*" || !plainWord(n) {
				n = ""
			}
			switch {
			case n == "":
				all = append(all, from)
			case strings.HasSuffix(from, "."):
				all = append(all, from+n)
			default:
				all = append(all, from+"."+n)
			}
		}
		return all
	}
	for _, p := range []string{"import ", "cimport "} {
		if rest, ok := strings.CutPrefix(line, p); ok {
			for n := range strings.SplitSeq(rest, ",") {
				n, _, _ = strings.Cut(strings.TrimSpace(n), " ")
				if plainWord(n) {
					all = append(all, n)
				}
			}
		}
	}
	return all
}

func scriptImports(line string, _ *importState) []string {
	i := -1
	for _, word := range []string{" from ", "require(", "import(", "import "} {
		if i = strings.LastIndex(line, word); i >= 0 {
			line = line[i+len(word):]
			break
		}
	}
	if i < 0 {
		return nil
	}
	line = strings.TrimLeft(line, " ")
	if line == "" || line[0] != '"' && line[0] != '\'' && line[0] != '`' {
		return nil
	}
	return []string{between(line, line[0])}
}

func javaImports(line string, _ *importState) []string {
	rest, ok := strings.CutPrefix(line, "import ")
	if !ok {
		return nil
	}
	rest = strings.TrimPrefix(rest, "static ")
	rest, _, _ = strings.Cut(rest, ";")
	rest, _, _ = strings.Cut(strings.TrimSpace(rest), " ")
	return []string{rest, rest[:max(0, strings.LastIndexByte(rest, '.'))]} // or a member of it
}

func includes(line string, _ *importState) []string {
	if !strings.HasPrefix(line, "#") {
		return nil
	}
	line = strings.TrimLeft(line[1:], " \t")
	if !strings.HasPrefix(line, "include") && !strings.HasPrefix(line, "import") {
		return nil
	}
	if what := between(line, '"'); what != "" {
		return []string{what}
	}
	_, rest, _ := strings.Cut(line, "<")
	what, _, _ := strings.Cut(rest, ">")
	if !strings.Contains(what, "/") {
		return nil // of the system
	}
	return []string{what}
}

func rustImports(line string, _ *importState) []string {
	for _, p := range []string{"pub(crate) ", "pub(super) ", "pub "} {
		line = strings.TrimPrefix(line, p)
	}
	if m, ok := strings.CutPrefix(line, "mod "); ok {
		if m, ok = strings.CutSuffix(m, ";"); ok {
			return []string{"mod:" + strings.TrimSpace(m)}
		}
	}
	if u, ok := strings.CutPrefix(line, "use "); ok {
		u = strings.TrimRight(u, ";")
		if i := strings.IndexAny(u, "{* "); i >= 0 {
			u = u[:i]
		}
		return []string{strings.TrimSuffix(u, "::")}
	}
	return nil
}

// goModule reads the module's path of a go.mod file.
func goModule(text []byte) string {
	for line := range bytes.Lines(text[:min(len(text), importBytes)]) {
		if m, ok := strings.CutPrefix(strings.TrimSpace(string(line)), "module "); ok {
			return strings.Trim(strings.TrimSpace(m), `"`)
		}
	}
	return ""
}
