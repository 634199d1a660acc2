package clean

import (
	"os"
	"sync"
	"time"

	"github.com/seed-83c59573/quern/clean/ngram"
)

// unigrams are the models that were read, by path, so that each worker's stage shares one. A file that has changed is read again.
var unigrams struct {
	sync.Mutex
	byPath map[string]unigramFile
}

type unigramFile struct {
	model *ngram.Unigram
	size  int64
	time  time.Time
}

// loadUnigram reads word counts: a line a word, the word and its count apart by a tab or a comma.
func loadUnigram(path string) (*ngram.Unigram, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	unigrams.Lock()
	defer unigrams.Unlock()
	if f, ok := unigrams.byPath[path]; ok && f.size == info.Size() && f.time.Equal(info.ModTime()) {
		return f.model, nil
	}
	m, err := ngram.LoadUnigram(path, 0)
	if err != nil {
		return nil, err
	}
	if unigrams.byPath == nil {
		unigrams.byPath = map[string]unigramFile{}
	}
	unigrams.byPath[path] = unigramFile{m, info.Size(), info.ModTime()}
	return m, nil
}
