package dedup

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// editor says what a text is without the parts of the given ordinals, which ascend. Cuts are valid until the next call.
type editor interface {
	edit(text []byte, ordinals []uint32) ([]Cut, quern.Drop)
}

// showing is what a result tells of parts.
type showing struct {
	counts   PartCounts
	examples []Example
	at       map[uint64]int // document and ordinal → example that wants the text of the part
	split    func() partFinder
}

// partWritten is what became of one file.
type partWritten struct {
	shard   quern.Shard
	counts  PartCounts
	dropped quern.Tally
}

// write turns the marks into one blob of edits for each file.
func (p *passage) write(ctx context.Context, out quern.Dir, reason quern.Verdict, newEditor func() editor, show *showing) (r Result, err error) {
	done := make([]partWritten, len(p.units))
	editors := make([]editor, p.workers)
	each := p.mem / int64(2*p.workers)
	err = quern.Each(ctx, p.workers, len(p.marks.parts), func(ctx context.Context, worker, group int) error {
		if editors[worker] == nil {
			editors[worker] = newEditor()
		}
		c, err := p.marks.sorted(group, each, nil)
		if err != nil {
			return err
		}
		defer c.close()
		from, to := p.filesOf(group)
		for file := from; file < to; file++ {
			w := fileWriter{passage: p, file: file, reason: reason, marks: c, edit: editors[worker], show: show, done: &done[file]}
			if err := w.write(ctx, out); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return r, err
	}
	r.Parts = show.counts
	for file, d := range done {
		set, t := p.k.sets[p.k.set[file]], p.totals[file]
		r.Shards = append(r.Shards, d.shard)
		r.Parts.add(d.counts)
		r.Ledger.In += t.Docs
		kept := quern.Tally{Source: set.Name, Domain: set.Domain, Fate: quern.Kept, Docs: t.Docs - d.dropped.Docs, In: t.In - d.dropped.In}
		kept.Out = kept.In - d.counts.CutBytes
		gone := quern.Tally{Source: set.Name, Domain: set.Domain, Fate: quern.Dropped, Reason: string(reason), Docs: d.dropped.Docs, In: d.dropped.In}
		for _, t := range []quern.Tally{kept, gone} {
			if t.Docs > 0 {
				r.Ledger.Add(t)
			}
		}
	}
	r.Examples = show.examples
	return r, nil
}

// filesOf are the files whose marks are in a group.
func (p *passage) filesOf(group int) (from, to int) {
	from, _ = slices.BinarySearch(p.group, int32(group))
	to, _ = slices.BinarySearch(p.group, int32(group+1))
	return from, to
}

// fileWriter writes the edits of one file.
type fileWriter struct {
	*passage
	file   int
	reason quern.Verdict
	marks  *partCursor[markRecord]
	edit   editor
	show   *showing
	done   *partWritten
	ords   []uint32
}

func (w *fileWriter) write(ctx context.Context, out quern.Dir) error {
	set := w.k.sets[w.k.set[w.file]]
	e, err := newEditWriter(out, set.Name, w.shard[w.file])
	if err != nil {
		return err
	}
	if err := w.edits(ctx, set, e); err != nil {
		e.abort()
		return err
	}
	w.done.shard, err = e.commit()
	return err
}

func (w *fileWriter) edits(ctx context.Context, set Dataset, e *editWriter) error {
	start, end := w.k.starts[w.file], w.k.starts[w.file+1]
	if m, ok := w.marks.peek(); !ok || uint32(m[0]>>32) >= end {
		return nil
	}
	want := func(row int) bool { return row >= 0 && int64(row) < int64(end-start) && w.isMarked(start+uint32(row)) }
	for d, err := range some(ctx, set.Texts, w.units[w.file], want) {
		if err != nil {
			return fmt.Errorf("%s: %w", w.units[w.file].Name, err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := w.doc(d, e); err != nil {
			return err
		}
	}
	if m, ok := w.marks.peek(); ok && uint32(m[0]>>32) < end {
		return fmt.Errorf("%s: row %d was not read again: the texts have changed", w.units[w.file].Name, uint32(m[0]>>32)-start)
	}
	return nil
}

func (w *fileWriter) doc(d *quern.Doc, e *editWriter) error {
	doc, err := w.number(w.file, d)
	if err != nil {
		return err
	}
	w.ords = w.ords[:0]
	var evidence uint64
	for m, ok := w.marks.peek(); ok && uint32(m[0]>>32) <= doc; m, ok = w.marks.peek() {
		if uint32(m[0]>>32) < doc {
			return fmt.Errorf("%s: the row before %d was not read again: the texts have changed", w.units[w.file].Name, d.Row.Index)
		}
		w.ords, evidence = append(w.ords, uint32(m[0])), m[1]
		if err := w.marks.skip(); err != nil {
			return err
		}
	}
	w.showParts(doc, d.Text)
	edit := Edit{Row: d.Row.Index}
	if n := len(w.ords); n > 0 && w.ords[n-1] == none {
		edit.Drop = w.edit.(dropper).drop(evidence)
	} else {
		edit.Cuts, edit.Drop = w.edit.edit(d.Text, w.ords)
	}
	if len(edit.Cuts) > maxCuts {
		edit.Drop = quern.Drop{Verdict: w.reason, Value: float64(len(edit.Cuts)), Limit: maxCuts}
	}
	if edit.Drop.Verdict != quern.Keep {
		edit.Cuts = nil
		w.done.dropped.Docs++
		w.done.dropped.In += int64(len(d.Text))
		return e.put(edit)
	}
	if len(edit.Cuts) == 0 {
		return nil
	}
	w.done.counts.Edited++
	for _, c := range edit.Cuts {
		w.done.counts.CutBytes += int64(c.To - c.From)
	}
	return e.put(edit)
}

// dropper is an editor of a search that also rules on whole documents.
type dropper interface {
	drop(evidence uint64) quern.Drop
}

const exampleBytes = 240

// showParts gives examples the text of their parts.
func (w *fileWriter) showParts(doc uint32, text []byte) {
	if i, ok := w.show.at[uint64(doc)<<32|uint64(none)]; ok {
		w.show.examples[i].Part = excerpt(text)
	}
	if w.show.split == nil {
		return
	}
	wanted := false
	for _, o := range w.ords {
		if _, ok := w.show.at[uint64(doc)<<32|uint64(o)]; ok {
			wanted = true
			break
		}
	}
	if !wanted {
		return
	}
	ordinal := uint32(0)
	w.show.split().split(text, func(_ [2]uint64, from, to int) {
		if i, ok := w.show.at[uint64(doc)<<32|uint64(ordinal)]; ok {
			w.show.examples[i].Part = excerpt(text[from:to])
		}
		ordinal++
	})
}

// excerpt is the beginning of a part, as valid UTF-8.
func excerpt(part []byte) string {
	if len(part) > exampleBytes {
		n := exampleBytes
		for n > 0 && !utf8.RuneStart(part[n]) {
			n--
		}
		part = part[:n]
	}
	return string([]rune(string(part)))
}

// partEditor cuts lines or paragraphs.
type partEditor struct {
	split   *partSplitter
	opt     Parts
	verdict quern.Verdict
	cuts    []Cut
}

func (e *partEditor) edit(text []byte, ordinals []uint32) ([]Cut, quern.Drop) {
	e.cuts = e.cuts[:0]
	ordinal, final := uint32(0), false
	e.split.split(text, func(_ [2]uint64, from, to int) {
		if len(ordinals) > 0 && ordinals[0] == ordinal {
			ordinals = ordinals[1:]
			final = to == len(text) && (from == to || text[to-1] != '\n')
			if n := len(e.cuts); n > 0 && e.cuts[n-1].To == from {
				e.cuts[n-1].To = to
			} else if from < to {
				e.cuts = append(e.cuts, Cut{from, to})
			}
		}
		ordinal++
	})
	if e.opt.Blank {
		e.cuts = closeLines(text, e.cuts, final)
	} else {
		e.cuts = closeGaps(text, e.cuts)
	}
	return e.cuts, judgeLeft(e.verdict, text, e.cuts, e.opt.LeftWords, e.opt.LeftShare)
}

// judgeLeft says whether a text of which that much is cut goes as a whole.
func judgeLeft(v quern.Verdict, text []byte, cuts []Cut, leftWords int, leftShare float64) quern.Drop {
	if len(cuts) == 0 {
		return quern.Drop{}
	}
	need := max(leftWords, 1)
	words, left, at := 0, 0, 0
	for i := 0; i <= len(cuts); i++ {
		to := len(text)
		if i < len(cuts) {
			to = cuts[i].From
		}
		left += to - at
		if words < need {
			words += countWords(text[at:to], need-words)
		}
		if i < len(cuts) {
			at = cuts[i].To
		}
	}
	if words < need {
		return quern.Drop{Verdict: v, Value: float64(words), Limit: float64(need)}
	}
	if share := float64(left) / float64(len(text)); share < leftShare {
		return quern.Drop{Verdict: v, Value: share, Limit: leftShare}
	}
	return quern.Drop{}
}

// fourDigits rounds down, so that no stated similarity is above the true one.
func fourDigits(x float64) float64 { return float64(tenThousandths(x)) / 1e4 }
