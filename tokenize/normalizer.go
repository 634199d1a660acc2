package tokenize

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf8"

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
	if isNormal(u.form, a.text) {
		return a, nil
	}
	r := newRewriter(a)
	var buf []byte
	for r.at < len(a.text) {
		rest := r.rest()
		n := combined(u.form, rest)
		buf = appendNormal(u.form, buf[:0], rest[:n])
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
	if err := a.room(len(a.text)+len(p), "Prepend"); err != nil {
		return a, err
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
	if err == nil {
		err = a.room(len(a.text)+len(found)*len(p.content), "Replace")
	}
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
