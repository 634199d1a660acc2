package minhash

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

var slow = flag.Bool("slow", false, "also run the tests that take minutes, as CI does: the collision curve at a million pairs a point")

const curveBands, curveRows = 14, 8

// collisions counts how many of the pairs of random sets share a band, where common of union values are in both. A set is signed in
// its two parts, since least values of parts are those of the whole.
func collisions[T uint32 | uint64](sign func(x []uint64) []T, union, common, pairs int, seed uint64) (hits int) {
	r := rand.New(rand.NewPCG(seed, uint64(union)))
	x := make([]uint64, union)
	own := (union - common) / 2
	var both, a, b []T
	for range pairs {
		for i := range x {
			x[i] = r.Uint64()
		}
		both = append(both[:0], sign(x[:common])...)
		a, b = append(a[:0], both...), append(b[:0], both...)
		for _, part := range []struct {
			x   []uint64
			sig []T
		}{{x[common : common+own], a}, {x[common+own:], b}} {
			if len(part.x) > 0 {
				for i, v := range sign(part.x) {
					part.sig[i] = min(part.sig[i], v)
				}
			}
		}
		for i := 0; i < len(a); i += curveRows {
			if slices.Equal(a[i:i+curveRows], b[i:i+curveRows]) {
				hits++
				break
			}
		}
	}
	return hits
}

// deviation is the distance from the curve in standard deviations. Near the top few pairs miss, and their number is Poisson's: it
// counts as far off only if it is beyond doubt.
func deviation(hits, pairs int, p float64) float64 {
	n := float64(pairs)
	if misses := n * (1 - p); misses < 10 {
		return max(0, float64(pairs-hits)-misses-10)
	}
	return (float64(hits) - n*p) / math.Sqrt(n*p*(1-p))
}

// follows measures one point of the curve. What is more than three sigma off is measured again on other pairs: chance does that once
// in 370, a wrong family always.
func follows[T uint32 | uint64](t *testing.T, sign func(x []uint64) []T, union int, s float64, pairs int) (z float64) {
	common := int(float64(union)*s + .5)
	p := Curve(curveBands, curveRows, float64(common)/float64(union))
	for seed := range uint64(2) {
		hits := collisions(sign, union, common, pairs, seed)
		z = deviation(hits, pairs, p)
		t.Logf("sets of %d, s = %.2f: %.4f of %d pairs collide, theory %.4f, z = %+.1f", union, s, float64(hits)/float64(pairs), pairs, p, z)
		if math.Abs(z) <= 3 {
			break
		}
	}
	return z
}

// The rate at which two sets share a band is 1-(1-s^rows)^bands. Only many pairs show a weak family.
func TestCollisionCurve(t *testing.T) {
	pairs, unions, points := 50_000, []int{20, 100}, []float64{.5, .7, .8, .9}
	if testing.Short() {
		pairs = 3_000
	}
	if *slow {
		pairs, unions, points = 1_000_000, []int{20, 100, 500, 5_000}, []float64{.5, .6, .7, .8, .9, .95}
	}
	own, theirs := newXorMul(curveBands*curveRows, 1), newAffine(curveBands*curveRows, 1)
	for _, union := range unions {
		t.Run(fmt.Sprintf("own/%d", union), func(t *testing.T) {
			for _, s := range points {
				if z := follows(t, own.sign, union, s, pairs); math.Abs(z) > 3 {
					t.Errorf("sets of %d, s = %.2f: z = %+.1f twice, the family does not follow the curve", union, s, z)
				}
			}
		})
		t.Run(fmt.Sprintf("datatrove/%d", union), func(t *testing.T) {
			for _, s := range points {
				if z := follows(t, theirs.sign, union, s, pairs); math.Abs(z) > 3 {
					t.Errorf("sets of %d, s = %.2f: z = %+.1f twice, the family does not follow the curve", union, s, z)
				}
			}
		})
	}
}

// chain is a family that is a third cheaper and wrong: each function continues the one before by an addition or an exclusive or. Its
// rows match at the right rate, but its bands together do not.
type chain struct {
	mul, step [16]uint32
	min       [112]uint32
}

func (c *chain) sign(x []uint64) []uint32 {
	for l := range c.mul {
		for i := l; i < len(c.min); i += 16 {
			c.min[i] = math.MaxUint32
		}
		for _, v := range x {
			y := uint32(v) + c.mul[l]*uint32(v>>32)
			s, m := c.step[l]*uint32(v), uint32(v>>16)
			for k := range 7 {
				if k > 0 && k%2 == 1 {
					y += s
				} else if k > 0 {
					y ^= m
				}
				c.min[16*k+l] = min(c.min[16*k+l], y)
			}
		}
	}
	return c.min[:]
}

// The gate bites.
func TestCollisionCurveRefusesTheChain(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 100,000 pairs")
	}
	c, seed := &chain{}, uint64(20260101)
	for l := range c.mul {
		c.mul[l], c.step[l] = uint32(splitMix(&seed))|1, uint32(splitMix(&seed))|1
	}
	if z := follows(t, c.sign, 20, .8, 100_000); math.Abs(z) <= 3 {
		t.Errorf("z = %+.1f: a family whose bands hang together passes", z)
	}
}

// Pairs of texts collide at the rate of their shingle sets, which are those that verification compares.
func TestCollisionCurveOfTexts(t *testing.T) {
	pairs := 10_000
	if *slow {
		pairs = 100_000
	}
	for _, o := range []Options{
		{Shingle: 5},
		{Shingle: 5, Family: Datatrove, Seed: 1},
		{Shingle: 24, Unit: Chars},
	} {
		o.Bands, o.Rows = curveBands, curveRows
		s, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(7, 8))
		var want, variance float64
		hits := 0
		for range pairs {
			a := make([]string, 60)
			for i := range a {
				a[i] = fmt.Sprintf("w%x", r.IntN(5000)+16)
			}
			b := slices.Clone(a)
			for range 1 + r.IntN(2) {
				b[r.IntN(len(b))] = "changed"
			}
			x, keys := signed(s, strings.Join(a, " "))
			y, others := signed(s, strings.Join(b, " "))
			p := Curve(o.Bands, o.Rows, jaccard(x, y))
			want += p
			variance += p * (1 - p)
			for i := range keys {
				if keys[i] == others[i] {
					hits++
					break
				}
			}
		}
		z := (float64(hits) - want) / math.Sqrt(variance)
		t.Logf("%s %s: %d of %d pairs collide, theory %.0f, z = %+.1f", o.Family, o.Unit, hits, pairs, want, z)
		if math.Abs(z) > 3.5 {
			t.Errorf("%+v: z = %+.1f", o, z)
		}
	}
}

// signed gives the set of the upper halves of the shingles of a text, and its keys.
func signed(s *Signer, text string) (set []uint32, keys []uint64) {
	x := s.Shingles([]byte(text))
	for _, h := range x {
		set = append(set, uint32(h>>32))
	}
	slices.Sort(set)
	return slices.Compact(set), slices.Clone(s.Keys(x))
}

func jaccard(x, y []uint32) float64 {
	both := 0
	for _, v := range x {
		if _, ok := slices.BinarySearch(y, v); ok {
			both++
		}
	}
	return float64(both) / float64(len(x)+len(y)-both)
}
