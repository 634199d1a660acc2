package clean

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

const tinyModel = "ngram/testdata/tiny.probing.bin"

// The right sides are what the peer's normalize gives under Python 3.11.
func TestNormalizeCCNet(t *testing.T) {
	for text, want := range map[string]string{
		"  Hello, World 123!  ":         "hello, world 000!",
		"Éclair à la crème — 5 €":       "eclair a la creme  -  0 €",
		"ΟΔΥΣΣΕΥΣ ΣΟΦΟΣ. Σ":             "οδυσσευς σοφος. σ",
		"\u0130stanbul I\u011fd\u0131r": "istanbul igd\u0131r",
		"“Quoted” «text» …":             "\"quoted\" \"text\" ...",
		"\ud55c\uad6d\uc5b4 \ubb38\uc7a5 42": "\u1112\u1161\u11ab\u1100\u116e\u11a8\u110b\u1165 " +
			"\u1106\u116e\u11ab\u110c\u1161\u11bc 00",
		"我今天（３１日）去了《故宫》。":                             "我今天(00日)去了\"故宫\".",
		"\uff76\uff9e \u304c \u30ac":                  "\uff76\uff9e \u304b \u30ab",
		"tab\tand\u0007bell\u007f":                    "tabandbell",
		"\u00a0x\u2003":                               "x",
		"\u0939\u093f\u0928\u094d\u0926\u0940 \u096f": "\u0939\u093f\u0928\u0926\u0940 0",
		"\u01c4 \u01c5 \ufb01 \u00bd \u00b2":          "\u01c6 \u01c6 \ufb01 \u00bd \u00b2",
		"１２３":                                         "000",
		"a\u0301\u0328b":                              "ab",
		"Ёжик й":                                      "ежик и",
		" ":                                           "",
		"\u1e9b\u0323 \u00c5 Ω":                       "\u017f a ω",
		"\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd":  "\u05e9\u05dc\u05d5\u05dd",
		"Vi\u1ec7t Nam":                               "viet nam",
		"a\xffb":                                      "a\ufffdb",
	} {
		if got := string(NormalizeCCNet(nil, []byte(text))); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func perplexityOf(t testing.TB, change func(o *Perplexity)) quern.Stage {
	t.Helper()
	o := DefaultPerplexity()
	o.Model = tinyModel
	if change != nil {
		change(&o)
	}
	s, err := o.Stage()
	return build(t, s, err)
}

// The values are those of the peer's arithmetic over KenLM's scores of the same model.
func TestPerplexityIsThePeers(t *testing.T) {
	normalized := perplexityOf(t, nil)
	plain := perplexityOf(t, func(o *Perplexity) { o.Normalize = "none" })
	f := func(s quern.Stage, text string, want, unknown float64) {
		t.Helper()
		d := ruling(t, s, text, quern.Keep)
		if math.Abs(d.Marks[0].Value-want) > 1e-4 || d.Marks[0].Name != "perplexity.value" {
			t.Errorf("%q: %v, want %v", text, d.Marks, want)
		}
		if math.Abs(d.Marks[1].Value-unknown) > 1e-9 {
			t.Errorf("%q: %v, want %v unknown", text, d.Marks, unknown)
		}
	}
	f(normalized, "to be or not to be", 4.64886, 0)
	f(normalized, "To Be, or not\nto be", 14.27869, 0)
	f(plain, "To Be, or not\nto be", 20.08815, 1./6)
	f(normalized, "", 9.82961, 0)
	f(normalized, "\n\n", 9.82961, 0)
	f(plain, "die to\u00a0sleep no more", 40.23106, 1)
	f(plain, "that is the question\nof troubles and zebras 42\n", 20.76650, 2./9)
	f(normalized, "生存 还是 毁灭", 8.57592, 0)
}

// pieces.arpa is of lmplz, over pieces of the same text; the values are those of SentencePiece, KenLM and the peer's arithmetic.
func TestPerplexityByPiecesIsThePeers(t *testing.T) {
	s := perplexityOf(t, byPieces)
	f := func(text string, want float64) {
		t.Helper()
		if d := ruling(t, s, text, quern.Keep); math.Abs(d.Marks[0].Value-want) > 1e-4 {
			t.Errorf("%q: %v, want %v", text, d.Marks, want)
		}
	}
	f("to be or not to be", 10.12693)
	f("To Be, or not\nto be", 17.48862)
	f("", 40.95708)
	f("\n\n", 40.95708)
	f("that is the question\nof troubles and zebras 42\n", 27.60255)
	f("生存 还是 毁灭", 43.60705)
	f("é…", 50.06209)
}

func byPieces(o *Perplexity) {
	const folder = "../tokenize/sentencepiece/testdata/"
	o.Model, o.Tokens, o.Pieces = folder+"pieces.arpa", "pieces", folder+"tiny.model"
}

func TestPerplexityBounds(t *testing.T) {
	s := perplexityOf(t, func(o *Perplexity) { o.Min, o.Max = 5, 15 })
	ruling(t, s, "to be or not to be", perplexityLow)
	ruling(t, s, "To Be, or not\nto be", quern.Keep)
	ruling(t, s, "of zebras and zebus", perplexityHigh)
}

func TestPerplexityRefuses(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "x.bin")
	if err := os.WriteFile(broken, []byte("mmap lm http://kheafield.com/code"), 0o666); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(o *Perplexity){
		"clean: perplexity: give model, the file of an n-gram model":           func(o *Perplexity) { o.Model = "" },
		`clean: perplexity: tokens "bytes", want words, characters or pieces`:  func(o *Perplexity) { o.Tokens = "bytes" },
		"clean: perplexity: give pieces, the file of a SentencePiece model":    func(o *Perplexity) { o.Tokens = "pieces" },
		"clean: perplexity: pieces are given, and tokens: words needs none":    func(o *Perplexity) { o.Pieces = "x.model" },
		"testdata/bpe.model: model type 2, want 1, unigram":                    func(o *Perplexity) { byPieces(o); o.Pieces = "../tokenize/sentencepiece/testdata/bpe.model" },
		`clean: perplexity: normalize "nfc", want ccnet or none`:               func(o *Perplexity) { o.Normalize = "nfc" },
		"clean: perplexity: min 5 and max 4, want 0 <= min <= max":             func(o *Perplexity) { o.Min, o.Max = 5, 4 },
		"clean: perplexity: stat no.arpa: no such file or directory":           func(o *Perplexity) { o.Model = "no.arpa" },
		"offset 33: the file ends within the head of 108 bytes":                func(o *Perplexity) { o.Model = broken },
		"clean: perplexity: min NaN and max 0, want 0 <= min <= max":           func(o *Perplexity) { o.Min = math.NaN() },
		"clean: perplexity: stat nowhere/a.arpa: no such file or directory":    func(o *Perplexity) { o.Model = "a.arpa"; o.At("nowhere") },
		"clean: perplexity: min -1 and max 0, want 0 <= min <= max":            func(o *Perplexity) { o.Min = -1 },
		`ngram/testdata/corpus.txt: line 1: "To be, or not to be, that is the`: func(o *Perplexity) { o.Model = "ngram/testdata/corpus.txt" },
	} {
		o := DefaultPerplexity()
		o.Model = tinyModel
		change(&o)
		if _, err := o.Stage(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func TestModelsAreLoadedOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.arpa")
	for i, name := range []string{"tiny.arpa", "pruned.arpa"} {
		b, err := os.ReadFile("ngram/testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		one, err := loadNgram(path)
		if err != nil {
			t.Fatal(err)
		}
		two, err := loadNgram(path)
		if err != nil || one != two {
			t.Errorf("%s: loaded twice, %v", name, err)
		}
		if want := 3 + i; one.Order() != want {
			t.Errorf("%s: order %d, want %d: the file has changed", name, one.Order(), want)
		}
	}
}

const ccnetText = "to be or not to be that is the question\n"

func ccnetOf(t testing.TB, change func(o *CCNet)) quern.Stage {
	t.Helper()
	o := DefaultCCNet()
	o.Model, o.MinChars = tinyModel, 10
	o.Cutoffs = map[string][]float64{"en": {6, 15}, "de": {1, 2}}
	if change != nil {
		change(&o)
	}
	s, err := o.Stage()
	return build(t, s, err)
}

func TestCCNet(t *testing.T) {
	s := ccnetOf(t, nil)
	f := func(s quern.Stage, lang, text string, bucket string, want quern.Verdict) {
		t.Helper()
		d := &quern.Doc{Lang: lang, Text: []byte(text)}
		v, err := s.Apply(d)
		if err != nil || v != want || d.Drop.Verdict != want || d.Bucket != bucket {
			t.Errorf("%s %q: %q in %q (%v), %v, want %q in %q", lang, text, v, d.Bucket, d.Marks, err, want, bucket)
		}
		if i := slices.IndexFunc(d.Marks, func(m quern.Mark) bool { return m.Name == "ccnet.bucket" }); bucket != "" &&
			(i < 0 || ccnetNames[int(d.Marks[i].Value)] != bucket) {
			t.Errorf("%s %q: marks %v", lang, text, d.Marks)
		}
	}
	f(s, "en", "to be or not to be", "head", quern.Keep)
	f(s, "en-GB", "to be or not to be", "head", quern.Keep)
	f(s, "en", "To Be, or not\nto be", "middle", quern.Keep)
	f(s, "en", "of zebras and zebus", "tail", ccnetBucket)
	f(s, "de", "to be or not to be", "tail", ccnetBucket)
	f(s, "fr", "to be or not to be", "all", quern.Keep)
	f(s, "", "to be or not to be", "all", quern.Keep)
	f(s, "en", "to be", "", ccnetShort)
	f(ccnetOf(t, func(o *CCNet) { o.Keep = []string{"tail"} }), "en", "to be or not to be", "head", ccnetBucket)
	f(ccnetOf(t, func(o *CCNet) { o.Keep = []string{"head"} }), "fr", "to be or not to be", "all", ccnetBucket)
	f(ccnetOf(t, func(o *CCNet) { o.Cutoffs = map[string][]float64{"en": {4.6, 4.61}} }), "en", "to be or not to be", "middle",
		quern.Keep) // 4.64886 is rounded to 4.6
}

func TestCCNetReadsThePeersTable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cutoff.csv")
	if err := os.WriteFile(path, []byte(",en,de\n0,1,1\n30,6.5,2.0\n60,15,3\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	o := DefaultCCNet()
	o.Model, o.CutoffCSV = "ngram/testdata/{lang}.bin", path
	c, err := o.cutoffs()
	if err != nil || !slices.Equal(c["en"], []float64{6.5, 15}) || !slices.Equal(c["de"], []float64{2, 3}) || len(c) != 2 {
		t.Errorf("%v, %v", c, err)
	}
	if got, want := o.Files(), []string{path, "ngram/testdata/de.bin", "ngram/testdata/en.bin"}; !slices.Equal(got, want) {
		t.Errorf("files %q, want %q", got, want)
	}
	for text, want := range map[string]string{
		"":                    "want a heading with languages",
		"x\n30\n60\n":         "want a heading with languages",
		",en\n30,1\n50,2\n":   "there is no row for percentile 60",
		",en\n30,1\n60,x\n":   `percentile 60 of en is "x"`,
		",en\n30,1\n60,1,2\n": "wrong number of fields",
	} {
		if _, err := readCutoffs(strings.NewReader(text), []int{30, 60}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
}

func TestCCNetRefuses(t *testing.T) {
	for want, change := range map[string]func(o *CCNet){
		`clean: ccnet: keep "top", want head, middle, tail, all`:                         func(o *CCNet) { o.Keep = []string{"top"} },
		"clean: ccnet: keep names nothing":                                               func(o *CCNet) { o.Keep = nil },
		"clean: ccnet: min_chars is negative":                                            func(o *CCNet) { o.MinChars = -1 },
		"clean: ccnet: give cutoffs or cutoff_csv":                                       func(o *CCNet) { o.Cutoffs = nil },
		"clean: ccnet: give cutoffs or cutoff_csv, not both":                             func(o *CCNet) { o.CutoffCSV = "x" },
		"clean: ccnet: cutoffs [3 2] for en, want the bounds of head and middle, rising": func(o *CCNet) { o.Cutoffs["en"] = []float64{3, 2} },
		"clean: ccnet: stat ngram/en.arpa: no such file or directory":                    func(o *CCNet) { o.Model = "ngram/{lang}.arpa" },
		"clean: ccnet: give pieces, the file of a SentencePiece model":                   func(o *CCNet) { o.Tokens = "pieces" },
		"clean: ccnet: open none.csv: no such file or directory":                         func(o *CCNet) { o.Cutoffs, o.CutoffCSV = nil, "none.csv" },
		"clean: ccnet: head_tail [30], want two percentiles":                             func(o *CCNet) { o.Cutoffs, o.CutoffCSV, o.HeadTail = nil, "x", []int{30} },
	} {
		o := DefaultCCNet()
		o.Model = tinyModel
		o.Cutoffs = map[string][]float64{"en": {6, 15}}
		change(&o)
		if _, err := o.Stage(); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func TestPerplexityKeepsTheContract(t *testing.T) {
	docs := []quern.Doc{{}, {Text: []byte("to be or not to be")}, {Text: []byte("To Be, or not\nto be")}, {Lang: "en", Text: []byte(repeat("zebra ", 50))},
		{Lang: "en", Text: []byte(repeat(ccnetText, 9))}, {Lang: "fr", Text: []byte("ça ΣΑΣ 한국어")}}
	if err := quern.CheckStage(func() (quern.Stage, error) {
		o := DefaultPerplexity()
		o.Model, o.Min, o.Max = tinyModel, 5, 15
		return o.Stage()
	}, docs...); err != nil {
		t.Error(err)
	}
	if err := quern.CheckStage(func() (quern.Stage, error) {
		o := DefaultCCNet()
		o.Model, o.Cutoffs = tinyModel, map[string][]float64{"en": {6, 15}}
		return o.Stage()
	}, docs...); err != nil {
		t.Error(err)
	}
}

func TestPerplexityAllocatesNothing(t *testing.T) {
	text := []byte(repeat("To be, or not “to” be: ça ΣΑΣ 한국어 １２３\n", 20))
	for name, s := range map[string]quern.Stage{"perplexity": perplexityOf(t, nil), "ccnet": ccnetOf(t, nil),
		"characters": perplexityOf(t, func(o *Perplexity) { o.Tokens = "characters" }), "pieces": perplexityOf(t, byPieces)} {
		d := &quern.Doc{Lang: "en"}
		if n := testing.AllocsPerRun(20, func() {
			d.Marks, d.Text = d.Marks[:0], text
			if _, err := s.Apply(d); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestUnigramsAreLoadedOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "words.tsv")
	if err := os.WriteFile(path, []byte("the\t3\nof\t1\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	one, err := loadUnigram(path)
	if err != nil {
		t.Fatal(err)
	}
	if two, err := loadUnigram(path); err != nil || one != two || one.Words() != 2 {
		t.Errorf("loaded twice, %v", err)
	}
	if _, err := loadUnigram(path + "x"); err == nil {
		t.Error("no file, no error")
	}
}

// What a rule marks is listed among its facts, and its limits judge the marks as the stage did.
func TestPerplexityAndGarbledFacts(t *testing.T) {
	garbledOptions, perplexityOptions := DefaultGarbled(), DefaultPerplexity()
	perplexityOptions.Model, perplexityOptions.Min, perplexityOptions.Max = tinyModel, 5, 15
	for name, c := range map[string]struct {
		stage  quern.Stage
		facts  []Fact
		limits []Limit
	}{
		"garbled":    {garbledStage(t), garbledFacts, garbledOptions.Limits()},
		"perplexity": {perplexityOf(t, func(o *Perplexity) { *o = perplexityOptions }), perplexityFacts, perplexityOptions.Limits()},
		"ccnet":      {ccnetOf(t, nil), ccnetFacts, nil},
	} {
		seen, b := map[string]bool{}, newBounds(c.limits)
		for _, text := range []string{"to be or not to be", "To Be, or not\nto be", randomWords(60), latin1(russian), repeat("t h i s ", 9), french} {
			d := &quern.Doc{Lang: "en", Text: []byte(text)}
			v, err := c.stage.Apply(d)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range d.Marks {
				seen[m.Name] = true
				if !slices.ContainsFunc(c.facts, func(f Fact) bool { return f.Name == m.Name }) {
					t.Errorf("%s marks %s, which is not among its facts", name, m.Name)
				}
			}
			again := &quern.Doc{Marks: d.Marks}
			if w := b.judge(again); c.limits != nil && (w != v || v != quern.Keep && again.Drop != d.Drop) {
				t.Errorf("%s on %q: the stage says %+v, its limits %+v", name, text, d.Drop, again.Drop)
			}
		}
		if len(seen) != len(c.facts) {
			t.Errorf("%s: marked %v of %v", name, seen, c.facts)
		}
	}
}

// Texts made to be slow: a stage that is quadratic would take minutes.
func TestPerplexityAndGarbledTakeLinearTime(t *testing.T) {
	const size = 1 << 20
	stages := map[string]quern.Stage{"garbled": garbledStage(t), "perplexity": perplexityOf(t, nil),
		"characters": perplexityOf(t, func(o *Perplexity) { o.Tokens = "characters" }), "pieces": perplexityOf(t, byPieces)}
	for _, unit := range []string{"a", " ", "\n", "a ", "q1", "Ã", "Ã©", "â€", "锟斤", "\ufffd", "\u0301", "\x00", "Σ", "한", "\u202e", "=", "1"} {
		text := []byte(repeat(unit, size/len(unit)))
		for name, s := range stages {
			start := time.Now()
			if _, err := s.Apply(&quern.Doc{Text: text}); err != nil {
				t.Errorf("%s on %q: %v", name, unit, err)
			}
			if took := time.Since(start); took > time.Minute {
				t.Errorf("%s on 1 MB of %q took %v", name, unit, took)
			}
		}
	}
}

func FuzzPerplexity(f *testing.F) {
	f.Add([]byte("To be, or not to be\n\nΣΑΣ 한국어 １２３\xff"))
	a, b := perplexityOf(f, nil), perplexityOf(f, nil)
	f.Fuzz(func(t *testing.T, text []byte) {
		d, e := &quern.Doc{Text: text}, &quern.Doc{Text: text}
		if _, err := a.Apply(d); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Apply(e); err != nil {
			t.Fatal(err)
		}
		if !utf8.Valid(text) {
			if d.Drop.Verdict != badText {
				t.Errorf("%q is not UTF-8 and goes on", text)
			}
			return
		}
		if !slices.Equal(d.Marks, e.Marks) || !(d.Marks[0].Value >= 1) || math.IsInf(d.Marks[0].Value, 0) {
			t.Errorf("%q: %v, %v", text, d.Marks, e.Marks)
		}
		if !utf8.Valid(NormalizeCCNet(nil, text)) {
			t.Errorf("%q: the normalized line is not UTF-8", text)
		}
	})
}

func BenchmarkPerplexity(b *testing.B) {
	docs := prose(b)
	for _, by := range []string{"words", "characters"} {
		b.Run(by, func(b *testing.B) {
			benchStage(b, docs, perplexityOf(b, func(o *Perplexity) { o.Tokens = by }))
		})
	}
}
