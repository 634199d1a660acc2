package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const hello = "BT /F 10 Tf 72 700 Td (The miller weighed.) Tj ET"

// A file is read however its objects are kept, and however they are broken.
func TestFiles(t *testing.T) {
	f := func(name string, data []byte) {
		t.Helper()
		d, err := Read(data, Options{})
		if err != nil || string(d.Text) != "The miller weighed." || d.Pages != 1 {
			t.Errorf("%s: %q, %d pages, %v", name, d.Text, d.Pages, err)
		}
	}
	m := document("", "", hello)
	whole := m.bytes()
	f("table", whole)
	f("object streams", m.packed())
	f("junk in front", append([]byte("HTTP/1.1 200 OK\r\n\r\n"), whole...))
	f("startxref points nowhere", bytes.Replace(whole, []byte("startxref\n"), []byte("startxref\n9"), 1))
	f("no table", whole[:bytes.Index(whole, []byte("xref\n"))])
	f("table with offsets that are off by one", bytes.Replace(whole, []byte("%PDF-1.4\n"), []byte("%PDF-1.4\n\n"), 1))
	f("no endobj", bytes.ReplaceAll(whole, []byte("endobj"), nil))
	packed := m.packed()
	f("object streams, no table", packed[:bytes.Index(packed, []byte("/XRef"))-20])
	f("wrong length", bytes.Replace(whole, []byte("/Length 53"), []byte("/Length 13"), 1))
	f("line ends of the Macintosh", bytes.ReplaceAll(whole, []byte("stream\nBT"), []byte("stream\r\nBT")))
	// A newer object takes the place of an older one.
	old := document("", "", "BT /F 10 Tf 72 700 Td (An older text.) Tj ET").bytes()
	at := bytes.LastIndex(old, []byte("startxref\n"))
	var prev int
	fmt.Sscan(string(old[at+10:]), &prev)
	newer := fmt.Sprintf("3 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\n", len(hello), hello)
	f("incremental update", fmt.Appendf(old, "%sxref\n3 1\n%010d 00000 n \ntrailer\n<< /Size 5 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n", newer, len(old), prev, len(old)+len(newer)))
	f("incremental update, no table", append(old[:at:at], newer...))
	// A second content stream goes on where the first ends, and filters follow each other.
	m = document("", "", "")
	a, b := m.stream("/Filter [/ASCIIHexDecode /FlateDecode]", fmt.Sprintf("%x>", deflate(hello[:30]))), m.stream("/Filter /RunLengthDecode", "\x16"+hello[30:]+"\x80")
	m.objects[3] = fmt.Sprintf("<< /Type /Page /Parent 2 0 R /Contents [%d 0 R %d 0 R] >>", a, b)
	f("two streams", []byte(strings.ReplaceAll(string(m.bytes()), "endstream", "\nendstream")))
}

func TestFilters(t *testing.T) {
	f := func(kind, in, want string) {
		t.Helper()
		x := &file{work: 1 << 20}
		got, err := x.filter(nil, []byte(in), kind, value{})
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", kind, got, err)
		}
	}
	f("ASCII85Decode", "87cURD]i,\"Ebo80~>", "Hello World!")
	f("ASCII85Decode", "z~>", "\x00\x00\x00\x00")
	f("ASCIIHexDecode", "48 65 6c6C6f7>", "Hellop")
	f("RunLengthDecode", "\x01ab\xfec\x80zz", "abccc")
	f("LZWDecode", "\x80\x0B\x60\x50\x22\x0C\x0C\x85\x01", "-----A---B")
	f("FlateDecode", deflate("The mill")[:14], "The mill")
	if _, err := (&file{work: 1 << 20}).filter(nil, nil, "DCTDecode", value{}); err == nil {
		t.Error("an image is no text")
	}
}

// The files of testdata were made from one document with other encryptions, all with the empty user password.
func TestEncrypted(t *testing.T) {
	names, err := filepath.Glob("testdata/encrypted-*.pdf")
	if err != nil || len(names) < 5 {
		t.Fatal(names, err)
	}
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		d, err := Read(b, Options{})
		if strings.Contains(n, "password") {
			if !errors.Is(err, ErrEncrypted) {
				t.Errorf("%s: %v", n, err)
			}
			continue
		}
		if err != nil || string(d.Text) != "The miller weighed." || d.Title != "On mills" {
			t.Errorf("%s: %q, %q, %v", n, d.Text, d.Title, err)
		}
	}
}

// Whatever refers to itself ends, and soon.
func TestCycles(t *testing.T) {
	f := func(name string, change func(m *maker), want error) {
		t.Helper()
		m := document("", "/XObject << /X 5 0 R /Y 6 0 R >>", "/X Do "+hello)
		m.stream("/Subtype /Form", "/X Do /Y Do")
		m.stream("/Subtype /Form", "/X Do /Y Do")
		change(m)
		start := time.Now()
		_, err := Read(m.bytes(), Options{})
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
	f("forms", func(m *maker) {}, nil)
	f("pages", func(m *maker) { m.objects[1] = "<< /Kids [2 0 R 4 0 R 2 0 R] >>" }, ErrNoText)
	f("page of itself", func(m *maker) { m.objects[3] = "<< /Kids [4 0 R] >>" }, ErrNotPDF)
	f("length", func(m *maker) {
		m.objects[2] = strings.Replace(m.objects[2], "/Length 59", "/Length 3 0 R", 1)
	}, nil)
	f("reference", func(m *maker) { m.objects[2] = "3 0 R" }, ErrNoText)
	f("contents", func(m *maker) { m.objects[2] = "[3 0 R 3 0 R]" }, ErrNoText)
	f("filter", func(m *maker) { m.objects[2] = "<< /Filter 3 0 R >>\nstream\nx\nendstream" }, ErrNoText)
	f("deep", func(m *maker) { m.objects[2] = strings.Repeat("[", 1<<20) }, ErrNoText)
	f("deep dictionaries", func(m *maker) { m.objects[2] = strings.Repeat("<</a", 1<<20) }, ErrNoText)
	f("prev", func(m *maker) { m.trailer += " /Prev 9" }, nil)
}

// What unpacks to much more than it is, or asks for much more work than it is long, is cut off.
func TestBombs(t *testing.T) {
	if testing.Short() {
		t.Skip("large")
	}
	f := func(name string, m *maker, want error) {
		t.Helper()
		start := time.Now()
		_, err := Read(m.bytes(), Options{})
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
		t.Logf("%s: %v", name, time.Since(start))
	}
	m := document("", "", "")
	z := deflate(strings.Repeat(" ", maxStream+2))
	m.objects[2] = fmt.Sprintf("<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream", len(z), z)
	f("spaces", m, ErrNoText)
	m = document("", "", "")
	z = deflate(deflate(strings.Repeat(" ", maxStream-2)))
	for range 100 {
		m.stream("/Filter [/FlateDecode /FlateDecode]", z)
	}
	m.objects[3] = "<< /Type /Page /Parent 2 0 R /Contents [" + func() (s string) {
		for i := range 100 {
			s += fmt.Sprintf("%d 0 R ", 5+i)
		}
		return s
	}() + "] >>"
	f("many", m, ErrTooLarge)
	// Ten forms, each of which shows the next ten times.
	var names strings.Builder
	for i := range 10 {
		fmt.Fprintf(&names, "/X%d %d 0 R ", i, 5+i)
	}
	m = document("", "/XObject << "+names.String()+" >>", "/X0 Do "+hello)
	for i := range 10 {
		m.stream("/Subtype /Form", strings.Repeat(fmt.Sprintf("/X%d Do ", i+1), 10)+hello)
	}
	f("forms", m, nil)
	m = document("", "", "BT /F 10 Tf 72 700 Td ("+strings.Repeat("a b", maxGlyphs)+") Tj ET")
	f("glyphs", m, nil)
	var b strings.Builder
	for i := range 200000 { // words all over one line, and numbers all over a page
		fmt.Fprintf(&b, "BT /F 5 Tf %d.%d 700 Td (a) Tj ET BT /F 5 Tf %d %d Td (%d) Tj ET\n", i*7919%500, i%10, i*31%600, i*17%600, i%1000)
	}
	f("scattered", document("", "", b.String()), nil)
	m = document("", "", "[ "+strings.Repeat("1 ", 8<<20)+"] TJ "+hello)
	f("array", m, nil)
}

func FuzzRead(f *testing.F) {
	m := document("/X << /Type /Font /Subtype /Type0 /Encoding /Identity-H /DescendantFonts [<< /W [1 [500] 2 4 600] >>] /ToUnicode 5 0 R >>", "", "/X 10 Tf BT <00010002> Tj "+hello)
	m.stream("", "1 begincodespacerange <00> <ff> endcodespacerange 1 beginbfrange <0001> <0005> <0061> endbfrange")
	f.Add(m.bytes())
	f.Add(m.packed())
	names, _ := filepath.Glob("testdata/*.pdf")
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Read(data, Options{})
		if err == nil && (d.Pages == 0 || d.NoText == d.Pages) {
			t.Errorf("no error, but %d pages and %d without text", d.Pages, d.NoText)
		}
		checkShape(t, d.Text)
	})
}

// The content of a page reaches more of the layout than bytes of a file do.
func FuzzContent(f *testing.F) {
	f.Add("BT /F 10 Tf 72 700 Td [(The)-300(mill)] TJ 0 -12 TD (er) ' ET")
	f.Add("q 1 0 0 1 3 4 cm BT /C 9 Tf 1 0 0 1 72 700 Tm (a\xb4b) Tj 200 0 Td (c) Tj T* ET Q /Span << /ActualText (x) >> BDC EMC")
	f.Add("TL Tc Tz Ts Tj TJ \" Tf")
	f.Fuzz(func(t *testing.T, content string) {
		d, _ := Read(document("", "", content, content).bytes(), Options{References: true})
		checkShape(t, d.Text)
	})
}

// Programs inside fonts are parsed on their own.
func FuzzFonts(f *testing.F) {
	f.Add([]byte("\x01\x00\x04\x01\x00\x01\x01\x01\x05abcd\x00\x01\x01\x01\x04\x0f\x10\x11\x00\x00"))
	f.Add([]byte("\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00cmap\x00\x00\x00\x00\x00\x00\x00\x1c\x00\x00\x00\x20\x00\x00\x00\x01\x00\x03\x00\x01\x00\x00\x00\x0c\x00\x0c\x00\x00"))
	f.Add([]byte("1 beginbfrange <00> <ff> [<61>] endbfrange 1 begincidrange <0000> <ffff> 1 endcidrange"))
	f.Add([]byte("/Encoding 256 array dup 1 /a put readonly def"))
	f.Fuzz(func(t *testing.T, data []byte) {
		parseCFF(data)
		parseTrueType(data)
		type1Encoding(data)
		m := parseCMap(data)
		m.text(1)
		m.cidOf(1)
		m.next(append(data, 0)[:1])
	})
}

func checkShape(t *testing.T, text []byte) {
	t.Helper()
	if bytes.Contains(text, []byte("\n\n")) || bytes.HasSuffix(text, []byte("\n")) || !bytes.Equal(text, bytes.ToValidUTF8(text, nil)) {
		t.Errorf("%q", text)
	}
	for _, c := range text {
		if c < ' ' && c != '\n' || c == 0x7f {
			t.Errorf("control sign in %q", text)
		}
	}
}
