package mix

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
)

// Synthetic makes three sources of two domains with so many documents in all, whose lengths have a heavy tail as those of the web have:
// for benchmarks and tests of scale. Documents are computed when they are read.
func Synthetic(docs int64, seed uint64) []Set {
	var sets []Set
	for i, s := range []struct {
		domain, name string
		share        int64
	}{{"code", "repos", 10}, {"web", "crawl", 70}, {"web", "news", 20}} {
		n := docs * s.share / 100
		if i == 2 {
			n = docs - docs*10/100 - docs*70/100
		}
		sets = append(sets, Set{Name: s.name, Domain: s.domain, Docs: n, Rows: func(f func(*Row) error) error {
			return synthetic(n, seed+uint64(i), s.domain == "web", f)
		}})
	}
	return sets
}

func synthetic(docs int64, seed uint64, web bool, f func(*Row) error) error {
	langs, buckets := [...]string{"en", "en", "zh", "de"}, [...]string{"low", "middle", "high"}
	var r Row
	for i := range docs {
		h := mixBits(seed<<40 ^ uint64(i)*golden)
		r = Row{}
		binary.LittleEndian.PutUint64(r.ID[:], h)
		binary.LittleEndian.PutUint64(r.ID[8:], mixBits(h))
		u := (float64(h>>11) + 1) / (1 << 53)
		r.Tokens = uint32(math.Min(1e6, 60/math.Sqrt(u))) // Pareto: the mean is 120, the variance without bound
		r.Bytes = 4 * r.Tokens
		if web {
			r.Lang, r.Bucket = langs[h&3], buckets[h>>2%3]
		}
		if h>>8&15 == 0 {
			r.Group, r.Copies = r.ID, uint32(2+h>>12&63)
		}
		if err := f(&r); err != nil {
			return err
		}
	}
	return nil
}

// BenchPlan plans a mix of synthetic documents with divisions, phases, repeats and a validation split, and returns how many documents
// it chose from: what a benchmark times.
func BenchPlan(ctx context.Context, docs int64, workers int) (int64, error) {
	web := World{Sources: map[string][]string{"code": {"repos"}, "web": {"crawl", "news"}}, Buckets: map[string][]string{"web": {"low", "middle", "high"}}}
	var phases []Phase
	for i, share := range []float64{0.8, 0.2} {
		r := Leaves(map[string]float64{"code": 10 + 10*float64(i), "web/en/high": 40, "web/en/rest": 20, "web/zh": 20, "web/rest": 10})
		if err := r.Settle(web); err != nil {
			return 0, err
		}
		phases = append(phases, Phase{Share: share, Ratios: r})
	}
	p, err := Make(ctx, &Config{Tokens: Amount(100 * docs), Repeat: 4, Short: "shrink", Phases: phases},
		Options{Seed: 1, Validation: 0.005, Workers: workers}, Synthetic(docs, 1))
	if err != nil {
		return 0, err
	}
	for _, s := range p.Summary().Phases {
		for part, asked := range s.Asked {
			if off := math.Abs(s.Achieved[part] - asked); off > 0.001 && docs > 100_000 {
				return 0, fmt.Errorf("%s has a share of %.5f, asked %.5f", part, s.Achieved[part], asked)
			}
		}
	}
	return docs, nil
}

const golden = 0x9e3779b97f4a7c15 // odd, 2^64 over the golden ratio

// mixBits is the finalizer of SplitMix64.
func mixBits(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
