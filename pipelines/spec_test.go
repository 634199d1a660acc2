package pipelines

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/seed-83c59573/quern/clean"
)

// base is a spec with every section, on which the tables below change one thing.
const base = `version: 1
name: base
seed: 17
ingest:
  - {name: docs, domain: web, license: CC0-1.0, jsonl: [a.jsonl]}
  - name: src
    domain: code
    tree: [src]
clean:
  all: [normalize: {}]
  web:
    - language: {keep: [en, zh], min: 0.5}
    - gopher: {dialect: datatrove}
dedup: {exact: {}, near: {bands: 14}, prefer: [code]}
tokenize:
  learn: {vocab: 512, ratios: {code: 1, web: 3}}
mix:
  ratios: {code: 1, web: 3}
  tokens: 20k
shard: {parquet: {}, arrow: {rows: 64}, validation: 5%}
train:
  model: {layers: 1, width: 16, heads: 2, context: 16}
  batch: 64
  steps: 2
tune:
  sft: {data: [chat.jsonl], steps: 2, batch: 64}
`

func parse(t *testing.T, src string, set ...string) *Spec {
	t.Helper()
	s, err := ParseSpec("s.yaml", []byte(src), "/base", set)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSpecFillsInDefaults(t *testing.T) {
	s := parse(t, base)
	if s.Mix.Tokens != 20_000 || s.Mix.Repeat != 1 || s.Mix.Short != "error" || s.Shard.Validation != 0.05 || s.Shard.Tokens != 32_000_000 {
		t.Errorf("mix %+v, shard %+v", s.Mix, s.Shard)
	}
	if n := s.Dedup.Near; n.Shingle != 5 || n.Bands != 14 || n.Rows != 8 || n.Verify != 0.8 {
		t.Errorf("near %+v", n)
	}
	if s.Train.Optim.Beta2 != 0.95 || s.Train.Model.Arch != "llama" || s.Tune.SFT.Template != "chatml" {
		t.Errorf("train %+v, tune %+v", s.Train, s.Tune.SFT)
	}
	if d := s.Domains(); !reflect.DeepEqual(d, []string{"code", "web"}) {
		t.Errorf("domains %q", d)
	}
	if p := s.path("a/b"); p != filepath.FromSlash("/base/a/b") {
		t.Errorf("a relative path becomes %s", p)
	}
	zero := parse(t, strings.Replace(base, "steps: 2\ntune", "warmup: 0\n  weight_decay: 0\n  steps: 2\ntune", 1))
	if zero.Train.Warmup != 0 || zero.Train.WeightDecay != 0 {
		t.Error("a zero that was written was taken for a missing value")
	}
	y, err := s.YAML()
	if err != nil || !strings.Contains(string(y), "verify: 0.8") || !strings.Contains(string(y), "gopher@datatrove:") {
		t.Errorf("the resolved spec lacks defaults (%v):\n%s", err, y)
	}
}

func TestSpecInJSON(t *testing.T) {
	j, err := yaml.YAMLToJSON([]byte(base))
	if err != nil {
		t.Fatal(err)
	}
	a, err := parse(t, base).JSON()
	if err != nil {
		t.Fatal(err)
	}
	b, err := parse(t, string(j)).JSON()
	if err != nil || string(a) != string(b) {
		t.Errorf("the same in JSON (%v) gives\n%s\nnot\n%s", err, b, a)
	}
}

func TestEveryRuleHasItsName(t *testing.T) {
	for _, name := range clean.Names() {
		r, dialect, ok := clean.Find(name)
		if !ok {
			t.Fatalf("%s is listed and unknown", name)
		}
		if _, err := r.Config(dialect).Stage(); err != nil {
			if !strings.Contains(err.Error(), ": give ") { // what must be given has no default
				t.Errorf("%s: the defaults are refused: %v", name, err)
			}
			continue
		}
		s := parse(t, strings.Replace(base, "normalize: {}", name+": {}", 1))
		if dialect != "" && s.Clean.Sections["all"][0].Name != r.Name+"@"+dialect {
			t.Errorf("%s became %s", name, s.Clean.Sections["all"][0].Name)
		}
	}
}

// wrongSpecs: what is changed in base, and the whole message.
var wrongSpecs = []struct{ old, new, want string }{
	// unknown names
	{"seed: 17", "sed: 17", `3:1: unknown field "sed"; did you mean "seed"?`},
	{"prefer: [code]", "prefere: [code]", `14:39: unknown field "prefere"; did you mean "prefer"?`},
	{"bands: 14", "band: 14", `14:27: unknown field "band"; did you mean "bands"?`},
	{"- gopher:", "- gofer:", `13:7: unknown rule "gofer"; did you mean "gopher"?`},
	{"dialect: datatrove", "dialct: datatrove", `13:16: unknown field "dialct"; did you mean "dialect"?`},
	{"dialect: datatrove", "dialect: datatove", `13:16: gopher: dialect "datatove" is not known; known are datatrove`},
	{"jsonl: [a.jsonl]", "json: [a.jsonl]", `5:49: unknown field "json"; did you mean "jsonl"?`},
	{"tree: [src]", "trees: [src]", `8:5: unknown field "trees"; did you mean "tree"?`},
	{"ratios: {code: 1, web: 3}\n  tokens", "ratios: {cod: 1, web: 3}\n  tokens", `18:12: mix.ratios: no input has the domain cod; did you mean "code"?`},
	{"prefer: [code]", "prefer: [coed]", `14:39: dedup.prefer: no input has the domain coed; did you mean "code"?`},
	{"  web:\n", "  wbe:\n", `11:3: clean.wbe: no input has this domain; did you mean "web"?`},
	{"{code: 1, web: 3}}", "{code: 1}}", `16:23: tokenize.learn.ratios: no share for the domain web`},
	{"sft: {", "stf: {", `26:3: unknown field "stf"; did you mean "sft"?`},
	{"parquet: {}", "parket: {}", `20:9: unknown field "parket"; did you mean "parquet"?`},
	{"width: 16", "widht: 16", `22:22: unknown field "widht"; did you mean "width"?`},
	{"vocab: 512", "vocabulary: 512", `16:11: unknown field "vocabulary"; did you mean "vocab"?`},
	{"license: CC0-1.0", "qqqqqqq: 1", `5:31: unknown field "qqqqqqq"`},
	// kinds of values
	{"seed: 17", "seed: -17", `3:7: seed: want a whole number from 0 to 2^64-1`},
	{"seed: 17", "seed: 1e30", `3:7: seed: 1e30 where a whole number belongs`},
	{"seed: 17", "seed: 18446744073709551616", `3:7: number 18446744073709551616 does not fit in 64 bits`},
	{"seed: 17", "seed: []", `3:7: have a list, want a whole number`},
	{"bands: 14", "bands: 14.5", `14:34: bands: 14.5 where a whole number belongs`},
	{"bands: 14", "bands: 1.45e1", `14:34: bands: 1.45e1 where a whole number belongs`},
	{"bands: 14", `bands: "14.5"`, `14:34: bands: 14.5 where a whole number belongs`},
	{"bands: 14", "bands: 014", `14:34: number 014 has a leading zero: write it in base 10 without`},
	{"batch: 64\n  steps", "batch: 64.5\n  steps", `23:10: batch: 64.5 where a whole number belongs`},
	{"name: base", "name: [base]", `2:7: have a list, want a word`},
	{"jsonl: [a.jsonl]", "jsonl: a.jsonl", `5:56: have a word, want a list`},
	{"keep: [en, zh]", "keep: {en: zh}", `12:24: have a mapping, want a list`},
	{"web: 3}\n  tokens", "web: three}\n  tokens", `18:26: have a word, want a number`},
	{"web: 3}\n  tokens", "web: .inf}\n  tokens", `18:26: .inf is no number to work with`},
	{"min: 0.5", "min: 1.5", `12:7: clean: language: min is 1.5, must be between 0 and 1`},
	{"mix:\n", "mix: 3\nx:\n", `17:6: mix: want a mapping, have a number`},
	{"  all: [normalize: {}]", "  all: {normalize: {}}", `10:8: clean.all: want a list, have a mapping`},
	{"- gopher: {dialect: datatrove}", "- gopher: {}\n      c4: {}", `14:7: two rules in one element: write each with its own dash or braces`},
	{"- gopher: {dialect: datatrove}", "- gopher", `13:7: clean.web: want a mapping, have a word`},
	{"- gopher: {dialect: datatrove}", "- gopher:", `13:14: no value; write {} for the defaults or leave the key out`},
	// sizes and shares
	{"tokens: 20k", "tokens: 20 m", `19:11: mix.tokens: "20 m": want a count such as 5000, 64k, 20M or 1.5B`},
	{"tokens: 20k", "tokens: -5", `19:11: mix.tokens: "-5": want a count such as 5000, 64k, 20M or 1.5B`},
	{"tokens: 20k", "tokens: 0", `19:11: mix.tokens is 0, want 1 or more, or all`},
	{"tokens: 20k", "tokens: {}", `mix.tokens: "{": want a count such as 5000, 64k, 20M or 1.5B`},
	{"tokens: 20k", "tokens: 20k\n  repeat: 0.5", `mix: repeat is 0.5 epochs, want 1 or more`},
	{"tokens: 20k", "tokens: 20k\n  short: maybe", `mix: short is "maybe", want error, shrink or spread`},
	{"validation: 5%", "validation: 105%", `20:53: shard.validation: "105%": want a share such as 0.5% or 0.005, below 1`},
	{"validation: 5%", "tokens: 5", `shard: 5 tokens in a shard, want at least 1024`},
	// inputs
	{"version: 1\n", "", `1:1: no version; this quern reads version: 1`},
	{"version: 1", "version: 2", `1:1: version 2; this quern reads version: 1`},
	{"name: base", "name: my base", `2:1: name "my base": want letters, digits, - and _`},
	{"name: base", "name: ../../etc", `2:1: name "../../etc": want letters, digits, - and _`},
	{"name: docs", "name: a/b", `5:5: ingest: name "a/b": want letters, digits, - and _`},
	{"domain: web,", "domain: \"\",", `5:5: ingest docs: domain "": want a word such as web, paper or code`},
	{"name: docs", "name: src", `6:9: ingest: the name src is given twice`},
	{"jsonl: [a.jsonl]", "jsonl: [a.jsonl, a.jsonl]", `5:5: ingest docs: "a.jsonl" is listed twice`},
	{"jsonl: [a.jsonl]", "jsonl: []", `5:5: ingest docs: jsonl lists no path`},
	{"jsonl: [a.jsonl]", `jsonl: [""]`, `5:5: ingest docs: an empty path`},
	{"jsonl: [a.jsonl]", "jsonl: [a.jsonl], warc: [b]", `warc: an input has one format, this one has jsonl already`},
	{", jsonl: [a.jsonl]", "", `5:5: ingest docs: no input; give one of jsonl, csv, parquet, arrow, text, markdown, warc, html, mediawiki, stackexchange, tei, jats, arxiv, latex, pdf, epub, tree, git`},
	{"tree: [src]", "tree: [src]\n    fields: {text: body}", `fields: tree has no named fields`},
	{"jsonl: [a.jsonl]", "epub: [a.epub], options: {max_bytes: 5}", `options: epub has none`},
	{"rows: 64}", "rows: 64, pack: best}", `20:8: shard: arrow: packing "best", want concat, bestfit or bfd`},
	{"rows: 64}", "rows: 2000000, pack: bfd}", `20:8: shard: arrow: rows of 2000000 tokens, want 1 to 1048576 with packing bfd`},
	{"rows: 64}", "rows: 64, packing: bfd}", `"packing"`},
	// what needs what
	{"tokenize:\n  learn: {vocab: 512, ratios: {code: 1, web: 3}}\n", "", `15:1: mix needs tokenize`},
	{"mix:\n  ratios: {code: 1, web: 3}\n  tokens: 20k\n", "", `17:1: shard needs mix`},
	{"shard: {parquet: {}, arrow: {rows: 64}, validation: 5%}\n", "", `20:1: train needs shard`},
	{"train:\n  model: {layers: 1, width: 16, heads: 2, context: 16}\n  batch: 64\n  steps: 2\n", "", `21:1: tune needs train`},
	{"  sft: {data: [chat.jsonl], steps: 2, batch: 64}\n", "  {}\n", `25:1: tune: give sft`},
	{"learn: {vocab: 512, ratios: {code: 1, web: 3}}", "file: t.json\n  learn: {ratios: {code: 1, web: 3}}", `tokenize: give either learn or file`},
	{"learn: {vocab: 512, ratios: {code: 1, web: 3}}", "{}", `tokenize: give either learn or file`},
	{"dedup: {exact: {}, near: {bands: 14}, prefer: [code]}", "dedup: {}", `dedup: nothing is asked for: neither exact nor near`},
	{"steps: 2\ntune", "steps: 0\ntune", `21:1: train: steps is 0: say how long training is, by steps, tokens or epochs`},
	{"heads: 2", "heads: 3", `21:1: model: heads is 3, must divide the width of 16`},
	{"batch: 64\n  steps", "batch: 63\n  steps", `21:1: train: batch is 63 tokens, want a multiple of the context, 16`},
	{"steps: 2\ntune", "steps: 2\n  tokens: 1M\ntune", `21:1: train: steps is 2, tokens 1000000, epochs 0: want one of them`},
	{"steps: 2\ntune", "steps: 2\n  optimizer: lion\ntune", `21:1: train: optimizer is "lion", want adamw, muon, sgd`},
	{"steps: 2\ntune", "steps: 2\n  optimiser: muon\ntune", `did you mean "optimizer"?`},
	{"steps: 2\ntune", "steps: 2\n  muon: {scale: big}\ntune", `21:1: train: muon.scale is "big", want jordan or moonlight`},
	{"steps: 2\ntune", "steps: 2\n  groups: [{match: \"*embed*\"}]\ntune", `21:1: train: groups: *embed* has neither lr nor weight_decay`},
	{"steps: 2\ntune", "steps: 2\n  length_warmup: {from: 3, over: 50%}\ntune", `21:1: train: length_warmup.from is 3 tokens, want the context, 16, halved some times`},
	// YAML that a spec has no use for
	{"seed: 17", "seed: 17\nseed: 18", `4:1: mapping key "seed" already defined at [3:1]`},
	{"seed: 17", "seed: !!int 17", `3:7: tag !!int: a spec has none`},
	{"seed: 17", "seed: &a 17\nname2: *b", `4:8: alias *b has no anchor before it`},
}

func TestWrongSpecs(t *testing.T) {
	for _, c := range wrongSpecs {
		if !strings.Contains(base, c.old) {
			t.Fatalf("base has no %q", c.old)
		}
		_, err := ParseSpec("s.yaml", []byte(strings.Replace(base, c.old, c.new, 1)), ".", nil)
		var se *SpecError
		if !errors.As(err, &se) || se.Line == 0 || se.Col == 0 {
			t.Errorf("%s: have %v, want file:line:column: message", c.new, err)
			continue
		}
		want := c.want
		if want[0] >= '0' && want[0] <= '9' {
			want = "s.yaml:" + want
		}
		if !strings.Contains(se.Error(), want) {
			t.Errorf("%s:\nhave %v\nwant %s", c.new, se, want)
		}
	}
}

func TestAliases(t *testing.T) {
	s := parse(t, strings.Replace(strings.Replace(base, "ratios: {code: 1, web: 3}}", "ratios: &r {code: 1, web: 3}}", 1),
		"  ratios: {code: 1, web: 3}\n", "  ratios: *r\n", 1))
	if s.Mix.Ratios.Of("web") != 3 {
		t.Errorf("an alias gave %v", s.Mix.Ratios)
	}
	many := "seed: &s 17\nx: [" + strings.Repeat("*s, ", 101) + "]"
	_, err := ParseSpec("s.yaml", []byte(strings.Replace(base, "seed: 17", many, 1)), ".", nil)
	if err == nil || !strings.Contains(err.Error(), "s.yaml:4:") || !strings.Contains(err.Error(), "more than 100 aliases") {
		t.Errorf("101 aliases: %v", err)
	}
	_, err = ParseSpec("s.yaml", []byte(strings.Replace(base, "bands: 14", "bands: *h", 1)+"x: &h 14.5\n"), ".", nil)
	if err == nil {
		t.Error("an alias before its anchor was taken")
	}
	_, err = ParseSpec("s.yaml", []byte(strings.Replace(strings.Replace(base, "min: 0.5", "min: &h 0.5", 1), "bands: 14", "bands: *h", 1)), ".", nil)
	if err == nil || !strings.Contains(err.Error(), "bands: 0.5 where a whole number belongs") {
		t.Errorf("a fraction by alias: %v", err)
	}
}

func TestSet(t *testing.T) {
	s := parse(t, base, "mix.ratios.code=20", "mix.tokens=5M", "dedup.near.verify=0.9", "seed=5", "train.sample.prompts=[a, b]", "mix.short=shrink",
		"tune.sft.sample.top_k=3", "clean.code=[stack: {}]", "name=other", "name=last")
	switch {
	case s.Mix.Ratios.Of("code") != 20 || s.Mix.Ratios.Of("web") != 3:
		t.Errorf("ratios %v", s.Mix.Ratios)
	case s.Mix.Tokens != 5_000_000 || s.Mix.Short != "shrink" || s.Dedup.Near.Verify != 0.9 || s.Seed != 5:
		t.Errorf("mix %+v near %+v seed %d", s.Mix, s.Dedup.Near, s.Seed)
	case !reflect.DeepEqual(s.Train.Sample.Prompts, []string{"a", "b"}) || s.Tune.SFT.Sample.TopK != 3:
		t.Errorf("sample %+v %+v", s.Train.Sample, s.Tune.SFT.Sample)
	case len(s.Clean.Sections["code"]) != 1 || s.Clean.Sections["code"][0].Name != "stack@v2":
		t.Errorf("clean %+v", s.Clean.Sections)
	case s.Name != "last":
		t.Errorf("name %s: the last override wins", s.Name)
	}
	for set, want := range map[string]string{
		"mix":                    "want a.b=value",
		"=3":                     "want a.b=value",
		"":                       "want a.b=value",
		"seed=":                  "no value",
		"seed=x":                 "--set seed=x: have a word, want a whole number",
		"seed=1.5":               "--set seed=1.5: seed: 1.5 where a whole number belongs",
		"mix.ratio.code=3":       `unknown field "ratio"; did you mean "ratios"?`,
		"nix.tokens=3":           `unknown field "nix"; did you mean "mix"?`,
		"seed.x=3":               "seed is a number, not a mapping",
		"ingest.name=3":          "ingest is a list, not a mapping",
		"mix.tokens=20 m":        `"20 m": want a count`,
		"mix.ratios.cod=3":       "--set mix.ratios.cod=3: mix.ratios: no input has the domain cod",
		"seed=[":                 "--set seed=[: ",
		"seed=1\nname: x":        "in one line",
		"mix.ratios={a: &x 1}}":  "--set",
		"a{b.c=1":                "want a.b=value",
		"train.new.x=010":        `unknown field "new"`,
		"mix.repeat=.nan":        ".nan is no number to work with",
		"train.sample.top_k=1.5": "top_k: 1.5 where a whole number belongs",
		"dedup.near.rows=*x":     "alias *x has no anchor before it",
		"a.b.c.d=*x":             "alias *x has no anchor before it",
		"train.sample.x=!!int 1": "a spec has none",
	} {
		_, err := ParseSpec("s.yaml", []byte(base), ".", []string{set})
		var se *SpecError
		if !errors.As(err, &se) || !strings.Contains(err.Error(), want) {
			t.Errorf("--set %q: have %v, want %s", set, err, want)
		}
	}
}

func TestLoadSpec(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "s.yaml")
	if err := os.WriteFile(name, []byte(base), 0o666); err != nil {
		t.Fatal(err)
	}
	s, err := LoadSpec(name, []string{"seed=3"})
	if err != nil || s.Seed != 3 || s.path("x") != filepath.Join(dir, "x") {
		t.Errorf("have %+v, %v", s, err)
	}
	if _, err := LoadSpec(filepath.Join(dir, "no.yaml"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing spec: %v", err)
	}
	if _, err := ParseSpec("s.yaml", make([]byte, maxSpecBytes+1), ".", nil); err == nil || !strings.Contains(err.Error(), "a spec has at most") {
		t.Errorf("a spec that is too large: %v", err)
	}
}

func TestRecipesParse(t *testing.T) {
	recipes, err := filepath.Glob("*.yaml")
	if err != nil || len(recipes) < 2 {
		t.Fatalf("have recipes %q, %v", recipes, err)
	}
	for _, r := range recipes {
		s, err := LoadSpec(r, nil)
		if err != nil {
			t.Error(err)
			continue
		}
		if r := s.Mix.Ratios; r.Of("code") != 10 || r.Of("paper") != 15 || r.Of("web") != 75 {
			t.Errorf("%s: mix %v", s.Name, r)
		}
	}
}

func FuzzParseSpec(f *testing.F) {
	f.Add(base, "")
	f.Add(base, "mix.ratios.code=20")
	for _, c := range wrongSpecs {
		f.Add(strings.Replace(base, c.old, c.new, 1), "a.b=[{c: 1}]")
	}
	f.Add("a: &a [*a]", "x=*y")
	f.Add("{? [a] : b}", "=")
	f.Add("- - - -", "a..b=1")
	f.Add("a: |\n  b\n", "a=|")
	f.Fuzz(func(t *testing.T, src, set string) {
		var sets []string
		if set != "" {
			sets = []string{set}
		}
		s, err := ParseSpec("s.yaml", []byte(src), "/base", sets)
		if err != nil {
			var se *SpecError
			if !errors.As(err, &se) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		j, err := s.JSON()
		if err != nil || len(j) == 0 {
			t.Fatalf("a spec that was taken cannot be written: %v", err)
		}
	})
}

// How long a run is stands in steps, tokens or epochs; the default is one of steps.
func TestLengthOfTraining(t *testing.T) {
	for _, c := range []struct {
		given         string
		steps, epochs int
		tokens        int64
	}{{"steps: 2", 2, 0, 0}, {"tokens: 2M", 0, 0, 2_000_000}, {"epochs: 3", 0, 3, 0}, {"clip: 1", 1000, 0, 0}} {
		s, err := ParseSpec("s.yaml", []byte(strings.Replace(base, "steps: 2\ntune", c.given+"\ntune", 1)), ".", nil)
		if err != nil {
			t.Fatal(err)
		}
		if s.Train.Steps != c.steps || s.Train.Tokens != c.tokens || s.Train.Epochs != c.epochs {
			t.Errorf("%s: %d steps, %d tokens, %d epochs", c.given, s.Train.Steps, s.Train.Tokens, s.Train.Epochs)
		}
	}
}

// The phases of a mix are the curriculum: training that shuffles would undo it.
func TestShufflingUndoesPhases(t *testing.T) {
	phased := strings.Replace(base, "mix:\n  ratios: {code: 1, web: 3}\n", "mix:\n  phases: [{share: 50%, ratios: {code: 1, web: 3}}, {share: 50%, ratios: {code: 3, web: 1}}]\n", 1)
	if _, err := ParseSpec("s.yaml", []byte(phased), ".", nil); err != nil {
		t.Fatal(err)
	}
	_, err := ParseSpec("s.yaml", []byte(strings.Replace(phased, "steps: 2\ntune", "steps: 2\n  shuffle: true\ntune", 1)), ".", nil)
	if err == nil || !strings.Contains(err.Error(), "train.shuffle: mix.phases is an order, which shuffling would undo") {
		t.Error(err)
	}
}
