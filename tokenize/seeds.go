package tokenize

import (
	"cmp"
	"context"
	"slices"

	"github.com/seed-83c59573/quern"
)

const (
	maxSeed   = 16      // characters of the longest token that Unigram considers
	seedCount = 1000000 // tokens that it begins with
)

// text is the pieces as symbols, each piece's behind the last's.
type pieceText struct {
	symbols []int32
	ends    []uint32 // of the pieces
	counts  []int64
}

func (t *pieceText) piece(i int) []int32 {
	from := uint32(0)
	if i > 0 {
		from = t.ends[i-1]
	}
	return t.symbols[from:t.ends[i]]
}

// seed is a token that Unigram begins with: n symbols from at on.
type seed struct {
	at    uint32
	n     int32
	count int64
}

// better orders seeds by how much text they cover, then by where they stand among all suffixes, which is what their symbols tell.
func better(a, b rankedSeed) int {
	return cmp.Or(cmp.Compare(b.count*int64(b.n), a.count*int64(a.n)), cmp.Compare(a.rank, b.rank), cmp.Compare(a.n, b.n))
}

type rankedSeed struct {
	seed
	rank int32 // of the first suffix that begins with it
}

// seeds finds the substrings of at least two characters that are met twice or more and that no longer one always covers: they end where two
// suffixes differ. Suffixes are compared up to maxSeed characters.
func (t *pieceText) seeds(ctx context.Context, alphabet, workers int) ([]seed, error) {
	suffixes, buckets := t.bySymbol(alphabet)
	rest := t.rest()
	err := quern.Each(ctx, workers, len(buckets)-1, func(ctx context.Context, _, i int) error {
		slices.SortFunc(suffixes[buckets[i]:buckets[i+1]], func(a, b uint32) int {
			return slices.Compare(t.symbols[a:a+uint32(rest[a])], t.symbols[b:b+uint32(rest[b])])
		})
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	found := t.repeats(suffixes, rest)
	slices.SortFunc(found, better)
	out := make([]seed, 0, min(len(found), seedCount))
	for _, f := range found[:min(len(found), seedCount)] {
		out = append(out, f.seed)
	}
	return out, nil
}

// repeats finds the seeds in the sorted suffixes: at least the seedCount best.
func (t *pieceText) repeats(suffixes []uint32, rest []uint8) []rankedSeed {
	weight := t.weights()
	var found []rankedSeed
	take := func(rank int32, n int32, count int64) {
		if n < 2 || count < 2 {
			return
		}
		if found = append(found, rankedSeed{seed{suffixes[rank], n, count}, rank}); len(found) >= 2*seedCount {
			slices.SortFunc(found, better)
			found = found[:seedCount]
		}
	}
	// An interval of suffixes that share a prefix is open as long as the next one shares it too.
	type open struct {
		depth, rank int32
		count       int64
	}
	var stack []open
	for i, s := range suffixes {
		shared := int32(0)
		if i > 0 {
			shared = t.shared(suffixes[i-1], s, rest)
		}
		rank := int32(i)
		sum := int64(0)
		for len(stack) > 0 && stack[len(stack)-1].depth > shared {
			top := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			top.count += sum
			take(top.rank, top.depth, top.count)
			sum, rank = top.count, top.rank
		}
		if len(stack) > 0 && stack[len(stack)-1].depth == shared {
			stack[len(stack)-1].count += sum
		} else if shared > 0 {
			stack = append(stack, open{shared, rank, sum})
		}
		// The suffix itself is an interval, as long as it ends with its piece.
		if n := int32(rest[s]); len(stack) > 0 && stack[len(stack)-1].depth == n {
			stack[len(stack)-1].count += weight(s)
		} else {
			stack = append(stack, open{n, int32(i), weight(s)})
		}
	}
	sum := int64(0)
	for k := len(stack) - 1; k >= 0; k-- {
		sum += stack[k].count
		take(stack[k].rank, stack[k].depth, sum)
	}
	return found
}

// bySymbol lists all places by their first symbol.
func (t *pieceText) bySymbol(alphabet int) (places []uint32, buckets []int) {
	buckets = make([]int, alphabet+1)
	for _, s := range t.symbols {
		buckets[s+1]++
	}
	for i := range alphabet {
		buckets[i+1] += buckets[i]
	}
	next := slices.Clone(buckets)
	places = make([]uint32, len(t.symbols))
	for i, s := range t.symbols {
		places[next[s]] = uint32(i)
		next[s]++
	}
	return places, buckets
}

// rest tells of each place how many symbols are compared from it on: to the end of its piece, at most maxSeed.
func (t *pieceText) rest() []uint8 {
	rest := make([]uint8, len(t.symbols))
	from := uint32(0)
	for _, end := range t.ends {
		for i := from; i < end; i++ {
			rest[i] = uint8(min(maxSeed, end-i))
		}
		from = end
	}
	return rest
}

// weights gives the count of the piece that a place is in.
func (t *pieceText) weights() func(at uint32) int64 {
	return func(at uint32) int64 {
		i, _ := slices.BinarySearch(t.ends, at+1)
		return t.counts[i]
	}
}

func (t *pieceText) shared(a, b uint32, rest []uint8) int32 {
	n := uint32(min(rest[a], rest[b]))
	for k := range n {
		if t.symbols[a+k] != t.symbols[b+k] {
			return int32(k)
		}
	}
	return int32(n)
}
