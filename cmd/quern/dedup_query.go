package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/dedup"
	"github.com/seed-83c59573/quern/pipelines"
)

// querier is what the command dedup query is asked for.
type querier struct {
	run, format, fields, options string
	least                        float64
	limit                        int
	asJSON                       bool
	out                          io.Writer
}

func dedupQueryCommand() *cobra.Command {
	q := querier{least: .5, limit: 10}
	cmd := &cobra.Command{
		Use:   "query INDEX|RUN [FILE...]",
		Short: "Tell which documents of an index other documents collide with",
		Long: `Tell for every document of the files, of any format that ingest reads, or of the standard input which documents of an index have the
same hash, and which share a band with it and at least --least of the shingles (Jaccard similarity, compared on the shingles
themselves). "duplicate" marks those for which a run would remove the document. Of a run, an index is made in its folder first.

  quern dedup query INDEX page.html
  quern dedup query INDEX new.jsonl.gz --json --least 0.8
  quern dedup query INDEX < text.txt`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{fmt.Errorf("give an index or a run: usage: %s", cmd.UseLine())}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if math.IsNaN(q.least) || q.least < 0 || q.least > 1 {
				return usageError{fmt.Errorf("--least %v: want 0 to 1", q.least)}
			}
			if q.limit < 0 {
				return usageError{fmt.Errorf("--limit %d: want 0 (all) or more", q.limit)}
			}
			q.out = cmd.OutOrStdout()
			return q.query(cmd, filepath.Clean(args[0]), args[1:])
		},
	}
	f := cmd.Flags()
	f.StringVar(&q.run, "run", "", "of a folder of runs, this one (default the last)")
	f.StringVar(&q.format, "format", "", "format of the files (default by their names; of the standard input text)")
	f.StringVar(&q.fields, "fields", "", "their fields, as in a spec")
	f.StringVar(&q.options, "options", "", "their options, as in a spec")
	f.Float64Var(&q.least, "least", q.least, "least similarity that is told")
	f.IntVar(&q.limit, "limit", q.limit, "how many documents are told of each (0 = all)")
	f.BoolVar(&q.asJSON, "json", false, "print one JSON object a document")
	return cmd
}

func (q *querier) query(cmd *cobra.Command, index string, files []string) error {
	if exists(index, "runs") {
		a, err := openAddition(index, q.run)
		if err != nil {
			return err
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "indexing %s into %s, unless that is done\n", a.run, filepath.Join(index, "index"))
		index = filepath.Join(index, "index")
		if _, err := dedup.AppendIndex(cmd.Context(), index, a.config, a.seed, a.Addition, 0); err != nil {
			return err
		}
	}
	x, err := dedup.OpenIndex(index)
	if err != nil {
		return err
	}
	find, err := x.Querier()
	if err != nil {
		return err
	}
	defer find.Close()
	if len(files) == 0 {
		name, remove, err := q.stdin(cmd.InOrStdin())
		if err != nil {
			return err
		}
		defer remove()
		files = []string{name}
	}
	for _, path := range files {
		if err := q.file(cmd.Context(), find, path); err != nil {
			return err
		}
	}
	return nil
}

// stdin puts the standard input into a file that can be read as others are.
func (q *querier) stdin(in io.Reader) (name string, remove func(), err error) {
	dir, err := os.MkdirTemp("", "quern-query-")
	if err != nil {
		return "", nil, err
	}
	remove = func() { os.RemoveAll(dir) }
	if q.format == "" {
		q.format = "text"
	}
	name = filepath.Join(dir, "stdin")
	f, err := os.Create(name)
	if err == nil {
		_, err = io.Copy(f, in)
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}
	if err != nil {
		remove()
	}
	return name, remove, err
}

func (q *querier) file(ctx context.Context, find *dedup.Querier, path string) error {
	r, err := pipelines.OpenInput(path, q.format, q.fields, q.options)
	if err != nil {
		return usageError{err}
	}
	units, err := r.Units(ctx)
	if err != nil {
		return err
	}
	n := 0
	for _, u := range units {
		for d, err := range r.Docs(ctx, u) {
			var bad *quern.RecordError
			switch {
			case errors.As(err, &bad):
				if !bad.Passed {
					fmt.Fprintf(q.out, "skipped: %s\n", printable(bad.Error()))
				}
				continue
			case err != nil:
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			a, err := find.Find(d, q.least)
			if err != nil {
				return err
			}
			n++
			if err := q.tell(path, n, d, a); err != nil {
				return err
			}
		}
	}
	return nil
}

// answered is a line of dedup query --json.
type answered struct {
	File     string      `json:"file"`
	Document int         `json:"document"` // from 1
	Origin   string      `json:"origin,omitempty"`
	Bytes    int         `json:"bytes"`
	Hits     []dedup.Hit `json:"hits"`
	More     bool        `json:"more,omitempty"`
}

func (q *querier) tell(file string, n int, d *quern.Doc, a dedup.Answer) error {
	found := len(a.Hits)
	if q.limit > 0 && found > q.limit {
		a.Hits, a.More = a.Hits[:q.limit], true
	}
	if q.asJSON {
		if a.Hits == nil {
			a.Hits = []dedup.Hit{}
		}
		return json.NewEncoder(q.out).Encode(answered{file, n, d.Origin, len(d.Text), a.Hits, a.More})
	}
	name := d.Origin
	if name == "" {
		name = fmt.Sprintf("%s: document %d", file, n)
	}
	more := ""
	if a.More {
		more = " or more"
	}
	fmt.Fprintf(q.out, "%s (%d bytes): collides with %s%s\n", printable(name), len(d.Text), plural(found, "document"), more)
	tw := tabwriter.NewWriter(q.out, 0, 0, 2, ' ', 0)
	for _, h := range a.Hits {
		mark := ""
		if h.Duplicate {
			mark = "duplicate"
		}
		fmt.Fprintf(tw, "  %s\t%s\t%.4f\tcontained %.4f\t%d bands\t%s\t%s of %s\t%s", h.Kind, mark, h.Jaccard, h.Containment, h.Bands, h.ID, h.Dataset, h.Run, printable(h.Origin))
		if h.For != "" {
			fmt.Fprintf(tw, "\tremoved itself, for %s", h.For)
		}
		fmt.Fprintln(tw)
	}
	return tw.Flush()
}
