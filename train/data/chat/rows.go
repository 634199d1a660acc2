package chat

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Message is one turn.
type Message struct {
	Role    string // "system", "user", "assistant", "tool"
	Content string
}

// Conversation is a row of a file.
type Conversation struct {
	Messages []Message
	File     string
	Line     int
}

const (
	maxLine = 16 << 20
	maxFile = 8 << 30 // unpacked
)

// Read reads a file of JSON lines, plain, gzip or zstd, whose rows are conversations in one of these shapes:
//
//	{"messages": [{"role": …, "content": …}, …]}            as chat services take them
//	{"conversations": [{"from": "human", "value": …}, …]}   ShareGPT; also from/value "gpt", "system", "function_call", "observation"
//	{"prompt": …, "completion": …}
//	{"question": …, "answer": …}                            as in GSM8K
//	{"instruction": …, "input": …, "output": …}             Alpaca; input may be missing or empty
//	{"instruction": …, "input": …, "response": …}           as GPTeacher names the output
//	{"instruction": …, "instances": [{"input": …, "output": …}]}  seed tasks: one conversation an instance
//
// A row of no such shape is an error that names file and line: nothing is guessed.
func Read(path string) ([]Conversation, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := decompress(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer r.Close()
	return parse(path, &bounded{r, maxFile})
}

// bounded fails beyond left bytes: a file is never cut in silence.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("more than %d bytes unpacked", int64(maxFile))
	}
	return n, err
}

func decompress(f io.Reader) (io.ReadCloser, error) {
	br := bufio.NewReaderSize(f, 1<<16)
	magic, err := br.Peek(4)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		return gzip.NewReader(br)
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		d, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	}
	return io.NopCloser(br), nil
}

func parse(path string, r io.Reader) ([]Conversation, error) {
	var out []Conversation
	scan := bufio.NewScanner(r)
	scan.Buffer(make([]byte, 1<<16), maxLine)
	line := 0
	for scan.Scan() {
		line++
		b := scan.Bytes()
		if line == 1 {
			b = bytes.TrimPrefix(b, []byte("\ufeff"))
		}
		b = bytes.TrimSpace(b)
		if len(b) == 0 {
			continue
		}
		if !utf8.Valid(b) {
			return nil, fmt.Errorf("%s:%d: not UTF-8", path, line)
		}
		rows, err := conversations(b)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, line, err)
		}
		for _, m := range rows {
			out = append(out, Conversation{m, path, line})
		}
	}
	if err := scan.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			err = fmt.Errorf("a line of more than %d bytes", maxLine)
		}
		return nil, fmt.Errorf("%s:%d: %w", path, line+1, err)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: no rows", path)
	}
	return out, nil
}

// row has the fields of all shapes; those of other rows stay nil.
type row struct {
	Messages []struct {
		Role    string  `json:"role"`
		Content *string `json:"content"`
	} `json:"messages"`
	Conversations []struct {
		From  string `json:"from"`
		Value string `json:"value"`
	} `json:"conversations"`
	System      string  `json:"system"`
	Prompt      *string `json:"prompt"`
	Completion  *string `json:"completion"`
	Question    *string `json:"question"`
	Answer      *string `json:"answer"`
	Instruction *string `json:"instruction"`
	Input       *string `json:"input"`
	Output      *string `json:"output"`
	Response    *string `json:"response"`
	Instances   []struct {
		Input  string `json:"input"`
		Output string `json:"output"`
	} `json:"instances"`
}

func conversations(b []byte) ([][]Message, error) {
	var r row
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, err
	}
	var turns []Message
	if r.System != "" {
		turns = append(turns, Message{"system", r.System})
	}
	switch {
	case r.Messages != nil:
		for i, m := range r.Messages {
			if m.Content == nil {
				return nil, fmt.Errorf("message %d has no content", i+1)
			}
			turns = append(turns, Message{m.Role, *m.Content})
		}
	case r.Conversations != nil:
		for _, m := range r.Conversations {
			role, ok := shareGPT[m.From]
			if !ok {
				return nil, fmt.Errorf("speaker %q: want one of human, gpt, system, function_call, observation", m.From)
			}
			turns = append(turns, Message{role, m.Value})
		}
	case r.Prompt != nil && r.Completion != nil:
		turns = append(turns, Message{"user", *r.Prompt}, Message{"assistant", *r.Completion})
	case r.Question != nil && r.Answer != nil:
		turns = append(turns, Message{"user", *r.Question}, Message{"assistant", *r.Answer})
	case r.Instruction != nil && r.Instances != nil:
		if len(r.Instances) == 0 {
			return nil, errors.New("instances is empty: nothing would be learned from this row")
		}
		var all [][]Message
		for i, inst := range r.Instances {
			one := append(slices.Clone(turns), Message{"user", ask(*r.Instruction, inst.Input)}, Message{"assistant", inst.Output})
			if err := check(one); err != nil {
				return nil, fmt.Errorf("instance %d: %w", i+1, err)
			}
			all = append(all, one)
		}
		return all, nil
	case r.Instruction != nil && (r.Output != nil || r.Response != nil):
		input, output := "", r.Output
		if r.Input != nil {
			input = *r.Input
		}
		if output == nil {
			output = r.Response
		}
		turns = append(turns, Message{"user", ask(*r.Instruction, input)}, Message{"assistant", *output})
	default:
		return nil, errors.New("no conversation: want messages, conversations, prompt and completion, question and answer, or instruction and output")
	}
	return [][]Message{turns}, check(turns)
}

var shareGPT = map[string]string{"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "system": "system",
	"function_call": "assistant", "observation": "tool", "tool": "tool"}

func ask(instruction, input string) string {
	if strings.TrimSpace(input) == "" {
		return instruction
	}
	return instruction + "\n\n" + input
}

// check refuses rows that nothing can be learned from.
func check(turns []Message) error {
	answered := false
	for i, m := range turns {
		switch m.Role {
		case "system", "user", "tool":
		case "assistant":
			answered = answered || strings.TrimSpace(m.Content) != ""
		default:
			return fmt.Errorf("message %d: role %q: want system, user, assistant or tool", i+1, m.Role)
		}
	}
	if !answered {
		return errors.New("no answer of the assistant: nothing would be learned from this row")
	}
	return nil
}
