package extract

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode"

	nethtml "golang.org/x/net/html"
)

// oracleWords gives the words of all text that x/net/html, which builds the tree of a browser, finds on a page: without what is
// never shown, and with a gap at every border of a block.
func oracleWords(page []byte) ([]string, error) {
	root, err := nethtml.Parse(bytes.NewReader(page))
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	oracleText(&b, root)
	return plainWords(b.String()), nil
}

func oracleText(b *strings.Builder, n *nethtml.Node) {
	if n.Type == nethtml.TextNode {
		b.WriteString(n.Data)
	}
	if n.Type == nethtml.ElementNode {
		switch n.Data {
		case "script", "style", "noscript", "template", "iframe", "textarea", "noembed", "noframes", "title", "svg", "math":
			return
		}
		if flags := tagFlags[tagOf(packName(n.Data), len(n.Data))]; flags&fBlock != 0 || n.Data == "br" {
			b.WriteByte('\n')
			defer b.WriteByte('\n')
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		oracleText(b, c)
	}
}

// treeWords gives the words of all text of a parsed page, whether it is to be shown or not, in the same way.
func treeWords(t *tree) []string {
	w := writer{src: t.lx.src, nodes: t.nodes, entities: entities{}}
	var out []byte
	var ends []int32
	var gap byte
	for i := int32(0); i < int32(len(t.nodes)); i++ {
		for len(ends) > 0 && ends[len(ends)-1] <= i {
			ends = ends[:len(ends)-1]
			out = append(out, '\n')
		}
		nd := &t.nodes[i]
		switch {
		case nd.tag == tTemplate:
			i = nd.end - 1
		case nd.tag == tBr:
			out = append(out, '\n')
		case nd.tag != tNone && tagFlags[nd.tag]&fBlock != 0:
			out = append(out, '\n')
			ends = append(ends, nd.end)
		case nd.tag == tNone && !nd.formula:
			if nd.verbatim {
				out = append(append(out, ' '), t.lx.src[nd.a:nd.b]...)
				continue
			}
			out, gap = w.appendText(out, 0, gap, t.lx.src[nd.a:nd.b])
		}
	}
	return plainWords(string(out))
}

// plainWords are the words of s without invisible characters.
func plainWords(s string) []string {
	return strings.Fields(strings.Map(func(r rune) rune {
		switch r {
		case '\u00ad', '\u200b', '\u200e', '\u200f', '\ufeff':
			return -1
		}
		if unicode.IsSpace(r) {
			return ' '
		}
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s))
}

// TestTextAgainstNetHTML holds the words of all text of real pages against those of x/net/html, in order.
func TestTextAgainstNetHTML(t *testing.T) {
	same, all := 0, 0
	var tr tree
	for _, name := range corpus(t) {
		corpusPages(t, name, somePages(), func(url string, page []byte) {
			want, err := oracleWords(page)
			if err != nil {
				return
			}
			tr.parse(page)
			got := treeWords(&tr)
			all++
			if slices.Equal(got, want) {
				same++
			} else {
				t.Logf("%s %s: %s", name, url, firstDifference(got, want))
			}
		})
	}
	t.Logf("%d of %d pages with the same words", same, all)
	if same*1000 < all*995 {
		t.Errorf("only %d of %d pages have the same words as x/net/html finds", same, all)
	}
}

func firstDifference(got, want []string) string {
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	part := func(s []string) string { return strings.Join(s[max(0, min(i-2, len(s))):min(i+6, len(s))], " ") }
	return "got «" + part(got) + "», want «" + part(want) + "»"
}
