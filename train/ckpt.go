package train

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/train/format"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/pretrained"
)

// A checkpoint is a folder of its own, which is a model that can be used as it lies, and what it takes to go on. The manifest is written
// last: a folder without one is no checkpoint.
//
//	ckpt/step-00000300/   a folder of Hugging Face, and optimizer.safetensors, state.json, manifest.json; with ema also
//	                      average.safetensors, with early_stop best.safetensors, with an adapter adapter.safetensors
//	checkpoint/           the final model, as a folder of Hugging Face
const (
	ckptFolder   = "ckpt"
	manifestName = "manifest.json"
)

// state is what a run needs to go on, besides tensors. All of it is a function of the run's configuration, data and seed.
type state struct {
	Step      int     `json:"step"`    // steps taken
	Updates   int     `json:"updates"` // of the weights: steps that were not skipped
	Cursor    int64   `json:"cursor"`  // samples read: where the data goes on
	Tokens    int64   `json:"tokens"`
	Clipped   int     `json:"clipped"` // steps whose gradient was cut
	LossFirst float64 `json:"loss_first"`
	LossLast  float64 `json:"loss_last"`
	ValFirst  float64 `json:"val_first"`

	Losses []float64 `json:"losses,omitempty"` // of the last steps, for Skip
	Norms  []float64 `json:"norms,omitempty"`

	ValBest  float64 `json:"val_best,omitempty"` // for EarlyStop
	BestStep int     `json:"best_step,omitempty"`
	Worse    int     `json:"worse,omitempty"` // measurements since then
	Stopped  bool    `json:"stopped,omitempty"`
}

// skipped is the number of steps whose update was left out.
func (s *state) skipped() int { return s.Step - s.Updates }

// tensorFile is one file of a checkpoint.
type tensorFile struct {
	name    string
	tensors []format.Tensor
}

// ckptManifest is a checkpoint's list of contents.
type ckptManifest struct {
	Step    int                                `json:"step"`
	Run     json.RawMessage                    `json:"run"` // what run it is of: identity
	Blobs   []quern.BlobInfo                   `json:"blobs"`
	Tensors map[string]map[string]quern.Digest `json:"tensors"` // by file and name, of the numbers as they stand in the file
}

func stepFolder(step int) string { return fmt.Sprintf("%s/step-%08d", ckptFolder, step) }

// listCheckpoints lists the steps that have a folder, newest first, and whether each has a manifest.
func listCheckpoints(dir quern.Dir) (steps []int, whole map[int]bool, names []string, err error) {
	names, err = dir.List(ckptFolder)
	whole = map[int]bool{}
	for _, n := range names {
		var step int
		var file string
		if k, _ := fmt.Sscanf(n, ckptFolder+"/step-%08d/%s", &step, &file); k != 2 {
			continue
		}
		if !slices.Contains(steps, step) {
			steps = append(steps, step)
		}
		whole[step] = whole[step] || file == manifestName
	}
	slices.Sort(steps)
	slices.Reverse(steps)
	return steps, whole, names, err
}

// newestCheckpoint is the step of the newest checkpoint.
func newestCheckpoint(dir quern.Dir) (step int, ok bool) {
	steps, whole, _, err := listCheckpoints(dir)
	for _, s := range steps {
		if err == nil && whole[s] {
			return s, true
		}
	}
	return 0, false
}

// resume loads the newest whole checkpoint into files. A damaged one costs a note, and the one before it is taken; if none is whole, or
// one is another run's, that is an error. Without any it reports false.
func resume(dir quern.Dir, run json.RawMessage, files []tensorFile, note func(string)) (st state, ok bool, err error) {
	steps, whole, _, err := listCheckpoints(dir)
	if err != nil {
		return st, false, err
	}
	damaged := ""
	for _, step := range steps {
		if !whole[step] {
			continue // a crash while it was written
		}
		folder := stepFolder(step)
		m, err := readManifest(dir, folder, step, files)
		if err == nil {
			if diff := differences(m.Run, run); diff != "" {
				return st, false, fmt.Errorf("%s is a checkpoint of another run: %s; remove %s to start from the first step", folder, diff, ckptFolder)
			}
			st, err = load(dir, folder, m, files)
		}
		if err == nil {
			if damaged != "" && note != nil {
				note(fmt.Sprintf("%s; went back to the checkpoint of step %d", damaged, step))
			}
			return st, true, nil
		}
		if damaged == "" {
			damaged = err.Error()
		}
	}
	if damaged != "" {
		return st, false, fmt.Errorf("no checkpoint is whole: %s; remove %s to start from the first step", damaged, ckptFolder)
	}
	return st, false, nil
}

// readManifest refuses a list that is not of a checkpoint with these files.
func readManifest(dir quern.Dir, folder string, step int, files []tensorFile) (m ckptManifest, err error) {
	name := folder + "/" + manifestName
	b, err := quern.ReadBlob(dir, name)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, fmt.Errorf("%s: %w", name, err)
	}
	if m.Step != step {
		return m, fmt.Errorf("%s: is of step %d", name, m.Step)
	}
	listed := map[string]bool{}
	for _, b := range m.Blobs {
		listed[b.Name] = true
	}
	for _, want := range append(fileNames(files), "config.json", "state.json") {
		if !listed[folder+"/"+want] {
			return m, fmt.Errorf("%s: does not list %s", name, want)
		}
	}
	return m, nil
}

func fileNames(files []tensorFile) (names []string) {
	for _, f := range files {
		names = append(names, f.name)
	}
	return names
}

// load fills files from a checkpoint whose every byte is as its manifest says.
func load(dir quern.Dir, folder string, m ckptManifest, files []tensorFile) (st state, err error) {
	if err := (&quern.Manifest{Shards: []quern.Shard{{Blobs: m.Blobs}}}).Verify(dir, true); err != nil {
		if t := damagedTensor(dir, folder, m); t != "" {
			err = fmt.Errorf("%w: tensor %s is not what was written", err, t)
		}
		return st, err
	}
	b, err := quern.ReadBlob(dir, folder+"/state.json")
	if err != nil {
		return st, err
	}
	if err := json.Unmarshal(b, &st); err != nil {
		return st, fmt.Errorf("%s/state.json: %w", folder, err)
	}
	if st.Step != m.Step || st.Updates < 0 || st.Updates > st.Step || st.Cursor < int64(st.Step) {
		return st, fmt.Errorf("%s/state.json: %d updates and cursor %d after %d steps", folder, st.Updates, st.Cursor, st.Step)
	}
	for _, f := range files {
		if err := pretrained.ReadTensors(dir, folder+"/"+f.name, f.tensors); err != nil {
			return st, err
		}
	}
	return st, nil
}

// damagedTensor names the first tensor of a damaged checkpoint whose numbers are not those that were written, if any can be read.
func damagedTensor(dir quern.Dir, folder string, m ckptManifest) string {
	for _, name := range slices.Sorted(maps.Keys(m.Tensors)) {
		f, err := dir.Open(folder + "/" + name)
		if err != nil {
			continue
		}
		file, err := format.Read(f, f.Size())
		f.Close()
		if err != nil {
			continue
		}
		for _, t := range file.Tensors {
			if d, ok := m.Tensors[name][t.Name]; ok && d != tensorDigest(t.Data) {
				return t.Name + " of " + name
			}
		}
	}
	return ""
}

// tensorDigest is of numbers as they stand in a file: little-endian.
func tensorDigest(x []float32) quern.Digest {
	w := quern.NewMeter(io.Discard)
	var buf [1 << 12]byte
	for len(x) > 0 {
		n := min(len(x), len(buf)/4)
		for i, v := range x[:n] {
			binary.LittleEndian.PutUint32(buf[4*i:], math.Float32bits(v))
		}
		w.Write(buf[:4*n])
		x = x[n:]
	}
	return w.Digest()
}

func tensors(params []model.Param) []format.Tensor {
	out := make([]format.Tensor, len(params))
	for i, p := range params {
		out[i] = format.Tensor{Name: p.Name, Shape: p.Shape, Data: p.W}
	}
	return out
}

func saveJSON(dir quern.Dir, name string, v any) (quern.BlobInfo, error) {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return quern.BlobInfo{}, err
	}
	b = append(b, '\n')
	return quern.BlobInfo{Name: name, Size: int64(len(b)), Digest: quern.DigestOf(b)}, quern.WriteBlob(dir, name, b)
}
