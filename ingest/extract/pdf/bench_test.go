package pdf

import (
	"slices"
	"testing"
)

// BenchmarkPapers counts the bytes of the files; a paper has five pages.
func BenchmarkPapers(b *testing.B) {
	papers := samplePapers(b)
	var names []string
	size := int64(0)
	for n, p := range papers {
		if p.pdf != nil {
			names = append(names, n)
			size += int64(len(p.pdf))
		}
	}
	slices.Sort(names)
	b.SetBytes(size)
	b.ReportAllocs()
	pages := 0
	for b.Loop() {
		pages = 0
		for _, n := range names {
			d, err := Read(papers[n].pdf, Options{})
			if err != nil {
				b.Fatal(err)
			}
			pages += d.Pages
		}
	}
	b.ReportMetric(float64(pages*b.N)/b.Elapsed().Seconds(), "pages/s")
}

// BenchmarkColumns is all parsing and layout: the files hold nothing but text.
func BenchmarkColumns(b *testing.B) {
	data := document("", "", paperPages()...).bytes()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(data, Options{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(3*b.N)/b.Elapsed().Seconds(), "pages/s")
}
