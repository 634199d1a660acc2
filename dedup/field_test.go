package dedup

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// TestCanonicalURL: addresses of a row are one page, those of different rows are not.
func TestCanonicalURL(t *testing.T) {
	seen := map[string]string{}
	for _, row := range []string{
		"http://example.com https://example.com/ HTTP://Example.COM:80 https://www.example.com https://example.com:443/#top //example.com",
		"http://example.com:8080/ http://example.com:8080",
		"https://example.com/a/b https://example.com/a/b/ https://example.com/a/./c/../b https://example.com/%61/b http://me:secret@example.com/a/b",
		"https://example.com/A/b",
		"https://example.com/a%2fb https://example.com/a%2Fb",
		"https://example.com/~u https://example.com/%7Eu https://example.com/%7eu",
		"https://example.com/é https://example.com/%C3%A9 https://example.com/%c3%a9",
		"https://example.com/p?b=2&a=1 https://example.com/p?a=1&b=2 https://example.com/p?utm_source=x&a=1&b=2&fbclid=9 https://example.com/p/?&a=1&&b=2&UTM_Medium=y",
		"https://example.com/p https://example.com/p? https://example.com/p?utm_campaign=z https://example.com/p?gclid#x",
		"https://example.com/p?a=1",
		"https://example.com/p?a=1&a=2 https://example.com/p?a=2&a=1",
		"https://www.com https://www.com./",
		"ftp://example.com/a FTP://example.com/a",
		"doi:10.1371/journal.pone.0000001",
		"src/main.go",
		"https://example.com/../../x https://example.com/x",
		"https://example.com/100% https://example.com/100%25",
	} {
		first := ""
		for _, url := range strings.Fields(row) {
			got := string(canonicalURL(nil, url, queryTracking))
			if url == "//example.com" { // without a scheme it is no address
				continue
			}
			if first == "" {
				first = got
			}
			if got != first {
				t.Errorf("%s is %s, want %s", url, got, first)
			}
			if again := string(canonicalURL(nil, "https:"+got, queryTracking)); strings.HasPrefix(got, "//") && again != got {
				t.Errorf("%s is %s, and that is %s", url, got, again)
			}
		}
		if other, ok := seen[first]; ok {
			t.Errorf("%s and %s are both %s", row, other, first)
		}
		seen[first] = row
	}
	for query, want := range map[string]string{queryTracking: "//h/p?a=1", queryKeep: "//h/p?a=1&utm_source=x", queryDrop: "//h/p"} {
		if got := string(canonicalURL(nil, "http://h/p?utm_source=x&a=1", query)); got != want {
			t.Errorf("query %s: %s, want %s", query, got, want)
		}
	}
}

// TestMetaField compares with encoding/json.
func TestMetaField(t *testing.T) {
	const meta = ` {"a": {"b": "x\"y\u00e9", "n": 3.5, "l": [1, {"b": "no"}], "": "e"}, "title": "T", "null": null, "s": "", "o": {"k": 1}, "ti\u0074le2": "U", "b": true}`
	for path, want := range map[string]string{"a.b": `x"yé`, "a.n": "3.5", "a.l": `[1, {"b": "no"}]`, "title": "T", "null": "", "s": "", "o": `{"k": 1}`,
		"b": "true", "none": "", "a": `{"b": "x\"y\u00e9", "n": 3.5, "l": [1, {"b": "no"}], "": "e"}`, "a.b.c": "", "o.k": "1", "title2": "U", "a.c": ""} {
		if got := string(metaField(nil, []byte(meta), path)); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	for _, bad := range []string{"", "[]", `{"title"`, `{"title":`, `{"title": "`, `{"title": "\`, "null", `{"a": [[[`} {
		if got := metaField(nil, []byte(bad), "title"); len(got) > 0 {
			t.Errorf("%s: %q", bad, got)
		}
	}
}

func FuzzMetaField(f *testing.F) {
	f.Add([]byte(`{"a": {"b": "x\"y"}, "c": [1, 2, {"b": null}]}`), "a")
	f.Add([]byte(`{"a":"\ud800"}`), "a")
	f.Fuzz(func(t *testing.T, meta []byte, key string) {
		got := metaField(nil, meta, key)
		if strings.Contains(key, ".") || !json.Valid(meta) {
			return
		}
		var all []struct{ value any }
		dec := json.NewDecoder(strings.NewReader(string(meta)))
		if open, err := dec.Token(); err != nil || open != json.Delim('{') {
			return
		}
		for dec.More() { // the first key of that name, as maps would keep the last
			k, err := dec.Token()
			if err != nil {
				return
			}
			var raw json.RawMessage
			if dec.Decode(&raw) != nil {
				return
			}
			if k == key && len(all) == 0 {
				var v any
				if json.Unmarshal(raw, &v) == nil {
					all = append(all, struct{ value any }{v})
				}
			}
		}
		want, ok := "", false
		if len(all) > 0 {
			want, ok = all[0].value.(string)
		}
		if ok && string(got) != want && !strings.Contains(want, "\uFFFD") {
			t.Errorf("%q of %s: %q, want %q", key, meta, got, want)
		}
		if len(all) == 0 && len(got) > 0 && !strings.Contains(key, "\uFFFD") {
			t.Errorf("%q is not in %s: %q", key, meta, got)
		}
	})
}

func FuzzCanonicalURL(f *testing.F) {
	f.Add("https://www.example.com:443/a/../%7eb?utm_source=1&b=2&a=%zz#f")
	f.Add("a://b@c:1//..//.?&=&")
	f.Fuzz(func(t *testing.T, url string) {
		for _, query := range []string{queryTracking, queryKeep, queryDrop} {
			got := canonicalURL(nil, url, query)
			if len(got) > 3*len(url)+4 {
				t.Errorf("%q grows to %q", url, got)
			}
		}
	})
}

// TestExactByURL has the documents and the outcomes of datatrove's tests of its URL step (tests/pipeline/test_url_deduplication.py).
func TestExactByURL(t *testing.T) {
	urls := []string{"https://example.com", "https://example.com", "https://new-site.com", "https://example.com", "https://example2.com"}
	run := func(e Exact, change func(d *quern.Doc)) (stay []string) {
		t.Helper()
		var docs []quern.Doc
		for i, url := range urls {
			d := quern.Doc{ID: quern.ID{15: byte(i + 1)}, Source: "web", Domain: "web", Origin: url, Meta: fmt.Appendf(nil, `{"key": {"url": %q}}`, url)}
			change(&d)
			docs = append(docs, d)
		}
		c := Config{Exact: &e}
		sets := []Dataset{dataset(t, c, 1, "web", "web", docs, 2)}
		_, out := cluster(t, c, sets, 0, 2)
		gone, err := LoadRemovals(out)
		if err != nil {
			t.Fatal(err)
		}
		for d, err := range everyDoc(gone.Survivors(sets[0].Texts, "web")) {
			if err != nil {
				t.Fatal(err)
			}
			stay = append(stay, fmt.Sprint(d.ID[15]))
		}
		return stay
	}
	for name, c := range map[string]struct {
		exact  Exact
		change func(d *quern.Doc)
		stay   string
	}{
		"lowest ID first": {Exact{By: byURL}, func(*quern.Doc) {}, "1 3 5"},
		"highest first":   {Exact{By: byURL}, func(d *quern.Doc) { d.ID[0] = 9 - d.ID[15] }, "3 4 5"},
		"normalized":      {Exact{By: byURL}, func(d *quern.Doc) { d.Origin = strings.ReplaceAll(d.Origin, "2", "") }, "1 3"},
		"spelled otherwise": {Exact{By: byURL}, func(d *quern.Doc) {
			if d.ID[15] == 2 {
				d.Origin = "http://www.Example.com/?utm_source=x#top"
			}
		}, "1 3 5"},
		"by meta":       {Exact{By: "meta.key.url"}, func(d *quern.Doc) { d.Origin = "" }, "1 3 5"},
		"by ID":         {Exact{By: byID}, func(*quern.Doc) {}, "1 2 3 4 5"},
		"without field": {Exact{By: byURL, Spaces: true}, func(d *quern.Doc) { d.Origin = " " }, "1 2 3 4 5"},
		"no such key":   {Exact{By: "meta.key.uri"}, func(*quern.Doc) {}, "1 2 3 4 5"},
		"by text":       {Exact{By: byText}, func(*quern.Doc) {}, "1"},
	} {
		if got := strings.Join(run(c.exact, c.change), " "); got != c.stay {
			t.Errorf("%s: %s stay, want %s", name, got, c.stay)
		}
	}
}

// TestSameAddressOfANearDuplicate: what has the address of a document that goes for a third goes for the third too, and is not said to
// be like it.
func TestSameAddressOfANearDuplicate(t *testing.T) {
	text := planted(1, 1)[0]
	docs := []quern.Doc{newDoc("web", "stays", text), newDoc("web", "like it", text+" and"), newDoc("web", "another text", "quite another text")}
	for i := range docs {
		docs[i].ID = quern.ID{15: byte(i + 1)}
		docs[i].Origin = []string{"https://a.example", "https://b.example", "https://b.example"}[i]
	}
	c := both()
	c.Exact.By = byURL
	_, out := cluster(t, c, []Dataset{dataset(t, c, 1, "web", "web", docs, 1)}, 0, 1)
	var got []string
	for _, l := range removals(t, out) {
		got = append(got, fmt.Sprint(l.ID[31:], l.Kept[31:], " ", l.Reason, " ", l.Similarity))
	}
	if want := "[21 dedup.near 0.9914 31 dedup.exact 0]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestExactFieldIsRefusedInWords(t *testing.T) {
	flags := map[uint32]Exact{}
	for _, e := range []Exact{{}, {Spaces: true}, {Case: true}, {By: byURL}, {By: byURL, Query: queryKeep}, {By: byURL, Query: queryDrop}, {By: byID}, {By: "meta.a"}, {By: "meta.a.b"}} {
		if err := (Config{Exact: &e}).Validate(); err != nil {
			t.Error(err)
		}
		if other, ok := flags[e.flags()]; ok {
			t.Errorf("%+v and %+v sign alike", e, other)
		}
		flags[e.flags()] = e
	}
	for e, word := range map[Exact]string{{By: "title"}: "want text", {By: "meta."}: "empty key", {By: "meta.a..b"}: "empty key", {Query: queryKeep}: "by: url",
		{By: byURL, Query: "some"}: "want tracking"} {
		if err := (Config{Exact: &e}).Validate(); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%+v: got %v, want an error about %s", e, err, word)
		}
	}
}
