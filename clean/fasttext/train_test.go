package fasttext

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"strings"
	"testing"
)

// fruit gives n examples of three kinds, which share half of their words.
func fruit(n, from int) iter.Seq2[Example, error] {
	return func(yield func(Example, error) bool) {
		state := uint32(from)*2654435761 + 1
		next := func(n int) int { state = state*1664525 + 1013904223; return int(state>>16) % n }
		for range n {
			kind := next(3)
			var words []string
			for range 5 + next(10) {
				if next(2) == 0 {
					words = append(words, fmt.Sprintf("w%d", next(50)))
				} else {
					words = append(words, fmt.Sprintf("%s%d", []string{"apple", "pear", "plum"}[kind], next(20)))
				}
			}
			if !yield(Example{Label: []string{"apple", "__label__pear", "plum"}[kind], Text: []byte(strings.Join(words, " "))}, nil) {
				return
			}
		}
	}
}

func small() Config {
	c := DefaultConfig()
	c.Dim, c.Epochs, c.Rate, c.Buckets = 10, 3, 0.3, 1000
	return c
}

func digest(t *testing.T, m *Model) string {
	t.Helper()
	h := sha256.New()
	if _, err := m.WriteTo(h); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

func TestTrain(t *testing.T) {
	// A change of these digests is a change of what is learned from the same examples.
	want := map[string]string{}
	for _, line := range readLines(t, "testdata/trained.txt") {
		name, sum, _ := strings.Cut(line, " ")
		want[name] = sum
	}
	f := func(name string, change func(c *Config)) {
		t.Helper()
		c := small()
		change(&c)
		m, err := Train(context.Background(), c, fruit(2000, 1))
		if err != nil {
			t.Fatal(err)
		}
		q, err := Evaluate(m, "pear", fruit(500, 2))
		if err != nil {
			t.Fatal(err)
		}
		if q.Precision < 0.97 || q.Recall < 0.97 || q.AUC < 0.99 || q.AUC > 1 {
			t.Errorf("%s: %+v", name, q)
		}
		if got := digest(t, m); got != want[name] {
			t.Errorf("%s: the model has the digest %s, want %q", name, got, want[name])
		}
		// What is written is read, says the same and is written again.
		var b bytes.Buffer
		if n, err := m.WriteTo(&b); err != nil || n != int64(b.Len()) {
			t.Fatalf("%d bytes of %d: %v", n, b.Len(), err)
		}
		back, err := read(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if digest(t, back) != digest(t, m) || answers(t, back) != answers(t, m) {
			t.Errorf("%s: another model was read than was written", name)
		}
		defer func(old int) { width = old }(width)
		for _, w := range []int{0, 256} {
			if w > width {
				continue
			}
			width = w
			again, err := Train(context.Background(), c, fruit(2000, 1))
			if err != nil || digest(t, again) != digest(t, m) {
				t.Errorf("%s: another model with vectors of %d bits: %v", name, w, err)
			}
		}
	}
	f("softmax", func(c *Config) {})
	f("softmax-ngrams", func(c *Config) { c.WordNgrams, c.Dim = 2, 100 })
	f("softmax-subwords", func(c *Config) { c.MinSubword, c.MaxSubword, c.Dim = 3, 5, 16 })
	f("ova", func(c *Config) { c.Loss = OneVsAll })
	f("hs", func(c *Config) { c.Loss, c.MinCount, c.Dim = Hierarchical, 5, 33 })
	f("few-words", func(c *Config) { c.MaxWords = 1000; c.Seed = 7 })
}

// Each model of fastText's is written as it was read, but for the order of kept buckets, which is none.
func TestWriteTo(t *testing.T) {
	for _, name := range goldens {
		var b bytes.Buffer
		m := golden(t, name)
		if _, err := m.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		if m.features.dict.pruned == nil {
			if !bytes.Equal(b.Bytes(), goldenBytes(t, name)) {
				t.Errorf("%s: other bytes were written than read", name)
			}
			continue
		}
		back, err := read(b.Bytes())
		if err != nil || answers(t, back) != answers(t, m) || b.Len() != len(goldenBytes(t, name)) {
			t.Errorf("%s: another model was written than read: %v", name, err)
		}
	}
	if _, err := golden(t, "hs.bin").WriteTo(broken{}); err == nil {
		t.Error("a failed write went unnoticed")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// Words are counted, cut off and sorted as documented, also when rare ones are given up on the way.
func TestVocabulary(t *testing.T) {
	v := newVocabulary(1000)
	add := func(word string, isLabel bool) { v.count([]byte(word), hashOf([]byte(word)), isLabel) }
	add("__label__b", true)
	for i := range 3000 {
		add(fmt.Sprint("once", i), false)
		if i%10 == 0 {
			add("often", false)
			add("also", false)
		}
	}
	add("__label__a", true)
	add("__label__a", true)
	if v.words+v.labels > 1001 || v.rare < 2 {
		t.Errorf("%d words and %d labels are held, the bound for rare ones is %d", v.words, v.labels, v.rare)
	}
	v.keep(3, 0)
	var names []string
	for id := range v.ends {
		names = append(names, fmt.Sprint(string(v.name(id)), " ", v.counts[id]))
	}
	if got, want := strings.Join(names, ", "), "often 300, also 300, __label__a 2, __label__b 1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if v.tokens != 3603 {
		t.Errorf("%d tokens, want 3603", v.tokens)
	}
}

func TestTrainRefuses(t *testing.T) {
	f := func(want string, change func(c *Config), examples iter.Seq2[Example, error]) {
		t.Helper()
		c := small()
		change(&c)
		m, err := Train(context.Background(), c, examples)
		if m != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	some := fruit(50, 1)
	of := func(e ...Example) iter.Seq2[Example, error] {
		return func(yield func(Example, error) bool) {
			for _, e := range e {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
	f("loss is \"ns\"", func(c *Config) { c.Loss = Negative }, some)
	f("dim is 0", func(c *Config) { c.Dim = 0 }, some)
	f("epochs is 0", func(c *Config) { c.Epochs = 0 }, some)
	f("rate is NaN", func(c *Config) { c.Rate = math.NaN() }, some)
	f("rate_tokens", func(c *Config) { c.RateTokens = 0 }, some)
	f("n-grams of 0", func(c *Config) { c.WordNgrams = 0 }, some)
	f("subwords of 5 to 3", func(c *Config) { c.MinSubword, c.MaxSubword = 5, 3 }, some)
	f("no buckets", func(c *Config) { c.WordNgrams, c.Buckets = 2, 0 }, some)
	f("min_count", func(c *Config) { c.MinCount = 0 }, some)
	f("max_words", func(c *Config) { c.MaxWords = 10 }, some)
	f("no examples", func(c *Config) {}, of())
	f("the label is empty", func(c *Config) {}, of(Example{"__label__", []byte("x")}))
	f("holds space", func(c *Config) {}, of(Example{"a b", []byte("x")}))
	f("the rate of 100 is too high", func(c *Config) { c.Rate, c.Epochs = 100, 50 }, fruit(500, 1))
	f("disk on fire", func(c *Config) {}, func(yield func(Example, error) bool) { yield(Example{}, errors.New("disk on fire")) })
	pass := 0
	f("not those whose words were counted", func(c *Config) {}, func(yield func(Example, error) bool) {
		pass++
		fruit(50+pass, 1)(yield)
	})
	pass = 0
	f("not those whose words were counted", func(c *Config) {}, func(yield func(Example, error) bool) {
		pass++
		yield(Example{fmt.Sprint("pass", pass), []byte("x")}, nil)
	})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Train(ctx, small(), some); !errors.Is(err, context.Canceled) {
		t.Errorf("a canceled context: %v", err)
	}
}

// A loss has a name in a spec.
func TestLossNames(t *testing.T) {
	for _, name := range []string{"hs", "ns", "softmax", "ova"} {
		var l Loss
		err := l.UnmarshalText([]byte(name))
		back, _ := l.MarshalText()
		if err != nil || string(back) != name {
			t.Errorf("%s became %s: %v", name, back, err)
		}
	}
	if err := new(Loss).UnmarshalText([]byte("hinge")); err == nil {
		t.Error("hinge is no loss of fastText")
	}
}

// A single label, and examples without words, are no trouble.
func TestTrainOddExamples(t *testing.T) {
	for _, loss := range []Loss{Softmax, Hierarchical, OneVsAll} {
		c := small()
		c.Loss = loss
		m, err := Train(context.Background(), c, func(yield func(Example, error) bool) {
			for _, text := range []string{"", "\n", "</s>", "__label__x", "\xff\x00", "a b"} {
				if !yield(Example{"only", []byte(text)}, nil) {
					return
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := NewPredictor(m).Predict([]byte("a"), -1, 0); len(got) != 1 || m.Labels()[0] != "__label__only" {
			t.Errorf("%v: %v", loss, got)
		}
	}
}

func TestAUC(t *testing.T) {
	f := func(want float64, scores string, positive string) {
		t.Helper()
		var s []float32
		var p []bool
		for i := range scores {
			s, p = append(s, float32(scores[i])), append(p, positive[i] == '+')
		}
		if got := AUC(s, p); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("AUC of %s %s is %v, want %v", scores, positive, got, want)
		}
	}
	f(1, "0123", "--++")
	f(0, "0123", "++--")
	f(0.5, "0000", "+-+-")
	f(0.75, "0123", "-+-+")
	f(0.875, "0112", "--++") // one of four pairs is a tie
	f(0.875, "2110", "+-+-")
	f(0.5, "2110", "+--+")
	f(math.NaN(), "01", "++")
	f(math.NaN(), "", "")
}

func TestEvaluate(t *testing.T) {
	m := golden(t, "softmax.bin")
	examples := func(yield func(Example, error) bool) {
		for _, e := range []Example{
			{"code", []byte("if err != nil {")}, {"__label__code", []byte("return nil, err")}, {"never", []byte("the text")}, {"zh", []byte("")},
		} {
			if !yield(e, nil) {
				return
			}
		}
	}
	q, err := Evaluate(m, "code", examples)
	if err != nil {
		t.Fatal(err)
	}
	code := q.Labels[m.Label("code")]
	if q.Examples != 4 || q.Answered != 4 || q.Precision != 0.5 || q.Recall != 0.5 || q.AUC != 1 || code.Examples != 2 || code.Given != 1 ||
		code.Right != 1 || code.Precision != 1 || code.Recall != 0.5 || math.Abs(code.F1-2.0/3) > 1e-15 {
		t.Errorf("%+v", q)
	}
	if _, err := Evaluate(m, "none", examples); err == nil {
		t.Error("a label that the model has not")
	}
	if _, err := Evaluate(m, "code", fruit(0, 1)); err == nil {
		t.Error("no examples")
	}
}

var (
	peerTrain = flag.String("peer.train", "", "a file of lines that begin with their label, to train on")
	peerOut   = flag.String("peer.out", "", "where to write the model")
	peerArgs  = Config{}
)

func init() {
	peerArgs = DefaultConfig()
	flag.IntVar(&peerArgs.Dim, "peer.dim", 100, "dim")
	flag.IntVar(&peerArgs.Epochs, "peer.epochs", 5, "epochs")
	flag.IntVar(&peerArgs.WordNgrams, "peer.ngrams", 1, "word n-grams")
	flag.IntVar(&peerArgs.MinSubword, "peer.minn", 0, "subwords")
	flag.IntVar(&peerArgs.MaxSubword, "peer.maxn", 0, "subwords")
	flag.IntVar(&peerArgs.MinCount, "peer.mincount", 1, "least count")
	flag.Float64Var(&peerArgs.Rate, "peer.rate", 0.1, "rate")
	flag.IntVar((*int)(&peerArgs.Loss), "peer.loss", int(Softmax), "loss")
}

// Training can be held against fastText by hand.
func TestPeerTrain(t *testing.T) {
	if *peerTrain == "" {
		t.Skip("no -peer.train given")
	}
	lines := readLines(t, *peerTrain)
	m, err := Train(context.Background(), peerArgs, func(yield func(Example, error) bool) {
		for _, l := range lines {
			label, text, _ := strings.Cut(l, " ")
			if !yield(Example{label, []byte(text)}, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(*peerOut)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.WriteTo(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
