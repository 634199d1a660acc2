package pipelines

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/ingest"
)

// What is written as Dolma attributes is read back by the reader of Dolma attributes: the same documents, the same facts.
func TestAttributesAreReadBack(t *testing.T) {
	run, rec, _ := judgedRun(t, factsAll, 2)
	to := t.TempDir()
	docs, err := ExportAttributes(t.Context(), quern.Local(run), rec, quern.Local(to), "exp", 2)
	if err != nil || docs != 600 {
		t.Fatalf("%d documents (%v)", docs, err)
	}
	words := map[string]float64{}
	_, measured := factRows(t, run, rec, "notes")
	f, _ := ingest.FormatNamed("jsonl")
	c := f.Config().(*ingest.JSONL)
	c.Attributes, c.Fields = []string{"exp"}, ingest.Fields{Text: "text", ID: "id"}
	r, err := c.Reader(ingest.Options{Name: "back", Domain: "web", Base: to, Paths: []string{"documents/notes"}})
	if err != nil {
		t.Fatal(err)
	}
	units, err := r.Units(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range units {
		for d, err := range r.Docs(t.Context(), u) {
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range d.Marks {
				if m.Name == "exp__gopher__words" {
					words[string(d.Text)+d.ID.String()] = m.Value
				}
			}
		}
	}
	if len(words) != 300 || measured["gopher.words"] != 300 {
		t.Errorf("%d documents came back with their words, %d were measured", len(words), measured["gopher.words"])
	}
	if _, err := os.Stat(filepath.Join(to, "attributes", "exp", "more", "00000.jsonl.gz")); err != nil {
		t.Error(err)
	}
	if _, err := ExportAttributes(t.Context(), quern.Local(run), rec, quern.Local(to), "a/b", 1); err == nil {
		t.Error("an experiment with a slash is accepted")
	}
}
