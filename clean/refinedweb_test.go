package clean

import (
	"slices"
	"testing"

	"github.com/seed-83c59573/quern"
)

// correct gives what is left of a text if any number of words may be lost.
func correct(t *testing.T, text string) string {
	t.Helper()
	o := DefaultRefinedWebLines()
	o.MaxRemoved = 1
	s, err := o.Stage()
	build(t, s, err)
	d := &quern.Doc{Text: []byte(text)}
	if v, err := s.Apply(d); v != quern.Keep || err != nil {
		return string(v)
	}
	return string(d.Text)
}

func TestRefinedWebLines(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if got := correct(t, text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	// lines of capitals: more than half of all characters
	f("BUY NOW HERE\nThis is it.", "This is it.")
	f("ABab is\nThis is it.", "ABab is\nThis is it.")
	f("ABCab d\nABC abd\nЖЖЖЖ ж\nThis is it.", "ABCab d\nABC abd\nThis is it.")
	// lines of digits
	f("12345\n²³\nIn 1234 there", "In 1234 there")
	f("12 345 x\n12 345", "12 345 x\n12 345")
	// a number at the start of the text loses its indentation before it is looked at
	f("  12\n  34 a\nso it is", "34 a\nso it is")
	// counters
	for _, line := range []string{"3 likes", "1,234 Comments", "1.2K views!", "... 12 followers ...", "5m downloads", "٣ likes", "7  shares |"} {
		f(line+"\nThis is it.", "This is it.")
	}
	for _, line := range []string{"3 likes it", "some 3 likes", "3likes x", "3 like", "3KK views", "K views", ".k views", "3 viewsers", "_3 likes"} {
		f(line+"\nThis is it.", line+"\nThis is it.")
	}
	// lines of fewer than two words
	f("one\ntwo words\n   \n\nthree more words", "two words\n\nthree more words")
	// phrases in lines of ten words at most; dots stand for any character
	f("There are 3 items in cart\nThis is it.", "There are 3\nThis is it.")
	f("Items in cart items in CART 3 x\nThis is it.", " 3 x\nThis is it."[1:])
	f("a b items in cart c\nThis is it.", "a b c\nThis is it.")
	f("You can have as many items in cart as you like here\nThis is it.", "You can have as many items in cart as you like here\nThis is it.")
	f("A story of it Read more...\nRead more…..\nread more ab\nThis is it.", "A story of it\nThis is it.")
	f("Read more...s here\nThis is it.", "Read more...s here\nThis is it.")
	f("Sign-in to read\nSIGN-IN Sign-in now\nPlease Sign-in\nThis is it.", "to read\nSign-in now\nPlease Sign-in\nThis is it.")
	// a line of which nothing is left goes, empty lines stay, but for two line feeds in a row at most
	f("Sign-in Read more...\nThis is it.\n\n\n\none\n\nAnd that.", "This is it.\n\nAnd that.")
	f("", "clean.refinedweb_lines.empty")
	f("one", "clean.refinedweb_lines.empty")
	f("«so» «far»", "clean.refinedweb_lines.empty") // no run begins with a letter
}

func TestRefinedWebLinesLimits(t *testing.T) {
	s, err := DefaultRefinedWebLines().Stage()
	build(t, s, err)
	nineteen := "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
	d := ruling(t, s, nineteen+"\ntwenty", quern.Keep) // 1 of 20
	near(t, "removed", marked(t, d, "refinedweb_lines.removed"), 0.05)
	near(t, "short", marked(t, d, "refinedweb_lines.short"), 1)
	if string(d.Text) != nineteen {
		t.Errorf("left is %q", d.Text)
	}
	ruling(t, s, nineteen+"\n3 likes", rwRemoved) // 2 of 21
	ruling(t, s, "", rwRemoved)
	ruling(t, s, "caf\xe9", badText)
	allocsPerDoc(t, s, nineteen+"\ntwenty", "\n\n\n"+nineteen+" \n \n", "3 likes\n\nSign-in to the read more...\nitems in cart x y\n\n"+nineteen)
}

func TestRefinedWebLinesSpans(t *testing.T) {
	o := DefaultRefinedWebLines()
	o.MaxRemoved = 1
	s, err := o.Stage()
	build(t, s, err)
	text := "BUY NOW\n123\n3 likes\none\nitems in cart now, items in cart a read more...\nsign-in to it\nThe end is near."
	d := &quern.Doc{Text: []byte(text), Spans: []quern.Span{}}
	if v, err := s.Apply(d); v != quern.Keep || err != nil {
		t.Fatal(v, err)
	}
	var got []string
	for _, p := range d.Spans {
		got = append(got, p.Name[len("refinedweb_lines."):]+":"+text[p.From:p.To])
	}
	want := []string{"uppercase:BUY NOW", "numeric:123", "counters:3 likes", "short:one", "cut:items in cart", "cut: items in cart",
		"cut: read more...", "cut:sign-in "}
	if !slices.Equal(got, want) {
		t.Errorf("spans %q, want %q", got, want)
	}
	if string(d.Text) != "now, a\nto it\nThe end is near." {
		t.Errorf("left is %q", d.Text)
	}
}

func TestRefinedWebLinesKeepsTheContract(t *testing.T) {
	checkDialect(t, DefaultRefinedWebLines().Stage)
	o := DefaultRefinedWebLines()
	o.MaxRemoved, o.MaxNewlines = 1, 0
	checkDialect(t, o.Stage)
	for _, change := range []func(o *RefinedWebLines){func(o *RefinedWebLines) { o.MaxUppercase = -1 }, func(o *RefinedWebLines) { o.MaxNewlines = -1 },
		func(o *RefinedWebLines) { o.MaxRemoved = -1 }, func(o *RefinedWebLines) { o.CutLineWords = -1 }} {
		o := DefaultRefinedWebLines()
		change(&o)
		if _, err := o.Stage(); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}

func FuzzRefinedWebLines(f *testing.F) {
	o := DefaultRefinedWebLines()
	o.MaxRemoved = 1
	fuzzStage(f, o.Stage, "items in cart items in cart x\nSign-in \u00a0Read more\u2026..", "3 likes\n\n\n\nx", frodo)
}
