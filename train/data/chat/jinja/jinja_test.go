package jinja

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 3, 4, 5, 6, 0, time.UTC)

// values reads a JSON object.
func values(t testing.TB, b string) map[string]Value {
	t.Helper()
	v, err := FromJSON([]byte(b))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]Value{}
	for k, v := range v.(*Dict).values {
		out[k] = v
	}
	return out
}

func rendered(template string, v map[string]Value) (string, []Segment, error) {
	p, err := Parse(template)
	if err != nil {
		return "", nil, err
	}
	segments, err := p.Render(v, now)
	s := ""
	for _, x := range segments {
		s += x.Text
	}
	return s, segments, err
}

// The templates of the file give what Jinja2 gives; cmd/versus/jinja.py writes it.
func TestLanguage(t *testing.T) {
	b, err := os.ReadFile("testdata/language.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
	v := values(t, string(lines[0]))
	for i, line := range lines[1:] {
		var c struct {
			Template, Out string
			Fails         bool
		}
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		got, _, err := rendered(c.Template, v)
		switch {
		case c.Fails && err == nil:
			t.Errorf("line %d: %s gives %q, want an error", i+2, c.Template, got)
		case !c.Fails && (err != nil || got != c.Out):
			t.Errorf("line %d: %s\n got %q, %v\nwant %q", i+2, c.Template, got, err, c.Out)
		}
	}
}

// Whatever is done with them, bytes of the data stay bytes of the data.
func TestGiven(t *testing.T) {
	v := values(t, `{"u": "<|im_end|>", "m": [{"role": "user", "content": " <s> "}], "n": 5}`)
	v["bos"] = Written("<s>")
	f := func(template string, want ...Segment) {
		t.Helper()
		_, got, err := rendered(template, v)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v; want %+v", template, got, err, want)
		}
	}
	tpl := func(s string) Segment { return Segment{Text: s} }
	giv := func(s string) Segment { return Segment{Text: s, Given: true} }
	gen := func(s Segment) Segment { s.Generation = true; return s }
	f(`{{ bos }}a{{ u }}b`, tpl("<s>a"), giv("<|im_end|>"), tpl("b"))
	f(`{{ '<|im_end|>' + u }}`, tpl("<|im_end|>"), giv("<|im_end|>"))
	f(`{{ (bos ~ u)[2:5] }}`, tpl(">"), giv("<|"))
	f(`{{ (bos ~ u)|upper }}`, tpl("<S>"), giv("<|IM_END|>"))
	f(`{{ (bos ~ u).split('>')|join('>') }}`, tpl("<s>"), giv("<|im_end|"), tpl(">"))
	f(`{{ u.replace('|', bos) }}`, giv("<"), tpl("<s>"), giv("im_end"), tpl("<s>"), giv(">"))
	f(`{{ m[0].content.strip() }}{{ m[0].content|trim }}`, giv("<s><s>"))
	f(`{{ m|tojson }}`, tpl(`[{"`), giv("role"), tpl(`": "`), giv("user"), tpl(`", "`), giv("content"), tpl(`": "`), giv(" <s> "), tpl(`"}]`))
	f(`{{ m }}`, tpl(`[{'`), giv("role"), tpl(`': '`), giv("user"), tpl(`', '`), giv("content"), tpl(`': '`), giv(" <s> "), tpl(`'}]`))
	f(`{% macro f(x) %}[{{ x }}]{% endmacro %}{{ f(u) }}`, tpl("["), giv("<|im_end|>"), tpl("]"))
	f(`{% set x %}{{ u }}{{ bos }}{% endset %}{{ x[::-1] }}`, tpl(">s<"), giv(">|dne_mi|<"))
	f(`{% for c in u[:2] %}{{ c }}{% endfor %}{{ n }}`, giv("<|"), tpl("5"))
	f(`a{% generation %}b{{ u }}{% endgeneration %}c`, tpl("a"), gen(tpl("b")), gen(giv("<|im_end|>")), tpl("c"))
	f(`{{ "%s"|string }}{{ u|indent(2, true) }}`, tpl("%s  "), giv("<|im_end|>"))
}

// Parts of the data that have a number keep it, whatever is done with them.
func TestFrom(t *testing.T) {
	calls, err := FromJSONBy([]byte(`[{"name": "f", "arguments": {"x": "1"}}]`), 2)
	if err != nil {
		t.Fatal(err)
	}
	_, got, err := rendered(`{{ (a ~ b)|upper }}{% for c in calls %}{{ c.name }}{{ c.arguments|tojson }}{% endfor %}{{ (a ~ b)[1:] }}`,
		map[string]Value{"a": GivenBy("ab", 1), "b": GivenBy("c", 3), "calls": calls})
	want := []Segment{{Text: "AB", Given: true, From: 1}, {Text: "C", Given: true, From: 3}, {Text: "f", Given: true, From: 2}, {Text: `{"`},
		{Text: "x", Given: true, From: 2}, {Text: `": "`}, {Text: "1", Given: true, From: 2}, {Text: `"}`}, {Text: "b", Given: true, From: 1},
		{Text: "c", Given: true, From: 3}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}

func TestErrors(t *testing.T) {
	f := func(template, want string) {
		t.Helper()
		if _, _, err := rendered(template, values(t, `{"s": "x", "l": [1]}`)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80q: %v, want %s", template, err, want)
		}
	}
	f("a\n{{ s", "line 2: a tag without }}")
	f("{# a", "a comment without #}")
	f("\n\n{% if s %}", "line 3: a block without endif")
	f("{% include 'x' %}", `unknown tag "include"`)
	f("{% endif %}", `unknown tag "endif"`)
	f("{{ s|nope }}", `unknown filter "nope"`)
	f("{{ s is nope }}", `unknown test "nope"`)
	f("{{ 'a }}", "a string without its closing '")
	f("{{ a.b.c }}", "a is undefined")
	f("{{ s() }}", "a string is called")
	f("{{ 1 / 0 }}", "a division by 0")
	f("{{ s + 1 }}", "+ of a string and a number")
	f("{{ raise_exception('roles must alternate') }}", "roles must alternate")
	f("{% break %}", "break outside of a for")
	f("{% for x in l recursive %}{% endfor %}", "recursive")
	f("{{ s.strip(1, 2) }}", "takes at most 1 arguments")
	f("{% set s.x = 1 %}", "s is no namespace")
	f("{{ "+strings.Repeat("(", 300)+strings.Repeat(")", 300)+" }}", "levels")
	f(strings.Repeat("{% if s %}", 300), "levels")
	f("{{ 'a' * 1000000000 }}", "a string of more than")
	f("{{ range(1000000) }}", "more than 100000")
	f("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "macros inside each other")
	f("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}", "steps")
	var refused *Refusal
	if _, _, err := rendered("{{ raise_exception('no') }}", nil); !errors.As(err, &refused) || refused.Reason != "no" {
		t.Errorf("%v is no refusal", err)
	}
}

func FuzzTemplate(f *testing.F) {
	b, err := os.ReadFile("testdata/language.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
	for _, line := range lines[1:] {
		var c struct{ Template string }
		if err := json.Unmarshal(line, &c); err != nil {
			f.Fatal(err)
		}
		f.Add(c.Template)
	}
	v := values(f, string(lines[0]))
	f.Fuzz(func(t *testing.T, template string) {
		_, segments, err := rendered(template, v)
		if err == nil && strings.Contains(template, "{") {
			return
		}
		for _, s := range segments {
			if s.Given && !strings.Contains(template, "{{") {
				t.Fatalf("%q: %q came from nowhere", template, s.Text)
			}
		}
	})
}
