package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// NewWARC reads WARC files (versions 0.17 to 1.1), plain or gzip in any division into members: the pages of response records (HTML,
// XHTML, plain text; status 200) by their main text, and the texts of conversion records (WET). Other records are no documents.
// Doc.Origin is the URI, Doc.Time the record's date, Doc.License what the page states as its own; Doc.Meta holds what is known of
// title, author, site, published, page_lang, charset and truncated. IDs are made from URI, date, record ID and payload digest.
//
// Damage costs the records that it hits: the reader goes on at the next record, or the next gzip member that begins with one, and a
// record in a member of its own is only believed after its checksum. Blocks and pages are at most 16 MiB.
//
// Reasons: bad-length, truncated, resync (bytes between records), unknown-version, no-type, other-type, no-uri, empty, digest (of the
// block), bad-header, bad-gzip, trailing-garbage, too-large, too-many-nodes, bad-http, bad-encoding, http-status, not-text, invalid-utf8, no-text;
// files are refused as not-warc.
func NewWARC(o Options) (Reader, error) { return newSource(o, warcFormat{}) }

type warcFormat struct{}

func (warcFormat) wants(name string) bool {
	switch strings.ToLower(path.Ext(bareName(name))) {
	case ".warc", ".wet":
		return true
	}
	return false
}

func (warcFormat) reader(w *out) reader { return &warcReader{w: w, pages: pageMaker{w: w}} }

type warcReader struct {
	w     *out
	b     warcBytes
	name  string
	to    int64
	start int64 // of the record at hand
	head  []byte
	block []byte
	pages pageMaker
}

func (r *warcReader) read(f input, p quern.Part) error {
	d, err := openDisk(f.path)
	if err != nil {
		return err
	}
	defer d.Close()
	st, err := d.Stat()
	if err != nil {
		return err
	}
	r.name, r.to = quoted(f.key()), p.To
	if p.To >= st.Size() {
		r.to = 0
	}
	c, err := codecOf(d, r.name)
	if err != nil {
		return err
	}
	if c == zstandard {
		return refuse(r.name, "not-warc", 0, errors.New("WARC in zstd is not read: unpack it"))
	}
	from := p.From
	if from > 0 && c == gzipped {
		end := st.Size()
		if r.to > 0 {
			end = r.to
		}
		if from, err = findMember(d, from, end); err != nil || from < 0 {
			return err
		}
	}
	if err := r.b.open(d, st.Size(), from, c == gzipped); err != nil {
		return err
	}
	if from == 0 {
		if err := r.notWARC(); err != nil {
			return err
		}
		if err := r.b.seek(0); err != nil {
			return err
		}
	}
	return r.records()
}

func (r *warcReader) beyond(at int64) bool { return r.to > 0 && at >= r.to }

// notWARC looks at the first 64 KiB and refuses what holds no record.
func (r *warcReader) notWARC() error {
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
	say := func(text string) error { return refuse(r.name, "not-warc", 0, errors.New(text)) }
	switch {
	case len(head) == 0 && err == io.EOF:
		return say("empty")
	case bytes.HasPrefix(head, []byte("filedesc:")):
		return say("the older ARC format is not read: convert it to WARC")
	case len(head) > 0 && nextVersionLine(head) < 0:
		return say("no WARC record at its start: " + looksLike(head))
	}
	return nil
}

// nextVersionLine finds the first line of a record; -1 if there is none.
func nextVersionLine(b []byte) int {
	for at := 0; ; {
		k := bytes.Index(b[at:], []byte("WARC/"))
		if k < 0 {
			return -1
		}
		at += k
		end := bytes.IndexByte(b[at:], '\n')
		if end < 0 {
			return -1
		}
		if (at == 0 || b[at-1] == '\n') && isVersionLine(b[at:at+end]) {
			return at
		}
		at += 5
	}
}

func (r *warcReader) skip(reason string, cause error) error {
	return r.w.skip(&quern.RecordError{Reason: reason, Path: r.name, Offset: r.start, Unit: "offset", Cause: cause})
}

// records reads until the end of the range.
func (r *warcReader) records() error {
	for {
		err := r.record()
		var hurt *damage
		switch {
		case err == nil:
		case err == io.EOF:
			return nil
		case errors.As(err, &hurt):
			if err := r.repair(hurt); err != nil {
				if err == io.EOF {
					return nil
				}
				return err
			}
		default:
			return err
		}
	}
}

// repair counts the record that a damaged member cost and goes to the next sound one.
func (r *warcReader) repair(hurt *damage) error {
	next, err := findMember(r.b.d, hurt.at+1, r.b.size)
	if err != nil {
		return err
	}
	reason := "bad-gzip"
	if next < 0 {
		switch {
		case hurt.cut:
			reason = "truncated"
		case errors.Is(hurt, errNoMember):
			reason = "trailing-garbage"
		}
	}
	r.start = hurt.at
	if err := r.skip(reason, hurt.err); err != nil {
		return err
	}
	if next < 0 || r.beyond(next) {
		return io.EOF
	}
	return r.b.seek(next)
}

// record reads one record and what lies before it. io.EOF ends the range.
func (r *warcReader) record() error {
	for {
		if r.b.between() && r.to > 0 {
			if at := r.b.offset(); r.beyond(at) && at < r.b.size && startsWARC(io.NewSectionReader(r.b.d.File, at, r.b.size-at)) {
				return io.EOF
			}
		}
		_, err := skipNewlines(&r.b)
		if err == nil {
			break
		}
		if err != errMember {
			return err
		}
	}
	if !r.b.packed && r.beyond(r.b.at) {
		return io.EOF
	}
	r.start = r.b.place()
	h, lines, err := readHeader(&r.b, r.head)
	r.head = lines
	switch {
	case err == errHeader:
		return r.resync("resync", nil)
	case err == errLongLine:
		return r.resync("bad-header", fmt.Errorf("more than %d bytes", maxWARCHeader))
	case err == io.EOF:
		if len(lines) > 0 && nextVersionLine(lines) != 0 {
			return errors.Join(r.skip("resync", nil), io.EOF)
		}
		return r.last("truncated", io.ErrUnexpectedEOF)
	case err != nil:
		return err
	case h.lengthErr != nil:
		return r.resync("bad-length", h.lengthErr)
	case h.length > r.b.room():
		return r.resync("bad-length", fmt.Errorf("%d bytes, of which at most %d are there", h.length, r.b.room()))
	}
	return r.body(&h)
}

// last counts a bad record after which nothing comes.
func (r *warcReader) last(reason string, cause error) error {
	if err := r.skip(reason, cause); err != nil {
		return err
	}
	return io.EOF
}

// body reads the block of a record, checks that a record may end there, and rules on it.
func (r *warcReader) body(h *warcHeader) error {
	held := h.length <= maxPayload
	var err error
	if held {
		r.block, err = r.b.block(r.block, h.length)
	} else {
		r.block = r.block[:0]
		err = r.b.discard(h.length)
	}
	if err == io.ErrUnexpectedEOF {
		if k := nextVersionLine(r.block); k >= 0 {
			return r.again(k, err)
		}
		if r.b.packed && !held { // the length was a lie that ate whole members
			return &damage{at: r.start, err: errors.New("a length beyond the end of the file")}
		}
		return r.last("truncated", err)
	}
	if err != nil {
		return err
	}
	ok, err := r.ends()
	if err != nil {
		return err
	}
	if !ok {
		if k := nextVersionLine(r.block); k >= 0 {
			return r.again(k, nil)
		}
		return r.resync("bad-length", errors.New("the record does not end there"))
	}
	if !held {
		if h.kind == "response" || h.kind == "conversion" {
			return r.skip("too-large", fmt.Errorf("%d bytes, the limit is %d", h.length, maxPayload))
		}
		return nil
	}
	return r.rule(h)
}

// again goes back to a record that starts within the block.
func (r *warcReader) again(k int, cause error) error {
	if err := r.skip("bad-length", cause); err != nil {
		return err
	}
	r.b.unread(r.block[k:])
	return nil
}

// ends reports whether a record may end here: at a line end, a record, the end of a member or of the file. A member is left if
// nothing else is in it, so that its checksum has been compared.
func (r *warcReader) ends() (bool, error) {
	for lines := 0; ; lines++ {
		c, err := r.b.in.ReadByte()
		switch {
		case err == errMember || err == io.EOF:
			return true, nil
		case err != nil:
			return false, err
		case c == '\r' || c == '\n':
			r.b.at++
			continue
		}
		if err := r.b.in.UnreadByte(); err != nil {
			return false, err
		}
		if lines > 0 {
			return true, nil
		}
		next, _ := r.b.in.Peek(5)
		return string(next) == "WARC/", nil
	}
}

// resync counts a bad record and reads on to the first line of the next. Where none follows a cut was the cause.
func (r *warcReader) resync(reason string, cause error) error {
	var line []byte
	for {
		var err error
		line, err = r.b.line(line, maxWARCHeader)
		if err == io.EOF {
			if reason == "bad-length" && !r.b.packed {
				reason = "truncated"
			}
			return r.last(reason, cause)
		}
		if err != nil && err != errLongLine {
			return err
		}
		if err == nil && isVersionLine(line) {
			r.b.unread(line)
			return r.skip(reason, cause)
		}
	}
}

// rule turns a sound record into a document, a bad record, or nothing.
func (r *warcReader) rule(h *warcHeader) error {
	switch h.kind {
	case "response", "conversion":
	case "warcinfo", "request", "metadata", "revisit", "resource", "continuation":
		return nil
	case "":
		return r.skip("no-type", nil)
	default:
		return r.skip("other-type", fmt.Errorf("%q", clip(h.kind, 40)))
	}
	switch {
	case !knownVersion(h.version):
		return r.skip("unknown-version", fmt.Errorf("%q", h.version))
	case h.uri == "":
		return r.skip("no-uri", nil)
	case len(r.block) == 0:
		return r.skip("empty", nil)
	case h.blockDigest != "" && !digestMatches(h.blockDigest, r.block):
		return r.skip("digest", fmt.Errorf("the block is not %s", clip(h.blockDigest, 80)))
	}
	if h.kind == "conversion" {
		return r.conversion(h)
	}
	if h.contentType != "" && !strings.HasPrefix(strings.ToLower(h.contentType), "application/http") {
		return nil // a name lookup or another protocol
	}
	return r.response(h)
}

func (r *warcReader) document(h *warcHeader) *quern.Doc {
	d := r.w.fresh()
	d.ID = quern.NewID(d.Source, h.uri, h.date, h.id, h.payloadDigest)
	d.Origin, d.Time = h.uri, rfc3339(h.date)
	return d
}

func (r *warcReader) conversion(h *warcHeader) error {
	switch {
	case h.contentType != "" && !strings.HasPrefix(strings.ToLower(h.contentType), "text/plain"):
		return nil
	case !utf8.Valid(r.block):
		return r.skip("invalid-utf8", nil)
	case blank(r.block):
		return r.skip("no-text", nil)
	}
	d := r.document(h)
	d.Text = append(d.Text, bytes.TrimPrefix(r.block, []byte(bom))...)
	r.pages.meta = appendMember(r.pages.meta[:0], "truncated", h.truncated)
	d.Meta = closeObject(r.pages.meta)
	return r.w.put()
}

func (r *warcReader) response(h *warcHeader) error {
	resp, err := parseResponse(r.block)
	if err != nil {
		return r.skip("bad-http", err)
	}
	plainText := false
	switch resp.mediaType {
	case "text/html", "application/xhtml+xml":
	case "text/plain":
		plainText = true
	case "":
		if !looksMarkup(resp.body) {
			return nil
		}
	default:
		return nil
	}
	if resp.status != 200 {
		return r.skip("http-status", fmt.Errorf("%d", resp.status))
	}
	body := resp.body
	if resp.chunked {
		if r.pages.raw, err = unchunk(r.pages.raw[:0], body); err != nil {
			return r.skip("bad-http", err)
		}
		body = r.pages.raw
	}
	if body, err = decodeBody(resp.encodings, body); err != nil {
		if err == errTooLarge {
			return r.skip("too-large", err)
		}
		return r.skip("bad-encoding", err)
	}
	d := r.document(h)
	if reason := r.pages.fill(d, body, resp.contentType, plainText, h.truncated); reason != "" {
		return r.skip(reason, nil)
	}
	return r.w.put()
}
