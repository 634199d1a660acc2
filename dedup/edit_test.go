package dedup

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// plainTexts is a dataset of one shard a unit.
type plainTexts [][]string

func (x plainTexts) Units(context.Context) (units []quern.Unit, err error) {
	for i := range x {
		units = append(units, quern.Unit{Name: fmt.Sprint(i), Parts: []quern.Part{{From: int64(i)}}})
	}
	return units, nil
}

func (x plainTexts) Docs(_ context.Context, u quern.Unit) iter.Seq2[*quern.Doc, error] {
	return func(yield func(*quern.Doc, error) bool) {
		i := int(u.Parts[0].From)
		for row, text := range x[i] {
			if text == "-" { // gone before
				continue
			}
			if !yield(&quern.Doc{ID: quern.NewID(fmt.Sprint(i), fmt.Sprint(row)), Text: []byte(text), Row: quern.Row{Shard: i, Index: row}}, nil) {
				return
			}
		}
	}
}

func all(t *testing.T, src quern.Source) (out []string) {
	t.Helper()
	for d, err := range everyDoc(src) {
		if err != nil {
			return append(out, "error: "+err.Error())
		}
		out = append(out, string(d.Text))
	}
	return out
}

func writeEdits(t *testing.T, dir quern.Dir, dataset string, shard int, edits ...Edit) quern.Shard {
	t.Helper()
	w, err := newEditWriter(dir, dataset, shard)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range edits {
		if err := w.put(e); err != nil {
			t.Fatal(err)
		}
	}
	sh, err := w.commit()
	if err != nil {
		t.Fatal(err)
	}
	if sh.Docs != int64(len(edits)) {
		t.Errorf("%d edits, want %d", sh.Docs, len(edits))
	}
	return sh
}

func TestEditsAreApplied(t *testing.T) {
	src := plainTexts{{"0123456789", "stays", "goes", "-", "abc"}, {"other shard"}, {"left alone"}}
	var dir quern.Memory
	shards := []quern.Shard{
		writeEdits(t, &dir, "web", 0,
			Edit{Row: 0, Cuts: []Cut{{0, 2}, {4, 5}, {8, 10}}},
			Edit{Row: 2, Drop: quern.Drop{Verdict: "dedup.lines", Value: 0.9, Limit: 0.5}},
			Edit{Row: 3, Cuts: []Cut{{5, 9}}},
			Edit{Row: 4, Cuts: []Cut{{0, 3}}}),
		writeEdits(t, &dir, "web", 1),
	}
	got := all(t, OpenEdits(&dir, shards).Survivors(src, "web"))
	if want := []string{"23567", "stays", "", "other shard", "left alone"}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := all(t, OpenEdits(&dir, shards).Survivors(src, "papers")); len(got) != 6 {
		t.Errorf("another dataset was edited: %q", got)
	}
	short := plainTexts{{"0123"}}
	if got := all(t, OpenEdits(&dir, shards).Survivors(short, "web")); !strings.Contains(fmt.Sprint(got), "other texts") {
		t.Errorf("got %q, want an error about other texts", got)
	}
	if got := all(t, OpenEdits(&quern.Memory{}, shards).Survivors(src, "web")); !strings.Contains(fmt.Sprint(got), "error") {
		t.Errorf("lost edits: %q", got)
	}
}

func TestSomeEditedRows(t *testing.T) {
	src := plainTexts{{"0123456789", "stays", "goes", "-", "abc"}}
	var dir quern.Memory
	sh := writeEdits(t, &dir, "web", 0, Edit{Row: 0, Cuts: []Cut{{0, 2}}}, Edit{Row: 2, Drop: quern.Drop{Verdict: "dedup.lines"}}, Edit{Row: 4, Cuts: []Cut{{0, 1}}})
	some := OpenEdits(&dir, []quern.Shard{sh}).Survivors(src, "web").(picker)
	units, _ := src.Units(context.Background())
	var got []string
	for d, err := range some.Some(context.Background(), units[0], func(row int) bool { return row > 1 }) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(d.Text))
	}
	if fmt.Sprint(got) != "[bc]" {
		t.Errorf("got %q", got)
	}
}

func TestDamagedEditsAreRefused(t *testing.T) {
	var dir quern.Memory
	var edits []Edit
	var rows []string
	for i := range 200 {
		rows = append(rows, strings.Repeat("x", 40))
		edits = append(edits, Edit{Row: i, Cuts: []Cut{{i % 7, i%7 + 1 + i%5}}})
	}
	sh := writeEdits(t, &dir, "web", 0, edits...)
	whole, err := quern.ReadBlob(&dir, sh.Name)
	if err != nil {
		t.Fatal(err)
	}
	good := fmt.Sprint(all(t, OpenEdits(&dir, []quern.Shard{sh}).Survivors(plainTexts{rows}, "web")))
	for i := range whole {
		for _, b := range [][]byte{whole[:i], append(append(append([]byte{}, whole[:i]...), whole[i]^0x40), whole[i+1:]...)} {
			var bad quern.Memory
			if err := quern.WriteBlob(&bad, sh.Name, b); err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprint(all(t, OpenEdits(&bad, []quern.Shard{sh}).Survivors(plainTexts{rows}, "web")))
			if got != good && !strings.Contains(got, "error") {
				t.Fatalf("byte %d of %d: other texts and no error", i, len(whole))
			}
		}
	}
}

func TestMergeCuts(t *testing.T) {
	f := func(in, want []Cut) {
		t.Helper()
		if got := mergeCuts(in); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	f(nil, nil)
	f([]Cut{{5, 9}, {0, 2}}, []Cut{{0, 2}, {5, 9}})
	f([]Cut{{0, 2}, {2, 4}, {3, 9}, {11, 12}, {4, 5}}, []Cut{{0, 9}, {11, 12}})
}

func FuzzEdits(f *testing.F) {
	f.Add([]byte("quernedt"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var dir quern.Memory
		quern.WriteBlob(&dir, "edits/web/00000.zst", b)
		all(t, OpenEdits(&dir, []quern.Shard{{Name: "edits/web/00000.zst"}}).Survivors(plainTexts{{"some text", "more"}}, "web"))
	})
}
