package lid

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

func TestScriptsDecide(t *testing.T) {
	id := identifier(t, "en")
	f := func(text, want string, least float64) {
		t.Helper()
		lang, confidence := id.Identify([]byte(text))
		if lang != want || confidence < least || confidence > 1 {
			t.Errorf("%.40q: %q with %v, want %q with %v or more", text, lang, confidence, want, least)
		}
	}
	f("", "", 0)
	f("12345 +-*/ …", "", 0)
	f("\xff\xfe\x80", "", 0)
	f("人人生而自由，在尊严和权利上一律平等。", "zh", 1)
	f("すべての人間は、生まれながらにして自由であり", "ja", 1)
	f("모든 인간은 태어날 때부터 자유로우며", "ko", 1)
	f("Όλοι οι άνθρωποι γεννιούνται ελεύθεροι", "el", 1)
	f("כל בני האדם נולדו בני חורין", "he", 1)
	f("มนุษย์ทั้งหลายเกิดมามีอิสระ", "th", 1)
	f("ყველა ადამიანი იბადება თავისუფალი", "ka", 1)
	f("Все люди рождаются свободными", "und-Cyrl", 1) // nobody asked for a Cyrillic language
	f("يولد جميع الناس أحرارا", "und-Arab", 1)
	f("ሰው ሁሉ ነጻና እኩል ኖ ይወለዳል", "und-Ethi", 1) // Amharic, Tigrinya and others
	f("ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ", "und-Zzzz", 1)
	f("എല്ലാ മനുഷ്യരും സ്വതന്ത്രരായി ജനിക്കുന്നു", "ml", 1)
	f("ಎಲ್ಲಾ ಮಾನವರೂ ಸ್ವತಂತ್ರರಾಗಿ ಜನಿಸುತ್ತಾರೆ", "kn", 1)
	f("ຄົນເຮົາທຸກຄົນເກີດມາມີອິດສະລະ", "lo", 1)
	f("လူတိုင်းသည် တူညီ လွတ်လပ်သော", "my", 1)
	f("មនុស្សទាំងអស់កើតមកមានសេរីភាព", "km", 1)
	f("සියලු මනුෂ්\u200dයයෝ නිදහස්ව උපත ලබා ඇත", "si", 1)
	f("人人生而自由 all human beings", "zh", 0.5)
	f("All human beings are born free and equal in dignity and rights. 人", "en", 0.8)
}

func TestModelDecides(t *testing.T) {
	id := identifier(t)
	f := func(text, want string) {
		t.Helper()
		if lang, confidence := id.Identify([]byte(text)); lang != want || confidence < 0.5 {
			t.Errorf("%.40q: %q with %v, want %q", text, lang, confidence, want)
		}
	}
	f("All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience.", "en")
	f("Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt.", "de")
	f("Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison.", "fr")
	f("Все люди рождаются свободными и равными в своем достоинстве и правах.", "ru")
	f("Всі люди народжуються вільними і рівними у своїй гідності та правах.", "uk")
	f("تمام افراد بشر آزاد به دنیا می\u200cآیند و از لحاظ حیثیت و حقوق با هم برابرند", "fa")
	f("सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।", "hi")
}

// TestNeighbors: languages that are hard to tell apart, in sentences written for this test.
func TestNeighbors(t *testing.T) {
	id := identifier(t)
	f := func(text, want string) {
		t.Helper()
		lang, confidence := id.Identify([]byte(text))
		if lang != want || confidence < 0.8 {
			t.Errorf("%.40q: %q with %v, want %q", text, lang, confidence, want)
		}
		if lang, _ := id.Identify([]byte(strings.ToUpper(text))); lang != want {
			t.Errorf("%.40q in capitals: %q, want %q", text, lang, want)
		}
	}
	f("Jeg er ikke sikker på hva du mener med dette.", "nb")
	f("Jeg er ikke sikker på, hvad du mener med dette.", "da")
	f("Eg er ikkje sikker på kva du meiner med dette.", "nn")
	f("Jag är inte säker på vad du menar med det här.", "sv")
	f("Beograd je glavni grad Srbije. Ovde žive lepi ljudi i reka teče kroz grad.", "sr")
	f("Zagreb je glavni grad Hrvatske. Tijekom tjedna ovdje živi tisuću lijepih ljudi.", "hr")
	f("Београд је главни град Србије и налази се на ушћу Саве у Дунав.", "sr")
	f("Скопје е главен град на Македонија и се наоѓа на реката Вардар.", "mk")
	f("София е столицата на България и се намира в подножието на планина.", "bg")
	f("Dnes večer půjdeme s přáteli do kina a potom na večeři.", "cs")
	f("Dnes večer pôjdeme s priateľmi do kina a potom na večeru.", "sk")
	f("Hoje à noite vamos ao cinema com os amigos e depois jantar.", "pt")
	f("Esta noche vamos al cine con los amigos y después a cenar.", "es")
	f("Aquesta nit anem al cinema amb els amics i després a sopar.", "ca")
	f("Қазақстан Республикасы тәуелсіз мемлекет болып табылады.", "kk")
	f("Монгол улсын нийслэл Улаанбаатар хотод олон хүн амьдардаг.", "mn")
	f("این یک متن فارسی است که برای آزمایش نوشته شده", "fa")
	f("هذا نص عربي مكتوب للاختبار فقط", "ar")
	f("یہ ایک اردو متن ہے جو جانچ کے لیے لکھا گیا ہے", "ur")
	f("मी मराठीत लिहीत आहे आणि हे एक वाक्य आहे", "mr")
	f("मैं हिंदी में लिख रहा हूँ और यह एक वाक्य है", "hi")
	f("Bakıda bu gün hava çox istidir və insanlar dənizə gedirlər.", "az")
	f("Ankara'da bugün hava çok sıcak ve insanlar denize gidiyorlar.", "tr")
	f("Vanaand gaan ons saam met vriende na die bioskoop toe.", "af")
	f("Vanavond gaan we samen met vrienden naar de bioscoop.", "nl")
}

// TestSmall: languages of which little was learned are told where they are plain, and take nothing from their neighbors.
func TestSmall(t *testing.T) {
	id := identifier(t)
	f := func(text, want string) {
		t.Helper()
		if lang, confidence := id.Identify([]byte(text)); lang != want {
			t.Errorf("%.40q: %q with %v, want %q", text, lang, confidence, want)
		}
	}
	f("Kurdî zimanekî Hind û Ewropî ye û li Kurdistanê tê axaftin.", "ku")
	f("Malta hija pajjiż żgħir fil-Mediterran u l-lingwa tagħha hija l-Malti.", "mt")
	f("Bu o'zbek tilidagi matn bo'lib, tilni aniqlash uchun yozilgan.", "uz")
	f("D'Kanner sinn haut mat hirer Mamm an d'Schoul gaangen, well et gereent huet.", "lb")
	f("بۇ ئۇيغۇر تىلىدا يېزىلغان بىر قىسقا تېكىست", "ug")
	f("Татар теле — төрки телләрнең берсе, ул Татарстанда дәүләт теле булып тора.", "tt")
}

// TestDoubt: what is no prose of one language passes for none with the confidence that is asked by default.
func TestDoubt(t *testing.T) {
	id := identifier(t)
	for _, text := range []string{"x", "OK", "func main() {\n\tfor i := range n {\n\t\tfmt.Println(x[i], y)\n\t}\n}", strings.Repeat("a", 5<<20), "aaaaaaaa",
		"asdf jkl qwer zxcv uiop", "dGhpcyBpcyBiYXNlNjQgZW5jb2RlZCB0ZXh0IGFuZCBtb3Jl", "p < 0.05, n = 24; Fig. 2A; mRNA, GAPDH, RT-qPCR; CD4+ IL-2 TNF-α",
		"Ich liebe dich. I love you. Je t'aime. Te quiero.", "https://www.example.com/index.php?id=123&lang=de https://foo.bar/baz.html"} {
		if lang, confidence := id.Identify([]byte(text)); confidence >= 0.65 {
			t.Errorf("%.40q: %q with %v", text, lang, confidence)
		}
	}
}

// TestPiecesOfLongTexts: neither the start nor the middle of a long text decides alone.
func TestPiecesOfLongTexts(t *testing.T) {
	id := identifier(t)
	menu := strings.Repeat("Home About Contact Login Register Search ", 3)
	german := strings.Repeat("Der Bürgermeister sprach gestern mit den Bewohnern über die neue Straße am Fluss. ", 60)
	if lang, confidence := id.Identify([]byte(menu + german)); lang != "de" || confidence < 0.9 {
		t.Errorf("an English menu before a German text: %q with %v", lang, confidence)
	}
}

func TestSameAnswerFromEveryIdentifier(t *testing.T) {
	texts := []string{"un texto corto", "ein Text", "a text of a few words", "текст", "abc def ghi", strings.Repeat("word of mouth, ", 4000)}
	want := map[string]string{}
	wantValue := map[string]float64{}
	id := identifier(t)
	for _, text := range texts {
		want[text], wantValue[text] = id.Identify([]byte(text))
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			id := identifier(t)
			for range 5 {
				for _, text := range texts {
					if lang, v := id.Identify([]byte(text)); lang != want[text] || v != wantValue[text] {
						t.Errorf("%.20q: %q with %v, then %q with %v", text, want[text], wantValue[text], lang, v)
					}
				}
			}
		})
	}
	wg.Wait()
}

func TestNewRefuses(t *testing.T) {
	if _, err := New([]string{"en", "english"}); err == nil || !strings.Contains(err.Error(), `"english"`) {
		t.Errorf("error %v, want one that names the code", err)
	}
	if all := Languages(); len(all) != 99 || all[0] != "af" || !slices.IsSorted(all) {
		t.Errorf("%d languages: %v", len(all), all)
	}
	if _, err := New([]string{"no"}); err != nil {
		t.Errorf("Norwegian: %v", err)
	}
}

// TestGlanceDoesNotAllocate, and Identify does not where lingua is not asked.
func TestGlanceDoesNotAllocate(t *testing.T) {
	id := identifier(t)
	texts := [][]byte{[]byte("a short line"), []byte("12"), []byte("ሰው ሁሉ ነጻና እኩል"), []byte("Дом"), []byte(strings.Repeat("The house of the man is that which he was in. ", 500))}
	for _, text := range texts {
		if n := testing.AllocsPerRun(20, func() { id.Glance(text) }); n != 0 {
			t.Errorf("%.20q: %v allocations", text, n)
		}
	}
	if n := testing.AllocsPerRun(20, func() { id.Identify(texts[4]) }); n != 0 {
		t.Errorf("Identify of English: %v allocations", n)
	}
}

func TestSampleIsBounded(t *testing.T) {
	for _, text := range []string{strings.Repeat("word ", 9000), strings.Repeat("x", 50000), strings.Repeat("ab1", 9000), "one two", strings.Repeat("é中", 9000)} {
		got := take(nil, halves(windows([]byte(text))), latin)
		if n := utf8.RuneCount(got); n > 4*(sampled+40) || !utf8.Valid(got) {
			t.Errorf("%.10q…: a sample of %d characters", text, n)
		}
	}
}

func FuzzIdentify(f *testing.F) {
	f.Add([]byte("All human beings"))
	f.Add([]byte("Все люди 人人 \xff ªº"))
	id := identifier(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		lang, confidence := id.Identify(text)
		if confidence < 0 || confidence > 1 || lang == "" && confidence != 0 {
			t.Fatalf("%q: %q with %v", text, lang, confidence)
		}
		if again, same := identifier(t).Identify(text); again != lang || same != confidence {
			t.Fatalf("%q: %q with %v, from a fresh identifier %q with %v", text, lang, confidence, again, same)
		}
		if lang, confidence := id.Glance(text); confidence < 0 || confidence > 1 || lang == "" && confidence != 0 {
			t.Fatalf("%q: at a glance %q with %v", text, lang, confidence)
		}
	})
}

// TestLettersIn: eight bytes at a time count as one by one.
func TestLettersIn(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		var b [8]byte
		want := 0
		for i := range b {
			b[i] = byte(r.IntN(128))
			if (b[i]|0x20)-'a' < 26 {
				want++
			}
		}
		if got := lettersIn(binary.LittleEndian.Uint64(b[:])); got != want {
			t.Fatalf("%q has %d letters, counted %d", b, want, got)
		}
	}
}
