package format

import (
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"
)

// IndexName is the file that says which of several safetensors files holds which tensor of a model.
const IndexName = "model.safetensors.index.json"

// Index is that file: transformers' modeling_utils, save_pretrained.
type Index struct {
	Total int64             // bytes of all tensors; -1 = it does not say
	Files map[string]string // by tensor
}

const (
	maxIndex  = 1 << 28 // bytes
	maxShards = 10000
)

// ParseIndex reads an index. A tensor twice, and a name of a file that is more than a name, are errors.
func ParseIndex(b []byte) (*Index, error) {
	fail := func(h *strict, err error) (*Index, error) {
		return nil, fmt.Errorf("not a sound index: offset %d: %w", h.d.InputOffset(), err)
	}
	x := &Index{Total: -1, Files: map[string]string{}}
	h := newStrict(b)
	if len(b) > maxIndex {
		return fail(&h, fmt.Errorf("%d bytes, the limit is %d", len(b), maxIndex))
	}
	found := false
	err := h.object(func(key string) error {
		switch key {
		case "metadata":
			return h.object(func(key string) error {
				if key != "total_size" { // others, such as total_parameters, are for people
					return h.skip()
				}
				n, err := h.whole()
				x.Total = int64(n)
				return err
			})
		case "weight_map":
			found = true
			return h.object(x.entry(&h))
		}
		return fmt.Errorf("unknown key %q", key)
	})
	if err == nil {
		err = h.end(b)
	}
	switch {
	case err != nil:
		return fail(&h, err)
	case !found:
		return fail(&h, errors.New("no weight_map"))
	case len(x.Shards()) > maxShards:
		return fail(&h, fmt.Errorf("%d files, the limit is %d", len(x.Shards()), maxShards))
	}
	return x, nil
}

func (x *Index) entry(h *strict) func(string) error {
	return func(tensor string) error {
		file, err := h.text()
		switch {
		case err != nil:
			return err
		case len(x.Files) == maxTensors:
			return fmt.Errorf("more than %d tensors", maxTensors)
		case !strings.HasSuffix(file, ".safetensors") || strings.ContainsAny(file, "/\\:\x00") || strings.HasPrefix(file, "."):
			return fmt.Errorf("tensor %q is in the file %q, want the name of a .safetensors file beside the index", tensor, file)
		}
		x.Files[tensor] = file
		return nil
	}
}

// Shards lists the files, sorted.
func (x *Index) Shards() []string {
	seen := map[string]bool{}
	var out []string
	for _, f := range x.Files {
		if !seen[f] {
			seen[f] = true
			out = append(out, f)
		}
	}
	sort.Strings(out)
	return out
}

// JSON writes the index.
func (x *Index) JSON() []byte {
	b, err := json.MarshalIndent(map[string]any{"metadata": map[string]any{"total_size": x.Total}, "weight_map": x.Files}, "", "  ")
	if err != nil {
		panic("format: " + err.Error()) // no map of strings fails
	}
	return append(b, '\n')
}

// Split cuts tensors into files of at most limit bytes each, at least one tensor a file, in their order; 0 = all in one.
func Split(tensors []Tensor, dtype string, limit int64) (parts [][]Tensor) {
	at, from := int64(0), 0
	for i, t := range tensors {
		n := Bytes(t, dtype)
		if limit > 0 && i > from && at+n > limit {
			parts = append(parts, tensors[from:i])
			at, from = 0, i
		}
		at += n
	}
	return append(parts, tensors[from:])
}

// Bytes is how long a tensor's data is as dtype.
func Bytes(t Tensor, dtype string) int64 { return int64(len(t.Data)) * int64(floats[dtype]) }
