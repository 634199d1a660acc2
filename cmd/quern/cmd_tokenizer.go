package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/tokenize"
)

func tokenizerCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tokenizer",
		Short: "Learn, use, compare and convert tokenizers",
		Long: `Learn, use, compare and convert tokenizers. A tokenizer is a tokenizer.json of Hugging Face's library, a .tiktoken file with the name of one of
OpenAI's encodings (cl100k_base.tiktoken), a .model of SentencePiece, or the folder of a run.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("no command tokenizer %q; quern tokenizer --help lists them", args[0])}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(tokenizerLearn(), tokenizerEncode(), tokenizerDecode(), tokenizerCount(), tokenizerCompare(), tokenizerConvert(), tokenizerShow())
	return cmd
}

// noteSlow tells people that a tokenizer has no fast path.
func noteSlow(cmd *cobra.Command, name string, tok *tokenize.Tokenizer) {
	if note := pipelines.SlowTokenizer(tok); note != "" {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", name, note)
	}
}

// inputFlags say how inputs are read that are not plain text.
type inputFlags struct {
	format, fields, options string

	mu      sync.Mutex
	docs    int
	skipped map[string]int // records that gave no document, by reason
}

func (f *inputFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.format, "format", "", "format of the inputs (default by their names)")
	cmd.Flags().StringVar(&f.fields, "fields", "", "their fields, as in a spec")
	cmd.Flags().StringVar(&f.options, "options", "", "their options, as in a spec")
}

// inputUnit is a unit of work of an input; without a source it is standard input as one text.
type inputUnit struct {
	input string
	src   quern.Source
	unit  quern.Unit
	stdin io.Reader
	flags *inputFlags
}

// units lists what there is to read, in the order of the inputs; "-" is standard input.
func (f *inputFlags) units(ctx context.Context, stdin io.Reader, inputs []string) (all []inputUnit, err error) {
	for _, path := range inputs {
		if path == "-" {
			all = append(all, inputUnit{input: path, stdin: stdin, flags: f})
			continue
		}
		src, err := pipelines.OpenInput(path, f.format, f.fields, f.options)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err != nil {
			return nil, usageError{err}
		}
		units, err := src.Units(ctx)
		if err != nil {
			return nil, err
		}
		for _, u := range units {
			all = append(all, inputUnit{input: path, src: src, unit: u, flags: f})
		}
	}
	return all, nil
}

// docs gives every document of a unit to take.
func (u *inputUnit) docs(ctx context.Context, take func(d *quern.Doc) error) error {
	if u.src == nil {
		b, err := io.ReadAll(u.stdin)
		if err != nil {
			return err
		}
		u.flags.note(nil)
		return take(&quern.Doc{Text: b})
	}
	for d, err := range u.src.Docs(ctx, u.unit) {
		if err == nil || errors.Is(err, quern.ErrRecord) {
			u.flags.note(err)
		}
		if errors.Is(err, quern.ErrRecord) {
			continue
		}
		if err = errors.Join(err, ctx.Err()); err == nil {
			err = take(d)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// note counts a document, or a record that gave none.
func (f *inputFlags) note(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		f.docs++
		return
	}
	if f.skipped == nil {
		f.skipped = map[string]int{}
	}
	reason := "bad-record"
	if bad := (*quern.RecordError)(nil); errors.As(err, &bad) {
		reason = bad.Reason
	}
	f.skipped[reason]++
}

// tell says what was skipped; where nothing is left it is an error.
func (f *inputFlags) tell(stderr io.Writer, inputs []string) error {
	var list []string
	for _, reason := range slices.Sorted(maps.Keys(f.skipped)) {
		list = append(list, fmt.Sprintf("%s %d", reason, f.skipped[reason]))
	}
	skipped := ""
	if len(list) > 0 {
		skipped = "skipped: " + strings.Join(list, ", ") + "; quern inspect --skipped tells each"
	}
	if f.docs == 0 {
		return fmt.Errorf("%s: no documents%s", strings.Join(inputs, ", "), strings.TrimSuffix(" ("+skipped+")", " ()"))
	}
	if skipped != "" {
		fmt.Fprintln(stderr, skipped)
	}
	return nil
}

// tokenizerFormats are the formats that a tokenizer is written in, by the ends of names.
var tokenizerFormats = []string{".json", ".tiktoken", ".model"}

func writeTokenizer(path string, tok *tokenize.Tokenizer) error {
	write := tok.JSON
	switch filepath.Ext(path) {
	case ".json":
	case ".tiktoken":
		write = tok.Tiktoken
	case ".model":
		write = tok.SentencePiece
	default:
		return usageError{fmt.Errorf("%s: the name does not tell a format: want %s", path, strings.Join(tokenizerFormats, ", "))}
	}
	b, err := write()
	if err != nil {
		return err
	}
	return writeFile(path, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}

// text is a file, or standard input for "-" and for none.
func text(cmd *cobra.Command, args []string) ([]byte, error) {
	if len(args) == 0 || args[0] == "-" {
		return io.ReadAll(cmd.InOrStdin())
	}
	return os.ReadFile(args[0])
}

func tokenizerConvert() *cobra.Command {
	var split string
	var specials []string
	cmd := &cobra.Command{
		Use:   "convert FROM TO",
		Short: "Write a tokenizer in another format: " + strings.Join(tokenizerFormats, ", "),
		Args:  exactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			tok, err := openRanks(args[0], split, specials)
			if err != nil {
				return err
			}
			if err := writeTokenizer(args[1], tok); err != nil {
				return err
			}
			lost := ""
			if filepath.Ext(args[1]) == ".tiktoken" {
				lost = "; it holds ranks alone: who reads it must know the split and the special tokens"
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s, %d ids%s\n", args[1], tok.Describe(), tok.Vocab(), lost)
			return err
		},
	}
	cmd.Flags().StringVar(&split, "split", "", "of a .tiktoken file of another name: "+strings.Join(tokenize.Splits(), ", "))
	cmd.Flags().StringArrayVar(&specials, "special", nil, "of such a file: a special token and its id, <|endoftext|>=50256; may be given again")
	return cmd
}

// openRanks opens a tokenizer; with a split, ranks whatever their name.
func openRanks(path, split string, specials []string) (*tokenize.Tokenizer, error) {
	if split == "" {
		if len(specials) > 0 {
			return nil, usageError{errors.New("--special belongs to a .tiktoken file that is read with --split")}
		}
		return pipelines.OpenTokenizer(path)
	}
	ids := map[string]uint32{}
	for _, s := range specials {
		i := strings.LastIndex(s, "=")
		id, err := strconv.ParseUint(s[i+1:], 10, 32)
		if i < 1 || err != nil {
			return nil, usageError{fmt.Errorf("--special %s: want a token, = and its id", s)}
		}
		ids[s[:i]] = uint32(id)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(tokenize.Splits(), split) {
		return nil, usageError{fmt.Errorf("--split %s: want %s", split, strings.Join(tokenize.Splits(), ", "))}
	}
	tok, err := tokenize.ParseTiktoken(b, split, ids)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return tok, nil
}

func tokenizerShow() *cobra.Command {
	var plain bool
	cmd := &cobra.Command{
		Use:   "show TOKENIZER [FILE]",
		Short: "Describe a tokenizer; with a text (- for standard input), its pieces in alternating colors",
		Args:  rangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			tok, err := pipelines.OpenTokenizer(args[0])
			if err != nil {
				return err
			}
			w := bufio.NewWriter(cmd.OutOrStdout())
			if len(args) == 2 {
				b, err := text(cmd, args[1:])
				if err != nil {
					return err
				}
				return errors.Join(showPieces(w, tok, b, plain), w.Flush())
			}
			added := tok.Added()
			end := tok.EndOfText()
			fmt.Fprintf(w, "%s\nids        %d\nadded      %d\nend        %d %s\nfast path  %v\ndigest     %s\n", tok.Describe(), tok.Vocab(), len(added), end, tok.Token(end), tok.Fast(), tok.Digest())
			longest := make([]int, tok.Vocab())
			for id := range longest {
				longest[id] = id
			}
			slices.SortStableFunc(longest, func(a, b int) int { return len(tok.Token(uint32(b))) - len(tok.Token(uint32(a))) })
			fmt.Fprintln(w, "longest tokens:")
			for _, id := range longest[:min(10, len(longest))] {
				fmt.Fprintf(w, "  %7d %.80q\n", id, tok.Token(uint32(id)))
			}
			return w.Flush()
		},
	}
	cmd.Flags().BoolVar(&plain, "no-color", false, "brackets instead of colors")
	return cmd
}

// showPieces prints a text with every other token in another color, or each in brackets, and behind it how many there are. What no token stands for,
// as white space between words of BERT's, has no color.
func showPieces(w *bufio.Writer, tok *tokenize.Tokenizer, b []byte, plain bool) error {
	tint := inspector{plain: plain}
	e, err := tok.NewEncoder().Encode(b, tokenize.EncodeOptions{})
	if err != nil {
		return err
	}
	end := 0
	for i, id := range e.IDs {
		o := e.Offsets[i]
		if o[0] > end {
			w.WriteString(printable(string(b[end:o[0]])))
		}
		piece := b[max(o[0], end):max(o[1], end)]
		end = max(o[1], end)
		if len(piece) == 0 || !utf8.Valid(piece) { // a part of a character: what there is to show is its id
			piece = fmt.Appendf(nil, "[%d]", id)
		}
		for line := range bytes.Lines(piece) { // a color ends with its line
			rest, newline := bytes.CutSuffix(line, []byte("\n"))
			fmt.Fprint(w, tint.tint(44+i%2, printable(string(rest))))
			if newline {
				fmt.Fprintln(w)
			}
		}
	}
	w.WriteString(printable(string(b[end:])))
	fmt.Fprintf(w, "\n%d tokens, %d bytes\n", len(e.IDs), len(b))
	return nil
}
