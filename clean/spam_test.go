package clean

import (
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

func spamStage(t testing.TB, change func(o *Spam)) quern.Stage {
	t.Helper()
	o := DefaultSpam()
	if change != nil {
		change(&o)
	}
	s, err := o.Stage()
	return build(t, s, err)
}

// spamTexts are advertisements of every kind, by the verdict on them.
var spamTexts = map[quern.Verdict]string{
	spamStuffed:  strings.Repeat("Cheap sofas here. Our sofas are the sofas of all sofas in town. ", 6),
	spamCalls:    strings.Repeat("Buy now and get free shipping, a limited time offer for you. Click here to see the many things that we have got. ", 3),
	spamContacts: strings.Repeat("Shoes $12.99, 89 € and ￥100, red 30元 blue. Ask +1 415 555 2671 or 0121 496 0000 too. ", 5),
	spamLists:    "shoes, red shoes, blue shoes, boots, sandals, socks, heels, laces\n鞋子，红鞋，蓝鞋，靴子，凉鞋，袜子，高跟鞋，鞋带，拖鞋\nAnd this is a line of prose, of which there is little.\n",
	spamTopics:   strings.Repeat("The best online casino with roulette and blackjack for all of us in this city, play a game of baccarat. ", 4),
	spamHashtags: "Nice day today for a walk. #sun #love #happy #goodlife #cats #dogs #fun\n",
	spamURLs:     "See https://example.org/a/long/path?to=nowhere https://example.org/another/long/path and " + strings.Repeat("www.example.com/some/more ", 4),
}

func TestSpam(t *testing.T) {
	s := spamStage(t, nil)
	for v, text := range spamTexts {
		ruling(t, s, text, v)
	}
	ruling(t, s, strings.Repeat("老品牌赌场，加微信送彩金，百家乐老虎机六合彩，立即咨询。", 4), spamCalls)
	for _, fine := range []string{
		"", "sofa", frodo, c4Good,
		"Click here to buy now.", // once does no harm
		"The shoes cost $12.99, or 11 €. Call 415-555-2671.",
		"See https://example.org/a for more.",
		"#define X 1\n#include <stdio.h>\n#ifdef A\n#define B 2\n#endif\n#define C 3\n",
		"# Title\n## Part\nText under a heading, one of many that stand here.\n",
		"We have red, green, blue, white, black, gray, pink and brown shoes, boots, socks.",
		"f(a, b, c, d, e, f, g, h, i, j)\n",
		"the the the the the the the that that that that with with with with with with with",
		"sofa sofa sofa sofa sofa",
	} {
		ruling(t, s, fine, quern.Keep)
	}
}

func TestSpamMeasures(t *testing.T) {
	s := spamStage(t, func(o *Spam) { *o = Spam{1, 1, 1, 1, 1, 1, 1} })
	f := func(text, fact string, want float64) {
		t.Helper()
		d := ruling(t, s, text, quern.Keep)
		for _, m := range d.Marks {
			if m.Name == fact && m.Value != want {
				t.Errorf("%q: %s is %v, want %v", text, fact, m.Value, want)
			}
		}
	}
	f("Sofa SOFA sofa sofa sofa sofa sofa", "spam.top_word", 2.0/7)
	f("沙发沙发沙发沙发沙发沙发沙发", "spam.top_word", 4.0/14) // seven pairs, five of them free
	f("buy now, BUY NOW, buy nowhere, click here", "spam.calls", 2.0/8)
	f("扫码关注 加微信", "spam.calls", 3.0/7)
	f("$1 $2 3 € £4.50 ￥6 7元 8", "spam.contacts", 3.0/9)
	f("casino viagra casino cialis levitra kamagra casinos xanaxes", "spam.topics", 2.0/8)
	f("#a #b c#d ##e #1 #if #f x", "spam.hashtags", 1.0/9)
	f("http://a.bc/"+strings.Repeat("x", 60)+" d", "spam.urls", 8.0/74)
	f("see (www.a.bc), e.g. f.g "+strings.Repeat("www.a.bc ", 8), "spam.urls", 8.0/97)
	f("a, b, c, d, e, f, g, h\nno list", "spam.lists", 0.8)
	f("a, b, c, d, e, f, g, h.\nno list", "spam.lists", 0)
}

func TestSpamConforms(t *testing.T) {
	var docs []quern.Doc
	for _, text := range spamTexts {
		docs = append(docs, quern.Doc{Text: []byte(text)})
	}
	docs = append(docs, quern.Doc{}, quern.Doc{Text: []byte(frodo)})
	if err := quern.CheckStage(DefaultSpam().Stage, docs...); err != nil {
		t.Error(err)
	}
	for _, bad := range []Spam{{MaxCalls: -1}, {MaxURLs: 2}} {
		if _, err := bad.Stage(); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
	s, d, text := spamStage(t, nil), &quern.Doc{}, []byte(spamTexts[spamLists])
	if n := testing.AllocsPerRun(100, func() {
		d.Marks, d.Text = d.Marks[:0], text
		if _, err := s.Apply(d); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations a document", n)
	}
	if d := ruling(t, s, strings.Repeat("a", maxText+1), tooLarge); d.Drop.Limit != maxText {
		t.Errorf("%v", d.Drop)
	}
}

func FuzzSpam(f *testing.F) {
	for _, text := range spamTexts {
		f.Add(text)
	}
	f.Add("#\xff, \xe4\xb8|$1.\xc3")
	s, fresh := spamStage(f, nil), spamStage(f, nil)
	f.Fuzz(func(t *testing.T, text string) {
		d, e := quern.Doc{Text: []byte(text)}, quern.Doc{Text: []byte(text)}
		v, err := s.Apply(&d)
		w, _ := fresh.Apply(&e)
		if err != nil || v != w || string(d.Text) != text {
			t.Fatalf("%q: %q, then %q, %v", text, v, w, err)
		}
		for _, m := range d.Marks {
			if !(m.Value >= 0 && m.Value <= 1) {
				t.Fatalf("%q: %v", text, m)
			}
		}
	})
}

func BenchmarkSpam(b *testing.B) {
	b.Run("prose", func(b *testing.B) { benchStage(b, prose(b), spamStage(b, nil)) })
	b.Run("chinese", func(b *testing.B) { benchStage(b, chinese(b), spamStage(b, nil)) })
}
