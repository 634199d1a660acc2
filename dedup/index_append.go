package dedup

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
	"github.com/gofrs/flock"
	"github.com/klauspost/compress/zstd"

	"github.com/seed-83c59573/quern"
)

// Addition is what a run found out about its documents, for an index to remember.
type Addition struct {
	Run      string       // names the increment: the same run appends once
	Input    quern.Digest // of everything that the signatures and removals depend on
	Sets     []Dataset    // what Cluster was given, without the priors
	Removals quern.Dir    // what Cluster wrote
}

// ErrIndexLocked means that another process writes to the index.
var ErrIndexLocked = errors.New("another process writes to this index")

// lockIndex makes the folder and refuses a second writer. The system drops the lock when its process dies.
func lockIndex(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	l := flock.New(filepath.Join(dir, "lock"), flock.SetFlag(os.O_CREATE|os.O_RDWR))
	got, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if !got {
		return nil, fmt.Errorf("%s: %w", dir, ErrIndexLocked)
	}
	return func() { l.Unlock() }, nil
}

// AppendIndex adds an increment to the index in a folder, which it makes if there is none. It reads the texts once and holds 40 bytes
// a document. The same addition again changes nothing; another one under the name of the last run takes its place; under the name of
// an earlier run it is refused, because later increments were compared with what stands there.
func AppendIndex(ctx context.Context, dir string, c Config, seed uint64, a Addition, workers int) (*Index, error) {
	return growIndex(ctx, dir, c, seed, a, workers, indexDocs)
}

// growIndex makes shards of up to size documents.
func growIndex(ctx context.Context, dir string, c Config, seed uint64, a Addition, workers int, size uint32) (*Index, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if a.Run == "" {
		return nil, errors.New("dedup: an increment of an index needs the name of its run")
	}
	for i, s := range a.Sets {
		if s.Name == "" || slices.ContainsFunc(a.Sets[:i], func(o Dataset) bool { return o.Name == s.Name }) {
			return nil, fmt.Errorf("dedup: datasets need names that differ, one is called %q", s.Name)
		}
	}
	unlock, err := lockIndex(dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	before, err := IndexFor(dir, a.Run, c, seed)
	if err != nil {
		return nil, err
	}
	now, err := OpenIndex(dir)
	if errors.Is(err, fs.ErrNotExist) {
		now, err = before, nil
	}
	if err != nil {
		return nil, err
	}
	if i := now.find(a.Run); i >= 0 {
		inc := now.state.Increments[i]
		if inc.Input == a.Input && inc.Before == before.Digest() {
			return now, nil
		}
		if i != len(now.state.Increments)-1 {
			return nil, fmt.Errorf("%s: run %s has appended other documents before, and run %s after it builds on them: give this run another name",
				dir, a.Run, now.state.Increments[i+1].Name)
		}
	}
	if err := now.sweep(); err != nil {
		return nil, err
	}
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	ap := &appender{x: before, used: now.names(), workers: workers, size: size, near: c.near(), inc: Increment{Name: a.Run, Input: a.Input, Before: before.Digest()}}
	if err := ap.run(ctx, c, seed, a); err != nil {
		return nil, err
	}
	if err := before.save(); err != nil {
		return nil, err
	}
	return OpenIndex(dir)
}

// names are the blobs of the index.
func (x *Index) names() map[string]bool {
	used := map[string]bool{}
	for _, s := range x.manifest.Shards {
		for _, b := range s.Blobs {
			used[b.Name] = true
		}
	}
	if x.state.Taken != nil {
		used[x.state.Taken.Name] = true
	}
	return used
}

// sweep removes what writers that were interrupted left, and what later manifests no longer name. Call it under the lock.
func (x *Index) sweep() error {
	if err := x.dir.Sweep(""); err != nil {
		return err
	}
	names, err := x.dir.List("")
	if err != nil {
		return err
	}
	used := x.names()
	for _, name := range names {
		if !used[name] && (slices.Contains(blobSuffixes[:], filepath.Ext(name)) || strings.HasPrefix(name, "taken-down")) {
			if err := os.Remove(x.dir.Path(name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// save commits the manifest. What stands beside it under other names is swept by the next writer.
func (x *Index) save() (err error) {
	if x.manifest.Facts, err = json.Marshal(x.state); err != nil {
		return err
	}
	x.manifest.Ledger = quern.Ledger{}
	for _, inc := range x.state.Increments {
		x.manifest.Ledger.In += inc.Docs
		x.manifest.Ledger.Add(quern.Tally{Source: inc.Name, Fate: quern.Kept, Docs: inc.Kept})
		if gone := inc.Docs - inc.Kept; gone > 0 {
			x.manifest.Ledger.Add(quern.Tally{Source: inc.Name, Fate: quern.Dropped, Docs: gone})
		}
	}
	return x.manifest.Save(x.dir)
}

// fresh is a name for a blob that no manifest uses yet.
func fresh(used map[string]bool, stem, suffix string) string {
	name := stem + suffix
	for i := 1; used[name]; i++ {
		name = fmt.Sprintf("%s-%d%s", stem, i, suffix)
	}
	return name
}

// appender makes one increment. Documents are numbered from 0 in the order of their datasets' names, shards and rows.
type appender struct {
	x       *Index // as it was before; it grows by the increment
	k       *corpus
	inc     Increment
	near    Near
	used    map[string]bool
	workers int
	size    uint32 // documents of a shard

	gone  []removed      // by number
	fates []fateEntry    // by number
	units []quern.Unit   // of each file of k
	texts []quern.Source // of each file of k
}

// removed is a document that was removed, and the ID of the one that stays.
type removed struct {
	doc  uint32
	kept quern.ID
}

func (a *appender) run(ctx context.Context, c Config, seed uint64, in Addition) (err error) {
	sets := slices.Clone(in.Sets)
	slices.SortFunc(sets, func(a, b Dataset) int { return strings.Compare(a.Name, b.Name) })
	for _, s := range sets {
		if s.Prior != nil {
			return fmt.Errorf("dedup: %s is in an index already", s.Name)
		}
		a.inc.Datasets, a.inc.Domains = append(a.inc.Datasets, s.Name), append(a.inc.Domains, s.Domain)
	}
	if a.k, err = openCorpus(c, seed, sets); err != nil {
		return err
	}
	defer a.k.close()
	for _, s := range sets {
		units, err := s.Texts.Units(ctx)
		if err != nil {
			return err
		}
		if len(units) != len(s.Shards) {
			return fmt.Errorf("%s: %d shards of text, %d of signatures", s.Name, len(units), len(s.Shards))
		}
		for _, u := range units {
			a.units, a.texts = append(a.units, u), append(a.texts, s.Texts)
		}
	}
	n := a.k.docs()
	a.fates = make([]fateEntry, n)
	a.inc.From = len(a.x.manifest.Shards)
	a.inc.To = a.inc.From + (n+int(a.size)-1)/int(a.size)
	a.inc.Docs, a.inc.Kept = int64(n), int64(n)
	if err := a.readRemovals(sets, in.Removals); err != nil {
		return err
	}
	if err := a.locate(ctx); err != nil {
		return err
	}
	shards := make([]quern.Shard, a.inc.To-a.inc.From)
	err = quern.Each(ctx, a.workers, len(shards), func(ctx context.Context, _, i int) error {
		var err error
		shards[i], err = a.shard(ctx, i)
		return err
	})
	if err != nil {
		return err
	}
	a.x.manifest.Shards = append(slices.Clone(a.x.manifest.Shards), shards...)
	a.x.state.Increments = append(slices.Clone(a.x.state.Increments), a.inc)
	return nil
}

// readRemovals takes the fates from what Cluster wrote, without the places of the documents that stay.
func (a *appender) readRemovals(sets []Dataset, dir quern.Dir) error {
	first := map[string]int{} // file of the first shard of a dataset
	at := 0
	for _, s := range sets {
		first[s.Name] = at
		at += len(s.Shards)
	}
	return eachRemoval(dir, func(l removal) error {
		file, ok := first[l.Dataset]
		if ok = ok && l.Shard >= 0 && file+l.Shard < len(a.k.files); ok {
			file += l.Shard
			ok = a.k.sets[a.k.set[file]].Name == l.Dataset && l.Row >= 0 && int64(l.Row) < a.k.files[file].docs
		}
		if !ok {
			return fmt.Errorf("row %d of shard %d of %s: no such document is signed", l.Row, l.Shard, l.Dataset)
		}
		id, err := quern.ParseID(l.Kept)
		if err != nil {
			return err
		}
		e := fateEntry{similarity: tenThousandths(l.Similarity), state: stateNear}
		if l.Reason == string(DroppedExact) {
			e.state = stateExact
		}
		doc := a.k.starts[file] + uint32(l.Row)
		if n := len(a.gone); n > 0 && a.gone[n-1].doc >= doc {
			return fmt.Errorf("row %d of shard %d of %s: the lines are not sorted", l.Row, l.Shard, l.Dataset)
		}
		a.fates[doc] = e
		a.gone = append(a.gone, removed{doc, id})
		a.inc.Kept--
		return nil
	})
}

// eachRemoval reads removals.jsonl.zst.
func eachRemoval(dir quern.Dir, f func(l removal) error) error {
	file, err := dir.Open(removalsName)
	if err != nil {
		return err
	}
	defer file.Close()
	z, err := zstd.NewReader(io.NewSectionReader(file, 0, file.Size()), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(64<<20))
	if err != nil {
		return fmt.Errorf("%s: %w", removalsName, err)
	}
	defer z.Close()
	r := bufio.NewReaderSize(z, 1<<16)
	var line []byte
	for n := 1; ; n++ {
		line, err = readLine(r, line[:0])
		if err == io.EOF && len(line) == 0 {
			return nil
		}
		var l removal
		if err == nil {
			err = json.Unmarshal(line, &l)
		}
		if err == nil {
			err = f(l)
		}
		if err != nil {
			return fmt.Errorf("%s: line %d: %w", removalsName, n, err)
		}
	}
}

// locate finds the documents that stay in the place of others, among the new ones and those of the index.
func (a *appender) locate(ctx context.Context) error {
	wanted := make([]quern.ID, 0, len(a.gone))
	for _, r := range a.gone {
		wanted = append(wanted, r.kept)
	}
	slices.SortFunc(wanted, quern.ID.Compare)
	wanted = slices.Compact(wanted)
	places := make([]fateEntry, len(wanted)) // state 1 = found
	err := a.x.places(ctx, a.workers, wanted, places)
	if err != nil {
		return err
	}
	buf := make([]byte, columnBuffer)
	for i, f := range a.k.files {
		err := f.column(colID, buf, func(row int64, b []byte) {
			for o := 0; o < len(b); o += 16 {
				doc := a.k.starts[i] + uint32(row) + uint32(o/16)
				j, ok := slices.BinarySearchFunc(wanted, b[o:o+16], func(id quern.ID, b []byte) int { return bytes.Compare(id[:], b) })
				if ok && places[j].state == 0 && a.fates[doc].state == stateKept {
					places[j] = fateEntry{row: doc % a.size, shard: uint32(a.inc.From) + doc/a.size, state: 1}
				}
			}
		})
		if err != nil {
			return err
		}
	}
	for _, r := range a.gone {
		j, _ := slices.BinarySearchFunc(wanted, r.kept, quern.ID.Compare)
		if places[j].state == 0 {
			return fmt.Errorf("dedup: a document was removed for %s, which neither stays nor is in the index", r.kept)
		}
		a.fates[r.doc].row, a.fates[r.doc].shard = places[j].row, places[j].shard
	}
	return nil
}

// places fills in where documents of the index that stay are: the first of each wanted ID, which are sorted.
func (x *Index) places(ctx context.Context, workers int, wanted []quern.ID, places []fateEntry) error {
	type found struct{ at, row int }
	all := make([][]found, len(x.manifest.Shards))
	if len(wanted) == 0 {
		return nil
	}
	err := quern.Each(ctx, workers, len(all), func(ctx context.Context, _, i int) error {
		fates, err := x.fates(i)
		if err != nil {
			return err
		}
		sig, err := openSig(x.dir, x.manifest.Shards[i].Blobs[blobSig].Name)
		if err != nil {
			return err
		}
		defer sig.file.Close()
		return sig.column(colID, make([]byte, columnBuffer), func(row int64, b []byte) {
			for o := 0; o < len(b); o += 16 {
				j, ok := slices.BinarySearchFunc(wanted, b[o:o+16], func(id quern.ID, b []byte) int { return bytes.Compare(id[:], b) })
				if r := int(row) + o/16; ok && r < len(fates) && fates[r].state == stateKept {
					all[i] = append(all[i], found{j, r})
				}
			}
		})
	})
	for i, list := range all {
		for _, f := range list {
			if places[f.at].state == 0 {
				places[f.at] = fateEntry{row: uint32(f.row), shard: uint32(i), state: 1}
			}
		}
	}
	return err
}

// shard writes the blobs of one shard of the increment.
func (a *appender) shard(ctx context.Context, i int) (s quern.Shard, err error) {
	from := uint32(i) * a.size
	to := min(from+a.size, uint32(a.k.docs()))
	stem := fmt.Sprintf("%05d/%05d", len(a.x.state.Increments), i)
	var names [shardBlobs]string
	for b, suffix := range blobSuffixes {
		names[b] = fresh(a.used, stem, suffix)
	}
	s = quern.Shard{Name: names[blobSig], Docs: int64(to - from), Blobs: make([]quern.BlobInfo, shardBlobs)}
	if s.Blobs[blobSig], err = a.signatures(names[blobSig], from, to); err != nil {
		return s, err
	}
	if s.Blobs[blobFates], err = writeFates(a.x.dir, names[blobFates], a.fates[from:to]); err != nil {
		return s, err
	}
	sig, err := openSig(a.x.dir, names[blobSig])
	if err != nil {
		return s, err
	}
	defer sig.file.Close()
	if s.Blobs[blobOrder], err = writeOrder(a.x.dir, names[blobOrder], sig, nil); err != nil {
		return s, err
	}
	s.Bytes, s.Blobs[blobDocs], s.Blobs[blobShingles], err = a.documents(ctx, names, from, to, sig)
	return s, err
}

// rows calls f with the entries of a column of the documents from, from+1, … to-1.
func (a *appender) rows(col int, from, to uint32, buf []byte, f func(b []byte)) error {
	w := width(col)
	for i, file := range a.k.files {
		start, end := a.k.starts[i], a.k.starts[i+1]
		if end <= from || start >= to {
			continue
		}
		err := file.column(col, buf, func(row int64, b []byte) {
			at := int64(start) + row
			skip := min(max(int64(from)-at, 0)*w, int64(len(b)))
			stop := min(max(int64(to)-at, 0)*w, int64(len(b)))
			if skip < stop {
				f(b[skip:stop])
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// signatures writes one signature blob of the documents from, from+1, … to-1.
func (a *appender) signatures(name string, from, to uint32) (info quern.BlobInfo, err error) {
	h := a.k.files[0].header
	h.docs, h.sums = int64(to-from), nil
	buf := make([]byte, columnBuffer)
	for col := range fixedColumns + h.bands {
		var sum xxhash.Digest
		sum.Reset()
		if err := a.rows(col, from, to, buf, func(b []byte) { sum.Write(b) }); err != nil {
			return info, err
		}
		h.sums = append(h.sums, sum.Sum64())
	}
	return writeSig(a.x.dir, name, h, func(col int, write func([]byte)) error { return a.rows(col, from, to, buf, write) })
}

// writeSig writes a signature blob whose header has all its sums, column by column.
func writeSig(dir quern.Dir, name string, h header, column func(col int, write func([]byte)) error) (info quern.BlobInfo, err error) {
	blob, err := dir.Create(name)
	if err != nil {
		return info, err
	}
	meter := quern.NewMeter(blob)
	_, failed := meter.Write(h.encode())
	for col := range fixedColumns + h.bands {
		err := column(col, func(b []byte) {
			if failed == nil {
				_, failed = meter.Write(b)
			}
		})
		if failed == nil {
			failed = err
		}
	}
	if failed != nil {
		blob.Abort()
		return info, failed
	}
	return quern.BlobInfo{Name: name, Size: meter.N, Digest: meter.Digest()}, blob.Commit()
}

// documents reads the texts of the documents from, from+1, … to-1 and writes what is kept of them beside the signatures.
func (a *appender) documents(ctx context.Context, names [shardBlobs]string, from, to uint32, sig *sigFile) (size int64, docs, shingles quern.BlobInfo, err error) {
	w := &docsWriter{a: a, from: from, to: to}
	if w.ids, err = wholeColumn(sig, colID); err != nil {
		return
	}
	if w.hashes, err = wholeColumn(sig, colHash); err != nil {
		return
	}
	w.gone, _ = slices.BinarySearchFunc(a.gone, from, func(r removed, doc uint32) int { return int(int64(r.doc) - int64(doc)) })
	if w.docs, err = newBlockWriter(a.x.dir, names[blobDocs], kindDocs); err != nil {
		return
	}
	if w.sets, err = newBlockWriter(a.x.dir, names[blobShingles], kindShingles); err != nil {
		w.docs.abort()
		return
	}
	if err = w.read(ctx); err != nil {
		w.docs.abort()
		w.sets.abort()
		return
	}
	if docs, err = w.docs.commit(); err != nil {
		w.sets.abort()
		return
	}
	shingles, err = w.sets.commit()
	return w.size, docs, shingles, err
}

func wholeColumn(sig *sigFile, col int) ([]byte, error) {
	all := make([]byte, 0, sig.docs*width(col))
	err := sig.column(col, make([]byte, columnBuffer), func(_ int64, b []byte) { all = append(all, b...) })
	return all, err
}

// docsWriter fills the block files of one shard.
type docsWriter struct {
	a           *appender
	from, to    uint32
	ids, hashes []byte
	gone        int // the next of a.gone
	docs, sets  *blockWriter
	size        int64
	words       words
	set         []uint32
	buf         []byte
}

func (w *docsWriter) read(ctx context.Context) error {
	k := w.a.k
	next := w.from
	for i := range k.files {
		if k.starts[i+1] <= w.from || k.starts[i] >= w.to {
			continue
		}
		for d, err := range w.a.texts[i].Docs(ctx, w.a.units[i]) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return fmt.Errorf("%s: %w", w.a.units[i].Name, err)
			}
			doc := k.starts[i] + uint32(d.Row.Index)
			if doc < w.from {
				continue
			}
			if doc >= w.to {
				break
			}
			if doc != next || d.Row.Index < 0 || doc >= k.starts[i+1] {
				return fmt.Errorf("%s: row %d where row %d is signed", w.a.units[i].Name, d.Row.Index, int64(next)-int64(k.starts[i]))
			}
			if err := w.put(doc, k.set[i], d); err != nil {
				return fmt.Errorf("%s: %w", w.a.units[i].Name, err)
			}
			next++
		}
		if end := min(k.starts[i+1], w.to); next != end {
			return fmt.Errorf("%s: %d documents fewer than are signed", w.a.units[i].Name, end-next)
		}
	}
	return nil
}

func (w *docsWriter) put(doc uint32, dataset int, d *quern.Doc) error {
	row := doc - w.from
	r := docRecord{dataset: dataset, origin: []byte(d.Origin), state: w.a.fates[doc].state, similarity: w.a.fates[doc].similarity}
	copy(r.id[:], w.ids[16*row:])
	if r.id != d.ID {
		return fmt.Errorf("row %d holds document %s, %s is signed there", d.Row.Index, d.ID, r.id)
	}
	r.hash = [2]uint64{binary.LittleEndian.Uint64(w.hashes[16*row:]), binary.LittleEndian.Uint64(w.hashes[16*row+8:])}
	if r.state != stateKept {
		r.kept = w.a.gone[w.gone].kept
		w.gone++
	}
	w.size += int64(len(d.Text))
	w.buf = r.append(w.buf[:0])
	if err := w.docs.put(row, w.buf); err != nil {
		return err
	}
	if r.state != stateKept || w.a.near.Bands == 0 {
		return nil
	}
	w.set = textShingles(w.set, &w.words, w.a.near, d.Text)
	w.buf = w.buf[:0]
	for _, v := range w.set {
		w.buf = binary.LittleEndian.AppendUint32(w.buf, v)
	}
	return w.sets.put(row, w.buf)
}

// textShingles is the set of shingles by which a text is compared.
func textShingles(dst []uint32, w *words, n Near, text []byte) []uint32 {
	return shingleSet(dst[:0], w.shingles(text, n.Shingle))
}
