package extract

import "strings"

// elem is a node of a tree; the zero value is no node, and everything may be asked of it.
type elem struct {
	d *xmlTree
	i int32
}

func (e elem) none() bool { return e.d == nil }

// isText reports a piece of text.
func (e elem) isText() bool { return e.d != nil && e.d.nodes[e.i].kind != xmlElement }

// name is the local name of an element, and "" of anything else.
func (e elem) name() string {
	if e.d == nil || e.i == 0 {
		return ""
	}
	if n := &e.d.nodes[e.i]; n.kind == xmlElement {
		return e.d.src[n.a:n.b]
	}
	return ""
}

// text is what a text node says.
func (e elem) text() string {
	n := &e.d.nodes[e.i]
	if n.kind == xmlText {
		return e.d.decode(e.d.src[n.a:n.b])
	}
	return e.d.src[n.a:n.b]
}

// first and next walk the children: for k := e.first(); !k.none(); k = k.next(e).
func (e elem) first() elem {
	if e.d == nil || e.i+1 >= e.d.nodes[e.i].end || e.isText() {
		return elem{}
	}
	return elem{e.d, e.i + 1}
}

func (e elem) next(parent elem) elem {
	if i := e.d.nodes[e.i].end; i < e.d.nodes[parent.i].end {
		return elem{e.d, i}
	}
	return elem{}
}

// attr is the value of an attribute by its local name, or "".
func (e elem) attr(name string) string {
	value := ""
	e.attributes(func(key, v string) bool {
		if key == name {
			value = strings.TrimSpace(e.d.decode(v))
			return false
		}
		return true
	})
	return value
}

// attributes calls f with the local name and the raw value of each attribute until it returns false.
func (e elem) attributes(f func(name, value string) bool) {
	if e.name() == "" {
		return
	}
	n := &e.d.nodes[e.i]
	s := e.d.src[n.b:n.attrs]
	for {
		s = strings.TrimLeft(s, " \t\r\n/")
		eq := strings.IndexByte(s, '=')
		if eq < 0 {
			return
		}
		key := strings.TrimSpace(s[:eq])
		if i := strings.LastIndexAny(key, " \t\r\n"); i >= 0 {
			key = key[i+1:]
		}
		s = strings.TrimLeft(s[eq+1:], " \t\r\n")
		if s == "" {
			return
		}
		var value string
		if s[0] == '"' || s[0] == '\'' {
			value, s, _ = strings.Cut(s[1:], s[:1])
		} else if i := strings.IndexAny(s, " \t\r\n"); i >= 0 {
			value, s = s[:i], s[i:]
		} else {
			value, s = s, ""
		}
		if !f(localName(key), value) {
			return
		}
	}
}

// child is the first child element of that name.
func (e elem) child(name string) elem {
	for k := e.first(); !k.none(); k = k.next(e) {
		if k.name() == name {
			return k
		}
	}
	return elem{}
}

// find is the first element of that name in the subtree, in document order.
func (e elem) find(name string) elem {
	if e.d == nil {
		return elem{}
	}
	for i := e.i + 1; i < e.d.nodes[e.i].end; i++ {
		if k := (elem{e.d, i}); k.name() == name {
			return k
		}
	}
	return elem{}
}

// each calls f for every child element of that name.
func (e elem) each(name string, f func(elem)) {
	for k := e.first(); !k.none(); k = k.next(e) {
		if k.name() == name {
			f(k)
		}
	}
}

// all calls f for every element of that name in the subtree that is not inside another of them.
func (e elem) all(name string, f func(elem)) {
	if e.d == nil {
		return
	}
	for i := e.i + 1; i < e.d.nodes[e.i].end; {
		if k := (elem{e.d, i}); k.name() == name {
			f(k)
			i = e.d.nodes[i].end
			continue
		}
		i++
	}
}

// raw is the text of the subtree as it stands.
func (e elem) raw() string {
	if e.d == nil {
		return ""
	}
	from, end := e.i, e.d.nodes[e.i].end
	one := elem{}
	var b strings.Builder
	for i := from; i < end; i++ {
		k := elem{e.d, i}
		if !k.isText() {
			continue
		}
		if one.none() && b.Len() == 0 {
			one = k
			continue
		}
		if !one.none() {
			b.WriteString(one.text())
			one = elem{}
		}
		b.WriteString(k.text())
	}
	if !one.none() {
		return one.text()
	}
	return b.String()
}

// string is the text of the subtree, white space collapsed.
func (e elem) string() string { return collapse(e.raw()) }

// collapse makes each run of white space one space and trims the ends.
func collapse(s string) string {
	clean := true
	for i := 0; i < len(s) && clean; i++ {
		c := s[i]
		clean = c > ' ' && c < 0x7f || c == ' ' && i > 0 && i+1 < len(s) && s[i+1] != ' '
	}
	if clean {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}
