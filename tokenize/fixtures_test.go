package tokenize

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"unicode/utf8"
)

// fixture is a text with what Hugging Face's library makes of it.
type fixture struct {
	Text    string
	IDs     []uint32
	With    []uint32 `json:"ids_special"`
	Offsets [][2]int // in characters
	Decoded string
}

// TestFixtures holds real tokenizers to what Hugging Face's library gives. The tokenizers themselves are not part of this repository: QUERN_TOKENIZERS names a folder in
// which the packages that hold them are installed.
func TestFixtures(t *testing.T) {
	root := os.Getenv("QUERN_TOKENIZERS")
	if root == "" {
		t.Skip("QUERN_TOKENIZERS names no folder with tokenizers")
	}
	files, err := filepath.Glob("../../shared/fixtures/tokenizers/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Skip("no fixtures")
	}
	for _, file := range files {
		name := filepath.Base(file[:len(file)-len(".jsonl")])
		t.Run(name, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join(root, "tokenizer-"+name, "models", "tokenizer.json"))
			if err != nil {
				t.Skip(err)
			}
			k, err := Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			holdToFixtures(t, k, file)
		})
	}
}

func holdToFixtures(t *testing.T, k *Tokenizer, file string) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	e := k.NewEncoder()
	n := 0
	for s := bufio.NewScanner(f); s.Scan(); n++ {
		var x fixture
		if err := json.Unmarshal(s.Bytes(), &x); err != nil {
			t.Fatal(err)
		}
		got, err := e.Encode([]byte(x.Text), EncodeOptions{Allowed: AllSpecials})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.IDs, x.IDs) {
			t.Errorf("%q\n got %v\nwant %v", x.Text, got.IDs, x.IDs)
			continue
		}
		offsets := make([][2]int, len(got.Offsets))
		for i, o := range got.Offsets {
			offsets[i] = [2]int{utf8.RuneCountInString(x.Text[:o[0]]), utf8.RuneCountInString(x.Text[:o[1]])}
		}
		if !slices.Equal(offsets, x.Offsets) {
			t.Errorf("%q: offsets\n got %v\nwant %v", x.Text, offsets, x.Offsets)
		}
		with, err := e.Encode([]byte(x.Text), EncodeOptions{Allowed: AllSpecials, Template: true})
		if err != nil || !slices.Equal(with.IDs, x.With) {
			t.Errorf("%q with the template: %v\n got %v\nwant %v", x.Text, err, with.IDs, x.With)
		}
		if text := string(k.AppendDecode(nil, x.IDs)); text != x.Decoded {
			t.Errorf("%q decodes to %q, want %q", x.Text, text, x.Decoded)
		}
	}
	if n < 60 {
		t.Errorf("%d texts", n)
	}
}
