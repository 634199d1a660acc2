// Package report turns a run into one self-contained HTML page: the funnel by step, domain and rule, histograms of the facts,
// asked and achieved shares, duplicate clusters, loss curves, and documents that were kept and dropped. It reads committed datasets
// and writes one file; it fetches nothing and runs no script, and text of documents is only ever text in it.
package report

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"sort"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean"
	"github.com/seed-83c59573/quern/mix"
	"github.com/seed-83c59573/quern/pipelines"
)

//go:embed page.html
var pageHTML string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"mb":      func(n int64) string { return fmt.Sprintf("%.2f", float64(n)/1e6) },
	"percent": func(x float64) string { return fmt.Sprintf("%.3f %%", 100*x) },
	"short":   func(d quern.Digest) string { return d.Short() },
	"num":     func(x float64) string { return fmt.Sprintf("%.4g", x) },
	"share":   share,
	"chained": chained,
	"place":   place,
	"class":   func(c mix.Class) string { return c.String() },
	"inc":     func(i int) int { return i + 1 },
}).Parse(pageHTML))

// content is what the page shows.
type content struct {
	Run      *pipelines.Record
	Sum      *pipelines.Summary
	Balance  string // how the ledgers add up
	Domains  []string
	Rules    []ruleRow
	Facts    []factChart
	Shares   []shareRow
	Clusters pipelines.ClusterFacts
	Warnings []string     // of the steps of deduplication
	Parts    []partsFound // by step
	Eval     *evalItems   // nil = no source has the rule decontaminate
	Pairs    []pair
	Losses   []chart
	Kept     []sample
	Dropped  []ruleSamples
	Sources  []string    // of the clean steps
	BySource []sourceRow // what their rules dropped
}

// ruleRow is one reason and how many documents of each domain met it.
type ruleRow struct {
	Step, Reason string
	Docs         []int64 // by domain
	Total        int64
	Of           int64 // documents that came into the step
}

// sourceRow is one reason of the clean steps and how many documents of each source met it; the last rows say what was kept and all.
type sourceRow struct {
	Reason string
	Docs   []int64 // by source
	Total  int64
}

// bySource splits the reasons of the clean steps by source, and adds them up.
func (c *content) bySource(reasons map[string]map[string]int64, came map[string]int64) {
	c.Sources = slices.Sorted(maps.Keys(came))
	row := func(reason string, docs map[string]int64) {
		r := sourceRow{Reason: reason}
		for _, s := range c.Sources {
			r.Docs = append(r.Docs, docs[s])
			r.Total += docs[s]
		}
		c.BySource = append(c.BySource, r)
	}
	kept := maps.Clone(came)
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		row(reason, reasons[reason])
		for s, n := range reasons[reason] {
			kept[s] -= n
		}
	}
	row("kept", kept)
	row("came in", came)
}

type shareRow struct {
	Domain          string
	Asked, Achieved float64
	Tokens, Docs    int64
	Epochs          float64
}

type chart struct {
	Title string
	SVG   template.HTML
}

// Write makes the page of a run and commits it to dir under name.
func Write(dir quern.Local, rec *pipelines.Record, name string) error {
	c, err := gather(dir, rec)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := page.Execute(&b, c); err != nil {
		return err
	}
	return quern.WriteBlob(dir, name, b.Bytes())
}

func gather(dir quern.Local, rec *pipelines.Record) (*content, error) {
	sum, err := pipelines.Summarize(dir, rec)
	if err != nil {
		return nil, err
	}
	c := &content{Run: rec, Sum: sum, Balance: balance(sum)}
	facts := map[string]*domainFacts{}
	rules := map[[2]string]map[string]int64{}
	ins := map[string]int64{}
	reasons, came := map[string]map[string]int64{}, map[string]int64{}
	limits := map[string][]clean.Limit{}
	for _, s := range rec.Steps {
		m, err := pipelines.Dataset(dir, s)
		if err != nil {
			return nil, err
		}
		ins[s.Step] += m.Ledger.In
		c.tally(s.Step, m.Ledger, rules)
		switch s.Step {
		case "clean":
			if err := addFacts(facts, limits, m); err != nil {
				return nil, fmt.Errorf("%s: %w", s.Folder, err)
			}
			came[s.Source] = m.Ledger.In
			for _, t := range m.Ledger.Tallies {
				if t.Fate != quern.Kept {
					if reasons[t.Reason] == nil {
						reasons[t.Reason] = map[string]int64{}
					}
					reasons[t.Reason][s.Source] += t.Docs
				}
			}
		case "cluster", "bloom", "lines", "paragraphs", "sentences", "substrings":
			f, err := pipelines.FactsOfDedup(s, &m)
			if err != nil {
				return nil, err
			}
			c.duplicates(s.Step, m.Ledger.Total(quern.Dropped, "").Docs, f)
		case "train", "tune":
			charts, err := trainingCharts(dir.Path(s.Folder), s.Step)
			if err != nil {
				return nil, err
			}
			c.Losses = append(c.Losses, charts...)
		}
	}
	sort.Strings(c.Domains)
	c.rows(rules, ins)
	c.bySource(reasons, came)
	if c.Facts, err = factCharts(facts, limits); err != nil {
		return nil, err
	}
	c.shares(sum.Mix)
	if c.Pairs, err = pairs(dir, rec, c.Clusters.Examples); err != nil {
		return nil, err
	}
	if c.Eval, err = evaluation(dir, rec); err != nil {
		return nil, err
	}
	c.Kept, c.Dropped, err = samples(dir, rec)
	return c, err
}

// balance says whether every step's documents add up.
func balance(sum *pipelines.Summary) string {
	for _, s := range sum.Steps {
		n := s.DocsOut
		for _, k := range s.LeftOut() {
			n += k
		}
		if n != s.DocsIn {
			return fmt.Sprintf("%s %s does NOT add up: %d in, %d accounted for.", s.Step, s.Source, s.DocsIn, n)
		}
	}
	return "Every step adds up: documents in = kept + dropped + skipped + passed over."
}

// tally counts reasons by domain, leaving out choices that are no judgement.
func (c *content) tally(step string, l quern.Ledger, rules map[[2]string]map[string]int64) {
	for _, t := range l.Tallies {
		if !slices.Contains(c.Domains, t.Domain) {
			c.Domains = append(c.Domains, t.Domain)
		}
		if t.Fate == quern.Kept || step == "learn" || step == "mix" {
			continue
		}
		key := [2]string{step, t.Reason}
		if rules[key] == nil {
			rules[key] = map[string]int64{}
		}
		rules[key][t.Domain] += t.Docs
	}
}

func (c *content) rows(rules map[[2]string]map[string]int64, ins map[string]int64) {
	for key, docs := range rules {
		r := ruleRow{Step: key[0], Reason: key[1], Of: ins[key[0]]}
		for _, d := range c.Domains {
			r.Docs = append(r.Docs, docs[d])
			r.Total += docs[d]
		}
		c.Rules = append(c.Rules, r)
	}
	sort.Slice(c.Rules, func(i, j int) bool {
		a, b := c.Rules[i], c.Rules[j]
		switch {
		case a.Step != b.Step:
			return order(a.Step) < order(b.Step)
		case a.Total != b.Total:
			return a.Total > b.Total
		}
		return a.Reason < b.Reason
	})
}

func order(step string) int {
	for i, k := range pipelines.Kinds {
		if k == step {
			return i
		}
	}
	return len(pipelines.Kinds)
}

func share(part, whole int64) string {
	if whole == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f %%", 100*float64(part)/float64(whole))
}

func (c *content) shares(m *pipelines.MixSummary) {
	if m == nil {
		return
	}
	for d := range m.Asked {
		c.Shares = append(c.Shares, shareRow{d, m.Asked[d], m.Achieved[d], m.Tokens[d], m.Docs[d], m.Epochs[d]})
	}
	sort.Slice(c.Shares, func(i, j int) bool { return c.Shares[i].Domain < c.Shares[j].Domain })
}

// domainFacts are the histograms of one domain.
type domainFacts struct{ kept, dropped clean.Histograms }

// addFacts adds the histograms of a clean step to its domain's, and the limits of its rules.
func addFacts(facts map[string]*domainFacts, limits map[string][]clean.Limit, m quern.Manifest) error {
	var f pipelines.CleanFacts
	if err := json.Unmarshal(m.Facts, &f); err != nil {
		return fmt.Errorf("facts: %w", err)
	}
	if len(m.Ledger.Tallies) == 0 {
		return nil
	}
	domain := m.Ledger.Tallies[0].Domain // a source has one
	d, ok := facts[domain]
	if !ok {
		d = &domainFacts{}
		facts[domain] = d
	}
	d.kept.Merge(f.Kept)
	d.dropped.Merge(f.Dropped)
	links, err := pipelines.Links(m)
	if err != nil {
		return err
	}
	for _, l := range links {
		if r, ok := l.Config.(clean.Limited); ok && l.Lang == "" {
			limits[domain] = append(limits[domain], r.Limits()...)
		}
	}
	return nil
}
