package eval

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/data/chat"
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

// tiny is a model of random weights, far from uniform, and its runner with so many places.
func tiny(t testing.TB, slots, rows int) (*Runner, *model.Model) {
	t.Helper()
	tok := tinyTokenizer(t)
	c := model.Config{Arch: model.Llama, Layers: 2, Width: 32, Heads: 4, KVHeads: 2, Context: 64, Vocab: tok.Vocab(), Tied: true, RopeTheta: 1e4, NormEps: 1e-5}
	m, err := model.New(c, cpu.New(2), 64)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(3)
	for _, p := range m.Params() {
		for i := range p.W {
			p.W[i] *= 5
		}
	}
	return NewRunner(decode.NewEngine(m, tok, slots, rows), tok, tok.EndOfText()), m
}

func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// sum is Σ log p of tokens[from:], each seen with all that stands before it, by the training forward pass.
func sum(m *model.Model, tokens []int32, from int) float64 {
	n := len(tokens) - 1
	s := model.Signals{LogP: make([]float64, n)}
	m.Forward(&model.Batch{Rows: 1, Cols: n, Tokens: tokens[:n], Targets: tokens[1:]}, &s)
	total := 0.0
	for _, l := range s.LogP[from-1:] {
		total += l
	}
	return total
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %g, want %g", what, got, want)
	}
}

func metric(t *testing.T, ms []Metric, name string) Metric {
	t.Helper()
	for _, m := range ms {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("no %s in %v", name, ms)
	return Metric{}
}

func TestBitsPerByte(t *testing.T) {
	r, m := tiny(t, 3, 50)
	long := strings.Repeat("the stone turns, grinds 12 corn. ", 12)
	path := write(t, "rows.jsonl", `{"text": "the mill"}`+"\n"+`{"text": "", "domain": "code"}`+"\n"+`{"text": "corn\u00e9 `+long+`", "domain": "code"}`)
	docs := map[string]string{"rows.jsonl": "the mill", "code": "corn\u00e9 " + long}
	for _, stride := range []int{0, 7, 64} {
		res, err := r.Run(context.Background(), Task{Kind: "bpb", Path: path, Stride: stride})
		if err != nil {
			t.Fatal(err)
		}
		nats, bytes := 0.0, 0
		for name, text := range docs {
			x := append([]int32{r.prefix}, r.encode(text)...)
			step := stride
			if step == 0 {
				step = 64
			}
			var own float64
			if len(x) <= 64 {
				own = sum(m, x, 1)
			} else {
				own = sum(m, x[:65], 1)
				for at := 65; at < len(x); at += step { // each token with all that its window holds
					end := min(at+step, len(x))
					from := max(0, end-65)
					own += sum(m, x[from:end], at-from)
				}
			}
			nats, bytes = nats+own, bytes+len(text)
			for _, g := range res.Groups {
				if g.Name == name {
					near(t, name, metric(t, g.Metrics, "bits_per_byte").Value, -own/math.Ln2/float64(len(text)), 1e-5)
				}
			}
		}
		near(t, "bits per byte", metric(t, res.Metrics, "bits_per_byte").Value, -nats/math.Ln2/float64(bytes), 1e-5)
		if len(res.Groups) != 2 || res.Metrics[0].N != 2 {
			t.Errorf("%d domains, %d documents", len(res.Groups), res.Metrics[0].N)
		}
	}
	// A plain file is one document.
	res, err := r.Run(context.Background(), Task{Kind: "bpb", Path: write(t, "a.txt", "the mill")})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "a file", res.Metrics[0].Value, -sum(m, append([]int32{r.prefix}, r.encode("the mill")...), 1)/math.Ln2/8, 1e-6)
	near(t, "its perplexity", math.Log2(metric(t, res.Metrics, "perplexity").Value)/metric(t, res.Metrics, "bytes_per_token").Value, res.Metrics[0].Value, 1e-9)
}

func TestMinimalPairs(t *testing.T) {
	var lines strings.Builder
	pairs := [][2]string{{"The mill grinds.", "The mill grind."}, {"A stone turns", "A stone turn"}, {"Corn is dry", "Corn are dry"}, {"same", "same"}}
	for i, p := range pairs {
		b, _ := json.Marshal(map[string]string{"sentence_good": p[0], "sentence_bad": p[1], "UID": []string{"one", "two"}[i%2]})
		lines.Write(append(b, '\n'))
	}
	path := write(t, "pairs.jsonl", lines.String())
	r, m := tiny(t, 4, 64)
	right := 0.0
	for _, p := range pairs {
		good := sum(m, append([]int32{r.prefix}, r.encode(" "+p[0])...), 1)
		bad := sum(m, append([]int32{r.prefix}, r.encode(" "+p[1])...), 1)
		right += truth(good >= bad)
	}
	res, err := r.Run(context.Background(), Task{Kind: "blimp", Path: path, Samples: 2})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "accuracy", metric(t, res.Metrics, "acc").Value, right/4, 0)
	if len(res.Groups) != 2 || res.Groups[0].Name != "one" || res.Groups[0].Metrics[0].N != 2 || len(res.Samples) != 2 {
		t.Errorf("%+v", res)
	}
	// Among others as alone.
	small, _ := tiny(t, 1, 3)
	again, err := small.Run(context.Background(), Task{Kind: "blimp", Path: path, Samples: 2})
	if err != nil || !reflect.DeepEqual(res, again) {
		t.Errorf("other figures from other batches: %+v, %v", again, err)
	}
}

func TestChoiceKnowsEveryShape(t *testing.T) {
	for _, c := range []struct {
		name, row string
		want      item
	}{
		{"ARC", `{"question": "Why?", "choices": {"text": ["x", "yy"], "label": ["1", "2"]}, "answerKey": "2"}`,
			item{prompt: "Question: Why?\nAnswer:", choices: []string{"x", "yy"}, gold: 1}},
		{"MMLU", `{"question": " Why? ", "subject": "abstract_algebra", "choices": ["x", "y", "z"], "answer": 2}`,
			item{group: "abstract_algebra", about: "The following are multiple choice questions (with answers) about abstract algebra.\n\n",
				prompt: "Why?\nA. x\nB. y\nC. z\nAnswer:", choices: []string{"A", "B", "C"}, gold: 2}},
		{"MMLU with a letter", `{"question": "q", "choices": ["x", "y"], "answer": "B"}`, item{prompt: "q\nA. x\nB. y\nAnswer:", choices: []string{"A", "B"}, gold: 1}},
		{"HellaSwag", `{"activity_label": "Milling", "ctx_a": "A man [x] stands.", "ctx_b": "he GRINDS", "endings": [" corn [title] Go", "the  moon"], "label": "1"}`,
			item{prompt: "Milling: A man stands. He grinds", choices: []string{"corn. Go", "the moon"}, gold: 1}},
		{"as it is", `{"query": "q ", "choices": ["a", "b"], "gold": 0}`, item{prompt: "q ", choices: []string{"a", "b"}}},
		{"with a label", `{"context": "q", "choices": ["a", "b"], "label": 1}`, item{prompt: "q", choices: []string{"a", "b"}, gold: 1}},
	} {
		got, err := rows(write(t, "rows.jsonl", c.row), 0, (*choiceRow).read)
		if err != nil || !reflect.DeepEqual(got[0].item, c.want) {
			t.Errorf("%s: %+v, %v; want %+v", c.name, got, err, c.want)
		}
	}
	for want, row := range map[string]string{
		"no known shape":         `{"text": "t"}`,
		"labels":                 `{"question": "q", "choices": {"text": ["x", "y"], "label": ["A", "B"]}, "answerKey": "C"}`,
		"number 2 is right":      `{"query": "q", "choices": ["a", "b"], "gold": 2}`,
		"its number from 0":      `{"query": "q", "choices": ["a", "b"], "gold": "x"}`,
		"an empty choice":        `{"query": "q", "choices": ["a", ""], "gold": 0}`,
		"1 choices":              `{"query": "q", "choices": ["a"], "gold": 0}`,
		"rows.jsonl:1: choices:": `{"query": "q", "choices": 3, "gold": 0}`,
	} {
		if _, err := rows(write(t, "rows.jsonl", row), 0, (*choiceRow).read); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", row, err, want)
		}
	}
}

func TestChoiceMetrics(t *testing.T) {
	r, m := tiny(t, 3, 64)
	path := write(t, "rows.jsonl", `{"query": "the mill", "choices": ["x", "grinds corn", "é"], "gold": 1}`+"\n"+`{"query": "a stone ", "choices": ["turns", "q"], "gold": 0}`)
	res, err := r.Run(context.Background(), Task{Kind: "choice", Path: path, Shots: 1, Samples: 9})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Samples) != 2 {
		t.Fatalf("%d samples", len(res.Samples))
	}
	want := map[string]float64{}
	for _, q := range []struct {
		prompt  string
		choices []string
		gold    int
	}{{"a stone  turns\n\nthe mill", []string{"x", "grinds corn", "é"}, 1}, {"the mill grinds corn\n\na stone ", []string{"turns", "q"}, 0}} {
		var by [4][]float64
		for _, c := range q.choices {
			left := strings.TrimRight(q.prompt, " ")
			whole, n := r.encode(q.prompt+" "+c), len(r.encode(left))
			l := sum(m, whole, n)
			by[0], by[1] = append(by[0], l), append(by[1], l/float64(len([]rune(c))))
			by[2], by[3] = append(by[2], l/float64(len(c))), append(by[3], l/float64(len(whole)-n))
		}
		for i, name := range []string{"acc", "acc_norm", "acc_bytes", "acc_token"} {
			want[name] += truth(argmax(by[i]) == q.gold) / 2
		}
	}
	for name, w := range want {
		near(t, name, metric(t, res.Metrics, name).Value, w, 0)
	}
}

func TestAnswersAreFound(t *testing.T) {
	for _, c := range []struct{ said, strict, flexible string }{
		{" 3 and 4 make 7.\n#### 7", "7", "7"},
		{"#### 1,234.50 or 9", "1,234.50", "9"},
		{"it costs $1,200.", noAnswer, "$1,200."},
		{"-5 #### -5", "-5", "-5"},
		{"no number", noAnswer, noAnswer},
		{"#### 5\n#### 6", "5", "6"},
	} {
		if s, f := strict(c.said), flexible(c.said); s != c.strict || f != c.flexible {
			t.Errorf("%q: %q and %q, want %q and %q", c.said, s, f, c.strict, c.flexible)
		}
	}
	for in, want := range map[string]string{"1,234": "1234", "$7.": "7", "so\n#### 18": "18", "A.": "a"} {
		if got := bare(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestGSM8K(t *testing.T) {
	r, _ := tiny(t, 2, 64)
	path := write(t, "g.jsonl", strings.Repeat(`{"question": "1+1?", "answer": "2.\n#### 2"}`+"\n", 3))
	task := Task{Kind: "gsm8k", Path: path, Shots: 1, Tokens: 8, Samples: 1}
	res, err := r.Run(context.Background(), task)
	if err != nil || metric(t, res.Metrics, "exact_match_strict").N != 3 || len(res.Samples) != 1 {
		t.Fatalf("%+v, %v", res, err)
	}
	task.Tokens = 40
	if res, err = r.Run(context.Background(), task); err != nil || len(res.Notes) != 1 || !strings.Contains(res.Notes[0], "3 of 3 prompts") {
		t.Errorf("prompts beyond the context: %+v, %v", res.Notes, err)
	}
	task.Tokens = 64
	if _, err = r.Run(context.Background(), task); err == nil || !strings.Contains(err.Error(), "context is 64") {
		t.Errorf("no room for a prompt: %v", err)
	}
}

func TestPassAtK(t *testing.T) {
	for _, c := range []struct {
		n, c, k int
		want    float64
	}{{1, 1, 1, 1}, {1, 0, 1, 0}, {10, 3, 1, 0.3}, {5, 2, 2, 1 - 3.0/10}, {5, 2, 4, 1}, {200, 10, 100, 0.9992289739372822}} {
		near(t, "pass@k", passAtK(c.n, c.c, c.k), c.want, 1e-9)
	}
}

func TestFiguresOfFigures(t *testing.T) {
	m := mean("m", []float64{1, 0, 0, 1, 1})
	near(t, "mean", m.Value, 0.6, 1e-15)
	near(t, "its error", m.StdErr, math.Sqrt(0.3/5), 1e-15)
	q := ratio("r", []float64{2, 4, 6}, []float64{1, 2, 3})
	near(t, "ratio", q.Value, 2, 0)
	near(t, "its error", q.StdErr, 0, 0)
	q = ratio("r", []float64{1, 5}, []float64{1, 1})
	near(t, "the error of a mean", q.StdErr, mean("m", []float64{1, 5}).StdErr, 1e-15)
	if z := mean("none", nil); z.Value != 0 || z.N != 0 {
		t.Error(z)
	}
}

func TestTasksRefuse(t *testing.T) {
	r, _ := tiny(t, 1, 8)
	for s, want := range map[string]string{"blimp": "KIND:PATH", "poems:x": "KIND:PATH", "blimp:": "KIND:PATH"} {
		if _, err := NewTask(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", s, err)
		}
	}
	rowsOf := func(s string) string { return write(t, "r.jsonl", s) }
	for want, task := range map[string]Task{
		"no such file":             {Kind: "blimp", Path: "absent"},
		"r.jsonl:1: want sentence": {Kind: "blimp", Path: rowsOf(`{"a": 1}`)},
		"no rows":                  {Kind: "choice", Path: rowsOf("\n")},
		"r.jsonl:2: unexpected":    {Kind: "bpb", Path: rowsOf("{\"text\": \"a\"}\n{")},
		"r.jsonl:1: no text":       {Kind: "bpb", Path: rowsOf("{}")},
		"with ####":                {Kind: "gsm8k", Path: rowsOf(`{"question": "q", "answer": "2"}`), Tokens: 3},
		"solved problems":          {Kind: "gsm8k", Path: rowsOf(`{"question": "q", "answer": "#### 2"}`), Tokens: 3, Shots: 4},
		"--run-code":               {Kind: "humaneval", Path: rowsOf(`{}`), Draws: 1, K: []int{1}},
		"pass@[2] of 1":            {Kind: "humaneval", Path: rowsOf(`{}`), Draws: 1, K: []int{2}},
		"a stride of 99":           {Kind: "bpb", Path: rowsOf(`{"text": "a"}`), Stride: 99},
		"must not be negative":     {Kind: "bpb", Limit: -1},
	} {
		if _, err := r.Run(context.Background(), task); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want an error with %q", task, err, want)
		}
	}
}

func TestRealPairs(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "data", "eval", "blimp")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no sets beside the repository: ", err)
	}
	r, _ := tiny(t, 16, 128)
	res, err := r.Run(context.Background(), Task{Kind: "blimp", Path: dir, Limit: 2})
	if err != nil || metric(t, res.Metrics, "acc").N != 42 || len(res.Groups) < 21 {
		t.Errorf("%+v, %v", res.Metrics, err)
	}
}

func TestTalk(t *testing.T) {
	r, _ := tiny(t, 4, 64)
	task, err := NewTask("chat:builtin")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Run(context.Background(), task); err == nil || !strings.Contains(err.Error(), "no chat template") {
		t.Errorf("a model that does not chat: %v", err)
	}
	asked := 0
	r.Chat = func(turns []chat.Message) (prompt, stop []int32, err error) {
		asked++
		return []int32{int32(turns[0].Content[0])}, []int32{int32(asked)}, nil
	}
	task.Limit, task.Tokens = 7, 5
	res, err := r.Run(context.Background(), task)
	if err != nil || asked != 7 || metric(t, res.Metrics, "prompts_passed").N != 7 || metric(t, res.Metrics, "stop_rate").N != 7 || len(res.Samples) != 5 {
		t.Errorf("%+v, %v", res, err)
	}
}

func FuzzChoice(f *testing.F) {
	f.Add([]byte(`{"question": "q", "choices": {"text": ["x", "y"], "label": ["A", "B"]}, "answerKey": "B"}`))
	f.Add([]byte(`{"activity_label": "a", "ctx_a": "[x]", "ctx_b": "\u00e9", "endings": ["a", "b"], "label": "1"}`))
	f.Add([]byte(`{"query": "q", "choices": ["a", "b"], "gold": "A"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var c choiceRow
		if json.Unmarshal(b, &c) != nil || c.read() != nil {
			return
		}
		if it := c.item; len(it.choices) < 2 || it.gold < 0 || it.gold >= len(it.choices) {
			t.Fatalf("accepted %+v", it)
		}
	})
}

func TestTable(t *testing.T) {
	r := Report{Results: []Result{{Task: "blimp:x", Metrics: []Metric{{"acc", 0.5, 0.1, 4}, {"acc_token", 1, 0, 4}},
		Groups: []Group{{"one", []Metric{{"acc", 0, 0, 2}}}}, Notes: []string{"short"}}}}
	want := "task     group  metric     value            n\nblimp:x  all    acc        0.5000 ± 0.1000  4\n                acc_token  1.0000           4\n" +
		"         one    acc        0.0000           2\nblimp:x: short\n"
	if got := r.Table(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
