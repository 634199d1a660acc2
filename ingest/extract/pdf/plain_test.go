package pdf

import (
	"errors"
	"strings"
	"testing"
)

func TestPlain(t *testing.T) {
	f := func(in, want string, pages, empty int) {
		t.Helper()
		d, err := Plain([]byte(in), Options{})
		if err != nil || string(d.Text) != want || d.Pages != pages || d.NoText != empty {
			t.Errorf("%q\n got %q, %d pages, %d without text, %v\nwant %q, %d, %d", in, d.Text, d.Pages, d.NoText, err, want, pages, empty)
		}
	}
	f("The miller\nweighed.\n\nTwenty\nsacks.\n\f", "The miller weighed.\nTwenty sacks.", 1, 0)
	f("The wind-\nmill of the wind\nmill.\n\f\f", "The windmill of the wind mill.", 2, 1)
	f("One.\n\nReferences\n[1] A.\n\n[2] B.\n\fAppendix A\n\nTwo.\n\f", "One.\nAppendix A\nTwo.", 2, 0)
	f("中文\n文本\n", "中文文本", 1, 0)
	if _, err := Plain([]byte("\f \n\f"), Options{}); !errors.Is(err, ErrNoText) {
		t.Error(err)
	}
	if d, _ := Plain([]byte("One.\nReferences\n[1] A."), Options{References: true}); string(d.Text) != "One.\nReferences\n[1] A." {
		t.Errorf("%q", d.Text)
	}
}

func TestReferences(t *testing.T) {
	for _, h := range []string{"References", "7. REFERENCES", "VI. References", "Bibliography", "Literatur", "Literaturverzeichnis:", "参考文献", "参 考 文 献", "Список литературы", "Références"} {
		if !headingOf([]byte(h), referenceHeadings) {
			t.Errorf("%q is a heading of references", h)
		}
	}
	for _, h := range []string{"References to others are rare.", "Preferences", "Reference values", ""} {
		if headingOf([]byte(h), referenceHeadings) {
			t.Errorf("%q is none", h)
		}
	}
}

func TestInfo(t *testing.T) {
	for in, want := range map[string]string{"D:20240102030405+01'00'": "2024-01-02", "20240102": "2024-01-02", "D:2024": "2024", "D:202413": "2024", "D:0000": "", "yesterday": ""} {
		if got := isoDate(in); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"see doi:10.1234/mill.5.": "10.1234/mill.5", "https://doi.org/10.21105/jose.00260 and": "10.21105/jose.00260", "(10.1000/a(b)c)": "10.1000/a(b)c", "10.1/x 110.1234/5": "", "(10.1000/abc)": "10.1000/abc"} {
		if got := findDOI([]byte(in)); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
	const xmp = `<rdf:Description xmp:CreateDate="2024-01-02T03:04:05Z"><dc:title><rdf:Alt><rdf:li xml:lang="x-default">On &amp; about mills</rdf:li></rdf:Alt></dc:title><dc:creator><rdf:Seq><rdf:li>Ann</rdf:li> <rdf:li>Bob</rdf:li></rdf:Seq></dc:creator>`
	m := document("", "", hello)
	m.objects[0] = "<< /Type /Catalog /Pages 2 0 R /Metadata 5 0 R >>"
	m.stream("/Type /Metadata", xmp)
	d := read(t, m.bytes(), Options{})
	if d.Title != "On & about mills" || d.Author != "Ann; Bob" || d.Date != "2024-01-02" {
		t.Errorf("%q %q %q", d.Title, d.Author, d.Date)
	}
	m = document("", "", hello)
	m.trailer += " /Info << /Title <FEFF4E2D6587> /Author (anonymous) >>"
	if d := read(t, m.bytes(), Options{}); d.Title != "中文" || d.Author != "" {
		t.Errorf("%q %q", d.Title, d.Author)
	}
	m.trailer = strings.Replace(m.trailer, "<FEFF4E2D6587>", "(Microsoft Word - draft.doc)", 1)
	if d := read(t, m.bytes(), Options{}); d.Title != "" {
		t.Errorf("%q", d.Title)
	}
}
