package extract

import "bytes"

// rawTag writes an element whose content is not markup.
func (x *Wikitext) rawTag(t *wikiToken) {
	content := x.src[t.b:t.c]
	switch t.tag {
	case wNowiki:
		x.literal(content)
	case wPre:
		x.lines(content, true)
	case wCode:
		if bytes.IndexByte(content, '\n') < 0 && bytes.Contains(x.src[t.a:t.b], []byte("inline")) || x.inner > 0 {
			x.putFlat(content)
			return
		}
		x.lines(content, false)
	case wMath, wChem:
		fence := "$"
		if x.inner == 0 && !x.cell && bytes.Contains(x.src[t.a:t.b], []byte("block")) {
			fence = "$$"
		}
		x.formula(t, fence)
	default:
		x.drop()
	}
}

// literal writes text in which only character references mean something.
func (x *Wikitext) literal(s []byte) {
	for len(s) > 0 {
		if s[0] == '&' {
			x.ready()
			mark := len(x.out)
			var n int
			x.out, n = x.entities.append(x.out, s, false)
			if invisible(x.out[mark:]) {
				x.out = x.out[:mark]
				x.gap = true
			}
			s = s[n:]
			continue
		}
		k := bytes.IndexByte(s, '&')
		if k < 0 {
			k = len(s)
		}
		x.putFlat(s[:k])
		s = s[k:]
	}
}

// lines writes preformatted text.
func (x *Wikitext) lines(s []byte, references bool) {
	if x.inner > 0 || x.cell {
		x.literal(s)
		return
	}
	if references && bytes.IndexByte(s, '&') >= 0 {
		x.num = x.num[:0]
		for len(s) > 0 {
			k := bytes.IndexByte(s, '&')
			if k < 0 {
				k = len(s)
			}
			x.num = append(x.num, s[:k]...)
			if s = s[k:]; len(s) > 0 {
				var n int
				x.num, n = x.entities.append(x.num, s, false)
				s = s[n:]
			}
		}
		s = x.num
	}
	x.raw(s)
	x.para = false
}

// formula writes LaTeX between fences; $$ takes a line.
func (x *Wikitext) formula(t *wikiToken, fence string) {
	s := bytes.TrimSpace(x.src[t.b:t.c])
	if inner, ok := bytes.CutPrefix(s, []byte(`{\displaystyle `)); ok && bytes.HasSuffix(inner, []byte("}")) {
		s = inner[:len(inner)-1]
	}
	if len(s) == 0 {
		return
	}
	if t.tag == wChem && fence == "$" {
		x.putFlat(s)
		return
	}
	if fence == "$$" {
		x.endLine()
	}
	x.putString(fence)
	start := x.start
	x.start = len(x.out) // no space behind the dollar sign
	x.gap = false
	x.putFlat(s)
	x.start = start
	x.gap = false
	x.out = append(x.out, fence...)
	if fence == "$$" {
		x.endLine()
		x.para = false
	}
}

// tag handles one start or end tag.
func (x *Wikitext) tag(t *wikiToken) {
	switch t.tag {
	case wBr:
		if x.inner > 0 {
			x.gap = true
			return
		}
		x.endLine()
	case wBlock:
		if x.inner > 0 {
			x.gap = true
			return
		}
		x.endLine()
		x.para = false
	case wPoem:
		if x.inner > 0 {
			return
		}
		x.endLine()
		if !t.close {
			x.item++
		} else if x.item > 0 {
			x.item--
		}
	case wLi:
		if x.inner > 0 {
			x.gap = true
			return
		}
		x.endLine()
		x.para = true
		if !t.close && !x.cell {
			x.prefix = "- "
		}
	case wTr, wTableTag:
		if x.inner == 0 && x.table.depth == 0 {
			x.endRow()
			x.para = false
		}
	case wTd:
		if x.inner == 0 && x.table.depth == 0 && !t.close {
			x.openCell()
		}
	}
}
