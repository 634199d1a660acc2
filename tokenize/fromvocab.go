package tokenize

import (
	"encoding/json"
	"fmt"
)

// FromVocab is a byte-level BPE out of its parts, as other files than tokenizer.json hold them: the spellings of tokens by id and merges as "a b", both in the alphabet
// of byte-level BPE. Added tokens stand in vocab, too. With whole, a piece that is a token is not merged.
func FromVocab(split string, vocab, merges []string, added []Added, whole bool) (*Tokenizer, error) {
	r, err := ruleByName(split)
	if err != nil {
		return nil, err
	}
	special := map[uint32]bool{}
	for _, a := range added {
		special[a.ID] = true
	}
	ids := make(map[string]int, len(vocab))
	for i, s := range vocab {
		if special[uint32(i)] || s == "" {
			continue
		}
		if other, twice := ids[s]; twice {
			return nil, fmt.Errorf("tokenize: token %q has the ids %d and %d", s, other, i)
		}
		ids[s] = i
	}
	type object map[string]any
	var parts []object
	for _, p := range r.patterns {
		parts = append(parts, object{"type": "Split", "pattern": object{"Regex": p}, "behavior": "Isolated", "invert": false})
	}
	parts = append(parts, object{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false})
	b, err := json.Marshal(object{"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": added, "normalizer": nil,
		"pre_tokenizer": object{"type": "Sequence", "pretokenizers": parts}, "post_processor": nil,
		"decoder": object{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
		"model": object{"type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": nil, "end_of_word_suffix": nil, "fuse_unk": false,
			"byte_fallback": false, "ignore_merges": whole, "vocab": ids, "merges": merges}})
	if err != nil {
		return nil, err
	}
	return Parse(b)
}
