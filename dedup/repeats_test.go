package dedup

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// search is one of the searches for repeated parts.
type search func(ctx context.Context, c Config, seed uint64, sets []Dataset, out quern.Dir, scratch string, mem int64, workers int) (Result, error)

func searchOf(c Config) search {
	switch {
	case c.Lines != nil:
		return RepeatedLines
	case c.Paragraphs != nil:
		return RepeatedParagraphs
	case c.Sentences != nil:
		return RepeatedSentences
	}
	return RepeatedBloom
}

// texts are the surviving texts by document, and what the search told; "gone" is a text that is dropped.
func searched(t testing.TB, c Config, sets []Dataset, mem int64, workers int) (map[quern.ID]string, Result) {
	t.Helper()
	out := &quern.Memory{}
	r, err := searchOf(c)(context.Background(), c, 1, sets, out, t.TempDir(), mem, workers)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Ledger.Check(); err != nil {
		t.Error(err)
	}
	if err := (&quern.Manifest{Shards: r.Shards}).Verify(out, true); err != nil {
		t.Error(err)
	}
	got := map[quern.ID]string{}
	kept := quern.Tally{}
	for _, s := range sets {
		for _, part := range s.Texts.(texts).parts {
			for _, d := range part {
				got[d.ID] = "gone"
			}
		}
		for d, err := range everyDoc(OpenEdits(out, r.Shards).Survivors(s.Texts, s.Name)) {
			if err != nil {
				t.Fatal(err)
			}
			got[d.ID] = string(d.Text)
			kept.Docs++
			kept.Out += int64(len(d.Text))
		}
	}
	if k := r.Ledger.Total(quern.Kept, ""); k.Docs != kept.Docs || k.Out != kept.Out {
		t.Errorf("the ledger has %d documents of %d bytes kept, the edits leave %d of %d", k.Docs, k.Out, kept.Docs, kept.Out)
	}
	return got, r
}

// inOrder makes documents whose IDs ascend, so that the first is the one of the lowest rank.
func inOrder(source string, texts ...string) []quern.Doc {
	docs := make([]quern.Doc, len(texts))
	for i, text := range texts {
		docs[i] = newDoc(source, fmt.Sprint(i), text)
		docs[i].ID = quern.ID{0: byte(i >> 16), 1: byte(i >> 8), 2: byte(i), 15: source[0]}
	}
	return docs
}

// left runs a search over documents in their order and returns what is left of each.
func left(t testing.TB, c Config, texts ...string) ([]string, Result) {
	t.Helper()
	docs := inOrder("web", texts...)
	got, r := searched(t, c, []Dataset{dataset(t, c, 1, "web", "web", docs, 1)}, 0, 2)
	out := make([]string, len(docs))
	for i, d := range docs {
		out[i] = got[d.ID]
	}
	return out, r
}

func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("left %q\nwant %q", got, want)
	}
}

func lineConfig(change func(p *Parts)) Config {
	p := Parts{Normalize: normNone, Least: 2, Within: true, Stays: staysFirst}
	if change != nil {
		change(&p)
	}
	return Config{Lines: &p}
}

func ccnet(stays string) Config {
	return lineConfig(func(p *Parts) { p.Normalize, p.Blank, p.Stays = normCCNet, true, stays })
}

// The cases of cc_net's tests/test_dedup.py.
func TestCCNetCases(t *testing.T) {
	got, _ := left(t, ccnet(staysFirst), "_Hello\n_World\nI'm so original", "_world\nI'm originaler\n_Hello")
	same(t, got, "_Hello\n_World\nI'm so original", "I'm originaler")
	got, _ = left(t, ccnet(staysNone), "Hello\n_World\nI'm so original", "Good morning\n_World\nI'm originaler")
	same(t, got, "Hello\nI'm so original", "Good morning\nI'm originaler")
	got, _ = left(t, ccnet(staysNone), "once\ntwice\nTWICE\nmore", "other")
	same(t, got, "once\ntwice\nmore", "other")
}

// What DuplicatesRemover leaves of a corpus, line by line, as cc_net/dedup.py has it.
func ccnetOracle(texts []string, stays string) []string {
	norm := normalizer{kind: normCCNet}
	key := func(line string) string { return string(norm.apply([]byte(line))) }
	docs := map[string]int{}
	for _, text := range texts {
		seen := map[string]bool{}
		for _, line := range strings.Split(text, "\n") {
			if text != "" { // an empty text has no lines for cc_net
				seen[key(line)] = true
			}
		}
		for k := range maps.Keys(seen) {
			docs[k]++
		}
	}
	out := make([]string, len(texts))
	before := map[string]bool{}
	for i, text := range texts {
		seen := map[string]bool{}
		var kept []string
		for _, line := range strings.Split(text, "\n") {
			k := key(line)
			gone := seen[k] || (stays == staysNone && docs[k] > 1) || (stays == staysFirst && before[k])
			if !gone {
				kept = append(kept, line)
			}
			seen[k] = text != ""
		}
		for k := range maps.Keys(seen) {
			before[k] = before[k] || seen[k]
		}
		out[i] = strings.Join(kept, "\n")
	}
	return out
}

func TestCCNetOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 40 {
		texts := make([]string, 1+r.IntN(30))
		for i := range texts {
			lines := make([]string, 1+r.IntN(8))
			for j := range lines {
				lines[j] = []string{"", " ", "A b. 1", "a B. 7", "c", "d…", "d", "é"}[r.IntN(8)]
				if r.IntN(2) == 0 {
					lines[j] = fmt.Sprintf("line %c%c", 'a'+r.IntN(26), 'a'+r.IntN(26))
				}
			}
			texts[i] = strings.Join(lines, "\n")
		}
		for _, stays := range []string{staysFirst, staysNone} {
			got, _ := left(t, ccnet(stays), texts...)
			want := ccnetOracle(texts, stays)
			for i := range want {
				if strings.TrimSpace(want[i]) == "" && got[i] != texts[i] {
					want[i] = "gone"
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("stays %s: of %q\nleft %q\nwant %q", stays, texts, got, want)
			}
		}
	}
}

// The rules of Dolma's deduper over paragraphs: tests/python/test_deduper.py, skip_empty and unicode.
func TestDolmaParagraphs(t *testing.T) {
	dolma := lineConfig(func(p *Parts) { p.Blank = true })
	texts := []string{"Short document\n\nMore text", "Short document #2\n\nMore text"}
	got, _ := left(t, dolma, texts...)
	same(t, got, texts[0], "Short document #2")
	skip := lineConfig(nil)
	got, _ = left(t, skip, texts...)
	same(t, got, texts[0], "Short document #2")
	lines := []string{"This is a paragraph that has no duplication.", "This is a paragraph that will be duplicated.",
		"This is a paragraph that will be duplicated.", "This paragraph has emojis 😊", "This paragraph has emojis 🀜 and is duplicated",
		"This paragraph has emojis 🀜 and is duplicated", "Wrapping up with one more unique paragraph."}
	got, r := left(t, skip, strings.Join(lines, "\n"))
	same(t, got, strings.Join(slices.Compact(slices.Clone(lines)), "\n"))
	if r.Parts != (PartCounts{Parts: 7, Groups: 2, Repeated: 2, Edited: 1, CutBytes: int64(len(lines[2]) + len(lines[5]) + 2)}) {
		t.Errorf("counts %+v", r.Parts)
	}
}

func TestLineOptions(t *testing.T) {
	texts := []string{"menu\nfirst", "menu\nsecond\nsecond", "menu\nthird", "last"}
	f := func(change func(p *Parts), want ...string) {
		t.Helper()
		got, _ := left(t, lineConfig(change), texts...)
		same(t, got, want...)
	}
	f(nil, "menu\nfirst", "second", "third", "last")
	f(func(p *Parts) { p.Within = false }, "menu\nfirst", "second\nsecond", "third", "last")
	f(func(p *Parts) { p.Least = 3 }, "menu\nfirst", "second", "third", "last")
	f(func(p *Parts) { p.Least = 4 }, "menu\nfirst", "menu\nsecond", "menu\nthird", "last")
	f(func(p *Parts) { p.Least, p.Within = 4, false }, texts...)
	f(func(p *Parts) { p.Stays = staysNone }, "first", "second", "third", "last")
	f(func(p *Parts) { p.MinBytes = 5 }, "menu\nfirst", "menu\nsecond", "menu\nthird", "last")
	f(func(p *Parts) { p.MinWords = 2 }, texts...)
	f(func(p *Parts) { p.LeftShare = 0.4 }, "menu\nfirst", "gone", "third", "last")
	f(func(p *Parts) { p.LeftWords = 2 }, "menu\nfirst", "gone", "gone", "last")
	f(func(p *Parts) { p.Domains = []string{"paper"} }, texts...)
	got, r := left(t, lineConfig(nil), "a\nb", "b\na")
	same(t, got, "a\nb", "gone")
	if g := r.Ledger.Reasons(quern.Dropped); g["dedup.lines"] != 1 {
		t.Errorf("dropped %v", g)
	}
}

func TestNormalizations(t *testing.T) {
	f := func(kind, in, want string) {
		t.Helper()
		n := normalizer{kind: kind}
		if got := string(n.apply([]byte(in))); got != want {
			t.Errorf("%s of %q is %q, want %q", kind, in, got, want)
		}
	}
	f(normNone, " a\r", " a\r")
	f(normSpaces, " a\t \u3000b\r", "a b")
	f(normSpaces, "\xff  b\xfe", "\xff b\xfe")
	f(normCCNet, "  Hello, World 42! \r", "hello, world 00!")
	f(normCCNet, "«Été» — １２３ x…", "été  00 x") // its list has a full-width 1 in it
	f(normCCNet, "a\tb\x00\u0085c", "abc")
	f(normCCNet, "٣ \xff", "0 \xff")
	f(normCCNet, "\x1c \n", "")
	f(normWords, "Café, №5!", "cafe 0 ")
}

func TestKeysOfPartsDiffer(t *testing.T) {
	seen := [2]map[uint64]string{{}, {}}
	add := func(s string) {
		for half, h := range hash128([]byte(s)) {
			if o, ok := seen[half][h]; ok && o != s {
				t.Fatalf("%q and %q have one half in common", s, o)
			}
			seen[half][h] = s
		}
	}
	for n := range 70 {
		add(strings.Repeat("\x00", n))
		for i := range n {
			for bit := range 8 {
				b := bytes.Repeat([]byte{'a'}, n)
				b[i] ^= 1 << bit
				add(string(b))
			}
		}
	}
	for a := range 256 {
		for b := range 256 {
			add(string([]byte{byte(a), byte(b)}))
			add(string([]byte{byte(a), 'x', 'y', 'z', '1', '2', '3', '4', '5', byte(b)}))
		}
	}
}

func TestGapsAreClosed(t *testing.T) {
	f := func(text, want string, gone ...string) {
		t.Helper()
		var cuts []Cut
		at := 0
		for line := range strings.Lines(text) {
			if slices.Contains(gone, strings.TrimRight(line, "\r\n")) {
				cuts = append(cuts, Cut{at, at + len(line)})
			}
			at += len(line)
		}
		if got := string(cutOut([]byte(text), closeGaps([]byte(text), mergeCuts(cuts)))); got != want {
			t.Errorf("%q without %q is %q, want %q", text, gone, got, want)
		}
	}
	f("a\nX\nb\n", "a\nb\n", "X")
	f("a\n\nX\n\nb\n", "a\n\nb\n", "X")
	f("a\n\nX\nb\n", "a\n\nb\n", "X")
	f("a\nX\n\nb\n", "a\n\nb\n", "X")
	f("X\n\nb\n", "b\n", "X")
	f("\n\nX\n\nb\n", "\n\nb\n", "X")
	f("a\n\nX\n", "a\n", "X")
	f("a\n\nX", "a", "X")
	f("a\r\n\r\nX", "a", "X")
	f("a\r\n\r\nX\r\n\r\nb", "a\r\n\r\nb", "X")
	f("a\n\n\n\nX\n \t\n\nb\n", "a\n\n\n\nb\n", "X")
	f("x\nX\n\nY\n\ny", "x\n\ny", "X", "Y")
	f("a\n\nX\n\nY\n\n", "a\n", "X", "Y")
	f("X\n\nY", "", "X", "Y")
	f("a\nX\n\nY", "a", "X", "Y")
	f("a\n\nX\n\n\u3000\nb", "a\n\nb", "X")
}

func TestParagraphsStandBetweenBlankLines(t *testing.T) {
	p := DefaultParagraphs()
	p.Normalize, p.MinWords, p.LeftWords = normWords, 2, 0
	c := Config{Paragraphs: &p}
	got, r := left(t, c, "one two\nthree\n\nfour five\n\none two three", "FOUR, five!\n\nsix seven\n \none\ntwo three\n\neight nine\n", "x\n\ny\n\nx")
	same(t, got, "one two\nthree\n\nfour five", "six seven\n \neight nine\n", "x\n\ny\n\nx")
	if len(r.Examples) != 2 || r.Parts.Groups != 2 {
		t.Fatalf("%d examples, counts %+v", len(r.Examples), r.Parts)
	}
	for _, e := range r.Examples {
		if e.Part != "one two three" && e.Part != "FOUR, five!\n" || e.Reason != "dedup.paragraphs" || e.Kept.Row != 0 || e.Kept.ID == "" || e.Documents != 2 {
			t.Errorf("example %+v", e)
		}
	}
}

// randomCorpus is documents of lines that repeat often.
func randomCorpus(seed uint64, n int) []string {
	r := rand.New(rand.NewPCG(seed, 8))
	texts := make([]string, n)
	for i := range texts {
		var b strings.Builder
		for range r.IntN(12) {
			switch r.IntN(6) {
			case 0:
				b.WriteString("\n")
			case 1:
				fmt.Fprintf(&b, "A menu of the site %c.\n", 'a'+r.IntN(5))
			case 2:
				fmt.Fprintf(&b, "A menu of the site %c.\r\n\r\n", 'a'+r.IntN(5))
			default:
				fmt.Fprintf(&b, "Sentence number %d stands here. It is said by %d.\n", r.IntN(3*n), r.IntN(n))
			}
		}
		texts[i] = b.String()
		if r.IntN(3) == 0 {
			texts[i] = strings.TrimSuffix(texts[i], "\n")
		}
	}
	return texts
}

// lineOracle marks lines by maps.
func lineOracle(texts []string, p Parts) (gone [][]bool) {
	docs := map[string]map[int]bool{}
	key := func(line string) (string, bool) {
		n := normalizer{kind: p.Normalize}
		body := strings.TrimSuffix(line, "\n")
		k := string(n.apply([]byte(body)))
		return k, strings.TrimSpace(line) != "" && k != "" && len(body) >= p.MinBytes
	}
	for i, text := range texts {
		for line := range strings.Lines(text) {
			if k, ok := key(line); ok {
				if docs[k] == nil {
					docs[k] = map[int]bool{}
				}
				docs[k][i] = true
			}
		}
	}
	first := map[string]int{}
	for i, text := range texts {
		gone = append(gone, nil)
		seen := map[string]bool{}
		for line := range strings.Lines(text) {
			k, ok := key(line)
			g := false
			if ok {
				f, before := first[k]
				switch {
				case len(docs[k]) < p.Least:
					g = p.Within && seen[k]
				case p.Stays == staysNone:
					g = true
				case before && f != i:
					g = true
				default:
					g = p.Within && seen[k]
				}
				if !before {
					first[k] = i
				}
				seen[k] = true
			}
			gone[i] = append(gone[i], g)
		}
	}
	return gone
}

func TestLineOracle(t *testing.T) {
	for seed := range uint64(12) {
		texts := randomCorpus(seed, 60)
		for _, p := range []Parts{{Normalize: normNone, Least: 2, Within: true, Stays: staysFirst}, {Normalize: normWords, Least: 3, Stays: staysFirst},
			{Normalize: normSpaces, Least: 2, Stays: staysNone, MinBytes: 25}, {Normalize: normCCNet, Least: 5, Within: true, Stays: staysNone}} {
			got, r := left(t, Config{Lines: &p}, texts...)
			groups := int64(0)
			for i, gone := range lineOracle(texts, p) {
				var cuts []Cut
				at, j := 0, 0
				for line := range strings.Lines(texts[i]) {
					if gone[j] {
						cuts = append(cuts, Cut{at, at + len(line)})
						groups++
					}
					at, j = at+len(line), j+1
				}
				want := texts[i]
				if len(cuts) > 0 {
					want = string(cutOut([]byte(want), closeGaps([]byte(want), mergeCuts(cuts))))
					if strings.TrimSpace(want) == "" {
						want = "gone"
					}
				}
				if got[i] != want {
					t.Fatalf("seed %d, %+v, document %d: of %q left %q, want %q", seed, p, i, texts[i], got[i], want)
				}
			}
			if groups != r.Parts.Repeated {
				t.Errorf("%d repeated lines, want %d", r.Parts.Repeated, groups)
			}
		}
	}
}
