package ingest

import (
	"fmt"
	"path"
	"strings"
)

// A dataset in a folder, as Hugging Face's library writes or reads it, has its splits in the names of its files: data/train-00000-of-
// 00002.parquet, train/data-00000-of-00001.arrow, my-test.jsonl. The option split of the formats of records takes one of them of each
// folder; files that are named themselves are read whatever their names.

// splitWords are the words by which that library knows splits.
var splitWords = map[string]string{
	"train": "train", "training": "train",
	"validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
	"test": "test", "testing": "test", "eval": "test", "evaluation": "test",
}

// splitOf is the split that a file in a folder belongs to. What tells of none is for training.
func splitOf(name string) string {
	dir, file := path.Split(name)
	if i := strings.Index(file, "-of-"); i > 6 && digits(file[i-5:i], 5, 5) && file[i-6] == '-' && len(file) >= i+9 && digits(file[i+4:i+9], 5, 5) {
		first := file[:i-6]
		if first != "data" {
			return splitNamed(first)
		}
		if dir != "" { // a dataset saved to disk: a folder a split
			return splitNamed(path.Base(dir))
		}
		return "train"
	}
	elems := strings.Split(name, "/")
	for i := len(elems) - 1; i >= 0; i-- {
		words := strings.FieldsFunc(strings.ToLower(elems[i]), func(r rune) bool { return r < 'a' || r > 'z' })
		for _, w := range words {
			if s := splitWords[w]; s != "" {
				return s
			}
		}
	}
	return "train"
}

// splitNamed is a split as it is named, by the word that the library has for it.
func splitNamed(name string) string {
	if s := splitWords[strings.ToLower(name)]; s != "" {
		return s
	}
	return name
}

// ofSplit limits a reader to the files of a split; "" = all.
func ofSplit(split string, r Reader, err error) (Reader, error) {
	if err != nil || split == "" {
		return r, err
	}
	s := r.(*source)
	if strings.ContainsAny(split, "/\\*?") {
		return nil, fmt.Errorf("ingest: source %q: split %q: want a name such as train", s.o.Name, split)
	}
	s.f = splitFormat{s.f, splitNamed(split)}
	return s, nil
}

type splitFormat struct {
	fileFormat
	split string
}

func (x splitFormat) wants(name string) bool {
	return x.fileFormat.wants(name) && splitOf(name) == x.split
}
