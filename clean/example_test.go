package clean_test

import (
	"encoding/json"
	"fmt"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean"
)

const visit = "Write to ann@example.org. The mill stands by the river and has stood there for a long time, and that is all we know of it.\n" +
	"Read more\nIt is said that the wheel was built before the house. Nobody knows who built it, but it still turns with the water."

// The rules of the web, one after another: the text is scanned once for Gopher and C4, and once more for FineWeb if C4 cut lines.
func Example() {
	gopher := clean.DefaultGopher()
	gopher.MinWords = 20 // this is a short example
	c4 := clean.DefaultC4()
	c4.MinSentences = 3
	var stages []quern.Stage
	for _, option := range []interface {
		Stage() (quern.Stage, error)
	}{clean.DefaultNormalize(), clean.DefaultPII(), gopher, c4, clean.DefaultFineWeb()} {
		s, err := option.Stage()
		if err != nil {
			fmt.Println(err)
			return
		}
		stages = append(stages, s)
	}
	stages = clean.Join(stages)
	d := &quern.Doc{Text: []byte(visit)}
	for _, s := range stages {
		if v, err := s.Apply(d); err != nil || v != quern.Keep {
			fmt.Println(v, d.Drop.Value, d.Drop.Limit, err)
			return
		}
	}
	fmt.Println(len(stages), "stages")
	fmt.Printf("%s\n", d.Text)
	// Output:
	// 3 stages
	// Write to email@example.com. The mill stands by the river and has stood there for a long time, and that is all we know of it.
	// It is said that the wheel was built before the house. Nobody knows who built it, but it still turns with the water.
}

func ExampleGopher_Stage() {
	s, err := clean.DefaultGopher().Stage()
	if err != nil {
		fmt.Println(err)
		return
	}
	d := &quern.Doc{Text: []byte("I am your father.\nI am your father.\nI am your father.\nI am your father.\n")}
	v, err := s.Apply(d)
	fmt.Println(v, d.Drop.Value, d.Drop.Limit, err)
	// Output: clean.gopher.dup_lines 0.6 0.3 <nil>
}

func ExampleHistograms() {
	var h clean.Histograms
	h.Add([]quern.Mark{{Name: "gopher.stop_words", Value: 2}})
	h.Add([]quern.Mark{{Name: "gopher.stop_words", Value: 5}})
	b, err := json.Marshal(h)
	fmt.Println(string(b), err)
	// Output: {"gopher.stop_words":{"lo":0,"hi":16,"n":2,"min":2,"max":5,"counts":[0,0,1,0,0,1,0,0,0,0,0,0,0,0,0,0]}} <nil>
}
