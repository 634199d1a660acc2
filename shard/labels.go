package shard

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"

	"github.com/seed-83c59573/quern"
)

// Labels tell domain and source of the documents of a corpus one after the other. Raw tokens do not; the Parquet beside them does.
type Labels struct {
	dir    quern.Dir
	files  []string
	file   quern.File
	groups []parquet.RowGroup
	leaves [3]*parquet.Column // id, domain, source
	cols   [3]*parquetColumn
}

var labelNames = [3]string{"id", "domain", "source"}

// OpenLabels opens the Parquet of the shards; nil if there is a shard without one.
func OpenLabels(dir quern.Dir, shards []quern.Shard) *Labels {
	l := &Labels{dir: dir}
	for _, s := range shards {
		name := strings.TrimSuffix(s.Name, ".bin") + ".parquet"
		if !slices.ContainsFunc(s.Blobs, func(b quern.BlobInfo) bool { return b.Name == name }) {
			return nil
		}
		l.files = append(l.files, name)
	}
	return l
}

// Next gives d, the next document, its labels.
func (l *Labels) Next(d *quern.Doc) error {
	for {
		if l.cols[0] == nil {
			if err := l.group(); err != nil {
				return err
			}
		}
		told, err := l.row()
		if errors.Is(err, io.EOF) {
			l.closeGroup()
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", l.files[0], err)
		}
		if told[0] != d.ID.String() {
			return fmt.Errorf("%s: document %s stands where the raw tokens have %s", l.files[0], told[0], d.ID)
		}
		d.Domain, d.Source = told[1], told[2]
		return nil
	}
}

// row reads a row of the group; io.EOF behind the last.
func (l *Labels) row() (told [3]string, err error) {
	for i, c := range l.cols {
		v, err := c.next()
		if errors.Is(err, io.EOF) && i > 0 {
			err = fmt.Errorf("column %s: %w", labelNames[i], io.ErrUnexpectedEOF)
		}
		if err != nil {
			return told, err
		}
		told[i] = string(v.ByteArray())
	}
	return told, nil
}

// group opens the next row group, of the next file if there is none left.
func (l *Labels) group() error {
	for len(l.groups) == 0 {
		if l.file != nil {
			l.file.Close()
			l.file, l.files = nil, l.files[1:]
		}
		if len(l.files) == 0 {
			return errors.New("the Parquet beside the raw tokens has fewer documents")
		}
		var err error
		if l.file, err = l.dir.Open(l.files[0]); err != nil {
			return err
		}
		pf, err := parquet.OpenFile(l.file, l.file.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
		if err != nil {
			return fmt.Errorf("%s: %w", l.files[0], err)
		}
		for i, name := range labelNames {
			if l.leaves[i] = pf.Root().Column(name); l.leaves[i] == nil {
				return fmt.Errorf("%s: no column %s", l.files[0], name)
			}
		}
		l.groups = pf.RowGroups()
	}
	for i, leaf := range l.leaves {
		var err error
		if l.cols[i], err = openParquetColumn(l.groups[0], leaf); err != nil {
			return fmt.Errorf("%s: %w", l.files[0], err)
		}
	}
	l.groups = l.groups[1:]
	return nil
}

func (l *Labels) closeGroup() {
	for i, c := range l.cols {
		c.close()
		l.cols[i] = nil
	}
}

// Close closes what is open.
func (l *Labels) Close() {
	l.closeGroup()
	if l.file != nil {
		l.file.Close()
	}
}
