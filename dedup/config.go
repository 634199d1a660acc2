package dedup

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/dedup/minhash"
)

// Verdicts on documents that another one makes superfluous.
const (
	DroppedExact quern.Verdict = "dedup.exact"
	DroppedNear  quern.Verdict = "dedup.near"

	// DroppedUnverified is DroppedNear by candidates alone, whose texts nobody has compared.
	DroppedUnverified quern.Verdict = "dedup.near.unverified"
)

// Which of two documents that are alike stays, if neither's domain is preferred.
const (
	StaysFirst    = "first"    // the one of the smaller ID
	StaysLongest  = "longest"  // the one of more bytes
	StaysEarliest = "earliest" // the one of the earlier Time; unknown times come last
)

// How similar two documents are.
const (
	MeasureJaccard     = "jaccard"     // the shingles that both have among those that either has
	MeasureContainment = "containment" // those that both have among those of the document that goes
	MeasureHamming     = "hamming"     // bits of the SimHash that are equal among all 64
)

// What similar pairs make of more than two documents.
const (
	ClustersStar  = "star"  // a document goes for one that stays and is itself similar to it
	ClustersChain = "chain" // whatever similar pairs connect is one cluster, of which one document stays
)

// Config says what counts as a duplicate; nil turns a kind off.
type Config struct {
	Exact      *Exact      `yaml:"exact,omitempty"`
	Near       *Near       `yaml:"near,omitempty"`
	Bloom      *Bloom      `yaml:"bloom,omitempty"`
	Lines      *Parts      `yaml:"lines,omitempty"`
	Paragraphs *Parts      `yaml:"paragraphs,omitempty"`
	Sentences  *Sentences  `yaml:"sentences,omitempty"`
	Substrings *Substrings `yaml:"substrings,omitempty"`
	Prefer     []string    `yaml:"prefer,omitempty"` // domains whose documents stay, first wins; the others come after, all alike
	Stays      string      `yaml:"stays,omitempty"`  // first, longest or earliest, within one preference; then the smaller ID; "" = first
	Guard      *Guard      `yaml:"guard,omitempty"`  // nil = sources may lose what they lose
	Index      string      `yaml:"index,omitempty"`  // folder of the index of an earlier corpus, which is compared with and added to; "" = none
}

// Guard is an alarm for near duplicates that are none: pages of one template, boilerplate, a tokenizer that finds no words. It goes
// off when a source loses more than Loss per cent of its documents, or of its bytes, to near duplicates.
type Guard struct {
	Loss   int    `yaml:"loss"`   // per cent
	Action string `yaml:"action"` // stop or warn
}

// What a Guard does.
const (
	GuardStop = "stop"
	GuardWarn = "warn"
)

// DefaultGuard stops where a source loses more than half.
func DefaultGuard() Guard { return Guard{Loss: 50, Action: GuardStop} }

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
// Han, Hiragana or Katakana letter a word of its own), of characters or of tokens. Two documents of Jaccard similarity s share a band
// with the probability 1-(1-s^rows)^bands: at 14 bands of 8 rows .57 for s = .7, .92 for .8 and .9996 for .9. Documents of fewer units
// than a shingle have no near duplicates.
type Near struct {
	Unit    string `yaml:"unit"` // words, chars or tokens of what a shingle is a run
	Shingle int    `yaml:"shingle"`
	Family  string `yaml:"family"`            // quern, datatrove (its very signatures) or simhash
	Hash    string `yaml:"hash,omitempty"`    // of a shingle: rolled, xxh64 or sha1; "" = rolled, of datatrove xxh64
	English bool   `yaml:"english,omitempty"` // of datatrove: words as its English tokenizer has them
	Bands   int    `yaml:"bands,omitempty"`
	Rows    int    `yaml:"rows,omitempty"` // hashes of a band

	Blocks   int `yaml:"blocks,omitempty"`   // of simhash: its 64 bits are cut into so many
	Distance int `yaml:"distance,omitempty"` // of simhash: bits in which two documents may differ

	Verify float64 `yaml:"verify"` // least similarity for which a document is removed; 0 = candidates go unverified

	// Measure is jaccard (""), containment: how much of the document that goes is in the one that stays, or of simhash hamming: the
	// share of its bits that are equal. Containment needs Stays: longest, so that the smaller one of two is asked whether it goes.
	Measure string `yaml:"measure,omitempty"`
	// Clusters is star ("") or chain, which is what others do and is here for comparison: it removes documents that are unlike the one
	// that stays, and says how unlike.
	Clusters string `yaml:"clusters,omitempty"`

	// Encode appends the tokens of a text, for Unit tokens; Tokenizer names what it is.
	Encode    func(dst []uint32, text []byte) []uint32 `yaml:"-" json:"-"`
	Tokenizer quern.Digest                             `yaml:"-" json:"tokenizer,omitempty"`
}

// DefaultNear is FineWeb's banding with a verification that FineWeb did not have.
func DefaultNear() Near {
	return Near{Unit: string(minhash.Words), Shingle: 5, Family: string(minhash.Quern), Bands: 14, Rows: 8, Verify: 0.8, Measure: MeasureJaccard,
		Clusters: ClustersStar}
}

// NearPreset is what a known corpus or tool does, with candidates verified: at the similarity that its authors name, else at 0.8, and
// of SimHash at its distance.
func NearPreset(name string) (Near, error) {
	for _, p := range minhash.Presets {
		if p.Name != name {
			continue
		}
		n := DefaultNear()
		n.Shingle, n.Hash, n.English, n.Bands, n.Rows, n.Blocks, n.Distance = p.Shingle, string(p.Hash), p.English, p.Bands, p.Rows, p.Blocks, p.Distance
		if p.Unit != "" {
			n.Unit = string(p.Unit)
		}
		if p.Family != "" {
			n.Family = string(p.Family)
		}
		if p.Verify > 0 {
			n.Verify = p.Verify
		}
		if p.Family == minhash.SimHash {
			n.Measure, n.Verify = MeasureHamming, 1-float64(p.Distance)/64
		}
		return n, nil
	}
	return Near{}, fmt.Errorf("dedup: near: unknown preset %q, know %s", name, strings.Join(NearPresets(), ", "))
}

// NearPresets names what NearPreset knows.
func NearPresets() (names []string) {
	for _, p := range minhash.Presets {
		names = append(names, p.Name)
	}
	return names
}

const maxBands = minhash.MaxBands

// Validate says in words what is wrong.
func (c Config) Validate() error {
	if c.Exact == nil && c.Near == nil && !c.parts() {
		return errors.New("dedup: nothing is asked for: neither exact nor near, nor a kind of part")
	}
	if err := c.validateParts(); err != nil {
		return err
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
	if c.Substrings != nil {
		if err := c.Substrings.Validate(); err != nil {
			return err
		}
	}
	if c.Near != nil {
		if err := c.Near.validate(c.Stays); err != nil {
			return fmt.Errorf("dedup: near: %w", err)
		}
	}
	return c.validateOrder()
}

func (n *Near) validate(stays string) error {
	o := n.options(0)
	if n.Unit == string(minhash.Tokens) && o.Tokens == nil {
		o.Tokens = func(dst []uint32, _ []byte) []uint32 { return dst } // whoever runs it gives the tokenizer
	}
	if err := o.Validate(); err != nil {
		return err
	}
	hamming := n.Measure == MeasureHamming
	switch {
	case math.IsNaN(n.Verify) || n.Verify < 0 || n.Verify > 1:
		return fmt.Errorf("verify is %v, want 0 (nothing is verified) to 1", n.Verify)
	case !slices.Contains([]string{"", MeasureJaccard, MeasureContainment, MeasureHamming}, n.Measure):
		return fmt.Errorf("measure is %q, want jaccard, containment or hamming", n.Measure)
	case !slices.Contains([]string{"", ClustersStar, ClustersChain}, n.Clusters):
		return fmt.Errorf("clusters is %q, want star or chain", n.Clusters)
	case n.Measure == MeasureContainment && stays != StaysLongest:
		return errors.New("measure containment needs stays: longest, so that it is the smaller document that goes")
	case hamming && o.Family != minhash.SimHash:
		return fmt.Errorf("measure hamming is of family simhash, not of %s", n.Family)
	case hamming && n.Verify > 0 && n.Verify < 1-float64(n.Distance)/64:
		return fmt.Errorf("verify is %v: pairs that differ in more than %d bits (%v) are not all found", n.Verify, n.Distance, 1-float64(n.Distance)/64)
	}
	return nil
}

func (c Config) validateOrder() error {
	if !slices.Contains([]string{"", StaysFirst, StaysLongest, StaysEarliest}, c.Stays) {
		return fmt.Errorf("dedup: stays is %q, want first, longest or earliest", c.Stays)
	}
	if g := c.Guard; g != nil {
		switch {
		case g.Loss < 0 || g.Loss > 100:
			return fmt.Errorf("dedup: guard: loss is %v, want per cent from 0 to 100", g.Loss)
		case g.Action != GuardStop && g.Action != GuardWarn:
			return fmt.Errorf("dedup: guard: action is %q, want stop or warn", g.Action)
		}
	}
	return nil
}

// Documents is what rules on whole documents, without the kinds of parts.
func (c Config) Documents() Config {
	return Config{Exact: c.Exact, Near: c.Near, Prefer: c.Prefer, Stays: c.Stays, Guard: c.Guard, Index: c.Index}
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
