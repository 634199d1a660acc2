package pipelines

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean"
)

const biasMill = `version: 1
name: named
seed: 2
ingest:
  - {name: skewed, domain: web, jsonl: [skewed.jsonl]}
  - {name: even, domain: web, jsonl: [even.jsonl]}
clean:
  all: [normalize: {}, gopher: {min_words: 20}]
dedup: {exact: {}}
`

// named makes lines in which women are named in one of many, each third line a copy of the one before, and one too short to stay.
func named(name string, n, many int) []byte {
	var out bytes.Buffer
	for i := range n {
		k := i - i%3/2
		who := "he"
		if k%many == 0 {
			who = "she"
		}
		fmt.Fprintf(&out, `{"id":"%s%d","text":"In the year %d the miller said that %s was the one who had built the dam with stone and water, and that the wheel of the mill was in line with the gates of %s."}`+"\n",
			name, i, 1000+k, who, name)
	}
	fmt.Fprintf(&out, `{"id":"%s","text":"She she she."}`+"\n", name)
	return out.Bytes()
}

func TestBiasCountsWhatSurvives(t *testing.T) {
	dir := t.TempDir()
	for name, b := range map[string][]byte{"skewed.jsonl": named("skewed", 300, 8), "even.jsonl": named("even", 300, 2), "spec.yaml": []byte(biasMill)} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	spec, err := LoadSpec(filepath.Join(dir, "spec.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	run := quern.Local(filepath.Join(dir, "run"))
	rec, err := Run(t.Context(), spec, Env{Dir: string(run)})
	if err != nil {
		t.Fatal(err)
	}
	report := func(o BiasOptions) *BiasReport {
		t.Helper()
		r, err := Bias(t.Context(), run, rec, o)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := report(BiasOptions{Reference: []string{"even"}})
	female := r.Cells[0].Axes[0].Groups[0]
	women := uint64(0)
	for i := range 300 {
		if i%3 != 2 && i%8 == 0 { // a copy is gone
			women++
		}
	}
	if len(r.Cells) != 1 || r.Cells[0].Docs != 200 || female.Group != "female" || female.Mentions != women || female.Docs != women {
		t.Errorf("%d women are named in 200 documents, have %+v", women, r.Cells[0])
	}
	if a := female.Against; a == nil || !a.Off || a.Ratio > 0.5 || r.Cells[0].Against != "web" {
		t.Errorf("against the even source: %+v", a)
	}
	same := report(BiasOptions{Against: run, Other: rec})
	if a := same.Cells[0].Axes[0].Groups[0].Against; a == nil || a.Ratio != 1 || a.Off || same.Against != rec.Run {
		t.Errorf("against itself: %+v", a)
	}
	var one []byte
	for _, workers := range []int{1, 2, 7} {
		b, err := json.Marshal(report(BiasOptions{Workers: workers, Reference: []string{"even"}}))
		if err != nil {
			t.Fatal(err)
		}
		if one == nil {
			one = b
		}
		if !bytes.Equal(b, one) {
			t.Errorf("%d workers count otherwise than one", workers)
		}
	}
	for want, o := range map[string]BiasOptions{
		`no source "evne"`:         {Reference: []string{"evne"}},
		"no source is left":        {Reference: []string{"even", "skewed"}},
		"give either another run":  {Other: rec, Against: run, Reference: []string{"even"}},
		"want 1 to 100000 terms":   {Terms: clean.BiasTerms{}},
		"the term has no word":     {Terms: clean.BiasTerms{{Lang: "en", Axis: "a", Group: "b", Term: "-"}}},
		"two groups of one axis (": {Terms: clean.BiasTerms{{Lang: "en", Axis: "a", Group: "b", Term: "x"}, {Lang: "en", Axis: "a", Group: "c", Term: "x"}}},
	} {
		if _, err := Bias(t.Context(), run, rec, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
