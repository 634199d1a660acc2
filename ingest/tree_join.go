package ingest

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/ingest/code"
)

// fileHeader stands before each file of a joined document, its path behind it.
const fileHeader = "# file: "

// repository gathers files for one document, up to a number of bytes.
type repository struct {
	key      string // in IDs
	origin   string // a name for people, "" = the key
	pack     string
	time     string
	commit   string
	files    []code.Source
	licenses []string // nil = that of one file is not known
	unknown  bool
	arena    []byte // the texts
	parts    int
}

// begin starts a repository.
func (c *coder) begin(key, origin string) {
	if c.repo != nil {
		c.repo.reset()
		c.repo.key, c.repo.origin, c.repo.parts = key, origin, 0
	}
}

// reset forgets the files and keeps the buffers.
func (r *repository) reset() {
	r.files, r.licenses, r.arena = r.files[:0], r.licenses[:0], r.arena[:0]
	r.unknown = false
}

// end gives the document of what is left.
func (c *coder) end() error {
	if c.repo == nil {
		return nil
	}
	return c.flush()
}

// join adds a file, after the document of those before it if there is no room.
func (c *coder) join(f *sourceFile, l *code.Language, license string, text []byte) error {
	r := c.repo
	size := len(fileHeader) + len(f.path) + len(text) + 3
	if len(r.files) > 0 && int64(len(r.arena)+size) > c.o.maxRepo {
		if err := c.flush(); err != nil {
			return err
		}
	}
	r.pack, r.time, r.commit = f.pack, f.time, f.commit
	start := len(r.arena)
	r.arena = append(r.arena, fileHeader...)
	r.arena = append(append(r.arena, quoted(f.path)...), '\n')
	r.arena = append(r.arena, text...)
	if text[len(text)-1] != '\n' {
		r.arena = append(r.arena, '\n')
	}
	r.files = append(r.files, code.Source{Name: f.path, Language: l, Start: start, End: len(r.arena)})
	switch {
	case license == "":
		r.unknown = true
	case !slices.Contains(r.licenses, license) && len(r.licenses) <= maxJoinedLicenses:
		r.licenses = append(r.licenses, license)
	}
	return nil
}

const maxJoinedLicenses = 8

// flush gives a document of the files gathered so far.
func (c *coder) flush() error {
	r := c.repo
	if len(r.files) == 0 {
		return nil
	}
	r.parts++
	d := c.w.fresh()
	key := []string{r.key}
	if r.parts > 1 {
		key = append(key, strconv.Itoa(r.parts))
	}
	d.ID = quern.NewID(d.Source, key...)
	d.Origin, d.License, d.Time = validName(cmp.Or(r.pack, r.origin, r.key)), r.license(), r.time
	for i, j := range code.Order(r.files, r.arena) {
		if i > 0 {
			d.Text = append(d.Text, '\n')
		}
		f := r.files[j]
		d.Text = append(d.Text, r.arena[f.Start:f.End]...)
	}
	d.Mark("code.files", float64(len(r.files)))
	c.meta = appendMember(c.meta[:0], "language", r.language())
	c.meta = appendMember(c.meta, "package", r.pack)
	c.meta = appendMember(c.meta, "commit", r.commit)
	if r.parts > 1 {
		c.meta = appendMember(c.meta, "part", strconv.Itoa(r.parts))
	}
	d.Meta = closeObject(c.meta)
	r.reset()
	return c.w.put()
}

// license is what holds for all of the files.
func (r *repository) license() string {
	if r.unknown || len(r.licenses) > maxJoinedLicenses {
		return ""
	}
	slices.Sort(r.licenses)
	all := ""
	for _, id := range r.licenses {
		if len(r.licenses) > 1 && strings.Contains(id, " OR ") {
			id = "(" + id + ")"
		}
		all = both(all, id)
	}
	return all
}

// language is the one with most bytes, data and prose aside unless there is nothing else.
func (r *repository) language() string {
	sizes := map[*code.Language]int{}
	for _, f := range r.files {
		sizes[f.Language] += f.End - f.Start
	}
	top := slices.MinFunc(slices.Collect(maps.Keys(sizes)), func(a, b *code.Language) int {
		return cmp.Or(cmp.Compare(dataLast(a), dataLast(b)), cmp.Compare(sizes[b], sizes[a]), strings.Compare(a.Name, b.Name))
	})
	return top.Name
}

func dataLast(l *code.Language) int {
	if l.Kind == code.Data || l.Kind == code.Prose {
		return 1
	}
	return 0
}
