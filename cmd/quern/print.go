package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"sort"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/seed-83c59573/quern/mix"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/train"
)

// printJSON prints one JSON object.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// printRun prints what a run came to: the funnel, the mix, the losses, a sample.
func printRun(w io.Writer, sum *pipelines.Summary, took time.Duration) {
	fmt.Fprintln(w)
	printFunnel(w, sum)
	for _, name := range slices.Sorted(maps.Keys(sum.Classifiers)) {
		c := sum.Classifiers[name]
		fmt.Fprintf(w, "classifier %s: AUC %.4f, precision %.3f, recall %.3f on %d held-out documents; learned from %d good and %d bad\n", name, c.AUC,
			c.Precision, c.Recall, c.Good.HeldOut+c.Bad.HeldOut, c.Good.Train, c.Bad.Train)
	}
	printNotices(w, sum)
	if sum.Mix != nil {
		printMix(w, sum.Mix)
	}
	printFertility(w, sum.Fertility)
	printTraining(w, "pretraining", sum.Train)
	printTraining(w, "fine-tuning", sum.Tune)
	ran := slices.ContainsFunc(sum.Steps, func(s pipelines.StepSummary) bool { return !s.Cached })
	if ran {
		fmt.Fprintf(w, "%s done in %.1f s\n", sum.Run, took.Seconds())
	} else {
		fmt.Fprintf(w, "%s: nothing to do, all %d steps are up to date (%.1f s)\n", sum.Run, len(sum.Steps), took.Seconds())
	}
}

// printFunnel prints what came in and why the rest did not go on, one row a step, all sources together.
func printFunnel(w io.Writer, sum *pipelines.Summary) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "step\tin\tout\tMB in\tMB out\t  ")
	for _, kind := range pipelines.Kinds {
		var t pipelines.StepSummary
		why := map[string]int64{}
		for _, s := range sum.Steps {
			if s.Step != kind {
				continue
			}
			t.DocsIn += s.DocsIn
			t.DocsOut += s.DocsOut
			t.BytesIn += s.BytesIn
			t.BytesOut += s.BytesOut
			for r, n := range s.LeftOut() {
				why[r] += n
			}
		}
		if t.DocsIn > 0 {
			fmt.Fprintf(tw, "%s\t%d\t%d\t%s\t%s\t  %s\n", kind, t.DocsIn, t.DocsOut, megabytes(t.BytesIn), megabytes(t.BytesOut), reasons(why, 4))
		}
	}
	tw.Flush()
	fmt.Fprintln(w)
}

// printNotices prints what deduplication warns of.
func printNotices(w io.Writer, sum *pipelines.Summary) {
	for _, s := range sum.Warnings {
		fmt.Fprintf(w, "warning: %s\n", s)
	}
	if len(sum.Warnings) > 0 {
		fmt.Fprintln(w)
	}
}

// megabytes prints a size of text; a step that counts none has none to show.
func megabytes(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", float64(n)/1e6)
}

// reasons lists the most frequent reasons.
func reasons(why map[string]int64, most int) string {
	names := make([]string, 0, len(why))
	for r := range why {
		names = append(names, r)
	}
	sort.Slice(names, func(i, j int) bool {
		if why[names[i]] != why[names[j]] {
			return why[names[i]] > why[names[j]]
		}
		return names[i] < names[j]
	})
	var parts []string
	rest := int64(0)
	for i, r := range names {
		if i < most {
			parts = append(parts, fmt.Sprintf("%s %d", r, why[r]))
		} else {
			rest += why[r]
		}
	}
	if rest > 0 {
		parts = append(parts, fmt.Sprintf("others %d", rest))
	}
	return strings.Join(parts, ", ")
}

// printMix prints what was asked of each part and what it gives; shares are of the mix's unit.
func printMix(w io.Writer, m *pipelines.MixSummary) {
	parts := slices.Sorted(maps.Keys(m.Asked))
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "mix, by shares of %s\n", m.Unit)
	fmt.Fprintln(tw, "domain\tasked\tachieved\ttokens\tdocuments\tepochs\t")
	for _, d := range parts {
		fmt.Fprintf(tw, "%s\t%.2f %%\t%.3f %%\t%d\t%d\t%.2f\t\n", d, 100*m.Asked[d], 100*m.Achieved[d], m.Tokens[d], m.Docs[d], m.Epochs[d])
	}
	tw.Flush()
	if len(m.Phases) > 0 {
		fmt.Fprintln(w)
		printPhases(w, parts, m.Phases)
	}
	for _, c := range m.LeftOut {
		fmt.Fprintf(w, "left out, for no ratio asks for it: %s, %d documents, %d tokens\n", c.String(), c.Docs, c.Tokens)
	}
	fmt.Fprintln(w)
}

// printPhases prints the shares of each part in each phase, asked and achieved.
func printPhases(w io.Writer, parts []string, phases []mix.PhaseSummary) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(tw, "domain\t")
	for i, ph := range phases {
		fmt.Fprintf(tw, "phase %d (%.4g %%)\tachieved\t", i+1, 100*ph.Share)
	}
	fmt.Fprintln(tw)
	for _, d := range parts {
		fmt.Fprintf(tw, "%s\t", d)
		for _, ph := range phases {
			fmt.Fprintf(tw, "%.2f %%\t%.3f %%\t", 100*ph.Asked[d], 100*ph.Achieved[d])
		}
		fmt.Fprintln(tw)
	}
	tw.Flush()
}

func printTraining(w io.Writer, what string, r *train.Result) {
	if r == nil {
		return
	}
	fmt.Fprintf(w, "%s: %s\n", what, r)
	for _, s := range r.Samples {
		fmt.Fprintf(w, "  %q\n", s)
	}
	fmt.Fprintln(w)
}

// printFertility prints how the tokenizer spells texts, by domain, source and language.
func printFertility(w io.Writer, rows []pipelines.FertilityRow) {
	if len(rows) == 0 {
		return
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "the tokenizer on documents of its sample")
	fmt.Fprintln(tw, "domain\tsource\tlanguage\tdocuments\tMB\tbytes a token\ttokens a word\ttokens a character\twords split\t")
	for _, r := range rows {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%d\t%.2f\t%.3f\t%.3f\t%.3f\t%.1f %%\t\n", r.Domain, r.Source, r.Lang, r.Docs, float64(r.Bytes)/1e6,
			r.BytesPerToken(), r.TokensPerWord(), r.TokensPerChar(), r.ContinuedPercent())
	}
	tw.Flush()
	fmt.Fprintln(w)
}
