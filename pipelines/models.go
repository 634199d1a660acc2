package pipelines

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/format"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops/cpu"
	"github.com/seed-83c59573/quern/train/pretrained"
)

// ModelFolder finds the folder of a model: path itself, as Hugging Face lays models out, the final model of a training step, or the newest model of a run, tuned
// if it was.
func ModelFolder(path, run string) (quern.Local, error) {
	has := func(name string) bool {
		_, err := os.Stat(filepath.Join(path, name))
		return err == nil
	}
	switch {
	case has(pretrained.ConfigName):
		return quern.Local(path), nil
	case has(filepath.Join("checkpoint", pretrained.ConfigName)):
		return quern.Local(filepath.Join(path, "checkpoint")), nil
	case !has("runs"):
		if _, err := os.Stat(path); err != nil {
			return "", err
		}
		return "", fmt.Errorf("%s: no model: it has no %s, and is neither a training step nor a run", path, pretrained.ConfigName)
	}
	rec, err := LoadRecord(quern.Local(path), run)
	if err != nil {
		return "", err
	}
	folder := ""
	for _, s := range rec.Steps {
		if s.Step == "train" || s.Step == "tune" {
			folder = s.Folder
		}
	}
	if folder == "" {
		return "", fmt.Errorf("run %s trained no model", rec.Run)
	}
	return quern.Local(filepath.Join(path, filepath.FromSlash(folder), "checkpoint")), nil
}

// ModelFormats are the layouts that a model is written in.
var ModelFormats = [][2]string{
	{"hf", "a folder as transformers, vLLM and this program load it: config.json, safetensors, tokenizer"},
	{"gguf", "a file as llama.cpp and Ollama load it"},
	{"llmc", "a folder as llm.c's train_gpt2 loads it: model.bin, gpt2_tokenizer.bin; of gpt2 alone"},
}

// ConvertModel asks for a model in another layout.
type ConvertModel struct {
	From      string // the folder of a model, of a training step or of a run, a .bin of llm.c, or a .gguf
	Run       string // of a folder of runs, this one; "" = the last
	Adapter   string // a folder of peft's that is added into the weights; "" = none
	Tokenizer string // a file; "" = the one that stands beside the model
	To        string // one of ModelFormats
	Out       string
	Dtype     string // of the weights: f32, bf16, f16; of gguf also q8_0 and q4_0; "" = f32
	Shard     int64  // of hf: bytes of a file of weights at most; 0 = all in one
	Force     bool   // take the place of what is there
}

// ConvertedModel is what was written.
type ConvertedModel struct {
	Out        string   `json:"out"`
	Format     string   `json:"format"`
	Dtype      string   `json:"dtype"`
	Parameters int      `json:"parameters"`
	Files      int      `json:"files"`
	Bytes      int64    `json:"bytes"`
	Notes      []string `json:"notes,omitempty"`
}

// Do converts. What is written begins to exist when it is whole.
func (x ConvertModel) Do(ctx context.Context) (*ConvertedModel, error) {
	m, tok, text, notes, err := x.load()
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	done := &ConvertedModel{Out: x.Out, Format: x.To, Dtype: x.Dtype, Parameters: m.Config().Parameters(), Notes: notes}
	var blobs []quern.BlobInfo
	if x.To == "gguf" {
		blobs, err = x.gguf(m, tok, text, done)
	} else {
		blobs, err = x.folder(m, tok, text)
	}
	for _, b := range blobs {
		done.Files++
		done.Bytes += b.Size
	}
	return done, err
}

// load reads the model, with its adapter added.
func (x ConvertModel) load() (m *model.Model, tok *tokenize.Tokenizer, text pretrained.Text, notes []string, err error) {
	if one := filepath.Ext(x.From); one == ".bin" || one == ".gguf" {
		m, tok, text, notes, err = readOne(x.From)
	} else {
		var dir quern.Local
		if dir, err = ModelFolder(x.From, x.Run); err != nil {
			return nil, nil, text, nil, err
		}
		var f *pretrained.Folder
		if f, err = pretrained.Open(dir); err == nil {
			defer f.Close()
			tok, text, notes = f.Tokenizer, f.Text, f.Notes
			m, err = f.Load(cpu.New(0), 0, 1)
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", dir, err)
		}
	}
	if err == nil && x.Tokenizer != "" {
		if tok, err = OpenTokenizer(x.Tokenizer); err == nil {
			text = pretrained.DefaultText(tok)
		}
	}
	if err == nil && x.Adapter != "" {
		err = pretrained.LoadAdapter(quern.Local(x.Adapter), m)
		if err == nil {
			err = m.Merge()
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", x.Adapter, err)
		}
	}
	return m, tok, text, notes, err
}

// readOne reads a model that is one file.
func readOne(path string) (m *model.Model, tok *tokenize.Tokenizer, text pretrained.Text, notes []string, err error) {
	f, err := quern.Local(filepath.Dir(path)).Open(filepath.Base(path))
	if err != nil {
		return nil, nil, text, nil, err
	}
	defer f.Close()
	if filepath.Ext(path) == ".gguf" {
		m, tok, text, notes, err = pretrained.LoadGGUF(f, cpu.New(0))
	} else {
		m, err = pretrained.ReadLLMC(f, cpu.New(0))
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return m, tok, text, notes, err
}

func (x ConvertModel) gguf(m *model.Model, tok *tokenize.Tokenizer, text pretrained.Text, done *ConvertedModel) ([]quern.BlobInfo, error) {
	kind, err := format.GGUFTypeNamed(x.Dtype)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(x.Out); err == nil && !x.Force {
		return nil, fmt.Errorf("%s: %w: name another file, or replace it with --force", x.Out, fs.ErrExist)
	}
	out, err := quern.Local(filepath.Dir(x.Out)).Create(filepath.Base(x.Out))
	if err != nil {
		return nil, err
	}
	meter := quern.NewMeter(out)
	notes, err := pretrained.WriteGGUF(meter, m, tok, text, kind, strings.TrimSuffix(filepath.Base(x.Out), ".gguf"))
	if err != nil {
		out.Abort()
		return nil, err
	}
	done.Notes = append(done.Notes, notes...)
	return []quern.BlobInfo{{Name: x.Out, Size: meter.N, Digest: meter.Digest()}}, out.Commit()
}

func (x ConvertModel) folder(m *model.Model, tok *tokenize.Tokenizer, text pretrained.Text) (blobs []quern.BlobInfo, err error) {
	from := x.From
	if st, err := os.Stat(from); err == nil && !st.IsDir() {
		from = filepath.Dir(from)
	}
	aside, err := newAside(x.Out, from, x.Force)
	if err != nil {
		return nil, err
	}
	defer aside.remove()
	dtype := strings.ToUpper(x.Dtype)
	switch x.To {
	case "hf":
		blobs, err = pretrained.Save(aside.dir, m, tok, text, pretrained.Options{Dtype: dtype, Shard: x.Shard})
	case "llmc":
		blobs, err = pretrained.SaveLLMC(aside.dir, m, tok, dtype)
	default:
		err = errors.New("unknown layout " + x.To)
	}
	if err != nil {
		return nil, err
	}
	return blobs, aside.commit()
}
