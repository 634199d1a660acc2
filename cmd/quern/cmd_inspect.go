package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/shard"
	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/data/chat"
	"github.com/spf13/cobra"
)

// inspector prints documents as people read them.
type inspector struct {
	out       io.Writer
	n, skip   int
	id        string
	dropped   bool
	tokenizer string
	plain     bool

	template, rows string // of conversations
	roles          []string

	format, fields, options string // of an input of the outside world
	skipped                 bool
}

func inspectCommand() *cobra.Command {
	in := &inspector{}
	cmd := &cobra.Command{
		Use:   "inspect PATH",
		Short: "Print documents as people read them; tokens and loss masks in color",
		Long: `Print documents as people read them.

PATH is one of

  - a dataset (DIR/steps/<step>-<key>) of texts, or of tokens, whose tokens are then shown in alternating colors;
  - with --tokenizer, a file of conversations (.jsonl or .json, plain, .gz or .zst), laid out by --template, whose learned tokens are
    shown in green;
  - anything that a spec can ingest: a file, folder, archive or URL, shown as the documents that it would give, and at the end what
    would be skipped. The name tells the format, or --format does: ` + strings.Join(pipelines.Formats(), ", ") + `.

Tokens need --tokenizer, a tokenizer.json or the folder of a run.`,
		Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in.out = cmd.OutOrStdout()
			if in.n < 1 || in.skip < 0 {
				return usageError{errors.New("-n: want 1 or more; --skip: want 0 or more")}
			}
			return in.path(cmd.Context(), args[0])
		},
	}
	cmd.Flags().IntVarP(&in.n, "number", "n", 3, "documents to print")
	cmd.Flags().IntVar(&in.skip, "skip", 0, "documents to pass over first")
	cmd.Flags().StringVar(&in.id, "id", "", "only the document with this ID")
	cmd.Flags().BoolVar(&in.dropped, "dropped", false, "of a clean dataset, the dropped documents with rule, value and threshold")
	cmd.Flags().StringVar(&in.tokenizer, "tokenizer", "", "tokenizer.json, or the folder of a run")
	cmd.Flags().StringVar(&in.template, "template", "", "of conversations: "+strings.Join(chat.Names(), ", ")+", or model, the one in the folder of --tokenizer (default that, if it is there, else chatml)")
	cmd.Flags().StringVar(&in.rows, "rows", "", "of conversations: the shape of the rows, as in a spec (default what they tell)")
	cmd.Flags().StringSliceVar(&in.roles, "roles", nil, "of conversations: whose turns are learned (default assistant)")
	cmd.Flags().StringVar(&in.format, "format", "", "of an input: what it is")
	cmd.Flags().StringVar(&in.fields, "fields", "", "of an input: its columns, as in a spec, such as '{text: body}'")
	cmd.Flags().StringVar(&in.options, "options", "", "of an input: options of the format, as in a spec")
	cmd.Flags().BoolVar(&in.skipped, "skipped", false, "of an input: also each record that is skipped, with its reason")
	cmd.Flags().BoolVar(&in.plain, "no-color", false, "brackets instead of colors")
	return cmd
}

func (in *inspector) path(ctx context.Context, path string) error {
	if in.tokenizer != "" && strings.Contains(filepath.Base(path), ".json") && in.format == "" {
		return in.conversations(filepath.Clean(path))
	}
	if in.format == "" && !isDataset(path) && exists(path, "runs") {
		return usageError{fmt.Errorf("%s: a run: name one of its datasets, which stand in %s; quern show lists them", path, filepath.Join(path, "steps"))}
	}
	if in.format != "" || !isDataset(path) {
		return in.input(ctx, path)
	}
	path = filepath.Clean(path)
	m, err := quern.LoadManifest(quern.Local(path))
	if err != nil {
		return err
	}
	dir := quern.Local(path)
	switch {
	case in.dropped:
		for d, err := range (shard.DropSource{Dir: dir, Shards: m.Dropped}).Docs() {
			if err != nil {
				return err
			}
			if in.wanted(d) && in.text(d) {
				return nil
			}
		}
		return nil
	case len(m.Shards) > 0 && strings.HasSuffix(m.Shards[0].Name, ".bin"):
		return in.tokens(dir, m)
	case len(m.Shards) > 0 && strings.HasSuffix(m.Shards[0].Name, ".parquet"):
		return in.texts(dir, m)
	}
	return fmt.Errorf("%s: step %s holds neither texts nor tokens", path, m.Step)
}

func isDataset(path string) bool {
	_, err := os.Stat(filepath.Join(path, "manifest.json"))
	return err == nil
}

func (in *inspector) wanted(d *quern.Doc) bool {
	if in.id != "" && d.ID.String() != in.id {
		return false
	}
	if in.skip > 0 {
		in.skip--
		return false
	}
	return true
}

// text prints d and tells whether that was the last one asked for.
func (in *inspector) text(d *quern.Doc) bool {
	fmt.Fprintf(in.out, "%s\n", in.tint(1, fmt.Sprintf("── %s  %s/%s  %s  %s  %s", d.ID, d.Domain, d.Source, d.Lang, d.Time, printable(d.Origin))))
	if d.Drop.Verdict != "" {
		fmt.Fprintf(in.out, "%s\n", in.tint(31, fmt.Sprintf("dropped by %s: %g, limit %g", d.Drop.Verdict, d.Drop.Value, d.Drop.Limit)))
	}
	if f := facts(d); f != "" {
		fmt.Fprint(in.out, in.tint(2, f))
	}
	fmt.Fprintf(in.out, "%s\n\n", printable(string(d.Text)))
	in.n--
	return in.n == 0
}

func (in *inspector) texts(dir quern.Dir, m quern.Manifest) error {
	src := shard.TextSource{Dir: dir, Name: m.Step, Shards: m.Shards}
	units, err := src.Units(context.Background())
	if err != nil {
		return err
	}
	for _, u := range units {
		for d, err := range src.Docs(context.Background(), u) {
			if err != nil {
				return err
			}
			if in.wanted(d) && in.text(d) {
				return nil
			}
		}
	}
	return nil
}

func (in *inspector) tokens(dir quern.Dir, m quern.Manifest) error {
	tok, err := in.vocabulary()
	if err != nil {
		return err
	}
	r, err := shard.OpenTokens(dir, m.Shards)
	if err != nil {
		return err
	}
	defer r.Close()
	var d quern.Doc
	for i := range r.Docs() {
		if err := r.Fetch(int(i), &d); err != nil {
			return err
		}
		if !in.wanted(&d) {
			continue
		}
		fmt.Fprintf(in.out, "%s\n", in.tint(1, fmt.Sprintf("── %s  %d tokens", d.ID, len(d.Tokens))))
		for k, id := range d.Tokens {
			fmt.Fprint(in.out, in.tint(46+k%2*(-2), printable(string(tok.AppendDecode(nil, []uint32{id})))))
		}
		fmt.Fprint(in.out, "\n\n")
		if in.n--; in.n == 0 {
			return nil
		}
	}
	return nil
}

// vocabulary loads the tokenizer from a file or from the last run of a folder.
func (in *inspector) vocabulary() (*tokenize.Tokenizer, error) {
	if in.tokenizer == "" {
		return nil, usageError{errors.New("tokens need --tokenizer, a tokenizer.json or the folder of a run")}
	}
	return pipelines.OpenTokenizer(in.tokenizer)
}

// tint colors text by an ANSI code, or brackets it; code 0 leaves it.
func (in *inspector) tint(code int, s string) string {
	switch {
	case code == 0:
		return s
	case !in.plain:
		return fmt.Sprintf("\x1b[%dm%s\x1b[0m", code, s)
	case code <= 2:
		return s
	}
	return "[" + s + "]"
}

// printable takes out control characters, so that a document cannot write to the terminal as a program does.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 {
			return '\ufffd'
		}
		return r
	}, s)
}
