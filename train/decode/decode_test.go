package decode

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops/cpu"
)

// slowDraw is the rule, told by sorting everything.
func slowDraw(logits []float32, o *Options, u float64) int {
	order := make([]int, len(logits))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool { return logits[order[i]] > logits[order[j]] })
	if o.Temperature == 0 {
		return order[0]
	}
	if o.TopK > 0 && o.TopK < len(order) {
		order = order[:o.TopK]
	}
	weights, sum := make([]float64, len(order)), 0.0
	for i, t := range order {
		weights[i] = math.Exp(float64(logits[t]-logits[order[0]]) / o.Temperature)
		sum += weights[i]
	}
	mass, n := 0.0, 0
	for n < len(order) && (o.TopP == 1 || mass < o.TopP*sum) && weights[n] >= o.MinP {
		mass += weights[n]
		n++
	}
	x := u * mass
	for i := range n {
		if x -= weights[i]; x < 0 {
			return order[i]
		}
	}
	return order[n-1]
}

func TestDrawIsTheRule(t *testing.T) {
	var d drawer
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 0))
		logits := make([]float32, 1+r.IntN(6000))
		for i := range logits {
			logits[i] = float32(r.NormFloat64() * 4)
			if seed%3 == 0 {
				logits[i] = float32(math.Round(float64(logits[i]))) // many alike
			}
		}
		o := Options{Temperature: []float64{0, 0.3, 1, 2.5}[r.IntN(4)], TopK: []int{0, 0, 1, 7, 100, 3000, 9999}[r.IntN(7)],
			TopP: []float64{1, 1, 0.1, 0.6, 0.99}[r.IntN(5)], MinP: []float64{0, 0, 0.02, 0.5, 1}[r.IntN(5)]}
		for range 6 {
			u := r.Float64()
			if got, want := int(d.draw(logits, &o, u)), slowDraw(logits, &o, u); got != want {
				t.Fatalf("seed %d, %+v, u %g: drew %d (%g), the rule says %d (%g)", seed, o, u, got, logits[got], want, logits[want])
			}
		}
		k := 1 + r.IntN(len(logits))
		top := slices.Clone(d.top(logits, k))
		if !slices.IsSortedFunc(top, func(a, b cand) int {
			if a.before(b) {
				return -1
			}
			return 1
		}) || len(top) != k {
			t.Fatalf("seed %d: the %d likeliest are not in order", seed, k)
		}
		if int32(slowDraw(logits, &Options{}, 0)) != best(logits) {
			t.Fatalf("seed %d: the likeliest is not", seed)
		}
	}
}

func TestUniform(t *testing.T) {
	sum, seen := 0.0, map[float64]bool{}
	for seed := range uint64(100) {
		for i := range 100 {
			u := uniform(seed, i)
			if u < 0 || u >= 1 || seen[u] {
				t.Fatalf("number %d of seed %d is %g", i, seed, u)
			}
			seen[u] = true
			sum += u
		}
	}
	if math.Abs(sum/1e4-0.5) > 0.01 {
		t.Errorf("the mean is %g", sum/1e4)
	}
}

func tinyTokenizer(t testing.TB) *tokenize.Tokenizer {
	t.Helper()
	learn := tokenize.DefaultLearn()
	learn.Vocab = 280
	c := tokenize.NewCounter(learn)
	c.Add([]byte("the mill grinds corn and the stone turns the mill. the mill grinds corn and the stone turns the mill."))
	tok, err := c.Learn()
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func tinyModel(t testing.TB, vocab int) *model.Model {
	t.Helper()
	c := model.Config{Arch: model.Llama, Layers: 2, Width: 32, Heads: 4, KVHeads: 2, Context: 48, Vocab: vocab, Tied: true, RopeTheta: 1e4, NormEps: 1e-5}
	m, err := model.New(c, cpu.New(2), 1)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(3)
	for _, p := range m.Params() {
		for i := range p.W { // far from uniform
			p.W[i] *= 6
		}
	}
	return m
}

// requests are of all kinds.
func requests(vocab, n int) []*Request {
	r := rand.New(rand.NewPCG(5, 5))
	var out []*Request
	system := []int32{9, 8, 7, 6, 5, 4}
	for i := range n {
		q := &Request{Options: Default()}
		if i%3 == 0 {
			q.Prompt = append(q.Prompt, system...)
		}
		for range 1 + r.IntN(40) {
			q.Prompt = append(q.Prompt, int32(r.IntN(vocab)))
		}
		q.Options.Seed, q.Options.Tokens = uint64(i), r.IntN(12)
		if i%2 == 0 {
			q.From = 1 + r.IntN(len(q.Prompt))
		}
		if i%4 == 1 {
			q.Options.Repetition, q.Options.Frequency, q.Options.Top = 1.2, 0.3, 3
		}
		if i%5 == 0 {
			q.Options.StopTokens, q.Options.TopK, q.Options.TopP = []int32{1, 2, 3, 4, 50, 60, 70}, 0, 0.9
		}
		out = append(out, q)
	}
	return out
}

// A request says the same, to the bit, among others as alone, in whatever slots and steps.
func TestTogetherIsAlone(t *testing.T) {
	tok := tinyTokenizer(t)
	m := tinyModel(t, tok.Vocab())
	alone, together := requests(tok.Vocab(), 60), requests(tok.Vocab(), 60)
	for _, r := range alone {
		if err := NewEngine(m, tok, 1, 48).Run(context.Background(), []*Request{r}, nil); err != nil {
			t.Fatal(err)
		}
	}
	reasons := map[string]int{}
	for _, shape := range [][2]int{{1, 7}, {5, 9}, {8, 200}} {
		calls := 0
		for _, r := range together {
			r.Each = func(*Request) { calls++ }
		}
		if err := NewEngine(m, tok, shape[0], shape[1]).Run(context.Background(), together, nil); err != nil {
			t.Fatal(err)
		}
		drawn := 0
		for i, a := range alone {
			b := together[i]
			if !slices.EqualFunc(a.Tokens, b.Tokens, same) || !slices.EqualFunc(a.Scores, b.Scores, same) || string(a.Text) != string(b.Text) || a.Reason != b.Reason {
				t.Fatalf("%v: request %d: alone %v %v %q, together %v %v %q", shape, i, a.Tokens, a.Scores, a.Reason, b.Tokens, b.Scores, b.Reason)
			}
			if want := len(a.Prompt) - a.From; a.From > 0 && len(a.Scores) != want || a.From == 0 && len(a.Scores) > 0 {
				t.Fatalf("request %d: %d scores, want %d", i, len(a.Scores), want)
			}
			if len(a.Tokens) > a.Options.Tokens || len(a.Prompt)+len(a.Tokens) > 49 {
				t.Fatalf("request %d: %d tokens after %d", i, len(a.Tokens), len(a.Prompt))
			}
			drawn += max(1, len(b.Tokens))
			reasons[a.Reason]++
		}
		if calls != drawn {
			t.Errorf("%d calls for %d tokens", calls, drawn)
		}
	}
	if reasons[Stopped] == 0 || reasons[Length] == 0 {
		t.Errorf("the requests do not end in all ways: %v", reasons)
	}
}

func same(a, b Token) bool {
	return a.ID == b.ID && a.LogP == b.LogP && a.Best == b.Best && slices.Equal(a.Top, b.Top)
}

// Scores are what the training forward pass says.
func TestScoresAreTheForwardPass(t *testing.T) {
	m := tinyModel(t, 280)
	big, err := model.New(m.Config(), cpu.New(1), 48)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range m.Params() {
		copy(big.Params()[i].W, p.W)
	}
	for _, r := range requests(280, 10) {
		r.From, r.Options.Tokens = 1, 0
		if err := NewEngine(m, nil, 1, 16).Run(context.Background(), []*Request{r}, nil); err != nil {
			t.Fatal(err)
		}
		n := len(r.Prompt) - 1
		if n == 0 {
			continue
		}
		s := model.Signals{LogP: make([]float64, n)}
		big.Forward(&model.Batch{Rows: 1, Cols: n, Tokens: r.Prompt[:n], Targets: r.Prompt[1:]}, &s)
		for i, want := range s.LogP {
			if got := r.Scores[i]; math.Abs(got.LogP-want) > 2e-4 || got.ID != r.Prompt[i+1] || got.LogP > got.Best {
				t.Fatalf("token %d has %+v, the forward pass %g", i+1, got, want)
			}
		}
	}
}

func TestStopsInTime(t *testing.T) {
	tok := tinyTokenizer(t)
	m := tinyModel(t, tok.Vocab())
	say := func(stop ...string) *Request {
		r := &Request{Prompt: []int32{104}, Options: Greedy(20)}
		r.Options.Stop = stop
		last := ""
		r.Each = func(r *Request) {
			if !strings.HasPrefix(string(r.Text), last) {
				t.Errorf("%q after %q", r.Text, last)
			}
			for _, s := range stop {
				if strings.Contains(string(r.Text), s) {
					t.Errorf("%q was shown, which has %q", r.Text, s)
				}
			}
			last = string(r.Text)
		}
		if err := NewEngine(m, tok, 1, 8).Run(context.Background(), []*Request{r}, nil); err != nil {
			t.Fatal(err)
		}
		return r
	}
	whole := string(say().Text)
	if len(whole) < 12 {
		t.Fatalf("the model says %q only", whole)
	}
	for i := 1; i+3 < len(whole); i++ {
		stop := whole[i : i+3]
		r := say("never said", stop)
		if want := whole[:strings.Index(whole, stop)]; string(r.Text) != want || r.Reason != Stopped {
			t.Errorf("stop at %q: %q (%s), want %q", stop, r.Text, r.Reason, want)
		}
	}
	if r := say(whole + "!"); string(r.Text) != whole || r.Reason != Length {
		t.Errorf("%q (%s): what looked like a stop string was lost", r.Text, r.Reason)
	}
}

func TestPenaltiesAndBiases(t *testing.T) {
	logits := []float32{2, -2, 1, 0}
	var h history
	r := &Request{Prompt: []int32{0, 1, 1}, Options: Options{Repetition: 2, Presence: 0.5, Frequency: 0.25, Bias: []Bias{{3, 7}}}}
	h.start(r)
	h.drew(2)
	h.drew(2)
	if got, want := h.adjust(logits, &r.Options), []float32{1, -4, 0.5 - 1, 7}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if logits[3] != 0 {
		t.Error("the logits themselves were changed")
	}
}

func TestRefuses(t *testing.T) {
	m := tinyModel(t, 280)
	e := NewEngine(m, nil, 1, 8)
	good := func() *Request { return &Request{Prompt: []int32{1, 2}, Options: Default()} }
	if err := e.Check(good()); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Request){
		"prompt is empty":     func(r *Request) { r.Prompt = nil },
		"context is 48":       func(r *Request) { r.Prompt = make([]int32, 49) },
		"vocabulary has 280":  func(r *Request) { r.Prompt[1] = 280 },
		"scores from token 3": func(r *Request) { r.From = 3 },
		"need a tokenizer":    func(r *Request) { r.Options.Stop = []string{"x"} },
		"string is empty":     func(r *Request) { r.Options.Stop = []string{""} },
		"a bias on token -1":  func(r *Request) { r.Options.Bias = []Bias{{-1, 1}} },
		"temperature":         func(r *Request) { r.Options.Temperature = math.NaN() },
		"top_p":               func(r *Request) { r.Options.TopP = 0 },
		"top_k":               func(r *Request) { r.Options.TopK = -1 },
		"min_p":               func(r *Request) { r.Options.MinP = 2 },
		"repetition":          func(r *Request) { r.Options.Repetition = 0 },
		"presence":            func(r *Request) { r.Options.Presence = math.Inf(1) },
		"-1 tokens":           func(r *Request) { r.Options.Tokens = -1 },
	} {
		r := good()
		change(r)
		if err := e.Add(r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
	m.Params()[0].W[5*32] = float32(math.NaN())
	if err := e.Run(context.Background(), []*Request{good()}, nil); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("weights that are no numbers: %v", err)
	}
}

func TestSteadyDecodingAllocatesNothing(t *testing.T) {
	m := tinyModel(t, 280)
	e := NewEngine(m, nil, 4, 4)
	for i := range 4 {
		r := &Request{Prompt: []int32{int32(i + 1)}, Options: Default(), Tokens: make([]Token, 0, 64)}
		if err := e.Add(r); err != nil {
			t.Fatal(err)
		}
		r.Tokens = make([]Token, 0, 64)
	}
	for range 20 {
		e.Step()
	}
	if n := testing.AllocsPerRun(20, func() { e.Step() }); n != 0 {
		t.Errorf("%g allocations a step", n)
	}
}
