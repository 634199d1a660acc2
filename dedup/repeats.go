package dedup

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-83c59573/quern"
)

// RepeatedLines finds the lines that are repeated across all texts of all sets, in the document of the lowest rank or another place
// of it, and writes edits to out that cut all copies but one. It holds 16 bytes a document and works in what is left of mem bytes
// (0 = 1 GiB), spilling 24 bytes a line to the scratch folder. The texts are read twice: the second time only documents that have
// something to cut. Neither the budget nor the workers, the order of files or their split show in the result.
//
// A document that goes because too little is left of it takes that little along, first copies too: fewer words than left_words.
func RepeatedLines(ctx context.Context, c Config, seed uint64, sets []Dataset, out quern.Dir, scratch string, mem int64, workers int) (Result, error) {
	if c.Lines == nil {
		return Result{}, errors.New("dedup: lines are not asked for")
	}
	return repeatedParts(ctx, c, c.Lines.kind("lines", DroppedLines, false), seed, sets, out, scratch, mem, workers)
}

// RepeatedParagraphs does for paragraphs what RepeatedLines does for lines.
func RepeatedParagraphs(ctx context.Context, c Config, seed uint64, sets []Dataset, out quern.Dir, scratch string, mem int64, workers int) (Result, error) {
	if c.Paragraphs == nil {
		return Result{}, errors.New("dedup: paragraphs are not asked for")
	}
	return repeatedParts(ctx, c, c.Paragraphs.kind("paragraphs", DroppedParagraphs, true), seed, sets, out, scratch, mem, workers)
}

// RepeatedSentences does for runs of sentences what RepeatedLines does for lines. Spans overlap, so the first copy of
// a span may lose sentences, if they stood before in a span beside it; but each sentence stays where it stood first.
func RepeatedSentences(ctx context.Context, c Config, seed uint64, sets []Dataset, out quern.Dir, scratch string, mem int64, workers int) (Result, error) {
	if c.Sentences == nil {
		return Result{}, errors.New("dedup: sentences are not asked for")
	}
	s := *c.Sentences
	return repeatedParts(ctx, c, kind{name: "sentences", verdict: DroppedSentences, domains: s.Domains, rule: repeatRule{s.Least, s.Within, s.Stays},
		splitter: func() partFinder { return newSpanSplitter(s.Span) },
		editor:   func() editor { return &sentenceEditor{opt: s} },
	}, seed, sets, out, scratch, mem, workers)
}

// kind is one kind of part: how texts are split into parts, which go, and what a text is without them.
type kind struct {
	name     string
	verdict  quern.Verdict
	domains  []string
	rule     repeatRule
	splitter func() partFinder // each used by one goroutine
	editor   func() editor
}

// kind is the lines or the paragraphs of texts.
func (p Parts) kind(name string, verdict quern.Verdict, paragraphs bool) kind {
	return kind{name: name, verdict: verdict, domains: p.Domains, rule: repeatRule{p.Least, p.Within, p.Stays},
		splitter: func() partFinder { return p.splitter(paragraphs) },
		editor:   func() editor { return &partEditor{split: p.splitter(paragraphs), opt: p, verdict: verdict} },
	}
}

// repeater is one search for repeated parts.
type repeater struct {
	*passage
	kind  kind
	parts *partSpill[partRecord]
	found []grouper // by part
}

func repeatedParts(ctx context.Context, c Config, k kind, seed uint64, sets []Dataset, out quern.Dir, scratch string, mem int64, workers int) (r Result, err error) {
	p, err := newPassage(ctx, c, k.domains, seed, sets, scratch, mem, workers)
	if err != nil {
		return r, err
	}
	defer p.close()
	x := &repeater{passage: p, kind: k, parts: newPartSpill[partRecord](p.dir, "parts", p.fanOut(8<<20))}
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
	splitters := make([]partFinder, x.workers)
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
func (x *repeater) shown(reason quern.Verdict, split func() partFinder) *showing {
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
