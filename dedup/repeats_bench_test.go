package dedup

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed-83c59573/quern"
)

// proseOf is documents of prose, a fifth of whose lines stand in others too.
func proseOf(bytesOfText int) (docs []quern.Doc) {
	r := rand.New(rand.NewPCG(1, 9))
	vocab := make([]string, 5000)
	for i := range vocab {
		b := make([]byte, 2+r.IntN(9))
		for j := range b {
			b[j] = "eeetaoinsrhldcumwfgypbvk"[r.IntN(24)]
		}
		vocab[i] = string(b)
	}
	line := func(b *bytes.Buffer) {
		for range 2 + r.IntN(3) {
			n := 5 + r.IntN(9)
			for k := range n {
				w := vocab[int(float64(len(vocab))*r.Float64()*r.Float64())]
				if k == 0 {
					w = string(w[0]-32) + w[1:]
				}
				b.WriteString(w)
				if k < n-1 {
					b.WriteByte(' ')
				}
			}
			b.WriteString(". ")
		}
		b.WriteByte('\n')
	}
	var common [][]byte
	for range 200 {
		var b bytes.Buffer
		line(&b)
		common = append(common, b.Bytes())
	}
	for total := 0; total < bytesOfText; {
		var b bytes.Buffer
		for range 5 + r.IntN(20) {
			if r.IntN(5) == 0 {
				b.Write(common[r.IntN(len(common))])
			} else {
				line(&b)
			}
			if r.IntN(3) == 0 {
				b.WriteByte('\n')
			}
		}
		docs = append(docs, newDoc("web", fmt.Sprint(len(docs)), b.String()))
		total += b.Len()
	}
	return docs
}

func BenchmarkRepeated(b *testing.B) {
	docs := proseOf(64 << 20)
	lines, paragraphs, sentences := DefaultLines(), DefaultParagraphs(), DefaultSentences()
	ngram, par := DefaultBloom(), DefaultBloom()
	ngram.Unit, par.Unit = unitNgram, unitParagraph
	for _, x := range []struct {
		name string
		c    Config
	}{{"lines", Config{Lines: &lines}}, {"paragraphs", Config{Paragraphs: &paragraphs}}, {"sentences", Config{Sentences: &sentences}},
		{"bloom-paragraph", Config{Bloom: &par}}, {"bloom-ngram", Config{Bloom: &ngram}}} {
		b.Run(x.name, func(b *testing.B) {
			set := dataset(b, x.c, 1, "web", "web", docs, 8)
			total := int64(0)
			for _, d := range docs {
				total += int64(len(d.Text))
			}
			b.SetBytes(total)
			for b.Loop() {
				r, err := searchOf(x.c)(context.Background(), x.c, 1, []Dataset{set}, quern.Local(b.TempDir()), b.TempDir(), 0, 1)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(r.Parts.Parts)/1e6, "Mparts")
				b.ReportMetric(float64(r.Parts.Repeated)/1e3, "kcut")
			}
		})
	}
}
