package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/train/format"
	"github.com/seed-83c59573/quern/train/pretrained"
)

func modelCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "model",
		Short: "Show models and convert them from and to the formats of other projects",
		Long: `Show models and convert them. A model is a folder as Hugging Face lays it out (gpt2, llama, mistral, qwen2, qwen3), which is also what a training step leaves
behind; the folder of a run, whose newest model is taken; a checkpoint of llm.c, a .bin; or a .gguf of llama.cpp.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("no command model %q; quern model --help lists them", args[0])}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(modelConvert(), modelShow())
	return cmd
}

func modelConvert() *cobra.Command {
	var x pipelines.ConvertModel
	var shard string
	var list, asJSON bool
	cmd := &cobra.Command{
		Use:   "convert MODEL OUT",
		Short: "Write a model as another project loads it; --list tells the formats",
		Long: `Write a model as another project loads it: for transformers (a folder), llama.cpp (a .gguf file) or llm.c (a folder).

  quern model convert run model                                     the newest model of a run, for transformers
  quern model convert run model.gguf --dtype q8_0                   for llama.cpp and Ollama
  quern model convert SmolLM2-135M small --dtype bf16 --shard 2GB
  quern model convert Qwen2.5-0.5B merged --adapter lora            with an adapter of peft added into the weights
  quern model convert gpt2_124M.bin gpt2 --tokenizer tokenizer.json a checkpoint of llm.c, for transformers
  quern model convert smollm2.Q8_0.gguf smollm2                     out of llama.cpp
  quern model convert --list

The format is that of OUT's name unless --to tells it. OUT begins to exist when it is whole.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if list && len(args) == 0 {
				return nil
			}
			return exactArgs(2)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if list {
				return listFormats(cmd.OutOrStdout(), pipelines.ModelFormats)
			}
			x.From, x.Out = args[0], args[1]
			if err := convertUsage(&x, shard); err != nil {
				return err
			}
			done, err := x.Do(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), done)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %s of %d parameters as %s, %s, %s MB\n", done.Out, done.Format, done.Parameters, done.Dtype, files(done.Files), megabytes(done.Bytes))
			for _, n := range done.Notes {
				fmt.Fprintf(cmd.OutOrStdout(), "note: %s\n", n)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.BoolVar(&list, "list", false, "list the formats")
	f.StringVar(&x.To, "to", "", "hf, gguf or llmc (default: gguf if OUT ends in .gguf, else hf)")
	f.StringVar(&x.Dtype, "dtype", "f32", "type of the weights: f32, bf16, f16; of gguf also q8_0 and q4_0")
	f.StringVar(&shard, "shard", "", "of hf: the most bytes of a file of weights, as 5GB (default: all in one file)")
	f.StringVar(&x.Adapter, "adapter", "", "a folder of peft's, which is added into the weights")
	f.StringVar(&x.Tokenizer, "tokenizer", "", "the model's tokenizer (default: the one beside it)")
	f.StringVar(&x.Run, "run", "", "of a folder of runs, this one (default: the last)")
	f.BoolVar(&x.Force, "force", false, "replace OUT")
	f.BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// convertUsage checks the command line.
func convertUsage(x *pipelines.ConvertModel, shard string) (err error) {
	if x.To == "" {
		if x.To = "hf"; strings.HasSuffix(x.Out, ".gguf") {
			x.To = "gguf"
		}
	}
	dtypes := []string{"f32", "bf16", "f16"}
	switch x.To {
	case "hf":
	case "gguf":
		dtypes = append(dtypes, "q8_0", "q4_0")
	case "llmc":
		dtypes = []string{"f32", "bf16"}
	default:
		return usageError{fmt.Errorf("--to %q: want hf, gguf or llmc", x.To)}
	}
	if !slices.Contains(dtypes, x.Dtype) {
		return usageError{fmt.Errorf("--dtype %q: %s has %s", x.Dtype, x.To, strings.Join(dtypes, ", "))}
	}
	if shard == "" {
		return nil
	}
	if x.To != "hf" {
		return usageError{fmt.Errorf("--shard: %s is one file", x.To)}
	}
	if x.Shard, err = pipelines.ParseBytes(shard); err == nil && x.Shard < 1 {
		err = errors.New("want 1 byte or more")
	}
	if err != nil {
		return usageError{fmt.Errorf("--shard: %w", err)}
	}
	return nil
}

func modelShow() *cobra.Command {
	var asJSON bool
	var run string
	cmd := &cobra.Command{
		Use:   "show MODEL",
		Short: "Tell what a model is: shape, parameters, types of its weights, tokenizer, files",
		Args:  exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := filepath.Clean(args[0])
			if filepath.Ext(path) == ".gguf" {
				return showGGUF(cmd.OutOrStdout(), path, asJSON)
			}
			return showModel(cmd.OutOrStdout(), path, run, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.Flags().StringVar(&run, "run", "", "of a folder of runs, this one (default: the last)")
	return cmd
}

func files(n int) string {
	if n == 1 {
		return "1 file"
	}
	return fmt.Sprintf("%d files", n)
}

// showModel holds the files of a model against one another and tells what it is.
func showModel(out io.Writer, path, run string, asJSON bool) error {
	dir, err := pipelines.ModelFolder(path, run)
	if err != nil {
		return err
	}
	f, err := pretrained.Open(dir)
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	defer f.Close()
	c := f.Config.Resolved()
	if asJSON {
		info := map[string]any{"path": string(dir), "config": c, "parameters": c.Parameters(), "dtypes": f.Dtypes, "bytes": f.Bytes, "files": f.Files, "text": f.Text}
		if f.Tokenizer != nil {
			info["tokenizer"] = map[string]any{"kind": f.Tokenizer.Describe(), "vocab": f.Tokenizer.Vocab(), "digest": f.Tokenizer.Digest()}
		}
		if len(f.Notes) > 0 {
			info["notes"] = f.Notes
		}
		return printJSON(out, info)
	}
	fmt.Fprintf(out, "model %s: %s of %d parameters\n", dir, c.Arch, c.Parameters())
	fmt.Fprintf(out, "%d layers, width %d, %d heads of %d over %d of keys and values, hidden %d, context %d, %d tokens", c.Layers, c.Width, c.Heads, c.HeadSize, c.KVHeads, c.Hidden, c.Context, c.Vocab)
	if c.Window > 0 {
		fmt.Fprintf(out, ", window %d", c.Window)
	}
	if c.Scaling.Kind != "" {
		fmt.Fprintf(out, ", positions scaled by %s %g", c.Scaling.Kind, c.Scaling.Factor)
	}
	if c.Tied {
		fmt.Fprint(out, ", the head is the embedding")
	}
	fmt.Fprintf(out, "\nweights: %s, %s MB in %s\n", strings.Join(f.Dtypes, " and "), megabytes(f.Bytes), files(f.Files))
	if f.Tokenizer != nil {
		fmt.Fprintf(out, "tokenizer: %s, %d ids, a text ends with %s", f.Tokenizer.Describe(), f.Tokenizer.Vocab(), f.Text.EOS)
		if f.Text.Template != "" {
			fmt.Fprint(out, ", with a chat template")
		}
		fmt.Fprintln(out)
	}
	for _, n := range f.Notes {
		fmt.Fprintf(out, "note: %s\n", n)
	}
	return nil
}

// showGGUF tells what the head of a file of llama.cpp says: its values, lists by their length, and its tensors by their types.
func showGGUF(out io.Writer, path string, asJSON bool) error {
	f, err := quern.Local(filepath.Dir(path)).Open(filepath.Base(path))
	if err != nil {
		return err
	}
	defer f.Close()
	g, err := format.OpenGGUF(f, f.Size())
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	types := map[string]int{}
	numbers := 0
	for _, e := range g.Entries {
		n := 1
		for _, d := range e.Shape {
			n *= d
		}
		types[e.Type.String()]++
		numbers += n
	}
	for key, v := range g.Values {
		switch v := v.(type) {
		case []string:
			g.Values[key] = fmt.Sprintf("%d strings", len(v))
		case []any:
			g.Values[key] = fmt.Sprintf("%d values", len(v))
		}
	}
	if asJSON {
		return printJSON(out, map[string]any{"path": path, "architecture": g.Arch, "parameters": numbers, "tensors": len(g.Entries), "types": types, "values": g.Values})
	}
	fmt.Fprintf(out, "gguf %s: %s, %d numbers in %d tensors, %s MB\n", path, g.Arch, numbers, len(g.Entries), megabytes(f.Size()))
	for _, t := range slices.Sorted(maps.Keys(types)) {
		fmt.Fprintf(out, "%4d tensors of %s\n", types[t], t)
	}
	for _, key := range slices.Sorted(maps.Keys(g.Values)) {
		fmt.Fprintf(out, "%s: %.100q\n", key, fmt.Sprint(g.Values[key]))
	}
	return nil
}
