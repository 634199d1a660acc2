package ngram

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

func learn(t testing.TB, o Learn, text string) (*Learner, *Model) {
	t.Helper()
	l, err := NewLearner(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := l.Text([]byte(text)); err != nil {
		t.Fatal(err)
	}
	m, err := l.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return l, m
}

func corpus(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("testdata/corpus.txt")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// weightsOf reads an ARPA file into a map.
func weightsOf(t testing.TB, arpa string) map[string][2]float64 {
	t.Helper()
	w := map[string][2]float64{}
	for line := range strings.Lines(arpa) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) < 2 {
			continue
		}
		var v [2]float64
		fmt.Sscan(f[0], &v[0])
		if len(f) == 3 {
			fmt.Sscan(f[2], &v[1])
		}
		w[f[1]] = v
	}
	return w
}

// tiny.arpa is what lmplz -o 3 --discount_fallback makes of corpus.txt.
func TestLearnsAsLmplz(t *testing.T) {
	l, m := learn(t, Learn{Order: 3, Memory: 1 << 20}, corpus(t))
	want, err := os.ReadFile("testdata/tiny.arpa")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := l.WriteARPA(&b); err != nil {
		t.Fatal(err)
	}
	compareWeights(t, weightsOf(t, b.String()), weightsOf(t, string(want)))
	again, err := Read(&b, int64(b.Len()), 0)
	if err != nil {
		t.Fatal(err)
	}
	var one, two bytes.Buffer
	if err := m.WriteBinary(&one); err != nil {
		t.Fatal(err)
	}
	if err := again.WriteBinary(&two); err != nil {
		t.Fatal(err)
	}
	if one.Len() != two.Len() {
		t.Errorf("%d bytes, by way of ARPA %d", one.Len(), two.Len())
	}
	if !sameTables(m, again) {
		t.Error("the tables differ from those of the written ARPA file")
	}
}

// cut.arpa is what lmplz -o 3 --prune 0 1 1 --discount_fallback makes of corpus.txt.
func TestCutsOffAsLmplz(t *testing.T) {
	want, err := os.ReadFile("testdata/cut.arpa")
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range [][]uint64{{0, 1, 1}, {0, 1}} {
		l, m := learn(t, Learn{Order: 3, Memory: 1 << 20, Cut: cut}, corpus(t))
		var b bytes.Buffer
		if err := l.WriteARPA(&b); err != nil {
			t.Fatal(err)
		}
		compareWeights(t, weightsOf(t, b.String()), weightsOf(t, string(want)))
		if again, err := Read(&b, int64(b.Len()), 0); err != nil || !sameTables(m, again) {
			t.Errorf("the tables differ from those of the written ARPA file: %v", err)
		}
	}
	for _, cut := range [][]uint64{{1}, {0, 2, 1}, {0, 0, 0, 0}} {
		if _, err := NewLearner(Learn{Order: 3, Memory: 1, Cut: cut}); err == nil {
			t.Errorf("cut %v is taken", cut)
		}
	}
}

func compareWeights(t *testing.T, got, want map[string][2]float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d n-grams, want %d", len(got), len(want))
	}
	for k, w := range want {
		g, ok := got[k]
		if !ok || math.Abs(g[0]-w[0]) > 1e-5 || math.Abs(g[1]-w[1]) > 1e-5 {
			t.Errorf("%q: %v, want %v", k, g, w)
		}
	}
}

// sameTables holds two models to the same entries, whatever the order in which they were entered.
func sameTables(a, b *Model) bool {
	content := func(m *Model) map[string]bool {
		all := map[string]bool{string(m.uni): true, string(m.words): true}
		for _, t := range append(append([]table{m.vocab}, m.middle...), m.longest) {
			for at := uint64(0); at < t.buckets*t.entry; at += t.entry {
				all[string(t.data[at:at+t.entry])] = true
			}
		}
		return all
	}
	x, y := content(a), content(b)
	for k := range x {
		if !y[k] {
			return false
		}
	}
	return len(x) == len(y)
}

// Whatever the memory, the same bytes.
func TestSpillingChangesNothing(t *testing.T) {
	text := corpus(t)
	for order := 1; order <= 5; order++ {
		var want string
		for _, memory := range []int64{1 << 20, 1000} {
			o := Learn{Order: order, Memory: memory, Scratch: t.TempDir()}
			l, _ := learn(t, o, text)
			if spilled := len(l.counter.files) > 0; spilled != (memory == 1000) {
				t.Errorf("order %d, memory %d: spilled is %v", order, memory, spilled)
			}
			var b bytes.Buffer
			if err := l.WriteARPA(&b); err != nil {
				t.Fatal(err)
			}
			if want == "" {
				want = b.String()
			} else if want != b.String() {
				t.Errorf("order %d: another model", order)
			}
		}
	}
	l, err := NewLearner(Learn{Order: 3, Memory: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Text([]byte(text)); err == nil {
		t.Error("no scratch folder, and no error")
	}
}

// The probabilities of all words sum to 1 in any context.
func TestProbabilitiesSumToOne(t *testing.T) {
	for order := 1; order <= 5; order++ {
		for _, by := range []Tokens{Words, Characters} {
			_, m := learn(t, Learn{Order: order, By: by, Memory: 1 << 20}, corpus(t))
			r := rand.New(rand.NewPCG(1, 2))
			var s, next State
			m.Begin(&s)
			for range 100 {
				sum := 0.0
				for id := range m.bound {
					if p, _ := m.Score(&s, id, &next); id != m.bos {
						sum += math.Pow(10, float64(p))
					}
				}
				if math.Abs(sum-1) > 1e-4 {
					t.Fatalf("order %d: the sum is %v", order, sum)
				}
				m.Score(&s, 3+r.Uint32N(m.bound-3), &next)
				s = next
			}
		}
	}
}

// An oracle that counts with maps and computes with the formulas of the paper.
func TestLearnsAsTheFormulas(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var b strings.Builder
	for range 400 {
		for range r.IntN(9) {
			fmt.Fprintf(&b, "%c ", 'a'+rune(math.Min(25, r.ExpFloat64()*5)))
		}
		b.WriteByte('\n')
	}
	for order := 1; order <= 5; order++ {
		l, _ := learn(t, Learn{Order: order, Memory: 1 << 20}, b.String())
		var arpa bytes.Buffer
		if err := l.WriteARPA(&arpa); err != nil {
			t.Fatal(err)
		}
		compareWeights(t, weightsOf(t, arpa.String()), oracle(b.String(), order))
	}
}

func oracle(text string, order int) map[string][2]float64 {
	raw := map[string]int{}
	for line := range strings.Lines(text) {
		s := append(append([]string{"<s>"}, strings.Fields(line)...), "</s>")
		for n := 1; n <= order; n++ {
			for i := 0; i+n <= len(s); i++ {
				raw[strings.Join(s[i:i+n], " ")]++
			}
		}
	}
	count := map[string]int{}
	for g, c := range raw {
		n := strings.Count(g, " ") + 1
		if n == order || strings.HasPrefix(g, "<s> ") {
			count[g] = c
		}
		if _, lower, ok := strings.Cut(g, " "); ok && !strings.HasPrefix(lower, "<s> ") {
			if strings.Count(lower, " ")+1 < order {
				count[lower]++
			}
		}
	}
	delete(count, "<s>")
	var ofCounts [6][5]float64
	type context struct{ sum, by1, by2, by3 float64 }
	contexts := map[string]*context{}
	contextOf := func(g string) string {
		if i := strings.LastIndexByte(g, ' '); i >= 0 {
			return g[:i]
		}
		return ""
	}
	for g, c := range count {
		if c < 5 {
			ofCounts[strings.Count(g, " ")+1][c]++
		}
		x := contexts[contextOf(g)]
		if x == nil {
			x = &context{}
			contexts[contextOf(g)] = x
		}
		x.sum += float64(c)
		switch {
		case c == 1:
			x.by1++
		case c == 2:
			x.by2++
		default:
			x.by3++
		}
	}
	weight := func(h string, n int) float64 {
		x, d := contexts[h], discountsOf(ofCounts[n])
		return (d[0]*x.by1 + d[1]*x.by2 + d[2]*x.by3) / x.sum
	}
	vocabulary := 2.0 // <unk>, </s>
	for g := range raw {
		if !strings.Contains(g, " ") && g[0] != '<' {
			vocabulary++
		}
	}
	var prob func(g string) float64
	prob = func(g string) float64 {
		n := strings.Count(g, " ") + 1
		lower := 1 / vocabulary
		if n > 1 {
			_, short, _ := strings.Cut(g, " ")
			lower = prob(short)
		}
		h := contextOf(g)
		p := 0.0
		if c := count[g]; c > 0 {
			p = (float64(c) - discountsOf(ofCounts[n])[min(c, 3)-1]) / contexts[h].sum
		}
		return p + weight(h, n)*lower
	}
	w := map[string][2]float64{"<s>": {0, 0}, "<unk>": {math.Log10(prob("<unk>")), 0}}
	for g := range count {
		w[g] = [2]float64{math.Log10(prob(g)), 0}
	}
	for g, v := range w {
		n := strings.Count(g, " ") + 1
		if contexts[g] != nil && n < order {
			v[1] = math.Log10(weight(g, n+1))
			w[g] = v
		}
	}
	return w
}
