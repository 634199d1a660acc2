package dedup

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cespare/xxhash/v2"

	"github.com/seed-83c59573/quern"
)

// A fates blob says what became of the documents of an index's shard, little-endian:
//
//	"quernfat" | version u32 | documents u32 | entries | XXH64 of all before u64
//	entry: row of the document that stays u32 | its shard in the index u32 | similarity in 1/10,000, rounded down u16 | state u8 | zero u8
const (
	fatesMagic   = "quernfat"
	fatesVersion = 1
	fatesStart   = 16
	fateBytes    = 12
)

// states of a document.
const (
	stateKept     = iota
	stateExact    // removed as an exact duplicate
	stateNear     // removed as a near duplicate
	stateTaken    // taken down
	stateReturned // removed for one that was taken down: as if it had never been seen
	states
)

// fateEntry is an entry of a fates blob.
type fateEntry struct {
	row, shard uint32
	similarity uint16
	state      uint8
}

// absent tells that a document is in the index for the record alone.
func (e fateEntry) absent() bool { return e.state == stateTaken || e.state == stateReturned }

func (e fateEntry) removed() bool { return e.state == stateExact || e.state == stateNear }

func writeFates(dir quern.Dir, name string, fates []fateEntry) (quern.BlobInfo, error) {
	b := binary.LittleEndian.AppendUint32([]byte(fatesMagic), fatesVersion)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(fates)))
	for _, e := range fates {
		b = binary.LittleEndian.AppendUint32(b, e.row)
		b = binary.LittleEndian.AppendUint32(b, e.shard)
		b = binary.LittleEndian.AppendUint16(b, e.similarity)
		b = append(b, e.state, 0)
	}
	b = binary.LittleEndian.AppendUint64(b, xxhash.Sum64(b))
	return quern.BlobInfo{Name: name, Size: int64(len(b)), Digest: quern.DigestOf(b)}, quern.WriteBlob(dir, name, b)
}

// readFates reads the fates of a shard of so many documents, of which shards with as many rows as sizes tell may stay.
func readFates(dir quern.Dir, name string, docs int64, sizes func(shard uint32) int64) ([]fateEntry, error) {
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	size := f.Size()
	f.Close()
	if want := fatesStart + fateBytes*docs + 8; size != want {
		return nil, fmt.Errorf("%s: offset %d: %d bytes, want %d: it is cut short or of other documents", name, min(size, want), size, want)
	}
	b, err := quern.ReadBlob(dir, name)
	if err != nil {
		return nil, err
	}
	n := len(b) - 8
	switch {
	case string(b[:8]) != fatesMagic || binary.LittleEndian.Uint32(b[8:]) != fatesVersion || int64(binary.LittleEndian.Uint32(b[12:])) != docs:
		return nil, fmt.Errorf("%s: offset 0: not the fates of %d documents in version %d", name, docs, fatesVersion)
	case xxhash.Sum64(b[:n]) != binary.LittleEndian.Uint64(b[n:]):
		return nil, fmt.Errorf("%s: offset %d: the fates are damaged: their checksum differs", name, n)
	}
	fates := make([]fateEntry, docs)
	for i := range fates {
		e := b[fatesStart+fateBytes*i:]
		f := fateEntry{binary.LittleEndian.Uint32(e), binary.LittleEndian.Uint32(e[4:]), binary.LittleEndian.Uint16(e[8:]), e[10]}
		if f.state >= states || f.removed() && int64(f.row) >= sizes(f.shard) {
			return nil, fmt.Errorf("%s: offset %d: state %d, row %d of shard %d: out of range", name, fatesStart+fateBytes*i, f.state, f.row, f.shard)
		}
		fates[i] = f
	}
	return fates, nil
}

// fates reads those of a shard of the index.
func (x *Index) fates(shard int) ([]fateEntry, error) {
	s := x.manifest.Shards[shard]
	return readFates(x.dir, s.Blobs[blobFates].Name, s.Docs, func(other uint32) int64 {
		if int(other) >= len(x.manifest.Shards) {
			return 0
		}
		return x.manifest.Shards[other].Docs
	})
}

// prior is an increment as Cluster sees it.
type prior struct {
	x   *Index
	inc Increment
}

func (p *prior) Fates(ctx context.Context, shard int, f func(row int, fate Fate) error) error {
	fates, err := p.x.fates(p.inc.From + shard)
	if err != nil {
		return err
	}
	for row, e := range fates {
		if !e.removed() {
			continue
		}
		i := p.x.increment(int(e.shard))
		kept := quern.Row{Shard: int(e.shard) - p.x.state.Increments[i].From, Index: int(e.row)}
		if err := f(row, Fate{Dataset: priorName(i), Kept: kept, Similarity: float64(e.similarity) / 10000}); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (p *prior) Sets(ctx context.Context, shard int, want func(row int) bool, f func(row int, set []uint32) error) error {
	blocks, err := openBlocks(p.x.dir, p.x.manifest.Shards[p.inc.From+shard].Blobs[blobShingles].Name, kindShingles)
	if err != nil {
		return err
	}
	defer blocks.file.Close()
	var set []uint32
	return blocks.each(want, func(row uint32, record []byte) error {
		if set, err = decodeShingles(set, record); err == nil {
			err = f(int(row), set)
		}
		if err == nil {
			err = ctx.Err()
		}
		return err
	})
}

// docRecord is a record of a block file of documents:
//
//	ID 16 bytes | hash 16 bytes | dataset uvarint | state u8 | of one that was removed: similarity u16, ID of the one that stays 16 bytes | origin
type docRecord struct {
	id, kept   quern.ID
	hash       [2]uint64
	dataset    int
	state      uint8
	similarity uint16
	origin     []byte
}

func (d *docRecord) append(b []byte) []byte {
	b = append(b, d.id[:]...)
	b = binary.LittleEndian.AppendUint64(b, d.hash[0])
	b = binary.LittleEndian.AppendUint64(b, d.hash[1])
	b = binary.AppendUvarint(b, uint64(d.dataset))
	b = append(b, d.state)
	if d.state != stateKept {
		b = binary.LittleEndian.AppendUint16(b, d.similarity)
		b = append(b, d.kept[:]...)
	}
	return append(b, d.origin...)
}

var errNotDoc = errors.New("not the record of a document")

// parse reads a record of an increment of so many datasets. The origin points into it.
func (d *docRecord) parse(b []byte, datasets int) error {
	if len(b) < 34 {
		return errNotDoc
	}
	copy(d.id[:], b)
	d.hash = [2]uint64{binary.LittleEndian.Uint64(b[16:]), binary.LittleEndian.Uint64(b[24:])}
	set, n := binary.Uvarint(b[32:])
	if n <= 0 || set >= uint64(datasets) || len(b) < 33+n {
		return errNotDoc
	}
	d.dataset, d.state = int(set), b[32+n]
	b = b[33+n:]
	d.similarity, d.kept = 0, quern.ID{}
	if d.state != stateKept {
		if d.state > stateNear || len(b) < 18 {
			return errNotDoc
		}
		d.similarity = binary.LittleEndian.Uint16(b)
		copy(d.kept[:], b[2:])
		b = b[18:]
	}
	d.origin = b
	return nil
}
