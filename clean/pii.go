package clean

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// PII finds what names or reaches a person. Each kind has an action: "replace" puts one placeholder there; "circular" puts the
// placeholders of its list in turn, from the first in every document; "mark" reports and leaves the text; "drop" drops the
// document; "off" does not look. What is no one's stays: private and documentation addresses, numbers kept for fiction.
type PII struct {
	Email    string `yaml:"email"`
	IP       string `yaml:"ip"`        // IPv4 and IPv6, globally reachable ones by the IANA registries
	Phone    string `yaml:"phone"`     // +country numbers and the usual national forms
	Card     string `yaml:"card"`      // payment cards: prefix, length and Luhn's digit
	IBAN     string `yaml:"iban"`      // country, length and check digits (ISO 13616)
	CNID     string `yaml:"cn_id"`     // Chinese resident numbers: region, date and check digit (GB 11643)
	CNMobile string `yaml:"cn_mobile"` // Chinese mobile numbers without a country code
	SSN      string `yaml:"ssn"`       // US social security numbers as 123-45-6789; they have no check digit

	// Loose takes whatever has the shape of an e-mail address or IPv4 address, as datatrove does: package@1.2.3, image@2x.png,
	// section 5.11.2.3 and version 1.2.0.1 too.
	Loose bool `yaml:"loose"`

	// Values are the placeholders of a kind, by the name of its option; the first one is what "replace" puts.
	Values map[string][]string `yaml:"values"`
}

// DefaultPII replaces what a shape or a check digit makes sure, and does not look for phone and social security numbers.
func DefaultPII() PII {
	return PII{Email: piiReplace, IP: piiReplace, Phone: piiOff, Card: piiReplace, IBAN: piiReplace, CNID: piiReplace, CNMobile: piiOff, SSN: piiOff}
}

// piiDatatrove finds what datatrove's PIIFormatter finds, and puts two addresses in turn for e-mail as it does (it counts through all
// documents of a process; here each begins with the first, so that no document depends on another).
func piiDatatrove() PII {
	return PII{Email: piiCircular, IP: piiCircular, Phone: piiOff, Card: piiOff, IBAN: piiOff, CNID: piiOff, CNMobile: piiOff, SSN: piiOff, Loose: true}
}

func piiConfig(dialect string) Config {
	o := DefaultPII()
	if dialect == "datatrove" {
		o = piiDatatrove()
	}
	return &o
}

// The actions.
const (
	piiReplace  = "replace"
	piiCircular = "circular"
	piiDrop     = "drop"
	piiMark     = "mark"
	piiOff      = "off"
)

var piiActions = []string{piiReplace, piiCircular, piiDrop, piiMark, piiOff}

// The kinds, in the order in which they rule.
const (
	piiEmail = iota
	piiIP
	piiPhone
	piiCard
	piiIBAN
	piiCNID
	piiCNMobile
	piiSSN
	piiKinds
)

// piiNames are the kinds' options; a finding is the span "pii." + name.
var piiNames = [piiKinds]string{"email", "ip", "phone", "card", "iban", "cn_id", "cn_mobile", "ssn"}

var piiSpans = [piiKinds]string{"pii.email", "pii.ip", "pii.phone", "pii.card", "pii.iban", "pii.cn_id", "pii.cn_mobile", "pii.ssn"}

var piiMarks = [piiKinds]string{"pii.emails", "pii.ips", "pii.phones", "pii.cards", "pii.ibans", "pii.cn_ids", "pii.cn_mobiles", "pii.ssns"}

var piiVerdicts = [piiKinds]quern.Verdict{"clean.pii.email", "clean.pii.ip", "clean.pii.phone", "clean.pii.card", "clean.pii.iban", "clean.pii.cn_id",
	"clean.pii.cn_mobile", "clean.pii.ssn"}

var piiFacts = []Fact{count("pii.emails"), count("pii.ips"), count("pii.phones"), count("pii.cards"), count("pii.ibans"), count("pii.cn_ids"),
	count("pii.cn_mobiles"), count("pii.ssns")}

// piiValues are placeholders that are no one's: domains of RFC 2606, addresses of RFC 5737 and 3849, numbers of North America's
// range for fiction, and numbers of zeros that fail every check.
var piiValues = [piiKinds][]string{
	{"email@example.com", "firstname.lastname@example.org"},
	{"192.0.2.1", "198.51.100.1", "203.0.113.1"},
	{"555-0100", "555-0101", "555-0102"},
	{"0000 0000 0000 0000"},
	{"XX00 0000 0000 0000"},
	{"000000000000000000"},
	{"10000000000"},
	{"000-00-0000"},
}

func (o *PII) actions() [piiKinds]string {
	return [piiKinds]string{o.Email, o.IP, o.Phone, o.Card, o.IBAN, o.CNID, o.CNMobile, o.SSN}
}

// Stage builds the rule. It marks the number of findings of each kind that is not off ("pii.emails", "pii.ips", …), reports each as
// a span ("pii.email"), and gives "clean.pii.<kind>" for kinds whose action is "drop".
func (o PII) Stage() (quern.Stage, error) {
	s := &pii{bounds: newBounds(o.Limits()), loose: o.Loose, values: piiValues}
	for k, action := range o.actions() {
		if !slices.Contains(piiActions, action) {
			return nil, fmt.Errorf("clean: pii: %s: %q: want %s", piiNames[k], action, strings.Join(piiActions, ", "))
		}
		s.on[k] = action != piiOff
		s.replace[k] = action == piiReplace || action == piiCircular
		s.turn[k] = action == piiCircular
	}
	for name, values := range o.Values {
		k := slices.Index(piiNames[:], name)
		if k < 0 {
			return nil, fmt.Errorf("clean: pii: values: no kind is called %q; kinds are %s", name, strings.Join(piiNames[:], ", "))
		}
		if len(values) == 0 {
			return nil, fmt.Errorf("clean: pii: values: %s has an empty list", name)
		}
		for _, v := range values {
			if strings.ContainsRune(v, '\n') || !utf8.ValidString(v) {
				return nil, fmt.Errorf("clean: pii: values: %s: a placeholder must be one line of UTF-8", name)
			}
		}
		s.values[k] = values
	}
	return s, nil
}

// Limits are the kinds that drop a document.
func (o PII) Limits() (limits []Limit) {
	for k, action := range o.actions() {
		if action == piiDrop {
			limits = append(limits, most(piiMarks[k], 0, piiVerdicts[k]))
		}
	}
	return limits
}

// Measures are the numbers of findings of the kinds that are not off.
func (o *PII) Measures() (facts []Fact) {
	for k, action := range o.actions() {
		if action != piiOff {
			facts = append(facts, piiFacts[k])
		}
	}
	return facts
}

// finding is a part of a text: [from, to) in bytes.
type finding struct {
	kind     uint8
	from, to int
	score    float64
}

type pii struct {
	bounds
	on, replace, turn [piiKinds]bool
	loose             bool
	values            [piiKinds][]string

	text  []byte
	found []finding // in order, none over another
	buf   []byte
}

func (s *pii) Apply(d *quern.Doc) (quern.Verdict, error) {
	if v := checkText(d); v != quern.Keep {
		return v, nil
	}
	s.text, s.found = d.Text, s.found[:0]
	s.scan()
	var counts [piiKinds]int
	replaced := false
	for _, f := range s.found {
		counts[f.kind]++
		replaced = replaced || s.replace[f.kind]
		d.Span(piiSpans[f.kind], f.from, f.to, f.score)
	}
	for k, n := range counts {
		if s.on[k] {
			d.Mark(piiMarks[k], float64(n))
		}
	}
	if v := s.judge(d); v != quern.Keep || !replaced {
		return v, nil
	}
	d.Text = s.rewrite()
	return quern.Keep, nil
}

// rewrite puts placeholders for what is replaced.
func (s *pii) rewrite() []byte {
	var nth [piiKinds]int
	out, done := s.buf[:0], 0
	for _, f := range s.found {
		if !s.replace[f.kind] {
			continue
		}
		values := s.values[f.kind]
		out = append(out, s.text[done:f.from]...)
		out = append(out, values[nth[f.kind]]...)
		if s.turn[f.kind] {
			nth[f.kind] = (nth[f.kind] + 1) % len(values)
		}
		done = f.to
	}
	s.buf = append(out, s.text[done:]...)
	return s.buf
}
