package dedup

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/dedup/minhash"
)

// Hit is a document of an index with which another one collides.
type Hit struct {
	ID          string  `json:"id"`
	Origin      string  `json:"origin,omitempty"`
	Run         string  `json:"run"`
	Dataset     string  `json:"dataset"`
	Kind        string  `json:"kind"`            // "exact" or "near"
	Duplicate   bool    `json:"duplicate"`       // a run would remove the document for this one
	Jaccard     float64 `json:"jaccard"`         // of the shingle sets
	Containment float64 `json:"containment"`     // the part of the shingles of the document that was asked about that it has too
	Bands       int     `json:"bands,omitempty"` // that are shared with it, or with one that was removed for it
	For         string  `json:"for,omitempty"`   // it was removed itself: the ID of the one that stays
}

// Answer is what an index says of a document.
type Answer struct {
	Hits []Hit `json:"hits"`           // exact ones first, then the most similar
	More bool  `json:"more,omitempty"` // there are more candidates than were compared
}

const (
	maxPerKey   = 4096 // rows of a shard that are taken of one key
	maxCompared = 1024 // documents with which one is compared
)

// Querier looks documents up in an index. It holds the directories of the shards that it has needed, some 300 KiB each, and is for one
// goroutine.
type Querier struct {
	x      *Index
	config Config
	seed   uint64
	signer *minhash.Signer // nil if near duplicates are not asked for
	order  []*orderFile
	docs   []*blockFile
	sets   []*blockFile
	set    []uint32
	other  []uint32
}

// Querier opens the index for queries.
func (x *Index) Querier() (*Querier, error) {
	c, seed, err := x.Config()
	if err != nil {
		return nil, err
	}
	var signer *minhash.Signer
	if c.Near != nil {
		if signer, err = minhash.New(c.Near.options(0)); err != nil {
			return nil, err
		}
	}
	n := len(x.manifest.Shards)
	return &Querier{signer: signer, x: x, config: c, seed: seed, order: make([]*orderFile, n), docs: make([]*blockFile, n), sets: make([]*blockFile, n)}, nil
}

// keys is how many keys a document has.
func (q *Querier) keys() int {
	if q.config.Near == nil {
		return 0
	}
	return q.config.Near.options(0).Keys()
}

// Close closes its files.
func (q *Querier) Close() error {
	for i := range q.order {
		if f := q.order[i]; f != nil {
			f.file.Close()
		}
		for _, b := range []*blockFile{q.docs[i], q.sets[i]} {
			if b != nil {
				b.file.Close()
			}
		}
	}
	clear(q.order)
	clear(q.docs)
	clear(q.sets)
	return nil
}

// rowPlace is a document of the index.
type rowPlace struct{ shard, row uint32 }

func comparePlaces(a, b rowPlace) int {
	return cmp.Or(cmp.Compare(a.shard, b.shard), cmp.Compare(a.row, b.row))
}

// Find tells the documents of the index that have the same hash as d, and those with which it shares a band and at least the given
// part of the shingles, compared on the shingles themselves.
func (q *Querier) Find(d *quern.Doc, least float64) (Answer, error) {
	var a Answer
	hash, keys, err := q.sign(d)
	if err != nil {
		return a, err
	}
	if q.signer != nil {
		q.set = textShingles(q.set, q.config.Near, q.signer, d.Text)
	}
	exact, bands, err := q.candidates(hash, keys, &a)
	if err != nil {
		return a, err
	}
	known := map[rowPlace]bool{}
	if err := q.exact(hash, exact, bands, known, &a); err != nil {
		return a, err
	}
	err = q.near(least, bands, known, &a)
	return a, err
}

// candidates are the documents whose hash begins as hash does, and the number of keys that others share with these.
func (q *Querier) candidates(hash [2]uint64, keys []uint64, a *Answer) (exact []rowPlace, bands map[rowPlace]int, err error) {
	bands = map[rowPlace]int{}
	for shard := range q.order {
		o, err := q.openOrder(shard)
		if err != nil {
			return nil, nil, err
		}
		for section, key := range append([]uint64{hash[0]}, keys...) {
			n := 0
			if section > 0 && key == 0 || section == 0 && (hash == [2]uint64{} || q.config.Exact == nil) {
				continue
			}
			err := o.find(section, key, func(row uint32) bool {
				if n++; n > maxPerKey {
					a.More = true
					return false
				}
				p := rowPlace{uint32(shard), row}
				if section == 0 {
					exact = append(exact, p)
				} else {
					bands[p]++
				}
				return true
			})
			if err != nil {
				return nil, nil, err
			}
		}
	}
	return exact, bands, nil
}

// exact adds the candidates that have the hash, removed or not.
func (q *Querier) exact(hash [2]uint64, candidates []rowPlace, bands map[rowPlace]int, known map[rowPlace]bool, a *Answer) error {
	for _, p := range candidates {
		h, r, err := q.hit(p)
		if err != nil {
			return err
		}
		if r.hash != hash {
			continue
		}
		known[p] = true
		h.Kind, h.Bands, h.Duplicate = "exact", bands[p], true
		if r.state != stateKept {
			h.For = r.kept.String()
		}
		switch {
		case q.config.exact().ofText():
			h.Jaccard, h.Containment = 1, 1
		case q.signer != nil && r.state == stateKept:
			if h.Jaccard, h.Containment, err = q.compare(p); err != nil {
				return err
			}
		}
		a.Hits = append(a.Hits, h)
	}
	return nil
}

// sign is the hash and the keys of d under the options of the index.
func (q *Querier) sign(d *quern.Doc) (hash [2]uint64, keys []uint64, err error) {
	dir := &quern.Memory{}
	s, err := q.config.Signer(q.seed, dir, "query")
	if err != nil {
		return hash, nil, err
	}
	if err := s.Put(d); err != nil {
		s.Abort()
		return hash, nil, err
	}
	shard, err := s.Commit()
	if err != nil {
		return hash, nil, err
	}
	sig, err := openSig(dir, shard.Name)
	if err != nil {
		return hash, nil, err
	}
	b, err := wholeColumn(sig, colHash)
	if err != nil {
		return hash, nil, err
	}
	hash = [2]uint64{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])}
	for i := range sig.bands {
		b, err := wholeColumn(sig, fixedColumns+i)
		if err != nil {
			return hash, nil, err
		}
		keys = append(keys, binary.LittleEndian.Uint64(b))
	}
	return hash, keys, nil
}

// near compares the document with the candidates that share most bands. One that was removed leads to the one that stays, as in Cluster.
func (q *Querier) near(least float64, bands map[rowPlace]int, known map[rowPlace]bool, a *Answer) error {
	if q.config.Near == nil || len(bands) == 0 {
		return nil
	}
	places := slices.SortedFunc(maps.Keys(bands), func(a, b rowPlace) int {
		return cmp.Or(cmp.Compare(bands[b], bands[a]), comparePlaces(a, b))
	})
	if len(places) > maxCompared {
		places, a.More = places[:maxCompared], true
	}
	n := len(a.Hits)
	for _, p := range places {
		shared := bands[p]
		p, err := q.stays(p)
		if err != nil {
			return err
		}
		if known[p] {
			continue
		}
		known[p] = true
		h, _, err := q.hit(p)
		if err != nil {
			return err
		}
		if h.Jaccard, h.Containment, err = q.compare(p); err != nil {
			return err
		}
		h.Kind, h.Bands, h.Duplicate = "near", shared, q.config.Near.duplicate(h.Jaccard, h.Containment)
		if h.Jaccard >= least || h.Duplicate {
			a.Hits = append(a.Hits, h)
		}
	}
	slices.SortStableFunc(a.Hits[n:], func(a, b Hit) int { return cmp.Compare(b.Jaccard, a.Jaccard) })
	return nil
}

// duplicate tells whether documents of these similarities count as near duplicates.
func (n Near) duplicate(jaccard, containment float64) bool {
	if n.Measure == MeasureContainment || n.Measure == MeasureHamming {
		return containment >= n.Verify
	}
	return jaccard >= n.Verify
}

// stays is where the document stands that stays in the place of p, or p.
func (q *Querier) stays(p rowPlace) (rowPlace, error) {
	r, err := q.doc(p)
	if err != nil || r.state == stateKept {
		return p, err
	}
	kept := r.kept
	name := q.x.manifest.Shards[p.shard].Blobs[blobFates].Name
	f, err := q.x.dir.Open(name)
	if err != nil {
		return p, err
	}
	defer f.Close()
	at := int64(fatesStart) + fateBytes*int64(p.row)
	var b [fateBytes]byte
	if err := readFull(f, b[:], at); err != nil {
		return p, fmt.Errorf("%s: offset %d: %w", name, at, err)
	}
	to := rowPlace{shard: binary.LittleEndian.Uint32(b[4:]), row: binary.LittleEndian.Uint32(b[:])}
	if int(to.shard) < len(q.docs) {
		if r, err = q.doc(to); err != nil {
			return p, err
		}
	}
	if int(to.shard) >= len(q.docs) || r.id != kept { // the entry was read without its checksum
		return p, fmt.Errorf("%s: offset %d: row %d of shard %d is not document %s: the fates are damaged", name, at, to.row, to.shard, kept)
	}
	return to, nil
}

func (q *Querier) openOrder(shard int) (*orderFile, error) {
	if q.order[shard] == nil {
		s := q.x.manifest.Shards[shard]
		o, err := openOrder(q.x.dir, s.Blobs[blobOrder].Name, 1+q.keys(), s.Docs)
		if err != nil {
			return nil, err
		}
		q.order[shard] = o
	}
	return q.order[shard], nil
}

func (q *Querier) open(files []*blockFile, p rowPlace, blob int, kind uint32) (_ *blockFile, err error) {
	if files[p.shard] == nil {
		files[p.shard], err = openBlocks(q.x.dir, q.x.manifest.Shards[p.shard].Blobs[blob].Name, kind)
	}
	return files[p.shard], err
}

// doc reads the record of a document.
func (q *Querier) doc(p rowPlace) (r docRecord, err error) {
	f, err := q.open(q.docs, p, blobDocs, kindDocs)
	if err != nil {
		return r, err
	}
	b, err := f.record(p.row)
	if err == nil {
		err = r.parse(b, len(q.x.state.Increments[q.x.increment(int(p.shard))].Datasets))
	}
	if err != nil {
		return r, fmt.Errorf("%s: row %d: %w", f.name, p.row, err)
	}
	return r, nil
}

func (q *Querier) hit(p rowPlace) (Hit, docRecord, error) {
	r, err := q.doc(p)
	if err != nil {
		return Hit{}, r, err
	}
	inc := q.x.state.Increments[q.x.increment(int(p.shard))]
	return Hit{ID: r.id.String(), Origin: string(r.origin), Run: inc.Name, Dataset: inc.Datasets[r.dataset]}, r, nil
}

// compare is the similarity of q.set and the shingles of a document that stays.
func (q *Querier) compare(p rowPlace) (jaccard, containment float64, err error) {
	f, err := q.open(q.sets, p, blobShingles, kindShingles)
	if err != nil {
		return 0, 0, err
	}
	b, err := f.record(p.row)
	if err == nil {
		q.other, err = decodeShingles(q.other, b)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("%s: row %d: %w", f.name, p.row, err)
	}
	both := 0
	for i, j := 0, 0; i < len(q.set) && j < len(q.other); {
		switch a, b := q.set[i], q.other[j]; {
		case a == b:
			both++
			i++
			j++
		case a < b:
			i++
		default:
			j++
		}
	}
	if len(q.set) == 0 || len(q.other) == 0 {
		return 0, 0, nil
	}
	return float64(both) / float64(len(q.set)+len(q.other)-both), float64(both) / float64(len(q.set)), nil
}
