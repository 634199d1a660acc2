package sentencepiece

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

func load(t testing.TB, name string) *Model {
	t.Helper()
	m, err := Load("testdata/"+name, 0)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// pieces.jsonl holds what the module sentencepiece 0.2.3 makes of texts: the model, the text, its pieces. Both models are trained on
// the text beside the n-gram models: tiny has replacements of its own, bytes falls back to bytes and keeps all space.
func TestPiecesAreSentencePieces(t *testing.T) {
	golden, err := os.ReadFile("testdata/pieces.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	cutters := map[string]*Cutter{}
	checked := 0
	for row := range strings.Lines(string(golden)) {
		var want []string
		if err := json.Unmarshal([]byte(row), &want); err != nil {
			t.Fatal(err)
		}
		name, text := want[0], want[1]
		if cutters[name] == nil {
			cutters[name] = load(t, name+".model").NewCutter()
		}
		got := strings.TrimSuffix(string(cutters[name].Append(nil, []byte(text))), " ")
		if got != strings.Join(want[2:], " ") {
			t.Errorf("%s %q: %q, want %q", name, text, got, want[2:])
		}
		checked++
	}
	if checked < 20 {
		t.Errorf("only %d texts", checked)
	}
}

func TestRefuses(t *testing.T) {
	if _, err := Load("testdata/bpe.model", 0); err == nil || !strings.HasSuffix(err.Error(), "testdata/bpe.model: model type 2, want 1, unigram") {
		t.Errorf("by pairs: %v", err)
	}
	if _, err := Load("testdata/tiny.model", 100); err == nil || !strings.Contains(err.Error(), "larger than the limit of 100 bytes") {
		t.Errorf("limit: %v", err)
	}
	for text, want := range map[string]string{
		"":                                      "no pieces",
		"\xff":                                  "offset 0: want the key of a field",
		"\x0a\x05a":                             "offset 1: want a length of at most 2",
		"\x0b":                                  "offset 1: a field of unknown type 3",
		"\x0d\x00":                              "offset 1: want 4 bytes",
		"\x09\x00":                              "offset 1: want 8 bytes",
		"\x08\x80":                              "offset 1: want a number",
		"\x0a\x05\x0a\x01a\x18\x04":             `offset 2: "a" is a symbol of a user's, which is not known here`,
		"\x0a\x03\x0a\x01a\x0a\x03\x0a\x01a":    `offset 7: "a" stands twice`,
		"\x0a\x02\x0a\x00":                      "offset 2: an empty piece",
		"\x0a\x08\x0a\x01a\x15\x00\x00\xc0\x7f": `offset 2: the score of "a" is NaN`,
		"\x1a\x04\x12\x02ab":                    "offset 4: the table of replacements has 2 bytes",
		"\x1a\x07\x12\x05\x08\x00\x00\x00a":     "offset 4: a trie of 8 bytes among 5",
	} {
		if _, err := Parse([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	for _, name := range []string{"tiny.model", "bytes.model"} {
		c := load(t, name).NewCutter()
		text := []byte("To be, or not 中文 \xff to be…  ")
		var dst []byte
		if n := testing.AllocsPerRun(50, func() { dst = c.Append(dst[:0], text) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func FuzzPieces(f *testing.F) {
	for _, name := range []string{"tiny.model", "bytes.model", "bpe.model"} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, []byte("To be, or not 中文 \xff to be…  "))
	}
	f.Fuzz(func(t *testing.T, b, text []byte) {
		m, err := Parse(b)
		if err != nil {
			return
		}
		c := m.NewCutter()
		one := c.Append(nil, text)
		if two := c.Append(nil, text); !bytes.Equal(one, two) {
			t.Errorf("%q: %q, then %q", text, one, two)
		}
		if len(m.normalizer.charsmap.units) == 0 && !utf8.Valid(one) {
			t.Errorf("%q: %q is not UTF-8", text, one)
		}
	})
}
