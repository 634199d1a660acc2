package pdf

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/seed-83c59573/quern/ingest/extract"
)

// sampleData is where real papers stand beside the repository, when they do.
const sampleData = "../../../../shared/data/papers/jose-jats-pdf.tar.gz"

// twins are the papers of the sample by name: the PDF, and the JATS where there is one.
type twins struct{ pdf, jats []byte }

func samplePapers(tb testing.TB) map[string]*twins {
	tb.Helper()
	in, err := os.Open(sampleData)
	if errors.Is(err, os.ErrNotExist) {
		tb.Skip("the sample papers are not here: ", err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	defer in.Close()
	z, err := gzip.NewReader(in)
	if err != nil {
		tb.Fatal(err)
	}
	papers := map[string]*twins{}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if err == io.EOF {
			return papers
		}
		if err != nil {
			tb.Fatal(err)
		}
		ext := path.Ext(h.Name)
		if h.Typeflag != tar.TypeReg || ext != ".pdf" && ext != ".jats" || !strings.HasPrefix(path.Base(h.Name), "10.21105") {
			continue
		}
		b, err := io.ReadAll(t)
		if err != nil {
			tb.Fatal(err)
		}
		name, _, _ := strings.Cut(h.Name, "/")
		if papers[name] == nil {
			papers[name] = &twins{}
		}
		if ext == ".pdf" {
			papers[name].pdf = b
		} else {
			papers[name].jats = b
		}
	}
}

// wordsOf are the words of a text in lower case: runs of letters and digits.
func wordsOf(text []byte) []string {
	return strings.FieldsFunc(strings.ToLower(string(text)), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// recall is the share of want's words that got has, each as often as it stands there.
func recall(got, want []string) float64 {
	n := map[string]int{}
	for _, w := range got {
		n[w]++
	}
	hit := 0
	for _, w := range want {
		if n[w] > 0 {
			n[w]--
			hit++
		}
	}
	return float64(hit) / float64(max(1, len(want)))
}

// inOrder is the length of the longest common subsequence, as a share of want.
func inOrder(got, want []string) float64 {
	prev, row := make([]int, len(want)+1), make([]int, len(want)+1)
	for _, g := range got {
		for k, w := range want {
			if g == w {
				row[k+1] = prev[k] + 1
			} else {
				row[k+1] = max(row[k], prev[k+1])
			}
		}
		prev, row = row, prev
	}
	return float64(prev[len(want)]) / float64(max(1, len(want)))
}

// The text of a paper's PDF has the words of its JATS in their order.
func TestPapersAgreeWithJATS(t *testing.T) {
	papers := samplePapers(t)
	var names []string
	for n := range papers {
		names = append(names, n)
	}
	slices.Sort(names)
	both := 0
	for _, n := range names {
		p := papers[n]
		if p.pdf == nil {
			continue
		}
		d, err := Read(p.pdf, Options{})
		if err != nil {
			t.Errorf("%s: %v", n, err)
			continue
		}
		if p.jats == nil {
			continue
		}
		both++
		all, err := new(extract.XML).Articles(p.jats)
		if err != nil || len(all) != 1 {
			t.Errorf("%s: %d articles, %v", n, len(all), err)
			continue
		}
		a := all[0]
		got, want := wordsOf(d.Text), wordsOf(a.Text)
		r, o := recall(got, want), inOrder(got, want)
		t.Logf("%s: recall %.4f, order %.4f", n, r, o)
		if d.DOI != a.DOI || !sameWords([]byte(d.Title), []byte(a.Title)) || d.NoText+d.Failed > 0 {
			t.Errorf("%s: title %q, DOI %q, %d pages without text, %d cut short", n, d.Title, d.DOI, d.NoText, d.Failed)
		}
		for _, furniture := range []string{"Journal of Open Source Education, ", "https://doi.org/" + d.DOI} {
			if strings.Contains(string(d.Text), furniture) {
				t.Errorf("%s: %q of the running foot is in the text", n, furniture)
			}
		}
		if r < .95 || o < .9 {
			t.Errorf("%s: recall %.4f, order %.4f", n, r, o)
		}
	}
	if both < 10 {
		t.Errorf("only %d papers have both", both)
	}
}
