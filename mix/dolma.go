package mix

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
)

// DolmaPaths say where a Dolma mixer finds the documents of sources, and where it writes.
type DolmaPaths struct {
	Documents  func(source string) string // a pattern with one *, such as documents/docs/*.jsonl.gz
	Output     string                     // the folder under which each stream has its own
	Experiment string                     // of the attributes that random_number_v1 gave, for parts of an epoch; "" = there are none
	MaxBytes   int64                      // of an output file; 0 = Dolma's own limit
}

type dolmaMix struct {
	Streams   []dolmaStream `json:"streams"`
	Processes int           `json:"processes"`
}

type dolmaStream struct {
	Name       string       `json:"name"`
	Documents  []string     `json:"documents"`
	Attributes []string     `json:"attributes,omitempty"`
	Filter     *dolmaFilter `json:"filter,omitempty"`
	Output     dolmaOutput  `json:"output"`
}

type dolmaFilter struct {
	Include []string `json:"include"`
	Syntax  string   `json:"syntax"`
}

type dolmaOutput struct {
	Path string `json:"path"`
	Max  int64  `json:"max_size_in_bytes,omitempty"`
}

const maxDolmaStreams = 10_000

// Dolma is the plan as a config of Dolma's mixer (allenai/dolma, docs/mixer.md and src/filters.rs), which knows documents, filters and
// outputs, but no amounts: a stream for each epoch of each class of documents, and one with a filter on a random number for the part of
// an epoch that is left. So shares are as near as the number's chance is, clusters may be in both splits, and the order is lost. Language
// and bucket are where quern's export of documents has them, in the metadata.
func (p *Plan) Dolma(o DolmaPaths) ([]byte, error) {
	m := dolmaMix{Processes: 1}
	for i := range p.Parts {
		part := &p.Parts[i]
		amount := int64(0)
		for _, ph := range p.Phases {
			amount += ph.Shares[i].Achieved
		}
		epochs := float64(amount) / float64(max(1, part.Size))
		for k := range part.Of {
			c := &part.Of[k]
			if c.Docs == 0 {
				continue
			}
			if p.Upsample != nil && len(p.Upsample.Clusters) > 0 {
				return nil, fmt.Errorf("%s is up-sampled by the size of clusters, which documents of Dolma do not have", part.Name)
			}
			if err := m.add(o, part.Name, c, epochs*float64(c.Times)); err != nil {
				return nil, err
			}
		}
	}
	b, err := json.MarshalIndent(m, "", "  ")
	return append(b, '\n'), err
}

// add makes the streams of a class.
func (m *dolmaMix) add(o DolmaPaths, part string, c *Class, epochs float64) error {
	whole := math.Floor(epochs)
	if float64(len(m.Streams))+whole+1 > maxDolmaStreams {
		return fmt.Errorf("%g epochs of %s: Dolma has a stream for each, and more than %d are too many", epochs, part, maxDolmaStreams)
	}
	var terms []string
	if c.Lang != "" {
		terms = append(terms, fmt.Sprintf(".metadata.language == %q", c.Lang))
	}
	if c.Bucket != "" {
		terms = append(terms, fmt.Sprintf(".metadata.bucket == %q", c.Bucket))
	}
	base := strings.NewReplacer("/", "-", "=", "-").Replace(part) + "-" + strings.NewReplacer("/", "-", " ", "-").Replace(c.String())
	stream := func(name string, terms []string, attributes ...string) {
		s := dolmaStream{Name: name, Documents: []string{o.Documents(c.Source)}, Attributes: attributes,
			Output: dolmaOutput{strings.TrimSuffix(o.Output, "/") + "/" + name, o.MaxBytes}}
		if len(terms) > 0 {
			s.Filter = &dolmaFilter{[]string{strings.Join(terms, " and ")}, "jq"}
		}
		m.Streams = append(m.Streams, s)
	}
	for e := range int(whole) {
		stream(fmt.Sprintf("%s-epoch%d", base, e+1), terms)
	}
	rest := epochs - whole
	if rest < 1e-4 {
		return nil
	}
	if o.Experiment == "" {
		return fmt.Errorf("%s takes %.4f of an epoch: Dolma can only tell documents apart by attributes; tag them with random_number_v1 and name the experiment", part, rest)
	}
	random := fmt.Sprintf(".attributes[%q][0][2] < %.6f", o.Experiment+"__random_number_v1__random", rest)
	stream(base+"-rest", append(terms[:len(terms):len(terms)], random), o.Experiment)
	return nil
}
