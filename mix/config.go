package mix

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/seed-83c59573/quern"
)

// Config asks for a mix.
type Config struct {
	Ratios map[string]float64 `yaml:"ratios"` // of each domain, in tokens; scaled to sum to 1
	Tokens int64              `yaml:"tokens"` // of the training split
	Repeat float64            `yaml:"repeat"` // epochs of a domain at most
	Short  string             `yaml:"short"`  // when a domain runs short: "error", or "shrink" to the largest mix that keeps the ratios
}

// Default is code 10, paper 15, web 75, without repeats.
func Default() Config {
	return Config{Ratios: map[string]float64{"code": 10, "paper": 15, "web": 75}, Repeat: 1, Short: "error"}
}

// Validate refuses in words.
func (c Config) Validate() error {
	if len(c.Ratios) == 0 {
		return fmt.Errorf("mix: no ratios")
	}
	for _, d := range slices.Sorted(maps.Keys(c.Ratios)) {
		if r := c.Ratios[d]; !(r > 0) || math.IsInf(r, 0) {
			return fmt.Errorf("mix: the ratio of %s is %g, want above 0; leave the domain out to use none of it", d, r)
		}
	}
	switch {
	case c.Tokens < 1:
		return fmt.Errorf("mix: tokens is %d, want 1 or more", c.Tokens)
	case !(c.Repeat >= 1 && c.Repeat <= 1e6):
		return fmt.Errorf("mix: repeat is %g epochs, want 1 or more", c.Repeat)
	case c.Short != "error" && c.Short != "shrink":
		return fmt.Errorf("mix: short is %q, want error or shrink", c.Short)
	}
	return nil
}

// Domain is what there is to choose from.
type Domain struct {
	Name string
	Sets []Set
}

// Set is a dataset of tokenized documents; the slices run in parallel.
type Set struct {
	Name   string
	Tokens []uint32   // of each document
	IDs    []quern.ID // of each document
	Groups []quern.ID // its near-duplicate cluster; zero = it stands alone
}

// validates reports whether a document is kept out of training: by its cluster, so that no cluster is in both splits.
func (s *Set) validates(doc int, seed uint64, share float64) bool {
	key := s.IDs[doc]
	if g := s.Groups[doc]; !g.IsZero() {
		key = g
	}
	return float64(quern.Seed(seed, "validation", key)>>11)/(1<<53) < share
}
