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

// said is a conversation as a person would jot it down.
func said(c Conversation) string {
	var b strings.Builder
	for i, m := range c.Messages {
		if i > 0 {
			b.WriteString(" | ")
		}
		b.WriteString(m.Role[:1] + ": " + m.Content + string(m.ToolCalls))
		if m.More != nil {
			b.WriteString(" +" + string(m.More))
		}
		if m.Mute {
			b.WriteString(" (mute)")
		}
	}
	if c.Tools != nil {
		b.WriteString(" | tools: " + string(c.Tools))
	}
	return b.String() + c.Text
}

func TestReadKnowsEveryShape(t *testing.T) {
	for _, c := range []struct {
		name  string
		shape Shape
		row   string
		want  []string
	}{
		{"messages", Messages, `{"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yo"}]}`,
			[]string{"s: S | u: Hi | a: Yo"}},
		{"a developer is the system", Messages, `{"messages": [{"role": "developer", "content": "S"}, {"role": "assistant", "content": "Yo"}]}`, []string{"s: S | a: Yo"}},
		{"a system turn beside messages", Messages, `{"system": "S", "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yo"}]}`,
			[]string{"s: S | u: Hi | a: Yo"}},
		{"a tool", Messages, `{"messages": [{"role": "user", "content": "2+2"}, {"role": "tool", "content": "4"}, {"role": "assistant", "content": "four"}]}`,
			[]string{"u: 2+2 | t: 4 | a: four"}},
		{"a call", Messages, `{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": null, "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{\"x\": \"<\"}"}}]},
			{"role": "tool", "tool_call_id": "1", "content": "r"}], "tools": [{"type": "function"}]}`,
			[]string{`u: q | a: [{"id":"1","type":"function","function":{"name":"f","arguments":{"x":"<"}}}] | t: r +{"tool_call_id":"1"} | tools: [{"type": "function"}]`}},
		{"weights", Messages, `{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "bad", "weight": 0}, {"role": "user", "content": "q"}, {"role": "assistant", "content": "good", "weight": 1}]}`,
			[]string{"u: q | a: bad (mute) | u: q | a: good"}},
		{"parts of text", Messages, `{"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, {"role": "assistant", "content": "c"}]}`,
			[]string{"u: ab | a: c"}},
		{"thoughts are kept for templates that know them", Messages, `{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "reasoning_content": "hm", "content": "a"}]}`,
			[]string{`u: q | a: a +{"reasoning_content":"hm"}`}},
		{"ShareGPT", ShareGPT, `{"system": "S", "conversations": [{"from": "human", "value": "q"}, {"from": "function_call", "value": "{\"name\": \"f\", \"arguments\": {\"k\": 1}}"}, {"from": "observation", "value": "o"}, {"from": "gpt", "value": "r"}], "tools": "[]"}`,
			[]string{`s: S | u: q | a: [{"type":"function","function":{"name":"f","arguments":{"k":1}}}] | t: o | a: r`}},
		{"ShareGPT with the other names", ShareGPT, `{"conversations": [{"from": "system", "value": "S"}, {"from": "user", "value": "q"}, {"from": "tool", "value": "o"}, {"from": "assistant", "value": "r"}], "tools": "[{\"name\": \"f\"}]"}`,
			[]string{`s: S | u: q | t: o | a: r | tools: [{"name": "f"}]`}},
		{"conversations of role and content", ShareGPT, `{"conversations": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}`, []string{"u: q | a: a"}},
		{"prompt and completion", Completion, `{"prompt": "p", "completion": "c"}`, []string{"u: p | a: c"}},
		{"prompt and completion of turns", Completion, `{"prompt": [{"role": "user", "content": "p"}, {"role": "assistant", "content": "old"}, {"role": "user", "content": "q"}], "completion": [{"role": "assistant", "content": "c"}]}`,
			[]string{"u: p (mute) | a: old (mute) | u: q (mute) | a: c"}},
		{"question and answer", Question, `{"question": "q", "answer": "a\nb"}`, []string{"u: q | a: a\nb"}},
		{"instruction and input", Alpaca, `{"instruction": "i", "input": "x", "output": "o"}`, []string{"u: i\nx +{\"input\":\"x\",\"instruction\":\"i\"} | a: o"}},
		{"instruction with an empty input", Alpaca, `{"instruction": "i", "input": " ", "output": "o"}`, []string{"u: i | a: o"}},
		{"instruction without an input", Alpaca, `{"instruction": "i", "output": "o"}`, []string{"u: i | a: o"}},
		{"instruction and response", Alpaca, `{"instruction": "i", "input": "", "response": "o"}`, []string{"u: i | a: o"}},
		{"a system turn and a history", Alpaca, `{"instruction": "i", "output": "o", "system": "S", "history": [["q1", "a1"], ["q2", "a2"]]}`, []string{"s: S | u: q1 | a: a1 | u: q2 | a: a2 | u: i | a: o"}},
		{"instances", Instances, `{"instruction": "i", "instances": [{"input": "", "output": "1"}, {"input": "", "output": "2"}]}`, []string{"u: i | a: 1", "u: i | a: 2"}},
		{"a text", Text, `{"text": "Once"}`, []string{"Once"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			row := strings.ReplaceAll(c.row, "\n", " ")
			for form, b := range map[string]string{"lines": "\n" + row + "\r\n", "array": " [" + row + ",\n" + row + "]\n"} {
				path := file(t, []byte(b))
				rows, err := Read(path, "")
				if err != nil {
					t.Fatal(err)
				}
				if form == "array" {
					rows = rows[len(rows)/2:]
				}
				var got []string
				for _, r := range rows {
					if r.File != path || r.Row != 2 || r.Shape != c.shape {
						t.Errorf("%s: it is said to stand at %s:%d in the shape %s, want row 2 of %s in %s", form, r.File, r.Row, r.Shape, path, c.shape)
					}
					got = append(got, said(r))
				}
				if !reflect.DeepEqual(got, c.want) {
					t.Errorf("%s: got %q, want %q", form, got, c.want)
				}
			}
		})
	}
}

func TestReadRefusesInWords(t *testing.T) {
	const good = `{"prompt": "p", "completion": "c"}` + "\n"
	for _, c := range []struct{ name, rows, want string }{
		{"bad JSON", good + `{"prompt": `, ":2: unexpected end"},
		{"two values in a line", good + good[:len(good)-1] + good, ":2: invalid character"},
		{"an empty array", `[]`, ": no rows"},
		{"an array of no rows", `[1]`, ":1: json"},
		{"an array that does not end", `[` + good + `,` + good, ":3: the array does not end"},
		{"an array and more", `[` + good + `] x`, ":2: something follows"},
		{"an array that is cut in a row", `[` + good + `, {"prompt": "p"`, ":2: unexpected EOF"},
		{"null", `null`, ":1: no conversation"},
		{"no shape", `{"body": "t"}`, ":1: no conversation: want messages; conversations; prompt and completion; question and answer; instruction and output or response"},
		{"half a shape", `{"prompt": "p"}`, ":1: no conversation"},
		{"a shape of nulls", `{"prompt": "p", "completion": null}`, ":1: no conversation"},
		{"two shapes", `{"prompt": "p", "completion": "c", "question": "q", "answer": "a"}`, ":1: fits the shapes completion and question: say which is meant"},
		{"Alpaca's own text column", `{"instruction": "i", "output": "o", "text": "t"}`, ":1: fits the shapes alpaca and text"},
		{"another shape than before", good + `{"question": "q", "answer": "a"}`, ":2: prompt and completion, as rows of the shape completion have it, is missing"},
		{"two answers", `{"instruction": "i", "output": "o", "response": "r"}`, ":1: output and response"},
		{"a wrong type", `{"prompt": 1, "completion": "c"}`, ":1: prompt: json"},
		{"a missing role", good[:0] + `{"messages": [{"content": "x"}]}`, ":1: message 1: no role"},
		{"an unknown role", `{"messages": [{"role": "wizard", "content": "x"}, {"role": "assistant", "content": "y"}]}`, `:1: message 1: role "wizard"`},
		{"an unknown speaker", `{"conversations": [{"from": "bing", "value": "x"}]}`, `:1: message 1: speaker "bing"`},
		{"a late system turn", `{"messages": [{"role": "user", "content": "x"}, {"role": "system", "content": "y"}, {"role": "assistant", "content": "z"}]}`, `:1: message 2: a system turn`},
		{"two system turns", `{"system": "a", "messages": [{"role": "system", "content": "y"}, {"role": "assistant", "content": "z"}]}`, ":1: a system turn, and the field system"},
		{"no content", `{"messages": [{"role": "assistant", "content": null}]}`, ":1: message 1: no content"},
		{"a picture", `{"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}`, `:1: message 1: content: a part of type "image_url"`},
		{"half a weight", `{"messages": [{"role": "assistant", "content": "x", "weight": 0.5}]}`, ":1: message 1: weight 0.5"},
		{"nothing of weight", `{"messages": [{"role": "assistant", "content": "x", "weight": 0}]}`, ":1: every turn has weight 0"},
		{"a call without a name", `{"messages": [{"role": "assistant", "tool_calls": [{"function": {}}]}]}`, ":1: message 1: tool_calls: call 1 has no name"},
		{"a call that is no JSON", `{"conversations": [{"from": "function_call", "value": "f()"}]}`, ":1: message 1: function_call: invalid"},
		{"a user's call", `{"messages": [{"role": "user", "tool_calls": [{"name": "f"}]}]}`, ":1: message 1: tool_calls of the role user"},
		{"tools that are none", `{"messages": [{"role": "assistant", "content": "x"}], "tools": {}}`, ":1: tools: want a JSON array"},
		{"no answer", `{"messages": [{"role": "user", "content": "x"}]}`, ":1: no answer"},
		{"a blank answer", `{"question": "q", "answer": " \n"}`, ":1: message 2: the assistant says nothing"},
		{"no turns", `{"conversations": []}`, ":1: no answer"},
		{"no instances", `{"instruction": "i", "instances": []}`, ":1: instances is empty"},
		{"an instance without an answer", `{"instruction": "i", "instances": [{"output": "a"}, {"output": ""}]}`, ":1: instance 2: message 2: the assistant says nothing"},
		{"an empty text", `{"text": " "}`, ":1: text is empty"},
		{"not UTF-8", good + "{\"prompt\": \"\xff\", \"completion\": \"c\"}", ":2: not UTF-8"},
		{"Parquet", "PAR1....", ": it is Parquet"},
		{"nothing", "", ": no rows"},
		{"blank lines", "\n\n \n", ": no rows"},
		{"a byte order mark alone", "\ufeff \n", ": no rows"},
		{"a line over the limit", good + `{"prompt": "` + strings.Repeat("x", maxRow) + `"}`, ":2: a line of more than 16777216 bytes"},
		{"an element over the limit", "[" + good + `,{"prompt": "` + strings.Repeat("x", 2*maxRow) + `"}]`, ":2: a row of more than 16777216 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := file(t, []byte(c.rows))
			rows, err := Read(path, "")
			if err == nil || !strings.Contains(err.Error(), path+c.want) {
				t.Errorf("%d rows, %.300v; want an error with %q", len(rows), err, c.want)
			}
		})
	}
	if _, err := Read(filepath.Join(t.TempDir(), "absent"), ""); !os.IsNotExist(err) {
		t.Errorf("an absent file: %v", err)
	}
	if _, err := Read(file(t, []byte(good)), "csv"); err == nil || !strings.Contains(err.Error(), "csv") {
		t.Errorf("an unknown shape: %v", err)
	}
}

func TestTheShapeMayBeSaid(t *testing.T) {
	path := file(t, []byte(`{"instruction": "i", "output": "o", "text": "t"}`))
	for shape, want := range map[Shape]string{Alpaca: "u: i | a: o", Text: "t"} {
		if rows, err := Read(path, shape); err != nil || said(rows[0]) != want {
			t.Errorf("as %s: %v, %v; want %s", shape, rows, err, want)
		}
	}
	if _, err := Read(path, Messages); err == nil || !strings.Contains(err.Error(), ":1: messages, as rows of the shape messages have it, is missing") {
		t.Errorf("as messages: %v", err)
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
		rows, err := Read(file(t, b), "")
		if err != nil || len(rows) != 2 || rows[1].Messages[1].Content != "c2" || rows[1].Row != 2 {
			t.Errorf("%s: %v, %v", name, rows, err)
		}
		if name != "plain" {
			if _, err := Read(file(t, b[:len(b)-6]), ""); err == nil {
				t.Errorf("%s, cut: no error", name)
			}
			if _, err := Read(file(t, b[:4]), ""); err == nil {
				t.Errorf("%s, its magic alone: no error", name)
			}
		}
	}
}

func TestBoundedFailsRatherThanCut(t *testing.T) {
	row := `{"prompt": "p", "completion": "c"}` + "\n"
	if rows, err := parse("f", "", &bounded{strings.NewReader(row + row), int64(2 * len(row))}); err != nil || len(rows) != 2 {
		t.Errorf("exactly the limit: %d rows, %v", len(rows), err)
	}
	if _, err := parse("f", "", &bounded{strings.NewReader(row + row), int64(len(row))}); err == nil || !strings.Contains(err.Error(), "unpacked") {
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
		rows, err := Read(filepath.Join(root, name), "")
		if err != nil || len(rows) != want {
			t.Errorf("%s: %d conversations, %v; want %d", name, len(rows), err, want)
		}
	}
}

func FuzzRows(f *testing.F) {
	f.Add([]byte(`{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yo"}]}`))
	f.Add([]byte("\ufeff" + `{"instruction": "i", "instances": [{"input": "", "output": "1"}]}` + "\n\n" + `{"question": "q", "answer": "a"}`))
	f.Add([]byte(`{"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "\ud800"}]}`))
	f.Add([]byte(`[{"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}, {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}], "weight": 1}], "tools": "[]"}]`))
	f.Add([]byte(`{"prompt": [{"role": "user", "content": "p"}], "completion": [{"role": "assistant", "content": "c", "x": 1}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, err := parse("f", "", bytes.NewReader(b))
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
			if r.Row < 1 || r.check() != nil || r.Shape.Validate() != nil {
				t.Fatalf("a row with nothing to learn: %+v", r)
			}
		}
	})
}
