package extract

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestMarkdown(t *testing.T) {
	f := func(src, want string) {
		t.Helper()
		if got, _ := Markdown(nil, []byte(src)); string(got) != want {
			t.Errorf("%q:\n got %q\nwant %q", src, got, want)
		}
	}
	// Blocks.
	f("", "")
	f("One\nparagraph\n\nand another", "One paragraph\nand another")
	f("Two lines  \nof verse\\\nthree", "Two lines\nof verse\nthree")
	f("## Head ##\nText", "Head\nText")
	f("Head\n----\nText\n***\nMore", "Head\nText\nMore")
	f("#no heading", "#no heading")
	f("> A quotation\n> goes on\n>\n> twice", "A quotation goes on\ntwice")
	f("- one\n- two\n  goes on\n\n  and on\n* three\n1. four\n2) five", "- one\n- two goes on\nand on\n- three\n- four\n- five")
	f("In the year\n1984. it was", "In the year 1984. it was")
	f("```go\nif a {\n\n\tb()\n}\n```\nText", "if a {\n\n\tb()\n}\nText")
	f("~~~\n```\n~~~\nText", "```\nText")
	f("```\nnever closed\n# no heading", "never closed\n# no heading")
	f("Text:\n\n    code *here*\n\n      more\n\nText", "Text:\ncode *here*\n\n  more\nText")
	f("| a | *b* |\n|---|:-:|\n| 1 | 2 |", "a | b\n1 | 2")
	f("$$\nx^2 * y * z\n$$\nText", "$$\nx^2 * y * z\n$$\nText")
	f("$$a$$\nText", "$$a$$\nText")
	f("<!-- a\ncomment -->\nText<!-- here --> goes on", "Text goes on")
	f("[1]: http://x.org \"Title\"\nText", "Text")
	// Inline.
	f("*a* **b** ***c*** _d_ __e__ ~~f~~ ~g~ snake_case_name 2 * 3 * 4", "a b c d e f ~g~ snake_case_name 2 * 3 * 4")
	f("a `code *with* stars` and ``a ` b``, `open", "a code *with* stars and a ` b, `open")
	f("[words](http://x.org/a_(b) \"T\") [ref][1] [plain] ![alt *text*](p.png) [![badge](a)](b)", "words ref [plain] alt text badge")
	f("<http://x.org> <a@b.c> <b>bold</b> a < b <br> c", "http://x.org a@b.c bold a < b\nc")
	f(`\*not\* \[a\] C:\dir &amp; &lt; &nosuch; AT&T`, `*not* [a] C:\dir & < &nosuch; AT&T`)
	f("$a_1 * b_2$ costs $5 and $6", "$a_1 * b_2$ costs $5 and $6")
	f("Text.[^1] More [@foreman:2018].\n\n[^1]: A note.\n[^b]: Another\ngoes on.", "Text. More [@foreman:2018].\nA note.\nAnother goes on.")
}

func TestMarkdownTitle(t *testing.T) {
	f := func(src, title, want string) {
		t.Helper()
		if got, ti := Markdown([]byte("before"), []byte(src)); string(got) != "before"+want || ti != title {
			t.Errorf("%q: %q, %q", src, got, ti)
		}
	}
	f("# The *Title* {#top}\n\nText", "The Title", "Text")
	f("The Title\n===\nText\n# Other", "The Title", "Text\nOther")
	f("Text\n\n# No title", "", "Text\nNo title")
	f("## No title", "", "No title")
}

// Nothing that a writer of markup can do takes long.
func TestMarkdownHostile(t *testing.T) {
	for _, s := range []string{"[", "[a](", "![", "`", "` `` ", "<", "<a", "<!--", "$", "$a", "*", "_a", "~~", "> ", ">", "- ", "#", "|", "| |\n", "\\", "&", "&#", "[[a](b)", "[a](b)](c)", "```\n", "    a\n", "\n", "1. ", "$$\n", "[^", "]:"} {
		src := strings.Repeat(s, 1<<20/len(s))
		start := time.Now()
		got, _ := Markdown(nil, []byte(src))
		if d := time.Since(start); d > 30*time.Second {
			t.Errorf("%q: %v", s, d)
		}
		if len(got) > 4*len(src) {
			t.Errorf("%q: %d bytes", s, len(got))
		}
	}
}

func FuzzMarkdown(f *testing.F) {
	f.Add("# T\n\n- a *b* [c](d)\n\n```\ncode\n```\n| a | b |\n|--|--|\n")
	f.Add("> $a$ `b` <c> &amp; \\* ![d](e)\n\n    code\n\n[^1]: x\n$$\ny\n$$")
	f.Fuzz(func(t *testing.T, src string) {
		got, title := Markdown(nil, []byte(src))
		if utf8.ValidString(src) && (!utf8.Valid(got) || !utf8.ValidString(title)) {
			t.Errorf("%q: %q is not UTF-8", src, got)
		}
	})
}
