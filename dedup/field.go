package dedup

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/seed-83c59573/quern"
)

// What exact duplicates have in common.
const (
	byText = "text"
	byURL  = "url"
	byID   = "id"
	byMeta = "meta." // and a path into Doc.Meta
)

// What of the query of a URL counts.
const (
	queryTracking = "tracking" // all but the parameters that tell where a visitor came from
	queryKeep     = "keep"
	queryDrop     = "drop"
)

// validate says in words what is wrong with the choice of the field.
func (e Exact) validate() error {
	switch e.Query {
	case "":
	case queryTracking, queryKeep, queryDrop:
		if e.By != byURL {
			return fmt.Errorf("dedup: exact: query is about by: url, by is %s", e.By)
		}
	default:
		return fmt.Errorf("dedup: exact: query is %q, want %s, %s or %s", e.Query, queryTracking, queryKeep, queryDrop)
	}
	path, meta := strings.CutPrefix(e.By, byMeta)
	switch {
	case e.By == "", e.By == byText, e.By == byURL, e.By == byID:
		return nil
	case !meta:
		return fmt.Errorf("dedup: exact: by is %q, want text, url, id or meta.PATH", e.By)
	}
	for key := range strings.SplitSeq(path, ".") {
		if key == "" {
			return errors.New("dedup: exact: by names an empty key in " + e.By)
		}
	}
	return nil
}

// ofText reports whether exact duplicates have equal texts, and so equal shingles.
func (e Exact) ofText() bool { return e.By == "" || e.By == byText }

// flags are the options in 32 bits, for the header of a signature blob: two kinds of normalization, what is compared, what of a
// query counts, and of a path into Meta a hash.
func (e Exact) flags() uint32 {
	var f uint32
	if e.Spaces {
		f |= 1
	}
	if e.Case {
		f |= 2
	}
	path, meta := strings.CutPrefix(e.By, byMeta)
	switch {
	case e.By == byURL:
		f |= 1 << 2
	case e.By == byID:
		f |= 2 << 2
	case meta:
		f |= 3<<2 | uint32(xxhash.Sum64String(path)>>40)<<8
	}
	switch e.Query {
	case queryKeep:
		f |= 1 << 4
	case queryDrop:
		f |= 2 << 4
	}
	return f
}

// digestFunc is 128 bits of hash of a text, of which white space and case count or not.
type digestFunc func(text []byte, spaces, fold bool) [2]uint64

// key is 128 bits of hash of what is compared; has is false for a document without the field: it has no exact duplicates, however
// many others lack it too. The key of a document that has none is zero. The field is taken into buf.
func (e Exact) key(d *quern.Doc, digest digestFunc, buf *[]byte) (hash [2]uint64, has bool) {
	if e.ofText() {
		return digest(d.Text, e.Spaces, e.Case), true
	}
	value := (*buf)[:0]
	switch {
	case e.By == byURL:
		value = canonicalURL(value, d.Origin, e.Query)
	case e.By == byID:
		if !d.ID.IsZero() {
			value = append(value, d.ID[:]...)
		}
		e.Spaces, e.Case = false, false // bytes, no text
	default:
		value = metaField(value, d.Meta, e.By[len(byMeta):])
	}
	*buf = value
	if e.Spaces {
		value = bytes.TrimSpace(value)
	}
	if len(value) == 0 {
		return hash, false
	}
	return digest(value, e.Spaces, e.Case), true
}
