package pipelines

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A URL is a source like any other: read once, up to date afterwards, and read anew when its server calls it another version.
func TestRemoteInput(t *testing.T) {
	var tag atomic.Value
	tag.Store(`"1"`)
	data := notes(40)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "hole.jsonl") {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("ETag", tag.Load().(string))
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}))
	defer server.Close()
	m := newMill(t, "version: 1\nname: far\ningest:\n  - {name: notes, domain: web, jsonl: [\""+server.URL+"/notes.jsonl\"]}\nclean: {all: [normalize: {}]}\n")

	first := m.grind(Env{})
	want := digests(t, m.run(), first.rec)
	if !slices.Equal(first.made, []string{"ingest.notes", "clean.notes"}) {
		t.Fatalf("made %q", first.made)
	}
	if again := m.grind(Env{}); len(again.made) != 0 {
		t.Errorf("nothing changed, made %q", again.made)
	}
	tag.Store(`"2"`)
	if again := m.grind(Env{}); !slices.Equal(again.made, first.made) {
		t.Errorf("another version: made %q, want %q", again.made, first.made)
	}

	// The same bytes under a local name are the same texts, under IDs of another origin; a list with a hole is told of.
	m.replace(`"`+server.URL+`/notes.jsonl"`, "list.paths")
	m.write("list.paths", []byte("notes.jsonl\n"+server.URL+"/hole.jsonl\n"))
	listed := m.grind(Env{})
	if got := digests(t, m.run(), listed.rec); len(got) != len(want) {
		t.Errorf("%d datasets, want %d", len(got), len(want))
	}
	if len(listed.rec.Over) == 0 || !strings.Contains(strings.Join(listed.rec.Over, "\n"), "1 of 2 files were refused") {
		t.Errorf("a hole in a list of two is above the ceiling; the record says %q", listed.rec.Over)
	}
}
