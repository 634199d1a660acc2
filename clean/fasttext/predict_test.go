package fasttext

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
)

func same(a, b []Prediction) bool { return slices.Equal(a, b) }

func TestPredict(t *testing.T) {
	m := golden(t, "softmax.bin")
	p := NewPredictor(m)
	f := func(text, like string) {
		t.Helper()
		got := slices.Clone(p.Predict([]byte(text), -1, 0))
		if want := p.Predict([]byte(like), -1, 0); !same(got, want) {
			t.Errorf("%.40q and %.40q are not judged alike: %v, %v", text, like, got, want)
		}
	}
	f("the  text", "the text")
	f(" the\ttext\r\v\f\x00 ", "the text")
	f("the\ntext\n", "the text")                     // a line feed is a space
	f("the text </s> of all files", "the text")      // the end of the line, written out
	f("the __label__code text", "the text")          // a label is no word,
	f("the __label__no_such_label text", "the text") // known or not
	f("", " \n ")
	if m.Label("code") != m.Label("__label__code") || m.Label("code") < 0 || m.Label("none") != -1 || m.Labels()[m.Label("zh")] != "__label__zh" {
		t.Error("labels are not found by name")
	}
	if got := p.Predict([]byte("the text"), 0, 0); len(got) != 0 {
		t.Errorf("no label was asked for: %v", got)
	}
	if got := p.Predict([]byte("the text"), -1, 2); len(got) != 0 {
		t.Errorf("a threshold above all: %v", got)
	}
	all := slices.Clone(p.Predict([]byte("the text"), -1, 0))
	probs := p.Probabilities([]byte("the text"))
	for _, a := range all {
		if probs[a.Label] != a.Prob {
			t.Errorf("label %d: %v, want %v", a.Label, probs[a.Label], a.Prob)
		}
	}
	if len(probs) != len(m.Labels()) {
		t.Errorf("%d probabilities", len(probs))
	}
}

// A model without the end of the line among its words has nothing to say to a blank text.
func TestBlank(t *testing.T) {
	b := goldenBytes(t, "softmax.bin")
	b = bytes.Replace(b, []byte("</s>\x00"), []byte("<.s>\x00"), 1)
	m, err := read(b)
	if err != nil {
		t.Fatal(err)
	}
	p := NewPredictor(m)
	for _, text := range []string{"", " ", "\n", "</s>", "</s> the text"} {
		if got := p.Predict([]byte(text), -1, 0); len(got) != 0 {
			t.Errorf("%q: %v", text, got)
		}
	}
	if got := p.Probabilities(nil); slices.Max(got) != 0 {
		t.Errorf("probabilities of nothing: %v", got)
	}
	if got := p.Predict([]byte("the"), 1, 0); len(got) != 1 {
		t.Errorf("a word: %v", got)
	}
}

// Trees and nodes that are computed one by one give the bits of those that are computed together.
func TestNodeByNode(t *testing.T) {
	for _, name := range []string{"hs.bin", "whole.ftz"} {
		m := golden(t, name)
		p := NewPredictor(m)
		for _, line := range readLines(t, "testdata/lines.txt") {
			if !p.hide([]byte(line)) {
				continue
			}
			p.multiply()
			for i := range len(m.labels) - 1 {
				if got := p.node(i); got != p.output[i] {
					t.Fatalf("%s: node %d is %v, want %v", name, i, got, p.output[i])
				}
			}
		}
	}
}

func TestNoAllocations(t *testing.T) {
	text := bytes.Repeat([]byte("the text of a file, unknownwords 文本 "), 500)
	for _, name := range goldens {
		p := NewPredictor(golden(t, name))
		p.Predict(text, 3, 0)
		p.Probabilities(text)
		if n := testing.AllocsPerRun(20, func() { p.Predict(text, 3, 0); p.Probabilities(text) }); n != 0 {
			t.Errorf("%s: %v allocations a text", name, n)
		}
	}
}

// Long and hostile texts take linear time, and little memory beside it.
func TestHostileTexts(t *testing.T) {
	size := 5 << 20
	if testing.Short() {
		size = 1 << 17
	}
	for _, name := range []string{"softmax.bin", "hs.bin"} {
		m := golden(t, name)
		for _, unit := range []string{"a", "a ", "\x80", "\xff", "\x00", "e\u0301\u202e", "__label__"} {
			text := bytes.Repeat([]byte(unit), size/len(unit))
			sane(t, m, text)
			p := NewPredictor(m)
			p.Predict(text, 1, 0)
			if cap(p.text.rows) > 4*batch {
				t.Errorf("%s: %.10q: %d rows were held at once", name, text, cap(p.text.rows))
			}
		}
	}
}

// Goroutines share a model.
func TestShared(t *testing.T) {
	m := golden(t, "cut.ftz")
	want := fmt.Sprint(NewPredictor(m).Predict([]byte("the text"), 3, 0))
	done := make(chan string)
	for range 4 {
		go func() {
			got := ""
			for p, i := NewPredictor(m), 0; i < 100; i++ {
				p.Predict([]byte("another"), 3, 0)
				got = fmt.Sprint(p.Predict([]byte("the text"), 3, 0))
			}
			done <- got
		}()
	}
	for range 4 {
		if got := <-done; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func FuzzPredict(f *testing.F) {
	var models []*Model
	for _, name := range goldens {
		models = append(models, golden(f, name))
	}
	for _, line := range readLines(f, "testdata/lines.txt") {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, m := range models {
			p := NewPredictor(m)
			first := slices.Clone(p.Predict(text, -1, 0))
			if second := p.Predict(text, -1, 0); !same(first, second) {
				t.Fatalf("%q: %v, then %v", text, first, second)
			}
			sane(t, m, text)
		}
	})
}
