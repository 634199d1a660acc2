package dedup

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/zstd"

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

// blobs writes all three, a few stretches at a time.
func (w *writer) blobs(ctx context.Context, r *Result) error {
	var all []stretch
	for _, f := range w.files {
		for row := 0; row < int(w.m.k.files[f].docs); row += pageRows {
			all = append(all, stretch{f, row, min(row+pageRows, int(w.m.k.files[f].docs))})
		}
	}
	var err error
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
			return err
		}
		for i, d := range done {
			out[0].n, out[1].n = out[0].n+d.nRemovals, out[1].n+d.nGroups
			for j, b := range [][]byte{d.removals, d.groups, d.page} {
				if err := out[j].write(b); err != nil {
					return err
				}
			}
			refs[all[i].file] = append(refs[all[i].file], pageRef{n: len(d.page), sum: xxhash.Sum64(d.page)})
			for _, p := range d.picks {
				picks.add(p)
			}
		}
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
	for _, p := range picks {
		r.Examples = append(r.Examples, p.Example)
	}
	return nil
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

// lineWriter makes the lines and the page of a stretch. Every stretch is a zstd frame of its own, so that they can be packed side by
// side; frames one after the other are one stream.
type lineWriter struct {
	w     *writer
	z     *zstd.Encoder
	raw   []byte
	named names
	page  page
}

func (l *lineWriter) pack() ([]byte, error) {
	if len(l.raw) == 0 {
		return nil, nil
	}
	if l.z == nil {
		z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
		if err != nil {
			return nil, err
		}
		l.z = z
	}
	return l.z.EncodeAll(l.raw, nil), nil
}

func (l *lineWriter) stretch(s stretch) (out written, err error) {
	w := l.w
	k := w.m.k
	start := k.starts[s.file]
	ids := make([]byte, 16*(s.to-s.from))
	if err := readFull(k.files[s.file].file, ids, k.files[s.file].start(colID)+16*int64(s.from)); err != nil {
		return out, err
	}
	if l.named = w.named; l.named == nil {
		if l.named, err = w.someNames(start+uint32(s.from), start+uint32(s.to)); err != nil {
			return out, err
		}
	}
	dataset, err := json.Marshal(k.sets[k.set[s.file]].Name)
	if err != nil {
		return out, err
	}
	where := append(append([]byte(`,"dataset":`), dataset...), `,"shard":`...)
	where = append(strconv.AppendInt(where, int64(k.shardOf(s.file)), 10), `,"row":`...)
	id := func(row int) quern.ID { return quern.ID(ids[16*(row-s.from):]) }
	l.removals(s, id, where, &out)
	if out.removals, err = l.pack(); err != nil {
		return out, err
	}
	l.groups(s, id, where, &out)
	out.page = l.page.encode(nil)
	out.groups, err = l.pack()
	return out, err
}

// removals fills raw with the lines of what goes, and the bits of the page.
func (l *lineWriter) removals(s stretch, id func(row int) quern.ID, where []byte, out *written) {
	w := l.w
	l.raw = l.raw[:0]
	l.page.gone = slices.Grow(l.page.gone[:0], pageRows/8)[:(s.to-s.from+7)/8]
	clear(l.page.gone)
	near := string(w.nearReason())
	for row := s.from; row < s.to; row++ {
		rank := w.m.k.rank[w.m.k.starts[s.file]+uint32(row)]
		kept := w.m.kept[rank]
		if kept == none {
			continue
		}
		l.page.gone[(row-s.from)/8] |= 1 << ((row - s.from) % 8)
		reason := near
		if w.isExact(rank) {
			reason = string(DroppedExact)
		}
		keptDoc, similarity := w.doc[kept], float64(w.m.sim[rank])/1e4
		b := appendID(append(l.raw, `{"id":"`...), id(row))
		b = appendID(append(b, `","kept":"`...), l.named.id(keptDoc))
		b = strconv.AppendFloat(append(b, `","similarity":`...), similarity, 'g', -1, 64)
		b = append(append(append(b, `,"reason":"`...), reason...), '"')
		b = strconv.AppendInt(append(b, where...), int64(row), 10)
		l.raw = append(b, '}', '\n')
		out.nRemovals++
		p := pickedExample{hash: quern.Seed(w.seed, "dedup.examples", id(row)), rank: rank}
		if out.picks.wants(p) {
			k := w.m.k
			f, keptRow := k.place(keptDoc)
			p.Example = Example{Reason: reason, Similarity: similarity,
				Removed: Place{id(row).String(), k.sets[k.set[s.file]].Name, k.shardOf(s.file), row},
				Kept:    Place{l.named.id(keptDoc).String(), k.sets[k.set[f]].Name, k.shardOf(f), int(keptRow)}}
			out.picks.add(p)
		}
	}
}

// groups fills raw with the lines of what stays for others or beside them, and the members of the page.
func (l *lineWriter) groups(s stretch, id func(row int) quern.ID, where []byte, out *written) {
	w := l.w
	l.raw, l.page.members = l.raw[:0], l.page.members[:0]
	for row := s.from; row < s.to; row++ {
		rank := w.m.k.rank[w.m.k.starts[s.file]+uint32(row)]
		root := w.m.joint[rank]
		if w.m.kept[rank] != none || w.size[root] < 2 {
			continue
		}
		group := l.named.id(w.doc[root])
		b := appendID(append(l.raw, `{"id":"`...), id(row))
		b = appendID(append(b, `","group":"`...), group)
		b = strconv.AppendInt(append(b, `","size":`...), int64(w.size[root]), 10)
		b = strconv.AppendInt(append(b, `,"copies":`...), int64(w.copies[rank]), 10)
		b = strconv.AppendInt(append(b, where...), int64(row), 10)
		l.raw = append(b, '}', '\n')
		l.page.members = append(l.page.members, pageMember{row - s.from, int(w.copies[rank]), group})
		out.nGroups++
	}
}

func appendID(b []byte, id quern.ID) []byte {
	const digits = "0123456789abcdef"
	for _, c := range id {
		b = append(b, digits[c>>4], digits[c&15])
	}
	return b
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
