package clean

import (
	"testing"

	"github.com/seed-83c59573/quern"
)

func TestStarCoder(t *testing.T) {
	s, err := DefaultStarCoder().Stage()
	build(t, s, err)
	f := func(origin, text string, want quern.Verdict) { t.Helper(); rulingOn(t, s, origin, text, want) }
	code := repeat("value = compute(value)\n", 40)
	f("a.py", "# one comment to stay above one percent\n"+code, quern.Keep)
	f("a.py", code, starComments)
	f("a.py", "\"\"\"Documentation counts.\"\"\"\n"+code, quern.Keep)
	f("a.py", "text = \"\"\"A string does not.\"\"\"\n"+code, starComments)
	f("a.java", "// "+repeat("words of a comment ", 30)+"\nint a;\n", starComments)
	f("a.go", "package a\n\nvar Value = 1\n", quern.Keep) // only three languages are asked
	f("a.js", "// table\nvar a = ["+repeat("1,2,3,4,5,", 40)+"];\n", starTokens)
	f("a.html", "<html><body>"+repeat("<p>some words</p>", 40)+"</body></html>", quern.Keep)
	f("a.html", "<p>"+repeat("a", 100)+"</p>", starVisible) // 100 are not more than 100
	f("a.html", "<p>"+repeat("a", 101)+"</p>", quern.Keep)
	f("a.html", "<p>"+repeat("a", 150)+"</p>"+repeat("<br class='long'>", 60), starVisible)
	f("a.txt", "<?xml version=\"1.0\"?>\n<a/>\n", starXML)
	f("a.json", "[1]\n", starDataSize)
	f("a.yaml", repeat("key: value\n", 500), starDataSize)
	f("a.yaml", repeat("key: value\n", 50), quern.Keep)
}

func TestStarCoderOptions(t *testing.T) {
	o := DefaultStarCoder()
	o.MinStars, o.CommentLanguages = 5, nil
	s, err := o.Stage()
	build(t, s, err)
	for meta, want := range map[string]quern.Verdict{`{"stars":4}`: starStars, `{"stars":5}`: quern.Keep, `{"max_stars_count":"4"}`: starStars, `{}`: quern.Keep} {
		d := &quern.Doc{Text: []byte("// comment\n" + goFile), Origin: "a.go", Meta: []byte(meta)}
		if v, err := s.Apply(d); v != want || err != nil {
			t.Errorf("%s: %q, %v, want %q", meta, v, err, want)
		}
	}
	rulingOn(t, s, "a.go", goFile, starComments)
	for i, change := range []func(o *StarCoder){func(o *StarCoder) { o.MinComments = 0.9 }, func(o *StarCoder) { o.CommentLanguages = []string{"Klingon"} },
		func(o *StarCoder) { o.CharsPerToken = map[string]float64{"Go": -1} }, func(o *StarCoder) { o.MaxDataChars = 1 },
		func(o *StarCoder) { o.MinStars = -1 }, func(o *StarCoder) { o.Data = []string{"json"} }, func(o *StarCoder) { o.XML = []string{"xml"} }} {
		o := DefaultStarCoder()
		change(&o)
		if _, err := o.Stage(); err == nil {
			t.Errorf("options %d are accepted", i)
		}
	}
}

func TestEstimateTokens(t *testing.T) {
	for text, want := range map[string]int{"": 0, "word": 1, "wordword": 1, "wordwordw": 2, "a b": 2, "12": 2, "a  b": 3, "a\nb": 3, "x += 1;": 4, "é": 1, "):\n    ": 2} {
		if n := estimateTokens([]byte(text)); n != want {
			t.Errorf("%q: %d tokens, want %d", text, n, want)
		}
	}
}
