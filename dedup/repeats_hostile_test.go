package dedup

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

func TestHostileTexts(t *testing.T) {
	long := strings.Repeat("one line without an end ", 30_000)
	hostile := []string{
		"", "\n", "\r\n", "\n\n\n", " ", "\xff", "\xff\n\xfe\n\xff", "\xe2\x82", "a", "a\n", "\na", "a\r\nb\r\na\r\n",
		strings.Repeat("equal\n", 60_000), strings.Repeat("\n", 60_000), strings.Repeat("\r\n", 20_000), strings.Repeat("a\n\n", 20_000),
		strings.Repeat(". ", 20_000), strings.Repeat("Dr. ", 20_000), strings.Repeat("。", 20_000), strings.Repeat("\"')", 20_000),
		long, long, long + "\n" + long, strings.Repeat("日本語", 20_000), strings.Repeat("e\u0301", 20_000),
	}
	for name, c := range partConfigs() {
		for _, blank := range []bool{false, true} {
			if c.Lines == nil && blank {
				continue
			}
			if c.Lines != nil {
				p := *c.Lines
				p.Blank = blank
				c.Lines = &p
			}
			got, r := left(t, c, hostile...)
			for i, text := range got {
				if text != "gone" && len(text) > len(hostile[i]) || utf8.ValidString(hostile[i]) && !utf8.ValidString(text) {
					t.Errorf("%s: document %d of %d bytes became %d", name, i, len(hostile[i]), len(text))
				}
			}
			for _, e := range r.Examples {
				if !utf8.ValidString(e.Part) || len(e.Part) > 3*exampleBytes {
					t.Errorf("%s: example of %d bytes", name, len(e.Part))
				}
			}
		}
	}
}

// TestSmallBudget holds more parts than the budget has room for.
func TestSmallBudget(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	docs := make([]quern.Doc, 500)
	for i := range docs {
		var b strings.Builder
		for range 350 {
			if r.IntN(3) == 0 {
				b.WriteString("the same everywhere\n")
			}
			fmt.Fprintf(&b, "l%d x%d\n", r.IntN(20_000), r.IntN(2))
		}
		docs[i] = newDoc("web", fmt.Sprint(i), b.String())
	}
	for name, c := range partConfigs() {
		sets := []Dataset{dataset(t, c, 1, "web", "web", docs, 4)}
		run := func(mem int64, workers int) *quern.Memory {
			out := &quern.Memory{}
			scratch := t.TempDir()
			if _, err := searchOf(c)(context.Background(), c, 1, sets, out, scratch, mem, workers); err != nil {
				t.Fatal(name, err)
			}
			if left, _ := os.ReadDir(scratch); len(left) > 0 {
				t.Errorf("%s: %d files are left in the scratch folder", name, len(left))
			}
			return out
		}
		least := int64(500*bytesPerRank + leastWorking)
		if c.Bloom != nil {
			least += leastSieve // and the filter
		}
		sameBlobs(t, run(0, 2), run(least, 3))
	}
}

// TestHugeTexts is about one line of 30 MB and a million equal or empty ones.
func TestHugeTexts(t *testing.T) {
	million := strings.Repeat("equal\n", 1_000_000)
	texts := []string{strings.Repeat("one line of 30 MB ", 1_700_000), million + "and more\n", "\n" + strings.Repeat("\n", 1_000_000), "equal\nlast\n", million}
	got, r := left(t, lineConfig(nil), texts...)
	if got[0] != texts[0] || got[2] != texts[2] || got[1] != "equal\nand more\n" || got[3] != "last\n" || got[4] != "gone" {
		t.Error("other texts are left")
	}
	if r.Parts.Parts != 2_000_004 || r.Parts.Repeated != 2_000_000 {
		t.Errorf("counts %+v", r.Parts)
	}
	got, _ = left(t, lineConfig(func(p *Parts) { p.Blank = true }), texts[1:]...)
	same(t, got, "equal\nand more\n", "gone", "last", "gone")
}

func TestSortedSpills(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 7))
	s := newPartSpill[partRecord](t.TempDir(), "s", 3)
	defer s.close()
	want := make([][]partRecord, 3)
	d := dealTo(s, 1000)
	for range 50_000 {
		rec := partRecord{r.Uint64N(50), r.Uint64N(3), r.Uint64N(1000)}
		part := r.IntN(2) // the third stays empty
		want[part] = append(want[part], rec)
		if err := d.add(part, rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.flush(); err != nil {
		t.Fatal(err)
	}
	if s.records() != 50_000 {
		t.Errorf("%d records", s.records())
	}
	for part := range want {
		slices.SortFunc(want[part], func(a, b partRecord) int {
			return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]), cmp.Compare(a[2], b[2]))
		})
		for _, mem := range []int64{1 << 30, 100_000, 1000} {
			c, err := s.sorted(part, mem, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []partRecord
			for rec, ok := c.peek(); ok; rec, ok = c.peek() {
				got = append(got, rec)
				if err := c.skip(); err != nil {
					t.Fatal(err)
				}
			}
			c.close()
			if !slices.Equal(got, want[part]) {
				t.Errorf("part %d in %d bytes: %d records, want %d", part, mem, len(got), len(want[part]))
			}
		}
	}
}

func TestDamagedScratchIsAnError(t *testing.T) {
	spilled := func() *partSpill[markRecord] {
		s := newPartSpill[markRecord](t.TempDir(), "s", 1)
		recs := make([]markRecord, 10_000)
		for i := range recs {
			recs[i] = markRecord{uint64(i), 5}
		}
		if err := s.put(0, recs); err != nil {
			t.Fatal(err)
		}
		return s
	}
	read := func(s *partSpill[markRecord], mem int64) error {
		defer s.close()
		c, err := s.sorted(0, mem, nil)
		if err != nil {
			return err
		}
		c.close()
		return nil
	}
	for _, mem := range []int64{1 << 30, 1000} {
		s := spilled()
		if err := read(s, mem); err != nil {
			t.Error(err)
		}
		s = spilled()
		s.parts[0].file.Truncate(150_000)
		if err := read(s, mem); !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "s-000: offset 131072") {
			t.Error("a short file:", err)
		}
		s = spilled()
		s.parts[0].file.WriteAt([]byte{7}, 20_000)
		if err := read(s, mem); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Error("a changed file:", err)
		}
	}
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no /dev/full here")
	}
	s := newPartSpill[markRecord](t.TempDir(), "s", 1)
	s.parts[0].file = full
	if err := s.put(0, []markRecord{{1, 2}}); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Error("a full disk:", err)
	}
	s.close()
}

// changing is a source whose texts or rows are others when they are read again.
type changing struct {
	texts
	again *int
	drop  bool
	fail  error
}

func (s changing) Docs(ctx context.Context, u quern.Unit) iter.Seq2[*quern.Doc, error] {
	return func(yield func(*quern.Doc, error) bool) {
		*s.again++
		for d, err := range s.texts.Docs(ctx, u) {
			if *s.again > 1 && s.drop && d.Row.Index > 0 {
				return
			}
			if *s.again > 1 && s.fail != nil {
				yield(nil, s.fail)
				return
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

func TestTextsMustStay(t *testing.T) {
	c := lineConfig(nil)
	base := dataset(t, c, 1, "web", "web", inOrder("web", "a\nb", "b\nc", "d"), 1)
	run := func(set Dataset, out quern.Dir, mem int64) error {
		_, err := RepeatedLines(context.Background(), c, 1, []Dataset{set}, out, t.TempDir(), mem, 1)
		return err
	}
	f := func(want string, change func(*changing)) {
		t.Helper()
		again := 0
		src := changing{texts: base.Texts.(texts), again: &again}
		change(&src)
		set := base
		set.Texts = src
		if err := run(set, &quern.Memory{}, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
	f("row 1 was not read again", func(s *changing) { s.drop = true })
	f("a broken disk", func(s *changing) { s.fail = errors.New("a broken disk") })
	if err := run(base, fullDisk{}, 0); err == nil {
		t.Error("edits were written to a full disk")
	}
	if err := run(base, &quern.Memory{}, 1000); err == nil || !strings.Contains(err.Error(), "MiB of memory for 3 documents") {
		t.Error(err)
	}
	other := base
	other.Texts = texts{name: "web", parts: [][]quern.Doc{inOrder("xyz", "a", "b", "c")}}
	if err := run(other, &quern.Memory{}, 0); err == nil || !strings.Contains(err.Error(), "is signed there") {
		t.Error(err)
	}
	if _, err := RepeatedParagraphs(context.Background(), c, 1, []Dataset{base}, &quern.Memory{}, t.TempDir(), 0, 1); err == nil {
		t.Error("paragraphs were looked for unasked")
	}
}

// someOf reads single rows and counts them.
type someOf struct {
	texts
	read *int
}

func (s someOf) Some(ctx context.Context, u quern.Unit, want func(row int) bool) iter.Seq2[*quern.Doc, error] {
	return func(yield func(*quern.Doc, error) bool) {
		for d, err := range s.texts.Docs(ctx, u) {
			if want(d.Row.Index) {
				*s.read++
				if !yield(d, err) {
					return
				}
			}
		}
	}
}

func TestOnlyCutDocumentsAreReadAgain(t *testing.T) {
	c := lineConfig(nil)
	docs := inOrder("web", "a\nb", "x", "y", "b\nc", "z")
	set := dataset(t, c, 1, "web", "web", docs, 2)
	want, _ := searched(t, c, []Dataset{set}, 0, 2)
	read := 0
	plain := set.Texts.(texts)
	set.Texts = someOf{plain, &read}
	out := &quern.Memory{}
	r, err := RepeatedLines(context.Background(), c, 1, []Dataset{set}, out, t.TempDir(), 0, 1)
	if err != nil || read != 1 {
		t.Errorf("%d documents are read again, want 1: %v", read, err)
	}
	if len(r.Shards) != 2 || r.Shards[0].Docs != 0 || r.Shards[1].Docs != 1 {
		t.Errorf("shards %+v", r.Shards)
	}
	for _, text := range all(t, OpenEdits(out, r.Shards).Survivors(plain, "web")) {
		if !slices.Contains([]string{"a\nb", "x", "y", "c", "z"}, text) {
			t.Errorf("left %q of %q", text, want)
		}
	}
}

// TestGapsOracle closes the gaps of random texts and looks at what is left.
func TestGapsOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for range 20_000 {
		var lines []string
		for range 1 + r.IntN(9) {
			lines = append(lines, []string{"a\n", "b\r\n", "X\n", "X\n", "\n", " \n", "\r\n"}[r.IntN(7)])
		}
		text := []byte(strings.Join(lines, ""))
		if r.IntN(3) == 0 {
			text = bytes.TrimRight(text, "\r\n")
		}
		var cuts []Cut
		at := 0
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "X") && r.IntN(3) > 0 {
				cuts = append(cuts, Cut{at, at + len(line)})
			}
			at += len(line)
		}
		if cuts = mergeCuts(cuts); len(cuts) == 0 {
			continue
		}
		plain := string(cutOut(text, cuts))
		closed := closeGaps(text, slices.Clone(cuts))
		for i, c := range closed {
			if c.From >= c.To || c.To > len(text) || i > 0 && c.From <= closed[i-1].To {
				t.Fatalf("of %q cuts %v", text, closed)
			}
		}
		got := string(cutOut(text, closed))
		if strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(plain), " ") {
			t.Fatalf("of %q words are lost: %q", text, got)
		}
		if n, m := longestGap(got), longestGap(string(text)); n > m && m > 0 {
			t.Fatalf("of %q is left %q: %d blank lines where %d were the most", text, got, n, m)
		}
		if got != "" && !bytes.HasSuffix(text, []byte("\n")) && strings.HasSuffix(got, "\n") {
			t.Fatalf("of %q is left %q, which ends a line", text, got)
		}
		if got != "" && bytes.HasSuffix(text, []byte("\n")) && !strings.HasSuffix(got, "\n") {
			t.Fatalf("of %q is left %q, which ends no line", text, got)
		}
	}
}

// longestGap is the most blank lines in a row.
func longestGap(text string) (most int) {
	n := 0
	for line := range strings.Lines(text) {
		if n++; strings.TrimSpace(line) != "" {
			n = 0
		}
		most = max(most, n)
	}
	return most
}
