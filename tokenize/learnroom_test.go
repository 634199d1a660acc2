package tokenize

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// learnTexts are texts of several scripts whose words follow no rule, long ones among them.
func learnTexts() [][]byte {
	r := testRand(5)
	var docs [][]byte
	for i := range 300 {
		d := letters(r, 200)
		d = append(d, randomText(r, 60, true)...)
		d = append(d, strings.Repeat("a word of many ", i%4)...)
		d = append(d, bytes.Repeat([]byte("ab"), i%40)...)
		docs = append(docs, append(d, "  tab\tand line\n\n中文字符 и слова"...))
	}
	return docs
}

// learnKinds are options for each way to learn.
func learnKinds() map[string]Learn {
	kinds := map[string]Learn{}
	for _, name := range []string{"bytes", "characters", "unigram"} {
		l := DefaultLearn()
		l.Vocab = 900
		switch name {
		case "unigram":
			l.Model = Unigram
			fallthrough
		case "characters":
			l.Split, l.Normalize = Metaspace, NFC
		}
		kinds[name] = l
	}
	return kinds
}

func TestLearnDoesNotDependOnTheRoom(t *testing.T) {
	docs := learnTexts()
	for kind, l := range learnKinds() {
		var want []byte
		for _, room := range []Room{{Workers: 1}, {Workers: 2}, {Workers: 7}, {Workers: 1, Memory: 24 << 20}, {Workers: 2, Memory: 16 << 20}, {Workers: 7, Memory: 32 << 20}} {
			room.Scratch = t.TempDir()
			c := NewCounters(l, room.Workers, room)
			err := quern.Each(context.Background(), room.Workers, len(docs), func(_ context.Context, worker, i int) error {
				if room.Workers == 2 {
					i = len(docs) - 1 - i
				}
				c.Counter(worker).Add(docs[i])
				if room.Memory > 0 && i%70 == 0 { // as it happens by itself with more text
					c.Counter(worker).cool()
					c.Counter(worker).spill()
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			tok, err := c.Learn(context.Background())
			if err != nil {
				t.Fatalf("%s %+v: %v", kind, room, err)
			}
			got, err := tok.JSON()
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = got
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s %+v: another tokenizer", kind, room)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			if left, _ := os.ReadDir(room.Scratch); len(left) > 0 {
				t.Errorf("%s: scratch files are left: %v", kind, left)
			}
		}
		if tok, err := Parse(want); err != nil || tok.Vocab() != l.Vocab {
			t.Errorf("%s: %d ids, %v", kind, tok.Vocab(), err)
		}
	}
}

func TestLearnTellsWhatItNeeds(t *testing.T) {
	for kind, l := range learnKinds() {
		c := NewCounters(l, 1, Room{Workers: 1, Memory: 1 << 17, Scratch: t.TempDir()})
		for _, d := range learnTexts() {
			c.Counter(0).Add(d)
		}
		_, err := c.Learn(context.Background())
		if err == nil || !strings.Contains(err.Error(), "MiB of memory, there are 0") {
			t.Errorf("%s: %v", kind, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestMinPiece(t *testing.T) {
	l := DefaultLearn()
	l.MinPiece = 3
	c := NewCounter(l)
	c.Add([]byte(" often often often rare rare"))
	tok := mustLearn(t, c)
	for id := 256; id < tok.Vocab(); id++ {
		if bytes.Contains(tok.Token(uint32(id)), []byte("ra")) {
			t.Errorf("learned %q of a rare piece", tok.Token(uint32(id)))
		}
	}
	if tok.Vocab() == 260 {
		t.Error("nothing was learned")
	}
}

func TestCountsBeyondMemoryNeedAFolder(t *testing.T) {
	for want, folder := range map[string]string{"no scratch folder": "", "no such file or directory": filepath.Join(t.TempDir(), "none")} {
		c := NewCounters(DefaultLearn(), 1, Room{Memory: 1, Scratch: folder})
		r := testRand(3)
		for i := range 30000 {
			c.Counter(0).Add(letters(r, 3+i%20))
		}
		if _, err := c.Learn(context.Background()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestRunRoundTrip(t *testing.T) {
	dir := t.TempDir()
	w, err := newRunWriter(dir)
	if err != nil {
		t.Fatal(err)
	}
	pieces := []string{"", "a", "a\x00", "ab", "abcdefghijklmnopq", "b", strings.Repeat("z", maxPiece)}
	for i, p := range pieces {
		if err := w.write([]byte(p), int64(1)<<(8*i)); err != nil {
			t.Fatal(err)
		}
	}
	r, err := w.finish(nil)
	if err != nil {
		t.Fatal(err)
	}
	i := 0
	if err := r.each(func(piece []byte, count int64) error {
		if string(piece) != pieces[i] || count != int64(1)<<(8*i) {
			t.Errorf("%d: %.20q %d", i, piece, count)
		}
		i++
		return nil
	}); err != nil || i != len(pieces) {
		t.Errorf("%d records, %v", i, err)
	}
	for cut := int64(1); cut < 30; cut += 3 {
		if err := os.Truncate(r.name, r.size-cut); err != nil {
			t.Fatal(err)
		}
		err := r.each(func([]byte, int64) error { return nil })
		if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), r.name+": offset ") {
			t.Errorf("cut by %d: %v", cut, err)
		}
	}
	if err := os.WriteFile(r.name, []byte{9, 1, 'x', 1}, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := r.each(func([]byte, int64) error { return nil }); err == nil || !strings.Contains(err.Error(), "behind one of 0") {
		t.Errorf("a record that shares more than there is: %v", err)
	}
	if _, err := mergeRuns(dir, []*run{r, {name: filepath.Join(dir, "gone")}}); err == nil {
		t.Error("a run that is gone was merged")
	}
}

// TestEpochs holds a learner with little room, which begins an epoch after nearly every merge, to one with enough.
func TestEpochs(t *testing.T) {
	merges := func(room int64) (all [][2]int32) {
		c := NewCounter(DefaultLearn())
		for _, d := range learnTexts() {
			c.Add(d)
		}
		words := learnedBytes()
		l := newLearner(len(words), 0, 2, 2)
		if room > 0 {
			l.room = room
		} else {
			l.room = 1 << 40
		}
		c.each(func(piece []byte, count int64) {
			var symbols []int32
			for _, b := range piece {
				for i, w := range words {
					if w[0] == b {
						symbols = append(symbols, int32(i))
					}
				}
			}
			if err := l.add(symbols, count); err != nil {
				t.Fatal(err)
			}
		})
		_, all, err := c.follow(context.Background(), l, words, 300)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	want := merges(0)
	if len(want) != 300 {
		t.Fatalf("%d merges", len(want))
	}
	for _, room := range []int64{1, 20000} {
		got := merges(room)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("room %d: other merges", room)
		}
	}
}

func TestBigCounts(t *testing.T) {
	l := newLearner(3, 0, 2, 1)
	for _, p := range []struct {
		symbols []int32
		count   int64
	}{{[]int32{0, 1, 2}, 5 << 31}, {[]int32{1, 2}, 7}, {[]int32{0, 1}, bigWeight - 1}} {
		if err := l.add(p.symbols, p.count); err != nil {
			t.Fatal(err)
		}
	}
	k, ok, err := l.best(context.Background())
	if !ok || err != nil || l.info[k].pair != pairOf(0, 1) || l.info[k].count != 5<<31+bigWeight-1 {
		t.Errorf("best is %+v, %v, %v", l.info[k], ok, err)
	}
}
