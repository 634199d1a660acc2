package tokenize

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// Constants of SentencePiece's trainer (google/sentencepiece, src/unigram_model_trainer.cc and sentencepiece_model.proto).
const (
	shrink     = 0.75 // of the tokens are kept by one pruning
	spare      = 1.1  // times the wanted tokens are what pruning ends at; the most likely of them are taken
	rounds     = 2    // of expectation and maximization between two prunings
	leastToken = 0.5  // a token expected less often goes
)

// unigramLearner holds the tokens on their way to be fewer. The first are the characters, which stay.
type unigramLearner struct {
	text    *pieceText
	chars   int
	tokens  [][]int32
	logs    []float64 // of their probabilities
	trie    *symbolTrie
	workers int
}

// learnUnigram learns tokens and their probabilities (Kudo 2018), as SentencePiece's trainer does: it begins with frequent substrings and, in
// turn, fits the probabilities to the pieces by expectation and maximization, and takes tokens out whose loss is least. Expected counts are summed as
// whole numbers of 1/2^20, so the sum does not depend on the order, and thus not on the workers.
func (c *Counter) learnUnigram(ctx context.Context) ([]byte, error) {
	chars, counts, err := c.alphabet()
	if err != nil {
		return nil, err
	}
	v, want, err := c.learn.characters(len(chars))
	if err != nil {
		return nil, err
	}
	u, err := c.newUnigramLearner(ctx, chars, counts)
	if err != nil {
		return nil, err
	}
	most := int(spare * float64(want+len(chars)))
	for {
		for range rounds {
			expected, err := u.expect(ctx)
			if err != nil {
				return nil, err
			}
			u.maximize(expected)
		}
		if len(u.tokens) <= most {
			break
		}
		before := len(u.tokens)
		if err := u.prune(ctx, max(most, int(shrink*float64(before)))); err != nil {
			return nil, err
		}
	}
	u.finish(v, chars, want)
	v.added = append(v.added, specialTokens(len(v.names), c.learn.Special)...)
	return v.unigram(), nil
}

// unigramCell is what learning takes of memory by character, in bytes: symbol, suffix, rest, and a share of the piece's end and count.
const unigramCell = 4 + 4 + 1 + 4

// unigramTables is what seeds, tokens, trie and expected counts take, about.
func unigramTables(pieces int64) int64 { return 192 * min(seedCount, pieces/unigramCell) }

func (c *Counter) newUnigramLearner(ctx context.Context, chars []rune, counts []int64) (*unigramLearner, error) {
	total, err := c.fits(func(piece []byte) int64 { return int64(utf8.RuneCount(piece)+1) * unigramCell }, unigramTables)
	if err != nil {
		return nil, err
	}
	if total/unigramCell >= math.MaxUint32 {
		return nil, errors.New("tokenize: more than 4 billion characters to learn from: take a smaller sample, or leave rare pieces out with min_piece")
	}
	text := &pieceText{symbols: make([]int32, 0, total/unigramCell)}
	table := newSymbolTable(chars)
	var scratch []int32
	if err := c.pieces(func(piece []byte, count int64) error {
		scratch, err = table.spans(piece, scratch, func(symbols []int32) error {
			if len(symbols) > 0 {
				text.symbols = append(text.symbols, symbols...)
				text.ends = append(text.ends, uint32(len(text.symbols)))
				text.counts = append(text.counts, count)
			}
			return nil
		})
		return err
	}); err != nil {
		return nil, err
	}
	seeds, err := text.seeds(ctx, len(chars), c.room.workers())
	if err != nil {
		return nil, err
	}
	u := &unigramLearner{text: text, chars: len(chars), workers: c.room.workers()}
	sum := 0.0
	for i, n := range counts {
		u.tokens = append(u.tokens, []int32{int32(i)})
		u.logs = append(u.logs, float64(max(n, 1)))
		sum += float64(max(n, 1))
	}
	var word []byte
	for _, s := range seeds {
		token := text.symbols[s.at : s.at+uint32(s.n)]
		word = word[:0]
		for _, k := range token {
			word = utf8.AppendRune(word, chars[k])
		}
		if len(word) > c.learn.MaxToken || c.learn.taken(word) {
			continue
		}
		u.tokens = append(u.tokens, token)
		u.logs = append(u.logs, float64(s.count)*float64(s.n))
		sum += float64(s.count) * float64(s.n)
	}
	for i := range u.logs {
		u.logs[i] = math.Log(u.logs[i]) - math.Log(sum)
	}
	u.trie = newSymbolTrie(u.tokens)
	return u, nil
}

// emChunk is how many pieces are one piece of work.
const emChunk = 1 << 12

// share is the unit of expected counts.
const share = 1 << 20

// expect gives the expected count of each token over all ways to spell the pieces, in units of 1/share.
func (u *unigramLearner) expect(ctx context.Context) ([]int64, error) {
	probabilities := make([]float64, len(u.logs))
	// Every way to spell a text has its characters, so a factor a character changes no share; it keeps products in range.
	scale := u.scale()
	for i, l := range u.logs {
		probabilities[i] = math.Exp(l + scale*float64(len(u.tokens[i])))
	}
	return u.sum(ctx, func(w *unigramWork, piece []int32, count int64) { w.expect(u, probabilities, piece, count) })
}

// scale is the information of a character if tokens were as frequent as their probabilities.
func (u *unigramLearner) scale() float64 {
	bits, chars := 0.0, 0.0
	for i, l := range u.logs {
		p := math.Exp(l)
		bits -= p * l
		chars += p * float64(len(u.tokens[i]))
	}
	return bits / chars
}

// sum runs f over all pieces and adds up what the workers counted.
func (u *unigramLearner) sum(ctx context.Context, f func(w *unigramWork, piece []int32, count int64)) ([]int64, error) {
	n := len(u.text.ends)
	chunks := (n + emChunk - 1) / emChunk
	works := make([]unigramWork, max(1, min(u.workers, chunks)))
	for i := range works {
		works[i].counts = make([]int64, len(u.tokens))
	}
	err := quern.Each(ctx, len(works), chunks, func(ctx context.Context, worker, i int) error {
		for k := i * emChunk; k < min(n, (i+1)*emChunk); k++ {
			f(&works[worker], u.text.piece(k), u.text.counts[k])
		}
		return ctx.Err()
	})
	all := works[0].counts
	for _, w := range works[1:] {
		for i, x := range w.counts {
			all[i] += x
		}
	}
	return all, err
}

// maximize sets the probabilities by the expected counts, as variational Bayes does with a sparse prior, and takes out what is not expected.
func (u *unigramLearner) maximize(expected []int64) {
	kept, sum := 0, 0.0
	for i, x := range expected {
		f := float64(x) / share
		if i >= u.chars && f < leastToken {
			continue
		}
		f = max(f, leastToken)
		u.tokens[kept], u.logs[kept] = u.tokens[i], digamma(f)
		sum += f
		kept++
	}
	if kept < len(u.tokens) {
		u.tokens, u.logs = u.tokens[:kept], u.logs[:kept]
		u.trie = newSymbolTrie(u.tokens)
	}
	for i := range u.logs {
		u.logs[i] -= digamma(sum)
	}
}

// digamma is the derivative of the logarithm of the gamma function, for x > 0: raised by its recurrence to where the asymptotic series
// (Abramowitz and Stegun, 6.3.18) is exact to ten digits.
func digamma(x float64) float64 {
	y := 0.0
	for ; x < 8; x++ {
		y -= 1 / x
	}
	z := 1 / (x * x)
	return y + math.Log(x) - 0.5/x - z*(1./12-z*(1./120-z*(1./252-z*(1./240-z/132))))
}

// prune keeps so many tokens: those without which the pieces would be least likely, each replaced by the next best way to spell it.
func (u *unigramLearner) prune(ctx context.Context, most int) error {
	counts, err := u.sum(ctx, func(w *unigramWork, piece []int32, count int64) {
		for _, id := range w.best(u, piece, -1) {
			w.counts[id] += count
		}
	})
	if err != nil {
		return err
	}
	sum := 0.0
	for _, n := range counts {
		sum += float64(n)
	}
	losses := make([]float64, len(u.tokens))
	chunks := (len(u.tokens) + emChunk - 1) / emChunk
	works := make([]unigramWork, max(1, min(u.workers, chunks)))
	err = quern.Each(ctx, len(works), chunks, func(ctx context.Context, worker, i int) error {
		for id := max(u.chars, i*emChunk); id < min(len(u.tokens), (i+1)*emChunk); id++ {
			losses[id] = works[worker].loss(u, int32(id), counts, sum)
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	var order []int
	for id := u.chars; id < len(losses); id++ {
		if !math.IsInf(losses[id], -1) {
			order = append(order, id)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(losses[b], losses[a]), cmp.Compare(a, b)) })
	order = order[:min(len(order), max(0, most-u.chars))]
	slices.Sort(order)
	kept := u.chars
	for _, id := range order {
		u.tokens[kept], u.logs[kept] = u.tokens[id], u.logs[id]
		kept++
	}
	u.tokens, u.logs = u.tokens[:kept], u.logs[:kept]
	u.trie = newSymbolTrie(u.tokens)
	return nil
}

// scoreUnits is how many units of scores are one. Scores are multiples of a unit, so that their sums are exact in double precision for any text, which can
// then be cut where no token goes across. 14 bits make up to 14 decimals: so much even readers of JSON that round twice take as it is written.
const scoreUnits = 1 << 14

// finish takes the characters and the most likely other tokens, the most likely first.
func (u *unigramLearner) finish(v *characters, chars []rune, want int) {
	order := make([]int, 0, len(u.tokens))
	for id := u.chars; id < len(u.tokens); id++ {
		order = append(order, id)
	}
	byLikelihood := func(a, b int) int { return cmp.Or(cmp.Compare(u.logs[b], u.logs[a]), cmp.Compare(a, b)) }
	slices.SortFunc(order, byLikelihood)
	order = order[:min(len(order), want)]
	for id := range u.chars {
		order = append(order, id)
	}
	slices.SortFunc(order, byLikelihood)
	least := 0.0
	for _, id := range order {
		u.logs[id] = math.Round(u.logs[id]*scoreUnits) / scoreUnits
		least = min(least, u.logs[id])
	}
	for range v.names {
		v.scores = append(v.scores, least-unknownPenalty) // no text yields them by their spelling
	}
	for _, id := range order {
		var word bytes.Buffer
		for _, s := range u.tokens[id] {
			word.WriteRune(chars[s])
		}
		v.names = append(v.names, word.String())
		v.scores = append(v.scores, u.logs[id])
	}
}
