package dedup

import (
	"bufio"
	"encoding/json"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/seed-83c59573/quern"
)

// The blobs of a cluster step: JSON lines, sorted by dataset, shard and row.
const (
	removalsName = "removals.jsonl.zst"
	groupsName   = "groups.jsonl.zst"
)

// removal is a line of removals.jsonl.zst.
type removal struct {
	ID         string  `json:"id"`
	Kept       string  `json:"kept"`
	Similarity float64 `json:"similarity"`
	Reason     string  `json:"reason"`
	Dataset    string  `json:"dataset"`
	Shard      int     `json:"shard"`
	Row        int     `json:"row"`
}

// member is a line of groups.jsonl.zst: a document that stays, though it belongs to a cluster of size documents.
type member struct {
	ID      string `json:"id"`
	Group   string `json:"group"`
	Size    int    `json:"size"`
	Dataset string `json:"dataset"`
	Shard   int    `json:"shard"`
	Row     int    `json:"row"`
}

const maxExamples = 20

type writer struct {
	m     *matcher
	exact []uint64 // ranks removed as exact duplicates
	seed  uint64
	out   quern.Dir
}

func (w *writer) write(r *Result) error {
	m := w.m
	if m.joint == nil {
		m.joint = newForest(m.k.docs())
	}
	for rank, kept := range m.kept {
		if kept != none {
			m.joint.union(uint32(rank), kept)
		}
	}
	m.joint.flatten()
	size := make([]uint32, m.k.docs())
	for _, root := range m.joint {
		size[root]++
	}
	for _, n := range size {
		if n > 1 {
			r.Clusters++
		}
	}
	files := make([]int, len(m.k.files)) // by name of the dataset, then in order
	for i := range files {
		files[i] = i
	}
	slices.SortStableFunc(files, func(a, b int) int {
		return strings.Compare(m.k.sets[m.k.set[a]].Name, m.k.sets[m.k.set[b]].Name)
	})
	var picks examples
	removals, err := w.blob(removalsName, func(put func(any) error) (int64, error) { return w.removals(files, r, &picks, put) })
	if err != nil {
		return err
	}
	groups, err := w.blob(groupsName, func(put func(any) error) (int64, error) { return w.groups(files, size, put) })
	if err != nil {
		return err
	}
	r.Shards, r.Examples = []quern.Shard{removals, groups}, picks.sorted()
	return nil
}

// blob writes what lines puts, and counts it.
func (w *writer) blob(name string, lines func(put func(any) error) (int64, error)) (quern.Shard, error) {
	blob, err := w.out.Create(name)
	if err != nil {
		return quern.Shard{}, err
	}
	meter := quern.NewMeter(blob)
	z, err := zstd.NewWriter(meter, zstd.WithEncoderConcurrency(1))
	if err != nil {
		blob.Abort()
		return quern.Shard{}, err
	}
	buf := bufio.NewWriterSize(z, 1<<16)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	n, err := lines(enc.Encode)
	if err == nil {
		err = buf.Flush()
	}
	if cerr := z.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		blob.Abort()
		return quern.Shard{}, err
	}
	if err := blob.Commit(); err != nil {
		return quern.Shard{}, err
	}
	return quern.Shard{Name: name, Docs: n, Blobs: []quern.BlobInfo{{Name: name, Size: meter.N, Digest: meter.Digest()}}}, nil
}

// shardOf is the number of a file in its dataset.
func (k *corpus) shardOf(file int) int {
	n := 0
	for file > n && k.set[file-n-1] == k.set[file] {
		n++
	}
	return n
}

func (w *writer) removals(files []int, r *Result, picks *examples, put func(any) error) (n int64, err error) {
	k := w.m.k
	for _, f := range files {
		sizes, err := k.sizes(f)
		if err != nil {
			return n, err
		}
		set, shard := k.sets[k.set[f]], k.shardOf(f)
		var tallies [3]quern.Tally // kept, exact, near
		for row, size := range sizes {
			doc := k.starts[f] + uint32(row)
			rank := k.rank[doc]
			r.Ledger.In++
			kept := w.m.kept[rank]
			t, reason := &tallies[0], ""
			if kept != none {
				t, reason = &tallies[2], string(DroppedNear)
				if w.exact[rank/64]>>(rank%64)&1 == 1 {
					t, reason = &tallies[1], string(DroppedExact)
				}
			}
			t.Docs, t.In, t.Reason = t.Docs+1, t.In+int64(size), reason
			if kept == none {
				continue
			}
			l, err := w.removal(doc, kept, reason, set.Name, shard, row)
			if err != nil {
				return n, err
			}
			if err := put(l); err != nil {
				return n, err
			}
			n++
			if err := w.pick(picks, l, kept); err != nil {
				return n, err
			}
		}
		for i, t := range tallies {
			if t.Docs == 0 {
				continue
			}
			t.Source, t.Domain, t.Fate = set.Name, set.Domain, quern.Dropped
			if i == 0 {
				t.Fate, t.Out = quern.Kept, t.In
			}
			r.Ledger.Add(t)
		}
	}
	return n, nil
}

func (w *writer) removal(doc, kept uint32, reason, set string, shard, row int) (removal, error) {
	id, err := w.m.k.entry(colID, doc)
	if err != nil {
		return removal{}, err
	}
	keptID, err := w.m.k.entry(colID, w.m.k.doc[kept])
	if err != nil {
		return removal{}, err
	}
	sim := float64(w.m.sim[w.m.k.rank[doc]])
	return removal{quern.ID(id).String(), quern.ID(keptID).String(), round4(sim), reason, set, shard, row}, nil
}

// round4 rounds down, so that no stated similarity is above the true one.
func round4(x float64) float64 { return float64(int64(x*10000+1e-3)) / 10000 }

func (w *writer) groups(files []int, size []uint32, put func(any) error) (n int64, err error) {
	k := w.m.k
	for _, f := range files {
		set, shard := k.sets[k.set[f]], k.shardOf(f)
		for row := range int(k.files[f].docs) {
			doc := k.starts[f] + uint32(row)
			rank := k.rank[doc]
			root := w.m.joint[rank]
			if w.m.kept[rank] != none || size[root] < 2 {
				continue
			}
			id, err := k.entry(colID, doc)
			if err != nil {
				return n, err
			}
			group, err := k.entry(colID, k.doc[root])
			if err != nil {
				return n, err
			}
			l := member{quern.ID(id).String(), quern.ID(group).String(), int(size[root]), set.Name, shard, row}
			if err := put(l); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

// examples keeps the removals of the lowest hashes.
type examples []pickedExample

type pickedExample struct {
	hash uint64
	Example
}

func (w *writer) pick(picks *examples, l removal, kept uint32) error {
	id, err := quern.ParseID(l.ID)
	if err != nil {
		return err
	}
	hash := quern.Seed(w.seed, "dedup.examples", id)
	p := *picks
	if len(p) == maxExamples && hash >= p[len(p)-1].hash {
		return nil
	}
	f, row := w.m.k.place(w.m.k.doc[kept])
	e := Example{Reason: l.Reason, Similarity: l.Similarity, Removed: Place{ID: l.ID, Dataset: l.Dataset, Shard: l.Shard, Row: l.Row},
		Kept: Place{ID: l.Kept, Dataset: w.m.k.sets[w.m.k.set[f]].Name, Shard: w.m.k.shardOf(f), Row: int(row)}}
	at, _ := slices.BinarySearchFunc(p, hash, func(x pickedExample, h uint64) int {
		switch {
		case x.hash < h:
			return -1
		case x.hash > h:
			return 1
		}
		return 0
	})
	p = slices.Insert(p, at, pickedExample{hash, e})
	*picks = p[:min(len(p), maxExamples)]
	return nil
}

func (p examples) sorted() []Example {
	out := make([]Example, len(p))
	for i, e := range p {
		out[i] = e.Example
	}
	return out
}
