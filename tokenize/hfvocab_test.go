package tokenize

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
)

// scanned reads an object of ids, and a list of strings, by the scanner.
func scanned(b []byte) (ids map[string]uint32, err error) {
	s := jsonScanner{b: b}
	ids = map[string]uint32{}
	err = s.members(func(key []byte) error {
		name := string(key)
		id, err := s.id()
		ids[name] = id
		return err
	})
	if s.peek(); err == nil && s.at < len(b) {
		err = s.fail()
	}
	return ids, err
}

// FuzzScanner holds the scanner to encoding/json: what it reads is what that package reads, and it reads nothing that is no JSON.
func FuzzScanner(f *testing.F) {
	for _, s := range []string{`{}`, `{"a": 1, "b":2}`, `{"\u0120a":3,"\"\\":4 }`, `{"\ud83d\ude00": 5}`, `{"a":01}`, `{"a":-1}`, `{"a":1.5}`, `{"a":4294967296}`, `{"é": 7}`, "{\"a\xff\": 1}", `{"a":1,}`,
		`{"a" 1}`, `{"\x": 1}`, `{"a\`, `{`, `{"a":1}}`, "\t{ \"a\"\n:\r1 , \"b\" : 0 } "} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := scanned(b)
		var want map[string]uint32
		if wantErr := json.Unmarshal(b, &want); wantErr != nil {
			if err == nil {
				t.Fatalf("%q: reads %v, want %v", b, got, wantErr)
			}
			return
		}
		if err == nil && !maps.Equal(got, want) {
			t.Fatalf("%q: reads %v, want %v", b, got, want)
		}
	})
}

func TestScannerReads(t *testing.T) {
	f := func(s string, want map[string]uint32) {
		t.Helper()
		if got, err := scanned([]byte(s)); err != nil || !maps.Equal(got, want) {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
	f(`{}`, map[string]uint32{})
	f(`{"a": 1, "b":2}`, map[string]uint32{"a": 1, "b": 2})
	f(`{"\u0120a":3,"\"\\\/\b\f\n\r\t":4 }`, map[string]uint32{"Ġa": 3, "\"\\/\b\f\n\r\t": 4})
	f(`{"\ud83d\ude00\u00E9": 5}`, map[string]uint32{"😀é": 5})
}

// TestCutModel holds cutting a file to reading it whole.
func TestCutModel(t *testing.T) {
	f := func(file, rest, vocab, merges string) {
		t.Helper()
		r, v, m, ok := cutModel([]byte(file))
		if !ok || string(r) != rest || string(v.b) != vocab || string(m.b) != merges {
			t.Errorf("%s:\n%q %q %q %v", file, r, v.b, m.b, ok)
			return
		}
		for _, p := range []part{v, m} {
			if p.b != nil && string(file[p.at:p.at+len(p.b)]) != string(p.b) {
				t.Errorf("%s: %q is not at %d", file, p.b, p.at)
			}
		}
	}
	f(`{"model": {"vocab": {"a": 1, "}\"": 2}, "merges": ["a b", ["c", "]"]], "x": 1}, "y": [{}]}`,
		`{"model": {"vocab": {}, "merges": [], "x": 1}, "y": [{}]}`, `{"a": 1, "}\"": 2}`, `["a b", ["c", "]"]]`)
	f(`{"model": {"merges": [], "vocab": [["a", -1.5]]}}`, `{"model": {"merges": [], "vocab": []}}`, `[["a", -1.5]]`, `[]`)
	f(`{"vocab": {"a": 1}, "model": {"x": {"vocab": {"b": 2}}}}`, `{"vocab": {"a": 1}, "model": {"x": {"vocab": {"b": 2}}}}`, ``, ``)
	f(`{"\u006dodel": {"voc\u0061b": {"a": 1}}}`, `{"\u006dodel": {"voc\u0061b": {}}}`, `{"a": 1}`, ``)
	f(`{"model": {"vocab": null, "merges": 7}}`, `{"model": {"vocab": null, "merges": 7}}`, ``, ``)
	for _, bad := range []string{``, `[]`, `{"model": {"vocab": {}, "vocab": {}}}`, `{"model": {"vocab": {"a": 1}`, `{"model`, `{"model": {"vocab": {"a}}}`} {
		if _, _, _, ok := cutModel([]byte(bad)); ok {
			t.Errorf("%s is cut", bad)
		}
	}
}

func TestVocabIsRefusedInWords(t *testing.T) {
	ok := func(edit ...string) []byte { return file([]string{"ab"}, []string{`"a b"`}, edit...) }
	f := func(want string, b []byte) {
		t.Helper()
		if _, err := Parse(b); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %q", err, want)
		}
	}
	f("vocab: offset", ok(`"a": 97`, `"a": -97`))
	f("vocab: offset", ok(`"a": 97`, `"a": 9.7`))
	f("vocab: offset", ok(`"a": 97`, `"a": "97"`))
	f("vocab: offset", ok(`"a": 97`, `"a" 97`))
	f("listed twice", ok(`"a": 97`, `"a": 97, "a": 97`))
	f("merge 0: offset", ok(`"a b"`, `{"a": "b"}`))
	f("merge 0: 3 parts", ok(`"a b"`, `["a", "b", "c"]`))
	f("merge 1: offset", ok(`"a b"`, `"a b" "a b"`))
	f("vocab or merges twice", ok(`"vocab": {`, `"vocab": {}, "vocab": {`))
}
