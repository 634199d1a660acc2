package extract

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func describe(a Article) string {
	return fmt.Sprintf("title: %s\nauthors: %s\ndoi: %s\ndate: %s\nlicense: %s\nlang: %s\njournal: %s\nkind: %s\nabstract: %d bytes\nmissing: %s\n\n%s\n",
		a.Title, strings.Join(a.Authors, "; "), a.DOI, a.Date, a.License, a.Lang, a.Journal, a.Kind, len(a.Abstract),
		strings.Join(a.Missing, "; "), a.Text)
}

// readOne reads a document of one article.
func readOne(src []byte) (Article, error) {
	var x XML
	all, err := x.Articles(src)
	if err != nil {
		return Article{}, err
	}
	return all[0], nil
}

func TestJATSArticle(t *testing.T) {
	src, err := os.ReadFile("testdata/article.xml")
	if err != nil {
		t.Fatal(err)
	}
	a, err := readOne(src)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "article.txt", describe(a))
}

func TestJATSBody(t *testing.T) {
	f := func(body, want string) {
		t.Helper()
		a, err := readOne([]byte("<article><body>" + body + "</body></article>"))
		if err != nil || string(a.Text) != want {
			t.Errorf("%s\n got %q %v\nwant %q", body, a.Text, err, want)
		}
	}
	f("<sec><label>1</label><title>Methods</title><p>We ground\n it.</p></sec>", "Methods\nWe ground it.")
	f("<p>One<list><list-item><p>first</p></list-item><list-item><label>2</label><p>second</p><p>more</p></list-item><list-item/></list>two</p>",
		"One\n- first\n- second\nmore\ntwo")
	f("<p><def-list><def-item><term>mill</term><def><p>a machine</p></def></def-item></def-list></p>", "- mill: a machine")
	f("<table-wrap><label>Table 1.</label><caption><title>Sizes</title><p>In mm.</p></caption><table><thead><tr><th>a</th><th>b</th></tr></thead>"+
		"<tbody><tr><td><bold>1</bold></td><td>2<break/>3</td></tr><tr><td/><td/></tr></tbody></table></table-wrap>",
		"Table 1. Sizes. In mm.\na | b\n1 | 2 3")
	f("<fig><label>Fig 2</label><caption><p>The mill</p></caption><graphic/></fig>", "Fig 2. The mill.")
	// Citations by number go with their brackets; those that are words stay.
	f(`<p>As shown [<xref ref-type="bibr">1</xref>,<xref ref-type="bibr">2</xref>–<xref ref-type="bibr">4</xref>].</p>`, "As shown.")
	f(`<p>As shown <xref ref-type="bibr">[1]</xref>–<xref ref-type="bibr">[3]</xref> by many.</p>`, "As shown by many.")
	f(`<p>As shown<sup><xref ref-type="bibr">1</xref>,<xref ref-type="bibr">2</xref></sup>, but (see <xref ref-type="fig">Fig 1</xref>).</p>`,
		"As shown, but (see Fig 1).")
	f(`<p>As <xref ref-type="bibr">Smith (2000)</xref> says (n = 3) [sic].</p>`, "As Smith (2000) says (n = 3) [sic].")
	// Raised and lowered characters, where Unicode has them.
	f("<p>10<sup>−3</sup> m<sup>2</sup> of CO<sub>2</sub>, x<sup>th</sup></p>", "10⁻³ m² of CO₂, xth")
	// Formulas: TeX as it stands, MathML as TeX.
	f(`<p>Let <inline-formula><alternatives><tex-math>\documentclass{a}\begin{document}$$ x_1 $$\end{document}</tex-math><graphic/></alternatives></inline-formula> be.</p>`,
		"Let $x_1$ be.")
	f(`<disp-formula><mml:math xmlns:mml="m"><mml:mfrac><mml:mi>a</mml:mi><mml:mrow><mml:mi>b</mml:mi><mml:mo>+</mml:mo><mml:mn>1</mml:mn></mml:mrow></mml:mfrac></mml:math><label>(1)</label></disp-formula>`,
		`$$\frac{a}{b+1}$$`)
	f("<preformat>\n if x:\n   y\n</preformat>", " if x:\n   y")
	f("<p>a<fn><p>note</p></fn>b &eacute;</p><verse-group><verse-line>one</verse-line><verse-line>two</verse-line></verse-group>", "ab é\none\ntwo")
	// Boxes, quotations, speech, and what floats behind the body.
	f("<boxed-text><label>Box 1</label><caption><title>Mills</title></caption><p>They grind.</p></boxed-text><disp-quote><p>Quoted.</p></disp-quote>", "Mills\nThey grind.\nQuoted.")
	f("<p>x<list><list-item><list><list-item><p>deep</p></list-item></list></list-item></list></p>", "x\n- deep")
	f("<table-wrap><table><tr><td>1<list><list-item><p>a</p></list-item></list></td><td><inline-formula><tex-math>x</tex-math></inline-formula></td><td></td><td>z</td></tr></table></table-wrap>",
		"1 a | $x$ | | z")
	f("<p><inline-formula><tex-math>a</tex-math></inline-formula><inline-formula><tex-math>b</tex-math></inline-formula></p>", "$a$ $b$")
	f("<p>&#1;&#8;a&#x202f;b&nbsp;c</p>", "a\u202fb c")
	f("<ref-list><ref>gone</ref></ref-list><p>stays</p><sec sec-type='x'><ack>gone</ack></sec>", "stays")
}

func TestJATSFront(t *testing.T) {
	f := func(front, want string) {
		t.Helper()
		a, err := readOne([]byte("<article><front><article-meta>" + front + "</article-meta></front><body><p>x</p></body><floats-group><fig><caption><p>F</p></caption></fig></floats-group></article>"))
		got := strings.Join([]string{a.Title, strings.Join(a.Authors, ";"), a.License, strings.Join(a.Keywords, ";"), strings.ReplaceAll(string(a.Text), "\n", "/")}, "|")
		if err != nil || got != want {
			t.Errorf("%s\n got %s %v\nwant %s", front, got, err, want)
		}
	}
	f("<title-group><article-title>Mills<xref ref-type='fn'>*</xref></article-title><subtitle>a study</subtitle></title-group>", "Mills: a study||||x/F.")
	f("<contrib-group><contrib contrib-type='author'><name name-style='eastern'><surname>Li</surname><given-names>Ang</given-names></name></contrib></contrib-group>", "|Li Ang|||x/F.")
	f("<contrib-group><contrib><collab><institution>Group</institution><contrib-group><contrib><name><surname>No</surname></name></contrib></contrib-group></collab></contrib></contrib-group>", "|Group|||x/F.")
	f("<permissions><license license-type='cc-by'><license-p>under the Creative Commons Attribution License (version 3.0).</license-p></license></permissions>", "||CC-BY-3.0||x/F.")
	f("<permissions><license><license-p>See <ext-link xlink:href='http://x.org/terms'/></license-p></license></permissions>", "||http://x.org/terms||x/F.")
	f("<permissions><license license-type='open-access'><license-p>Creative Commons Attribution.</license-p></license></permissions>", "||||x/F.")
	f("<kwd-group><title>K</title><kwd>oats</kwd><kwd><italic>mills</italic></kwd></kwd-group>", "|||oats;mills|x/F.")
	f("<abstract><p>Kept.</p></abstract><trans-abstract><p>Gone.</p></trans-abstract><abstract abstract-type='executive-summary'><title>Digest</title><p>Too.</p></abstract><abstract abstract-type='graphical'><p>Gone.</p></abstract>",
		"||||Abstract/Kept./Digest/Too./x/F.")
}

// TestJATSCounts holds what is counted: places that cite, entries of the list, formulas.
func TestJATSCounts(t *testing.T) {
	a, err := readOne([]byte(`<article><body><p>a <xref ref-type="bibr">1</xref>, <xref ref-type="bibr">Smith</xref> <inline-formula><tex-math>x</tex-math></inline-formula></p>` +
		`<disp-formula>E = m</disp-formula></body><back><ref-list><ref/><ref/><ref/></ref-list></back></article>`))
	if err != nil || a.Citations != 2 || a.References != 3 || a.Equations != 2 {
		t.Errorf("%d citations, %d references, %d equations, %v", a.Citations, a.References, a.Equations, err)
	}
}

// TestXMLArticles reads several papers from one file: not those inside others, and not one without a text.
func TestXMLArticles(t *testing.T) {
	var x XML
	all, err := x.Articles([]byte(`<OAI><record><article><body><p>One.</p></body><sub-article><body><p>No.</p></body></sub-article></article></record>` +
		`<article><front/></article><TEI><text><body><p>Two.</p></body></text></TEI><article><body><p>Three.</p></body></article></OAI>`))
	var texts []string
	for _, a := range all {
		texts = append(texts, string(a.Text))
	}
	if err != nil || strings.Join(texts, " ") != "One. Two. Three." {
		t.Errorf("%q %v", texts, err)
	}
}

func TestMathML(t *testing.T) {
	f := func(src, want string) {
		t.Helper()
		var d xmlTree
		if err := d.parse([]byte("<math>" + src + "</math>")); err != nil {
			t.Fatal(err)
		}
		var w texWriter
		w.math(part(d.root(), 0))
		if got := string(w.buf); got != want {
			t.Errorf("%s\n got %s\nwant %s", src, got, want)
		}
	}
	f("<msup><mi>x</mi><mn>2</mn></msup>", "x^2")
	f("<msub><mi>x</mi><mrow><mi>i</mi><mo>+</mo><mn>1</mn></mrow></msub>", "x_{i+1}")
	f("<msubsup><mo>∑</mo><mrow><mi>i</mi></mrow><mi>n</mi></msubsup><mi>sin</mi><mi>x</mi>", `∑_i^n\sin x`)
	f("<munderover><mo>∫</mo><mn>0</mn><mrow/></munderover>", "∫_0")
	f("<msqrt><mi>a</mi><mi>b</mi></msqrt><mroot><mi>c</mi><mn>3</mn></mroot>", `\sqrt{ab}\sqrt[3]{c}`)
	f("<mover><mi>x</mi><mo>¯</mo></mover><mover><mi>y</mi><mi>z</mi></mover>", `\bar{x}y^z`)
	f(`<mfenced open="[" close="]" separators=";"><mi>a</mi><mi>b</mi></mfenced><mfenced><mi>a</mi></mfenced>`, "[a;b](a)")
	f("<mi>rate</mi><mtext>per day &amp; 5%</mtext><mspace/><mphantom><mi>no</mi></mphantom>", `\mathrm{rate}\text{per day \& 5\%}`)
	f("<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>0</mn></mtd></mtr><mtr><mtd><mn>0</mn></mtd><mtd><mn>1</mn></mtd></mtr></mtable>",
		`\begin{matrix}1 & 0 \\ 0 & 1\end{matrix}`)
	f("<semantics><mi>x</mi><annotation>y</annotation></semantics><mfrac><mi>a</mi></mfrac>", `x\frac{a}{}`)
	f("<msub><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mi>i</mi></msub>", "{a+b}_i")
}

func TestJATSRefuses(t *testing.T) {
	f := func(src, want string) {
		t.Helper()
		_, err := readOne([]byte(src))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: got error %v, want one with %q", src, err, want)
		}
	}
	f("", "no <article>")
	f("<html><p>x</p></html>", "no <article>")
	f("<article><front/></article>", "no <article> with a <body>")
	f("<article><body><p>"+strings.Repeat("<a>", 1000), "nested more than")
	f("<article><body><p>x</p><", "offset")
	f(`<?xml version="1.0" encoding="klingon"?><article/>`, "klingon")
}

// TestJATSHostile feeds articles that were made to hurt; they may say anything, but soon.
func TestJATSHostile(t *testing.T) {
	const n = 1 << 19 / slowdown
	nest := func(open, inner, end string, depth int) string {
		return strings.Repeat(open, depth) + inner + strings.Repeat(end, depth)
	}
	for name, body := range map[string]string{
		"exponents":  "<math>" + nest("<msup><mi>x</mi><mrow>", "y", "</mrow></msup>", 150) + "</math>",
		"accents":    "<math>" + nest("<mover>", "<mi>x</mi>", "<mo>^</mo></mover>", 300) + "</math>",
		"fractions":  "<math>" + nest("<mfrac><mi>a</mi><mrow>", "b", "</mrow></mfrac>", 150) + "</math>",
		"raised":     nest("<sup>", strings.Repeat("<i>x</i>", n/8), "</sup>", 300),
		"lists":      nest("<list><list-item>", strings.Repeat("<p>x</p>", n/8), "</list-item></list>", 150),
		"captions":   nest("<fig><caption><p>", strings.Repeat("x ", n/8), "</p></caption></fig>", 100),
		"brackets":   strings.Repeat("[", n),
		"commas":     "[" + strings.Repeat(", ", n/2),
		"citations":  strings.Repeat(`[<xref ref-type="bibr">1</xref>,`, n/32),
		"tables":     nest("<table-wrap><table><tr><td>", strings.Repeat("x ", n/8), "</td></tr></table></table-wrap>", 80),
		"end tags":   strings.Repeat("</p>", n/4),
		"entities":   strings.Repeat("&x;&amp", n/8),
		"attributes": "<p " + strings.Repeat("a='b' ", n/8) + ">x</p>",
	} {
		start := time.Now()
		a, err := readOne([]byte("<article><body>" + body + "</body></article>"))
		if err == nil && !utf8.Valid(a.Text) {
			t.Errorf("%s: the text is not UTF-8", name)
		}
		if d := time.Since(start); d > 30*time.Second {
			t.Errorf("%s: half a megabyte took %v", name, d)
		} else if testing.Verbose() {
			t.Logf("%-10s %v %d bytes %v", name, d.Round(time.Millisecond), len(a.Text), err)
		}
	}
}

// TestJATSCorpus reads real articles: each must give a title, authors and several thousand characters.
func TestJATSCorpus(t *testing.T) {
	f, err := os.Open("../../../shared/data/papers/plos-jats.tar.gz")
	if err != nil {
		t.Skipf("no articles here: %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	n, rich := 0, 0
	for tr := tar.NewReader(z); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(h.Name, ".xml") {
			continue
		}
		src, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		a, err := readOne(src)
		if err != nil {
			t.Errorf("%s: %v", h.Name, err)
			continue
		}
		n++
		if a.Title == "" || a.DOI == "" || len(a.Date) < 4 || len(a.Text) < 100 {
			t.Errorf("%s: %s", h.Name, describe(a)[:200])
		}
		if !utf8.Valid(a.Text) || strings.Contains(string(a.Text), "\n\n") || strings.ContainsRune(string(a.Text), citeMark) {
			t.Errorf("%s: the text is not shaped as it should be", h.Name)
		}
		if len(a.Abstract) > 200 && len(a.Text) > 5000 && len(a.Authors) > 0 {
			rich++
		}
	}
	if n < 60 || rich < n*2/3 {
		t.Errorf("%d articles, %d with abstract, authors and a long text", n, rich)
	}
}

func FuzzJATS(f *testing.F) {
	src, err := os.ReadFile("testdata/article.xml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(src)
	f.Fuzz(func(t *testing.T, src []byte) {
		a, err := readOne(src)
		if err != nil {
			return
		}
		if !utf8.Valid(a.Text) || !utf8.ValidString(a.Title+a.Abstract) {
			t.Errorf("not UTF-8: %q", describe(a))
		}
	})
}

func ExampleXML() {
	var x XML
	all, err := x.Articles([]byte(`<article xml:lang="en"><front><article-meta><title-group><article-title>On mills</article-title></title-group>
<abstract><p>We ground grain.</p></abstract></article-meta></front>
<body><sec><title>Results</title><p>It took 10<sup>3</sup> s [<xref ref-type="bibr">1</xref>].</p></sec></body></article>`))
	if err != nil {
		panic(err)
	}
	for _, a := range all {
		fmt.Println(a.Title, a.Lang)
		fmt.Println(string(a.Text))
	}
	// Output:
	// On mills en
	// Abstract
	// We ground grain.
	// Results
	// It took 10³ s.
}
