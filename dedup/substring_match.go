package dedup

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/seed-83c59573/quern"
)

// evidence is a window that is repeated.
type evidence struct {
	content
	again uint64 // its second lowest place
}

// windowMatcher is what one worker needs to find equal windows.
type windowMatcher struct {
	f       *finder
	roll    *rollingHash
	runs    contents
	windows contents
	most    int // slots of each
	digest  xxhash.Digest
	hashes  [][2]uint64
	direct  bool     // there is room for the slots of all windows, so that they need not be found again
	slots   []uint32 // of the windows as they were counted
	next    int      // among these
	buf     []byte
	w       *countedWriter
	picks   []evidence
	found   int64 // contents of windows that are repeated
}

var errFull = errors.New("dedup: no room for the windows")

// match finds the equal windows of each part.
func (f *finder) match(ctx context.Context) error {
	f.found = f.newMarks("found")
	writers := f.found.spill.workers()
	matchers := make([]*windowMatcher, f.workers)
	err := quern.Each(ctx, f.workers, f.runs.bins, func(ctx context.Context, worker, part int) error {
		m := matchers[worker]
		if m == nil {
			m = &windowMatcher{f: f, roll: newRoll(f.length, f.symbol, f.seed), most: 1 << 10, w: writers[worker]}
			for int64(m.most)*2*contentBytes <= f.mem/8/int64(f.workers) {
				m.most *= 2
			}
			matchers[worker] = m
		}
		return m.part(ctx, part)
	})
	for _, m := range matchers {
		if m != nil {
			f.windows += m.found
			f.evidence = append(f.evidence, m.picks...)
		}
	}
	f.evidence = choose(f.evidence)
	f.runs.close()
	f.runs = nil
	return err
}

// spilledRun is a run as it was lifted.
type spilledRun struct {
	place uint64 // of its first window: rank, symbol
	n     int    // windows
	bytes []byte
}

// each calls f with the runs of a part.
func (m *windowMatcher) each(part int, f func(spilledRun) error) (err error) {
	m.buf, err = m.f.runs.read(part, m.buf, func(b []byte) error {
		for len(b) > 0 {
			r := spilledRun{place: uint64(binary.LittleEndian.Uint32(b[4:]))<<32 | uint64(binary.LittleEndian.Uint32(b[8:])), n: int(binary.LittleEndian.Uint32(b))}
			size := (r.n + m.f.length - 1) * m.f.symbol
			r.bytes = b[runHead : runHead+size]
			b = b[runHead+size:]
			if err := f(r); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// part finds the equal windows of a part. Runs that are equal as a whole are taken together, so that of what was copied whole, such as
// the boilerplate of a site, the windows are looked at once. The windows of the others are gone through in as few slices as there is room
// for. Runs that find no room stand for themselves.
func (m *windowMatcher) part(ctx context.Context, part int) error {
	records := m.f.runs.count(part)
	if records == 0 {
		return nil
	}
	m.runs.reset(records, m.most)
	windows := int64(0)
	err := m.each(part, func(r spilledRun) error {
		a, b := m.hash(r.bytes)
		before := m.runs.used
		if _, ok := m.runs.add(a, b, r.place, 1); !ok || m.runs.used > before {
			windows += int64(r.n)
		}
		return nil
	})
	if err != nil {
		return err
	}
	picked := false
	m.slots, m.next = m.slots[:0], 0
	m.direct = windows <= int64(m.most)/2
	for depth, slice := 0, uint64(0); slice < 1<<depth; { // 2^depth slices, by the upper bits of a hash
		if err := ctx.Err(); err != nil {
			return err
		}
		m.windows.reset(windows>>depth, m.most)
		err := m.each(part, func(r spilledRun) error { return m.count(r, depth, slice) })
		if err == errFull {
			depth, slice = depth+1, 2*slice
			continue
		}
		if err == nil {
			err = m.each(part, func(r spilledRun) error { return m.emit(r, depth, slice, &picked) })
		}
		if err != nil {
			return err
		}
		slice++
	}
	if picked {
		return m.again(part)
	}
	return nil
}

// hash is 128 bits of a run.
func (m *windowMatcher) hash(b []byte) (uint64, uint64) {
	m.digest.ResetWithSeed(m.f.seed ^ gramMult)
	m.digest.Write(b)
	return xxhash.Sum64(b), m.digest.Sum64()
}

// count adds the windows of a run, unless an equal run stands for it.
func (m *windowMatcher) count(r spilledRun, depth int, slice uint64) error {
	times := uint64(1)
	if run := m.runs.slot(m.hash(r.bytes)); run.times > 0 {
		if run.first != r.place {
			return nil
		}
		times = run.times
	}
	m.hashes = m.roll.windows(m.hashes, r.bytes)
	for i, h := range m.hashes {
		if h[1]>>(61-depth) != slice {
			continue
		}
		slot, ok := m.windows.add(h[0], h[1], r.place+uint64(i), times)
		if !ok {
			return errFull
		}
		if m.direct {
			m.slots = append(m.slots, slot)
		}
	}
	return nil
}

// emit spills the repeated windows of a run that are not to stay.
func (m *windowMatcher) emit(r spilledRun, depth int, slice uint64, picked *bool) error {
	run := m.runs.slot(m.hash(r.bytes))
	if run.times > 1 && run.first != r.place {
		if slice > 0 {
			return nil // it was spilled as a whole
		}
		return m.put(r, 0, r.n)
	}
	if !m.direct {
		m.hashes = m.roll.windows(m.hashes, r.bytes)
	}
	start := -1 // of repeated windows that follow each other
	for i := range r.n {
		repeated := false
		var w *content
		if m.direct {
			w = &m.windows.slots[m.slots[m.next+i]]
		} else if h := m.hashes[i]; h[1]>>(61-depth) == slice {
			w = m.windows.slot(h[0], h[1])
		}
		if w != nil {
			if repeated = w.times > 1; repeated && w.first == r.place+uint64(i) {
				m.found++
				*picked = m.pick(*w) || *picked
				repeated = !m.f.first
			}
		}
		if repeated && start < 0 {
			start = i
		}
		if !repeated && start >= 0 {
			if err := m.put(r, start, i); err != nil {
				return err
			}
			start = -1
		}
	}
	m.next += r.n
	if start < 0 {
		return nil
	}
	return m.put(r, start, r.n)
}

func (m *windowMatcher) put(r spilledRun, from, to int) error {
	return m.f.found.put(m.w, mark{m.f.docOf(uint32(r.place >> 32)), uint32(r.place) + uint32(from), uint32(to - from)})
}

// pick keeps the windows of the lowest hashes.
func (m *windowMatcher) pick(w content) bool {
	if n := len(m.picks); n == maxExamples && w.a >= m.picks[n-1].a {
		return false
	}
	m.picks = choose(append(m.picks, evidence{w, ^uint64(0)}))
	return true
}

// choose leaves the first few.
func choose(all []evidence) []evidence {
	slices.SortFunc(all, func(x, y evidence) int { return cmp.Compare(x.a, y.a) })
	return all[:min(len(all), maxExamples)]
}

// again finds the second place of the windows that were picked.
func (m *windowMatcher) again(part int) error {
	return m.each(part, func(r spilledRun) error {
		m.hashes = m.roll.windows(m.hashes, r.bytes)
		last := m.picks[len(m.picks)-1].a
		for i, h := range m.hashes {
			if h[0] > last {
				continue
			}
			for j := range m.picks {
				if p := &m.picks[j]; p.a == h[0] && p.b == h[1] && p.first != r.place+uint64(i) {
					p.again = min(p.again, r.place+uint64(i))
				}
			}
		}
		return nil
	})
}
