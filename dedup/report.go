package dedup

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
)

// Loss is what near duplicates cost one source, and what they would cost it if a document went for whatever chain of candidates leads
// to another, as it does where nothing is verified.
type Loss struct {
	Source       string `json:"source"`
	Docs         int64  `json:"docs"`
	Bytes        int64  `json:"bytes"`
	Near         int64  `json:"near"` // documents removed as near duplicates
	NearBytes    int64  `json:"near_bytes"`
	Closure      int64  `json:"closure"` // documents that transitive closure over all candidates would remove
	ClosureBytes int64  `json:"closure_bytes"`
}

// share is the greater of two losses in per cent.
func (l Loss) share() float64 {
	return 100 * max(float64(l.Near)/float64(max(1, l.Docs)), float64(l.NearBytes)/float64(max(1, l.Bytes)))
}

// tallied is what became of the documents of a file, and its part of the closure.
type tallied struct {
	kept, exact, near, forwarded quern.Tally
}

// tally counts what became of all documents, file by file.
func (w *writer) tally(ctx context.Context) ([]tallied, error) {
	m := w.m
	all := make([]tallied, len(m.k.files))
	err := quern.Each(ctx, m.workers, len(all), func(_ context.Context, _, f int) error {
		if m.k.sets[m.k.set[f]].Prior != nil {
			return nil
		}
		start, t := m.k.starts[f], &all[f]
		add := func(t *quern.Tally, size int64) { t.Docs, t.In = t.Docs+1, t.In+size }
		return m.k.files[f].column(colSize, make([]byte, columnBuffer), func(row int64, b []byte) {
			for i := 0; i < len(b); i += 4 {
				size := int64(binary.LittleEndian.Uint32(b[i:]))
				rank := m.k.rank[start+uint32(row)+uint32(i/4)]
				switch {
				case m.kept[rank] == none:
					add(&t.kept, size)
				case w.isExact(rank):
					add(&t.exact, size)
				default:
					add(&t.near, size)
					if m.comp == nil || m.comp[rank] == none {
						add(&t.forwarded, size) // an exact duplicate of a near one: the closure would lose it too
					}
				}
			}
		})
	})
	return all, err
}

// account fills in the ledger and the losses.
func (w *writer) account(r *Result, all []tallied) {
	m := w.m
	for _, f := range w.files {
		set := m.k.sets[m.k.set[f]]
		t := all[f]
		t.kept.Out = t.kept.In
		t.exact.Reason, t.near.Reason = string(DroppedExact), string(w.nearReason())
		t.kept.Fate, t.exact.Fate, t.near.Fate = quern.Kept, quern.Dropped, quern.Dropped
		if n := len(r.Losses); n == 0 || r.Losses[n-1].Source != set.Name {
			r.Losses = append(r.Losses, Loss{Source: set.Name})
		}
		l := &r.Losses[len(r.Losses)-1]
		for _, x := range []quern.Tally{t.kept, t.exact, t.near} {
			l.Docs, l.Bytes = l.Docs+x.Docs, l.Bytes+x.In
			r.Ledger.In += x.Docs
			if x.Source, x.Domain = set.Name, set.Domain; x.Docs > 0 {
				r.Ledger.Add(x)
			}
		}
		l.Near, l.NearBytes = l.Near+t.near.Docs, l.NearBytes+t.near.In
		l.Closure, l.ClosureBytes = l.Closure+t.forwarded.Docs, l.ClosureBytes+t.forwarded.In
		if m.closure != nil {
			l.Closure, l.ClosureBytes = l.Closure+m.closure[f].docs, l.ClosureBytes+m.closure[f].bytes
		}
	}
	if w.c.Near == nil {
		r.Losses = nil
	}
}

func (w *writer) nearReason() quern.Verdict {
	if w.c.Near != nil && w.m.near.Verify == 0 {
		return DroppedUnverified
	}
	return DroppedNear
}

// warn fills in the warnings, or is the error of a guard that stops.
func (w *writer) warn(r *Result) error {
	m := w.m
	near := r.Ledger.Total(quern.Dropped, string(w.nearReason())).Docs
	if w.nearReason() == DroppedUnverified {
		r.Warnings = append(r.Warnings, fmt.Sprintf("verify is 0: %d documents were removed as near duplicates, and nobody has compared their texts", near))
	}
	if m.near.Clusters == ClustersChain && m.near.Verify > 0 {
		unlike := 0
		for rank, kept := range m.kept {
			if kept != none && !w.isExact(uint32(rank)) && m.sim[rank] < tenThousandths(m.near.Verify) {
				unlike++
			}
		}
		r.Warnings = append(r.Warnings, fmt.Sprintf("clusters is chain: %d of %d near duplicates are less than %v similar to the document that stays", unlike, near, m.near.Verify))
	}
	g := w.c.Guard
	if g == nil {
		return nil
	}
	var words []string
	for _, l := range r.Losses {
		if l.share() <= float64(g.Loss) {
			continue
		}
		s, err := w.describe(l)
		if err != nil {
			return err
		}
		words = append(words, s)
	}
	if g.Action == GuardStop && len(words) > 0 {
		return errors.New("dedup: guard: " + strings.Join(words, "; "))
	}
	r.Warnings = append(r.Warnings, words...)
	return nil
}

const (
	shownClusters = 3
	shownMembers  = 2
)

// describe says what a source loses and names its largest clusters.
func (w *writer) describe(l Loss) (string, error) {
	m := w.m
	each := func(f func(rank uint32)) {
		for file, set := range m.k.set {
			if m.k.sets[set].Name != l.Source {
				continue
			}
			for d := m.k.starts[file]; d < m.k.starts[file+1]; d++ {
				if rank := m.k.rank[d]; m.kept[rank] != none && !w.isExact(rank) {
					f(rank)
				}
			}
		}
	}
	bySize := func(a, b uint32) int { return cmp.Or(cmp.Compare(w.copies[b], w.copies[a]), cmp.Compare(a, b)) }
	var largest []uint32 // ranks of documents that stay
	each(func(rank uint32) { largest = lowest(largest, m.kept[rank], shownClusters, bySize) })
	members := make([][]uint32, len(largest))
	each(func(rank uint32) {
		if i := slices.Index(largest, m.kept[rank]); i >= 0 {
			members[i] = lowest(members[i], rank, shownMembers, cmp.Compare[uint32])
		}
	})
	var b strings.Builder
	fmt.Fprintf(&b, "%s loses %d of %d documents (%.1f %%) and %d of %d bytes (%.1f %%) to near duplicates, more than the %d %% of its guard",
		l.Source, l.Near, l.Docs, 100*float64(l.Near)/float64(max(1, l.Docs)), l.NearBytes, l.Bytes, 100*float64(l.NearBytes)/float64(max(1, l.Bytes)), w.c.Guard.Loss)
	for i, kept := range largest {
		where, err := w.where(kept)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "; %s stays for %d documents, such as", where, w.copies[kept])
		for j, rank := range members[i] {
			if j > 0 {
				b.WriteString(" and")
			}
			where, err := w.where(rank)
			if err != nil {
				return "", err
			}
			b.WriteString(" " + where)
			if m.near.Verify > 0 {
				fmt.Fprintf(&b, " of similarity %v", float64(m.sim[rank])/1e4)
			}
		}
	}
	return b.String(), nil
}

// lowest puts v into a, the sorted and distinct n lowest.
func lowest(a []uint32, v uint32, n int, order func(a, b uint32) int) []uint32 {
	at, found := slices.BinarySearchFunc(a, v, order)
	if found || at == n {
		return a
	}
	a = slices.Insert(a, at, v)
	return a[:min(len(a), n)]
}

// where names a document.
func (w *writer) where(rank uint32) (string, error) {
	f, row := w.m.k.place(w.doc[rank])
	id, err := w.m.k.files[f].entry(colID, row)
	return fmt.Sprintf("%s (%s, shard %d, row %d)", quern.ID(id), w.m.k.sets[w.m.k.set[f]].Name, w.m.k.shardOf(f), row), err
}
