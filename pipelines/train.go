package pipelines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train"
	"github.com/seed-83c59573/quern/train/format"
	"github.com/seed-83c59573/quern/train/model"
)

// MetricsName is the log of a training step: one JSON object a line. It holds speeds, so it stands beside the manifest, not in it.
const MetricsName = "metrics.jsonl"

// EventsPrefix begins the names of TensorBoard's files, which say the same: one for each time that a run was started.
const EventsPrefix = "events.out.tfevents."

// openEvents makes a new file of events in a folder.
func openEvents(dir quern.Local) (*os.File, error) {
	for n := 1; ; n++ {
		f, err := os.OpenFile(dir.Path(fmt.Sprintf("%s%010d.quern", EventsPrefix, n)), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// trainStep pretrains a model on the corpus. Its inputs are shard and learn.
type trainStep struct {
	spec *Spec
	env  *Env
}

func (s *trainStep) Head(ctx context.Context, _ []quern.Manifest) (quern.Manifest, error) {
	h, err := trainingHead("train", s.spec.Train, map[string]any{"seed": s.spec.Seed})
	if err != nil || s.spec.Train.From == "" {
		return h, err
	}
	files, err := s.files()
	if err != nil {
		return h, err
	}
	h.Inputs, err = s.env.world.inputs(ctx, s.spec.base, localFiles(files...), 1)
	return h, err
}

// trainingHead is the head of a step of training with options under a name, and what else its result depends on. How often checkpoints
// are written and which of them stay changes no weight: a run that is under way goes on when it is told otherwise, and one that is done stays done.
func trainingHead(name string, options any, about map[string]any) (quern.Manifest, error) {
	all, err := optionsJSON(options)
	if err != nil {
		return quern.Manifest{}, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(all, &fields); err != nil {
		return quern.Manifest{}, err
	}
	for _, n := range []string{"checkpoint", "keep", "keep_every"} {
		delete(fields, n)
	}
	about[name] = fields
	b, err := json.Marshal(about)
	return quern.Manifest{Version: train.Version + "/" + model.Version + "/" + format.Version, Options: b}, err
}

// files are those of the model that training begins with.
func (s *trainStep) files() (files []string, err error) {
	return filesOf(s.spec.path(s.spec.Train.From))
}

// filesOf are those of a model's folder.
func filesOf(folder string) (files []string, err error) {
	entries, err := os.ReadDir(folder)
	for _, e := range entries {
		if !e.IsDir() {
			files = append(files, filepath.Join(folder, e.Name()))
		}
	}
	return files, err
}

func (s *trainStep) Run(ctx context.Context, in []quern.Manifest, dir quern.Local) (quern.Manifest, error) {
	tok, err := s.env.tokenizerOf(in[1])
	if err != nil {
		return quern.Manifest{}, err
	}
	tokens, val, err := s.env.corpus(in[0])
	if err != nil {
		return quern.Manifest{}, err
	}
	defer tokens.Close()
	defer val.Close()
	sized, err := allSized(val)
	if err != nil {
		return quern.Manifest{}, err
	}
	m, err := s.env.training("train", dir, tok, s.spec.Seed, func(e train.Env) (train.Result, error) {
		if e.Train, e.Val, e.ValBytes = tokens, val, val.Bytes(); !sized {
			e.ValBytes = 0
		}
		c := *s.spec.Train
		if c.From != "" {
			c.From = s.spec.path(c.From)
		}
		return train.Pretrain(ctx, c, e)
	})
	if err != nil || s.spec.Train.From == "" {
		return m, err
	}
	files, err := s.files()
	if err != nil {
		return m, err
	}
	return m, s.env.world.unchanged(localFiles(files...))
}

// allSized tells whether the size of the text is known of every document that has more than the token that ends it: of some imported tokens it is not,
// and bits per byte would be told of a part of the bytes.
func allSized(r *shard.TokenReader) (bool, error) {
	sized := true
	err := r.Rows(func(_ int64, row *shard.TokenRow) error {
		sized = sized && (row.Bytes > 0 || row.Tokens <= 1)
		return nil
	})
	return sized, err
}

// training runs one stage of training with a log, and turns its result into a manifest.
func (e *Env) training(step string, dir quern.Local, tok *tokenize.Tokenizer, seed uint64, run func(train.Env) (train.Result, error)) (quern.Manifest, error) {
	var m quern.Manifest
	if err := os.MkdirAll(string(dir), 0o777); err != nil {
		return m, err
	}
	log, err := os.OpenFile(filepath.Join(string(dir), MetricsName), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return m, err
	}
	defer log.Close()
	events, err := openEvents(dir)
	if err != nil {
		return m, err
	}
	defer events.Close()
	r, err := run(train.Env{Dir: dir, Seed: seed, Workers: e.Workers, Memory: train.Room(e.Mem), Tokenizer: tok, Log: log, Events: events,
		Note: func(what string) { e.tell(Event{Step: step, State: "note", Reason: what}) },
		Progress: func(done, of int, m train.Metrics) {
			e.tell(Event{Step: step, State: "progress", Done: int64(done), Of: int64(of), Metric: m.String()})
		}})
	if err != nil {
		return m, err
	}
	m.Shards = []quern.Shard{{Name: "checkpoint", Tokens: r.Tokens, Blobs: r.Blobs}}
	m.Facts, err = json.Marshal(r)
	return m, err
}

// keptEvery is how many steps lie between the checkpoints that stay when a step is done; 0 = none stays.
func keptEvery(s Step) int {
	switch s := s.(type) {
	case *trainStep:
		return s.spec.Train.KeepEvery
	case *tuneStep:
		return s.spec.Tune.SFT.KeepEvery
	}
	return 0
}

// tuneStep fine-tunes a model on conversations. Its inputs are learn; then train, unless it starts from a folder; then shard, if it reads the
// corpus.
type tuneStep struct {
	spec *Spec
	env  *Env
}

// files are the conversations, and those of the model's folder.
func (s *tuneStep) files() (conversations, all []string, err error) {
	for _, p := range s.spec.Tune.SFT.Data {
		conversations = append(conversations, s.spec.path(p))
	}
	all = conversations
	if from := s.spec.Tune.SFT.From; from != "" {
		folder, err := filesOf(s.spec.path(from))
		if err != nil {
			return nil, nil, err
		}
		all = append(slices.Clone(conversations), folder...)
	}
	return conversations, all, nil
}

func (s *tuneStep) Head(ctx context.Context, _ []quern.Manifest) (quern.Manifest, error) {
	about := map[string]any{"seed": s.spec.Seed}
	if s.spec.Tune.SFT.NeedsCorpus() {
		about["documents"] = s.documents()
	}
	h, err := trainingHead("tune", s.spec.Tune.SFT, about)
	if err != nil {
		return h, err
	}
	_, files, err := s.files()
	if err != nil {
		return h, err
	}
	h.Inputs, err = s.env.world.inputs(ctx, s.spec.base, localFiles(files...), 1)
	return h, err
}

// documents tells whether attention stays inside the corpus's documents: as pretraining had it, and where nothing was pretrained, yes.
func (s *tuneStep) documents() bool { return s.spec.Train == nil || s.spec.Train.Documents }

func (s *tuneStep) Run(ctx context.Context, in []quern.Manifest, dir quern.Local) (quern.Manifest, error) {
	var none quern.Manifest
	tok, err := s.env.tokenizerOf(in[0])
	if err != nil {
		return none, err
	}
	conversations, files, err := s.files()
	if err != nil {
		return none, err
	}
	c, rest := *s.spec.Tune.SFT, in[1:]
	c.Data = conversations
	var base quern.Dir
	if c.From != "" {
		c.From = s.spec.path(c.From)
		base = quern.Local(c.From)
	} else {
		base, rest = s.env.dataset(rest[0]), rest[1:]
	}
	var tokens, val *shard.TokenReader
	if c.NeedsCorpus() {
		if tokens, val, err = s.env.corpus(rest[0]); err != nil {
			return none, err
		}
		defer tokens.Close()
		defer val.Close()
	}
	m, err := s.env.training("tune", dir, tok, s.spec.Seed, func(e train.Env) (train.Result, error) {
		if tokens != nil {
			e.Train, e.Val, e.Documents = tokens, val, s.documents()
		}
		return train.SFT(ctx, c, base, e)
	})
	if err != nil {
		return m, err
	}
	return m, s.env.world.unchanged(localFiles(files...))
}

// corpus opens the two splits of the tokens that shard wrote.
func (e *Env) corpus(m quern.Manifest) (tokens, val *shard.TokenReader, err error) {
	trainShards, valShards := split(m)
	if tokens, err = shard.OpenTokens(e.dataset(m), trainShards); err != nil {
		return nil, nil, err
	}
	if val, err = shard.OpenTokens(e.dataset(m), valShards); err != nil {
		tokens.Close()
		return nil, nil, err
	}
	return tokens, val, nil
}

// Model finds the newest model of a run, tuned if it was, and its tokenizer.
func Model(dir quern.Local, rec *Record) (checkpoint quern.Dir, tok *tokenize.Tokenizer, err error) {
	for _, s := range rec.Steps {
		if s.Step == "train" || s.Step == "tune" {
			checkpoint = quern.Sub(dir, s.Folder)
		}
	}
	if checkpoint == nil {
		return nil, nil, fmt.Errorf("run %s trained no model", rec.Run)
	}
	tok, err = Tokenizer(dir, rec)
	return checkpoint, tok, err
}

// Tokenizer loads the tokenizer of a run.
func Tokenizer(dir quern.Local, rec *Record) (*tokenize.Tokenizer, error) {
	for _, s := range rec.Steps {
		if s.Step == "learn" {
			b, err := quern.ReadBlob(dir, s.Folder+"/"+tokenizerName)
			if err != nil {
				return nil, err
			}
			return tokenize.Parse(b)
		}
	}
	return nil, fmt.Errorf("run %s has no tokenizer", rec.Run)
}
