package pipelines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/mix"
	"github.com/seed-83c59573/quern/shard"
)

// mixBase is a spec whose mix is MIX.
const mixBase = `version: 1
name: mixes
seed: 3
ingest:
  - {name: docs, domain: web, jsonl: [a.jsonl]}
  - {name: news, domain: web, jsonl: [b.jsonl]}
  - {name: go, domain: code, tree: [src]}
clean:
  web: [language: {keep: [en, zh, de]}, bucket: {by: gopher.words, at: [100], names: [low, high]}]
  all: [gopher: {}]
dedup: {exact: {}}
tokenize: {learn: {vocab: 400, ratios: {code: 1, web: 3}}}
mix:
  MIX
shard: {parquet: {}}
`

func mixSpec(base, form string) (*Spec, error) {
	src := strings.Replace(mixBase, "MIX", strings.ReplaceAll(form, "\n", "\n  "), 1)
	src = strings.Replace(src, "web: [language: {keep: [en, zh, de]}, bucket", "web: [language: {keep: [en, zh, de]}, gopher: {}, bucket", 1)
	return ParseSpec("s.yaml", []byte(strings.Replace(src, "  all: [gopher: {}]\n", "", 1)), base, nil)
}

// TestFormsOfAMix: every form is read, and the resolved spec reads as itself.
func TestFormsOfAMix(t *testing.T) {
	dir := t.TempDir()
	csv := "run_id,name,code,web:en,web:rest\nr1,one,0.25,0.5,0.25\nr2,two,0,0.5,0.5\n"
	if err := os.WriteFile(filepath.Join(dir, "ratios.csv"), []byte(csv), 0o666); err != nil {
		t.Fatal(err)
	}
	f := func(form string, paths ...string) *mix.Config {
		t.Helper()
		s, err := mixSpec(dir, form)
		if err != nil {
			t.Errorf("%s: %v", form, err)
			return &mix.Config{Ratios: &mix.Ratios{}}
		}
		r := s.Mix.Ratios
		if r == nil {
			r = s.Mix.Phases[0].Ratios
		}
		if got := r.Paths(); !slices.Equal(got, paths) {
			t.Errorf("%s: parts %q, want %q", form, got, paths)
		}
		y, err := s.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseSpec("resolved.yaml", y, dir, nil)
		if err != nil {
			t.Fatalf("%v\n%s", err, y)
		}
		z, err := again.YAML()
		if err != nil || string(z) != string(y) {
			t.Errorf("%s: resolved twice it reads otherwise (%v):\n%s\n%s", form, err, y, z)
		}
		return s.Mix
	}
	f("ratios: {code: 10, web: 90}\ntokens: 1M", "code", "web")
	f("ratios: {code: 10, web: {en: 60, zh: 30}}\ntokens: 1M", "code", "web/en", "web/zh")
	f("ratios: {code: 10, web: {en: {high: 40, low: 20}, rest: 30}}\ntokens: 1M", "code", "web/en/high", "web/en/low", "web/rest")
	f("ratios: {code: 10, web/en/high: 40, web/en/low: 20, web/rest: 30}\ntokens: 1M", "code", "web/en/high", "web/en/low", "web/rest")
	f("ratios:\n  code: 10\n  web:\n    lang=en: 60\n    rest: 0\ntokens: 1M", "code", "web/lang=en", "web/rest")
	f("ratios: {docs: 1, news: 2, code: 1}\ntokens: 1M", "docs", "news", "code")
	f("ratios: {en: 60, zh: 30, de: 10, rest: 0}\ntokens: 1M", "en", "zh", "de", "rest")
	f("ratios: {code: 25, web: {share: 75, parts: {high: 60, low: 40}}}\nsum: 100\ntokens: 1M", "code", "web/high", "web/low")
	f("ratios: {code: {share: 10, repeat: 2}, web: {share: 90, by: lang, temperature: 3.3, repeat: 5}}\ntokens: all", "code")
	f("ratios: {code: 10, web: {share: 90, parts: [en, zh, rest], temperature: 2}}\nbytes: 2GB\nshort: spread", "code", "web/en", "web/zh", "web/rest")
	f("ratios: {by: domain}\ndocs: 64k")
	c := f("phases:\n  - {share: 80%, ratios: {code: 10, web: 90}}\n  - {share: 0.2, ratios: {code: 1}}\ntokens: 1M\nrepeat: 4", "code", "web")
	if len(c.Phases) != 2 || c.Phases[0].Share != 0.8 || c.Ratios != nil {
		t.Errorf("phases %+v beside ratios %v", c.Phases, c.Ratios)
	}
	c = f("ratios: {code: 1, web: 3}\ntokens: 1M\nupsample: {clusters: [{from: 2, times: 2}, {from: 100, times: 3}], buckets: {high: 2}}", "code", "web")
	if u := c.Upsample; u == nil || len(u.Clusters) != 2 || u.Clusters[1].From != 100 || u.Buckets["high"] != 2 {
		t.Errorf("up-sampling %+v", c.Upsample)
	}
	c = f("ratios: {code: 1, web: 3, old: 0.2, older: {lang=en: 1, rest: 1}}\ntokens: 1M\nreplay: [{name: old, run: ../old}, {name: older, run: ../older, of: base-2, step: tokenize}]",
		"code", "web", "old", "older/lang=en", "older/rest")
	if len(c.Replay) != 2 || c.Replay[1].Of != "base-2" {
		t.Errorf("replay %+v", c.Replay)
	}
	c = f("ratios: {file: ratios.csv, run: r1}\ntokens: 1M", "code", "web/en", "web/rest")
	if c.Ratios.Of("web/en") != 0.5 {
		t.Errorf("ratios of the file %v", c.Ratios)
	}
	f("ratios: {file: ratios.csv, run: r2}\ntokens: 1M", "web/en", "web/rest")
}

func TestWrongMixes(t *testing.T) {
	f := func(form, want string) {
		t.Helper()
		_, err := mixSpec(t.TempDir(), form)
		var se *SpecError
		if !errors.As(err, &se) || se.Line < 12 || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\nhave %v\nwant %s", form, err, want)
		}
	}
	f("ratios: {code: 10, web: {en: 60, zh: 40}}\nsum: 100\ntokens: 1M", "sum to 110, want 100 as sum says")
	f("ratios: {code: 25, web: {share: 75, parts: {high: 60, low: 60}}}\nsum: 100\ntokens: 1M", "13:22: mix: the ratios of web sum to 120, want 100 as sum says")
	f("ratios: {code: 10, web: {en: 60, fr: 40}}\ntokens: 1M", "13:36: mix.ratios: web/fr: the rules of web keep no document of the language fr, only en, zh, de")
	f("ratios: {code: 10, web: {en: 60, hgih: 40}}\ntokens: 1M", `13:36: mix.ratios: no bucket rule of web has the name hgih; did you mean "high"?`)
	f("ratios: {code: 10, web: {dcos: 60, news: 40}}\ntokens: 1M", `did you mean "docs"?`)
	f("ratios: {code: 10, web: {en: 60, high: 40}}\ntokens: 1M", "13:36: mix.ratios: web/en and web/high overlap")
	f("ratios: {code: 10, web: 1, web/en: 2}\ntokens: 1M", "13:30: mix.ratios: web and web/en: give the ratio of the whole web or those of its parts")
	f("ratios: {code: 10, web: {en: 1, repeat: 3}}\ntokens: 1M", "13:28: mix.ratios: en beside share, repeat, by, temperature: put the parts under parts")
	f("ratios: {code: 10, web: {share: 5, by: color}}\ntokens: 1M", `by of web is "color"`)
	f("ratios: {code: 10, web: {by: lang}}\ntokens: 1M", "web is divided by sizes and has no share: give it one")
	f("ratios: {code: 10, web: {share: 5, by: lang, temperature: 0.0}}\ntokens: 1M\nbytes: 1", "give one of tokens, bytes and docs")
	f("ratios: {code: 10, web: -5}\ntokens: 1M", "13:22: mix: the ratio of web is -5, want above 0")
	f("ratios: {}\ntokens: 1M", "no ratios")
	f("ratios: [code]\ntokens: 1M", "mix.ratios: want a mapping, have a list")
	f("ratios: {code: 1}\ntokens: some", `"some": want a count such as 5000, 64k, 20M or 1.5B, or all`)
	f("ratios: {code: 1}\nbytes: 1X", `want a size such as 512MiB or 2GiB, or all`)
	f("ratios: {code: 1}\ntokens: 1M\nrepat: 3", `15:3: unknown field "repat"; did you mean "repeat"?`)
	f("ratios: {code: 1}\nphases: [{share: 100, ratios: {code: 1}}]\ntokens: 1M", "want a share such as")
	f("phases: [{share: 50%, ratios: {code: 1}}, {share: 40%, ratios: {code: 1}}]\ntokens: 1M", "the shares sum to 90 %, want 100 %")
	f("phases: [{share: 50%, ratios: {code: 1}}, {share: 50%, ratios: {cdoe: 1}}]\ntokens: 1M", `13:67: mix.ratios: no input has the domain cdoe; did you mean "code"?`)
	f("phases: [{share: 50%}, {share: 50%, ratios: {code: 1}}]\ntokens: 1M", "no ratios")
	f("ratios: {code: 1}\ntokens: 1M\nupsample: {buckets: {hgih: 2}}", `mix.upsample.buckets: no bucket rule has the name hgih; did you mean "high"?`)
	f("ratios: {code: 1}\ntokens: 1M\nupsample: {clusters: [{from: 2, tmies: 2}]}", `unknown field "tmies"; did you mean "times"?`)
	f("ratios: {code: 1}\ntokens: 1M\nreplay: [{name: code, run: x}]", "an input is called code already")
	f("ratios: {code: 1, older: 1}\ntokens: 1M\nreplay: [{name: old, run: x}]", `no input has the domain older; did you mean "old"?`)
	f("ratios: {file: none.csv}\ntokens: 1M", "none.csv")
	f("ratios: {file: none.csv, rum: a}\ntokens: 1M", `unknown field "rum"`)
}

// langMill has pages in two languages, copies of some of them, and a mix by language in two phases.
const langMill = `version: 1
name: lingua
seed: 7
ingest:
  - {name: notes, domain: web, jsonl: [notes.jsonl], fields: {lang: language}}
  - {name: src, domain: code, tree: [src]}
dedup: {exact: {}, near: {}}
tokenize: {learn: {vocab: 400, ratios: {code: 10, web: 75}}}
mix:
  tokens: 30k
  repeat: 8
  upsample: {clusters: [{from: 2, times: 2}]}
  phases:
    - {share: 75%, ratios: {code: 20, web: {en: 60, zh: 20}}}
    - {share: 25%, ratios: {web: {en: 10, zh: 90}}}
shard: {parquet: {}, tokens: 4096, validation: 10%}
`

func lingual(n int) []byte {
	var out []byte
	i := 0
	for line := range strings.Lines(string(notes(n))) {
		var d map[string]string
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			panic(err)
		}
		d["language"] = []string{"en", "zh"}[i%2]
		b, _ := json.Marshal(d)
		out = append(append(out, b...), '\n')
		i++
	}
	return out
}

func TestAMixByLanguageInPhases(t *testing.T) {
	m := newMill(t, langMill)
	m.write("notes.jsonl", lingual(60))
	rec := m.grind(Env{}).rec
	sum, err := Summarize(root(m), rec)
	if err != nil {
		t.Fatal(err)
	}
	if len(sum.Mix.Phases) != 2 || sum.Mix.Unit != "tokens" {
		t.Fatalf("%+v", sum.Mix)
	}
	total := int64(0)
	for i, want := range []map[string]float64{{"code": 0.2, "web/en": 0.6, "web/zh": 0.2}, {"code": 0, "web/en": 0.1, "web/zh": 0.9}} {
		ph := sum.Mix.Phases[i]
		total += ph.Tokens
		for part, share := range want {
			if math.Abs(ph.Asked[part]-share) > 1e-9 || math.Abs(ph.Achieved[part]-share) > 0.03 {
				t.Errorf("phase %d, %s: asked %.4f, achieved %.4f, want %.2f", i+1, part, ph.Asked[part], ph.Achieved[part], share)
			}
		}
	}
	// The corpus has what the plan says, in the order of the phases: the last quarter of it is Chinese for the most part.
	byLang, seen, last := map[string]int64{}, int64(0), map[string]int64{}
	clusters := 0
	m2, r := corpusOf(t, m.run(), rec)
	defer r.Close()
	err = r.Rows(func(_ int64, row *shard.TokenRow) error {
		seen += int64(row.Tokens)
		byLang[row.Lang] += int64(row.Tokens)
		if seen > total*3/4+300 {
			last[row.Lang] += int64(row.Tokens)
		}
		if row.Copies >= 2 {
			clusters++
		}
		return nil
	})
	if err != nil || seen != total || m2.Step != "shard" {
		t.Fatalf("%d tokens in the corpus, the mix says %d: %v", seen, total, err)
	}
	if byLang["en"] != sum.Mix.Tokens["web/en"] || byLang["zh"] != sum.Mix.Tokens["web/zh"] || byLang[""] != sum.Mix.Tokens["code"] {
		t.Errorf("languages %v, parts %v", byLang, sum.Mix.Tokens)
	}
	if last["zh"] < 7*last["en"] || last[""] > 0 || clusters == 0 {
		t.Errorf("the last phase has %v; %d documents of clusters", last, clusters)
	}
	plan, err := quern.ReadBlob(quern.Sub(root(m), stepFolder(rec, "mix")), planName)
	if err != nil || !strings.Contains(string(plan), "\n \"phases\": [\n") || len(plan) > 20_000 {
		t.Errorf("a plan of %d bytes, %v:\n%.300s", len(plan), err, plan)
	}
}

func stepFolder(rec *Record, kind string) string {
	for _, s := range rec.Steps {
		if s.Step == kind {
			return s.Folder
		}
	}
	return ""
}

// corpusOf opens the training split of a run.
func corpusOf(t *testing.T, dir string, rec *Record) (quern.Manifest, *shard.TokenReader) {
	t.Helper()
	for _, s := range rec.Steps {
		if s.Step != "shard" {
			continue
		}
		m, err := Dataset(quern.Local(dir), s)
		if err != nil {
			t.Fatal(err)
		}
		train, _ := split(m)
		r, err := shard.OpenTokens(quern.Sub(quern.Local(dir), s.Folder), train)
		if err != nil {
			t.Fatal(err)
		}
		return m, r
	}
	t.Fatal("no shard step")
	return quern.Manifest{}, nil
}

// TestReplay: 5 % of a new corpus come from an earlier one, of which only the training split, and only under the same tokenizer.
func TestReplay(t *testing.T) {
	old := newMill(t, millSpec)
	oldRec := old.grind(Env{Until: "shard"}).rec
	_, r := corpusOf(t, old.run(), oldRec)
	had := map[quern.ID]bool{}
	if err := r.Rows(func(_ int64, row *shard.TokenRow) error {
		had[row.ID] = true
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	r.Close()

	young := newMill(t, fmt.Sprintf(`version: 1
name: young
seed: 8
ingest:
  - {name: src, domain: code, tree: [src]}
tokenize: {file: %q}
mix: {ratios: {code: 95, old: 5}, tokens: all, repeat: 4, replay: [{name: old, run: %q}]}
shard: {parquet: {}, tokens: 4096, validation: 5%%}
`, filepath.Join(old.run(), stepFolder(oldRec, "learn"), tokenizerName), old.run()))
	rec := young.grind(Env{}).rec
	sum, err := Summarize(root(young), rec)
	if err != nil {
		t.Fatal(err)
	}
	if a := sum.Mix.Achieved["old"]; math.Abs(a-0.05) > 0.005 {
		t.Errorf("%.4f of the tokens are replayed, want 0.05", a)
	}
	_, r = corpusOf(t, young.run(), rec)
	defer r.Close()
	replayed := int64(0)
	if err := r.Rows(func(_ int64, row *shard.TokenRow) error {
		if had[row.ID] {
			replayed += int64(row.Tokens)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	// src is in both runs under other names of the spec's folder, so its documents have the same IDs: at least the replayed ones are old.
	if replayed < sum.Mix.Tokens["old"] || sum.Mix.Tokens["old"] == 0 {
		t.Errorf("%d tokens of old documents, the mix replays %d", replayed, sum.Mix.Tokens["old"])
	}
	if again := young.grind(Env{}); len(again.made) != 0 {
		t.Errorf("nothing has changed and %v ran again", again.made)
	}

	young.replace("{name: old, run:", "{name: old, step: tokenize, run:")
	young.grind(Env{})
	b, err := os.ReadFile(filepath.Join(young.dir, "spec.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	young.write("spec.yaml", []byte(strings.Replace(string(b), "tokenize: {file: ", "tokenize: {learn: {vocab: 300, ratios: {code: 1}}}\n#", 1)))
	_, err = Run(context.Background(), young.spec(), Env{Dir: young.run()})
	if err == nil || !strings.Contains(err.Error(), "mix.replay old: the tokens of mill-1 are those of tokenizer") || !strings.Contains(err.Error(), "set tokenize: {file: ") {
		t.Errorf("another tokenizer: %v", err)
	}
	young.replace("run: \""+old.run(), "run: \""+young.dir+"/nowhere")
	if _, err = Run(context.Background(), young.spec(), Env{Dir: young.run()}); err == nil || !strings.Contains(err.Error(), "mix.replay old: ") || !strings.Contains(err.Error(), "no run is recorded here") {
		t.Errorf("no such run: %v", err)
	}
}
