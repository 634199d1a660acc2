package train

import (
	"fmt"
	"path"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/train/pretrained"
)

// adapterName is the folder of a training step that holds the adapter, if one was trained.
const adapterName = "adapter"

// keepAdapter commits the adapter as a folder of peft and merges it into the model. Without one it does nothing.
func (l *loop) keepAdapter() ([]quern.BlobInfo, error) {
	if _, ok := l.m.Adapter(); !ok {
		return nil, nil
	}
	blobs, err := pretrained.SaveAdapter(quern.Sub(l.env.Dir, adapterName), l.m, l.base)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", adapterName, err)
	}
	for i := range blobs {
		blobs[i].Name = path.Join(adapterName, blobs[i].Name)
	}
	return blobs, l.m.Merge()
}
