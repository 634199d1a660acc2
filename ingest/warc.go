package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/seed-83c59573/quern"
)

// WARCOptions say which records of a web archive are documents.
type WARCOptions struct {
	// Records are the kinds of records that are documents: response, resource and conversion are pages and texts; of metadata,
	// request, revisit and warcinfo the block itself is the text, but for the JSON of WAT files, which gives title, description
	// and the texts of links.
	Records []string `yaml:"records"`
	Status  []int    `yaml:"status"` // of HTTP responses that are read; empty = all

	HTMLOptions `yaml:",inline"` // of the pages among them

	// CDX are indexes of the archives (CDX with its legend, CDXJ, the index of Common Crawl; plain or packed): with them only the
	// records that they list are read, and nothing between. Lines about archives that are not among the paths are passed over.
	CDX  []string  `yaml:"cdx"`
	Only CDXFilter `yaml:"only"` // of the lines of the indexes
}

// DefaultWARCOptions read the pages and texts that servers gave with status 200.
func DefaultWARCOptions() WARCOptions {
	return WARCOptions{Records: []string{"response", "resource", "conversion"}, Status: []int{200}}
}

func (x *WARCOptions) Reader(o Options) (Reader, error) { return NewWARC(o, *x) }

// NewWARC reads WARC files (versions 0.17 to 1.1) and ARC files (versions 1 and 2, named .arc): plain, gzip in any division into
// members, or zstd in any division into frames, with the dictionary that the file may begin with. A response or resource of HTML,
// XHTML, plain text or Markdown is a page and gives its main text; a conversion (WET) is text as it stands; see WARCOptions for
// others. Doc.Origin is the URI, Doc.Time the record's date, Doc.License what the page states as its own; Doc.Meta holds what is
// known of title, author, site, published, page_lang, identified_lang, charset and truncated, and the kind of record if it is no page.
// IDs are made from URI, date, record ID and payload digest. The mark raw_bytes is the size of a page as it came; payload_digest_wrong tells of a payload that is not what its
// digest says, which is common and no reason to skip it.
//
// Every record is a document, skipped or passed over. Damage costs the records that it hits: the reader goes on at the next record, or
// the next member that begins with one, and a record in a member of its own is only believed after its checksum. Blocks and pages
// are at most 16 MiB.
//
// Reasons: bad-length, truncated, resync (bytes between records), unknown-version, no-type, other-type, no-uri, empty, digest (of the
// block), bad-header, bad-gzip, bad-zstd, bomb, trailing-garbage, too-large, too-many-nodes, bad-http, bad-encoding, http-status, not-text,
// invalid-utf8, no-text, bad-json, bad-range (no record where the index says); files are refused as not-warc or not-arc. Passed over
// are the kinds of records that are not asked for, under their names, filedesc, other-media and other-protocol.
func NewWARC(o Options, x WARCOptions) (Reader, error) {
	f := warcFormat{status: x.Status, pages: x.HTMLOptions}
	if len(x.Records) == 0 {
		return nil, fmt.Errorf("ingest: source %q: records: names no kind of record", o.Name)
	}
	for _, k := range x.Records {
		kind := kindOf([]byte(k))
		if kind == noKind || kind == continuation || kind == filedesc {
			return nil, fmt.Errorf("ingest: source %q: records: %q is none of %s", o.Name, k, strings.Join(kindNames[response:continuation], ", "))
		}
		f.records |= 1 << kind
	}
	for _, s := range x.Status {
		if s < 100 || s > 999 {
			return nil, fmt.Errorf("ingest: source %q: status: %d is no HTTP status", o.Name, s)
		}
	}
	if len(x.CDX) == 0 {
		if !x.Only.empty() {
			return nil, fmt.Errorf("ingest: source %q: only: chooses among the lines of an index, and cdx names none", o.Name)
		}
		return newSource(o, f)
	}
	f.exact = true
	r, err := newSource(o, f)
	if err != nil {
		return nil, err
	}
	return newCDXSource(r.(*source), x)
}

// kind is a type of record.
type kind uint8

const (
	noKind kind = iota
	response
	resource
	conversion
	metadata
	request
	revisit
	warcinfo
	continuation
	filedesc // the first record of an ARC file, which describes it
)

var kindNames = []string{"", "response", "resource", "conversion", "metadata", "request", "revisit", "warcinfo", "continuation", "filedesc"}

func kindOf(name []byte) kind {
	for k := response; int(k) < len(kindNames); k++ {
		if equalFold(name, kindNames[k]) {
			return k
		}
	}
	return noKind
}

type warcFormat struct {
	pages   HTMLOptions
	records uint // a bit for each kind that is read
	status  []int
	exact   bool // ranges come from an index
}

func (warcFormat) wants(name string) bool { return isWARC(name) }

func isWARC(name string) bool {
	switch strings.ToLower(path.Ext(bareName(name))) {
	case ".warc", ".wet", ".wat", ".arc":
		return true
	}
	return false
}

func isARC(name string) bool { return strings.EqualFold(path.Ext(bareName(name)), ".arc") }

func (x warcFormat) reader(w *out) reader {
	return &warcReader{w: w, f: x, pages: newPageMaker(w, x.pages)}
}

type warcReader struct {
	w     *out
	f     warcFormat
	b     warcBytes
	name  string
	to    int64
	start int64 // of the record at hand
	head  []byte
	line  []byte
	block []byte
	pages pageMaker
	body  bodyDecoder
	wat   watReader
}

func (r *warcReader) read(f input, p quern.Part) error {
	d, err := f.open()
	if err != nil {
		return err
	}
	defer d.Close()
	r.name, r.to = quoted(f.key()), p.To
	if p.To >= d.size {
		r.to = 0
	}
	c, err := r.codec(d, p)
	if err != nil {
		return err
	}
	if c == bzipped || c == xzipped {
		return refuse(r.name, "not-warc", 0, fmt.Errorf("%v cannot be read by record: repack it as gzip or zstd", c))
	}
	if err := r.b.use(d, f.path, c, isARC(f.inside())); err != nil {
		return refuse(r.name, "bad-zstd", 0, err)
	}
	from := p.From
	if from > 0 && c != plain && !r.f.exact {
		end := d.size
		if r.to > 0 {
			end = r.to
		}
		if from, err = r.b.find(from, end); err != nil || from < 0 {
			return err
		}
	}
	if err := r.b.seek(from); err != nil {
		return err
	}
	if from == 0 {
		if err := r.foreign(); err != nil {
			return err
		}
		if err := r.b.seek(0); err != nil {
			return err
		}
	}
	return r.records()
}

// codec is that of the file; of a range that an index names, that of the record there, and nothing beyond the range is read.
func (r *warcReader) codec(d *disk, p quern.Part) (codec, error) {
	if !r.f.exact {
		return codecOf(d, r.name)
	}
	if p.To-p.From > 1 { // the index knows the length
		d.store = &window{store: d.store, to: p.To}
	}
	var head [4]byte
	if _, err := d.Seek(p.From, io.SeekStart); err != nil {
		return plain, err
	}
	n, err := io.ReadFull(d, head[:])
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return sniff(head[:n]), err
}

func (r *warcReader) beyond(at int64) bool { return r.to > 0 && at >= r.to }

// foreign looks at the first 64 KiB and refuses what holds no record.
func (r *warcReader) foreign() error {
	head, err := r.b.in.Peek(64 << 10)
	for len(head) == 0 && err == errMember { // an empty member
		head, err = r.b.in.Peek(64 << 10)
	}
	var hurt *damage
	if errors.As(err, &hurt) {
		return nil // what follows may be sound
	}
	if err != nil && err != io.EOF && err != errMember {
		return err
	}
	reason := "not-warc"
	if r.b.arc {
		reason = "not-arc"
	}
	say := func(text string) error { return refuse(r.name, reason, 0, errors.New(text)) }
	switch {
	case len(head) == 0 && err == io.EOF:
		return say("empty")
	case !r.b.arc && bytes.HasPrefix(head, []byte("filedesc:")):
		return say("this is the older ARC format: name it .arc, and it is read")
	case r.b.arc && bytes.HasPrefix(head, []byte("WARC/")):
		return say("this is WARC: name it .warc, and it is read")
	case len(head) > 0 && r.b.nextRecord(head) < 0:
		return say("no record at its start: " + looksLike(head))
	}
	return nil
}

// skip counts a bad record.
func (r *warcReader) skip(reason string, cause error) error {
	return r.w.skip(&quern.RecordError{Reason: reason, Path: r.name, Offset: r.start, Unit: "offset", Cause: cause})
}

// pass counts a sound record that is no document.
func (r *warcReader) pass(reason string) error {
	return r.w.skip(&quern.RecordError{Reason: reason, Path: r.name, Offset: r.start, Unit: "offset", Passed: true})
}
