package dedup

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/seed-83c59573/quern"
)

// Without is a stage that drops what was taken down from the index, by ID and by address, so that it does not come back with the next
// dump; nil if nothing was. Digest tells when what it drops changes.
func (x *Index) Without() (quern.Stage, error) {
	lines, err := x.takenDown()
	if err != nil || len(lines) == 0 {
		return nil, err
	}
	s := &takenStage{}
	for _, l := range lines {
		if l.URL != "" {
			s.urls = append(s.urls, string(canonicalURL(nil, l.URL, queryTracking)))
			continue
		}
		id, err := quern.ParseID(l.ID)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", x.state.Taken.Name, err)
		}
		s.ids = append(s.ids, id)
	}
	slices.SortFunc(s.ids, quern.ID.Compare)
	slices.Sort(s.urls)
	return s, nil
}

// TakenDigest names what was taken down; "" if nothing was.
func (x *Index) TakenDigest() quern.Digest {
	if x.state.Taken == nil {
		return ""
	}
	return x.state.Taken.Digest
}

type takenStage struct {
	ids  []quern.ID
	urls []string
	buf  []byte
}

func (s *takenStage) Apply(d *quern.Doc) (quern.Verdict, error) {
	_, found := slices.BinarySearchFunc(s.ids, d.ID, quern.ID.Compare)
	if !found && len(s.urls) > 0 && d.Origin != "" {
		s.buf = canonicalURL(s.buf[:0], d.Origin, queryTracking)
		_, found = slices.BinarySearchFunc(s.urls, s.buf, func(u string, b []byte) int { return cmp.Compare(u, string(b)) })
	}
	if found {
		return d.Fail(DroppedTakenDown, 1, 0), nil
	}
	return quern.Keep, nil
}
