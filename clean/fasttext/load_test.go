package fasttext

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func goldenBytes(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func read(b []byte) (*Model, error) { return Read(bytes.NewReader(b), int64(len(b))) }

// A model cut at any byte is refused, and so is one with a byte too many.
func TestCutModels(t *testing.T) {
	for _, name := range goldens {
		b := goldenBytes(t, name)
		step := 1
		for n := 0; n < len(b); n += step {
			if n > 3000 || n > 300 && testing.Short() {
				step = 61
			}
			if _, err := read(b[:n]); !errors.Is(err, ErrFormat) {
				t.Fatalf("%s: cut at %d of %d: %v", name, n, len(b), err)
			}
		}
		if _, err := read(append(b, 0)); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: a byte too many: %v", name, err)
		}
		if _, err := Read(bytes.NewReader(b[:len(b)/2]), int64(len(b))); err == nil || errors.Is(err, ErrFormat) {
			t.Errorf("%s: a file that became shorter: %v", name, err)
		}
	}
}

// Whatever is changed, there is an error or a model that answers.
func TestAlteredModels(t *testing.T) {
	text := []byte("the text of a file </s>")
	for _, name := range goldens {
		b := goldenBytes(t, name)
		refused := 0
		step := 1
		for n := 0; n < len(b); n += step {
			if n > 1500 || n > 300 && testing.Short() {
				step = 97
			}
			old := b[n]
			for _, c := range []byte{old ^ 1, old ^ 0x80, 0xff, 0} {
				b[n] = c
				m, err := read(b)
				if err != nil {
					refused++
					continue
				}
				sane(t, m, text)
			}
			b[n] = old
		}
		if refused < 200 {
			t.Errorf("%s: only %d altered files were refused", name, refused)
		}
	}
}

// sane checks what must hold for any model and text.
func sane(t *testing.T, m *Model, text []byte) {
	t.Helper()
	p := NewPredictor(m)
	all := p.Predict(text, -1, 0)
	for i, a := range all {
		if a.Label < 0 || a.Label >= len(m.Labels()) || !(a.Prob >= 0 && a.Prob < 1.0001) || i > 0 && a.Prob > all[i-1].Prob {
			t.Fatalf("%.40q: %v", text, all)
		}
	}
	if len(all) == 0 {
		return
	}
	first := all[0]
	if one := p.Predict(text, 1, 0); len(one) != 1 || one[0].Prob != first.Prob {
		t.Fatalf("%.40q: the best of all is %v, the best one %v", text, first, one)
	}
}

func TestRefusals(t *testing.T) {
	// Offsets in the header: magic 0, version 4, dim 8, word n-grams 28, loss 32, kind 36, bucket 40, minn 44, maxn 48, entries 64,
	// words 68, labels 72, tokens 76, kept buckets 84, the first entry 92.
	f := func(name string, at int, value int32, want ...string) {
		t.Helper()
		b := goldenBytes(t, name)
		binary.LittleEndian.PutUint32(b[at:], uint32(value))
		_, err := read(b)
		if err == nil {
			t.Errorf("%s with %d at %d: read", name, value, at)
			return
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s with %d at %d: %q does not say %q", name, value, at, err, w)
			}
		}
	}
	f("softmax.bin", 0, 1, "offset 0", "793712314")
	f("softmax.bin", 4, 13, "offset 4", "want 11 to 12")
	f("softmax.bin", 8, 0, "offset 8", "want 1 to 65536")
	f("softmax.bin", 8, 11, "rows of 10, want", "of 11")
	f("softmax.bin", 28, -1, "offset 28")
	f("softmax.bin", 28, 1000, "offset 28")
	f("softmax.bin", 32, 5, "offset 32", "the loss is 5")
	f("softmax.bin", 36, 2, "offset 36", "vectors of words")
	f("softmax.bin", 36, 7, "offset 36")
	f("softmax.bin", 40, 0, "no buckets")
	f("softmax.bin", 40, 299, "the input layer has", "rows of 10, want")
	f("softmax.bin", 48, 100, "offset 48")
	f("softmax.bin", 64, math.MaxInt32, "offset 64")
	f("softmax.bin", 72, 0, "offset 64", "at least 1 label")
	f("cut.ftz", 84, math.MaxInt32, "offset 84", "kept buckets")
	f("softmax.bin", 84, 5, "") // read as kept buckets what are words

	b := goldenBytes(t, "softmax.bin")
	copy(b[len(b)-4:], []byte{0, 0, 0xc0, 0x7f})
	if _, err := read(b); err == nil || !strings.Contains(err.Error(), "NaN") {
		t.Errorf("a weight that is no number: %v", err)
	}
	if _, err := Load("testdata"); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a folder: %v", err)
	}
	if _, err := Load("testdata/lines.txt"); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "lines.txt") {
		t.Errorf("a text: %v", err)
	}
	// A small file that promises much is refused before memory is asked for.
	huge := append([]byte{}, goldenBytes(t, "ova.bin")[:92]...)
	binary.LittleEndian.PutUint32(huge[64:], math.MaxInt32)
	binary.LittleEndian.PutUint32(huge[68:], math.MaxInt32-3)
	binary.LittleEndian.PutUint32(huge[72:], 3)
	if _, err := read(huge); err == nil || !strings.Contains(err.Error(), "bytes are left") {
		t.Errorf("two billion entries: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"ova.bin", "whole.ftz"} {
		f.Add(goldenBytes(f, name), []byte("the text"))
	}
	f.Fuzz(func(t *testing.T, b, text []byte) {
		if m, err := read(b); err == nil {
			sane(t, m, text)
		}
	})
}
