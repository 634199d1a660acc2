package ingest

import (
	"context"
	"fmt"
	"go/build"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// benchSource reads a source again and again; bytes is what a run takes in.
func benchSource(b *testing.B, bytes int64, r Reader, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	units, err := r.Units(ctx)
	if err != nil {
		b.Skip(err)
	}
	b.SetBytes(bytes)
	b.ReportAllocs()
	docs := 0
	for b.Loop() {
		docs = 0
		for _, u := range units {
			for _, err := range r.Docs(ctx, u) {
				if err == nil {
					docs++
				}
			}
		}
	}
	b.ReportMetric(float64(docs), "docs/op")
}

func benchLines() string {
	var b strings.Builder
	for i := range 8000 {
		fmt.Fprintf(&b, "{\"id\":\"doc-%d\",\"text\":%q,\"url\":\"http://x.org/%d\",\"meta\":{\"score\":0.%d,\"lang\":\"en\"}}\n", i, strings.Repeat("The miller weighed twenty sacks of oats.\n", 40+i%40), i, i)
	}
	return b.String()
}

func BenchmarkJSONL(b *testing.B) {
	data := benchLines()
	r, err := NewJSONL(opts(plant(b, "a.jsonl", data), "a.jsonl"), DefaultFields())
	benchSource(b, int64(len(data)), r, err)
}

func BenchmarkJSONLGzip(b *testing.B) {
	data := benchLines()
	r, err := NewJSONL(opts(plant(b, "a.jsonl.gz", gz(data)), "a.jsonl.gz"), DefaultFields())
	benchSource(b, int64(len(data)), r, err)
}

func BenchmarkParquet(b *testing.B) {
	var rows []tableRow
	n := 0
	for i := range 8000 {
		rows = append(rows, tableRow{ID: int64(i), Text: fmt.Sprint(i, strings.Repeat(" The miller weighed twenty sacks of oats.\n", 40+i%40))})
		n += len(rows[i].Text)
	}
	r, err := NewParquet(opts(plant(b, "a.parquet", table(b, rows)), "a.parquet"), Fields{Text: "text", ID: "id"})
	benchSource(b, int64(n), r, err)
}

// BenchmarkWARC counts packed bytes; most of the time is inflation and the extraction of main text.
func BenchmarkWARC(b *testing.B) {
	const name = "web/docs-python.warc.gz"
	st, err := os.Stat(filepath.Join(sampleData, name))
	if err != nil {
		b.Skip("the sample data is not here: ", err)
	}
	r, err := NewWARC(opts(sampleData, name), DefaultWARCOptions())
	benchSource(b, st.Size(), r, err)
}

// BenchmarkWARCRecords reads, unpacks and checks records, and extracts nothing; bytes are those of the blocks.
func BenchmarkWARCRecords(b *testing.B) {
	for _, name := range []string{"web/docs-python.warc.gz", "web/docs-libreoffice-ru.warc.gz", "web/real-warcs/ukwa-discovery/flashfrozen-jwat-recompressed.warc.gz"} {
		if _, err := os.Stat(filepath.Join(sampleData, name)); err != nil {
			b.Skip("the sample data is not here: ", err)
		}
		var n int64
		eachRecord(b, sampleData, name, func(h *warcHeader, block []byte) { n += int64(len(block)) })
		b.Run(filepath.Base(name), func(b *testing.B) {
			x := DefaultWARCOptions()
			x.Status = []int{999} // which no page has
			r, err := NewWARC(opts(sampleData, name), x)
			benchSource(b, n, r, err)
		})
	}
}

func BenchmarkTree(b *testing.B) {
	root := filepath.ToSlash(filepath.Join(build.Default.GOROOT, "src", "cmd", "compile"))
	r, err := NewTree(opts("", root), DefaultTreeOptions())
	if err != nil {
		b.Fatal(err)
	}
	var n int64
	files, err := r.Files(context.Background())
	if err != nil {
		b.Skip("Go's source is not here: ", err)
	}
	for _, f := range files {
		n += f.Size
	}
	benchSource(b, n, r, nil)
}
