package minhash

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// samples are documents by script: stripped web pages of ../shared if it is there, else random words.
func samples(b *testing.B) map[string][][]byte {
	b.Helper()
	web := map[string][]string{
		"en": {"cc-pages", "docs-python", "docs-postgresql", "docs-sqlite"},
		"ru": {"docs-libreoffice-ru"},
		"zh": {"docs-libreoffice-zh-cn"},
	}
	all := map[string][][]byte{}
	for script, names := range web {
		for _, name := range names {
			f, err := os.Open(filepath.Join("../../../shared/data/web", name+".warc.gz"))
			if err != nil {
				b.Log("generated texts: no ../shared/data")
				return generated()
			}
			docs, err := pages(f, 6<<20)
			f.Close()
			if err != nil {
				b.Fatal(err)
			}
			all[script] = append(all[script], docs...)
		}
	}
	for _, d := range all["en"] {
		if bytes.IndexFunc(d, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
			all["ascii"] = append(all["ascii"], d)
		}
	}
	return all
}

// pages strips the tags of the records of a web archive, up to so many bytes of text.
func pages(f io.Reader, most int) (docs [][]byte, err error) {
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(z, 40<<20))
	if err != nil {
		return nil, err
	}
	for _, record := range bytes.Split(b, []byte("WARC/1.0\r\n"))[1:] {
		parts := bytes.SplitN(record, []byte("\r\n\r\n"), 3)
		if len(parts) < 3 || !bytes.Contains(parts[0], []byte("WARC-Type: response")) || !utf8.Valid(parts[2]) {
			continue
		}
		var text []byte
		tag := false
		for _, c := range parts[2] {
			switch {
			case c == '<':
				tag = true
			case c == '>':
				tag = false
			case !tag:
				text = append(text, c)
			}
		}
		text = bytes.Join(bytes.Fields(text), []byte(" "))
		if most -= len(text); most < 0 {
			break
		}
		docs = append(docs, text)
	}
	return docs, nil
}

func generated() map[string][][]byte {
	all := map[string][][]byte{}
	for script, first := range map[string]rune{"en": 'a', "ascii": 'a', "ru": 'а', "zh": '一'} {
		r := rand.New(rand.NewPCG(1, uint64(first)))
		for range 200 {
			var s strings.Builder
			for s.Len() < 3400 {
				for range 2 + r.IntN(8) {
					s.WriteRune(first + rune(r.IntN(26)))
				}
				if script == "en" && r.IntN(20) == 0 {
					s.WriteString("é’")
				}
				s.WriteByte(' ')
			}
			all[script] = append(all[script], []byte(s.String()))
		}
	}
	return all
}

func perScript(b *testing.B, f func(b *testing.B, docs [][]byte)) {
	all := samples(b)
	for _, script := range []string{"en", "ascii", "ru", "zh"} {
		size := 0
		for _, d := range all[script] {
			size += len(d)
		}
		widths(func(w int) {
			b.Run(fmt.Sprintf("%s/%d", script, w), func(b *testing.B) {
				b.SetBytes(int64(size))
				b.ReportAllocs()
				f(b, all[script])
				b.ReportMetric(float64(len(all[script]))*float64(b.N)/b.Elapsed().Seconds(), "docs/s")
			})
		})
	}
}

func benchmarkSign(b *testing.B, o Options) {
	perScript(b, func(b *testing.B, docs [][]byte) {
		s, err := New(o)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			for _, d := range docs {
				s.Keys(s.Shingles(d))
			}
		}
	})
}

func BenchmarkSign(b *testing.B) {
	for _, p := range Presets {
		switch p.Name {
		case "fineweb", "fineweb2", "nemo", "data-juicer-simhash":
			b.Run(p.Name, func(b *testing.B) { benchmarkSign(b, p.Options) })
		}
	}
	b.Run("own", func(b *testing.B) { benchmarkSign(b, Options{Shingle: 5, Bands: 14, Rows: 8}) })
}

// BenchmarkStages times the moves from text to keys one by one.
func BenchmarkStages(b *testing.B) {
	stages := map[string]func(s *Signer, d []byte){
		"simplify": func(s *Signer, d []byte) { s.words.simplify(d) },
		"ends":     func(s *Signer, d []byte) { s.words.simplify(d); s.words.findEnds() },
		"hash":     func(s *Signer, d []byte) { s.words.simplify(d); s.words.findEnds(); s.words.hashWords() },
		"roll":     func(s *Signer, d []byte) { s.Shingles(d) },
		"permute":  func(s *Signer, d []byte) { s.Keys(s.Shingles(d)) },
	}
	for _, name := range []string{"simplify", "ends", "hash", "roll", "permute"} {
		b.Run(name, func(b *testing.B) {
			perScript(b, func(b *testing.B, docs [][]byte) {
				s, err := New(Options{Shingle: 5, Bands: 14, Rows: 8})
				if err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					for _, d := range docs {
						stages[name](s, d)
					}
				}
			})
		})
	}
}

func BenchmarkDigest(b *testing.B) {
	for _, m := range []struct {
		name         string
		spaces, fold bool
	}{{"raw", false, false}, {"spaces", true, false}, {"both", true, true}} {
		b.Run(m.name, func(b *testing.B) {
			perScript(b, func(b *testing.B, docs [][]byte) {
				var d Digester
				for b.Loop() {
					for _, t := range docs {
						d.Digest128(t, m.spaces, m.fold)
					}
				}
			})
		})
	}
}
