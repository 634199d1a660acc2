package dedup

import (
	"testing"
	"unicode/utf8"
)

// FuzzCuts cuts any parts out of any text.
func FuzzCuts(f *testing.F) {
	for _, text := range []string{"a\n\nb\r\n\r\nc", "One. Two! “Three?” Mr. X went.\n\nFour…", "\n\n\n", "日本。語\n\u3000\nx", "\xff\n\xfe. A"} {
		f.Add(text, uint64(0b1010110))
		f.Add(text, ^uint64(0))
	}
	f.Fuzz(func(t *testing.T, text string, which uint64) {
		plain, blanks := Parts{Normalize: normCCNet}, Parts{Normalize: normNone, Blank: true}
		s := Sentences{Span: 2}
		for _, x := range []struct {
			split partFinder
			edit  editor
		}{
			{plain.splitter(false), &partEditor{split: plain.splitter(false), opt: plain}},
			{plain.splitter(true), &partEditor{split: plain.splitter(true), opt: plain}},
			{blanks.splitter(false), &partEditor{split: blanks.splitter(false), opt: blanks}},
			{newSpanSplitter(2), &sentenceEditor{opt: s}},
			{lineSplitter{normNone}, &ngramEditor{opt: Bloom{Normalize: normNone}}},
		} {
			var ordinals []uint32
			n := uint32(0)
			last := 0
			x.split.split([]byte(text), func(_ [2]uint64, from, to int) {
				if from > to || to > len(text) || from < last {
					t.Fatalf("%T: a part from %d to %d of %q", x.split, from, to, text)
				}
				last = from
				if which>>(n%64)&1 == 1 {
					ordinals = append(ordinals, n)
				}
				n++
			})
			cuts, _ := x.edit.edit([]byte(text), ordinals)
			end := -1
			for _, c := range cuts {
				if c.From <= end || c.From < 0 || c.To <= c.From || c.To > len(text) {
					t.Fatalf("%T: cuts %v of %q", x.edit, cuts, text)
				}
				end = c.To
			}
			if len(ordinals) == 0 && len(cuts) > 0 {
				t.Fatalf("%T: cuts %v of nothing", x.edit, cuts)
			}
			if left := cutOut([]byte(text), cuts); utf8.ValidString(text) && !utf8.Valid(left) {
				t.Fatalf("%T: %q became %q", x.edit, text, left)
			}
		}
	})
}
