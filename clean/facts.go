package clean

import (
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

const (
	badText  quern.Verdict = "clean.facts.not_utf8"
	tooLarge quern.Verdict = "clean.facts.too_large"
)

// checkText drops a document whose bytes are no text.
func checkText(d *quern.Doc) quern.Verdict {
	if utf8.Valid(d.Text) {
		return quern.Keep
	}
	return d.Fail(badText, float64(firstInvalid(d.Text)), 0)
}

// refuseText drops what no rule here can measure: texts that are not UTF-8 or are beyond any sensible size.
func refuseText(d *quern.Doc) quern.Verdict {
	if len(d.Text) > maxText {
		return d.Fail(tooLarge, float64(len(d.Text)), maxText)
	}
	return checkText(d)
}

// maxText bounds what is measured: the scanner keeps about 10 bytes a byte. No rule here keeps texts of that size by default.
const maxText = 16 << 20

// judge is a rule about the facts that one scan gives.
type judge interface {
	// needs tells what the rule wants measured.
	needs() needs
	// measure takes the rule's facts from a scan and marks them on d; it never rules.
	measure(s *scanner, d *quern.Doc)
	// rule judges what measure took. It may give d another text; the facts are then measured again for the rules that follow.
	rule(d *quern.Doc) (v quern.Verdict, rewritten bool)
}

// judged is a Stage that scans a text once for several judges.
type judged struct {
	judges []judge
	scan   *scanner
	all    bool // go on behind a verdict, so that later rules measure too
}

func newJudged(j ...judge) *judged { return &judged{judges: j, scan: new(scanner)} }

// Join merges neighbors among stages that judge facts (Gopher, C4, FineWeb); other stages stay where they are.
func Join(stages []quern.Stage) []quern.Stage {
	var out []quern.Stage
	for _, s := range stages {
		if n := len(out); n > 0 {
			if j := join(out[n-1], s); j != nil {
				out[n-1] = j
				continue
			}
		}
		out = append(out, s)
	}
	return out
}

// join merges two neighbors that judge facts into one stage that scans a text once, and again only behind a rule that rewrote it;
// nil if they are not such. The fate of every document is the same as without; a dropped one may carry marks of rules that would
// have come later.
func join(a, b quern.Stage) quern.Stage {
	if c, ok := a.(*codeRules); ok {
		return c.join(b)
	}
	first, ok := a.(*judged)
	second, ok2 := b.(*judged)
	if !ok || !ok2 {
		return nil
	}
	j := newJudged(append(append([]judge{}, first.judges...), second.judges...)...)
	j.all = first.all
	return j
}

func (g *judged) Apply(d *quern.Doc) (quern.Verdict, error) {
	if v := g.measure(d, g.judges); v != quern.Keep {
		return v, nil
	}
	first, drop := quern.Keep, quern.Drop{}
	for i, j := range g.judges {
		v, rewritten := j.rule(d)
		if v != quern.Keep {
			if !g.all {
				return v, nil
			}
			if first == quern.Keep {
				first, drop = v, d.Drop
			}
		}
		if rest := g.judges[i+1:]; rewritten && len(rest) > 0 {
			if v := g.measure(d, rest); v != quern.Keep && first == quern.Keep {
				return v, nil
			}
		}
	}
	d.Drop = drop
	return first, nil
}

func (g *judged) measure(d *quern.Doc, judges []judge) quern.Verdict {
	if v := refuseText(d); v != quern.Keep {
		return v
	}
	var need needs
	for _, j := range judges {
		need |= j.needs()
	}
	g.scan.scan(d.Text, need)
	for _, j := range judges {
		j.measure(g.scan, d)
	}
	return quern.Keep
}
