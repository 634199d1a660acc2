package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"unicode/utf8"

	"github.com/seed-83c59573/quern/train/decode"
)

type completionRequest struct {
	params
	Prompt   json.RawMessage `json:"prompt"`
	Echo     bool            `json:"echo"`
	LogProbs *int            `json:"logprobs"`
	BestOf   *int            `json:"best_of"`
	Suffix   *string         `json:"suffix"`
	Special  *bool           `json:"add_special_tokens"` // as vLLM has it: false leaves out what begins texts
}

// logprobs are the log-probabilities of a completion's tokens, in OpenAI's old shape: nothing for the first token of all.
type logprobs struct {
	Tokens  []string             `json:"tokens"`
	LogProb []*float64           `json:"token_logprobs"`
	Top     []map[string]float64 `json:"top_logprobs"`
	Offset  []int                `json:"text_offset"` // characters
	at      int
}

type completionChoice struct {
	Index    int       `json:"index"`
	Text     string    `json:"text"`
	LogProbs *logprobs `json:"logprobs"`
	Reason   *string   `json:"finish_reason"`
}

// envelope is what every answer begins with.
type envelope struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	Model   string `json:"model"`
}

// envelope is that of the next answer.
func (s *Server) envelope(prefix, object string) envelope {
	return envelope{fmt.Sprintf("%s-%d", prefix, s.serial.Add(1)), object, s.o.Now().Unix(), s.o.Name}
}

type completion struct {
	envelope
	Choices []completionChoice `json:"choices"`
	Usage   *usage             `json:"usage,omitempty"`
}

func (s *Server) completions(w http.ResponseWriter, r *http.Request) {
	var q completionRequest
	s.decode(w, r, &q, func() ([]*decode.Request, error) { return s.plan(&q) }, func(ctx context.Context, c *call) error {
		out := completion{envelope: s.envelope("cmpl", "text_completion")}
		if q.Stream {
			s.streamCompletion(ctx, w, c, &q, out)
			return nil
		}
		state, err := c.wait(ctx, true)
		if err != nil {
			return err
		}
		out.Usage = promptUsage(c.rs)
		for i, st := range state {
			text, lp := st.text, (*logprobs)(nil)
			if q.LogProbs != nil {
				lp = &logprobs{}
			}
			if q.Echo {
				text = s.echo(c.rs[i], st.scores, lp) + text
			}
			s.list(lp, st.tokens)
			out.Choices = append(out.Choices, completionChoice{Index: i, Text: text, LogProbs: lp, Reason: &st.reason})
			out.Usage.add(0, len(st.tokens))
		}
		answer(w, out)
		return nil
	})
}

// promptUsage counts each prompt once, whatever the number of its choices.
func promptUsage(rs []*decode.Request) *usage {
	u := &usage{}
	for i, r := range rs {
		if i == 0 || &r.Prompt[0] != &rs[i-1].Prompt[0] {
			u.add(len(r.Prompt), 0)
		}
	}
	return u
}

// plan makes a sequence of each prompt and choice.
func (s *Server) plan(q *completionRequest) (rs []*decode.Request, err error) {
	o, n, err := q.options(s.o.Name, 16)
	if err != nil {
		return nil, err
	}
	switch {
	case q.Suffix != nil && *q.Suffix != "":
		return nil, bad("suffix", "this model does not fill in: leave suffix out")
	case q.BestOf != nil && *q.BestOf != n:
		return nil, bad("best_of", "best_of is %d: want n, %d", *q.BestOf, n)
	case q.LogProbs != nil && (*q.LogProbs < 0 || *q.LogProbs > 100):
		return nil, bad("logprobs", "logprobs is %d, want 0 to 100", *q.LogProbs)
	case q.Stream && q.Echo:
		return nil, bad("echo", "a stream has no echo")
	}
	if q.LogProbs != nil {
		o.Top = *q.LogProbs
	}
	prompts, err := s.prompts(q.Prompt, q.Special == nil || *q.Special)
	if err != nil {
		return nil, err
	}
	o.StopTokens = []int32{int32(s.tok.EndOfText())}
	for _, p := range prompts {
		for k := range n {
			x := &decode.Request{Prompt: p, Options: o}
			x.Options.Seed = seedOf(o.Seed, k)
			if q.Echo && q.LogProbs != nil {
				x.From = 1
			}
			rs = append(rs, x)
		}
	}
	return rs, nil
}

// echo is the prompt's text; its tokens go to lp, the first without a probability.
func (s *Server) echo(r *decode.Request, scores []decode.Token, lp *logprobs) string {
	ids := make([]uint32, len(r.Prompt))
	for i, id := range r.Prompt {
		ids[i] = uint32(id)
	}
	if lp != nil {
		lp.Tokens = append(lp.Tokens, s.spelled(r.Prompt[0]))
		lp.LogProb, lp.Top, lp.Offset = append(lp.LogProb, nil), append(lp.Top, nil), append(lp.Offset, 0)
		lp.at = utf8.RuneCount(s.tok.AppendDecode(nil, ids[:1]))
		s.list(lp, scores)
	}
	return string(s.tok.AppendDecode(nil, ids))
}

// list appends tokens. The likeliest are by their spelling; of two that are spelled alike the likelier one stays, and the token itself
// is always among them.
func (s *Server) list(lp *logprobs, tokens []decode.Token) {
	if lp == nil {
		return
	}
	for _, t := range tokens {
		name := s.spelled(t.ID)
		top := map[string]float64{}
		for _, l := range t.Top {
			if have, ok := top[s.spelled(l.ID)]; !ok || l.LogP > have {
				top[s.spelled(l.ID)] = l.LogP
			}
		}
		if have, ok := top[name]; !ok || t.LogP > have {
			top[name] = t.LogP
		}
		lp.Tokens, lp.LogProb, lp.Top, lp.Offset = append(lp.Tokens, name), append(lp.LogProb, &t.LogP), append(lp.Top, top), append(lp.Offset, lp.at)
		lp.at += utf8.RuneCount(s.tok.AppendDecode(nil, []uint32{uint32(t.ID)}))
	}
}

func (s *Server) streamCompletion(ctx context.Context, w http.ResponseWriter, c *call, q *completionRequest, out completion) {
	e := newEvents(w)
	lists := make([]logprobs, len(c.rs))
	all := promptUsage(c.rs)
	err := c.follow(ctx, func(i int, text string, tokens []decode.Token, now told) bool {
		choice := completionChoice{Index: i, Text: text}
		if q.LogProbs != nil {
			choice.LogProbs = &logprobs{at: lists[i].at}
			s.list(choice.LogProbs, tokens)
			lists[i].at = choice.LogProbs.at
		}
		if now.done {
			choice.Reason = &now.reason
			all.add(0, len(now.tokens))
		}
		out.Choices = []completionChoice{choice}
		return e.send(out)
	})
	if err != nil {
		e.fail(err)
		return
	}
	if q.StreamOpts != nil && q.StreamOpts.Usage {
		out.Choices, out.Usage = []completionChoice{}, all
		e.send(out)
	}
	e.done()
}
