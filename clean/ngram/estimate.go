package ngram

import (
	"errors"
	"math"
)

// estimate fills the tables of a model from counts. What it needs beyond the tables are 36 bytes an entry of all orders but the
// last.
type estimate struct {
	l         *Learner
	m         *Model
	stats     [][]stat // by order less one, by slot of the table; not for the highest
	discounts [][3]float64
	probs     []float64 // of the 1-grams
}

// stat is about an n-gram: its count, which below the highest order is the number of words seen before it, and those of the
// n-grams that it is the context of.
type stat struct {
	count uint64
	sum   uint64
	by    [3]uint32 // contexts' n-grams with a count of 1, 2, 3 or more
}

func newEstimate(l *Learner) *estimate {
	e := &estimate{l: l, m: l.model, discounts: make([][3]float64, l.opt.Order+1)}
	for n := range e.m.order {
		switch {
		case n == 0:
			e.stats = append(e.stats, make([]stat, e.m.counts[0]))
		case n < e.m.order-1:
			e.stats = append(e.stats, make([]stat, e.m.middle[n-1].buckets))
		}
	}
	return e
}

// slot finds an n-gram of less than the highest order, or of order 1.
func (e *estimate) slot(gram []uint32) *stat {
	if len(gram) == 1 {
		return &e.stats[0][gram[0]]
	}
	t := &e.m.middle[len(gram)-2]
	return &e.stats[len(gram)-1][(t.find(keyOf(gram))-8)/middleEntry]
}

func (e *estimate) run() error {
	if err := e.l.grams(e.enter); err != nil {
		return err
	}
	if err := e.discount(); err != nil {
		return err
	}
	if err := e.l.grams(e.context); err != nil {
		return err
	}
	e.unigrams()
	var probs [MaxOrder + 1]float64
	return e.l.grams(func(gram []uint32, times uint64) error {
		e.weigh(gram, times, &probs)
		return nil
	})
}

// enter puts an n-gram into its table and counts it where it is a longer form.
func (e *estimate) enter(gram []uint32, times uint64) error {
	n := len(gram)
	if n > 1 {
		key := keyOf(gram)
		t := &e.m.longest
		if n < e.m.order {
			t = &e.m.middle[n-2]
		}
		if key == 0 || t.find(key) >= 0 {
			return errors.New("ngram: two n-grams have one hash")
		}
		t.insert(key)
		e.slot(gram[1:]).count++
	}
	if n == e.m.order && n > 1 {
		return nil
	}
	if n == e.m.order || gram[0] == bosID {
		e.slot(gram).count = times
	}
	return nil
}

// discount computes the discounts from counts of counts (equation 26 of Chen and Goodman).
func (e *estimate) discount() error {
	var of [MaxOrder + 1][5]float64
	for n, stats := range e.stats {
		for i := range stats {
			if c := stats[i].count; c < 5 {
				of[n+1][c]++
			}
		}
	}
	if e.m.order > 1 {
		// The counts of the highest order are in the text itself.
		if err := e.l.grams(func(gram []uint32, times uint64) error {
			if len(gram) == e.m.order && times < 5 {
				of[e.m.order][times]++
			}
			return nil
		}); err != nil {
			return err
		}
	}
	for n := 1; n <= e.m.order; n++ {
		e.discounts[n] = discountsOf(of[n])
	}
	return nil
}

func discountsOf(n [5]float64) [3]float64 {
	fallback := [3]float64{0.5, 1, 1.5}
	var d [3]float64
	y := n[1] / (n[1] + 2*n[2])
	for i := 1; i <= 3; i++ {
		if n[i] == 0 {
			return fallback
		}
		d[i-1] = float64(i) - float64(i+1)*y*n[i+1]/n[i]
		if !(d[i-1] >= 0 && d[i-1] <= float64(i)) {
			return fallback
		}
	}
	return d
}

// count is that by which an n-gram is estimated.
func (e *estimate) count(gram []uint32, times uint64) uint64 {
	if len(gram) == e.m.order {
		return times
	}
	return e.slot(gram).count
}

// context adds an n-gram to the sums of its context.
func (e *estimate) context(gram []uint32, times uint64) error {
	if len(gram) == 1 {
		return nil
	}
	s, c := e.slot(gram[:len(gram)-1]), e.count(gram, times)
	s.sum += c
	s.by[min(c, 3)-1]++
	return nil
}

// rest is the share of a context that its discounts set free, given the discounts of the longer order.
func rest(s *stat, d *[3]float64) float64 {
	return (d[0]*float64(s.by[0]) + d[1]*float64(s.by[1]) + d[2]*float64(s.by[2])) / float64(s.sum)
}

func (e *estimate) discounted(c uint64, order int) float64 {
	if c == 0 {
		return 0
	}
	return float64(c) - e.discounts[order][min(c, 3)-1]
}

// empty is the context of the 1-grams.
func (e *estimate) empty() *stat {
	var s stat
	for i := range e.stats[0] {
		if c := e.stats[0][i].count; c > 0 && i != bosID {
			s.sum += c
			s.by[min(c, 3)-1]++
		}
	}
	return &s
}

func (e *estimate) unigrams() {
	s := e.empty()
	share := rest(s, &e.discounts[1]) / float64(e.m.counts[0]-1) // of each word, <unk> too, but <s>
	for id := range e.stats[0] {
		p := e.discounted(e.stats[0][id].count, 1)/float64(s.sum) + share
		if id == bosID {
			p = 1
		}
		at := id * unigramEntry
		putFloat(e.m.uni[at:], logOf(p))
		putFloat(e.m.uni[at+4:], e.backoff(&e.stats[0][id], 1))
		e.probs = append(e.probs, p)
	}
}

func logOf(p float64) float32 { return float32(math.Min(0, math.Log10(p))) }

// backoff is the weight of an n-gram as a context.
func (e *estimate) backoff(s *stat, order int) float32 {
	if s.sum == 0 {
		return float32(math.Copysign(0, -1))
	}
	b := float32(math.Log10(rest(s, &e.discounts[order+1])))
	if b == 0 {
		return 0
	}
	return b
}

// weigh writes the weights of an n-gram. probs holds the probabilities of its endings by order.
func (e *estimate) weigh(gram []uint32, times uint64, probs *[MaxOrder + 1]float64) {
	n := len(gram)
	if n == 1 {
		probs[1] = e.probs[gram[0]]
		return
	}
	s := e.slot(gram[:n-1])
	p := e.discounted(e.count(gram, times), n)/float64(s.sum) + rest(s, &e.discounts[n])*probs[n-1]
	probs[n] = p
	if n == 2 {
		clearSign(e.m.uni[gram[1]*unigramEntry:])
	} else {
		t := &e.m.middle[n-3]
		clearSign(t.data[t.find(keyOf(gram[1:])):])
	}
	if n == e.m.order {
		putFloat(e.m.longest.data[e.m.longest.find(keyOf(gram)):], setSign(logOf(p)))
		return
	}
	t := &e.m.middle[n-2]
	at := t.find(keyOf(gram))
	putFloat(t.data[at:], setSign(logOf(p)))
	putFloat(t.data[at+4:], e.backoff(e.slot(gram), n))
}
