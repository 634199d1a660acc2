package report_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/pipelines/report"
	"golang.org/x/net/html"
)

const spec = `version: 1
name: hostile
seed: 3
ingest:
  - {name: notes, domain: web, jsonl: [notes.jsonl]}
  - {name: src, domain: code, tree: [src]}
clean:
  all: [normalize: {}]
  web: [gopher: {dialect: datatrove, min_words: 20}]
dedup: {exact: {}, near: {}}
tokenize: {learn: {vocab: 300, ratios: {code: 1, web: 3}}}
mix: {ratios: {code: 1, web: 3}, tokens: 5k, repeat: 4, short: shrink}
shard: {parquet: {}, arrow: {rows: 64}, validation: 20%}
train:
  model: {layers: 1, width: 16, heads: 2, context: 64}
  batch: 64
  steps: 3
  eval: 1
  sample: {prompts: ["</pre><script>alert('prompt')</script>"], tokens: 4}
`

const attack = `<script>alert("text")</script></pre><img src=x onerror=alert(2)> `

// hostileRun runs the spec on documents that would rather be programs.
func hostileRun(t *testing.T) (quern.Local, *pipelines.Record) {
	t.Helper()
	dir := t.TempDir()
	var lines bytes.Buffer
	var last string
	r := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("the miller lifts a sluice and wheel begins to turn water is heavy it has long way fall stone that dull will bruise grain instead " +
		"of cutting nobody in village could say who had built dam flour keeps for month when dry they weighed every sack twice wrote down")
	for i := range 30 {
		text := attack
		for range 12 {
			for range 10 {
				text += words[r.IntN(len(words))] + " "
			}
			text += ". "
		}
		if i%10 == 7 {
			text = last + "More."
		}
		last = text
		if i%10 == 9 {
			text = attack
		}
		if i%10 == 8 {
			text = attack + strings.Repeat("It is the same to me and that is all there is to say of it. ", 3)
		}
		line, err := json.Marshal(map[string]string{"id": fmt.Sprint(i), "text": text, "url": `javascript:alert("origin")//<script src=http://evil.example/x.js></script>`})
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(line, '\n'))
	}
	lines.WriteString("{\"text\": <script>}\n")
	files := map[string][]byte{"spec.yaml": []byte(spec), "notes.jsonl": lines.Bytes()}
	for _, name := range []string{"report.go", "samples.go", "charts.go", "../numbers.go", "../world.go", "../lock.go"} {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files["src/"+filepath.Base(name)] = append(src, "// </td><script>\n"...)
	}
	for name, b := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	s, err := pipelines.LoadSpec(filepath.Join(dir, "spec.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	run := quern.Local(filepath.Join(dir, "run"))
	rec, err := pipelines.Run(context.Background(), s, pipelines.Env{Dir: string(run)})
	if err != nil {
		t.Fatal(err)
	}
	return run, rec
}

func TestPage(t *testing.T) {
	run, rec := hostileRun(t)
	if err := report.Write(run, rec, "runs/page.html"); err != nil {
		t.Fatal(err)
	}
	b, err := quern.ReadBlob(run, "runs/page.html")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(bytes.ToLower(b), []byte("<script")) {
		t.Error("the page has a script")
	}
	if !bytes.Contains(b, []byte("&lt;script&gt;alert(&#34;text&#34;)&lt;/script&gt;")) {
		t.Error("the hostile text is not shown as text")
	}
	page, err := html.Parse(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	p := read(t, page)
	for _, id := range []string{"funnel", "rules", "mix", "loss", "clusters", "facts", "documents", "dropped", "spec"} {
		if !p.ids[id] {
			t.Errorf("no section %s", id)
		}
		if !p.links["#"+id] {
			t.Errorf("no link to the section %s", id)
		}
	}
	if p.svgs < 5 {
		t.Errorf("%d charts", p.svgs)
	}
	text := textOf(page)
	for _, want := range []string{"Every step adds up: documents in = kept + dropped + skipped + passed over.", "hostile-1", "Pretraining: ", "dedup.near", "bad-json",
		"Pairs side by side", "alert('prompt')"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	checkSums(t, run, rec, p)
	if err := report.Write(run, rec, "runs/again.html"); err != nil {
		t.Fatal(err)
	}
	if again, err := quern.ReadBlob(run, "runs/again.html"); err != nil || !bytes.Equal(again, b) {
		t.Errorf("the same run gives another page, %v", err)
	}
}

// parsed is what matters of a page.
type parsed struct {
	ids, links map[string]bool
	svgs       int
	tables     [][][]string // rows of cells
}

// read walks a page and reports whatever would fetch or run.
func read(t *testing.T, n *html.Node) *parsed {
	p := &parsed{ids: map[string]bool{}, links: map[string]bool{}}
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode {
			switch n.Data {
			case "script", "iframe", "object", "embed", "link", "img", "base", "form", "foreignobject", "foreignObject", "use", "image":
				t.Errorf("the page has an element %s", n.Data)
			case "style":
				if s := n.FirstChild.Data; strings.Contains(s, "url(") || strings.Contains(s, "@import") {
					t.Errorf("the style fetches: %s", s)
				}
			case "svg":
				p.svgs++
			case "table":
				p.tables = append(p.tables, nil)
			case "tr":
				p.tables[len(p.tables)-1] = append(p.tables[len(p.tables)-1], nil)
			case "td":
				rows := p.tables[len(p.tables)-1]
				rows[len(rows)-1] = append(rows[len(rows)-1], textOf(n))
			}
			for _, a := range n.Attr {
				switch {
				case a.Key == "id":
					p.ids[a.Val] = true
				case a.Key == "href" && strings.HasPrefix(a.Val, "#"):
					p.links[a.Val] = true
				case a.Key == "href", a.Key == "src", a.Key == "srcset", strings.HasPrefix(a.Key, "on"), strings.Contains(a.Val, "url(") && n.Data != "svg":
					t.Errorf("%s has %s=%q", n.Data, a.Key, a.Val)
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(n)
	return p
}

func textOf(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	s := ""
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		s += textOf(c)
	}
	return s
}

// checkSums adds up the numbers of the page and holds them to the run's.
func checkSums(t *testing.T, run quern.Local, rec *pipelines.Record, p *parsed) {
	t.Helper()
	sum, err := pipelines.Summarize(run, rec)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.tables) < 4 || len(p.tables[0]) != len(sum.Steps)+1 {
		t.Fatalf("%d tables", len(p.tables))
	}
	number := func(cell string) int64 {
		n, err := strconv.ParseInt(cell, 10, 64)
		if err != nil && cell != "" {
			t.Errorf("%q is no number", cell)
		}
		return n
	}
	left := map[string]int64{} // by step, in the funnel
	for i, row := range p.tables[0][1:] {
		if s := sum.Steps[i]; row[0] != s.Step || row[1] != s.Source || number(row[2]) != s.DocsIn || number(row[3]) != s.DocsOut {
			t.Errorf("the funnel says %q of %+v", row, s)
		}
		if row[0] != "learn" {
			left[row[0]] += number(row[2]) - number(row[3])
		}
	}
	for _, row := range p.tables[1][1:] {
		total := int64(0)
		for _, cell := range row[2 : len(row)-2] {
			total += number(cell)
		}
		if total != number(row[len(row)-2]) {
			t.Errorf("the rule %q does not add up", row)
		}
		left[row[0]] -= total
	}
	// By source the reasons of cleaning and what was kept add up to what came in.
	bySource := p.tables[2][1:]
	came := bySource[len(bySource)-1]
	for col := 1; col < len(came); col++ {
		total := int64(0)
		for _, row := range bySource[:len(bySource)-1] {
			total += number(row[col])
		}
		if total != number(came[col]) || total == 0 {
			t.Errorf("column %d of the rules by source adds up to %d of %s", col, total, came[col])
		}
	}
	for step, n := range left {
		if n != 0 {
			t.Errorf("%s: %d documents went for no reason", step, n)
		}
	}
	tokens := int64(0)
	for _, row := range p.tables[3][1:] {
		tokens += number(row[3])
	}
	if tokens != sum.Mix.Total || tokens == 0 {
		t.Errorf("the mix shows %d tokens of %d", tokens, sum.Mix.Total)
	}
}

func TestPageOfLittle(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.jsonl"), []byte(`{"text": "a document"}`+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	s, err := pipelines.ParseSpec("s.yaml", []byte("version: 1\nname: little\nseed: 1\ningest:\n  - {name: a, domain: web, jsonl: [a.jsonl]}\n"), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	run := quern.Local(filepath.Join(dir, "run"))
	rec, err := pipelines.Run(context.Background(), s, pipelines.Env{Dir: string(run)})
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Write(run, rec, "runs/page.html"); err != nil {
		t.Fatal(err)
	}
	b, err := quern.ReadBlob(run, "runs/page.html")
	if err != nil || !bytes.Contains(b, []byte("No model was trained.")) || bytes.Contains(b, []byte(`<h2 id="mix">`)) {
		t.Errorf("%v: %s", err, b)
	}
	if err := os.RemoveAll(run.Path("steps")); err != nil {
		t.Fatal(err)
	}
	if err := report.Write(run, rec, "runs/page.html"); err == nil || !strings.Contains(err.Error(), "steps/") {
		t.Errorf("the report of a run whose datasets are gone: %v", err)
	}
}

const workSpec = `version: 1
name: work
seed: 3
ingest:
  - {name: notes, domain: web, jsonl: [notes.jsonl]}
  - {name: old, domain: forum, jsonl: [old.jsonl]}
  - {name: rest, domain: spare, jsonl: [rest.jsonl]}
clean:
  web: [decontaminate: {sets: [{name: riddles, files: [riddles.jsonl], fields: {question: [q], answer: [a]}}]}]
dedup:
  exact: {}
  near: {}
  lines: {least: 2}
  guard: {loss: 1, action: warn}
tokenize: {learn: {vocab: 300, ratios: {web: 1, forum: 1, spare: 1}}}
mix:
  bytes: 6KiB
  short: shrink
  repeat: 4
  phases:
    - {share: 0.75, ratios: {web: 3, forum: 1}}
    - {share: 0.25, ratios: {web: 1, forum: 1}}
`

const riddle = "A miller grinds seven sacks of <b>rye</b> before noon and twice as many after noon; how many sacks does he grind on two such days"

// workRun runs a spec whose deduplication, decontamination and mix all have something to show.
func workRun(t *testing.T) (dir string, run quern.Local, rec *pipelines.Record) {
	t.Helper()
	dir = t.TempDir()
	r := rand.New(rand.NewPCG(5, 6))
	words := strings.Fields("the miller lifts a sluice and wheel begins to turn water is heavy it has long way fall stone that dull will bruise grain instead " +
		"of cutting nobody in village could say who had built dam flour keeps for month when dry they weighed every sack twice wrote down")
	write := func(name string, n int) {
		var b bytes.Buffer
		last := ""
		for i := range n {
			text := ""
			for range 8 {
				for range 10 {
					text += words[r.IntN(len(words))] + " "
				}
				text += ".\n"
			}
			switch {
			case name == "notes.jsonl" && i%10 == 3:
				text += riddle + "? The answer is 42.\n" + text
			case i%5 == 4:
				text = last + "More."
			case i%3 == 0:
				text += "Share this <script>page</script> with your friends and neighbors today\n"
			}
			last = text
			line, err := json.Marshal(map[string]string{"id": fmt.Sprint(name, i), "text": text, "url": "https://example.org/" + fmt.Sprint(i)})
			if err != nil {
				t.Fatal(err)
			}
			b.Write(append(line, '\n'))
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("notes.jsonl", 30)
	write("old.jsonl", 20)
	write("rest.jsonl", 3)
	item, err := json.Marshal(map[string]string{"q": riddle, "a": "42"})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "riddles.jsonl"), append(item, '\n'), 0o666); err != nil {
		t.Fatal(err)
	}
	s, err := pipelines.ParseSpec("work.yaml", []byte(workSpec), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	run = quern.Local(filepath.Join(dir, "run"))
	if rec, err = pipelines.Run(context.Background(), s, pipelines.Env{Dir: string(run)}); err != nil {
		t.Fatal(err)
	}
	return dir, run, rec
}

func TestPageOfDedupAndMix(t *testing.T) {
	dir, run, rec := workRun(t)
	shows := func(want ...string) {
		t.Helper()
		if err := report.Write(run, rec, "runs/page.html"); err != nil {
			t.Fatal(err)
		}
		b, err := quern.ReadBlob(run, "runs/page.html")
		if err != nil {
			t.Fatal(err)
		}
		page, err := html.Parse(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		read(t, page)
		text := textOf(page)
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("the page does not say %q", w)
			}
		}
	}
	shows("Near duplicates, by source", "by closure", "more than the 1 % of its guard", "Repeated parts", "lines: examples",
		"Share this <script>page</script> with your friends", "Evaluation items found", "riddles", "Shares are of bytes.", "phase 1, 75.000 %", "phase 2, 25.000 %",
		"Left out, for no ratio asks for it", "spare", riddle)
	if err := os.Remove(filepath.Join(dir, "riddles.jsonl")); err != nil {
		t.Fatal(err)
	}
	shows("Evaluation items found", "The items cannot be shown, for the evaluation files cannot be read now")
}
