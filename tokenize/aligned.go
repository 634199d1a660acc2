package tokenize

import "unicode/utf8"

// aligned is a text on its way through normalizers and cutters, and what each of its bytes stands for in the text as it was given.
type aligned struct {
	text []byte
	span []span // of each byte; nil if nobody asks for offsets
	from int    // without spans: where text begins in the text as it was given, while nothing has rewritten it
	asIs bool   // nothing has rewritten it
	most int    // bytes that text may become; 0 = of its own length
}

// span is a range of bytes of the text as it was given.
type span struct{ from, to int32 }

// newAligned is a text as it is given. Every byte of a character stands for the whole character.
func newAligned(text []byte, offsets bool) aligned {
	a := aligned{text: text, asIs: true, most: grown(len(text))}
	if !offsets {
		return a
	}
	a.span = make([]span, len(text))
	for i := 0; i < len(text); {
		_, n := utf8.DecodeRune(text[i:])
		for k := range n {
			a.span[i+k] = span{int32(i), int32(i + n)}
		}
		i += n
	}
	return a
}

// slice is the part from i to j.
func (a aligned) slice(i, j int) aligned {
	s := aligned{text: a.text[i:j], from: a.from + i, asIs: a.asIs, most: a.most}
	if a.asIs { // not the whole text's: there may be many slices
		s.most = grown(j - i)
	}
	if a.span != nil {
		s.span = a.span[i:j]
	}
	return s
}

// first tells whether a begins where the text as it was given does.
func (a aligned) first() bool {
	if a.span != nil {
		return len(a.span) == 0 || a.span[0].from == 0
	}
	return a.from == 0
}

// of is what the bytes from i to j stand for.
func (a aligned) of(i, j int) span {
	if a.span == nil || i >= j || j > len(a.span) {
		return span{}
	}
	return span{a.span[i].from, a.span[j-1].to}
}

// rewriter builds the text that takes the place of another, character by character, and keeps track of what stands for what.
type rewriter struct {
	in  aligned
	at  int // bytes of in that are done with
	out aligned
}

func newRewriter(in aligned) *rewriter {
	r := &rewriter{in: in, out: aligned{text: make([]byte, 0, len(in.text)+16), from: in.from, most: in.most}}
	if r.out.most == 0 {
		r.out.most = grown(len(in.text))
	}
	if in.span != nil {
		r.out.span = make([]span, 0, len(in.text)+16)
	}
	return r
}

// rest is what has not been read.
func (r *rewriter) rest() []byte { return r.in.text[r.at:] }

// keep copies the next n bytes.
func (r *rewriter) keep(n int) {
	r.out.text = append(r.out.text, r.in.text[r.at:r.at+n]...)
	if r.in.span != nil {
		r.out.span = append(r.out.span, r.in.span[r.at:r.at+n]...)
	}
	r.at += n
}

// drop passes over the next n bytes.
func (r *rewriter) drop(n int) { r.at += n }

// replace writes s in the place of the next n bytes: it stands for the first character of these, and what s has beyond one character
// for the last. n > 0.
func (r *rewriter) replace(s []byte, n int) {
	first := true
	for len(s) > 0 {
		_, w := utf8.DecodeRune(s)
		var sp span
		if r.in.span != nil {
			if sp = r.in.span[r.at+n-1]; first {
				sp = r.in.span[r.at]
			}
		}
		r.write(s[:w], sp)
		s, first = s[w:], false
	}
	r.at += n
}

// swap writes s in the place of the next n bytes; all of it stands for the last character of these.
func (r *rewriter) swap(s []byte, n int) {
	var sp span
	if r.in.span != nil {
		sp = r.in.span[r.at+n-1]
	}
	r.write(s, sp)
	r.at += n
}

// put writes one character in the place of the next n bytes; it stands for all of them.
func (r *rewriter) put(s []byte, n int) {
	var sp span
	if r.in.span != nil {
		sp = span{r.in.span[r.at].from, r.in.span[r.at+n-1].to}
	}
	r.write(s, sp)
	r.at += n
}

// insert writes s, which stands for what the character before it does.
func (r *rewriter) insert(s []byte) {
	var sp span
	if r.in.span != nil && r.at > 0 {
		sp = r.in.span[r.at-1]
	}
	r.write(s, sp)
}

// prepend writes s, which stands for what the next character does.
func (r *rewriter) prepend(s []byte) {
	var sp span
	if r.in.span != nil && r.at < len(r.in.span) {
		sp = r.in.span[r.at]
	}
	r.write(s, sp)
}

func (r *rewriter) write(s []byte, sp span) {
	r.out.text = append(r.out.text, s...)
	if r.in.span != nil {
		for range s {
			r.out.span = append(r.out.span, sp)
		}
	}
}

// done is the new text.
func (r *rewriter) done() aligned {
	r.keep(len(r.in.text) - r.at)
	return r.out
}
