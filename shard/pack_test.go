package shard_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-83c59573/quern/shard"
)

// slowBestFit is the rule of PackBestFit word for word, over a plain list.
func slowBestFit(length int, docs []int) (rows [][]shard.Piece) {
	var waiting, row []shard.Piece
	left := length
	place := func() {
		at := -1
		for i, d := range waiting {
			if d.To <= left && (at < 0 || d.To > waiting[at].To) {
				at = i
			}
		}
		if at < 0 {
			at = 0
			for i, d := range waiting {
				if d.To < waiting[at].To {
					at = i
				}
			}
		}
		d := waiting[at]
		waiting = slices.Delete(waiting, at, at+1)
		d.To = min(d.To, left)
		row = append(row, d)
		if left -= d.To; left == 0 {
			rows, row, left = append(rows, row), nil, length
		}
	}
	held := func() (n int) {
		for _, d := range waiting {
			n += d.To
		}
		return n
	}
	for i, n := range docs {
		waiting = append(waiting, shard.Piece{Doc: i, To: n})
		for len(waiting) >= 1000 || held() >= 4<<20 {
			place()
		}
	}
	for len(waiting) > 0 {
		place()
	}
	if row != nil {
		rows = append(rows, row)
	}
	return rows
}

// slowBFD is the rule of PackBFD for one window: every piece looks at every row.
func slowBFD(length int, docs []int) (rows [][]shard.Piece) {
	var pieces []shard.Piece
	for i, n := range docs {
		for from := 0; from < n; from += length {
			pieces = append(pieces, shard.Piece{Doc: i, From: from, To: min(n, from+length)})
		}
	}
	size := func(p shard.Piece) int { return p.To - p.From }
	slices.SortStableFunc(pieces, func(a, b shard.Piece) int { return size(b) - size(a) })
	var left, since []int // since: when a row came to have the room that it has
	for when, p := range pieces {
		at := -1
		for i := range rows {
			if left[i] >= size(p) && (at < 0 || left[i] < left[at] || left[i] == left[at] && since[i] < since[at]) {
				at = i
			}
		}
		if at < 0 {
			at = len(rows)
			rows, left, since = append(rows, nil), append(left, length), append(since, 0)
		}
		rows[at] = append(rows[at], p)
		left[at] -= size(p)
		since[at] = when
	}
	order := func(a, b shard.Piece) int { return (a.Doc-b.Doc)*1e9 + a.From - b.From }
	for _, r := range rows {
		slices.SortFunc(r, order)
	}
	slices.SortFunc(rows, func(a, b []shard.Piece) int { return order(a[0], b[0]) })
	return rows
}

// TestPackIsTheRule compares with the rules done slowly, on lengths of many shapes.
func TestPackIsTheRule(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for round := range 60 {
		length := []int{1, 2, 7, 64, 100, 2048}[round%6]
		docs := make([]int, rng.IntN(3000))
		for i := range docs {
			docs[i] = 1 + rng.IntN(1+[]int{length / 3, length, 3 * length}[round%3])
		}
		for how, slow := range map[string]func(int, []int) [][]shard.Piece{shard.PackBestFit: slowBestFit, shard.PackBFD: slowBFD} {
			total := 0
			for _, n := range docs {
				total += n
			}
			if how == shard.PackBFD && total >= 4<<20 {
				continue // more than a window
			}
			rows, _, err := shard.Pack(how, length, docs)
			if err != nil {
				t.Fatal(err)
			}
			want := slow(length, docs)
			if !slices.EqualFunc(rows, want, slices.Equal) {
				t.Fatalf("%s, rows of %d, %d documents: %d rows, want %d; or others", how, length, len(docs), len(rows), len(want))
			}
		}
	}
}

// TestPackAddsUp: whatever the way, rows are full but for padding, no token is twice in rows, and the counts are what rows show.
func TestPackAddsUp(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for round := range 40 {
		length := []int{1, 3, 64, 512, 5000}[round%5]
		docs := make([]int, 1+rng.IntN(4000))
		for i := range docs {
			docs[i] = 1 + int(rng.ExpFloat64()*float64(length)/2)
			if i%97 == 0 {
				docs[i] += 5 * length
			}
		}
		for _, how := range []string{shard.PackConcat, shard.PackBestFit, shard.PackBFD} {
			rows, s, err := shard.Pack(how, length, docs)
			if err != nil {
				t.Fatal(err)
			}
			checkRows(t, how, length, docs, rows, s)
		}
	}
}

func checkRows(t *testing.T, how string, length int, docs []int, rows [][]shard.Piece, s shard.PackStats) {
	t.Helper()
	name := fmt.Sprintf("%s, rows of %d, %d documents", how, length, len(docs))
	want := shard.PackStats{Pack: how, Length: length, Rows: int64(len(rows)), Docs: int64(len(docs))}
	of := make([][]shard.Piece, len(docs))
	for r, row := range rows {
		n := 0
		for k, p := range row {
			if p.To <= p.From || p.To > docs[p.Doc] {
				t.Fatalf("%s: row %d has %+v of a document of %d", name, r, p, docs[p.Doc])
			}
			n += p.To - p.From
			of[p.Doc] = append(of[p.Doc], p)
			if p.To < docs[p.Doc] && k < len(row)-1 {
				t.Fatalf("%s: row %d: a document is cut inside the row", name, r)
			}
		}
		if n > length || how != shard.PackBFD && n < length && r < len(rows)-1 {
			t.Fatalf("%s: row %d has %d tokens", name, r, n)
		}
		if how == shard.PackBestFit && row[0].From != 0 {
			t.Fatalf("%s: row %d begins inside a document", name, r)
		}
		want.Padding += int64(length - n)
	}
	for i, n := range docs {
		want.Tokens += int64(n)
		slices.SortFunc(of[i], func(a, b shard.Piece) int { return a.From - b.From })
		at := 0
		for _, p := range of[i] {
			if p.From != at {
				t.Fatalf("%s: document %d goes on at %d, not at %d", name, i, p.From, at)
			}
			at = p.To
		}
		if len(of[i]) == 0 {
			t.Fatalf("%s: document %d is nowhere", name, i)
		}
		if how == shard.PackBFD && n <= length && len(of[i]) > 1 {
			t.Fatalf("%s: document %d of %d tokens is cut", name, i, n)
		}
		if want.Lost += int64(n - at); at < n || len(of[i]) > 1 {
			want.Cut++
		}
	}
	if s != want || how != shard.PackBestFit && s.Lost > 0 {
		t.Fatalf("%s: counts %+v, rows show %+v", name, s, want)
	}
}

// TestPackLosesWhatIsPublished: nanochat says that its rule crops about 35 % of tokens at rows of 2,048. Lengths here are those of
// FineWeb-Edu in shape: log-normal, 1,050 tokens on average.
func TestPackLosesWhatIsPublished(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	docs := make([]int, 50_000)
	for i := range docs {
		docs[i] = max(20, int(math.Exp(6.4+1.05*rng.NormFloat64())))
	}
	_, s, err := shard.Pack(shard.PackBestFit, 2048, docs)
	if lost := float64(s.Lost) / float64(s.Tokens); err != nil || lost < 0.32 || lost > 0.38 {
		t.Errorf("%s loses %.3f of the tokens, %v; want about 0.35", s.Pack, lost, err)
	}
	if _, s, err = shard.Pack(shard.PackBFD, 2048, docs); err != nil || s.Lost > 0 || s.Utilization() < 0.999 {
		t.Errorf("%s uses %.4f of the places and loses %d tokens, %v", s.Pack, s.Utilization(), s.Lost, err)
	}
}

func TestPackRefusesInWords(t *testing.T) {
	for _, f := range []struct {
		how    string
		length int
		docs   []int
	}{{"best", 8, nil}, {"bfd", 0, nil}, {"bestfit", 1<<20 + 1, nil}, {"concat", 1<<24 + 1, nil}, {"concat", 8, []int{3, 0}}} {
		if _, _, err := shard.Pack(f.how, f.length, f.docs); err == nil {
			t.Errorf("%+v: accepted", f)
		}
	}
}

// FuzzPack packs lengths made of bytes.
func FuzzPack(f *testing.F) {
	f.Add(uint16(8), []byte{1, 2, 3, 250, 8, 8, 7, 1})
	f.Add(uint16(1), []byte{1, 1, 9})
	f.Add(uint16(4097), []byte{})
	f.Fuzz(func(t *testing.T, length uint16, b []byte) {
		var docs []int
		for i, c := range b {
			docs = append(docs, 1+int(c)<<(i%7))
		}
		for _, how := range []string{shard.PackConcat, shard.PackBestFit, shard.PackBFD} {
			rows, s, err := shard.Pack(how, 1+int(length), docs)
			if err != nil {
				t.Fatal(err)
			}
			checkRows(t, how, 1+int(length), docs, rows, s)
		}
	})
}

func BenchmarkPack(b *testing.B) {
	rng := rand.New(rand.NewPCG(7, 8))
	docs := make([]int, 100_000)
	for i := range docs {
		docs[i] = 1 + int(rng.ExpFloat64()*700)
	}
	for _, how := range []string{shard.PackConcat, shard.PackBestFit, shard.PackBFD} {
		b.Run(how, func(b *testing.B) {
			var s shard.PackStats
			for b.Loop() {
				var err error
				if _, s, err = shard.Pack(how, 2048, docs); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(100*s.Utilization(), "%used")
			b.ReportMetric(100*float64(s.Lost)/float64(s.Tokens), "%lost")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(docs)), "ns/doc")
		})
	}
}
