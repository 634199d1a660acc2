package clean

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
)

// trail tells whether a line is links in a row: a path to the page (Home > Docs > API) or a menu (Previous | Next).
func (s *lineCutter) trail(line []byte) bool {
	for i := range trailSeparators {
		if s.has.separators>>i&1 == 0 || !trailSeparators[i].in(line) || line[0] == '|' || line[len(line)-1] == '|' {
			continue
		}
		return s.pieces(line, i)
	}
	return false
}

var trailSeparators = []needle{{" > ", 1}, {" » ", 1}, {" › ", 1}, {" → ", 1}, {" | ", 1}, {" • ", 1}, {" · ", 1}, {" :: ", 1}}

// pathSeparators is how many of trailSeparators point from a page to one below it.
const pathSeparators = 4

// pieces judges a line by what stands between the separators with a number.
func (s *lineCutter) pieces(line []byte, separator int) bool {
	sep := s.words.separators[separator]
	n := bytes.Count(line, sep)
	path := separator < pathSeparators
	known, upper, first, home := 0, 0, true, false
	for rest, more := line, true; more; first = false {
		var piece []byte
		piece, rest, more = bytes.Cut(rest, sep)
		piece = trimSpace(piece)
		if len(piece) == 0 || len(piece) > 48 || countWords(piece) > 5 || stopped(piece) {
			return false
		}
		if r, _ := utf8.DecodeRune(piece); unicode.IsUpper(r) || unicode.IsLetter(r) && !unicode.IsLower(r) || unicode.IsDigit(r) {
			upper++
		}
		s.fold(piece)
		word := trimLabel(s.low)
		if s.words.trails[string(word)] {
			known++
		}
		home = home || first && s.words.homes[string(word)]
	}
	if path {
		return home || n > 1 && upper == n+1 && !hasDigitFirst(line)
	}
	return known == n+1 || known > 1 && 2*known >= n+1 || home && n > 1
}

func hasDigitFirst(line []byte) bool { return line[0]-'0' < 10 }

// stopped tells whether a piece ends like a sentence or like a part of one.
func stopped(b []byte) bool {
	c := b[len(b)-1]
	if c < utf8.RuneSelf {
		return c == '.' || c == '!' || c == '?' || c == ';' || c == ',' || c == ':' || c == '"'
	}
	r, _ := utf8.DecodeLastRune(b)
	return runes().of(r)&flagEnd != 0 || r == '，' || r == '：' || r == '；' || r == '”' || r == '…'
}

// countWords counts runs of non-space.
func countWords(b []byte) (n int) {
	in := false
	for i := 0; i < len(b); {
		space, size := spaceAt(b, i)
		if !space && !in {
			n++
		}
		in = !space
		i += size
	}
	return n
}

var (
	shareVerbs = [][]byte{[]byte("share on "), []byte("share this on "), []byte("share to "), []byte("share via "), []byte("follow us on "), []byte("find us on "),
		[]byte("like us on "), []byte("join us on "), []byte("click to share on "), []byte("click to email "),
		[]byte("auf facebook teilen"), []byte("auf twitter teilen"), []byte("partager sur "), []byte("compartir en "), []byte("compartilhar no "),
		[]byte("condividi su "), []byte("delen op "), []byte("поделиться в "), []byte("分享到")}
	teaserVerbs = [][]byte{[]byte("continue reading "), []byte("read more about "), []byte("read more: "), []byte("read more on "), []byte("read more at "), []byte("also read: "),
		[]byte("lire aussi"), []byte("lesen sie auch"), []byte("lea también"), []byte("leia também"), []byte("читайте также"), []byte("читать далее"), []byte("相关阅读")}
)

// share tells whether a line, folded already, offers to share the page.
func (s *lineCutter) share(line []byte) bool {
	if len(line) > longestLabel {
		return false
	}
	return anyPrefix(s.low, shareVerbs) && s.hasPhrase(platforms) && countWords(line) <= 10 && !stopped(line)
}

// teaser tells whether a line, folded already, leads to another text.
func (s *lineCutter) teaser(line []byte) bool {
	if line[len(line)-1] == '.' && !bytes.HasSuffix(line, []byte("...")) {
		return false
	}
	return anyPrefix(s.low, teaserVerbs) && countWords(line) <= 16
}

func anyPrefix(b []byte, list [][]byte) bool {
	for _, p := range list {
		if bytes.HasPrefix(b, p) {
			return true
		}
	}
	return false
}

// cookieStems: without one of them nothing is a banner. They are looked for as written, in small letters, capitalized and in capitals.
var cookieStems = []needle{{"ookie", 2}, {"OOKIE", 2}, {"уки", 1}, {"クッキー", 1}, {"쿠키", 1}, {"väste", 0}, {"erez", 3}, {"onskapsler", 3}}

// longestBanner bounds a banner, in bytes; a paragraph about cookies is longer.
const longestBanner = 800

// policy finds banners, the buttons below them, and notices of rights.
func (s *lineCutter) policy(text []byte) {
	stem, sign, right := anyIn(text, cookieStems), anyIn(text, rightsSigns), anyIn(text, rightsStems)
	if !stem && !sign && !right {
		return
	}
	full, about, banners := 0, 0, 0
	for i := range s.lines {
		l := &s.lines[i]
		line := trimLine(text[l.from:l.to])
		if len(line) == 0 {
			continue
		}
		full++
		if l.why != cutNot || len(line) > longestBanner {
			continue
		}
		if stem && anyIn(line, cookieStems) {
			about++
			if s.fold(line); s.hasPhrase(bannerPhrases) {
				l.why = cutPolicy
				banners++
			}
		} else if len(line) <= longestTrail && (sign || right) && s.notice(line) {
			l.why = cutPolicy
		}
	}
	if about > 4 && 5*about > full { // the page is about cookies
		for i := range s.lines {
			if l := &s.lines[i]; l.why == cutPolicy && anyIn(text[l.from:l.to], cookieStems) {
				l.why = cutNot
			}
		}
		return
	}
	if banners > 0 {
		s.buttons(text)
	}
}

// needle is a text that is looked for, and which of its bytes is the rarest: that one is searched.
type needle struct {
	text string
	at   int
}

func (n *needle) in(b []byte) bool {
	for i := n.at; i < len(b); i++ {
		next := bytes.IndexByte(b[i:], n.text[n.at])
		if next < 0 {
			return false
		}
		i += next
		if from := i - n.at; from+len(n.text) <= len(b) && string(b[from:from+len(n.text)]) == n.text {
			return true
		}
	}
	return false
}

// anyIn tells whether any of a list stands in b.
func anyIn(b []byte, list []needle) bool {
	for i := range list {
		if list[i].in(b) {
			return true
		}
	}
	return false
}

func (s *lineCutter) hasPhrase(list []string) bool {
	for _, p := range list {
		if containsString(s.low, p) {
			return true
		}
	}
	return false
}

// containsString is bytes.Contains for a string, without making bytes of it.
func containsString(b []byte, p string) bool {
	for i := 0; i+len(p) <= len(b); {
		n := bytes.IndexByte(b[i:], p[0])
		if n < 0 || i+n+len(p) > len(b) {
			return false
		}
		if i += n; string(b[i:i+len(p)]) == p {
			return true
		}
		i++
	}
	return false
}

// buttons finds the lines directly below a banner that are its buttons, blank lines between allowed.
func (s *lineCutter) buttons(text []byte) {
	below := false
	for i := range s.lines {
		l := &s.lines[i]
		line := trimLine(text[l.from:l.to])
		switch {
		case l.why == cutPolicy:
			below = true
		case len(line) == 0 && l.why == cutNot:
		case below && l.why != cutFenced && len(line) <= longestLabel && s.isButton(line):
			l.why = cutPolicy
		default:
			below = false
		}
	}
}

func (s *lineCutter) isButton(line []byte) bool {
	s.fold(line)
	return s.words.buttons[string(trimLabel(s.low))]
}

// notice tells whether a line is a notice of rights: one of the phrases, or © with a year and few words.
func (s *lineCutter) notice(line []byte) bool {
	sign := anyIn(line, rightsSigns)
	if !sign && !anyIn(line, rightsStems) {
		return false
	}
	s.fold(line)
	if s.hasPhrase(rights) {
		return countWords(line) <= 24
	}
	if !sign || countWords(line) > 10 {
		return false
	}
	if bytes.HasPrefix(s.low, []byte("©")) || bytes.HasPrefix(s.low, []byte("(c)")) || bytes.Contains(line, []byte("©")) && bytes.HasPrefix(s.low, []byte("copyright")) {
		return yearIn(line)
	}
	return bytes.HasPrefix(s.low, []byte("copyright")) && yearIn(line[:min(len(line), len("copyright (c) 2000-2020"))])
}

// rightsStems are pieces of the phrases of rights, one at least of each, so that most lines are not folded.
var rightsStems = []needle{{"eserv", 4}, {"ESERV", 4}, {"orbehalten", 2}, {"éservés", 5}, {"iservati", 4}, {"oorbehouden", 3},
	{"astrzeżone", 4}, {"ащищены", 1}, {"版权所有", 1}, {"保留", 1}, {"無断転載", 1}}

var rightsSigns = []needle{{"©", 1}, {"opyright", 1}, {"OPYRIGHT", 1}, {"(c)", 0}}

// yearIn tells whether a line has a year from 1900 to 2099 that is no part of a longer number.
func yearIn(line []byte) bool {
	for i := 0; i+4 <= len(line); i++ {
		if (line[i] == '1' && line[i+1] == '9' || line[i] == '2' && line[i+1] == '0') && line[i+2]-'0' < 10 && line[i+3]-'0' < 10 &&
			(i == 0 || line[i-1]-'0' >= 10) && (i+4 == len(line) || line[i+4]-'0' >= 10) {
			return true
		}
	}
	return false
}

// menus finds runs of very short lines that do not end like sentences. Blank lines within count as nothing; what a line with a colon
// announces is a list.
func (s *lineCutter) menus(text []byte) {
	start, n, list := -1, 0, false
	end := func(i int) {
		if n >= s.opt.Menu && !list {
			for j := start; j < i; j++ {
				if l := &s.lines[j]; l.why == cutNot && l.to > l.from {
					l.why = cutMenu
				}
			}
		}
		start, n = -1, 0
	}
	for i := range s.lines {
		l := &s.lines[i]
		line := trimLine(text[l.from:l.to])
		if len(line) == 0 {
			continue
		}
		if l.why == cutFenced || len(line) > longestLabel || stopped(line) || countWords(line) > s.opt.MenuWords || isItem(line) {
			end(i)
			list = line[len(line)-1] == ':'
			continue
		}
		if start < 0 {
			start = i
		}
		n++
	}
	end(len(s.lines))
}

// isItem tells whether a line is marked as an item of a list, a heading or a row of a table.
func isItem(line []byte) bool {
	c := line[0]
	return c == '-' || c == '*' || c == '+' || c == '#' || c == '|' || c-'0' < 10 || bytes.HasPrefix(line, []byte("•"))
}

// references finds the last heading of a list of references and cuts from there to the next heading or the end, if what stands there
// looks like references: half of its lines have a year, or begin with a number.
func (s *lineCutter) references(text []byte) {
	for i := len(s.lines) - 1; i >= 0 && s.lines[i].from >= len(text)*3/10; i-- {
		line := trimLine(text[s.lines[i].from:s.lines[i].to])
		if s.lines[i].why == cutFenced || len(line) == 0 || len(line) > longestLabel || !s.isReferenceHeading(line) {
			continue
		}
		marked := line[0] == '#'
		end, full, like := i+1, 0, 0
		for ; end < len(s.lines); end++ {
			l := trimLine(text[s.lines[end].from:s.lines[end].to])
			if len(l) == 0 {
				continue
			}
			if marked && l[0] == '#' || len(l) <= longestLabel && bytes.HasPrefix(l, []byte("Appendix")) {
				break
			}
			full++
			if yearIn(l) || l[0] == '[' || l[0]-'0' < 10 {
				like++
			}
		}
		if full == 0 || 2*like < full {
			continue
		}
		for j := i; j < end; j++ {
			s.lines[j].why = cutReferences
		}
		return
	}
}

func (s *lineCutter) isReferenceHeading(line []byte) bool {
	line = bytes.TrimLeft(line, "#*=_ 0123456789.")
	line = bytes.TrimRight(line, "*=_: ")
	s.fold(line)
	return s.words.headings[string(s.low)]
}

// repeated finds lines that stood before. Lines of code, which are indented, may well be the same.
func (s *lineCutter) repeated(text []byte) {
	s.seen.reset(len(s.lines))
	s.keys = grow(s.keys, len(s.lines)+1)
	n, spread := 0, xxhash.Sum64(text)|1
	for i := range s.lines {
		l := &s.lines[i]
		if l.why != cutNot || l.to-l.from < s.opt.Repeated {
			continue
		}
		line := trimLine(text[l.from:l.to])
		if len(line) < s.opt.Repeated {
			continue
		}
		s.pad = append(append(s.pad[:0], line...), "        "...)
		if s.seen.insert(s.keys, n, hashBytes(s.pad, 0, len(line)), spread) {
			l.why = cutRepeated
			continue
		}
		n++
	}
	s.seen.done(len(s.lines))
}
