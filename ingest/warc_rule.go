package ingest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// rule turns a sound record into a document, a bad record, or one that is passed over.
func (r *warcReader) rule(h *warcHeader) error {
	if h.kind == resource && bytes.HasPrefix(h.uri, []byte("metadata:")) { // the log and arguments of the crawler itself
		h.kind = metadata
	}
	switch {
	case h.kind == noKind && len(h.kindName) == 0 && !r.b.arc:
		return r.skip("no-type", nil)
	case h.kind == noKind:
		return r.skip("other-type", fmt.Errorf("%q", clip(string(h.kindName), 40)))
	case r.f.records&(1<<h.kind) == 0:
		return r.pass(kindNames[h.kind])
	case !r.b.arc && !knownVersion(h.version):
		return r.skip("unknown-version", fmt.Errorf("%q", clip(string(h.version), 20)))
	case len(h.uri) == 0 && h.kind != warcinfo && h.kind != metadata:
		return r.skip("no-uri", nil)
	case h.length == 0:
		return r.skip("empty", nil)
	}
	held := h.length == int64(len(r.block))
	if held && len(h.blockDigest) > 0 && !digestMatches(h.blockDigest, r.block) {
		return r.skip("digest", fmt.Errorf("the block is not %s", clip(string(h.blockDigest), 80)))
	}
	switch h.kind {
	case response:
		return r.response(h, held)
	case resource:
		return r.resource(h, held)
	case conversion:
		return r.conversion(h, held)
	}
	return r.asItIs(h, held)
}

func (r *warcReader) tooLarge(h *warcHeader) error {
	return r.skip("too-large", fmt.Errorf("%d bytes, the limit is %d", h.length, maxPayload))
}

// document is empty but for what the header tells.
func (r *warcReader) document(h *warcHeader) *quern.Doc {
	d := r.w.fresh()
	d.Origin = cleanURI(string(h.uri))
	if r.b.arc { // no record has an ID there, and two of one second differ at least in length
		d.ID = quern.NewID(d.Source, d.Origin, string(h.date), fmt.Sprint(h.length))
		d.Time = arcTime(h.date)
		return d
	}
	date := string(h.date)
	d.ID = quern.NewID(d.Source, d.Origin, date, string(h.id), string(h.payloadDigest))
	d.Time = rfc3339(date)
	return d
}

// mark notes a payload that is not what its digest says. Crawlers take the digest of the payload as it was sent, with its chunks or
// without, or as it was unpacked.
func mark(d *quern.Doc, h *warcHeader, payloads ...[]byte) {
	if len(h.payloadDigest) == 0 {
		return
	}
	for i, p := range payloads {
		same := i > 0 && len(p) == len(payloads[i-1]) && (len(p) == 0 || &p[0] == &payloads[i-1][0])
		if !same && digestMatches(h.payloadDigest, p) {
			return
		}
	}
	d.Mark("payload_digest_wrong", 1)
}

// media is what a type of content means here.
type media uint8

const (
	otherMedia media = iota
	unknownMedia
	markup
	words
)

func mediaOf(mediaType string) media {
	switch mediaType {
	case "text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml":
		return markup
	case "text/plain", "text/markdown", "text/x-markdown":
		return words
	case "", "application/octet-stream", "binary/octet-stream", "application/unknown", "unknown/unknown", "application/x-unknown":
		return unknownMedia
	}
	return otherMedia
}

// payloadMedia is the type that the server stated, or that the crawler found where that says nothing or plain text.
func payloadMedia(stated string, h *warcHeader, body []byte) media {
	m := mediaOf(stated)
	if found := mediaOf(mediaType(h.payloadType)); found != unknownMedia && (m == unknownMedia || m == words) {
		m = found
	}
	if m == unknownMedia && stated == "" && looksMarkup(body) {
		m = markup
	}
	return m
}

func (r *warcReader) conversion(h *warcHeader, held bool) error {
	switch {
	case len(h.contentType) > 0 && mediaType(h.contentType) != "text/plain":
		return r.pass("other-media")
	case !held:
		return r.tooLarge(h)
	case !utf8.Valid(r.block):
		return r.skip("invalid-utf8", nil)
	case blank(r.block):
		return r.skip("no-text", nil)
	}
	d := r.document(h)
	d.Text = append(d.Text, bytes.TrimPrefix(r.block, []byte(bom))...)
	m := appendMember(r.pages.meta[:0], "identified_lang", string(h.languages))
	r.pages.meta = appendMember(m, "truncated", string(h.truncated))
	d.Meta = closeObject(r.pages.meta)
	mark(d, h, r.block)
	return r.w.put()
}

// web reports addresses that are answered by HTTP.
func web(uri []byte) bool {
	uri = bytes.TrimPrefix(uri, []byte("<"))
	return len(uri) > 8 && (equalFold(uri[:7], "http://") || equalFold(uri[:8], "https://"))
}

func (r *warcReader) response(h *warcHeader, held bool) error {
	isHTTP := len(h.contentType) == 0 || len(h.contentType) >= 16 && equalFold(h.contentType[:16], "application/http")
	if r.b.arc { // there the type is that of the payload
		isHTTP = web(h.uri)
	}
	if !isHTTP {
		return r.pass("other-protocol")
	}
	resp, err := parseResponse(r.block)
	if err != nil && !held {
		return r.tooLarge(h)
	}
	if err != nil {
		return r.skip("bad-http", err)
	}
	m := payloadMedia(resp.mediaType, h, resp.body)
	switch {
	case m != markup && m != words:
		return r.pass("other-media")
	case len(r.f.status) > 0 && !slices.Contains(r.f.status, resp.status):
		return r.skip("http-status", fmt.Errorf("%d", resp.status))
	case !held:
		return r.tooLarge(h)
	}
	body, whole, reason, err := r.body.body(&resp, len(h.truncated) > 0)
	if reason != "" {
		return r.skip(reason, err)
	}
	d := r.document(h)
	hints := pageHints{contentType: resp.contentType, plain: m == words, lang: resp.language, identified: string(h.languages), truncated: string(h.truncated)}
	if reason := r.pages.fill(d, body, hints); reason != "" {
		return r.skip(reason, nil)
	}
	mark(d, h, resp.body, whole, body)
	return r.w.put()
}

// resource is a page without the head of a response.
func (r *warcReader) resource(h *warcHeader, held bool) error {
	switch m := payloadMedia(mediaType(h.contentType), h, r.block); {
	case m != markup && m != words:
		return r.pass("other-media")
	case !held:
		return r.tooLarge(h)
	default:
		d := r.document(h)
		hints := pageHints{contentType: string(h.contentType), plain: m == words, identified: string(h.languages), truncated: string(h.truncated)}
		if reason := r.pages.fill(d, r.block, hints); reason != "" {
			return r.skip(reason, nil)
		}
		mark(d, h, r.block)
		return r.w.put()
	}
}

// asItIs makes the block of a record the text: what a crawler noted about a page, or asked. JSON of a WAT file gives what it quotes of
// the page.
func (r *warcReader) asItIs(h *warcHeader, held bool) error {
	if !held {
		return r.tooLarge(h)
	}
	var text []byte
	var title string
	switch {
	case mediaType(h.contentType) == "application/json":
		var err error
		if text, title, err = r.wat.read(r.block); err != nil {
			return r.skip("bad-json", err)
		}
		if text == nil { // of a record that is no page
			return r.pass("other-media")
		}
	case !utf8.Valid(r.block) || mostlyControls(r.block):
		return r.pass("other-media")
	default:
		text = r.block
	}
	if blank(text) {
		return r.skip("no-text", nil)
	}
	d := r.document(h)
	d.Text = append(d.Text, text...)
	m := appendMember(r.pages.meta[:0], "title", title)
	m = appendMember(m, "record", kindNames[h.kind])
	r.pages.meta = appendMember(m, "truncated", string(h.truncated))
	d.Meta = closeObject(r.pages.meta)
	return r.w.put()
}

// mediaType is a Content-Type without its parameters, in lower case.
func mediaType(contentType []byte) string {
	t, _, _ := bytes.Cut(contentType, []byte(";"))
	t, _, _ = bytes.Cut(t, []byte(","))
	return strings.ToLower(string(bytes.TrimSpace(t)))
}
