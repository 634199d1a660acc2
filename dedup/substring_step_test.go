package dedup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// substringConfig cuts at letters and drops nothing, unless edited.
func substringConfig(edit func(*Substrings)) Config {
	s := Substrings{Bytes: 40, Stays: "first", Action: "cut", Border: "letter"}
	if edit != nil {
		edit(&s)
	}
	return Config{Substrings: &s, Prefer: []string{"paper", "web"}}
}

func runSubstrings(t testing.TB, c Config, sets []Dataset, mem int64, workers int) (Result, quern.Dir) {
	t.Helper()
	out, scratch := &quern.Memory{}, t.TempDir()
	r, err := RepeatedSubstrings(context.Background(), c, 1, sets, out, scratch, mem, workers)
	if err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(scratch); len(left) > 0 {
		t.Errorf("%v is left in the scratch folder", left)
	}
	if err := r.Ledger.Check(); err != nil {
		t.Error(err)
	}
	if err := (&quern.Manifest{Shards: r.Shards}).Verify(out, true); err != nil {
		t.Error(err)
	}
	shards := 0
	for _, s := range sets {
		shards += len(s.Shards)
	}
	if len(r.Shards) != shards {
		t.Errorf("edits of %d shards, want %d", len(r.Shards), shards)
	}
	return r, out
}

// leftOf is the texts that survive, by ID, and checks the ledger by them.
func leftOf(t testing.TB, r Result, out quern.Dir, sets []Dataset) map[quern.ID]string {
	t.Helper()
	texts := map[quern.ID]string{}
	size := int64(0)
	for _, set := range sets {
		for d, err := range everyDoc(OpenEdits(out, r.Shards).Survivors(set.Texts, set.Name)) {
			if err != nil {
				t.Fatal(err)
			}
			texts[d.ID] = string(d.Text)
			size += int64(len(d.Text))
		}
	}
	k := r.Ledger.Total(quern.Kept, "")
	if k.Docs != int64(len(texts)) || k.Out != size {
		t.Errorf("the ledger keeps %d documents and %d bytes, there are %d and %d", k.Docs, k.Out, len(texts), size)
	}
	if p := r.Parts; p.CutBytes != k.In-k.Out || p.Edited > p.Repeated || (p.Edited == 0) != (p.CutBytes == 0) {
		t.Errorf("%+v, the ledger lost %d bytes of documents that stay", p, k.In-k.Out)
	}
	return texts
}

// TestSubstringsByRank: of equal windows the one in the document of the lowest rank stays, whatever the order of files, their split, the
// workers and the memory; the cuts are the truth.
func TestSubstringsByRank(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 11))
	var web, paper []quern.Doc
	for i, text := range repetitive(r, 80, 500, 20) {
		if i%4 == 0 {
			paper = append(paper, newDoc("paper", fmt.Sprint(i), string(text)))
		} else {
			web = append(web, newDoc("web", fmt.Sprint(i), string(text)))
		}
	}
	for _, stays := range []string{"first", "none"} {
		c := substringConfig(func(s *Substrings) { s.Stays = stays })
		byID := func(docs []quern.Doc) []quern.Doc {
			docs = slices.Clone(docs)
			slices.SortFunc(docs, func(a, b quern.Doc) int { return a.ID.Compare(b.ID) })
			return docs
		}
		ranked := append(byID(paper), byID(web)...)
		var texts [][]byte
		for _, d := range ranked {
			texts = append(texts, d.Text)
		}
		want := map[quern.ID]string{}
		for i, cut := range truth(texts, 40, stays) {
			var rest []byte
			for j, gone := range cut {
				if !gone {
					rest = append(rest, texts[i][j])
				}
			}
			if len(bytes.TrimSpace(rest)) > 0 || len(texts[i]) == 0 {
				want[ranked[i].ID] = string(rest)
			}
		}
		var examples []string
		for _, workers := range []int{1, 2, 7} {
			sets := []Dataset{dataset(t, c, 1, "web", "web", web, 1+workers/2), dataset(t, c, 1, "paper", "paper", paper, 1+workers%3)}
			res, out := runSubstrings(t, c, sets, leastWorking+bytesPerDoc*1000+int64(workers)<<22, workers)
			if got := leftOf(t, res, out, sets); !mapsEqual(got, want) {
				t.Errorf("%s stays, %d workers: %d texts are left, want %d, or they differ", stays, workers, len(got), len(want))
			}
			var s []string
			for _, x := range res.Examples {
				s = append(s, fmt.Sprint(x.Removed.ID, x.Removed.From, x.Kept.ID, x.Kept.From, x.Part, x.Copies))
			}
			if examples == nil {
				examples = s
			} else if !slices.Equal(s, examples) {
				t.Errorf("%s stays, %d workers: other examples", stays, workers)
			}
			checkExamples(t, res.Examples, ranked)
			slices.Reverse(web)
			slices.Reverse(paper)
		}
	}
}

func mapsEqual(a, b map[quern.ID]string) bool {
	for id, text := range a {
		if other, ok := b[id]; !ok || other != text {
			return false
		}
	}
	return len(a) == len(b)
}

// checkExamples looks the evidence up in the texts.
func checkExamples(t *testing.T, examples []Example, docs []quern.Doc) {
	t.Helper()
	text := map[string]string{}
	for _, d := range docs {
		text[d.ID.String()] = string(d.Text)
	}
	if len(examples) != maxExamples {
		t.Errorf("%d examples", len(examples))
	}
	for _, x := range examples {
		times := int64(0)
		for _, d := range docs {
			for at := range d.Text {
				if strings.HasPrefix(string(d.Text[at:]), x.Part) {
					times++
				}
			}
		}
		if len(x.Part) != 40 || !strings.HasPrefix(text[x.Removed.ID][x.Removed.From:], x.Part) || !strings.HasPrefix(text[x.Kept.ID][x.Kept.From:], x.Part) || times != x.Copies {
			t.Errorf("%+v, but it occurs %d times, or not there", x, times)
		}
		if x.Removed == x.Kept {
			t.Errorf("%+v: one place", x)
		}
	}
}

func TestSubstringBorders(t *testing.T) {
	for _, x := range []struct{ border, text, cut, want string }{
		{"letter", "abcdef", "cd", "ab|ef"},
		{"letter", "äöü", "\xa4ö\xc3", "ä|ü"},
		{"letter", "äöü", "\xa4ö", "ä|ü"},
		{"letter", "ä世", "\xa4\xe4\xb8", "ä世"},
		{"word", "the cat sat on a mat", "e cat sat on a m", "the |mat"},
		{"word", "the cat sat", " cat ", "the |sat"},
		{"word", "the, cat, sat", "e, cat, s", "the,|sat"},
		{"word", "the cat sat", "the ca", "|cat sat"},
		{"word", "antidisestablish", "tidises", "antidisestablish"},
		{"word", "我们都是人", "们都", "我|是人"},
		{"word", "Ärger über Öl", "rger über", "Ärger| Öl"},
		{"word", "a_b=c_d", "=", "a_b=c_d"},
		{"word", "a, b", ", ", "a,|b"},
		{"line", "one\ntwo\nthree\n", "ne\ntwo\nth", "one\n|three\n"},
		{"line", "one\ntwo\nthree", "two\nthree", "one\n|"},
		{"line", "one\ntwo", "one\ntw", "|two"},
		{"line", "one line", "ne li", "one line"},
		{"line", "one\ntwo", "ne\ntw", "one\ntwo"},
	} {
		e := &substringEditor{Substrings: Substrings{Border: x.border}}
		at := strings.Index(x.text, x.cut)
		cuts := e.shrink([]byte(x.text), []Cut{{at, at + len(x.cut)}})
		got := x.text
		if len(cuts) > 0 {
			got = x.text[:cuts[0].From] + "|" + x.text[cuts[0].To:]
		}
		if got != x.want || !utf8.ValidString(got) {
			t.Errorf("%s: %q without %q: got %q, want %q", x.border, x.text, x.cut, got, x.want)
		}
	}
}

// TestSubstringVerdicts: what becomes of documents of which little is left. "R" stands for a repeated part of 50 bytes.
func TestSubstringVerdicts(t *testing.T) {
	repeated := "This part of fifty bytes stands in many documents."
	for _, x := range []struct {
		edit         func(*Substrings)
		text, left   string // left "-": dropped
		value, limit float64
	}{
		{nil, "own R", "own ", 0, 0},
		{nil, "R", "-", 0, 1},
		{nil, " R\n", "-", 0, 1},
		{nil, "R by R", " by ", 0, 0},
		{func(s *Substrings) { s.MinBytes = 5 }, "own R", "-", 4, 5},
		{func(s *Substrings) { s.MinBytes = 4 }, "own R", "own ", 0, 0},
		{func(s *Substrings) { s.MinBytes = 20 }, "short", "short", 0, 0},
		{func(s *Substrings) { s.MinShare = .2 }, "0123456789R", "-", 10. / 60, .2},
		{func(s *Substrings) { s.MinShare = .1 }, "0123456789R", "0123456789", 0, 0},
		{func(s *Substrings) { s.Action, s.MinShare = "drop", .1 }, "0123456789R", "0123456789R", 0, 0},
		{func(s *Substrings) { s.Action, s.MinShare = "drop", .5 }, "0123456789R", "-", 10. / 60, .5},
		{func(s *Substrings) { s.Action, s.MinShare = "drop", 1 }, "nothing of it", "nothing of it", 0, 0},
	} {
		c := substringConfig(x.edit)
		text := strings.ReplaceAll(x.text, "R", repeated)
		first, second := newDoc("paper", "first", repeated), newDoc("web", "second", text)
		sets := []Dataset{dataset(t, c, 1, "web", "web", []quern.Doc{second}, 1), dataset(t, c, 1, "paper", "paper", []quern.Doc{first}, 1)}
		r, out := runSubstrings(t, c, sets, 0, 2)
		got := leftOf(t, r, out, sets)
		rest, ok := got[second.ID]
		if !ok {
			rest = "-"
		}
		if want := strings.ReplaceAll(x.left, "R", repeated); rest != want || got[first.ID] != repeated {
			t.Errorf("%q: %q is left, want %q", x.text, rest, want)
		}
		if x.left == "-" {
			e, err := OpenEdits(out, r.Shards).open("web", 0)
			if err != nil {
				t.Fatal(err)
			}
			if want := (quern.Drop{Verdict: DroppedSubstrings, Value: x.value, Limit: x.limit}); e.next.Drop != want {
				t.Errorf("%q: %+v, want %+v", x.text, e.next.Drop, want)
			}
			e.close()
		}
	}
}

// noFates is a past of which nothing was removed.
type noFates struct{}

func (noFates) Fates(context.Context, int, func(int, Fate) error) error { return nil }

func (noFates) Sets(context.Context, int, func(int) bool, func(int, []uint32) error) error {
	return nil
}

// TestSubstringsOfThePast: what an earlier run published is left as it is, and what repeats it goes from the new documents, though their
// domain is preferred.
func TestSubstringsOfThePast(t *testing.T) {
	c := substringConfig(nil)
	shared := "what stands in the old corpus and comes again in the new one. "
	old := []quern.Doc{newDoc("web", "old", "old: "+shared+shared), newDoc("web", "older", "older: "+shared)}
	fresh := []quern.Doc{newDoc("paper", "new", "new: "+shared)}
	sets := []Dataset{dataset(t, c, 1, "web", "web", old, 1), dataset(t, c, 1, "paper", "paper", fresh, 1)}
	sets[0].Prior = noFates{}
	out := &quern.Memory{}
	r, err := RepeatedSubstrings(context.Background(), c, 1, sets, out, t.TempDir(), 0, 2)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Shards) != 1 || r.Ledger.In != 1 {
		t.Errorf("edits of %d shards, %d documents in the ledger; want those of the new set alone", len(r.Shards), r.Ledger.In)
	}
	if got := leftOf(t, r, out, sets[1:])[fresh[0].ID]; got != "new" {
		t.Errorf("%q is left of the new document", got)
	}
	for _, x := range r.Examples {
		if x.Removed.Dataset != "paper" || x.Kept.Dataset != "web" {
			t.Errorf("%+v", x)
		}
	}
}

// changingTexts gives other texts from the second time on.
type changingTexts struct {
	texts
	reads *int
	how   func(d *quern.Doc) bool // false: leave it out
}

func (c changingTexts) Docs(ctx context.Context, u quern.Unit) iter.Seq2[*quern.Doc, error] {
	return func(yield func(*quern.Doc, error) bool) {
		*c.reads++
		again := *c.reads > 1
		for d, err := range c.texts.Docs(ctx, u) {
			if err == nil && again && !c.how(d) {
				continue
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

// choosy can tell documents apart.
type choosy struct {
	texts
	asked *int
}

func (s choosy) Some(ctx context.Context, u quern.Unit, want func(row int) bool) iter.Seq2[*quern.Doc, error] {
	return func(yield func(*quern.Doc, error) bool) {
		for d, err := range s.texts.Docs(ctx, u) {
			if err == nil && !want(d.Row.Index) {
				continue
			}
			*s.asked++
			if !yield(d, err) {
				return
			}
		}
	}
}

func TestSubstringsReadAgainOnlySome(t *testing.T) {
	c := substringConfig(nil)
	long := strings.Repeat("0123456789", 3) + "abcdefghijklmnopqrstuvwxyz"
	r := rand.New(rand.NewPCG(9, 9))
	var docs []quern.Doc
	for i := range 100 {
		text := string(letters(r, 200, 20))
		if i%50 == 7 {
			text += long
		}
		docs = append(docs, newDoc("web", fmt.Sprint(i), text))
	}
	set := dataset(t, c, 1, "web", "web", docs, 2)
	asked := 0
	set.Texts = choosy{set.Texts.(texts), &asked}
	res, _ := runSubstrings(t, c, []Dataset{set}, 0, 1)
	if cut := res.Ledger.Total(quern.Kept, ""); asked != 3 || cut.In-cut.Out != int64(len(long)) {
		t.Errorf("%d documents were read again and %d bytes cut, want both of them, then the one that is cut of %d bytes", asked, cut.In-cut.Out, len(long))
	}
}

func TestSubstringsRefuse(t *testing.T) {
	c := substringConfig(nil)
	r := rand.New(rand.NewPCG(3, 3))
	var docs []quern.Doc
	for i, text := range repetitive(r, 60, 500, 20) {
		docs = append(docs, newDoc("web", fmt.Sprint(i), string(text)+strings.Repeat("the same in all of them ", 4)))
	}
	set := dataset(t, c, 1, "web", "web", docs, 1)
	f := func(word string, c Config, seed uint64, mem int64, sets ...Dataset) {
		t.Helper()
		out, scratch := &quern.Memory{}, t.TempDir()
		_, err := RepeatedSubstrings(context.Background(), c, seed, sets, out, scratch, mem, 2)
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("got %v, want an error about %q", err, word)
		}
		names, _ := out.List("")
		left, _ := os.ReadDir(scratch)
		if len(names)+len(left) > 0 {
			t.Errorf("%s: %v was written, %v is left", word, names, left)
		}
	}
	f("not asked for", both(), 1, 0, set)
	f("another seed", c, 2, 0, set)
	f("memory", c, 1, 1<<20, set)
	f("differ", c, 1, 0, set, set)
	past := set
	past.Prior, past.Texts = noFates{}, nil
	f("texts of web", c, 1, 0, past)
	for word, how := range map[string]func(d *quern.Doc) bool{
		"not as it was": func(d *quern.Doc) bool { d.Text = d.Text[:len(d.Text)/2]; return true },
		"texts changed": func(d *quern.Doc) bool { return d.Row.Index != 40 },
	} {
		changed := set
		changed.Texts = changingTexts{set.Texts.(texts), new(int), how}
		f(word, c, 1, 0, changed)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := RepeatedSubstrings(ctx, c, 1, []Dataset{set}, &quern.Memory{}, t.TempDir(), 0, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
	if _, err := RepeatedSubstrings(context.Background(), c, 1, []Dataset{set}, &quern.Memory{}, t.TempDir()+"/absent", 0, 2); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want an absent folder", err)
	}
	for word, edit := range map[string]func(*Substrings){
		"want 16 to 65536":             func(s *Substrings) { s.Bytes = 15 },
		"want 8 to 65536":              func(s *Substrings) { s.Bytes, s.Tokens = 0, 7 },
		"one of the two":               func(s *Substrings) { s.Tokens = 50 },
		"need a tokenizer":             func(s *Substrings) { s.Bytes, s.Tokens = 0, 50 },
		"ends at byte 9":               func(s *Substrings) { s.Bytes, s.Tokens, s.Encode = 0, 50, backward },
		"of 65537 bytes":               func(s *Substrings) { s.Bytes = 65537 },
		"want first or none":           func(s *Substrings) { s.Stays = "last" },
		"want cut or drop":             func(s *Substrings) { s.Action = "" },
		"want letter, word or line":    func(s *Substrings) { s.Border = "sentence" },
		"min_bytes is -1":              func(s *Substrings) { s.MinBytes = -1 },
		"min_share is 1.5":             func(s *Substrings) { s.MinShare = 1.5 },
		"needs min_bytes or min_share": func(s *Substrings) { s.Action = "drop" },
	} {
		f(word, substringConfig(edit), 1, 0, set)
	}
}
