package check

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
)

// fence is a fenced block: its language and what is in it.
var fence = regexp.MustCompile("(?ms)^[ \t]*```([A-Za-z0-9+#-]*)[ \t]*\n(.*?)^[ \t]*```[ \t]*$")

// fenced is the first fenced block of a text.
func fenced(text string) (inside, lang string, ok bool) {
	m := fence.FindStringSubmatch(text)
	if m == nil {
		return "", "", false
	}
	return m[2], strings.ToLower(m[1]), true
}

// other names of languages.
var languages = map[string]string{"golang": "go", "py": "python", "python3": "python", "js": "javascript", "ts": "typescript", "sh": "bash", "shell": "bash",
	"c++": "cpp", "rs": "rust", "yml": "yaml"}

func language(s string) string {
	s = strings.ToLower(s)
	if long, ok := languages[s]; ok {
		return long
	}
	return s
}

// holdsCode wants a fenced block of the language whose text could be of it: Go must parse, as a file, declarations or statements; of other
// languages, brackets and quotes must be balanced.
func holdsCode(c Check, text string) error {
	inside, lang, ok := fenced(text)
	switch {
	case !ok:
		return errors.New("there is no fenced block")
	case language(lang) != language(c.Lang):
		return fmt.Errorf("the fenced block is of the language %q, want %s", lang, c.Lang)
	case strings.TrimSpace(inside) == "":
		return errors.New("the fenced block is empty")
	case language(c.Lang) == "go":
		return parsesGo(inside)
	}
	return balanced(inside, language(c.Lang))
}

func parsesGo(code string) (err error) {
	for _, around := range [][2]string{{"", ""}, {"package p\n", ""}, {"package p\nfunc _() {\n", "\n}"}} {
		_, e := parser.ParseFile(token.NewFileSet(), "", around[0]+code+around[1], parser.SkipObjectResolution)
		if e == nil {
			return nil
		}
		if err == nil {
			err = e
		}
	}
	return err
}

// comments are what begins a comment to the end of the line.
var comments = map[string]string{"python": "#", "bash": "#", "ruby": "#", "yaml": "#", "toml": "#", "r": "#", "perl": "#", "sql": "--", "lua": "--", "haskell": "--",
	"html": "", "css": "", "xml": "", "json": "", "lisp": ";", "scheme": ";"}

// balanced tells whether all brackets close in order, outside of strings and comments.
func balanced(code, lang string) error {
	comment, ok := comments[lang]
	if !ok {
		comment = "//"
	}
	var open []byte
	closes := map[byte]byte{')': '(', ']': '[', '}': '{'}
	for i := 0; i < len(code); i++ {
		switch b := code[i]; {
		case comment != "" && strings.HasPrefix(code[i:], comment):
			i = lineEnd(code, i)
		case strings.HasPrefix(code[i:], "/*") && comment != "#" && comment != "--":
			k := strings.Index(code[i+2:], "*/")
			if k < 0 {
				return errors.New("a comment does not end")
			}
			i += k + 3
		case lang == "python" && (strings.HasPrefix(code[i:], `"""`) || strings.HasPrefix(code[i:], `'''`)):
			k := strings.Index(code[i+3:], code[i:i+3])
			if k < 0 {
				return errors.New("a string does not end")
			}
			i += k + 5
		case b == '"' || b == '\'' && quotes(lang):
			k := stringEnd(code, i)
			if k < 0 {
				return errors.New("a string does not end in its line")
			}
			i = k
		case b == '(' || b == '[' || b == '{':
			open = append(open, b)
		case closes[b] != 0:
			if len(open) == 0 || open[len(open)-1] != closes[b] {
				return fmt.Errorf("%q closes nothing", b)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return fmt.Errorf("%q does not close", open[len(open)-1])
	}
	return nil
}

// quotes tells whether an apostrophe begins a string: not in prose, as HTML has it, nor before one of Rust's lifetimes.
func quotes(lang string) bool {
	switch lang {
	case "html", "xml", "rust", "haskell", "lisp", "scheme", "sql", "yaml":
		return false
	}
	return true
}

func lineEnd(s string, i int) int {
	if k := strings.IndexByte(s[i:], '\n'); k >= 0 {
		return i + k
	}
	return len(s)
}

// stringEnd is where the string that begins at i ends; -1 if it does not in its line.
func stringEnd(s string, i int) int {
	for k := i + 1; k < len(s) && s[k] != '\n'; k++ {
		switch s[k] {
		case '\\':
			k++
		case s[i]:
			return k
		}
	}
	return -1
}
