package pretrained

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/train/format"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops/cpu"
)

// The bytes of GGUF files are a promise; cmd/versus/llamacpp.py tells what llama.cpp computes of them.
func TestGGUFBytes(t *testing.T) {
	var got strings.Builder
	for _, name := range names {
		m, f := load(t, testdata(name))
		f.Text.Template = "{%- generation %}x{% endgeneration -%}"
		for _, kind := range []format.GGUFType{format.GGUFF32, format.GGUFF16, format.GGUFBF16, format.GGUFQ8_0, format.GGUFQ4_0} {
			var b bytes.Buffer
			notes, err := WriteGGUF(&b, m, f.Tokenizer, f.Text, kind, name)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&got, "%s %s %d %s %q\n", name, kind, b.Len(), quern.DigestOf(b.Bytes()), notes)
		}
	}
	path := filepath.Join("testdata", "saved", "gguf.txt")
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(path); err != nil || string(want) != got.String() {
		t.Errorf("the bytes have changed: %v\n%s", err, got.String())
	}
}

// A model that is written as GGUF is read with the same weights and the same tokenizer.
func TestGGUFIsReadBack(t *testing.T) {
	for _, name := range names {
		m, f := load(t, testdata(name))
		out := &quern.Memory{}
		w := writer{dir: out}
		err := w.stream("m.gguf", func(to io.Writer) error {
			_, err := WriteGGUF(to, m, f.Tokenizer, f.Text, format.GGUFF32, name)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		file, err := out.Open("m.gguf")
		if err != nil {
			t.Fatal(err)
		}
		again, tok, text, notes, err := LoadGGUF(file, cpu.New(1))
		if err != nil || tok == nil || len(notes) > 0 {
			t.Fatalf("%s: %v %v", name, notes, err)
		}
		want := m.Config().Resolved()
		if want.Window = 0; want.Arch == model.Mistral {
			want.Arch = model.Llama // as llama.cpp has it
		}
		if got := again.Config().Resolved(); got != want {
			t.Errorf("%s: config %+v, want %+v", name, got, want)
		}
		for i, p := range again.Params() {
			if !slices.Equal(p.W, m.Params()[i].W) {
				t.Errorf("%s: %s is another", name, p.Name)
			}
		}
		sample := []byte("it's the quick 12345 fox\n\n")
		if got, want := tok.NewEncoder().Append(nil, sample), f.Tokenizer.NewEncoder().Append(nil, sample); !slices.Equal(got, want) {
			t.Errorf("%s: ids %v, want %v", name, got, want)
		}
		if id, _ := tok.Special("<|im_end|>"); id != 263 || text.EOS != f.Text.EOS || text.BOS != f.Text.BOS {
			t.Errorf("%s: text %+v", name, text)
		}
	}
}

func TestWithoutGeneration(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := WithoutGeneration(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	f("a {% generation %} b {%- endgeneration -%} c", "a {##} b {#--#} c")
	f("{{ generation }}{% if generation %}", "{{ generation }}{% if generation %}")
}

// A checkpoint of llm.c that is written is read with the same weights; its padding is zeros and goes.
func TestLLMC(t *testing.T) {
	m, f := load(t, testdata("gpt2"))
	for _, dtype := range []string{format.F32, format.BF16} {
		dir := &quern.Memory{}
		if _, err := SaveLLMC(dir, m, f.Tokenizer, dtype); err != nil {
			t.Fatal(err)
		}
		file, err := dir.Open(llmcModel)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := quern.ReadBlob(dir, llmcModel)
		var head [8]int32
		binary.Read(bytes.NewReader(b), binary.LittleEndian, &head)
		version := map[string]int32{format.F32: 3, format.BF16: 5}[dtype]
		if head != [8]int32{20240326, version, 32, 264, 2, 4, 16, 384} {
			t.Errorf("%s: the head is %v", dtype, head)
		}
		again, err := ReadLLMC(file, cpu.New(1))
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range again.Params() {
			if want := m.Params()[i]; p.Name != want.Name || dtype == format.F32 && !slices.Equal(p.W, want.W) {
				t.Errorf("%s: %s is another", dtype, p.Name)
			}
		}
		tokens, err := quern.ReadBlob(dir, llmcTokenizer)
		if err != nil {
			t.Fatal(err)
		}
		binary.Read(bytes.NewReader(tokens), binary.LittleEndian, &head)
		if head[0] != 20240328 || head[1] != 2 || head[2] != 264 || head[3] != 261 || !bytes.HasSuffix(tokens, []byte("\x0a<|im_end|>")) {
			t.Errorf("tokenizer: head %v, it ends in %q", head[:4], tokens[len(tokens)-20:])
		}
	}
	m, _ = load(t, testdata("qwen2"))
	if _, err := SaveLLMC(&quern.Memory{}, m, nil, ""); err == nil {
		t.Error("llm.c reads a qwen2")
	}
}

// The collection of malformed checkpoints has indexes of several files of weights.
func TestMalformedIndexes(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "fixtures", "malformed", "checkpoint")
	folders, err := filepath.Glob(filepath.Join(root, "index-*"))
	if err != nil || len(folders) == 0 {
		t.Skip("no collection of malformed files here")
	}
	for _, folder := range folders {
		w, err := openWeights(quern.Local(filepath.Join(folder, "step-100")))
		if err == nil {
			w.close()
			t.Errorf("%s was read", folder)
		}
	}
	if len(folders) < 5 {
		t.Errorf("only %d folders were checked", len(folders))
	}
}

// A weight that is no number stops everything that would use it.
func TestDamagedWeights(t *testing.T) {
	m, f := load(t, testdata("qwen2"))
	nan := float32(0)
	m.Params()[3].W[5] = nan / nan
	dir := &quern.Memory{}
	if _, err := Save(dir, m, f.Tokenizer, f.Text, Options{}); err != nil {
		t.Fatal(err)
	}
	g, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if _, err := g.Load(cpu.New(1), 0, 1); err == nil || !strings.Contains(err.Error(), m.Params()[3].Name+": number 5 is NaN") {
		t.Errorf("error %v", err)
	}
}

func FuzzConfig(f *testing.F) {
	for _, name := range names {
		b, err := quern.ReadBlob(testdata(name), ConfigName)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"model_type":"gpt2","rope_scaling":{"type":[]},"architectures":[1]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := parseConfig(b)
		if err != nil {
			return
		}
		c.dtype = "float32"
		again, err := c.json()
		if err != nil {
			t.Fatal(err)
		}
		d, err := parseConfig(again)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, again)
		}
		if d.Config.Resolved() != c.Config.Resolved() {
			t.Fatalf("%+v became %+v", c.Config, d.Config)
		}
	})
}

func FuzzAdapter(f *testing.F) {
	for name := range adapters {
		b, err := quern.ReadBlob(testdata(name), adapterConfig)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := parseAdapter(b); err == nil && a.Rank < 0 {
			t.Fatalf("%+v", a)
		}
	})
}

// Values of a GGUF file that its tensors contradict are named before memory is taken for what they ask.
func TestGGUFThatContradictsItself(t *testing.T) {
	f := func(key string, value any, want string) {
		t.Helper()
		m, text := load(t, testdata("qwen2"))
		var b bytes.Buffer
		if _, err := WriteGGUF(&b, m, text.Tokenizer, text.Text, format.GGUFF32, "x"); err != nil {
			t.Fatal(err)
		}
		g, err := format.OpenGGUF(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		g.Values[key] = value
		r := newGGUFReader(g)
		c := r.config()
		err = errors.Join(r.errs...)
		if err == nil {
			err = r.check(c.Resolved())
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s = %v: error %v, want one about %q", key, value, err, want)
		}
	}
	f("qwen2.block_count", uint64(1), "tensor blk.1.attn_q.weight [16 16]: a qwen2 has none such")
	f("qwen2.block_count", uint64(1000), "tensor blk.999.ffn_up.weight [40 16] is missing")
	f("qwen2.embedding_length", uint64(32), "tensor token_embd.weight is [264 16], the values of the file ask for [264 32]")
	f("qwen2.vocab_size", uint64(300), "vocab_size is 300, token_embd.weight has 264 rows")
	f("qwen2.block_count", "two", "qwen2.block_count is two, want a whole number")
	f("qwen2.expert_count", uint64(8), "experts")
	f("qwen2.rope.dimension_count", uint64(2), "rope.dimension_count is 2 of 4")
	f("qwen2.rope.scaling.type", "longrope", `"longrope"`)
}
