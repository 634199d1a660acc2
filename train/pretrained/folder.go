package pretrained

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/format"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops"
)

// Folder is a model as it lies in a folder: what it is, and its weights unread.
type Folder struct {
	Config    model.Config
	Dtypes    []string            // of the weights, by safetensors' names
	Bytes     int64               // of the weights
	Files     int                 // that hold them
	Tokenizer *tokenize.Tokenizer // nil = there is none
	Text      Text
	Notes     []string // what one should know of it

	weights *weights
}

// Open opens a folder and holds its files against one another: every tensor that is missing, too many or of another shape, and every field of the
// configuration that the tensors contradict, is named in the error. Close it.
func Open(dir quern.Dir) (*Folder, error) {
	c, err := readConfig(dir)
	if err != nil {
		return nil, err
	}
	f := &Folder{Config: c.Config}
	if f.Tokenizer, f.Text, err = readText(dir); err != nil {
		return nil, err
	}
	if f.weights, err = openWeights(dir); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = errors.Join(err, otherWeights(dir))
		}
		return nil, err
	}
	err = f.weights.rename(f.Config)
	if err == nil {
		err = f.weights.check(f.Config)
	}
	if err == nil {
		err = f.fits()
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	seen := map[string]bool{}
	for _, t := range f.weights.byName {
		seen[t.Dtype] = true
	}
	f.Dtypes, f.Bytes, f.Files = sortedKeys(seen), f.weights.bytes, len(f.weights.files)
	return f, nil
}

// ReadConfig reads the shape of a model, and nothing else of its folder.
func ReadConfig(dir quern.Dir) (model.Config, error) {
	c, err := readConfig(dir)
	if err != nil {
		return model.Config{}, err
	}
	return c.Config, nil
}

func readConfig(dir quern.Dir) (*config, error) {
	b, err := quern.ReadBlob(dir, ConfigName)
	if err != nil {
		return nil, err
	}
	return parseConfig(b)
}

// otherWeights tells what to do about weights that are not safetensors.
func otherWeights(dir quern.Dir) error {
	names, err := dir.List("")
	if err != nil {
		return nil
	}
	for _, n := range names {
		if strings.HasSuffix(n, ".bin") || strings.HasSuffix(n, ".pt") || strings.HasSuffix(n, ".pth") {
			return fmt.Errorf("%s is a pickle, which can hold programs: let transformers write it as safetensors", n)
		}
	}
	return nil
}

// fits holds the tokenizer against the embedding.
func (f *Folder) fits() error {
	if f.Tokenizer == nil {
		f.Notes = append(f.Notes, "the folder has no "+TokenizerName)
		return nil
	}
	switch ids := f.Tokenizer.Vocab(); {
	case ids > f.Config.Vocab:
		return fmt.Errorf("%s has %d ids, the embedding %d: the tokenizer is another model's", TokenizerName, ids, f.Config.Vocab)
	case ids < f.Config.Vocab:
		f.Notes = append(f.Notes, fmt.Sprintf("the embedding has %d rows, the tokenizer %d ids: the last %d are padding", f.Config.Vocab, ids, f.Config.Vocab-ids))
	}
	return nil
}

// Close closes the files of weights.
func (f *Folder) Close() { f.weights.close() }

// Load reads the weights into a model that has room for batches of up to maxTokens tokens, at least 1. Numbers go from the file straight to their
// place. A context below the model's own makes it a model of that context; 0 = its own.
func (f *Folder) Load(o ops.Ops[float32], context, maxTokens int) (*model.Model, error) {
	c := f.Config
	switch {
	case context > c.Context:
		return nil, fmt.Errorf("a context of %d is asked for, the model's is %d", context, c.Context)
	case context > 0:
		if c.Scaling.Kind != "" && c.Scaling.Kind != model.ScaleLinear && c.Scaling.Original == 0 {
			c.Scaling.Original = c.Context
		}
		c.Context = context
	}
	m, err := model.New(c, o, max(1, maxTokens))
	if err != nil {
		return nil, err
	}
	return m, f.weights.read(m)
}

// Options are of a folder that is written.
type Options struct {
	Dtype string // of the weights: F32 if empty, BF16 or F16
	Shard int64  // bytes of a file of weights, at most; 0 = all in one
}

// Save writes a folder that transformers loads as it lies, and gives the blobs in it, named from dir. The tokenizer may be nil. A text
// without EOS is DefaultText's.
func Save(dir quern.Dir, m *model.Model, tok *tokenize.Tokenizer, t Text, o Options) ([]quern.BlobInfo, error) {
	return SaveAs(dir, m.Config(), Tensors(m), tok, t, o)
}

// SaveAs is Save of a model of which one has the shape and the weights.
func SaveAs(dir quern.Dir, shape model.Config, weights []format.Tensor, tok *tokenize.Tokenizer, t Text, o Options) ([]quern.BlobInfo, error) {
	if o.Dtype == "" {
		o.Dtype = format.F32
	}
	w := writer{dir: dir}
	if err := w.tensors(weights, o); err != nil {
		return nil, err
	}
	c := config{Config: shape, dtype: dtypes[o.Dtype]}
	if tok != nil {
		if t.EOS == "" {
			t = DefaultText(tok)
		}
		if tok.Vocab() > c.Vocab {
			return nil, fmt.Errorf("the tokenizer has %d ids, the model %d", tok.Vocab(), c.Vocab)
		}
		c.bos, c.eos, c.pad = ids(tok, t.BOS), ids(tok, t.stops()...), ids(tok, t.Pad)
		names, contents, err := t.files(tok, c.Context)
		if err != nil {
			return nil, err
		}
		for i, name := range names {
			if err := w.blob(name, contents[i]); err != nil {
				return nil, err
			}
		}
	}
	b, err := c.json()
	if err != nil {
		return nil, err
	}
	return w.blobs, w.blob(ConfigName, b)
}

// Tensors are a model's weights under their names.
func Tensors(m *model.Model) []format.Tensor {
	params := m.Params()
	out := make([]format.Tensor, len(params))
	for i, p := range params {
		out[i] = format.Tensor{Name: p.Name, Shape: p.Shape, Data: p.W}
	}
	return out
}

// writer keeps a record of what it writes.
type writer struct {
	dir   quern.Dir
	blobs []quern.BlobInfo
}

func (w *writer) blob(name string, b []byte) error {
	w.blobs = append(w.blobs, quern.BlobInfo{Name: name, Size: int64(len(b)), Digest: quern.DigestOf(b)})
	return quern.WriteBlob(w.dir, name, b)
}

// tensors writes weights into one file, or into several and an index.
func (w *writer) tensors(all []format.Tensor, o Options) error {
	parts := format.Split(all, o.Dtype, o.Shard)
	if len(parts) == 1 {
		info, err := WriteTensors(w.dir, WeightsName, o.Dtype, all)
		w.blobs = append(w.blobs, info)
		return err
	}
	index := &format.Index{Files: map[string]string{}}
	for i, part := range parts {
		name := fmt.Sprintf("model-%05d-of-%05d.safetensors", i+1, len(parts))
		info, err := WriteTensors(w.dir, name, o.Dtype, part)
		if err != nil {
			return err
		}
		w.blobs = append(w.blobs, info)
		for _, t := range part {
			index.Files[t.Name] = name
			index.Total += format.Bytes(t, o.Dtype)
		}
	}
	return w.blob(format.IndexName, index.JSON())
}

// stream writes a blob as f writes it.
func (w *writer) stream(name string, f func(io.Writer) error) error {
	out, err := w.dir.Create(name)
	if err != nil {
		return err
	}
	meter := quern.NewMeter(out)
	if err := f(meter); err != nil {
		out.Abort()
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := out.Commit(); err != nil {
		return err
	}
	w.blobs = append(w.blobs, quern.BlobInfo{Name: name, Size: meter.N, Digest: meter.Digest()})
	return nil
}

// WriteTensors commits a file of tensors.
func WriteTensors(dir quern.Dir, name, dtype string, ts []format.Tensor) (quern.BlobInfo, error) {
	w := writer{dir: dir}
	err := w.stream(name, func(out io.Writer) error { return format.WriteAs(out, dtype, ts, map[string]string{"format": "pt"}) })
	if err != nil {
		return quern.BlobInfo{}, err
	}
	return w.blobs[0], nil
}

// ReadTensors fills tensors from a file that must have exactly these; all that is wrong with it is named.
func ReadTensors(dir quern.Dir, name string, into []format.Tensor) error {
	f, err := dir.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := format.Open(f, f.Size())
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	found := map[string]*format.Entry{}
	for i := range r.Entries {
		found[r.Entries[i].Name] = &r.Entries[i]
	}
	var errs []error
	wanted := map[string]bool{}
	for _, want := range into {
		wanted[want.Name] = true
		e, ok := found[want.Name]
		switch {
		case !ok:
			errs = append(errs, fmt.Errorf("%s: tensor %s %v is missing", name, want.Name, want.Shape))
		case !slices.Equal(e.Shape, want.Shape):
			errs = append(errs, fmt.Errorf("%s: tensor %s has shape %v, the model wants %v", name, want.Name, e.Shape, want.Shape))
		}
	}
	for _, extra := range sortedKeys(found) {
		if !wanted[extra] {
			errs = append(errs, fmt.Errorf("%s: tensor %s is of no use here", name, extra))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for _, t := range into {
		if err := r.ReadInto(t.Data, found[t.Name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
