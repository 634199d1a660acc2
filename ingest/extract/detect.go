package extract

import (
	"bytes"
	mathbits "math/bits"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
)

// sampleSize is how many bytes of a page the statistics look at.
const sampleSize = 32 << 10

// A finding is a character set and how well the bytes fit it: about 1 for ordinary text of one of its languages, 0 for the default.
type finding struct {
	charset string
	score   float64
}

// detect names the character set of a page that does not state it.
func detect(page []byte) finding {
	if escapes(page) {
		return finding{"iso-2022-jp", 1}
	}
	if name := detectUTF16(page); name != "" {
		return finding{name, 1}
	}
	if mostlyUTF8(page) {
		return finding{"utf-8", 1}
	}
	return detectLegacy(page)
}

// detectLegacy chooses among the sets that came before Unicode.
func detectLegacy(page []byte) finding {
	best := finding{"windows-1252", 0.5}
	sample, counts, inRuns := highBytes(page)
	sets, signs := frequentSets()
	for i, g := range doubleGuesses {
		enc, err := htmlindex.Get(g.charset)
		if err != nil {
			continue
		}
		text, err := enc.NewDecoder().Bytes(sample)
		if err != nil {
			continue
		}
		if score := g.score(text, &sets[i], signs); score > best.score {
			best = finding{g.charset, score}
		}
	}
	if inRuns {
		all := alphabetWeights()
		for i := range all {
			if score := all[i].score(&counts); score > best.score {
				best = finding{all[i].charset, score}
			}
		}
		return best
	}
	all := latinWeights()
	shares := wordShares(page)
	for i := range all {
		score := all[i].score(&counts)
		if score *= 1 + min(maxBonus, bonus*shares[i]); score > best.score {
			best = finding{all[i].charset, score}
		}
	}
	return best
}

// What the words of a language add to the score of its letters: of ordinary text a quarter is among them.
const (
	bonus    = 2.5
	maxBonus = 0.6
)

// wordShares is how many of the words of a page are among those of each Latin guess.
func wordShares(page []byte) (shares [64]float64) {
	rows := wordRows()
	var found [64]int
	var word [16]byte
	all, n, inTag := 0, 0, false
	for _, c := range page[:min(len(page), sampleSize)] {
		switch c = lower[c]; {
		case 'a' <= c && c <= 'z' && n < len(word):
			word[n] = c
			n++
			continue
		case c >= utf8.RuneSelf, 'a' <= c && c <= 'z': // a letter, or a word that is too long
			n = len(word)
			continue
		}
		if n > 1 && !inTag {
			all++
			if n < len(word) {
				for bits := rows[string(word[:n])]; bits != 0; bits &= bits - 1 {
					found[mathbits.TrailingZeros64(bits)]++
				}
			}
		}
		n = 0
		inTag = c == '<' || inTag && c != '>'
	}
	for i, k := range found {
		shares[i] = float64(k) / float64(max(all, 1))
	}
	return shares
}

// score is the share of the frequent characters in text, relative to what ordinary text has. Bytes that mean nothing weigh double.
func (g guess) score(text []byte, frequent, signs *runeSet) float64 {
	hits, all := 0, 0
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		text = text[n:]
		switch {
		case r < utf8.RuneSelf:
		case r == utf8.RuneError:
			all += 2
		case frequent.has(r):
			hits++
			all++
		case !signs.has(r):
			all++
		}
	}
	if all == 0 {
		return 0
	}
	return float64(hits) / float64(all) / g.share
}

// score is the same for a single-byte set, by how often each byte occurs.
func (w *weights) score(counts *byteCounts) float64 {
	sum, all := 0, 0
	for b, n := range counts.all {
		switch {
		case n == 0:
		case !w.neutral[b]:
			sum += int(w.worth[b]) * n
			all += n
		case w.outer[b]:
			sum -= counts.inner[b]
			all += counts.inner[b]
		}
	}
	if all == 0 {
		return 0
	}
	return float64(sum) / float64(all) / w.share
}

// byteCounts are how often each byte above 0x7F occurs, and how often between two ASCII letters.
type byteCounts struct{ all, inner [128]int }

// highBytes samples what is not ASCII: every run of bytes above 0x7F with the one byte that follows it, since the second byte
// of a double-byte character may be ASCII. inRuns reports whether most of them stand three or more together.
func highBytes(page []byte) (sample []byte, counts byteCounts, inRuns bool) {
	long, all := 0, 0
	for i := 0; i < len(page) && len(sample) < sampleSize; i++ {
		if page[i] < utf8.RuneSelf {
			continue
		}
		from := i
		for i < len(page) && page[i] >= utf8.RuneSelf {
			sample = append(sample, page[i])
			counts.all[page[i]-0x80]++
			i++
		}
		if i == from+1 && letterAt(page, i) && letterAt(page, from-1) {
			counts.inner[page[from]-0x80]++
		}
		if all += i - from; i-from >= 3 {
			long += i - from
		}
		if i < len(page) {
			sample = append(sample, page[i], ' ')
		}
	}
	return sample, counts, long*2 > all
}

// escapes reports ISO-2022-JP: seven-bit bytes with the escapes that begin Japanese.
func escapes(page []byte) bool {
	k := bytes.IndexByte(page, 0x1b)
	if k < 0 || len(page)-k < 3 || page[k+1] != '$' || page[k+2] != 'B' && page[k+2] != '@' {
		return false
	}
	return ascii(page) == len(page)
}

// detectUTF16 recognizes UTF-16 without a mark by its zero bytes: markup is ASCII, so every other byte is zero.
func detectUTF16(page []byte) string {
	head := page[:min(len(page), 512)]
	if len(head) < 8 || bytes.IndexByte(head, 0) < 0 {
		return ""
	}
	var zeros [2]int
	for i, b := range head {
		if b == 0 {
			zeros[i&1]++
		}
	}
	switch half := len(head) / 2; {
	case zeros[1] > half*3/4 && zeros[0] <= half/8:
		return "utf-16le"
	case zeros[0] > half*3/4 && zeros[1] <= half/8:
		return "utf-16be"
	}
	return ""
}
