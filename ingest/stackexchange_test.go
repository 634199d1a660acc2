package ingest

import (
	"fmt"
	"html"
	"math/rand/v2"
	"strings"
	"testing"
)

func stackRow(id, kind, parent, accepted, score int, title, body, more string) string {
	s := fmt.Sprintf(`  <row Id="%d" PostTypeId="%d" `, id, kind)
	if parent > 0 {
		s += fmt.Sprintf(`ParentId="%d" `, parent)
	}
	if accepted > 0 {
		s += fmt.Sprintf(`AcceptedAnswerId="%d" `, accepted)
	}
	s += fmt.Sprintf(`CreationDate="2015-06-07T08:09:10.123" Score="%d" Body="%s" `, score, strings.ReplaceAll(html.EscapeString(body), "\n", "&#xA;"))
	if title != "" {
		s += fmt.Sprintf(`Title="%s" Tags="&lt;mill&gt;&lt;c#&gt;" `, html.EscapeString(title))
	}
	return s + more + "/>\r\n"
}

func postsOf(rows ...string) string {
	return "\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<posts>\r\n" + strings.Join(rows, "") + "</posts>"
}

func openStack(o Options) (Reader, error) { return NewStackExchange(o, DefaultStackExchange()) }

func TestStack(t *testing.T) {
	posts := postsOf(
		stackRow(4, 1, 0, 9, 7, "How do I grind \"oats\" & <x>?", "<p>I have <code>a &lt; b</code>:</p>\n<pre><code>for {\n\tgrind()\n}\n</code></pre>", ""),
		stackRow(5, 2, 4, 0, 3, "", "<p>Use a mill.</p>", ""),
		stackRow(6, 2, 4, 0, 5, "", "<ul><li>wind</li><li>water</li></ul>", `ContentLicense="CC BY-SA 4.0" `),
		stackRow(7, 2, 4, 0, -1, "", "<p>Do not.</p>", ""),
		stackRow(8, 5, 0, 0, 0, "", "<p>A wiki of tags.</p>", ""),
		stackRow(9, 2, 4, 0, -2, "", "<p>The accepted one.</p>", ""),
		stackRow(10, 2, 4, 0, 3, "", "<p>As good as the first.</p>", ""),
		stackRow(11, 2, 5, 0, 3, "", "<p>To an answer.</p>", ""),
		stackRow(12, 1, 0, 0, 1, "Alone", "<p>No answers.</p>", ""),
		stackRow(13, 1, 0, 0, 1, "Empty", "", ""),
		"  <row PostTypeId=\"1\" />\r\n", "  <row Id=\"14\" PostTypeId=\"1\" Title=\"cut",
	)
	dir := plant(t, "cooking.stackexchange.com/Posts.xml", posts, "packed/example.org-Posts.xml.gz", gz(posts))
	r, err := openStack(opts(dir, "cooking.stackexchange.com"))
	h := reap(t, r, err)
	golden(t, "stack.txt", shown(h))
	if len(h.docs) != 2 {
		t.Errorf("%d docs", len(h.docs))
	}
	for _, reason := range []string{"no-question", "no-text", "bad-row", "truncated"} {
		if h.reasons[reason] != 1 {
			t.Errorf("%s: %v", reason, h.reasons)
		}
	}
	r, err = openStack(opts(dir, "packed"))
	p := reap(t, r, err)
	if len(p.docs) != 2 || p.docs[0].Origin != "https://example.org/questions/4" || string(p.docs[0].Text) != string(h.docs[0].Text) {
		t.Errorf("packed: %v", p.errs)
	}
	r, err = NewStackExchange(opts(dir, "packed"), StackExchange{Site: "x.y", MinScore: 4, Answers: 2})
	if p := reap(t, r, err); !strings.HasSuffix(string(p.docs[0].Text), "}\n\nThe accepted one.\n\n- wind\n- water") || p.docs[0].Origin != "https://x.y/questions/4" {
		t.Errorf("%s %q", p.docs[0].Origin, p.docs[0].Text)
	}
}

func TestStackMarks(t *testing.T) {
	r, err := openStack(opts(plant(t, "Posts.xml", postsOf(stackRow(4, 1, 0, 6, 7, "How?", "<p>So</p>", ""), stackRow(5, 2, 4, 0, 3, "", "<p>a</p>", ""), stackRow(6, 2, 4, 0, 1, "", "<p>b</p>", ""))), "Posts.xml"))
	if h := reap(t, r, err); fmt.Sprint(h.docs[0].Marks) != "[{score 7} {answers 2} {accepted 1}]" || string(h.docs[0].Text) != "How?\n\nSo\n\nb\n\na" {
		t.Errorf("%v %q", h.docs[0].Marks, h.docs[0].Text)
	}
}

func TestStackLicense(t *testing.T) {
	for row, want := range map[string]string{` CreationDate="2010-01-01"`: "2.5", ` CreationDate="2011-04-08T00:00:00"`: "3.0", ` CreationDate="2010-01-01" LastEditDate="2019-01-01"`: "4.0",
		` CreationDate="2019-01-01" ContentLicense="CC BY-SA 3.0"`: "3.0"} {
		if got := licenseVersion([]byte("<row" + row)); got != want {
			t.Errorf("%s: %s, want %s", row, got, want)
		}
	}
}

// manyPosts are questions whose answers come at any time later.
func manyPosts(questions int) string {
	rng := rand.New(rand.NewPCG(3, 4))
	var rows []string
	var open []int
	for id := 1; len(open) < questions; id++ {
		if id%3 == 1 {
			open = append(open, id)
			rows = append(rows, stackRow(id, 1, 0, 0, id%7, fmt.Sprintf("Question %d", id), strings.Repeat("<p>why? </p>", 1+rng.IntN(20)), ""))
			continue
		}
		parent := open[len(open)-1-min(rng.IntN(3)*rng.IntN(30), len(open)-1)]
		switch {
		case id%50 == 0:
			parent = id + 1000 // of the future
		case id%51 == 0:
			parent = id - 1 // an answer
		}
		rows = append(rows, stackRow(id, 2, parent, 0, rng.IntN(5), "", strings.Repeat("<p>so. </p>", 1+rng.IntN(10)), ""))
		if id%61 == 0 {
			rows = append(rows, "<row Id=\"x\"/>")
		}
	}
	return postsOf(rows...)
}

func TestSplitStack(t *testing.T) {
	text := manyPosts(120)
	dir := plant(t, "Posts.xml", text, "p/Posts.xml.gz", gz(text))
	r, err := openStack(opts(dir, "Posts.xml"))
	want, _ := fates(t, r, err)
	sameFates(t, len(want), func(unit int64) (Reader, error) {
		o := opts(dir, "Posts.xml")
		o.UnitBytes = max(unit, 200)
		return openStack(o)
	})
	if len(want) < 120+8 {
		t.Errorf("%d fates", len(want))
	}
	// A packed file in passes of any size gives the same.
	for _, room := range []int64{1, 2000, 30_000, 1 << 30} {
		var got []string
		docs, errs := 0, 0
		w := &out{ctx: t.Context(), o: &Options{Name: "s", Domain: "d"}, yield: nil}
		w.yield = countFates(&got, &docs, &errs)
		s := &stackReader{w: w, format: &stackFormat{}, name: "Posts.xml", site: "Posts.xml"}
		for lo := int64(0); lo >= 0; {
			hi, err := s.pass(strings.NewReader(text), lo, room)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.put(); err != nil {
				t.Fatal(err)
			}
			lo = hi
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("room for %d bytes: %d docs and %d bad, want %d", room, docs, errs, len(want))
		}
	}
}

func TestStackRefused(t *testing.T) {
	f := func(reason, name, data string) {
		t.Helper()
		o := opts(plant(t, name, data), name)
		o.UnitBytes = 300
		r, err := openStack(o)
		if h := reap(t, r, err); len(h.docs) != 0 || h.reasons[reason] != 1 || len(h.refused) != 1 {
			t.Errorf("%s: %d docs, %v", reason, len(h.docs), h.reasons)
		}
	}
	unsorted := postsOf(stackRow(2, 1, 0, 0, 0, "a", "<p>b</p>", ""), stackRow(1, 1, 0, 0, 0, "a", "<p>b</p>", ""), stackRow(3, 1, 0, 0, 0, "a", "<p>b</p>", ""))
	f("not-sorted", "Posts.xml", unsorted)
	f("not-sorted", "Posts.xml.gz", gz(unsorted))
	f("not-posts", "Posts.xml", "<comments></comments>")
	f("not-posts", "Posts.xml.gz", gz("<comments></comments>"))
	f("bad-gzip", "Posts.xml.gz", gz(unsorted)[:100])
}

func FuzzStack(f *testing.F) {
	f.Add([]byte(manyPosts(4)))
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzFile(t, "Posts.xml", data, func(o Options) (Reader, error) {
			o.UnitBytes = 300
			return openStack(o)
		})
	})
}

func BenchmarkStack(b *testing.B) {
	text := manyPosts(5000)
	r, err := openStack(opts(plant(b, "Posts.xml", text), "Posts.xml"))
	benchSource(b, int64(len(text)), r, err)
}
