package clean

import (
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

func garbledStage(t testing.TB) quern.Stage {
	t.Helper()
	s, err := DefaultGarbled().Stage()
	return build(t, s, err)
}

// latin1 is the text that comes of reading UTF-8 as Latin-1.
func latin1(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		b.WriteRune(rune(c))
	}
	return b.String()
}

// windows1252 is the text that comes of reading UTF-8 as Windows-1252, for the characters that the tests use.
func windows1252(text string) string {
	return strings.NewReplacer("\u0080", "€", "\u0099", "™", "\u009c", "œ", "\u0093", "“", "\u0094", "”", "\u0082", "‚", "\u0083", "ƒ", "\u0084", "„",
		"\u0085", "…", "\u0089", "‰", "\u008a", "Š", "\u0091", "‘", "\u0092", "’", "\u0095", "•", "\u0096", "–", "\u009e", "ž", "\u0097", "—").
		Replace(latin1(text))
}

func randomWords(n int) string {
	r := rand.New(rand.NewPCG(5, 6))
	var b strings.Builder
	for range n {
		for range 5 + r.IntN(6) {
			b.WriteByte('a' + byte(r.IntN(26)))
		}
		b.WriteByte(' ')
	}
	return b.String()
}

func randomBytes(n int) []byte {
	r := rand.New(rand.NewPCG(7, 8))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

const (
	frenchProse = "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de conscience et doivent agir.\n"
	russian     = "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью и должны поступать.\n"
	quoted      = "“I don’t know,” she said — “it’s all that I’ve heard.” He didn’t answer.\n"
)

func TestGarbled(t *testing.T) {
	s := garbledStage(t)
	f := func(text string, want quern.Verdict) { t.Helper(); ruling(t, s, text, want) }
	f(latin1(frenchProse), garbledMojibake)
	f(windows1252(frenchProse), garbledMojibake)
	f(latin1(russian), garbledMojibake)
	f(windows1252(russian), garbledMojibake)
	f(windows1252(quoted), garbledMojibake)
	f(frenchProse+strings.Repeat("锟斤拷", 3), garbledMojibake)
	f(frenchProse+strings.Repeat("\u0093\u0094", 5), garbledMojibake) // C1 controls
	f(strings.ReplaceAll(frenchProse, "é", "\ufffd"), garbledReplaced)
	f(strings.ReplaceAll(frenchProse, "é", "\uf025"), garbledPrivate)
	f(strings.ReplaceAll(frenchProse, "é", "\U000f0025"), garbledPrivate)
	f(frenchProse+base64.StdEncoding.EncodeToString(randomBytes(100)), garbledEncoded)
	f(frenchProse+hex.EncodeToString(randomBytes(100)), garbledEncoded)
	f("See "+base64.StdEncoding.EncodeToString(randomBytes(30)), quern.Keep) // a key, not a file
	f(strings.Join(strings.Split(strings.ReplaceAll(quoted, " ", ""), ""), " "), garbledSpaced)
	f(strings.Join(strings.Split(strings.ReplaceAll(russian, " ", ""), ""), " "), garbledSpaced)
	f(randomWords(60), garbledImprobable)
	f(strings.ToUpper(randomWords(60)), quern.Keep) // acronyms, for all that is known
	f("abc\xff", badText)
}

func TestGarbledLeavesGoodText(t *testing.T) {
	s := garbledStage(t)
	f := func(text string) { t.Helper(); ruling(t, s, text, quern.Keep) }
	f("")
	f(frenchProse)
	f(russian)
	f(quoted)
	f("A B C D") // too short to tell
	f("人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。")
	f("NÃO À GUERRA! SÃO PAULO, MAÇÃS. Ðe Íslendingar, Ñandú, â la carte.")
	f("Let x be an element of X and y z w in Y. Then f g h k is a map, where a b and c d are composed.\n" + frenchProse)
	f("func rsrcPtr(ctx *ctxt, dst, src []byte) { wg := syncWg; kv := mkKV(ctx, \"https://example.org/some/long/path/to/a/page-with-many-words\") }\n" +
		repeat("for i := range strconvBuf { cfg.srvHttpKv(xmlnsPfx, rgbaPx) }\n", 20))
	f("/usr/lib/python3/dist-packages/setuptools/command/build_extension_modules_for_testing.py is a path\n" + frenchProse)
	f(repeat("=", 300) + "\n" + repeat("_-", 200) + "\n" + frenchProse)
	f("rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz Szczebrzeszyn chrząszcz brzmi w trzcinie Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogoch")
}

func TestGarbledShares(t *testing.T) {
	s := garbledStage(t)
	f := func(text, fact string, want float64) {
		t.Helper()
		d := &quern.Doc{Text: []byte(text)}
		if _, err := s.Apply(d); err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(d.Marks, func(m quern.Mark) bool { return m.Name == fact })
		if want < 0 && i >= 0 || want >= 0 && (i < 0 || d.Marks[i].Value != want) {
			t.Errorf("%q: marks %v, want %s = %v", text, d.Marks, fact, want)
		}
	}
	f("ab\ufffdд", "garbled.replaced", 1./4)
	f("\ue000\U00100000中a", "garbled.private", 2./4)
	f("Ã©Ã©xx", "garbled.mojibake", 4./6)
	f("â€™ab", "garbled.mojibake", 2./5)
	f("锟斤拷ab", "garbled.mojibake", 3./5)
	f(repeat("word ", 16)+"t h i s", "garbled.spaced", 4./20)
	f(repeat("word ", 16)+"t h i\ns", "garbled.spaced", 0)
	f(repeat("word ", 15)+"t h i s", "garbled.spaced", -1)
	f(repeat("words ", 19)+"qxzjk", "garbled.improbable", 1./20)
	f(repeat("words ", 18)+"qxzjk qxzjk", "garbled.improbable", 1./20)
	f(repeat("words ", 20)+"qxzjk1 _qxzjk éqxzjk QXZJK", "garbled.improbable", 0)
	f(repeat("words ", 19)+"fooqKvalue", "garbled.improbable", 0) // oq and kv are improbable, qK is a hump: 2 of 9 pairs
}

// The corpora are read as they lie: HTML and LaTeX sources, code, prose. What was dropped was looked at: it is damaged, or half of
// it is base64.
func TestGarbledOnRealText(t *testing.T) {
	s := garbledStage(t)
	files, err := filepath.Glob("../../shared/data/langid/lingua/sentences/*.txt")
	if err != nil || len(files) == 0 {
		t.Skip("no sentences in many languages to measure")
	}
	damaged := map[string]quern.Verdict{"cy.txt": garbledMojibake, "yo.txt": garbledPrivate}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		d := &quern.Doc{Text: b}
		if v, err := s.Apply(d); err != nil || v != damaged[filepath.Base(name)] {
			t.Errorf("%s: %q %v, %v", name, v, d.Marks, err)
		}
	}
	for name, docs := range map[string][]string{"prose": prose(t), "chinese": chinese(t)} {
		for _, text := range docs {
			d := &quern.Doc{Text: []byte(text)}
			if v, err := s.Apply(d); err != nil || v != quern.Keep {
				t.Errorf("%s: %q %v, %v: %.100q", name, v, d.Marks, err, text)
			}
		}
	}
}

func TestGarbledKeepsTheContract(t *testing.T) {
	var docs []quern.Doc
	for _, text := range []string{"", frenchProse, latin1(frenchProse), randomWords(60), quoted + hex.EncodeToString(randomBytes(100)), repeat("t h i s ", 20),
		strings.ReplaceAll(frenchProse, "é", "\ufffd"), strings.ReplaceAll(frenchProse, "é", "\ue000"), "\xff", "Ã", "â", "锟斤", repeat("qxzjk ", 30)} {
		docs = append(docs, quern.Doc{Text: []byte(text)})
	}
	if err := quern.CheckStage(DefaultGarbled().Stage, docs...); err != nil {
		t.Error(err)
	}
	o := DefaultGarbled()
	o.MaxSpaced = -1
	if _, err := o.Stage(); err == nil {
		t.Error("a negative limit")
	}
}

func TestGarbledAllocatesNothing(t *testing.T) {
	s := garbledStage(t)
	text := []byte(frenchProse + russian + latin1(frenchProse) + randomWords(30))
	d := &quern.Doc{}
	if n := testing.AllocsPerRun(20, func() {
		d.Marks, d.Text = d.Marks[:0], text
		if _, err := s.Apply(d); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzGarbled(f *testing.F) {
	f.Add([]byte(frenchProse + latin1(russian) + "t h i s 锟斤拷 \ue000\ufffd\xff"))
	a := garbledStage(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		b := garbledStage(t)
		d, e := &quern.Doc{Text: text}, &quern.Doc{Text: text}
		v, err := a.Apply(d)
		if err != nil {
			t.Fatal(err)
		}
		w, err := b.Apply(e)
		if err != nil {
			t.Fatal(err)
		}
		if v != w || !slices.Equal(d.Marks, e.Marks) {
			t.Errorf("%q: %q %v, %q %v", text, v, d.Marks, w, e.Marks)
		}
		if v == quern.Keep && !utf8.Valid(d.Text) {
			t.Errorf("%q: kept, and not UTF-8", text)
		}
		for _, m := range d.Marks {
			if !(m.Value >= 0 && m.Value <= 1) {
				t.Errorf("%q: %v is no share", text, m)
			}
		}
	})
}

func BenchmarkGarbled(b *testing.B) {
	b.Run("prose", func(b *testing.B) { benchStage(b, prose(b), garbledStage(b)) })
	b.Run("chinese", func(b *testing.B) { benchStage(b, chinese(b), garbledStage(b)) })
}
