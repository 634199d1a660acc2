package clean

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean/fasttext"
)

const classifierModel = "fasttext/testdata/softmax.bin"

// codeOrProse asks whether a text is code.
func codeOrProse() FastText {
	o := DefaultFastText()
	o.Model, o.Labels = classifierModel, []string{"code"}
	return o
}

func TestFastText(t *testing.T) {
	const code, prose = "if err != nil { return nil, fmt.Errorf(err) }", "The text is read once, and each document goes to its own file."
	f := func(o FastText, text string, want quern.Verdict) {
		t.Helper()
		s, err := o.Stage()
		d := ruling(t, build(t, s, err), text, want)
		if len(d.Marks) != 1 || d.Marks[0].Name != "fasttext."+o.As || string(d.Text) != text {
			t.Errorf("%.30q: marks %v, text %.30q", text, d.Marks, d.Text)
		}
	}
	o := codeOrProse()
	f(o, code, quern.Keep)
	f(o, prose, quern.Keep)
	f(o, "", quern.Keep)
	o.Min, o.As = 0.5, "code"
	f(o, code, quern.Keep)
	f(o, prose, classifierLow)
	o.Min, o.Max = 0, 0.5
	f(o, code, classifierHigh)
	f(o, prose, quern.Keep)
	o.Max, o.Labels = 1, fasttextLabels(t) // all together: above 1 by what fastText adds, which is no reason to drop
	f(o, code, quern.Keep)
	o.Min = 1
	f(o, code, quern.Keep)
}

func fasttextLabels(t *testing.T) []string {
	t.Helper()
	m, err := fasttext.Load(classifierModel)
	if err != nil {
		t.Fatal(err)
	}
	return m.Labels()
}

// What a classifier sees of a text.
func TestFastTextDialects(t *testing.T) {
	f := func(dialect string, lowercase bool, text, want string) {
		t.Helper()
		o := codeOrProse()
		o.Dialect, o.Lowercase = dialect, lowercase
		s, err := o.Stage()
		if got := build(t, s, err).(*classifier).seen([]byte(text)); string(got) != want {
			t.Errorf("%s: of %q %q is seen, want %q", dialect, text, got, want)
		}
	}
	f("fasttext", false, " One\ntwo\u2028 ", " One\ntwo\u2028 ") // fastText itself takes a line feed for a space
	f("fasttext", true, "One ÉTÉ Σ \xff\xc3", "one été σ \xff\xc3")
	f("dclm", false, "\u3000 one\ntwo \u00a0\n", "one\ntwo")
	f("dclm", false, "one\u2028two\u2029three\u0085four\x1cfive\x1dsix\x1eseven\r\neight\xff", "one two three four five six seven  eight\xff")
	f("dclm", true, "One\u2028TWO", "one two")
	f("datatrove", false, "\n one\ntwo\n\nthree\r\nfour\n", "onetwothree\rfour")
	f("datatrove", true, "One\nTWO", "onetwo")
}

// DCLM takes the probability of the best label, or 1 less it.
func TestFastTextOfDCLM(t *testing.T) {
	o := codeOrProse()
	m, err := fasttext.Load(classifierModel)
	if err != nil {
		t.Fatal(err)
	}
	p := fasttext.NewPredictor(m)
	o.Dialect = "dclm"
	s, err := o.Stage()
	build(t, s, err)
	for _, text := range []string{"return nil, err", "The text is read once.", "x"} {
		best := p.Predict([]byte(text), 1, 0)[0]
		want := float64(best.Prob)
		if best.Label != m.Label("code") {
			want = 1 - want
		}
		if d := ruling(t, s, text, quern.Keep); d.Marks[0].Value != want {
			t.Errorf("%q: %v, want %v", text, d.Marks[0].Value, want)
		}
	}
}

func TestFastTextRefuses(t *testing.T) {
	f := func(want string, change func(o *FastText)) {
		t.Helper()
		o := codeOrProse()
		change(&o)
		if s, err := o.Stage(); s != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	f("give model", func(o *FastText) { o.Model = "" })
	f("give labels", func(o *FastText) { o.Labels = nil })
	f(`no label "cod"; it has`, func(o *FastText) { o.Labels = []string{"cod"} })
	f("holds nothing", func(o *FastText) { o.Min, o.Max = 0.5, 0.4 })
	f("holds nothing", func(o *FastText) { o.Min = math.NaN() })
	f("holds nothing", func(o *FastText) { o.Min, o.Max = 2, 3 })
	f("as \"A b\"", func(o *FastText) { o.As = "A b" })
	f("want one of fasttext, dclm, datatrove", func(o *FastText) { o.Dialect = "dolma" })
	f("no such file", func(o *FastText) { o.Model = "fasttext/testdata/none.bin" })
	f("offset 0", func(o *FastText) { o.Model = "fasttext/testdata/lines.txt" })
}

func TestFastTextContract(t *testing.T) {
	for _, dialect := range FastTextDialects {
		for _, lowercase := range []bool{false, true} {
			o := codeOrProse()
			o.Dialect, o.Lowercase, o.Min, o.Max = dialect, lowercase, 0.05, 0.9
			doc := func(text string) quern.Doc { return quern.Doc{Text: []byte(text)} }
			err := quern.CheckStage(o.Stage, doc(""), doc("return nil, err"), doc("if err != nil {\n\treturn nil, fmt.Errorf(err)\n}"),
				doc("The text is\u2028read once,\nand each document goes to its own file."), doc("文本 的 文件"))
			if err != nil {
				t.Errorf("%s: %v", dialect, err)
			}
		}
	}
}

// A model is loaded once, and again only when its file has changed; At says where it is.
func TestFastTextModelIsShared(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "m.bin")
	put := func(from string, at time.Time) {
		b, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(name, b, 0o666)
		}
		if err == nil {
			err = os.Chtimes(name, at, at)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	o := codeOrProse()
	o.Model = "m.bin"
	o.At(dir)
	put(classifierModel, time.Unix(1, 0))
	load := func() *fasttext.Model {
		if _, err := o.Stage(); err != nil {
			t.Fatal(err)
		}
		m, err := sharedModel(name)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	first := load()
	if load() != first {
		t.Error("a model is loaded twice")
	}
	put("fasttext/testdata/ova.bin", time.Unix(2, 0))
	if load() == first {
		t.Error("a changed file goes unnoticed")
	}
	if files := o.Files(); len(files) != 1 || files[0] != name {
		t.Errorf("files %v", files)
	}
}

func TestFastTextAllocatesNothing(t *testing.T) {
	text := bytes.Repeat([]byte("One text of a file,\nread\u2028once. "), 300)
	for _, dialect := range FastTextDialects {
		o := codeOrProse()
		o.Dialect, o.Lowercase, o.Min = dialect, true, 0.01
		s, err := o.Stage()
		build(t, s, err)
		d := &quern.Doc{}
		if n := testing.AllocsPerRun(20, func() {
			d.Reset()
			d.Text = append(d.Text[:0], text...)
			if _, err := s.Apply(d); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations a document", dialect, n)
		}
	}
}

func FuzzFastText(f *testing.F) {
	f.Add([]byte("One\u2028text\nof \xff\x00 a file"))
	f.Add([]byte(" \u0085\x1c</s>"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, dialect := range FastTextDialects {
			o := codeOrProse()
			o.Dialect, o.Lowercase = dialect, len(text)%2 == 0
			s, err := o.Stage()
			build(t, s, err)
			var first float64
			for i := range 2 {
				d := quern.Doc{Text: append([]byte{}, text...)}
				v, err := s.Apply(&d)
				if !utf8.Valid(text) {
					if err != nil || v != badText {
						t.Fatalf("%q: %q %v", text, v, err)
					}
					continue
				}
				if err != nil || v != quern.Keep || !bytes.Equal(d.Text, text) || !(d.Marks[0].Value >= -1e-4 && d.Marks[0].Value < 1.0001) {
					t.Fatalf("%q: %q %v %v", text, v, err, d.Marks)
				}
				if i == 0 {
					first = d.Marks[0].Value
				} else if d.Marks[0].Value != first {
					t.Fatalf("%q: %v, then %v", text, first, d.Marks[0].Value)
				}
			}
		}
	})
}
