package mix

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
)

const ratiosCSV = `run,name,index,code,web:en,web:zh
a,first,0,0.25,0.5,0.25
b,second,1,0,0.999,0
`

func TestRatiosFile(t *testing.T) {
	r, err := ReadRatios(strings.NewReader(ratiosCSV), "a")
	if err != nil || r.Of("code") != 0.25 || r.Of("web/en") != 0.5 || r.Of("web/zh") != 0.25 || len(r.Paths()) != 3 {
		t.Errorf("%v, %v", r, err)
	}
	if r, err = ReadRatios(strings.NewReader(ratiosCSV), "b"); err != nil || !slices.Equal(r.Paths(), []string{"web/en"}) {
		t.Errorf("%v, %v", r, err)
	}
	f := func(src, run, want string) {
		t.Helper()
		if _, err := ReadRatios(strings.NewReader(src), run); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", src, err, want)
		}
	}
	f("", "a", "no rows")
	f("run,code\n", "a", "no rows")
	f("code,web\n1,2\n", "a", "no column run or run_id among code, web")
	f(ratiosCSV, "c", "no run c among a, b")
	f(ratiosCSV, "", "2 runs, name one: a, b")
	f("run,code\na,1\na,1\n", "a", "line 3: the run a is there twice")
	f("run,code,web\na,0.5,0.4\n", "a", "line 2: the ratios sum to 0.9, want 1")
	f("run,code,web\na,1.5,-0.5\n", "a", `line 2: column web is "-0.5", want a number from 0`)
	f("run,code,web\na,1,NaN\n", "a", "column web")
	f("run,code,code\na,0.5,0.5\n", "a", "the column code is there twice")
	f("run,code,code:go\na,0.5,0.5\n", "a", "give the ratio of the whole code or those of its parts")
	f("run,code\na,1,2\n", "a", "wrong number of fields")
	f("run,code\n"+strings.Repeat("a", maxRatiosBytes), "z", "more than 16777216 bytes")
}

func FuzzRatiosFile(f *testing.F) {
	f.Add(ratiosCSV, "a")
	f.Add("run_id,a:b,a:c\nx,\"0.5\",.5\n", "")
	f.Fuzz(func(t *testing.T, src, run string) {
		r, err := ReadRatios(strings.NewReader(src), run)
		if err != nil {
			return
		}
		sum := 0.0
		for _, p := range r.Paths() {
			sum += r.Of(p)
		}
		if math.Abs(sum-1) > 0.011 {
			t.Errorf("%q of %q: the ratios sum to %g", run, src, sum)
		}
	})
}

func TestRatiosGoThroughAFile(t *testing.T) {
	c := three()
	cfg := ask(t, 500_000, 8)
	cfg.Ratios = tree(t, map[string]float64{"code": 10, "web/en": 60, "web/rest": 30})
	sum := plan(t, cfg, Options{Seed: 1}, c.sets).Summary()
	var out bytes.Buffer
	if err := WriteRatios(&out, []string{"mine", "other"}, []map[string]float64{sum.Row(), {"code": 1}}); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), "run,code,web:en,web:rest\nmine,0.") || !strings.HasSuffix(out.String(), "\nother,1,0,0\n") {
		t.Errorf("%s", &out)
	}
	r, err := ReadRatios(&out, "mine")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range sum.Row() {
		if r.Of(path) != want {
			t.Errorf("%s came back as %g, was %g", path, r.Of(path), want)
		}
	}
}

func TestDolmaConfig(t *testing.T) {
	c := three()
	cfg := ask(t, All, 2)
	cfg.Ratios = tree(t, map[string]float64{"code": 30, "web/en/high": 50, "web/en/rest": 0, "web/rest": 20})
	p := plan(t, cfg, Options{Seed: 1}, c.sets)
	o := DolmaPaths{Documents: func(source string) string { return "documents/" + source + "/*.jsonl.gz" }, Output: "mixed/", Experiment: "quern", MaxBytes: 1 << 30}
	b, err := p.Dolma(o)
	if err != nil {
		t.Fatal(err)
	}
	var m dolmaMix
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	names := map[string]dolmaStream{}
	for _, s := range m.Streams {
		if _, twice := names[s.Name]; twice {
			t.Errorf("two streams are called %s", s.Name)
		}
		names[s.Name] = s
	}
	epochs := map[string]float64{}
	for _, s := range p.Summary().Parts {
		epochs[s.Name] = s.Epochs
	}
	s, ok := names["web-en-high-docs-en-high-epoch1"]
	if !ok || s.Filter.Syntax != "jq" || s.Filter.Include[0] != `.metadata.language == "en" and .metadata.bucket == "high"` ||
		s.Documents[0] != "documents/docs/*.jsonl.gz" || s.Output.Path != "mixed/"+s.Name || s.Output.Max != 1<<30 {
		t.Errorf("%v in %v: %+v", slices.Sorted(maps.Keys(names)), epochs, s)
	}
	if _, ok := names["code-go-rest"]; !ok && epochs["code"] != math.Floor(epochs["code"]) || names["code-go-rest"].Filter != nil &&
		!strings.Contains(names["code-go-rest"].Filter.Include[0], `.attributes["quern__random_number_v1__random"][0][2] < 0.`) {
		t.Errorf("%+v of %v", names["code-go-rest"], epochs)
	}
	o.Experiment = ""
	if _, err := p.Dolma(o); err == nil || !strings.Contains(err.Error(), "tag them with random_number_v1") {
		t.Errorf("a part of an epoch without random numbers: %v", err)
	}
	o.Experiment = "quern"
	cfg.Upsample = &Upsample{Buckets: map[string]int{"high": 3}}
	p = plan(t, cfg, Options{Seed: 1}, c.sets)
	if b, err = p.Dolma(o); err != nil {
		t.Fatal(err)
	}
	for _, s := range p.Summary().Parts { // what counts three times has a stream for each time
		if want := int(math.Ceil(3 * s.Epochs)); s.Name == "web/en/high" && (bytes.Count(b, []byte(`"name": "web-en-high-docs-en-high-`)) != want || want < 2) {
			t.Errorf("a bucket that counts three times in %g epochs: %s", s.Epochs, b)
		}
	}
	cfg.Upsample = &Upsample{Clusters: []ClusterTimes{{2, 2}}}
	if _, err := plan(t, cfg, Options{Seed: 1}, c.sets).Dolma(o); err == nil || !strings.Contains(err.Error(), "up-sampled by the size of clusters") {
		t.Errorf("clusters: %v", err)
	}
}
