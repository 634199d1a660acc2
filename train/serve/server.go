package serve

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/decode"
	"github.com/seed-83c59573/quern/train/model"
)

// Message is a turn of a conversation.
type Message struct {
	Role    string
	Content string
}

// Options say how a model is served.
type Options struct {
	Name    string        // of the model
	Slots   int           // sequences that run at once
	Rows    int           // tokens of a step
	Queue   int           // sequences that run or wait; more are refused
	Body    int64         // bytes of a request
	Timeout time.Duration // of a request
	Key     string        // that requests must name; "" = none
	Local   bool          // only hosts that mean this machine are answered, so that no web page reaches it by a name of its own
	Now     func() time.Time
	BOS     string // the special token that begins every text; "" = none

	// Chat lays out a conversation for the assistant to go on, and lists the tokens that end its turn; nil = no chat.
	Chat func([]Message) (prompt, stop []int32, err error)
	// Template is the chat template in Jinja, for those who ask what the tokenizer is; "" = none.
	Template string
}

// DefaultOptions suit a machine of a few cores.
func DefaultOptions() Options {
	return Options{Name: "model", Slots: 8, Rows: 256, Queue: 1024, Body: 8 << 20, Timeout: 10 * time.Minute, Local: true, Now: time.Now}
}

// Server serves one model.
type Server struct {
	o       Options
	tok     *tokenize.Tokenizer
	context int
	vocab   int
	driver  *driver
	serial  atomic.Int64
	mux     *http.ServeMux
}

// New starts the engine; Close ends it.
func New(m *model.Model, tok *tokenize.Tokenizer, o Options) *Server {
	s := &Server{o: o, tok: tok, context: m.Config().Context, vocab: m.Config().Vocab,
		driver: newDriver(decode.NewEngine(m, tok, o.Slots, o.Rows), o.Queue), mux: http.NewServeMux()}
	s.mux.HandleFunc("POST /v1/completions", s.completions)
	s.mux.HandleFunc("POST /v1/chat/completions", s.chat)
	s.mux.HandleFunc("GET /v1/models", s.models)
	s.mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { answer(w, map[string]string{"status": "ok"}) })
	s.mux.HandleFunc("POST /tokenize", s.tokenize)
	s.mux.HandleFunc("POST /detokenize", s.detokenize)
	s.mux.HandleFunc("GET /tokenizer_info", s.tokenizerInfo)
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, &apiError{status: http.StatusNotFound, message: fmt.Sprintf("no %s %s: there are /v1/completions, /v1/chat/completions, /v1/models, /tokenize, /detokenize, /tokenizer_info and /health", r.Method, r.URL.Path)})
	})
	return s
}

// Close ends the engine. Handlers must be done.
func (s *Server) Close() { s.driver.close() }

// Serve answers until ctx is done; then it takes no more, and gives those that run a while to end.
func (s *Server) Serve(ctx context.Context, l net.Listener, grace time.Duration) error {
	base, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	h := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return base }}
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	left, stop := context.WithTimeout(context.Background(), grace)
	defer stop()
	err := h.Shutdown(left)
	if errors.Is(err, context.DeadlineExceeded) {
		cut() // those that still run are told to end
		again, stop := context.WithTimeout(context.Background(), 5*time.Second)
		defer stop()
		err = h.Shutdown(again)
	}
	return err
}

// ServeHTTP checks who asks, and from where, before anything is read.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.o.Local && !localHost(r.Host) {
		s.fail(w, &apiError{status: http.StatusForbidden, message: fmt.Sprintf("host %q is not this machine", r.Host)})
		return
	}
	if s.o.Key != "" && r.URL.Path != "/health" {
		got, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if subtle.ConstantTimeCompare([]byte(got), []byte(s.o.Key)) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			s.fail(w, &apiError{status: http.StatusUnauthorized, message: "want the header Authorization: Bearer and the server's key", code: "invalid_api_key"})
			return
		}
	}
	s.mux.ServeHTTP(w, r)
}

func localHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// apiError is an error as clients of such APIs read it.
type apiError struct {
	status  int
	message string
	param   string
	code    string
}

func (e *apiError) Error() string { return e.message }

func bad(param, format string, a ...any) *apiError {
	return &apiError{status: http.StatusBadRequest, message: fmt.Sprintf(format, a...), param: param}
}

// body is an error in JSON.
func (e *apiError) body() map[string]any {
	kind := "invalid_request_error"
	switch {
	case e.status == http.StatusTooManyRequests:
		kind = "rate_limit_error"
	case e.status >= 500:
		kind = "server_error"
	case e.status == http.StatusUnauthorized:
		kind = "authentication_error"
	}
	orNull := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	return map[string]any{"error": map[string]any{"message": e.message, "type": kind, "param": orNull(e.param), "code": orNull(e.code)}}
}

// asError knows what the engine's errors mean to a client.
func asError(err error) *apiError {
	var e *apiError
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, errBusy):
		return &apiError{status: http.StatusTooManyRequests, message: err.Error(), code: "queue_full"}
	case errors.Is(err, errShut):
		return &apiError{status: http.StatusServiceUnavailable, message: err.Error()}
	case errors.Is(err, context.DeadlineExceeded):
		return &apiError{status: http.StatusGatewayTimeout, message: "the request took too long", code: "timeout"}
	case errors.Is(err, context.Canceled):
		return &apiError{status: http.StatusServiceUnavailable, message: "the request was cut short"}
	}
	return bad("", "%v", err)
}

// decode reads a request into q, decodes the sequences that plan makes of it, and has tell answer with what becomes of them.
func (s *Server) decode(w http.ResponseWriter, r *http.Request, q any, plan func() ([]*decode.Request, error), tell func(context.Context, *call) error) {
	if err := s.read(w, r, q); err != nil {
		s.fail(w, err)
		return
	}
	rs, err := plan()
	if err != nil {
		s.fail(w, err)
		return
	}
	ctx, stop := context.WithTimeout(r.Context(), s.o.Timeout)
	defer stop()
	c, err := s.driver.start(rs)
	if err != nil {
		s.fail(w, err)
		return
	}
	defer c.end()
	if err := tell(ctx, c); err != nil {
		s.fail(w, err)
	}
}

func (s *Server) fail(w http.ResponseWriter, err error) {
	e := asError(err)
	if e.status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "1")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(e.status)
	json.NewEncoder(w).Encode(e.body())
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

// read decodes a request's body. A field that does not exist is refused by its name: it would change nothing, in silence.
func (s *Server) read(w http.ResponseWriter, r *http.Request, into any) error {
	// Browsers send other types without asking first; these would let a web page use the server.
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return &apiError{status: http.StatusUnsupportedMediaType, message: "want Content-Type: application/json"}
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, s.o.Body))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = errors.New("more than one JSON value")
		}
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return &apiError{status: http.StatusRequestEntityTooLarge, message: fmt.Sprintf("the request has more than %d bytes", large.Limit)}
	case err != nil:
		return bad("", "the request is no valid JSON of its kind: %v", err)
	}
	return nil
}

func (s *Server) models(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]any{"object": "list", "data": []any{map[string]any{"id": s.o.Name, "object": "model", "created": s.o.Now().Unix(), "owned_by": "quern",
		"max_model_len": s.context}}})
}

// tokenize splits a text. As Hugging Face's tokenizers do, it knows special tokens where they are spelled.
func (s *Server) tokenize(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Model   string `json:"model"`
		Prompt  string `json:"prompt"`
		Special bool   `json:"add_special_tokens"`
	}
	if err := s.read(w, r, &q); err != nil {
		s.fail(w, err)
		return
	}
	all, err := s.tok.Allow(tokenize.AllSpecials)
	if err != nil {
		s.fail(w, err)
		return
	}
	ids := s.tok.NewEncoder().AppendAllowed([]uint32{}, []byte(q.Prompt), all)
	answer(w, map[string]any{"tokens": ids, "count": len(ids), "max_model_len": s.context})
}

func (s *Server) detokenize(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Model  string   `json:"model"`
		Tokens []uint32 `json:"tokens"`
	}
	if err := s.read(w, r, &q); err != nil {
		s.fail(w, err)
		return
	}
	for i, id := range q.Tokens {
		if int(id) >= s.tok.Vocab() {
			s.fail(w, bad("tokens", "token %d is %d, the vocabulary has %d", i, id, s.tok.Vocab()))
			return
		}
	}
	answer(w, map[string]any{"prompt": string(s.tok.AppendDecode(nil, q.Tokens))})
}

func (s *Server) tokenizerInfo(w http.ResponseWriter, _ *http.Request) {
	info := map[string]any{"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": nil, "eos_token": string(s.tok.Token(s.tok.EndOfText())), "model_max_length": s.context}
	if s.o.BOS != "" {
		info["bos_token"] = s.o.BOS
	}
	if s.o.Template != "" {
		info["chat_template"] = s.o.Template
	}
	answer(w, info)
}
