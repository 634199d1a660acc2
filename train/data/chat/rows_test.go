package chat

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func file(t *testing.T, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows.jsonl")
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadKnowsEveryShape(t *testing.T) {
	u, a := func(s string) Message { return Message{"user", s} }, func(s string) Message { return Message{"assistant", s} }
	for _, c := range []struct {
		name, row string
		want      [][]Message
	}{
		{"messages", `{"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yo"}]}`,
			[][]Message{{{"system", "S"}, u("Hi"), a("Yo")}}},
		{"messages with a tool", `{"messages": [{"role": "user", "content": "2+2"}, {"role": "tool", "content": "4"}, {"role": "assistant", "content": "four"}]}`,
			[][]Message{{u("2+2"), {"tool", "4"}, a("four")}}},
		{"ShareGPT", `{"system": "S", "conversations": [{"from": "human", "value": "q"}, {"from": "function_call", "value": "{}"}, {"from": "observation", "value": "o"}, {"from": "gpt", "value": "r"}]}`,
			[][]Message{{{"system", "S"}, u("q"), a("{}"), {"tool", "o"}, a("r")}}},
		{"ShareGPT with the other names", `{"conversations": [{"from": "system", "value": "S"}, {"from": "user", "value": "q"}, {"from": "tool", "value": "o"}, {"from": "assistant", "value": "r"}]}`,
			[][]Message{{{"system", "S"}, u("q"), {"tool", "o"}, a("r")}}},
		{"prompt and completion", `{"prompt": "p", "completion": "c"}`, [][]Message{{u("p"), a("c")}}},
		{"question and answer", `{"question": "q", "answer": "a\nb"}`, [][]Message{{u("q"), a("a\nb")}}},
		{"instruction and input", `{"instruction": "i", "input": "x", "output": "o"}`, [][]Message{{u("i\n\nx"), a("o")}}},
		{"instruction with an empty input", `{"instruction": "i", "input": " ", "output": "o"}`, [][]Message{{u("i"), a("o")}}},
		{"instruction without an input", `{"instruction": "i", "output": "o"}`, [][]Message{{u("i"), a("o")}}},
		{"instruction and response", `{"instruction": "i", "input": "", "response": "o"}`, [][]Message{{u("i"), a("o")}}},
		{"instances", `{"instruction": "i", "instances": [{"input": "", "output": "1"}, {"input": "x", "output": "2"}]}`,
			[][]Message{{u("i"), a("1")}, {u("i\n\nx"), a("2")}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := file(t, []byte("\n"+c.row+"\r\n"))
			rows, err := Read(path)
			if err != nil {
				t.Fatal(err)
			}
			var got [][]Message
			for _, r := range rows {
				if r.File != path || r.Line != 2 {
					t.Errorf("it is said to stand at %s:%d, want line 2 of %s", r.File, r.Line, path)
				}
				got = append(got, r.Messages)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestReadRefusesInWords(t *testing.T) {
	const good = `{"prompt": "p", "completion": "c"}` + "\n"
	for _, c := range []struct{ name, rows, want string }{
		{"bad JSON", good + `{"prompt": `, ":2: unexpected end"},
		{"two values in a line", good + good[:len(good)-1] + good, ":2: invalid character"},
		{"a list", `[]`, ":1: json"},
		{"null", `null`, ":1: no conversation"},
		{"no shape", good + good + `{"text": "t"}`, ":3: no conversation"},
		{"half a shape", `{"prompt": "p"}`, ":1: no conversation"},
		{"a wrong type", `{"prompt": 1, "completion": "c"}`, ":1: json"},
		{"an unknown role", `{"messages": [{"role": "wizard", "content": "x"}, {"role": "assistant", "content": "y"}]}`, `:1: message 1: role "wizard"`},
		{"an unknown speaker", `{"conversations": [{"from": "bing", "value": "x"}]}`, `:1: speaker "bing"`},
		{"no content", `{"messages": [{"role": "assistant", "content": null}]}`, ":1: message 1 has no content"},
		{"no answer", `{"messages": [{"role": "user", "content": "x"}]}`, ":1: no answer"},
		{"a blank answer", `{"question": "q", "answer": " \n"}`, ":1: no answer"},
		{"no turns", `{"conversations": []}`, ":1: no answer"},
		{"no instances", `{"instruction": "i", "instances": []}`, ":1: instances is empty"},
		{"an instance without an answer", `{"instruction": "i", "instances": [{"output": "a"}, {"output": ""}]}`, ":1: instance 2: no answer"},
		{"not UTF-8", good + "{\"prompt\": \"\xff\", \"completion\": \"c\"}", ":2: not UTF-8"},
		{"nothing", "", ": no rows"},
		{"blank lines", "\n\n \n", ": no rows"},
		{"a byte order mark alone", "\ufeff \n", ": no rows"},
		{"a line over the limit", good + `{"prompt": "` + strings.Repeat("x", maxLine) + `"}`, ":2: a line of more than 16777216 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := file(t, []byte(c.rows))
			rows, err := Read(path)
			if err == nil || !strings.Contains(err.Error(), path+c.want) {
				t.Errorf("%d rows, %v; want an error with %q", len(rows), err, c.want)
			}
		})
	}
	if _, err := Read(filepath.Join(t.TempDir(), "absent")); !os.IsNotExist(err) {
		t.Errorf("an absent file: %v", err)
	}
}

func TestReadUnpacks(t *testing.T) {
	plain := []byte("\ufeff" + `{"prompt": "p", "completion": "c"}` + "\n" + `{"prompt": "p2", "completion": "c2"}`)
	var gz, zst bytes.Buffer
	g := gzip.NewWriter(&gz)
	g.Write(plain)
	g.Close()
	z, err := zstd.NewWriter(&zst)
	if err != nil {
		t.Fatal(err)
	}
	z.Write(plain)
	z.Close()
	for name, b := range map[string][]byte{"plain": plain, "gzip": gz.Bytes(), "zstd": zst.Bytes()} {
		rows, err := Read(file(t, b))
		if err != nil || len(rows) != 2 || rows[1].Messages[1].Content != "c2" || rows[1].Line != 2 {
			t.Errorf("%s: %v, %v", name, rows, err)
		}
		if name != "plain" {
			if _, err := Read(file(t, b[:len(b)-6])); err == nil {
				t.Errorf("%s, cut: no error", name)
			}
			if _, err := Read(file(t, b[:4])); err == nil {
				t.Errorf("%s, its magic alone: no error", name)
			}
		}
	}
}

func TestBoundedFailsRatherThanCut(t *testing.T) {
	row := `{"prompt": "p", "completion": "c"}` + "\n"
	if rows, err := parse("f", &bounded{strings.NewReader(row + row), int64(2 * len(row))}); err != nil || len(rows) != 2 {
		t.Errorf("exactly the limit: %d rows, %v", len(rows), err)
	}
	if _, err := parse("f", &bounded{strings.NewReader(row + row), int64(len(row))}); err == nil || !strings.Contains(err.Error(), "unpacked") {
		t.Errorf("beyond the limit: %v, want an error", err)
	}
}

func TestReadReadsRealFiles(t *testing.T) {
	root := filepath.Join("..", "..", "..", "..", "shared", "data", "sft")
	if _, err := os.Stat(root); err != nil {
		t.Skip("no real conversations beside the repository: ", err)
	}
	for name, want := range map[string]int{"glaive_toolcall_en_demo.jsonl.gz": 200, "glaive_toolcall_zh_demo.jsonl.gz": 200,
		"gpteacher-roleplay-a.jsonl.gz": 2259, "gsm8k-train-a.jsonl.gz": 5000, "identity.jsonl.gz": 60, "self-instruct-seed_tasks.jsonl": 175} {
		rows, err := Read(filepath.Join(root, name))
		if err != nil || len(rows) != want {
			t.Errorf("%s: %d conversations, %v; want %d", name, len(rows), err, want)
		}
	}
}

func FuzzRows(f *testing.F) {
	f.Add([]byte(`{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yo"}]}`))
	f.Add([]byte("\ufeff" + `{"instruction": "i", "instances": [{"input": "", "output": "1"}]}` + "\n\n" + `{"question": "q", "answer": "a"}`))
	f.Add([]byte(`{"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "\ud800"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, err := parse("f", bytes.NewReader(b))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f:") {
				t.Fatalf("an error without its file: %v", err)
			}
			return
		}
		if len(rows) == 0 {
			t.Fatal("no rows and no error")
		}
		for _, r := range rows {
			if r.Line < 1 || check(r.Messages) != nil {
				t.Fatalf("a row with nothing to learn: %+v", r)
			}
		}
	})
}
