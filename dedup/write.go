package dedup

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/seed-83c59573/quern"
)

// The blobs of a cluster step for people: JSON lines, sorted by dataset, shard and row. Programs read verdicts.bin.
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
	Copies  int    `json:"copies"` // the documents for which it stays, itself included
	Dataset string `json:"dataset"`
	Shard   int    `json:"shard"`
	Row     int    `json:"row"`
}

const maxExamples = 20

type writer struct {
	m     *matcher
	c     Config
	exact []uint64 // ranks removed as exact duplicates
	seed  uint64
	out   quern.Dir

	files  []int    // of new datasets, by name of the dataset, then in order
	doc    []uint32 // rank → number
	size   []uint32 // root of joint → documents of its group
	copies []uint32 // rank → documents for which it stays, itself included
	named  names    // all that lines name; nil = there is no room, every stretch finds its own
}

func (w *writer) isExact(rank uint32) bool { return w.exact[rank/64]>>(rank%64)&1 == 1 }

func (w *writer) write(ctx context.Context, r *Result) error {
	m := w.m
	for i := range m.counts {
		r.Candidates += m.counts[i].candidates
		r.Verified += m.counts[i].verified
	}
	for f, set := range m.k.set {
		if m.k.sets[set].Prior == nil {
			w.files = append(w.files, f)
		}
	}
	slices.SortStableFunc(w.files, func(a, b int) int {
		return strings.Compare(m.k.sets[m.k.set[a]].Name, m.k.sets[m.k.set[b]].Name)
	})
	all, err := w.tally(ctx)
	if err != nil {
		return err
	}
	w.account(r, all)
	w.group(r)
	if err := w.warn(r); err != nil {
		return err
	}
	return w.blobs(ctx, r)
}

// group finds the groups and their sizes. The components of candidates are not needed any more: their memory is used.
func (w *writer) group(r *Result) {
	m := w.m
	n := m.k.docs()
	if len(m.comp) < n {
		m.comp = make(Forest, n)
	}
	w.doc = m.k.invert(m.comp[:n])
	m.comp = nil
	if m.joint == nil {
		m.joint = NewForest(n)
	}
	w.size, w.copies = make([]uint32, n), make([]uint32, n)
	for rank, kept := range m.kept {
		stays := uint32(rank)
		if kept != none {
			m.joint.Union(uint32(rank), kept)
			stays = kept
		}
		w.copies[stays]++
	}
	m.joint.Flatten()
	for _, root := range m.joint {
		if w.size[root]++; w.size[root] == 2 {
			r.Clusters++
		}
	}
}

// stretch is some rows of a file: a page of verdicts, and its lines.
type stretch struct{ file, from, to int }

// written is what a stretch becomes.
type written struct {
	removals, groups, page []byte
	nRemovals, nGroups     int64
	picks                  examples
}

const stretchesAtOnce = 16

// blobs writes all three.
func (w *writer) blobs(ctx context.Context, r *Result) (err error) {
	var out [3]blobWriter
	defer func() {
		for i := range out {
			out[i].abort()
		}
	}()
	for i, name := range []string{removalsName, groupsName, verdictsName} {
		if err := out[i].create(w.out, name); err != nil {
			return err
		}
	}
	head := binary.LittleEndian.AppendUint32([]byte(verdictsMagic), verdictsVersion)
	if err := out[2].write(binary.LittleEndian.AppendUint32(head, pageRows)); err != nil {
		return err
	}
	if w.named, err = w.allNames(ctx); err != nil {
		return err
	}
	refs, err := w.stretches(ctx, r, &out)
	if err != nil {
		return err
	}
	for i := range 2 {
		if err := out[i].write(emptyFrame(out[i].meter.N)); err != nil {
			return err
		}
	}
	if err := out[2].write(w.index(refs, out[2].meter.N)); err != nil {
		return err
	}
	for i := range out {
		s, err := out[i].commit()
		if err != nil {
			return err
		}
		r.Shards = append(r.Shards, s)
	}
	return nil
}

// stretches writes all rows, a few stretches at a time, and chooses the examples. It returns the pages of each file.
func (w *writer) stretches(ctx context.Context, r *Result, out *[3]blobWriter) (map[int][]pageRef, error) {
	var all []stretch
	for _, f := range w.files {
		for row := 0; row < int(w.m.k.files[f].docs); row += pageRows {
			all = append(all, stretch{f, row, min(row+pageRows, int(w.m.k.files[f].docs))})
		}
	}
	var picks examples
	refs := map[int][]pageRef{}
	workers := make([]lineWriter, max(1, w.m.workers))
	for ; len(all) > 0; all = all[min(stretchesAtOnce, len(all)):] {
		done := make([]written, min(stretchesAtOnce, len(all)))
		err := quern.Each(ctx, w.m.workers, len(done), func(_ context.Context, worker, i int) (err error) {
			l := &workers[worker]
			l.w = w
			done[i], err = l.stretch(all[i])
			return err
		})
		if err != nil {
			return nil, err
		}
		for i, d := range done {
			out[0].n, out[1].n = out[0].n+d.nRemovals, out[1].n+d.nGroups
			for j, b := range [][]byte{d.removals, d.groups, d.page} {
				if err := out[j].write(b); err != nil {
					return nil, err
				}
			}
			refs[all[i].file] = append(refs[all[i].file], pageRef{n: len(d.page), sum: xxhash.Sum64(d.page)})
			for _, p := range d.picks {
				picks.add(p)
			}
		}
	}
	for _, p := range picks {
		r.Examples = append(r.Examples, p.Example)
	}
	return refs, nil
}

// emptyFrame is a frame of no bytes for a stream that has no other, since no frame at all is no zstd.
func emptyFrame(written int64) []byte {
	if written > 0 {
		return nil
	}
	return []byte{0x28, 0xb5, 0x2f, 0xfd, 0, 0x58, 1, 0, 0} // window of 2 MiB, one raw block of 0 bytes, the last
}

// index is what stands behind the pages, which end at the offset at.
func (w *writer) index(refs map[int][]pageRef, at int64) []byte {
	var names []string
	var sets [][]ruled
	for _, f := range w.files {
		name := w.m.k.sets[w.m.k.set[f]].Name
		if n := len(names); n == 0 || names[n-1] != name {
			names, sets = append(names, name), append(sets, nil)
		}
		n := len(sets) - 1
		sets[n] = append(sets[n], ruled{rows: w.m.k.files[f].docs, pages: refs[f]})
	}
	b := appendIndex(nil, names, sets)
	sum := xxhash.Sum64(b)
	b = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(b, uint64(at)), sum)
	return append(b, verdictsMagic...)
}

// blobWriter is a blob and what its shard must tell.
type blobWriter struct {
	name  string
	blob  quern.Blob
	meter *quern.Meter
	n     int64
}

func (b *blobWriter) create(dir quern.Dir, name string) (err error) {
	if b.blob, err = dir.Create(name); err == nil {
		b.name, b.meter = name, quern.NewMeter(b.blob)
	}
	return err
}

func (b *blobWriter) write(p []byte) error {
	_, err := b.meter.Write(p)
	return err
}

func (b *blobWriter) abort() {
	if b.blob != nil {
		b.blob.Abort()
	}
}

func (b *blobWriter) commit() (quern.Shard, error) {
	blob := b.blob
	b.blob = nil // Commit ends it, also when it fails
	if err := blob.Commit(); err != nil {
		return quern.Shard{}, err
	}
	return quern.Shard{Name: b.name, Docs: b.n, Blobs: []quern.BlobInfo{{Name: b.name, Size: b.meter.N, Digest: b.meter.Digest()}}}, nil
}

// shardOf is the number of a file in its dataset.
func (k *corpus) shardOf(file int) int {
	n := 0
	for file > n && k.set[file-n-1] == k.set[file] {
		n++
	}
	return n
}

// examples are the removals of the lowest hashes.
type examples []pickedExample

type pickedExample struct {
	hash uint64
	rank uint32
	Example
}

func (p pickedExample) compare(o pickedExample) int {
	return cmp.Or(cmp.Compare(p.hash, o.hash), cmp.Compare(p.rank, o.rank))
}

func (e examples) wants(p pickedExample) bool {
	return len(e) < maxExamples || p.compare(e[len(e)-1]) < 0
}

func (e *examples) add(p pickedExample) {
	if !e.wants(p) {
		return
	}
	at, _ := slices.BinarySearchFunc(*e, p, pickedExample.compare)
	*e = slices.Insert(*e, at, p)
	*e = (*e)[:min(len(*e), maxExamples)]
}
