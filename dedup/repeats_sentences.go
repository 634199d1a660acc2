package dedup

import (
	"bytes"
	"math/bits"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// sentences calls yield with each sentence of a text, without the white space around it. A sentence ends behind . ! ? … and the
// quotation marks and brackets that close there, if white space follows, or behind 。！？ and the like, and at a blank line. A
// full stop ends none before a small letter, nor behind a single capital or a title (Dr. Mr. St. Fig. No. …).
//
// NLTK's punkt, which datatrove uses, knows more abbreviations and words that tend to begin sentences, learned from text, does not
// break at blank lines, and knows no Chinese full stop.
func sentences(text []byte, yield func(from, to int)) {
	from := -1 // of the sentence at hand
	end := 0   // behind its last letter
	for i := 0; i < len(text); {
		c := text[i]
		if kind := sentenceByte[c]; kind == plainByte {
			if from < 0 {
				from = i
			}
			i++
			end = i
			continue
		}
		if c == ' ' {
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if unicode.IsSpace(r) {
			if r == '\n' && from >= 0 {
				if next := i + 1; blank(text[next:lineEnd(text, next)]) && next < len(text) {
					yield(from, end)
					from = -1
				}
			}
			i += size
			continue
		}
		if from < 0 {
			from = i
		}
		i += size
		end = i
		wide := isWideStop(r)
		if !wide && !isStop(r) {
			continue
		}
		mark := i - size
		i, wide = afterStops(text, i, wide)
		end = i
		if i < len(text) && !wide && !startsSpace(text[i:]) || size == 1 && c == '.' && i == mark+1 && goesOn(text, from, mark) {
			continue
		}
		yield(from, end)
		from = -1
	}
	if from >= 0 {
		yield(from, end)
	}
}

const plainByte = 0

// sentenceByte tells bytes that may be white space or end a sentence, or begin a character that does.
var sentenceByte = func() (t [256]uint8) {
	for _, c := range []byte(" \t\n\v\f\r.!?\xc2\xe1\xe2\xe3\xef") {
		t[c] = 1
	}
	return t
}()

func isStop(r rune) bool {
	return r == '.' || r == '!' || r == '?' || r == '…' || r == '‼' || r == '⁇' || r == '⁈' || r == '⁉'
}

func isWideStop(r rune) bool {
	return r == '。' || r == '！' || r == '？' || r == '｡' || r == '．'
}

// afterStops passes over more stops and what closes behind them.
func afterStops(text []byte, i int, wide bool) (int, bool) {
	for i < len(text) {
		r, size := utf8.DecodeRune(text[i:])
		w := isWideStop(r)
		if !w && !isStop(r) && !strings.ContainsRune("\"')]}”’»」』）】", r) {
			break
		}
		wide = wide || w
		i += size
	}
	return i, wide
}

func startsSpace(text []byte) bool {
	r, _ := utf8.DecodeRune(text)
	return unicode.IsSpace(r)
}

// titles are words behind which a full stop ends no sentence.
var titles = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq("mr mrs ms dr prof st mt ft sr gen col lt sgt capt rev hon gov sen rep fig figs eq eqs sec ch no nos vol pp cf vs e.g i.e approx") {
		m[w] = true
	}
	return m
})

// goesOn reports whether the full stop at mark ends no sentence.
func goesOn(text []byte, from, mark int) bool {
	for i := mark + 1; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if !unicode.IsSpace(r) {
			if unicode.IsLower(r) {
				return true
			}
			break
		}
		i += size
	}
	start := mark
	for start > from && start > mark-12 && text[start-1] > ' ' && text[start-1] < utf8.RuneSelf {
		start--
	}
	word := bytes.TrimLeft(text[start:mark], "([\"'")
	if len(word) == 1 {
		return word[0]-'A' < 26
	}
	return len(word) > 1 && titles()[string(bytes.ToLower(word))]
}

// spanSplitter yields every run of so many sentences, each under the number of its first sentence.
type spanSplitter struct {
	norm normalizer
	keys [][2]uint64 // of the last sentences, in a ring
	from []int
}

func newSpanSplitter(span int) *spanSplitter {
	return &spanSplitter{normalizer{kind: normWords}, make([][2]uint64, span), make([]int, span)}
}

func (s *spanSplitter) split(text []byte, yield func(key [2]uint64, from, to int)) {
	n := 0
	span := len(s.keys)
	sentences(text, func(from, to int) {
		key, some := s.norm.key(text[from:to])
		if !some {
			key = hash128(text[from:to]) // of signs alone
		}
		s.keys[n%span], s.from[n%span] = key, from
		n++
		if n < span {
			return
		}
		var k [2]uint64
		for i := range span {
			k = foldKeys(k, s.keys[(n+i)%span])
		}
		yield(k, s.from[n%span], to)
	})
}

// foldKeys is a key of one key and the next.
func foldKeys(a, b [2]uint64) [2]uint64 {
	hi, lo := bits.Mul64(a[0]^0x9FB21C651E98DF25, b[0]^0xD6E8FEB86659FD93)
	x := hi ^ lo ^ b[1]
	hi, lo = bits.Mul64(a[1]^0xA0761D6478BD642F^x, b[1]^0xE7037ED1A0B428DB)
	return [2]uint64{x, hi ^ lo ^ a[0]}
}

// sentenceEditor cuts runs of sentences. Of the white space around a run one side stays: the one of more lines, so that a paragraph
// that loses its first or last sentence stays one.
type sentenceEditor struct {
	opt  Sentences
	cuts []Cut
}

func (e *sentenceEditor) edit(text []byte, ordinals []uint32) ([]Cut, quern.Drop) {
	e.cuts = e.cuts[:0]
	i, until, kept := 0, 0, 0
	run := Cut{From: -1} // sentences that go
	before := -1         // where the last one that stays ends; -1 if none does yet
	count := 0           // sentences of the run
	finish := func(next int) {
		if run.From < 0 {
			return
		}
		if e.opt.MinWords > 0 && countWords(text[run.From:run.To], e.opt.MinWords) < e.opt.MinWords {
			kept += count
			before = run.To
		} else {
			e.cuts = append(e.cuts, closeRun(text, before, run, next))
		}
		run.From, count = -1, 0
	}
	sentences(text, func(from, to int) {
		if len(ordinals) > 0 && int(ordinals[0]) == i {
			until = i + e.opt.Span
			ordinals = ordinals[1:]
		}
		if i < until {
			if run.From < 0 {
				run.From = from
			}
			run.To = to
			count++
		} else {
			finish(from)
			kept++
			before = to
		}
		i++
	})
	finish(-1)
	e.cuts = mergeCuts(e.cuts)
	drop := judgeLeft(DroppedSentences, text, e.cuts, e.opt.LeftWords, e.opt.LeftShare)
	if drop.Verdict == quern.Keep && len(e.cuts) > 0 && kept < e.opt.LeftSentences {
		drop = quern.Drop{Verdict: DroppedSentences, Value: float64(kept), Limit: float64(e.opt.LeftSentences)}
	}
	return e.cuts, drop
}

// closeRun is the cut of a run of sentences; before is where the sentence before it ends, next where the one behind it begins, -1 if
// there is none.
func closeRun(text []byte, before int, run Cut, next int) Cut {
	switch {
	case before < 0 && next < 0:
		return Cut{0, len(text)}
	case before < 0:
		return Cut{0, next}
	case next < 0:
		return Cut{before, run.To}
	case bytes.Count(text[run.To:next], []byte{'\n'}) > bytes.Count(text[before:run.From], []byte{'\n'}):
		return Cut{before, run.To}
	}
	return Cut{run.From, next}
}
