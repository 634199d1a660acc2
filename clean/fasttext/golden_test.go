package fasttext

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// goldens are models of fastText's own making: losses, subwords and n-grams in every combination that matters.
var goldens = []string{"softmax.bin", "hs.bin", "ova.bin", "ns.bin", "cut.ftz", "whole.ftz", "many.ftz"}

func golden(t testing.TB, name string) *Model {
	t.Helper()
	m, err := Load(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// What fastText said: the same labels in the same order, and the same bits.
func TestGolden(t *testing.T) {
	for _, name := range goldens {
		t.Run(name, func(t *testing.T) {
			m := golden(t, name)
			said := filepath.Join("testdata", name)
			differs(t, m, "testdata/lines.txt", said+".best3", 3, 0, 0)
			differs(t, m, "testdata/lines.txt", said+".likely", -1, 0.05, 0)
		})
	}
}

// Classifiers of version 11 have no subwords, whatever their file says.
func TestGoldenVersion11(t *testing.T) {
	b, err := os.ReadFile("testdata/softmax.bin")
	if err != nil {
		t.Fatal(err)
	}
	b[4] = 11
	m, err := Read(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	differs(t, m, "testdata/lines.txt", "testdata/softmax.bin.v11", 3, 0, 0)
}

// A quantized input layer that is too large to be held as plain numbers gives the same bits.
func TestCodesAndPlainNumbersAgree(t *testing.T) {
	for _, name := range []string{"cut.ftz", "whole.ftz", "many.ftz"} {
		want := answers(t, golden(t, name))
		defer func(old int64) { maxPlain = old }(maxPlain)
		maxPlain = 0
		m := golden(t, name)
		if m.input.data != nil {
			t.Fatal("held as plain numbers")
		}
		if got := answers(t, m); got != want {
			t.Errorf("%s: another answer from codes than from plain numbers", name)
		}
		maxPlain = 256 << 20
	}
}

// Vectors of any width give the same bits.
func TestWidthsAgree(t *testing.T) {
	if width == 0 {
		t.Skip("this processor, or this build, has plain Go alone")
	}
	defer func(old int) { width = old }(width)
	widest := width
	for _, name := range goldens {
		m := golden(t, name)
		width = 0
		want := answers(t, m)
		for width = 256; width <= widest; width *= 2 {
			if got := answers(t, m); got != want {
				t.Errorf("%s: another answer with vectors of %d bits", name, width)
			}
		}
	}
}

// answers are the bits that a model gives to all lines.
func answers(t *testing.T, m *Model) string {
	var b strings.Builder
	p := NewPredictor(m)
	for _, line := range readLines(t, "testdata/lines.txt") {
		for _, a := range p.Predict([]byte(line), -1, 0) {
			fmt.Fprintf(&b, "%d %08x ", a.Label, math.Float32bits(a.Prob))
		}
	}
	return b.String()
}
