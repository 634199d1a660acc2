package tokenize

import "testing"

func TestCountIsTheLengthOfAppend(t *testing.T) {
	qwen3, err := Parse(unpacked(t, "testdata/qwen3.json.zst"))
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]*Tokenizer{"gpt35turbo": mustGPT35(t), "qwen3": qwen3} {
		e := k.NewEncoder()
		for _, x := range examples(t, "testdata/"+name+".jsonl") {
			text := []byte(x.Text)
			if got, want := e.Count(text), len(e.Append(nil, text)); got != want {
				t.Errorf("%s: %q: %d, want %d", name, text, got, want)
			}
		}
	}
	f := func(text string, pieces, ids int) {
		t.Helper()
		e := mustGPT35(t).NewEncoder()
		if got := e.Pieces([]byte(text)); got != pieces {
			t.Errorf("%q: %d pieces, want %d", text, got, pieces)
		}
		if got := e.Count([]byte(text)); got != ids {
			t.Errorf("%q: %d ids, want %d", text, got, ids)
		}
	}
	f("", 0, 0)
	f("it's a test", 4, 4)
	f("antidisestablishmentarianism 1234", 4, 9)
	f("<|endoftext|>", 3, 7)
}
