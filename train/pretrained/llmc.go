package pretrained

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/format"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops"
)

// The files of a folder of llm.c. The tokenizer's name is the one that its programs look for.
const (
	llmcModel     = "model.bin"
	llmcTokenizer = "gpt2_tokenizer.bin"
	llmcPad       = 128 // rows of the embedding are padded to a multiple of this
)

// ReadLLMC reads a checkpoint of llm.c. Rows of the embedding that only pad it are left out.
func ReadLLMC(f quern.File, o ops.Ops[float32]) (*model.Model, error) {
	r := bufio.NewReaderSize(io.NewSectionReader(f, 0, f.Size()), 1<<20)
	head, err := format.ReadLLMC(r, f.Size())
	if err != nil {
		return nil, err
	}
	m, err := model.New(model.Config{Arch: model.GPT2, Layers: head.Layers, Width: head.Width, Heads: head.Heads, Hidden: 4 * head.Width, Context: head.Context,
		Vocab: head.Vocab, Tied: true, NormEps: 1e-5}, o, 1)
	if err != nil {
		return nil, err
	}
	params := byName(m)
	var buf []float32
	for _, t := range head.Tensors() {
		for i := range layersOf(t, head) {
			p := params[nameOf(t, i)]
			n := t.Rows * max(1, t.Cols)
			if cap(buf) < n {
				buf = make([]float32, n)
			}
			x := buf[:n]
			if err := head.ReadNext(r, x); err != nil {
				return nil, err
			}
			if t.Layered && t.Cols > 0 {
				transpose(p.W, x, t.Rows, t.Cols)
			} else {
				copy(p.W, x)
			}
			if at := notFinite(p.W); at >= 0 {
				return nil, fmt.Errorf("tensor %s: number %d is %v: the weights are damaged", p.Name, at, p.W[at])
			}
		}
	}
	return m, nil
}

func byName(m *model.Model) map[string]model.Param {
	out := map[string]model.Param{}
	for _, p := range m.Params() {
		out[p.Name] = p
	}
	return out
}

func nameOf(t format.LLMCTensor, layer int) string {
	if t.Layered {
		return strings.Replace(t.Name, "%d", fmt.Sprint(layer), 1)
	}
	return t.Name
}

func layersOf(t format.LLMCTensor, c format.LLMC) int {
	if t.Layered {
		return c.Layers
	}
	return 1
}

// SaveLLMC writes a GPT-2 as llm.c reads it, with its tokenizer if it has one.
func SaveLLMC(dir quern.Dir, m *model.Model, tok *tokenize.Tokenizer, dtype string) ([]quern.BlobInfo, error) {
	c := m.Config().Resolved()
	if c.Arch != model.GPT2 || !c.Tied || c.Hidden != 4*c.Width || c.Scores > 0 || c.NormEps != 1e-5 {
		return nil, fmt.Errorf("llm.c reads a gpt2 with a tied head, a feed-forward part of 4 times the width and a norm_eps of 1e-5; this is a %s, tied %t, %d of %d, %g",
			c.Arch, c.Tied, c.Hidden, c.Width, c.NormEps)
	}
	if dtype == "" {
		dtype = format.F32
	}
	if dtype != format.F32 && dtype != format.BF16 {
		return nil, fmt.Errorf("llm.c reads F32 and BF16, not %s", dtype)
	}
	head := format.LLMC{Context: c.Context, Vocab: c.Vocab, Layers: c.Layers, Heads: c.Heads, Width: c.Width, Padded: (c.Vocab + llmcPad - 1) / llmcPad * llmcPad, Dtype: dtype}
	params := byName(m)
	w := writer{dir: dir}
	err := w.stream(llmcModel, func(out io.Writer) error {
		var buf []float32
		return head.Write(out, func(t format.LLMCTensor, layer int) ([]float32, error) {
			p, n := params[nameOf(t, layer)], t.Rows*max(1, t.Cols)
			if cap(buf) < n {
				buf = make([]float32, n)
			}
			x := buf[:n]
			clear(x)
			if t.Layered && t.Cols > 0 {
				transpose(x, p.W, t.Cols, t.Rows)
			} else {
				copy(x, p.W)
			}
			return x, nil
		})
	})
	if err != nil || tok == nil {
		return w.blobs, err
	}
	tokens := make([][]byte, tok.Vocab())
	for i := range tokens {
		tokens[i] = tok.Token(uint32(i))
	}
	return w.blobs, w.stream(llmcTokenizer, func(out io.Writer) error {
		return format.WriteLLMCTokenizer(out, tokens, int(tok.EndOfText()))
	})
}
