package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/train/format"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/pretrained"
)

// A checkpoint is three blobs in one of two slots, and latest.json, which names the newest whole one and is written last. A new one
// goes into the other slot, so a crash at any moment leaves the last one whole.
//
//	ckpt/a, ckpt/b     model.safetensors, optimizer.safetensors, state.json
//	ckpt/latest.json   which slot, and the size and digest of each blob
//	checkpoint/        the final model, as a folder of Hugging Face
const latestName = "ckpt/latest.json"

// state is what a run needs to go on, besides weights and moments.
type state struct {
	Step      int     `json:"step"`   // steps taken
	Cursor    int64   `json:"cursor"` // samples read: where the data goes on
	Tokens    int64   `json:"tokens"`
	LossFirst float64 `json:"loss_first"`
	LossLast  float64 `json:"loss_last"`
	ValFirst  float64 `json:"val_first"`
}

type latest struct {
	Slot  string           `json:"slot"`
	Blobs []quern.BlobInfo `json:"blobs"`
}

func readLatest(dir quern.Dir) (latest, error) {
	var l latest
	b, err := quern.ReadBlob(dir, latestName)
	if err != nil {
		return l, err
	}
	if err := json.Unmarshal(b, &l); err != nil {
		return l, fmt.Errorf("%s: %w; remove it to start from the first step", latestName, err)
	}
	if l.Slot != "ckpt/a" && l.Slot != "ckpt/b" || len(l.Blobs) != 3 {
		return l, fmt.Errorf("%s: names slot %q with %d files; remove it to start from the first step", latestName, l.Slot, len(l.Blobs))
	}
	for i, name := range []string{"/model.safetensors", "/optimizer.safetensors", "/state.json"} {
		if l.Blobs[i].Name != l.Slot+name {
			return l, fmt.Errorf("%s: names %q, want %s; remove it to start from the first step", latestName, l.Blobs[i].Name, l.Slot+name)
		}
	}
	return l, nil
}

// save commits a checkpoint to go on from.
func save(dir quern.Dir, opt *adamW, st state) error {
	slot := "ckpt/a"
	switch l, err := readLatest(dir); {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err // to guess could overwrite the newest
	case err == nil && l.Slot == slot:
		slot = "ckpt/b"
	}
	l := latest{Slot: slot}
	add := func(info quern.BlobInfo, err error) error {
		l.Blobs = append(l.Blobs, info)
		return err
	}
	if err := add(pretrained.WriteTensors(dir, slot+"/model.safetensors", format.F32, tensors(opt.params))); err != nil {
		return err
	}
	if err := add(pretrained.WriteTensors(dir, slot+"/optimizer.safetensors", format.F32, opt.moments())); err != nil {
		return err
	}
	if err := add(saveJSON(dir, slot+"/state.json", st)); err != nil {
		return err
	}
	_, err := saveJSON(dir, latestName, l)
	return err
}

// resume loads the newest whole checkpoint into m and opt. Without one it reports false; a damaged one is an error.
func resume(dir quern.Dir, opt *adamW) (st state, ok bool, err error) {
	l, err := readLatest(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return st, false, nil
	}
	if err != nil {
		return st, false, err
	}
	m := quern.Manifest{Shards: []quern.Shard{{Blobs: l.Blobs}}}
	if err := m.Verify(dir, true); err != nil {
		return st, false, fmt.Errorf("checkpoint: %w; remove %s to start from the first step", err, latestName)
	}
	if err := pretrained.ReadTensors(dir, l.Slot+"/model.safetensors", tensors(opt.params)); err != nil {
		return st, false, err
	}
	if err := pretrained.ReadTensors(dir, l.Slot+"/optimizer.safetensors", opt.moments()); err != nil {
		return st, false, err
	}
	b, err := quern.ReadBlob(dir, l.Slot+"/state.json")
	if err != nil {
		return st, false, err
	}
	if err := json.Unmarshal(b, &st); err != nil {
		return st, false, fmt.Errorf("%s/state.json: %w", l.Slot, err)
	}
	if st.Cursor < int64(st.Step) {
		return st, false, fmt.Errorf("%s/state.json: cursor %d after %d steps; remove %s to start from the first step", l.Slot, st.Cursor, st.Step, latestName)
	}
	opt.step = st.Step
	return st, true, nil
}

func tensors(params []model.Param) []format.Tensor {
	out := make([]format.Tensor, len(params))
	for i, p := range params {
		out[i] = format.Tensor{Name: p.Name, Shape: p.Shape, Data: p.W}
	}
	return out
}

// moments are the optimizer's state as tensors.
func (a *adamW) moments() []format.Tensor {
	out := make([]format.Tensor, 0, 2*len(a.params))
	for i, p := range a.params {
		out = append(out, format.Tensor{Name: p.Name + ".m", Shape: p.Shape, Data: a.m[i]}, format.Tensor{Name: p.Name + ".v", Shape: p.Shape, Data: a.v[i]})
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
