package shard

import (
	"cmp"
	"fmt"
	"slices"
)

// The ways of laying documents into rows of equal length.
const (
	// PackConcat lays them end to end and cuts every so many tokens: no token is lost, rows begin and end anywhere.
	PackConcat = "concat"
	// PackBestFit begins every row with a document, then takes the longest of a thousand waiting documents that still fits; when none
	// does, the shortest one is cropped to fill the row, and the rest of it is lost. No padding. It is the rule of nanochat's
	// bos_bestfit loader (karpathy/nanochat, nanochat/dataloader.py).
	PackBestFit = "bestfit"
	// PackBFD cuts no document that fits a row: best-fit decreasing over windows of documents, rows filled up with padding. Documents
	// longer than a row are cut into rows, the last part packed like any other, so that no token is lost. (Ding et al. 2024, Fewer
	// Truncations Improve Language Modeling; TRL's packing strategy bfd.)
	PackBFD = "bfd"
)

const (
	packWaiting  = 1000    // documents that wait in best-fit
	packTokens   = 4 << 20 // tokens that wait, or of a window
	packRows     = 16      // or so many rows of them, if that is more
	packLongest  = 1 << 20 // tokens of a row, but for concat
	packEveryRow = 1 << 24
)

// Piece is tokens [From, To) of a document, by its number.
type Piece struct{ Doc, From, To int }

// PackStats says what packing did to a corpus.
type PackStats struct {
	Pack    string `json:"pack"`
	Length  int    `json:"length"` // tokens of a row
	Rows    int64  `json:"rows"`
	Docs    int64  `json:"docs"`
	Tokens  int64  `json:"tokens"`  // that came in
	Padding int64  `json:"padding"` // places of rows without a token
	Lost    int64  `json:"lost"`    // tokens that are in no row
	Cut     int64  `json:"cut"`     // documents that are not whole in one row
}

// Add sums the counts of two shards that were packed alike.
func (s *PackStats) Add(o PackStats) {
	s.Pack, s.Length = o.Pack, o.Length
	s.Rows += o.Rows
	s.Docs += o.Docs
	s.Tokens += o.Tokens
	s.Padding += o.Padding
	s.Lost += o.Lost
	s.Cut += o.Cut
}

// Utilization is the share of the places of all rows that hold a token; 1 if there are none.
func (s PackStats) Utilization() float64 {
	if s.Rows == 0 {
		return 1
	}
	return 1 - float64(s.Padding)/float64(s.Rows*int64(s.Length))
}

// Pack lays documents of the given lengths into rows of so many tokens. It is a pure function; every row has a piece, a piece a token.
func Pack(how string, length int, docs []int) (rows [][]Piece, s PackStats, err error) {
	p, err := newPacker(how, length, func(row []Piece) error {
		rows = append(rows, slices.Clone(row))
		return nil
	}, nil)
	if err != nil {
		return nil, s, err
	}
	for _, n := range docs {
		if err := p.add(n); err != nil {
			return nil, s, err
		}
	}
	return rows, p.stats, p.finish(&s)
}

// packer takes the lengths of documents in order and emits rows as soon as they are known. What it holds is bounded.
type packer struct {
	how    string
	length int
	emit   func(row []Piece) error // borrows the row
	spent  func(doc int)           // the rest of the document will be in no row
	stats  PackStats

	row  []Piece // concat and best-fit: the row that is being filled
	left int     // places in it

	docs    buckets // best-fit: waiting documents that fit a row, by length
	over    []Piece // best-fit: those that do not, by length, then number
	waiting int     // documents in both
	held    int     // tokens that wait

	window []Piece // bfd
	bins   buckets // bfd: rows by the places left in them
	rows   [][]Piece
	first  []int // bfd: the order of rows
}

func validPack(how string, length int) error {
	most := packLongest
	switch how {
	case PackConcat:
		most = packEveryRow
	case PackBestFit, PackBFD:
	default:
		return fmt.Errorf("packing %q, want %s, %s or %s", how, PackConcat, PackBestFit, PackBFD)
	}
	if length < 1 || length > most {
		return fmt.Errorf("rows of %d tokens, want 1 to %d with packing %s", length, most, how)
	}
	return nil
}

func newPacker(how string, length int, emit func([]Piece) error, spent func(doc int)) (*packer, error) {
	if err := validPack(how, length); err != nil {
		return nil, err
	}
	if spent == nil {
		spent = func(int) {}
	}
	p := &packer{how: how, length: length, emit: emit, spent: spent, left: length, stats: PackStats{Pack: how, Length: length}}
	switch how {
	case PackBestFit:
		p.docs = newBuckets(length)
	case PackBFD:
		p.bins = newBuckets(length)
	}
	return p, nil
}

// budget is how many tokens may wait.
func (p *packer) budget() int { return max(packTokens, packRows*p.length) }

// add takes the next document.
func (p *packer) add(n int) error {
	if n < 1 {
		return fmt.Errorf("a document of %d tokens cannot be packed", n)
	}
	doc := int(p.stats.Docs)
	p.stats.Docs++
	p.stats.Tokens += int64(n)
	switch p.how {
	case PackConcat:
		return p.concat(Piece{doc, 0, n})
	case PackBestFit:
		return p.wait(Piece{doc, 0, n})
	}
	if n > p.length {
		p.stats.Cut++
	}
	for from := 0; from < n; from += p.length {
		p.window = append(p.window, Piece{doc, from, min(n, from+p.length)})
	}
	if p.held += n; p.held >= p.budget() {
		return p.pack()
	}
	return nil
}

// finish emits what is left.
func (p *packer) finish(s *PackStats) error {
	err := func() error {
		if p.how == PackBFD {
			return p.pack()
		}
		for p.waiting > 0 {
			if err := p.place(); err != nil {
				return err
			}
		}
		if len(p.row) > 0 {
			return p.endRow()
		}
		return nil
	}()
	*s = p.stats
	return err
}

// endRow emits the row that is being filled.
func (p *packer) endRow() error {
	p.stats.Rows++
	p.stats.Padding += int64(p.left)
	err := p.emit(p.row)
	p.row, p.left = p.row[:0], p.length
	return err
}

// put lays a piece into the row that is being filled, where it fits.
func (p *packer) put(piece Piece) error {
	p.row = append(p.row, piece)
	if p.left -= piece.To - piece.From; p.left == 0 {
		return p.endRow()
	}
	return nil
}

func (p *packer) concat(d Piece) error {
	if d.To > p.left {
		p.stats.Cut++
	}
	for d.From < d.To {
		part := d
		part.To = min(d.To, d.From+p.left)
		d.From = part.To
		if err := p.put(part); err != nil {
			return err
		}
	}
	return nil
}

// wait lets a document wait; those that are too many are placed.
func (p *packer) wait(d Piece) error {
	if d.To <= p.length {
		p.docs.push(d.To, d)
	} else {
		i, _ := slices.BinarySearchFunc(p.over, d, func(a, b Piece) int {
			return cmp.Or(cmp.Compare(a.To, b.To), cmp.Compare(a.Doc, b.Doc))
		})
		p.over = slices.Insert(p.over, i, d)
	}
	p.waiting++
	p.held += d.To
	for p.waiting >= packWaiting || p.held >= p.budget() {
		if err := p.place(); err != nil {
			return err
		}
	}
	return nil
}

// place lays one waiting document into the row: the longest that fits, else the shortest, cropped; of equals the one that came first.
func (p *packer) place() error {
	d, ok := p.docs.pop(p.docs.atMost(p.left))
	if !ok {
		if d, ok = p.docs.pop(p.docs.atLeast(1)); !ok {
			d = p.over[0]
			p.over = slices.Delete(p.over, 0, 1)
		}
	}
	p.waiting--
	p.held -= d.To
	if lost := d.To - p.left; lost > 0 {
		p.stats.Lost += int64(lost)
		p.stats.Cut++
		p.spent(d.Doc)
		d.To = p.left
	}
	return p.put(d)
}

// pack lays the window into rows: the longest piece first, each into the fullest row that still has room for it. Rows come in the
// order of their first documents, and so do the documents in them, so that the corpus keeps its order as far as rows let it.
func (p *packer) pack() error {
	slices.SortStableFunc(p.window, func(a, b Piece) int { return cmp.Compare(b.To-b.From, a.To-a.From) })
	p.rows, p.first = p.rows[:0], p.first[:0]
	for _, piece := range p.window {
		n := piece.To - piece.From
		room := p.bins.atLeast(n)
		bin, ok := p.bins.pop(room)
		if !ok {
			room = p.length
			bin.Doc = len(p.rows)
			p.first = append(p.first, bin.Doc)
			if len(p.rows) < cap(p.rows) {
				p.rows = p.rows[:len(p.rows)+1]
				p.rows[bin.Doc] = p.rows[bin.Doc][:0]
			} else {
				p.rows = append(p.rows, nil)
			}
		}
		p.rows[bin.Doc] = append(p.rows[bin.Doc], piece)
		if room > n {
			p.bins.push(room-n, bin)
		}
	}
	p.bins.clear()
	order := func(a, b Piece) int { return cmp.Or(cmp.Compare(a.Doc, b.Doc), cmp.Compare(a.From, b.From)) }
	for _, row := range p.rows {
		slices.SortFunc(row, order)
	}
	slices.SortFunc(p.first, func(a, b int) int { return order(p.rows[a][0], p.rows[b][0]) })
	for _, i := range p.first {
		p.left = p.length
		for _, piece := range p.rows[i] {
			p.left -= piece.To - piece.From
		}
		p.row = append(p.row[:0], p.rows[i]...)
		if err := p.endRow(); err != nil {
			return err
		}
	}
	p.window, p.held = p.window[:0], 0
	return nil
}
