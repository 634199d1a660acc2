package ingest

import (
	"archive/zip"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/flate"

	"github.com/seed-83c59573/quern"
)

// zip walks a zip archive by its directory.
func (a *archive) zip(visit func(member) error) error {
	d, err := a.f.open()
	if err != nil {
		return err
	}
	defer d.Close()
	z, err := openZip(d, a.f.key())
	if err != nil {
		return err
	}
	if a.directory != nil {
		a.directory(z, d)
	}
	for _, f := range z.File {
		in := a.enter()
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		m, reason := a.named(f.Name)
		if reason == "" {
			reason = badZipMember(f)
		}
		if !in {
			continue
		}
		if reason != "" {
			if err := a.bad(f.Name, reason, nil); err != nil {
				return err
			}
			continue
		}
		m.size = int64(min(f.UncompressedSize64, 1<<62))
		m.open = func() (io.ReadCloser, error) {
			rc, err := f.Open()
			if err != nil {
				return nil, zipFault(m, d, err)
			}
			return &zipMember{rc, m, d, int64(f.CompressedSize64), 0}, nil
		}
		if err := visit(m); err != nil {
			var bad *quern.RecordError
			if !errors.As(err, &bad) {
				return err
			}
			if err := a.w.skip(bad); err != nil {
				return err
			}
		}
	}
	return nil
}

// openZip reads the directory and refuses an archive whose parts contradict each other.
func openZip(d *disk, name string) (*zip.Reader, error) {
	z, err := zip.NewReader(d, d.size)
	if err != nil && !(errors.Is(err, zip.ErrInsecurePath) && z != nil) {
		if d.err != nil {
			return nil, d.err
		}
		return nil, refuse(name, "bad-zip", -1, err)
	}
	if len(z.File) > maxMembers {
		return nil, refuse(name, "bad-zip", -1, fmt.Errorf("%d members, the limit is %d", len(z.File), maxMembers))
	}
	z.RegisterDecompressor(zip.Deflate, func(r io.Reader) io.ReadCloser { return flate.NewReader(r) })
	return z, overlap(z, d, name)
}

// overlap refuses an archive whose members share bytes: such archives are made, not found.
func overlap(z *zip.Reader, r io.ReaderAt, name string) error {
	type span struct{ from, to int64 }
	spans := make([]span, 0, len(z.File))
	for _, f := range z.File {
		from, err := f.DataOffset()
		if err != nil {
			return refuse(name, "bad-zip", -1, fmt.Errorf("%s: %w", quoted(f.Name), err))
		}
		to := from + int64(min(f.CompressedSize64, 1<<62))
		spans = append(spans, span{from, to})
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to {
			return refuse(name, "bad-zip", spans[i].from, errors.New("members overlap"))
		}
		if spans[i].from == spans[i-1].from {
			return refuse(name, "bad-zip", spans[i].from, errors.New("two members have one place"))
		}
	}
	return nil
}

func badZipMember(f *zip.File) string {
	switch {
	case f.Flags&1 != 0:
		return "encrypted"
	case !f.Mode().IsRegular():
		return "not-a-file"
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return "bad-method"
	}
	return ""
}

type zipMember struct {
	io.ReadCloser
	m    member
	d    *disk
	size int64 // packed
	n    int64
}

func (z *zipMember) Read(p []byte) (int, error) {
	n, err := z.ReadCloser.Read(p)
	z.n += int64(n)
	if err == nil {
		if e := tooDense(z.m.key, z.n, z.size); e != nil {
			return n, e
		}
		return n, nil
	}
	if err == io.EOF {
		return n, err
	}
	return n, zipFault(z.m, z.d, err)
}

func zipFault(m member, d *disk, err error) error {
	if d.err != nil {
		return d.err
	}
	reason := "bad-deflate"
	switch {
	case errors.Is(err, zip.ErrChecksum):
		reason = "bad-crc"
	case errors.Is(err, zip.ErrAlgorithm):
		reason = "bad-method"
	case errors.Is(err, zip.ErrFormat), errors.Is(err, io.ErrUnexpectedEOF):
		reason = "bad-size"
	}
	return &quern.RecordError{Reason: reason, Path: quoted(m.key), Offset: m.index, Unit: "member", Cause: err}
}

// zipPieces divides a zip archive by members; nil if it is damaged.
func zipPieces(f input, unit int64) []piece {
	d, err := f.open()
	if err != nil {
		return nil
	}
	defer d.Close()
	z, err := openZip(d, f.key())
	if err != nil || len(z.File) == 0 {
		return nil
	}
	var all []piece
	var from, size int64
	for i, m := range z.File {
		size += int64(min(m.CompressedSize64, 1<<40))
		if size >= unit || i == len(z.File)-1 {
			all = append(all, piece{quern.Part{Path: f.root, Entry: f.entry, From: from, To: int64(i) + 1}, size})
			from, size = int64(i)+1, 0
		}
	}
	return all
}
