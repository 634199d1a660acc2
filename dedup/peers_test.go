package dedup

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// groupsLeft is how many documents of each group stay.
func groupsLeft(t *testing.T, c Config, groups [][]string) (left []int) {
	t.Helper()
	var docs []quern.Doc
	group := map[string]int{}
	for g, texts := range groups {
		for i, text := range texts {
			d := newDoc("web", fmt.Sprint(g, "/", i), text)
			docs, group[d.ID.String()] = append(docs, d), g
		}
	}
	left = make([]int, len(groups))
	for g, texts := range groups {
		left[g] = len(texts)
	}
	_, out := cluster(t, c, []Dataset{dataset(t, c, 1, "web", "web", docs, 2)}, 0, 2)
	for _, l := range removals(t, out) {
		if group[l.ID] != group[l.Kept] {
			t.Errorf("a document of group %d is removed for one of group %d", group[l.ID], group[l.Kept])
		}
		left[group[l.ID]]--
	}
	return left
}

// TestNeMoWorkflow is NeMo Curator's case of its fuzzy workflow (tests/stages/deduplication/fuzzy): five texts, runs of five characters, bands of one
// hash, connected components: two groups, of each of which one document stays.
func TestNeMoWorkflow(t *testing.T) {
	groups := [][]string{
		{"A test string", "A different test string", "A different object"},
		{"The quick brown fox jumps over the lazy dog", "The quick black cat jumps over the lazy dog"},
	}
	for _, bands := range []int{10, 20} {
		n := DefaultNear()
		n.Unit, n.Shingle, n.Bands, n.Rows, n.Verify, n.Clusters = "chars", 5, bands, 1, 0, ClustersChain
		if left := groupsLeft(t, Config{Near: &n}, groups); fmt.Sprint(left) != "[1 1]" {
			t.Errorf("%d bands: %v stay of the groups, want one each", bands, left)
		}
	}
	n := DefaultNear()
	if left := groupsLeft(t, Config{Near: &n}, [][]string{{"A test string"}, {"A different test string"}, {"An object that no other resembles at all"}}); fmt.Sprint(left) != "[1 1 1]" {
		t.Errorf("texts without duplicates: %v", left)
	}
}

// TestDatatroveSlices is datatrove's case of its MinHash steps (tests/pipeline/test_minhash.py): slices of 400 characters of one text that begin near each
// other are duplicates, and of each such group one stays. The text is another; candidates go unverified, as there.
func TestDatatroveSlices(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	var b strings.Builder
	for b.Len() < 3000 {
		for range 2 + r.IntN(7) {
			b.WriteByte(byte('a' + r.IntN(26)))
		}
		b.WriteByte(' ')
	}
	text := b.String()
	var groups [][]string
	want := []int{}
	for _, offsets := range [][]int{{0, 20, 50}, {400, 420}, {800, 810, 820, 840, 860}, {1205, 1215, 1225, 1245}, {1600}, {2000}} {
		var g []string
		for _, at := range offsets {
			g = append(g, text[at:at+400])
		}
		groups, want = append(groups, g), append(want, 1)
	}
	n, err := NearPreset("fineweb2")
	if err != nil {
		t.Fatal(err)
	}
	n.Verify, n.Clusters = 0, ClustersChain
	if left := groupsLeft(t, Config{Near: &n}, groups); fmt.Sprint(left) != fmt.Sprint(want) {
		t.Errorf("%v stay of the groups, want %v", left, want)
	}
	n, err = NearPreset("fineweb2")
	if err != nil {
		t.Fatal(err)
	}
	n.Verify = 0.6
	for g, left := range groupsLeft(t, Config{Near: &n}, groups) {
		if left < 1 || left > 2 {
			t.Errorf("verified at .6, %d of group %d stay", left, g)
		}
	}
}
