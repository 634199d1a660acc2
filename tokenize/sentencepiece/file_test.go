package sentencepiece

import (
	"bytes"
	"os"
	"reflect"
	"testing"
)

// What is written reads as what was read.
func TestFileIsWhatWasWritten(t *testing.T) {
	for _, name := range []string{"tiny", "bytes", "bpe"} {
		b, err := os.ReadFile("testdata/" + name + ".model")
		if err != nil {
			t.Fatal(err)
		}
		f, err := ReadFile(b)
		if err != nil {
			t.Fatal(err)
		}
		written := f.Bytes()
		again, err := ReadFile(written)
		if err != nil {
			t.Fatal(err)
		}
		for i := range f.Pieces {
			f.Pieces[i].at, again.Pieces[i].at = 0, 0
		}
		if !reflect.DeepEqual(f, again) {
			t.Errorf("%s: read, written and read again, it differs", name)
		}
		if !bytes.Equal(again.Bytes(), written) {
			t.Errorf("%s: written twice, it differs", name)
		}
	}
}

// Each byte of a normalized text stands for a part of the text, from left to right.
func TestSpansAscend(t *testing.T) {
	for _, name := range []string{"tiny", "bytes", "bpe"} {
		b, err := os.ReadFile("testdata/" + name + ".model")
		if err != nil {
			t.Fatal(err)
		}
		f, err := ReadFile(b)
		if err != nil {
			t.Fatal(err)
		}
		text := []byte("  To be,  or not 中文 \xff ﬁ to be…  ")
		spans := [][2]int32{}
		z := f.Normalizer()
		out := z.Append(nil, &spans, text)
		if !bytes.Equal(out, z.Append(nil, nil, text)) || len(out) != len(spans) {
			t.Errorf("%s: %q with %d spans", name, out, len(spans))
		}
		last := [2]int32{}
		for i, s := range spans {
			if s[0] < last[0] || s[1] < s[0] || int(s[1]) > len(text) {
				t.Errorf("%s: byte %d stands for %v, that before for %v", name, i, s, last)
			}
			last = s
		}
	}
}
