package check

import (
	"fmt"
	"math"
	"strings"
)

// Rate is how often something held, with Wilson's interval of 95 %.
type Rate struct {
	Held int     `json:"held"`
	Of   int     `json:"of"`
	Rate float64 `json:"rate"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// rate is Wilson's score interval (1927).
func rate(held, of int) Rate {
	if of == 0 {
		return Rate{}
	}
	const z = 1.959963984540054
	n, p := float64(of), float64(held)/float64(of)
	mid, half := p+z*z/(2*n), z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return Rate{held, of, p, max(0, (mid-half)/(1+z*z/n)), min(1, (mid+half)/(1+z*z/n))}
}

func (r Rate) String() string {
	if r.Of == 0 {
		return "none"
	}
	return fmt.Sprintf("%5.1f %% (%d of %d, 95 %%: %.0f to %.0f)", 100*r.Rate, r.Held, r.Of, 100*r.Low, 100*r.High)
}

// Verdict is what became of one prompt.
type Verdict struct {
	Prompt   string   `json:"prompt"`
	Category string   `json:"category"`
	Passed   bool     `json:"passed"`           // all checks
	Failed   []string `json:"failed,omitempty"` // the checks that did not hold, with the reason
}

// Category is the rates of one.
type Category struct {
	Name    string `json:"name"`
	Prompts Rate   `json:"prompts"` // whose checks all hold
	Checks  Rate   `json:"checks"`
}

// Report is what a set of answers came to.
type Report struct {
	Categories []Category `json:"categories"` // in the order of Categories, those with prompts
	All        Category   `json:"all"`
	Stop       Rate       `json:"stop"` // answers that ended by themselves
	Verdicts   []Verdict  `json:"verdicts"`
}

// Run judges answers. There must be one of each prompt and none besides; their order does not matter.
func Run(prompts []Prompt, answers []Answer) (Report, error) {
	said := map[string]*Answer{}
	for i := range answers {
		a := &answers[i]
		if said[a.Prompt] != nil {
			return Report{}, fmt.Errorf("prompt %s has two answers", a.Prompt)
		}
		said[a.Prompt] = a
	}
	var r Report
	counts := map[string]*[4]int{"": {}} // prompts, of them passed; checks, of them held
	stopped := 0
	for _, p := range prompts {
		a := said[p.ID]
		if a == nil {
			return Report{}, fmt.Errorf("prompt %s has no answer", p.ID)
		}
		delete(said, p.ID)
		v := Verdict{Prompt: p.ID, Category: p.Category}
		for _, c := range p.Checks {
			if err := c.Holds(a.Text); err != nil {
				v.Failed = append(v.Failed, c.Rule+": "+err.Error())
			}
		}
		v.Passed = len(v.Failed) == 0
		if counts[p.Category] == nil {
			counts[p.Category] = &[4]int{}
		}
		for _, n := range []*[4]int{counts[p.Category], counts[""]} {
			n[0]++
			n[2] += len(p.Checks)
			n[3] += len(p.Checks) - len(v.Failed)
			if v.Passed {
				n[1]++
			}
		}
		if a.Ended {
			stopped++
		}
		r.Verdicts = append(r.Verdicts, v)
	}
	for id := range said {
		return Report{}, fmt.Errorf("an answer to %s, which is no prompt", id)
	}
	category := func(name string, n *[4]int) Category { return Category{name, rate(n[1], n[0]), rate(n[3], n[2])} }
	for _, name := range Categories() {
		if n := counts[name]; n != nil {
			r.Categories = append(r.Categories, category(name, n))
		}
	}
	r.All, r.Stop = category("all", counts[""]), rate(stopped, len(prompts))
	return r, nil
}

// Table is the report as people read it.
func (r *Report) Table() string {
	var b strings.Builder
	for _, c := range append(r.Categories, r.All) {
		fmt.Fprintf(&b, "%-8s %s\n", c.Name, c.Prompts)
	}
	fmt.Fprintf(&b, "%-8s %s\n", "stops", r.Stop)
	return b.String()
}

// Compare is a table of two reports on the same prompts, such as before and after fine-tuning.
func Compare(before, after *Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-8s %7s %7s %7s\n", "", "before", "after", "change")
	line := func(name string, x, y Rate) {
		fmt.Fprintf(&b, "%-8s %5.1f %% %5.1f %% %+7.1f\n", name, 100*x.Rate, 100*y.Rate, 100*(y.Rate-x.Rate))
	}
	old := map[string]Rate{}
	for _, c := range before.Categories {
		old[c.Name] = c.Prompts
	}
	for _, c := range after.Categories {
		line(c.Name, old[c.Name], c.Prompts)
	}
	line("all", before.All.Prompts, after.All.Prompts)
	line("stops", before.Stop, after.Stop)
	return b.String()
}
