package extract

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
)

func TestDecode(t *testing.T) {
	f := func(page, contentType, wantSet, wantText string) {
		t.Helper()
		got, set, err := Decode([]byte("> "), []byte(page), contentType)
		if err != nil {
			t.Fatalf("%q: %v", page, err)
		}
		if set != wantSet || string(got) != "> "+wantText {
			t.Errorf("%q (%s)\n got %s %q\nwant %s %q", page, contentType, set, got, wantSet, "> "+wantText)
		}
	}
	// A mark beats the header, the header beats the page, the page beats the bytes.
	f("\xEF\xBB\xBF\xC3\xA9", "text/html; charset=latin1", "utf-8", "é")
	f("\xFF\xFEh\x00i\x00", "", "utf-16le", "hi")
	f("\xFE\xFF\x00h\x00i", "", "utf-16be", "hi")
	f("\xE9", "text/html; charset=ISO-8859-1", "windows-1252", "é")
	f("\xE9", `text/html; charset="windows-1251"`, "windows-1251", "й")
	f("\xE9", "text/html;; charset=cp1251 ", "windows-1251", "й")
	f("\xE9<meta charset=koi8-r>", "text/html; charset=windows-1251", "windows-1251", "й<meta charset=koi8-r>")
	f("<meta charset='windows-1251'>\xE9", "text/html", "windows-1251", "<meta charset='windows-1251'>й")
	f("<META http-equiv=Content-Type content='text/html; CHARSET = gbk'>\xC4\xE3", "", "gbk", "<META http-equiv=Content-Type content='text/html; CHARSET = gbk'>你")
	f("<?xml version='1.0' encoding='iso-8859-2'?>\xB1", "", "iso-8859-2", "<?xml version='1.0' encoding='iso-8859-2'?>ą")
	// A meta that could be read is not in UTF-16; an unknown label is no label; a meta beyond 1024 bytes is too late.
	f("<meta charset=utf-16>\xC3\xA9", "", "utf-8", "<meta charset=utf-16>é")
	f("<meta charset=klingon>\xC3\xA9", "text/html; charset=x", "utf-8", "<meta charset=klingon>é")
	pad := strings.Repeat(" ", 1024)
	f(pad+"<meta charset=windows-1251>\xC3\xA9", "", "utf-8", pad+"<meta charset=windows-1251>é")
	// Comments and other tags state nothing, the first meta that names a known set does, and an attribute may hide what looks like one.
	f("<!-- <meta charset=koi8-r> --><meta charset=windows-1251>\xE9", "", "windows-1251", "<!-- <meta charset=koi8-r> --><meta charset=windows-1251>й")
	f("<a title='<meta charset=koi8-r>'><meta charset=windows-1251>\xE9", "", "windows-1251", "<a title='<meta charset=koi8-r>'><meta charset=windows-1251>й")
	f("<metadata charset=koi8-r><meta name=description content='charset=koi8-r'><meta charset=x><meta charset=windows-1251>\xE9", "", "windows-1251",
		"<metadata charset=koi8-r><meta name=description content='charset=koi8-r'><meta charset=x><meta charset=windows-1251>й")
	f("<meta content='text/html; charset=windows-1251' http-equiv=content-type>\xE9", "", "windows-1251", "<meta content='text/html; charset=windows-1251' http-equiv=content-type>й")
	f("<meta charset=x-user-defined>\xE9", "", "windows-1252", "<meta charset=x-user-defined>é")
	f("\xE9", "text/html; charset=x-user-defined", "x-user-defined", "\uF7E9")
	f("page", "text/html; charset=iso-2022-kr", "replacement", "\uFFFD")
	f("<p>~{VPND~}", "text/html; charset=hz-gb-2312", "hz-gb-2312", "<p>中文")
	f("<p>\x1b$BF|K\\\x1b(B", "", "iso-2022-jp", "<p>日本")
	f("<p>\x1b$BF|K\\\x1b(B", "text/html; charset=iso-2022-jp", "iso-2022-jp", "<p>日本")
	// Names that stand for a larger set than they say.
	f("\x80", "text/html; charset=latin1", "windows-1252", "€")
	f("\xFE", "text/html; charset=iso-8859-9", "windows-1254", "ş")
	f("\x80\x81\x30\x81\x30", "text/html; charset=gb2312", "gbk", "€\u0080")
	// What the bytes contradict: a set of the same words in UTF-8, a set in which half of them mean nothing, ISO-8859-1 over another script.
	f("pr\u00e8s de la rivi\u00e8re", "text/html; charset=iso-8859-1", "utf-8", "près de la rivière")
	f("古老的磨坊", "text/html; charset=gbk", "utf-8", "古老的磨坊")
	f("\xCF\xF0\xE8\xE2\xE5\xF2, \xEC\xE8\xF0", "text/html; charset=iso-8859-1", "windows-1251", "Привет, мир")
	// UTF-8 that is not: believed with a few faults, not believed when it is another set altogether.
	f(strings.Repeat("é", 200)+"\xE9", "text/html; charset=utf-8", "utf-8", strings.Repeat("é", 200)+"\uFFFD")
	f("caf\xE9 d\xE9j\xE0 vu", "text/html; charset=utf-8", "windows-1252", "café déjà vu")
	f(strings.Repeat("é", 900)+"\xE2\x82\xF0\x9F\x98x\xC3\xFF", "", "utf-8", strings.Repeat("é", 900)+"\uFFFD\uFFFDx\uFFFD\uFFFD") // as the standard divides them
	f("plain", "", "utf-8", "plain")
	f("", "", "utf-8", "")
	f("<\x00p\x00>\x00h\x00i\x00!\x00", "", "utf-16le", "<p>hi!")
}

// detectable are texts in the languages of each character set that is guessed, from the Universal Declaration of Human Rights.
var detectable = map[string]string{
	"windows-1252": "Tous les êtres humains naissent libres et égaux en dignité et en droits. Alle Menschen sind frei und gleich an Würde geboren. " +
		"Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados como están de razón y conciencia.",
	"windows-1250": "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Są oni obdarzeni rozumem i sumieniem i " +
		"powinni postępować wobec innych w duchu braterstwa. Všichni lidé rodí se svobodní a sobě rovní co do důstojnosti a práv.",
	"windows-1251": "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью.",
	"koi8-r":       "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью.",
	"windows-1253": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα. Είναι προικισμένοι με λογική.",
	"windows-1254": "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar. Akıl ve vicdana sahiptirler ve birbirlerine karşı " +
		"kardeşlik zihniyeti ile hareket etmelidirler.",
	"windows-1255": "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם. כולם חוננו בתבונה ובמצפון.",
	"windows-1256": "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق. وقد وهبوا عقلا وضميرا وعليهم أن يعامل بعضهم بعضا بروح الإخاء.",
	"windows-874":  "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ ต่างมีเหตุผลและมโนธรรม",
	"gb18030":      "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。人人有资格享有本宣言所载的一切权利和自由。",
	"big5":         "人人生而自由，在尊嚴和權利上一律平等。他們賦有理性和良心，並應以兄弟關係的精神相對待。人人有資格享有本宣言所載的一切權利和自由。",
	"shift_jis":    "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。人間は、理性と良心とを授けられている。",
	"euc-jp":       "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。人間は、理性と良心とを授けられている。",
	"euc-kr":       "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. 인간은 천부적으로 이성과 양심을 부여받았으며 서로 형제애의 정신으로 행동하여야 한다.",
}

func TestDetect(t *testing.T) {
	for name, text := range detectable {
		enc, err := htmlindex.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := enc.NewEncoder().String("<html><body class=\"a\"><p>" + text + "</p>")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, set, err := Decode(nil, []byte(raw), "text/html")
		if err != nil || set != name || !strings.Contains(string(got), text) {
			t.Errorf("%s was taken for %s: %q %v", name, set, got, err)
		}
	}
}

// guessedSets are the character sets that are guessed, each once.
func guessedSets() (sets []string) {
	for _, list := range [][]guess{latinGuesses, alphabetGuesses, doubleGuesses} {
		for _, g := range list {
			if !slices.Contains(sets, g.charset) {
				sets = append(sets, g.charset)
			}
		}
	}
	return append(sets, "iso-2022-jp")
}

// elsewhere are sets for languages that the declarations are not in.
var elsewhere = []string{"windows-1257", "windows-1258", "iso-8859-3", "iso-8859-4", "iso-8859-10", "iso-8859-14", "iso-8859-16"}

// doubleBytes says in which double-byte sets a text is really written; the others can hold many more, but nobody does that.
var doubleBytes = map[string]string{"cmn_hans.html": "gb18030", "cmn_hant.html": "big5", "jpn.html": "shift_jis euc-jp iso-2022-jp", "kor.html": "euc-kr"}

// TestDetectDeclarations encodes whole texts in twenty languages in every set that they are written in.
func TestDetectDeclarations(t *testing.T) {
	f, err := os.Open("../../../shared/data/langid/udhr-20.tar.gz")
	if err != nil {
		t.Skipf("no texts here: %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	right, all := 0, 0
	var x HTML
	for tr := tar.NewReader(z); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(tr)
		if err != nil || !strings.HasSuffix(h.Name, ".html") {
			continue
		}
		p, err := x.Extract(page)
		if err != nil || len(p.Text) < 1000 {
			t.Fatalf("%s: %d bytes of text, %v", h.Name, len(p.Text), err)
		}
		text := p.Text
		for _, set := range guessedSets() {
			enc, _ := htmlindex.Get(set)
			raw, err := enc.NewEncoder().Bytes(text)
			if err != nil || utf8.Valid(raw) || slices.Contains(elsewhere, set) || multiByte(set) && !strings.Contains(doubleBytes[path.Base(h.Name)], set) {
				continue
			}
			all++
			got, taken, err := Decode(nil, raw, "")
			if err == nil && string(got) == string(text) {
				right++
			} else {
				t.Logf("%s in %s was taken for %s", h.Name, set, taken)
			}
		}
	}
	if all < 10 || right < all {
		t.Errorf("only %d of %d texts were decoded to themselves", right, all)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("<meta charset=gbk>\xC4\xE3"), "text/html; charset=utf-7")
	f.Add([]byte("\xFF\xFE\x00"), `x/y; charset="`)
	f.Fuzz(func(t *testing.T, page []byte, contentType string) {
		got, set, err := Decode(nil, page, contentType)
		if err != nil {
			t.Fatal(err)
		}
		if !utf8.Valid(got) || set == "" {
			t.Errorf("%q as %q", got, set)
		}
	})
}

func ExampleDecode() {
	text, charset, err := Decode(nil, []byte("<meta charset=iso-8859-1>caf\xE9"), "text/html")
	if err != nil {
		panic(err)
	}
	fmt.Println(charset, string(text[25:]))
	// Output: windows-1252 café
}

// Tables of single-byte sets give what the decoders of x/text give, for every byte of every set.
func TestSingleByte(t *testing.T) {
	n := 0
	for _, label := range strings.Fields("ibm866 latin2 latin3 latin4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8 logical latin6 iso-8859-13 iso-8859-14 l9 iso-8859-16 koi8-r koi8-u mac windows-874 cp1250 cp1251 latin1 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 x-mac-cyrillic x-user-defined") {
		enc, err := htmlindex.Get(label)
		if err != nil {
			t.Fatal(err)
		}
		name := canonical(label)
		for b := range 256 {
			page := []byte{'a', byte(b), 'z'}
			want, err := enc.NewDecoder().Bytes(page)
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := decodeAs(nil, page, name)
			if err != nil || string(got) != string(want) {
				t.Errorf("%s: byte %#x is %q, want %q", label, b, got, want)
			}
		}
		n++
	}
	if n != 29 { // of the 40 sets of the standard, all that have one byte a character
		t.Errorf("%d sets", n)
	}
}

func BenchmarkDecode(b *testing.B) {
	word := map[string]string{"ascii": "The old mill by the river. ", "utf-8": "Le moulin près de la rivière. ", "windows-1251": "\xd1\xf2\xe0\xf0\xe0\xff \xec\xe5\xeb\xfc\xed\xe8\xf6\xe0. ", "shift_jis": "\x8c\xc3\x82\xa2\x90\x85\x8e\xd4\x8f\xac\x89\xae. "}
	for name, w := range word {
		page := []byte("<html><body>" + strings.Repeat(w, 4000))
		for _, stated := range []string{"", name} {
			b.Run(name+"/"+stated, func(b *testing.B) {
				var dst []byte
				var err error
				b.SetBytes(int64(len(page)))
				b.ReportAllocs()
				for b.Loop() {
					if dst, _, err = Decode(dst[:0], page, "text/html; charset="+stated); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
