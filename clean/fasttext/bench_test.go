package fasttext

import (
	"strings"
	"testing"
)

// BenchmarkPredict measures any model with -peer.model and -peer.lines, or a small one.
func BenchmarkPredict(b *testing.B) {
	model, text := "testdata/softmax.bin", "testdata/lines.txt"
	if *peerModel != "" {
		model, text = *peerModel, *peerLines
	}
	m, err := Load(model)
	if err != nil {
		b.Fatal(err)
	}
	lines := readLines(b, text)
	b.SetBytes(int64(len(strings.Join(lines, "\n"))))
	b.ReportAllocs()
	p := NewPredictor(m)
	for b.Loop() {
		for _, l := range lines {
			p.text.text = append(p.text.text[:0], l...)
			p.Predict(p.text.text, 1, 0)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	model := "testdata/softmax.bin"
	if *peerModel != "" {
		model = *peerModel
	}
	for b.Loop() {
		if _, err := Load(model); err != nil {
			b.Fatal(err)
		}
	}
}
