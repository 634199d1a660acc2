package code

import (
	"bytes"
	"strings"
)

// byModeline reads the settings of Emacs (-*- mode: c++ -*-) and Vim (vim: ft=cpp) in the first and last lines.
func (t *languageTables) byModeline(text []byte) *Language {
	head := firstLines(text, modeLines, modeLines*modeBytes)
	if l := t.editorSays(head); l != nil {
		return l
	}
	if len(head) == len(text) {
		return nil
	}
	return t.editorSays(lastLines(text[len(head):], modeLines, modeLines*modeBytes))
}

func (t *languageTables) editorSays(lines []byte) *Language {
	if i := bytes.Index(lines, []byte("-*-")); i >= 0 {
		if l := t.aliased(emacsMode(lines[i+3:])); l != nil {
			return l
		}
	}
	if bytes.Contains(lines, []byte("vi")) || bytes.Contains(lines, []byte("ex:")) {
		for line := range bytes.Lines(lines) {
			if l := t.aliased(vimType(line)); l != nil {
				return l
			}
		}
	}
	return nil
}

// aliased finds a language by any of its names, whatever their case.
func (t *languageTables) aliased(name string) *Language {
	if name == "" || len(name) > 64 {
		return nil
	}
	return t.aliases[strings.ReplaceAll(strings.ToLower(name), " ", "_")]
}

// emacsMode reads what follows a first -*-: one name alone, or the variable mode among others.
func emacsMode(rest []byte) string {
	line := firstLines(rest, 1, modeBytes)
	i := bytes.Index(line, []byte("-*-"))
	if i < 0 {
		return ""
	}
	vars := string(bytes.TrimSpace(line[:i]))
	if !strings.Contains(vars, ":") {
		return vars
	}
	for v := range strings.SplitSeq(vars, ";") {
		key, value, _ := strings.Cut(v, ":")
		if strings.EqualFold(strings.TrimSpace(key), "mode") {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// vimType reads the file type of a line with "vi:", "vim:" or "ex:". Two that differ tell nothing.
func vimType(line []byte) string {
	line = line[:min(len(line), modeBytes)]
	rest := afterVim(line)
	if rest == nil {
		return ""
	}
	found := ""
	for _, f := range bytes.FieldsFunc(rest, func(r rune) bool { return r == ' ' || r == '\t' || r == ':' || r == '\n' || r == '\r' }) {
		key, value, ok := bytes.Cut(f, []byte("="))
		if !ok {
			continue
		}
		switch string(bytes.ToLower(key)) {
		case "ft", "filetype", "syntax":
			if found != "" && found != string(value) {
				return ""
			}
			found = string(value)
		}
	}
	return found
}

// afterVim gives what follows the word that Vim looks for: vi, vim or ex, alone or after white space, and a colon. Nil = there is none.
func afterVim(line []byte) []byte {
	for i := 0; ; {
		j := bytes.IndexByte(line[i:], ':')
		if j < 0 {
			return nil
		}
		i += j
		word := bytes.TrimRight(line[:i], " \t")
		word = word[bytes.LastIndexAny(word, " \t")+1:]
		word = bytes.TrimRight(word, "0123456789")
		word = bytes.TrimRight(word, "<>=")
		switch string(word) {
		case "vi", "vim", "ex":
			return line[i+1:]
		}
		i++
	}
}
