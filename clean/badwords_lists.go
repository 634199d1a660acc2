package clean

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// wordLists are lists of words by language, read from a folder laid out as LDNOOBW's: a file for each language, named by its code, an
// entry a line.
type wordLists map[string]*wordList

// wordList finds the entries of one language in a text.
type wordList struct {
	m       *matcher
	inside  bool    // entries count inside of words too: the language is written without spaces
	cased   bool    // entries have letters beyond ASCII: a text must be made small as a whole
	weights []int32 // words of each entry, as wordsIn has them
}

// Of languages without spaces C4 and datatrove look for entries anywhere, and leave out entries that are parts of common words.
var (
	unspaced  = map[string]bool{"ja": true, "th": true, "zh": true}
	tooCommon = map[string]bool{"sm": true, "グロ": true, "女の子": true, "性": true}
)

// isLanguageFile tells files of words from READMEs and licenses.
func isLanguageFile(name string) bool {
	base, _, _ := strings.Cut(name, "-")
	if len(base) < 2 || len(base) > 3 || strings.Contains(name, ".") {
		return false
	}
	for _, c := range []byte(base) {
		if c-'a' >= 26 {
			return false
		}
	}
	return true
}

// languageFiles lists the files of words in a folder, by name; the folder itself if it cannot be read.
func languageFiles(dir string) []string {
	if dir == "" {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return []string{dir}
	}
	var paths []string
	for _, e := range entries {
		if !e.IsDir() && isLanguageFile(e.Name()) {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths
}

func loadWordLists(dir string) (*wordLists, error) {
	if _, err := os.ReadDir(dir); err != nil {
		return nil, err
	}
	lists := wordLists{}
	for _, path := range languageFiles(dir) {
		lang := filepath.Base(path)
		l := &wordList{inside: unspaced[lang]}
		var words []string
		err := eachLine(path, func(_ int, line []byte) error {
			if !utf8.Valid(line) {
				return fmt.Errorf("is not UTF-8")
			}
			w := appendLowerAll(nil, line)
			if tooCommon[string(w)] {
				return nil
			}
			for _, c := range w {
				l.cased = l.cased || c >= 0xC2 && c < 0xE3
			}
			words = append(words, string(w))
			l.weights = append(l.weights, int32(max(1, wordsIn(w))))
			return nil
		})
		if err != nil {
			return nil, err
		}
		if l.m, err = newMatcher(words, true); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		lists[lang] = l
	}
	if len(lists) == 0 {
		return nil, fmt.Errorf("%s: no file is named by a language's code", dir)
	}
	return &lists, nil
}

// of is the list for a language: its own, or that of the language without region and script; nil if there is none.
func (l wordLists) of(lang, fallback string) *wordList {
	if lang == "" {
		lang = fallback
	}
	if w, ok := l[lang]; ok {
		return w
	}
	if base, _, ok := strings.Cut(lang, "-"); ok {
		return l[base]
	}
	return nil
}

// wordFinder counts entries in texts and keeps the memory for it.
type wordFinder struct{ low []byte }

// count tells how many entries there are in a text, none over another, and how many words they have. Entries are whole words, where
// words are letters, digits and _ (Python's \w) in a row, unless the language is written without spaces.
func (f *wordFinder) count(l *wordList, text []byte) (entries, words int) {
	if l.cased {
		f.low = appendLowerAll(f.low[:0], text)
		text = f.low
	}
	for i := l.m.find(text, 0); i >= 0; {
		end, weight := i+1, 0
		if l.inside || wordBegins(text, i) {
			for s := (spot{end: i}); l.m.longer(text, &s); {
				if l.inside || wordEnds(text, s.end) {
					end, weight = s.end, int(l.weights[s.literal])
				}
			}
		}
		if weight > 0 {
			entries++
			words += weight
		}
		i = l.m.find(text, end)
	}
	return entries, words
}

// wordBegins tells whether no part of a word stands before i.
func wordBegins(text []byte, i int) bool {
	if i == 0 {
		return true
	}
	if c := text[i-1]; c < utf8.RuneSelf {
		return !isAlnum(c) && c != '_'
	}
	r, _ := utf8.DecodeLastRune(text[:i])
	return !isWordRune(r)
}

func wordEnds(text []byte, i int) bool {
	if i >= len(text) {
		return true
	}
	if c := text[i]; c < utf8.RuneSelf {
		return !isAlnum(c) && c != '_'
	}
	r, _ := utf8.DecodeRune(text[i:])
	return !isWordRune(r)
}

// wordsIn counts runs of letters, marks and digits; each Han or Hiragana character, and each of Thai, is a word of its own.
func wordsIn(text []byte) (n int) {
	t := runes()
	in := false
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			word := isAlnum(c) || (c == '\'' || c == '_') && in
			if word && !in {
				n++
			}
			in = word
			i++
			continue
		}
		if c >= 0xE4 && c <= 0xE9 { // Han, nearly all of it
			n++
			in = false
			i += 3
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		i += size
		switch class := t.of(r) & classMask; {
		case class == classIdeo || r >= 0x0E00 && r < 0x0E80 && class == classLetter:
			n++
			in = false
		case class == classLetter || class == classDigit || class == classMark:
			if !in {
				n++
			}
			in = true
		default:
			in = bytes.HasPrefix([]byte("’"), text[i-size:i]) && in
		}
	}
	return n
}
