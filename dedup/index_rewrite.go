package dedup

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/seed-83c59573/quern"
)

// write makes the blobs that change, and the manifest last.
func (r *remover) write(ctx context.Context, ids []quern.ID, urls []string) error {
	if err := r.x.sweep(); err != nil {
		return err
	}
	shards := slices.Clone(r.x.manifest.Shards)
	increments := slices.Clone(r.x.state.Increments)
	err := quern.Each(ctx, r.workers, len(shards), func(_ context.Context, _, i int) (err error) {
		if r.fates[i] != nil {
			shards[i], err = r.rewrite(i, shards[i])
		}
		return err
	})
	if err != nil {
		return err
	}
	for i, fates := range r.fates {
		if fates == nil {
			continue
		}
		old, err := r.x.fates(i)
		if err != nil {
			return err
		}
		for row := range old {
			if old[row].state == stateKept && fates[row].state != stateKept {
				increments[r.x.increment(i)].Kept--
			}
		}
	}
	r.x.manifest.Shards, r.x.state.Increments = shards, increments
	if err := r.record(ids, urls); err != nil {
		return err
	}
	if err := r.x.save(); err != nil {
		return err
	}
	return r.x.sweep()
}

// rewrite makes the blobs of a shard anew without the documents that went, except what is known of them for the record.
func (r *remover) rewrite(i int, s quern.Shard) (quern.Shard, error) {
	fates := r.fates[i]
	absent := func(row int) bool { return fates[row].absent() }
	s.Blobs = slices.Clone(s.Blobs)
	name := func(blob int) string {
		stem := fmt.Sprintf("%05d/%05d", r.x.increment(i), i-r.x.state.Increments[r.x.increment(i)].From)
		return fresh(r.used, stem, blobSuffixes[blob])
	}
	sig, err := openSig(r.x.dir, s.Blobs[blobSig].Name)
	if err != nil {
		return s, err
	}
	defer sig.file.Close()
	s.Name = name(blobSig)
	if s.Blobs[blobSig], err = blankSig(r.x.dir, s.Name, sig, absent); err != nil {
		return s, err
	}
	if s.Blobs[blobOrder], err = writeOrder(r.x.dir, name(blobOrder), sig, absent); err != nil {
		return s, err
	}
	if s.Blobs[blobFates], err = writeFates(r.x.dir, name(blobFates), fates); err != nil {
		return s, err
	}
	old, err := openBlocks(r.x.dir, s.Blobs[blobShingles].Name, kindShingles)
	if err != nil {
		return s, err
	}
	defer old.file.Close()
	w, err := newBlockWriter(r.x.dir, name(blobShingles), kindShingles)
	if err != nil {
		return s, err
	}
	if err := old.each(func(row int) bool { return !absent(row) }, w.put); err != nil {
		w.abort()
		return s, err
	}
	s.Blobs[blobShingles], err = w.commit()
	return s, err
}

// blankSig copies a signature blob without the hashes and keys of the rows that are absent. Their IDs stay.
func blankSig(dir quern.Dir, name string, sig *sigFile, absent func(row int) bool) (quern.BlobInfo, error) {
	buf := make([]byte, columnBuffer)
	each := func(col int, write func([]byte)) error {
		w := int(width(col))
		return sig.column(col, buf, func(row int64, b []byte) {
			for o := 0; o < len(b) && col != colID; o += w {
				if absent(int(row) + o/w) {
					clear(b[o : o+w])
				}
			}
			write(b)
		})
	}
	h := sig.header
	h.sums = nil
	for col := range fixedColumns + h.bands {
		var sum xxhash.Digest
		sum.Reset()
		if err := each(col, func(b []byte) { sum.Write(b) }); err != nil {
			return quern.BlobInfo{}, err
		}
		h.sums = append(h.sums, sum.Sum64())
	}
	return writeSig(dir, name, h, each)
}

// record adds to the list of what was taken down, each once, in the order in which it was asked for.
func (r *remover) record(ids []quern.ID, urls []string) error {
	lines, err := r.x.takenDown()
	if err != nil {
		return err
	}
	known := map[takenLine]bool{}
	for _, l := range lines {
		known[l] = true
	}
	add := func(l takenLine) {
		if !known[l] {
			known[l] = true
			lines = append(lines, l)
		}
	}
	for _, id := range ids {
		add(takenLine{ID: id.String()})
	}
	for _, u := range urls {
		add(takenLine{URL: u})
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, l := range lines {
		if err := enc.Encode(l); err != nil {
			return err
		}
	}
	name := fresh(r.used, "taken-down", ".jsonl")
	r.x.state.Taken = &quern.BlobInfo{Name: name, Size: int64(b.Len()), Digest: quern.DigestOf(b.Bytes())}
	return quern.WriteBlob(r.x.dir, name, b.Bytes())
}

// takenDown reads the list.
func (x *Index) takenDown() (lines []takenLine, err error) {
	if x.state.Taken == nil {
		return nil, nil
	}
	name := x.state.Taken.Name
	b, err := quern.ReadBlob(x.dir, name)
	if err != nil {
		return nil, err
	}
	if quern.DigestOf(b) != x.state.Taken.Digest {
		return nil, fmt.Errorf("%s: its digest is not the one that the manifest says: the index is damaged", name)
	}
	for line := range bytes.Lines(b) {
		var l takenLine
		if err := json.Unmarshal(line, &l); err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", name, len(lines)+1, err)
		}
		lines = append(lines, l)
	}
	return lines, nil
}
