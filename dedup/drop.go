package dedup

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"

	"github.com/klauspost/compress/zstd"

	"github.com/seed-83c59573/quern"
)

// Removals are the verdicts of a cluster step: which rows go, and which of those that stay belong together. They take a bit a row and
// 24 bytes a row of a group.
type Removals struct {
	sets map[string][]rows
}

// rows are the verdicts on one shard.
type rows struct {
	gone   []uint64
	row    []int32 // of a group, ascending
	groups []quern.ID
	sizes  []int32 // of the groups, those that were removed counted
}

const (
	maxShards = 1 << 20
	maxRows   = 1 << 28
	maxLine   = 64 << 10
)

// LoadRemovals reads what Cluster wrote to dir.
func LoadRemovals(dir quern.Dir) (*Removals, error) {
	r := &Removals{sets: map[string][]rows{}}
	err := readLines(dir, removalsName, func(l removal) error {
		s, err := r.shard(l.Dataset, l.Shard, l.Row)
		if err != nil {
			return err
		}
		for len(s.gone) <= l.Row/64 {
			s.gone = append(s.gone, 0)
		}
		s.gone[l.Row/64] |= 1 << (l.Row % 64)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return r, readLines(dir, groupsName, func(l member) error {
		id, err := quern.ParseID(l.Group)
		if err != nil {
			return err
		}
		s, err := r.shard(l.Dataset, l.Shard, l.Row)
		if err != nil {
			return err
		}
		if n := len(s.row); n > 0 && s.row[n-1] >= int32(l.Row) {
			return fmt.Errorf("row %d after row %d: the lines are not sorted", l.Row, s.row[n-1])
		}
		if l.Size < 0 || l.Size > math.MaxInt32 {
			return fmt.Errorf("a group of %d documents", l.Size)
		}
		s.row, s.groups, s.sizes = append(s.row, int32(l.Row)), append(s.groups, id), append(s.sizes, int32(l.Size))
		return nil
	})
}

// shard finds or makes the verdicts on a shard. The limits keep a short damaged file from asking for much memory.
func (r *Removals) shard(set string, shard, row int) (*rows, error) {
	if shard < 0 || shard >= maxShards || row < 0 || row >= maxRows {
		return nil, fmt.Errorf("shard %d, row %d: out of range", shard, row)
	}
	s := r.sets[set]
	for len(s) <= shard {
		s = append(s, rows{})
	}
	r.sets[set] = s
	return &s[shard], nil
}

// readLines decodes the JSON lines of a blob.
func readLines[T any](dir quern.Dir, name string, f func(T) error) error {
	file, err := dir.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	z, err := zstd.NewReader(io.NewSectionReader(file, 0, file.Size()), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(64<<20))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer z.Close()
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, maxLine)
	n := 1
	for ; lines.Scan(); n++ {
		var l T
		err := json.Unmarshal(lines.Bytes(), &l)
		if err == nil {
			err = f(l)
		}
		if err != nil {
			return fmt.Errorf("%s: line %d: %w", name, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: line %d: %w", name, n, err)
	}
	return nil
}

// Removed reports whether the row of a dataset goes.
func (r *Removals) Removed(set string, row quern.Row) bool {
	s := r.sets[set]
	if row.Shard < 0 || row.Shard >= len(s) || row.Index < 0 || row.Index/64 >= len(s[row.Shard].gone) {
		return false
	}
	return s[row.Shard].gone[row.Index/64]>>(row.Index%64)&1 == 1
}

// Group is the cluster to which a row that stays belongs; zero if it stands alone.
func (r *Removals) Group(set string, row quern.Row) quern.ID {
	group, _ := r.cluster(set, row)
	return group
}

// cluster is the group of a row that stays, and how many documents it had before some were removed.
func (r *Removals) cluster(set string, row quern.Row) (group quern.ID, size int) {
	s := r.sets[set]
	if row.Shard < 0 || row.Shard >= len(s) {
		return group, 0
	}
	if i, ok := slices.BinarySearch(s[row.Shard].row, int32(min(row.Index, maxRows))); ok {
		return s[row.Shard].groups[i], int(s[row.Shard].sizes[i])
	}
	return group, 0
}

// Survivors is src, which reads the text dataset of that name, without the rows that go. The documents know their Group.
func (r *Removals) Survivors(src quern.Source, dataset string) quern.Source {
	return survivors{src, r, dataset}
}

type survivors struct {
	quern.Source
	removals *Removals
	dataset  string
}

func (s survivors) Docs(ctx context.Context, u quern.Unit) iter.Seq2[*quern.Doc, error] {
	return func(yield func(*quern.Doc, error) bool) {
		for d, err := range s.Source.Docs(ctx, u) {
			if err == nil {
				if s.removals.Removed(s.dataset, d.Row) {
					continue
				}
				d.Group, d.Cluster = s.removals.cluster(s.dataset, d.Row)
			}
			if !yield(d, err) {
				return
			}
		}
	}
}
