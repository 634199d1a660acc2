package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/train"
	"github.com/seed-83c59573/quern/train/pretrained"
	"github.com/spf13/cobra"
)

func showCommand() *cobra.Command {
	var asJSON, verify bool
	var name string
	cmd := &cobra.Command{
		Use:   "show PATH",
		Short: "Tell what a run, a dataset, a shard, a model or a tokenizer is, with its lineage and its funnel",
		Args:  exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := filepath.Clean(args[0])
			if verify {
				if err := verifyAt(cmd.ErrOrStderr(), path, name); err != nil {
					return err
				}
			}
			return show(cmd.OutOrStdout(), path, name, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.Flags().BoolVar(&verify, "verify", false, "read all files of a run, a dataset or a shard and hold them against their digests")
	cmd.Flags().StringVar(&name, "run", "", "of a folder of runs, this one (default the last)")
	return cmd
}

// show finds out what stands at path.
func show(out io.Writer, path, name string, asJSON bool) error {
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	if st.IsDir() {
		switch {
		case exists(path, quern.ManifestName):
			return showDataset(out, path, asJSON)
		case exists(path, "runs"):
			return showRun(out, path, name, asJSON)
		case exists(path, pretrained.ConfigName):
			return showModel(out, path, "", asJSON)
		}
		return fmt.Errorf("%s: neither a run, a dataset nor a model: it has no runs folder, no %s and no %s", path, quern.ManifestName, pretrained.ConfigName)
	}
	base, folder := filepath.Base(path), filepath.Dir(path)
	switch {
	case base == quern.ManifestName:
		return showDataset(out, folder, asJSON)
	case filepath.Base(folder) == "runs" && strings.HasSuffix(base, ".json"):
		return showRun(out, filepath.Dir(folder), strings.TrimSuffix(base, ".json"), asJSON)
	case filepath.Ext(base) == ".gguf":
		return showGGUF(out, path, asJSON)
	case slices.Contains(tokenizerFormats, filepath.Ext(base)):
		return showTokenizer(out, path, asJSON)
	}
	return showShard(out, path, asJSON)
}

func exists(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}

func showRun(out io.Writer, path, name string, asJSON bool) error {
	dir := quern.Local(path)
	rec, err := pipelines.LoadRecord(dir, name)
	if err != nil {
		return err
	}
	sum, err := pipelines.Summarize(dir, rec)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(out, sum)
	}
	fmt.Fprintf(out, "run %s, started %s\n\n", rec.Run, rec.Started)
	printFunnel(out, sum)
	printNotices(out, sum)
	if sum.Mix != nil {
		printMix(out, sum.Mix)
	}
	printFertility(out, sum.Fertility)
	printPacking(out, sum.Packing)
	printTraining(out, "pretraining", sum.Train)
	printTraining(out, "fine-tuning", sum.Tune)
	for _, s := range rec.Steps {
		fmt.Fprintf(out, "%s\n", dir.Path(s.Folder))
	}
	return nil
}

func showDataset(out io.Writer, path string, asJSON bool) error {
	m, err := quern.LoadManifest(quern.Local(path))
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(out, m)
	}
	docs, bytes, tokens := m.Totals()
	fmt.Fprintf(out, "dataset %s, version %s\nkey    %s\ndigest %s\n", m.Step, m.Version, m.Key, m.Digest)
	fmt.Fprintf(out, "%d documents, %d bytes of text, %d tokens in %d shards\n", docs, bytes, tokens, len(m.Shards))
	fmt.Fprintf(out, "options %s\n", m.Options)
	for i, in := range m.Inputs {
		if i == 20 {
			fmt.Fprintf(out, "from   … and %d more\n", len(m.Inputs)-i)
			break
		}
		fmt.Fprintf(out, "from   %s %s\n", in.Digest.Short(), in.Name)
	}
	for _, t := range m.Ledger.Tallies {
		fmt.Fprintf(out, "%8d %-8s %-8s %-8s %s\n", t.Docs, t.Source, t.Domain, t.Fate, t.Reason)
	}
	for _, s := range m.Ledger.Samples {
		fmt.Fprintf(out, "skipped %s\n", s)
	}
	if m.Step == "shard" {
		facts, err := pipelines.FactsOfCorpus(&m)
		if err != nil {
			return err
		}
		printPacking(out, facts.Packing)
	}
	if strings.HasPrefix(m.Step, "train") || strings.HasPrefix(m.Step, "tune") {
		var r train.Result
		if err := json.Unmarshal(m.Facts, &r); err != nil {
			return err
		}
		printTraining(out, "result", &r)
	}
	return nil
}

// printPacking tells what packing did to the corpus, a line a split.
func printPacking(out io.Writer, splits []pipelines.Packing) {
	for _, p := range splits {
		fmt.Fprintf(out, "%s packed by %s: %d rows of %d, %.2f %% used; %.2f %% of tokens lost, %.1f %% of documents cut\n", p.Split, p.Pack, p.Rows, p.Length,
			100*p.Used, 100*p.LostShare(), 100*p.CutShare())
	}
}

func showTokenizer(out io.Writer, path string, asJSON bool) error {
	tok, err := pipelines.OpenTokenizer(path)
	if err != nil {
		return err
	}
	info := map[string]any{"path": path, "kind": tok.Describe(), "vocab": tok.Vocab(), "end_of_text": tok.EndOfText(), "digest": tok.Digest()}
	if asJSON {
		return printJSON(out, info)
	}
	fmt.Fprintf(out, "tokenizer %s: %s, %d ids, end of text is %d\ndigest %s\n", path, tok.Describe(), tok.Vocab(), tok.EndOfText(), tok.Digest())
	return nil
}

// datasetOf finds the dataset that a path is in, and the path's name there, "." for the dataset itself.
func datasetOf(path string) (folder string, m quern.Manifest, rel string, err error) {
	for dir := path; ; dir = filepath.Dir(dir) {
		if exists(dir, quern.ManifestName) {
			if m, err = quern.LoadManifest(quern.Local(dir)); err == nil {
				rel, err = filepath.Rel(dir, path)
			}
			return dir, m, filepath.ToSlash(rel), err
		}
		if parent := filepath.Dir(dir); parent == dir || exists(dir, "runs") {
			return "", m, "", fmt.Errorf("%s: not part of a dataset: no folder above it has a %s", path, quern.ManifestName)
		}
	}
}

// showShard tells what the dataset around a file says of it.
func showShard(out io.Writer, path string, asJSON bool) error {
	folder, m, rel, err := datasetOf(path)
	if err != nil {
		return err
	}
	for _, s := range append(m.Shards, m.Dropped...) {
		for _, b := range s.Blobs {
			if b.Name != rel {
				continue
			}
			if asJSON {
				return printJSON(out, map[string]any{"dataset": m.Step, "key": m.Key, "shard": s})
			}
			fmt.Fprintf(out, "shard %s of %s (%s)\n%d documents, %d bytes of text, %d tokens\n", s.Name, m.Step, m.Key.Short(), s.Docs, s.Bytes, s.Tokens)
			for _, b := range s.Blobs {
				fmt.Fprintf(out, "%12d %s %s\n", b.Size, b.Digest, b.Name)
			}
			return nil
		}
	}
	return fmt.Errorf("%s: %s does not list it: it was left by an interrupted run", path, filepath.Join(folder, quern.ManifestName))
}
