package data

import (
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

func TestWindowsPredictEveryTokenOnce(t *testing.T) {
	w := &Windows{Stream: stream(41), Rows: 2, Cols: 4}
	if w.Len() != 10 {
		t.Fatalf("%d windows, want 10", w.Len())
	}
	seen := map[int32]int{}
	for i := range int64(5) {
		b, err := w.Batch(i)
		if err != nil {
			t.Fatal(err)
		}
		for k := range b.Tokens {
			if b.Targets[k] != b.Tokens[k]+1 {
				t.Fatalf("batch %d: %d predicts %d", i, b.Tokens[k], b.Targets[k])
			}
			seen[b.Targets[k]]++
		}
	}
	for i := int32(1); i <= 40; i++ {
		if seen[i] != 1 {
			t.Errorf("token %d is predicted %d times in an epoch", i, seen[i])
		}
	}
	first, _ := w.Batch(0)
	again, _ := w.Batch(5)
	if !slices.Equal(first.Tokens, again.Tokens) {
		t.Error("the second epoch does not start where the first did")
	}
	if _, err := (&Windows{Stream: stream(4), Rows: 1, Cols: 4}).Batch(0); err == nil {
		t.Error("a stream shorter than a window was accepted")
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

func TestSegmentsEndAtEndOfText(t *testing.T) {
	w := &Windows{Stream: Tokens{5, 6, 0, 7, 8, 0, 9}, Rows: 1, Cols: 6, EOT: 0, Segmented: true}
	b, err := w.Batch(0)
	if err != nil {
		t.Fatal(err)
	}
	if want := []int32{0, 0, 0, 1, 1, 1}; !slices.Equal(b.Segments, want) {
		t.Errorf("segments %v, want %v", b.Segments, want)
	}
	if want := []int32{6, 0, NoTarget, 8, 0, NoTarget}; !slices.Equal(b.Targets, want) {
		t.Errorf("targets %v, want %v", b.Targets, want)
	}
}

func TestPackedKeepsExamplesWholeAndVisitsEachRowOnce(t *testing.T) {
	var examples []Example
	for i := range 37 {
		e := Example{}
		for k := range 2 + i%7 {
			e.Tokens = append(e.Tokens, int32(100*i+k))
			e.Train = append(e.Train, k > 0)
		}
		examples = append(examples, e)
	}
	p, err := Pack(examples, 2, 16, -7, 3)
	if err != nil {
		t.Fatal(err)
	}
	n := int64(p.Len())
	for epoch := range int64(3) {
		var order []int
		for i := range n {
			order = append(order, p.order(epoch, i))
		}
		slices.Sort(order)
		for i, r := range order {
			if r != i {
				t.Fatalf("epoch %d does not visit each row once: %v", epoch, order)
			}
		}
	}
	seen := map[int32]bool{}
	for i := range (n + 1) / 2 {
		b, err := p.Batch(i)
		if err != nil {
			t.Fatal(err)
		}
		for k, tok := range b.Tokens {
			if b.Targets[k] != NoTarget {
				if b.Targets[k] != tok+1 || b.Segments[k] != b.Segments[k+1] {
					t.Fatalf("token %d predicts %d across segments", tok, b.Targets[k])
				}
				seen[b.Targets[k]] = true
			}
		}
	}
	want := 0
	for _, e := range examples {
		want += len(e.Tokens) - 1
	}
	if len(seen) != want {
		t.Errorf("%d targets seen, want %d", len(seen), want)
	}
	if _, err := Pack([]Example{{Tokens: make([]int32, 17), Train: make([]bool, 17)}}, 1, 16, 0, 0); err == nil {
		t.Error("an example longer than a row was accepted")
	}
	if _, err := Pack(nil, 1, 16, 0, 0); err == nil {
		t.Error("no examples were accepted")
	}
}
