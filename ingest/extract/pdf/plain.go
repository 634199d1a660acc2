package pdf

import "bytes"

// Plain makes a document of text that another program took from a PDF file: lines, with empty ones between blocks and a form feed behind
// each page. Lines of a block are joined as Read joins them; running heads stay, since plain text has no places.
func Plain(text []byte, o Options) (Document, error) {
	var d Document
	b := &blocks{said: words{}}
	for l := range bytes.Lines(text) {
		b.said.learn(bytes.TrimSpace(l))
	}
	for page := range bytes.SplitSeq(bytes.TrimSuffix(text, []byte("\f")), []byte("\f")) {
		d.Pages++
		if len(bytes.TrimSpace(page)) == 0 {
			d.NoText++
			continue
		}
		fresh := true
		for l := range bytes.Lines(page) {
			l = bytes.TrimSpace(l)
			switch {
			case len(l) == 0:
				fresh = true
				continue
			case fresh || headingOf(l, referenceHeadings):
				b.list = append(b.list, block{})
			}
			fresh = headingOf(l, referenceHeadings)
			last := &b.list[len(b.list)-1]
			last.text = b.said.join(last.text, l)
			last.n++
		}
	}
	if d.NoText == d.Pages {
		return d, ErrNoText
	}
	if !o.References {
		b.list = withoutReferences(b.list)
	}
	d.Text = b.finish()
	return d, nil
}
