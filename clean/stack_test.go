package clean

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

const goFile = "package main\n\nimport \"fmt\"\n\nfunc main() {\n\tfmt.Println(\"hello, world\")\n}\n"

func rulingOn(t *testing.T, s quern.Stage, origin, text string, want quern.Verdict) *quern.Doc {
	t.Helper()
	d := &quern.Doc{Text: []byte(text), Origin: origin}
	v, err := s.Apply(d)
	if err != nil {
		t.Fatal(err)
	}
	if v != want || d.Drop.Verdict != want {
		t.Errorf("%s %.60q: verdict %q (%v, limit %v), want %q", origin, text, v, d.Drop.Value, d.Drop.Limit, want)
	}
	return d
}

func TestStack(t *testing.T) {
	s, err := DefaultStack().Stage()
	build(t, s, err)
	f := func(origin, text string, want quern.Verdict) { t.Helper(); rulingOn(t, s, origin, text, want) }
	f("main.go", goFile, quern.Keep)
	f("main.go", "x = \""+repeat("word ", 198)+"\"\n", stackMeanLine)
	f("main.go", goFile+repeat("word ", 201)+"\n", stackMaxLine)
	f("main.go", repeat("é", 1000)+repeat("\nab", 100), quern.Keep) // code points, not bytes
	f("page.html", repeat("word ", 2000), quern.Keep)               // a paragraph is a line
	f("page.html", "<p>"+repeat("word ", 19)+"</p>", stackVisible)
	f("page.html", "<p>"+repeat("word ", 20)+"</p><script>"+repeat("a<b; ", 99)+"</script>", stackVisible)
	f("PAGE.HTML", repeat("word ", 20_001), stackMaxLine)
	f("main.go", repeat("ab\n", 100_001), stackLines)
	f("list.yaml", repeat("- item\n", 513), stackData)
	f("list.yaml", repeat("- item\n", 512), quern.Keep)
	f("main.go", repeat("- item\n", 513), quern.Keep)
	f("table.go", repeat("1, 2, 3, 4,\n", 20), stackAlphabetic)
	f("table.asm", repeat("1, 2, 3, 4,\n", 20), quern.Keep)
	f("", "", stackAlphabetic)
	data := base64.StdEncoding.EncodeToString([]byte(repeat("Some quite long text to encode here.", 30)))
	f("data.go", goFile+lines(data, 76), stackEncodedRun)
	f("data.go", "var x = `\n"+lines(data[:800], 80)+"`\n", stackEncoded)
	f("data.go", goFile+goFile+goFile+lines(data[:160], 80), quern.Keep)
	f("data.go", "x := []byte{\n"+repeat("0xab,0xcd,0xef,", 5)+"}", stackEncoded)
	f("data.go", "x := \"\""+repeat("\\x41\\xff", 10)+"\"", stackEncoded)
	f("data.go", "x := \""+repeat("\\u00e9", 14)+"\"", stackEncoded)
	d := rulingOn(t, s, "a.go", "ab\nabcd\n", quern.Keep)
	if d.Marks[0] != (quern.Mark{Name: "stack.lines", Value: 2}) || d.Marks[2] != (quern.Mark{Name: "stack.mean_line", Value: 3}) {
		t.Errorf("marks %v, want 2 lines of 3 characters", d.Marks)
	}
}

func TestStackV1(t *testing.T) {
	s, err := DefaultStackV1().Stage()
	build(t, s, err)
	f := func(origin, text string, want quern.Verdict) { t.Helper(); rulingOn(t, s, origin, text, want) }
	f("main.go", goFile, quern.Keep)
	f("main.go", repeat("a", 1001)+repeat("\na", 99), stackMaxLine)
	f("main.go", repeat("a", 1000)+repeat("\na", 99), quern.Keep)
	f("page.html", repeat("word ", 21)+"\n", stackMeanLine) // no kind is loose
	f("table.asm", repeat("+-*/ ", 9)+"a\n", stackAlnum)
	f("table.go", repeat("1, 2, 3, 4,\n", 20), quern.Keep) // digits are alphanumeric
	f("a.c", "  <?xml version=\"1.0\"?>\n<a>b</a>\n", stackXML)
	f("a.c", repeat("a\n", 50)+"<?xml version=\"1.0\"?>\n", quern.Keep) // begins at the 101st character
	f("a.xml", "<?xml version=\"1.0\"?>\n<a>b</a>\n", quern.Keep)
	f("a.json", `{"a": 1}`, stackDataSize)
	f("a.json", repeat(`"a": 1,`+"\n", 20), quern.Keep)
	f("a.yml", repeat("a: 1\n", 1001), stackDataSize)
	for i, change := range []func(o *StackV1){func(o *StackV1) { o.MaxLine = 0 }, func(o *StackV1) { o.MinAlphanumeric = 2 },
		func(o *StackV1) { o.MaxDataChars = 1 }, func(o *StackV1) { o.XML = []string{"xml"} }, func(o *StackV1) { o.Data = []string{".JSON"} }} {
		o := DefaultStackV1()
		change(&o)
		if _, err := o.Stage(); err == nil {
			t.Errorf("options %d are accepted", i)
		}
	}
}

func TestStackKnowsLanguagesOfMeta(t *testing.T) {
	s, err := DefaultStack().Stage()
	build(t, s, err)
	for _, c := range []struct {
		meta, origin string
		want         quern.Verdict
	}{{"", ".prettierrc", quern.Keep}, {`{"language":"JSON"}`, ".prettierrc", stackData}, {`{"language":"Go"}`, "a.json", quern.Keep}, {"", "a.json", stackData}} {
		d := &quern.Doc{Text: []byte(repeat("an item\n", 600)), Meta: []byte(c.meta), Origin: c.origin}
		if v, err := s.Apply(d); v != c.want || err != nil {
			t.Errorf("%s %s: %q, %v, want %q", c.meta, c.origin, v, err, c.want)
		}
	}
}

func lines(text string, width int) string {
	var b strings.Builder
	for len(text) > width {
		b.WriteString(text[:width] + "\n")
		text = text[width:]
	}
	return b.String() + text + "\n"
}

func TestCodeOptions(t *testing.T) {
	bad := func(what string, err error) {
		t.Helper()
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	for i, change := range []func(o *Stack){
		func(o *Stack) { o.MaxLine = 0 }, func(o *Stack) { o.MaxMeanLine = 0 },
		func(o *Stack) { o.MinAlphabetic = 2 }, func(o *Stack) { o.Data = []string{"json"} }, func(o *Stack) { o.Loose = []string{".HTML"} },
	} {
		o := DefaultStack()
		change(&o)
		_, err := o.Stage()
		bad(fmt.Sprint("stack ", i), err)
	}
	_, err := Generated{Lines: -1}.Stage()
	bad("lines", err)
	_, err = Generated{Phrases: []string{"Upper"}}.Stage()
	bad("phrase", err)
	_, err = PES2O{MinWords: 9, MaxWords: 9}.Stage()
	bad("words", err)
	_, err = PES2O{MaxWords: 9, TopShare: -1}.Stage()
	bad("share", err)
	_, err = Language{Min: 2}.Stage()
	bad("min", err)
	_, err = Language{Keep: []string{"tlh"}}.Stage()
	bad("keep", err)
}
