package tokenize

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// The special tokens of a learned vocabulary, in the order of their ids, which are its last.
const (
	EndOfTextName = "<|endoftext|>"
	TurnStartName = "<|im_start|>"
	TurnEndName   = "<|im_end|>"
	PadName       = "<|pad|>"
)

// The special tokens that begin a vocabulary of characters, as Llama 2's.
const (
	unknownName = "<unk>"
	beginName   = "<s>"
	endName     = "</s>"
)

var firstNames = []string{unknownName, beginName, endName}

// specialTokens are special tokens with ids from n on.
func specialTokens(n int, names []string) (added []Added) {
	for i, name := range names {
		added = append(added, Added{ID: uint32(n + i), Content: name, Special: true})
	}
	return added
}

// render writes a byte-level vocabulary as tokenizer.json: words by id (nil = a hole), merges in their order as ids, and added tokens.
// whole: a piece that is a token needs no merges to reach it.
func render(r *rule, words [][]byte, merges [][2]int32, added []Added, whole bool) []byte {
	return renderBytes(r, words, merges, added, whole, false)
}

// renderBytes is render, with normal form C before all else if nfc is set.
func renderBytes(r *rule, words [][]byte, merges [][2]int32, added []Added, whole, nfc bool) []byte {
	var b bytes.Buffer
	renderAdded(&b, added)
	form := "null"
	if nfc {
		form = formC
	}
	fmt.Fprintf(&b, "  \"normalizer\": %s,\n", form)
	b.WriteString("  \"pre_tokenizer\": {\"type\": \"Sequence\", \"pretokenizers\": [\n")
	for _, pattern := range r.patterns {
		fmt.Fprintf(&b, "    {\"type\": \"Split\", \"pattern\": {\"Regex\": %s}, \"behavior\": \"Isolated\", \"invert\": false},\n", quote(pattern))
	}
	b.WriteString("    {\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": true, \"use_regex\": false}\n  ]},\n")
	b.WriteString("  \"post_processor\": null,\n  \"decoder\": {\"type\": \"ByteLevel\", \"add_prefix_space\": true, \"trim_offsets\": true, \"use_regex\": true},\n")
	b.WriteString("  \"model\": {\n    \"type\": \"BPE\",\n    \"dropout\": null,\n    \"unk_token\": null,\n    \"continuing_subword_prefix\": null,\n" +
		"    \"end_of_word_suffix\": null,\n    \"fuse_unk\": false,\n    \"byte_fallback\": false,\n    \"ignore_merges\": " + strconv.FormatBool(whole) + ",\n    \"vocab\": {\n")
	name := func(word []byte) string { return string(appendByteLevel(nil, word)) }
	for i, w := range words {
		if w != nil {
			fmt.Fprintf(&b, "      %s: %d%s\n", quote(name(w)), i, comma(i, len(words)))
		}
	}
	b.WriteString("    },\n    \"merges\": [\n")
	for i, m := range merges {
		fmt.Fprintf(&b, "      %s%s\n", quote(name(words[m[0]])+" "+name(words[m[1]])), comma(i, len(merges)))
	}
	b.WriteString("    ]\n  }\n}\n")
	return b.Bytes()
}

const formC = `{"type": "NFC"}`

// renderAdded begins a tokenizer.json.
func renderAdded(b *bytes.Buffer, added []Added) {
	b.WriteString("{\n  \"version\": \"1.0\",\n  \"truncation\": null,\n  \"padding\": null,\n  \"added_tokens\": [\n")
	for i, a := range added {
		fmt.Fprintf(b, "    {\"id\": %d, \"content\": %s, \"single_word\": %v, \"lstrip\": %v, \"rstrip\": %v, \"normalized\": %v, \"special\": %v}%s\n",
			a.ID, quote(a.Content), a.SingleWord, a.LStrip, a.RStrip, a.Normalized, a.Special, comma(i, len(added)))
	}
	b.WriteString("  ],\n")
}

func comma(i, n int) string {
	if i+1 < n {
		return ","
	}
	return ""
}

// quote writes a JSON string without escaping what HTML would.
func quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic("tokenize: " + err.Error()) // a string always encodes
	}
	return string(bytes.TrimRight(b.Bytes(), "\n"))
}
