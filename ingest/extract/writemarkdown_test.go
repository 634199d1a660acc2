package extract

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPageAsMarkdown(t *testing.T) {
	x := HTML{Markdown: true}
	f := func(html, want string) {
		t.Helper()
		p, err := x.Extract([]byte("<body><p>" + long + "</p>" + html))
		if err != nil {
			t.Fatal(err)
		}
		got, ok := strings.CutPrefix(string(p.Text), long)
		if !ok || strings.TrimPrefix(got, "\n\n") != want {
			t.Errorf("%s\n got %q\nwant %q", html, p.Text, long+"\n\n"+want)
		}
	}
	f("<p>One sentence <b>of</b> <a href=x>links</a>.</p><p>And a second<br>with two lines.</p>", "One sentence of links.\n\nAnd a second\nwith two lines.")
	f("<h2>Wheels</h2><p>They turn.</p><h4>Stones</h4><p>They grind.</p>", "## Wheels\n\nThey turn.\n\n#### Stones\n\nThey grind.")
	// Lists.
	f("<ul><li>the first item of them<li>the second item of them</ul><p>That is all of it.</p>",
		"- the first item of them\n- the second item of them\n\nThat is all of it.")
	f("<ol><li>the first item of them<li>the second item of them</ol>", "1. the first item of them\n2. the second item of them")
	f("<ul><li>outer item of them<ol><li>the inner item of them<li>the other item of them</ol><li>the last item of them</ul>",
		"- outer item of them\n  1. the inner item of them\n  2. the other item of them\n- the last item of them")
	f("<ul><li><p>An item of two paragraphs.</p><p>This is the second.</p></li><li>And one more of them.</ul>",
		"- An item of two paragraphs.\n\n  This is the second.\n- And one more of them.")
	f("<ol><li>An item with<br>two lines in it.</ol>", "1. An item with\n   two lines in it.")
	f("<ul><li>Item of the one list.</ul><ol><li>Item of the other list.</ol>", "- Item of the one list.\n\n1. Item of the other list.")
	f("<ol>"+strings.Repeat("<li>One more item of the list.", 10)+"<p>It has ten of them.</ol>",
		strings.Join(numbered("One more item of the list.", 10), "\n")+"\n\n    It has ten of them.")
	// Tables.
	f("<table><tr><th>Name<th>Size<tr><td>mill<td>12 m<tr><td>dam|weir<td>3 m</table><p>That is all of it.</p>",
		"| Name | Size |\n| --- | --- |\n| mill | 12 m |\n| dam\\|weir | 3 m |\n\nThat is all of it.")
	f("<table><tr><th>Name<th>Size<th>Age<tr><td><td>12 m<td><tr><td>mill<td><td>300 years</table>",
		"| Name | Size | Age |\n| --- | --- | --- |\n| | 12 m | |\n| mill | | 300 years |")
	f("<table><tr><th>Name<th>Size<tr><td><p>mill</p><p>of stone</p><td>12 m</table>", "| Name | Size |\n| --- | --- |\n| mill of stone | 12 m |")
	f("<table><tr><th>One<tr><td>mill</table><table><tr><th>Two<tr><td>dam</table>", "| One |\n| --- |\n| mill |\n\n| Two |\n| --- |\n| dam |")
	// Code.
	f("<pre>\n  if x {\n\ty()\n\n  }\n</pre>", "```\n  if x {\n\ty()\n\n  }\n```")
	f("<pre>a ``` b\nc &lt; d</pre>", "````\na ``` b\nc < d\n````")
	f("<ul><li>Type this into it.<pre>make\nmill</pre></ul>", "- Type this into it.\n\n  ```\n  make\n  mill\n  ```")
	// Quotations.
	f("<blockquote><p>Grind the grain<br>before the rain.</p></blockquote><p>So they said.</p>", "> Grind the grain\n> before the rain.\n\nSo they said.")
}

func numbered(text string, n int) (lines []string) {
	for i := range n {
		lines = append(lines, string(rune('0'+(i+1)/10))+string(rune('0'+(i+1)%10))+". "+text)
		lines[i] = strings.TrimPrefix(lines[i], "0")
	}
	return lines
}

// TestShapes compares the two shapes of the same page: they say the same words in the same order, and no option is lost on the way.
func TestShapes(t *testing.T) {
	plain, markdown := HTML{}, HTML{Markdown: true}
	words := func(s []byte) string {
		return strings.Join(strings.FieldsFunc(string(s), func(r rune) bool { return strings.ContainsRune(" \n|#>`-\\0123456789.", r) }), " ")
	}
	for _, name := range []string{"testdata/news.html", "testdata/docs.html"} {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		p, _ := plain.Extract(src)
		m, _ := markdown.Extract(src)
		if words(p.Text) != words(m.Text) {
			t.Errorf("%s: words differ:\n%s\n%s", name, words(p.Text), words(m.Text))
		}
	}
	golden(t, "docs.md", func() string {
		src, _ := os.ReadFile("testdata/docs.html")
		p, _ := markdown.Extract(src)
		return string(p.Text) + "\n"
	}())
	big := []byte(strings.Repeat("<p>x", maxScratch) + "<h2>Wheels</h2><p>" + long)
	markdown.Extract(big)
	if p, _ := markdown.Extract([]byte("<p>" + long + "<h2>Wheels</h2><p>" + long)); !strings.Contains(string(p.Text), "## Wheels") {
		t.Errorf("after a large page: %q", p.Text)
	}
}

func FuzzPageAsMarkdown(f *testing.F) {
	f.Add([]byte("<p>" + long + "<ul><li>a<ol><li>b<pre>```\n</pre></ol><li><table><tr><td>c|d<td><tr><th>e</table></ul><blockquote>q<br>r"))
	x := HTML{Markdown: true}
	f.Fuzz(func(t *testing.T, page []byte) {
		page, _, err := Decode(nil, page, "")
		if err != nil {
			t.Fatal(err)
		}
		p, err := x.Extract(page)
		if err != nil || !utf8.Valid(p.Text) {
			t.Errorf("%v, %q", err, p.Text)
		}
	})
}
