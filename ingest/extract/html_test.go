package extract

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; -update rewrites it\ngot:\n%s\nwant:\n%s", name, got, want)
	}
}

func facts(p Page) string {
	return fmt.Sprintf("title: %s\nauthor: %s\ndate: %s\nsite: %s\nlang: %s\nlicense: %s\n\n%s\n", p.Title, p.Author, p.Date, p.Site,
		p.Lang, p.License, p.Text)
}

func TestPages(t *testing.T) {
	pages, err := filepath.Glob("testdata/*.html")
	if err != nil || len(pages) == 0 {
		t.Fatal("no pages in testdata", err)
	}
	var x HTML
	for _, name := range pages {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		p, err := x.Extract(src)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, strings.TrimSuffix(filepath.Base(name), ".html")+".txt", facts(p))
	}
}

// long is a paragraph that any rule takes for running text.
const long = "The miller said that the stones had been cut from a quarry up the hill, and that no one knew exactly when, or by whom."

func TestBlocks(t *testing.T) {
	var x HTML
	f := func(html, want string) {
		t.Helper()
		p, err := x.Extract([]byte("<body><p>" + long + "</p>" + html))
		if err != nil {
			t.Fatal(err)
		}
		got, ok := strings.CutPrefix(string(p.Text), long)
		if !ok || strings.TrimPrefix(got, "\n") != want {
			t.Errorf("%s\n got %q\nwant %q", html, p.Text, long+"\n"+want)
		}
	}
	// Blocks are lines, and white space inside them is one space.
	f("<p>A  second\n paragraph of\ttext.</p>", "A second paragraph of text.")
	f("<div>One block.<div>And one inside of it.</div>Then the rest of it.</div>", "One block.\nAnd one inside of it.\nThen the rest of it.")
	f("<p>Rain on the<br>roof all night.</p>", "Rain on the\nroof all night.")
	f("<p>First words here.<br><br>Second paragraph here.</p>", "First words here.\nSecond paragraph here.")
	f("<p>un<b>bel</b>ievable <i>it</i> is.</p>", "unbelievable it is.")
	f("<p>\u3000\u3000石磨是从山上的采石场凿出来的。<br>\u3000没有人知道是什么时候。\u3000</p>", "石磨是从山上的采石场凿出来的。\n\u3000没有人知道是什么时候。")
	f("<p>\ufeff</p><p>It is so, \u200b he said then.\u200b</p>", "It is so, \u200b he said then.")
	// Entities, with and without semicolons, by name and by number.
	f("<p>a &lt; b &amp;&amp; c &gt d &#x41;&#66; &eacute;t&eacute; &hellip; &#150; &unknown; it is.</p>", "a < b && c > d AB été … – &unknown; it is.")
	f("<p>no&nbsp;break and soft&shy;hyphen and &notin; this.</p>", "no break and softhyphen and ∉ this.")
	// Implied end tags, and end tags that match nothing.
	f("<p>One sentence here.<p>Two sentences here.</div></span></p>", "One sentence here.\nTwo sentences here.")
	f("<ul><li>the first item of them<li>the second item of them</ul>", "- the first item of them\n- the second item of them")
	f("<ul><li><p>An item of two paragraphs.</p><p>This is the second.</p></li></ul>", "- An item of two paragraphs.\nThis is the second.")
	// A table of data is rows, whose cells may hold a few short blocks.
	f("<table><tr><th>Name<th>Size<tr><td><p>mill</p><p>of stone</p><td>12 m</table>", "Name | Size\nmill of stone | 12 m")
	f("<table><tr><th>Columns<tr><td><p>wheel</p><p>turns in the water</p></table>", "Columns\nwheel\nturns in the water")
	f("<table><tr><th>Name<th>Size<tr><td>mill<td>12 m</table>", "Name | Size\nmill | 12 m")
	// Preformatted text keeps its white space, but not empty lines around it.
	f("<pre>\n\n  if x {\n    y()  \n  }\n\n</pre>", "  if x {\n    y()\n  }")
	f("<pre><b>for</b> <i>x</i>\n<span> </span>\tend</pre>", "for x\n \tend")
	// Signs to click on.
	f(`<h2>Wheels<a href="#w">¶</a></h2><p>They turn.<sup><a href="#n">[12]</a></sup> And turn<a href="#n">&#91;3&#93;</a>, <a href="#x">[see]</a>.</p>`,
		"Wheels\nThey turn. And turn, [see].")
	// Formulas are LaTeX where the page has it.
	f(`<p>Let <math alttext="x&lt;1"><mi>x</mi></math> be, so <span>that</span> <img class="mwe-math-fallback" alt="{\displaystyle y^{2}}"> is.</p>`,
		"Let $x<1$ be, so that $y^{2}$ is.")
	f(`<p>Look at <img class="photo" alt="A photo of it"> this mill.</p>`, "Look at this mill.")
	// What is not shown is not text.
	f(`<div style="color:red; DISPLAY : none">A hidden sentence, which is long enough.</div>`, "")
	f(`<p hidden>A hidden sentence, which is long enough.</p><template>And a template.</template>`, "")
	f(`<script>var a = "</p><p>This is a script that writes a paragraph.";</script>`, "")
	f(`<!-- <p>A comment with a paragraph in it.</p> --><![CDATA[ cdata ]]><?php echo 1 ?>`, "")
	f(`<select><option>One</option><option>Two</option></select><button>Press here to go on.</button>`, "")
	// Machinery and pointers away from the page.
	f(`<p>Read more: <a href="/x">the history of the mill in ten pictures</a></p>`, "")
	f(`<div class="newsletter-signup"><p>Sign up for our newsletter and never miss a story from us again.</p></div>`, "")
	f(`<div class="comments"><p>I do not agree with this at all, and I have been there myself.</p></div>`, "")
	f(`<h3>Related stories</h3>`, "")
}

func TestTitles(t *testing.T) {
	var x HTML
	f := func(head, body, want string) {
		t.Helper()
		p, _ := x.Extract([]byte("<html><head>" + head + "</head><body>" + body + "<p>" + long))
		if p.Title != want || strings.HasPrefix(string(p.Text), want) && want != "" {
			t.Errorf("%s %s\n got %q (%q)\nwant %q", head, body, p.Title, p.Text, want)
		}
	}
	f("<title>The old mill grinds - Valley Post</title>", "", "The old mill grinds")
	f("<title>Mills - Valley Post</title>", "", "Mills - Valley Post")
	f("<title>Mills - Valley Post</title>", "<h1>Mills</h1>", "Mills")
	f("<title>Valley Post</title>", "<h1>Mills &amp; more</h1>", "Valley Post")
	f(`<meta property="og:title" content="Mills"><title>x</title>`, "<h1>MILLS!</h1>", "Mills")
	f(`<meta property=og:site_name content=Post><title>Mills | Post</title>`, "", "Mills")
	f(`<meta property=og:site_name content=Post><meta property=og:title content="Old mills · Post">`, "", "Old mills")
	f("", "<h1>Only <i>this</i></h1>", "Only this")
	f("<title>Old mills grind again: Post : Valley</title>", "<h1>Valley Post</h1><h1>Old mills grind again</h1>", "Old mills grind again")
	f("", "", "")
}

func TestFacts(t *testing.T) {
	var x HTML
	f := func(head string, want Page) {
		t.Helper()
		got, _ := x.Extract([]byte(head))
		got.Text, got.Title = nil, ""
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s\n got %+v\nwant %+v", head, got, want)
		}
	}
	f(`<html lang="de">`, Page{Lang: "de"})
	f(`<html lang="x' onload=">`, Page{})
	f(`<meta property="og:locale" content="pt_BR">`, Page{Lang: "pt-BR"})
	f(`<meta http-equiv="Content-Language" content="de, en">`, Page{Lang: "de"})
	f(`<html lang=fr><meta property="og:locale" content="en_US">`, Page{Lang: "fr"})
	f(`<html lang="utf-8">`, Page{})
	f(`<html lang="zh-cmn-Hans">`, Page{Lang: "zh-cmn-Hans"})
	f(`<html lang="english">`, Page{})
	f(`<meta name=author content="A. Writer">`, Page{Author: "A. Writer"})
	f(`<meta name=author content="name, email@example.com">`, Page{})
	f(`<meta property="article:author" content="https://example.com/a">`, Page{})
	f(`<script type="application/ld+json">{"datePublished": "2020-05-06T01:02", "author":[{"@type":"Person","name":"B. Writer"}]}</script>`,
		Page{Author: "B. Writer", Date: "2020-05-06"})
	f(`<script type="application/ld+json">{"author": {"name": "cut`, Page{})
	f(`<time datetime="2019/11/25">today</time>`, Page{Date: "2019-11-25"})
	f(`<meta name=date content=20191125>`, Page{Date: "2019-11-25"})
	f(`<meta name=date content=2019-13-25>`, Page{})
	f(`<a rel="license" href="http://creativecommons.org/licenses/by-nc-sa/3.0/us/">`, Page{License: "CC-BY-NC-SA-3.0"})
	f(`<link rel=license href="https://creativecommons.org/publicdomain/zero/1.0/">`, Page{License: "CC0-1.0"})
	f(`<a rel="license" href="/our-license">`, Page{})
	f(`<a rel="license" href="https://creativecommons.org/licenses/by/">`, Page{})
}

func TestExtractReuse(t *testing.T) {
	pages := [][]byte{[]byte("<title>a</title><p>" + long), nil, []byte("<p>x"), []byte("\uFEFF<h1>T</h1><p>" + long + "<p>Yes, it was so.")}
	var used HTML
	for round := range 2 {
		for i, page := range pages {
			var fresh HTML
			want, _ := fresh.Extract(page)
			got, _ := used.Extract(bytes.Clone(page))
			if facts(got) != facts(want) {
				t.Errorf("round %d, page %d: a used extractor gives %q, a fresh one %q", round, i, facts(got), facts(want))
			}
		}
	}
}

func ExampleHTML_Extract() {
	page := []byte(`<title>Wheel - Mills</title><nav><a href="/">Home</a></nav><h1>Wheel</h1>
<p>The wheel turns in the water and drives the stones, which grind the grain into flour.</p>
<ul><li>It is made of oak.</li><li>It needs repair every ten years.</li></ul><footer>(c) Mills</footer>`)
	var x HTML
	p, err := x.Extract(page)
	if err != nil {
		panic(err)
	}
	fmt.Println(p.Title)
	fmt.Println(string(p.Text))
	// Output:
	// Wheel
	// The wheel turns in the water and drives the stones, which grind the grain into flour.
	// - It is made of oak.
	// - It needs repair every ten years.
}
