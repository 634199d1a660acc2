package dedup

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"github.com/seed-83c59573/quern"
)

// DroppedTakenDown is the verdict on a document that was taken down from the index of its run.
const DroppedTakenDown quern.Verdict = "dedup.taken_down"

// TakeDown is what taking documents down does to an index.
type TakeDown struct {
	Taken    []Listed `json:"taken"`              // documents that were asked for; one that has a For leaves the document of that ID, which is like it
	Already  int      `json:"already,omitempty"`  // documents that were asked for and had been taken down before
	Returned []Listed `json:"returned,omitempty"` // documents that had been removed for one of them
	Unknown  []string `json:"unknown,omitempty"`  // IDs and addresses that are not in the index
}

// Listed is a document of an index in a list.
type Listed struct {
	ID         string  `json:"id"`
	Origin     string  `json:"origin,omitempty"`
	Run        string  `json:"run"`
	Dataset    string  `json:"dataset"`
	For        string  `json:"for,omitempty"`        // the document that it was removed for
	Similarity float64 `json:"similarity,omitempty"` // of the two
}

// takenLine is a line of taken-down.jsonl: an ID, or an address.
type takenLine struct {
	ID  string `json:"id,omitempty"`
	URL string `json:"url,omitempty"`
}

// TakeDownFrom takes documents out of the index in a folder: those of the given IDs, and those whose Origin is one of the addresses in
// any spelling. For whoever asks the index from now on they were never there, and nor were the documents that had been removed for
// them: Returned lists these. The index has not kept their shingles, so which of them are duplicates of each other is for the next run
// to say that reads their texts; all of them may come back. Of what is taken down the index keeps the ID and the address, so that the
// stage Without can refuse it; its signature and shingles go. With dry, nothing is written.
func TakeDownFrom(ctx context.Context, dir string, ids []quern.ID, urls []string, dry bool) (TakeDown, error) {
	var t TakeDown
	if !dry {
		unlock, err := lockIndex(dir)
		if err != nil {
			return t, err
		}
		defer unlock()
	}
	x, err := OpenIndex(dir)
	if err != nil {
		return t, err
	}
	r := &remover{x: x, workers: runtime.GOMAXPROCS(0), used: x.names(), ids: map[quern.ID]bool{}, urls: map[string]bool{}}
	for _, id := range ids {
		r.ids[id] = false
	}
	for _, u := range urls {
		r.urls[string(canonicalURL(nil, u, queryTracking))] = false
	}
	if t, err = r.plan(ctx); err != nil {
		return t, err
	}
	for _, id := range ids {
		if !r.ids[id] {
			t.Unknown = append(t.Unknown, id.String())
		}
	}
	for _, u := range urls {
		if !r.urls[string(canonicalURL(nil, u, queryTracking))] {
			t.Unknown = append(t.Unknown, u)
		}
	}
	if dry {
		return t, nil
	}
	return t, r.write(ctx, ids, urls)
}

// remover takes documents down.
type remover struct {
	x       *Index
	workers int
	used    map[string]bool
	ids     map[quern.ID]bool // asked for → found
	urls    map[string]bool
	taken   map[rowPlace]bool
	fates   [][]fateEntry // by shard; nil = it does not change
}

// plan finds what is asked for, then what was removed for it.
func (r *remover) plan(ctx context.Context) (t TakeDown, err error) {
	n := len(r.x.manifest.Shards)
	type hit struct {
		row   uint32
		taken bool
	}
	hits := make([][]hit, n)
	listed := make([][]Listed, n)
	err = r.scan(ctx, func(shard int, row uint32, e fateEntry, d *docRecord) {
		_, byID := r.ids[d.id]
		byURL := false
		if len(r.urls) > 0 && len(d.origin) > 0 {
			_, byURL = r.urls[string(canonicalURL(nil, string(d.origin), queryTracking))]
		}
		if byID || byURL {
			hits[shard] = append(hits[shard], hit{row, e.state == stateTaken})
			listed[shard] = append(listed[shard], r.x.listed(shard, d))
		}
	})
	if err != nil {
		return t, err
	}
	r.taken = map[rowPlace]bool{}
	r.fates = make([][]fateEntry, n)
	for shard, rows := range hits {
		for i, h := range rows {
			l := listed[shard][i]
			r.found(l)
			if h.taken {
				t.Already++
				continue
			}
			t.Taken = append(t.Taken, l)
			r.taken[rowPlace{uint32(shard), h.row}] = true
		}
	}
	if len(r.taken) == 0 {
		return t, nil
	}
	t.Returned, err = r.followers(ctx)
	return t, err
}

// found marks what asked for a document.
func (r *remover) found(l Listed) {
	if id, err := quern.ParseID(l.ID); err == nil {
		if _, ok := r.ids[id]; ok {
			r.ids[id] = true
		}
	}
	u := string(canonicalURL(nil, l.Origin, queryTracking))
	if _, ok := r.urls[u]; ok && u != "" {
		r.urls[u] = true
	}
}

// followers marks the documents that go and lists those that were removed for one of them.
func (r *remover) followers(ctx context.Context) (all []Listed, err error) {
	listed := make([][]Listed, len(r.fates))
	err = quern.Each(ctx, r.workers, len(r.fates), func(_ context.Context, _, i int) error {
		fates, err := r.x.fates(i)
		if err != nil {
			return err
		}
		changed := false
		for row, e := range fates {
			switch {
			case r.taken[rowPlace{uint32(i), uint32(row)}]:
				fates[row], changed = fateEntry{state: stateTaken}, true
			case e.removed() && r.taken[rowPlace{e.shard, e.row}]:
				fates[row], changed = fateEntry{state: stateReturned}, true
			}
		}
		if changed {
			r.fates[i] = fates
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = r.scan(ctx, func(shard int, row uint32, e fateEntry, d *docRecord) {
		if e.removed() && r.fates[shard] != nil && r.fates[shard][row].state == stateReturned {
			listed[shard] = append(listed[shard], r.x.listed(shard, d))
		}
	})
	return slices.Concat(listed...), err
}

// scan calls f with all documents of the index; with those of different shards at once.
func (r *remover) scan(ctx context.Context, f func(shard int, row uint32, e fateEntry, d *docRecord)) error {
	return quern.Each(ctx, r.workers, len(r.x.manifest.Shards), func(ctx context.Context, _, i int) error {
		fates, err := r.x.fates(i)
		if err != nil {
			return err
		}
		name := r.x.manifest.Shards[i].Blobs[blobDocs].Name
		b, err := openBlocks(r.x.dir, name, kindDocs)
		if err != nil {
			return err
		}
		defer b.file.Close()
		sets := len(r.x.state.Increments[r.x.increment(i)].Datasets)
		next := uint32(0)
		err = b.each(nil, func(row uint32, record []byte) error {
			var d docRecord
			if err := d.parse(record, sets); err != nil {
				return err
			}
			if row != next || int(row) >= len(fates) {
				return fmt.Errorf("row %d where row %d of %d should be", row, next, len(fates))
			}
			next++
			f(i, row, fates[row], &d)
			return ctx.Err()
		})
		if err == nil && int(next) != len(fates) {
			err = fmt.Errorf("%s: %d documents, its manifest says %d", name, next, len(fates))
		}
		return err
	})
}

func (x *Index) listed(shard int, d *docRecord) Listed {
	inc := x.state.Increments[x.increment(shard)]
	l := Listed{ID: d.id.String(), Origin: string(d.origin), Run: inc.Name, Dataset: inc.Datasets[d.dataset]}
	if d.state != stateKept {
		l.For, l.Similarity = d.kept.String(), float64(d.similarity)/10000
	}
	return l
}
