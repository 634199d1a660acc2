package lid

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sentencesOf reads sentences of a language, or of all languages for "*".
func sentencesOf(t testing.TB, lang, kind string) (langs []string, lines []string) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join("../../../shared/data/langid/lingua", kind, lang+".txt"))
	if len(files) == 0 {
		t.Skip("no sentences in ../../../shared/data/langid")
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			langs = append(langs, strings.TrimSuffix(filepath.Base(f), ".txt"))
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return langs, lines
}

// joined makes documents of about size bytes of sentences of one language each.
func joined(langs, lines []string, size int) (of, docs []string) {
	var b strings.Builder
	for i, line := range lines {
		b.WriteString(line)
		b.WriteByte('\n')
		if b.Len() >= size || i+1 == len(lines) || langs[i+1] != langs[i] {
			of, docs = append(of, langs[i]), append(docs, b.String())
			b.Reset()
		}
	}
	return of, docs
}

// BenchmarkIdentify is given sentences and documents of all languages.
func BenchmarkIdentify(b *testing.B) {
	langs, lines := sentencesOf(b, "*", "sentences")
	_, docs := joined(langs, lines, 3000)
	_, long := joined(langs, lines, 1<<20)
	for _, c := range []struct {
		name  string
		texts []string
	}{{"sentences", lines}, {"documents", docs}, {"long", long}} {
		size := 0
		texts := make([][]byte, len(c.texts))
		for i, s := range c.texts {
			size += len(s)
			texts[i] = []byte(s)
		}
		id := identifier(b)
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				for _, text := range texts {
					id.Identify(text)
				}
			}
		})
		b.Run(c.name+"/glance", func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				for _, text := range texts {
					id.Glance(text)
				}
			}
		})
	}
}
