package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/format"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/pretrained"
)

// saver commits checkpoints while training goes on: at the end of a step it copies all tensors into buffers that it keeps, and one
// goroutine writes them. At most one is being written; what went wrong with it is told by the next call. All files are written in the
// same bytes and order, whatever the moment. The copies are made with the first checkpoint, and are as large as what is written: 12 bytes a
// parameter with AdamW, and 4 more for each of ema and early_stop. A run that is stopped, or has no checkpoint on the way, copies nothing.
type saver struct {
	dir         quern.Dir
	run         json.RawMessage
	config      model.Config
	tok         *tokenize.Tokenizer
	text        pretrained.Text
	keep, every int
	files       []tensorFile // the live tensors
	copies      []tensorFile
	done        chan error // of the checkpoint that is being written; nil = none is
}

// save begins a checkpoint. It waits for the one before, if that is not done.
func (s *saver) save(st state) error {
	if err := s.wait(); err != nil {
		return err
	}
	if s.copies == nil {
		for _, f := range s.files {
			c := tensorFile{name: f.name, tensors: slices.Clone(f.tensors)}
			for i, t := range f.tensors {
				c.tensors[i].Data = make([]float32, len(t.Data))
			}
			s.copies = append(s.copies, c)
		}
	}
	for i, f := range s.files {
		for j, t := range f.tensors {
			copy(s.copies[i].tensors[j].Data, t.Data)
		}
	}
	st.Losses, st.Norms = slices.Clone(st.Losses), slices.Clone(st.Norms)
	done := make(chan error, 1)
	s.done = done
	go func() { done <- s.write(s.copies, st) }()
	return nil
}

// saveNow commits a checkpoint before it returns.
func (s *saver) saveNow(st state) error {
	if err := s.wait(); err != nil {
		return err
	}
	return s.write(s.files, st)
}

// poll is the error of a checkpoint that is done since the last call.
func (s *saver) poll() error {
	select {
	case err := <-s.done: // never, if it is nil
		s.done = nil
		return err
	default:
		return nil
	}
}

// wait is poll, but for the end of what is being written.
func (s *saver) wait() error {
	if s == nil || s.done == nil {
		return nil
	}
	err := <-s.done
	s.done = nil
	return err
}

func (s *saver) write(files []tensorFile, st state) error {
	folder := stepFolder(st.Step)
	m := ckptManifest{Step: st.Step, Run: s.run, Tensors: map[string]map[string]quern.Digest{}}
	add := func(info quern.BlobInfo, err error) error {
		m.Blobs = append(m.Blobs, info)
		if err != nil {
			return fmt.Errorf("checkpoint of step %d: %w", st.Step, err)
		}
		return nil
	}
	for _, f := range files {
		m.Tensors[f.name] = digests(f.tensors)
		if f.name == pretrained.WeightsName {
			blobs, err := pretrained.SaveAs(quern.Sub(s.dir, folder), s.config, f.tensors, s.tok, s.text, pretrained.Options{})
			if err != nil {
				return fmt.Errorf("checkpoint of step %d: %w", st.Step, err)
			}
			for _, b := range blobs {
				b.Name = folder + "/" + b.Name
				m.Blobs = append(m.Blobs, b)
			}
		} else if err := add(pretrained.WriteTensors(s.dir, folder+"/"+f.name, format.F32, f.tensors)); err != nil {
			return err
		}
	}
	if err := add(saveJSON(s.dir, folder+"/state.json", st)); err != nil {
		return err
	}
	if _, err := saveJSON(s.dir, folder+"/"+manifestName, m); err != nil {
		return fmt.Errorf("checkpoint of step %d: %w", st.Step, err)
	}
	return s.prune()
}

func digests(tensors []format.Tensor) map[string]quern.Digest {
	out := map[string]quern.Digest{}
	for _, t := range tensors {
		out[t.Name] = tensorDigest(t.Data)
	}
	return out
}

// prune removes the checkpoints that are not among the newest keep nor of every so many steps, and what crashes left of others. A
// manifest goes first, so that half a removal leaves no checkpoint. A folder that can remove nothing keeps all.
func (s *saver) prune() error {
	r, ok := s.dir.(quern.Remover)
	if !ok {
		return nil
	}
	steps, whole, names, err := listCheckpoints(s.dir)
	if err != nil {
		return err
	}
	kept := 0
	for i, step := range steps {
		if whole[step] && (kept < s.keep || s.every > 0 && step%s.every == 0) {
			kept++
			continue
		}
		if i == 0 && !whole[step] {
			continue // newer than any whole one: not ours to judge
		}
		prefix := stepFolder(step) + "/"
		list := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !strings.HasPrefix(n, prefix) })
		sort.SliceStable(list, func(a, b int) bool { return list[a] == prefix+manifestName && list[b] != prefix+manifestName })
		for _, n := range list {
			if err := r.Remove(n); errors.Is(err, errors.ErrUnsupported) {
				return nil
			} else if err != nil {
				return fmt.Errorf("an old checkpoint: %w", err)
			}
		}
	}
	return nil
}

// Sweep removes the checkpoints of a run that is done but those of each so many steps.
func Sweep(dir quern.Dir, every int) error { return (&saver{dir: dir, every: every}).prune() }

// identity tells runs apart: all that decides the bytes of a checkpoint but the data, of which it has the size.
type identity struct {
	Version string
	Model   model.Config
	Train   Optim
	Lengths Ramp
	Steps   int
	Seed    uint64
	Samples int64
	Weights quern.Digest // that the run began with
}

func (l *loop) identity() (json.RawMessage, error) {
	o := l.o
	o.Steps, o.Tokens, o.Epochs = 0, 0, 0 // what they come to stands in Steps
	var weights []byte
	for _, p := range l.m.Params() {
		weights = append(weights, tensorDigest(p.W)...)
	}
	return json.Marshal(identity{Version, l.m.Config(), o, l.lengths, l.steps, l.env.Seed, l.samples.Len(), quern.DigestOf(weights)})
}

// differences tells in words how run a differs from b; "" if it does not.
func differences(a, b json.RawMessage) string {
	was, is := map[string]string{}, map[string]string{}
	flatten(a, "", was)
	flatten(b, "", is)
	var out []string
	for name, v := range is {
		if was[name] != v {
			out = append(out, fmt.Sprintf("%s was %s, is %s", name, orNothing(was[name]), v))
		}
	}
	for name, v := range was {
		if _, ok := is[name]; !ok {
			out = append(out, fmt.Sprintf("%s was %s, is not there", name, v))
		}
	}
	sort.Strings(out)
	if len(out) > 3 {
		out = append(out[:3], fmt.Sprintf("and %d more", len(out)-3))
	}
	return strings.Join(out, ", ")
}

func orNothing(s string) string {
	if s == "" {
		return "not there"
	}
	return s
}

// flatten sets out to the leaves of a JSON object, by their paths.
func flatten(b json.RawMessage, path string, out map[string]string) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(b, &fields) != nil {
		var compact any
		if json.Unmarshal(b, &compact) == nil {
			b, _ = json.Marshal(compact)
		}
		out[path] = string(b)
		return
	}
	for name, v := range fields {
		if path != "" {
			name = path + "." + name
		}
		flatten(v, name, out)
	}
}
