package quern

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
)

// Pass moves every document of a source through stages into sinks. Each unit is one piece of work: it has its own sink, and its
// documents stay in order. Results are merged by the unit's number, never by arrival.
type Pass struct {
	Source  Source
	Stages  func() ([]Stage, error)           // once per worker; nil = none
	Sink    func(i int, u Unit) (Sink, error) // once per unit; i is the unit's number
	Dropped func(i int, u Unit) (Sink, error) // where the dropped go; nil = nowhere
	Workers int                               // never changes the result; 0 = one per processor

	// Done, if set, keeps a record of each finished unit so that a later Run of the same work goes on from there. Whoever calls
	// Run answers for "the same": a folder named by a key that covers the input and every option.
	Done Dir

	Progress func(p Progress) // called from workers after every few documents and at each unit's end; nil = silent
}

// Progress is how far a pass is.
type Progress struct {
	Units, UnitsDone int
	Docs, Bytes      int64 // since the last call
}

// unitRecord is what Done keeps of a unit.
type unitRecord struct {
	Unit    Unit   `json:"unit"`
	Kept    Shard  `json:"kept"`
	Dropped *Shard `json:"dropped,omitempty"`
	Ledger  Ledger `json:"ledger"`
}

// Run moves everything and returns a manifest with shards, dropped shards and ledger filled in; the caller names and saves it.
// On an error, sinks in flight are aborted and the error names the unit; finished units stay in Done.
func (p Pass) Run(ctx context.Context) (Manifest, error) {
	var m Manifest
	units, err := p.Source.Units(ctx)
	if err != nil {
		return m, err
	}
	if len(units) == 0 {
		return m, errNoUnits
	}
	workers := p.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	stages := make([][]Stage, workers)
	defer closeStages(stages)
	for w := range stages {
		if p.Stages != nil {
			if stages[w], err = p.Stages(); err != nil {
				return m, err
			}
		}
	}
	var finished atomic.Int64
	records := make([]unitRecord, len(units))
	err = Each(ctx, workers, len(units), func(ctx context.Context, worker, i int) error {
		r, ok := p.recall(i, units[i])
		if !ok {
			var err error
			if r, err = p.unit(ctx, i, units[i], stages[worker], len(units), &finished); err != nil {
				return fmt.Errorf("%s: %w", units[i].Name, err)
			}
		}
		records[i] = r
		n := finished.Add(1)
		p.report(Progress{Units: len(units), UnitsDone: int(n)})
		return nil
	})
	if err != nil {
		return m, err
	}
	for i := range records {
		m.Shards = append(m.Shards, records[i].Kept)
		if records[i].Dropped != nil {
			m.Dropped = append(m.Dropped, *records[i].Dropped)
		}
		m.Ledger.Merge(records[i].Ledger)
	}
	return m, nil
}

// unit moves one unit. The loop in it is the whole machine.
func (p Pass) unit(ctx context.Context, i int, u Unit, stages []Stage, units int, finished *atomic.Int64) (r unitRecord, err error) {
	sink, err := p.Sink(i, u)
	if err != nil {
		return r, err
	}
	var dropped Sink
	defer func() {
		if sink != nil {
			sink.Abort()
		}
		if dropped != nil {
			dropped.Abort()
		}
	}()
	if p.Dropped != nil {
		if dropped, err = p.Dropped(i, u); err != nil {
			return r, err
		}
	}
	l := &r.Ledger
	var step Progress
	for d, err := range p.Source.Docs(ctx, u) {
		if cerr := ctx.Err(); cerr != nil {
			return r, cerr
		}
		l.In++
		if err != nil {
			if !errors.Is(err, ErrRecord) {
				return r, err
			}
			l.skip(u, d, err)
			continue
		}
		in := int64(len(d.Text))
		if step.Docs, step.Bytes = step.Docs+1, step.Bytes+in; step.Bytes > 1<<20 {
			step.Units, step.UnitsDone = units, int(finished.Load())
			p.report(step)
			step = Progress{}
		}
		v, err := apply(stages, d) // the first verdict that is not Keep wins
		if err != nil {
			return r, fmt.Errorf("doc %s: %w", d.ID, err)
		}
		if v != Keep {
			if d.Drop.Verdict != v {
				d.Drop = Drop{Verdict: v}
			}
			l.Add(Tally{Source: d.Source, Domain: d.Domain, Fate: Dropped, Reason: string(v), Docs: 1, In: in})
			if dropped != nil {
				if err := dropped.Put(d); err != nil {
					return r, err
				}
			}
			continue
		}
		l.Add(Tally{Source: d.Source, Domain: d.Domain, Fate: Kept, Docs: 1, In: in, Out: int64(len(d.Text))})
		if err := sink.Put(d); err != nil {
			return r, err
		}
	}
	step.Units, step.UnitsDone = units, int(finished.Load())
	p.report(step)
	r.Unit = u
	ended := sink
	sink = nil // Commit ends it, also when it fails
	if r.Kept, err = ended.Commit(); err != nil {
		return r, err
	}
	if dropped != nil {
		ended, dropped = dropped, nil
		s, err := ended.Commit()
		if err != nil {
			return r, err
		}
		if s.Docs > 0 {
			r.Dropped = &s
		}
	}
	return r, p.remember(i, r)
}

// closeStages ends stages that hold something of the world, such as a process: those that are an io.Closer.
func closeStages(stages [][]Stage) {
	for _, worker := range stages {
		for _, s := range worker {
			if c, ok := s.(io.Closer); ok {
				c.Close() // nothing that was written depends on it
			}
		}
	}
}

func apply(stages []Stage, d *Doc) (Verdict, error) {
	for _, s := range stages {
		if v, err := s.Apply(d); err != nil || v != Keep {
			return v, err
		}
	}
	return Keep, nil
}

// skip counts a bad record, or one that is no document, under its reason.
func (l *Ledger) skip(u Unit, d *Doc, err error) {
	t := Tally{Source: u.Source, Domain: u.Domain, Fate: Skipped, Reason: "bad-record", Docs: 1}
	if d != nil {
		t.Source, t.Domain = d.Source, d.Domain
	}
	var re *RecordError
	if errors.As(err, &re) {
		t.Reason = re.Reason
		if re.File {
			l.Refused++
		}
		if re.Passed {
			t.Fate = Passed
		}
	}
	if before := l.Total(Skipped, t.Reason).Docs; t.Fate == Skipped && before < samplesPerReason {
		l.Samples = append(l.Samples, err.Error())
	}
	l.Add(t)
}

func (p Pass) report(step Progress) {
	if p.Progress != nil {
		p.Progress(step)
	}
}

func recordName(i int) string { return fmt.Sprintf("units/%05d.json", i) }

// recall finds what an earlier, interrupted run left of unit i.
func (p Pass) recall(i int, u Unit) (r unitRecord, ok bool) {
	if p.Done == nil {
		return r, false
	}
	b, err := ReadBlob(p.Done, recordName(i))
	if err != nil {
		return r, false
	}
	if json.Unmarshal(b, &r) != nil || !sameUnit(r.Unit, u) {
		return r, false
	}
	m := Manifest{Shards: []Shard{r.Kept}}
	if r.Dropped != nil {
		m.Dropped = []Shard{*r.Dropped}
	}
	if err := m.compact(); err != nil || m.Verify(p.Done, false) != nil {
		return r, false
	}
	r.Kept = m.Shards[0]
	if r.Dropped != nil {
		r.Dropped = &m.Dropped[0]
	}
	return r, true
}

func (p Pass) remember(i int, r unitRecord) error {
	if p.Done == nil {
		return nil
	}
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return WriteBlob(p.Done, recordName(i), b)
}

func sameUnit(a, b Unit) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

// Each calls f for 0 … n-1 from the given number of goroutines (0 = one per processor), which f learns as worker < workers. The
// first error by index among those that occurred is returned and the context given to f is cancelled; indexes are started in order.
func Each(ctx context.Context, workers, n int, f func(ctx context.Context, worker, i int) error) error {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = min(workers, n)
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		next  atomic.Int64
		wg    sync.WaitGroup
		mu    sync.Mutex
		first error
		at    = n
	)
	for w := range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for {
				i := int(next.Add(1)) - 1
				if i >= n || inner.Err() != nil {
					return
				}
				if err := f(inner, w, i); err != nil {
					mu.Lock()
					if i < at && !errors.Is(err, context.Canceled) { // a cancellation is an echo of the cause
						first, at = err, i
					}
					mu.Unlock()
					cancel()
				}
			}
		}()
	}
	wg.Wait()
	if first == nil {
		return ctx.Err()
	}
	return first
}
