package model

import (
	"math"
	"slices"

	"github.com/seed-83c59573/quern/train/ops"
)

// Ways to stretch rotary positions over a longer context than a model was first trained on.
const (
	ScaleLinear = "linear" // positions are divided by Factor (Chen et al., 2023)
	ScaleNTK    = "ntk"    // the base grows with the longest sequence of a batch beyond Original: Hugging Face's "dynamic"
	ScaleYaRN   = "yarn"   // slow pairs are divided, fast ones are not, those between are mixed (Peng et al., 2023)
	ScaleLlama3 = "llama3" // the same with bounds in wavelengths, as Llama 3.1 does
)

// RopeScaling is one of these ways. Its fields mean what those of transformers' modeling_rope_utils mean.
type RopeScaling struct {
	Kind     string  `yaml:"kind" json:"kind"` // empty = none
	Factor   float64 `yaml:"factor" json:"factor,omitempty"`
	Original int     `yaml:"original" json:"original,omitempty"` // context of the first training; 0 = Context
	// Llama3: pairs that turn fewer than Low times in Original are divided, those that turn more than High times are not.
	Low  float64 `yaml:"low" json:"low,omitempty"`
	High float64 `yaml:"high" json:"high,omitempty"`
	// YaRN: pairs that turn fewer than BetaSlow times (0 = 1) are divided, those that turn more than BetaFast times (0 = 32) are not.
	BetaFast float64 `yaml:"beta_fast" json:"beta_fast,omitempty"`
	BetaSlow float64 `yaml:"beta_slow" json:"beta_slow,omitempty"`
	// Attention multiplies queries and keys; 0 = what Factor, MScale and MScaleAll say.
	Attention float64 `yaml:"attention" json:"attention,omitempty"`
	MScale    float64 `yaml:"mscale" json:"mscale,omitempty"`
	MScaleAll float64 `yaml:"mscale_all" json:"mscale_all,omitempty"`
	// Fraction leaves the bounds between pairs where they fall; else they are widened to whole pairs.
	Fraction bool `yaml:"fraction" json:"fraction,omitempty"`
}

func (s RopeScaling) validate(c Config, bad func(string, ...any) error) error {
	llama, yarn := s.Low != 0 || s.High != 0, s
	yarn.Kind, yarn.Factor, yarn.Original, yarn.Low, yarn.High = "", 0, 0, 0, 0
	switch {
	case s == RopeScaling{}:
		return nil
	case s.Kind == "":
		return bad("scaling has values but no kind, want one of %s, %s, %s, %s", ScaleLinear, ScaleNTK, ScaleYaRN, ScaleLlama3)
	case s.Kind != ScaleLinear && s.Kind != ScaleNTK && s.Kind != ScaleYaRN && s.Kind != ScaleLlama3:
		return bad("scaling kind is %q, want one of %s, %s, %s, %s", s.Kind, ScaleLinear, ScaleNTK, ScaleYaRN, ScaleLlama3)
	case !(s.Factor >= 1 && s.Factor < 1e6):
		return bad("scaling factor is %g, want 1 or more", s.Factor)
	case s.Original < 0 || s.Original > 1<<24:
		return bad("scaling original is %d, want the context of the first training", s.Original)
	case s.Kind == ScaleLinear && s.Original != 0:
		return bad("scaling original is %d, but %s needs none", s.Original, s.Kind)
	case llama && s.Kind != ScaleLlama3:
		return bad("scaling low and high are of %s, the kind is %s", ScaleLlama3, s.Kind)
	case s.Kind == ScaleLlama3 && !(s.Low > 0 && s.High > s.Low && s.High < 1e6):
		return bad("scaling low is %g and high %g, want 0 < low < high", s.Low, s.High)
	case yarn != RopeScaling{} && s.Kind != ScaleYaRN:
		return bad("scaling beta_fast, beta_slow, attention, mscale, mscale_all and fraction are of %s, the kind is %s", ScaleYaRN, s.Kind)
	case !(s.BetaFast >= 0 && s.BetaSlow >= 0 && or(s.BetaFast, 32) >= or(s.BetaSlow, 1)):
		return bad("scaling beta_fast is %g and beta_slow %g, want beta_fast the larger", or(s.BetaFast, 32), or(s.BetaSlow, 1))
	case !(s.Attention >= 0 && s.Attention < 1e6 && s.MScale >= 0 && s.MScaleAll >= 0):
		return bad("scaling attention %g, mscale %g, mscale_all %g, want none below 0", s.Attention, s.MScale, s.MScaleAll)
	case s.Kind == ScaleNTK && c.size() < 4:
		return bad("a head has %d numbers, %s needs 4", c.size(), ScaleNTK)
	}
	return nil
}

func or(x, otherwise float64) float64 {
	if x == 0 {
		return otherwise
	}
	return x
}

// rope holds the angle tables of rotary positions (Su et al., 2021): position p turns pair i by p·speed[i], which is
// p·theta^(-2i/size) without scaling. Scaling lives here alone: kernels know nothing of it. Tables grow with the positions that are
// asked for, since models of long contexts mostly see short ones.
type rope[F ops.Float] struct {
	c        Config
	speed    []float64 // nil = the model has no rotary positions
	cos, sin []F       // half a head's numbers a position
	room     int       // positions that the tables have
	length   int       // of sequences that they are right for: only ScaleNTK's depend on it
}

// newRope has tables for room positions.
func newRope[F ops.Float](c Config, room int) rope[F] {
	r := rope[F]{c: c}
	if c.Arch == GPT2 {
		return r
	}
	r.speed, r.length = make([]float64, c.size()/2), r.original()
	r.grow(room)
	return r
}

// original is the context that needs no scaling.
func (r *rope[F]) original() int {
	if r.c.Scaling.Original > 0 {
		return r.c.Scaling.Original
	}
	return r.c.Context
}

// fit makes the tables right for sequences of up to n tokens.
func (r *rope[F]) fit(n int) {
	if n = max(n, r.original()); r.c.Scaling.Kind == ScaleNTK && n != r.length {
		r.length = n
		r.fill(0)
	}
}

// cover makes sure that the tables have all the positions.
func (r *rope[F]) cover(pos []int32) {
	if last := int(slices.Max(pos)); last >= r.room {
		r.grow(min(r.c.Context, max(2*r.room, last+1)))
	}
}

func (r *rope[F]) grow(room int) {
	was, half := r.room, len(r.speed)
	cos, sin := make([]F, room*half), make([]F, room*half)
	copy(cos, r.cos)
	copy(sin, r.sin)
	r.room, r.cos, r.sin = room, cos, sin
	r.fill(was)
}

// fill computes the tables from a position on.
func (r *rope[F]) fill(from int) {
	scale := r.speeds(r.length)
	half := len(r.speed)
	for p := from; p < r.room; p++ {
		for i, v := range r.speed {
			s, k := math.Sincos(float64(p) * v)
			r.cos[p*half+i], r.sin[p*half+i] = F(scale*k), F(scale*s)
		}
	}
}

// speeds fills r.speed for sequences of a length and returns what multiplies the tables.
func (r *rope[F]) speeds(length int) (scale float64) {
	s, size, base, original := r.c.Scaling, float64(r.c.size()), r.c.RopeTheta, float64(r.original())
	if s.Kind == ScaleNTK {
		base *= math.Pow(s.Factor*float64(length)/original-(s.Factor-1), size/(size-2))
	}
	for i := range r.speed {
		r.speed[i] = math.Pow(base, -2*float64(i)/size)
	}
	switch s.Kind {
	case ScaleLinear:
		for i := range r.speed {
			r.speed[i] /= s.Factor
		}
	case ScaleLlama3:
		for i, v := range r.speed {
			turns := original * v / (2 * math.Pi)
			share := min(1, max(0, (turns-s.Low)/(s.High-s.Low))) // of the speed that is not divided
			r.speed[i] = (1-share)*v/s.Factor + share*v
		}
	case ScaleYaRN:
		first, last := s.bounds(size, base, original)
		for i, v := range r.speed {
			share := 1 - min(1, max(0, (float64(i)-first)/(last-first)))
			r.speed[i] = (1-share)*v/s.Factor + share*v
		}
		return s.attention()
	}
	return 1
}

// bounds are the pairs where YaRN's mixing begins and ends.
func (s RopeScaling) bounds(size, base, original float64) (first, last float64) {
	pair := func(turns float64) float64 {
		return size * math.Log(original/(turns*2*math.Pi)) / (2 * math.Log(base))
	}
	first, last = pair(or(s.BetaFast, 32)), pair(or(s.BetaSlow, 1))
	if !s.Fraction {
		first, last = math.Floor(first), math.Ceil(last)
	}
	first, last = max(first, 0), min(last, size-1)
	if first == last {
		last += 0.001
	}
	return first, last
}

// attention is what YaRN multiplies queries and keys with.
func (s RopeScaling) attention() float64 {
	grown := func(m float64) float64 { return 0.1*m*math.Log(s.Factor) + 1 }
	switch {
	case s.Attention > 0:
		return s.Attention
	case s.MScale > 0 && s.MScaleAll > 0:
		return grown(s.MScale) / grown(s.MScaleAll)
	}
	return grown(1)
}
