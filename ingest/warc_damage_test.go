package ingest

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// hurt changes a few bytes at random, leaves some out or puts some in; the first few stay, so that the codec is still known.
func hurt(rng *rand.Rand, s string) string {
	const head = 4
	b := []byte(s)
	for range 1 + rng.IntN(4) {
		i := head + rng.IntN(len(b)-head)
		switch rng.IntN(4) {
		case 0:
			b[i] ^= 1 << rng.IntN(8)
		case 1:
			b[i] = byte(rng.IntN(256))
		case 2:
			b = slices.Delete(b, i, min(len(b)-1, i+rng.IntN(20)))
		case 3:
			b = slices.Insert(b, i, []byte("\r\nWARC/1.0\r\n0123")[:rng.IntN(16)]...)
		}
		if len(b) < 100 {
			return s
		}
	}
	return string(b)
}

// Whatever is wrong with a file, the same is read and reported in any division into units.
func TestDamageIsTheSameInAnyDivision(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	page := func(i int) string { return warcRecord(i, "Some text of a page.") }
	arc := []string{arcStart, arcRecord(1, "Some text of a page."), arcRecord(2, "Some more.")}
	files := []struct{ name, data string }{
		{"a.warc.gz", gz(page(1), page(2), page(3))},
		{"a.warc.gz", gz(page(1)[:100], page(1)[100:], page(2), page(3))},
		{"a.warc.zst", zst(page(1), page(2), page(3))},
		{"a.warc.zst", zst(page(1)) + skippableFrame("\x50\x2a\x4d\x18", []byte("x")) + zst(page(2))},
		{"a.arc.gz", gz(arc...)},
		{"a.warc", page(1) + page(2) + page(3)},
		{"a.arc", strings.Join(arc, "")},
	}
	rounds := 60
	if testing.Short() {
		rounds = 10
	}
	for range rounds {
		for _, f := range files {
			data := hurt(rng, f.data)
			dir := plant(t, f.name, data)
			var whole []string
			for _, unit := range []int64{1 << 40, 100, 300} {
				o := opts(dir, f.name)
				o.UnitBytes = unit
				r, err := NewWARC(o, DefaultWARCOptions())
				got, _ := fates(t, r, err)
				if unit == 1<<40 {
					whole = got
				} else if !slices.Equal(got, whole) {
					t.Fatalf("%s %q in units of %d:\n%s\nas a whole:\n%s", f.name, data, unit, strings.Join(got, "\n"), strings.Join(whole, "\n"))
				}
			}
		}
	}
}
