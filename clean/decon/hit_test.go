package decon

import (
	"strings"
	"testing"
)

func TestBeside(t *testing.T) {
	f := buildItems(t, testOptions(), testItem{Question: longQuestion, Answer: "408"}).NewFinder()
	text := filler + edited(longQuestion, 7, func(string) string { return "sacks" }) + " The answer is 408.\x1b[31m" + filler
	hits := f.Explain([]byte(text))
	if len(hits) != 1 {
		t.Fatal(hits)
	}
	got := hits[0].Beside(100)
	for _, want := range []string{"score 0.9", "question 0.9", "answer 1.000", "« A farmer", "[sacks]", "[seventeen]", " | ", "answer: 408", "items.jsonl:1"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "\x1b") {
		t.Error("orders to a terminal pass")
	}
	for line := range strings.Lines(got[strings.Index(got, "\n"):]) {
		if columns(strings.TrimSuffix(line, "\n")) > 100 {
			t.Errorf("a line of %d columns: %q", columns(line), line)
		}
	}
	if text[hits[0].Begin:hits[0].Begin+len(hits[0].Text)] != hits[0].Text {
		t.Error("the excerpt is not what stands in the text")
	}
}
