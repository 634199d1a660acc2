package extract

import "bytes"

// Fragment writes all text of a piece of HTML or XHTML that is known to be text, such as the body of a post or the chapter of a book,
// in the shape of Extract: nothing is judged, and only what a browser would not show is left out. The piece must be UTF-8; the text is
// valid until the next call, and nil for a piece that Extract would refuse.
func (x *HTML) Fragment(piece []byte) []byte {
	if len(piece) > maxPage {
		return nil
	}
	piece = x.openRaw(bytes.TrimPrefix(piece, []byte("\uFEFF")))
	if x.tree.parse(piece) != nil {
		return nil
	}
	if x.writer.entities == nil {
		x.writer.entities = entities{}
	}
	x.writer.src, x.writer.nodes = piece, x.tree.nodes
	d := &x.decider
	d.cut(piece, x.tree.nodes)
	d.weigh() // tables are told by the words of their cells
	for i := range d.blocks {
		d.blocks[i].keep = true
	}
	x.title, x.leads = x.title[:0], x.leads[:0]
	x.write()
	return x.out
}

// rawNames are elements whose content is not markup. In XHTML they may be empty, as <script src="a.js"/>, which HTML takes for a start.
var rawNames = []string{"<script", "<title", "<style", "<iframe", "<textarea", "<noscript", "<svg", "<math"}

// openRaw is the piece with empty elements of raw content blanked, in a copy if there are any.
func (x *HTML) openRaw(piece []byte) []byte {
	copied := false
	for p := 0; ; {
		k := bytes.IndexByte(piece[p:], '<')
		if k < 0 {
			return piece
		}
		p += k
		for _, name := range rawNames {
			if !hasPrefixFold(piece[p:], name) {
				continue
			}
			end := bytes.IndexByte(piece[p:], '>')
			if end < 0 {
				return piece
			}
			if piece[p+end-1] == '/' {
				if !copied {
					piece, copied = bytes.Clone(piece), true
				}
				for i := p; i <= p+end; i++ {
					piece[i] = ' '
				}
			}
			p += end
			break
		}
		p++
		if p >= len(piece) {
			return piece
		}
	}
}
