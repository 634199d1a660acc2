package decon

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// write makes a file, packed as its name says, and gives its path.
func write(t testing.TB, name, text string) string {
	t.Helper()
	var b bytes.Buffer
	switch filepath.Ext(name) {
	case ".gz":
		z := gzip.NewWriter(&b)
		z.Write([]byte(text))
		z.Close()
	case ".zst":
		z, err := zstd.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		z.Write([]byte(text))
		z.Close()
	default:
		b.WriteString(text)
	}
	return writeRaw(t, name, b.Bytes())
}

func writeRaw(t testing.TB, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// recordsOf reads a set and writes its records down.
func recordsOf(s Set) (string, error) {
	var out []string
	left := int64(1 << 20)
	err := s.each(&left, func(file string, line int, r *record) error {
		out = append(out, fmt.Sprintf("%d %q p=%q a=%q", line, r.questions, r.passage, r.answers))
		return nil
	})
	return strings.Join(out, "; "), err
}

func TestRecipes(t *testing.T) {
	for _, c := range []struct{ recipe, file, text, want string }{
		{"gsm8k", "a.jsonl", `{"question": "Q?", "answer": "2*3=<<2*3=6>>6\n#### 6"}`, `1 ["Q?"] p="" a=["2*3=6\n#### 6" "2*3=<<2*3=6>>6\n#### 6" "6"]`},
		{"humaneval", "a.jsonl.gz", "\n" + `{"prompt": "def f():", "canonical_solution": "return 1"}`, `2 ["def f():"] p="" a=["return 1"]`},
		{"mmlu", "a.jsonl.zst", `{"question": "Q?", "choices": ["w", "x", "y", "z"], "answer": 2}`, `1 ["Q?"] p="" a=["y"]`},
		{"mmlu", "a.csv", "\"Q, what?\",w,x,y,z,D\nR?,1,2,3,4,A\n", `1 ["Q, what?"] p="" a=["z"]; 2 ["R?"] p="" a=["1"]`},
		{"mmlu", "a.csv", "question,A,B,C,D,answer\n", ``},
		{"agieval", "a.jsonl", `{"passage": "P", "question": "Q?", "options": ["(A)x", "(B)y"], "label": "B", "answer": null}` + "\n" +
			`{"passage": null, "question": "R?", "options": null, "label": null, "answer": "42"}`, `1 ["Q?"] p="P" a=["(B)y"]; 2 ["R?"] p="" a=["42"]`},
		{"arc", "a.jsonl", `{"question": "Q?", "choices": {"text": ["w", "x"], "label": ["1", "2"]}, "answerKey": "2"}`, `1 ["Q?"] p="" a=["x"]`},
		{"hellaswag", "a.json", `[{"ctx": "C", "endings": ["w", "x"], "label": "1"}]`, `1 ["C"] p="" a=["x"]`},
		{"winogrande", "a.jsonl", `{"sentence": "S", "option1": "w", "option2": "x", "answer": "2"}`, `1 ["S"] p="" a=["x"]`},
		{"blimp", "a.jsonl", `{"sentence_good": "G", "sentence_bad": "B"}`, `1 ["G" "B"] p="" a=[]`},
		{"squad", "a.jsonl", `{"context": "P", "question": "Q?", "answers": {"text": ["a", "b"], "answer_start": [1, 2]}}`, `1 ["Q?"] p="P" a=["a" "b"]`},
		{"boolq", "a.tsv", "passage\tquestion\nP \"x\tQ?\n", `2 ["Q?"] p="P \"x" a=[]`},
		{"decon", "a.jsonl", "\ufeff" + `{"doc_id": 1, "eval_key": "e", "question": "Q?", "answer": "1889"}` + "\n" + `{"passage":"P","question":"R"}`, `1 ["Q?"] p="" a=["1889"]; 2 ["R"] p="P" a=[]`},
	} {
		got, err := recordsOf(Set{Name: "s", Recipe: c.recipe, Files: []string{write(t, c.file, c.text)}})
		if err != nil || got != c.want {
			t.Errorf("%s of %q:\n%s (%v), want\n%s", c.recipe, c.text, got, err, c.want)
		}
	}
}

func TestFields(t *testing.T) {
	row := `{"data": {"q.x": "Q?", "list": [{"a": "one"}, {"a": 2}]}, "ctx": ["p", "q"]}`
	got, err := recordsOf(Set{Name: "s", Files: []string{write(t, "a.jsonl", row)},
		Fields: Fields{Question: []string{"data.q.x"}, Answer: []string{"data.list.1.a", "data.list.0.a"}, Passage: "ctx"}})
	if want := `1 ["Q?"] p="p\nq" a=["2" "one"]`; err != nil || got != want {
		t.Errorf("%s (%v), want %s", got, err, want)
	}
}

func TestFoldersAreReadInOrder(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.jsonl", "a.jsonl", "README.md"} {
		os.WriteFile(filepath.Join(dir, name), []byte(`{"q": "`+name+`"}`), 0o666)
	}
	got, err := recordsOf(Set{Name: "s", Files: []string{dir}, Fields: Fields{Question: []string{"q"}}})
	if want := `1 ["a.jsonl"] p="" a=[]; 1 ["b.jsonl"] p="" a=[]`; err != nil || got != want {
		t.Errorf("%s (%v), want %s", got, err, want)
	}
}

// Every fault is refused in words that name the file and the place.
func TestRefusals(t *testing.T) {
	cut := func(name, text string) []byte {
		b, err := os.ReadFile(write(t, name, text))
		if err != nil {
			t.Fatal(err)
		}
		return b[:len(b)-9]
	}
	long := strings.Repeat(`{"question": "the same words again and again", "answer": "x"}`+"\n", 2000)
	q := Fields{Question: []string{"question"}}
	for _, c := range []struct {
		file   string
		data   []byte
		fields Fields
		want   string
	}{
		{"a.jsonl", []byte(`{"question": "x"}` + "\n" + `{"prompt": "y"}`), q, "a.jsonl: line 2: no column question; there are prompt"},
		{"a.jsonl", []byte(`{"question": "x", "b": 1}`), Fields{Question: q.Question, Answer: []string{"answer"}}, "no record has a column answer; there are b, question"},
		{"a.jsonl", []byte(`{"question": "x", "b": 1}`), Fields{Question: q.Question, Passage: "ctx"}, "no record has a column ctx; there are b, question"},
		{"a.jsonl", []byte(`{"question": "x"}` + "\n" + `{"question": "y`), q, "line 2: the record is cut short"},
		{"a.jsonl", []byte("\nhello"), q, "line 2: want a JSON object"},
		{"a.jsonl", []byte("[1]"), q, "line 1: want a JSON object with named columns"},
		{"a.jsonl", []byte(`{"question": "x"} {}`), q, "line 1: want one JSON object a line"},
		{"a.jsonl.gz", cut("a.jsonl.gz", long), q, "cut short behind line"},
		{"a.jsonl.zst", cut("a.jsonl.zst", long), q, "behind line"},
		{"a.jsonl.gz", []byte("no gzip"), q, "unpacking"},
		{"a.json", []byte(`[{"question": "x"}`), q, "cut short behind element 1"},
		{"a.json", []byte(`[{"question": "x"}, 3]`), q, "element 2: want a JSON object"},
		{"a.csv", []byte("question,answer\nx\n"), q, "wrong number of fields"},
		{"a.csv", []byte("question,answer\n\"x,y\n"), q, "a quote that nothing closes"},
		{"a.csv", []byte("a,b\nx,y\n"), q, "line 2: no column question; there are a, b"},
		{"a.parquet", []byte("PAR1"), q, "duckdb -c"},
		{"a.txt", []byte("x"), q, "the name must end in .jsonl"},
		{"a.jsonl", []byte(`{"question": "x", "c": ["a"], "l": 4}`), Fields{Question: q.Question, Choices: []string{"c"}, Label: "l"}, `column l is "4", and there are 1 choices`},
		{"a.jsonl", []byte(`{"question": "x", "c": ["a"], "l": "no"}`), Fields{Question: q.Question, Choices: []string{"c"}, Label: "l"}, `column l is "no": want a number or a letter`},
		{"a.jsonl", []byte(`{"question": "` + strings.Repeat("x", maxLine) + `"}`), q, "line 1 is longer than 16 MiB"},
	} {
		_, err := Build([]Set{{Name: "s", Files: []string{writeRaw(t, c.file, c.data)}, Fields: c.fields}}, testOptions())
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.file) || !strings.HasPrefix(err.Error(), "set s: ") {
			t.Errorf("%s, %.60q: %v, want %q", c.file, c.data, err, c.want)
		}
	}
}

func TestUnpackingIsBounded(t *testing.T) {
	path := write(t, "a.jsonl.gz", strings.Repeat(`{"question": "x"}`+strings.Repeat(" ", 1000)+"\n", 5000))
	o := testOptions()
	o.Limit = 1 << 20
	_, err := Build([]Set{{Name: "s", Files: []string{path}, Fields: Fields{Question: []string{"question"}}}}, o)
	if err == nil || !strings.Contains(err.Error(), "more text than their index may have memory") {
		t.Error(err)
	}
}

func TestSetsAreChecked(t *testing.T) {
	ok := Fields{Question: []string{"q"}}
	for _, c := range []struct {
		set  Set
		want string
	}{
		{Set{Name: "No", Files: []string{"a"}, Fields: ok}, `set "No": a name has`},
		{Set{Name: "a", Fields: ok}, "give files"},
		{Set{Name: "a", Files: []string{"a"}}, "give recipe, one of agieval, arc"},
		{Set{Name: "a", Files: []string{"a"}, Recipe: "nope"}, `recipe "nope" is not known`},
		{Set{Name: "a", Files: []string{"a"}, Recipe: "mmlu", Fields: ok}, "either recipe or fields"},
		{Set{Name: "a", Files: []string{"a"}, Fields: Fields{Question: []string{"q"}, Choices: []string{"c"}}}, "choices and label go together"},
	} {
		if err := c.set.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.set, err, c.want)
		}
	}
	if _, err := Build([]Set{{Name: "s", Files: []string{filepath.Join(t.TempDir(), "none.jsonl")}, Fields: ok}}, testOptions()); err == nil || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func FuzzRows(f *testing.F) {
	f.Add([]byte(`{"question": "x", "choices": ["a", "b"], "answer": 1}`), byte(0))
	f.Add([]byte(`[{"question": "x", "choices": {"text": []}, "answer": "A"}]`), byte(1))
	f.Add([]byte("question,choices,answer\n\"a,b\",c,A\n"), byte(2))
	f.Add([]byte("q,a,b,c,d,B\n"), byte(2))
	f.Add([]byte("question\tanswer\nx\"y\tz\n"), byte(3))
	formats := []string{"jsonl", "json", "csv", "tsv"}
	f.Fuzz(func(t *testing.T, data []byte, which byte) {
		for _, recipe := range []string{"mmlu", "gsm8k", "arc", "decon"} {
			r := recipes[recipe]
			x := &extractor{recipe: &r}
			n := 0
			err := rows(bufio.NewReader(bytes.NewReader(data)), formats[which%4], r.columns, func(line int, row any) error {
				if n++; line < 1 {
					t.Fatalf("line %d", line)
				}
				_, err := x.record(row)
				return err
			})
			if err == nil {
				err = x.missing()
			}
			if err != nil && err.Error() == "" {
				t.Fatal("an error without words")
			}
		}
	})
}
