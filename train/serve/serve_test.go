package serve

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/decode"
	"github.com/seed-83c59573/quern/train/model"
	"github.com/seed-83c59573/quern/train/ops/cpu"
)

func tinyTokenizer(t testing.TB) *tokenize.Tokenizer {
	t.Helper()
	learn := tokenize.DefaultLearn()
	learn.Vocab = 290
	c := tokenize.NewCounter(learn)
	c.Add([]byte(strings.Repeat("the mill grinds corn and the stone turns the mill. ", 3)))
	tok, err := c.Learn()
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// tiny serves a model of random weights, far from uniform.
func tiny(t testing.TB, change func(*Options)) (*httptest.Server, *model.Model, *tokenize.Tokenizer) {
	t.Helper()
	tok := tinyTokenizer(t)
	c := model.Config{Arch: model.Llama, Layers: 2, Width: 32, Heads: 4, KVHeads: 2, Context: 128, Vocab: tok.Vocab(), Tied: true, RopeTheta: 1e4, NormEps: 1e-5}
	m, err := model.New(c, cpu.New(2), 1)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(3)
	for _, p := range m.Params() {
		for i := range p.W {
			p.W[i] *= 5
		}
	}
	o := DefaultOptions()
	o.Name, o.Slots, o.Rows, o.Queue, o.Body = "tiny", 3, 16, 40, 1<<16
	o.Now = func() time.Time { return time.Unix(7, 0) }
	o.Chat = func(turns []Message) (prompt, stop []int32, err error) {
		var b strings.Builder
		for _, m := range turns {
			if m.Role != "user" && m.Role != "assistant" {
				return nil, nil, fmt.Errorf("role %q", m.Role)
			}
			b.WriteString(m.Role + ":" + m.Content + "\n")
		}
		for _, id := range tok.NewEncoder().Append(nil, []byte(b.String())) {
			prompt = append(prompt, int32(id))
		}
		return prompt, []int32{1}, nil
	}
	if change != nil {
		change(&o)
	}
	s := New(m, tok, o)
	h := httptest.NewServer(s)
	t.Cleanup(func() { h.Close(); s.Close() })
	return h, m, tok
}

// post sends JSON and gives the status and the answer.
func post(t testing.TB, h *httptest.Server, path, body string) (int, map[string]any) {
	t.Helper()
	res, err := http.Post(h.URL+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var v map[string]any
	if err := json.NewDecoder(res.Body).Decode(&v); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return res.StatusCode, v
}

// dig follows keys and numbers.
func dig(v any, path ...any) any {
	for _, p := range path {
		switch k := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[k]
		case int:
			a, _ := v.([]any)
			if k >= len(a) {
				return nil
			}
			v = a[k]
		}
	}
	return v
}

// What lm-evaluation-harness asks and reads: probabilities of a prompt's tokens, and whether each was the likeliest.
func TestEchoScoresThePrompt(t *testing.T) {
	h, m, tok := tiny(t, nil)
	prompts := [][]int32{{286, 3, 5, 100, 260}, {7, 9}}
	body, _ := json.Marshal(map[string]any{"model": "tiny", "prompt": prompts, "temperature": 0, "max_tokens": 1, "logprobs": 1, "seed": 1234, "echo": true})
	code, v := post(t, h, "/v1/completions", string(body))
	if code != 200 {
		t.Fatal(v)
	}
	for i, p := range prompts {
		r := &decode.Request{Prompt: p, From: 1, Options: decode.Greedy(1)}
		if err := decode.NewEngine(m, tok, 1, 4).Run(context.Background(), []*decode.Request{r}, nil); err != nil {
			t.Fatal(err)
		}
		c := dig(v, "choices", i)
		lps, tops := dig(c, "logprobs", "token_logprobs").([]any), dig(c, "logprobs", "top_logprobs").([]any)
		if len(lps) != len(p)+1 || len(tops) != len(p)+1 || lps[0] != nil || tops[0] != nil || dig(c, "index") != float64(i) {
			t.Fatalf("%d: %v", i, c)
		}
		for k, s := range append(r.Scores, r.Tokens...) {
			top := math.Inf(-1)
			for _, x := range tops[k+1].(map[string]any) {
				top = max(top, x.(float64))
			}
			if lps[k+1] != s.LogP || top != s.Best || (top == lps[k+1]) != (s.LogP == s.Best) {
				t.Errorf("%d, token %d: %v and %v, the engine has %+v", i, k+1, lps[k+1], top, s)
			}
		}
		text := dig(c, "text").(string)
		offsets := dig(c, "logprobs", "text_offset").([]any)
		if offsets[0] != 0.0 || !strings.HasPrefix(text, string(tok.AppendDecode(nil, []uint32{uint32(p[0])}))) || len(offsets) != len(p)+1 {
			t.Errorf("text %q, offsets %v", text, offsets)
		}
	}
	if u := dig(v, "usage"); dig(u, "prompt_tokens") != 7.0 || dig(u, "completion_tokens") != 2.0 || dig(u, "total_tokens") != 9.0 {
		t.Errorf("usage %v", u)
	}
	// No token at all: the prompt's probabilities alone.
	code, v = post(t, h, "/v1/completions", `{"prompt": "the mill", "max_tokens": 0, "echo": true, "logprobs": 0}`)
	if n := len(tok.NewEncoder().Append(nil, []byte("the mill"))); code != 200 || dig(v, "choices", 0, "text") != "the mill" || len(dig(v, "choices", 0, "logprobs", "tokens").([]any)) != n {
		t.Errorf("%v", v)
	}
}

func TestPromptsOfEveryShape(t *testing.T) {
	h, _, tok := tiny(t, nil)
	var ids []uint32
	ids = tok.NewEncoder().Append(ids, []byte("the mill"))
	list, _ := json.Marshal(ids)
	var want string
	for i, p := range []string{`"the mill"`, `["the mill"]`, string(list), "[" + string(list) + "]", `["the mill", "corn"]`, "[" + string(list) + ", [5]]"} {
		code, v := post(t, h, "/v1/completions", `{"max_tokens": 9, "temperature": 0.9, "seed": 5, "prompt": `+p+`}`)
		text, _ := dig(v, "choices", 0, "text").(string)
		if i == 0 {
			want = text
		}
		if n := len(dig(v, "choices").([]any)); code != 200 || text != want || n != 1+i/4 {
			t.Errorf("%s: %d, %v, want %q", p, code, v, want)
		}
	}
	// Choices differ, and the first is that of n = 1.
	_, v := post(t, h, "/v1/completions", `{"max_tokens": 9, "temperature": 0.9, "seed": 5, "n": 3, "prompt": "the mill"}`)
	if a, b := dig(v, "choices", 0, "text"), dig(v, "choices", 1, "text"); a != want || a == b {
		t.Errorf("choices %q and %q, want %q and another", a, b, want)
	}
	if code, v := post(t, h, "/v1/completions", `{"prompt": "", "max_tokens": 2}`); code != 200 || dig(v, "usage", "prompt_tokens") != 1.0 {
		t.Errorf("an empty prompt: %v", v)
	}
}

// stream gives the data of each event.
func stream(t *testing.T, h *httptest.Server, path, body string) (out []map[string]any) {
	t.Helper()
	res, err := http.Post(h.URL+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		b, _ := io.ReadAll(res.Body)
		t.Fatalf("%d %s: %s", res.StatusCode, res.Header.Get("Content-Type"), b)
	}
	scan := bufio.NewScanner(res.Body)
	last := ""
	for scan.Scan() {
		if scan.Text() == "" {
			continue
		}
		last = strings.TrimPrefix(scan.Text(), "data: ")
		if last == "[DONE]" {
			continue
		}
		var v map[string]any
		if err := json.Unmarshal([]byte(last), &v); err != nil {
			t.Fatalf("%s: %v", last, err)
		}
		out = append(out, v)
	}
	if last != "[DONE]" {
		t.Errorf("a stream ends with %q", last)
	}
	return out
}

func TestStreamsAreTheAnswer(t *testing.T) {
	h, _, _ := tiny(t, nil)
	for _, q := range []string{`"prompt": "the mill", "max_tokens": 20, "seed": 3`, `"prompt": ["the mill", "stone"], "n": 2, "max_tokens": 12, "seed": 3, "stop": ["e", "q"], "logprobs": 2`} {
		_, whole := post(t, h, "/v1/completions", "{"+q+"}")
		texts, reasons, tokens := map[float64]string{}, map[float64]any{}, map[float64]int{}
		events := stream(t, h, "/v1/completions", "{"+q+`, "stream": true, "stream_options": {"include_usage": true}}`)
		for _, v := range events[:len(events)-1] {
			i := dig(v, "choices", 0, "index").(float64)
			texts[i] += dig(v, "choices", 0, "text").(string)
			if list, ok := dig(v, "choices", 0, "logprobs", "tokens").([]any); ok {
				tokens[i] += len(list)
			}
			if r := dig(v, "choices", 0, "finish_reason"); r != nil {
				reasons[i] = r
			}
		}
		for i, c := range dig(whole, "choices").([]any) {
			if k := float64(i); dig(c, "text") != texts[k] || dig(c, "finish_reason") != reasons[k] {
				t.Errorf("%s: choice %d is %v, streamed %q %v", q, i, c, texts[k], reasons[k])
			}
			if list, ok := dig(c, "logprobs", "tokens").([]any); ok && len(list) != tokens[float64(i)] {
				t.Errorf("%s: %d tokens, streamed %d", q, len(list), tokens[float64(i)])
			}
		}
		if u := dig(events[len(events)-1], "usage"); fmt.Sprint(u) != fmt.Sprint(dig(whole, "usage")) {
			t.Errorf("usage %v, streamed %v", dig(whole, "usage"), u)
		}
	}
	q := `"messages": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": [{"type": "text", "text": "So."}]}], "max_tokens": 12, "seed": 2, "logprobs": true, "top_logprobs": 2`
	code, whole := post(t, h, "/v1/chat/completions", "{"+q+"}")
	if code != 200 || dig(whole, "choices", 0, "message", "role") != "assistant" || len(dig(whole, "choices", 0, "logprobs", "content", 0, "top_logprobs").([]any)) != 2 {
		t.Fatalf("%v", whole)
	}
	text := ""
	for _, v := range stream(t, h, "/v1/chat/completions", "{"+q+`, "stream": true}`) {
		if dig(v, "object") != "chat.completion.chunk" {
			t.Errorf("%v", v)
		}
		text += dig(v, "choices", 0, "delta", "content").(string)
	}
	if want := dig(whole, "choices", 0, "message", "content"); text != want {
		t.Errorf("streamed %q, want %q", text, want)
	}
}

// Requests that come together have the answers that they have one after another.
func TestTogetherIsOneAfterAnother(t *testing.T) {
	h, _, _ := tiny(t, nil)
	body := func(i int) string {
		return fmt.Sprintf(`{"prompt": "the mill %d %s", "max_tokens": %d, "seed": %d, "temperature": 1.3, "logprobs": 1, "echo": %v}`, i, strings.Repeat("corn ", i), 5+i, i, i%2 == 0)
	}
	choices := func(v map[string]any) string { return fmt.Sprint(v["choices"], v["usage"]) }
	var want [12]string
	for i := range want {
		_, v := post(t, h, "/v1/completions", body(i))
		want[i] = choices(v)
	}
	var wg sync.WaitGroup
	for range 2 {
		for i := range want {
			wg.Add(1)
			go func() {
				defer wg.Done()
				if _, v := post(t, h, "/v1/completions", body(i)); choices(v) != want[i] {
					t.Errorf("request %d: %s, alone %s", i, choices(v), want[i])
				}
			}()
		}
	}
	wg.Wait()
}
