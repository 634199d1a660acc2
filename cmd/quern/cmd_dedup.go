package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/dedup"
)

func dedupCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dedup",
		Short: "Ask and change the index of what a corpus has seen; measure duplicates that were found against true ones",
		Args:  exactArgs(0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(dedupIndexCommand(), dedupCheckCommand(), dedupQueryCommand(), dedupRemoveCommand(), dedupEvalCommand())
	return cmd
}

func dedupIndexCommand() *cobra.Command {
	var name string
	var workers int
	cmd := &cobra.Command{
		Use:   "index RUN INDEX",
		Short: "Add what a finished run found out about its documents to an index",
		Long: `Add the signatures, removals and shingles of a finished run to an index, which is made if there is none. The same run again changes
nothing. Specs name the index as dedup.index.`,
		Args: exactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := openAddition(filepath.Clean(args[0]), name)
			if err != nil {
				return err
			}
			x, err := dedup.AppendIndex(cmd.Context(), filepath.Clean(args[1]), a.config, a.seed, a.Addition, workers)
			if err != nil {
				return err
			}
			describeIndex(cmd.OutOrStdout(), args[1], x)
			return nil
		},
	}
	cmd.Flags().StringVar(&name, "run", "", "the run (default the last)")
	cmd.Flags().IntVar(&workers, "workers", 0, "how many work at once (default one per processor)")
	return cmd
}

func dedupCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check INDEX",
		Short: "Read all of an index and tell what it holds, or what is damaged and where",
		Args:  exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			x, err := dedup.OpenIndex(filepath.Clean(args[0]))
			if err != nil {
				return err
			}
			if err := x.Verify(cmd.Context(), runtime.GOMAXPROCS(0)); err != nil {
				return err
			}
			describeIndex(cmd.OutOrStdout(), args[0], x)
			return nil
		},
	}
}

func describeIndex(out io.Writer, dir string, x *dedup.Index) {
	docs, kept := int64(0), int64(0)
	for _, inc := range x.Increments() {
		docs, kept = docs+inc.Docs, kept+inc.Kept
	}
	fmt.Fprintf(out, "%s: %s of %s, of which %d stay\n", dir, plural(int(docs), "document"), plural(len(x.Increments()), "run"), kept)
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for i, inc := range x.Increments() {
		fmt.Fprintf(tw, "  %05d\t%s\t%s\t%d stay\t%s\n", i, inc.Name, plural(int(inc.Docs), "document"), inc.Kept, strings.Join(inc.Datasets, ", "))
	}
	tw.Flush()
}

func dedupRemoveCommand() *cobra.Command {
	var ids, urls []string
	var list string
	var dry, asJSON bool
	cmd := &cobra.Command{
		Use:   "remove INDEX",
		Short: "Take documents down from an index, and tell what may come back for them",
		Long: `Take documents down by ID or address (in any spelling). For later runs they were never there, and nor were the documents that had been
removed for them: these are listed and may come back with the next run that reads their texts. The index keeps of what is taken down
the ID and the address, so that runs on it refuse the document under the reason dedup.taken_down. Corpora that were written are not
changed: run their specs again.

  quern dedup remove INDEX --url https://example.com/page --dry-run
  quern dedup remove INDEX --list requests.txt

A list has an ID or an address a line; empty lines and lines that begin with # are passed over.`,
		Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			all, addresses, err := takeDowns(ids, urls, list)
			if err != nil {
				return err
			}
			t, err := dedup.TakeDownFrom(cmd.Context(), filepath.Clean(args[0]), all, addresses, dry)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), t)
			}
			printTakeDown(cmd.OutOrStdout(), t, dry)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&ids, "id", nil, "IDs of documents, 32 hexadecimal digits")
	f.StringArrayVar(&urls, "url", nil, "an address; may be repeated")
	f.StringVar(&list, "list", "", "file of IDs and addresses")
	f.BoolVar(&dry, "dry-run", false, "tell and change nothing")
	f.BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// takeDowns is what the flags and the list ask for.
func takeDowns(ids, urls []string, list string) (all []quern.ID, addresses []string, err error) {
	for _, s := range ids {
		id, err := quern.ParseID(s)
		if err != nil {
			return nil, nil, usageError{fmt.Errorf("--id: %w", err)}
		}
		all = append(all, id)
	}
	addresses = urls
	if list != "" {
		lines, err := readTakeDowns(list)
		if err != nil {
			return nil, nil, err
		}
		for _, l := range lines {
			if id, err := quern.ParseID(l); err == nil {
				all = append(all, id)
			} else {
				addresses = append(addresses, l)
			}
		}
	}
	if len(all)+len(addresses) == 0 {
		return nil, nil, usageError{errors.New("nothing to take down: give --id, --url or --list")}
	}
	return all, addresses, nil
}

func readTakeDowns(path string) (all []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	n := 1
	for ; lines.Scan(); n++ {
		if s := strings.TrimSpace(lines.Text()); s != "" && s[0] != '#' {
			all = append(all, s)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: line %d: %w", path, n, err)
	}
	return all, nil
}

func printTakeDown(out io.Writer, t dedup.TakeDown, dry bool) {
	verb := "taken down"
	if dry {
		verb = "would be taken down"
	}
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tw, "%s %s\n", plural(len(t.Taken), "document"), verb)
	for _, l := range t.Taken {
		fmt.Fprintf(tw, "  %s\t%s\t%s of %s", l.ID, printable(l.Origin), l.Dataset, l.Run)
		if l.For != "" && !slices.ContainsFunc(t.Taken, func(o dedup.Listed) bool { return o.ID == l.For }) {
			fmt.Fprintf(tw, "\tbut %s stays, %.4f like it", l.For, l.Similarity)
		}
		fmt.Fprintln(tw)
	}
	if t.Already > 0 {
		fmt.Fprintf(tw, "taken down before: %s\n", plural(t.Already, "document"))
	}
	if len(t.Returned) > 0 {
		fmt.Fprintf(tw, "removed for them, may come back with the next run that reads them: %s\n", plural(len(t.Returned), "document"))
	}
	for _, l := range t.Returned {
		fmt.Fprintf(tw, "  %s\t%s\t%s of %s\t%.4f like %s\n", l.ID, printable(l.Origin), l.Dataset, l.Run, l.Similarity, l.For)
	}
	refused := "refused from now on"
	if dry {
		refused = "would be refused from now on"
	}
	for _, u := range t.Unknown {
		fmt.Fprintf(tw, "not in the index, %s: %s\n", refused, printable(u))
	}
	tw.Flush()
}
