package pipelines

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"

	"github.com/seed-83c59573/quern"
)

// millSpec is a whole mill in small: three domains, every kind of step.
const millSpec = `version: 1
name: mill
seed: 7
ingest:
  - {name: notes, domain: paper, jsonl: [notes.jsonl]}
  - {name: pages, domain: web, warc: ["pages*.warc.gz"]}
  - {name: src, domain: code, tree: [src]}
clean:
  all:   [normalize: {}]
  web:   [gopher: {dialect: datatrove, min_words: 50}, pii: {}]
  paper: [gopher: {dialect: datatrove, min_words: 20}]
dedup: {exact: {}, near: {}, prefer: [paper, code, web]}
tokenize: {learn: {vocab: 400, ratios: {code: 10, paper: 15, web: 75}}}
mix: {ratios: {code: 10, paper: 15, web: 75}, tokens: 20k, repeat: 4, short: shrink}
shard: {parquet: {}, arrow: {rows: 64}, tokens: 4096, validation: 20%}
`

const millTrain = `train:
  model: {layers: 1, width: 16, heads: 2, context: 64}
  batch: 64
  steps: 4
  checkpoint: 2
  eval: 2
tune:
  sft: {data: [chat.jsonl], steps: 2, batch: 64}
`

// mill is a corpus in a folder of its own, with a spec beside it.
type mill struct {
	t   testing.TB
	dir string // of the spec and the corpus
}

func newMill(t testing.TB, spec string) *mill {
	t.Helper()
	m := &mill{t, t.TempDir()}
	m.write("spec.yaml", []byte(spec))
	m.write("notes.jsonl", notes(40))
	m.write("pages.warc.gz", warc(pages(t, 0, 24)))
	m.write("chat.jsonl", []byte(`{"messages": [{"role": "user", "content": "What is a quern?"}, {"role": "assistant", "content": "A mill."}]}`+"\n"))
	for _, name := range []string{"numbers.go", "names.go", "lock.go", "world.go", "show.go", "plan.go"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		m.write("src/"+name, b)
	}
	return m
}

func (m *mill) write(name string, b []byte) {
	m.t.Helper()
	path := filepath.Join(m.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o666); err != nil {
		m.t.Fatal(err)
	}
}

// replace changes the spec.
func (m *mill) replace(old, with string) {
	m.t.Helper()
	path := filepath.Join(m.dir, "spec.yaml")
	b, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(b, []byte(old)) {
		m.t.Fatalf("the spec (%v) has no %q", err, old)
	}
	m.write("spec.yaml", bytes.Replace(b, []byte(old), []byte(with), 1))
}

func (m *mill) spec() *Spec {
	m.t.Helper()
	s, err := LoadSpec(filepath.Join(m.dir, "spec.yaml"), nil)
	if err != nil {
		m.t.Fatal(err)
	}
	return s
}

func root(m *mill) quern.Local { return quern.Local(m.run()) }

func (m *mill) run() string { return filepath.Join(m.dir, "run") }

// went is what a run did: the steps that it made, in order, and why.
type went struct {
	rec  *Record
	made []string
	why  map[string]string
	note string
}

// follow fills a went from events.
func (w *went) follow() func(Event) {
	var mu sync.Mutex
	w.why = map[string]string{}
	return func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		switch e.State {
		case "start":
			w.made, w.why[e.Step] = append(w.made, e.Step), e.Reason
		case "note":
			w.note = e.Reason
		}
	}
}

// grind runs the mill's spec in its run folder.
func (m *mill) grind(env Env) *went {
	m.t.Helper()
	w := &went{}
	if env.Event = w.follow(); env.Dir == "" {
		env.Dir = m.run()
	}
	rec, err := Run(context.Background(), m.spec(), env)
	if err != nil {
		m.t.Fatal(err)
	}
	w.rec = rec
	return w
}

// digests are those of all datasets of a run, with the blobs behind them verified.
func digests(t testing.TB, dir string, rec *Record) map[string]quern.Digest {
	t.Helper()
	all, err := datasets(dir, rec)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func datasets(dir string, rec *Record) (map[string]quern.Digest, error) {
	all := map[string]quern.Digest{}
	for _, s := range rec.Steps {
		m, err := Dataset(quern.Local(dir), s)
		if err == nil {
			err = m.Verify(quern.Sub(quern.Local(dir), s.Folder), true)
		}
		if err != nil {
			return nil, err
		}
		all[join(s.Step, s.Source)] = m.Digest
	}
	return all, nil
}

// sameDigests reports the steps in which two runs differ.
func sameDigests(t testing.TB, what string, have, want map[string]quern.Digest) {
	t.Helper()
	if len(have) != len(want) {
		t.Errorf("%s: %d datasets, want %d", what, len(have), len(want))
	}
	for _, step := range slices.Sorted(maps.Keys(want)) {
		if have[step] != want[step] {
			t.Errorf("%s: %s has another digest", what, step)
		}
	}
}

// leftovers lists what an interrupted run must not leave: blobs aside, and datasets that do not verify.
func leftovers(dir string) (bad []string) {
	err := filepath.WalkDir(dir, func(p string, e os.DirEntry, err error) error {
		if err == nil && strings.HasPrefix(e.Name(), ".tmp-") {
			bad = append(bad, p)
		}
		if err == nil && e.Name() == quern.ManifestName {
			m, err := quern.LoadManifest(quern.Local(filepath.Dir(p)))
			if err == nil {
				err = m.Verify(quern.Local(filepath.Dir(p)), true)
			}
			if err != nil {
				bad = append(bad, err.Error())
			}
		}
		return err
	})
	if err != nil {
		bad = append(bad, err.Error())
	}
	return bad
}

var words = strings.Fields(`the miller lifts a sluice and the wheel begins to turn water is heavy it has long way fall stone that dull
will bruise grain instead of cutting nobody in village could say who had built dam flour keeps for month when dry they weighed every sack
twice wrote both numbers down with good wind sails do work twenty men end letter was found between two pages ledger river been measured
here each morning sixty years she read table from bottom because newest line stood there bell rings second time all gates must be shut nine
barrels came by boat only four kept their seals not weight matters but how true runs this reason channel cleaned before snow melts`)

// notes makes lines of JSON: good ones, some too short, some twice, one nearly twice, one no JSON.
func notes(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	var out bytes.Buffer
	var last string
	for i := range n {
		var text strings.Builder
		for range 6 + r.IntN(8) {
			fmt.Fprintf(&text, "In %d the", 1500+r.IntN(400))
			for range 8 + r.IntN(8) {
				text.WriteString(" " + words[r.IntN(len(words))])
			}
			text.WriteString(". ")
		}
		s := text.String()
		switch i % 10 {
		case 3:
			s = "Too short to be of use."
		case 5:
			s = last
		case 7:
			s = last + "One sentence more."
		}
		last = s
		line, _ := json.Marshal(map[string]string{"id": fmt.Sprint(i), "text": s, "url": fmt.Sprintf("https://notes.example/%d", i)})
		fmt.Fprintf(&out, "%s\n", line)
	}
	return out.Bytes()
}

var pageHead = regexp.MustCompile(`^<!-- url: (\S+) date: (\S+) -->\r?\n`)

// pages are records of the sample's pages.
func pages(t testing.TB, from, to int) [][]byte {
	t.Helper()
	names, err := filepath.Glob("testdata/sample/pages/*.html")
	if err != nil || len(names) < to {
		t.Fatalf("%d pages, %v", len(names), err)
	}
	sort.Strings(names)
	var out [][]byte
	for _, name := range names[len(names)-to : len(names)-from] { // the last ones: some are bad or twice
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		m := pageHead.FindSubmatch(b)
		body := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n%s", b[len(m[0]):])
		out = append(out, fmt.Appendf(nil, "WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:test:%s>\r\nWARC-Date: %s\r\nWARC-Target-URI: %s\r\n"+
			"Content-Type: application/http; msgtype=response\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", m[1], m[2], m[1], len(body), body))
	}
	return out
}

// warc packs records, one gzip member each.
func warc(records [][]byte) []byte {
	var out bytes.Buffer
	for _, r := range records {
		z := gzip.NewWriter(&out)
		z.Write(r)
		z.Close()
	}
	return out.Bytes()
}
