package dedup

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"

	"github.com/seed-83c59573/quern"
)

// leastSieve is for a batch of keys and for sorting, beside the filter.
const leastSieve = 16 << 20

// filterName is the blob of a filter that is saved.
const filterName = "filter.bloom"

// RepeatedBloom asks a Bloom filter about all texts of all sets, in the order of preference, and writes edits to out. Keys are
// spilled to the scratch folder, 16 bytes each, so that the filter is as large as their number asks for; it must fit in mem (0 =
// 1 GiB) beside 16 bytes a document and 16 MiB to work in. Workers, order of files and split do not show.
func RepeatedBloom(ctx context.Context, c Config, seed uint64, sets []Dataset, out quern.Dir, scratch string, mem int64, workers int) (r Result, err error) {
	if c.Bloom == nil {
		return r, errors.New("dedup: bloom is not asked for")
	}
	p, err := newPassage(ctx, c, c.Bloom.Domains, seed, sets, scratch, mem, workers)
	if err != nil {
		return r, err
	}
	defer p.close()
	each := int64(8 << 20)
	if c.Bloom.Unit == unitNgram {
		each = 1 << 19 // which is 3 MB of keys
	}
	x := &sieve{passage: p, opt: *c.Bloom, keys: newPartSpill[markRecord](p.dir, "keys", p.fanOut(each))}
	defer x.keys.close()
	if x.opt.Filter != "" {
		path := filepath.Clean(x.opt.Filter)
		if x.filter, err = LoadFilter(quern.Local(filepath.Dir(path)), filepath.Base(path), x.opt.keysOf(), p.mem-leastSieve); err != nil {
			return r, err
		}
		p.mem -= x.filter.Bytes()
	}
	if err := x.collect(ctx); err != nil {
		return r, err
	}
	if err := x.makeFilter(); err != nil {
		return r, err
	}
	if err := x.ask(ctx); err != nil {
		return r, err
	}
	if r, err = x.write(ctx, out, DroppedBloom, x.editor, x.shown()); err != nil || !x.opt.Save {
		return r, err
	}
	s, err := x.filter.Save(out, filterName)
	r.Shards = append(r.Shards, s)
	return r, err
}

// sieve is one pass of all keys through a filter.
type sieve struct {
	*passage
	opt    Bloom
	filter *Filter
	keys   *partSpill[markRecord] // rank and ordinal, key
	deal   *dealer[markRecord]
	hits   int64
	picks  []groupPick
	batch  batch
}

// collect spills the keys of all texts by rank.
func (x *sieve) collect(ctx context.Context) error {
	grams := make([]*ngrams, x.workers)
	lines := make([]*partSplitter, x.workers)
	parts, docs := uint64(len(x.keys.parts)), max(uint64(x.k.docs()), 1)
	return x.read(ctx, func(worker int) (visit, error) {
		if grams[worker] == nil {
			grams[worker], lines[worker] = newNgrams(x.opt), x.opt.parts().splitter(false)
		}
		deal := dealTo(x.keys, x.mem/int64(4*x.workers))
		return visit{
			doc: func(doc uint32, d *quern.Doc) (err error) {
				rank := uint64(x.k.rank[doc])
				part := int(rank * parts / docs)
				add := func(ordinal uint32, key uint64) {
					if err == nil {
						err = deal.add(part, markRecord{rank<<32 | uint64(ordinal), key})
					}
				}
				switch x.opt.Unit {
				case unitDocument:
					body := d.Text
					if x.opt.By == "url" {
						body = []byte(d.Origin)
					}
					if key, some := lines[worker].norm.key(body); some {
						add(none, key[1])
					}
				case unitParagraph:
					ordinal := uint32(0)
					lines[worker].split(d.Text, func(key [2]uint64, _, _ int) {
						add(ordinal, key[1])
						ordinal++
					})
				default:
					grams[worker].keys(d.Text, add)
				}
				return err
			},
			end: deal.flush,
		}, nil
	})
}

// makeFilter sizes the filter by the keys there are, unless one is loaded.
func (x *sieve) makeFilter() error {
	if x.filter != nil {
		return nil
	}
	keys := x.opt.Keys
	if keys == 0 {
		keys = x.keys.records()
	}
	need, err := FilterBytes(keys, x.opt.fp())
	if err != nil {
		return err
	}
	if need > x.mem-leastSieve {
		held := int64(x.k.docs()) * bytesPerRank
		return fmt.Errorf("dedup: bloom: a filter for %d keys with a false positive rate of %v takes %d MiB: have %d MiB of memory, want %d; a higher fp wants less, and exact, lines and paragraphs want no filter",
			keys, x.opt.fp(), need>>20+1, (x.mem+held)>>20, (need+leastSieve+held)>>20+1)
	}
	x.mem -= need
	if x.filter, err = NewFilter(keys, x.opt.fp()); err != nil {
		return err
	}
	x.filter.options = x.opt.keysOf()
	return nil
}

// ask goes through the keys by rank, a batch of documents at a time. Which documents make a batch depends on the keys alone.
func (x *sieve) ask(ctx context.Context) error {
	x.deal = dealTo(x.marks, x.mem/8)
	n := len(x.keys.parts)
	each := x.mem / int64(4*x.workers)
	for from := 0; from < n; from += x.workers {
		loaded := make([][]markRecord, min(x.workers, n-from))
		err := quern.Each(ctx, x.workers, len(loaded), func(_ context.Context, _, i int) (err error) {
			if x.keys.parts[from+i].n*2*recordBytes[markRecord]() <= each {
				loaded[i], err = x.loadByRank(from + i)
			}
			return err
		})
		if err != nil {
			return err
		}
		for i, keys := range loaded {
			if err := x.askPart(ctx, from+i, keys, each); err != nil {
				return err
			}
		}
	}
	if err := x.decide(ctx); err != nil {
		return err
	}
	return x.deal.flush()
}

// loadByRank reads a part and sorts it by rank; the keys of a document stand in their order already.
func (x *sieve) loadByRank(part int) ([]markRecord, error) {
	recs, err := x.keys.load(part, nil)
	if err != nil || len(recs) == 0 {
		return nil, err
	}
	lo, hi := recs[0][0]>>32, recs[0][0]>>32
	for i := range recs {
		lo, hi = min(lo, recs[i][0]>>32), max(hi, recs[i][0]>>32)
	}
	at := make([]int, hi-lo+2)
	for i := range recs {
		at[recs[i][0]>>32-lo+1]++
	}
	for i := 1; i < len(at); i++ {
		at[i] += at[i-1]
	}
	out := make([]markRecord, len(recs))
	for i := range recs {
		p := &at[recs[i][0]>>32-lo]
		out[*p] = recs[i]
		*p++
	}
	return out, nil
}

func (x *sieve) askPart(ctx context.Context, part int, keys []markRecord, mem int64) error {
	for _, r := range keys {
		if err := x.offer(ctx, r); err != nil {
			return err
		}
	}
	if keys != nil || x.keys.parts[part].n == 0 {
		return nil
	}
	c, err := x.keys.sorted(part, mem, nil)
	if err != nil {
		return err
	}
	defer c.close()
	for r, ok := c.peek(); ok; r, ok = c.peek() {
		if err := x.offer(ctx, r); err != nil {
			return err
		}
		if err := c.skip(); err != nil {
			return err
		}
	}
	return nil
}

// offer adds a key to the batch, which ends before a document when it is full.
func (x *sieve) offer(ctx context.Context, r markRecord) error {
	b := &x.batch
	if n := len(b.at); n >= batchKeys && b.at[n-1]>>32 != r[0]>>32 {
		if err := x.decide(ctx); err != nil {
			return err
		}
	}
	b.at, b.keys = append(b.at, r[0]), append(b.keys, r[1])
	return nil
}

// found says that a part of a document goes, or all of it.
func (x *sieve) found(rank, ordinal uint32, share float64) error {
	x.hits++
	x.picks = lowestPicks(append(x.picks, groupPick{hash: mixNgram(uint64(rank)<<32 | uint64(ordinal) ^ x.seed), cut: uint64(rank)<<32 | uint64(ordinal), kept: math.Float64bits(share)}))
	return x.mark(x.deal, x.k.doc[rank], ordinal, math.Float64bits(share))
}

func (x *sieve) shown() *showing {
	s := &showing{at: map[uint64]int{}}
	switch x.opt.Unit {
	case unitParagraph:
		s.split = func() partFinder { return x.opt.parts().splitter(false) }
	case unitNgram:
		s.split = func() partFinder { return lineSplitter{x.opt.Normalize} }
	}
	s.counts = PartCounts{Parts: x.keys.records(), Repeated: x.hits}
	sortPicks(x.picks)
	for _, p := range x.picks[:min(len(x.picks), maxExamples)] {
		doc := x.k.doc[p.cut>>32]
		s.at[uint64(doc)<<32|p.cut&uint64(none)] = len(s.examples)
		s.examples = append(s.examples, Example{Reason: string(DroppedBloom), Similarity: fourDigits(math.Float64frombits(p.kept)), Removed: x.placeOf(doc)})
	}
	return s
}

func (x *sieve) editor() editor {
	if x.opt.Unit == unitParagraph {
		return &partEditor{split: x.opt.parts().splitter(false), opt: x.opt.parts(), verdict: DroppedBloom}
	}
	return &ngramEditor{opt: x.opt}
}

// drop is the verdict on a document that was seen.
func (e *ngramEditor) drop(evidence uint64) quern.Drop {
	limit := e.opt.Share
	if e.opt.Unit == unitDocument {
		limit = 1
	}
	return quern.Drop{Verdict: DroppedBloom, Value: math.Float64frombits(evidence), Limit: limit}
}
