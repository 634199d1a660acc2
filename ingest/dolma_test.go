package ingest

import (
	"fmt"
	"strings"
	"testing"
)

func TestDolma(t *testing.T) {
	docs := `{"id":"a","text":"one","source":"s","added":"2024-01-02T00:00:00.000Z","metadata":{"n":1}}` + "\n\n" + `{"id":"b","text":""}` + "\n" + `{"id":"\u0063","text":"three"}` + "\n" + `{"id":4,"text":"four"}`
	lang := strings.Join([]string{
		`{"id":"a","attributes":{"x__lang__en":[[0,3,0.75]],"x__lang__de":[]},"source":"s"}`,
		`{"id":"b","attributes":{}}`,
		``,
		`{"attributes": { "x__lang__en" : [ [0, 3, 0.5] , [3, 5, 1] ] } , "id":"c"}`,
		`{"id":4,"attributes":{"q\"":[[0,4,-2e1]]}}`,
	}, "\n")
	f := func(want string, refused string, files ...string) {
		t.Helper()
		c := &JSONL{Fields: DefaultFields(), Attributes: []string{"lang"}}
		if len(files) == 6 {
			c.Attributes = append(c.Attributes, "other")
		}
		r, err := c.Reader(opts(plant(t, files...), "v1/documents"))
		h := reap(t, r, err)
		var got []string
		for _, d := range h.docs {
			got = append(got, fmt.Sprint(string(d.Text), d.Marks))
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s\nwant %s, %v", s, want, h.errs)
		}
		if n := len(h.refused); refused == "" && n > 0 || refused != "" && (n != 1 || !strings.Contains(h.refused[0].Error(), refused)) {
			t.Errorf("%v, want %q", h.refused, refused)
		}
	}
	all := "one[{x__lang__en 0.75} {x__lang__en.spans 1} {x__lang__de 0} {x__lang__de.spans 0}] three[{x__lang__en 1} {x__lang__en.spans 2}] four[{q\" -20} {q\".spans 1}]"
	const d, a, o = "v1/documents/x/0.jsonl.gz", "v1/attributes/lang/x/0.jsonl.gz", "v1/attributes/other/x/0.jsonl.gz"
	f(all, "", d, gz(docs), a, gz(lang))
	ids := func(s ...string) string {
		for i := range s {
			s[i] = fmt.Sprintf(`{"id":%s,"attributes":{"o":[[0,1,%d]]}}`, s[i], i)
		}
		return strings.Join(s, "\n")
	}
	f(strings.NewReplacer("} {x__lang__de.spans 0}]", "} {x__lang__de.spans 0} {o 0} {o.spans 1}]", "spans 2}]", "spans 2} {o 2} {o.spans 1}]", "q\".spans 1}]", "q\".spans 1} {o 3} {o.spans 1}]").Replace(all), "",
		d, gz(docs), a, gz(lang), o, gz(ids(`"a"`, `"b"`, `"c"`, `4`)))
	f("", "attributes/lang/x/0.jsonl.gz: bad-attributes: there is no such file", d, gz(docs))
	f("", "other/x/0.jsonl.gz: bad-attributes: there is no such file", d, gz(docs), a, gz(lang), "v1/attributes/lang/y.jsonl", "")
	f("", "bad-gzip", d, gz(docs), a, gz(lang)[:80])
	first := strings.SplitAfter(all, "]")[0]
	f("one[{o 0} {o.spans 1}]", `offset 80: bad-attributes: the attributes of x, but the document is c`, d, gz(docs), a, gz(ids(`"a"`, `"x"`)+"\n"+ids(`"x"`)))
	f(first, "fewer lines", d, gz(docs), a, gz(lang[:strings.Index(lang, `{"id":"b"`)]))
	f(all, "more lines", d, gz(docs), a, gz(lang+"\n{}"))
	for _, bad := range []string{`[]`, `{"id":"a"}`, `{"id":"a","attributes":[]}`, `{"id":"a","attributes":{"x":1}}`, `{"id":"a","attributes":{"x":[1]}}`, `{"id":"a","attributes":{"x":[[1,2]]}}`, `{"id":"a","attributes":{"x":[[1,2,"3"]]}}`, `{"id":"a","attributes":{"x":[[1,2,3,4]]}}`, `{`, `{"id":"a","id":"a"}`} {
		f("", "bad-attributes", d, gz(docs), a, gz(bad))
	}
	for _, names := range [][]string{{""}, {"a/b"}, {".."}, {"a", "a"}} {
		c := &JSONL{Fields: DefaultFields(), Attributes: names}
		if _, err := c.Reader(opts("", "x")); err == nil {
			t.Errorf("%q: no error", names)
		}
	}
	r, err := NewDolma(opts(plant(t, "a.jsonl", docs), "a.jsonl"), DefaultFields(), []string{"lang"})
	if h := reap(t, r, err); len(h.refused) != 1 || !strings.Contains(h.refused[0].Error(), "no folder of the name documents") {
		t.Errorf("%v", h.errs)
	}
}
