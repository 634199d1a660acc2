package mix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

// domain makes sets of documents of 1 to most tokens; every seventh document shares a cluster with the one before it.
func domain(name string, seed uint64, docs, most int) Domain {
	r := rand.New(rand.NewPCG(seed, 1))
	d := Domain{Name: name}
	for s := range 2 {
		set := Set{Name: fmt.Sprint(name, s)}
		for i := range docs / 2 {
			id := quern.NewID(set.Name, fmt.Sprint(i))
			set.IDs = append(set.IDs, id)
			set.Tokens = append(set.Tokens, 1+uint32(r.IntN(most)))
			group := quern.ID{}
			if i%7 == 6 {
				group = set.IDs[i-1]
				set.Groups[i-1] = group
			}
			set.Groups = append(set.Groups, group)
		}
		d.Sets = append(d.Sets, set)
	}
	return d
}

func three() []Domain {
	return []Domain{domain("code", 1, 400, 900), domain("paper", 2, 60, 5000), domain("web", 3, 2000, 700)}
}

func ask(tokens int64, repeat float64) Config {
	return Config{Ratios: map[string]float64{"code": 10, "paper": 15, "web": 75}, Tokens: tokens, Repeat: repeat, Short: "error"}
}

func TestTheMixIsExactInTokens(t *testing.T) {
	for _, tokens := range []int64{50_000, 333_333, 500_001, 2_000_000} {
		p, err := Make(ask(tokens, 8), 1, 0.01, three())
		if err != nil {
			t.Fatal(err)
		}
		sum := int64(0)
		for _, d := range p.Domains {
			sum += d.Asked
			if off := d.Asked - d.Achieved; off < 0 || off > tokens/2000 {
				t.Errorf("%d tokens: %s is %d off %d, above 0.05 %% of the total", tokens, d.Name, off, d.Asked)
			}
			if float64(d.Achieved) > 8*float64(d.Available) {
				t.Errorf("%s: %d tokens are more than 8 epochs of %d", d.Name, d.Achieved, d.Available)
			}
		}
		if sum != tokens {
			t.Errorf("quotas sum to %d, want %d", sum, tokens)
		}
	}
}

// read lists the documents that the source yields, by unit.
func read(t *testing.T, p *Plan, maxTokens int64) (train, validation []quern.ID, tokens map[string]int64, units int) {
	t.Helper()
	tokens = map[string]int64{}
	src := p.Source(maxTokens, func(domain, set, doc int, d *quern.Doc) error {
		s := &p.domains[domain].Sets[set]
		d.ID, d.Group = s.IDs[doc], s.Groups[doc]
		d.Tokens = append(d.Tokens, make([]uint32, s.Tokens[doc])...)
		return nil
	})
	if err := quern.CheckSource(context.Background(), src); err != nil {
		t.Fatal(err)
	}
	us, err := src.Units(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range us {
		n := int64(0)
		docs := 0
		for d, err := range src.Docs(context.Background(), u) {
			if err != nil {
				t.Fatal(err)
			}
			n += int64(len(d.Tokens))
			docs++
			if strings.HasPrefix(u.Name, "train-") {
				train = append(train, d.ID)
				tokens[d.Domain] += int64(len(d.Tokens))
			} else {
				validation = append(validation, d.ID)
			}
		}
		if n > maxTokens && docs > 1 {
			t.Errorf("unit %s has %d tokens, want at most %d", u.Name, n, maxTokens)
		}
	}
	return train, validation, tokens, len(us)
}

func TestTheSourceYieldsThePlan(t *testing.T) {
	domains := three()
	p, err := Make(ask(1_200_000, 8), 1, 0.02, domains)
	if err != nil {
		t.Fatal(err)
	}
	train, validation, tokens, _ := read(t, p, 50_000)
	count := map[quern.ID]int{}
	for _, id := range train {
		count[id]++
	}
	for _, d := range p.Domains {
		if tokens[d.Name] != d.Achieved {
			t.Errorf("%s: %d tokens were read, the plan says %d", d.Name, tokens[d.Name], d.Achieved)
		}
	}
	held := map[quern.ID]bool{}
	for _, id := range validation {
		held[id] = true
		if count[id] > 0 {
			t.Errorf("document %s is in both splits", id)
		}
	}
	for i, d := range domains {
		for s := range d.Sets {
			set := &d.Sets[s]
			for doc, id := range set.IDs {
				if held[id] || set.validates(doc, p.Seed, p.Validation) {
					if count[id] > 0 {
						t.Errorf("document %s was to be kept out of training", id)
					}
					continue
				}
				n := int64(count[id])
				if full := p.Domains[i].Full; n != full && n != full+1 {
					t.Fatalf("document %s is seen %d times, its domain has %d to %d epochs", id, n, full, full+1)
				}
				if g := set.Groups[doc]; !g.IsZero() && doc > 0 && set.Groups[doc-1] == g && held[set.IDs[doc-1]] {
					t.Errorf("cluster %s is in both splits", g)
				}
			}
		}
	}
	sum := p.Summary()
	total := int64(0)
	for _, d := range sum.Domains {
		total += d.ValidationTokens
	}
	if want := 1_200_000 * 0.02 / 0.98; len(validation) == 0 || float64(total) < want/2 || float64(total) > 2*want {
		t.Errorf("%d validation documents of %d tokens, want about %.0f tokens", len(validation), total, want)
	}
	again, _, _, units := read(t, p, 7_000)
	if fmt.Sprint(again) != fmt.Sprint(train) {
		t.Error("the order depends on the size of the units")
	}
	if units < 100 {
		t.Errorf("%d units of 7,000 tokens for 1.2 M", units)
	}
}

func TestRepeatsComeAnEpochApart(t *testing.T) {
	d := []Domain{domain("paper", 2, 200, 50), domain("web", 3, 4000, 50)}
	p, err := Make(Config{Ratios: map[string]float64{"paper": 20, "web": 80}, Tokens: 90_000, Repeat: 8, Short: "error"}, 5, 0, d)
	if err != nil {
		t.Fatal(err)
	}
	if p.Domains[0].Full < 2 {
		t.Fatalf("the test wants repeats, the plan has %d whole epochs", p.Domains[0].Full)
	}
	train, _, _, _ := read(t, p, 10_000)
	last := map[quern.ID]int{}
	gaps, near := 0, 0
	for i, id := range train {
		if j, ok := last[id]; ok {
			if gaps++; i-j < len(train)/50 {
				near++
			}
		}
		last[id] = i
	}
	if near > gaps/10 {
		t.Errorf("%d of %d repeats come within 2 %% of the corpus", near, gaps)
	}
}

func TestShortDomains(t *testing.T) {
	_, err := Make(ask(10_000_000, 2), 1, 0, three())
	if !errors.Is(err, ErrShort) || !strings.Contains(err.Error(), "are missing") || !strings.Contains(err.Error(), "paper") {
		t.Fatalf("got %v, want which domain lacks how much", err)
	}
	c := ask(10_000_000, 2)
	c.Short = "shrink"
	p, err := Make(c, 1, 0, three())
	if err != nil {
		t.Fatal(err)
	}
	s := p.Summary()
	for _, d := range s.Domains {
		if math.Abs(d.Achieved-d.Asked) > 0.001 {
			t.Errorf("%s: asked %.4f, achieved %.4f", d.Name, d.Asked, d.Achieved)
		}
		if d.Epochs > 2 {
			t.Errorf("%s: %.2f epochs", d.Name, d.Epochs)
		}
	}
	// The advice in the error is right: what it says fits, fits.
	var most int64
	if _, err := fmt.Sscanf(errAfter(t, "ask for at most "), "%d", &most); err != nil {
		t.Fatal(err)
	}
	if _, err := Make(ask(most, 2), 1, 0, three()); err != nil {
		t.Errorf("asked for the %d tokens that the error advised: %v", most, err)
	}
	empty := append(three()[:2], Domain{Name: "web", Sets: []Set{{}}})
	if _, err := Make(c, 1, 0, empty); !errors.Is(err, ErrShort) {
		t.Errorf("an empty domain: %v", err)
	}
}

func errAfter(t *testing.T, word string) string {
	t.Helper()
	_, err := Make(ask(10_000_000, 2), 1, 0, three())
	_, rest, ok := strings.Cut(err.Error(), word)
	if !ok {
		t.Fatalf("%v does not say %q", err, word)
	}
	return rest
}

func TestPlanSurvivesItsJSON(t *testing.T) {
	p, err := Make(ask(700_000, 8), 9, 0.05, three())
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	q, err := Parse(b, three())
	if err != nil {
		t.Fatal(err)
	}
	a, _, _, _ := read(t, p, 30_000)
	c, _, _, _ := read(t, q, 30_000)
	if fmt.Sprint(a) != fmt.Sprint(c) {
		t.Error("the order changed on its way through JSON")
	}
	other := three()
	other[0] = domain("code", 77, 398, 900)
	if _, err := Parse(b, other); err == nil {
		t.Error("a plan was joined with other documents")
	}
	if _, err := Parse([]byte("{"), three()); err == nil {
		t.Error("half a plan was read")
	}
}

// TestDomainsWithoutARatio: fetch is told the place in all domains, not among those of the mix.
func TestDomainsWithoutARatio(t *testing.T) {
	domains := three()
	p, err := Make(Config{Ratios: map[string]float64{"web": 1}, Tokens: 50_000, Repeat: 1, Short: "error"}, 1, 0.01, domains)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	q, err := Parse(b, domains)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*Plan{p, q} {
		src := p.Source(1e6, func(domain, set, doc int, d *quern.Doc) error {
			if domains[domain].Name != "web" {
				t.Fatalf("a document of %s is asked for", domains[domain].Name)
			}
			d.ID = domains[domain].Sets[set].IDs[doc]
			return nil
		})
		if err := quern.CheckSource(context.Background(), src); err != nil {
			t.Error(err)
		}
	}
}

func TestSeedsGiveOtherOrders(t *testing.T) {
	p, _ := Make(ask(400_000, 8), 1, 0, three())
	q, _ := Make(ask(400_000, 8), 2, 0, three())
	a, _, _, _ := read(t, p, 1e6)
	b, _, _, _ := read(t, q, 1e6)
	same := 0
	for i := range min(len(a), len(b)) {
		if a[i] == b[i] {
			same++
		}
	}
	if same > len(a)/20 {
		t.Errorf("two seeds agree on %d of %d places", same, len(a))
	}
}

func TestPermutation(t *testing.T) {
	for _, n := range []int64{1, 2, 3, 5, 64, 1000, 4097} {
		p := newPermutation(n, 7, "x")
		seen := make([]bool, n)
		moved := int64(0)
		for i := range n {
			j := p.at(i)
			if seen[j] {
				t.Fatalf("n = %d: %d is hit twice", n, j)
			}
			seen[j] = true
			if j != i {
				moved++
			}
		}
		if n > 50 && moved < n*9/10 {
			t.Errorf("n = %d: only %d moved", n, moved)
		}
	}
}

func TestConfigIsRefusedInWords(t *testing.T) {
	f := func(change func(*Config), word string) {
		t.Helper()
		c := ask(100, 1)
		c.Ratios = map[string]float64{"web": 1}
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("got %v, want an error about %s", err, word)
		}
	}
	f(func(c *Config) { c.Ratios = nil }, "ratios")
	f(func(c *Config) { c.Ratios["web"] = -1 }, "web")
	f(func(c *Config) { c.Ratios["web"] = math.NaN() }, "web")
	f(func(c *Config) { c.Tokens = 0 }, "tokens")
	f(func(c *Config) { c.Repeat = 0.5 }, "repeat")
	f(func(c *Config) { c.Short = "maybe" }, "short")
	if err := ask(1, 1).Validate(); err != nil {
		t.Error(err)
	}
	if _, err := Make(ask(100, 1), 1, 0, three()[:2]); err == nil || !strings.Contains(err.Error(), "web") {
		t.Errorf("a ratio for a domain that is not there: %v", err)
	}
}

func ExampleMake() {
	ids := []quern.ID{quern.NewID("a"), quern.NewID("b"), quern.NewID("c"), quern.NewID("d")}
	none := make([]quern.ID, 4)
	p, err := Make(Config{Ratios: map[string]float64{"code": 1, "web": 3}, Tokens: 80, Repeat: 2, Short: "error"}, 1, 0, []Domain{
		{Name: "code", Sets: []Set{{Name: "go", Tokens: []uint32{10, 10}, IDs: ids[:2], Groups: none[:2]}}},
		{Name: "web", Sets: []Set{{Name: "pages", Tokens: []uint32{20, 10, 20, 10}, IDs: ids, Groups: none}}},
	})
	for _, d := range p.Summary().Domains {
		fmt.Printf("%s: %d tokens, %.0f %%, %.0f epoch\n", d.Name, d.Tokens, 100*d.Achieved, d.Epochs)
	}
	fmt.Println(err)
	// Output:
	// code: 20 tokens, 25 %, 1 epoch
	// web: 60 tokens, 75 %, 1 epoch
	// <nil>
}

func TestADomainOfLongDocumentsIsInTheMixAtAll(t *testing.T) {
	ids := []quern.ID{quern.NewID("a"), quern.NewID("b"), quern.NewID("c")}
	none := make([]quern.ID, 3)
	p, err := Make(Config{Ratios: map[string]float64{"code": 1, "web": 9}, Tokens: 100, Repeat: 5, Short: "error"}, 1, 0, []Domain{
		{Name: "code", Sets: []Set{{Name: "go", Tokens: []uint32{500, 300, 400}, IDs: ids, Groups: none}}},
		{Name: "web", Sets: []Set{{Name: "pages", Tokens: []uint32{20, 10, 30}, IDs: ids, Groups: none}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, _, tokens, _ := read(t, p, 1000)
	if tokens["code"] != 300 || tokens["web"] != 90 {
		t.Errorf("tokens %v, want the shortest document of code, 300, and 90 of web", tokens)
	}
}
