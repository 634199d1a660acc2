package data

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// numbers are samples that hold their own number; those in bad cannot be read.
type numbers struct {
	n     int64
	bad   int64
	calls chan int64 // told of each read, if not nil
}

func (s numbers) Len() int64         { return s.n }
func (s numbers) Shape() (int, bool) { return 1, false }
func (s numbers) Fill(b *Batch, row int, i int64) error {
	if s.calls != nil {
		s.calls <- i
	}
	if i == s.bad {
		return errors.New("00000.bin: 8 bytes at offset 16: bad sector")
	}
	b.Tokens[row], b.Targets[row] = int32(i), NoTarget
	return nil
}

// order reads n samples of each rank as one list.
func order(t *testing.T, s Samples, p Plan, cursor int64, n int) (all []int32) {
	t.Helper()
	p.World = max(1, p.World)
	var ranks [][]Batch
	for p.Rank = range p.World {
		ranks = append(ranks, batches(t, s, p, cursor, n))
	}
	for k := range n {
		for row := range p.Rows {
			for r := range ranks {
				all = append(all, ranks[r][k].Tokens[row])
			}
		}
	}
	return all
}

func TestOrder(t *testing.T) {
	s := numbers{n: 7, bad: -1}
	if got, want := order(t, s, Plan{Rows: 3}, 0, 5), []int32{0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0}; !slices.Equal(got, want) {
		t.Errorf("in their own order: %v, want %v", got, want)
	}
	if got, want := order(t, s, Plan{Rows: 9}, 5, 1), []int32{5, 6, 0, 1, 2, 3, 4, 5, 6}; !slices.Equal(got, want) {
		t.Errorf("a batch of more than an epoch: %v, want %v", got, want)
	}
	for _, n := range []int64{1, 2, 7, 64, 1000} {
		s.n = n
		whole := order(t, s, Plan{Rows: 1, Shuffle: true, Seed: 5}, 0, int(4*n))
		same := 0
		for e := range 4 {
			epoch := slices.Clone(whole[int64(e)*n : int64(e+1)*n])
			for i := range epoch {
				if e > 0 && epoch[i] == whole[i] {
					same++
				}
			}
			slices.Sort(epoch)
			for i, v := range epoch {
				if int(v) != i {
					t.Fatalf("epoch %d of %d samples does not have each once", e, n)
				}
			}
		}
		if n >= 64 && same > int(n)/5 {
			t.Errorf("epochs of %d samples agree on %d places", n, same)
		}
		other := order(t, s, Plan{Rows: 1, Shuffle: true, Seed: 6}, 0, int(4*n))
		if n >= 64 && slices.Equal(whole[:n], other[:n]) {
			t.Errorf("two seeds give one order of %d samples", n)
		}
		for _, p := range []Plan{{Rows: 3}, {Rows: 1, World: 2}, {Rows: 2, World: 3}, {Rows: 5, World: 4, Ahead: 2}, {Rows: 1, World: 7, Ahead: 1}} {
			p.Shuffle, p.Seed = true, 5
			for _, cursor := range []int64{0, 1, n - 1, n} {
				got := order(t, s, p, cursor, 3)
				want := whole[cursor:]
				for int64(len(want)) < int64(len(got)) { // of four epochs
					got = got[:len(want)]
				}
				if !slices.Equal(got, want[:len(got)]) {
					t.Errorf("%+v from %d of %d samples: %v, want %v", p, cursor, n, got, want[:len(got)])
				}
			}
		}
	}
}

func TestLoaderRefusesInWords(t *testing.T) {
	for _, c := range []struct {
		n, cursor int64
		plan      Plan
		want      string
	}{
		{7, 0, Plan{}, "batches of 0 rows"},
		{7, 0, Plan{Rows: 1, Rank: 2, World: 2}, "rank 2 of 2"},
		{7, 0, Plan{Rows: 1, Rank: -1}, "rank -1 of 1"},
		{7, 0, Plan{Rows: 1, Ahead: -1}, "-1 batches ahead"},
		{7, -1, Plan{Rows: 1}, "cursor -1"},
		{0, 0, Plan{Rows: 1}, "not one row of 1 tokens"},
	} {
		if _, err := NewLoader(numbers{n: c.n, bad: -1}, c.plan, c.cursor); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c, err, c.want)
		}
	}
}

func TestErrorsComeAtTheirBatch(t *testing.T) {
	for _, ahead := range []int{0, 1, 5} {
		l, err := NewLoader(numbers{n: 10, bad: 9}, Plan{Rows: 2, Ahead: ahead}, 10)
		if err != nil {
			t.Fatal(err)
		}
		for i := range int32(4) {
			b, err := l.Next(context.Background())
			if err != nil || b.Tokens[0] != 2*i || b.Tokens[1] != 2*i+1 {
				t.Fatalf("%d ahead: batch %d is %v, %v", ahead, i, b, err)
			}
		}
		for range 3 {
			const want = "data: sample 9, number 9 of epoch 1: 00000.bin: 8 bytes at offset 16: bad sector"
			if b, err := l.Next(context.Background()); err == nil || err.Error() != want {
				t.Fatalf("%d ahead: %v, %v, want %s", ahead, b, err, want)
			}
		}
		if l.Cursor() != 18 {
			t.Errorf("%d ahead: the cursor went on to %d beyond a batch that failed", ahead, l.Cursor())
		}
		l.Close()
	}
}

func TestContext(t *testing.T) {
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	for _, ahead := range []int{0, 2} {
		calls := make(chan int64)
		l, err := NewLoader(numbers{n: 10, bad: -1, calls: calls}, Plan{Rows: 3, Ahead: ahead}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Next(canceled); err != context.Canceled {
			t.Errorf("%d ahead, canceled before: %v", ahead, err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		failed := make(chan error)
		go func() {
			_, err := l.Next(ctx)
			failed <- err
		}()
		<-calls // the first row is read, the second is not
		cancel()
		if ahead == 0 {
			for {
				select {
				case <-calls: // one row may have begun
					continue
				case err = <-failed:
				}
				break
			}
		} else {
			err = <-failed
		}
		if err != context.Canceled || l.Cursor() != 0 {
			t.Errorf("%d ahead, canceled within a batch: %v, cursor %d", ahead, err, l.Cursor())
		}
		go func() {
			for range calls {
			}
		}()
		b, err := l.Next(context.Background())
		if err != nil || !slices.Equal(b.Tokens, []int32{0, 1, 2}) || l.Cursor() != 3 {
			t.Errorf("%d ahead, after that: %v, %v", ahead, b, err)
		}
		l.Close()
		close(calls)
	}
}

func TestCloseLeavesNoGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, bad := range []int64{-1, 0, 5} {
		for n := range 8 {
			l, err := NewLoader(numbers{n: 10, bad: bad}, Plan{Rows: 2, Ahead: 3}, 0)
			if err != nil {
				t.Fatal(err)
			}
			for range n {
				l.Next(context.Background())
			}
			l.Close()
			l.Close()
			if _, err := l.Next(context.Background()); err != errClosed {
				t.Errorf("a closed loader goes on: %v", err)
			}
		}
	}
	for range 100 { // one that has closed done may not be gone yet
		if runtime.NumGoroutine() <= before {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}

func TestBatchesAreReadAhead(t *testing.T) {
	calls := make(chan int64)
	l, err := NewLoader(numbers{n: 100, bad: -1, calls: calls}, Plan{Rows: 1, Ahead: 3}, 0)
	if err != nil {
		t.Fatal(err)
	}
	first := make(chan error)
	go func() {
		_, err := l.Next(context.Background())
		first <- err
	}()
	for i := range int64(4) { // the one asked for, and three more
		if got := <-calls; got != i {
			t.Fatalf("read sample %d, want %d", got, i)
		}
	}
	select {
	case i := <-calls:
		t.Errorf("read sample %d, four batches from the cursor", i)
	case <-time.After(20 * time.Millisecond):
	}
	if err := <-first; err != nil {
		t.Error(err)
	}
	l.Close()
}

func TestBatchesAllocateNothing(t *testing.T) {
	packed, err := Pack(conversations(), 16, 0)
	if err != nil {
		t.Fatal(err)
	}
	text := ended{Tokens: stream(10_000)}
	for i := int64(7); i < 10_000; i += 13 {
		text.ends = append(text.ends, i)
	}
	for name, s := range map[string]Samples{
		"windows":           &Windows{Stream: stream(1000), Cols: 64},
		"windows, by ends":  &Windows{Stream: text, Cols: 64, Segmented: true},
		"windows, by token": &Windows{Stream: make(Tokens, 1000), Cols: 64, Segmented: true},
		"packed":            packed,
	} {
		for _, p := range []Plan{{Rows: 4}, {Rows: 4, Shuffle: true}, {Rows: 4, Shuffle: true, Ahead: 2}, {Rows: 2, World: 2, Rank: 1, Ahead: 1}} {
			l, err := NewLoader(s, p, 0)
			if err != nil {
				t.Fatal(err)
			}
			next := func() {
				if _, err := l.Next(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
			for range 5 {
				next()
			}
			if n := testing.AllocsPerRun(200, next); n > 0 {
				t.Errorf("%s, %+v: %g allocations a batch", name, p, n)
			}
			l.Close()
		}
	}
	b, dst := newBatch(2, 8, true), make([]int32, 0, 64)
	if n := testing.AllocsPerRun(100, func() {
		b.Positions(dst)
		b.CuSeqlens(dst)
	}); n > 0 {
		t.Errorf("%g allocations for positions and cu_seqlens", n)
	}
}

func ExampleLoader() {
	corpus := Tokens{1, 2, 3, 0, 4, 5, 0, 6, 7, 8, 9, 0, 10}
	w := &Windows{Stream: corpus, Cols: 4, EOT: 0, Segmented: true}
	l, err := NewLoader(w, Plan{Rows: 2, Ahead: 1}, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	for range 2 { // the second batch begins with the last window and goes on with the first of the next epoch
		b, err := l.Next(context.Background())
		if err != nil {
			fmt.Println(err)
			return
		}
		cu, _ := b.CuSeqlens(nil)
		fmt.Println(b.Tokens, b.Positions(nil), cu, l.Cursor())
	}
	// Output:
	// [1 2 3 0 4 5 0 6] [0 1 2 3 0 1 2 0] [0 4 7 8] 2
	// [7 8 9 0 1 2 3 0] [0 1 2 3 0 1 2 3] [0 4 8] 4
}
