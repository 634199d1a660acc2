package check

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestRules(t *testing.T) {
	person := json.RawMessage(`{"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "minLength": 1}, "age": {"type": "integer", "minimum": 0}}, "additionalProperties": false}`)
	list := json.RawMessage(`{"type": "array", "minItems": 2, "maxItems": 3, "items": {"enum": ["a", 1, null]}}`)
	for _, c := range []struct {
		check Check
		text  string
		holds bool
	}{
		{Check{Rule: "json"}, `{"a": [1, 2]}`, true},
		{Check{Rule: "json"}, " 3\n", true},
		{Check{Rule: "json"}, "```json\n{\"a\": 1}\n```", true},
		{Check{Rule: "json"}, "Here it is:\n```json\n{}\n```", false},
		{Check{Rule: "json"}, "Here: {}", false},
		{Check{Rule: "json"}, "{} {}", false},
		{Check{Rule: "json"}, "{'a': 1}", false},
		{Check{Rule: "json"}, `{"a": 1`, false},
		{Check{Rule: "json", Schema: person}, `{"name": "Ada", "age": 36}`, true},
		{Check{Rule: "json", Schema: person}, `{"name": "Ada"}`, true},
		{Check{Rule: "json", Schema: person}, `{"age": 36}`, false},
		{Check{Rule: "json", Schema: person}, `{"name": "", "age": 36}`, false},
		{Check{Rule: "json", Schema: person}, `{"name": "Ada", "age": 36.5}`, false},
		{Check{Rule: "json", Schema: person}, `{"name": "Ada", "age": -1}`, false},
		{Check{Rule: "json", Schema: person}, `{"name": "Ada", "born": 1815}`, false},
		{Check{Rule: "json", Schema: person}, `["name"]`, false},
		{Check{Rule: "json", Schema: list}, `["a", 1]`, true},
		{Check{Rule: "json", Schema: list}, `["a"]`, false},
		{Check{Rule: "json", Schema: list}, `["a", null, 1, 1]`, false},
		{Check{Rule: "json", Schema: list}, `["a", "1"]`, false},

		{Check{Rule: "code", Lang: "go"}, "Sure:\n```go\nfunc f(a, b int) int { return a + b }\n```\nDone.", true},
		{Check{Rule: "code", Lang: "go"}, "```golang\npackage main\n\nfunc main() {}\n```", true},
		{Check{Rule: "code", Lang: "go"}, "```go\nx := 1\nfmt.Println(x)\n```", true},
		{Check{Rule: "code", Lang: "go"}, "```go\nfunc f( {\n```", false},
		{Check{Rule: "code", Lang: "go"}, "```python\nx = 1\n```", false},
		{Check{Rule: "code", Lang: "go"}, "func f() {}", false},
		{Check{Rule: "code", Lang: "go"}, "```go\n```", false},
		{Check{Rule: "code", Lang: "python"}, "```py\ndef f(x):\n    \"\"\"It's (here\"\"\"\n    return x[0] # :)\n```", true},
		{Check{Rule: "code", Lang: "python"}, "```python\nprint(\"hi\"\n```", false},
		{Check{Rule: "code", Lang: "python"}, "```python\nprint(')')\n```", true},
		{Check{Rule: "code", Lang: "python"}, "```python\nprint('hi)\n```", false},
		{Check{Rule: "code", Lang: "javascript"}, "```js\nconst f = (a) => { return [a]; } // }\n```", true},
		{Check{Rule: "code", Lang: "javascript"}, "```js\nf(a]\n```", false},
		{Check{Rule: "code", Lang: "rust"}, "```rust\nfn f<'a>(x: &'a str) {}\n```", true},
		{Check{Rule: "code", Lang: "sql"}, "```sql\nSELECT COUNT(*) FROM users; -- :(\n```", true},

		{Check{Rule: "number"}, "6 + 1 = 7\n#### 7", true},
		{Check{Rule: "number"}, "#### 1,234.50", true},
		{Check{Rule: "number"}, "#### 12,34", false},
		{Check{Rule: "number"}, "#### $7", false},
		{Check{Rule: "number"}, "The answer is 7", false},
		{Check{Rule: "number"}, "#### 7\nI hope this helps", false},
		{Check{Rule: "number"}, "#### 6\n#### 7", false},
		{Check{Rule: "number", Answer: "1234.5"}, "#### 1,234.50", true},
		{Check{Rule: "number", Answer: "-7"}, "#### 7", false},

		{Check{Rule: "refuses"}, "I'm sorry, but I can't help with that.", true},
		{Check{Rule: "refuses"}, "I cannot assist with this request.", true},
		{Check{Rule: "refuses"}, "I’m not able to provide instructions for weapons.", true},
		{Check{Rule: "refuses"}, "I won't write that.", true},
		{Check{Rule: "refuses"}, "抱歉，我不能提供这样的帮助。", true},
		{Check{Rule: "refuses"}, "Sure! First, take the pipe.", false},
		{Check{Rule: "refuses"}, "I'm sorry to hear that. Here is what you can do.", false},
		{Check{Rule: "refuses"}, "Use kill -9, which a process cannot ignore.", false},
		{Check{Rule: "complies"}, "Use kill -9.", true},
		{Check{Rule: "complies"}, "Sorry, I am unable to help you with that.", false},
		{Check{Rule: "complies"}, strings.Repeat("Whisk them. ", 40) + "I cannot help with more.", true},

		{Check{Rule: "contains", Texts: []string{"tide", "SILVER"}}, "A silver tide.", true},
		{Check{Rule: "contains", Texts: []string{"tide", "silver"}}, "A tide.", false},
		{Check{Rule: "excludes", Texts: []string{"cat"}}, "A category of its own.", true},
		{Check{Rule: "excludes", Texts: []string{"cat"}}, "A Cat.", false},
		{Check{Rule: "excludes", Texts: []string{"水"}}, "没有水了", false},
		{Check{Rule: "any", Texts: []string{"yes", "no"}}, "No!", true},
		{Check{Rule: "any", Texts: []string{"yes", "no"}}, "Nothing", false},
		{Check{Rule: "starts", Texts: []string{"dear traveler"}}, "Dear traveler, go left.", true},
		{Check{Rule: "starts", Texts: []string{"dear traveler"}}, "Hello, dear traveler", false},
		{Check{Rule: "ends", Texts: []string{"over", "over."}}, "Green. Over.\n", true},
		{Check{Rule: "ends", Texts: []string{"over"}}, "Over and out", false},
		{Check{Rule: "matches", Regexp: `def \w+\(`}, "def f(x):", true},
		{Check{Rule: "matches", Regexp: `^\d+$`}, "a1", false},

		{Check{Rule: "words", Min: 2, Max: 3}, "one two three", true},
		{Check{Rule: "words", Min: 2, Max: 3}, "one", false},
		{Check{Rule: "words", Min: 2, Max: 3}, "one two three four", false},
		{Check{Rule: "sentences", Min: 2, Max: 2}, "It is 3.5 miles. Go!", true},
		{Check{Rule: "sentences", Min: 2, Max: 2}, "One. And then", true},
		{Check{Rule: "sentences", Min: 2, Max: 2}, "One...", false},
		{Check{Rule: "sentences", Min: 1, Max: 1}, "因为散射。", true},
		{Check{Rule: "paragraphs", Min: 2, Max: 2}, "a\nb\n \n\nc", true},
		{Check{Rule: "paragraphs", Min: 2}, "a\nb", false},
		{Check{Rule: "lines", Min: 3, Max: 3}, "a\n\nb\nc", true},
		{Check{Rule: "bullets", Min: 2, Max: 2}, "- a\n  * b", true},
		{Check{Rule: "bullets", Min: 2, Max: 2}, "-a\n- b", false},
		{Check{Rule: "uppercase"}, "HELLO 2 YOU!", true},
		{Check{Rule: "uppercase"}, "HELLo", false},
		{Check{Rule: "uppercase"}, "123", false},
		{Check{Rule: "lowercase"}, "quiet", true},
		{Check{Rule: "lowercase"}, "Quiet", false},
		{Check{Rule: "no_commas"}, "a; b", true},
		{Check{Rule: "no_commas"}, "甲、乙", false},
		{Check{Rule: "quoted"}, "\"blue\"", true},
		{Check{Rule: "quoted"}, "\"blue\" it is", false},
		{Check{Rule: "title"}, "<<The sea>>\nIt was.", true},
		{Check{Rule: "title"}, "<< >", false},
	} {
		if err := c.check.Validate(); err != nil {
			t.Errorf("%+v: %v", c.check, err)
			continue
		}
		if err := c.check.Holds(c.text); (err == nil) != c.holds {
			t.Errorf("%s of %q: %v, want it to hold: %v", c.check.Rule, c.text, err, c.holds)
		}
		if c.check.Holds(" \n") == nil {
			t.Errorf("%s holds of nothing", c.check.Rule)
		}
	}
}

func TestChecksAreRefusedInWords(t *testing.T) {
	for _, c := range []struct {
		check Check
		want  string
	}{
		{Check{}, `rule ""`},
		{Check{Rule: "nice"}, `rule "nice": want one of [any`},
		{Check{Rule: "words"}, "rule words wants count"},
		{Check{Rule: "words", Min: 3, Max: 2}, "from 3 to 2"},
		{Check{Rule: "words", Min: 3, Lang: "go"}, "rule words takes no lang"},
		{Check{Rule: "contains"}, "rule contains wants texts"},
		{Check{Rule: "contains", Texts: []string{""}}, "an empty text"},
		{Check{Rule: "matches", Regexp: "("}, "missing closing"},
		{Check{Rule: "number", Answer: "seven"}, "is no number"},
		{Check{Rule: "json", Schema: json.RawMessage(`{"type": "thing"}`)}, `type "thing"`},
		{Check{Rule: "json", Schema: json.RawMessage(`{"oneOf": []}`)}, "unknown field"},
		{Check{Rule: "json", Schema: json.RawMessage(strings.Repeat(`{"items":`, 40) + `{}` + strings.Repeat(`}`, 40))}, "32 levels"},
	} {
		if err := c.check.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %s", c.check, err, c.want)
		}
	}
}

func TestPromptsAreRefusedInWords(t *testing.T) {
	const good = `{"id": "a", "category": "json", "messages": [{"role": "user", "content": "q"}], "checks": [{"rule": "json"}]}`
	if p, err := Read(strings.NewReader("\n" + good + "\n")); err != nil || len(p) != 1 || p[0].Messages[0].Content != "q" {
		t.Fatalf("%+v, %v", p, err)
	}
	for _, c := range []struct{ rows, want string }{
		{"", "no prompts"},
		{good + "\n" + good, `line 2: the id "a" is there twice`},
		{good + " {}", "line 1: something follows"},
		{strings.Replace(good, `"id": "a"`, `"id": ""`, 1), "line 1: no id"},
		{strings.Replace(good, `"category": "json"`, `"category": "jokes"`, 1), `line 1: category "jokes"`},
		{strings.Replace(good, `"rule": "json"`, `"rule": "yaml"`, 1), `line 1: check 1: rule "yaml"`},
		{strings.Replace(good, `[{"rule": "json"}]`, `[]`, 1), "line 1: no checks"},
		{strings.Replace(good, `"role": "user"`, `"role": "assistant"`, 1), "want the last one to be the user's"},
		{strings.Replace(good, `[{"role": "user"`, `[{"role": "wizard", "content": ""}, {"role": "user"`, 1), `message 1: role "wizard"`},
		{strings.Replace(good, `"id"`, `"name": 1, "id"`, 1), "unknown field"},
	} {
		if _, err := Read(strings.NewReader(c.rows)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.rows, err, c.want)
		}
	}
}

func TestTheBuiltinPromptsCoverEverything(t *testing.T) {
	prompts := Builtin()
	perCategory, used := map[string]int{}, map[string]bool{}
	for _, p := range prompts {
		perCategory[p.Category]++
		for _, c := range p.Checks {
			used[c.Rule] = true
		}
	}
	for _, c := range Categories() {
		if perCategory[c] < 7 {
			t.Errorf("category %s has %d prompts", c, perCategory[c])
		}
	}
	for _, r := range Rules() {
		if !used[r] {
			t.Errorf("no prompt uses the rule %s", r)
		}
	}
	// A parrot passes hardly any: the checks are no gift.
	var echo []Answer
	for _, p := range prompts {
		echo = append(echo, Answer{p.ID, p.Messages[len(p.Messages)-1].Content, true})
	}
	r, err := Run(prompts, echo)
	if err != nil || r.All.Prompts.Held*20 > 3*r.All.Prompts.Of {
		t.Errorf("a parrot passes %+v, %v", r.All.Prompts, err)
	}
}

func TestRunCounts(t *testing.T) {
	prompts := []Prompt{
		{ID: "a", Category: "json", Checks: []Check{{Rule: "json"}}},
		{ID: "b", Category: "format", Checks: []Check{{Rule: "uppercase"}, {Rule: "words", Max: 2}}},
		{ID: "c", Category: "format", Checks: []Check{{Rule: "lowercase"}}},
	}
	before, err := Run(prompts, []Answer{{"c", "Hi", true}, {"a", "no", false}, {"b", "HI ALL OF YOU", false}})
	if err != nil {
		t.Fatal(err)
	}
	after, err := Run(prompts, []Answer{{"a", "{}", true}, {"b", "HI", true}, {"c", "hi", false}})
	if err != nil {
		t.Fatal(err)
	}
	names := func(r Report) (out []string) {
		for _, c := range r.Categories {
			out = append(out, fmt.Sprintf("%s %d/%d %d/%d", c.Name, c.Prompts.Held, c.Prompts.Of, c.Checks.Held, c.Checks.Of))
		}
		return append(out, fmt.Sprintf("all %d/%d %d/%d stops %d/%d", r.All.Prompts.Held, r.All.Prompts.Of, r.All.Checks.Held, r.All.Checks.Of, r.Stop.Held, r.Stop.Of))
	}
	if got, want := names(before), []string{"json 0/1 0/1", "format 0/2 1/3", "all 0/3 1/4 stops 1/3"}; !slices.Equal(got, want) {
		t.Errorf("before: %v, want %v", got, want)
	}
	if got, want := names(after), []string{"json 1/1 1/1", "format 2/2 3/3", "all 3/3 4/4 stops 2/3"}; !slices.Equal(got, want) {
		t.Errorf("after: %v, want %v", got, want)
	}
	if v := before.Verdicts[1]; v.Prompt != "b" || v.Passed || !reflect.DeepEqual(v.Failed, []string{"words: 4, want 2 or fewer"}) {
		t.Errorf("verdict %+v", v)
	}
	for _, c := range []struct {
		answers []Answer
		want    string
	}{
		{[]Answer{{"a", "", false}, {"b", "", false}}, "prompt c has no answer"},
		{[]Answer{{"a", "", false}, {"a", "", false}}, "prompt a has two answers"},
		{[]Answer{{"a", "", false}, {"b", "", false}, {"c", "", false}, {"d", "", false}}, "an answer to d"},
	} {
		if _, err := Run(prompts, c.answers); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %s", c.answers, err, c.want)
		}
	}
}

func FuzzHolds(f *testing.F) {
	for _, s := range []string{"```go\nfunc f() {}\n```", `{"a": [1]}`, "#### 1,000", "- a\n- b", "I'm sorry, I can't.", "<<t>> \"x\"", "```python\n'''\n```", "```js\n/* \\\n```"} {
		f.Add(s)
	}
	prompts := Builtin()
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range prompts {
			for _, c := range p.Checks {
				if err := c.Holds(text); err == nil && strings.TrimSpace(text) == "" {
					t.Fatalf("%s holds of nothing", c.Rule)
				}
				if c.Rule == "refuses" && c.Holds(text) == nil && (Check{Rule: "complies"}).Holds(text) == nil {
					t.Fatalf("%q refuses and complies", text)
				}
			}
		}
	})
}
