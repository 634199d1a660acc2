package clean

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// Secrets finds keys, tokens and passwords that a text gives away, most of all in code. Each group has an action as PII's kinds
// have: "replace", "circular", "mark", "drop" or "off". What stands for a secret stays: placeholders, variables, examples of the
// documentation, words.
type Secrets struct {
	Known       string   `yaml:"known"`        // keys that have the shape of their issuer: AWS, GitHub, GitLab, Slack, Stripe, Google, OpenAI, …
	PrivateKey  string   `yaml:"private_key"`  // blocks between -----BEGIN … PRIVATE KEY----- and its end
	URLPassword string   `yaml:"url_password"` // the password of user:password@host in a URL
	Assigned    string   `yaml:"assigned"`     // password = "…", api_key: "…" where what is assigned looks like chance
	MinEntropy  float64  `yaml:"min_entropy"`  // of what is assigned, in bits a byte
	Values      []string `yaml:"values"`       // placeholders: "replace" puts the first, "circular" each in turn, from the first in every document
}

// DefaultSecrets replaces all by the placeholder of StarCoder's data (Li et al. 2023, arXiv 2305.06161, section 4.3). The bound on entropy
// is that of gitleaks' generic rule.
func DefaultSecrets() Secrets {
	return Secrets{Known: piiReplace, PrivateKey: piiReplace, URLPassword: piiReplace, Assigned: piiReplace, MinEntropy: 3.5, Values: []string{"<KEY>"}}
}

// The groups, in the order in which they rule.
const (
	secretKnown = iota
	secretPrivateKey
	secretURL
	secretAssigned
	secretGroups
)

var secretMarks = [secretGroups]string{"secrets.known", "secrets.private_keys", "secrets.url_passwords", "secrets.assigned"}

var secretVerdicts = [secretGroups]quern.Verdict{"clean.secrets.known", "clean.secrets.private_key", "clean.secrets.url_password", "clean.secrets.assigned"}

var secretFacts = []Fact{count("secrets.found"), count("secrets.known"), count("secrets.private_keys"), count("secrets.url_passwords"), count("secrets.assigned")}

func (o *Secrets) actions() [secretGroups]string {
	return [secretGroups]string{o.Known, o.PrivateKey, o.URLPassword, o.Assigned}
}

// Stage builds the rule. It marks how many it found in all ("secrets.found") and in each group, reports each as a span named after its
// issuer ("secrets.github"), and gives "clean.secrets.<group>" for groups whose action is "drop".
func (o Secrets) Stage() (quern.Stage, error) {
	s := &secrets{bounds: newBounds(o.Limits()), values: o.Values, minEntropy: o.MinEntropy, literals: secretMatcher()}
	for g, action := range o.actions() {
		name := strings.TrimPrefix(string(secretVerdicts[g]), "clean.secrets.")
		if !slices.Contains(piiActions, action) {
			return nil, fmt.Errorf("clean: secrets: %s: %q: want %s", name, action, strings.Join(piiActions, ", "))
		}
		s.on[g] = action != piiOff
		s.replace[g] = action == piiReplace || action == piiCircular
		s.turn[g] = action == piiCircular
		if s.replace[g] && len(o.Values) == 0 {
			return nil, fmt.Errorf("clean: secrets: %s: %s needs values", name, action)
		}
	}
	for _, v := range o.Values {
		if strings.ContainsRune(v, '\n') || !utf8.ValidString(v) {
			return nil, fmt.Errorf("clean: secrets: values: a placeholder must be one line of UTF-8")
		}
	}
	if !(o.MinEntropy >= 0 && o.MinEntropy <= 8) {
		return nil, fmt.Errorf("clean: secrets: min_entropy is %v, must be between 0 and 8", o.MinEntropy)
	}
	return s, nil
}

// Limits are the groups that drop a document.
func (o Secrets) Limits() (limits []Limit) {
	for g, action := range o.actions() {
		if action == piiDrop {
			limits = append(limits, most(secretMarks[g], 0, secretVerdicts[g]))
		}
	}
	return limits
}

type secrets struct {
	bounds
	on, replace, turn [secretGroups]bool
	values            []string
	minEntropy        float64
	literals          *matcher

	text  []byte
	found []secret
	buf   []byte
}

// secret is a finding: [from, to) in bytes.
type secret struct {
	span     string
	group    uint8
	from, to int
	score    float64
}

func (s *secrets) Apply(d *quern.Doc) (quern.Verdict, error) {
	if v := checkText(d); v != quern.Keep {
		return v, nil
	}
	s.text, s.found = d.Text, s.found[:0]
	s.scan()
	var counts [secretGroups]int
	replaced := false
	for _, f := range s.found {
		counts[f.group]++
		replaced = replaced || s.replace[f.group]
		d.Span(f.span, f.from, f.to, f.score)
	}
	d.Mark("secrets.found", float64(len(s.found)))
	for g, n := range counts {
		d.Mark(secretMarks[g], float64(n))
	}
	if v := s.judge(d); v != quern.Keep || !replaced {
		return v, nil
	}
	d.Text = s.rewrite()
	return quern.Keep, nil
}

// rewrite puts placeholders for what is replaced.
func (s *secrets) rewrite() []byte {
	out, done, nth := s.buf[:0], 0, 0
	for _, f := range s.found {
		if !s.replace[f.group] {
			continue
		}
		value := s.values[0]
		if s.turn[f.group] {
			value = s.values[nth%len(s.values)]
			nth++
		}
		out = append(append(out, s.text[done:f.from]...), value...)
		done = f.to
	}
	s.buf = append(out, s.text[done:]...)
	return s.buf
}

// scan fills s.found, in order and none over another. Whatever it looks for has a literal at its beginning or before it.
func (s *secrets) scan() {
	done := 0
	for i := s.literals.find(s.text, 0); i >= 0; i = s.literals.find(s.text, max(i+1, done)) {
		for at := (spot{end: i}); s.literals.longer(s.text, &at); {
			shape := &secretShapes[at.literal]
			if !s.on[shape.group] || !shape.folded && string(s.text[i:at.end]) != shape.literal {
				continue
			}
			if f := shape.look(s, i, at.end); f.to > 0 && f.from >= done {
				f.span, f.group = shape.span, shape.group
				s.found = append(s.found, f)
				done = f.to
				break
			}
		}
	}
}
