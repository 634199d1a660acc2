package dedup

import (
	"context"
	"fmt"

	"github.com/seed-83c59573/quern"
)

// Verify reads all of the index. Its error names the file and the offset of what is damaged, or the file that is another one than the
// manifest says.
func (x *Index) Verify(ctx context.Context, workers int) error {
	err := quern.Each(ctx, max(1, workers), len(x.manifest.Shards), func(ctx context.Context, _, i int) error {
		if err := x.verifyShard(ctx, i); err != nil {
			return fmt.Errorf("%s: %w", x.dir, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if _, err := x.takenDown(); err != nil {
		return fmt.Errorf("%s: %w", x.dir, err)
	}
	return nil
}

func (x *Index) verifyShard(ctx context.Context, i int) error {
	s := x.manifest.Shards[i]
	fates, err := x.fates(i)
	if err != nil {
		return err
	}
	sig, err := openSig(x.dir, s.Blobs[blobSig].Name)
	if err != nil {
		return err
	}
	defer sig.file.Close()
	buf := make([]byte, columnBuffer)
	for col := range fixedColumns + sig.bands {
		if err := sig.column(col, buf, func(int64, []byte) {}); err != nil {
			return err
		}
	}
	order, err := openOrder(x.dir, s.Blobs[blobOrder].Name, 1+sig.bands, s.Docs)
	if err != nil {
		return err
	}
	defer order.file.Close()
	for section, n := range order.counts {
		for page := uint64(0); page*pageEntries < n; page++ {
			if _, err := order.load(section, page); err != nil {
				return err
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	sets := len(x.state.Increments[x.increment(i)].Datasets)
	if err := x.verifyBlocks(ctx, s.Blobs[blobDocs].Name, kindDocs, sets, fates); err != nil {
		return err
	}
	if err := x.verifyBlocks(ctx, s.Blobs[blobShingles].Name, kindShingles, sets, fates); err != nil {
		return err
	}
	for blob := range shardBlobs { // each is whole; is it the one?
		one := quern.Manifest{Shards: []quern.Shard{{Blobs: s.Blobs[blob : blob+1]}}}
		if err := one.Verify(x.dir, true); err != nil {
			return err
		}
	}
	return nil
}

func (x *Index) verifyBlocks(ctx context.Context, name string, kind uint32, sets int, fates []fateEntry) error {
	b, err := openBlocks(x.dir, name, kind)
	if err != nil {
		return err
	}
	defer b.file.Close()
	var set []uint32
	return b.each(nil, func(row uint32, record []byte) error {
		if int(row) >= len(fates) {
			return fmt.Errorf("row %d of %d", row, len(fates))
		}
		if kind == kindShingles {
			set, err = decodeShingles(set, record)
			return err
		}
		var d docRecord
		if err := d.parse(record, sets); err != nil {
			return err
		}
		return ctx.Err()
	})
}
