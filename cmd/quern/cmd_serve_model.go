package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/seed-83c59573/quern/train/serve"
	"github.com/spf13/cobra"
)

// serving is what the command line asks for.
type serving struct {
	o                     serve.Options
	run, host, keyFile    string
	port, workers, length int
	base                  bool
	grace                 time.Duration
	log                   io.Writer
}

func serveModelCommand() *cobra.Command {
	s := serving{o: serve.DefaultOptions()}
	s.o.Name = ""
	cmd := &cobra.Command{
		Use:   "serve-model MODEL|RUN",
		Short: "Answer OpenAI-compatible requests with a model, on this machine",
		Long: `Serve a model over HTTP as OpenAI's API has it: /v1/completions (with echo and logprobs), /v1/chat/completions, both streamed if
asked, /v1/models, /health, and /tokenize, /detokenize, /tokenizer_info as vLLM has them.

  quern serve-model run
  curl -s localhost:8080/v1/completions -H 'Content-Type: application/json' -d '{"prompt": "The mill", "max_tokens": 20}'
  lm_eval --model local-completions --tasks blimp \
    --model_args model=NAME,base_url=http://127.0.0.1:8080/v1/completions,tokenizer_backend=remote,num_concurrent=1,max_length=129

Requests that come together are decoded together, and each is answered as if it were alone. Only this machine is served unless --host
says otherwise.`,
		Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s.log = cmd.ErrOrStderr()
			return s.serve(cmd.Context(), args[0])
		},
	}
	f, o := cmd.Flags(), &s.o
	f.StringVar(&s.run, "run", "", "the run whose model is served (default the last)")
	f.BoolVar(&s.base, "base", false, "serve the pretrained model of a run, not the tuned one")
	f.StringVar(&o.Name, "name", "", "the model's name in requests (default the folder's or the run's)")
	f.StringVar(&s.host, "host", "127.0.0.1", "address to listen at; others than this machine's are reached by other machines")
	f.IntVar(&s.port, "port", 8080, "port to listen at; 0 = any free one")
	f.StringVar(&s.keyFile, "api-key-file", "", "file with the key that requests must name")
	f.IntVar(&o.Slots, "slots", o.Slots, "sequences that run at once")
	f.IntVar(&o.Rows, "rows", o.Rows, "tokens of a step at most: long prompts are read in such pieces")
	f.IntVar(&o.Queue, "queue", o.Queue, "sequences that run or wait; more are refused")
	f.Int64Var(&o.Body, "max-body", o.Body, "bytes of a request")
	f.DurationVar(&o.Timeout, "timeout", o.Timeout, "time for a request")
	f.DurationVar(&s.grace, "grace", 30*time.Second, "time for running requests when the server ends")
	f.IntVar(&s.workers, "workers", 0, "processors to use (default all); never changes a result")
	f.IntVar(&s.length, "context", 0, "tokens of a sequence, at most (default the model's)")
	return cmd
}

// serve listens first, so that an address in use costs no loading.
func (s *serving) serve(ctx context.Context, path string) error {
	if err := s.check(); err != nil {
		return err
	}
	l, err := net.Listen("tcp", net.JoinHostPort(s.host, fmt.Sprint(s.port)))
	if err != nil {
		return err
	}
	defer l.Close()
	o := &s.o
	if o.Local = l.Addr().(*net.TCPAddr).IP.IsLoopback(); !o.Local {
		fmt.Fprintf(s.log, "warning: %s is open to other machines; what goes over it is not encrypted\n", l.Addr())
		if o.Key == "" {
			fmt.Fprintln(s.log, "warning: anyone who reaches it may use it: give --api-key-file")
		}
	}
	m, err := openModel(path, s.run, !s.base, s.workers, s.length)
	if err != nil {
		return err
	}
	if o.Name == "" {
		o.Name = m.name
	}
	if m.text.AddBOS {
		o.BOS = m.text.BOS
	}
	if o.Chat, err = m.chat(); err != nil {
		fmt.Fprintln(s.log, "no /v1/chat/completions:", err)
	}
	o.Template = m.text.Template
	server := serve.New(m.m, m.tok, *o)
	defer server.Close()
	fmt.Fprintf(s.log, "%s: %d parameters, context %d, at http://%s/v1\n", o.Name, m.m.Config().Parameters(), m.m.Config().Context, l.Addr())
	return server.Serve(ctx, l, s.grace)
}

// check refuses in words, and reads the key.
func (s *serving) check() error {
	if o := s.o; o.Slots < 1 || o.Rows < 1 || o.Queue < 1 || o.Body < 1 || o.Timeout <= 0 || s.port < 0 || s.port > 65535 {
		return usageError{fmt.Errorf("--slots, --rows, --queue, --max-body and --timeout must be positive, --port 0 to 65535")}
	}
	if s.keyFile == "" {
		return nil
	}
	b, err := os.ReadFile(s.keyFile)
	if err != nil {
		return err
	}
	if s.o.Key = strings.TrimSpace(string(b)); s.o.Key == "" {
		return usageError{fmt.Errorf("%s: no key", s.keyFile)}
	}
	return nil
}
