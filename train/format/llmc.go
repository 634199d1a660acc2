package format

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// LLMC is the head of a checkpoint of llm.c (karpathy/llm.c, train_gpt2.c): a GPT-2 with a tied head. All tensors follow it in one order, one kind for all
// layers after another, linear layers as outputs × inputs.
type LLMC struct {
	Context, Vocab, Layers, Heads, Width int
	Padded                               int    // rows of the embedding, those after Vocab without meaning
	Dtype                                string // F32 or BF16
}

const (
	llmcMagic     = 20240326
	llmcTokenizer = 20240328
	llmcHeader    = 256 * 4
	llmcLimit     = 1 << 24 // of each number of the head
)

// versions of checkpoints, by type; those before them have no padded embedding.
var llmcVersions = map[string]int32{F32: 3, BF16: 5}

// LLMCTensor is a tensor of one or of all layers. Its name is Hugging Face's, with %d for the layer.
type LLMCTensor struct {
	Name       string
	Rows, Cols int  // Cols 0: a vector
	Layered    bool // there is one a layer, side by side
}

// Tensors lists what follows the head, in order.
func (c LLMC) Tensors() []LLMCTensor {
	w := c.Width
	return []LLMCTensor{
		{"wte.weight", c.Padded, w, false}, {"wpe.weight", c.Context, w, false},
		{"h.%d.ln_1.weight", w, 0, true}, {"h.%d.ln_1.bias", w, 0, true},
		{"h.%d.attn.c_attn.weight", 3 * w, w, true}, {"h.%d.attn.c_attn.bias", 3 * w, 0, true},
		{"h.%d.attn.c_proj.weight", w, w, true}, {"h.%d.attn.c_proj.bias", w, 0, true},
		{"h.%d.ln_2.weight", w, 0, true}, {"h.%d.ln_2.bias", w, 0, true},
		{"h.%d.mlp.c_fc.weight", 4 * w, w, true}, {"h.%d.mlp.c_fc.bias", 4 * w, 0, true},
		{"h.%d.mlp.c_proj.weight", w, 4 * w, true}, {"h.%d.mlp.c_proj.bias", w, 0, true},
		{"ln_f.weight", w, 0, false}, {"ln_f.bias", w, 0, false},
	}
}

// size is how many bytes the whole file has.
func (c LLMC) size() (uint64, bool) {
	total := uint64(0)
	for _, t := range c.Tensors() {
		shape := []int{t.Rows, max(1, t.Cols)}
		if t.Layered {
			shape = append(shape, c.Layers)
		}
		n, ok := product(shape, floats[c.Dtype])
		if !ok || total+n < total {
			return 0, false
		}
		total += n
	}
	return total + llmcHeader, true
}

// ReadLLMC reads the head of a checkpoint of size bytes and holds it against the size. Call ReadNext for the tensors.
func ReadLLMC(r io.Reader, size int64) (c LLMC, err error) {
	fail := func(format string, a ...any) (LLMC, error) {
		return c, fmt.Errorf("not a checkpoint of llm.c: "+format, a...)
	}
	var h [256]int32
	if size < llmcHeader {
		return fail("%d bytes, its head has %d", size, llmcHeader)
	}
	if err := binary.Read(r, binary.LittleEndian, &h); err != nil {
		return c, err
	}
	switch {
	case h[0] != llmcMagic:
		return fail("it begins with %d, want %d", h[0], llmcMagic)
	case h[1] == llmcVersions[F32]:
		c.Dtype = F32
	case h[1] == llmcVersions[BF16]:
		c.Dtype = BF16
	default:
		return fail("version %d, want 3 (float32) or 5 (bfloat16)", h[1])
	}
	for i, to := range []*int{&c.Context, &c.Vocab, &c.Layers, &c.Heads, &c.Width, &c.Padded} {
		if *to = int(h[2+i]); *to < 1 || *to > llmcLimit {
			return fail("number %d of the head is %d", 2+i, *to)
		}
	}
	if c.Padded < c.Vocab {
		return fail("an embedding of %d rows for %d tokens", c.Padded, c.Vocab)
	}
	if want, ok := c.size(); !ok || want != uint64(size) {
		return fail("its head asks for %d bytes, the file has %d", want, size)
	}
	return c, nil
}

// ReadNext reads the numbers that come next.
func (c LLMC) ReadNext(r io.Reader, dst []float32) error { return readNumbers(r, c.Dtype, dst) }

// Write writes the head, and then each tensor as next gives it: a layer's after another.
func (c LLMC) Write(w io.Writer, next func(t LLMCTensor, layer int) ([]float32, error)) error {
	out := bufio.NewWriterSize(w, 1<<16)
	h := [256]int32{llmcMagic, llmcVersions[c.Dtype], int32(c.Context), int32(c.Vocab), int32(c.Layers), int32(c.Heads), int32(c.Width), int32(c.Padded)}
	if err := binary.Write(out, binary.LittleEndian, &h); err != nil {
		return err
	}
	for _, t := range c.Tensors() {
		layers := 1
		if t.Layered {
			layers = c.Layers
		}
		for i := range layers {
			x, err := next(t, i)
			if err == nil {
				err = writeNumbers(out, c.Dtype, x)
			}
			if err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

// WriteLLMCTokenizer writes the bytes of all tokens as llm.c's tokenizer.h reads them.
func WriteLLMCTokenizer(w io.Writer, tokens [][]byte, end int) error {
	out := bufio.NewWriter(w)
	h := [256]int32{llmcTokenizer, 2, int32(len(tokens)), int32(end)}
	if err := binary.Write(out, binary.LittleEndian, &h); err != nil {
		return err
	}
	for i, t := range tokens {
		if len(t) == 0 || len(t) > 255 {
			return fmt.Errorf("token %d has %d bytes, llm.c reads 1 to 255", i, len(t))
		}
		out.WriteByte(byte(len(t)))
		out.Write(t)
	}
	return out.Flush()
}
