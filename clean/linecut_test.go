package clean

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

func linesStage(t testing.TB, o Lines) quern.Stage {
	t.Helper()
	s, err := o.Stage()
	return build(t, s, err)
}

// cuts checks that of text exactly the lines between "<" and ">" are cut.
func cuts(t *testing.T, o Lines, text string) {
	t.Helper()
	var given, want []string
	for line := range strings.SplitSeq(text, "\n") {
		if in, ok := strings.CutPrefix(line, "<<"); ok {
			given = append(given, in)
			continue
		}
		given, want = append(given, line), append(want, line)
	}
	d := ruling(t, linesStage(t, o), strings.Join(given, "\n"), quern.Keep)
	if string(d.Text) != strings.Join(want, "\n") {
		t.Errorf("left:\n%s\nwant:\n%s", d.Text, strings.Join(want, "\n"))
	}
	if n := markOf(d, "lines.cut"); int(n) != len(given)-len(want) {
		t.Errorf("lines.cut is %v of %q", n, text)
	}
}

// TestLinesSymbols: datatrove's tests/pipeline/test_symbollines.py.
func TestLinesSymbols(t *testing.T) {
	o := Lines{Symbols: true, MaxCut: 1}
	cuts(t, o, "<<-\n<<-\n<<-\n>> Harold Brantley is a 6-2, 283-pound Defensive Tackle from Hershey, PA.\n\n\n>> Brantley is the No. 45 recruit.\n\n"+
		">> Brantley has a rating of 80, making him a 3-star prospect.\n<<|\n<<|\n<<|\nhello ehehe -\n<<|\n- oi mate\n<<|\n\nbye")
	cuts(t, o, "a\n<<* * *\n<<—…—\n   \n\tb\n<<。。。")
	cuts(t, o, "```\n---\n}\n```\n<<---\n<<~~~\n<<---\nx") // fenced code stays; a fence that nobody closes is none
}

func TestLinesPolicy(t *testing.T) {
	o := Lines{Policy: true, MaxCut: 1}
	for _, banner := range []string{
		"We use cookies to improve your experience. By continuing to browse the site, you agree to our use of cookies. Learn more.",
		"This website uses cookies to ensure you get the best experience on our website.", "THIS SITE USES COOKIES",
		"Wir verwenden Cookies, um Inhalte zu personalisieren. Weitere Informationen finden Sie hier.", "Diese Website verwendet Cookies.",
		"Ce site utilise des cookies. En poursuivant votre navigation, vous acceptez l’utilisation de cookies.",
		"Utilizamos cookies propias y de terceros para mejorar nuestros servicios.", "Questo sito utilizza i cookie per migliorare la navigazione.",
		"Este site utiliza cookies. Ao continuar a navegar, concorda com o uso.", "Deze website gebruikt cookies.", "Nasza strona korzysta z plików cookie.",
		"Vi använder cookies för att ge dig en bättre upplevelse.", "Мы используем файлы cookie, чтобы улучшить сайт.", "本网站使用 Cookie 以改善体验。",
		"当サイトではクッキーを使用しています。", "© 2021 Example Inc. All rights reserved.", "Copyright © 1999-2020 The Group", "© 2019 Jane Doe", "Alle Rechte vorbehalten.",
	} {
		cuts(t, o, "A story begins here.\n<<"+banner+"\nAnd it goes on.")
	}
	cuts(t, o, "Text.\n<<We use cookies on this site.\n\n<<Accept all\n<<Manage preferences\nText.\nAccept\nText.")
	for _, text := range []string{
		"Many websites use cookies to follow their visitors.", "She baked cookies and we ate all of them by continuing to nibble.", "Accept", "Privacy policy",
		"The European directive says that a site must ask before it uses cookies, and that consent must be free.",
		"The book was published in 2019 by a small house in Berlin, and all rights were sold.", "Copyright law was changed in 1976.",
		"The sign © stands for copyright in 2020 and in all the years before it, as lawyers say.",
	} {
		cuts(t, o, "A story begins here.\n"+text+"\nAnd it goes on.")
	}
	page := repeat("We use cookies to remember you.\nA cookie is a small file.\n", 4)
	cuts(t, o, page+"The end.") // a page about cookies
}

func TestLinesNavigation(t *testing.T) {
	o := Lines{Navigation: true, MaxCut: 1}
	for _, line := range []string{
		"Skip to content", "Skip to main content", "↑ Back to top", "Share on Facebook", "Click to share on Twitter (Opens in new window)", "Tweet", "« Previous page",
		"Home > Docs > API", "Home » Blog » A title of a few", "Startseite › Produkte", "Products > Cameras > Lenses", "Previous | Next", "next | previous | modules | index",
		"Home | About | Contact | News", "首页 > 新闻 > 体育", "返回顶部", "Главная » Новости", "Aller au contenu", "Zum Inhalt springen",
	} {
		cuts(t, o, "A story begins here.\n<<"+line+"\nAnd it goes on.")
	}
	for _, line := range []string{
		"a > b > c", "x | y", "name | age | city", "| Next | Previous |", "He went home.", "Share on what you have", "If a > 0 and b > 1 > c, then it holds.", "Next",
		"Choose File > Save > As PDF.", "Home is where the heart is", "10 > 5 > 2", "Tweets of the birds woke us", "Skip to content is what the link says, and it helps.",
		"He said: Home · sweet · home, and closed the door of the old house behind him.",
	} {
		cuts(t, o, "A story begins here.\n"+line+"\nAnd it goes on.")
	}
}

func TestLinesReadMore(t *testing.T) {
	o := Lines{ReadMore: true, MaxCut: 1}
	for _, line := range []string{"Read more", "Read more...", "READ MORE »", "[Continue reading…]", "Continue reading The long way home →", "Lire la suite", "Weiterlesen",
		"Leer más", "Читать далее…", "阅读全文", "続きを読む", "Read more about our work in the north"} {
		cuts(t, o, "A story begins here.\n<<"+line+"\nAnd it goes on.")
	}
	cuts(t, o, "I read more than others.\nRead more books.\nMore\nContinue reading until you reach the end of the page.")
}

func TestLinesMenus(t *testing.T) {
	o := Lines{Menu: 4, MenuWords: 3, MaxCut: 1}
	cuts(t, o, "A story begins here.\n<<News\n<<Sport\n\n<<Weather today\n<<About us\n\nA story goes on here.\nOne\nTwo\nThree\nA story ends.")
	cuts(t, o, "You need:\nflour\nsugar\nmilk\nbutter\nMix it all.\n- one\n- two\n- three\n- four")
	cuts(t, o, "So long!\nSo long!\nSo long!\nSo long!")
}

func TestLinesRepeated(t *testing.T) {
	o := Lines{Repeated: 10, MaxCut: 1}
	cuts(t, o, "Click here to see it\nshort\nA line of text.\nshort\n<<Click here to see it\n  \n<<  Click here to see it  \nend")
}

func TestLinesReferences(t *testing.T) {
	o := Lines{References: true, MaxCut: 1}
	text := repeat("A sentence of the paper stands here.\n", 9)
	cuts(t, o, text+"<<References\n<<[1] A. Author. A title. 2001.\n<<\n<<[2] B. Author. Another title.")
	cuts(t, o, text+"<<## 7. References:\n<<Author, A. (1999). A title.\n## Appendix\nMore of the paper.")
	cuts(t, o, text+"References\nThe references of this word are many.\nThey are not listed.")
	cuts(t, o, "References\n[1] A. Author. 2001.\n"+text)
	cuts(t, o, text+"<<参考文献\n<<[1] 张三. 题目. 2003.")
}

func TestLinesVerdictsAndOptions(t *testing.T) {
	o := DefaultLines()
	o.Symbols = true
	d := ruling(t, linesStage(t, o), "Skip to content\n---", linesEmpty)
	if markOf(d, "lines.share") != 1 || markOf(d, "lines.left") != 0 {
		t.Errorf("marks %v", d.Marks)
	}
	ruling(t, linesStage(t, o), "", linesEmpty)
	ruling(t, linesStage(t, o), "a\xff", badText)
	o.MaxCut = 0.3
	d = ruling(t, linesStage(t, o), "text\n---------\n", linesCut)
	if d.Drop.Limit != 0.3 || d.Drop.Value != 10.0/15 {
		t.Errorf("drop %+v", d.Drop)
	}
	for _, bad := range []Lines{{}, {MaxCut: 1.5}, {MaxCut: 1, Menu: -1}, {MaxCut: 1, Menu: 3}, {MaxCut: 1, Repeated: -1}} {
		if _, err := bad.Stage(); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}

func allLines() Lines {
	o := DefaultLines()
	o.Symbols, o.Menu, o.Repeated, o.References, o.MaxCut = true, 5, 12, true, 0.9
	return o
}

const linesPage = "Skip to content\nHome > Docs > API\n---\nThe text of the page stands here.\nThe text of the page stands here.\nWe use cookies here.\nAccept all\n" +
	"News\nSport\nMusic\nFilm\nWeather\nRead more…\nThe text ends.\nReferences\n[1] Someone. 2001."

func TestLinesContract(t *testing.T) {
	docs := []quern.Doc{{Text: []byte(linesPage)}, {Text: []byte("clean text.\n")}, {}, {Text: []byte("\xff")}, {Text: []byte("---\n---\na")}, {Text: []byte("```\n\n" + linesPage)}}
	if err := quern.CheckStage(func() (quern.Stage, error) { return allLines().Stage() }, docs...); err != nil {
		t.Error(err)
	}
	s := linesStage(t, allLines())
	d := &quern.Doc{Text: []byte(linesPage), Spans: []quern.Span{}}
	if _, err := s.Apply(d); err != nil || string(d.Text) != "The text of the page stands here.\nThe text ends." {
		t.Errorf("%q is left, %v", d.Text, err)
	}
	seen := map[string]int{}
	for _, p := range d.Spans {
		seen[p.Name]++
	}
	if len(seen) != 7 || seen["lines.policy"] != 2 || seen["lines.menu"] != 5 {
		t.Errorf("spans %v", seen)
	}
	page := []byte(linesPage)
	if n := testing.AllocsPerRun(20, func() {
		d.Text, d.Spans = page, nil
		s.Apply(d)
	}); n != 0 {
		t.Errorf("%v allocations a document", n)
	}
}

func FuzzLines(f *testing.F) {
	f.Add(linesPage)
	f.Add("```\n---\n```\n\n |a| \n\n©2001\n")
	s := linesStage(f, allLines())
	f.Fuzz(func(t *testing.T, text string) {
		a, b := quern.Doc{Text: []byte(text), Spans: []quern.Span{}}, quern.Doc{Text: []byte(text)}
		v, _ := s.Apply(&a)
		first := string(a.Text)
		w, _ := linesStage(t, allLines()).Apply(&b)
		if v != w || v == quern.Keep && (first != string(b.Text) || !utf8.ValidString(first) || len(first) > len(text)) {
			t.Fatalf("%q: %q %q, then %q %q", text, v, first, w, b.Text)
		}
		if n := codePoints([]byte(text)); utf8.ValidString(text) && n != utf8.RuneCountInString(text) {
			t.Fatalf("%q: %d code points", text, n)
		}
	})
}

func BenchmarkLines(b *testing.B) {
	for name, docs := range map[string][]string{"prose": prose(b), "chinese": chinese(b)} {
		b.Run(name, func(b *testing.B) { benchStage(b, docs, linesStage(b, DefaultLines())) })
	}
}
