package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"quern": main})
}

// Scripts find spec.yaml beside a small corpus, a free port in $PORT, and three commands of ours:
//
//	exits CODE COMMAND ARGS…   the command ends with this code
//	json FILE PATH…            the JSON object has a value at a path such as steps.0.key; PATH=V compares it, PATH=~V seeks V in it
//	asks STATUS PATH [BODY]    the server at $PORT, which may still be starting, answers with this status; stdout is the answer
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			e.Setenv("PORT", fmt.Sprint(l.Addr().(*net.TCPAddr).Port))
			return errors.Join(l.Close(), corpus(e.WorkDir))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "json": checkJSON, "asks": asks},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	if neg || err != nil {
		ts.Fatalf("usage: exits CODE COMMAND ARGS…")
	}
	err = ts.Exec(args[1], args[2:]...)
	code := 0
	var ee *exec.ExitError
	if errors.As(err, &ee) {
		code = ee.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

func asks(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: asks STATUS PATH [BODY]")
	}
	url := "http://127.0.0.1:" + ts.Getenv("PORT") + args[1]
	ask := func() (*http.Response, error) { return http.Get(url) }
	if len(args) == 3 {
		ask = func() (*http.Response, error) { return http.Post(url, "application/json", strings.NewReader(args[2])) }
	}
	r, err := ask()
	for start := time.Now(); err != nil && time.Since(start) < time.Minute; r, err = ask() {
		time.Sleep(20 * time.Millisecond)
	}
	if err != nil {
		ts.Fatalf("%v", err)
	}
	defer r.Body.Close()
	if _, err := io.Copy(ts.Stdout(), r.Body); err != nil {
		ts.Fatalf("%v", err)
	}
	if fmt.Sprint(r.StatusCode) != args[0] {
		ts.Fatalf("%s, want %s", r.Status, args[0])
	}
}

func checkJSON(ts *testscript.TestScript, neg bool, args []string) {
	var v any
	if err := json.Unmarshal([]byte(ts.ReadFile(args[0])), &v); err != nil {
		ts.Fatalf("%s: %v", args[0], err)
	}
	for _, arg := range args[1:] {
		path, want, compare := strings.Cut(arg, "=")
		have, err := lookUp(v, path)
		if (err == nil) == neg {
			ts.Fatalf("%s: have %v, %v", path, have, err)
		}
		if !compare || neg {
			continue
		}
		text := fmt.Sprint(have)
		if part, ok := strings.CutPrefix(want, "~"); ok && strings.Contains(text, part) || text == want {
			continue
		}
		ts.Fatalf("%s is %s, want %s", path, text, want)
	}
}

func lookUp(v any, path string) (any, error) {
	for _, k := range strings.Split(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			w, ok := x[k]
			if !ok {
				return nil, fmt.Errorf("no %s in %v", k, x)
			}
			v = w
		case []any:
			i, err := strconv.Atoi(k)
			if err != nil || i >= len(x) {
				return nil, fmt.Errorf("no element %s of %d", k, len(x))
			}
			v = x[i]
		default:
			return nil, fmt.Errorf("no %s in %v", k, v)
		}
	}
	return v, nil
}

const scriptSpec = `version: 1
name: tiny
seed: 1
ingest:
  - {name: notes, domain: web, jsonl: [notes.jsonl]}
  - {name: src, domain: code, tree: [src]}
clean:
  all: [normalize: {}]
  web: [gopher: {dialect: datatrove, min_words: 20}]
dedup: {exact: {}, near: {}}
tokenize: {learn: {vocab: 300, ratios: {code: 1, web: 3}}}
mix: {ratios: {code: 1, web: 3}, tokens: 20k, repeat: 4, short: shrink}
shard: {parquet: {}, arrow: {rows: 64}, validation: 20%}
train:
  model: {layers: 1, width: 16, heads: 2, context: 64}
  batch: 64
  steps: 3
tune:
  sft: {data: [chat.jsonl], steps: 2, batch: 64}
`

// corpus writes spec.yaml and what it reads.
func corpus(dir string) error {
	files := map[string][]byte{"spec.yaml": []byte(scriptSpec),
		"chat.jsonl": []byte(`{"messages": [{"role": "user", "content": "What is a quern?"}, {"role": "assistant", "content": "A mill."}]}` + "\n")}
	for _, name := range []string{"main.go", "print.go", "watch.go", "cmd_run.go", "cmd_show.go", "cmd_init.go"} {
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		files["src/"+name] = b
	}
	r := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("the miller lifts a sluice and wheel begins to turn water is heavy it has long way fall stone that dull will bruise grain instead " +
		"of cutting nobody in village could say who had built dam flour keeps for month when dry they weighed every sack twice wrote down")
	var lines bytes.Buffer
	last := ""
	for i := range 40 {
		var text strings.Builder
		for range 12 {
			for range 10 {
				text.WriteString(words[r.IntN(len(words))] + " ")
			}
			text.WriteString(". ")
		}
		s := text.String()
		switch i % 10 {
		case 4:
			s = "Too short."
		case 7:
			s = last
		}
		last = s
		line, err := json.Marshal(map[string]string{"id": fmt.Sprint(i), "text": s, "url": fmt.Sprintf("https://notes.example/%d", i)})
		if err != nil {
			return err
		}
		lines.Write(append(line, '\n'))
	}
	files["notes.jsonl"] = lines.Bytes()
	for name, b := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(path, b, 0o666); err != nil {
			return err
		}
	}
	return nil
}
