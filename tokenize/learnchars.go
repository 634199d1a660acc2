package tokenize

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"unicode/utf8"
)

// learnCharacters merges characters as learnBytes does bytes; ids of characters follow how frequent they are. What it makes has the form of
// Llama 2's vocabulary: <unk>, <s> and </s>, the bytes, the merged tokens in their order, and the characters.
func (c *Counter) learnCharacters(ctx context.Context) ([]byte, error) {
	chars, _, err := c.alphabet()
	if err != nil {
		return nil, err
	}
	v, want, err := c.learn.characters(len(chars))
	if err != nil {
		return nil, err
	}
	total, err := c.fits(func(piece []byte) int64 { return cellsFor(utf8.RuneCount(piece)) * learnCell }, c.learnTables)
	if err != nil {
		return nil, err
	}
	l := newLearner(len(chars), total/learnCell, c.learn.MinFrequency, c.room.workers())
	table := newSymbolTable(chars)
	var scratch []int32
	if err := c.pieces(func(piece []byte, count int64) error {
		scratch, err = table.spans(piece, scratch, func(symbols []int32) error { return l.add(symbols, count) })
		return err
	}); err != nil {
		return nil, err
	}
	var words [][]byte
	for _, r := range chars {
		words = append(words, []byte(string(r)))
	}
	words, _, err = c.follow(ctx, l, words, want)
	if err != nil {
		return nil, err
	}
	for _, w := range words[len(chars):] {
		v.names = append(v.names, string(w))
	}
	for _, w := range words[:len(chars)] {
		v.names = append(v.names, string(w))
	}
	v.listMerges(words[len(chars):])
	v.added = append(v.added, specialTokens(len(v.names), c.learn.Special)...)
	return v.bpe(), nil
}

// characters begins a vocabulary of tokens of characters, of which there are so many, and tells how many more ids are free.
func (l *Learn) characters(chars int) (v *characters, want int, err error) {
	v = &characters{nfc: l.Normalize == NFC, fallback: l.ByteFallback, added: specialTokens(0, firstNames)}
	v.names = append(v.names, firstNames...)
	if l.ByteFallback {
		for b := range 256 {
			v.names = append(v.names, fmt.Sprintf("<0x%02X>", b))
		}
	}
	want = l.Vocab - len(v.names) - len(l.Special) - chars
	if want < 0 {
		return nil, 0, fmt.Errorf("tokenize: vocab is %d, and %d special tokens and bytes and %d characters need more: raise it, or lower coverage from %g",
			l.Vocab, len(v.names)+len(l.Special), chars, l.Coverage)
	}
	return v, want, nil
}

// listMerges lists every pair of tokens that makes one of the words, in their order, by the ids of the two. The merges that were found are among
// them; SentencePiece, which looks for the neighbors whose whole is the best token, has them all, and so has Llama 2's tokenizer.json.
func (v *characters) listMerges(words [][]byte) {
	ids := make(map[string]int, len(v.names))
	for id, name := range v.names {
		ids[name] = id
	}
	for _, w := range words {
		first := len(v.merges)
		for i := range w {
			if i == 0 || !utf8.RuneStart(w[i]) {
				continue
			}
			_, okLeft := ids[string(w[:i])]
			_, okRight := ids[string(w[i:])]
			if okLeft && okRight {
				v.merges = append(v.merges, [2]string{string(w[:i]), string(w[i:])})
			}
		}
		slices.SortFunc(v.merges[first:], func(a, b [2]string) int {
			return cmp.Or(cmp.Compare(ids[a[0]], ids[b[0]]), cmp.Compare(ids[a[1]], ids[b[1]]))
		})
	}
}
