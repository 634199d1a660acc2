package mix

import (
	"context"
	"math"
	"slices"

	"github.com/seed-83c59573/quern"
)

const (
	window   = 4096 // places ahead that are looked at for documents which fill what is left of a share
	maxExtra = 64   // of these that a share takes
)

// walker goes along the row of a part.
type walker struct {
	*Part
	unit  string
	at    int64   // the next place
	end   int64   // of the row
	ahead []int64 // places from at on that are taken already, sorted
	epoch int64   // whose order is that of shuffled
	order quern.Permutation
}

// sizes are those of the document at a place.
func (w *walker) sizes(place int64) (size, tokens int64) {
	n := w.places()
	if e := place / n; e != w.epoch {
		w.epoch, w.order = e, w.shuffle.Epoch(e)
	}
	c, doc := w.find(w.order.At(place % n))
	return c.train.size(doc, w.unit), int64(c.train.tokens.at(doc))
}

// taken reports whether a place ahead has been taken, and forgets those before it.
func (w *walker) taken(place int64) bool {
	for len(w.ahead) > 0 && w.ahead[0] < place {
		w.ahead = w.ahead[1:]
	}
	return len(w.ahead) > 0 && w.ahead[0] == place
}

// fill takes what each phase asks of part i.
func (p *Plan) fill(ctx context.Context, i int) error {
	d := &p.Parts[i]
	w := &walker{Part: d, unit: p.Unit, end: int64(math.Ceil(d.Repeat)) * d.places(), epoch: -1}
	for f := range p.Phases {
		if err := w.take(ctx, &p.Phases[f].Shares[i]); err != nil {
			return err
		}
	}
	p.skips(i)
	for f := range p.Phases {
		s := &p.Phases[f].Shares[i]
		s.Docs = s.picks()
	}
	return nil
}

// take gives a share its places: as they come while they fit, whole epochs at once, and then what fits best of those ahead.
func (w *walker) take(ctx context.Context, s *Share) error {
	s.From = w.at
	left := s.Asked
	n := w.places()
	for k := 0; w.at < w.end && left > 0; k++ {
		if k&0xFFFF == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if w.taken(w.at) {
			w.at++
			continue
		}
		if w.at%n == 0 && len(w.ahead) == 0 && left >= w.Size {
			whole := min(left/w.Size, (w.end-w.at)/n)
			left -= whole * w.Size
			s.Tokens += whole * w.Tokens
			w.at += whole * n
			continue
		}
		size, tokens := w.sizes(w.at)
		if size > left {
			break
		}
		left -= size
		s.Tokens += tokens
		w.at++
	}
	s.To = w.at
	left = w.fit(s, left)
	s.Achieved = s.Asked - left
	return nil
}

// fit fills what is left of a share with documents from ahead, the longest that fit first. A share that has nothing yet gets the
// shortest one, so that the part is in the phase at all.
func (w *walker) fit(s *Share, left int64) int64 {
	if left == 0 || w.at >= w.end {
		return left
	}
	type candidate struct{ place, size, tokens int64 }
	var all []candidate
	end := min(w.end, w.at+window, (w.at/w.places()+2)*w.places()) // not from epochs far ahead: documents are to come equally often
	for place := w.at; place < end; place++ {
		if slices.Contains(w.ahead, place) {
			continue
		}
		size, tokens := w.sizes(place)
		all = append(all, candidate{place, size, tokens})
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return int(min(1, max(-1, b.size-a.size))) })
	none := left == s.Asked
	for k, c := range all {
		shortest := none && k == len(all)-1
		if c.size > left && !shortest || c.size == 0 || len(s.Extra) == maxExtra {
			continue
		}
		none = false
		left -= c.size
		s.Tokens += c.tokens
		s.Extra = append(s.Extra, c.place)
	}
	slices.Sort(s.Extra)
	w.ahead = append(w.ahead, s.Extra...)
	slices.Sort(w.ahead)
	return left
}

// skips finds, for each share of part i, the places in it that earlier phases took ahead.
func (p *Plan) skips(i int) {
	var ahead []int64
	for f := range p.Phases {
		s := &p.Phases[f].Shares[i]
		s.skip = nil
		for _, x := range ahead {
			if x >= s.From && x < s.To {
				s.skip = append(s.skip, x)
			}
		}
		slices.Sort(s.skip)
		ahead = append(ahead, s.Extra...)
	}
}

// picks is how many documents a share has, repeats counted.
func (s *Share) picks() int64 { return s.To - s.From - int64(len(s.skip)) + int64(len(s.Extra)) }

// place is that of pick k in the row of the part.
func (s *Share) place(k int64) int64 {
	at := s.From + k
	for _, x := range s.skip {
		if x <= at {
			at++
		}
	}
	if at >= s.To {
		return s.Extra[at-s.To]
	}
	return at
}
