// Package pdf reads the text of a PDF file the way a person reads its pages: word by word, column by column, paragraph by paragraph.
//
// In come the bytes of one file; out goes text in the shape that package extract describes, with the few facts that the file states
// about itself. The reader is quern's own: objects and cross references (rebuilt by scanning where they are broken), filters,
// encryption with the empty password, content streams, fonts and their encodings, and then the geometry: glyphs become words, words
// lines, lines columns and paragraphs. Running heads, page numbers, line numbers in the margin and turned text are left out, words that
// a line's end has broken are made whole, and the list of references is dropped unless it is asked for.
//
// Nothing here draws, recognizes text in images, executes scripts, opens a file or follows a link. Input is hostile: sizes, depths,
// ratios and the number of operations are bounded, and no file makes it panic. All geometry behind the content streams is done in whole
// hundredths of a point, so that every machine gives the same bytes.
package pdf

import "errors"

// Version changes whenever the bytes that this package produces change.
const Version = "1"

// Errors of a file that gives no text.
var (
	ErrNotPDF    = errors.New("pdf: no pages can be found")
	ErrEncrypted = errors.New("pdf: encrypted: a password is needed, or the method is not known")
	ErrNoText    = errors.New("pdf: no page has a text layer that can be read")
	ErrTooLarge  = errors.New("pdf: more than the limits allow")
)

// Limits on one file. Work is counted in bytes that are parsed, decoded or searched, so that no file, however its objects refer to each
// other, costs more than a fixed amount plus a fixed multiple of its size.
const (
	maxObjects  = 1 << 21
	maxCached   = 1 << 20 // values that are kept once they are parsed
	maxDepth    = 64      // arrays and dictionaries inside one another
	maxElements = 1 << 20 // of the arrays and dictionaries that are open at once; more are left out
	maxPages    = 20000
	maxStream   = 64 << 20 // bytes of one decoded stream
	maxFilters  = 8        // of one stream
	baseWork    = 64 << 20
	glyphWork   = 8 // that a glyph counts
	workPerByte = 64
	maxForms    = 12      // forms inside one another
	maxOps      = 4 << 20 // operators of one page, forms included
	maxGlyphs   = 1 << 20 // of one page
	maxText     = 64 << 20
	maxGraphics = 256  // saved graphics states
	maxMarks    = 32   // marked content inside one another
	maxParts    = 2048 // chunks of one line
)

// Options say what is wanted of a file.
type Options struct {
	References bool // keep the list of references
}

// Document is what a file says. A field is "" where the file does not state it.
type Document struct {
	Title    string // as stated in the file, else the largest line at the top of the first page
	Author   string // as stated in the file
	Date     string // of creation: RFC 3339 full-date or a prefix of it
	DOI      string // the first one named on the first page, bare
	Pages    int
	NoText   int // pages without text
	Failed   int // pages that could not be read to their end
	Unmapped int // glyphs that no table of the file gives a letter for
	Text     []byte
}
