package pipelines

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// A classifier learns the notes from chatter, is tested on what it has not seen, drops chatter from a source that holds both, and sorts
// what is kept into buckets of the mix.
const classifyMill = `version: 1
name: classified
seed: 5
ingest:
  - {name: notes, domain: paper, jsonl: [notes.jsonl]}
  - {name: chatter, domain: web, jsonl: [chatter.jsonl]}
  - {name: both, domain: web, jsonl: [both.jsonl]}
classify:
  prose: {good: [notes], bad: [chatter], docs: 200, held_out: 0.2, model: {dim: 16, buckets: 5000, epochs: 5, rate: 0.5, min_count: 1}}
clean:
  all: [normalize: {}]
  web: [fasttext: {trained: prose, as: prose, min: 0.1}, bucket: {by: fasttext.prose, at: [0.5], names: [low, high]}]
`

func chatter(n int) []byte {
	r := rand.New(rand.NewPCG(3, 4))
	slang := strings.Fields("lol omg click subscribe like share win free now hot deal follow me plz yes no wow cool best cheap buy today offer")
	var out bytes.Buffer
	for i := range n {
		fmt.Fprintf(&out, `{"id":"c%d","text":"`, i)
		for range 40 {
			out.WriteString(slang[r.IntN(len(slang))] + " ")
		}
		out.WriteString("\"}\n")
	}
	return out.Bytes()
}

func classifySpec(t *testing.T) (string, *Spec) {
	t.Helper()
	dir := t.TempDir()
	for name, b := range map[string][]byte{"notes.jsonl": notes(300), "chatter.jsonl": chatter(150), "both.jsonl": append(notes(90), chatter(60)...),
		"spec.yaml": []byte(classifyMill)} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	spec, err := LoadSpec(filepath.Join(dir, "spec.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	return dir, spec
}

func TestAClassifierIsTrainedAndJudges(t *testing.T) {
	dir, spec := classifySpec(t)
	var all [2]map[string]quern.Digest
	for i, workers := range []int{1, 3} {
		run := filepath.Join(dir, fmt.Sprint("run", i))
		rec, err := Run(t.Context(), spec, Env{Dir: run, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		all[i] = digests(t, run, rec)
		if i > 0 {
			sameDigests(t, "three workers", all[1], all[0])
			continue
		}
		sum, err := Summarize(quern.Local(run), rec)
		if err != nil {
			t.Fatal(err)
		}
		c := sum.Classifiers["prose"]
		if c.AUC < 0.99 || c.Good.HeldOut == 0 || c.Bad.HeldOut == 0 || c.Good.Train+c.Good.HeldOut > 260 || c.Bad.Train+c.Bad.HeldOut != 150 {
			t.Errorf("the classifier came to %+v", c)
		}
		rows, _ := factRows(t, run, rec, "both")
		kept := map[string]int{}
		for _, r := range rows {
			kept[r.Verdict+"/"+r.Bucket]++
		}
		if kept["clean.fasttext.low/"] < 55 || kept["clean.fasttext.low/"] > 62 || kept["/high"] < 60 {
			t.Errorf("of 90 notes and 60 pieces of chatter: %v", kept)
		}
	}
}

func TestClassifySectionsAreChecked(t *testing.T) {
	for _, bad := range []struct{ old, new, want string }{
		{"good: [notes]", "good: [ntoes]", `no input has the name ntoes; did you mean "notes"?`},
		{"bad: [chatter]", "bad: [notes]", "notes is on both piles"},
		{"bad: [chatter]", "bad: []", "give good and bad"},
		{"trained: prose", "trained: poems", "the section classify has no poems"},
		{"trained: prose", "trained: prose, labels: [good]", "give either trained or model and labels"},
		{"held_out: 0.2", "held_out: 2", "want a share between 0 and 1"},
		{"dim: 16", "dims: 16", `unknown field "dims"; did you mean "dim"?`},
		{"buckets: 5000", "loss: magic", "want hs, ns, softmax or ova"},
	} {
		src := strings.Replace(classifyMill, bad.old, bad.new, 1)
		if _, err := ParseSpec("spec.yaml", []byte(src), "/base", nil); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%s: %v, want %q in it", bad.new, err, bad.want)
		}
	}
}
