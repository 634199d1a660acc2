package tokenize

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
	"golang.org/x/text/unicode/norm"
)

// normalizer rewrites a text before it is cut.
type normalizer interface {
	normalize(a aligned) (aligned, error)
}

// newNormalizer builds a normalizer of a tokenizer.json; nil for none.
func newNormalizer(p *hfPart) (normalizer, error) {
	if p == nil {
		return nil, nil
	}
	switch p.Type {
	case "Sequence":
		var all sequence
		for i := range p.Normalizers {
			n, err := newNormalizer(&p.Normalizers[i])
			if err != nil {
				return nil, err
			}
			all = append(all, n)
		}
		if len(all) == 0 {
			return nil, nil
		}
		return all, nil
	case "NFC":
		return unicodeForm{norm.NFC}, nil
	case "NFD":
		return unicodeForm{norm.NFD}, nil
	case "NFKC":
		return unicodeForm{norm.NFKC}, nil
	case "NFKD":
		return unicodeForm{norm.NFKD}, nil
	case "Lowercase":
		return lowercase{}, nil
	case "StripAccents":
		return without{isMark}, nil
	case "Strip":
		return strip{left: p.StripLeft, right: p.StripRight}, nil
	case "Prepend":
		return prepend(p.Prepend), nil
	case "Replace":
		m, err := p.Pattern.matcher()
		return replace{m, []byte(p.Content)}, err
	case "Nmt":
		return nmt{}, nil
	case "ByteLevel":
		return rewrite(spellBytes), nil
	case "BertNormalizer":
		return newBert(p), nil
	case "Precompiled":
		return newPrecompiled(p.Charsmap)
	}
	return nil, fmt.Errorf("tokenize: unknown normalizer %q", p.Type)
}

type sequence []normalizer

func (s sequence) normalize(a aligned) (aligned, error) {
	var err error
	for _, n := range s {
		if a, err = n.normalize(a); err != nil {
			return a, err
		}
	}
	return a, nil
}

// unicodeForm is a Unicode normal form. Of a run of characters that change together the first stands for what it takes the place of,
// the others one for one.
type unicodeForm struct{ form norm.Form }

func (u unicodeForm) normalize(a aligned) (aligned, error) {
	if u.form.IsNormal(a.text) {
		return a, nil
	}
	r := newRewriter(a)
	var buf []byte
	for r.at < len(a.text) {
		rest := r.rest()
		if c, w := utf8.DecodeRune(rest); c >= laterForms[0][0] && within(laterForms[:], c) {
			r.keep(w)
			continue
		}
		n := u.form.NextBoundary(rest, true)
		if n <= 0 {
			n = len(rest)
		}
		buf = u.form.Append(buf[:0], rest[:n]...)
		if bytes.Equal(buf, rest[:n]) {
			r.keep(n)
			continue
		}
		if u.apart(r, buf, n) {
			continue
		}
		was, is := utf8.RuneCount(rest[:n]), utf8.RuneCount(buf)
		_, w := utf8.DecodeRune(buf)
		take := n // bytes that the first character takes the place of
		if is > 1 {
			take = runesLen(rest[:n], max(was-is+1, 1))
		}
		if is <= was {
			r.replace(buf[:w], take)
			for tail := buf[w:]; len(tail) > 0; tail = tail[w:] {
				_, w = utf8.DecodeRune(tail)
				_, size := utf8.DecodeRune(r.rest())
				r.replace(tail[:w], size)
			}
			continue
		}
		r.replace(buf, n)
	}
	return r.done(), nil
}

// apart writes a run of n bytes character by character, if what each becomes on its own makes up what they become together: nothing composes or moves.
func (u unicodeForm) apart(r *rewriter, whole []byte, n int) bool {
	rest := r.rest()[:n]
	for at := 0; at < n; {
		_, w := utf8.DecodeRune(rest[at:])
		one := u.form.Bytes(rest[at : at+w])
		if !bytes.HasPrefix(whole, one) {
			return false
		}
		whole = whole[len(one):]
		at += w
	}
	if len(whole) > 0 {
		return false
	}
	for at := 0; at < n; {
		_, w := utf8.DecodeRune(rest[at:])
		if one := u.form.Bytes(rest[at : at+w]); bytes.Equal(one, rest[at:at+w]) {
			r.keep(w)
		} else {
			r.replace(one, w)
		}
		at += w
	}
	return true
}

// runesLen is the bytes of the first n characters of b.
func runesLen(b []byte, n int) int {
	at := 0
	for ; n > 0 && at < len(b); n-- {
		_, w := utf8.DecodeRune(b[at:])
		at += w
	}
	return at
}

type lowercase struct{}

func (lowercase) normalize(a aligned) (aligned, error) {
	r := newRewriter(a)
	var buf []byte
	for r.at < len(a.text) {
		c, n := utf8.DecodeRune(r.rest())
		if c == utf8.RuneError && n == 1 {
			r.keep(1)
			continue
		}
		buf = append(buf[:0], toLower(c)...)
		r.replace(buf, n)
	}
	return r.done(), nil
}

// without takes characters out.
type without struct{ gone func(rune) bool }

func (w without) normalize(a aligned) (aligned, error) {
	r := newRewriter(a)
	for r.at < len(a.text) {
		c, n := utf8.DecodeRune(r.rest())
		if w.gone(c) {
			r.drop(n)
		} else {
			r.keep(n)
		}
	}
	return r.done(), nil
}

type strip struct{ left, right bool }

func (s strip) normalize(a aligned) (aligned, error) {
	from, to := 0, len(a.text)
	if s.left {
		from = to - len(bytes.TrimLeftFunc(a.text, unicode.IsSpace))
	}
	if s.right {
		to = from + len(bytes.TrimRightFunc(a.text[from:], unicode.IsSpace))
	}
	return a.slice(from, to), nil
}

// prepend goes before a text that is not empty.
type prepend string

func (p prepend) normalize(a aligned) (aligned, error) {
	if len(a.text) == 0 {
		return a, nil
	}
	r := newRewriter(a)
	r.prepend([]byte(p))
	return r.done(), nil
}

type replace struct {
	pattern matcher
	content []byte
}

func (p replace) normalize(a aligned) (aligned, error) {
	var r *rewriter
	found, err := p.pattern.all(nil, a.text)
	if err != nil {
		return a, err
	}
	for _, m := range found {
		if r == nil {
			r = newRewriter(a)
		}
		if m.from > r.at {
			r.keep(m.from - r.at)
		}
		if m.to == m.from {
			r.insert(p.content)
		} else {
			r.swap(p.content, m.to-m.from)
		}
	}
	if r == nil {
		return a, nil
	}
	return r.done(), nil
}

// nmt drops control characters and makes a space of everything that looks like one.
type nmt struct{}

func (nmt) normalize(a aligned) (aligned, error) {
	r := newRewriter(a)
	for r.at < len(a.text) {
		c, n := utf8.DecodeRune(r.rest())
		switch {
		case c >= 1 && c <= 8 || c == 0x0B || c >= 0x0E && c <= 0x1F || c == 0x7F || c == 0x8F || c == 0x9F:
			r.drop(n)
		case c == 9 || c == 0x0A || c == 0x0C || c == 0x0D || c == 0x1680 || c >= 0x200B && c <= 0x200F || c == 0x2028 || c == 0x2029 ||
			c == 0x2581 || c == 0xFEFF || c == utf8.RuneError:
			r.replace([]byte{' '}, n)
		default:
			r.keep(n)
		}
	}
	return r.done(), nil
}

// newBert is BERT's own cleaning.
func newBert(p *hfPart) normalizer {
	on := func(b *bool, otherwise bool) bool {
		if b == nil {
			return otherwise
		}
		return *b
	}
	lower := on(p.Lowercase, true)
	var steps sequence
	if on(p.CleanText, true) {
		steps = append(steps, rewrite(cleanBert))
	}
	if on(p.ChineseChars, true) {
		steps = append(steps, rewrite(spaceOut))
	}
	if on(p.StripAccents, lower) {
		steps = append(steps, unicodeForm{norm.NFD}, without{isAccent})
	}
	if lower {
		steps = append(steps, lowercase{})
	}
	return steps
}

// rewrite is a normalizer that cannot fail.
type rewrite func(aligned) aligned

func (f rewrite) normalize(a aligned) (aligned, error) { return f(a), nil }

// spellBytes writes each byte as the character that stands for it in byte-level vocabularies.
func spellBytes(a aligned) aligned {
	r := newRewriter(a)
	var buf []byte
	for r.at < len(a.text) {
		_, n := utf8.DecodeRune(r.rest())
		buf = appendByteLevel(buf[:0], r.rest()[:n])
		r.replace(buf, n)
	}
	return r.done()
}

func cleanBert(a aligned) aligned {
	r := newRewriter(a)
	for r.at < len(a.text) {
		c, n := utf8.DecodeRune(r.rest())
		switch {
		case c == '\t' || c == '\n' || c == '\r':
			r.replace([]byte{' '}, n)
		case c == utf8.RuneError || isControl(c): // before white space: U+0085 and \f are both
			r.drop(n)
		case unicode.IsSpace(c):
			r.replace([]byte{' '}, n)
		default:
			r.keep(n)
		}
	}
	return r.done()
}

// spaceOut puts spaces around Chinese characters.
func spaceOut(a aligned) aligned {
	r := newRewriter(a)
	for r.at < len(a.text) {
		c, n := utf8.DecodeRune(r.rest())
		if !isChinese(c) {
			r.keep(n)
			continue
		}
		r.prepend([]byte{' '})
		r.keep(n)
		r.insert([]byte{' '})
	}
	return r.done()
}

func isChinese(c rune) bool {
	return c >= 0x4E00 && c <= 0x9FFF || c >= 0x3400 && c <= 0x4DBF || c >= 0x20000 && c <= 0x2A6DF || c >= 0x2A700 && c <= 0x2B73F ||
		c >= 0x2B740 && c <= 0x2B81F || c >= 0x2B920 && c <= 0x2CEAF || c >= 0xF900 && c <= 0xFAFF || c >= 0x2F800 && c <= 0x2FA1F
}

// precompiled is SentencePiece's table of replacements: a double array (Aoe 1989, as in Darts) from bytes to places in a pool of strings that end
// with a zero.
type precompiled struct {
	units []uint32
	pool  []byte
	raw   []byte
}

func newPrecompiled(b64 string) (normalizer, error) {
	b, err := base64.StdEncoding.DecodeString(b64)
	if err != nil {
		return nil, fmt.Errorf("tokenize: precompiled_charsmap: %w", err)
	}
	return parsePrecompiled(b)
}

func parsePrecompiled(b []byte) (normalizer, error) {
	if len(b) < 4 {
		return nil, errors.New("tokenize: precompiled_charsmap: cut short")
	}
	size := binary.LittleEndian.Uint32(b)
	if uint64(size) > uint64(len(b)-4) || size%4 != 0 || size == 0 {
		return nil, fmt.Errorf("tokenize: precompiled_charsmap: a table of %d bytes in %d", size, len(b)-4)
	}
	p := &precompiled{units: make([]uint32, size/4), pool: b[4+size:], raw: b}
	for i := range p.units {
		p.units[i] = binary.LittleEndian.Uint32(b[4+4*i:])
	}
	return p, nil
}

// find is the replacement of the shortest start of b that has one.
func (p *precompiled) find(b []byte) ([]byte, bool) {
	offset := func(u uint32) uint32 { return u >> 10 << (u & (1 << 9) >> 6) }
	at := offset(p.units[0])
	for _, c := range b {
		at ^= uint32(c)
		if c == 0 || int(at) >= len(p.units) {
			return nil, false
		}
		u := p.units[at]
		if u&(1<<31|0xFF) != uint32(c) {
			return nil, false
		}
		at ^= offset(u)
		if u>>8&1 == 1 {
			if int(at) >= len(p.units) {
				return nil, false
			}
			from := int(p.units[at] & (1<<31 - 1))
			if from > len(p.pool) {
				return nil, false
			}
			s := p.pool[from:]
			if end := bytes.IndexByte(s, 0); end >= 0 {
				s = s[:end]
			}
			return s, true
		}
	}
	return nil, false
}

const longGrapheme = 6 // bytes: from here on the characters of a cluster are looked up one by one

func (p *precompiled) normalize(a aligned) (aligned, error) {
	r := newRewriter(a)
	put := func(s []byte, n int) {
		if len(s) == 0 {
			r.drop(n)
		} else {
			r.replace(s, n)
		}
	}
	clusters := graphemes.FromBytes(a.text)
	for clusters.Next() {
		g := clusters.Value()
		if len(g) < longGrapheme {
			if s, ok := p.find(g); ok {
				put(s, len(g))
				continue
			}
		}
		for len(g) > 0 {
			_, n := utf8.DecodeRune(g)
			if s, ok := p.find(g[:n]); ok {
				put(s, n)
			} else {
				r.keep(n)
			}
			g = g[n:]
		}
	}
	return r.done(), nil
}
