package clean

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

const headersEmpty quern.Verdict = "clean.headers.empty"

// Headers cuts the comments at the top of source files that speak of copyright and license: the same text on thousands of files. A
// comment is a block between marks, or neighboring lines with the same mark; a blank line ends it, so that what follows about the file
// itself stays. The first line stays if it is for a program to read: #!, <?php, <?xml, a coding.
type Headers struct {
	Phrases []string `yaml:"phrases"` // lower case; a comment at the top with one of them is cut
}

var headersFacts = []Fact{count("headers.cut"), share("headers.share"), count("headers.left")}

// DefaultHeaders knows the words of the licenses in common use.
func DefaultHeaders() Headers {
	return Headers{Phrases: []string{"copyright", "(c) 19", "(c) 20", "©", "spdx-license-identifier", "all rights reserved", "licensed under", "license, version",
		"permission is hereby granted", "redistribution and use in source", "general public license", "apache license", "mit license", "bsd license",
		"mozilla public license", "public domain", "license file", "licence"}}
}

// Limits are what Stage rules by.
func (o Headers) Limits() []Limit { return []Limit{least("headers.left", 1, headersEmpty)} }

// Stage builds the rule. It marks "headers.cut" (comments), "headers.share" and "headers.left" (bytes), reports spans "headers", and
// gives "clean.headers.empty" for a file of which nothing is left.
func (o Headers) Stage() (quern.Stage, error) {
	h := &headers{bounds: newBounds(o.Limits())}
	for _, p := range o.Phrases {
		if p == "" || strings.ToLower(p) != p {
			return nil, fmt.Errorf("clean: headers: phrase %q: want lower case, not empty", p)
		}
		h.phrases = append(h.phrases, []byte(p))
	}
	if len(h.phrases) == 0 {
		return nil, fmt.Errorf("clean: headers: no phrases are given")
	}
	return h, nil
}

// HeadersDolma is what Dolma's code_copyright_comments_v1 tags and its mixer then cuts (taggers/code/code_taggers.py): the first /* */ of the
// file, wherever it stands, if it has the word copyright; only where a file has no such comment, all lines at its top that begin
// with //, # or -- or are empty, whatever they say. As there, the line ends of those lines are not counted, so that the last bytes of
// the block stay.
type HeadersDolma struct{}

// Limits are what Stage rules by.
func (o HeadersDolma) Limits() []Limit { return []Limit{least("headers_dolma.left", 1, headersEmpty)} }

// Stage builds the rule. It marks "headers_dolma.cut", "headers_dolma.share" and "headers_dolma.left" and else does as Headers.
func (o HeadersDolma) Stage() (quern.Stage, error) {
	return &headers{dolma: true, bounds: newBounds(o.Limits())}, nil
}

var headersDolmaFacts = []Fact{count("headers_dolma.cut"), share("headers_dolma.share"), count("headers_dolma.left")}

// Measures are the facts of this dialect.
func (o HeadersDolma) Measures() []Fact { return headersDolmaFacts }

type headers struct {
	phrases [][]byte
	dolma   bool
	bounds
	cuts [][2]int
	low  []byte
	buf  []byte
}

func (s *headers) Apply(d *quern.Doc) (quern.Verdict, error) {
	text := d.Text
	if v := checkText(d); v != quern.Keep {
		return v, nil
	}
	s.cuts = s.cuts[:0]
	names := [...]string{"headers.cut", "headers.share", "headers.left"}
	if s.dolma {
		names = [...]string{"headers_dolma.cut", "headers_dolma.share", "headers_dolma.left"}
		s.findDolma(text)
	} else {
		s.find(text)
	}
	s.buf = s.buf[:0]
	done, cut := 0, 0
	for _, c := range s.cuts {
		s.buf = append(s.buf, text[done:c[0]]...)
		done = c[1]
		cut += c[1] - c[0]
		d.Span("headers", c[0], c[1], 1)
	}
	d.Mark(names[0], float64(len(s.cuts)))
	d.Mark(names[1], ratio(cut, len(text)))
	d.Mark(names[2], float64(len(text)-cut))
	if v := s.judge(d); v != quern.Keep {
		return v, nil
	}
	if len(s.cuts) > 0 {
		s.buf = append(s.buf, text[done:]...)
		d.Text = s.buf
	}
	return quern.Keep, nil
}

// find walks over the comments at the top of a file.
func (s *headers) find(text []byte) {
	i := firstLine(text)
	for {
		for i < len(text) && (text[i] == '\n' || text[i] == ' ' || text[i] == '\t' || text[i] == '\r') {
			i++
		}
		end := commentEnd(text, i)
		if end == i {
			return
		}
		if s.isHeader(text[i:end]) {
			for n := 0; end < len(text) && text[end] == '\n' && n < 2; n++ { // its line end, and the blank line behind it
				end++
			}
			s.cuts = append(s.cuts, [2]int{i, end})
		}
		i = end
	}
}

// firstLine is where the second line begins if the first is for a program to read, else 0.
func firstLine(text []byte) int {
	end := lineEnd(text, 0)
	line := text[:end]
	if bytes.HasPrefix(line, []byte("#!")) || bytes.HasPrefix(line, []byte("<?")) ||
		len(line) < 80 && bytes.HasPrefix(line, []byte("#")) && bytes.Contains(line, []byte("coding")) {
		return min(end+1, len(text))
	}
	return 0
}

// blocks are the marks of comments that have an end, and lineMarks those that last to the end of a line.
var (
	blocks    = [][2][]byte{{[]byte("/*"), []byte("*/")}, {[]byte("<!--"), []byte("-->")}, {[]byte("{-"), []byte("-}")}, {[]byte("(*"), []byte("*)")}, {[]byte(`"""`), []byte(`"""`)}, {[]byte("'''"), []byte("'''")}, {[]byte("--[["), []byte("]]")}}
	lineMarks = [][]byte{[]byte("//"), []byte("--"), []byte("#"), []byte(";"), []byte("%"), []byte("!"), []byte(`.\"`)}
)

// commentEnd is where the comment that begins at i ends, without its last line end; i if none begins there.
func commentEnd(text []byte, i int) int {
	for _, b := range blocks {
		if !bytes.HasPrefix(text[i:], b[0]) {
			continue
		}
		from := i + len(b[0])
		if n := bytes.Index(text[from:], b[1]); n >= 0 {
			return from + n + len(b[1])
		}
		return i
	}
	for _, mark := range lineMarks {
		end := i
		for at := i; at < len(text); {
			line := bytes.TrimLeft(text[at:lineEnd(text, at)], " \t")
			if !bytes.HasPrefix(line, mark) || isDirective(line) {
				break
			}
			end = lineEnd(text, at)
			at = end + 1
		}
		if end > i {
			return end
		}
	}
	return i
}

// isDirective tells whether a line that begins with # is a directive of C and its kin, or an attribute of Rust.
func isDirective(line []byte) bool {
	if line[0] != '#' || len(line) < 2 {
		return false
	}
	rest := bytes.TrimLeft(line[1:], " ")
	if rest = rest[:min(len(rest), 8)]; len(rest) > 0 && (rest[0] == '[' || rest[0] == '!') {
		return true
	}
	for _, word := range directives {
		if line[1] != ' ' && bytes.HasPrefix(rest, word) && (len(rest) == len(word) || !isAlnum(rest[len(word)])) {
			return true // with a space between it is rather a comment: "# if you change this"
		}
	}
	return false
}

var directives = [][]byte{[]byte("include"), []byte("define"), []byte("if"), []byte("ifdef"), []byte("ifndef"), []byte("pragma"), []byte("import"), []byte("undef"),
	[]byte("region"), []byte("endif"), []byte("else"), []byte("elif"), []byte("error")}

// isHeader tells whether a comment has one of the phrases.
func (s *headers) isHeader(comment []byte) bool {
	s.low = s.low[:0]
	for _, c := range comment[:min(len(comment), longestHeader)] {
		if c-'A' < 26 {
			c |= 0x20
		}
		s.low = append(s.low, c)
	}
	for _, p := range s.phrases {
		if bytes.Contains(s.low, p) {
			return true
		}
	}
	return false
}

// longestHeader is how much of a comment is searched: the GPL in full has 35 KB.
const longestHeader = 64 << 10

// findDolma does as the peer.
func (s *headers) findDolma(text []byte) {
	if from := bytes.Index(text, []byte("/*")); from >= 0 {
		if n := bytes.Index(text[from+2:], []byte("*/")); n >= 0 {
			end := from + 2 + n + 2
			if hasFolded(text[from:end], "copyright") {
				s.cuts = append(s.cuts, [2]int{from, end})
			}
			return
		}
	}
	points, any := 0, false
	for at := 0; at <= len(text); {
		line := text[at:lineEndOrLast(text, at)]
		if len(line) > 0 && !bytes.HasPrefix(line, []byte("//")) && line[0] != '#' && !bytes.HasPrefix(line, []byte("--")) {
			break
		}
		any = true
		points += max(1, codePoints(line))
		at += len(line) + 1
	}
	if end := byteOf(text, points); any && end > 0 {
		s.cuts = append(s.cuts, [2]int{0, end})
	}
}

func lineEndOrLast(text []byte, at int) int {
	if at >= len(text) {
		return len(text)
	}
	return lineEnd(text, at)
}

// byteOf is where the code point with a number begins.
func byteOf(text []byte, point int) int {
	i := 0
	for ; point > 0 && i < len(text); point-- {
		_, n := utf8.DecodeRune(text[i:])
		i += n
	}
	return i
}

func hasFolded(b []byte, low string) bool {
	for i := 0; i+len(low) <= len(b); i++ {
		if b[i]|0x20 == low[0] && foldedAt(b, i, low) {
			return true
		}
	}
	return false
}

func headersConfig(dialect string) Config {
	if dialect == "dolma" {
		return &HeadersDolma{}
	}
	o := DefaultHeaders()
	return &o
}
