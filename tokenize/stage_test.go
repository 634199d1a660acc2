package tokenize

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

func TestStage(t *testing.T) {
	k := mustGPT35(t)
	build := func() (quern.Stage, error) { return k.Stage(), nil }
	docs := []quern.Doc{
		{Text: []byte("Grain goes in at the top.")},
		{Text: nil},
		{Text: []byte("<|endoftext|> 磨坊"), Tokens: []uint32{1, 2, 3}},
		{Text: []byte(strings.Repeat("mill ", 2000))},
	}
	if err := quern.CheckStage(build, docs...); err != nil {
		t.Fatal(err)
	}
	s := k.Stage()
	for _, d := range docs {
		text := string(d.Text)
		v, err := s.Apply(&d)
		if v != quern.Keep || err != nil {
			t.Fatalf("%.20q: %q, %v", text, v, err)
		}
		n := len(d.Tokens) - 1
		if d.Tokens[n] != k.EndOfText() || slices.Contains(d.Tokens[:n], k.EndOfText()) {
			t.Errorf("%.20q: the end-of-text token is not the last alone: %v", text, d.Tokens)
		}
		if got := string(k.AppendDecode(nil, d.Tokens[:n])); got != text {
			t.Errorf("%.20q decodes to %.40q", text, got)
		}
	}
}

func TestDecodeInPieces(t *testing.T) {
	k := mustGPT35(t)
	const text = "The mill 磨坊 😀, été."
	ids := append(k.NewEncoder().Append(nil, []byte(text)), 100261, 1<<31) // a hole, and beyond the end: nothing
	var shown, held []byte
	for _, id := range ids {
		held = k.AppendDecode(held, []uint32{id})
		n := Complete(held)
		if !utf8.Valid(held[:n]) {
			t.Errorf("%q is shown with an unfinished character", held[:n])
		}
		shown = append(shown, held[:n]...)
		held = append(held[:0], held[n:]...)
	}
	if string(shown) != text || len(held) != 0 {
		t.Errorf("shown %q, held %q", shown, held)
	}
}

func TestComplete(t *testing.T) {
	f := func(text string, want int) {
		t.Helper()
		if got := Complete([]byte(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	f("", 0)
	f("abc", 3)
	f("é", 2)
	f("a\xc3", 1)
	f("a\xe4\xb8", 1)
	f("a\xf0\x9f\x98", 1)
	f("a😀", 5)
	f("a\xff", 2)         // never starts a character
	f("\x80\x80\x80", 3)  // nothing to finish
	f("a\xe4\xb8\xad", 4) // 中
}
