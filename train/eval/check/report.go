package check

import "fmt"

// Rate is how often something held.
type Rate struct {
	Held int `json:"held"`
	Of   int `json:"of"`
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
	category := func(name string, n *[4]int) Category { return Category{name, Rate{n[1], n[0]}, Rate{n[3], n[2]}} }
	for _, name := range Categories() {
		if n := counts[name]; n != nil {
			r.Categories = append(r.Categories, category(name, n))
		}
	}
	r.All, r.Stop = category("all", counts[""]), Rate{stopped, len(prompts)}
	return r, nil
}
