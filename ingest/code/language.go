package code

import (
	"bytes"
	"strings"
)

const (
	headBytes = 16 << 10 // of a file, what patterns are tried on
	modeLines = 5        // at each end of a file, where editors look for their settings
	modeBytes = 1 << 10  // of such a line
)

// Find gives a language by its name.
func Find(name string) (*Language, bool) {
	l, ok := tables().languages[name]
	return l, ok
}

// Possible reports whether a file with this name may be source of a known language: its name or ending is known, or it has no ending, so
// that its first line may tell. Of an unknown ending no content is looked at.
func Possible(name string) bool {
	base := baseName(name)
	t := tables()
	return len(t.files[base]) > 0 || strings.IndexByte(base, '.') < 0 || len(t.byEnding(base)) > 0
}

// ByName gives the language that a name alone tells; nil if it tells none or leaves several.
func ByName(name string) *Language {
	base := baseName(name)
	t := tables()
	all := t.files[base]
	if len(all) == 0 {
		all = t.byEnding(base)
	}
	if len(all) == 1 {
		return all[0]
	}
	return nil
}

// Of tells the language of a file, in the order of Linguist: the settings of editors, the file's name, the interpreter in the first
// line, the ending, an XML declaration, patterns in the first 16 KiB for an ending that several languages share, and at last the one that
// has more public code. Nil = unknown.
func Of(name string, text []byte) *Language {
	base := baseName(name)
	t := tables()
	if l := t.byModeline(text); l != nil {
		return l
	}
	named := t.files[base]
	if len(named) == 1 {
		return named[0]
	}
	if len(text) > 2 && text[0] == '#' && text[1] == '!' {
		if all := t.interpreters[interpreter(text)]; len(all) == 1 {
			return all[0]
		} else if len(all) > 1 {
			named = all
		}
	}
	ends := t.byEnding(base)
	if len(ends) == 1 {
		return ends[0]
	}
	if len(ends) > 1 {
		named = ends
	}
	if len(named) == 0 {
		if declaresXML(text) {
			return t.languages["XML"]
		}
		return nil
	}
	if i := strings.LastIndexByte(base, '.'); i >= 0 {
		if h := t.rules[strings.ToLower(base[i:])]; h != nil {
			if found := h.match(text); len(found) > 0 {
				named = found
			}
		}
	}
	return mostPopular(named)
}

func mostPopular(all []*Language) *Language {
	best := all[0]
	for _, l := range all[1:] {
		if l.rank > 0 && (best.rank == 0 || l.rank < best.rank) {
			best = l
		}
	}
	return best
}

func baseName(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// byEnding looks at the endings of a name from the longest on: .blade.php before .php.
func (t *languageTables) byEnding(base string) []*Language {
	var buf [64]byte
	for i := 0; i < len(base); i++ {
		if base[i] != '.' {
			continue
		}
		end := base[i:]
		if len(end) > len(buf) {
			continue
		}
		low := buf[:0]
		for j := range len(end) {
			low = append(low, lower(end[j]))
		}
		if all := t.endings[string(low)]; len(all) > 0 {
			return all
		}
	}
	return nil
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// firstLines gives the first n lines of b, of which no more than limit bytes are looked at.
func firstLines(b []byte, n, limit int) []byte {
	b = b[:min(len(b), limit)]
	end := 0
	for range n {
		i := bytes.IndexByte(b[end:], '\n')
		if i < 0 {
			return b
		}
		end += i + 1
	}
	return b[:end]
}

// lastLines gives the last n lines of b, of which no more than limit bytes are looked at.
func lastLines(b []byte, n, limit int) []byte {
	b = b[max(0, len(b)-limit):]
	start := len(b)
	if start > 0 && b[start-1] == '\n' {
		start--
	}
	for range n {
		i := bytes.LastIndexByte(b[:start], '\n')
		if i < 0 {
			return b
		}
		start = i
	}
	return b[start+1:]
}

func declaresXML(text []byte) bool {
	return bytes.Contains(firstLines(text, 2, modeBytes), []byte("<?xml version="))
}

// interpreter is the program of the line "#!…", without folder and version; "" if there is none.
func interpreter(text []byte) string {
	line := firstLines(text, 1, modeBytes)[2:]
	fields := bytes.Fields(line)
	if len(fields) == 0 {
		return ""
	}
	name := fields[0][bytes.LastIndexByte(fields[0], '/')+1:]
	if string(name) == "env" {
		fields = fields[1:]
		for len(fields) > 1 && (fields[0][0] == '-' || bytes.IndexByte(fields[0], '=') > 0) {
			fields = fields[1:]
		}
		if len(fields) == 0 {
			return ""
		}
		name = fields[0][bytes.LastIndexByte(fields[0], '/')+1:]
	}
	switch {
	case string(name) == "sh":
		if other := execInstead(text); other != "" {
			return other
		}
	case string(name) == "osascript" && bytes.Contains(line, []byte("-l")):
		return ""
	case bytes.HasPrefix(name, []byte("python")):
		if i := bytes.IndexByte(name, '.'); i > 0 {
			name = name[:i]
		}
	}
	return string(name)
}

// execInstead finds the program to which a shell script hands itself over at once, as in exec tclsh "$0" "$@".
func execInstead(text []byte) string {
	for line := range bytes.Lines(firstLines(text, modeLines, 4*modeBytes)) {
		_, rest, ok := bytes.Cut(line, []byte("exec "))
		if !ok {
			continue
		}
		i := bytes.Index(rest, []byte("$0"))
		if i > 0 && bytes.Contains(rest[i:], []byte("$@")) {
			n := 0
			for n < len(rest) && isWord(rest[n]) {
				n++
			}
			return string(rest[:n])
		}
	}
	return ""
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}
