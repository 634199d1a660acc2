package mix

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"strings"
)

// Plan says which documents are in the corpus, how often and in which order. Its JSON form holds decisions, not documents; Parse
// joins it with the documents again.
type Plan struct {
	Seed       uint64       `json:"seed"`
	Validation float64      `json:"validation"`
	Tokens     int64        `json:"tokens"` // asked for, after shrinking
	Domains    []DomainPlan `json:"domains"`

	domains []Domain
	given   []int      // where each stands in what the caller gave
	train   [][]uint32 // by domain, the documents of training, numbered through its sets
	held    [][]uint32 // by domain, the documents of validation
	order   order
}

// DomainPlan is the part of one domain.
type DomainPlan struct {
	Name             string  `json:"name"`
	Ratio            float64 `json:"ratio"`          // asked share
	Asked            int64   `json:"asked"`          // tokens
	Achieved         int64   `json:"achieved"`       // tokens
	Available        int64   `json:"available"`      // tokens of its training documents, once
	Docs             int64   `json:"docs"`           // its training documents
	Full             int64   `json:"full"`           // whole epochs
	Tail             int64   `json:"tail"`           // positions of the last, partial epoch that are looked at
	Skip             []int64 `json:"skip,omitempty"` // of these, positions left out because they would not fit
	ValidationDocs   int64   `json:"validation_docs"`
	ValidationTokens int64   `json:"validation_tokens"`
}

// picks is how many documents the domain gives, repeats counted.
func (d *DomainPlan) picks() int64 { return d.Full*d.Docs + d.Tail - int64(len(d.Skip)) }

// permutation is the order in which an epoch visits the domain's documents.
func (d *DomainPlan) permutation(seed uint64, epoch int64) permutation {
	return newPermutation(d.Docs, seed, fmt.Sprintf("%s/%d", d.Name, epoch))
}

// Summary is a plan in numbers.
type Summary struct {
	Tokens  int64           `json:"tokens"`
	Domains []DomainSummary `json:"domains"`
}

// DomainSummary compares what was asked of a domain with what it gives.
type DomainSummary struct {
	Name             string  `json:"name"`
	Asked            float64 `json:"asked"`    // share
	Achieved         float64 `json:"achieved"` // share
	AskedTokens      int64   `json:"asked_tokens"`
	Tokens           int64   `json:"tokens"`
	Docs             int64   `json:"docs"` // repeats counted
	Epochs           float64 `json:"epochs"`
	ValidationDocs   int64   `json:"validation_docs"`
	ValidationTokens int64   `json:"validation_tokens"`
}

// Summary puts the plan in numbers.
func (p *Plan) Summary() Summary {
	var s Summary
	for _, d := range p.Domains {
		s.Tokens += d.Achieved
	}
	for _, d := range p.Domains {
		s.Domains = append(s.Domains, DomainSummary{Name: d.Name, Asked: d.Ratio, Achieved: float64(d.Achieved) / float64(max(1, s.Tokens)),
			AskedTokens: d.Asked, Tokens: d.Achieved, Docs: d.picks(), Epochs: float64(d.Achieved) / float64(max(1, d.Available)),
			ValidationDocs: d.ValidationDocs, ValidationTokens: d.ValidationTokens})
	}
	return s
}

// ErrShort means that a domain has too few tokens.
var ErrShort = errors.New("too few tokens")

// Make plans a mix of domains, of which validation is the share of documents that training must not see. It is pure: the same
// arguments give the same plan. The tokens of each domain come within one document of what the ratios ask, and usually much nearer,
// since the last epoch is filled up with documents that still fit.
func Make(c Config, seed uint64, validation float64, domains []Domain) (*Plan, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	p := &Plan{Seed: seed, Validation: validation, Tokens: c.Tokens}
	sum := 0.0
	for _, name := range slices.Sorted(maps.Keys(c.Ratios)) {
		sum += c.Ratios[name]
	}
	var chosen []Domain
	for _, name := range slices.Sorted(maps.Keys(c.Ratios)) {
		i := sort.Search(len(domains), func(i int) bool { return domains[i].Name >= name })
		if i == len(domains) || domains[i].Name != name {
			return nil, fmt.Errorf("a ratio for %s, which no source gives", name)
		}
		chosen, p.given = append(chosen, domains[i]), append(p.given, i)
		p.Domains = append(p.Domains, DomainPlan{Name: name, Ratio: c.Ratios[name] / sum})
	}
	p.join(chosen)
	if err := p.fit(c); err != nil {
		return nil, err
	}
	for i, asked := range quotas(p.Tokens, p.Domains) {
		p.Domains[i].Asked = asked
		p.fill(i)
		p.trimValidation(i)
	}
	p.order = newOrder(p)
	return p, nil
}

// Parse joins the JSON form of a plan with the documents that it was made of.
func Parse(b []byte, domains []Domain) (*Plan, error) {
	p := &Plan{}
	if err := json.Unmarshal(b, p); err != nil {
		return nil, err
	}
	was := make([]DomainPlan, len(p.Domains))
	copy(was, p.Domains)
	var chosen []Domain
	for _, d := range p.Domains {
		for i, have := range domains {
			if have.Name == d.Name {
				chosen, p.given = append(chosen, have), append(p.given, i)
			}
		}
	}
	if len(chosen) != len(p.Domains) {
		return nil, errors.New("the plan is about other domains")
	}
	p.join(chosen)
	for i := range p.Domains {
		p.trimValidation(i)
	}
	for i, d := range p.Domains {
		if d.Docs != was[i].Docs || d.Available != was[i].Available || d.ValidationDocs != was[i].ValidationDocs {
			return nil, fmt.Errorf("the plan was made of other documents of the domain %s", d.Name)
		}
	}
	p.order = newOrder(p)
	return p, nil
}

// join splits the documents of the domains into training and validation.
func (p *Plan) join(domains []Domain) {
	p.domains = domains
	p.train, p.held = make([][]uint32, len(domains)), make([][]uint32, len(domains))
	for i, d := range domains {
		dp := &p.Domains[i]
		dp.Docs, dp.Available, dp.ValidationDocs, dp.ValidationTokens = 0, 0, 0, 0
		at := uint32(0)
		for s := range d.Sets {
			set := &d.Sets[s]
			for doc, tokens := range set.Tokens {
				if p.Validation > 0 && set.validates(doc, p.Seed, p.Validation) {
					p.held[i] = append(p.held[i], at)
					dp.ValidationDocs++
					dp.ValidationTokens += int64(tokens)
				} else {
					p.train[i] = append(p.train[i], at)
					dp.Docs++
					dp.Available += int64(tokens)
				}
				at++
			}
		}
	}
}

// trimValidation keeps as many of the documents of domain i that training must not see as give the validation split the mix's ratios:
// those that fit into the validation share of the domain's tokens, or the shortest one if none does. The rest of them is in neither
// split.
func (p *Plan) trimValidation(i int) {
	d := &p.Domains[i]
	held := p.held[i]
	left := int64(p.Validation / (1 - p.Validation) * float64(d.Asked))
	perm := newPermutation(int64(len(held)), p.Seed, "validation/"+d.Name)
	kept := []uint32{}
	var shortest uint32
	least := int64(math.MaxInt64)
	d.ValidationTokens = 0
	for k := range int64(len(held)) {
		at := held[perm.at(k)]
		_, n := p.locate(i, at)
		tokens := int64(n)
		if tokens < least {
			shortest, least = at, tokens
		}
		if tokens <= left {
			kept = append(kept, at)
			d.ValidationTokens += tokens
			left -= tokens
		}
	}
	if len(kept) == 0 && len(held) > 0 {
		kept, d.ValidationTokens = append(kept, shortest), least
	}
	p.held[i], d.ValidationDocs = kept, int64(len(kept))
}

// fit checks that no domain runs short, or shrinks the mix until none does.
func (p *Plan) fit(c Config) error {
	var short []string
	largest := p.Tokens
	for _, d := range p.Domains {
		limit := c.Repeat * float64(d.Available)
		if need := d.Ratio * float64(p.Tokens); need > limit+1 {
			short = append(short, fmt.Sprintf("%s needs %.0f tokens and has %d in %d documents, or %.0f in %g epochs: %.0f are missing",
				d.Name, need, d.Available, d.Docs, limit, c.Repeat, math.Ceil(need-limit)))
			largest = min(largest, int64(limit/d.Ratio))
		}
	}
	if len(short) == 0 {
		return nil
	}
	if c.Short == "error" {
		return fmt.Errorf("%w: %s; add sources, raise repeat, ask for at most %d tokens, or set short: shrink", ErrShort, strings.Join(short, "; "), largest)
	}
	if largest < 1 {
		return fmt.Errorf("%w: a domain is empty: %s", ErrShort, strings.Join(short, "; "))
	}
	p.Tokens = largest
	return nil
}

// quotas splits tokens by the ratios with the largest remainders, so that they sum up exactly.
func quotas(tokens int64, domains []DomainPlan) []int64 {
	q := make([]int64, len(domains))
	rest := make([]float64, len(domains))
	left := tokens
	for i, d := range domains {
		exact := d.Ratio * float64(tokens)
		q[i] = int64(exact)
		rest[i] = exact - float64(q[i])
		left -= q[i]
	}
	by := make([]int, len(domains))
	for i := range by {
		by[i] = i
	}
	sort.SliceStable(by, func(i, j int) bool { return rest[by[i]] > rest[by[j]] })
	for i := 0; left > 0; i, left = i+1, left-1 {
		q[by[i%len(by)]]++
	}
	return q
}

// maxSkips bounds the exceptions that a plan stores for a domain.
const maxSkips = 4096

// fill takes whole epochs of domain i and then documents of one more, in its order, as long as they fit.
func (p *Plan) fill(i int) {
	d := &p.Domains[i]
	if d.Available == 0 {
		return
	}
	d.Full = d.Asked / d.Available
	d.Achieved = d.Full * d.Available
	left := d.Asked - d.Achieved
	perm := d.permutation(p.Seed, d.Full)
	skipped := 0
	for pos := int64(0); pos < d.Docs && left > 0 && skipped <= maxSkips; pos++ {
		_, tokens := p.locate(i, p.train[i][perm.at(pos)])
		if int64(tokens) > left {
			d.Skip = append(d.Skip, pos)
			skipped++
			continue
		}
		left -= int64(tokens)
		d.Achieved += int64(tokens)
		d.Tail = pos + 1
	}
	if d.Achieved == 0 {
		p.takeShortest(i, perm)
		return
	}
	for len(d.Skip) > 0 && d.Skip[len(d.Skip)-1] >= d.Tail { // nothing was taken after these
		d.Skip = d.Skip[:len(d.Skip)-1]
	}
}

// takeShortest gives a domain whose documents are all longer than its quota the shortest of them, so that it is in the mix at all.
func (p *Plan) takeShortest(i int, perm permutation) {
	d := &p.Domains[i]
	best := int64(0)
	least := int64(math.MaxInt64)
	for pos := range min(d.Docs, maxSkips) {
		if _, tokens := p.locate(i, p.train[i][perm.at(pos)]); int64(tokens) < least {
			best, least = pos, int64(tokens)
		}
	}
	d.Skip = nil
	for pos := range best {
		d.Skip = append(d.Skip, pos)
	}
	d.Tail, d.Achieved = best+1, least
}

// locate finds document number at of domain i: its set and place there, and its tokens.
func (p *Plan) locate(i int, at uint32) (place [2]int, tokens uint32) {
	n := int(at)
	for s := range p.domains[i].Sets {
		set := &p.domains[i].Sets[s]
		if n < len(set.Tokens) {
			return [2]int{s, n}, set.Tokens[n]
		}
		n -= len(set.Tokens)
	}
	panic("mix: document number beyond the domain")
}
