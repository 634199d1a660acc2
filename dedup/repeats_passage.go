package dedup

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/seed-83c59573/quern"
)

// passage is what all searches for parts share: the documents in their order, the texts, and the marks on what goes.
type passage struct {
	k       *corpus
	units   []quern.Unit // of each file
	shard   []int        // the number of each file in its dataset
	judged  []bool       // whether the file's domain is looked at
	seed    uint64
	dir     string // scratch
	mem     int64
	workers int

	totals []quern.Tally // what came in, by file
	group  []int32       // of marks, by file
	marks  *partSpill[markRecord]
	marked []uint32 // a bit a document
}

const bytesPerRank = 16 // held for every document while they are ordered, and of these 8 and a bit from then on

func newPassage(ctx context.Context, c Config, domains []string, seed uint64, sets []Dataset, scratch string, mem int64, workers int) (*passage, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := checkNames(sets); err != nil {
		return nil, err
	}
	if mem <= 0 {
		mem = defaultMem
	}
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	k, err := openCorpus(c, seed, sets)
	if err != nil {
		return nil, err
	}
	p := &passage{k: k, seed: seed, workers: workers, mem: mem - int64(k.docs())*bytesPerRank}
	if err := p.prepare(ctx, c, domains, scratch, mem); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *passage) prepare(ctx context.Context, c Config, domains []string, scratch string, mem int64) (err error) {
	n := int64(p.k.docs())
	if p.mem < leastWorking {
		return fmt.Errorf("dedup: %d MiB of memory for %d documents, want at least %d", mem>>20, n, (n*bytesPerRank+leastWorking)>>20+1)
	}
	if err := p.list(ctx, domains); err != nil {
		return err
	}
	if err := p.k.rankAll(ctx, c, p.workers); err != nil {
		return err
	}
	if p.dir, err = os.MkdirTemp(scratch, "dedup-"); err != nil {
		return err
	}
	p.marked = make([]uint32, n/32+1)
	p.group = make([]int32, len(p.k.files))
	groups := int64(min(maxFanOut, max(len(p.k.files), 1)))
	for i := range p.group {
		p.group[i] = int32(min(int64(p.k.starts[i])*groups/max(n, 1), groups-1))
	}
	p.marks = newPartSpill[markRecord](p.dir, "marks", int(groups))
	return nil
}

// list finds the units of all sets: one for each file of signatures.
func (p *passage) list(ctx context.Context, domains []string) error {
	for _, set := range p.k.sets {
		if len(set.Shards) == 0 {
			continue
		}
		units, err := set.Texts.Units(ctx)
		if err != nil {
			return err
		}
		if len(units) != len(set.Shards) {
			return fmt.Errorf("%s: %d shards of text, %d of signatures", set.Name, len(units), len(set.Shards))
		}
		p.units = append(p.units, units...)
		for i := range units {
			p.shard = append(p.shard, i)
			p.judged = append(p.judged, len(domains) == 0 || slices.Contains(domains, set.Domain))
		}
	}
	p.totals = make([]quern.Tally, len(p.units))
	return nil
}

func (p *passage) close() {
	p.k.close()
	if p.marks != nil {
		p.marks.close()
	}
	if p.dir != "" {
		os.RemoveAll(p.dir)
	}
}

const maxFanOut = 256

// fanOut is into how many parts records are dealt: one for so many bytes of text.
func (p *passage) fanOut(each int64) int {
	bytes := int64(0)
	for _, set := range p.k.sets {
		for _, s := range set.Shards {
			bytes += s.Bytes
		}
	}
	return int(min(bytes/each+1, maxFanOut))
}

// visit is called for the documents of one file, then once at its end.
type visit struct {
	doc func(doc uint32, d *quern.Doc) error
	end func() error
}

// read goes through all texts and counts them; begin is called once for each file.
func (p *passage) read(ctx context.Context, begin func(worker int) (visit, error)) error {
	return quern.Each(ctx, p.workers, len(p.units), func(ctx context.Context, worker, file int) error {
		v, err := begin(worker)
		if err != nil {
			return err
		}
		set, t := p.k.sets[p.k.set[file]], &p.totals[file]
		for d, err := range set.Texts.Docs(ctx, p.units[file]) {
			if err != nil {
				return fmt.Errorf("%s: %w", p.units[file].Name, err)
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			doc, err := p.number(file, d)
			if err != nil {
				return err
			}
			t.Docs, t.In = t.Docs+1, t.In+int64(len(d.Text))
			if p.judged[file] {
				if err := v.doc(doc, d); err != nil {
					return fmt.Errorf("%s: row %d: %w", p.units[file].Name, d.Row.Index, err)
				}
			}
		}
		return v.end()
	})
}

// number is the number of a document, which must be the one that is signed there.
func (p *passage) number(file int, d *quern.Doc) (uint32, error) {
	f, name := p.k.files[file], p.units[file].Name
	if d.Row.Index < 0 || int64(d.Row.Index) >= f.docs {
		return 0, fmt.Errorf("%s: row %d, but only %d documents are signed", name, d.Row.Index, f.docs)
	}
	if d.Row.Shard != p.shard[file] {
		return 0, fmt.Errorf("%s: holds a row of shard %d, not of %d", name, d.Row.Shard, p.shard[file])
	}
	id, err := f.entry(colID, int64(d.Row.Index))
	if err != nil {
		return 0, err
	}
	if quern.ID(id) != d.ID {
		return 0, fmt.Errorf("%s: row %d holds document %s, %s is signed there", name, d.Row.Index, d.ID, quern.ID(id))
	}
	return p.k.starts[file] + uint32(d.Row.Index), nil
}

// mark says that a part of a document goes, or the whole document if ordinal is none.
func (p *passage) mark(to *dealer[markRecord], doc, ordinal uint32, evidence uint64) error {
	atomic.OrUint32(&p.marked[doc/32], 1<<(doc%32))
	file, _ := p.k.place(doc)
	return to.add(int(p.group[file]), markRecord{uint64(doc)<<32 | uint64(ordinal), evidence})
}

func (p *passage) isMarked(doc uint32) bool { return p.marked[doc/32]>>(doc%32)&1 == 1 }

// placeOf tells where a document stands.
func (p *passage) placeOf(doc uint32) Place {
	file, row := p.k.place(doc)
	place := Place{Dataset: p.k.sets[p.k.set[file]].Name, Shard: p.shard[file], Row: int(row)}
	if id, err := p.k.entry(colID, doc); err == nil {
		place.ID = quern.ID(id).String()
	}
	return place
}
