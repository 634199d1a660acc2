package report

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/seed-83c59573/quern/clean"
	"github.com/seed-83c59573/quern/pipelines"
)

// Whatever stands in names and words is text in the page, and every element is closed.
func TestBiasPage(t *testing.T) {
	const bad = `<script>alert("x")</script>`
	r := &pipelines.BiasReport{Run: bad, Sources: []string{bad}, Against: bad, BiasReport: clean.BiasReport{Sampled: 0.5, Cells: []clean.BiasCell{
		{Domain: bad, Lang: "en", Docs: 3, Words: 1000, Against: "*", Axes: []clean.BiasAxis{{Axis: bad, Groups: []clean.BiasGroup{
			{Group: bad, Mentions: 7, PerMillion: 7000, OfAxis: 1, Contexts: []clean.BiasContext{{Word: bad, Z: 4.25}},
				Attributes: []clean.BiasAttribute{{Set: bad, PerThousand: 12}}, Against: &clean.BiasAgainst{Ratio: 2.5, Range: [2]float64{1.5, 3}, Off: true}},
			{Group: "unseen"}, {Group: "few", Mentions: 1}}}}},
		{Domain: "web", Lang: ""},
	}}}
	var b bytes.Buffer
	if err := WriteBias(&b, r); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	if strings.Contains(text, "<script") || strings.Count(text, "&lt;script&gt;") != 10 {
		t.Errorf("names are not escaped %d times:\n%s", strings.Count(text, "&lt;script&gt;"), text)
	}
	for _, want := range []string{`<td class="off">2.50</td>`, "1.50 … 3.00", `<span class="dim">4.2</span>`, "width:4.00rem", "50.00 %", "language unknown", "Nobody is named"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if strings.Contains(text, "unseen") {
		t.Error("a group that is not mentioned is shown")
	}
	depth := 0
	for z := html.NewTokenizer(&b); ; {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() != io.EOF || depth != 0 {
				t.Errorf("%v with %d elements open", z.Err(), depth)
			}
			return
		case html.StartTagToken:
			if name, _ := z.TagName(); string(name) != "meta" {
				depth++
			}
		case html.EndTagToken:
			depth--
		}
	}
}
