package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/data"
	"github.com/seed-83c59573/quern/train/model"
)

const rhyme = "the mill grinds corn and the stone turns the mill. "

func tinyTokenizer(t testing.TB) *tokenize.Tokenizer {
	t.Helper()
	learn := tokenize.DefaultLearn()
	learn.Vocab = 272
	c := tokenize.NewCounter(learn)
	c.Add([]byte(rhyme + rhyme))
	tok, err := c.Learn()
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// corpus is n documents of two to four rhymes each, as one stream.
func corpus(tok *tokenize.Tokenizer, n int) (data.Tokens, int64) {
	var out data.Tokens
	size := 0
	for i := range n {
		text := strings.Repeat(rhyme, 2+i%3)
		size += len(text)
		for _, id := range tok.NewEncoder().Append(nil, []byte(text)) {
			out = append(out, int32(id))
		}
		out = append(out, int32(tok.EndOfText()))
	}
	return out, int64(size)
}

func tinyConfig() Config {
	c := DefaultConfig()
	c.Model = model.Default()
	c.Model.Layers, c.Model.Width, c.Model.Heads, c.Model.KVHeads, c.Model.Hidden, c.Model.Context = 1, 16, 2, 1, 32, 8
	c.Batch, c.Micro, c.Steps, c.Warmup, c.LR, c.Checkpoint, c.Eval = 32, 16, 12, 2, 1e-2, 3, 4
	c.Sample = Sampling{Prompts: []string{"the"}, Tokens: 4, Temperature: 0.8, TopP: 1}
	return c
}

// tinyEnv has an epoch of about seven steps of 32 tokens.
func tinyEnv(t testing.TB, dir quern.Dir) Env {
	tok := tinyTokenizer(t)
	train, _ := corpus(tok, 4)
	val, size := corpus(tok, 1)
	return Env{Dir: dir, Seed: 7, Workers: 1, Tokenizer: tok, Train: train[:min(len(train), 225)], Val: val, ValBytes: size}
}

func tinySFT(t testing.TB) SFTConfig {
	t.Helper()
	path := filepath.Join(t.TempDir(), "chat.jsonl")
	var b bytes.Buffer
	for i := range 5 {
		fmt.Fprintf(&b, "{\"prompt\": \"m%d\", \"completion\": \"corn\"}\n", i)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	c := DefaultSFT()
	c.Data = []string{path}
	c.Batch, c.Micro, c.Steps, c.Warmup, c.Checkpoint = 128, 64, 8, 2, 3
	c.Sample = Sampling{Prompts: []string{"m1"}, Tokens: 4, Temperature: 0.8, TopP: 1}
	return c
}

// chatBase is a pretrained model whose context has room for the conversations of tinySFT.
func chatBase(t testing.TB) quern.Dir {
	t.Helper()
	c := tinyConfig()
	c.Model.Context, c.Batch, c.Micro, c.Steps, c.Eval = 64, 64, 64, 2, 0
	dir := &quern.Memory{}
	e := tinyEnv(t, dir)
	e.Val = nil
	if _, err := Pretrain(context.Background(), c, e); err != nil {
		t.Fatal(err)
	}
	return dir
}

func blob(t testing.TB, d quern.Dir, name string) []byte {
	t.Helper()
	b, err := quern.ReadBlob(d, name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// same fails unless two runs came to the same result and the same model.
func same(t testing.TB, what string, a, b Result, da, db quern.Dir) {
	t.Helper()
	if !reflect.DeepEqual(a, b) {
		t.Errorf("%s: %+v, want %+v", what, b, a)
	}
	for _, name := range []string{"checkpoint/model.safetensors", "checkpoint/config.json"} {
		if !bytes.Equal(blob(t, da, name), blob(t, db, name)) {
			t.Errorf("%s: %s differs", what, name)
		}
	}
}

func pretrain(t testing.TB, c Config, e Env) Result {
	t.Helper()
	r, err := Pretrain(context.Background(), c, e)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// training is either kind of training with everything but the place fixed.
type training func(ctx context.Context, dir quern.Dir, workers int, progress func(step, steps int, m Metrics)) (Result, error)

func trainings(t testing.TB) map[string]training {
	c, base, s := tinyConfig(), chatBase(t), tinySFT(t)
	return map[string]training{
		"pretrain": func(ctx context.Context, dir quern.Dir, workers int, progress func(int, int, Metrics)) (Result, error) {
			e := tinyEnv(t, dir)
			e.Workers, e.Progress = workers, progress
			return Pretrain(ctx, c, e)
		},
		"pretrain, shuffled": func(ctx context.Context, dir quern.Dir, workers int, progress func(int, int, Metrics)) (Result, error) {
			e, c := tinyEnv(t, dir), c
			e.Workers, e.Progress, c.Shuffle = workers, progress, true
			return Pretrain(ctx, c, e)
		},
		"pretrain, with everything": func(ctx context.Context, dir quern.Dir, workers int, progress func(int, int, Metrics)) (Result, error) {
			e := tinyEnv(t, dir)
			e.Workers, e.Progress = workers, progress
			return Pretrain(ctx, everything(), e)
		},
		"pretrain, in bf16, computing again": func(ctx context.Context, dir quern.Dir, workers int, progress func(int, int, Metrics)) (Result, error) {
			e, c := tinyEnv(t, dir), c
			e.Workers, e.Progress, c.Precision, c.Model.Recompute = workers, progress, "bf16", true
			return Pretrain(ctx, c, e)
		},
		"sft": func(ctx context.Context, dir quern.Dir, workers int, progress func(int, int, Metrics)) (Result, error) {
			e := tinyEnv(t, dir)
			e.Train, e.Val, e.Workers, e.Progress = nil, nil, workers, progress
			return SFT(ctx, s, base, e)
		},
		"sft, with everything": func(ctx context.Context, dir quern.Dir, workers int, progress func(int, int, Metrics)) (Result, error) {
			e, s := tinyEnv(t, dir), s
			e.Workers, e.Progress, e.Documents = workers, progress, true
			s.Replay, s.Forgetting, s.Validation, s.Eval, s.LoRA = 0.3, true, 0.4, 3, &LoRA{R: 2, Alpha: 4}
			return SFT(ctx, s, base, e)
		},
	}
}

// failing is a folder whose call number at fails, as does every one after it: a machine that died.
type failing struct {
	quern.Dir
	calls, at int
}

var errDied = errors.New("died")

func (f *failing) call() error {
	if f.calls++; f.calls >= f.at {
		return errDied
	}
	return nil
}

func (f *failing) Create(name string) (quern.Blob, error) {
	if err := f.call(); err != nil {
		return nil, err
	}
	b, err := f.Dir.Create(name)
	return &failingBlob{b, f}, err
}

func (f *failing) Open(name string) (quern.File, error) {
	if err := f.call(); err != nil {
		return nil, err
	}
	return f.Dir.Open(name)
}

func (f *failing) Remove(name string) error {
	if err := f.call(); err != nil {
		return err
	}
	return f.Dir.(quern.Remover).Remove(name)
}

type failingBlob struct {
	quern.Blob
	f *failing
}

func (b *failingBlob) Write(p []byte) (int, error) {
	if err := b.f.call(); err != nil {
		return 0, err
	}
	return b.Blob.Write(p)
}

func (b *failingBlob) Commit() error {
	if err := b.f.call(); err != nil {
		b.Abort()
		return err
	}
	return b.Blob.Commit()
}
