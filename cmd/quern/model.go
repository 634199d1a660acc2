package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train"
	"github.com/seed-83c59573/quern/train/data/chat"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/pretrained"
	"github.com/seed-83c59573/quern/train/serve"
)

// speaker is a model that is loaded to be used, with what belongs to it.
type speaker struct {
	name string
	m    *model.Model
	tok  *tokenize.Tokenizer
	text pretrained.Text
}

// openModel opens a folder of a model, such as one of Hugging Face, the model that a training step left in its folder, or the newest model
// of a run: the tuned one if it is wanted and there is one. A context below the model's own makes it one of that context.
func openModel(path, run string, tuned bool, workers, context int) (*speaker, error) {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return nil, usageError{fmt.Errorf("%s is a file, want the folder of a model or of a run; quern model convert --to hf makes one of a .gguf or an llm.c .bin", path)}
	}
	dir := quern.Local(filepath.Clean(path))
	folder, name := quern.Dir(dir), filepath.Base(string(dir))
	var tok *tokenize.Tokenizer
	_, err := os.Stat(filepath.Join(path, pretrained.ConfigName))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err2 := os.Stat(filepath.Join(path, "checkpoint", pretrained.ConfigName)); err2 == nil {
			folder, err = quern.Sub(dir, "checkpoint"), nil
		}
	}
	switch {
	case err == nil && run != "":
		return nil, usageError{fmt.Errorf("%s is a model, not a run: leave --run out", path)}
	case errors.Is(err, fs.ErrNotExist):
		rec, err := pipelines.LoadRecord(dir, run)
		if err != nil {
			return nil, err
		}
		if !tuned {
			rec.Steps = slices.DeleteFunc(rec.Steps, func(r pipelines.StepRecord) bool { return r.Step == "tune" })
		}
		if folder, tok, err = pipelines.Model(dir, rec); err != nil {
			return nil, err
		}
		folder, name = quern.Sub(folder, "checkpoint"), rec.Run
	case err != nil:
		return nil, err
	}
	m, f, err := train.LoadFolder(folder, workers, context, 0)
	if err != nil {
		return nil, err
	}
	if f.Tokenizer != nil {
		tok = f.Tokenizer
	}
	if tok == nil {
		return nil, fmt.Errorf("%s: no tokenizer.json: a model without its tokenizer neither reads nor writes text", path)
	}
	if have := m.Config().Vocab; tok.Vocab() > have {
		return nil, fmt.Errorf("%s: the tokenizer has %d ids, the model %d: they do not belong together", path, tok.Vocab(), have)
	}
	return &speaker{name, m, tok, f.Text}, nil
}

// begin is the token that begins a text: the model's own, else the one that ends documents.
func (s *speaker) begin() uint32 {
	if id, ok := s.tok.Special(s.text.BOS); ok && s.text.BOS != "" {
		return id
	}
	return s.tok.EndOfText()
}

// stops are the tokens that end what the model says.
func (s *speaker) stops() []int32 {
	out := []int32{int32(s.tok.EndOfText())}
	for _, name := range append(s.text.Stop, s.text.EOS) {
		if id, ok := s.tok.Special(name); ok && name != "" && !slices.Contains(out, int32(id)) {
			out = append(out, int32(id))
		}
	}
	return out
}

// prompt is a text to be continued.
func (s *speaker) prompt(text string) []int32 {
	var out []int32
	if s.text.AddBOS || text == "" {
		out = append(out, int32(s.begin()))
	}
	for _, id := range s.tok.NewEncoder().Append(nil, []byte(text)) {
		out = append(out, int32(id))
	}
	return out
}

// chat makes the function that lays out conversations, which any goroutine may call, or says why there is none.
func (s *speaker) chat() (func([]serve.Message) (prompt, stop []int32, err error), error) {
	t, err := train.TemplateOf(s.text, chat.ChatML)
	if err != nil {
		return nil, err
	}
	enc, err := chat.NewEncoder(t, s.tok)
	if err != nil {
		return nil, err
	}
	stop := slices.Clip(append(s.stops(), enc.Stops()...)) // callers add to it
	var one sync.Mutex
	return func(turns []serve.Message) ([]int32, []int32, error) {
		var list []chat.Message
		for i, m := range turns {
			if !slices.Contains([]string{"system", "user", "assistant", "tool"}, m.Role) {
				return nil, nil, fmt.Errorf("message %d: role %q: want system, user, assistant or tool", i, m.Role)
			}
			list = append(list, chat.Message{Role: m.Role, Content: m.Content})
		}
		one.Lock()
		defer one.Unlock()
		prompt, err := enc.Prompt(list, nil)
		return prompt, stop, err
	}, nil
}
