package clean

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

const textFolder = "../../shared/data/text"

// prose is real English in documents of about 4 KB.
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
	for name, docs := range map[string][]string{"prose": prose(t), "chinese": chinese(t)} {
		if len(docs) < 100 {
			t.Fatalf("%s: only %d documents", name, len(docs))
		}
		for i := 0; i < len(docs) && !t.Failed(); i += len(docs) / 60 {
			compare(t, s, g, c, w, name, docs[i])
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
func everything(t testing.TB) quern.Stage {
	g, c, w := DefaultGopher(), DefaultC4(), DefaultFineWeb()
	gs, err := g.Stage()
	build(t, gs, err)
	cs, err := c.Stage()
	build(t, cs, err)
	ws, err := w.Stage()
	build(t, ws, err)
	return Join([]quern.Stage{gs, cs, ws})[0]
}

func BenchmarkFacts(b *testing.B) {
	b.Run("prose", func(b *testing.B) { benchStage(b, prose(b), everything(b)) })
	b.Run("chinese", func(b *testing.B) { benchStage(b, chinese(b), everything(b)) })
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
