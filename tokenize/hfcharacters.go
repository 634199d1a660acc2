package tokenize

import (
	"bytes"
	"fmt"
	"strconv"
)

// characters is a vocabulary of tokens of characters with SentencePiece's mark for spaces, to be written as tokenizer.json.
type characters struct {
	names    []string // by id
	scores   []float64
	merges   [][2]string
	added    []Added
	nfc      bool
	fallback bool
}

// markedDecoder puts spaces and bytes back, and takes away the space that is before every text.
const markedDecoder = `{"type": "Sequence", "decoders": [
    {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
    {"type": "ByteFallback"},
    {"type": "Fuse"},
    {"type": "Strip", "content": " ", "start": 1, "stop": 0}
  ]}`

// head writes what is before the model, as Llama 2's file has it: the marks are set by a normalizer, one before every text, as SentencePiece does, and
// texts are not cut: no token crosses a mark.
func (v *characters) head(b *bytes.Buffer) {
	renderAdded(b, v.added)
	b.WriteString("  \"normalizer\": {\"type\": \"Sequence\", \"normalizers\": [\n")
	if v.nfc {
		fmt.Fprintf(b, "    %s,\n", formC)
	}
	b.WriteString("    {\"type\": \"Prepend\", \"prepend\": \"▁\"},\n    {\"type\": \"Replace\", \"pattern\": {\"String\": \" \"}, \"content\": \"▁\"}\n  ]},\n")
	fmt.Fprintf(b, "  \"pre_tokenizer\": null,\n  \"post_processor\": null,\n  \"decoder\": %s,\n", markedDecoder)
}

// bpe writes BPE.
func (v *characters) bpe() []byte {
	var b bytes.Buffer
	v.head(&b)
	fmt.Fprintf(&b, "  \"model\": {\n    \"type\": \"BPE\",\n    \"dropout\": null,\n    \"unk_token\": %s,\n    \"continuing_subword_prefix\": null,\n"+
		"    \"end_of_word_suffix\": null,\n    \"fuse_unk\": true,\n    \"byte_fallback\": %v,\n    \"ignore_merges\": false,\n    \"vocab\": {\n", quote(unknownName), v.fallback)
	for i, name := range v.names {
		fmt.Fprintf(&b, "      %s: %d%s\n", quote(name), i, comma(i, len(v.names)))
	}
	b.WriteString("    },\n    \"merges\": [\n")
	for i, m := range v.merges {
		fmt.Fprintf(&b, "      %s%s\n", quote(m[0]+" "+m[1]), comma(i, len(v.merges)))
	}
	b.WriteString("    ]\n  }\n}\n")
	return b.Bytes()
}

// unigram writes Unigram.
func (v *characters) unigram() []byte {
	var b bytes.Buffer
	v.head(&b)
	fmt.Fprintf(&b, "  \"model\": {\n    \"type\": \"Unigram\",\n    \"unk_id\": 0,\n    \"byte_fallback\": %v,\n    \"vocab\": [\n", v.fallback)
	for i, name := range v.names {
		fmt.Fprintf(&b, "      [%s, %s]%s\n", quote(name), strconv.FormatFloat(v.scores[i], 'g', -1, 64), comma(i, len(v.names)))
	}
	b.WriteString("    ]\n  }\n}\n")
	return b.Bytes()
}
