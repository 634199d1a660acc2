package train

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/model"
)

// prompt is what a sample starts from, and how it is shown before the sample's text.
type prompt struct {
	tokens []int32
	shown  string
	stop   []int32 // tokens that end the sample
}

// fits reports an error if the prompt is longer than a context.
func (p prompt) fits(context int) error {
	if len(p.tokens) > context {
		return fmt.Errorf("the prompt %.40q has %d tokens, the model's context is %d", p.shown, len(p.tokens), context)
	}
	return nil
}

// textPrompt continues a text; an empty one starts a document.
func textPrompt(tok *tokenize.Tokenizer, text string) prompt {
	eot := int32(tok.EndOfText())
	p := prompt{tokens: []int32{eot}, shown: text, stop: []int32{eot}}
	for _, id := range tok.NewEncoder().Append(nil, []byte(text)) {
		p.tokens = append(p.tokens, int32(id))
	}
	return p
}

// Complete draws a continuation of text from a model. The same seed draws the same text.
func Complete(m *model.Model, tok *tokenize.Tokenizer, s Sampling, text string, seed uint64) (string, error) {
	return generate(m, tok, s, textPrompt(tok, text), seed)
}

// generate draws tokens one by one until a stop token, s.Tokens or the end of the context.
func generate(m *model.Model, tok *tokenize.Tokenizer, s Sampling, p prompt, seed uint64) (string, error) {
	if err := s.Validate(); err != nil {
		return "", err
	}
	context := m.Config().Context
	if err := p.fits(context); err != nil {
		return "", err
	}
	cache := model.NewCache(m, len(p.tokens))
	rnd := rand.New(rand.NewPCG(seed, 0))
	logits := cache.Next(p.tokens)
	var out []uint32
	for len(out) < s.Tokens {
		for i, v := range logits {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				return "", fmt.Errorf("the model's logit of token %d is %v: its weights are damaged", i, v)
			}
		}
		t := int32(draw(logits, s, rnd))
		if slices.Contains(p.stop, t) {
			break
		}
		out = append(out, uint32(t))
		if len(p.tokens)+len(out) >= context {
			break
		}
		logits = cache.Next([]int32{t})
	}
	return string(tok.AppendDecode(nil, out)), nil
}

// draw picks a token: the k likeliest of the tempered distribution, of them the fewest that hold a mass of p, then by chance. Ties
// go to the smaller id.
func draw(logits []float32, s Sampling, rnd *rand.Rand) int {
	order := make([]int, len(logits))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool { return logits[order[i]] > logits[order[j]] })
	if s.Temperature == 0 {
		return order[0]
	}
	if s.TopK > 0 && s.TopK < len(order) {
		order = order[:s.TopK]
	}
	weights := make([]float64, len(order))
	sum := 0.0
	for i, t := range order {
		weights[i] = math.Exp(float64(logits[t]-logits[order[0]]) / s.Temperature)
		sum += weights[i]
	}
	mass, n := 0.0, 0
	for n < len(order) && mass < s.TopP*sum {
		mass += weights[n]
		n++
	}
	x := rnd.Float64() * mass
	for i := range n {
		if x -= weights[i]; x < 0 {
			return order[i]
		}
	}
	return order[n-1]
}
