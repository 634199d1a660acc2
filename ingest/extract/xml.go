package extract

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
)

// element is a node of a small XML tree: an element with a local name, or text with name "".
type element struct {
	name  string
	text  string
	attrs []xml.Attr
	kids  []*element
}

// maxXMLDepth bounds the nesting of an article. Real ones stay under 60.
const maxXMLDepth = 400

// parseXML builds the tree of a document. HTML's named entities are known; a DTD is not read and defines none.
func parseXML(data []byte) (*element, error) {
	dec := xml.NewDecoder(bytes.NewReader(data))
	dec.Strict = false
	dec.Entity = xml.HTMLEntity
	dec.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		enc, err := htmlindex.Get(label)
		if err != nil {
			return nil, fmt.Errorf("unknown character set %q", label)
		}
		return enc.NewDecoder().Reader(in), nil
	}
	root := &element{}
	open := []*element{root}
	for {
		tok, err := dec.RawToken()
		if errors.Is(err, io.EOF) {
			return root, nil
		}
		if err != nil {
			return nil, fmt.Errorf("extract: XML: offset %d: %w", dec.InputOffset(), err)
		}
		top := open[len(open)-1]
		switch tok := tok.(type) {
		case xml.StartElement:
			e := &element{name: tok.Name.Local, attrs: append([]xml.Attr(nil), tok.Attr...)}
			top.kids = append(top.kids, e)
			if len(open) == maxXMLDepth {
				return nil, fmt.Errorf("extract: XML: offset %d: nested more than %d deep", dec.InputOffset(), maxXMLDepth)
			}
			open = append(open, e)
		case xml.EndElement:
			// An end tag closes its element and whatever was left open inside; one without a start tag is ignored.
			for x := len(open) - 1; x > 0; x-- {
				if open[x].name == tok.Name.Local {
					open = open[:x]
					break
				}
			}
		case xml.CharData:
			top.kids = append(top.kids, &element{text: string(tok)})
		}
	}
}

// attr is the value of an attribute by its local name, or "".
func (e *element) attr(name string) string {
	for _, a := range e.attrs {
		if a.Name.Local == name {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

// child is the first child element with one of the names, or nil.
func (e *element) child(names ...string) *element {
	if e == nil {
		return nil
	}
	for _, k := range e.kids {
		for _, n := range names {
			if k.name == n {
				return k
			}
		}
	}
	return nil
}

// find is the first element of that name in the subtree, in document order, or nil.
func (e *element) find(name string) *element {
	if e == nil {
		return nil
	}
	for _, k := range e.kids {
		if k.name == name {
			return k
		}
		if f := k.find(name); f != nil {
			return f
		}
	}
	return nil
}

// each calls f for every child element of that name.
func (e *element) each(name string, f func(*element)) {
	if e == nil {
		return
	}
	for _, k := range e.kids {
		if k.name == name {
			f(k)
		}
	}
}

// string is all text of the subtree, white space collapsed.
func (e *element) string() string {
	if e == nil {
		return ""
	}
	var b strings.Builder
	e.write(&b)
	return strings.Join(strings.Fields(b.String()), " ")
}

func (e *element) write(b *strings.Builder) {
	b.WriteString(e.text)
	for _, k := range e.kids {
		k.write(b)
	}
}
