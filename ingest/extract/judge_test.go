package extract

import (
	"strings"
	"testing"
)

// TestJudge shows what is kept of pages that are more than one box of paragraphs.
func TestJudge(t *testing.T) {
	var x HTML
	para := "<p>" + long + "</p>"
	f := func(name, html string, want ...string) {
		t.Helper()
		p, err := x.Extract([]byte(html))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.ReplaceAll(string(p.Text), long, "LONG"); got != strings.Join(want, "\n") {
			t.Errorf("%s:\n got %q\nwant %q", name, got, strings.Join(want, "\n"))
		}
	}
	const lead = "The oldest mill of the valley was sold last week to a man whom nobody here had ever seen before."

	// The standfirst stands outside the box of the text, and is said once.
	f("standfirst", `<h1>Sold: the old mill</h1><div><p>`+lead+`</p></div><div class="article-body">`+para+para+`</div>`, lead, "LONG", "LONG")
	f("standfirst twice", `<h1>Sold: the old mill</h1><div><p>`+lead+`</p></div><div class="article-body"><p>`+lead+`</p>`+para+para+`</div>`,
		lead, "LONG", "LONG")
	f("subtitle", `<header><h1>Sold: the old mill</h1><p class="subtitle">A man whom nobody knows has bought it.</p></header><div class="article-body">`+
		para+para+`</div>`, "LONG", "LONG")
	f("caption above", `<h1>Sold: the old mill</h1><figure><figcaption>`+lead+`</figcaption></figure><div class="article-body">`+para+para+`</div>`,
		"LONG", "LONG")

	// Items and cells are kept together.
	f("ingredients", "<article>"+para+"<ul><li>6 eggs<li><a href=f>flour</a><li>200 g of sugar<li>salt</ul>"+para+"</article>",
		"LONG", "- 6 eggs", "- flour", "- 200 g of sugar", "- salt", "LONG")
	f("list of links", "<article>"+para+para+"<ul><li><a href=1>The dam is rising again</a><li><a href=2>Flour is dearer than ever</a></ul>"+para+"</article>",
		"LONG", "LONG", "LONG")
	f("table at the end", "<article>"+para+para+"<table><tr><th>Year<th>Tons<tr><td>1900<td>12<tr><td>1901<td>14</table></article>",
		"LONG", "LONG", "Year | Tons", "1900 | 12", "1901 | 14")
	f("definitions", "<article>"+para+"<dl><dt>hopper<dd>where the grain goes in<dt>sieve<dd>where the flour comes out</dl>"+para+"</article>",
		"LONG", "hopper", "where the grain goes in", "sieve", "where the flour comes out", "LONG")

	// A heading goes with what follows it.
	f("headings", "<article>"+para+"<h2>The wheel</h2>"+para+"<h2>Watch</h2><ul><li><a href=1>A film about mills</a></ul></article>",
		"LONG", "The wheel", "LONG")
	f("about other articles", "<article>"+para+para+para+para+"<h3>Ähnliche Beiträge</h3><div><p>Wie man eine Mühle baut und was man dabei alles falsch machen kann.</p></div></article>",
		"LONG", "LONG", "LONG", "LONG")
	f("readers' comments", "<article>"+para+para+para+para+"<h3>3 comments</h3><div><p>I do not agree with this at all, and I have been there.</p></div></article>",
		"LONG", "LONG", "LONG", "LONG")

	// A gallery between its pieces does not split an article, and a name does not take its paragraphs.
	gallery := "<div class=gallery>" + strings.Repeat("<p><a href=1>Picture of a mill with all of its wheels and stones</a></p>", 12) + "</div>"
	f("gallery", "<article><div>"+para+para+"</div>"+gallery+"<div>"+para+"</div></article>", "LONG", "LONG", "LONG")
	f("paragraphs with names", "<article>"+strings.Repeat(`<p class="paywall side">`+long+"</p>", 3)+"</article>", "LONG", "LONG", "LONG")

	// The text under the heading that says the title, though others weigh more.
	f("stack of articles", "<title>Sold: the old mill</title><main><article><h1>Sold: the old mill</h1>"+strings.Repeat(para, 4)+"</article><article><h1>Another one</h1>"+
		strings.Repeat(para, 9)+"</article></main><aside><h2>Sold: the old mill</h2></aside>", "LONG", "LONG", "LONG", "LONG")

	// A thread of posts is all of them; excerpts of other articles are not posts.
	f("thread", "<main><article>"+strings.Repeat(para, 4)+"</article><article><p>"+lead+"</p></article><article><p>"+lead+"</p></article></main>",
		"LONG", "LONG", "LONG", "LONG", lead, lead)
	f("excerpts", "<main><article>"+strings.Repeat(para, 4)+"</article><article><h2><a href=1>Sold: the dam</a></h2><p>"+lead+"</p></article></main>",
		"LONG", "LONG", "LONG", "LONG")

	// Pages with little text.
	f("short page", `<div id=menu><a href=1>Home</a></div><div id=page><h1>Undo</h1><p>Takes back the last step.</p><p>Choose <i>Edit - Undo</i></p></div>`,
		"Takes back the last step.", "Choose Edit - Undo")
}

func TestLicense(t *testing.T) {
	var x HTML
	f := func(html, want string) {
		t.Helper()
		p, _ := x.Extract([]byte(html))
		if p.License != want {
			t.Errorf("%s: %q, want %q", html, p.License, want)
		}
	}
	by := `<a href="https://creativecommons.org/licenses/by/4.0/">`
	sa := `<a href="https://creativecommons.org/licenses/by-sa/3.0/de/deed.de">`
	f(`<a rel=license href="//creativecommons.org/licenses/by/4.0/">x</a>`, "CC-BY-4.0")
	f(`<link rel="license" href="//creativecommons.org/licenses/by-nc/2.5/">`, "CC-BY-NC-2.5")
	f(`<p>This work is licensed under a `+by+`licence</a>.`, "CC-BY-4.0")
	f(`<p>Dieses Werk steht unter einer <b>freien</b> `+sa+`Lizenz</a>.`, "CC-BY-SA-3.0")
	f(`<p>El contenido se publica <i>bajo licencia</i> `+by+`CC</a>.`, "CC-BY-4.0")
	f(`<p>Photo: A. Writer, licensed under `+by+`CC BY</a>.`, "")
	f(`<p>Bilder stehen unter `+sa+`CC</a>.`, "")
	f(`<p>See `+by+`CC BY</a>.`, "")
	f(`<p>licensed under `+by+`a</a> or licensed under `+sa+`b</a>`, "")
	f(`<a rel=license href="//creativecommons.org/licenses/by/4.0/">x</a><a rel=license href="//creativecommons.org/licenses/by-nd/4.0/">x</a>`, "")
	f(`<a rel=license href="//creativecommons.org/licenses/by/4.0/">x</a> licensed under `+sa+`b</a>`, "CC-BY-4.0")
	f(`<script type="application/ld+json">{"@type":"Article","license":"https:\/\/creativecommons.org\/licenses\/by\/4.0\/"}</script>`, "CC-BY-4.0")
	f(`<script type="application/ld+json">{"@type":"ImageObject","license":"https://creativecommons.org/licenses/by/4.0/"}</script>`, "")
	f(`<a href="creativecommons.org/`, "")
	f(strings.Repeat("licensed under "+by, 100), "CC-BY-4.0")
}
