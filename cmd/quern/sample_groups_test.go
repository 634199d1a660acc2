package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/decode"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops/cpu"
)

// TestManyTextsAreDrawnInGroups: each has the text that its seed draws alone.
func TestManyTextsAreDrawnInGroups(t *testing.T) {
	b, err := os.ReadFile("../../train/pretrained/testdata/llama/tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenize.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	c := model.Default()
	c.Layers, c.Width, c.Heads, c.KVHeads, c.Hidden, c.Context, c.Vocab = 1, 16, 2, 1, 32, 8, tok.Vocab()
	m, err := model.New(c, cpu.New(1), 1)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	s := &speaker{name: "m", m: m, tok: tok}
	o := decode.Options{Tokens: 3, Temperature: 1, TopP: 1, Repetition: 1, Seed: 5}
	draw := func(o decode.Options, count int) string {
		var out bytes.Buffer
		if err := s.print(t.Context(), []int32{1}, "", false, o, count, &out); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	many := draw(o, 70)
	var want strings.Builder
	for i := range 70 {
		one := o
		one.Seed += uint64(i)
		fmt.Fprintf(&want, "--- seed %d\n%s", one.Seed, draw(one, 1))
	}
	if many != want.String() {
		t.Errorf("70 together:\n%s\neach alone:\n%s", many, want.String())
	}
}

func TestAFileIsNoModelsFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.gguf")
	if err := os.WriteFile(path, []byte("GGUF"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := openModel(path, "", true, 1, 0); err == nil || !strings.Contains(err.Error(), "model convert") {
		t.Errorf("a file: %v", err)
	}
}
