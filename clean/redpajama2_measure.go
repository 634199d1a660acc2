package clean

import (
	"bytes"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Places in redPajama2Facts.
const (
	rpLength = iota
	rpLines
	rpSentences
	rpWords
	rpMeanWord
	rpSymbols
	rpEllipsisLines
	rpNoAlpha
	rpUnique
	rpEntropy
	rpCaps
	rpLorem
	rpCurly
	rpStopWords
	rpTop2
	rpDup5        = rpTop2 + 3
	rpJavascript  = rpDup5 + 6
	rpEndLines    = rpJavascript + 1
	rpLineWords   = rpJavascript + 2
	rpUpperLines  = rpJavascript + 3
	rpNumberLines = rpJavascript + 4
	rpBulletLines = rpJavascript + 5
)

// plainByte is what the normalized text has for an ASCII byte: its small letter, or 0 where it is punctuation.
var plainByte = func() (t [128]byte) {
	for c := range byte(128) {
		t[c] = c
		switch {
		case c-'A' < 26:
			t[c] = c | 0x20
		case c > ' ' && c < 0x7F && wordBytes[c]&(hasLetter|hasDigit) == 0:
			t[c] = 0
		}
	}
	return t
}()

// normalize fills s.words with the normalized words. A sigma at the end of a word becomes ς, and İ two characters, as in Python.
func (s *redPajama2) normalize(text []byte) {
	out, high := s.plain[:0], false
	letterBefore := false
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			i++
			if l := plainByte[c]; l != 0 || c == 0 {
				out = append(out, l)
				letterBefore = wordBytes[c]&hasLetter != 0
			}
			continue
		}
		high = true
		r, size := utf8.DecodeRune(text[i:])
		i += size
		switch {
		case r == 'İ':
			out = append(out, "i\u0307"...)
		case r == 'Σ' && letterBefore && !letterNext(text[i:]):
			out = append(out, "ς"...)
		default:
			out = utf8.AppendRune(out, unicode.ToLower(r))
		}
		letterBefore = unicode.IsLetter(r) || letterBefore && unicode.Is(unicode.M, r)
	}
	s.plain = out
	if high {
		s.decompose(out)
		out = s.nfd
	}
	s.words.splitSpace(out)
}

// decompose writes text to s.nfd in form NFD. Only runs between ASCII spaces that have more than ASCII can change.
func (s *redPajama2) decompose(text []byte) {
	out := s.nfd[:0]
	for i := 0; i < len(text); {
		from, has := i, uint8(0)
		for i < len(text) && !asciiGap(text[i]) {
			has |= wordBytes[text[i]]
			i++
		}
		if has&hasHigh == 0 {
			out = append(out, text[from:i]...)
		} else {
			for s.iter.Init(norm.NFD, text[from:i]); !s.iter.Done(); {
				out = append(out, s.iter.Next()...)
			}
		}
		for i < len(text) && asciiGap(text[i]) {
			out = append(out, text[i])
			i++
		}
	}
	s.nfd = out
}

// letterNext tells whether the next character that is not punctuation is a letter.
func letterNext(b []byte) bool {
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r >= utf8.RuneSelf && !unicode.Is(unicode.M, r) || r < utf8.RuneSelf && plainByte[r] != 0 {
			return unicode.IsLetter(r)
		}
		b = b[size:]
	}
	return false
}

// measureWords takes what is counted on normalized words.
func (s *redPajama2) measureWords() {
	w, v := &s.words, &s.value
	n, letters := w.words, w.letters()
	v[rpWords] = float64(n)
	v[rpMeanWord] = ratio(letters, n)
	w.grams()
	for n := 2; n <= 10; n++ {
		f := &w.gram[n]
		switch {
		case n > 4:
			v[rpDup5+n-5] = ratio(f.covered, letters)
		case f.times > 1:
			v[rpTop2+n-2] = ratio(f.times*int(w.chars[f.first+n]-w.chars[f.first]), letters)
		}
	}
	lorem := 0
	for i := 0; i+1 < n; i++ {
		if bytes.HasSuffix(w.word(i), []byte("lorem")) && bytes.HasPrefix(w.word(i+1), []byte("ipsum")) {
			lorem++
		}
	}
	v[rpLorem] = ratio(lorem, letters+n-1)
	for i := range n {
		if w.to[i]-w.from[i] == 10 && string(w.word(i)) == "javascript" {
			v[rpJavascript]++
		}
	}
	s.measureUnigrams()
}

// measureUnigrams takes the share of different words and the entropy of their frequencies, in nats.
func (s *redPajama2) measureUnigrams() {
	n := s.words.words
	if n == 0 {
		return
	}
	s.unigrams.reset(n)
	s.keys, s.times = grow(s.keys, n), grow(s.times, n)
	different := 0
	mask := uint64(1)<<(64-s.unigrams.shift) - 1
	for _, h := range s.words.hash[:n] {
		for at := h * mul0 >> s.unigrams.shift; ; at = (at + 1) & mask {
			g := s.unigrams.slots[at] - s.unigrams.base
			if g >= uint32(different) {
				s.unigrams.slots[at] = s.unigrams.base + uint32(different)
				s.keys[different], s.times[different] = h, 1
				different++
				break
			}
			if s.keys[g] == h {
				s.times[g]++
				break
			}
		}
	}
	s.unigrams.done(different)
	entropy, once := 0.0, 0
	for _, t := range s.times[:different] {
		if t == 1 {
			once++
			continue
		}
		p := float64(t) / float64(n)
		entropy -= p * math.Log(p)
	}
	entropy += float64(once) / float64(n) * math.Log(float64(n)) // most words occur once
	s.value[rpUnique] = ratio(different, n)
	s.value[rpEntropy] = entropy
}

// measureRaw takes what is counted on the text as it is.
func (s *redPajama2) measureRaw(text []byte) {
	v, r := &s.value, &s.raw
	chars := codePoints(text)
	v[rpLength] = float64(chars)
	v[rpLines] = float64(bytes.Count(text, newline) + 1)
	v[rpSentences] = float64(r.sentences)
	v[rpSymbols] = ratio(bytes.Count(text, symbolMarks[0])+bytes.Count(text, symbolMarks[1])+bytes.Count(text, ellipsis), r.words)
	if r.words > 0 {
		v[rpNoAlpha] = 1 - ratio(r.alpha, r.words)
	}
	v[rpCaps] = ratio(r.caps, r.words)
	v[rpCurly] = ratio(bytes.Count(text, []byte("{"))+bytes.Count(text, []byte("}")), chars)
	if s.words.words > 0 {
		v[rpStopWords] = ratio(r.stop, r.words)
	}
}

// measureLines takes the means over the lines, which end behind each "\n"; there is no empty one behind the last.
func (s *redPajama2) measureLines(text []byte) {
	v := &s.value
	lines, dots, ends, bullets := 0, 0, 0, 0
	upper := 0.0
	for from := 0; from < len(text); {
		to, next := nextPiece(text, from, newline)
		next = min(next, len(text))
		lines++
		upper += shareOf(text[from:next], hasCapital, isUpper)
		if a, b := trimSpaces(text, from, to); a < b {
			line := text[a:b]
			if endsWithEllipsis(line) {
				dots++
			}
			switch r, _ := utf8.DecodeLastRune(line); r {
			case '.', '!', '?', '”':
				ends++
			}
			switch firstRune(line) {
			case '•', '‣', '▶', '◀', '◦', '■', '□', '▪', '▫', '–':
				bullets++
			}
		}
		from = next
	}
	if lines == 0 {
		return
	}
	v[rpEllipsisLines], v[rpEndLines], v[rpBulletLines] = ratio(dots, lines), ratio(ends, lines), ratio(bullets, lines)
	v[rpLineWords] = float64(s.words.words) / float64(lines)
	v[rpUpperLines] = upper / float64(lines)
	v[rpNumberLines] = s.numerical() / float64(lines)
}

// hanNumbers are the ideographs that Unicode gives a value.
const hanNumbers = "㐅㒃㠪㭍一七万三九二五亖亿什仟仨伍佰億兆兩八六十千卄卅卌叁参參叄四壱壹幺廾廿弌弍弎弐拾捌柒漆玖百肆萬貮貳贰阡陆陌陸零𠀁𠁤𠃢𠄡𠤪𠦃𠦌𠦜𠫪𠫽𠬙𢎐𢦘𣬛𦉭"

// hanMaybe has a bit for the low twelve bits of each of hanNumbers.
var hanMaybe = func() (t [4096 / 64]uint64) {
	for _, r := range hanNumbers {
		t[r>>6&63] |= 1 << (r & 63)
	}
	return t
}()

func isHanNumber(r rune) bool {
	return r >= 0x3405 && hanMaybe[r>>6&63]>>(r&63)&1 != 0 && strings.ContainsRune(hanNumbers, r)
}

// numerical is the sum, over the lines of the normalized text, of the shares of characters that are numbers. White space within a
// line is one space there.
func (s *redPajama2) numerical() (sum float64) {
	w := &s.words
	numbers, chars, words := 0, 0, 0
	for i := range w.words {
		for b := w.word(i); len(b) > 0 && w.has[i]&(hasDigit|hasHigh) != 0; {
			r, size := utf8.DecodeRune(b)
			if r < utf8.RuneSelf && wordBytes[r]&hasDigit != 0 || r >= utf8.RuneSelf && (unicode.IsNumber(r) || isHanNumber(r)) {
				numbers++
			}
			b = b[size:]
		}
		chars += w.length(i)
		words++
		if i+1 == w.words || bytes.IndexByte(w.text[w.to[i]:w.from[i+1]], '\n') >= 0 {
			sum += ratio(numbers, chars+words-1)
			numbers, chars, words = 0, 0, 0
		}
	}
	return sum
}
