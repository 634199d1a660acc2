package eval

import (
	"context"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/decode"
)

// Version changes when a figure of the same model on the same task does.
const Version = "1"

// Runner is a model as tasks use it.
type Runner struct {
	engine *decode.Engine
	tok    *tokenize.Tokenizer
	enc    *tokenize.Encoder
	prefix int32 // stands before a text that nothing else does

	Chat     Chat                  // for tasks of chats; nil = the model does not chat
	Progress func(done, total int) // of the requests of a task; may be nil
}

// NewRunner measures the model of an engine. prefix is the token that begins a text, as a rule the one that ends documents. Nobody else
// may use the engine meanwhile.
func NewRunner(e *decode.Engine, tok *tokenize.Tokenizer, prefix uint32) *Runner {
	return &Runner{engine: e, tok: tok, enc: tok.NewEncoder(), prefix: int32(prefix)}
}

func (r *Runner) encode(text string) []int32 {
	ids := r.enc.Append(nil, []byte(text))
	out := make([]int32, len(ids))
	for i, id := range ids {
		out[i] = int32(id)
	}
	return out
}

func (r *Runner) run(ctx context.Context, rs []*decode.Request) error {
	var done func(int)
	if r.Progress != nil {
		done = func(n int) { r.Progress(n, len(rs)) }
	}
	return r.engine.Run(ctx, rs, done)
}

// pair is a continuation to score in a context.
type pair struct{ context, continuation string }

// likelihood is what a model says of a continuation.
type likelihood struct {
	logp   float64 // nats
	greedy bool    // it is what the model would say
	tokens int
}

// split encodes a pair. The space that ends a context belongs to the continuation, and the continuation is what the tokens of both
// together have beyond those of the context (lm-evaluation-harness, api/model.py, _encode_pair).
func (r *Runner) split(p pair) (context, continuation []int32) {
	if p.context == "" {
		whole := r.encode(p.continuation)
		if len(whole) > 0 && whole[0] == r.prefix {
			return whole[:1], whole[1:]
		}
		return []int32{r.prefix}, whole
	}
	left := strings.TrimRightFunc(p.context, unicode.IsSpace)
	whole, context := r.encode(p.context+p.continuation), r.encode(left)
	n := min(len(context), len(whole))
	if n == 0 {
		return []int32{r.prefix}, whole
	}
	return context[:n:n], whole[n:]
}

// score is the log-likelihood of each continuation. What is longer than the model's context loses its beginning.
func (r *Runner) score(ctx context.Context, pairs []pair) ([]likelihood, error) {
	rs := make([]*decode.Request, 0, len(pairs))
	out := make([]likelihood, len(pairs))
	of := make([]int, 0, len(pairs))
	for i, p := range pairs {
		context, continuation := r.split(p)
		out[i] = likelihood{greedy: true, tokens: len(continuation)}
		if len(continuation) == 0 {
			continue
		}
		whole := append(context, continuation...)
		whole = whole[max(0, len(whole)-r.engine.Context()-1):]
		from := max(1, len(whole)-len(continuation))
		rs, of = append(rs, &decode.Request{Prompt: whole, From: from, Options: decode.Greedy(0)}), append(of, i)
	}
	if err := r.run(ctx, rs); err != nil {
		return nil, err
	}
	for k, q := range rs {
		l := &out[of[k]]
		for _, t := range q.Scores {
			l.logp += t.LogP
			l.greedy = l.greedy && t.LogP == t.Best
		}
	}
	return out, nil
}

// chars is how Python counts a string.
func chars(s string) int { return utf8.RuneCountInString(s) }

// Metric is a figure.
type Metric struct {
	Name   string  `json:"name"`
	Value  float64 `json:"value"`
	StdErr float64 `json:"stderr"`
	N      int     `json:"n"`
}

// mean is the mean of xs and its standard error, the sample's deviation over √n.
func mean(name string, xs []float64) Metric {
	m := Metric{Name: name, N: len(xs)}
	if len(xs) == 0 {
		return m
	}
	for _, x := range xs {
		m.Value += x
	}
	m.Value /= float64(len(xs))
	if len(xs) < 2 {
		return m
	}
	sum := 0.0
	for _, x := range xs {
		sum += (x - m.Value) * (x - m.Value)
	}
	m.StdErr = math.Sqrt(sum / float64(len(xs)-1) / float64(len(xs)))
	return m
}

// ratio is Σ num / Σ den and its standard error by the delta method, which takes documents as drawn one by one.
func ratio(name string, num, den []float64) Metric {
	m := Metric{Name: name, N: len(num)}
	var a, b float64
	for i := range num {
		a, b = a+num[i], b+den[i]
	}
	if b == 0 {
		return m
	}
	m.Value = a / b
	if n := float64(len(num)); n > 1 {
		sum := 0.0
		for i := range num {
			d := num[i] - m.Value*den[i]
			sum += d * d
		}
		m.StdErr = math.Sqrt(sum*n/(n-1)) / b
	}
	return m
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// argmax is the first of the largest.
func argmax(xs []float64) int {
	best := 0
	for i, x := range xs {
		if x > xs[best] {
			best = i
		}
	}
	return best
}
