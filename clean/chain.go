package clean

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unsafe"

	"github.com/seed-83c59573/quern"
)

// Link is a rule in its place in a chain.
type Link struct {
	Name   string // as Find knows it
	Config Config
	Lang   string // it sees only documents of this language (Doc.Lang, "zh" stands for "zh-Hant" too); "" = all
}

// Chain is a Stage that applies rules in order; the first verdict that is not Keep is the chain's. Rules that judge the same facts
// share one scan of the text.
type Chain struct {
	// Record asks rules for the spans that they find, and marks "document.bytes", the size of the text as it came.
	Record bool

	parts []part
	all   bool
	spans []quern.Span
}

// part is one stage of a chain; several rules may be joined in it.
type part struct {
	stage quern.Stage
	lang  string
	mark  string // the fact "<rule>.dropped" of a rule whose verdicts its facts do not tell; "" = they do
}

// NewChain builds the rules. With all set, the rules behind a verdict measure a document too, so that it is known what they would
// have said: every fact is there for every document, at the price of judging what is already dropped.
func NewChain(links []Link, all bool) (*Chain, error) {
	c := &Chain{all: all}
	for _, l := range links {
		s, err := l.Config.Stage()
		if err != nil {
			return nil, err
		}
		mark := ""
		if _, ok := l.Config.(Limited); !ok && all {
			mark = droppedBy(l.Name)
		}
		switch j := s.(type) {
		case *judged:
			j.all = all
		case *codeRules:
			j.all = all
		}
		if n := len(c.parts); n > 0 && c.parts[n-1].lang == l.Lang && mark == "" && c.parts[n-1].mark == "" {
			if j := join(c.parts[n-1].stage, s); j != nil {
				c.parts[n-1].stage = j
				continue
			}
		}
		c.parts = append(c.parts, part{s, l.Lang, mark})
	}
	return c, nil
}

// droppedBy is the fact that a rule has dropped a document: 1, or 0 if it has not.
func droppedBy(rule string) string {
	name, _, _ := strings.Cut(rule, "@")
	return name + ".dropped"
}

// Speaks tells whether a document's language is the one that a section is for.
func Speaks(lang, section string) bool {
	return section == "" || strings.HasPrefix(lang, section) && (len(lang) == len(section) || lang[len(section)] == '-')
}

// Apply rules on d.
func (c *Chain) Apply(d *quern.Doc) (quern.Verdict, error) {
	if !c.Record {
		return c.apply(d)
	}
	d.Mark("document.bytes", float64(len(d.Text)))
	if d.Spans != nil {
		return c.apply(d)
	}
	d.Spans = append(c.spans[:0], quern.Span{})[:0] // not nil: they are asked for
	v, err := c.apply(d)
	c.spans = d.Spans
	return v, err
}

func (c *Chain) apply(d *quern.Doc) (quern.Verdict, error) {
	first, drop := quern.Keep, quern.Drop{}
	came, spans := d.Text, len(d.Spans)
	for i := range c.parts {
		p := &c.parts[i]
		if !Speaks(d.Lang, p.lang) {
			continue
		}
		d.Drop = quern.Drop{}
		moved := !sameBytes(came, d.Text)
		v, err := p.stage.Apply(d)
		for ; spans < len(d.Spans); spans++ {
			d.Spans[spans].Moved = moved
		}
		if err != nil {
			return v, err
		}
		if p.mark != "" {
			d.Mark(p.mark, indicator(v != quern.Keep))
		}
		if v == quern.Keep || first != quern.Keep {
			continue
		}
		if !c.all {
			return v, nil
		}
		if first, drop = v, d.Drop; drop.Verdict != v {
			drop = quern.Drop{Verdict: v}
		}
	}
	d.Drop = drop
	return first, nil
}

// sameBytes tells whether two texts are the same memory: no rule writes into a text that it was given.
func sameBytes(a, b []byte) bool {
	return len(a) == len(b) && unsafe.SliceData(a) == unsafe.SliceData(b)
}

// Close ends the rules that hold something of the world, such as a process.
func (c *Chain) Close() error {
	var err error
	for _, p := range c.parts {
		if cl, ok := p.stage.(io.Closer); ok {
			err = errors.Join(err, cl.Close())
		}
	}
	return err
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// FactsOf lists every fact that a chain may mark, in the order of its rules, each once.
func FactsOf(links []Link, all bool) (list []Fact) {
	add := func(f Fact) {
		if !slices.ContainsFunc(list, func(g Fact) bool { return g.Name == f.Name }) {
			list = append(list, f)
		}
	}
	for _, l := range links {
		for _, f := range factsOf(l) {
			add(f)
		}
		if _, ok := l.Config.(Limited); !ok && all {
			add(share(droppedBy(l.Name)))
		}
	}
	return list
}

// Measuring is a Config whose facts depend on its options.
type Measuring interface {
	Measures() []Fact
}

// Reading is a Config that reads facts which rules before it have marked.
type Reading interface {
	Reads() []string
}

func factsOf(l Link) []Fact {
	if m, ok := l.Config.(Measuring); ok {
		return m.Measures()
	}
	r, _, _ := Find(l.Name)
	return r.Facts
}

// CheckChain refuses a chain in which a rule reads a fact that no rule before it measures.
func CheckChain(links []Link) error {
	have := map[string]bool{}
	for _, l := range links {
		if r, ok := l.Config.(Reading); ok {
			for _, name := range r.Reads() {
				if !have[name] {
					return fmt.Errorf("clean: %s reads %s, which no rule before it measures", l.Name, name)
				}
			}
		}
		for _, f := range factsOf(l) {
			have[f.Name] = true
		}
	}
	return nil
}

// Rejudger tells what a chain would say of documents whose facts are known, without their texts.
type Rejudger struct {
	links  []Link
	limits [][]Limit // of each link; nil = its verdicts do not follow from facts
}

// NewRejudger takes the limits of a chain.
func NewRejudger(links []Link) *Rejudger {
	r := &Rejudger{links, make([][]Limit, len(links))}
	for i, l := range links {
		if limited, ok := l.Config.(Limited); ok {
			r.limits[i] = append([]Limit{}, limited.Limits()...) // not nil
		}
	}
	return r
}

// Judge gives the verdict on one document. Rules that rewrite texts measured what they measured: facts behind them are those of the text
// as it was then. A fact that is missing breaks no limit; unknown tells that a rule which would have had a say did not see the document,
// because an earlier one had dropped it.
func (r *Rejudger) Judge(lang string, fact func(name string) (float64, bool)) (v quern.Verdict, unknown bool) {
	for k, l := range r.links {
		if !Speaks(lang, l.Lang) {
			continue
		}
		limits := r.limits[k]
		if limits == nil {
			dropped, seen := fact(droppedBy(l.Name))
			if dropped == 1 {
				name, _, _ := strings.Cut(l.Name, "@")
				return quern.Verdict("clean." + name), unknown
			}
			unknown = unknown || !seen
			continue
		}
		seen := false
		for i := range limits {
			value, ok := fact(limits[i].Fact)
			if !ok {
				continue
			}
			seen = true
			if _, broken := limits[i].Broken(value, lang); broken {
				return limits[i].Verdict, unknown
			}
		}
		unknown = unknown || !seen && len(limits) > 0
	}
	return quern.Keep, unknown
}
