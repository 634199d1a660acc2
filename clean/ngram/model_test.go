package ngram

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func load(t testing.TB, name string) *Model {
	t.Helper()
	m, err := Load(filepath.Join("testdata", name), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The scores are those of KenLM's full_scores (python module kenlm 0.3.0) on the same files, which its build_binary wrote.
func TestScoresAreKenLMs(t *testing.T) {
	golden, err := os.ReadFile("testdata/scores.txt")
	if err != nil {
		t.Fatal(err)
	}
	var m *Model
	var states [2]State
	var line []byte
	at, checked := 0, 0
	for row := range strings.Lines(string(golden)) {
		row = strings.TrimSuffix(row, "\n")
		if name, ok := strings.CutPrefix(row, "model "); ok {
			var file string
			var order int
			fmt.Sscan(name, &file, &order)
			if m = load(t, file); m.Order() != order {
				t.Errorf("%s: order %d, want %d", file, m.Order(), order)
			}
			continue
		}
		if rest, ok := strings.CutPrefix(row, "line "); ok {
			want := 0.0
			fmt.Sscan(rest, &want)
			_, text, _ := strings.Cut(rest, " ")
			line, at = []byte(text), 0
			var sum Sum
			m.Sentence(line, Words, &sum)
			if math.Abs(sum.LogProb-want) > 1e-5*max(1, math.Abs(want)) || sum.Words != len(strings.Fields(text)) {
				t.Errorf("%q: %v, want %v", text, sum, want)
			}
			m.Begin(&states[0])
			continue
		}
		var want float64
		var length, unknown int
		fmt.Sscan(row, &want, &length, &unknown)
		from, to := Words.next(line, at)
		word := m.End()
		if to > from {
			word = m.Index(line[from:to])
		}
		p, n := m.Score(&states[0], word, &states[1])
		states[0] = states[1]
		if math.Abs(float64(p)-want) > 1e-5 || n != length || (word == 0) != (unknown == 1) {
			t.Errorf("%q: word %q: %v by %d words, want %v by %d", line, line[from:to], p, n, want, length)
		}
		at = to
		checked++
	}
	if checked < 500 {
		t.Errorf("only %d words were checked", checked)
	}
}

// What is built from an ARPA file is to the byte what KenLM's build_binary makes of it.
func TestBinaryIsKenLMs(t *testing.T) {
	for _, name := range []string{"tiny", "pruned"} {
		var b bytes.Buffer
		if err := load(t, name+".arpa").WriteBinary(&b); err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile("testdata/" + name + ".probing.bin")
		if err != nil {
			t.Fatal(err)
		}
		if got := b.Bytes(); !bytes.Equal(got, want) {
			i := 0
			for i < min(len(got), len(want)) && got[i] == want[i] {
				i++
			}
			t.Errorf("%s: %d bytes, want %d; the first difference is at %d", name, len(got), len(want), i)
		}
		b.Reset()
		if err := load(t, name+".probing.bin").WriteBinary(&b); err != nil || !bytes.Equal(b.Bytes(), want) {
			t.Errorf("%s: read and written again it differs: %v", name, err)
		}
	}
}

func TestIdealIsTheRemainder(t *testing.T) {
	for _, buckets := range []uint64{1, 2, 3, 7, 1 << 20, 1<<20 + 7, 3_000_000_019, math.MaxUint64 / 2, 1 << 63} {
		tab := newTable(nil, buckets, 1)
		key := uint64(1)
		for range 10000 {
			key = chain(key, 5)
			for _, k := range []uint64{key, key / buckets * buckets, key/buckets*buckets - 1, 0, math.MaxUint64} {
				if got := tab.ideal(k); got != k%buckets {
					t.Fatalf("%d modulo %d is %d, want %d", k, buckets, got, k%buckets)
				}
			}
		}
	}
}
