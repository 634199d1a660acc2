package mix

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
)

// Set is a dataset of tokenized documents: a source of the spec, or the corpus of an earlier run.
type Set struct {
	Name   string // of the source
	Domain string
	Docs   int64

	// Replay says that the documents are those of an earlier corpus, which may be among those of the other sets too. They are never
	// held out, and those that are held out in another set are not trained on. Their clusters are not those of the other sets.
	Replay bool

	// Rows calls f for each document in order, which is always the same, until f fails. It is called once or more, and at the same
	// time as those of other sets.
	Rows func(f func(r *Row) error) error
}

// Row is what the mix must know of a document. It is borrowed.
type Row struct {
	ID, Group quern.ID // Group is the near-duplicate cluster; zero = it stands alone
	Tokens    uint32
	Bytes     uint32 // of text
	Copies    uint32 // documents that it stands for, itself included; 0 = it alone
	Lang      string // "" = unknown
	Bucket    string // "" = none
}

// validates reports whether a document is kept out of training: by its cluster, so that no cluster is in both splits.
func (r *Row) validates(seed uint64, share float64) bool {
	key := r.ID
	if !r.Group.IsZero() {
		key = r.Group
	}
	return float64(quern.Seed(seed, "validation", key)>>11)/(1<<53) < share
}

// Class is the documents of a source that no part can tell apart.
type Class struct {
	Domain string `json:"domain"`
	Source string `json:"source"`
	Lang   string `json:"lang,omitempty"`
	Bucket string `json:"bucket,omitempty"`
	Times  int64  `json:"times"`  // how often each document is in an epoch
	Docs   int64  `json:"docs"`   // of training
	Tokens int64  `json:"tokens"` // of these, once
	Size   int64  `json:"size"`   // the same in the plan's unit
	Held   int64  `json:"held,omitempty"`

	set         int  // the number of its set in what the caller gave
	train, held list // its documents
}

func (c *Class) key() string {
	return fmt.Sprintf("%s\x00%s\x00%s\x00%s\x00%d", c.Domain, c.Source, c.Lang, c.Bucket, c.Times)
}

func (c *Class) String() string {
	s := c.Source
	for _, f := range []string{c.Lang, c.Bucket} {
		if f != "" {
			s += " " + f
		}
	}
	return s
}

// list is documents in order: the number of each in its set, its tokens and, if they are not tokens, its units.
type list struct{ docs, tokens, bytes column }

// column holds numbers in chunks, so that it grows without a copy of itself beside it.
type column [][]uint32

const chunk = 1 << 14

func (c *column) add(v uint32) {
	last := len(*c) - 1
	if last < 0 || len((*c)[last]) == chunk {
		*c = append(*c, nil)
		last++
		if last > 0 {
			(*c)[last] = make([]uint32, 0, chunk)
		}
	}
	(*c)[last] = append((*c)[last], v)
}

func (c column) at(i int64) uint32 { return c[i/chunk][i%chunk] }

func (c column) len() int64 {
	if len(c) == 0 {
		return 0
	}
	return int64(len(c)-1)*chunk + int64(len(c[len(c)-1]))
}

// reader gathers the documents of all sets into classes.
type reader struct {
	seed       uint64
	validation float64
	unit       string
	upsample   *Upsample
	mem        int64 // bytes; 0 = no limit
	workers    int
	held       []quern.ID // that training must not see, sorted; only if there is a replay
}

// perDoc is the memory of a document in bytes.
func (o *reader) perDoc() int64 {
	if o.unit == unitBytes {
		return 12
	}
	return 8
}

// classes reads every row once. Classes come sorted, whatever the order of the sets.
func (o *reader) classes(ctx context.Context, sets []Set) ([]Class, error) {
	docs := int64(0)
	for i, s := range sets {
		docs += s.Docs
		if s.Docs > 1<<32-1 {
			return nil, fmt.Errorf("%s has %d documents, a source of a mix may have 4294967295", s.Name, s.Docs)
		}
		for _, t := range sets[:i] {
			if s.Name == t.Name {
				return nil, fmt.Errorf("two sources are called %s", s.Name)
			}
		}
	}
	if need := docs * o.perDoc(); o.mem > 0 && need > o.mem {
		return nil, fmt.Errorf("the mix of %d documents takes %d MiB of memory, %d bytes each, and may take %d MiB: raise --mem", docs,
			(need+1<<20-1)>>20, o.perDoc(), o.mem>>20)
	}
	of, held := make([][]Class, len(sets)), make([][]quern.ID, len(sets))
	replay := slices.ContainsFunc(sets, func(s Set) bool { return s.Replay })
	for _, second := range []bool{false, true} { // what is replayed comes after what it must not hold
		err := quern.Each(ctx, o.workers, len(sets), func(ctx context.Context, _, i int) (err error) {
			if sets[i].Replay != second {
				return nil
			}
			ids := &held[i]
			if !replay {
				ids = nil
			}
			of[i], err = o.set(ctx, i, &sets[i], ids)
			return err
		})
		if err != nil || !replay {
			if err != nil {
				return nil, err
			}
			break
		}
		if !second {
			o.held = slices.Concat(held...)
			slices.SortFunc(o.held, quern.ID.Compare)
		}
	}
	all := slices.Concat(of...)
	slices.SortFunc(all, func(a, b Class) int { return strings.Compare(a.key(), b.key()) })
	return all, nil
}

// set reads one set; held, if it is not nil, gathers the documents that training must not see.
func (o *reader) set(ctx context.Context, number int, s *Set, held *[]quern.ID) ([]Class, error) {
	type key struct {
		lang, bucket string
		times        int32
	}
	var classes []*Class
	at := map[key]*Class{}
	var last key
	var c *Class
	n := int64(0)
	err := s.Rows(func(r *Row) error {
		if n&0xFFFF == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if n == s.Docs {
			return fmt.Errorf("more than the %d documents that it has", s.Docs)
		}
		k := key{r.Lang, r.Bucket, o.upsample.times(r.Copies, r.Bucket)}
		if c == nil || k != last {
			if c = at[k]; c == nil {
				k.lang, k.bucket = strings.Clone(r.Lang), strings.Clone(r.Bucket)
				c = &Class{Domain: s.Domain, Source: s.Name, Lang: k.lang, Bucket: k.bucket, Times: int64(k.times), set: number}
				at[k], classes = c, append(classes, c)
			}
			last = k
		}
		n++
		if s.Replay {
			if _, out := slices.BinarySearchFunc(o.held, r.ID, quern.ID.Compare); !out {
				o.add(c, &c.train, r, uint32(n-1))
			}
			return nil
		}
		to := &c.train
		if o.validation > 0 && r.validates(o.seed, o.validation) {
			if to = &c.held; held != nil {
				*held = append(*held, r.ID)
			}
		}
		o.add(c, to, r, uint32(n-1))
		return nil
	})
	if err == nil && n != s.Docs {
		err = fmt.Errorf("%d documents, want %d", n, s.Docs)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	out := make([]Class, len(classes))
	for i, c := range classes {
		out[i] = *c
	}
	return out, nil
}

func (o *reader) add(c *Class, to *list, r *Row, doc uint32) {
	if to == &c.held {
		c.Held++
	} else {
		c.Docs++
		c.Tokens += int64(r.Tokens)
		switch o.unit {
		case unitTokens:
			c.Size += int64(r.Tokens)
		case unitBytes:
			c.Size += int64(r.Bytes)
		default:
			c.Size++
		}
	}
	to.docs.add(doc)
	to.tokens.add(r.Tokens)
	if o.unit == unitBytes {
		to.bytes.add(r.Bytes)
	}
}

// size is document i of a list in the plan's unit.
func (l *list) size(i int64, unit string) int64 {
	switch unit {
	case unitTokens:
		return int64(l.tokens.at(i))
	case unitBytes:
		return int64(l.bytes.at(i))
	}
	return 1
}
