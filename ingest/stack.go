package ingest

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/ingest/extract"
)

// Stack is what a spec may say of a dump of Stack Exchange.
type Stack struct {
	Site     string `yaml:"site"`      // the host name; "" = as the file or folder is called
	MinScore int    `yaml:"min_score"` // answers below are left out, unless they are accepted
	Answers  int    `yaml:"answers"`   // of a question at most, the best first; 0 = all
}

// DefaultStack leaves out the answers that readers voted below zero.
func DefaultStack() Stack { return Stack{} }

func (c *Stack) Reader(o Options) (Reader, error) { return NewStack(o, *c) }

// NewStack reads Posts.xml of the Stack Exchange dumps (.xml, plain or packed; not within .7z), one document a question: its title, its
// body and its answers, with blank lines between. The accepted answer comes first, then the others by score, then by number.
//
// Answers stand anywhere behind their question. A plain file is divided by bytes, and a unit looks up the answers to its questions
// that stand in other units: where they are is found in one pass over the file, and takes 8 bytes of memory for each of them. A packed
// file is one unit, read as often as it has 256 MiB of posts: unpack what is larger than a few GB.
//
// IDs are made from site and question number, Doc.Origin is the question's URL, Doc.Time when it was asked, Doc.License the latest of
// its posts' (by their own word, or the date: CC-BY-SA-2.5, 3.0 from 2011-04-08, 4.0 from 2018-05-02). Doc.Meta holds title, site,
// question_id and tags, joined by "; "; the marks are score, answers and accepted.
//
// Reasons: bad-row, no-question (an answer to a post that is not there), no-text, invalid-utf8, too-large, truncated; files are refused
// as not-sorted, not-posts, bad-gzip, bad-zstd, bad-bzip2, bad-xz or bomb.
func NewStack(o Options, c Stack) (Reader, error) {
	if c.Answers < 0 {
		return nil, fmt.Errorf("ingest: source %q: answers is %d, must not be negative", o.Name, c.Answers)
	}
	unit := o.UnitBytes
	if unit == 0 {
		unit = DefaultUnitBytes
	}
	return newSource(o, &stackFormat{c: c, unit: unit, far: map[string]*stackIndex{}})
}

func isStack(name string) bool {
	base := strings.ToLower(path.Base(name))
	return base == "posts.xml" || strings.HasSuffix(base, "-posts.xml")
}

// stackFormat keeps what was found about files that are divided, for all units.
type stackFormat struct {
	c    Stack
	unit int64
	mu   sync.Mutex
	far  map[string]*stackIndex // by path
}

func (*stackFormat) wants(name string) bool { return isStack(bareName(name)) }

func (*stackFormat) pieces(f input, unit int64) []piece {
	d, err := f.open()
	if err != nil {
		return []piece{{f.part(), f.size}}
	}
	defer d.Close()
	if c, err := codecOf(d, f.key()); err != nil || c != plain {
		return []piece{{f.part(), f.size}}
	}
	return byBytes(f, unit)
}

// index finds once for each file where the answers stand that their question's unit does not hold.
func (x *stackFormat) index(f input, d *disk) (*stackIndex, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if i := x.far[f.path]; i != nil {
		return i, i.err
	}
	i := indexPosts(d, quoted(f.key()), x.unit)
	var refused *quern.RecordError
	if i.err != nil && !errors.As(i.err, &refused) {
		return nil, i.err // of the disk: it may be gone next time
	}
	x.far[f.path] = i
	return i, i.err
}

func (x *stackFormat) reader(w *out) reader { return &stackReader{w: w, format: x, c: x.c} }

type stackReader struct {
	w      *out
	format *stackFormat
	c      Stack
	spool  spool
	rows   rowScanner
	name   string
	site   string
	host   bool // site is a host name
	html   extract.HTML
	posts  []post
	body   []byte
	meta   []byte
	buf    []byte
}

func (r *stackReader) read(f input, p quern.Part) error {
	d, err := f.open()
	if err != nil {
		return err
	}
	defer d.Close()
	r.name = quoted(f.key())
	if r.site, r.host = r.c.Site, true; r.site == "" {
		r.site, r.host = siteOf(f.key())
	}
	c, err := codecOf(d, r.name)
	switch {
	case err != nil:
		return err
	case c != plain:
		return r.packed(f)
	}
	return r.part(f, d, p)
}

// part reads the questions in a range of a plain file, and their answers wherever they are.
func (r *stackReader) part(f input, d *disk, p quern.Part) error {
	if p.From == 0 {
		head := make([]byte, postsHead)
		n, err := d.ReadAt(head, 0)
		if err != nil && err != io.EOF {
			return err
		}
		if err := notPosts(head[:n], r.name); err != nil {
			return err
		}
	}
	to := p.To
	if to == 0 {
		to = d.size
	}
	index, err := r.format.index(f, d)
	if err != nil {
		if p.From > 0 {
			return nil // the first unit tells
		}
		return err
	}
	unit := int(p.From / r.format.unit)
	r.posts = r.posts[:0]
	r.rows.reset(io.NewSectionReader(d, p.From, d.size-p.From), p.From)
	if err := r.collect(to, func(q post) bool { return q.parent == 0 || index.unitOf(q.parent) == unit }); err != nil {
		return err
	}
	for _, at := range index.far[unit] {
		r.rows.reset(io.NewSectionReader(d, at, d.size-at), at)
		row, _, err := r.rows.next()
		if err != nil {
			return fmt.Errorf("ingest: %s: it changed while it was read: %w", r.name, err)
		}
		if q, ok := parsePost(row); ok {
			q.row = slices.Clone(row)
			r.posts = append(r.posts, q)
		}
	}
	return r.put()
}

// collect keeps the posts of the rows that begin before to.
func (r *stackReader) collect(to int64, keep func(post) bool) error {
	last := int64(0)
	for {
		row, at, err := r.rows.next()
		if at >= to || err == io.EOF {
			return nil
		}
		q, ok := parsePost(row)
		switch {
		case err == errLongRow:
			q = r.badRow(last, "too-large", at)
		case err == io.ErrUnexpectedEOF:
			q = r.badRow(last, "truncated", at)
		case err != nil:
			return err
		case !ok:
			last = max(last, q.id)
			q = r.badRow(last, "bad-row", at)
		case q.kind != postQuestion && q.kind != postAnswer: // wikis of tags and the like
			continue
		default:
			last = q.id
			if !keep(q) {
				continue
			}
			q.row = slices.Clone(row)
		}
		r.posts = append(r.posts, q)
	}
}

// badRow stands for a bad row behind the post last, so that it is counted in its place.
func (r *stackReader) badRow(last int64, reason string, at int64) post {
	return post{id: last, kind: postBad, bad: &quern.RecordError{Reason: reason, Path: r.name, Offset: at, Unit: "offset"}}
}

// maxPosts is how many bytes of posts a reader of a packed file holds.
const maxPosts = 256 << 20

// packed reads a stream in passes: each keeps the questions from lo on, and their answers, as far as memory goes.
func (r *stackReader) packed(f input) error {
	for lo := int64(0); ; {
		rc, err := r.again(f, lo)
		if err != nil {
			return err
		}
		hi, err := r.pass(rc, lo, maxPosts)
		rc.Close()
		if err != nil {
			return err
		}
		if err := r.put(); err != nil || hi < 0 {
			return err
		}
		lo = hi
	}
}

// again opens a packed file from its start; the first time it is read to its end before, and looked at.
func (r *stackReader) again(f input, lo int64) (io.ReadCloser, error) {
	if lo > 0 {
		d, err := f.open()
		if err != nil {
			return nil, err
		}
		c, err := codecOf(d, r.name)
		if err == nil {
			var in io.ReadCloser
			if in, err = unpack(c, d, r.name); err == nil {
				return &closers{in, d}, nil
			}
		}
		d.Close()
		return nil, err
	}
	rc, _, err := r.spool.content(f, func(in io.Reader) error {
		head := make([]byte, postsHead)
		n, err := io.ReadFull(in, head)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			err = nil
		}
		if err != nil {
			return err
		}
		return notPosts(head[:n], r.name)
	})
	return rc, err
}

// pass keeps the posts of questions from lo on, while they fit, and returns the first question that did not; -1 if all did.
func (r *stackReader) pass(in io.Reader, lo, room int64) (hi int64, err error) {
	hi = -1
	var size, last int64
	sorted := true
	r.posts = r.posts[:0]
	r.rows.reset(in, 0)
	err = r.collect(1<<62, func(q post) bool {
		sorted = sorted && q.id > last
		last = q.id
		key := q.question()
		if key < lo || hi >= 0 && key >= hi {
			return false
		}
		if size > 0 && size+q.size > room {
			if hi = r.shrink(&size); key >= hi {
				return false
			}
			room = max(room, 2*size) // what is left is one question
		}
		size += q.size
		return true
	})
	switch {
	case err != nil:
		return hi, err
	case !sorted:
		return hi, refuse(r.name, "not-sorted", -1, errors.New("posts do not stand in the order of their numbers"))
	}
	if lo > 0 || hi >= 0 { // bad rows are counted in the pass that holds what is before them
		r.posts = slices.DeleteFunc(r.posts, func(q post) bool { return q.bad != nil && (q.id < lo || hi >= 0 && q.id >= hi) })
	}
	return hi, nil
}

// shrink gives up the later half of the questions, and returns the first of them.
func (r *stackReader) shrink(size *int64) int64 {
	keys := make([]int64, 0, len(r.posts))
	for _, q := range r.posts {
		if q.bad == nil {
			keys = append(keys, q.question())
		}
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	hi := keys[(len(keys)+1)/2:]
	first := keys[len(keys)-1] + 1
	if len(hi) > 0 {
		first = hi[0]
	}
	r.posts = slices.DeleteFunc(r.posts, func(q post) bool { return q.bad == nil && q.question() >= first })
	*size = 0
	for _, q := range r.posts {
		if q.bad == nil {
			*size += q.size
		}
	}
	return first
}

// put writes the documents of the posts that were collected.
func (r *stackReader) put() error {
	slices.SortStableFunc(r.posts, func(a, b post) int {
		return cmp.Or(cmp.Compare(a.question(), b.question()), cmp.Compare(a.kind, b.kind), cmp.Compare(a.id, b.id))
	})
	for i := 0; i < len(r.posts); {
		k := i + 1
		for k < len(r.posts) && r.posts[k].question() == r.posts[i].question() {
			k++
		}
		if err := r.group(r.posts[i:k]); err != nil {
			return err
		}
		i = k
	}
	r.posts = r.posts[:0]
	return nil
}

// group writes one question, or counts what is none.
func (r *stackReader) group(posts []post) error {
	n := len(posts)
	for n > 0 && posts[n-1].bad != nil {
		n--
	}
	if n > 0 && posts[0].kind == postQuestion {
		if err := r.question(posts[0], posts[1:n]); err != nil {
			return err
		}
	} else {
		for _, q := range posts[:n] {
			if err := r.skip(q, "no-question"); err != nil {
				return err
			}
		}
	}
	for _, q := range posts[n:] {
		if err := r.w.skip(q.bad); err != nil {
			return err
		}
	}
	return nil
}

func (r *stackReader) skip(q post, reason string) error {
	return r.w.skip(&quern.RecordError{Reason: reason, Path: r.name, Offset: q.id, Unit: "post"})
}

func (r *stackReader) question(q post, answers []post) error {
	accepted := attributeNumber(q.row, "AcceptedAnswerId")
	answers = slices.DeleteFunc(answers, func(a post) bool { return a.score < int64(r.c.MinScore) && a.id != accepted })
	slices.SortFunc(answers, func(a, b post) int {
		if (a.id == accepted) != (b.id == accepted) {
			if a.id == accepted {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.id, b.id))
	})
	if r.c.Answers > 0 && len(answers) > r.c.Answers {
		answers = answers[:r.c.Answers]
	}
	d := r.w.fresh()
	title := string(appendXMLText(nil, xmlAttribute(q.row, "Title")))
	d.Text = append(d.Text, title...)
	found, valid, version := false, utf8.ValidString(title), ""
	for i := -1; i < len(answers); i++ {
		p := q
		if i >= 0 {
			p = answers[i]
		}
		valid = valid && utf8.Valid(p.row)
		r.body = appendXMLText(r.body[:0], xmlAttribute(p.row, "Body"))
		text := r.html.Fragment(r.body)
		if blank(text) {
			continue
		}
		found = true
		if len(d.Text) > 0 {
			d.Text = append(d.Text, "\n\n"...)
		}
		d.Text = append(d.Text, text...)
		version = max(version, licenseVersion(p.row))
	}
	switch {
	case !valid:
		return r.skip(q, "invalid-utf8")
	case !found:
		return r.skip(q, "no-text")
	}
	r.fields(d, q, title, version)
	d.Mark("score", float64(q.score))
	d.Mark("answers", float64(len(answers)))
	if len(answers) > 0 && answers[0].id == accepted {
		d.Mark("accepted", 1)
	}
	return r.w.put()
}

func (r *stackReader) fields(d *quern.Doc, q post, title, version string) {
	id := strconv.FormatInt(q.id, 10)
	d.ID = quern.NewID(d.Source, r.site, id)
	d.Origin = validName(r.site) + "#" + id
	if r.host {
		d.Origin = "https://" + validName(r.site) + "/questions/" + id
	}
	d.Time = rfc3339(string(xmlAttribute(q.row, "CreationDate")))
	if d.License == "" {
		d.License = "CC-BY-SA-" + version
	}
	r.meta = appendMember(r.meta[:0], "title", title)
	r.meta = appendMember(r.meta, "site", r.site)
	r.meta = appendMember(r.meta, "question_id", id)
	r.buf = appendXMLText(r.buf[:0], xmlAttribute(q.row, "Tags"))
	tags := strings.FieldsFunc(string(r.buf), func(c rune) bool { return c == '<' || c == '>' || c == '|' })
	r.meta = closeObject(appendMember(r.meta, "tags", strings.Join(tags, "; ")))
	d.Meta = r.meta
}

// siteOf tells the site by the names of file and folders: stackoverflow.com-Posts.xml, cooking.stackexchange.com/Posts.xml.
func siteOf(key string) (site string, host bool) {
	base := bareName(path.Base(key))
	if site, ok := strings.CutSuffix(strings.ToLower(base), "-posts.xml"); ok && strings.Contains(site, ".") {
		return site, true
	}
	for dir := path.Dir(key); dir != "." && dir != "/"; dir = path.Dir(dir) {
		if e := path.Base(dir); strings.HasSuffix(e, ".com") || strings.HasSuffix(e, ".net") || strings.HasSuffix(e, ".org") {
			return strings.ToLower(e), true
		}
	}
	return key, false
}
