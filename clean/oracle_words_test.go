package clean

import (
	"slices"
	"strings"
	"unicode"
)

// oracleRun is a run of non-space, of which words are made in the slow and obvious way: rule by rule, rune by rune.
type oracleRun []rune

func (c oracleRun) at(i int) rune {
	if i < 0 || i >= len(c) {
		return ' '
	}
	return c[i]
}

func ideograph(r rune) bool {
	return unicode.IsLetter(r) && (unicode.Is(unicode.Han, r) || unicode.Is(unicode.Hiragana, r))
}

func (c oracleRun) letter(i int) bool { return unicode.IsLetter(c.at(i)) }
func (c oracleRun) digit(i int) bool  { return unicode.Is(unicode.Nd, c.at(i)) }
func (c oracleRun) upper(i int) bool  { return c.at(i) >= 'A' && c.at(i) <= 'Z' }
func (c oracleRun) one(i int, of string) bool {
	return strings.ContainsRune(of, c.at(i))
}

func (c oracleRun) dots(i int) bool { return c.at(i) == '.' && (c.at(i-1) == '.' || c.at(i+1) == '.') }

func (c oracleRun) solo(i int) bool {
	return c.dots(i) || c.at(i) == '…' || unicode.Is(unicode.So, c.at(i)) ||
		c.one(i, "–—") && (c.letter(i-1) || c.digit(i-1)) && c.letter(i+1)
}

func (c oracleRun) affix(i int) bool { return c.one(i, ",:;!?()[]{}<>_#*&'\"`") || c.one(i, affixes) }

func (c oracleRun) prefix(i int) bool {
	return c.affix(i) || c.solo(i) || c.one(i, "$%=") || c.at(i) == '+' && !c.digit(i+1)
}

// open tells whether a letter behind i is the first of what is left when the front is stripped.
func (c oracleRun) open(i int) bool {
	return i < 0 || c.prefix(i) && !(c.at(i) == '\'' && c.letter(i-1) && c.letter(i+1))
}

var oracleAbbreviations = strings.Fields("Adm Ak Ala Apr Ariz Ark Aug Bros Calif Co Colo Conn Corp Dec Del Dr Feb Fla Ga Gen Gov Ia Id Ill Inc " +
	"Ind Jan Jr Jul Jun Kan Kans Ky La Ltd Mar Mass Md Messrs Mich Minn Miss Mo Mont Mr Mrs Ms Mt Neb Nebr Nev Nov Oct Okla Ore Pa Prof Rep " +
	"Rev Sen Sep Sept St Tenn Va Wash Wis co vs")

// abbreviation tells whether such a word stands before the dot at i, and before it a space or a sign of ASCII that is stripped.
func (c oracleRun) abbreviation(i int) bool {
	from := i
	for from > 0 && c.letter(from-1) && c.at(from-1) < 0x80 {
		from--
	}
	return slices.Contains(oracleAbbreviations, string(c[from:i])) && (from == 0 || c.one(from-1, ",:;!?()[]{}<>_#*&'\"`$%="))
}

func (c oracleRun) alone(i int) bool { return c.letter(i) && c.at(i) < 0x80 && c.open(i-1) }

func (c oracleRun) suffix(i int) bool {
	if c.at(i) == '.' && i > 0 {
		lower := c.letter(i-1) && !c.upper(i-1) && !c.alone(i-1)
		if c.at(i-1) < 0x80 && c.at(i-2) == '.' && c.alone(i-3) {
			lower = false
		}
		if lower && c.abbreviation(i) {
			return false
		}
		if lower || c.digit(i-1) || c.upper(i-1) && c.upper(i-2) || c.affix(i-1) || c.one(i-1, "%+-") {
			return true
		}
	}
	return c.affix(i) || c.solo(i) || c.one(i, "$%+") && c.digit(i-1)
}

// cut tells whether a contraction's end begins at i.
func (c oracleRun) cut(i int) bool {
	end := func(i int) string { // the letters from i on, if they end a word
		rest := c[i:]
		n := 0
		for n < len(rest) && n < 3 && rest[n] < 0x80 && unicode.IsLetter(rest[n]) {
			n++
		}
		first := string(rest.at(n))[0]
		if first >= 0x80 && first < 0xE2 || rest.at(n) < 0x80 && (rest.letter(n) || rest.digit(n)) || rest.at(n) == '-' {
			return ""
		}
		return string(rest[:n])
	}
	letters := func(i int) (n int) { // that stand before i
		for c.letter(i-n-1) && c.at(i-n-1) < 0x80 {
			n++
		}
		return n
	}
	apostrophe := func(i int) bool {
		return c.at(i) == '\'' && i > 0 && c.letter(i+1) || c.at(i) == '’' && c.letter(i-1) && c.letter(i+1)
	}
	if apostrophe(i) {
		switch end(i + 1) {
		case "s", "S":
			return true
		case "ll", "re", "ve", "m":
			return letters(i) > 0
		case "d":
			return letters(i) > 0 && letters(i) <= 4
		}
	}
	return c.at(i) == 'n' && apostrophe(i+1) && letters(i) > 0 && end(i+2) == "t"
}

// joins tells whether what stands at i makes a longer word of "and/or".
func (c oracleRun) joins(i int) bool { return c.at(i) >= 0x80 || c.letter(i) || c.digit(i) }

// infix tells how many runes at i split what stands around them.
func (c oracleRun) infix(i int) int {
	afterWord := c.letter(i-1) || c.digit(i-1)
	for word, slash := range map[string]int{"and/or": 3, "w/o": 1} {
		end := i - slash + len(word)
		if i >= slash && end <= len(c) && string(c[i-slash:end]) == word && !c.joins(i-slash-1) && !c.joins(end) {
			return 0
		}
	}
	switch {
	case c.one(i, ",:<>=/-") && afterWord && c.letter(i+1),
		c.at(i) == '.' && c.letter(i-1) && !c.upper(i-1) && c.upper(i+1),
		c.one(i, "+*-") && c.digit(i-1) && (c.digit(i+1) || c.at(i+1) == '-'):
		return 1
	case c.at(i) == '-' && c.at(i+1) == '-' && afterWord && c.letter(i+2):
		return 2
	}
	return 0
}

func (c oracleRun) words(ideographs bool) (out []string) {
	starts, own := make([]bool, len(c)+1), make([]bool, len(c))
	for i := 0; i < len(c) && c.prefix(i); i++ {
		own[i] = true
	}
	for i := len(c) - 1; i >= 0 && c.suffix(i); i-- {
		own[i] = true
	}
	address := false
	for i := 0; i < len(c); i++ {
		starts[i] = starts[i] || c.cut(i)
		address = address || strings.HasPrefix(string(c[i:]), "://")
		own[i] = own[i] || c.solo(i) || ideographs && ideograph(c[i])
		if n := c.infix(i); n > 0 && !address {
			own[i] = true
			if n == 2 {
				own[i+1] = true
			}
		}
	}
	for i := range c {
		if own[i] {
			starts[i], starts[i+1] = true, true
		}
	}
	// Runs of dots and pairs of hyphens are one.
	for i := 1; i < len(c); i++ {
		if c.dots(i) && c.at(i-1) == '.' || !strings.Contains(string(c[:i]), "://") && c.infix(i-1) == 2 {
			starts[i] = false
		}
	}
	from := 0
	for i := 1; i <= len(c); i++ {
		if i == len(c) || starts[i] {
			out = append(out, string(c[from:i]))
			from = i
		}
	}
	return out
}

// oracleIdeographs tells whether ideographs are words in a text.
func oracleIdeographs(text string) bool {
	ideographs, letters := 0, 0
	for _, r := range text {
		if ideograph(r) {
			ideographs++
		}
		if unicode.IsLetter(r) {
			letters++
		}
	}
	return ideographs > 0 && 4*ideographs >= letters
}

func oracleWords(text string, ideographs bool) (out []string) {
	for _, run := range strings.FieldsFunc(text, pythonSpace) {
		out = append(out, oracleRun([]rune(run)).words(ideographs)...)
	}
	return out
}
