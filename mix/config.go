package mix

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Config asks for a mix. Exactly one of Tokens, Bytes and Docs is given: it says how much, and in what the ratios are measured.
type Config struct {
	Ratios   *Ratios   `yaml:"ratios,omitempty"`
	Sum      float64   `yaml:"sum,omitempty"`    // what the ratios of each division must sum to, such as 100; 0 = anything
	Tokens   Amount    `yaml:"tokens,omitempty"` // of the training split
	Bytes    Amount    `yaml:"bytes,omitempty"`  // of text
	Docs     Amount    `yaml:"docs,omitempty"`   // documents, repeats counted
	Repeat   float64   `yaml:"repeat"`           // epochs of a part at most; parts may have their own
	Short    string    `yaml:"short"`            // when a part runs short: error, shrink or spread
	Upsample *Upsample `yaml:"upsample,omitempty"`
	Phases   []Phase   `yaml:"phases,omitempty"` // one mix after the other, in place of Ratios
	Replay   []Replay  `yaml:"replay,omitempty"`
}

// Amount is a number of units; All is as many as the ratios and caps allow.
type Amount int64

// All is the largest mix that keeps the ratios and the caps.
const All Amount = -1

// MarshalYAML writes the amount as a spec has it.
func (a Amount) MarshalYAML() (any, error) {
	if a == All {
		return "all", nil
	}
	return int64(a), nil
}

// Phase is a stretch of the training split with a mix of its own.
type Phase struct {
	Share  float64 `yaml:"share"` // of the whole; those of all phases sum to 1
	Ratios *Ratios `yaml:"ratios"`
}

// Upsample repeats documents within an epoch, as FineWeb2 does when it "rehydrates": a document counts as often as the number of
// near-duplicates that it stands for says, times what its bucket says.
type Upsample struct {
	Clusters []ClusterTimes `yaml:"clusters,omitempty" json:"clusters,omitempty"` // by the documents that it stands for, itself included, rising
	Buckets  map[string]int `yaml:"buckets,omitempty" json:"buckets,omitempty"`   // by quality; a bucket that is not named counts once
}

// ClusterTimes says how often documents count that stand for From or more, themselves included.
type ClusterTimes struct {
	From  int `yaml:"from" json:"from"`
	Times int `yaml:"times" json:"times"`
}

// Replay is the corpus of an earlier run as one more source, whose name is its domain too.
type Replay struct {
	Name string `yaml:"name"`
	Run  string `yaml:"run"`            // the folder of the run
	Of   string `yaml:"of,omitempty"`   // the run's name in it; "" = the last one
	Step string `yaml:"step,omitempty"` // shard (its training split) or tokenize (all that its mix could choose from)
}

// Default is code 10, paper 15, web 75, without repeats.
func Default() Config {
	return Config{Ratios: Leaves(map[string]float64{"code": 10, "paper": 15, "web": 75}), Repeat: 1, Short: "error"}
}

// What the ratios may be measured in.
const (
	unitTokens = "tokens"
	unitBytes  = "bytes"
	unitDocs   = "docs"
)

// Unit is what the ratios are measured in, and how much of it is asked for.
func (c *Config) Unit() (string, Amount) {
	switch {
	case c.Bytes != 0:
		return unitBytes, c.Bytes
	case c.Docs != 0:
		return unitDocs, c.Docs
	}
	return unitTokens, c.Tokens
}

// phases are the phases, or the one mix as a phase.
func (c *Config) phases() []Phase {
	if len(c.Phases) > 0 {
		return c.Phases
	}
	return []Phase{{Share: 1, Ratios: c.Ratios}}
}

// maxRepeat bounds epochs and copies, so that positions stay far below 2^63.
const maxRepeat = 1e6

// Validate refuses in words.
func (c *Config) Validate() error {
	given := 0
	for _, a := range []Amount{c.Tokens, c.Bytes, c.Docs} {
		if a != 0 {
			given++
		}
	}
	unit, amount := c.Unit()
	switch {
	case given > 1:
		return fmt.Errorf("mix: give one of tokens, bytes and docs: it says how much, and in what the ratios are measured")
	case given == 0:
		return fmt.Errorf("mix: give tokens, bytes or docs: how much, or all")
	case amount < 1 && amount != All:
		return fmt.Errorf("mix: %s is %d, want 1 or more, or all", unit, amount)
	case !(c.Repeat >= 1 && c.Repeat <= maxRepeat):
		return fmt.Errorf("mix: repeat is %g epochs, want 1 or more", c.Repeat)
	case c.Short != "error" && c.Short != "shrink" && c.Short != "spread":
		return fmt.Errorf("mix: short is %q, want error, shrink or spread", c.Short)
	case c.Short == "spread" && len(c.Phases) > 0:
		return fmt.Errorf("mix: short: spread changes the ratios, which phases do not allow; want error or shrink")
	case c.Short == "spread" && amount == All:
		return fmt.Errorf("mix: %s: all keeps the ratios, short: spread gives them up; want one of them", unit)
	case !(c.Sum >= 0) || math.IsInf(c.Sum, 0):
		return fmt.Errorf("mix: sum is %g, want above 0", c.Sum)
	case c.Ratios != nil && len(c.Phases) > 0:
		return fmt.Errorf("mix: ratios and phases: give the one or the other; each phase has ratios of its own")
	}
	if err := c.Upsample.validate(); err != nil {
		return err
	}
	if err := c.validatePhases(); err != nil {
		return err
	}
	return c.validateReplay()
}

func (c *Config) validatePhases() error {
	sum := 0.0
	for i, p := range c.phases() {
		where := "mix.ratios"
		if len(c.Phases) > 0 {
			where = fmt.Sprintf("mix.phases %d", i+1)
			if !(p.Share > 0 && p.Share <= 1) {
				return fmt.Errorf("%s: share is %g, want a part of the whole such as 80%%", where, p.Share)
			}
		}
		if p.Ratios == nil {
			return fmt.Errorf("mix: no ratios")
		}
		if err := p.Ratios.validate(where, c.Sum); err != nil {
			return err
		}
		sum += p.Share
	}
	if math.Abs(sum-1) > 1e-9 {
		return fmt.Errorf("mix.phases: the shares sum to %g %%, want 100 %%", 100*sum)
	}
	return nil
}

func (c *Config) validateReplay() error {
	for i, r := range c.Replay {
		switch {
		case r.Name == "" || strings.ContainsAny(r.Name, "/=:. "):
			return fmt.Errorf("mix.replay: name %q: want a word, by which the ratios call it", r.Name)
		case slices.ContainsFunc(c.Replay[:i], func(o Replay) bool { return o.Name == r.Name }):
			return fmt.Errorf("mix.replay: the name %s is given twice", r.Name)
		case r.Run == "":
			return fmt.Errorf("mix.replay %s: give run, the folder of an earlier run", r.Name)
		case r.Step != "" && r.Step != "shard" && r.Step != "tokenize":
			return fmt.Errorf("mix.replay %s: step is %q, want shard or tokenize", r.Name, r.Step)
		}
	}
	return nil
}

func (u *Upsample) validate() error {
	if u == nil {
		return nil
	}
	if len(u.Clusters) == 0 && len(u.Buckets) == 0 {
		return fmt.Errorf("mix.upsample: give clusters or buckets")
	}
	for i, c := range u.Clusters {
		switch {
		case c.From < 1 || c.From > math.MaxInt32:
			return fmt.Errorf("mix.upsample.clusters: from is %d documents, want 1 or more", c.From)
		case i > 0 && c.From <= u.Clusters[i-1].From:
			return fmt.Errorf("mix.upsample.clusters: from %d after %d: sizes must rise", c.From, u.Clusters[i-1].From)
		case c.Times < 1 || c.Times > 1000:
			return fmt.Errorf("mix.upsample.clusters: times is %d, want 1 to 1000", c.Times)
		}
	}
	for b, n := range u.Buckets {
		if n < 1 || n > 1000 {
			return fmt.Errorf("mix.upsample.buckets: %s counts %d times, want 1 to 1000", b, n)
		}
	}
	return nil
}

// times is how often a document counts in an epoch.
func (u *Upsample) times(copies uint32, bucket string) int32 {
	if u == nil {
		return 1
	}
	n := 1
	for _, c := range u.Clusters {
		if int64(copies) >= int64(c.From) || c.From == 1 {
			n = c.Times
		}
	}
	if b, ok := u.Buckets[bucket]; ok {
		n *= b
	}
	return int32(n)
}
