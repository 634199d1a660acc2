package main

import (
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/seed-83c59573/quern/train/serve"
	"github.com/spf13/cobra"
)

func serveModelCommand() *cobra.Command {
	var run, host, keyFile string
	var port, workers, length int
	var base bool
	var grace time.Duration
	o := serve.DefaultOptions()
	o.Name = ""
	cmd := &cobra.Command{
		Use:   "serve-model MODEL|RUN",
		Short: "Answer OpenAI-compatible requests with a model, on this machine",
		Long: `Serve a model over HTTP as OpenAI's API has it: /v1/completions (with echo and logprobs), /v1/chat/completions, both streamed if
asked, /v1/models, /health, and /tokenize, /detokenize, /tokenizer_info as vLLM has them.

  quern serve-model run
  curl -s localhost:8080/v1/completions -H 'Content-Type: application/json' -d '{"prompt": "The mill", "max_tokens": 20}'
  lm_eval --model local-completions --tasks blimp \
    --model_args model=NAME,base_url=http://127.0.0.1:8080/v1/completions,max_length=512

Requests that come together are decoded together, and each is answered as if it were alone. Only this machine is served unless --host
says otherwise.`,
		Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.Slots < 1 || o.Rows < 1 || o.Queue < 1 || o.Body < 1 || o.Timeout <= 0 || port < 0 || port > 65535 {
				return usageError{fmt.Errorf("--slots, --rows, --queue, --max-body and --timeout must be positive, --port 0 to 65535")}
			}
			if keyFile != "" {
				b, err := os.ReadFile(keyFile)
				if err != nil {
					return err
				}
				if o.Key = strings.TrimSpace(string(b)); o.Key == "" {
					return usageError{fmt.Errorf("%s: no key", keyFile)}
				}
			}
			l, err := net.Listen("tcp", net.JoinHostPort(host, fmt.Sprint(port)))
			if err != nil {
				return err
			}
			defer l.Close()
			log := cmd.ErrOrStderr()
			o.Local = l.Addr().(*net.TCPAddr).IP.IsLoopback()
			if !o.Local {
				fmt.Fprintf(log, "warning: %s is open to other machines; what goes over it is not encrypted\n", l.Addr())
				if o.Key == "" {
					fmt.Fprintln(log, "warning: anyone who reaches it may use it: give --api-key-file")
				}
			}
			s, err := openModel(args[0], run, !base, workers, length)
			if err != nil {
				return err
			}
			if o.Name == "" {
				o.Name = s.name
			}
			if s.text.AddBOS {
				o.BOS = s.text.BOS
			}
			if o.Chat, err = s.chat(); err != nil {
				fmt.Fprintln(log, "no /v1/chat/completions:", err)
			}
			o.Template = s.text.Template
			server := serve.New(s.m, s.tok, o)
			defer server.Close()
			fmt.Fprintf(log, "%s: %d parameters, context %d, at http://%s/v1\n", o.Name, s.m.Config().Parameters(), s.m.Config().Context, l.Addr())
			return server.Serve(cmd.Context(), l, grace)
		},
	}
	f := cmd.Flags()
	f.StringVar(&run, "run", "", "the run whose model is served (default the last)")
	f.BoolVar(&base, "base", false, "serve the pretrained model of a run, not the tuned one")
	f.StringVar(&o.Name, "name", "", "the model's name in requests (default the folder's or the run's)")
	f.StringVar(&host, "host", "127.0.0.1", "address to listen at; others than this machine's are reached by other machines")
	f.IntVar(&port, "port", 8080, "port to listen at; 0 = any free one")
	f.StringVar(&keyFile, "api-key-file", "", "file with the key that requests must name")
	f.IntVar(&o.Slots, "slots", o.Slots, "sequences that run at once")
	f.IntVar(&o.Rows, "rows", o.Rows, "tokens of a step at most: long prompts are read in such pieces")
	f.IntVar(&o.Queue, "queue", o.Queue, "sequences that run or wait; more are refused")
	f.Int64Var(&o.Body, "max-body", o.Body, "bytes of a request")
	f.DurationVar(&o.Timeout, "timeout", o.Timeout, "time for a request")
	f.DurationVar(&grace, "grace", 30*time.Second, "time for running requests when the server ends")
	f.IntVar(&workers, "workers", 0, "processors to use (default all); never changes a result")
	f.IntVar(&length, "context", 0, "tokens of a sequence, at most (default the model's)")
	return cmd
}
