package dedup

import "bytes"

// partFinder finds the parts of a text, in the order in which they stand. The i-th part that it yields has the ordinal i.
type partFinder interface {
	split(text []byte, yield func(key [2]uint64, from, to int))
}

// partSplitter yields lines or paragraphs.
type partSplitter struct {
	opt        Parts
	paragraphs bool
	norm       normalizer
}

func (p Parts) splitter(paragraphs bool) *partSplitter {
	return &partSplitter{opt: p, paragraphs: paragraphs, norm: normalizer{kind: p.Normalize}}
}

func (s *partSplitter) split(text []byte, yield func(key [2]uint64, from, to int)) {
	for from := 0; from < len(text); {
		to := lineEnd(text, from)
		if blank(text[from:to]) {
			if s.opt.Blank {
				s.offer(text, from, to, yield)
			}
			from = to
			continue
		}
		if s.paragraphs {
			for to < len(text) {
				next := lineEnd(text, to)
				if blank(text[to:next]) {
					break
				}
				to = next
			}
		}
		s.offer(text, from, to, yield)
		from = to
	}
	if s.opt.Blank && len(text) > 0 && text[len(text)-1] == '\n' { // what stands behind the last "\n" is a line too, for the peers
		s.offer(text, len(text), len(text), yield)
	}
}

func (s *partSplitter) offer(text []byte, from, to int, yield func(key [2]uint64, from, to int)) {
	body := text[from:to]
	if len(body) > 0 && body[len(body)-1] == '\n' {
		body = body[:len(body)-1]
	}
	if len(body) < s.opt.MinBytes || s.opt.MinWords > 0 && countWords(body, s.opt.MinWords) < s.opt.MinWords {
		return
	}
	if key, some := s.norm.key(body); some || s.opt.Blank {
		yield(key, from, to)
	}
}

// lineEnd is where the line that begins at from ends, its "\n" included.
func lineEnd(text []byte, from int) int {
	if i := bytes.IndexByte(text[from:], '\n'); i >= 0 {
		return from + i + 1
	}
	return len(text)
}

// closeGaps makes cuts of whole lines leave a text that looks as if the lines had never stood there: blank lines behind a cut go with
// it if a blank line or nothing stands before it, and if the end of the text goes, so do the blank lines before it, and the last "\n"
// too unless the text ended with one. Cuts must be sorted and not touch.
func closeGaps(text []byte, cuts []Cut) []Cut {
	out := cuts[:0]
	for _, c := range cuts {
		last := -1
		if n := len(out); n > 0 {
			last = out[n-1].To
			if c.From <= last {
				out[n-1].To = max(last, c.To)
				c = out[n-1]
				out = out[:n-1]
			}
		}
		if blankBefore(text, out, c.From) {
			for c.To < len(text) {
				end := lineEnd(text, c.To)
				if !blank(text[c.To:end]) {
					break
				}
				c.To = end
			}
		}
		out = append(out, c)
	}
	return closeEnd(text, out)
}

// blankBefore reports whether nothing or a blank line stands before a place, once the cuts before it are out.
func blankBefore(text []byte, cuts []Cut, at int) bool {
	for {
		if n := len(cuts); n > 0 && cuts[n-1].To == at {
			at = cuts[n-1].From
			cuts = cuts[:n-1]
			continue
		}
		if at == 0 {
			return true
		}
		return blank(text[bytes.LastIndexByte(text[:at-1], '\n')+1 : at])
	}
}

func closeEnd(text []byte, cuts []Cut) []Cut {
	n := len(cuts)
	if n == 0 || cuts[n-1].To < len(text) {
		return cuts
	}
	from, newline := cuts[n-1].From, text[len(text)-1] == '\n'
	for from > 0 {
		start := bytes.LastIndexByte(text[:from-1], '\n') + 1
		if !blank(text[start:from]) || n > 1 && start < cuts[n-2].To {
			break
		}
		from = start
	}
	if n > 1 && from <= cuts[n-2].To { // only blank lines stood between the last two
		cuts[n-2].To = len(text)
		return closeEnd(text, cuts[:n-1])
	}
	if from > 0 && !newline && text[from-1] == '\n' {
		from--
		if from > 0 && text[from-1] == '\r' {
			from--
		}
	}
	cuts[n-1].From = from
	return cuts
}

// closeLines makes cuts of lines leave what joining the lines that stay by "\n" would. final tells that what stands behind the last
// "\n" goes, be it nothing.
func closeLines(text []byte, cuts []Cut, final bool) []Cut {
	if !final {
		return cuts
	}
	n := len(cuts)
	if n == 0 || cuts[n-1].To < len(text) {
		return mergeCuts(append(cuts, Cut{len(text) - 1, len(text)}))
	}
	if last := &cuts[n-1]; last.From > 0 {
		last.From--
		return mergeCuts(cuts)
	}
	return cuts
}
