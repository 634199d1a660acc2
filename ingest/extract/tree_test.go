package extract

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// holdTree holds the words of a page against ours, and those that x/net/html finds against browser.
func holdTree(t *testing.T, page, ours, browser string) {
	t.Helper()
	var tr tree
	if err := tr.parse([]byte(page)); err != nil {
		t.Errorf("%s: %v", page, err)
	}
	if got := strings.Join(treeWords(&tr), " "); got != ours {
		t.Errorf("%s\n got %q\nwant %q", page, got, ours)
	}
	if got, err := oracleWords([]byte(page)); err != nil || strings.Join(got, " ") != browser {
		t.Errorf("%s\nx/net/html has %q, %v", page, got, err)
	}
}

// TestTree says which words of a page are text, in which order, and where words end, as in browsers.
func TestTree(t *testing.T) {
	f := func(page, want string) {
		t.Helper()
		holdTree(t, page, want, want)
	}
	// Blocks, cells and line breaks part words; inline elements do not.
	f("a<b>b</b>c<i></i>d<div>e</div>f<br>g</br>h<hr>i", "abcd e f g h i")
	f("<table><tr><td>a<td>b<tr><td>c</table>d", "a b c d")
	f("x<b> </b>y <i> </i>z<a></a> <u>w</u>", "x y z w")
	f("a<p>b</p>c</p>d", "a b c d")
	f("<p>a<button>b<p>c</button>d", "a b c d")
	// End tags that are left out, and end tags that reach nothing.
	f("<ul><li>a<li>b<ul><li>c</ul>d<li>e</ul>f", "a b c d e f")
	f("<dl><dt>a<dd>b<dt>c</dl>d<select><option>e<option>f</select>g", "a b c d e f g")
	f("<ruby>a<rp>(<rt>b<rp>)</ruby>c", "a(b)c")
	f("<div>a</span>b</p>c</div></div></table></li>d", "ab c d")
	f("<table><tr><td>a</div></ul>b</td></tr></table>c", "ab c")
	f("<table><tr><td>a<table><tr><td>b</td></tr></table>c</td><td>d</table>e", "a b c d e")
	f("<table><tr><td>a<table><td>b</table></td></table>c<table><table>d", "a b c d")
	f("<h1>a<h2>b</h3>c", "a b c")
	// Misnested formatting and links.
	f("<b>a<p>b</b>c</p>d<i>e<u>f</i>g</u>h", "a bc defgh")
	f("<a>a<a>b</a>c<div>d</a>e</div>f", "abc de f")
	f("<form>a<div></form>b</div>c", "a b c")
	f("<x-a>a<x-b>b</x-a>c</x-b>d", "abcd")
	// Raw text, and what looks like its end.
	f("a<script>var s='</p><b>x</b>'</script>b<style>c</style>d", "abd")
	f("a<script><!--<script>x</script>y--></script>b<script><!-- x</script>c", "abc")
	f("a<script></scripty>x</script >b<script>x</SCRIPT foo='>'>c", "abc")
	f("a<noscript>x<p>y</noscript>b<iframe>x</iframe>c<textarea>x</textarea>d<noframes>x</noframes>e", "abcde")
	f("a<template>x<table><tr><td>y</div></template>b", "ab")
	f("a<xmp>b<p>&amp;c</xmp>d<plaintext>e<br>&lt;</plaintext>f", "a b<p>&amp;c d e<br>&lt;</plaintext>f")
	// Foreign content ends where HTML begins; CDATA is text only there.
	f("a<svg><text>x</text><title>y</title><style>a<b</style></svg>b", "ab")
	f("a<svg><g>x<p>b</p>c", "a b c")
	f("a<svg><foreignObject><p>x<div>y</div></foreignObject></svg>b<math><mi>x</mi></math>c", "abc")
	f("<div>a<svg><path/><g/></div>b<math/>c<svg><![CDATA[x</svg>]]></svg>d", "a bcd")
	f("a<svg><font>x<font color=red>b", "ab")
	f("a<![CDATA[x>b]]>c", "ab]]>c")
	// Comments and other declarations.
	f("a<!-->b<!--->c<!-- x --!>d<!-- x -- > y -->e<!x>f<?x?>g</>h</ x>i<!-- x", "abcdefghi")
	f("a<>b< c<3d<", "a<>b< c<3d<")
	f("a<div b='>' c=\">\" d=e>f</div g='>'>h<div i", "a f h")
	// Frames: no text, unless the page has begun.
	f("<frameset><frame><noframes>x</noframes></frameset>x", "")
	f("a<frameset>b", "ab")
	// Characters.
	f("&amp;&lt&notit;&notin;&copy2&#x41;&#65&#150;&#0;&#xD800;&#x110000;&#;&#x;&x;&", "&<¬it;∉©2AA–���&#;&#x;&x;&")
	f("a\x00b\r\nc\rd&nbsp;e\u00a0f", "ab c d e f")
	f("a&NotEqualTilde;b&CounterClockwiseContourIntegral;c&fjlig;d&semi;", "a≂̸b∳cfjd;")
}

// TestTreeDiffers says where words are others than in browsers, on purpose.
func TestTreeDiffers(t *testing.T) {
	ours := func(page, want, browser string) {
		t.Helper()
		holdTree(t, page, want, browser)
	}
	// Text in a table outside of its cells stays where it is.
	ours("a<table>b<tr>c<td>d</td>e</table>f", "a b c d e f", "abce d f")
	// Parts of tables without a table still part words.
	ours("a<td>b<td>c<tr>d", "a b c d", "abcd")
	// What is forgotten inside of <svg> does not hide what follows it.
	ours("a<svg><desc><div>x</svg>b<math><mi><p>x</math>c", "abc", "a")
	// A script that never ends by the standard ends at the first end tag.
	ours("a<script>s='<!--<script>'</script>b<script>t</script>c", "abc", "a")
	// Another beginning of a page is a border.
	ours("a<head>b</head><body>c</body></html><html><body>d", "a b c d", "abcd")
}

// randomPage is a page of a few tags that fit together badly.
func randomPage(r *rand.Rand, tags []string) string {
	var b strings.Builder
	var used []string
	for j := range 2 + r.IntN(7) {
		tag := tags[r.IntN(len(tags))]
		if len(used) > 0 && r.IntN(3) == 0 {
			tag = used[r.IntN(len(used))]
		}
		used = append(used, tag)
		switch r.IntN(5) {
		case 0, 1, 2:
			fmt.Fprintf(&b, "<%s>", tag)
		case 3:
			fmt.Fprintf(&b, "</%s>", tag)
		}
		if r.IntN(2) == 0 {
			fmt.Fprintf(&b, "w%d", j)
		}
		if r.IntN(4) == 0 {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// TestRandomMarkup holds the words of random markup against x/net/html: the same words, and with the tags by which TestTree differs at
// least the same letters.
func TestRandomMarkup(t *testing.T) {
	tags := strings.Fields(`div p span b i a em code font nobr ul ol li dl dt dd h1 h2 button select option pre blockquote section
		svg math g mi desc foreignObject title template object marquee br hr img input x-y foo ruby rt rp rb textarea xmp iframe noscript
		center address article plaintext image listing details summary label sup style script`)
	parts := strings.Fields("table tr td th tbody thead caption colgroup col form html head body")
	r := rand.New(rand.NewPCG(7, 7))
	var tr tree
	const n = 20_000
	other := 0
	for i := range 2 * n {
		among := tags
		if i >= n {
			among = slices.Concat(tags, parts)
		}
		page := []byte(randomPage(r, among))
		want, err := oracleWords(page)
		if err != nil {
			continue
		}
		if err := tr.parse(page); err != nil {
			t.Fatal(err)
		}
		got := treeWords(&tr)
		if slices.Equal(got, want) || i >= n && (strings.Join(got, "") == strings.Join(want, "") || sameLetters(got, want)) {
			continue
		}
		other++
		t.Logf("%s: got %q, x/net/html has %q", page, got, want)
	}
	if other > n/1000 {
		t.Errorf("%d of %d pages have other words", other, 2*n)
	}
}

func sameLetters(a, b []string) bool {
	sorted := func(s []string) []byte {
		all := []byte(strings.Join(s, ""))
		slices.Sort(all)
		return all
	}
	return bytes.Equal(sorted(a), sorted(b))
}

// sourceText is all text of a parsed page, decoded, in order.
func sourceText(t *tree) []byte {
	w := writer{src: t.lx.src, nodes: t.nodes, entities: entities{}}
	var out []byte
	for i := range t.nodes {
		switch nd := &t.nodes[i]; {
		case nd.tag != tNone:
		case nd.verbatim:
			out = append(out, t.lx.src[nd.a:nd.b]...)
		default:
			w.attribute = nd.formula
			out, _ = w.appendText(append(out, ' '), 0, 0, t.lx.src[nd.a:nd.b])
		}
	}
	return out
}

// checkSubsequence holds that text is a part of the source's text, in order and with nothing twice, but for white space and the signs that
// the extractor adds.
func checkSubsequence(t *testing.T, name string, text, source []byte) {
	rest := source
	for i, r := range string(text) {
		if strings.ContainsRune(" \n\t-|$", r) {
			continue
		}
		at := bytes.IndexRune(rest, r)
		if at < 0 {
			t.Errorf("%s: not in the source, or not in order: %q", name, text[max(0, i-80):min(i+20, len(text))])
			return
		}
		rest = rest[at+utf8.RuneLen(r):]
	}
}

// TestTextIsFromSource holds that what comes out of real pages is their text in order.
func TestTextIsFromSource(t *testing.T) {
	var x HTML
	for _, name := range corpus(t) {
		corpusPages(t, name, somePages(), func(url string, page []byte) {
			p, err := x.Extract(page)
			if err != nil {
				t.Errorf("%s: %v", url, err)
			}
			if !utf8.Valid(p.Text) {
				t.Errorf("%s: not UTF-8", url)
			}
			checkSubsequence(t, url, p.Text, sourceText(&x.tree))
		})
	}
}

// TestAllocations holds that a page that is like others before it takes no memory but for the strings of its facts.
func TestAllocations(t *testing.T) {
	src, err := os.ReadFile("testdata/docs.html")
	if err != nil {
		t.Fatal(err)
	}
	var x HTML
	body := append([]byte("<svg><g></g></svg><p>&eacute;t&eacute; &unknown; &copy2020 &#8364;"), src...)
	if n := testing.AllocsPerRun(20, func() { x.tree.parse(body) }); n != 0 {
		t.Errorf("parsing allocates %v times", n)
	}
	if n := testing.AllocsPerRun(20, func() {
		x.Extract([]byte("<p>" + long + "<ul><li>An &eacute;t&eacute; &amp; &unknown; item.</ul><pre>a\n b</pre>"))
	}); n > 1 {
		t.Errorf("a page without facts allocates %v times, but for itself", n-1)
	}
	if testing.Short() {
		return
	}
	sets := map[string]float64{"docs-postgresql": 2, "docs-apache-multilang": 4, "cc-pages": 15, "extraction-benchmark/aeb": 12}
	for set, most := range sets {
		if _, err := os.Stat(webData + set + ".warc.gz"); err != nil {
			t.Skip("no real pages here")
		}
		var pages [][]byte
		corpusPages(t, set+".warc.gz", 100, func(_ string, page []byte) { pages = append(pages, page) })
		n := testing.AllocsPerRun(2, func() {
			for _, page := range pages {
				x.Extract(page)
			}
		}) / float64(len(pages))
		t.Logf("%s: %.2f allocations a page", set, n)
		if n > most {
			t.Errorf("%s: %.2f allocations a page, want at most %v", set, n, most)
		}
	}
}

func FuzzExtract(f *testing.F) {
	for _, name := range []string{"testdata/news.html", "testdata/docs.html"} {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Add([]byte("<table><tr><td><table></td><td>x<pre>\n &notit;&#xfffffff;<a href=' "))
	f.Add([]byte("<p>a<svg><foreignObject><div>b</svg><xmp>c</p></xmp><select><p>d<math alttext='\\frac{&lt;}'><mi>e<plaintext>f&amp;"))
	r := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		f.Add([]byte(randomPage(r, tagNames[1:])))
	}
	for _, page := range hostilePages(300) {
		f.Add([]byte(page))
	}
	var x HTML
	f.Fuzz(func(t *testing.T, page []byte) {
		page, _, err := Decode(nil, page, "")
		if err != nil {
			t.Fatal(err)
		}
		p, err := x.Extract(page)
		if err != nil {
			t.Fatal(err)
		}
		if !utf8.Valid(p.Text) || !utf8.ValidString(p.Title+p.Author+p.Site+p.Date+p.Lang+p.License) {
			t.Errorf("not UTF-8: %q", facts(p))
		}
		checkSubsequence(t, "page", p.Text, sourceText(&x.tree))
		first := facts(p)
		var fresh HTML
		if p, _ = fresh.Extract(page); facts(p) != first {
			t.Errorf("twice the same page:\n%s\n%s", first, facts(p))
		}
	})
}
