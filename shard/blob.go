package shard

import "github.com/seed-83c59573/quern"

// blob is one file being written: it knows what its manifest will say, and it is ended once, however often that is asked for, so
// that a sink of many files can give up all of them without remembering which have ended.
type blob struct {
	*quern.Meter
	w     quern.Blob
	name  string
	ended bool
}

func create(dir quern.Dir, name string) (*blob, error) {
	w, err := dir.Create(name)
	if err != nil {
		return nil, err
	}
	return &blob{Meter: quern.NewMeter(w), w: w, name: name}, nil
}

func (b *blob) commit() (quern.BlobInfo, error) {
	b.ended = true
	if err := b.w.Commit(); err != nil {
		return quern.BlobInfo{}, err
	}
	return quern.BlobInfo{Name: b.name, Size: b.N, Digest: b.Digest()}, nil
}

func (b *blob) abort() {
	if !b.ended {
		b.ended = true
		b.w.Abort()
	}
}
