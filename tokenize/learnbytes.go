package tokenize

import "context"

// learnBytes merges the most frequent pair of neighbors, over and over, until the vocabulary is full. Of pairs that are equally frequent
// the one with the smallest ids (left, then right) is first, where bytes are numbered in the order in which tokenizer.json spells
// them. These are the very merges of Hugging Face's BpeTrainer, with ByteLevel's alphabet as its initial_alphabet or without (it numbers the
// characters that it meets in the same order), the same min_frequency and a max_token that no token reaches, so there is no second mode: see
// TestLearnEqualsHuggingFace. Merges never cross pieces. The vocabulary has exactly Vocab ids, or fewer if no pair is left that is frequent and
// short enough: Tokenizer.Vocab tells.
func (c *Counter) learnBytes(ctx context.Context) ([]byte, error) {
	words := learnedBytes()
	var symbolOf [256]int32
	for i, w := range words {
		symbolOf[w[0]] = int32(i)
	}
	total, err := c.fits(func(piece []byte) int64 { return cellsFor(len(piece)) * learnCell }, c.learnTables)
	if err != nil {
		return nil, err
	}
	l := newLearner(len(words), total/learnCell, c.learn.MinFrequency, c.room.workers())
	var symbols []int32
	if err := c.pieces(func(piece []byte, count int64) error {
		symbols = symbols[:0]
		for _, b := range piece {
			symbols = append(symbols, symbolOf[b])
		}
		return l.add(symbols, count)
	}); err != nil {
		return nil, err
	}
	words, merges, err := c.follow(ctx, l, words, c.learn.Vocab-len(words)-len(c.learn.Special))
	if err != nil {
		return nil, err
	}
	return renderBytes(c.rule, words, merges, specialTokens(len(words), c.learn.Special), false, c.learn.Normalize == NFC), nil
}

// learnedBytes lists the bytes in the order of the characters that spell them.
func learnedBytes() [][]byte {
	words := make([][]byte, 0, 256)
	for _, wantVisible := range [2]bool{true, false} {
		for b := range 256 {
			if visible(byte(b)) == wantVisible {
				words = append(words, []byte{byte(b)})
			}
		}
	}
	return words
}
