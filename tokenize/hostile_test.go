package tokenize

import (
	"fmt"
	"strings"
	"testing"
)

// words is a small tokenizer.json with a model of characters; edit replaces parts of it.
func words(edit ...string) []byte {
	s := `{"added_tokens": [{"id": 9, "content": "</s>", "special": true}],
 "normalizer": null,
 "pre_tokenizer": null,
 "post_processor": null,
 "decoder": null,
 "model": {"type": "BPE", "unk_token": "?", "vocab": {"?": 0, "a": 1, "b": 2, "ab": 3, " ": 4}, "merges": ["a b"]}}`
	for i := 0; i < len(edit); i += 2 {
		if !strings.Contains(s, edit[i]) {
			panic("no " + edit[i])
		}
		s = strings.Replace(s, edit[i], edit[i+1], 1)
	}
	return []byte(s)
}

const (
	noNormalizer = `"normalizer": null`
	noCutter     = `"pre_tokenizer": null`
	noPoster     = `"post_processor": null`
	noDecoder    = `"decoder": null`
	bpeModel     = `{"type": "BPE", "unk_token": "?", "vocab": {"?": 0, "a": 1, "b": 2, "ab": 3, " ": 4}, "merges": ["a b"]}`
)

func TestWrongJSONIsPlaced(t *testing.T) {
	// f wants an error at the first place that says at.
	f := func(what, at, want string, b []byte) {
		t.Helper()
		offset := strings.Index(string(b), at)
		before := string(b[:offset])
		line, column := 1+strings.Count(before, "\n"), offset-strings.LastIndex(before, "\n")
		want = fmt.Sprintf("tokenize: tokenizer.json: offset %d, line %d, column %d: %s", offset, line, column, want)
		if _, err := Parse(b); err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", what, err, want)
		}
	}
	const vocab = `{"?": 0, "a": 1, "b": 2, "ab": 3, " ": 4}`
	const id = "want a whole number from 0 to 4294967295"
	f("nothing", "", "unexpected end of JSON input", nil)
	f("a list", "", "want an object, found a list", []byte("[]"))
	f("no JSON", "m", "invalid character 'm' looking for beginning of object key string", []byte("{\n model"))
	f("a model that is a number", "37", "model: want an object, found a number", words(bpeModel, "37"))
	f("a number for a string", "1e3", "model.type: want a string, found a number", words(`"BPE"`, "1e3"))
	f("a string for a number", `"n\"\\"`, "added_tokens.id: "+id+", found a string", words(`"id": 9`, `"id": "n\"\\"`))
	f("a negative id", "-1", "added_tokens.id: "+id+", found a number -1", words(`"id": 9`, `"id": -1`))
	f("an id of 33 bits", "4294967296", "added_tokens.id: "+id+", found a number 4294967296", words(`"id": 9`, `"id": 4294967296`))
	f("half an id", "1.5", "added_tokens.id: "+id+", found a number 1.5", words(`"id": 9`, `"id": 1.5`))
	f("a string for a flag", `"yes"`, "added_tokens.special: want true or false, found a string", words("true", `"yes"`))
	f("an object for a list", "{}", "added_tokens: want a list, found an object", words(`[{"id": 9, "content": "</s>", "special": true}]`, `{}`))
	f("a string for a vocabulary", `"?!"`, "model.vocab: want an object of ids or a list of scores", words(vocab, `"?!"`))
	f("a string for an id of the vocabulary", `"zero"`, "model.vocab: "+id+", found a string", words(`"?": 0`, `"?": "zero"`))
	f("a token without a score", `["b"]`, "want a token and its score", words(vocab, `[["a", 0], ["b"]]`))
	f("a token with a score too many", `["a", 0, 1]`, "want a token and its score", words(vocab, `[["a", 0, 1]]`))
	f("a score that is none", `["a", 1e999]`, "want a token and its score", words(vocab, `[["a", 1e999]]`))
	f("a token listed twice", `["a", 1]`, `token "a" is listed twice`, words(vocab, `[["a", 0], ["a", 1]]`))
	f("a normalizer that is a list", "[1]", "normalizer: want an object, found a list", words(noNormalizer, `"normalizer": [1]`))
	f("a part that is a string", `"NFC"`, "normalizer.normalizers: want an object, found a string", words(noNormalizer, `"normalizer": {"type": "Sequence", "normalizers": ["NFC"]}`))
	f("a flag that is a number", "1, ", "pre_tokenizer.split: want true or false, found a number", words(noCutter, `"pre_tokenizer": {"type": "Metaspace", "split": 1, "x": 0}`))
	deep := strings.Repeat(`{"a":`, 10_000)
	f("deeper than anyone reads", "{!", "invalid character '{' exceeded max depth", []byte(deep+"{!"))
}

func TestCutFilesAreRefused(t *testing.T) {
	whole := words()
	for i := range whole {
		if _, err := Parse(whole[:i]); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("offset %d, line ", i)) {
			t.Fatalf("a file cut at %d: %v", i, err)
		}
	}
	list := ranks("ab", "abc")
	for i := range list {
		ParseTiktoken(list[:i], "gpt2", endOnly) // may be whole lines; must not panic
	}
}
