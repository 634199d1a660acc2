package fasttext

import (
	"bufio"
	"flag"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

var (
	peerModel = flag.String("peer.model", "", "a model that fastText has run on -peer.lines")
	peerLines = flag.String("peer.lines", "", "lines of text")
	peerSaid  = flag.String("peer.said", "", "what fastText said to each line: labels, and bits of their probabilities in hexadecimal")
	peerK     = flag.Int("peer.k", 5, "how many labels were asked for")
	peerLeast = flag.Float64("peer.threshold", 0, "the threshold that was given")
)

// Any model can be held against fastText by hand; testdata/gen.py writes what it said.
func TestPeer(t *testing.T) {
	if *peerModel == "" {
		t.Skip("no -peer.model given")
	}
	m, err := Load(*peerModel)
	if err != nil {
		t.Fatal(err)
	}
	differs(t, m, *peerLines, *peerSaid, *peerK, float32(*peerLeast), 1e-5)
}

// differs compares a model's answers with those in a file, and gives the greatest difference of probabilities. Where differences are
// allowed, labels of almost equal probability may change places.
func differs(t *testing.T, m *Model, linesFile, saidFile string, k int, threshold float32, most float64) float64 {
	t.Helper()
	lines, said := readLines(t, linesFile), readLines(t, saidFile)
	if len(lines) != len(said) || len(lines) == 0 {
		t.Fatalf("%d lines, %d answers", len(lines), len(said))
	}
	p := NewPredictor(m)
	worst, same, all := 0.0, 0, 0
	for i, line := range lines {
		var got []string
		answers := p.Predict([]byte(line), k, threshold)
		for _, a := range answers {
			got = append(got, m.Labels()[a.Label], fmt.Sprintf("%08x", math.Float32bits(a.Prob)))
		}
		want := strings.Fields(said[i])
		if len(got) != len(want) {
			t.Errorf("line %d: %d labels, want %d: %.60q", i+1, len(got)/2, len(want)/2, line)
			continue
		}
		for j := 0; j < len(want); j += 2 {
			bits, err := strconv.ParseUint(want[j+1], 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			d := math.Abs(float64(answers[j/2].Prob) - float64(math.Float32frombits(uint32(bits))))
			worst = max(worst, d)
			all++
			if d == 0 {
				same++
			}
			if got[j] != want[j] && (most == 0 || d > 1e-6) || d > most {
				t.Errorf("line %d: label %d is %s %v, want %s %v: %.60q", i+1, j/2, got[j], answers[j/2].Prob, want[j], math.Float32frombits(uint32(bits)), line)
			}
		}
	}
	t.Logf("%d of %d probabilities have the same bits, the greatest difference is %.2g", same, all, worst)
	return worst
}

func readLines(t testing.TB, name string) []string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []string
	s := bufio.NewScanner(f)
	s.Buffer(nil, 64<<20)
	s.Split(func(data []byte, atEOF bool) (int, []byte, error) { // bufio.ScanLines would take a carriage return away
		for i, c := range data {
			if c == '\n' {
				return i + 1, data[:i], nil
			}
		}
		if atEOF && len(data) > 0 {
			return len(data), data, nil
		}
		return 0, nil, nil
	})
	for s.Scan() {
		lines = append(lines, s.Text())
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	return lines
}
