package tokenize

import (
	"os"
	"testing"
)

// spModel is a small model of SentencePiece's.
func spModel(t testing.TB, name string) *Tokenizer {
	t.Helper()
	b, err := os.ReadFile("sentencepiece/testdata/" + name + ".model")
	if err != nil {
		t.Fatal(err)
	}
	k, err := ParseSentencePiece(b)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
