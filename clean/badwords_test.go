package clean

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// inventedLists is a folder of lists with words that are in no language, and a README.
func inventedLists(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, words := range map[string]string{"en": "grue\nsnork a lot\nfrob-nik\n", "es": "Grueño\n", "ru": "бяка\n", "zh": "坏蛋\n性\n", "ja": "sm\nダメ\n",
		"README.md": "grammar\n", "LICENSE": "license\n", "fr-CA-u-sd-caqc": "zut\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(words), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func badWordsStage(t testing.TB, change func(o *BadWords)) quern.Stage {
	t.Helper()
	o := DefaultBadWords()
	o.Lists = inventedLists(t)
	if change != nil {
		change(&o)
	}
	s, err := o.Stage()
	return build(t, s, err)
}

func TestBadWords(t *testing.T) {
	s := badWordsStage(t, nil)
	f := func(lang, text string, want int) {
		t.Helper()
		d := &quern.Doc{Lang: lang, Text: []byte(text)}
		v, err := s.Apply(d)
		if err != nil || (v == badWordsFound) != (want > 0) || want > 0 && d.Drop.Value != float64(want) {
			t.Errorf("%s %q: %q, %v, %v, want %d words", lang, text, v, d.Drop, err, want)
		}
	}
	f("en", "A Grue, and a GRUE.", 2)
	f("en", "grue", 1)
	f("en", "grue grue", 2)
	f("en", "gruesome, agrue, grue_, grue1, égrue, grueé", 0)
	f("en", "(grue) “grue” grue’s 中grue", 3) // a Chinese character is part of a word
	f("en", "they snork a lot", 1)
	f("en", "they snork  a lot", 0) // one space in the list, one in the text
	f("en", "frob-nik frobnik", 1)
	f("en", "license grammar zut бяка", 0)
	f("", "grue", 1)        // unknown is English
	f("de", "grue", 0)      // no list
	f("en-GB", "grue", 1)   // the region does not matter
	f("es", "el GRUEÑO", 1) // capitals beyond ASCII, in the list too
	f("ru", "Бяка и БЯКА", 2)
	f("ru", "бяками", 0)
	f("zh", "他是个大坏蛋啊", 1) // inside of a row of characters
	f("zh", "可能性", 0)     // the peer's list of entries that are parts of common words
	f("ja", "sm ダメです", 1)
	f("fr", "zut", 0)
	f("fr-CA-u-sd-caqc", "zut", 1)
	none := badWordsStage(t, func(o *BadWords) { o.Fallback = "" })
	if v, err := none.Apply(&quern.Doc{Text: []byte("grue")}); v != quern.Keep || err != nil {
		t.Error("a document of unknown language is judged without a fallback")
	}
}

func TestBadWordsKeepsAFraction(t *testing.T) {
	kept := [2]int{}
	for i, seed := range []uint64{1, 2} {
		s := badWordsStage(t, func(o *BadWords) { o.KeepFraction, o.Seed = 0.25, seed })
		for n := range 2000 {
			d := &quern.Doc{ID: quern.NewID("x", fmt.Sprint(n)), Text: []byte("grue")}
			if v, _ := s.Apply(d); v == quern.Keep {
				kept[i]++
			}
		}
	}
	for _, n := range kept { // 4 standard deviations
		if n < 422 || n > 578 {
			t.Errorf("%d of 2000 kept, want about 500", n)
		}
	}
	if kept[0] == kept[1] {
		t.Error("another seed keeps as many: does it count?")
	}
	all := badWordsStage(t, func(o *BadWords) { o.KeepFraction = 1 })
	ruling(t, all, "grue", quern.Keep)
}

func TestBadWordsRefusesBadOptions(t *testing.T) {
	dir, empty := inventedLists(t), t.TempDir()
	for _, c := range []struct {
		o    BadWords
		want string
	}{{BadWords{}, "give lists"}, {BadWords{Lists: "/nowhere"}, "/nowhere"}, {BadWords{Lists: empty}, empty}, {BadWords{Lists: dir, Fallback: "xx"}, `"xx"`},
		{BadWords{Lists: dir, KeepFraction: 2}, "keep_fraction"}} {
		if _, err := c.o.Stage(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.o, err, c.want)
		}
	}
	o := DefaultBadWords()
	o.Lists = filepath.Base(dir)
	o.At(filepath.Dir(dir))
	if got := o.Files(); len(got) != 6 || got[0] != filepath.Join(dir, "en") {
		t.Errorf("files %q", got)
	}
	if _, err := o.Stage(); err != nil {
		t.Error(err)
	}
}

func TestToxic(t *testing.T) {
	o := DefaultToxic()
	o.Lists, o.MaxShare = inventedLists(t), 0.25
	s, err := o.Stage()
	build(t, s, err)
	f := func(lang, text string, words, share float64, want quern.Verdict) {
		t.Helper()
		d := &quern.Doc{Lang: lang, Text: []byte(text)}
		v, err := s.Apply(d)
		if err != nil || v != want || d.Marks[0].Value != words || d.Marks[1].Value != share {
			t.Errorf("%q: %q, %v, %v", text, v, d.Marks, err)
		}
		again := &quern.Doc{Lang: lang, Marks: d.Marks}
		if b := newBounds(o.Limits()); b.judge(again) != v || again.Drop != d.Drop {
			t.Errorf("%q: its limits say %v, the stage %v", text, again.Drop, d.Drop)
		}
	}
	f("en", "", 0, 0, quern.Keep)
	f("en", "it's a grue here", 1, 0.25, quern.Keep)
	f("en", "a grue, grue", 2, 2.0/3, toxicShare)
	f("en", "do they snork a lot", 3, 0.6, toxicShare)
	f("zh", "他是个大坏蛋", 2, 2.0/6, toxicShare)
	f("zh", "他是个大坏蛋啊啊啊啊", 2, 0.2, quern.Keep)
	if err := quern.CheckStage(o.Stage, quern.Doc{Text: []byte("a grue, grue")}, quern.Doc{Text: []byte("a good text")}, quern.Doc{Lang: "de"}); err != nil {
		t.Error(err)
	}
	for _, bad := range []Toxic{{}, {Lists: o.Lists, MaxShare: -1}, {Lists: o.Lists, MaxShare: 2}} {
		if _, err := bad.Stage(); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}

func TestBadWordsConform(t *testing.T) {
	o := DefaultBadWords()
	o.Lists = inventedLists(t)
	if err := quern.CheckStage(o.Stage, quern.Doc{Text: []byte("a grue")}, quern.Doc{Text: []byte("БЯКА"), Lang: "ru"}, quern.Doc{Lang: "de"}, quern.Doc{Text: []byte("fine")}); err != nil {
		t.Error(err)
	}
	s := badWordsStage(t, nil)
	for lang, text := range map[string]string{"en": "a grue and a text", "ru": "БЯКА и текст", "zh": "坏蛋"} {
		d, b := &quern.Doc{Lang: lang}, []byte(text)
		if n := testing.AllocsPerRun(100, func() {
			d.Marks, d.Text = d.Marks[:0], b
			if _, err := s.Apply(d); err != nil {
				t.Fatal(err)
			}
		}); n > 0 {
			t.Errorf("%s: %v allocations a document", lang, n)
		}
	}
}

func TestLowerKeepsPlaces(t *testing.T) {
	text := "ABC xyz ÄÖÜ ß Я Ω İ ı K Ⅷ Ａ 中文 Ა Ꭰ Ḁ ẞ \xff \xc3 \xe4\xb8 A"
	got := appendLowerAll(nil, []byte(text))
	if len(got) != len(text) {
		t.Fatalf("%d bytes became %d", len(text), len(got))
	}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		want := []byte(text[i : i+n])
		if low := unicode.ToLower(r); r != utf8.RuneError && utf8.RuneLen(low) == n {
			want = utf8.AppendRune(nil, low)
		}
		if !bytes.Equal(got[i:i+n], want) {
			t.Errorf("%q became %q, want %q", text[i:i+n], got[i:i+n], want)
		}
		i += n
	}
}

func FuzzBadWords(f *testing.F) {
	f.Add("en", "A Grue.")
	f.Add("ru", "БЯКА\xff\xd0")
	f.Add("zh", "坏蛋\xe5")
	s, fresh := badWordsStage(f, nil), badWordsStage(f, nil)
	f.Fuzz(func(t *testing.T, lang, text string) {
		d, e := quern.Doc{Lang: lang, Text: []byte(text)}, quern.Doc{Lang: lang, Text: []byte(text)}
		v, err := s.Apply(&d)
		w, _ := fresh.Apply(&e)
		if err != nil || v != w || string(d.Text) != text {
			t.Fatalf("%q: %q, then %q, %v", text, v, w, err)
		}
		if low := appendLowerAll(nil, []byte(text)); len(low) != len(text) || utf8.ValidString(text) && !utf8.Valid(low) {
			t.Fatalf("%q in small letters is %q", text, low)
		}
	})
}

// The lists that C4 used, over real prose: a rate that C4's rule is known for, and no time lost.
func BenchmarkBadWords(b *testing.B) {
	const folder = "../../shared/data/quality/ldnoobw"
	if _, err := os.Stat(folder); err != nil {
		b.Skipf("no lists: %v", err)
	}
	o, x := DefaultBadWords(), DefaultToxic()
	o.Lists, o.KeepFraction, x.Lists, x.MaxShare = folder, 1, folder, 1
	s, err := o.Stage()
	b.Run("bad_words", func(b *testing.B) { benchStage(b, prose(b), build(b, s, err)) })
	s, err = x.Stage()
	b.Run("toxic", func(b *testing.B) { benchStage(b, prose(b), build(b, s, err)) })
	o.Fallback = "ru" // in small letters beyond ASCII first
	s, err = o.Stage()
	b.Run("russian", func(b *testing.B) { benchStage(b, prose(b), build(b, s, err)) })
	o.Fallback = "zh"
	s, err = o.Stage()
	b.Run("chinese", func(b *testing.B) { benchStage(b, chinese(b), build(b, s, err)) })
}

func TestC4Paragraphs(t *testing.T) {
	s, err := DefaultC4Paragraphs().Stage()
	build(t, s, err)
	long, wide := strings.Repeat("x", 200)+"\n", strings.Repeat("中", 200)
	ruling(t, s, long+long+long, quern.Keep)
	ruling(t, s, "short\n"+long+"\n"+long+"x\n"+wide, quern.Keep)
	ruling(t, s, long+long, c4FewParagraphs)
	ruling(t, s, long+long+strings.Repeat("中", 199), c4FewParagraphs)
	ruling(t, s, "", c4FewParagraphs)
	for _, bad := range []C4Paragraphs{{MinLong: -1}, {MinChars: -1}} {
		if _, err := bad.Stage(); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
	if err := quern.CheckStage(DefaultC4Paragraphs().Stage, quern.Doc{Text: []byte(long + long + long)}, quern.Doc{Text: []byte(long)}); err != nil {
		t.Error(err)
	}
}
