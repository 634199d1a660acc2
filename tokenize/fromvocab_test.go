package tokenize

import (
	"slices"
	"strings"
	"testing"
)

// The parts of a tokenizer give a tokenizer of the same ids.
func TestFromVocab(t *testing.T) {
	vocab := []string{"a", "b", "c", "Ġ", "ab", "Ġab", "<|endoftext|>", ""}
	for c := range 256 {
		if s := string(appendByteLevel(nil, []byte{byte(c)})); !slices.Contains(vocab, s) {
			vocab = append(vocab, s)
		}
	}
	added := []Added{{ID: 6, Content: "<|endoftext|>", Special: true}}
	k, err := FromVocab("gpt2", vocab, []string{"a b", "Ġ ab"}, added, false)
	if err != nil {
		t.Fatal(err)
	}
	if got := k.NewEncoder().Append(nil, []byte("ab ab c")); !slices.Equal(got, []uint32{4, 5, 3, 2}) {
		t.Errorf("ids %v", got)
	}
	if id, ok := k.Special("<|endoftext|>"); !ok || id != 6 || k.EndOfText() != 6 || k.Split() != "gpt2" || k.Vocab() != len(vocab) {
		t.Errorf("special %d %t, end of text %d, split %q, %d ids", id, ok, k.EndOfText(), k.Split(), k.Vocab())
	}
	f := func(want, split string, vocab, merges []string) {
		t.Helper()
		if _, err := FromVocab(split, vocab, merges, added, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one about %q", err, want)
		}
	}
	f("unknown split", "gpt9", vocab, nil)
	f("has the ids", "gpt2", append(slices.Clone(vocab), "ab"), nil)
	f("merge", "gpt2", vocab, []string{"a c"})
}
