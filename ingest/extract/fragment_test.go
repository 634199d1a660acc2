package extract

import (
	"testing"
	"unicode/utf8"
)

func TestFragment(t *testing.T) {
	var x HTML
	f := func(in, want string) {
		t.Helper()
		if got := string(x.Fragment([]byte(in))); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
	f("", "")
	f("<p>Short.</p>", "Short.")
	f("<p>How do I <code>x &lt; y</code>?</p>\n\n<pre><code>if x &lt; y {\n\treturn\n}\n</code></pre>\n<ul><li>a</li><li>b</li></ul>", "How do I x < y?\nif x < y {\n\treturn\n}\n- a\n- b")
	f("<blockquote><p>quoted</p></blockquote><p><a href=\"/share\">Share</a> <a href=x>1</a></p>", "quoted\nShare 1")
	f("<h1>A</h1><p>b<br/>c</p><table><tr><td>d</td><td>e</td></tr></table>", "A\nb\nc\nd | e")
	f("<html><head><title/><script src='x'/></head><body><p>text</p><script>no</script></body></html>", "text")
	f("<nav><p>kept, too</p></nav><aside>and this</aside>", "kept, too\nand this")
}

func FuzzFragment(f *testing.F) {
	f.Add([]byte("<p>a<title/><pre>b</pre>"))
	var x HTML
	f.Fuzz(func(t *testing.T, in []byte) {
		if out := x.Fragment(in); utf8.Valid(in) && !utf8.Valid(out) {
			t.Errorf("%q", out)
		}
	})
}
