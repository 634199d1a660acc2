package dedup

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// substringEditor reads the texts for a finder and writes the edits of what it found.
type substringEditor struct {
	Substrings
	k        *corpus
	f        *finder
	units    []quern.Unit // of each file
	out      quern.Dir
	seen     []seen // by file
	writers  []*editWriter
	shards   []quern.Shard
	examples map[uint32][]int // the evidence in a document that is cut
	shown    []Example
	now      []encoded // by worker
}

// encoded is a document in symbols.
type encoded struct {
	text    []byte
	tokens  []Token // nil if the symbols are bytes
	symbols []byte
}

// encode makes the symbols of a text.
func (e *substringEditor) encode(n *encoded, text []byte) ([]byte, error) {
	if n.text = text; e.Tokens == 0 {
		return text, nil
	}
	n.tokens, n.symbols = e.Encode(n.tokens[:0], text), n.symbols[:0]
	at := uint32(0)
	for _, t := range n.tokens {
		if t.End < at || int(t.End) > len(text) {
			return nil, fmt.Errorf("a token that ends at byte %d, after one that ends at %d, in a text of %d", t.End, at, len(text))
		}
		at = t.End
		n.symbols = binary.LittleEndian.AppendUint32(n.symbols, t.ID)
	}
	return n.symbols, nil
}

// at is where a symbol begins, in bytes of the text.
func (n *encoded) at(symbol int) int {
	if n.tokens == nil || symbol == 0 {
		return symbol
	}
	return int(n.tokens[symbol-1].End)
}

const longestExample = 400 // bytes

// seen is what became of the documents of a file.
type seen struct {
	docs, bytes   int64
	gone, goneOff int64 // documents that go, and their bytes
	cut           int64 // bytes out of the others
	edited        int64 // others that are cut
	ranges        int64 // cuts of these
}

// read calls visit with the documents of a file, in symbols.
func (e *substringEditor) read(ctx context.Context, worker, file int, want func(doc uint32) bool, visit func(doc uint32, symbols []byte) error) error {
	set, unit, n, start := e.k.sets[e.k.set[file]], e.units[file], int(e.k.files[file].docs), e.k.starts[file]
	docs := set.Texts.Docs(ctx, unit)
	if want != nil {
		docs = some(ctx, set.Texts, unit, func(row int) bool { return row >= 0 && row < n && want(start+uint32(row)) })
	}
	last := -1
	for d, err := range docs {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = checkSize(d.Text)
		}
		var symbols []byte
		if err == nil {
			symbols, err = e.encode(&e.now[worker], d.Text)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", unit.Name, err)
		}
		if d.Row.Index <= last || d.Row.Index >= n {
			return fmt.Errorf("%s: row %d after row %d, but %d documents are signed", unit.Name, d.Row.Index, last, n)
		}
		last = d.Row.Index
		if want == nil {
			e.seen[file].docs++
			e.seen[file].bytes += int64(len(d.Text))
		}
		if err := visit(start+uint32(last), symbols); err != nil {
			return fmt.Errorf("%s: %w", unit.Name, err)
		}
	}
	return nil
}

// write writes the edits of every file, also of those that have none.
func (e *substringEditor) write(ctx context.Context, r *Result) error {
	e.writers, e.shards = make([]*editWriter, len(e.k.files)), make([]quern.Shard, len(e.k.files))
	e.examples, e.shown = map[uint32][]int{}, make([]Example, len(e.f.evidence))
	for i, x := range e.f.evidence {
		doc := e.f.doc[x.again>>32]
		e.examples[doc] = append(e.examples[doc], i)
	}
	if err := e.f.walk(ctx, e.f.found, e.rule, e.end); err != nil {
		return err
	}
	for file, s := range e.seen {
		set := e.k.sets[e.k.set[file]]
		if set.Prior != nil {
			continue
		}
		r.Shards = append(r.Shards, e.shards[file])
		t := quern.Tally{Source: set.Name, Domain: set.Domain, Fate: quern.Kept, Docs: s.docs - s.gone, In: s.bytes - s.goneOff}
		t.Out = t.In - s.cut
		r.Ledger.In += s.docs
		r.Parts.add(PartCounts{Repeated: s.ranges, Edited: s.edited, CutBytes: s.cut})
		if t.Docs > 0 {
			r.Ledger.Add(t)
		}
		if s.gone > 0 {
			r.Ledger.Add(quern.Tally{Source: set.Name, Domain: set.Domain, Fate: quern.Dropped, Reason: string(DroppedSubstrings), Docs: s.gone, In: s.goneOff})
		}
	}
	r.Examples = slices.DeleteFunc(e.shown, func(x Example) bool { return x.Copies == 0 }) // those in documents of the past
	r.Candidates, r.Verified, r.Parts.Parts = e.f.lifted, e.f.windows, e.f.windows
	return nil
}

func (e *substringEditor) open(file int) (*editWriter, error) {
	if w := e.writers[file]; w != nil {
		return w, nil
	}
	w, err := newEditWriter(e.out, e.k.sets[e.k.set[file]].Name, e.k.shardOf(file))
	e.writers[file] = w
	return w, err
}

func (e *substringEditor) end(file int, err error) error {
	if err == nil && e.k.sets[e.k.set[file]].Prior == nil {
		var w *editWriter
		if w, err = e.open(file); err == nil {
			e.writers[file] = nil // commit ends it, also when it fails
			e.shards[file], err = w.commit()
		}
	}
	if w := e.writers[file]; w != nil {
		w.abort()
	}
	return err
}

// rule writes the edit of one document. Those of an earlier run are as they were published: they have a part in what is repeated and
// are not edited.
func (e *substringEditor) rule(worker, file int, doc uint32, symbols []byte, list []mark) error {
	now := &e.now[worker]
	text, cuts := now.text, e.f.cuts(nil, list)
	if len(cuts) == 0 || cuts[len(cuts)-1].To > len(symbols)/e.f.symbol {
		return errChanged(doc)
	}
	if e.k.sets[e.k.set[file]].Prior != nil {
		return nil
	}
	for i, c := range cuts {
		cuts[i] = Cut{now.at(c.From), now.at(c.To)}
	}
	cuts = mergeCuts(cuts) // a token may be empty
	if err := e.show(doc, now); err != nil {
		return err
	}
	cuts = e.shrink(text, cuts)
	if len(cuts) == 0 {
		return nil
	}
	w, err := e.open(file)
	if err != nil {
		return err
	}
	cut := 0
	for _, c := range cuts {
		cut += c.To - c.From
	}
	edit := Edit{Row: int(doc - e.k.starts[file]), Drop: e.verdict(text, cuts, len(text)-cut)}
	s := &e.seen[file]
	switch {
	case edit.Drop.Verdict != quern.Keep:
		s.gone++
		s.goneOff += int64(len(text))
	case e.Action == "drop":
		return nil
	default:
		edit.Cuts = cuts
		s.cut += int64(cut)
		s.edited++
		s.ranges += int64(len(cuts))
	}
	return w.put(edit)
}

// verdict is on a document of which so many bytes are left. One of which only white space would be left always goes.
func (e *substringEditor) verdict(text []byte, cuts []Cut, left int) quern.Drop {
	share := float64(left) / float64(len(text))
	switch {
	case left < e.MinBytes:
		return quern.Drop{Verdict: DroppedSubstrings, Value: float64(left), Limit: float64(e.MinBytes)}
	case share < e.MinShare:
		return quern.Drop{Verdict: DroppedSubstrings, Value: share, Limit: e.MinShare}
	case e.Action == "cut" && len(bytes.TrimSpace(cutOut(text, cuts))) == 0:
		return quern.Drop{Verdict: DroppedSubstrings, Value: 0, Limit: 1}
	}
	return quern.Drop{}
}

// show makes the examples of a document. In tokens it is not known where the part begins in the text of the document that keeps it.
func (e *substringEditor) show(doc uint32, now *encoded) error {
	for _, i := range e.examples[doc] {
		x := e.f.evidence[i]
		removed, err := e.k.placeOf(doc)
		if err != nil {
			return err
		}
		kept, err := e.k.placeOf(e.f.doc[x.first>>32])
		if err != nil {
			return err
		}
		symbol := int(uint32(x.again))
		to := now.at(symbol + e.f.length)
		if removed.From = now.at(symbol); e.Tokens == 0 {
			kept.From = int(uint32(x.first))
		}
		part := now.text[removed.From:min(to, removed.From+longestExample)]
		e.shown[i] = Example{Reason: string(DroppedSubstrings), Similarity: 1, Removed: removed, Kept: kept,
			Part: string(bytes.ToValidUTF8(part, nil)), Copies: int64(x.times)}
	}
	return nil
}

// placeOf tells where a document stands.
func (k *corpus) placeOf(doc uint32) (Place, error) {
	file, row := k.place(doc)
	id, err := k.files[file].entry(colID, row)
	return Place{ID: quern.ID(id).String(), Dataset: k.sets[k.set[file]].Name, Shard: k.shardOf(file), Row: int(row)}, err
}

// shrink makes cuts smaller until their ends are borders. Those of which nothing is left are left out.
func (e *substringEditor) shrink(text []byte, cuts []Cut) []Cut {
	border := e.Border
	if e.Action == "drop" {
		border = "letter" // nothing is cut
	}
	out := cuts[:0]
	for _, c := range cuts {
		for c.From < c.To && !utf8.RuneStart(text[c.From]) {
			c.From++
		}
		for c.From < c.To && c.To < len(text) && !utf8.RuneStart(text[c.To]) {
			c.To--
		}
		switch border {
		case "word":
			c = shrinkToWords(text, c)
		case "line":
			c = shrinkToLines(text, c)
		}
		if c.From < c.To {
			out = append(out, c)
		}
	}
	return out
}

func shrinkToLines(text []byte, c Cut) Cut {
	if c.From > 0 && text[c.From-1] != '\n' {
		n := bytes.IndexByte(text[c.From:c.To], '\n')
		if n < 0 {
			return Cut{}
		}
		c.From += n + 1
	}
	if c.To < len(text) && text[c.To-1] != '\n' {
		c.To = c.From + bytes.LastIndexByte(text[c.From:c.To], '\n') + 1
	}
	return c
}

func shrinkToWords(text []byte, c Cut) Cut {
	for c.From < c.To && insideWord(text, c.From) {
		_, n := utf8.DecodeRune(text[c.From:])
		c.From += n
	}
	for c.From < c.To && insideWord(text, c.To) {
		_, n := utf8.DecodeLastRune(text[:c.To])
		c.To -= n
	}
	if c.From > 0 && c.From < c.To && c.To < len(text) {
		before, _ := utf8.DecodeLastRune(text[:c.From])
		after, _ := utf8.DecodeRune(text[c.To:])
		if joins(before) && joins(after) { // what parted them stays: the space with which the cut begins
			_, n := utf8.DecodeRune(text[c.From:])
			c.From += n
		}
	}
	return c
}

// insideWord reports whether letters of one word stand on both sides.
func insideWord(text []byte, at int) bool {
	if at == 0 || at == len(text) {
		return false
	}
	before, _ := utf8.DecodeLastRune(text[:at])
	after, _ := utf8.DecodeRune(text[at:])
	return joins(before) && joins(after)
}

// joins reports whether words go on over a letter: letters, digits and marks, but not those of scripts in which each is a word of its own.
func joins(r rune) bool {
	if r < utf8.RuneSelf {
		return r|0x20 >= 'a' && r|0x20 <= 'z' || r >= '0' && r <= '9' || r == '_'
	}
	return (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)) && !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}
