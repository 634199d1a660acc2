package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/seed-83c59573/quern/train/decode"
)

type chatRequest struct {
	params
	Messages []struct {
		Role    string          `json:"role"`
		Content json.RawMessage `json:"content"`
		Name    string          `json:"name"`
	} `json:"messages"`
	MaxCompletion *int `json:"max_completion_tokens"`
	LogProbs      bool `json:"logprobs"`
	Top           *int `json:"top_logprobs"`
}

type chatToken struct {
	Token   string      `json:"token"`
	LogProb float64     `json:"logprob"`
	Bytes   []int       `json:"bytes"`
	Top     []chatToken `json:"top_logprobs,omitempty"`
}

type chatLogProbs struct {
	Content []chatToken `json:"content"`
}

type chatMessage struct {
	Role    string `json:"role,omitempty"`
	Content string `json:"content"`
}

type chatChoice struct {
	Index    int           `json:"index"`
	Message  *chatMessage  `json:"message,omitempty"`
	Delta    *chatMessage  `json:"delta,omitempty"`
	LogProbs *chatLogProbs `json:"logprobs"`
	Reason   *string       `json:"finish_reason"`
}

type chatAnswer struct {
	envelope
	Choices []chatChoice `json:"choices"`
	Usage   *usage       `json:"usage,omitempty"`
}

func (s *Server) chat(w http.ResponseWriter, r *http.Request) {
	var q chatRequest
	s.decode(w, r, &q, func() ([]*decode.Request, error) { return s.converse(&q) }, func(ctx context.Context, c *call) error {
		out := chatAnswer{envelope: s.envelope("chatcmpl", "chat.completion")}
		if q.Stream {
			s.streamChat(ctx, w, c, &q, out)
			return nil
		}
		state, err := c.wait(ctx, true)
		if err != nil {
			return err
		}
		out.Usage = promptUsage(c.rs)
		for i, st := range state {
			choice := chatChoice{Index: i, Message: &chatMessage{"assistant", st.text}, Reason: &st.reason}
			if q.LogProbs {
				choice.LogProbs = s.chatTokens(st.tokens)
			}
			out.Choices = append(out.Choices, choice)
			out.Usage.add(0, len(st.tokens))
		}
		answer(w, out)
		return nil
	})
}

// converse lays out the conversation and makes a sequence of each choice. Without a limit the answer may fill the context.
func (s *Server) converse(q *chatRequest) ([]*decode.Request, error) {
	if s.o.Chat == nil {
		return nil, &apiError{status: http.StatusNotImplemented, message: "this model has no chat template: use /v1/completions", code: "no_chat_template"}
	}
	if len(q.Messages) == 0 {
		return nil, bad("messages", "no messages")
	}
	var turns []Message
	for i, m := range q.Messages {
		text, err := contentOf(m.Content)
		if err != nil {
			return nil, bad("messages", "message %d: %v", i, err)
		}
		turns = append(turns, Message{m.Role, text})
	}
	prompt, stops, err := s.o.Chat(turns)
	if err != nil {
		return nil, bad("messages", "%v", err)
	}
	if len(prompt) >= s.context {
		return nil, &apiError{status: http.StatusBadRequest, param: "messages", code: "context_length_exceeded",
			message: fmt.Sprintf("the conversation has %d tokens, the model's context is %d", len(prompt), s.context)}
	}
	if q.MaxCompletion != nil {
		q.MaxTokens = q.MaxCompletion
	}
	o, n, err := q.options(s.o.Name, s.context-len(prompt))
	if err != nil {
		return nil, err
	}
	if q.Top != nil {
		if !q.LogProbs || *q.Top < 0 || *q.Top > 20 {
			return nil, bad("top_logprobs", "top_logprobs is %d: want 0 to 20, and logprobs", *q.Top)
		}
		o.Top = *q.Top
	}
	o.StopTokens = append(stops, int32(s.tok.EndOfText()))
	var rs []*decode.Request
	for k := range n {
		x := &decode.Request{Prompt: prompt, Options: o}
		x.Options.Seed = seedOf(o.Seed, k)
		rs = append(rs, x)
	}
	return rs, nil
}

// contentOf is a text, or a list of parts that are texts.
func contentOf(raw json.RawMessage) (string, error) {
	var text string
	if err := json.Unmarshal(raw, &text); err == nil && string(raw) != "null" {
		return text, nil
	}
	var parts []struct {
		Type string  `json:"type"`
		Text *string `json:"text"`
	}
	if json.Unmarshal(raw, &parts) != nil || len(parts) == 0 {
		return "", fmt.Errorf("the content is %.40s, want a text", raw)
	}
	var b strings.Builder
	for _, p := range parts {
		if p.Type != "text" || p.Text == nil {
			return "", fmt.Errorf("a part of type %q: this model reads text", p.Type)
		}
		b.WriteString(*p.Text)
	}
	return b.String(), nil
}

// chatTokens are tokens in the shape of chats.
func (s *Server) chatTokens(tokens []decode.Token) *chatLogProbs {
	one := func(id int32, p float64) chatToken {
		t := chatToken{Token: s.spelled(id), LogProb: p, Bytes: []int{}}
		for _, b := range s.tok.AppendDecode(nil, []uint32{uint32(id)}) {
			t.Bytes = append(t.Bytes, int(b))
		}
		return t
	}
	out := &chatLogProbs{Content: []chatToken{}}
	for _, t := range tokens {
		x := one(t.ID, t.LogP)
		for _, l := range t.Top {
			x.Top = append(x.Top, one(l.ID, l.LogP))
		}
		out.Content = append(out.Content, x)
	}
	return out
}

func (s *Server) streamChat(ctx context.Context, w http.ResponseWriter, c *call, q *chatRequest, out chatAnswer) {
	out.Object = "chat.completion.chunk"
	e := newEvents(w)
	for i := range c.rs {
		out.Choices = []chatChoice{{Index: i, Delta: &chatMessage{Role: "assistant"}}}
		if !e.send(out) {
			return
		}
	}
	all := promptUsage(c.rs)
	err := c.follow(ctx, func(i int, text string, tokens []decode.Token, now told) bool {
		choice := chatChoice{Index: i, Delta: &chatMessage{Content: text}}
		if q.LogProbs {
			choice.LogProbs = s.chatTokens(tokens)
		}
		if now.done {
			choice.Reason = &now.reason
			all.add(0, len(now.tokens))
		}
		out.Choices = []chatChoice{choice}
		return e.send(out)
	})
	if err != nil {
		e.fail(err)
		return
	}
	if q.StreamOpts != nil && q.StreamOpts.Usage {
		out.Choices, out.Usage = []chatChoice{}, all
		e.send(out)
	}
	e.done()
}
