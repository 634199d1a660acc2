package clean

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/seed-83c59573/quern"
)

func mojibakeStage(t testing.TB, o Mojibake) quern.Stage {
	t.Helper()
	s, err := o.Stage()
	return build(t, s, err)
}

// TestMojibakeRepairsWhatIsKnown: ftfy's published examples (README, tests/test_cases.json), inputs and outputs.
func TestMojibakeRepairsWhatIsKnown(t *testing.T) {
	s := mojibakeStage(t, DefaultMojibake())
	for text, want := range map[string]string{
		"âœ” No problems":                "✔ No problems",
		"dans l’humanitÃ©, sans":         "dans l’humanité, sans",
		"Iggy Pop (nÃƒÂ© Jim Osterberg)": "Iggy Pop (né Jim Osterberg)",
		"The Mona Lisa doesnÃƒÂ¢Ã¢â€šÂ¬Ã¢â€žÂ¢t have eyebrows.": "The Mona Lisa doesn’t have eyebrows.",
		"â€œmismatched quotesâ€¦”":                              "“mismatched quotes…”",
		"â€œlossy decodingâ€\ufffd":                             "“lossy decoding”",
		"from â€œbb+â€? to":                                     "from “bb+” to",
		"\u0084Handwerk bringt dich überall hin\u0093":          "„Handwerk bringt dich überall hin“",
		"voilÃ  le travail":                                     "voilà le travail",
		"voilÃ le travail":                                      "voilà le travail",
		"com especial atenÃ§Ã£o Ã s crianÃ§as":                  "com especial atenção às crianças",
		"Ã perturber la rÃ©flexion":                             "à perturber la réflexion",
		"Ð ÑƒÑ\ufffdÑ\ufffdÐºÐ¸Ð¹":                              "Ру\ufffd\ufffdкий",
		"à¸\u00a0à¸²à¸©à¸²à¹„à¸—à¸¢":                            "ภาษาไทย",
		"æ—¥æœ¬èªž":                                             "日本語",
		"Hi guys í\u00a0½í¸\u008d":                              "Hi guys 😍",
		"RUF MICH ZURÃœCK":                                      "RUF MICH ZURÜCK",
		"HÃ”TEL":                                                "HÔTEL",
		"aoÃ»t":                                                 "août",
		"DOS AÃ‘OS":                                             "DOS AÑOS",
		"GÃ\u00a0idhlig":                                        "Gàidhlig",
		"Tiáº¿ng Viá»‡t":                                        "Tiếng Việt",
		"LiĂ¨ge Avenue de l'HĂ´pital":                           "Liège Avenue de l'Hôpital",
		"РґРѕСЂРѕРіРµ Р\u0098Р·-РїРѕРґ":                         "дороге Из-под",
		"Ukrsotsbankвђ™s":                                       "Ukrsotsbankвђ™s", // lower-cased damage is beyond repair
		"S&P Confirms UkrsotsbankвЂ™s вЂњB-вЂњ Rating":          "S&P Confirms Ukrsotsbank’s “B-“ Rating",
		"This is signiп¬Ѓcantly lower":                          "This is significantly lower",
		"un r√©gime √©quilibr√©.":                               "un régime équilibré.",
		"t‚Äö√†√∂¬¨¬©l‚Äö√†√∂¬¨¬©charger":                       "télécharger",
		"◊ë◊î◊ï◊ì◊¢◊î":                                          "בהודעה",
		"Ø±Ø³Ø§Ù„Ø©":                                            "رسالة",
		"#╨┐╤Ç╨░╨▓╨╕╨╗╤î╨╜╨╛":                                   "#правильно",
		"Tiß║┐ng Viß╗çt":                                        "Tiếng Việt",
		"10Î&frac14;s":                                          "10μs",
		"oﬃce &amp; ﬁle &#8364; &#x93;a&quot;":                  "office & file € “a\"",
		"5 &lt; 6\na <b> &amp; c":                               "5 < 6\na <b> &amp; c", // markup begins
		"&notanentity; &; &#xD800; &#0;":                        "&notanentity; &; &#xD800; &#0;",
		"wait\u0085 and\u0085next":                              "wait… and\u0085next",
		"\xed\xa0\xbd\xed\xb8\x80 as CESU-8":                    "😀 as CESU-8",
	} {
		if d := ruling(t, s, text, quern.Keep); string(d.Text) != want {
			t.Errorf("%q\nbecame %q\nwant   %q", text, d.Text, want)
		}
	}
	ruling(t, s, "a\xffb", mojibakeNotUTF8)
	d := ruling(t, s, "nÃ© le 5 mai\nÃ‰tienne CafÃ©", quern.Keep)
	if m := markOf(d, "mojibake.repaired"); m != 3 {
		t.Errorf("%v words are said to be repaired, want 3", m)
	}
}

func markOf(d *quern.Doc, name string) float64 {
	for _, m := range d.Marks {
		if m.Name == name {
			return m.Value
		}
	}
	return -1
}

// TestMojibakeLeavesGoodTextAlone: text that is valid UTF-8 by chance when read as bytes, most of it known from ftfy's negative cases.
func TestMojibakeLeavesGoodTextAlone(t *testing.T) {
	s := mojibakeStage(t, DefaultMojibake())
	for _, text := range []string{
		"4288×…", "HUHLL Õ…", "RETWEET SE VOCÊ…", "IL Y MARQUÉ…", "SDV SÓ…", "ZZAJÉ’s Official", "Ôôô VIDA MINHA", "[x]\u00a0©", "2012—∞",
		"OK??:(   `¬´    ):", "( o¬ô )", "∆°", "QUEM É¿", "lá´´", "SELKÄ\u00a0EDELLÄ\u00a0MAAHAN", "Offering 5×£35 pin ups", "NESTLÉ® requiere",
		"C O N C L U S Ã O", "(-1/2)! = √π", "├┤a┼┐a┼┐a┼┐a┼┐a", "such a fan of Charlotte Brontë…”", "AHÅ™, the new sofa", "ВІКІ is Ukrainian for WIKI",
		"a radius of 10 Å—", "!YO SÉ¡", "There are a lot of Ã’s", "NICIODATĂ\u00a0", "NICIODATĂ™", "HÅØYA ER BLÅØYD", "ŌÂ¬o"[:2] + "¬o", "Поздравђаво",
		"СССР» и «Россия»", "у Січні 2020 Рік", "ì¥¹", "«école» l’été “à” —école", "déšť, zášť, příští", "IRMÃ” disse: AMANHÃ.", "ÂNGELO ÂMBAR PÂNTANO", "PHỞ BÒ, ĐẶC BIỆT Â Ă Ê",
		"┌──┬──┐\n│ab│cd│\n╠══╪══╣\n└──┴──┘", "Müller & Söhne, Straße 5½ m²", "π≈3.14, x²±y³, 20°C", "中文、日本語、한국어", "“Ñandú” ¿qué? ¡Sí! «£5»", "ÀÉÎÕÜ çà et là",
	} {
		if d := ruling(t, s, text, quern.Keep); string(d.Text) != text {
			t.Errorf("%q is damaged: %q", text, d.Text)
		}
	}
}

// samples are first articles of the Universal Declaration of Human Rights.
var samples = []string{
	"Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de conscience.",
	"Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sollen einander im Geiste der Brüderlichkeit begegnen, außer …",
	"Todos os seres humanos nascem livres e iguais em dignidade e em direitos. Dotados de razão e de consciência, devem agir.",
	"Wszyscy ludzie rodzą się wolni i równi w swej godności i prawach. Są obdarzeni rozumem i sumieniem i powinni postępować.",
	"Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar. Akıl ve vicdana sahiptirler.",
	"Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью.",
	"Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα.",
	"כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם.",
	"يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق.",
	"सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।",
	"มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ",
	"人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。",
	"모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.",
	"Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm và quyền lợi.",
}

// misread decodes UTF-8 by the wrong charset; bytes without a character stay what they were.
func misread(text string, m *charmap.Charmap) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		r := m.DecodeByte(c)
		if r == utf8.RuneError {
			r = rune(c)
		}
		b.WriteRune(r)
	}
	return b.String()
}

func TestMojibakeUndoesEveryCharset(t *testing.T) {
	s := mojibakeStage(t, DefaultMojibake())
	all := append(charsetOrder[:], charset{"latin-1", charmap.ISO8859_1})
	for _, c := range all {
		good := 0
		for _, text := range samples {
			once := misread(text, c.m)
			for _, bad := range []string{once, misread(once, c.m)} {
				if d := ruling(t, s, bad, quern.Keep); string(d.Text) == text {
					good++
				} else if c.name == "windows-1252" || c.name == "latin-1" {
					t.Errorf("%s: %q, want %q", c.name, d.Text, text)
				}
			}
		}
		if n := 2 * len(samples); good < n*8/10 {
			t.Errorf("%s: %d of %d texts are repaired", c.name, good, n)
		}
	}
}

// TestMojibakeOnRealText: sentences of 75 languages. A few of them are damaged in truth, in the Latin, Welsh and Ganda lists above all.
func TestMojibakeOnRealText(t *testing.T) {
	files, _ := filepath.Glob("../../shared/data/langid/lingua/sentences/*.txt")
	if len(files) == 0 {
		t.Skip("no text to look at: shared/data is not there")
	}
	s := mojibakeStage(t, DefaultMojibake())
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		changed, lines := 0, 0
		for line := range bytes.Lines(b) {
			lines++
			d := &quern.Doc{Text: bytes.Clone(line)}
			if _, err := s.Apply(d); err != nil {
				t.Fatal(err)
			}
			if markOf(d, "mojibake.repaired") > 0 {
				changed++
			}
		}
		limit := 0
		switch filepath.Base(f) { // looked at: all of these are damaged in truth
		case "af.txt", "pl.txt", "sv.txt", "tr.txt", "de.txt", "hr.txt":
			limit = 2
		case "cs.txt", "ro.txt", "lg.txt", "la.txt":
			limit = 25
		case "cy.txt":
			limit = lines / 3
		}
		if changed > limit {
			t.Errorf("%s: %d of %d lines changed, at most %d are damaged", filepath.Base(f), changed, lines, limit)
		}
	}
}

func TestMojibakeOptions(t *testing.T) {
	f := func(o Mojibake, text, want string) {
		t.Helper()
		if d := ruling(t, mojibakeStage(t, o), text, quern.Keep); string(d.Text) != want {
			t.Errorf("%q became %q, want %q", text, d.Text, want)
		}
	}
	f(Mojibake{Quotes: true}, "“a” ‘b’", `"a" 'b'`)
	f(Mojibake{Width: true}, "ＡＢｃ１２！，", "ABc12！，") // full-width punctuation is good Chinese
	f(Mojibake{}, "cafÃ© ﬁ &amp; \u0093", "cafÃ© ﬁ &amp; \u0093")
	f(Mojibake{Charsets: []string{"windows-1252"}}, "cafÃ© caf√©", "café caf√©")
	if _, err := (Mojibake{Charsets: []string{"latin-1"}}).Stage(); err == nil {
		t.Error("an unknown charset is accepted")
	}
}

func TestMojibakeContract(t *testing.T) {
	docs := []quern.Doc{{Text: []byte("cafÃ© &amp; ﬁ\n“x”")}, {Text: []byte("clean")}, {Text: []byte("\xff")}, {}, {Text: []byte("\xed\xa0\xbd\xed\xb8\x80 naÃ¯ve")},
		{Text: []byte(misread(misread(samples[5], charmap.Windows1252), charmap.Windows1252))}}
	if err := quern.CheckStage(func() (quern.Stage, error) { return DefaultMojibake().Stage() }, docs...); err != nil {
		t.Error(err)
	}
	s := mojibakeStage(t, DefaultMojibake())
	d := &quern.Doc{Text: []byte("un cafÃ© ici"), Spans: []quern.Span{}}
	if s.Apply(d); len(d.Spans) != 1 || d.Spans[0].From != 6 || d.Spans[0].To != 10 {
		t.Errorf("spans %+v", d.Spans)
	}
	bad := []byte(misread(strings.Join(samples, "\n"), charmap.Windows1252) + " &amp; &eacute; ﬁ")
	if n := testing.AllocsPerRun(20, func() {
		d.Text, d.Spans = bad, nil
		s.Apply(d)
	}); n != 0 {
		t.Errorf("%v allocations a document", n)
	}
}

func FuzzMojibake(f *testing.F) {
	for _, text := range []string{"cafÃ© naÃƒÂ¯ve", "â€œaâ€\ufffd â€?", "Ã Ã Å Ð Ñ", "&amp;&#x93;&bogus;", "\xed\xa0\xbd\xed\xb8\x80", misread(samples[5], charmap.Windows1251), "\x1aÃ\x1a"} {
		f.Add(text)
	}
	o := DefaultMojibake()
	o.Quotes, o.Width = true, true
	s := mojibakeStage(f, o)
	f.Fuzz(func(t *testing.T, text string) {
		a, b := quern.Doc{Text: []byte(text), Spans: []quern.Span{}}, quern.Doc{Text: []byte(text), Spans: []quern.Span{}}
		v, _ := s.Apply(&a)
		first := string(a.Text)
		w, _ := mojibakeStage(t, o).Apply(&b)
		if v != w || v == quern.Keep && (first != string(b.Text) || !utf8.ValidString(first)) {
			t.Fatalf("%q: %q %q, then %q %q", text, v, first, w, b.Text)
		}
		for _, p := range a.Spans {
			if p.From < 0 || p.To > len(text) || p.From >= p.To {
				t.Fatalf("%q: span %+v", text, p)
			}
		}
	})
}

func BenchmarkMojibake(b *testing.B) {
	s := mojibakeStage(b, DefaultMojibake())
	for name, docs := range map[string][]string{"prose": prose(b), "chinese": chinese(b), "damaged": {misread(strings.Join(samples, "\n"), charmap.Windows1252)}} {
		b.Run(name, func(b *testing.B) { benchStage(b, docs, s) })
	}
}
