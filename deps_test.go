package quern

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// rooms says who may import whom, as data. Each line is "room: what it may import of quern". "." is the root package, a trailing
// "/..." covers a folder and all below it. Do not change this table to make a build pass: move the code.
const rooms = `
.:                       xxhash
ingest/extract/...:      text net klauspost
ingest/code/...:         licensecheck
ingest/git/...:          klauspost
clean/lid/...:           lingua text clean/lid/...
clean/fasttext/...:      xsys
clean/ngram/...:         xxhash
clean/decon/...:         text klauspost
train/ops/...:           gonum xsys train/ops/...
ingest/...:              . ingest/... parquet arrow klauspost xz json text net retryablehttp xxhash brotli lz4
tokenize/sentencepiece/...: xxhash text
clean/...:               . clean/... tokenize/sentencepiece xxhash text expr uax29 net xsys
dedup:                   . xxhash klauspost text flock xsys dedup/...
mix/law/...:             . gonum
dedup/planted:           .
dedup/minhash/...:       xxhash text xsys
mix:                     . gonum xxhash
tokenize/...:            . tokenize/... xsys xxhash text klauspost json uax29 regexp2
shard:                   . parquet arrow klauspost xsys
train/model:             train/ops/... train/model
train/format:            train/format
train/pretrained:        . tokenize train/model train/format train/ops
train/data/...:          . shard tokenize train/data/... klauspost json xxhash
train/cost:              train/model
train/decode:            tokenize train/model train/ops/...
train:                   . shard tokenize train/cost train/data/... train/decode train/model train/format train/pretrained train/ops/... xxhash
train/eval/...:          . shard tokenize train/data/... train/decode train/model train/format train/ops/... train/eval/...
train/serve:             tokenize train/data/... train/decode train/model
pipelines/report:        . clean/... dedup mix shard pipelines gonum plot
pipelines:               . ingest/... clean/... dedup mix tokenize/... shard train/... pipelines/... yaml flock xxhash json xsys
cmd/versus/corpus:       text
cmd/...:                 . ingest/... clean/... dedup/... mix/... tokenize/... shard train/... pipelines/... cobra mpb term gonum xsys
`

// libraries names the modules of the table.
var libraries = map[string]string{
	"github.com/cespare/xxhash/":            "xxhash",
	"github.com/clipperhouse/uax29/":        "uax29",
	"github.com/apache/arrow/":              "arrow",
	"github.com/parquet-go/parquet-go":      "parquet",
	"github.com/pemistahl/lingua-go":        "lingua",
	"gonum.org/v1/gonum/":                   "gonum",
	"gonum.org/v1/plot":                     "plot",
	"github.com/klauspost/compress/":        "klauspost",
	"github.com/andybalholm/brotli":         "brotli",
	"github.com/pierrec/lz4/":               "lz4",
	"github.com/ulikunitz/xz":               "xz",
	"github.com/hashicorp/go-retryablehttp": "retryablehttp",
	"github.com/google/licensecheck":        "licensecheck",
	"github.com/goccy/go-yaml":              "yaml",
	"github.com/go-json-experiment/json":    "json",
	"github.com/spf13/cobra":                "cobra",
	"github.com/vbauerster/mpb/":            "mpb",
	"github.com/gofrs/flock":                "flock",
	"golang.org/x/text/":                    "text",
	"golang.org/x/net/":                     "net",
	"golang.org/x/sys/":                     "xsys",
	"github.com/expr-lang/expr":             "expr",
	"github.com/dlclark/regexp2":            "regexp2",
	"golang.org/x/term":                     "term",
}

const module = "github.com/seed-83c59573/quern"

func TestImportsRunDownhill(t *testing.T) {
	rules := map[string][]string{}
	for line := range strings.Lines(rooms) {
		if room, may, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			rules[room] = strings.Fields(may)
		}
	}
	checked := 0
	err := filepath.WalkDir(".", func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && (strings.HasPrefix(e.Name(), ".") && p != "." || e.Name() == "testdata" || e.Name() == "run" || e.Name() == "runs") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		room := path.Dir(filepath.ToSlash(p))
		rule, ok := ruleOf(rules, room)
		if !ok {
			t.Errorf("%s: no rule for room %s", p, room)
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		if len(f.Comments) > 0 && strings.HasPrefix(f.Comments[0].List[0].Text, "//go:build ignore") {
			return nil
		}
		checked++
		for _, im := range f.Imports {
			what, _ := strconv.Unquote(im.Path.Value)
			if name, foreign := nameOf(what); foreign && !allowed(rule, name) {
				t.Errorf("%s: room %s may not import %s (%s)", p, room, what, name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked < 10 {
		t.Fatalf("only %d files were checked: is the test looking at the right folder?", checked)
	}
}

// ruleOf finds the rule of a room: its own line, or the longest folder with "/..." above it.
func ruleOf(rules map[string][]string, room string) ([]string, bool) {
	if r, ok := rules[room]; ok {
		return r, true
	}
	for dir := room; dir != "."; dir = path.Dir(dir) {
		if r, ok := rules[dir+"/..."]; ok {
			return r, true
		}
	}
	return nil, false
}

// nameOf tells what the table calls an import; the standard library is nobody's business.
func nameOf(what string) (string, bool) {
	if what == module {
		return ".", true
	}
	if rest, ok := strings.CutPrefix(what, module+"/"); ok {
		return rest, true
	}
	if !strings.Contains(strings.Split(what, "/")[0], ".") {
		return "", false
	}
	for prefix, name := range libraries {
		if strings.HasPrefix(what, prefix) {
			return name, true
		}
	}
	return what, true
}

func allowed(rule []string, name string) bool {
	for _, r := range rule {
		if base, deep := strings.CutSuffix(r, "/..."); r == name || deep && (name == base || strings.HasPrefix(name, base+"/")) {
			return true
		}
	}
	return false
}

func TestTheRuleBites(t *testing.T) {
	rules := map[string][]string{"dedup": {"."}, "ingest/...": {".", "parquet"}}
	r, _ := ruleOf(rules, "dedup")
	if allowed(r, "shard") || allowed(r, "parquet") || !allowed(r, ".") {
		t.Error("siblings must not import siblings")
	}
	if r, ok := ruleOf(rules, "ingest/deep/deeper"); !ok || !allowed(r, "parquet") {
		t.Error("a folder's rule covers what is below it")
	}
	if _, ok := ruleOf(rules, "utils"); ok {
		t.Error("a room that nobody planned has a rule")
	}
	if name, foreign := nameOf("net/http"); foreign {
		t.Errorf("the standard library is %q", name)
	}
}
