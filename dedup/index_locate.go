package dedup

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/klauspost/compress/zstd"

	"github.com/seed-83c59573/quern"
)

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
