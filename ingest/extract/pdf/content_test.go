package pdf

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
)

func read(t *testing.T, data []byte, o Options) Document {
	t.Helper()
	d, err := Read(data, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// What a page shows is what is read.
func TestContent(t *testing.T) {
	f := func(content, want string) {
		t.Helper()
		d, err := Read(document("", "", content).bytes(), Options{})
		if err != nil || string(d.Text) != want {
			t.Errorf("%s\n got %q, %v\nwant %q", content, d.Text, err, want)
		}
	}
	const at = "BT /F 10 Tf 72 700 Td "
	f(at+"(The miller weighed.) Tj ET", "The miller weighed.")
	f(at+`(a\(b\) \101\102\
c) Tj ET`, "a(b) ABc")
	f(at+"<546865206D696C6C> Tj ET", "The mill")
	// A gap is a space if it is wide, whether it is shown or not; kerning is none.
	f(at+"[(The)-300(mill)-20(er)] TJ ET", "The miller")
	f(at+"(The) Tj 40 0 Td (mill) Tj ET", "The mill")
	f(at+"3 Tc (abc) Tj ET", "abc")
	f(at+"/C 10 Tf 200 Tz (wide) Tj 100 Tz ( mill) Tj ET", "wide mill")
	// Lines of one paragraph are joined; and the ways to begin one.
	f(at+"12 TL (one) Tj T* (two) Tj (three) ' 0 0 (four) \" 0 -12 TD (five) Tj T* (six) Tj ET", "one two three four five six")
	f(at+"(The mill stands) Tj 0 -12 Td (beside the river) Tj ET", "The mill stands beside the river")
	// Matrices: a page that is scaled, a line that is turned and therefore no text of the page.
	f("q .5 0 0 .5 100 100 cm BT /F 20 Tf 1 0 0 1 0 700 Tm (The mill) Tj ET Q", "The mill")
	f(at+"(The mill stands here) Tj ET BT /F 10 Tf 0 1 -1 0 20 300 Tm (arXiv:1) Tj ET", "The mill stands here")
	f("BT /F 10 Tf 0 1 -1 0 200 100 Tm (A page) Tj 0 -12 Td (on its side) Tj ET", "A page on its side")
	// The invisible layer of a scan is its text.
	f(at+"3 Tr (recognized) Tj ET", "recognized")
	// Shown twice, to look bold.
	f(at+"(bold) Tj ET BT /F 10 Tf 72.3 700 Td (bold) Tj ET", "bold")
	// Marked content: what stands for other signs, and what belongs to the page.
	f(at+"/Span << /ActualText (office) >> BDC (o) Tj (xx) Tj (ce) Tj EMC ( hours) Tj ET", "office hours")
	f("/Artifact << /Type /Pagination >> BDC BT /F 10 Tf 72 780 Td (Head) Tj ET EMC "+at+"(Text) Tj ET", "Text")
	// Accents that are set over their letters, and ligatures.
	f("BT /F 10 Tf 72 700 Td (caf) Tj 1 0 0 1 200 700 Tm (\xb4) Tj 1 0 0 1 199 700 Tm (e) Tj ET", "caf é")
	f("BT /F 10 Tf 72 700 Td (e) Tj 1 0 0 1 72.5 700 Tm (\xa8) Tj ET", "ë")
	// A raised mark stays with its word.
	f(at+"(oats) Tj 6 0 0 6 0 0 Tm ET "+at+"ET BT /F 10 Tf 72 600 Td (oats) Tj /F 6 Tf 4 Ts (2) Tj 0 Ts /F 10 Tf ( and) Tj ET", "oats\noats2 and")
	// An image inside the stream, whose bytes look like operators.
	f("BI /W 4 /H 4 ID \x00EI (no) Tj\xff EI "+at+"(after) Tj ET", "after")
	// Broken content.
	f(at+"(a) Tj ] >> ) } 1 2 3 Tj (b) Tj", "ab")
}

func TestFonts(t *testing.T) {
	f := func(font, show, want string) {
		t.Helper()
		m := document("/X 100 0 R", "", "BT /X 10 Tf 72 700 Td "+show+" Tj ET")
		for len(m.objects) < 99 {
			m.add("null")
		}
		for o := range strings.SplitSeq(font, "\n\n") {
			m.add("%s", o)
		}
		d, err := Read(m.bytes(), Options{})
		if err != nil || string(d.Text) != want {
			t.Errorf("%s\n got %q, %v\nwant %q", font, d.Text, err, want)
		}
	}
	stream := func(s string) string { return "<< /Length 0 >>\nstream\n" + s + "\nendstream" } // its length is wrong, too
	const simple = "<< /Type /Font /Subtype /Type1 /BaseFont /X /FirstChar 0 /Widths [500] "
	f(simple+"/Encoding /WinAnsiEncoding >>", "(\x93caf\xe9\x94)", "“café”")
	f(simple+"/Encoding /MacRomanEncoding >>", "(\x8e)", "é")
	f(simple+"/Encoding << /Differences [65 /fi /Aacute /uni4E2D /u1F600 /f_f_i /one.oldstyle /nosuchname /alpha] >> >>", "(ABCDEFGH)", "fiÁ中😀ffi1α")
	f("<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>", "(abg)", "αβγ")
	f(simple+"/ToUnicode 101 0 R >>\n\n"+stream("1 begincodespacerange <00> <ff> endcodespacerange 2 beginbfchar <41> <00660066> <42> <D83DDE00> endbfchar 2 beginbfrange <43> <45> <0061> <46> <47> [<0078> <0079>] endbfrange"), "(ABCDEFG)", "ff😀abcxy")
	// A table that gives nothing useful is passed over.
	f(simple+"/Encoding /WinAnsiEncoding /ToUnicode 101 0 R >>\n\n"+stream("1 beginbfrange <00> <ff> <E000> endbfrange"), "(mill)", "mill")
	// The encoding that the font program has.
	f(simple+"/FontDescriptor << /FontFile 101 0 R >> >>\n\n"+stream("%!PS\n/Encoding 256 array\n0 1 255 {1 index exch /.notdef put} for\ndup 1 /ff put dup 2 /alpha put readonly def eexec"), "(\x01\x02)", "ffα")
	const wide = "<< /Type /Font /Subtype /Type0 /BaseFont /X "
	f(wide+"/Encoding /Identity-H /DescendantFonts [<< /Subtype /CIDFontType2 /W [1 [500] 2 4 600] >>] /ToUnicode 101 0 R >>\n\n"+stream("2 beginbfrange <0001> <0002> <4E2D> <0003> <0003> <00660069> endbfrange"), "<000100020003>", "中丮fi")
	f(wide+"/Encoding /UniGB-UCS2-H /DescendantFonts [<< /Subtype /CIDFontType0 >>] >>", "<4E2D6587>", "中文")
	f(wide+"/Encoding /GBK-EUC-H /DescendantFonts [<< /Subtype /CIDFontType0 >>] >>", "<D6D0CEC441>", "中文A")
	f(wide+"/Encoding /90ms-RKSJ-H /DescendantFonts [<< /Subtype /CIDFontType0 >>] >>", "<93FA967B>", "日本")
	f(wide+"/Encoding /ETen-B5-H /DescendantFonts [<< /Subtype /CIDFontType0 >>] >>", "<A4A4A4E5>", "中文")
	f(wide+"/Encoding /KSCms-UHC-H /DescendantFonts [<< /Subtype /CIDFontType0 >>] >>", "<C7D1B1DB>", "한글")
	f(wide+"/Encoding /UniJIS-UCS2-V /DescendantFonts [<< /Subtype /CIDFontType0 >>] >>", "<65E5672C8A9E>", "日本語")
	f("<< /Type /Font /Subtype /Type3 /FontMatrix [.01 0 0 .01 0 0] /FirstChar 97 /Widths [50 50 50] /Encoding << /Differences [97 /a97 /a98 /c] >> >>", "(abc)", "abc")
}

// A page that reads from right to left is shown from left to right.
func TestRightToLeft(t *testing.T) {
	page := func(lines ...string) string {
		var b strings.Builder
		for i, l := range lines {
			u := utf16.Encode([]rune(l))
			fmt.Fprintf(&b, "BT /X 10 Tf %d %d Td <", 500-10*len(u), 700-12*i)
			for _, c := range u {
				fmt.Fprintf(&b, "%04X", c)
			}
			b.WriteString("> Tj ET\n")
		}
		return b.String()
	}
	const wide = "/X << /Type /Font /Subtype /Type0 /Encoding /UniGB-UCS2-H /DescendantFonts [<< /W [1 94 1000] >>] >>"
	d := read(t, document(wide, "", page("םלוע םולש", "123 (רפסמ)")).bytes(), Options{})
	if want := "שלום עולם (מספר) 123"; string(d.Text) != want {
		t.Errorf("%q, want %q", d.Text, want)
	}
	if got := string(appendLogical(nil, []rune("ﻢﻠﺳ PDF 1.7 اذه"))); got != "هذا PDF 1.7 سلم" {
		t.Errorf("%q", got)
	}
}

// Glyphs without letters are counted, and leave nothing behind.
func TestUnmapped(t *testing.T) {
	d := read(t, document("/X << /Type /Font /Subtype /Type0 /Encoding /Identity-H /DescendantFonts [<< >>] >>", "", "BT /X 10 Tf 72 700 Td <00010002> Tj /F 10 Tf (abc) Tj ET").bytes(), Options{})
	if string(d.Text) != "abc" || d.Unmapped != 2 {
		t.Errorf("%q, %d unmapped", d.Text, d.Unmapped)
	}
	const wide = "/X << /Type /Font /Subtype /Type0 /Encoding /Identity-H /DescendantFonts [<< >>] >>"
	if _, err := Read(document(wide, "", "BT /X 10 Tf 72 700 Td <000100020003> Tj /F 10 Tf (a) Tj ET").bytes(), Options{}); !errors.Is(err, ErrNoText) {
		t.Errorf("mostly unknown: %v", err)
	}
}

func TestGlyphText(t *testing.T) {
	for n, want := range map[string]string{"A": "A", "fi": "ﬁ", "Delta": "Δ", "afii10017": "А", "a.sc": "a", "uni0041": "A", "uni00410042": "AB", "u1D44E": "𝑎", "uniD800": "",
		"uni": "", "T_h": "Th", "parenleftbigg": "(", "zerooldstyle": "0", "similarequal": "≃", "": "", ".notdef": "", "g12": ""} {
		if got := glyphText(n); got != want {
			t.Errorf("%s: %q, want %q", n, got, want)
		}
	}
}
