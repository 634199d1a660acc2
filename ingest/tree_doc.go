package ingest

import (
	"bytes"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/ingest/code"
)

// coder makes documents of source files: one of each, or one of many.
type coder struct {
	w       *out
	o       *codeOptions
	headers code.Headers
	meta    []byte
	text    []byte // of a notebook
	repo    *repository
}

func newCoder(w *out, o *codeOptions) *coder {
	c := &coder{w: w, o: o}
	if o.join != "" {
		c.repo = &repository{}
	}
	return c
}

var lfsPointer = []byte("version https://git-lfs.github.com/spec/v1\n")

// file takes one file that was read.
func (c *coder) file(f sourceFile) error {
	text := bytes.TrimPrefix(f.data, []byte(bom))
	switch reason := notText(text); {
	case reason == "empty-text":
		return noPage(f.key, reason)
	case reason != "":
		return badPage(f.key, reason, nil)
	case len(text) < 1024 && bytes.HasPrefix(text, lfsPointer):
		return noPage(f.key, "lfs-pointer")
	}
	l := code.Of(f.path, text)
	if l == nil || !c.o.keeps(l) {
		return nil
	}
	marks := code.MarksOf(f.path, l, text)
	kernel := ""
	if l.Name == "Jupyter Notebook" {
		var err error
		c.text, kernel, err = code.Notebook(c.text[:0], text)
		switch {
		case err != nil:
			return badPage(f.key, "bad-notebook", err)
		case int64(len(c.text)) > c.o.max:
			return badPage(f.key, "too-large", nil)
		case blank(c.text):
			return noPage(f.key, "empty-text")
		}
		text = c.text
		marks &^= code.DataFile
	}
	license := c.headers.License(text)
	if license == "" {
		license = f.licenses.of(f.path)
	}
	if license == "" {
		license = c.w.o.License
	}
	if c.repo != nil {
		return c.join(&f, l, license, text)
	}
	d := c.w.fresh()
	d.ID = quern.NewID(d.Source, f.key)
	d.Origin, d.License, d.Time = validName(f.origin), license, f.time
	d.Text = append(d.Text, text...)
	for i, name := range code.MarkNames {
		if marks&(1<<i) != 0 {
			d.Mark(name, 1)
		}
	}
	c.meta = appendMember(c.meta[:0], "language", l.Name)
	if kernel != "" {
		c.meta = appendMember(c.meta, "kernel", kernelName(kernel))
	}
	c.meta = appendMember(c.meta, "path", f.path)
	c.meta = appendMember(c.meta, "package", f.pack)
	c.meta = closeObject(appendMember(c.meta, "commit", f.commit))
	d.Meta = c.meta
	return c.w.put()
}

// noPage passes over a file with which nothing is wrong: every repository has some that hold nothing.
func noPage(key, reason string) error {
	return &quern.RecordError{Reason: reason, Path: quoted(key), Offset: -1, Passed: true}
}

func kernelName(kernel string) string {
	if l := code.KernelLanguage(kernel); l != nil {
		return l.Name
	}
	return kernel
}

// notText is the reason why bytes are no text, "" if they are.
func notText(b []byte) string {
	nul := bytes.IndexByte(b[:min(len(b), 8000)], 0) >= 0
	switch {
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		return "invalid-utf8"
	case !utf8.Valid(b):
		if nul {
			return "not-text"
		}
		return "invalid-utf8"
	case nul:
		return "control-character"
	case blank(b):
		return "empty-text"
	}
	return ""
}
