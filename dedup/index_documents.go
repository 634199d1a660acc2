package dedup

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/dedup/minhash"
)

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
	if a.near != nil {
		if w.signer, err = minhash.New(a.near.options(0)); err != nil {
			return
		}
	}
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
	signer      *minhash.Signer // nil if near duplicates are not asked for
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
	if r.state != stateKept || w.signer == nil {
		return nil
	}
	w.set = textShingles(w.set, w.a.near, w.signer, d.Text)
	w.buf = encodeShingles(w.buf[:0], w.set)
	return w.sets.put(row, w.buf)
}

// textShingles is the set by which a text is compared, sorted.
func textShingles(dst []uint32, n *Near, s *minhash.Signer, text []byte) []uint32 {
	var set hashSet
	dst = n.setOf(&set, dst[:0], s, text)
	slices.Sort(dst)
	return dst
}
