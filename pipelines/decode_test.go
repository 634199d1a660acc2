package pipelines

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

const malformed = "../../shared/fixtures/malformed"

// The fixtures were written before the schema was: where they say what a spec asks for, the words are put into those of the schema,
// and the fault stays what it is.
var translations = []struct{ from, to string }{
	{`\n *- path: (data/(\w+)\.\S+)\n    format: (\w+)\n`, "\n  - $3: [$1]\n    name: $2\n"},
	{`(?m)^inputs:`, "ingest:"},
	{`(?m)^work_dir: work$`, "tokenize: {file: tokenizer.json}"},
	{`(?m)^work_dir: (.*)$`, "tokenize: {file: $1}"},
	{`(?m)^languages: (.*)$`, "clean:\n  web:\n    - language: {keep: $1}"},
	{`(?m)^dedup:$`, "dedup:\n near:"},
	{`\bthreshold:`, "verify:"},
	{`\btreshold:`, "verfy:"},
	{`(?m)^mix:$`, "mix:\n tokens: 1000\n ratios:"},
	{`(?m)^shards:$`, "shard:\n  parquet: {}"},
	{`(?m)^  max_bytes:`, "  tokens:"},
	{`(?ms)^schedule:\n.*?(\n(\w)|\z)`, "$1"},
}

func translate(src string) string {
	crlf := strings.Contains(src, "\r\n")
	src = strings.ReplaceAll(src, "\r\n", "\n")
	for _, t := range translations {
		src = regexp.MustCompile(t.from).ReplaceAllString(src, t.to)
	}
	if crlf {
		src = strings.ReplaceAll(src, "\n", "\r\n")
	}
	return src
}

// verdicts are what the message must say, where a fixture leaves a choice or its outcome says little.
var verdicts = map[string]string{
	"alias-bomb-wide.yaml":      "more than 100 aliases",
	"alias-bomb.yaml":           "an anchor whose value holds an alias",
	"alias-cycle.yaml":          "has no anchor before it",
	"alias-unknown.yaml":        "alias *nowhere has no anchor before it",
	"merge-cycle.yaml":          "a key that is no plain word",
	"merge-bomb.yaml":           "a key that is no plain word",
	"duplicate-key.yaml":        `"seed" already defined`,
	"duplicate-key-nested.yaml": `"web" already defined`,
	"unknown-field.yaml":        `unknown field "verfy"; did you mean "verify"?`,
	"unknown-top-field.yaml":    `unknown field "seeds"; did you mean "seed"?`,
	"field-case.yaml":           `unknown field "Seed"; did you mean "seed"?`,
	"type-string-for-int.yaml":  "have a word, want a whole number",
	"type-float-for-int.yaml":   "bands: 14.5 where a whole number belongs",
	"type-list-for-string.yaml": "have a list, want a word",
	"type-string-for-list.yaml": "have a word, want a list",
	"type-map-for-list.yaml":    "have a mapping, want a list",
	"type-null.yaml":            "no value",
	"int-overflow.yaml":         "18446744073709551616",
	"negative.yaml":             "-1 bands",
	"nan.yaml":                  ".nan",
	"inf.yaml":                  ".inf",
	"ratio-negative.yaml":       "ratio of web is -0.7, want above 0",
	"ratio-unknown-domain.yaml": `domain cod; did you mean "code"?`,
	"threshold-2.yaml":          "verify is 2",
	"utf16.yaml":                "is UTF-16; save it as UTF-8",
	"int-leading-zero.yaml":     "leading zero",
	"depth-10k.yaml":            "nested more than 32 deep",
	"depth-10k-block.yaml":      "nested more than 32 deep",
	"long-key.yaml":             "a key of 30000 characters",
	"input-twice.yaml":          "given twice",
	"version-unknown.yaml":      "version 99",
	"version-missing.yaml":      "no version",
	"two-documents.yaml":        "a second document",
	"top-level-list.yaml":       "want a mapping",
	"top-level-scalar.yaml":     "want a mapping",
	"empty-file.yaml":           "version",
	"only-comments.yaml":        "version",
	"nul-in-path.yaml":          "NUL",
	"newline-in-path.yaml":      "line end",
	"control-character.yaml":    "control character 0x01",
	"invalid-utf8.yaml":         "not UTF-8",
	"tag-python.yaml":           "a spec has none",
	"tag-unknown.yaml":          "a spec has none",
}

// Choices that the fixtures leave: ratios are scaled to sum to 1; a number with a leading zero is refused; so is UTF-16; a text stays as
// it was written. The language no is read as a text, too, but the identifier knows it as nb.
var accepted = map[string]bool{"ratio-sum.yaml": true, "language-no.yaml": true}

// placeless are faults of a whole file.
var placeless = map[string]bool{"empty-file.yaml": true, "only-comments.yaml": true, "utf16.yaml": true, "depth-10k.yaml": true, "depth-10k-block.yaml": true}

func TestMalformedSpecs(t *testing.T) {
	f, err := os.Open(filepath.Join(malformed, "expect.tsv"))
	if err != nil {
		t.Skip("the malformed fixtures are not here: ", err)
	}
	defer f.Close()
	seen := 0
	for in := bufio.NewScanner(f); in.Scan(); {
		c := strings.Split(in.Text(), "\t")
		name, ok := strings.CutPrefix(c[0], "yaml/")
		if !ok || strings.HasPrefix(name, "cron-") || strings.HasPrefix(name, "timezone-") || name == "json.yaml" {
			continue // there is no schedule; JSON is tested below
		}
		seen++
		t.Run(strings.TrimSuffix(name, ".yaml"), func(t *testing.T) {
			src, err := os.ReadFile(filepath.Join(malformed, c[0]))
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			spec, err := ParseSpec("s.yaml", []byte(translate(string(src))), ".", nil)
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("took %v", took)
			}
			if want, refused := verdicts[name]; !refused && (c[2] == "accept" || accepted[name]) {
				if err != nil {
					t.Fatalf("%s: refused: %v", c[1], err)
				}
				checkAccepted(t, name, spec)
			} else if checkRefused(t, name, err); !strings.Contains(err.Error(), want) {
				t.Errorf("%s:\nhave %v\nwant %s", c[1], err, want)
			}
		})
	}
	if seen < 55 {
		t.Errorf("%d cases, want at least 55: are the fixtures whole?", seen)
	}
}

// checkRefused holds a refusal to what it must tell.
func checkRefused(t *testing.T, name string, err error) {
	t.Helper()
	var se *SpecError
	if !errors.As(err, &se) {
		t.Fatalf("have %v (%T), want a SpecError", err, err)
	}
	if se.File != "s.yaml" || len(se.Error()) > 300 || strings.ContainsAny(se.Msg, "\n\x00\x01") {
		t.Errorf("the message is no clear line: %q", se)
	}
	if !placeless[name] && (se.Line < 1 || se.Col < 1) {
		t.Errorf("no line and column in %q", se)
	}
}

func checkAccepted(t *testing.T, name string, s *Spec) {
	t.Helper()
	wantName, wantSeed := "base", uint64(17)
	switch name {
	case "name-looks-like-date.yaml":
		wantName = "2024-01-01"
	case "name-looks-like-number.yaml":
		wantName = "0o17"
	case "int-underscore.yaml":
		wantSeed = 1000
	}
	y, err := s.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != wantName || s.Seed != wantSeed {
		t.Errorf("have name %q and seed %d, want %q and %d", s.Name, s.Seed, wantName, wantSeed)
	}
	if !regexp.MustCompile(`keep:\s+- en\s+- de\n`).Match(y) {
		t.Errorf("the languages en and de are lost: %s", y)
	}
	if len(s.Ingest) != 2 || s.Ingest[0].Paths[0] != "data/a.jsonl.gz" || s.Dedup.Near.Bands != 14 || s.Shard.Tokens != 268435456 {
		t.Errorf("lost something: %s", y)
	}
}

func TestSizes(t *testing.T) {
	for in, want := range map[string]int64{"5000": 5000, "64k": 64_000, "64K": 64_000, "20M": 20_000_000, "1.5B": 1_500_000_000, "2G": 2e9, "1T": 1e12,
		"1_000": 1000, "0": 0} {
		if have, err := ParseCount(in); err != nil || have != want {
			t.Errorf("ParseCount(%q) = %d, %v, want %d", in, have, err, want)
		}
	}
	for _, in := range []string{"", "M", "-1", "1.5", "20 m", "20MB", "1e30", "nan", "inf", "0x10", "12,000", "9223372036854775808", "1M2"} {
		if have, err := ParseCount(in); err == nil {
			t.Errorf("ParseCount(%q) = %d, want an error", in, have)
		}
	}
	for in, want := range map[string]int64{"512MiB": 512 << 20, "2GiB": 2 << 30, "100MB": 1e8, "1.5GiB": 3 << 29, "7": 7, "7B": 7, "64KiB": 64 << 10} {
		if have, err := ParseBytes(in); err != nil || have != want {
			t.Errorf("ParseBytes(%q) = %d, %v, want %d", in, have, err, want)
		}
	}
	for _, in := range []string{"", "GiB", "-2GiB", "2Gib", "1e30TiB", "nan"} {
		if have, err := ParseBytes(in); err == nil {
			t.Errorf("ParseBytes(%q) = %d, want an error", in, have)
		}
	}
	for in, want := range map[string]float64{"0.5%": 0.005, "0.005": 0.005, "5 %": 0.05, "0": 0, "0%": 0, "99.9%": 0.999} {
		if have, err := ParseShare(in); err != nil || have-want > 1e-15 || want-have > 1e-15 {
			t.Errorf("ParseShare(%q) = %g, %v, want %g", in, have, err, want)
		}
	}
	for _, in := range []string{"", "%", "1", "100%", "-1%", "nan", "inf", "half", "5%%"} {
		if have, err := ParseShare(in); err == nil {
			t.Errorf("ParseShare(%q) = %g, want an error", in, have)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"verify", "bands", "rows", "web"}
	for in, want := range map[string]string{"verfy": "verify", "Bands": "bands", "bnads": "bands", "wob": "web", "zzzzzz": "", "": "", "x": ""} {
		have := nearest(in, known)
		if want != "" {
			want = `; did you mean "` + want + `"?`
		}
		if have != want {
			t.Errorf("nearest(%q) = %q, want %q", in, have, want)
		}
	}
	if d := editDistance(strings.Repeat("k", 1<<20), "key"); d != 1<<20 {
		t.Errorf("a long name costs %d", d)
	}
}
