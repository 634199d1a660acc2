package dedup

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cespare/xxhash/v2"

	"github.com/seed-83c59573/quern"
)

func partConfigs() map[string]Config {
	lines, paragraphs, sentences := DefaultLines(), DefaultParagraphs(), DefaultSentences()
	lines.Normalize, lines.Least, lines.MinBytes, lines.LeftWords, lines.Within = normCCNet, 2, 0, 3, true
	paragraphs.Normalize, paragraphs.MinWords = normWords, 3
	sentences.Span, sentences.LeftWords, sentences.LeftSentences = 2, 5, 1
	ngram := DefaultBloom()
	ngram.Unit, ngram.Ngram, ngram.MinNgram, ngram.Save = unitNgram, 5, 3, true
	byParagraph, byDocument := ngram, ngram
	byParagraph.Remove, byDocument.Remove = removeParagraph, removeDocument
	doc := DefaultBloom()
	par := doc
	par.Unit = unitParagraph
	cs := map[string]Config{"lines": {Lines: &lines}, "paragraphs": {Paragraphs: &paragraphs}, "sentences": {Sentences: &sentences}}
	for name, b := range map[string]Bloom{"ngram": ngram, "ngram-paragraph": byParagraph, "ngram-document": byDocument, "bloom": doc, "bloom-paragraph": par} {
		cs[name] = Config{Bloom: &b}
	}
	for name, c := range cs {
		c.Prefer = []string{"paper"}
		cs[name] = c
	}
	return cs
}

// TestPartsAreTheSameForAnyWorkersAndSplit compares blobs for workers and budgets, and texts for other splits and orders.
func TestPartsAreTheSameForAnyWorkersAndSplit(t *testing.T) {
	var web, paper []quern.Doc
	for i, text := range randomCorpus(77, 3000) {
		d := newDoc("web", fmt.Sprint(i), text)
		if i%5 == 0 {
			d.Domain = "paper"
			paper = append(paper, d)
		} else {
			web = append(web, d)
		}
	}
	for name, c := range partConfigs() {
		t.Run(name, func(t *testing.T) {
			sets := []Dataset{dataset(t, c, 1, "web", "web", web, 5), dataset(t, c, 1, "paper", "paper", paper, 3)}
			var first *quern.Memory
			var texts map[quern.ID]string
			least := int64(3000*bytesPerRank + leastWorking)
			if c.Bloom != nil {
				least += leastSieve
			}
			for _, x := range []struct {
				mem     int64
				workers int
			}{{0, 1}, {0, 2}, {0, 7}, {least, 2}, {64 << 20, 3}} {
				out := &quern.Memory{}
				r, err := searchOf(c)(context.Background(), c, 1, sets, out, t.TempDir(), x.mem, x.workers)
				if err != nil {
					t.Fatal(err)
				}
				if first == nil {
					first = out
					texts, _ = searched(t, c, sets, 0, 2)
					if r.Parts.Repeated < 100 {
						t.Errorf("only %d parts are repeated", r.Parts.Repeated)
					}
					continue
				}
				sameBlobs(t, first, out)
			}
			r := rand.New(rand.NewPCG(5, 5))
			shuffled := [][]quern.Doc{slices.Clone(web), slices.Clone(paper)}
			for _, s := range shuffled {
				r.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
			}
			other, _ := searched(t, c, []Dataset{dataset(t, c, 1, "paper", "paper", shuffled[1], 1), dataset(t, c, 1, "web", "web", shuffled[0], 9)}, 0, 3)
			for id, text := range texts {
				if other[id] != text {
					t.Fatalf("document %s: %q in one order of files, %q in another", id, text, other[id])
				}
			}
		})
	}
}

func sameBlobs(t *testing.T, a, b *quern.Memory) {
	t.Helper()
	names, _ := a.List("")
	others, _ := b.List("")
	if !slices.Equal(names, others) {
		t.Fatalf("blobs %q and %q", names, others)
	}
	for _, n := range names {
		x, err := quern.ReadBlob(a, n)
		if err != nil {
			t.Fatal(err)
		}
		y, err := quern.ReadBlob(b, n)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(x, y) {
			t.Errorf("%s differs", n)
		}
	}
}

// goldenParts is a digest of what each kind leaves of a corpus, and of the filters. If one changes, raise Version.
var goldenParts = map[string]string{
	"lines": "c0f010fd5c479c42", "paragraphs": "87cc6213a8a45fc5", "sentences": "e7e49a2dfe8439d8", "bloom": "096e7f9381f55871",
	"bloom-paragraph": "d802671542edf1dd", "ngram": "3289ed718c1fd030", "ngram-paragraph": "e0580d3d1d706cc0", "ngram-document": "a6d512f4dbca7054",
}

func TestGoldenParts(t *testing.T) {
	docs := inOrder("web", append(randomCorpus(5, 400), brave, winter+" "+google, meteorite+"\n"+marl+"\n\n"+marl, brave+"\n"+meteorite)...)
	for name, c := range partConfigs() {
		set := dataset(t, c, 1, "web", "web", docs, 3)
		got, _ := searched(t, c, []Dataset{set}, 0, 2)
		var sum xxhash.Digest
		sum.Reset()
		for _, d := range docs {
			fmt.Fprintf(&sum, "%q\n", got[d.ID])
		}
		if c.Bloom != nil && c.Bloom.Save {
			out := &quern.Memory{}
			if _, err := RepeatedBloom(context.Background(), c, 1, []Dataset{set}, out, t.TempDir(), 0, 2); err != nil {
				t.Fatal(err)
			}
			b, err := quern.ReadBlob(out, filterName)
			if err != nil {
				t.Fatal(err)
			}
			sum.Write(b)
		}
		if have := fmt.Sprintf("%016x", sum.Sum64()); have != goldenParts[name] {
			t.Errorf("%q: %q,", name, have)
		}
	}
}
