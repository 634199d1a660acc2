package pipelines

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/tokenize"
)

// OpenTokenizer opens a tokenizer.json, a .tiktoken file that has the name of one of OpenAI's encodings, a .model of SentencePiece, or the tokenizer of the last
// run in a folder.
func OpenTokenizer(path string) (*tokenize.Tokenizer, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if st.IsDir() {
		rec, err := LoadRecord(quern.Local(path), "")
		if err == nil {
			return Tokenizer(quern.Local(path), rec)
		}
		b, err2 := os.ReadFile(filepath.Join(path, tokenizerName))
		if errors.Is(err2, fs.ErrNotExist) {
			return nil, err
		}
		return parseTokenizer(path, b, err2)
	}
	b, err := os.ReadFile(path)
	return parseTokenizer(path, b, err)
}

// SlowTokenizer is what a user must know of a tokenizer that has no fast path; "" if it has one.
func SlowTokenizer(tok *tokenize.Tokenizer) string {
	if tok.Fast() {
		return ""
	}
	return "the tokenizer's parts run one by one, for they are none of those that masks can cut: the ids are the same, and it is ten to a hundred times slower"
}

// tokenizerFile opens the tokenizer that the spec names. It is its tokenizer.json that a dataset keeps and all steps read, whatever the file is.
func (s *Spec) tokenizerFile() (*tokenize.Tokenizer, error) {
	f := s.Tokenize.File
	b, err := os.ReadFile(s.path(f))
	tok, err := parseTokenizer(f, b, err)
	if err != nil || filepath.Ext(f) != ".model" {
		return tok, err
	}
	if err := tok.Exact(); err != nil {
		return nil, fmt.Errorf("%s: a dataset keeps a tokenizer.json, and that of this file may give other ids: %w; quern tokenizer convert writes it, if its ids will do", f, err)
	}
	if b, err = tok.JSON(); err != nil {
		return nil, err
	}
	return tokenize.Parse(b)
}

func parseTokenizer(path string, b []byte, err error) (*tokenize.Tokenizer, error) {
	if err != nil {
		return nil, err
	}
	var tok *tokenize.Tokenizer
	if name, ok := strings.CutSuffix(filepath.Base(path), ".tiktoken"); ok {
		e, ok := tokenize.RankEncodings[name]
		if !ok {
			return nil, fmt.Errorf("%s: ranks do not tell their split and special tokens: name the file as one of %s, or convert it with --split", path, strings.Join(rankNames(), ", "))
		}
		tok, err = tokenize.ParseTiktoken(b, e.Split, e.Specials)
	} else if filepath.Ext(path) == ".model" {
		tok, err = tokenize.ParseSentencePiece(b)
	} else {
		tok, err = tokenize.Parse(b)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return tok, nil
}

func rankNames() (names []string) {
	for name := range tokenize.RankEncodings {
		names = append(names, name+".tiktoken")
	}
	slices.Sort(names)
	return names
}
