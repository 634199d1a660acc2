package clean

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// oracleFacts is what the scanner counts, found in the slow and obvious way: strings and maps, the peer's order of work.
type oracleFacts struct {
	Chars, Words, SignWords, SignChars, AlphaWords, Hashes, Ellipses int
	Breaks, Bullets, Dots                                            int
	Paragraphs, DupParas, DupParaChars, Splits, DupSplits, DupChars  int
	Top                                                              [3]int
	Dup, Joined                                                      [6]int
	Stop                                                             int
	Lines, Ends, Short, DupLineChars, Newlines                       int
	Kept, Sentences, LongWord, NoEnd, Few, Lorem, JS, Curly, Policy  int
	Out                                                              string
}

func oraclePunct(r rune) bool {
	return r < 32 && r != 9 && r != 10 || r >= 127 && r < 160 || strings.ContainsRune(symbols, r) || strings.ContainsRune(terminal, r)
}

func oracleDup(pieces []string) (n, chars int) {
	seen := map[string]bool{}
	for _, p := range pieces {
		if seen[p] {
			n++
			chars += utf8.RuneCountInString(p)
		}
		seen[p] = true
	}
	return n, chars
}

func oracleBreaks(t string) (out []string) {
	from := 0
	for i, r := range t {
		if i < from || !pythonBreak(r) {
			continue
		}
		out = append(out, t[from:i])
		from = i + utf8.RuneLen(r)
		if r == '\r' && from < len(t) && t[from] == '\n' {
			from++
		}
	}
	if from < len(t) {
		out = append(out, t[from:])
	}
	return out
}

func oracleSentences(line string, ideographs bool) int {
	if line == "" {
		return 0
	}
	n, ended := 1, false
	for _, w := range oracleWords(line, ideographs) {
		last, size := utf8.DecodeLastRuneInString(w)
		switch {
		case strings.IndexFunc(w, func(r rune) bool { return !oraclePunct(r) }) >= 0:
			if ended {
				n++
			}
			ended = false
		case last < 0x80 && size == len(w) && strings.ContainsRune(".!?", last), last >= 0x80 && strings.ContainsRune(terminal, last):
			ended = true
		}
	}
	return n
}

func oracleTop(words []string, n int) int {
	count, first := map[string]int{}, map[string]int{}
	for i := 0; i+n <= len(words); i++ {
		g := strings.Join(words[i:i+n], " ")
		if count[g] == 0 {
			first[g] = i
		}
		count[g]++
	}
	best, at, length := 0, 0, 0
	for g, c := range count {
		if c > best || c == best && first[g] < at {
			best, at, length = c, first[g], utf8.RuneCountInString(g)
		}
	}
	return best * length
}

// oracleDupGrams takes n-grams for the same that are when joined by sep.
func oracleDupGrams(words []string, n int, sep string) (chars int) {
	seen := map[string]bool{}
	for i := 0; i+n <= len(words); {
		g := strings.Join(words[i:i+n], sep)
		if seen[g] {
			chars += utf8.RuneCountInString(g) - (n-1)*len(sep)
			i += n
			continue
		}
		seen[g] = true
		i++
	}
	return chars
}

var (
	oracleParagraph = regexp.MustCompile("\n{2,}")
	oracleSplit     = regexp.MustCompile("\n+")
	oracleCitation  = regexp.MustCompile(`\[\p{Nd}*\]|\[edit\]|\[citation needed\]`)
	oraclePolicy    = regexp.MustCompile(`(?i)terms of use|privacy policy|cookie policy|uses cookies|use of cookies|use cookies`)
)

func oracle(text string) (f oracleFacts) {
	f.Chars = utf8.RuneCountInString(text)
	ideographs := oracleIdeographs(text)
	words := oracleWords(text, ideographs)
	f.Words = len(words)
	stop := map[string]bool{}
	for _, w := range words {
		if strings.IndexFunc(w, func(r rune) bool { return !oraclePunct(r) }) >= 0 {
			f.SignWords++
			f.SignChars += utf8.RuneCountInString(w)
		}
		if strings.IndexFunc(w, unicode.IsLetter) >= 0 {
			f.AlphaWords++
		}
		for _, s := range DefaultGopher().StopWords {
			if w == s {
				stop[w] = true
			}
		}
	}
	f.Stop = len(stop)
	f.Hashes = strings.Count(text, "#")
	f.Ellipses = strings.Count(text, "...") + strings.Count(text, "…")
	breaks := oracleBreaks(text)
	f.Breaks = len(breaks)
	for _, l := range breaks {
		if l = strings.TrimFunc(l, pythonSpace); strings.HasPrefix(l, "•") || strings.HasPrefix(l, "-") {
			f.Bullets++
		}
		if strings.HasSuffix(l, "...") || strings.HasSuffix(l, "…") {
			f.Dots++
		}
	}
	paras := oracleParagraph.Split(strings.TrimFunc(text, pythonSpace), -1)
	f.Paragraphs = len(paras)
	f.DupParas, f.DupParaChars = oracleDup(paras)
	splits := oracleSplit.Split(text, -1)
	f.Splits = len(splits)
	f.DupSplits, f.DupChars = oracleDup(splits)
	for n := 2; n <= 4; n++ {
		f.Top[n-2] = oracleTop(words, n)
	}
	for n := 5; n <= 10; n++ {
		f.Dup[n-5] = oracleDupGrams(words, n, " ")
		f.Joined[n-5] = oracleDupGrams(words, n, "")
	}
	oracleC4(&f, breaks, ideographs)
	var lines []string
	for _, l := range strings.Split(text, "\n") {
		if strings.TrimFunc(l, pythonSpace) != "" {
			lines = append(lines, l)
		}
	}
	f.Lines = len(lines)
	for _, l := range lines {
		if r, _ := utf8.DecodeLastRuneInString(l); strings.ContainsRune(terminal, r) {
			f.Ends++
		}
		if utf8.RuneCountInString(l) <= 30 {
			f.Short++
		}
	}
	_, f.DupLineChars = oracleDup(lines)
	f.Newlines = strings.Count(text, "\n")
	return f
}

func oracleC4(f *oracleFacts, breaks []string, ideographs bool) {
	var out []string
	for _, l := range breaks {
		line := strings.TrimFunc(l, pythonSpace)
		words := strings.FieldsFunc(line, pythonSpace)
		long := false
		for _, w := range words {
			long = long || utf8.RuneCountInString(w) > 1000
		}
		if long {
			f.LongWord++
			continue
		}
		line = oracleCitation.ReplaceAllString(line, "")
		if line == "" || !strings.ContainsRune(`.?!"'`, rune(line[len(line)-1])) || strings.HasSuffix(line, "...") {
			f.NoEnd++
			continue
		}
		if len(words) < 3 {
			f.Few++
			continue
		}
		if strings.Contains(strings.ToLower(line), "lorem ipsum") {
			f.Lorem++
		}
		if strings.Contains(strings.ToLower(line), "javascript") {
			f.JS++
			continue
		}
		if strings.Contains(line, "{") {
			f.Curly++
		}
		if oraclePolicy.MatchString(line) {
			f.Policy++
			continue
		}
		f.Sentences += oracleSentences(line, ideographs)
		f.Kept++
		out = append(out, line)
	}
	f.Out = strings.TrimFunc(strings.Join(out, "\n"), pythonSpace)
}
