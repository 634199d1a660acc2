package clean

import (
	"bytes"
	"slices"
	"testing"

	"github.com/seed-83c59573/quern"
)

// loose are options under which many texts reach the later rules.
func looseStages(t testing.TB) []quern.Stage {
	g, c, w := DefaultGopher(), DefaultC4(), DefaultFineWeb()
	g.MinWords, g.MinStopWords, g.MaxTopGrams = 5, 1, []float64{9, 9, 9}
	c.EndPunctuation, c.MinSentences = false, 1
	w.MinEndLines, w.MaxNewlines, w.MaxDupChars = 0, 9, 0.5
	gs, err := g.Stage()
	build(t, gs, err)
	cs, err := c.Stage()
	build(t, cs, err)
	ws, err := w.Stage()
	build(t, ws, err)
	return []quern.Stage{gs, cs, ws}
}

func TestJoinChangesNoFate(t *testing.T) {
	apart, joined := looseStages(t), Join(looseStages(t))
	if len(joined) != 1 {
		t.Fatalf("joined into %d stages, want 1", len(joined))
	}
	all := []string{frodo, c4Good, c4Good + "\n" + frodo + "\none\ntwo\nWe use cookies and that is it.\n"}
	for _, text := range texts() {
		all = append(all, text)
	}
	kept, rewritten := 0, 0
	for _, text := range all {
		var docs [2]quern.Doc
		var verdicts [2]quern.Verdict
		for i, stages := range [][]quern.Stage{apart, joined} {
			docs[i].Text = []byte(text)
			for _, s := range stages {
				v, err := s.Apply(&docs[i])
				if err != nil {
					t.Fatal(err)
				}
				if verdicts[i] = v; v != quern.Keep {
					break
				}
			}
		}
		if verdicts[0] != verdicts[1] || !bytes.Equal(docs[0].Text, docs[1].Text) || docs[0].Drop != docs[1].Drop {
			t.Errorf("%.60q: %q apart, %q joined", text, verdicts[0], verdicts[1])
		}
		if verdicts[0] != quern.Keep {
			continue
		}
		kept++
		if string(docs[0].Text) != text {
			rewritten++
		}
		if !slices.Equal(docs[0].Marks, docs[1].Marks) {
			t.Errorf("%.60q: marks %v apart, %v joined", text, docs[0].Marks, docs[1].Marks)
		}
	}
	if kept < 3 || rewritten < 1 {
		t.Errorf("%d kept, %d rewritten: the texts test nothing", kept, rewritten)
	}
}

func TestJoinKeepsOrder(t *testing.T) {
	n, err := DefaultNormalize().Stage()
	build(t, n, err)
	s := looseStages(t)
	got := Join([]quern.Stage{s[0], n, s[1], s[2], n})
	if len(got) != 4 || got[1] != n || got[3] != n {
		t.Errorf("joined into %d stages: %v", len(got), got)
	}
	if got := Join(nil); len(got) != 0 {
		t.Errorf("Join(nil) is %v", got)
	}
}

// TestConformance holds every stage of the room to the contract of quern.Stage.
func TestConformance(t *testing.T) {
	gopherLoose := DefaultGopher()
	gopherLoose.MinWords = 5
	c4Loose := DefaultC4()
	c4Loose.MinSentences = 1
	paper := DefaultPES2O()
	paper.MinWords, paper.MinParagraphs = 3, 0
	var docs []quern.Doc
	for _, text := range texts() {
		docs = append(docs, quern.Doc{Text: []byte(text), Origin: "a/b.go"})
	}
	docs = append(docs,
		quern.Doc{Text: []byte(frodo)}, quern.Doc{Text: []byte(c4Good + "\n[1] one\ntwo"), Origin: "x.min.js", Time: "1969-01-01"},
		quern.Doc{Text: []byte("write to a.b@c.org or 8.8.8.8\r\n\r\n\r\n\r\n\u200be\u0301\x00 x")},
		quern.Doc{Text: []byte("write to a.b@c.org or 8.8.8.8\r\n\r\n\r\n\r\n\u200be\u0301\x00 \xff")}, quern.Doc{Text: []byte("\xff")},
	)
	invalid := len(docs) - 2 // a stage behind normalize may count on UTF-8
	for name, b := range map[string]func() (quern.Stage, error){
		"stack": DefaultStack().Stage, "generated": DefaultGenerated().Stage, "pes2o": paper.Stage, "pii": DefaultPII().Stage,
		"language": Language{Min: 0.5}.Stage,
	} {
		if err := quern.CheckStage(b, docs[:invalid]...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, b := range map[string]func() (quern.Stage, error){
		"normalize": DefaultNormalize().Stage, "gopher": gopherLoose.Stage, "c4": c4Loose.Stage, "fineweb": DefaultFineWeb().Stage,
		"joined": func() (quern.Stage, error) { return Join(looseStages(t))[0], nil },
	} {
		if err := quern.CheckStage(b, docs...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
