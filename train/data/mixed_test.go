package data

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"
)

// sizes are examples of these lengths, each token of which is its example's number.
func sizes(n ...int) (out []Example) {
	for i, n := range n {
		x := Example{Tokens: make([]int32, n), Train: make([]bool, n)}
		for k := range x.Tokens {
			x.Tokens[k], x.Train[k] = int32(i), true
		}
		out = append(out, x)
	}
	return out
}

// layout is the lengths of the examples of each row.
func layout(p *Packed) (out [][]int) {
	for _, row := range p.rows {
		var lens []int
		for _, e := range row {
			lens = append(lens, len(e.Tokens))
		}
		out = append(out, lens)
	}
	return out
}

func TestPackFitsBestLongestFirst(t *testing.T) {
	for _, c := range []struct {
		cols     int
		lens     []int
		want     string
		wantUsed float64
	}{
		{8, []int{8, 4, 6, 2}, "[[8] [6 2] [4]]", 20. / 24}, // the example of the literature, doubled
		{10, []int{3, 7, 5, 5, 6, 4}, "[[7 3] [6 4] [5 5]]", 1},
		{10, []int{6, 7, 3}, "[[7 3] [6]]", 0.8}, // 3 fits both: the fuller row takes it
		{100, []int{2, 98, 2, 97}, "[[98 2] [97 2]]", 0.995},
		{65, []int{64, 2, 63}, "[[64] [63 2]]", 129. / 130},
		{4, []int{2, 2, 2}, "[[2 2] [2]]", 0.75},
	} {
		p, err := Pack(sizes(c.lens...), c.cols, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(layout(p)); got != c.want || math.Abs(p.Used()-c.wantUsed) > 1e-12 {
			t.Errorf("%v in rows of %d: %s, %.3f used; want %s, %.3f", c.lens, c.cols, got, p.Used(), c.want, c.wantUsed)
		}
	}
	p, err := Alone(sizes(3, 8, 2), 8, 0)
	if err != nil || fmt.Sprint(layout(p)) != "[[3] [8] [2]]" {
		t.Errorf("alone: %v, %v", layout(p), err)
	}
}

func TestFirstTokensAreNeverTargets(t *testing.T) {
	p, err := Pack(sizes(3, 2, 4), 12, 9)
	if err != nil {
		t.Fatal(err)
	}
	b := p.Batch(0)
	if got := fmt.Sprint(b.Tokens, b.Targets, b.Segments, b.Positions(nil)); got != "[2 2 2 2 0 0 0 1 1 9 9 9] [2 2 2 -1 0 0 -1 1 -1 -1 -1 -1] "+
		"[0 0 0 0 1 1 1 2 2 3 3 3] [0 1 2 3 0 1 2 0 1 0 1 2]" {
		t.Errorf("laid out as %s", got)
	}
}

// counter is samples of one token, which tells their number.
type counter struct{ n, from int64 }

func (c counter) Len() int64         { return c.n }
func (c counter) Shape() (int, bool) { return 1, true }
func (c counter) Fill(b *Batch, row int, i int64) error {
	b.Tokens[row] = int32(c.from + i)
	return nil
}

func TestMixedReplaysItsShare(t *testing.T) {
	m := &Mixed{Main: counter{10, 0}, Replay: counter{7, 100}, Share: 0.3, Seed: 5, Rows: 100}
	read := func(from int64) (out []int32) {
		l, err := NewLoader(m, Plan{Rows: 4}, from)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for l.Cursor() < 100 {
			b, err := l.Next(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, b.Tokens...)
		}
		return out
	}
	all := read(0)
	var main, replay []int32
	for i, v := range all {
		if v >= 100 {
			replay = append(replay, v)
		} else {
			main = append(main, v)
		}
		if n := float64(len(replay)); math.Abs(n-0.3*float64(i+1)) > 1 {
			t.Fatalf("%v replayed of the first %d", n, i+1)
		}
	}
	epochs := func(list []int32, n int) {
		for i := 0; i+n <= len(list); i += n {
			e := slices.Clone(list[i : i+n])
			if slices.IsSorted(e) || i > 0 && slices.Equal(e, list[i-n:i]) {
				t.Errorf("an epoch is not shuffled: %v", e)
			}
			slices.Sort(e)
			if len(slices.Compact(slices.Clone(e))) != n || e[n-1]-e[0] != int32(n-1) {
				t.Errorf("an epoch has not each once: %v", e)
			}
		}
	}
	epochs(main, 10)
	epochs(replay, 7)
	if !slices.Equal(read(40), all[40:]) {
		t.Error("from a cursor in the middle it reads something else")
	}
	for _, c := range []struct {
		main  int64
		share float64
	}{{70, 0.3}, {1, 0.05}, {95, 0.05}, {1000, 0.5}, {3, 0.9}, {10, 0}} {
		n := RowsFor(c.main, c.share)
		m := Mixed{Share: c.share}
		if n-m.replayed(n) != c.main || n > 0 && n-1-m.replayed(n-1) >= c.main {
			t.Errorf("%d rows hold %d of the main ones, want %d and no row more", n, n-m.replayed(n), c.main)
		}
	}
}
