package dedup

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/dedup/minhash"
)

func lines(t *testing.T, name string, f func(line []byte)) {
	t.Helper()
	file, err := os.Open(shared(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	s := bufio.NewScanner(z)
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		f(s.Bytes())
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
}

// TestHistories is about the versions of 1,293 LaTeX files, with the exact similarity of every pair above .3 by another tokenizer.
func TestHistories(t *testing.T) {
	var docs []quern.Doc
	number := map[string]int{}
	lines(t, "dedup/latex-history.jsonl.gz", func(line []byte) {
		var r struct{ ID, Text string }
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		number[r.ID] = len(docs)
		docs = append(docs, newDoc("paper", r.ID, r.Text))
	})
	c := both()
	_, out := cluster(t, c, []Dataset{dataset(t, c, 1, "paper", "paper", docs, 4)}, 0, 2)
	byID := map[string]int{}
	for i, d := range docs {
		byID[d.ID.String()] = i
	}
	signer, err := minhash.New(DefaultNear().options(1))
	if err != nil {
		t.Fatal(err)
	}
	sets := make([][]uint32, len(docs))
	for i := range docs {
		sets[i] = shingleSet(nil, signer.Shingles(docs[i].Text))
	}
	gone := map[int]bool{}
	for _, l := range removals(t, out) {
		a, b := byID[l.ID], byID[l.Kept]
		gone[a] = true
		if j := jaccard(sets[a], sets[b]); l.Reason == string(DroppedNear) && j < c.Near.Verify {
			t.Errorf("%s is removed for %s at %v", l.ID, l.Kept, j)
		}
	}
	theirs, theirsGone, ours, oursGone, promised := 0, 0, 0, 0, 0.
	first := true
	lines(t, "dedup/latex-history.truth.tsv.gz", func(line []byte) {
		if first {
			first = false
			return
		}
		f := strings.Split(string(line), "\t")
		j, err := strconv.ParseFloat(f[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		a, b := number[f[0]], number[f[1]]
		settled := gone[a] || gone[b]
		if j >= .8 {
			theirs++
			if settled {
				theirsGone++
			}
		}
		if s := jaccard(sets[a], sets[b]); s >= .8 {
			promised += curve(*c.Near, s)
			ours++
			if settled {
				oursGone++
			}
		}
	})
	t.Logf("%d of %d documents removed; %d of %d pairs at .8 by the truth, %d of %d by our shingles, the bands promise %.1f", len(gone), len(docs), theirsGone, theirs, oursGone, ours, promised)
	if float64(theirsGone) < .92*float64(theirs) || float64(oursGone) < promised-.005*float64(ours) {
		t.Error("recall is too low")
	}
}
