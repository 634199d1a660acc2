package dedup

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/seed-83c59573/quern"
)

// evidence is a window that is repeated.
type evidence struct {
	hash  uint64 // by which it is chosen
	place uint64 // of the lowest occurrence that is cut: rank and symbol
	first uint64 // of the lowest occurrence of all
	times uint64
}

// matcher of windows: what one worker needs.
type windowMatcher struct {
	f       *finder
	roll    *roll
	table   windowTable
	buf     []byte
	hashes  [][2]uint64
	w       *spillWriter
	picks   []evidence
	windows int64
}

var errFull = errors.New("dedup: no room for the windows")

// match finds the equal windows of each part.
func (f *finder) match(ctx context.Context) (err error) {
	if f.found, err = newMarks(f.dir, "found", f.areas, f.docs(), f.buffers()); err != nil {
		return err
	}
	writers := f.found.spill.writers(f.workers)
	matchers := make([]*windowMatcher, f.workers)
	err = quern.Each(ctx, f.workers, len(f.runs.parts), func(ctx context.Context, worker, part int) error {
		if matchers[worker] == nil {
			matchers[worker] = &windowMatcher{f: f, roll: newRoll(f.length, f.symbol, f.seed), w: writers[worker]}
		}
		return matchers[worker].part(ctx, part)
	})
	if err == nil {
		err = flushAll(writers)
	}
	for _, m := range matchers {
		if m != nil {
			f.windows += m.windows
			f.evidence = append(f.evidence, m.picks...)
		}
	}
	f.evidence = choose(f.evidence)
	f.runs.close()
	f.runs = nil
	return err
}

// part finds the equal windows of a part, in as few slices as there is room for.
func (m *windowMatcher) part(ctx context.Context, part int) error {
	if m.f.runs.parts[part].records == 0 {
		return nil
	}
	windows := int64(0)
	for _, b := range m.f.runs.parts[part].blocks {
		windows += int64(b.n)
	}
	windows -= m.f.runs.parts[part].records * int64(runHead+(m.f.length-1)*m.f.symbol)
	windows /= int64(m.f.symbol)
	most := 1 << 10
	for int64(most)*2*windowBytes <= m.f.mem/2/int64(m.f.workers) {
		most *= 2
	}
	for depth, slice := 0, uint64(0); slice < 1<<depth; { // 2^depth slices, by the upper bits of a hash
		if err := ctx.Err(); err != nil {
			return err
		}
		m.table.reset(windows>>depth, most)
		err := m.each(part, func(_ []byte, hashes [][2]uint64, place uint64) error {
			for i, h := range hashes {
				if h[1]>>(61-depth) == slice && !m.table.add(h[0], h[1], place+uint64(i)) {
					return errFull
				}
			}
			return nil
		})
		if err == errFull {
			depth, slice = depth+1, 2*slice
			continue
		}
		if err == nil {
			err = m.each(part, func(_ []byte, hashes [][2]uint64, place uint64) error {
				return m.emit(hashes, place, depth, slice)
			})
		}
		if err != nil {
			return err
		}
		slice++
	}
	return nil
}

// each calls f with the hashes of the windows of each run of a part, and with the place of the first one.
func (m *windowMatcher) each(part int, f func(content []byte, hashes [][2]uint64, place uint64) error) (err error) {
	m.buf, err = m.f.runs.read(part, m.buf, func(b []byte) error {
		for len(b) > 0 {
			n := int(binary.LittleEndian.Uint32(b))
			place := uint64(binary.LittleEndian.Uint32(b[4:]))<<32 | uint64(binary.LittleEndian.Uint32(b[8:]))
			size := (n + m.f.length - 1) * m.f.symbol
			content := b[runHead : runHead+size]
			b = b[runHead+size:]
			m.hashes = m.roll.windows(m.hashes, content)
			if err := f(content, m.hashes, place); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// emit spills the repeated windows of a run that are not to stay.
func (m *windowMatcher) emit(hashes [][2]uint64, place uint64, depth int, slice uint64) error {
	doc, from := m.f.docOf(uint32(place>>32)), uint32(place)
	start := -1 // of repeated windows that follow each other
	for i, h := range hashes {
		repeated := false
		if h[1]>>(61-depth) == slice {
			w := m.table.slot(h[0], h[1])
			at := place + uint64(i)
			repeated = w.times > 1
			switch {
			case !repeated:
			case w.first == at:
				m.windows++
				repeated = !m.f.first
			default:
				m.pick(w, at)
			}
		}
		if repeated && start < 0 {
			start = i
		}
		if !repeated && start >= 0 {
			if err := m.f.found.put(m.w, mark{doc, from + uint32(start), uint32(i - start)}); err != nil {
				return err
			}
			start = -1
		}
	}
	if start < 0 {
		return nil
	}
	return m.f.found.put(m.w, mark{doc, from + uint32(start), uint32(len(hashes) - start)})
}

// pick keeps the windows of the lowest hashes, of each the lowest place that is not the first.
func (m *windowMatcher) pick(w *window, place uint64) {
	e := evidence{w.a * gramMult, place, w.first, w.times}
	if len(m.picks) == maxExamples && e.hash > m.picks[maxExamples-1].hash {
		return
	}
	m.picks = choose(append(m.picks, e))
}

// choose leaves the first few of different hashes.
func choose(all []evidence) []evidence {
	slices.SortFunc(all, func(a, b evidence) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.place, b.place))
	})
	all = slices.CompactFunc(all, func(a, b evidence) bool { return a.hash == b.hash })
	return all[:min(len(all), maxExamples)]
}
