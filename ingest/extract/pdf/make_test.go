package pdf

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"
)

// maker writes small PDF files for tests.
type maker struct {
	objects []string // "1 0 obj" is the first
	trailer string
}

func (m *maker) add(format string, args ...any) int {
	m.objects = append(m.objects, fmt.Sprintf(format, args...))
	return len(m.objects)
}

func (m *maker) stream(dict, data string) int {
	return m.add("<< %s /Length %d >>\nstream\n%s\nendstream", dict, len(data), data)
}

func deflate(s string) string {
	var b bytes.Buffer
	z, _ := zlib.NewWriterLevel(&b, zlib.BestCompression)
	z.Write([]byte(s))
	z.Close()
	return b.String()
}

// helvetica and courier are the resources that the pages of tests have.
const fontResources = `/Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> /C << /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >> /B << /Type /Font /Subtype /Type1 /BaseFont /Courier-Bold >> %s >>`

// document is a file with a page for each content stream. Fonts are further entries of the font resources, resources further resources.
func document(fonts, resources string, contents ...string) *maker {
	m := &maker{}
	catalog := m.add("<< /Type /Catalog /Pages 2 0 R >>")
	m.add("")
	var kids []string
	for _, c := range contents {
		s := m.stream("", c)
		p := m.add("<< /Type /Page /Parent 2 0 R /Contents %d 0 R >>", s)
		kids = append(kids, fmt.Sprintf("%d 0 R", p))
	}
	m.objects[1] = fmt.Sprintf("<< /Type /Pages /Count %d /Kids [%s] /MediaBox [0 0 600 800] /Resources << %s %s >> >>", len(kids), strings.Join(kids, " "), fmt.Sprintf(fontResources, fonts), resources)
	m.trailer = fmt.Sprintf("/Root %d 0 R", catalog)
	return m
}

// bytes writes the file with a table of cross references.
func (m *maker) bytes() []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	offs := make([]int, len(m.objects))
	for i, o := range m.objects {
		offs[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offs)+1)
	for _, o := range offs {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n", len(offs)+1, m.trailer, at)
	return b.Bytes()
}

// packed writes the file with object streams and a stream of cross references.
func (m *maker) packed() []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.5\n")
	type place struct{ kind, a, b int }
	places := make([]place, len(m.objects)+3)
	var head, body strings.Builder
	n := 0
	pack := len(m.objects) + 1
	for i, o := range m.objects {
		if strings.Contains(o, "stream") {
			places[i+1] = place{1, b.Len(), 0}
			fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
			continue
		}
		fmt.Fprintf(&head, "%d %d ", i+1, body.Len())
		body.WriteString(o + "\n")
		places[i+1] = place{2, pack, n}
		n++
	}
	z := deflate(head.String() + body.String())
	places[pack] = place{1, b.Len(), 0}
	fmt.Fprintf(&b, "%d 0 obj\n<< /Type /ObjStm /N %d /First %d /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream\nendobj\n", pack, n, head.Len(), len(z), z)
	at := b.Len()
	places[pack+1] = place{1, at, 0}
	var rows []byte
	prev := make([]byte, 6)
	for _, p := range places { // with PNG's filter "up", as most writers do
		row := []byte{byte(p.kind), byte(p.a >> 16), byte(p.a >> 8), byte(p.a), byte(p.b >> 8), byte(p.b)}
		rows = append(rows, 2)
		for i := range row {
			rows = append(rows, row[i]-prev[i])
		}
		prev = row
	}
	z = deflate(string(rows))
	fmt.Fprintf(&b, "%d 0 obj\n<< /Type /XRef /W [1 3 2] /Size %d %s /Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 6 >> /Length %d >>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n",
		pack+1, len(places), m.trailer, len(z), z, at)
	return b.Bytes()
}

// setter breaks paragraphs into lines of Courier and writes them as content, line by line. A "|" is where a word may be broken.
type setter struct {
	b    strings.Builder
	size float64
}

func (s *setter) line(font string, x, y float64, text string) {
	fmt.Fprintf(&s.b, "BT /%s %g Tf %g %g Td (%s) Tj ET\n", font, s.size, x, y, strings.NewReplacer("(", "\\(", ")", "\\)").Replace(text))
}

// column sets paragraphs in lines of so many letters and gives the y below them; lines that do not fit above bottom are given back.
func (s *setter) column(x, y, bottom float64, letters int, text string) (float64, string) {
	for y > bottom && text != "" {
		line, rest := breakLine(text, letters)
		s.line("C", x, y, line)
		text = rest
		y -= s.size * 1.2
	}
	return y, text
}

func breakLine(text string, letters int) (line, rest string) {
	best, n := -1, 0
	for i, c := range text {
		if c == '\n' && n <= letters {
			return strings.ReplaceAll(text[:i], "|", ""), text[i+1:]
		}
		if n > letters || n == letters && c != ' ' {
			break
		}
		switch {
		case c == ' ':
			best = i
		case c == '|' && n < letters:
			best = i
		}
		if c != '|' {
			n++
		}
		if i+len(string(c)) == len(text) {
			return strings.ReplaceAll(text, "|", ""), ""
		}
	}
	line = strings.ReplaceAll(text[:best], "|", "")
	if text[best] == '|' && !strings.HasSuffix(line, "-") {
		line += "-"
	}
	return line, text[best+1:]
}
