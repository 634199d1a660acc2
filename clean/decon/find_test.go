package decon

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func testOptions() Options {
	return Options{Method: "score", Unit: "words", N: 5, Every: 1, Misses: 11, Exact: 15, Full: 40, Shortest: 6, Min: 0.8, Answers: true, Window: 50, Limit: 64 << 20}
}

// testItem is an item in the form that allenai/decon reads.
type testItem struct {
	Passage  string `json:"passage,omitempty"`
	Question string `json:"question"`
	Answer   string `json:"answer,omitempty"`
}

func buildItems(t testing.TB, o Options, items ...testItem) *Index {
	t.Helper()
	var b strings.Builder
	for _, it := range items {
		line, err := json.Marshal(it)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(line)
		b.WriteString("\n")
	}
	answer := []string{"answer"}
	if !slices.ContainsFunc(items, func(it testItem) bool { return it.Answer != "" }) {
		answer = nil
	}
	f := Fields{Question: []string{"question"}, Answer: answer}
	if slices.ContainsFunc(items, func(it testItem) bool { return it.Passage != "" }) {
		f.Passage = "passage"
	}
	ix, err := Build([]Set{{Name: "test", Files: []string{write(t, "items.jsonl", b.String())}, Fields: f}}, o)
	if err != nil {
		t.Fatal(err)
	}
	return ix
}

// The items and texts of allenai/decon, tests/fixtures: passage_question_answer_reference.jsonl and contaminated_mixed.jsonl, of which its
// tests want at most three lines left, and the first and the fourth to go.
var (
	peerItems = []testItem{
		{"The Eiffel Tower, a landmark in Paris, France, was constructed in 1889. It is a global cultural icon.", "What year was the Eiffel Tower constructed?", "1889"},
		{"", "Which element is most abundant in the Earth's crust?", "Oxygen"},
		{"", "Solve for x: 2x + 5 = 15", "To solve 2x + 5 = 15, subtract 5 from both sides to get 2x = 10, then divide by 2 to get x = 5"},
		{"Photosynthesis is the process by which plants convert light energy into chemical energy. Chlorophyll absorbs light in chloroplasts.", "What is photosynthesis?", "Process converting light to chemical energy"},
	}
	peerTexts = []string{
		"Here is some introductory text that is not part of the contamination. The Eiffel Tower, a landmark in Paris, France, was constructed in 1889. It is a global cultural icon. Now for the question. What year was the Eiffel Tower constructed? The answer is 1889. And here is some trailing text.",
		"The famous tower in Paris, designed by Gustave Eiffel, is a major tourist attraction. The construction of this iconic French landmark was completed in the late 19th century, specifically the same year as the Exposition Universelle.",
		"The study of astrophysics involves understanding the physical nature of the universe. Key areas include stellar evolution, cosmology, and the formation of galaxies. It is a field that relies heavily on both observation and theoretical modeling.",
		"In geology class, we learned about the composition of Earth. Which element is most abundant in the Earth's crust? The correct answer is Oxygen, making up about 46% of the crust by weight.",
		"Here's a math problem solution: To solve 2x + 5 = 15, subtract 5 from both sides to get 2x = 10, then divide by 2 to get x = 5. This demonstrates basic algebraic manipulation.",
	}
)

func TestPeersFixture(t *testing.T) {
	for _, unit := range []string{"words", "ngrams"} {
		o := testOptions()
		o.Unit = unit
		f := buildItems(t, o, peerItems...).NewFinder()
		for i, text := range peerTexts {
			hits := f.Explain([]byte(text))
			switch want := map[int]int{0: 1, 3: 2}[i]; {
			case want == 0 && len(hits) > 0:
				t.Errorf("%s: line %d: %v", unit, i, hits)
			case want > 0 && (len(hits) != 1 || hits[0].Line != want || hits[0].Score < 0.999):
				t.Errorf("%s: line %d: %v, want item %d wholly", unit, i, hits, want)
			}
		}
	}
}

const (
	longQuestion = "A farmer from the northern valley sells seventeen baskets of plums every Tuesday and twice as many on Saturday at the market of the old town, where each basket brings four silver coins; how many silver coins does he carry home after three such weeks of trading there?"
	shortOne     = "Which river runs past the oldest mill of the province?"
	filler       = "The committee met again in spring and found that little had changed since autumn, apart from the roof, which now leaked over the desk of the secretary. "
)

// edited changes word i of a text.
func edited(s string, i int, how func(word string) string) string {
	w := strings.Fields(s)
	w[i] = how(w[i])
	return strings.Join(w, " ")
}

func TestPlacesAndEdits(t *testing.T) {
	around := strings.Repeat(filler, 4)
	for _, unit := range []string{"words", "ngrams"} {
		o := testOptions()
		o.Unit, o.Min = unit, 0.7
		f := buildItems(t, o, testItem{Question: longQuestion}, testItem{Question: shortOne}).NewFinder()
		n := len(strings.Fields(longQuestion))
		for _, c := range []struct {
			name, question string
			least          float64 // the score; 0 = it must not be found
		}{
			{"as it is", longQuestion, 1},
			{"capitals", strings.ToUpper(longQuestion), 1},
			{"other punctuation", strings.NewReplacer(",", " --", ";", "...", "?", "").Replace(longQuestion), 1},
			{"line ends", strings.ReplaceAll(longQuestion, " ", "\n"), 1},
			{"accents", strings.ReplaceAll(longQuestion, "e", "é"), 1},
			{"a word changed", edited(longQuestion, n/2, func(string) string { return "other" }), 0.85},
			{"the first word changed", edited(longQuestion, 0, func(string) string { return "other" }), 0.9},
			{"the last word changed", edited(longQuestion, n-1, func(string) string { return "here" }), 0.9},
			{"a word left out", edited(longQuestion, n/2, func(string) string { return "" }), 0.85},
			{"a word put in", edited(longQuestion, n/2, func(w string) string { return w + " really" }), 0.85},
			{"half of it", longQuestion[:len(longQuestion)/2], 0},
			{"shuffled", strings.Join(reversed(strings.Fields(longQuestion)), " "), 0},
			{"a short one", shortOne, 1},
			{"a short one with a word changed", edited(shortOne, 3, func(string) string { return "by" }), 0},
		} {
			for place, text := range map[string]string{"begin": c.question + "\n" + around, "middle": around + c.question + " " + around, "end": around + c.question, "alone": c.question} {
				m := f.Find([]byte(text))
				if c.least == 0 {
					if len(m) > 0 {
						t.Errorf("%s: %s at the %s: found with %v", unit, c.name, place, m[0].Score)
					}
					continue
				}
				if len(m) != 1 || m[0].Score < c.least || c.least < 1 && m[0].Score == 1 {
					t.Errorf("%s: %s at the %s: %+v, want %v", unit, c.name, place, m, c.least)
					continue
				}
				from := strings.Index(text, c.question)
				if c.least == 1 && (m[0].From != from || m[0].To < from+len(c.question)-1 || m[0].To > from+len(c.question)) {
					t.Errorf("%s: %s at the %s: found at [%d, %d), stands at %d", unit, c.name, place, m[0].From, m[0].To, from)
				}
			}
		}
	}
}

func reversed(s []string) []string {
	s = slices.Clone(s)
	slices.Reverse(s)
	return s
}

// Letters of Han are words of their own; spaces and punctuation between them do not count.
func TestChineseItems(t *testing.T) {
	q := "一个农夫每个星期二在老城的市场上卖出十七篮李子，星期六卖出的是星期二的两倍，每篮可以换四枚银币，那么三个星期以后他一共带多少枚银币回家？"
	f := buildItems(t, testOptions(), testItem{Question: q, Answer: "六百一十二枚银币"}).NewFinder()
	page := strings.Repeat("委员会在春天又开了一次会，发现秋天以来变化不大。", 5)
	for name, c := range map[string]struct {
		text  string
		least float64
	}{
		"as it is":     {page + q + "答案是六百一十二枚银币。" + page, 1},
		"spaced":       {page + strings.Join(strings.Split(q, ""), " ") + " 六百一十二枚银币", 1},
		"a letter off": {page + strings.Replace(q, "农", "渔", 1) + "六百一十二枚银币", 0.95},
		"no answer":    {page + q + page, 0},
		"other text":   {page, 0},
	} {
		m := f.Find([]byte(c.text))
		if c.least == 0 && len(m) > 0 || c.least > 0 && (len(m) != 1 || m[0].Score < c.least) {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

func TestWantedShare(t *testing.T) {
	o := testOptions()
	for _, c := range []struct {
		words int
		want  float64
	}{{1, 1}, {15, 1}, {16, 0.992}, {20, 0.96}, {27, 0.904}, {39, 0.808}, {40, 0.8}, {1000, 0.8}} {
		if got := o.wanted(c.words); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%d words: %v, want %v", c.words, got, c.want)
		}
	}
	if o.gap() != 7 {
		t.Errorf("11 runs of 5 are %d words", o.gap())
	}
}

func TestWeighing(t *testing.T) {
	none := math.NaN()
	for _, c := range []struct{ q, a, p, want float64 }{
		{1, none, none, 1}, {0.9, none, none, 0.9}, {1, 0, none, 0.75}, {0.8, 1, none, 0.85}, {1, none, 0, 0.85}, {0.8, none, 1, 0.83},
		{1, 0, 0, 0.7}, {1, 1, 0, 0.9}, {1, 0, 1, 0.8}, {0.8, 0.5, 1, 0.76},
	} {
		if got := weigh(c.q, c.a, c.p); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestAnswers(t *testing.T) {
	words := func(n int) string { return strings.Repeat("um ", n) }
	long := "the answer goes over the hill and then down to where seven geese wait for their supper"
	for _, c := range []struct {
		name, answer, text string
		share              float64
	}{
		{"behind", "a red mill", shortOne + " Surely a Red Mill.", 1},
		{"before", "a red mill", "A red mill! " + shortOne, 1},
		{"50 words behind", "a red mill", shortOne + " " + words(47) + "a red mill", 1},
		{"51 words behind", "a red mill", shortOne + " " + words(48) + "a red mill", 0},
		{"not in a row", "a red mill", shortOne + " a very red mill", 0},
		{"only in the question", "oldest mill", shortOne, 0},
		{"long, whole", long, shortOne + " well: " + long, 1},
		{"long, with an edit", long, shortOne + " " + strings.Replace(long, "hill", "wall", 1), 0.9},
		{"long, none", long, shortOne + " I do not know at all", 0},
	} {
		o := testOptions()
		o.Min = 0.5
		m := buildItems(t, o, testItem{Question: shortOne, Answer: c.answer}).NewFinder().Find([]byte(filler + c.text))
		if len(m) != 1 || m[0].Question != 1 || math.Abs(m[0].Answer-c.share) > 0.08 || math.Abs(m[0].Score-(0.75+0.25*m[0].Answer)) > 1e-12 {
			t.Errorf("%s: %+v, want %v", c.name, m, c.share)
			continue
		}
		found := strings.ToLower((filler + c.text)[m[0].AnswerFrom:m[0].AnswerTo])
		if c.share == 1 && found != c.answer || c.share == 0 && found != "" {
			t.Errorf("%s: the answer is said to be %q", c.name, found)
		}
	}
	o := testOptions() // a question without its answer is no hit, unless no answer is wanted
	if m := buildItems(t, o, testItem{Question: shortOne, Answer: "x"}).NewFinder().Find([]byte(shortOne)); len(m) > 0 {
		t.Errorf("%+v", m)
	}
	o.Answers = false
	f := buildItems(t, o, testItem{Question: shortOne, Answer: "x"}).NewFinder()
	if m := f.Find([]byte(shortOne)); len(m) != 1 || m[0].Score != 1 || !math.IsNaN(m[0].Answer) || f.Best() != 1 {
		t.Errorf("%+v", m)
	}
}

// The words that a text may have between two parts of a question.
func TestGaps(t *testing.T) {
	q := strings.Fields(longQuestion)
	o := testOptions()
	o.Min = 0.6
	f := buildItems(t, o, testItem{Question: longQuestion}).NewFinder()
	for n := range 12 {
		text := strings.Join(q[:25], " ") + strings.Repeat(" um", n) + " " + strings.Join(q[25:], " ")
		if m := f.Find([]byte(text)); (len(m) == 1) != (n <= 7) {
			t.Errorf("%d words put in: %+v", n, m)
		}
		text = strings.Join(q[:20], " ") + " " + strings.Join(q[20+n:], " ")
		if m := f.Find([]byte(text)); len(m) != 1 || n > 0 && (m[0].Score >= 1 || m[0].Score < 1-0.035*float64(n)) {
			t.Errorf("%d words left out: %+v", n, m)
		}
	}
}

// A rare word weighs more than one that all items have.
func TestRareWordsWeighMore(t *testing.T) {
	var items []testItem
	for i := range 50 {
		items = append(items, testItem{Question: fmt.Sprintf("the price of the one in the box of number%d and of the other one in the yard of town%d is what sum of the money that we have in the end of the day on our side of the long street", i, i)})
	}
	f := buildItems(t, testOptions(), items...).NewFinder()
	common := slices.Clone(f.Find([]byte(strings.Replace(items[7].Question, "street", "way", 1))))
	rare := f.Find([]byte(strings.Replace(items[7].Question, "number7", "number700", 1)))
	if len(common) == 0 || common[0].Score < 0.95 {
		t.Errorf("a common word changed: %+v", common)
	}
	for _, m := range rare {
		if m.Score > 0.93 {
			t.Errorf("a rare word changed: %+v", m)
		}
	}
}

// vocabulary draws a text from few words, so that runs of items are everywhere.
func vocabulary(r *rand.Rand, n, size int) []string {
	w := make([]string, n)
	for i := range w {
		w[i] = fmt.Sprintf("w%x", r.IntN(size))
	}
	return w
}

// Every item that stands in a text as it is, is found there, whatever others there are.
func TestItemsAsTheyAreAreFound(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 30 {
		size := []int{2, 5, 50, 5000}[round%4]
		o := testOptions()
		o.Unit = []string{"words", "ngrams"}[round%2]
		var items []testItem
		template := vocabulary(r, 30, size)
		for i := range 60 {
			q := vocabulary(r, 6+r.IntN(60), size)
			if i%2 == 0 { // many that differ in a word
				q = slices.Clone(template)
				q[r.IntN(len(q))] = fmt.Sprintf("w%x", r.IntN(size))
			}
			items = append(items, testItem{Question: strings.Join(q, " ")})
		}
		ix := buildItems(t, o, items...)
		f := ix.NewFinder()
		for i, it := range items {
			text := strings.Join(vocabulary(r, r.IntN(40), size), " ") + " , " + it.Question + " . " + strings.Join(vocabulary(r, r.IntN(40), size), " ")
			if !slices.ContainsFunc(f.Explain([]byte(text)), func(h Hit) bool { return h.Item == it.Question && (h.Score == 1 || size == 2) }) {
				t.Errorf("round %d: item %d is not found in %q", round, i, text)
			}
		}
	}
}

// The ngram method against all runs of all items in a map.
func TestRunsAgainstAMap(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 40 {
		o := testOptions()
		o.Method, o.N, o.Min = "ngram", []int{2, 3, 8, 13}[round%4], []float64{0, 0.3}[round/4%2]
		size := []int{3, 30}[round%2]
		var items []testItem
		for range 20 {
			items = append(items, testItem{Question: "q " + strings.Join(vocabulary(r, 5+r.IntN(30), size), " "), Answer: strings.Join(vocabulary(r, 3, size), " ")})
		}
		ix := buildItems(t, o, items...)
		f := ix.NewFinder()
		runs := map[string][]int{} // items by run
		total := make([]int, len(items))
		for i, it := range items {
			w := strings.Fields(it.Question + " " + it.Answer)
			for k := 0; k+o.N <= len(w); k++ {
				runs[strings.Join(w[k:k+o.N], " ")] = append(runs[strings.Join(w[k:k+o.N], " ")], i)
				total[i]++
			}
		}
		for range 20 {
			w := vocabulary(r, r.IntN(120), size)
			if len(w) > 40 {
				copy(w[20:], strings.Fields(items[r.IntN(len(items))].Question))
			}
			hit, met := make([]bool, len(w)), map[string]bool{}
			for k := 0; k+o.N <= len(w); k++ {
				if run := strings.Join(w[k:k+o.N], " "); len(runs[run]) > 0 {
					met[run] = true
					for j := range o.N {
						hit[k+j] = true
					}
				}
			}
			share := make([]float64, len(items))
			for run := range met {
				for _, i := range runs[run] {
					share[i] += 1 / float64(total[i])
				}
			}
			text := strings.Join(w, " ")
			matches := f.Find([]byte(text))
			if o.Min == 0 {
				checkCovered(t, text, w, hit, matches)
				continue
			}
			for i, s := range share {
				found := slices.ContainsFunc(matches, func(m Match) bool { return int(ix.items[m.item].line) == i+1 })
				if total[i] > 0 && found != (s >= o.Min-1e-6) {
					t.Errorf("n %d: item %d with a share of %v: found is %v", o.N, i, s, found)
				}
			}
		}
	}
}

// checkCovered compares the words that matches cover with those that must be.
func checkCovered(t *testing.T, text string, words []string, want []bool, matches []Match) {
	t.Helper()
	at := 0
	for i, w := range words {
		from := at
		at += len(w) + 1
		covered := slices.ContainsFunc(matches, func(m Match) bool { return m.From <= from && from+len(w) <= m.To })
		if covered != want[i] {
			t.Errorf("%q: word %d covered is %v, want %v", text, i, covered, want[i])
			return
		}
	}
}

func TestNumbersAloneAreNoRun(t *testing.T) {
	o := testOptions()
	o.Method, o.N, o.Min = "ngram", 8, 0
	f := buildItems(t, o, testItem{Question: "sort the list 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 please and then say what a b c d e f g h was"}).NewFinder()
	for text, want := range map[string]int{"1 2 3 4 5 6 7 8 9 10": 0, "a b c d e f g h": 0, "so: list 1 2 3 4 5 6 7 8": 1, "4 5 6 7 8 9 10 please": 1} {
		if m := f.Find([]byte(text)); len(m) != want {
			t.Errorf("%q: %+v", text, m)
		}
	}
}

// What others wrote to cost time costs little more than other texts.
func TestHostileTexts(t *testing.T) {
	q := strings.Fields(longQuestion)
	var items []testItem
	for i := range 200 {
		items = append(items, testItem{Question: strings.Join(q[:20], " ") + fmt.Sprintf(" x%d ", i) + strings.Join(q[20:], " "), Answer: fmt.Sprint(strings.Repeat("the answer is that ", 300), i)})
	}
	items = append(items, testItem{Question: strings.Repeat("a ", 3000)}, testItem{Question: strings.Repeat("a b ", 3000)})
	const size = 300 << 10
	start := time.Now()
	for _, set := range []func(*Options){func(*Options) {}, func(o *Options) { o.Unit = "ngrams" }, func(o *Options) { o.Method, o.Min = "ngram", 0 }, func(o *Options) { o.Method = "ngram" }} {
		o := testOptions()
		set(&o)
		f := buildItems(t, o, items...).NewFinder()
		for _, part := range []string{"a ", "a b ", longQuestion + " ", items[7].Question + " ", strings.Join(q[:24], " ") + " ", strings.Join(q[10:16], " ") + " z ",
			"a a a a a a z ", items[7].Question + " " + items[7].Answer + " "} {
			f.Find([]byte(strings.Repeat(part, size/len(part))))
		}
	}
	if d := time.Since(start); d > time.Minute { // it is about a second; what grows with the square of the size is hours
		t.Errorf("it took %v", d)
	}
}

func TestStats(t *testing.T) {
	ix := buildItems(t, testOptions(), testItem{Question: longQuestion, Answer: "x"}, testItem{Question: "too short"}, testItem{Question: strings.ToUpper(longQuestion), Answer: "X"},
		testItem{Question: longQuestion, Answer: "y"}, testItem{Question: "What is true?", Passage: filler})
	if got := ix.Stats(); len(got) != 1 || got[0] != (SetStats{"test", 5, 3, 1, 1}) {
		t.Errorf("%+v", got)
	}
	if ix.Size() < 500 || ix.Size() > 20000 {
		t.Errorf("%d bytes", ix.Size())
	}
	if m := ix.NewFinder().Find([]byte(filler + "What is true?")); len(m) != 1 {
		t.Errorf("a question that is known by its passage: %+v", m)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for want, set := range map[string]func(*Options){
		"want score or ngram": func(o *Options) { o.Method = "x" }, "want words or ngrams": func(o *Options) { o.Unit = "" }, "n is 1": func(o *Options) { o.N = 1 },
		"every is 0": func(o *Options) { o.Every = 0 }, "misses is -1": func(o *Options) { o.Misses = -1 }, "exact is 50": func(o *Options) { o.Exact = 50 },
		"shortest is 4": func(o *Options) { o.Shortest = 4 }, "min is 0": func(o *Options) { o.Min = 0 }, "min is NaN": func(o *Options) { o.Min = math.NaN() },
		"window is -1": func(o *Options) { o.Window = -1 }, "holds nothing": func(o *Options) { o.Limit = 0 },
	} {
		o := testOptions()
		set(&o)
		if err := o.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	q := []Set{{Name: "s", Fields: Fields{Question: []string{"question"}}}}
	for want, text := range map[string]string{
		"its files hold no record": "", "is long enough to be known by": `{"question": "too short"}`,
		"an index of more than 1 MiB": `{"question": "` + strings.Repeat("many words ", 5000) + `"}`,
	} {
		o := testOptions()
		o.Limit = 1 << 20
		q[0].Files = []string{write(t, "a.jsonl", text)}
		if _, err := Build(q, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := Build(nil, testOptions()); err == nil {
		t.Error("no sets are a rule of nothing")
	}
}

func TestBeside(t *testing.T) {
	f := buildItems(t, testOptions(), testItem{Question: longQuestion, Answer: "408"}).NewFinder()
	text := filler + edited(longQuestion, 7, func(string) string { return "sacks" }) + " The answer is 408.\x1b[31m" + filler
	hits := f.Explain([]byte(text))
	if len(hits) != 1 {
		t.Fatal(hits)
	}
	got := hits[0].Beside(100)
	for _, want := range []string{"score 0.9", "question 0.9", "answer 1.000", "« A farmer", "[sacks]", "[seventeen]", " | ", "answer: 408", "items.jsonl:1"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "\x1b") {
		t.Error("orders to a terminal pass")
	}
	for line := range strings.Lines(got[strings.Index(got, "\n"):]) {
		if columns(strings.TrimSuffix(line, "\n")) > 100 {
			t.Errorf("a line of %d columns: %q", columns(line), line)
		}
	}
	if text[hits[0].Begin:hits[0].Begin+len(hits[0].Text)] != hits[0].Text {
		t.Error("the excerpt is not what stands in the text")
	}
}

func FuzzFind(f *testing.F) {
	for _, text := range peerTexts {
		f.Add(text, "Which element is most abundant in the Earth's crust?", byte(len(text)))
	}
	f.Add(strings.Repeat("a b ", 100), "a b a b a b a b", byte(1))
	f.Add("中文的中文的中文的中文", "中文的中文的中文", byte(2))
	f.Fuzz(func(t *testing.T, text, question string, which byte) {
		o := testOptions()
		o.Unit = []string{"words", "ngrams"}[which%2]
		o.Every = 1 + int(which/2%2)*2
		if which&4 != 0 {
			o.Method, o.N, o.Min = "ngram", 3, float64(which>>3&1)/2
		}
		record, _ := json.Marshal(testItem{Question: question, Answer: "three word answer"})
		b, _ := json.Marshal(peerItems[1])
		ix, err := Build([]Set{{Name: "s", Files: []string{write(t, "a.jsonl", string(record)+"\n"+string(b))}, Fields: Fields{Question: []string{"question"}, Answer: []string{"answer"}}}}, o)
		if err != nil {
			t.Fatal(err)
		}
		used := ix.NewFinder()
		used.Find([]byte(question + text))
		a, b2 := fmt.Sprint(used.Find([]byte(text))), fmt.Sprint(ix.NewFinder().Find([]byte(text)))
		if a != b2 {
			t.Fatalf("used %s, fresh %s", a, b2)
		}
		for _, h := range used.Explain([]byte(text)) {
			if h.From < 0 || h.To <= h.From || h.To > len(text) || h.AnswerFrom > h.AnswerTo || h.AnswerTo > len(text) || !(h.Score >= 0 && h.Score <= 1+Tolerance) {
				t.Fatalf("%+v", h.Match)
			}
			h.Beside(60)
		}
	})
}
