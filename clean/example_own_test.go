package clean_test

import (
	"fmt"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean"
)

// Shouting is a rule of one's own: it drops texts of which too large a share is in capitals.
type Shouting struct {
	Max float64 `yaml:"max"`
}

// Stage builds it; Apply is called document after document.
func (o Shouting) Stage() (quern.Stage, error) { return o, nil }

func (o Shouting) Apply(d *quern.Doc) (quern.Verdict, error) {
	capitals := 0
	for _, c := range d.Text {
		if c >= 'A' && c <= 'Z' {
			capitals++
		}
	}
	share := float64(capitals) / float64(max(1, len(d.Text)))
	d.Mark("shouting.share", share)
	if share > o.Max {
		return d.Fail("clean.shouting.loud", share, o.Max), nil
	}
	return quern.Keep, nil
}

// A rule of one's own joins the others by an entry in the table: from then on a program that calls pipelines.Run understands
// web: [shouting: {max: 0.3}] in a spec.
func Example_ownRule() {
	clean.Rules = append(clean.Rules, clean.Rule{Name: "shouting", About: "drops texts in capitals",
		Config: func(string) clean.Config { return &Shouting{Max: 0.5} }, Facts: []clean.Fact{{Name: "shouting.share", Hi: 1, Bins: 50}}})
	defer func() { clean.Rules = clean.Rules[:len(clean.Rules)-1] }()

	rule, dialect, _ := clean.Find("shouting")
	chain, err := clean.NewChain([]clean.Link{{Name: "shouting", Config: rule.Config(dialect)}}, false)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, text := range []string{"The mill stands by the river.", "BUY THE MILL NOW"} {
		d := &quern.Doc{Text: []byte(text)}
		v, err := chain.Apply(d)
		fmt.Printf("%q %.2f %v\n", v, d.Marks[0].Value, err)
	}
	// Output:
	// "" 0.03 <nil>
	// "clean.shouting.loud" 0.81 <nil>
}
