package fasttext

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestCompress(t *testing.T) {
	// A change of these digests is a change of what is made of the same model.
	want := map[string]string{}
	for _, line := range readLines(t, "testdata/compressed.txt") {
		name, sum, _ := strings.Cut(line, " ")
		want[name] = sum
	}
	c := small()
	c.WordNgrams, c.MinSubword, c.MaxSubword, c.Dim = 2, 3, 4, 25
	m, err := Train(context.Background(), c, fruit(2000, 1))
	if err != nil {
		t.Fatal(err)
	}
	before := digest(t, m)
	f := func(name string, c Compression, rows, most int) {
		t.Helper()
		s, err := m.Compress(context.Background(), c)
		if err != nil {
			t.Fatal(err)
		}
		q, err := Evaluate(s, "pear", fruit(500, 2))
		if err != nil || q.Precision < 0.96 || q.AUC < 0.99 {
			t.Errorf("%s: %+v %v", name, q, err)
		}
		if s.input.rows != rows {
			t.Errorf("%s: %d rows, want %d", name, s.input.rows, rows)
		}
		if got := digest(t, s); got != want[name] {
			t.Errorf("%s: the model has the digest %s, want %q", name, got, want[name])
		}
		var b bytes.Buffer
		if _, err := s.WriteTo(&b); err != nil || b.Len() > most {
			t.Errorf("%s: %d bytes, want at most %d: %v", name, b.Len(), most, err)
		}
		back, err := read(b.Bytes())
		if err != nil || answers(t, back) != answers(t, s) {
			t.Errorf("%s: another model was read than was written: %v", name, err)
		}
		if _, err := s.Compress(context.Background(), c); err == nil {
			t.Errorf("%s: compressed twice", name)
		}
	}
	all := m.input.rows
	f("whole", DefaultCompression(), all, 60_000)
	f("cut", Compression{Rows: 300, Norms: true, Sub: 2}, 300, 45_000)
	f("wide", Compression{Rows: 300, Sub: 4, Seed: 3}, 300, 40_000)
	f("few", Compression{Rows: 100, Sub: 1}, 100, 40_000) // fewer rows than centroids
	if digest(t, m) != before {
		t.Error("the model itself was changed")
	}
	s, err := m.Compress(context.Background(), Compression{Rows: 1, Sub: 25})
	if err != nil || s.features.dict.words != 1 || string(s.features.dict.name(0)) != eos || len(s.Labels()) != 3 {
		t.Errorf("the end of the line must stay: %v", err)
	}
	for _, c := range []Compression{{Sub: 0}, {Sub: 26}, {Sub: 2, Rows: -1}} {
		if _, err := m.Compress(context.Background(), c); err == nil {
			t.Errorf("%+v was not refused", c)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := m.Compress(ctx, DefaultCompression()); !errors.Is(err, context.Canceled) {
		t.Errorf("a canceled context: %v", err)
	}
}

func TestCluster(t *testing.T) {
	// 256 heaps of equal points are found exactly, wherever they are.
	var points []float32
	for i := range 256 * 40 {
		k := i % 256
		points = append(points, float32(k%16), float32(k/16))
	}
	middles := cluster(points, 2, rand.New(rand.NewPCG(1, 1)))
	off := 0.0
	for i := 0; i < len(points); i += 2 {
		k := int(nearest(middles, points[i:i+2]))
		off = max(off, math.Abs(float64(points[i]-middles[2*k])), math.Abs(float64(points[i+1]-middles[2*k+1])))
	}
	if off > 1 {
		t.Errorf("a point is %v away from its centroid", off)
	}
	same := cluster(slices.Repeat([]float32{2}, 1000), 1, rand.New(rand.NewPCG(1, 1)))
	if got := same[nearest(same, []float32{2})]; math.Abs(float64(got)-2) > 1e-3 {
		t.Errorf("the centroid of equal points is %v", got)
	}
}
