package pipelines

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
)

// exchanged grinds a corpus, exports it, imports it again and mixes both with the texts that it came from.
func exchanged(t *testing.T) *mill {
	t.Helper()
	m := newMill(t, millSpec)
	w := m.grind(Env{Until: "shard"})
	learn := ""
	for _, s := range w.rec.Steps {
		if s.Step == "learn" {
			learn = s.Folder
		}
	}
	_, err := Export{From: m.run(), Format: "mds", Out: filepath.Join(m.dir, "foreign"), PerFile: 1000}.Do(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	x := Import{TokenInput: TokenInput{Name: "own", Domain: "any", Path: filepath.Join(m.dir, "foreign")}, To: filepath.Join(m.dir, "own")}
	if _, err := x.Do(context.Background()); err != nil {
		t.Fatal(err)
	}
	m.write("spec.yaml", fmt.Appendf(nil, `version: 1
name: tokens
seed: 3
ingest:
  - {name: notes, domain: paper, jsonl: [notes.jsonl]}
tokens:
  - {name: foreign, domain: web, path: foreign}
  - {name: own, domain: web, path: own, split: validation}
  - {name: once, domain: code, path: foreign, format: mds, eot_first: false}
tokenize: {file: run/%s/tokenizer.json}
mix: {ratios: {code: 10, paper: 15, web: 75}, tokens: 20k, repeat: 4, short: shrink}
shard: {tokens: 4096, validation: 20%%}
train:
  model: {layers: 1, width: 16, heads: 2, context: 64}
  batch: 64
  steps: 2
`, learn))
	return m
}

// TestTokensEnterAtTheMix: the datasets of a run that mixes tokens others made are the same for any number of workers; nothing is made twice; the size of
// the text behind them is known again.
func TestTokensEnterAtTheMix(t *testing.T) {
	m := exchanged(t)
	var want map[string]quern.Digest
	for _, workers := range []int{1, 2, 7} {
		dir := filepath.Join(m.dir, fmt.Sprint("w", workers))
		w := m.grind(Env{Dir: dir, Workers: workers})
		have := digests(t, dir, w.rec)
		if want == nil {
			want = have
		}
		sameDigests(t, fmt.Sprintf("%d workers", workers), have, want)
		if again := m.grind(Env{Dir: dir, Workers: workers}); len(again.made) > 0 {
			t.Errorf("made again: %v", again.made)
		}
		for _, s := range w.rec.Steps {
			if s.Step != "import" {
				continue
			}
			set, err := Dataset(quern.Local(dir), s)
			if err != nil {
				t.Fatal(err)
			}
			r, err := shard.OpenTokens(quern.Sub(quern.Local(dir), s.Folder), set.Shards)
			if err != nil {
				t.Fatal(err)
			}
			if sized, err := allSized(r); err != nil || !sized || r.Docs() == 0 {
				t.Errorf("%s: %d documents, their sizes are known: %v, %v", s.Source, r.Docs(), sized, err)
			}
			r.Close()
		}
	}
	for _, name := range []string{"import.foreign", "import.own", "import.once", "train"} {
		if want[name] == "" {
			t.Errorf("no %s among %v", name, want)
		}
	}
	spec := m.spec()
	y, err := spec.YAML()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseSpec("resolved.yaml", y, m.dir, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, y)
	}
	if z, err := again.YAML(); err != nil || !bytes.Equal(y, z) {
		t.Errorf("resolved twice it reads otherwise (%v):\n%s\n%s", err, y, z)
	}
}

// TestTextSizes: a tokenizer tells the bytes of text behind tokens, as they were counted when the text was there.
func TestTextSizes(t *testing.T) {
	m := newMill(t, millSpec)
	m.grind(Env{Until: "shard"})
	set, err := openTokenSet(m.run(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	rec, err := LoadRecord(root(m), "")
	if err != nil {
		t.Fatal(err)
	}
	tok, err := Tokenizer(root(m), rec)
	if err != nil {
		t.Fatal(err)
	}
	sizes := textSize(tokenSizes(tok))
	r, err := shard.OpenTokens(set.dir, set.m.Shards)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for i := range r.Docs() {
		var d quern.Doc
		if err := r.Fetch(int(i), &d); err != nil {
			t.Fatal(err)
		}
		want := shard.TextBytes(&d)
		d.Marks = nil
		if _, err := sizes.Apply(&d); err != nil || shard.TextBytes(&d) != want || want == 0 {
			t.Fatalf("document %d: %d bytes, want %d (%v)", i, shard.TextBytes(&d), want, err)
		}
	}
}

func TestWrongTokens(t *testing.T) {
	const head = "version: 1\nname: x\ntokens:\n"
	const file = "tokenize: {file: t.json}\n"
	for _, c := range []struct{ src, want string }{
		{head + "  - {name: a, domain: web, path: p}\n", "3:1: tokens need tokenize: {file: …}"},
		{head + "  - {name: a, domain: web, path: p}\ntokenize: {learn: {ratios: {web: 1}}}\n", "tokens need tokenize"},
		{head + "  - {name: a, domain: web}\n" + file, "tokens a: no path"},
		{head + "  - {name: a, domain: web, path: p, eto: 5}\n" + file, `unknown field "eto"`},
		{head + "  - {name: a, domain: web, path: p, eot: 5000000000}\n" + file, "eot 5000000000: want an id"},
		{head + "  - {name: a/b, domain: web, path: p}\n" + file, `name "a/b"`},
		{head + "  - {name: a, domain: web, path: p, format: tfrecord}\n" + file, `unknown format "tfrecord"`},
		{head + "  - {name: a, domain: web, path: p}\n  - {name: a, domain: web, path: q}\n" + file, "the name a is given twice"},
		{head + "  - {name: a, domain: web, path: p}\nclean: {all: [normalize: {}]}\n" + file, "there is no text to classify, clean or deduplicate"},
		{"version: 1\nname: x\ningest: []\n" + file, "ingest lists no input"},
	} {
		_, err := ParseSpec("s.yaml", []byte(c.src), ".", nil)
		var se *SpecError
		if !errors.As(err, &se) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\nhave %v\nwant %s", c.src, err, c.want)
		}
	}
}

// TestImportLeavesNothing: an import that fails, and one into a folder that holds something, leave the world as it was; what a crashed one left aside is no
// hindrance.
func TestImportLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	golden := "../shard/testdata/import/megatron_u16"
	to := filepath.Join(dir, "to")
	x := Import{TokenInput: TokenInput{Name: "a", Domain: "any", Path: golden, Split: "test"}, To: to}
	if _, err := x.Do(context.Background()); err == nil {
		t.Error("a split came that is not there")
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	x.Split = ""
	if _, err := x.Do(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	if err := os.MkdirAll(filepath.Join(dir, ".tmp-to"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".tmp-to", "train-00000.bin"), []byte("half"), 0o666); err != nil {
		t.Fatal(err)
	}
	got, err := x.Do(context.Background())
	if err != nil || len(got.Splits) != 1 || got.Splits[0] != (ExportedSplit{"train", 6, 145}) {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := x.Do(context.Background()); err == nil || !strings.Contains(err.Error(), "--force") {
		t.Errorf("a folder was replaced: %v", err)
	}
	x.Force = true
	if _, err := x.Do(context.Background()); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
	b := quern.Local(to)
	m, err := quern.LoadManifest(b)
	if err == nil {
		err = m.Verify(b, true)
	}
	if err != nil {
		t.Error(err)
	}
}
