package quern

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// CheckStage holds anyone's Stage to the contract, as testing/fstest does for file systems: the same document meets the same fate
// twice, in a used and in a fresh instance, also after the text that it was given has been scribbled over; text that goes on is
// valid UTF-8. It returns the first breach. Give documents that reach every verdict.
func CheckStage(build func() (Stage, error), docs ...Doc) error {
	used, err := build()
	if err != nil {
		return err
	}
	if len(docs) == 0 {
		return errors.New("check: no documents given")
	}
	for round := range 2 {
		for i := range docs {
			fresh, err := build()
			if err != nil {
				return err
			}
			want, wantVerdict, err := applyOnce(fresh, &docs[i])
			if err != nil {
				return fmt.Errorf("check: doc %d: %w", i, err)
			}
			got, gotVerdict, err := applyOnce(used, &docs[i])
			if err != nil {
				return fmt.Errorf("check: doc %d: %w", i, err)
			}
			if gotVerdict != wantVerdict {
				return fmt.Errorf("check: doc %d, round %d: a used stage says %q, a fresh one %q: it remembers", i, round, gotVerdict, wantVerdict)
			}
			if diff := differ(&got, &want); diff != "" {
				return fmt.Errorf("check: doc %d, round %d: a used stage gives another %s than a fresh one: it remembers", i, round, diff)
			}
			if gotVerdict == Keep && !utf8.Valid(got.Text) {
				return fmt.Errorf("check: doc %d: kept with text that is not UTF-8", i)
			}
			if gotVerdict != Keep && got.Drop.Verdict != "" && got.Drop.Verdict != gotVerdict {
				return fmt.Errorf("check: doc %d: verdict %q, but Drop names %q", i, gotVerdict, got.Drop.Verdict)
			}
		}
	}
	return nil
}

// applyOnce applies s to a private copy of d, copies the outcome, and then scribbles over all memory that was lent.
func applyOnce(s Stage, d *Doc) (Doc, Verdict, error) {
	lent := cloneDoc(d)
	if lent.Spans == nil {
		lent.Spans = []Span{}
	}
	given := lent.Text
	v, err := s.Apply(&lent)
	for _, p := range lent.Spans[min(len(d.Spans), len(lent.Spans)):] {
		if err == nil && (p.From < 0 || p.To < p.From || p.To > len(given)) {
			err = fmt.Errorf("span %s [%d, %d) is not in a text of %d bytes", p.Name, p.From, p.To, len(given))
		}
	}
	out := cloneDoc(&lent)
	for i := range given {
		given[i] = 0xA5
	}
	for i := range lent.Text {
		lent.Text[i] = 0xA5
	}
	return out, v, err
}

func cloneDoc(d *Doc) Doc {
	c := *d
	c.Text = bytes.Clone(d.Text)
	c.Tokens = slices.Clone(d.Tokens)
	c.Marks = slices.Clone(d.Marks)
	c.Spans = slices.Clone(d.Spans)
	c.Meta = bytes.Clone(d.Meta)
	return c
}

// differ names the first part in which two documents differ, "" if none.
func differ(a, b *Doc) string {
	switch {
	case a.ID != b.ID:
		return "ID"
	case !bytes.Equal(a.Text, b.Text):
		return "Text"
	case !slices.Equal(a.Tokens, b.Tokens):
		return "Tokens"
	case !slices.Equal(a.Marks, b.Marks):
		return "Marks"
	case !slices.Equal(a.Spans, b.Spans):
		return "Spans"
	case !bytes.Equal(a.Meta, b.Meta):
		return "Meta"
	case a.Domain != b.Domain || a.Bucket != b.Bucket || a.Source != b.Source || a.Origin != b.Origin || a.Lang != b.Lang || a.License != b.License || a.Time != b.Time:
		return "provenance"
	case a.Drop != b.Drop:
		return "Drop"
	}
	return ""
}

// CheckSource holds anyone's Source to the contract: the same units twice, with names that differ, and the same documents in the
// same order each time a unit is read; texts are valid UTF-8; bad records wrap ErrRecord. It returns the first breach.
func CheckSource(ctx context.Context, src Source) error {
	units, err := src.Units(ctx)
	if err != nil {
		return err
	}
	again, err := src.Units(ctx)
	if err != nil {
		return err
	}
	if len(units) != len(again) {
		return fmt.Errorf("check: %d units, then %d", len(units), len(again))
	}
	seen := map[string]bool{}
	for i, u := range units {
		if !sameUnit(u, again[i]) {
			return fmt.Errorf("check: unit %d changed from %q to %q", i, u.Name, again[i].Name)
		}
		if seen[u.Name] {
			return fmt.Errorf("check: two units are named %q", u.Name)
		}
		seen[u.Name] = true
		if err := checkUnit(ctx, src, u); err != nil {
			return fmt.Errorf("check: unit %q: %w", u.Name, err)
		}
	}
	return nil
}

func checkUnit(ctx context.Context, src Source, u Unit) error {
	var first []Doc
	var errs []string
	for d, err := range src.Docs(ctx, u) {
		if err != nil {
			if !errors.Is(err, ErrRecord) {
				return err
			}
			errs = append(errs, err.Error())
			continue
		}
		if !utf8.Valid(d.Text) {
			return fmt.Errorf("doc %s: text is not UTF-8", d.ID)
		}
		if d.ID.IsZero() {
			return fmt.Errorf("doc %d has no ID", len(first))
		}
		first = append(first, cloneDoc(d))
		for i := range d.Text { // a reader that lends the same memory twice must fill it anew
			d.Text[i] = 0xA5
		}
	}
	n, e := 0, 0
	for d, err := range src.Docs(ctx, u) {
		if err != nil {
			if e >= len(errs) || errs[e] != err.Error() {
				return fmt.Errorf("bad record %d reads %q on the second pass", e, err)
			}
			e++
			continue
		}
		if n >= len(first) {
			return errors.New("more documents on the second pass")
		}
		if diff := differ(d, &first[n]); diff != "" {
			return fmt.Errorf("doc %d has another %s on the second pass", n, diff)
		}
		n++
	}
	if n != len(first) || e != len(errs) {
		return fmt.Errorf("%d documents and %d bad records, then %d and %d", len(first), len(errs), n, e)
	}
	return nil
}

// CheckSink holds anyone's Sink to the contract: what is committed stands in the Dir as the Shard says, and twice the same
// documents give the same bytes, also when the documents are scribbled over after Put; Abort leaves nothing. The build function
// must name its blobs the same each time.
func CheckSink(build func(dir Dir) (Sink, error), docs ...Doc) error {
	var shards [2]Shard
	for round := range shards {
		dir := &Memory{}
		s, err := build(dir)
		if err != nil {
			return err
		}
		for i := range docs {
			d := cloneDoc(&docs[i])
			if err := s.Put(&d); err != nil {
				return fmt.Errorf("check: Put of doc %d: %w", i, err)
			}
			for j := range d.Text {
				d.Text[j] = 0xA5
			}
			clear(d.Tokens)
			clear(d.Marks)
		}
		if shards[round], err = s.Commit(); err != nil {
			return fmt.Errorf("check: Commit: %w", err)
		}
		m := Manifest{Shards: shards[round : round+1]}
		if err := m.Verify(dir, true); err != nil {
			return fmt.Errorf("check: the shard is not what Commit said: %w", err)
		}
	}
	if shards[0].Docs != int64(len(docs)) {
		return fmt.Errorf("check: %d documents put, the shard says %d", len(docs), shards[0].Docs)
	}
	for i, b := range shards[0].Blobs {
		if b != shards[1].Blobs[i] {
			return fmt.Errorf("check: blob %s has other bytes the second time", b.Name)
		}
	}
	dir := &Memory{}
	s, err := build(dir)
	if err != nil {
		return err
	}
	for i := range docs {
		d := cloneDoc(&docs[i])
		if err := s.Put(&d); err != nil {
			return err
		}
	}
	s.Abort()
	names, err := dir.List("")
	if err != nil {
		return err
	}
	if len(names) > 0 {
		return fmt.Errorf("check: Abort left %q", names)
	}
	return nil
}
