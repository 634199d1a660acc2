package clean

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"html"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

const textFolder = "../../shared/data/text"

// prose is real English in documents of about 4 KB: an encyclopedia and plays.
func prose(t testing.TB) []string {
	t.Helper()
	var all []byte
	for _, name := range []string{"wikitext-2-valid.txt", "tinyshakespeare.txt"} {
		b, err := os.ReadFile(filepath.Join(textFolder, name))
		if err != nil {
			t.Skipf("no text to measure: %v", err)
		}
		all = append(all, b...)
	}
	return pieces(string(all))
}

// wideProse is prose and scientific articles.
func wideProse(t testing.TB) []string {
	articles := gunzipped(t, filepath.Join(textFolder, "../papers/plos-jats.tar.gz"), 12<<20)
	return append(prose(t), pieces(untagged(articles))...)
}

// mixed is a third of prose, a third of documentation pages that repeat themselves much, a third of Russian and Chinese help.
func mixed(t testing.TB) (docs []string) {
	t.Helper()
	web := filepath.Join(textFolder, "../web")
	for _, name := range []string{"docs-python", "docs-postgresql", "docs-libreoffice-ru", "docs-libreoffice-zh-cn"} {
		pages := gunzipped(t, filepath.Join(web, name+".warc.gz"), 8<<20)
		docs = append(docs, pieces(untagged(pages))...)
	}
	n := len(docs) / 2
	for i, text := range wideProse(t) {
		if i < n {
			docs = append(docs, text)
		}
	}
	return docs
}

// gunzipped is the beginning of a file.
func gunzipped(t testing.TB, path string, limit int64) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Skipf("no text to measure: %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(io.LimitReader(z, limit))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// untagged is what markup leaves when its tags are taken out, with a line for each paragraph: near enough to text for a measurement of speed.
func untagged(markup []byte) string {
	var out strings.Builder
	for len(markup) > 0 {
		text, rest, _ := bytes.Cut(markup, []byte("<"))
		for line := range bytes.Lines(text) {
			if len(bytes.TrimSpace(line)) > 0 {
				out.Write(line)
			}
		}
		var tag []byte
		tag, markup, _ = bytes.Cut(rest, []byte(">"))
		switch string(tag) {
		case "/p", "/title", "/li", "/div", "/tr", "/pre", "/h1", "/h2", "/h3":
			out.WriteByte('\n')
		}
	}
	return strings.ToValidUTF8(html.UnescapeString(out.String()), "")
}

// chinese is real Chinese, likewise.
func chinese(t testing.TB) []string {
	t.Helper()
	f, err := os.Open(filepath.Join(textFolder, "chinese-classics.tar.gz"))
	if err != nil {
		t.Skipf("no text to measure: %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	for r := tar.NewReader(z); all.Len() < 2<<20; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg && strings.HasSuffix(h.Name, ".json") {
			if _, err := io.CopyN(&all, r, min(h.Size, 1<<20)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return pieces(strings.ToValidUTF8(all.String(), ""))
}

// pieces cuts at line ends into documents of 4 KB and a little more.
func pieces(text string) (docs []string) {
	for len(text) > 0 {
		end := min(len(text), 4000)
		if next := strings.IndexByte(text[end:], '\n'); next >= 0 {
			end += next + 1
		} else {
			end = len(text)
		}
		docs = append(docs, text[:end])
		text = text[end:]
	}
	return docs
}

func TestScannerAgreesWithOracleOnRealText(t *testing.T) {
	s, g, c, w := judges(t)
	for name, docs := range map[string][]string{"prose": wideProse(t), "mixed": mixed(t), "chinese": chinese(t)} {
		if len(docs) < 100 {
			t.Fatalf("%s: only %d documents", name, len(docs))
		}
		for i := 0; i < len(docs) && !t.Failed(); i += len(docs) / 60 {
			compare(t, s, g, c, w, name, docs[i])
		}
	}
}

// TestNoAllocations: a scanner that has seen texts of the size asks for no more memory.
func TestNoAllocations(t *testing.T) {
	g := DefaultGopher()
	g.Join = joinExact
	for name, s := range map[string]quern.Stage{"words": everything(t), "exact": factsOf3(t, g)} {
		docs := []string{c4Good, frodo}
		for _, text := range texts() {
			docs = append(docs, text)
		}
		var d quern.Doc
		run := func() {
			for _, text := range docs {
				d.Reset()
				d.Text = append(d.Text[:0], text...)
				own := d.Text
				if _, err := s.Apply(&d); err != nil {
					t.Fatal(err)
				}
				d.Text = own
			}
		}
		run()
		if n := testing.AllocsPerRun(5, run); n != 0 {
			t.Errorf("%s: %v allocations for %d documents", name, n, len(docs))
		}
	}
}

func benchStage(b *testing.B, docs []string, stages ...quern.Stage) {
	var d quern.Doc
	bytes := 0
	for _, t := range docs {
		bytes += len(t)
	}
	run := func() {
		for _, t := range docs {
			d.Reset()
			d.Text = append(d.Text[:0], t...)
			own := d.Text
			for _, s := range stages {
				v, err := s.Apply(&d)
				if err != nil {
					b.Fatal(err)
				}
				if v != quern.Keep {
					break
				}
			}
			d.Text = own
		}
	}
	run()
	b.SetBytes(int64(bytes))
	b.ReportAllocs()
	for b.Loop() {
		run()
	}
}

func build(t testing.TB, s quern.Stage, err error) quern.Stage {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// everything measures all facts of Gopher, C4 and FineWeb; no document is kept from any of them.
func everything(t testing.TB) quern.Stage { return factsOf3(t, DefaultGopher()) }

func factsOf3(t testing.TB, g Gopher) quern.Stage {
	c, w := DefaultC4(), DefaultFineWeb()
	gs, err := g.Stage()
	build(t, gs, err)
	cs, err := c.Stage()
	build(t, cs, err)
	ws, err := w.Stage()
	build(t, ws, err)
	return Join([]quern.Stage{gs, cs, ws})[0]
}

// BenchmarkFacts measures on one core with no early exit; asm=off is the way of processors without AVX-512 VBMI2 and of noasm builds.
func BenchmarkFacts(b *testing.B) {
	exact := DefaultGopher()
	exact.Join = joinExact
	for _, text := range []struct {
		name string
		docs func(testing.TB) []string
	}{{"prose", wideProse}, {"mixed", mixed}, {"chinese", chinese}} {
		for _, way := range []struct {
			name string
			asm  bool
			g    Gopher
		}{{"asm=on", true, DefaultGopher()}, {"asm=off", false, DefaultGopher()}, {"join=exact", true, exact}} {
			b.Run(text.name+"/"+way.name, func(b *testing.B) {
				if was := setVectors(way.asm && has512); way.asm {
					setVectors(was)
				} else {
					defer setVectors(was)
				}
				benchStage(b, text.docs(b), factsOf3(b, way.g))
			})
		}
	}
}

// BenchmarkStages runs single rules over English prose of which none is dropped before the rule itself.
func BenchmarkStages(b *testing.B) {
	docs := prose(b)
	for _, bench := range []struct {
		name  string
		build func() (quern.Stage, error)
	}{{"normalize", DefaultNormalize().Stage}, {"pii", DefaultPII().Stage}, {"stack", DefaultStack().Stage}, {"generated", DefaultGenerated().Stage},
		{"pes2o", DefaultPES2O().Stage}, {"fineweb", DefaultFineWeb().Stage}, {"language", Language{Keep: []string{"en"}}.Stage}} {
		b.Run(bench.name, func(b *testing.B) {
			s, err := bench.build()
			benchStage(b, docs, build(b, s, err))
		})
	}
	b.Run("web", func(b *testing.B) { // with C4 rewriting most texts, and FineWeb looking again
		benchStage(b, docs, Join(looseStages(b))...)
	})
}
