package dedup

import (
	"fmt"
	"math"
	"sync"
)

// sizing is a filter that is large enough.
type sizing struct {
	blocks uint64
	twice  bool
}

const (
	maxFilterKeys = 1 << 42
	leastFilterFP = 1e-12
)

// filterSize finds the fewest blocks for the asked rate, with one or two bits a word.
func filterSize(keys int64, fp float64) (sizing, error) {
	switch {
	case keys < 0 || keys > maxFilterKeys:
		return sizing{}, fmt.Errorf("dedup: a filter for %d keys, want 0 to %d", keys, int64(maxFilterKeys))
	case !(fp >= leastFilterFP && fp < 1):
		return sizing{}, fmt.Errorf("dedup: a filter with a false positive rate of %v, want at least %v and below 1", fp, leastFilterFP)
	}
	best := sizing{}
	for _, twice := range []bool{false, true} {
		load := blockLoad(fp*margin, twice)
		if load < 1.0/16 && !twice {
			continue // more than 8,192 bits a key
		}
		n := math.Ceil(float64(keys) / load)
		n = max(math.Ceil(n/slices64), 1) * slices64
		if best.blocks == 0 || uint64(n) < best.blocks {
			best = sizing{uint64(n), twice}
		}
	}
	return best, nil
}

// margin is what a filter is planned better than asked, so that chance does not show in a measurement.
const margin = 0.95

// blockLoad is how many keys a block may have on average.
func blockLoad(fp float64, twice bool) float64 {
	lo, hi := 0.0, 512.0
	chance := onceChances()
	if twice {
		chance = twiceChances()
	}
	for range 60 {
		mid := (lo + hi) / 2
		if meanChance(chance, mid) <= fp {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

const maxBlockKeys = 1024

var (
	onceChances  = sync.OnceValue(func() []float64 { return blockChances(1) })
	twiceChances = sync.OnceValue(func() []float64 { return blockChances(2) })
)

// blockChances is the chance, by the number of keys in a block, that all bits of another key are set there. The words of a block are
// alike and apart: per word it is the expected value of (bits set/64)^bits, over the chances of each number of bits being set.
func blockChances(per int) []float64 {
	set := make([]float64, 65)
	set[0] = 1
	out := make([]float64, maxBlockKeys+1)
	for keys := 1; keys <= maxBlockKeys; keys++ {
		for range per {
			for s := 64; s >= 0; s-- {
				v := set[s] * float64(s) / 64
				if s > 0 {
					v += set[s-1] * float64(64-s+1) / 64
				}
				set[s] = v
			}
		}
		word := 0.0
		for s, p := range set {
			word += p * math.Pow(float64(s)/64, float64(per))
		}
		out[keys] = math.Pow(word, blockWords)
	}
	return out
}

// meanChance is the mean of the chances over blocks that get keys by Poisson's law.
func meanChance(chance []float64, load float64) float64 {
	sum, left, p := 0.0, 1.0, math.Exp(-load)
	for n, c := range chance {
		sum += p * c
		left -= p
		p *= load / float64(n+1)
	}
	return sum + max(left, 0)
}
