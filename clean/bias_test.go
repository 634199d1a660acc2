package clean

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

func biasCounter(t testing.TB, contexts int) *BiasCounter {
	t.Helper()
	c, err := NewBiasCounter(DefaultBiasTerms(), contexts)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func biasDoc(lang, text string) *quern.Doc {
	return &quern.Doc{ID: quern.NewID("bias", text), Domain: "web", Lang: lang, Text: []byte(text)}
}

// biasGroups are the groups of a report of one cell, by axis/group.
func biasGroups(t testing.TB, c, ref *BiasCounter) (BiasCell, map[string]BiasGroup) {
	t.Helper()
	r, err := c.Report(ref, 0)
	if err != nil || len(r.Cells) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	groups := map[string]BiasGroup{}
	for _, a := range r.Cells[0].Axes {
		for _, g := range a.Groups {
			groups[a.Axis+"/"+g.Group] = g
		}
	}
	return r.Cells[0], groups
}

func TestBiasMentions(t *testing.T) {
	for _, c := range []struct{ lang, text, want string }{
		{"en", "She told him that HER mother's son left.", "gender/female 3 gender/male 2"},
		{"en", "The theme of these others: sheet, history, human.", ""},
		{"en", "An old black woman, a trans woman.", "ethnicity/black 1 gender/female 1 gender/transgender 1"},
		{"en", "African-American and American Indian people; an Indian, an American.", "ethnicity/black 1 ethnicity/indigenous 1 nationality/american 1 nationality/indian 1"},
		{"en", "old\nman; old, man", "age/old 1 gender/male 2"},
		{"en", "It is written in American English.", ""},
		{"en", "她说", ""},
		{"zh", "她的妈妈和他的父亲。其他人在弹吉他，他们笑了。", "gender/female 2 gender/male 2"},
		{"zh-Hant", "黑人老太太 she", "age/old 1 ethnicity/black 1 gender/female 1"},
		{"", "She and 她", "gender/female 2"},
		{"fr", "She and 她", ""},
		{"EN-gb", "Sie, she", "gender/female 1"},
	} {
		n := biasCounter(t, 0)
		n.Add(biasDoc(c.lang, c.text))
		_, groups := biasGroups(t, n, nil)
		var have []string
		for name, g := range groups {
			have = append(have, fmt.Sprint(name, " ", g.Mentions))
		}
		slices.Sort(have)
		if got := strings.Join(have, " "); got != c.want {
			t.Errorf("%s %q: %s, want %s", c.lang, c.text, got, c.want)
		}
	}
}

func TestBiasContexts(t *testing.T) {
	own := BiasTerms{{"en", "gender", "female", "she"}, {"en", "gender", "male", "he"}, {"en", "attribute", "career", "boss"}, {"en", "-", "stop", "the"}}
	c, err := NewBiasCounter(own, 0)
	if err != nil {
		t.Fatal(err)
	}
	// Each place counts once for a group, ten words on either side, without stop words, digits, letters alone and mentions.
	for i := range 3 {
		d := biasDoc("en", "far w1 w2 The boss wrote she said she x wrote four five six seven eight nine ten eleven twelve gone he")
		d.ID = quern.NewID("bias", fmt.Sprint(i))
		c.Add(d)
	}
	near := map[string]uint64{}
	for _, w := range c.contexts.nearWords(c.contexts.byCell()[c.cells[0].hash]) {
		if n := w.of(0); n.times > 0 {
			near[w.word] = n.times
			if n.docs != 3 {
				t.Errorf("%s stands in %d documents, want 3", w.word, n.docs)
			}
		}
	}
	want := map[string]uint64{"far": 3, "boss": 3, "wrote": 6, "said": 3, "four": 3, "five": 3, "six": 3, "seven": 3, "eight": 3, "nine": 3, "ten": 3, "eleven": 3}
	if fmt.Sprint(near) != fmt.Sprint(want) {
		t.Errorf("near she: %v, want %v", near, want)
	}
	_, groups := biasGroups(t, c, nil)
	if g := groups["gender/female"]; g.Mentions != 6 || g.Docs != 3 || g.PerMillion != 1e6*6/66. || len(g.Attributes) != 1 ||
		g.Attributes[0] != (BiasAttribute{"career", 3, 500}) || g.Ratio != 1 {
		t.Errorf("she: %+v", g)
	}
	if g := groups["gender/male"]; g.Ratio != 0.5 || len(g.Attributes) != 0 {
		t.Errorf("he: %+v", g)
	}
	c.Add(&quern.Doc{Domain: "zh", Lang: "zh", Text: []byte("大风吹，云飞")})
	if n := c.cells[1].words; n != 5 {
		t.Errorf("%d words of Chinese, want 5", n)
	}
}

// plantedBias are texts in which women are nurses and men are pilots, and women are named as often as share says.
func plantedBias(n int, share float64, seed uint64) (docs []*quern.Doc) {
	r := rand.New(rand.NewPCG(seed, 1))
	filler := strings.Fields("water stone wheel river garden window letter number field morning paper table bread horse street winter corn mill")
	for i := range n {
		var b strings.Builder
		for range 20 {
			who, what := "he", "pilot"
			if r.Float64() < share {
				who, what = "she", "nurse"
			}
			if r.Float64() < 0.2 {
				what = "pilot"
			}
			for range 12 {
				b.WriteString(filler[r.IntN(len(filler))] + " ")
			}
			fmt.Fprintf(&b, "%s was a %s. ", who, what)
			for range 12 {
				b.WriteString(filler[r.IntN(len(filler))] + " ")
			}
		}
		d := biasDoc("en", b.String())
		d.ID = quern.NewID("planted", fmt.Sprint(seed, "/", i))
		docs = append(docs, d)
	}
	return docs
}

func TestBiasFindsWhatIsPlanted(t *testing.T) {
	have, same, ref := biasCounter(t, 0), biasCounter(t, 0), biasCounter(t, 0)
	for i, share := range []float64{0.2, 0.5, 0.5} {
		for _, d := range plantedBias(60, share, uint64(i)) {
			[]*BiasCounter{have, same, ref}[i].Add(d)
		}
	}
	cell, g := biasGroups(t, have, ref)
	if cell.Docs != 60 || cell.Words != 60*20*28 || cell.Against != "web" {
		t.Errorf("%d documents, %d words, against %s", cell.Docs, cell.Words, cell.Against)
	}
	f, m := g["gender/female"], g["gender/male"]
	if !f.Against.Off || f.Against.Range[1] > 0.6 || !m.Against.Off || m.Against.Range[0] < 1.25 || f.Mentions+m.Mentions != 1200 ||
		f.OfAxis+m.OfAxis != 1 || f.OfAxis > 0.3 || f.Against.OfAxis < 0.45 {
		t.Errorf("planted ratios: %+v, %+v", *f.Against, *m.Against)
	}
	if len(f.Contexts) == 0 || f.Contexts[0].Word != "nurse" || f.Contexts[0].Z < 10 || m.Contexts[0].Word != "pilot" || len(f.Contexts) > 3 {
		t.Errorf("planted contexts: %+v, %+v", f.Contexts, m.Contexts)
	}
	_, g = biasGroups(t, same, ref)
	for name, s := range g {
		if s.Against.Off || s.Against.Range[0] > 1 || s.Against.Range[1] < 1 {
			t.Errorf("%s is told apart in samples of the same: %+v", name, *s.Against)
		}
	}
	other := biasCounter(t, 0)
	for _, d := range plantedBias(10, 0.5, 9) {
		d.Domain = "books"
		other.Add(d)
	}
	if cell, g := biasGroups(t, have, other); cell.Against != "*" || g["gender/female"].Against == nil {
		t.Errorf("a domain that the reference has not: %+v", cell)
	}
	few, _ := NewBiasCounter(BiasTerms{{"en", "a", "b", "c"}}, 0)
	if _, err := have.Report(few, 0); err == nil {
		t.Error("a reference of other terms is taken")
	}
}

// The interval has the share in it that its name says: the same rate on both sides, mentions in bursts.
func TestBiasIntervalHolds(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	missed, off := 0, 0
	const trials = 1000
	for range trials {
		var sides [2]*biasCell
		for i := range sides {
			s := &biasCell{groups: make([]biasSums, 1)}
			for range 200 {
				w := uint64(200 + r.IntN(800))
				var m uint64
				if r.IntN(3) == 0 {
					m = uint64(r.IntN(int(w / 50)))
				}
				g := &s.groups[0]
				s.docs, s.words, g.mentions = s.docs+1, s.words+w, g.mentions+m
				s.ww.add(product(w, w))
				g.mm.add(product(m, m))
				g.mw.add(product(m, w))
			}
			sides[i] = s
		}
		a := compareRates(sides[0], sides[1], 0)
		if a.Range[0] > 1 || a.Range[1] < 1 {
			missed++
		}
		if a.Off {
			off++
		}
	}
	if missed == 0 || missed > trials*25/1000 || off > trials/200 {
		t.Errorf("of %d intervals of 99 %%, %d miss, %d are off", trials, missed, off)
	}
	if w := wilson(0, 10); w[0] != 0 || math.Abs(w[1]-0.3989) > 1e-4 { // z²/(n+z²)
		t.Errorf("Wilson's interval of 0 of 10 is %v", w)
	}
}

func biasJSON(t testing.TB, c *BiasCounter) string {
	t.Helper()
	r, err := c.Report(nil, 1000)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Whatever is counted where and merged how, the result is that of one counter, also where the bound makes it forget.
func TestBiasMergesInAnyOrder(t *testing.T) {
	docs := plantedBias(40, 0.5, 5)
	for i, d := range docs {
		d.Domain = []string{"web", "books"}[i%2]
		d.Text = fmt.Appendf(d.Text, "she saw word%cx and word%cy of hers", 'a'+i%26, 'a'+i/2)
	}
	for _, bound := range []int{0, 120, 60, 10, 1} {
		whole := biasCounter(t, bound)
		for _, d := range docs {
			whole.Add(d)
		}
		if n := whole.contexts.n; bound > 0 && (n > bound || whole.contexts.shift == 0) {
			t.Errorf("bound %d: %d contexts after %d halvings", bound, n, whole.contexts.shift)
		}
		want := biasJSON(t, whole)
		for seed := range uint64(4) {
			r := rand.New(rand.NewPCG(seed, 0))
			parts := make([]*BiasCounter, 1+r.IntN(7))
			for i := range parts {
				parts[i] = whole.Fresh()
			}
			for _, i := range r.Perm(len(docs)) {
				parts[r.IntN(len(parts))].Add(docs[i])
			}
			all := whole.Fresh()
			for _, i := range r.Perm(len(parts)) {
				if err := all.Merge(parts[i]); err != nil {
					t.Fatal(err)
				}
			}
			if got := biasJSON(t, all); got != want {
				t.Fatalf("bound %d: another order gives\n%s\nwant\n%s", bound, got, want)
			}
		}
	}
	if biasCounter(t, 5).Merge(biasCounter(t, 6)) == nil {
		t.Error("other bounds are merged")
	}
}

func TestBiasDoesNotAllocate(t *testing.T) {
	c := biasCounter(t, 0)
	docs := append(plantedBias(5, 0.5, 1), biasDoc("zh", "她的妈妈和他的父亲在公司工作，漂亮的女孩喜欢做饭。"), biasDoc("ru", "Она и он"))
	run := func() {
		for _, d := range docs {
			c.Add(d)
		}
	}
	run()
	if n := testing.AllocsPerRun(10, run); n > 0 {
		t.Errorf("%v allocations for texts that were seen", n)
	}
}

// Winogender has each sentence once with each pronoun; CrowS-Pairs has pairs in which one group stands for another.
func TestBiasOfBenchmarks(t *testing.T) {
	const folder = "../../shared/data/bias"
	text, err := os.ReadFile(filepath.Join(folder, "winogender/data/all_sentences.tsv"))
	if err != nil {
		t.Skip("no shared data here")
	}
	c := biasCounter(t, 0)
	for line := range strings.Lines(string(text)) {
		if id, sentence, _ := strings.Cut(line, "\t"); id != "sentid" && !strings.Contains(sentence, " man ") {
			c.Add(biasDoc("en", sentence))
		}
	}
	_, g := biasGroups(t, c, nil)
	f, m := g["gender/female"], g["gender/male"]
	if math.Abs(float64(f.Docs)/float64(m.Docs)-1) > 0.02 || f.Docs < 200 || len(f.Contexts)+len(m.Contexts) > 0 {
		t.Errorf("Winogender: female %+v, male %+v", f, m)
	}
	file, err := os.Open(filepath.Join(folder, "crows_pairs_a.csv"))
	if err != nil {
		t.Skip("no shared data here")
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]int{}
	found := map[string]int{}
	for _, row := range rows[1:] {
		c := biasCounter(t, 0)
		c.Add(biasDoc("en", row[1]))
		c.Add(biasDoc("en", row[2]))
		of[row[4]]++
		axis := map[string]string{"race-color": "ethnicity", "sexual-orientation": "orientation"}
		want := row[4]
		if axis[want] != "" {
			want = axis[want]
		}
		for _, a := range must(c.Report(nil, -1)).Cells[0].Axes {
			if a.Axis == want {
				found[row[4]]++
			}
		}
	}
	t.Logf("CrowS-Pairs, pairs with a mention on their axis: %v of %v", found, of)
	for kind, least := range map[string]float64{"gender": 0.8, "religion": 0.8, "age": 0.5, "race-color": 0.4, "sexual-orientation": 0.6} {
		if float64(found[kind]) < least*float64(of[kind]) {
			t.Errorf("%s: in %d of %d pairs the group is seen", kind, found[kind], of[kind])
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func FuzzBias(f *testing.F) {
	f.Add([]byte("She and 她们 \xff\xe5\xa5 an old man\x00 of Ⱥ İ 其"), "en", 3)
	f.Add([]byte(frodo+" she"), "", 1)
	base := biasCounter(f, 0)
	f.Fuzz(func(t *testing.T, text []byte, lang string, bound int) {
		c := base.Fresh()
		c.contexts.limit = 1 + bound&63
		d := &quern.Doc{Text: text, Lang: lang}
		c.Add(d)
		one := c.Fresh() // under the same bound
		one.Add(d)
		if a, b := biasJSON(t, c), biasJSON(t, one); a != b {
			t.Fatalf("the same text twice: %s and %s", a, b)
		}
		for _, w := range c.words {
			if w.to <= w.from || int(w.to) > len(text) {
				t.Fatalf("a word from %d to %d of %d bytes", w.from, w.to, len(text))
			}
		}
		both := c.Fresh()
		for range 2 {
			if err := both.Merge(c); err != nil {
				t.Fatal(err)
			}
		}
		if both.cells[0].words != 2*c.cells[0].words || both.contexts.n > 1+bound&63 {
			t.Fatal("two of the same do not add up")
		}
	})
}

func BenchmarkBias(b *testing.B) {
	for _, text := range []struct {
		name, lang string
		docs       func(testing.TB) []string
	}{{"prose", "en", wideProse}, {"chinese", "zh", chinese}} {
		b.Run(text.name, func(b *testing.B) {
			c, size := biasCounter(b, 0), 0
			var docs []*quern.Doc
			for _, s := range text.docs(b) {
				docs, size = append(docs, biasDoc(text.lang, s)), size+len(s)
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				for _, d := range docs {
					c.Add(d)
				}
			}
		})
	}
}
