package train

import (
	"fmt"
	"path"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops/cpu"
	"github.com/seed-83c59573/quern/train/pretrained"
)

// finalName is the folder of a training step that holds the final model.
const finalName = "checkpoint"

// saveModel commits a folder of a model below a prefix and gives its blobs, named from dir. It is usable as it lies, by this
// program and by others.
func saveModel(dir quern.Dir, prefix string, m *model.Model, tok *tokenize.Tokenizer, t pretrained.Text) ([]quern.BlobInfo, error) {
	blobs, err := pretrained.Save(quern.Sub(dir, prefix), m, tok, t, pretrained.Options{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", prefix, err)
	}
	for i := range blobs {
		blobs[i].Name = path.Join(prefix, blobs[i].Name)
	}
	return blobs, nil
}

// LoadFolder loads the model of a folder, such as one of Hugging Face, and gives what else stands in it. A context below the model's own makes it a model of
// that context; 0 = its own.
func LoadFolder(dir quern.Dir, workers, context, maxTokens int) (*model.Model, *pretrained.Folder, error) {
	return loadFolder(dir, cpu.FP32, workers, context, maxTokens)
}

func loadFolder(dir quern.Dir, p cpu.Precision, workers, context, maxTokens int) (*model.Model, *pretrained.Folder, error) {
	f, err := pretrained.Open(dir)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	m, err := f.Load(cpu.NewIn(p, workers), context, maxTokens)
	return m, f, err
}
