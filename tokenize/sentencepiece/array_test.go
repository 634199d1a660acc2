package sentencepiece

import (
	"math/rand/v2"
	"testing"
)

// An array holds the texts of its trie, and no others.
func TestArrayHoldsTheTrie(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	text := func() []byte {
		b := make([]byte, 1+r.IntN(6))
		for i := range b {
			b[i] = byte(min(255, int(r.ExpFloat64()*60)))
		}
		return b
	}
	var grown trie
	want := map[string]int32{}
	for i := range int32(20000) {
		b := text()
		if _, ok := want[string(b)]; grown.insert(b, i) == ok {
			t.Fatalf("%q: inserted twice or never", b)
		} else if !ok {
			want[string(b)] = i
		}
	}
	a := grown.freeze()
	find := func(b []byte) int32 {
		node := uint32(0)
		for _, c := range b {
			if node = a.Next(node, c); node == 0 {
				return -1
			}
		}
		return a.cells[node].id
	}
	for b, id := range want {
		if got := find([]byte(b)); got != id {
			t.Fatalf("%q: %d, want %d", b, got, id)
		}
	}
	for range 20000 {
		b := text()
		id, ok := want[string(b)]
		if got := find(b); ok && got != id || !ok && got != -1 {
			t.Fatalf("%q: %d, want %d, %v", b, got, id, ok)
		}
	}
	if len(a.cells) > 2*len(grown.ids) {
		t.Errorf("%d cells for %d nodes", len(a.cells), len(grown.ids))
	}
}
