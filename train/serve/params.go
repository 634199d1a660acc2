package serve

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/seed-83c59573/quern/train/decode"
)

// params are what both kinds of completions take. Pointers tell what was not given.
type params struct {
	Model       string             `json:"model"`
	N           *int               `json:"n"`
	MaxTokens   *int               `json:"max_tokens"`
	Temperature *float64           `json:"temperature"`
	TopP        *float64           `json:"top_p"`
	TopK        *int               `json:"top_k"`
	MinP        *float64           `json:"min_p"`
	Presence    *float64           `json:"presence_penalty"`
	Frequency   *float64           `json:"frequency_penalty"`
	Repetition  *float64           `json:"repetition_penalty"`
	Bias        map[string]float64 `json:"logit_bias"`
	Stop        json.RawMessage    `json:"stop"`
	Seed        *int64             `json:"seed"`
	Stream      bool               `json:"stream"`
	StreamOpts  *struct {
		Usage bool `json:"include_usage"`
	} `json:"stream_options"`
	User string `json:"user"` // says nothing to a model
}

const maxChoices = 128

// options are the engine's. Without a temperature it is 1, and without a seed 0: the same request has the same answer.
func (p *params) options(name string, tokens int) (o decode.Options, n int, err error) {
	if p.Model != "" && p.Model != name {
		return o, n, &apiError{status: http.StatusNotFound, param: "model", code: "model_not_found", message: fmt.Sprintf("no model %q: this server has %q", p.Model, name)}
	}
	o, n = decode.Greedy(tokens), 1
	o.Temperature = 1
	set(&n, p.N)
	set(&o.Tokens, p.MaxTokens)
	set(&o.Temperature, p.Temperature)
	set(&o.TopP, p.TopP)
	set(&o.TopK, p.TopK)
	set(&o.MinP, p.MinP)
	set(&o.Presence, p.Presence)
	set(&o.Frequency, p.Frequency)
	set(&o.Repetition, p.Repetition)
	if p.Seed != nil {
		o.Seed = uint64(*p.Seed)
	}
	if n < 1 || n > maxChoices {
		return o, n, bad("n", "n is %d, want 1 to %d", n, maxChoices)
	}
	if o.TopK < 0 { // other servers' way to say all
		o.TopK = 0
	}
	if o.Stop, err = oneOrMore(p.Stop, "stop"); err != nil {
		return o, n, err
	}
	o.Stop = slices.DeleteFunc(o.Stop, func(s string) bool { return s == "" })
	for id, add := range p.Bias {
		k, err := strconv.ParseInt(id, 10, 32)
		if err != nil || !(add >= -100 && add <= 100) {
			return o, n, bad("logit_bias", "logit_bias %q: %g: want a token's number, and -100 to 100", id, add)
		}
		o.Bias = append(o.Bias, decode.Bias{ID: int32(k), Add: float32(add)})
	}
	slices.SortFunc(o.Bias, func(a, b decode.Bias) int { return int(a.ID) - int(b.ID) })
	if err := o.Validate(); err != nil {
		return o, n, bad("", "%v", err)
	}
	return o, n, nil
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// oneOrMore is a string or a list of them; null and nothing are none.
func oneOrMore(raw json.RawMessage, name string) ([]string, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}, nil
	}
	var list []string
	if json.Unmarshal(raw, &list) != nil {
		return nil, bad(name, "%s is %.40s, want a string or a list of strings", name, raw)
	}
	return list, nil
}

// seedOf is the seed of choice k: the first has the request's own.
func seedOf(seed uint64, k int) uint64 { return seed + uint64(k)*0x9e3779b97f4a7c15 }

// prompts are a text, texts, token ids or lists of them. Texts get the token that begins texts, if the model wants it.
func (s *Server) prompts(raw json.RawMessage, bos bool) ([][]int32, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, bad("prompt", "no prompt")
	}
	var texts []string
	var ids []int32
	var lists [][]int32
	switch {
	case json.Unmarshal(raw, &ids) == nil:
		if len(ids) > 0 {
			lists = [][]int32{ids}
		}
	case json.Unmarshal(raw, &lists) == nil:
	case json.Unmarshal(raw, &texts) == nil:
		lists = nil
	default:
		one, err := oneOrMore(raw, "prompt")
		if err != nil {
			return nil, bad("prompt", "the prompt is %.40s, want a text, texts, token ids or lists of token ids", raw)
		}
		texts, lists = one, nil
	}
	enc := s.tok.NewEncoder()
	for _, text := range texts {
		var list []int32
		if bos && s.o.BOS != "" {
			id, _ := s.tok.Special(s.o.BOS)
			list = append(list, int32(id))
		}
		for _, id := range enc.Append(nil, []byte(text)) {
			list = append(list, int32(id))
		}
		lists = append(lists, list)
	}
	if len(lists) == 0 {
		return nil, bad("prompt", "an empty list of prompts")
	}
	for i, list := range lists {
		if len(list) == 0 { // a document begins
			lists[i] = []int32{int32(s.tok.EndOfText())}
		}
	}
	return lists, nil
}

// usage counts tokens.
type usage struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Total      int `json:"total_tokens"`
}

func (u *usage) add(prompt, completion int) {
	u.Prompt, u.Completion = u.Prompt+prompt, u.Completion+completion
	u.Total = u.Prompt + u.Completion
}

// spelled is a token as OpenAI's API spells it: bytes that are no UTF-8 by themselves as \x escapes behind "bytes:".
func (s *Server) spelled(id int32) string {
	b := s.tok.AppendDecode(nil, []uint32{uint32(id)})
	if len(b) == 0 {
		b = s.tok.Token(uint32(id))
	}
	if utf8.Valid(b) {
		return string(b)
	}
	out := "bytes:"
	for _, c := range b {
		out += fmt.Sprintf("\\x%02x", c)
	}
	return out
}
