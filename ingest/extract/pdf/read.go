package pdf

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Read reads a file. The errors of a file as a whole are ErrNotPDF, ErrEncrypted, ErrNoText (also where most glyphs have no letters: what
// is left says nothing) and ErrTooLarge; the document is filled as far as it could be even then. A page that cannot be read is counted and left out.
func Read(data []byte, o Options) (Document, error) {
	var d Document
	f, err := openFile(data)
	if err != nil {
		return d, err
	}
	pages := f.pages()
	if len(pages) == 0 && !f.scanned {
		f.scan()
		pages = f.pages()
	}
	if len(pages) == 0 {
		return d, ErrNotPDF
	}
	d.Pages = len(pages)
	f.info(&d)
	x := &interp{f: f, fonts: map[*value]*font{}, open: map[*value]bool{}, page: &page{}}
	c := &chunker{}
	sheets := make([]sheet, len(pages))
	for i := range pages {
		if !x.readPage(&pages[i]) {
			d.Failed++
		}
		sheets[i] = c.sheet(x.page)
		if len(sheets[i].chunks) == 0 {
			d.NoText++
		}
		if len(c.text) > maxText {
			return d, ErrTooLarge
		}
	}
	d.Unmapped = x.unmapped
	if f.work <= 0 {
		return d, ErrTooLarge
	}
	if d.NoText == d.Pages || x.unmapped*2 > x.shown {
		return d, ErrNoText
	}
	d.findDOI(sheets, c.text)
	removeFurniture(sheets, c.text)
	b := &blocks{said: words{}, text: c.text}
	for i := range sheets {
		removeLineNumbers(&sheets[i], c.text)
		for k := range sheets[i].chunks {
			b.said.learn(c.text[sheets[i].chunks[k].a:sheets[i].chunks[k].b])
		}
	}
	b.code = mostlyProse(sheets)
	page := 0
	ord := order{leaf: func(r region) { b.column(lines(r, page, c.text)) }}
	for i := range sheets {
		page = i
		r := make(region, len(sheets[i].chunks))
		for k := range r {
			r[k] = &sheets[i].chunks[k]
		}
		ord.page(r)
	}
	d.takeTitle(b)
	if !o.References {
		b.list = withoutReferences(b.list)
	}
	d.Text = b.finish()
	return d, nil
}

// mostlyProse reports that most of the text is not in fonts for code.
func mostlyProse(sheets []sheet) bool {
	all, mono := 0, 0
	for i := range sheets {
		for _, c := range sheets[i].chunks {
			all += int(c.b - c.a)
			if c.mono {
				mono += int(c.b - c.a)
			}
		}
	}
	return mono*2 < all
}

// findDOI looks on the first page, where journals print the name of the paper before those of others.
func (d *Document) findDOI(sheets []sheet, text []byte) {
	for i := range sheets {
		for _, c := range sheets[i].chunks {
			if d.DOI = findDOI(text[c.a:c.b]); d.DOI != "" {
				return
			}
		}
		if len(sheets[i].chunks) > 0 {
			return
		}
	}
}

// finish writes the text: one block a line.
func (b *blocks) finish() []byte {
	var out []byte
	for i := range b.list {
		at := len(out)
		t := b.list[i].text
		if b.list[i].code {
			n := len(t) - len(bytes.TrimLeft(t, " "))
			out, t = append(out, t[:n]...), t[n:]
		}
		out = appendLine(out, t)
		if len(out) > at {
			out = append(out, '\n')
		}
	}
	return bytes.TrimSuffix(out, []byte("\n"))
}

// appendLine writes a block with single spaces, without hyphens that are only meant for the ends of lines and without controls.
func appendLine(dst, t []byte) []byte {
	at := len(dst)
	for len(t) > 0 {
		r, k := utf8.DecodeRune(t)
		switch {
		case r == '\u00ad' || r == utf8.RuneError:
		case unicode.IsSpace(r):
			if len(dst) > at && dst[len(dst)-1] != ' ' {
				dst = append(dst, ' ')
			}
		case unicode.IsControl(r):
		default:
			dst = append(dst, t[:k]...)
		}
		t = t[k:]
	}
	return bytes.TrimRight(dst, " ")
}

// takeTitle removes the title from the text, and finds it there if the file does not state it: the largest lines in the upper half of
// the first page.
func (d *Document) takeTitle(b *blocks) {
	page := -1
	var sizes []int32
	for i := range b.list {
		if q := &b.list[i]; page < 0 || q.page == page {
			page = q.page
			if !q.row {
				sizes = append(sizes, q.size)
			}
		}
	}
	if d.Title != "" {
		for i := range b.list {
			if q := &b.list[i]; q.page == page && sameWords(q.text, []byte(d.Title)) {
				b.list = slices.Delete(b.list, i, i+1)
				return
			}
		}
		return
	}
	big, body := at(sizes, 100), b.bodySize()
	if big*10 < body*12 {
		return
	}
	for i := range b.list {
		q := &b.list[i]
		if q.page != page || i > 12 {
			return
		}
		if q.size != big || q.row || len(q.text) > 400 || bytes.Count(q.text, []byte(" ")) < 1 && len(q.text) < 8 {
			continue
		}
		k := i + 1
		for k < len(b.list) && b.list[k].size == big && b.list[k].page == page && k-i < 4 {
			q.text = b.said.join(q.text, b.list[k].text)
			k++
		}
		d.Title = string(appendLine(nil, q.text))
		b.list = slices.Delete(b.list, i, k)
		return
	}
}

// bodySize is the font size that most of the text has.
func (b *blocks) bodySize() int32 {
	n := map[int32]int{}
	best := int32(0)
	for i := range b.list {
		q := &b.list[i]
		n[q.size] += len(q.text)
		if n[q.size] > n[best] || n[q.size] == n[best] && q.size < best {
			best = q.size
		}
	}
	return best
}

// sameWords compares without case, spaces and signs.
func sameWords(a, b []byte) bool {
	letters := func(t []byte) (h uint64, n int) {
		h = fnvStart
		for len(t) > 0 {
			r, k := utf8.DecodeRune(t)
			t = t[k:]
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				h, n = fnv(h, unicode.ToLower(r)), n+1
			}
		}
		return h, n
	}
	x, n := letters(a)
	y, m := letters(b)
	return x == y && n == m && n > 0
}

// withoutReferences drops what stands behind the last heading of that name, to the end or to the first appendix.
func withoutReferences(list []block) []block {
	from := -1
	for i := range list {
		if headingOf(list[i].text, referenceHeadings) {
			from = i
		}
	}
	if from < 0 {
		return list
	}
	to := from + 1
	for to < len(list) && !beginsAppendix(&list[to]) {
		to++
	}
	return slices.Delete(list, from, to)
}

var referenceHeadings = []string{"references", "reference", "bibliography", "literature cited", "references cited", "works cited", "literature", "references and notes",
	"notes and references", "literatur", "literaturverzeichnis", "quellenverzeichnis", "références", "bibliographie", "références bibliographiques",
	"referencias", "bibliografía", "referencias bibliográficas", "referências", "referências bibliográficas", "bibliografia", "riferimenti bibliografici",
	"literatuur", "referenser", "литература", "список литературы", "参考文献", "参考资料", "參考文獻", "引用文献", "참고문헌"}

var appendixHeadings = []string{"appendix", "appendices", "supplementary", "supplement", "supporting information", "annex", "anhang", "annexe", "apéndice",
	"apêndice", "приложение", "附录", "附錄", "付録", "부록"}

// headingOf reports a heading of one of these names, with or without a number before it.
func headingOf(t []byte, names []string) bool {
	t = bytes.TrimLeft(t, "0123456789.§ IVXivx")
	t = bytes.ToLower(bytes.TrimRight(t, ". :"))
	if len(t) > 64 {
		return false
	}
	spaced := string(t)
	tight := string(bytes.ReplaceAll(t, []byte(" "), nil))
	return slices.Contains(names, spaced) || slices.ContainsFunc(names, func(n string) bool { return n == tight })
}

// beginsAppendix reports the heading of an appendix: a short line that begins with the word.
func beginsAppendix(q *block) bool {
	t := bytes.ToLower(q.text)
	if len(t) > 160 || q.n > 2 {
		return false
	}
	for _, n := range appendixHeadings {
		if bytes.HasPrefix(t, []byte(n)) {
			return true
		}
	}
	return false
}
