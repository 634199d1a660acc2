package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/shard"
)

// verified counts files that are as they were written.
type verified struct {
	files int
	bytes int64
}

// verifyAt reads the files of a run's datasets, of a dataset, or of the shard that path is of, and holds them against their digests. Its error
// names each file that is not as it was written.
func verifyAt(out io.Writer, path, run string) error {
	var v verified
	var err error
	if exists(path, "runs") && !exists(path, quern.ManifestName) {
		rec, loadErr := pipelines.LoadRecord(quern.Local(path), run)
		if loadErr != nil {
			return loadErr
		}
		for _, s := range rec.Steps {
			err = errors.Join(err, v.dataset(filepath.Join(path, s.Folder)))
		}
	} else {
		err = v.dataset(path)
	}
	if err != nil {
		return err
	}
	if v.files == 0 {
		return usageError{fmt.Errorf("%s: there is nothing to verify", path)}
	}
	fmt.Fprintf(out, "verified %s, %d bytes: all is as it was written\n", plural(v.files, "file"), v.bytes)
	return nil
}

// dataset verifies a dataset, or the shard of one that path is of.
func (v *verified) dataset(path string) error {
	folder, m, rel, err := datasetOf(path)
	if err != nil {
		return err
	}
	dir, faults := quern.Local(folder), []error(nil)
	for _, s := range append(m.Shards, m.Dropped...) {
		if rel != "." && rel != quern.ManifestName && !slices.ContainsFunc(s.Blobs, func(b quern.BlobInfo) bool { return b.Name == rel }) {
			continue
		}
		for _, b := range s.Blobs {
			one := quern.Manifest{Shards: []quern.Shard{{Name: s.Name, Blobs: []quern.BlobInfo{b}}}}
			if err := one.Verify(dir, true); err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", folder, where(dir, b.Name, err)))
			}
			v.files, v.bytes = v.files+1, v.bytes+b.Size
		}
	}
	return errors.Join(faults...)
}

// where adds to a fault of raw tokens the block that was altered, where their index tells.
func where(dir quern.Local, name string, err error) error {
	if !strings.HasSuffix(name, ".bin") || !exists(string(dir), name) || !exists(string(dir), strings.TrimSuffix(name, ".bin")+".idx") {
		return err
	}
	if at := shard.VerifyTokens(dir, name); at != nil && !errors.Is(at, errors.ErrUnsupported) {
		return fmt.Errorf("%w: %w", err, at)
	}
	return err
}
