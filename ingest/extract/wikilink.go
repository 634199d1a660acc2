package extract

import (
	"bytes"
	"strings"
)

// link writes the text of [[target|text]].
func (x *Wikitext) link(from, to, ti int) {
	p, after := x.pipe(from, to, ti)
	stop := to
	if p >= 0 {
		stop = p
	}
	target := x.src[from:stop]
	if bytes.IndexByte(target, '\n') >= 0 { // not a link
		x.sub(from, to, ti)
		return
	}
	target = bytes.TrimLeft(target, " \t")
	shown := stop - len(target)
	if len(target) > 0 && target[0] == ':' {
		shown++
	} else if k := bytes.IndexByte(target, ':'); k > 0 && x.hidden(target[:k], target[k+1:]) {
		return
	}
	if p < 0 {
		x.sub(shown, to, ti)
		return
	}
	if len(bytes.TrimSpace(x.src[p+1:to])) > 0 {
		x.sub(p+1, to, after)
		return
	}
	x.sub(shown, stop, ti)
}

// hidden handles the links that show nothing where they stand: files, categories, and the same article in another language.
func (x *Wikitext) hidden(prefix, rest []byte) bool {
	x.key = appendLower(x.key[:0], bytes.TrimSpace(prefix))
	switch n, ok := x.namespaces[string(x.key)]; {
	case ok && n == wikiFile:
		return true
	case ok && n == wikiCategory:
		x.category(bytes.TrimSpace(rest))
		return true
	case ok:
		return false
	}
	return isLanguage(prefix) && !wikiProjects[string(prefix)]
}

// maxCategories bounds what is kept of a page's categories.
const maxCategories = 200

func (x *Wikitext) category(name []byte) {
	if len(name) == 0 || len(name) > 250 || len(x.cats) >= maxCategories || bytes.IndexByte(name, '{') >= 0 || bytes.IndexByte(name, '<') >= 0 {
		return
	}
	for _, c := range x.cats {
		if bytes.Equal(c, name) {
			return
		}
	}
	x.cats = append(x.cats, name)
}

// isLanguage reports what looks like the code of a wiki in another language: two or three small letters, and what may follow.
func isLanguage(s []byte) bool {
	head, _, _ := bytes.Cut(s, []byte("-"))
	if string(s) == "simple" {
		return true
	}
	if len(head) < 2 || len(head) > 3 || len(s) > 16 {
		return false
	}
	for _, c := range s {
		if bclass[c]&cLower == 0 && c != '-' {
			return false
		}
	}
	return true
}

// variant writes one of the variants of -{flags|zh-hans:…;zh-hant:…}-.
func (x *Wikitext) variant(from, to, ti int) {
	if p, after := x.pipe(from, to, ti); p >= 0 && p-from < 40 {
		for _, c := range x.src[from:p] {
			if c == 'H' || c == 'T' || c == '-' && p-from == 1 || c == 'D' || c == 'N' {
				return
			}
		}
		from, ti = p+1, after
	}
	base, _, _ := strings.Cut(x.lang, "-")
	order := wikiVariants[base]
	best, bestFrom, bestTo, bestTi := -1, from, to, ti
	for at := from; at < to; {
		stop, after := x.find(';', at, to, ti)
		if stop < 0 {
			stop = to
		}
		if colon, inside := x.find(':', at, stop, ti); colon >= 0 {
			x.key = append(append(append(x.key[:0], ' '), bytes.TrimSpace(x.src[at:colon])...), ' ')
			if rank := strings.Index(order, string(x.key)); rank >= 0 && (best < 0 || rank < best) {
				best, bestFrom, bestTo, bestTi = rank, colon+1, stop, inside
			}
		}
		at, ti = stop+1, after
	}
	x.sub(bestFrom, bestTo, bestTi)
}
