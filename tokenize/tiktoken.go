package tokenize

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
)

// ParseTiktoken reads a .tiktoken file: lines of a token's bytes in base64, a space and its rank. Such a file names neither its split rule, one of Splits, nor its
// special tokens, so they are given; Encodings has those of OpenAI's files. Neighbors merge where what they make has the lowest rank. JSON of the tokenizer
// is a tokenizer.json that gives the same ids.
func ParseTiktoken(ranks []byte, split string, specials map[string]uint32) (*Tokenizer, error) {
	r, err := ruleByName(split)
	if err != nil {
		return nil, err
	}
	words, err := readRanks(ranks)
	if err != nil {
		return nil, err
	}
	var added []Added
	for _, name := range slices.SortedFunc(maps.Keys(specials), func(a, b string) int { return int(specials[a]) - int(specials[b]) }) {
		added = append(added, Added{ID: specials[name], Content: name, Special: true})
	}
	src := &source{words: newWordTable(len(words)), ranked: true, whole: true}
	for i, w := range words {
		if w == nil {
			continue
		}
		if !src.words.add(w) {
			return nil, fmt.Errorf("tokenize: .tiktoken: ranks %d and %d are one token", src.ids[src.words.find(w)], i)
		}
		src.ids = append(src.ids, uint32(i))
	}
	f, err := readFile(render(r, nil, nil, added, true))
	if err != nil {
		return nil, err
	}
	t := &Tokenizer{}
	t.json = sync.OnceValue(func() []byte {
		var merges [][2]int32
		for i := 256; i < len(t.bpe.left); i++ {
			merges = append(merges, [2]int32{int32(t.bpe.outer[t.bpe.left[i]]), int32(t.bpe.outer[t.bpe.right[i]])})
		}
		return render(r, words, merges, added, true)
	})
	if err := t.build(f, src); err != nil {
		return nil, err
	}
	return t, nil
}

// readRanks gives the tokens by rank; nil where a rank is left out.
func readRanks(b []byte) (words [][]byte, err error) {
	if len(bytes.TrimSpace(b)) == 0 {
		return nil, errors.New("tokenize: .tiktoken: empty")
	}
	n, total, squares := 0, 0, 0
	for line := range bytes.Lines(b) {
		n++
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		code, number, ok := bytes.Cut(line, []byte(" "))
		if !ok {
			return nil, fmt.Errorf("tokenize: .tiktoken: line %d: want base64, a space and a rank", n)
		}
		word, err := base64.StdEncoding.DecodeString(string(code))
		if err != nil || len(word) == 0 {
			return nil, fmt.Errorf("tokenize: .tiktoken: line %d: %.40q is not the base64 of a token", n, code)
		}
		rank, err := strconv.ParseUint(string(number), 10, 32)
		if err != nil || rank >= maxVocab {
			return nil, fmt.Errorf("tokenize: .tiktoken: line %d: %.40q is no rank below %d", n, number, maxVocab)
		}
		if total += len(word); len(word) > maxTokenBytes || total > maxVocabBytes {
			return nil, fmt.Errorf("tokenize: .tiktoken: line %d: %d bytes, at most %d, and %d for all tokens", n, len(word), maxTokenBytes, maxVocabBytes)
		}
		if squares += len(word) * len(word); squares > maxSquares {
			return nil, fmt.Errorf("tokenize: .tiktoken: line %d: too many tokens are as long as %d bytes", n, len(word))
		}
		for len(words) <= int(rank) {
			words = append(words, nil)
		}
		if words[rank] != nil {
			return nil, fmt.Errorf("tokenize: .tiktoken: line %d: rank %d is given twice", n, rank)
		}
		words[rank] = word
	}
	return words, nil
}

// Tiktoken writes the ranks of a byte-level vocabulary whose ids are its ranks, as all of OpenAI's are and those that Learn makes.
func (t *Tokenizer) Tiktoken() ([]byte, error) {
	if !t.byteLevel {
		return nil, errors.New("tokenize: .tiktoken: the vocabulary is not byte-level")
	}
	for i := 256; i < len(t.bpe.outer); i++ {
		if t.bpe.outer[i] < t.bpe.outer[max(i-1, 256)] {
			return nil, fmt.Errorf("tokenize: .tiktoken: token %d is merged before token %d: ranks could not say so", t.bpe.outer[i-1], t.bpe.outer[i])
		}
	}
	var b bytes.Buffer
	special := map[uint32]bool{}
	for _, a := range t.added {
		special[a.ID] = true
	}
	for id, w := range t.tokens {
		if w != nil && !special[uint32(id)] {
			fmt.Fprintf(&b, "%s %d\n", base64.StdEncoding.EncodeToString(w), id)
		}
	}
	return b.Bytes(), nil
}

// RankEncoding is what a .tiktoken file does not say of itself.
type RankEncoding struct {
	Split    string
	Specials map[string]uint32
}

// RankEncodings are OpenAI's encodings by name (openai/tiktoken, openai_public.py).
var RankEncodings = map[string]RankEncoding{
	"r50k_base":   {"gpt2", map[string]uint32{"<|endoftext|>": 50256}},
	"p50k_base":   {"gpt2", map[string]uint32{"<|endoftext|>": 50256}},
	"p50k_edit":   {"gpt2", map[string]uint32{"<|endoftext|>": 50256, "<|fim_prefix|>": 50281, "<|fim_middle|>": 50282, "<|fim_suffix|>": 50283}},
	"cl100k_base": {"cl100k", map[string]uint32{"<|endoftext|>": 100257, "<|fim_prefix|>": 100258, "<|fim_middle|>": 100259, "<|fim_suffix|>": 100260, "<|endofprompt|>": 100276}},
	"o200k_base":  {"o200k", map[string]uint32{"<|endoftext|>": 199999, "<|endofprompt|>": 200018}},
}
