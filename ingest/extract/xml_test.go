package extract

import (
	"strings"
	"testing"
)

// outline writes a tree with each element as name(…), and text between quotes.
func outline(e elem) string {
	var b strings.Builder
	for k := e.first(); !k.none(); k = k.next(e) {
		if k.isText() {
			b.WriteString("'" + k.text() + "'")
		} else {
			b.WriteString(k.name() + "(" + outline(k) + ")")
		}
	}
	return b.String()
}

func TestXML(t *testing.T) {
	f := func(src, want string) {
		t.Helper()
		var d xmlTree
		if err := d.parse([]byte(src)); err != nil {
			t.Errorf("%q: %v", src, err)
			return
		}
		if got := outline(d.root()); got != want {
			t.Errorf("%q\n got %s\nwant %s", src, got, want)
		}
	}
	f("<a>x<b/>y</a>", "a('x'b()'y')")
	f("<m:a xmlns:m='u'><m:b>x</m:b></m:a>", "a(b('x'))")
	f("<?xml version='1.0'?><!-- <no> --><a><!-- - -- ><x> -->1<?pi <y>?></a>", "a('1')")
	f("<a><![CDATA[<b>&amp;]]]]></a>", "a('<b>&amp;]]')")
	f("\ufeff<a>x</a>", "a('x')")
	f("<?xml version='1.0' encoding='iso-8859-1'?><a>caf\xe9</a>", "a('café')")
	f("\xff\xfe<\x00a\x00>\x00x\x00<\x00/\x00a\x00>\x00", "a('x')")
	// References: those of XML and HTML, and numbers; a DTD is stepped over and defines none.
	f("<a>&lt;&amp;&gt;&quot;&apos;&eacute;&#65;&#x42;&nbsp;&unknown;&amp &;</a>", "a('<&>\"'éAB\u00a0&unknown;&amp &;')")
	f(`<!DOCTYPE a [<!ENTITY x "<b>]>"><!ENTITY y SYSTEM "file:///etc/passwd"> <!-- ' --> ]><a>&x;&y;</a>`, "a('&x;&y;')")
	f("<!DOCTYPE a PUBLIC '-//X//DTD>' 'x.dtd'><a/>", "a()")
	// Careless writers.
	f("<a b=c d>x</a >", "a('x')")
	f("<a><b><c>x</a>y", "a(b(c('x')))'y'")
	f("<a>x</b></a></a>", "a('x')")
	f(`<a t="1 > 0 />">x</a>`, "a('x')")
}

func TestXMLAttributes(t *testing.T) {
	f := func(src, name, want string) {
		t.Helper()
		var d xmlTree
		if err := d.parse([]byte(src)); err != nil {
			t.Fatalf("%q: %v", src, err)
		}
		if got := part(d.root(), 0).attr(name); got != want {
			t.Errorf("%q %s: got %q, want %q", src, name, got, want)
		}
	}
	f(`<a b="1" c='2'/>`, "c", "2")
	f(`<a xlink:href=" x&amp;y " />`, "href", "x&y")
	f("<a b = '1'\n c\n=\n'2'>x</a>", "c", "2")
	f("<a b=1 c=2/>", "b", "1")
	f("<a flag b='1'/>", "b", "1")
	f("<a b='>'/>", "b", ">")
	f("<a/>", "b", "")
	f("<a b='=c=' c='2'/>", "c", "2")
}

func TestXMLRefuses(t *testing.T) {
	f := func(src, want string) {
		t.Helper()
		var d xmlTree
		if err := d.parse([]byte(src)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: got error %v, want one with %q", src, err, want)
		}
	}
	f("<a>", "<a> is not closed")
	f("<a><b>x</b>", "<a> is not closed")
	f("<a><b", "offset 3")
	f("<a b='1", "not closed")
	f("<a><!-- ", "not closed")
	f("<a><![CDATA[ ", "not closed")
	f("<!DOCTYPE a [", "not closed")
	f("<a>1 < 2</a>", "no tag")
	f("<a>\xe9</a>", "not UTF-8")
	f("<?xml version='1.0' encoding='klingon'?><a/>", "klingon")
	f(strings.Repeat("<a>", maxXMLDepth+1), "nested more than")
	if !testing.Short() && slowdown == 1 {
		f(strings.Repeat("<a/>", maxXMLNodes+1), "more than")
	}
}

func (d *xmlTree) root() elem { return elem{d, 0} }
