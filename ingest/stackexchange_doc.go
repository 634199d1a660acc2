package ingest

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

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
