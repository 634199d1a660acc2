package decode

import (
	"fmt"
	"math"
)

// Options say how text is drawn. The zero value draws nothing; Default is a start.
type Options struct {
	Tokens      int      `yaml:"tokens" json:"tokens"`           // at most
	Temperature float64  `yaml:"temperature" json:"temperature"` // 0 = always the likeliest token
	TopK        int      `yaml:"top_k" json:"top_k"`             // draw from the k likeliest; 0 = all
	TopP        float64  `yaml:"top_p" json:"top_p"`             // … of them from the fewest that hold this mass; 1 = all
	MinP        float64  `yaml:"min_p" json:"min_p"`             // … of them from those at least this share as likely as the first
	Repetition  float64  `yaml:"repetition" json:"repetition"`   // divides positive and multiplies negative logits of tokens that stand already, those of the prompt too; 1 = off
	Presence    float64  `yaml:"presence" json:"presence"`       // taken from the logit of each drawn token …
	Frequency   float64  `yaml:"frequency" json:"frequency"`     // … and for each time that it was drawn
	Bias        []Bias   `yaml:"-" json:"-"`                     // added to logits
	Stop        []string `yaml:"stop" json:"stop"`               // the text ends before the first of these
	StopTokens  []int32  `yaml:"-" json:"-"`                     // … or at one of these
	Seed        uint64   `yaml:"-" json:"seed"`
	Top         int      `yaml:"-" json:"-"` // likeliest tokens to name at each position
}

// Bias is added to the logit of a token.
type Bias struct {
	ID  int32
	Add float32
}

// Default draws from the 50 likeliest.
func Default() Options {
	return Options{Tokens: 64, Temperature: 0.8, TopK: 50, TopP: 1, Repetition: 1}
}

// Greedy takes the likeliest token each time.
func Greedy(tokens int) Options { return Options{Tokens: tokens, TopP: 1, Repetition: 1} }

// Limits that nobody reaches by intention.
const (
	maxStops = 64
	maxTop   = 1000
)

// Validate refuses in words.
func (o *Options) Validate() error {
	within := func(name string, v, lo, hi float64) error {
		if !(v >= lo && v <= hi) {
			return fmt.Errorf("%s is %g, want %g to %g", name, v, lo, hi)
		}
		return nil
	}
	switch {
	case o.Tokens < 0:
		return fmt.Errorf("%d tokens to draw, want 0 or more", o.Tokens)
	case !(o.Temperature >= 0) || math.IsInf(o.Temperature, 1):
		return fmt.Errorf("temperature is %g, want 0 or more", o.Temperature)
	case o.TopK < 0:
		return fmt.Errorf("top_k is %d, want 0 or more", o.TopK)
	case !(o.TopP > 0 && o.TopP <= 1):
		return fmt.Errorf("top_p is %g, want above 0 and up to 1", o.TopP)
	case !(o.Repetition > 0) || math.IsInf(o.Repetition, 1):
		return fmt.Errorf("repetition is %g, want above 0; 1 is off", o.Repetition)
	case len(o.Stop) > maxStops:
		return fmt.Errorf("%d stop strings, want %d at most", len(o.Stop), maxStops)
	case o.Top < 0 || o.Top > maxTop:
		return fmt.Errorf("%d likeliest tokens to name, want 0 to %d", o.Top, maxTop)
	}
	for _, s := range o.Stop {
		if s == "" {
			return fmt.Errorf("a stop string is empty")
		}
	}
	if err := within("min_p", o.MinP, 0, 1); err != nil {
		return err
	}
	if err := within("presence", o.Presence, -100, 100); err != nil {
		return err
	}
	return within("frequency", o.Frequency, -100, 100)
}

// uniform is number i of the stream of a seed, in [0, 1): SplitMix64 (Steele, Lea, Flood, 2014) at a place, so that no draw depends on
// how many came before it elsewhere.
func uniform(seed uint64, i int) float64 {
	mix := func(z uint64) uint64 {
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		return z ^ z>>31
	}
	return float64(mix(mix(seed+0x9e3779b97f4a7c15)+uint64(i+1)*0x9e3779b97f4a7c15)>>11) / (1 << 53)
}
