package dedup

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/seed-83c59573/quern"
)

// Verdicts on documents that another one makes superfluous.
const (
	DroppedExact quern.Verdict = "dedup.exact"
	DroppedNear  quern.Verdict = "dedup.near"
)

// Config says what counts as a duplicate; nil turns a kind off.
type Config struct {
	Exact  *Exact   `yaml:"exact,omitempty"`
	Near   *Near    `yaml:"near,omitempty"`
	Prefer []string `yaml:"prefer,omitempty"` // domains whose documents stay, first wins; the others come after, all alike
}

// Exact compares whole texts, or a field of each document, by 128 bits of hash. Documents without the field are all different.
type Exact struct {
	By     string `yaml:"by,omitempty"`    // text, url (the address in Origin), id or meta.PATH; "" = text
	Query  string `yaml:"query,omitempty"` // of a url: tracking (leave out what only tells where a visitor came from), keep or drop; "" = tracking
	Spaces bool   `yaml:"spaces"`          // any run of white space counts as one space, at the ends as none
	Case   bool   `yaml:"case"`            // letters count as the same in either case
}

// DefaultExact ignores how a text is spaced and nothing else, because in source code everything else carries meaning.
func DefaultExact() Exact { return Exact{Spaces: true} }

// Near compares sets of shingles: runs of words of the simplified text (lower case, numbers as 0, no punctuation, no accents, each
// Han, Hiragana or Katakana letter a word of its own). Two documents of Jaccard similarity s share a band with the probability
// 1-(1-s^rows)^bands: at 14 bands of 8 rows .57 for s = .7, .92 for .8 and .9996 for .9. Documents of fewer words than a shingle
// have no near duplicates.
type Near struct {
	Shingle int     `yaml:"shingle"` // words
	Bands   int     `yaml:"bands"`
	Rows    int     `yaml:"rows"`   // hashes of a band
	Verify  float64 `yaml:"verify"` // least Jaccard similarity of the shingle sets for which a document is removed
}

// DefaultNear is FineWeb's banding with a verification that FineWeb did not have.
func DefaultNear() Near { return Near{Shingle: 5, Bands: 14, Rows: 8, Verify: 0.8} }

const (
	maxBands  = 1024
	maxHashes = 1 << 14
)

// Validate says in words what is wrong.
func (c Config) Validate() error {
	if c.Exact == nil && c.Near == nil {
		return errors.New("dedup: neither exact nor near is asked for")
	}
	for i, d := range c.Prefer {
		if d == "" {
			return errors.New("dedup: prefer names an empty domain")
		}
		if slices.Contains(c.Prefer[:i], d) {
			return fmt.Errorf("dedup: prefer names %s twice", d)
		}
	}
	if c.Exact != nil {
		if err := c.Exact.validate(); err != nil {
			return err
		}
	}
	if n := c.Near; n != nil {
		switch {
		case n.Shingle < 1 || n.Shingle > 64:
			return fmt.Errorf("dedup: near: a shingle of %d words, want 1 to 64", n.Shingle)
		case n.Bands < 1 || n.Bands > maxBands:
			return fmt.Errorf("dedup: near: %d bands, want 1 to %d", n.Bands, maxBands)
		case n.Rows < 1 || n.Rows > maxHashes/n.Bands:
			return fmt.Errorf("dedup: near: %d rows in each of %d bands, want 1 to %d", n.Rows, n.Bands, maxHashes/n.Bands)
		case math.IsNaN(n.Verify) || n.Verify <= 0 || n.Verify > 1:
			return fmt.Errorf("dedup: near: verify is %v, want more than 0 and at most 1", n.Verify)
		}
	}
	return nil
}

// exact is the normalization under which texts are hashed, also when exact duplicates stay: the hash breaks ties.
func (c Config) exact() Exact {
	if c.Exact == nil {
		return DefaultExact()
	}
	return *c.Exact
}

func (c Config) near() Near {
	if c.Near == nil {
		return Near{}
	}
	return *c.Near
}

// preference is the place of a domain in Prefer.
func (c Config) preference(domain string) int {
	if i := slices.Index(c.Prefer, domain); i >= 0 {
		return i
	}
	return len(c.Prefer)
}
