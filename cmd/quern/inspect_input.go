package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/pipelines"
)

// input prints documents of the outside world as a pipeline would ingest them, and what it would skip.
func (in *inspector) input(ctx context.Context, path string) error {
	r, err := pipelines.OpenInput(path, in.format, in.fields, in.options)
	if err != nil {
		return usageError{err}
	}
	units, err := r.Units(ctx)
	if err != nil {
		return err
	}
	skipped, passed := map[string]int{}, map[string]int{}
	for _, u := range units {
		for d, err := range r.Docs(ctx, u) {
			var bad *quern.RecordError
			switch {
			case errors.As(err, &bad) && bad.Passed:
				passed[bad.Reason]++
				continue
			case errors.As(err, &bad):
				skipped[bad.Reason]++
				if in.skipped {
					fmt.Fprintf(in.out, "%s\n\n", in.tint(31, "skipped: "+printable(bad.Error())))
				}
				continue
			case err != nil:
				return err
			}
			if in.wanted(d) && in.text(d) {
				return nil
			}
		}
	}
	in.tell(31, "skipped", skipped)
	in.tell(2, "passed over", passed)
	return nil
}

// tell prints how often what happened for which reason.
func (in *inspector) tell(color int, what string, reasons map[string]int) {
	var list []string
	for _, r := range slices.Sorted(maps.Keys(reasons)) {
		list = append(list, fmt.Sprintf("%s %d", r, reasons[r]))
	}
	if len(list) > 0 {
		fmt.Fprintf(in.out, "%s\n", in.tint(color, what+": "+strings.Join(list, ", ")))
	}
}

// facts are what is known of a document beside its text, one a line.
func facts(d *quern.Doc) string {
	var b strings.Builder
	for _, f := range [][2]string{{"license", d.License}, {"meta", string(d.Meta)}} {
		if f[1] != "" {
			fmt.Fprintf(&b, "   %s: %s\n", f[0], printable(f[1]))
		}
	}
	for _, m := range d.Marks {
		fmt.Fprintf(&b, "   %s: %g\n", m.Name, m.Value)
	}
	return b.String()
}
