package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/ingest/extract"
)

// StackExchange is what a spec may say of a dump of Stack Exchange.
type StackExchange struct {
	Site     string `yaml:"site"`      // the host name; "" = as the file or folder is called
	MinScore int    `yaml:"min_score"` // answers below are left out, unless they are accepted
	Answers  int    `yaml:"answers"`   // of a question at most, the best first; 0 = all
}

// DefaultStackExchange leaves out the answers that readers voted below zero.
func DefaultStackExchange() StackExchange { return StackExchange{} }

func (c *StackExchange) Reader(o Options) (Reader, error) { return NewStackExchange(o, *c) }

// NewStackExchange reads Posts.xml of the Stack Exchange dumps (.xml, plain or packed; not within .7z), one document a question: its title, its
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
func NewStackExchange(o Options, c StackExchange) (Reader, error) {
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
	c    StackExchange
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
func (x *stackFormat) index(ctx context.Context, f input, d *disk) (*stackIndex, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if i := x.far[f.path]; i != nil {
		return i, i.err
	}
	i := indexPosts(ctx, d, quoted(f.key()), x.unit)
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
	c      StackExchange
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
	index, err := r.format.index(r.w.ctx, f, d)
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
		if err := r.w.ctx.Err(); err != nil {
			return err
		}
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
			if in, err = r.spool.dec.unpack(c, d, r.name); err == nil {
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
