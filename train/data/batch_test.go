package data

import (
	"context"
	"slices"
	"testing"
)

func stream(n int) Tokens {
	t := make(Tokens, n)
	for i := range t {
		t[i] = int32(i)
	}
	return t
}

// ended is a stream that knows where its documents end.
type ended struct {
	Tokens
	ends []int64
}

func (e ended) EndsIn(dst []int64, from, to int64) ([]int64, error) {
	for _, end := range e.ends {
		if from < end && end <= to {
			dst = append(dst, end)
		}
	}
	return dst, nil
}

// batches reads n batches on from a cursor; each is a copy.
func batches(t *testing.T, s Samples, p Plan, cursor int64, n int) (out []Batch) {
	t.Helper()
	l, err := NewLoader(s, p, cursor)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for range n {
		b, err := l.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, Batch{b.Rows, b.Cols, slices.Clone(b.Tokens), slices.Clone(b.Targets), slices.Clone(b.Segments)})
	}
	return out
}

func TestWindowsPredictEveryTokenOnce(t *testing.T) {
	w := &Windows{Stream: stream(43), Cols: 4}
	if w.Len() != 10 {
		t.Fatalf("%d windows, want 10", w.Len())
	}
	for _, shuffle := range []bool{false, true} {
		seen := map[int32]int{}
		for _, b := range batches(t, w, Plan{Rows: 2, Shuffle: shuffle}, 0, 5) {
			for k := range b.Tokens {
				if b.Targets[k] != b.Tokens[k]+1 {
					t.Fatalf("%d predicts %d", b.Tokens[k], b.Targets[k])
				}
				seen[b.Targets[k]]++
			}
		}
		for i := int32(1); i <= 40; i++ {
			if seen[i] != 1 {
				t.Errorf("token %d is predicted %d times in an epoch", i, seen[i])
			}
		}
	}
}

func TestOnceWalksTheWholeStream(t *testing.T) {
	for _, n := range []int{2, 4, 5, 40, 41, 42} {
		w := &Windows{Stream: stream(n), Rows: 3, Cols: 4}
		count := 0
		for i := range w.Tail() {
			b, err := w.Once(i)
			if err != nil {
				t.Fatal(err)
			}
			count += b.Count()
		}
		if count != n-1 {
			t.Errorf("%d tokens: %d predicted, want %d", n, count, n-1)
		}
	}
}

func TestSegmentsEndWithDocuments(t *testing.T) {
	text := Tokens{5, 6, 0, 7, 8, 0, 9, 9, 9}
	const no = NoTarget
	for name, c := range map[string]struct {
		stream            Stream
		segments, targets []int32
	}{
		"behind end-of-text":          {text, []int32{0, 0, 0, 1, 1, 1, 2, 2}, []int32{6, 0, no, 8, 0, no, 9, 9}},
		"as the index says":           {ended{text, []int64{3, 6, 9}}, []int32{0, 0, 0, 1, 1, 1, 2, 2}, []int32{6, 0, no, 8, 0, no, 9, 9}},
		"end-of-text inside a text":   {ended{text, []int64{6, 9}}, []int32{0, 0, 0, 0, 0, 0, 1, 1}, []int32{6, 0, 7, 8, 0, no, 9, 9}},
		"without end-of-text":         {ended{text, []int64{1, 7, 9}}, []int32{0, 1, 1, 1, 1, 1, 1, 2}, []int32{no, 0, 7, 8, 0, 9, no, 9}},
		"where the window ends":       {ended{text, []int64{8, 9}}, []int32{0, 0, 0, 0, 0, 0, 0, 0}, []int32{6, 0, 7, 8, 0, 9, 9, no}},
		"one token behind the window": {ended{text, []int64{9}}, []int32{0, 0, 0, 0, 0, 0, 0, 0}, []int32{6, 0, 7, 8, 0, 9, 9, 9}},
	} {
		w := &Windows{Stream: c.stream, Rows: 1, Cols: 8, EOT: 0, Segmented: true}
		b := batches(t, w, Plan{Rows: 1}, 0, 1)[0]
		if !slices.Equal(b.Segments, c.segments) || !slices.Equal(b.Targets, c.targets) {
			t.Errorf("%s: segments %v, targets %v\nwant %v, %v", name, b.Segments, b.Targets, c.segments, c.targets)
		}
		once, err := w.Once(0)
		if err != nil || !slices.Equal(once.Segments, c.segments) || !slices.Equal(once.Targets, c.targets) {
			t.Errorf("%s, once: segments %v, targets %v, %v\nwant %v, %v", name, once.Segments, once.Targets, err, c.segments, c.targets)
		}
	}
}

func TestPositionsAndCuSeqlens(t *testing.T) {
	for name, c := range map[string]struct {
		cols          int
		segments      []int32
		positions, cu []int32
		longest       int
	}{
		"no segments":               {3, nil, []int32{0, 1, 2, 0, 1, 2}, []int32{0, 3, 6}, 3},
		"one segment a row":         {3, []int32{0, 0, 0, 0, 0, 0}, []int32{0, 1, 2, 0, 1, 2}, []int32{0, 3, 6}, 3},
		"documents":                 {4, []int32{0, 1, 1, 1, 0, 0, 1, 2}, []int32{0, 0, 1, 2, 0, 1, 0, 0}, []int32{0, 1, 4, 6, 7, 8}, 3},
		"a row's end is a document": {2, []int32{0, 1, 1, 1}, []int32{0, 0, 0, 1}, []int32{0, 1, 2, 4}, 2},
		"the longest is the last":   {5, []int32{0, 1, 1, 1, 1}, []int32{0, 0, 1, 2, 3}, []int32{0, 1, 5}, 4},
	} {
		b := Batch{Cols: c.cols, Tokens: make([]int32, len(c.positions)), Segments: c.segments}
		cu, longest := b.CuSeqlens(nil)
		if p := b.Positions(nil); !slices.Equal(p, c.positions) || !slices.Equal(cu, c.cu) || longest != c.longest {
			t.Errorf("%s: positions %v, cu_seqlens %v, longest %d\nwant %v, %v, %d", name, p, cu, longest, c.positions, c.cu, c.longest)
		}
	}
}

func TestParts(t *testing.T) {
	b := newBatch(3, 2, true)
	for i := range b.Tokens {
		b.Tokens[i], b.Targets[i], b.Segments[i] = int32(i), int32(10+i), int32(20+i)
	}
	p := b.Part(1, 3)
	if p.Rows != 2 || p.Cols != 2 || !slices.Equal(p.Tokens, []int32{2, 3, 4, 5}) || !slices.Equal(p.Targets, []int32{12, 13, 14, 15}) || !slices.Equal(p.Segments, []int32{22, 23, 24, 25}) {
		t.Errorf("rows 1 and 2 are %+v", p)
	}
	if p := newBatch(2, 2, false).Part(0, 1); p.Segments != nil {
		t.Error("a part has segments that its batch has not")
	}
}

// conversations is 37 examples of 2 to 8 tokens; each token but the first is trained on.
func conversations() (examples []Example) {
	for i := range 37 {
		e := Example{}
		for k := range 2 + i%7 {
			e.Tokens = append(e.Tokens, int32(100*i+k))
			e.Train = append(e.Train, k > 0)
		}
		examples = append(examples, e)
	}
	return examples
}

func TestPackedKeepsExamplesWhole(t *testing.T) {
	examples := conversations()
	p, err := Pack(examples, 16, -7)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int32]int{}
	for _, b := range batches(t, p, Plan{Rows: 1, Shuffle: true, Seed: 3}, p.Len(), int(p.Len())) {
		for k, tok := range b.Tokens {
			if b.Targets[k] != NoTarget {
				if b.Targets[k] != tok+1 || b.Segments[k] != b.Segments[k+1] {
					t.Fatalf("token %d predicts %d across segments", tok, b.Targets[k])
				}
				seen[b.Targets[k]]++
			}
		}
	}
	want := 0
	for _, e := range examples {
		want += len(e.Tokens) - 1
	}
	if len(seen) != want {
		t.Errorf("%d targets seen in an epoch, want %d", len(seen), want)
	}
	for tok, n := range seen {
		if n != 1 {
			t.Errorf("token %d is predicted %d times in an epoch", tok, n)
		}
	}
	if _, err := Pack([]Example{{Tokens: make([]int32, 17), Train: make([]bool, 17)}}, 16, 0); err == nil {
		t.Error("an example longer than a row was accepted")
	}
	if _, err := Pack(nil, 16, 0); err == nil {
		t.Error("no examples were accepted")
	}
}
