package clean

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// measured is the scanner's answer in the oracle's words.
func measured(s *scanner, g *gopher, c *c4, w *fineweb, text string) oracleFacts {
	d := &quern.Doc{Text: []byte(text)}
	s.scan(d.Text, needDup|needJoined)
	g.measure(s, d)
	c.measure(s, d)
	w.measure(s, d)
	bullets, dots := s.lineShapes()
	mark := func(name string) float64 {
		for _, m := range d.Marks {
			if m.Name == name {
				return m.Value
			}
		}
		return -1
	}
	share := func(name string, of int) int { return int(mark(name)*float64(of) + 0.5) }
	lines := int(mark("fineweb.lines"))
	return oracleFacts{
		Chars: s.chars, Words: s.words, SignWords: s.signWords, SignChars: s.signChars, AlphaWords: s.alphaWords, Hashes: s.hashes,
		Ellipses: s.ellipses, Breaks: len(s.breaks), Bullets: bullets, Dots: dots, Paragraphs: s.paragraphs, DupParas: s.dupParas,
		DupParaChars: s.dupParaChar, Splits: s.splits, DupSplits: s.dupSplits, DupChars: s.dupSplitChr, Top: s.gram.top, Dup: s.gram.dup, Joined: s.joined.dup,
		Stop: g.countStopWords(s), Lines: lines, Ends: share("fineweb.end_lines", lines), Short: share("fineweb.short_lines", lines),
		DupLineChars: share("fineweb.dup_chars", s.chars-len(s.newlines)), Newlines: len(s.newlines), Kept: c.kept, Sentences: c.sentences,
		LongWord: c.longWord, NoEnd: c.noEnd, Few: c.short, Lorem: c.lorem, JS: c.javascript, Curly: c.braces, Policy: c.policy,
		Out: string(trimSpace(c.out)),
	}
}

func judges(t testing.TB) (*scanner, *gopher, *c4, *fineweb) {
	t.Helper()
	g, err := DefaultGopher().Stage()
	if err != nil {
		t.Fatal(err)
	}
	w, err := DefaultFineWeb().Stage()
	if err != nil {
		t.Fatal(err)
	}
	return new(scanner), g.(*judged).judges[0].(*gopher), &c4{opt: DefaultC4(), again: new(scanner)}, w.(*judged).judges[0].(*fineweb)
}

func compare(t testing.TB, s *scanner, g *gopher, c *c4, w *fineweb, name, text string) {
	t.Helper()
	got, want := measured(s, g, c, w, text), oracle(text)
	if got != want {
		if len(text) > 2000 {
			text = text[:2000]
		}
		t.Errorf("%s:\n got %+v\nwant %+v\ntext %q", name, got, want, text)
	}
}

// texts exercise every branch: block borders, scripts, joins, line ends, repeats.
func texts() map[string]string {
	m := map[string]string{
		"empty": "", "newline": "\n", "newlines": "\n\n\n", "spaces": "  \t \n  ", "word": "word", "two": "hello world", "dots": "......a...",
		"joins":         "don't rock'n'roll e.g. 3.14 1,000 1,a a,1 a.b.c. U.S.A. l’été ’a’ 'x' 12'34 a''b x..y 5..6 1.a",
		"ideo":          "中文字符。他说：「好！」然后走了？日本語のテキスト、カタカナもある。〇一",
		"mixed":         "Ünïcödé wörds, русский текст… и ещё… ελληνικά עברית عربي हिन्दी ไทย １２３ １ ！１",
		"breaks":        "a line.\r\nanother one here.\x0bthird\x0c fourth\x1cfifth sixth\u0085seventh\u2028eighth\u2029ninth\r",
		"closers":       "He said \"go.\" She left.) Done?' Yes!] And. so.on \"a b.\"x",
		"citations":     "A fact stands here.[12] Another[edit] one here.\nUnproved claim here.[citation needed]\n[1][2] it is here now [] [x] [١٢].",
		"phrases":       "This uses Cookies here.\nEnable JAVASCRIPT now please.\nOur Privacy Policy is here.\nTerms of use apply here.\nThe lorem ipsum text is.\nA { brace is here.\nA cookie policy is here.\nThe use of cookies here.\nWe use cookies a lot.\nvalid kinds of maps.",
		"long":          strings.Repeat("x", 1001) + " ends here.\n" + strings.Repeat("y", 1000) + " ends here.\n" + strings.Repeat("é", 1000) + " ends here.\n" + strings.Repeat("é", 1001) + " ends here.",
		"bullets":       "• one\n- two\n  -three\n•\n-\n * four\nfive...\nsix…\n...",
		"odd":           "１ ？１ 11 １１ １a ᩿ ꩝ ߹ ᪫x",
		"same":          "aa  --- == ==- -- ___ a_b ,,, ,;, 。。。 ……… …… ’’’ a’’b",
		"joined":        "a bc de fg hi jk. ab c d e f g h i j k. a bc de fg hi jk. abcdefghijk",
		"abbreviations": "Mr. Weir and Messrs. X, (Dr. Y) vs. -Dr. Z xMr. éMr. Mrs.\nco. \"St. x.Co. i.e. a. b.c. Sept.) Mass. etc. e.g. can’t. don't. I've answer'd he'd n't. 5's",
		"signs":         "x=[1,2] a--b --x x---y foo.Bar foo(bar). $5 5$ 50%. $x$. +5 5+ +x 3+4 3-4 a-1 1-a http://a.b/c?d=e-f, a/b=c:d <a> f_x__ ~x~ a—b —c 1–2 ©x x→y €5",
		"paras":         "\n\n  one\ntwo\n\n\none\n\n  one\ntwo\n\nthree  \n\n",
	}
	for i := range 140 {
		pad := strings.Repeat("x", i)
		m[fmt.Sprintf("border %d", i)] = pad + " it's 3.14 ... “中é” русский l’été end.\" And\r\nso… [12] javascript, the end.)\n" + pad
	}
	m["repeats"] = strings.Repeat("I am a solo traveller of the world and that is that. ", 20) + strings.Repeat("ab cd ", 300)
	m["hostile"] = strings.Repeat("a ", 3000) + strings.Repeat("中", 500) + strings.Repeat("\n-", 400)
	return m
}

func TestScannerAgreesWithOracle(t *testing.T) {
	s, g, c, w := judges(t)
	for name, text := range texts() {
		compare(t, s, g, c, w, name, text)
	}
}

func FuzzScanner(f *testing.F) {
	for _, text := range texts() {
		if len(text) < 400 {
			f.Add(text)
		}
	}
	s, g, c, w := judges(f)
	f.Fuzz(func(t *testing.T, text string) {
		if utf8.ValidString(text) && len(text) < 1<<14 {
			compare(t, s, g, c, w, "fuzz", text)
		}
	})
}
