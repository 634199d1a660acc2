package tokenize

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/seed-83c59573/quern"
)

// Sampler decides which documents are in the sample that a vocabulary is learned from. Whether one is depends on the run's seed, its ID
// and its domain alone: not on its neighbors, the split of the input or the workers. So the bytes of a domain are met in expectation.
type Sampler struct {
	run   uint64
	below map[string]uint64 // a document whose seed is below its domain's bound is in the sample; MaxUint64 = all are
}

// Sampler plans a sample: bytes is how much text each domain has. A domain gets its share of Sample by Ratios among the domains that
// there are; one that has less than its share is taken whole, and the others do not fill its place.
func (l Learn) Sampler(run uint64, bytes map[string]int64) (*Sampler, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	sum := 0.0
	domains := slices.Sorted(maps.Keys(bytes))
	for _, domain := range domains {
		r, ok := l.Ratios[domain]
		if !ok && bytes[domain] > 0 {
			return nil, fmt.Errorf("tokenize: ratios has no share for the domain %s", domain)
		}
		if bytes[domain] > 0 {
			sum += r
		}
	}
	s := &Sampler{run: run, below: map[string]uint64{}}
	for _, domain := range domains {
		if bytes[domain] <= 0 || l.Ratios[domain] == 0 {
			continue
		}
		keep := float64(l.Sample) * (l.Ratios[domain] / sum) / float64(bytes[domain])
		if keep >= 1 {
			s.below[domain] = math.MaxUint64
		} else {
			s.below[domain] = uint64(keep * (1 << 63) * 2)
		}
	}
	return s, nil
}

// Keep reports whether d is in the sample.
func (s *Sampler) Keep(d *quern.Doc) bool {
	bound := s.below[d.Domain]
	return bound == math.MaxUint64 || quern.Seed(s.run, "learn", d.ID) < bound
}
