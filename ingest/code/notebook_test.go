package code

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNotebook(t *testing.T) {
	f := func(src, want, language string) {
		t.Helper()
		got, l, err := Notebook(nil, []byte(src))
		if err != nil || string(got) != want || l != language {
			t.Errorf("%s:\n%q %q %v, want\n%q %q", src, got, l, err, want, language)
		}
	}
	f(`{"nbformat":4,"metadata":{"language_info":{"name":"python"}},"cells":[
		{"cell_type":"markdown","source":["# A\n","Text."]},
		{"cell_type":"code","source":"x = 1\n","outputs":[{"text":["left out"]}],"execution_count":7},
		{"cell_type":"code","source":[]},
		{"cell_type":"raw","source":"raw"}]}`,
		"# A\nText.\n\n```python\nx = 1\n```\n\nraw\n", "python")
	f(`{"nbformat":3,"worksheets":[{"cells":[
		{"cell_type":"heading","level":2,"source":"A"},
		{"cell_type":"code","language":"python","input":["x = 1\n","y = 2"]}]}]}`,
		"## A\n\n```python\nx = 1\ny = 2\n```\n", "python")
	f("{\"nbformat\":4,\"metadata\":{\"kernelspec\":{\"name\":\"ir\",\"language\":\"R\"}},\"cells\":[{\"cell_type\":\"code\",\"source\":\"a ``` b\"}]}",
		"````r\na ``` b\n````\n", "r")
	f(`{"nbformat":4,"metadata":{"kernelspec":{"name":"python3"}},"cells":[]}`, "", "python")
	f("{\"nbformat\":4,\"metadata\":{\"language_info\":{\"name\":\"a b`\"}},\"cells\":[]}", "", "")
	for _, bad := range []string{"", "{", "[]", "{}", `{"nbformat":4}`, `{"nbformat":5,"cells":[]}`, `{"nbformat":4,"cells":[{"source":7}]}`, `{"nbformat":4,"cells":{}}`, strings.Repeat("[", 20000)} {
		if got, _, err := Notebook(nil, []byte(bad)); err == nil {
			t.Errorf("%.40q: %q", bad, got)
		}
	}
	if l := KernelLanguage("ir"); l == nil || l.Name != "R" {
		t.Error(l)
	}
}

func FuzzNotebook(f *testing.F) {
	f.Add([]byte(`{"nbformat":4,"cells":[{"cell_type":"code","source":["a\n","b"]}]}`))
	f.Add([]byte(`{"nbformat":3,"worksheets":[{"cells":[{"cell_type":"heading","level":9,"source":"A"}]}]}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		got, l, err := Notebook(nil, src)
		if err == nil && (!utf8.Valid(got) || !utf8.ValidString(l)) {
			t.Errorf("%q %q", got, l)
		}
	})
}
