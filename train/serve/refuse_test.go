package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestRefusesInJSON(t *testing.T) {
	h, _, tok := tiny(t, nil)
	for _, c := range []struct {
		path, body string
		code       int
		want       string
	}{
		{"/v1/completions", `{`, 400, "no valid JSON"},
		{"/v1/completions", `{"prompt": "a"} {}`, 400, "more than one"},
		{"/v1/completions", `[]`, 400, "no valid JSON"},
		{"/v1/completions", `{}`, 400, "no prompt"},
		{"/v1/completions", `{"prompt": []}`, 400, "empty list"},
		{"/v1/completions", `{"prompt": {"a": 1}}`, 400, "want a text"},
		{"/v1/completions", `{"prompt": [1, "a"]}`, 400, "want a text"},
		{"/v1/completions", `{"prompt": [1.5]}`, 400, "want a text"},
		{"/v1/completions", `{"prompt": [-1]}`, 400, "the vocabulary has"},
		{"/v1/completions", `{"prompt": [[1], [` + fmt.Sprint(tok.Vocab()) + `]]}`, 400, "the vocabulary has"},
		{"/v1/completions", `{"prompt": "a", "model": "gpt"}`, 404, "this server has"},
		{"/v1/completions", `{"prompt": "a", "max_tokens": -1}`, 400, "-1 tokens"},
		{"/v1/completions", `{"prompt": "a", "temperature": -1}`, 400, "temperature"},
		{"/v1/completions", `{"prompt": "a", "top_p": 0}`, 400, "top_p"},
		{"/v1/completions", `{"prompt": "a", "n": 0}`, 400, "n is 0"},
		{"/v1/completions", `{"prompt": "a", "n": 100000}`, 400, "n is 100000"},
		{"/v1/completions", `{"prompt": "a", "logprobs": 1000}`, 400, "logprobs"},
		{"/v1/completions", `{"prompt": "a", "best_of": 2}`, 400, "best_of"},
		{"/v1/completions", `{"prompt": "a", "suffix": "b"}`, 400, "suffix"},
		{"/v1/completions", `{"prompt": "a", "stop": 3}`, 400, "stop"},
		{"/v1/completions", `{"prompt": "a", "logit_bias": {"x": 1}}`, 400, "logit_bias"},
		{"/v1/completions", `{"prompt": "a", "logit_bias": {"99999": 1}}`, 400, "a bias on token"},
		{"/v1/completions", `{"prompt": "a", "echo": true, "stream": true}`, 400, "echo"},
		{"/v1/completions", `{"prompt": "a", "temprature": 1}`, 400, "temprature"},
		{"/v1/completions", `{"prompt": "` + strings.Repeat("the quern ", 200) + `"}`, 400, "context is 128"},
		{"/v1/completions", `{"prompt": "` + strings.Repeat("a", 1<<16) + `"}`, 413, "65536 bytes"},
		{"/v1/completions", `{"prompt": "a", "n": 41}`, 429, "waiting"},
		{"/v1/completions", strings.Repeat("[", 60000), 400, "no valid JSON"},
		{"/v1/chat/completions", `{"messages": []}`, 400, "no messages"},
		{"/v1/chat/completions", `{"messages": [{"role": "wizard", "content": "x"}]}`, 400, "wizard"},
		{"/v1/chat/completions", `{"messages": [{"role": "user", "content": null}]}`, 400, "message 0"},
		{"/v1/chat/completions", `{"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}`, 400, "image_url"},
		{"/v1/chat/completions", `{"messages": [{"role": "user", "content": "x"}], "top_logprobs": 2}`, 400, "top_logprobs"},
		{"/v1/chat/completions", `{"messages": [{"role": "user", "content": "` + strings.Repeat("quern ", 200) + `"}]}`, 400, "context is 128"},
		{"/detokenize", `{"tokens": [99999]}`, 400, "the vocabulary has"},
		{"/v1/poems", `{}`, 404, "/v1/completions"},
	} {
		code, v := post(t, h, c.path, c.body)
		if msg, _ := dig(v, "error", "message").(string); code != c.code || !strings.Contains(msg, c.want) {
			t.Errorf("%.80s: %d %v, want %d and %q", c.body, code, v, c.code, c.want)
		}
	}
	// Still there.
	if code, v := post(t, h, "/v1/completions", `{"prompt": "a"}`); code != 200 {
		t.Error(v)
	}
	do := func(change func(*http.Request)) int {
		r, _ := http.NewRequest("POST", h.URL+"/v1/completions", strings.NewReader(`{"prompt": "a"}`))
		r.Header.Set("Content-Type", "application/json")
		change(r)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	if got := do(func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }); got != http.StatusUnsupportedMediaType {
		t.Errorf("a form of a web page: %d", got)
	}
	if got := do(func(r *http.Request) { r.Host = "evil.example:80" }); got != http.StatusForbidden {
		t.Errorf("a name that is not this machine's: %d", got)
	}
	if got := do(func(r *http.Request) { r.Host = "[::1]:80" }); got != 200 {
		t.Errorf("this machine: %d", got)
	}
}

func TestKeyAndChatAreOptions(t *testing.T) {
	h, _, _ := tiny(t, func(o *Options) { o.Key, o.Chat = "secret", nil })
	if code, _ := post(t, h, "/v1/completions", `{"prompt": "a"}`); code != 401 {
		t.Errorf("without a key: %d", code)
	}
	r, _ := http.NewRequest("POST", h.URL+"/v1/chat/completions", strings.NewReader(`{"messages": [{"role": "user", "content": "x"}]}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer secret")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, _ := io.ReadAll(res.Body); res.StatusCode != 501 || !strings.Contains(string(b), "no chat template") {
		t.Errorf("%d %s", res.StatusCode, b)
	}
	if res, err := http.Get(h.URL + "/health"); err != nil || res.StatusCode != 200 {
		t.Errorf("health: %v %v", res, err)
	}
}

func TestTokenizerDoors(t *testing.T) {
	h, _, tok := tiny(t, nil)
	_, v := post(t, h, "/tokenize", `{"prompt": "the mill<|endoftext|>", "add_special_tokens": false}`)
	ids := dig(v, "tokens").([]any)
	if ids[len(ids)-1] != float64(tok.EndOfText()) || dig(v, "count") != float64(len(ids)) {
		t.Errorf("%v", v)
	}
	b, _ := json.Marshal(map[string]any{"tokens": ids[:len(ids)-1]})
	if _, v := post(t, h, "/detokenize", string(b)); dig(v, "prompt") != "the mill" {
		t.Errorf("%v", v)
	}
	res, err := http.Get(h.URL + "/tokenizer_info")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, _ := io.ReadAll(res.Body); !strings.Contains(string(b), `"eos_token":"<|endoftext|>"`) && !strings.Contains(string(b), `endoftext`) {
		t.Errorf("%s", b)
	}
	if res, err = http.Get(h.URL + "/v1/models"); err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, _ := io.ReadAll(res.Body); !strings.Contains(string(b), `"id":"tiny"`) {
		t.Errorf("%s", b)
	}
}

// Who leaves makes room: its sequences are dropped, others go on.
func TestLeavingMakesRoom(t *testing.T) {
	h, _, _ := tiny(t, func(o *Options) { o.Queue = 4 })
	ctx, leave := context.WithCancel(context.Background())
	r, _ := http.NewRequestWithContext(ctx, "POST", h.URL+"/v1/completions", strings.NewReader(`{"prompt": "a", "n": 4, "max_tokens": 120, "stream": true}`))
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	io.ReadFull(res.Body, make([]byte, 10))
	leave()
	res.Body.Close()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		code, v := post(t, h, "/v1/completions", `{"prompt": "a", "n": 4, "max_tokens": 2}`)
		if code == 200 {
			break
		}
		if code != 429 || time.Now().After(deadline) {
			t.Fatalf("%d %v", code, v)
		}
	}
}

func TestTimeIsLimited(t *testing.T) {
	h, _, _ := tiny(t, func(o *Options) { o.Timeout = time.Nanosecond })
	if code, v := post(t, h, "/v1/completions", `{"prompt": "a", "max_tokens": 100}`); code != 504 {
		t.Errorf("%d %v", code, v)
	}
}

// A server that is told to end lets those that run come to their end.
func TestEndsGracefully(t *testing.T) {
	tok := tinyTokenizer(t)
	_, m, _ := tiny(t, nil)
	s := New(m, tok, DefaultOptions())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l, 10*time.Second) }()
	res, err := http.Post("http://"+l.Addr().String()+"/v1/completions", "application/json", strings.NewReader(`{"prompt": "a", "max_tokens": 60, "stream": true, "temperature": 2}`))
	if err != nil {
		t.Fatal(err)
	}
	stop()
	b, err := io.ReadAll(res.Body)
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(b)), "[DONE]") {
		t.Errorf("cut short: %v, %s", err, b)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	s.Close()
	if _, err := http.Get("http://" + l.Addr().String() + "/health"); err == nil {
		t.Error("it still answers")
	}
}
