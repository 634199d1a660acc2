package main

import (
	"fmt"
	"io"
	"os"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/pipelines"
	"golang.org/x/term"
)

// plainWidth is how wide hits are where the output is no terminal.
const plainWidth = 120

// printHits prints what decontaminate found, side by side with the evaluation items.
func printHits(out io.Writer, dir quern.Local, rec *pipelines.Record, base string, most int) error {
	all, err := pipelines.FindEvalHits(dir, rec, base, most)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return fmt.Errorf("run %s: none of its sources has the rule decontaminate", rec.Run)
	}
	width := widthOf(out)
	for _, h := range all {
		fmt.Fprintf(out, "%s: decontaminate dropped %d documents", h.Source, h.Dropped)
		if int64(len(h.Docs)) < h.Dropped {
			fmt.Fprintf(out, ", the first %d are shown", len(h.Docs))
		}
		fmt.Fprintln(out)
		if h.Gone != "" && h.Dropped > 0 {
			return fmt.Errorf("the evaluation items cannot be read: %s; --base names the folder that their paths begin at", h.Gone)
		}
		for _, d := range h.Docs {
			fmt.Fprintf(out, "\n%s %q\n", d.ID, d.Origin)
			for _, hit := range d.Hits {
				fmt.Fprint(out, hit.Beside(width))
			}
			if len(d.Hits) == 0 {
				fmt.Fprintln(out, "nothing is found now: the evaluation files are no longer those of the run")
			}
		}
	}
	return nil
}

// widthOf is the width of a terminal, or that of plain output.
func widthOf(out io.Writer) int {
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return plainWidth
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width < 1 {
		return plainWidth
	}
	return width
}
