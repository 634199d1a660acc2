package dedup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/seed-83c59573/quern"
)

// RepeatedLines finds the lines that are repeated across all texts of all sets, in the document of the lowest rank or another place
// of it, and writes edits to out that cut all copies but one. It holds 16 bytes a document and works in what is left of mem bytes
// (0 = 1 GiB), spilling 24 bytes a line to the scratch folder. The texts are read twice: the second time only documents that have
// something to cut. Neither the budget nor the workers, the order of files or their split show in the result.
//
// A document that goes because too little of it is left takes the first copies of its lines along.
func RepeatedLines(ctx context.Context, c Config, seed uint64, sets []Dataset, out quern.Dir, scratch string, mem int64, workers int) (Result, error) {
	if c.Lines == nil {
		return Result{}, errors.New("dedup: lines are not asked for")
	}
	p := *c.Lines
	return repeatedParts(ctx, c, kind{name: "lines", verdict: DroppedLines, domains: p.Domains, rule: repeatRule{p.Least, p.Within, p.Stays},
		splitter: func() splitter { return p.splitter(false) },
		editor:   func() editor { return &partEditor{split: p.splitter(false), opt: p, verdict: DroppedLines} },
	}, seed, sets, out, scratch, mem, workers)
}

// RepeatedParagraphs does for paragraphs what RepeatedLines does for lines.
func RepeatedParagraphs(ctx context.Context, c Config, seed uint64, sets []Dataset, out quern.Dir, scratch string, mem int64, workers int) (Result, error) {
	if c.Paragraphs == nil {
		return Result{}, errors.New("dedup: paragraphs are not asked for")
	}
	p := *c.Paragraphs
	return repeatedParts(ctx, c, kind{name: "paragraphs", verdict: DroppedParagraphs, domains: p.Domains, rule: repeatRule{p.Least, p.Within, p.Stays},
		splitter: func() splitter { return p.splitter(true) },
		editor:   func() editor { return &partEditor{split: p.splitter(true), opt: p, verdict: DroppedParagraphs} },
	}, seed, sets, out, scratch, mem, workers)
}

// RepeatedSentences does for runs of sentences what RepeatedLines does for lines. Spans overlap: it may happen that the first copy of
// a span loses sentences because a span beside it stood before.
func RepeatedSentences(ctx context.Context, c Config, seed uint64, sets []Dataset, out quern.Dir, scratch string, mem int64, workers int) (Result, error) {
	if c.Sentences == nil {
		return Result{}, errors.New("dedup: sentences are not asked for")
	}
	s := *c.Sentences
	return repeatedParts(ctx, c, kind{name: "sentences", verdict: DroppedSentences, domains: s.Domains, rule: repeatRule{s.Least, s.Within, s.Stays},
		splitter: func() splitter { return newSpanSplitter(s.Span) },
		editor:   func() editor { return &sentenceEditor{opt: s} },
	}, seed, sets, out, scratch, mem, workers)
}

// kind is one kind of part: how texts are split into parts, which go, and what a text is without them.
type kind struct {
	name     string
	verdict  quern.Verdict
	domains  []string
	rule     repeatRule
	splitter func() splitter // each used by one goroutine
	editor   func() editor
}

// repeater is one search for repeated parts.
type repeater struct {
	*passage
	kind  kind
	parts *spill[partRecord]
	found []grouper // by part
}

func repeatedParts(ctx context.Context, c Config, k kind, seed uint64, sets []Dataset, out quern.Dir, scratch string, mem int64, workers int) (r Result, err error) {
	p, err := newPassage(ctx, c, k.domains, seed, sets, scratch, mem, workers)
	if err != nil {
		return r, err
	}
	defer p.close()
	x := &repeater{passage: p, kind: k, parts: newSpill[partRecord](p.dir, "parts", p.fanOut())}
	defer x.parts.close()
	if err := x.collect(ctx); err != nil {
		return r, err
	}
	if err := x.group(ctx); err != nil {
		return r, err
	}
	return x.write(ctx, out, k.verdict, k.editor, x.shown(k.verdict, k.splitter))
}

// collect spills the parts of all texts.
func (x *repeater) collect(ctx context.Context) error {
	splitters := make([]splitter, x.workers)
	return x.read(ctx, func(worker int) (visit, error) {
		if splitters[worker] == nil {
			splitters[worker] = x.kind.splitter()
		}
		deal := dealTo(x.parts, x.mem/int64(4*x.workers))
		n := uint64(len(x.parts.parts))
		return visit{
			doc: func(doc uint32, d *quern.Doc) (err error) {
				rank, ordinal := uint64(x.k.rank[doc])<<32, uint64(0)
				splitters[worker].split(d.Text, func(key [2]uint64, _, _ int) {
					if err == nil {
						err = deal.add(int(key[0]>>32*n>>32), partRecord{key[0], key[1], rank | ordinal})
					}
					ordinal++
				})
				if ordinal >= uint64(none) {
					err = fmt.Errorf("a document of %d parts", ordinal)
				}
				return err
			},
			end: deal.flush,
		}, nil
	})
}

// group finds the parts that go and spills their marks.
func (x *repeater) group(ctx context.Context) error {
	x.found = make([]grouper, len(x.parts.parts))
	each := x.mem / int64(2*x.workers)
	return quern.Each(ctx, x.workers, len(x.found), func(ctx context.Context, _, i int) error {
		c, err := x.parts.sorted(i, each, x.kind.rule.pruneParts)
		if err != nil {
			return err
		}
		defer c.close()
		marks := dealTo(x.marks, x.mem/int64(8*x.workers))
		g := grouper{rule: x.kind.rule, seed: x.seed, emit: func(rank, ordinal uint32) error {
			return x.mark(marks, x.k.doc[rank], ordinal, 0)
		}}
		if err := g.run(c); err != nil {
			return err
		}
		sortPicks(g.picks)
		x.found[i] = grouper{groups: g.groups, marks: g.marks, picks: g.picks[:min(len(g.picks), maxExamples)]}
		return marks.flush()
	})
}

// shown is what the search tells beside the edits: counts, and examples whose texts are still to be read.
func (x *repeater) shown(reason quern.Verdict, split func() splitter) *showing {
	s := &showing{split: split, at: map[uint64]int{}}
	s.counts.Parts = x.parts.records()
	var picks []groupPick
	for i := range x.found {
		s.counts.Groups += x.found[i].groups
		s.counts.Repeated += x.found[i].marks
		picks = append(picks, x.found[i].picks...)
	}
	sortPicks(picks)
	for _, p := range picks[:min(len(picks), maxExamples)] {
		doc := x.k.doc[p.cut>>32]
		s.at[uint64(doc)<<32|p.cut&uint64(none)] = len(s.examples)
		e := Example{Reason: string(reason), Similarity: 1, Removed: x.placeOf(doc), Documents: p.docs, Copies: p.copies}
		if p.kept != noPlace {
			e.Kept = x.placeOf(x.k.doc[p.kept>>32])
		}
		s.examples = append(s.examples, e)
	}
	return s
}

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
	marks  *spill[markRecord]
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
	p.marks = newSpill[markRecord](p.dir, "marks", int(groups))
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

// fanOut is into how many parts records are dealt: one for each 8 MiB of text, so that little is read to find few.
func (p *passage) fanOut() int {
	bytes := int64(0)
	for _, set := range p.k.sets {
		for _, s := range set.Shards {
			bytes += s.Bytes
		}
	}
	return int(min(bytes>>23+1, maxFanOut))
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
