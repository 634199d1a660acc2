package clean

import (
	"os"
	"path/filepath"
	"testing"
)

func BenchmarkPII(b *testing.B) {
	for _, c := range []struct {
		name string
		docs []string
	}{{"prose", prose(b)}, {"chinese", chinese(b)}} {
		s, err := DefaultPII().Stage()
		b.Run(c.name+"/default", func(b *testing.B) { benchStage(b, c.docs, build(b, s, err)) })
		b.Run(c.name+"/all", func(b *testing.B) { benchStage(b, c.docs, everyKind(b)) })
	}
}

// BenchmarkSecrets runs over the room's own source.
func BenchmarkSecrets(b *testing.B) {
	var docs []string
	names, err := filepath.Glob("*.go")
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		docs = append(docs, string(text))
	}
	benchStage(b, docs, secretsStage(b, nil))
}
