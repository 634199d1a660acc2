package extract

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTEIPaper(t *testing.T) {
	src, err := os.ReadFile("testdata/grobid.xml")
	if err != nil {
		t.Fatal(err)
	}
	a, err := readOne(src)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "grobid.txt", describe(a)+fmt.Sprintf("keywords: %s\ncitations %d, references %d, equations %d\n",
		strings.Join(a.Keywords, "; "), a.Citations, a.References, a.Equations))
}

func TestTEIBody(t *testing.T) {
	f := func(body, want string) {
		t.Helper()
		a, err := readOne([]byte("<TEI><text><body>" + body + "</body></text></TEI>"))
		if err != nil || string(a.Text) != want {
			t.Errorf("%s\n got %q %v\nwant %q", body, a.Text, err, want)
		}
	}
	// Divisions, paragraphs, lists, verse and drama by lines.
	f("<div><head n='1'>Mills</head><p>We\n grind <hi>grain</hi>.</p></div>", "Mills\nWe grind grain.")
	f("<p>One<list><item>first</item><item>second</item></list></p>", "One\n- first\n- second")
	f("<list type='gloss'><label>mill</label><item>a machine</item></list>", "- mill: a machine")
	f("<lg><l>Sing, goddess,</l><l>the anger</l></lg>", "Sing, goddess,\nthe anger")
	f("<sp><speaker>Hamlet</speaker><l>To be, or not to be</l></sp>", "Hamlet\nTo be, or not to be")
	f("<p>He said <quote>no</quote> and <q>yes</q>.</p><quote><p>Apart.</p></quote>", "He said no and yes.\nApart.")
	// Tables, figures, formulas.
	f("<table><head>Sizes</head><row><cell>a</cell><cell>b</cell></row><row><cell>1</cell><cell>2</cell></row></table>", "Sizes\na | b\n1 | 2")
	f("<figure><head>Figure 1.</head><label>1</label><figDesc>The mill</figDesc><graphic/></figure>", "Figure 1. The mill.")
	f("<figure type='table'><head>Table 2</head><table><row><cell>a</cell><cell>b</cell></row></table></figure>", "Table 2.\na | b")
	f("<p>So <formula notation='TeX' rend='inline'>x^2</formula> is</p><formula notation='tex'>$$y$$</formula><formula>E = mc 2<label>(1)</label></formula>", "So $x^2$ is\n$$y$$\nE = mc 2")
	f("<p><formula rend='inline'><math><msup><mi>x</mi><mn>2</mn></msup></math></formula></p>", "$x^2$")
	f("<p>10<hi rend='superscript'>-3</hi> H<hi rend='subscript'>2</hi>O</p>", "10⁻³ H₂O")
	// Numeric citations go, others stay; notes, references and running heads go.
	f("<p>As shown [<ref type='bibr'>1</ref>, <ref type='bibr'>2</ref>], and by <ref type='bibr'>Smith (2000)</ref> in <ref type='figure'>Fig. 1</ref>.</p>",
		"As shown, and by Smith (2000) in Fig. 1.")
	f("<p>a<note place='foot'>no</note>b<fw>page 3</fw></p><div type='references'><listBibl><biblStruct/></listBibl></div>", "ab")
	// An edition gives the text that its editor reads.
	f("<ab>scribe<lb break='no'/>ndi <choice><abbr>cos</abbr><expan>consul</expan></choice><lb/><choice><sic>teh</sic><corr>the</corr></choice> <gap/> <supplied>mill</supplied> <del>not</del></ab>",
		"scribendi consul the … mill")
	f("<p><app><lem>mill</lem><rdg>mull</rdg></app>er</p>", "miller")
}

func TestTEIHeader(t *testing.T) {
	f := func(header, want string) {
		t.Helper()
		a, err := readOne([]byte("<x:TEI xmlns:x='u'><teiHeader>" + header + "</teiHeader><text><body><p>x</p></body></text></x:TEI>"))
		got := strings.Join([]string{a.Title, strings.Join(a.Authors, ";"), a.DOI, a.Date, a.License, a.Lang, a.Journal}, "|")
		if err != nil || got != want {
			t.Errorf("%s\n got %s %v\nwant %s", header, got, err, want)
		}
	}
	f("<fileDesc><titleStmt><title>T</title><author>A. Editor</author></titleStmt><publicationStmt><date>London, 1890</date><availability><licence target='http://creativecommons.org/publicdomain/zero/1.0/'/></availability></publicationStmt></fileDesc>",
		"T|A. Editor||1890|CC0-1.0||")
	f("<fileDesc><sourceDesc><biblStruct><analytic><title>S</title><author><persName><forename>A.</forename><forename>B.</forename><surname>C</surname></persName></author></analytic><monogr><title level='j'>J</title><imprint><date when='2020-05'/></imprint></monogr><idno type='doi'>https://doi.org/10.5/x</idno></biblStruct></sourceDesc></fileDesc><profileDesc><langUsage><language ident='EN'/></langUsage></profileDesc>",
		"S|A. B. C|10.5/x|2020-05||en|J")
	f("<fileDesc><publicationStmt><availability><p>Creative Commons Attribution-NonCommercial 4.0 licence</p></availability></publicationStmt></fileDesc>", "||||CC-BY-NC-4.0||")
}

func FuzzTEI(f *testing.F) {
	src, err := os.ReadFile("testdata/grobid.xml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(src)
	f.Add([]byte("<TEI><text><body><table><row><cell><list><item><formula><math><mfrac/></math></formula></item></list></cell></row></table></body></text></TEI>"))
	f.Fuzz(func(t *testing.T, src []byte) {
		var x XML
		all, err := x.Articles(src)
		if err != nil {
			return
		}
		for _, a := range all {
			if !utf8.Valid(a.Text) || !utf8.ValidString(a.Title+a.Abstract) {
				t.Errorf("not UTF-8: %q", describe(a))
			}
		}
	})
}
