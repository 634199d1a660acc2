package pipelines

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// everyKind asks for all that deduplication can do at once.
const everyKind = `dedup:
  exact: {by: text, case: true}
  near: {preset: bigcode, verify: 0.75}
  bloom: {unit: paragraph, min_words: 6}
  lines: {least: 2, min_bytes: 10, left_words: 5}
  paragraphs: {min_words: 5}
  sentences: {left_words: 5, left_sentences: 1}
  substrings: {bytes: 40, min_bytes: 20}
  prefer: [paper, code, web]
  stays: longest
  guard: {loss: 90, action: warn}
`

func withDedup(section string) string {
	return strings.Replace(millSpec, "dedup: {exact: {}, near: {}, prefer: [paper, code, web]}\n", section, 1)
}

func TestEveryKindOfDedup(t *testing.T) {
	m := newMill(t, withDedup(everyKind))
	var want map[string]quern.Digest
	for _, workers := range []int{1, 2, 7} {
		dir := filepath.Join(m.dir, fmt.Sprint("w", workers))
		w := m.grind(Env{Dir: dir, Workers: workers, Mem: 256 << 20})
		have := digests(t, dir, w.rec)
		if want == nil {
			want = have
		}
		sameDigests(t, fmt.Sprintf("%d workers", workers), have, want)
		sum, err := Summarize(quern.Local(dir), w.rec)
		if err != nil {
			t.Fatal(err)
		}
		left := int64(-1) // documents behind the step before
		for _, s := range sum.Steps {
			switch s.Step {
			case "cluster", "bloom", "lines", "paragraphs", "sentences", "substrings", "learn":
				out := s.DocsOut
				for _, n := range s.Dropped {
					out += n
				}
				if out != s.DocsIn || left >= 0 && s.DocsIn != left {
					t.Errorf("%s: %d in, %d accounted for, %d were left before", s.Step, s.DocsIn, out, left)
				}
				left = s.DocsOut
			}
		}
	}
	for _, kind := range []string{"cluster", "bloom", "lines", "paragraphs", "sentences", "substrings"} {
		if want[kind] == "" {
			t.Errorf("no step %s among %v", kind, want)
		}
	}
	w := m.grind(Env{Dir: filepath.Join(m.dir, "w2")})
	if len(w.made) > 0 {
		t.Errorf("again, it ran %q", w.made)
	}
	m.replace("substrings: {bytes: 40", "substrings: {bytes: 60")
	if w = m.grind(Env{Dir: filepath.Join(m.dir, "w2")}); len(w.made) == 0 || w.made[0] != "substrings" {
		t.Errorf("other substrings: ran %q, want substrings first", w.made)
	}
	m.replace("verify: 0.75", "verify: 0.9")
	if w = m.grind(Env{Dir: filepath.Join(m.dir, "w2")}); len(w.made) == 0 || w.made[0] != "cluster" {
		t.Errorf("another bound of similarity: ran %q, want cluster first and no signing", w.made)
	}
}

func TestTokensOfDedupNeedATokenizer(t *testing.T) {
	first := newMill(t, millSpec)
	w := first.grind(Env{})
	var tok string
	for _, s := range w.rec.Steps {
		if s.Step == "learn" {
			tok = filepath.Join(first.run(), s.Folder, tokenizerName)
		}
	}
	spec := withDedup("dedup: {near: {unit: tokens, shingle: 6}, substrings: {tokens: 20}}\n")
	m := newMill(t, strings.Replace(spec, "tokenize: {learn: {vocab: 400, ratios: {code: 10, paper: 15, web: 75}}}", "tokenize: {file: "+tok+"}", 1))
	if w := m.grind(Env{}); w.made[len(w.made)-1] != "shard" {
		t.Errorf("ran %q", w.made)
	}
}

func TestWrongDedup(t *testing.T) {
	for _, c := range []struct{ section, want string }{
		{"dedup: {near: {preset: nemoo}}\n", `dedup: near: unknown preset "nemoo", know fineweb`},
		{"dedup: {near: {family: simhash, bands: 3}}\n", "bands and rows are of MinHash"},
		{"dedup: {near: {measure: hamming}}\n", "measure hamming is of family simhash"},
		{"dedup: {near: {unit: tokens}}\n", "tokens need tokenize: {file"},
		{"dedup: {substrings: {tokens: 50}}\n", "tokens need tokenize: {file"},
		{"dedup: {substrings: {bytes: 50}, index: seen}\n", "an index is about exact or near"},
		{"dedup: {lines: {domains: [wep]}}\n", `no input has the domain wep; did you mean "web"?`},
		{"dedup: {line: {}}\n", `unknown field "line"; did you mean "lines"?`},
		{"dedup: {lines: {least: 1}}\n", "want 2 or more"},
		{"dedup: {exact: {by: title}}\n", "want text, url, id or meta.PATH"},
		{"dedup: {exact: {}, guard: {loss: 120}}\n", "per cent from 0 to 100"},
		{"dedup: {near: {verify: 2}}\n", "verify is 2"},
		{"dedup: {exact: {}, stays: newest}\n", "first, longest or earliest"},
	} {
		_, err := ParseSpec("s.yaml", []byte(withDedup(c.section)), ".", nil)
		var se *SpecError
		if !errors.As(err, &se) || se.Line == 0 || !strings.Contains(se.Error(), c.want) {
			t.Errorf("%s: have %v, want file:line:column and %q", strings.TrimSpace(c.section), err, c.want)
		}
	}
}
