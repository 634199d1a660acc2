package dedup

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/dedup/minhash"
)

// TestPresets: under every preset what is removed is as similar to what stays as is said, by a count of its own, and a document whose twin differs in one
// word of hundreds goes.
func TestPresets(t *testing.T) {
	for _, name := range NearPresets() {
		t.Run(name, func(t *testing.T) {
			n, err := NearPreset(name)
			if err != nil {
				t.Fatal(err)
			}
			c := Config{Near: &n}
			docs := plantedDocs("web", 5, 40)
			long := strings.Repeat("a mill grinds grain between two stones that turn all day long ", 4)
			for i := range 30 {
				long += fmt.Sprintf("stone%d and the %c%c wheel number %c ", i, 'a'+i%26, 'a'+i/2, 'a'+i%7)
			}
			docs = append(docs, newDoc("web", "long", long), newDoc("web", "twin", strings.Replace(long, "stone7", "pebble", 1)),
				newDoc("web", "empty", ""), newDoc("web", "empty too", ""), newDoc("web", "word", "mill"), newDoc("web", "same word", "mill"))
			r, out := cluster(t, c, []Dataset{dataset(t, c, 1, "web", "web", docs, 3)}, 0, 2)
			text := map[string][]byte{}
			for _, d := range docs {
				text[d.ID.String()] = d.Text
			}
			signer, err := minhash.New(n.options(1))
			if err != nil {
				t.Fatal(err)
			}
			sets := func(b []byte) (set []uint64) {
				if n.Measure == MeasureHamming {
					return slices.Clone(signer.Signature(signer.Shingles(b)))
				}
				set = slices.Clone(signer.Shingles(b))
				slices.Sort(set)
				return slices.Compact(set)
			}
			twins := false
			for _, l := range removals(t, out) {
				a, b := sets(text[l.ID]), sets(text[l.Kept])
				want := similarityOf(a, b, n.Measure)
				if l.Similarity < n.Verify-1e-4 || want < n.Verify || want-l.Similarity > 1e-3 || l.Similarity > want+1e-9 {
					t.Errorf("%s is removed for %s at %v, they are %v similar, verify is %v", l.ID, l.Kept, l.Similarity, want, n.Verify)
				}
				if len(text[l.ID]) < 10 {
					t.Errorf("%q is a duplicate", text[l.ID])
				}
				twins = twins || bytes.Contains(text[l.ID], []byte("grinds grain"))
			}
			if !twins {
				t.Errorf("of twins both stay; %d candidates, %d verified", r.Candidates, r.Verified)
			}
		})
	}
}

// similarityOf is the plain definition on sorted sets, or on one SimHash each.
func similarityOf(a, b []uint64, measure string) float64 {
	if measure == MeasureHamming {
		return 1 - float64(minhash.Distance(a[0], b[0]))/64
	}
	both := 0
	for _, x := range a {
		if _, ok := slices.BinarySearch(b, x); ok {
			both++
		}
	}
	return float64(both) / float64(len(a)+len(b)-both)
}

// TestSimHashFindsAllWithin: of documents whose SimHashes differ in no more bits than asked, no two stay.
func TestSimHashFindsAllWithin(t *testing.T) {
	n, err := NearPreset("data-juicer-simhash")
	if err != nil {
		t.Fatal(err)
	}
	c := Config{Near: &n}
	docs := plantedDocs("web", 11, 120)
	_, out := cluster(t, c, []Dataset{dataset(t, c, 1, "web", "web", docs, 2)}, 0, 2)
	gone := map[string]bool{}
	for _, l := range removals(t, out) {
		gone[l.ID] = true
	}
	if len(gone) == 0 {
		t.Fatal("nothing was removed")
	}
	signer, err := minhash.New(n.options(1))
	if err != nil {
		t.Fatal(err)
	}
	var left []uint64
	for _, d := range docs {
		if s := signer.Signature(signer.Shingles(d.Text)); len(s) > 0 && !gone[d.ID.String()] {
			left = append(left, s[0])
		}
	}
	for i, a := range left {
		for _, b := range left[:i] {
			if d := minhash.Distance(a, b); d <= n.Distance {
				t.Errorf("two documents stay that differ in %d bits", d)
			}
		}
	}
}

func TestShinglesOfTokens(t *testing.T) {
	n := DefaultNear()
	n.Unit, n.Shingle = "tokens", 4
	n.Encode = func(dst []uint32, text []byte) []uint32 { // a token a byte
		for _, b := range text {
			dst = append(dst, uint32(b))
		}
		return dst
	}
	n.Tokenizer = quern.DigestOf([]byte("bytes"))
	c := Config{Near: &n}
	text := strings.Repeat("abcdefghijklmnopqrstuvwxyz0123456789 the stone turns and the grain is ground to flour", 3)
	docs := []quern.Doc{newDoc("web", "a", text), newDoc("web", "b", text+"."), newDoc("web", "c", "nothing of this kind at all is to be read here, is it?")}
	sets := []Dataset{dataset(t, c, 1, "web", "web", docs, 1)}
	_, out := cluster(t, c, sets, 0, 1)
	if got := removals(t, out); len(got) != 1 || got[0].Similarity < 0.9 {
		t.Errorf("removals %+v, want one of the two that differ in a dot", got)
	}
	other := n
	other.Tokenizer = quern.DigestOf([]byte("others"))
	if _, err := Cluster(t.Context(), Config{Near: &other}, 1, sets, &quern.Memory{}, t.TempDir(), 0, 1); err == nil || !strings.Contains(err.Error(), "other options") {
		t.Errorf("signatures of another tokenizer: %v", err)
	}
}
