package ngram

import (
	"errors"
	"math"
)

// estimate fills the tables of a model from counts. What it needs beyond the tables are 48 bytes an entry of all orders but the
// last.
type estimate struct {
	l         *Learner
	m         *Model   // what comes out
	all       *Model   // where n-grams are found, also those that will be cut off; m if none will
	stats     [][]stat // by order less one, by slot of the table; not for the highest
	discounts [][3]float64
	probs     []float64 // of the 1-grams
}

// stat is about an n-gram: its count, which below the highest order is the number of words seen before it, and those of the
// n-grams that it is the context of.
type stat struct {
	count uint64
	sum   uint64
	cut   uint64    // of the sum, the counts of n-grams that are cut off
	times uint64    // its count in the text, while it is cut off by that
	by    [3]uint32 // contexts' n-grams with a count of 1, 2, 3 or more, without those that are cut off
}

func newEstimate(l *Learner, all *Model) *estimate {
	e := &estimate{l: l, m: l.model, all: all, discounts: make([][3]float64, l.opt.Order+1)}
	for n := range all.order {
		switch {
		case n == 0:
			e.stats = append(e.stats, make([]stat, all.counts[0]))
		case n < all.order-1:
			e.stats = append(e.stats, make([]stat, all.middle[n-1].buckets))
		}
	}
	return e
}

// slot finds an n-gram of less than the highest order, or of order 1.
func (e *estimate) slot(gram []uint32) *stat {
	if len(gram) == 1 {
		return &e.stats[0][gram[0]]
	}
	t := &e.all.middle[len(gram)-2]
	return &e.stats[len(gram)-1][(t.find(keyOf(gram))-8)/middleEntry]
}

func (e *estimate) run() error {
	if err := e.l.grams(e.enter); err != nil {
		return err
	}
	if err := e.discount(); err != nil {
		return err
	}
	if e.all != e.m {
		if err := e.l.counter.each(e.occurs); err != nil {
			return err
		}
	}
	if err := e.l.grams(e.context); err != nil {
		return err
	}
	if e.all != e.m {
		if err := e.cutOff(); err != nil {
			return err
		}
	}
	if err := e.l.vocabulary(e.m); err != nil {
		return err
	}
	e.unigrams()
	var probs [MaxOrder + 1]float64
	return e.l.grams(func(gram []uint32, times uint64) error {
		return e.weigh(gram, times, &probs)
	})
}

// occurs adds to the counts in the text of an n-gram's endings.
func (e *estimate) occurs(gram []uint32, times uint64) error {
	n := len(gram)
	for k := 1; k < n; k++ {
		if k > 1 && gram[n-k+1] == bosID {
			break
		}
		e.slot(gram[n-k:]).times += times
	}
	return nil
}

// kept tells whether an n-gram occurs often enough. What it begins and ends with is then kept, too.
func (e *estimate) kept(gram []uint32, times uint64) bool {
	n := len(gram)
	if n == 1 || e.all == e.m {
		return true
	}
	if n < e.m.order {
		times = e.slot(gram).times
	}
	return times > e.l.opt.Cut[min(n, len(e.l.opt.Cut))-1]
}

// cutOff makes the tables for what is kept.
func (e *estimate) cutOff() error {
	e.m.counts[0] = e.all.counts[0]
	if err := e.l.grams(func(gram []uint32, times uint64) error {
		if len(gram) > 1 && e.kept(gram, times) {
			e.m.counts[len(gram)-1]++
		}
		return nil
	}); err != nil {
		return err
	}
	return e.m.newImage(e.l.opt.Limit)
}

// enter puts an n-gram into its table and counts it where it is a longer form.
func (e *estimate) enter(gram []uint32, times uint64) error {
	n := len(gram)
	if n > 1 {
		if n < e.m.order {
			if err := e.all.middle[n-2].add(keyOf(gram)); err != nil {
				return err
			}
		}
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

// add takes an entry for a key that is not there yet.
func (t *table) add(key uint64) error {
	if key == 0 || t.find(key) >= 0 {
		return errors.New("ngram: two n-grams have one hash")
	}
	t.insert(key)
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
		if !(d[i-1] > 0 && d[i-1] <= float64(i)) { // of 0 nothing would be left for what was not seen
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
	if e.kept(gram, times) {
		s.by[min(c, 3)-1]++
	} else {
		s.cut += c
	}
	return nil
}

// rest is the share of a context that its discounts, and what is cut off, set free, given the discounts of the longer order.
func rest(s *stat, d *[3]float64) float64 {
	return (d[0]*float64(s.by[0]) + d[1]*float64(s.by[1]) + d[2]*float64(s.by[2]) + float64(s.cut)) / float64(s.sum)
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
	if s.sum == s.cut {
		return float32(math.Copysign(0, -1))
	}
	b := float32(math.Log10(rest(s, &e.discounts[order+1])))
	if b == 0 {
		return 0
	}
	return b
}

// weigh writes the weights of an n-gram. probs holds the probabilities of its endings by order.
func (e *estimate) weigh(gram []uint32, times uint64, probs *[MaxOrder + 1]float64) error {
	n := len(gram)
	if n == 1 {
		probs[1] = e.probs[gram[0]]
		return nil
	}
	if !e.kept(gram, times) {
		return nil
	}
	s := e.slot(gram[:n-1])
	p := e.discounted(e.count(gram, times), n)/float64(s.sum) + rest(s, &e.discounts[n])*probs[n-1]
	probs[n] = p
	if n == 2 {
		clearSign(e.m.uni[int(gram[1])*unigramEntry:])
	} else {
		t := &e.m.middle[n-3]
		clearSign(t.data[t.find(keyOf(gram[1:])):])
	}
	key := keyOf(gram)
	if n == e.m.order {
		if err := e.m.longest.add(key); err != nil {
			return err
		}
		putFloat(e.m.longest.data[e.m.longest.find(key):], setSign(logOf(p)))
		return nil
	}
	t := &e.m.middle[n-2]
	if e.all != e.m {
		if err := t.add(key); err != nil {
			return err
		}
	}
	at := t.find(key)
	putFloat(t.data[at:], setSign(logOf(p)))
	putFloat(t.data[at+4:], e.backoff(e.slot(gram), n))
	return nil
}
