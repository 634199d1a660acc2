package extract

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
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
	// UTF-8 that is not: believed with a few faults, not believed when it is another set altogether.
	f(strings.Repeat("é", 200)+"\xE9", "text/html; charset=utf-8", "utf-8", strings.Repeat("é", 200)+"\uFFFD")
	f("caf\xE9 d\xE9j\xE0 vu", "text/html; charset=utf-8", "windows-1252", "café déjà vu")
	// A meta that is out of date: believed with a little UTF-8, which may be chance, not believed with much of it; a header is.
	f("<meta charset=gbk>\u00e9", "", "gbk", "<meta charset=gbk>茅")
	f("<meta charset=gbk>"+strings.Repeat("é", 20), "", "utf-8", "<meta charset=gbk>"+strings.Repeat("é", 20))
	f(strings.Repeat("é", 20), "text/html; charset=gbk", "gbk", strings.Repeat("茅", 20))
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

// doubleBytes says in which double-byte sets a text is really written; the others can hold many more, but nobody does that.
var doubleBytes = map[string]string{"cmn_hans.html": "gb18030", "cmn_hant.html": "big5", "jpn.html": "shift_jis euc-jp", "kor.html": "euc-kr"}

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
		for _, g := range guesses {
			enc, _ := htmlindex.Get(g.charset)
			raw, err := enc.NewEncoder().Bytes(text)
			if err != nil || utf8.Valid(raw) || g.script == doubleByte && !strings.Contains(doubleBytes[path.Base(h.Name)], g.charset) {
				continue
			}
			all++
			got, set, err := Decode(nil, raw, "")
			if err == nil && string(got) == string(text) {
				right++
			} else {
				t.Logf("%s in %s was taken for %s", h.Name, g.charset, set)
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
