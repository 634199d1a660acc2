package ingest

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// pdfFile is a small PDF file with a page for each text.
func pdfFile(info string, pages ...string) string {
	var b strings.Builder
	var offs []int
	add := func(format string, args ...any) {
		offs = append(offs, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n"+format+"\nendobj\n", append([]any{len(offs)}, args...)...)
	}
	b.WriteString("%PDF-1.4\n")
	add("<< /Type /Catalog /Pages 2 0 R >>")
	var kids strings.Builder
	for i := range pages {
		fmt.Fprintf(&kids, "%d 0 R ", 4+2*i)
	}
	add("<< /Type /Pages /Count %d /Kids [%s] /MediaBox [0 0 600 800] /Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>", len(pages), kids.String())
	for _, p := range pages {
		s := ""
		if p != "" {
			s = "BT /F 12 Tf 72 600 Td (" + p + ") Tj ET"
		}
		add("<< /Length %d >>\nstream\n%s\nendstream", len(s), s)
		add("<< /Type /Page /Parent 2 0 R /Contents %d 0 R >>", len(offs))
	}
	add("<< %s >>", info)
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offs)+1)
	for _, o := range offs {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offs)+1, len(offs), at)
	return b.String()
}

func TestPDF(t *testing.T) {
	paper := pdfFile("/Title (On mills) /Author (Ann Miller) /CreationDate (D:20240102030405Z)", "The miller weighed twenty sacks, doi:10.1234/mill.5.", "", "And ground them.")
	plain := pdfFile("", "Some words.")
	locked := strings.Replace(plain, "/Root 1 0 R", "/Root 1 0 R /Encrypt << /Filter /Standard /V 9 >>", 1)
	dir := plant(t, "p/a.pdf", paper, "p/B.PDF", plain, "p/c.pdf", "%PDF-1.4 and nothing more", "p/d.pdf", pdfFile("", ""), "p/e.pdf", locked, "p/f.txt", paper,
		"p/g.pdf.gz", gz(plain), "z.zip", zipOf(t, "x/a.pdf", plain, "x/a.pdf", paper, "b.css", "x"))
	r, err := NewPDF(opts(dir, "p", "z.zip"), DefaultPDFOptions())
	h := reap(t, r, err)
	if got := origins(h); got != "p/B.PDF p/a.pdf p/g.pdf.gz z.zip!x/a.pdf z.zip!x/a.pdf#2" {
		t.Errorf("%s; %v", got, h.errs)
	}
	for _, k := range []string{"bad-pdf", "no-text-layer", "encrypted"} {
		if h.reasons[k] != 1 {
			t.Errorf("%s: %d", k, h.reasons[k])
		}
	}
	d := h.docs[1]
	if d.ID != quern.NewID("s", "p/a.pdf") || d.Time != "2024-01-02T00:00:00Z" ||
		string(d.Text) != "On mills\n\nThe miller weighed twenty sacks, doi:10.1234/mill.5.\nAnd ground them." {
		t.Errorf("%+v", d)
	}
	if string(d.Meta) != `{"title":"On mills","authors":"Ann Miller","doi":"10.1234/mill.5","path":"a.pdf"}` {
		t.Errorf("%s", d.Meta)
	}
	if len(d.Marks) != 2 || d.Marks[0] != (quern.Mark{Name: "pages", Value: 3}) || d.Marks[1] != (quern.Mark{Name: "pages_without_text", Value: 1}) {
		t.Errorf("%v", d.Marks)
	}
}

func TestPDFOptions(t *testing.T) {
	if _, err := NewPDF(opts(t.TempDir(), "p"), PDFOptions{Engine: "ghost"}); err == nil || !strings.Contains(err.Error(), "want quern or pdftotext") {
		t.Error(err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := NewPDF(opts(t.TempDir(), "p"), PDFOptions{Engine: "pdftotext"}); err == nil || !strings.Contains(err.Error(), "poppler-utils") {
		t.Error(err)
	}
}

func TestPoppler(t *testing.T) {
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("poppler is not installed: ", err)
	}
	dir := plant(t, "p/a.pdf", pdfFile("", "The miller weighed.", "Twenty sacks."), "p/b.pdf", "no such thing", "p/c.pdf", pdfFile("", ""))
	r, err := NewPDF(opts(dir, "p"), PDFOptions{Engine: "pdftotext"})
	h := reap(t, r, err)
	if len(h.docs) != 1 || h.reasons["bad-pdf"] != 1 || h.reasons["no-text-layer"] != 1 {
		t.Fatalf("%d docs, %v, %v", len(h.docs), h.reasons, h.errs)
	}
	if d := h.docs[0]; string(d.Text) != "The miller weighed.\nTwenty sacks." || d.Marks[0].Value != 2 {
		t.Errorf("%q %v", d.Text, d.Marks)
	}
}
