package dedup

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
)

// Index is a folder that remembers what a corpus has seen, so that a new dump can be compared with it although its texts are gone.
// It grows by increments, one a run:
//
//	manifest.json            a quern.Manifest: the options of signing, the increments, all blobs with their digests; written last
//	taken-down.jsonl         documents that were taken down
//	00000/00000.sig          signatures of up to 1,048,576 documents of increment 0, as a signer writes them
//	00000/00000.fates        which of them were removed, and for which document
//	00000/00000.order        their keys, sorted, for looking one up
//	00000/00000.docs         ID, hash, fate and origin of each, for people and take-downs
//	00000/00000.shingles     the shingles of those that stay, distinct and sorted
//
// The documents of an increment stand in the order of their datasets' names, shards and rows, however these are cut. A blob is never
// changed: taking down writes new ones beside the old and then a manifest that names them.
type Index struct {
	dir      quern.Local
	manifest quern.Manifest
	state    indexState
}

const (
	indexStep    = "index"
	indexVersion = "1"
	indexDocs    = 1 << 20 // of a shard

)

// blobs of a shard, in the order of Shard.Blobs.
const (
	blobSig = iota
	blobFates
	blobOrder
	blobDocs
	blobShingles
	shardBlobs
)

var blobSuffixes = [shardBlobs]string{".sig", ".fates", ".order", ".docs", ".shingles"}

// indexOptions are what every increment must agree on. They are compared by name.
type indexOptions struct {
	Version string `json:"version"`
	Exact   *Exact `json:"exact"`
	Near    *Near  `json:"near"`
	Seed    uint64 `json:"seed"`
}

func optionsOf(c Config, seed uint64) indexOptions {
	return indexOptions{Version: Version, Exact: c.Exact, Near: c.Near, Seed: seed}
}

// indexState stands in the manifest's Facts.
type indexState struct {
	Increments []Increment     `json:"increments"`
	Taken      *quern.BlobInfo `json:"taken_down,omitempty"`
}

// Increment is what one run added to an index.
type Increment struct {
	Name     string       `json:"name"`   // of the run
	Input    quern.Digest `json:"input"`  // of what was appended
	Before   quern.Digest `json:"before"` // of the increments that it was compared with
	Datasets []string     `json:"datasets"`
	Domains  []string     `json:"domains"`
	Docs     int64        `json:"docs"`
	Kept     int64        `json:"kept"`
	From     int          `json:"from"` // the first of its shards in the manifest
	To       int          `json:"to"`   // one past the last
}

// OpenIndex opens the index in a folder; the error is fs.ErrNotExist if there is none. What it returns does not change when others
// append to the folder.
func OpenIndex(dir string) (*Index, error) {
	x := &Index{dir: quern.Local(dir)}
	var err error
	if x.manifest, err = quern.LoadManifest(x.dir); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: no index: %w", dir, err)
		}
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if err := x.parse(); err != nil {
		return nil, fmt.Errorf("%s: %s: %w", dir, quern.ManifestName, err)
	}
	if err := x.manifest.Verify(x.dir, false); err != nil {
		return nil, fmt.Errorf("%s: %w: the index is damaged", dir, err)
	}
	return x, nil
}

func (x *Index) parse() error {
	if x.manifest.Step != indexStep {
		return fmt.Errorf("a dataset of step %q and no index", x.manifest.Step)
	}
	if x.manifest.Version != indexVersion {
		return fmt.Errorf("an index of version %s, this program writes version %s", x.manifest.Version, indexVersion)
	}
	if err := json.Unmarshal(x.manifest.Facts, &x.state); err != nil {
		return err
	}
	at := 0
	for i, inc := range x.state.Increments {
		if inc.From != at || inc.To < at || inc.To > len(x.manifest.Shards) || len(inc.Datasets) != len(inc.Domains) {
			return fmt.Errorf("increment %d has shards %d to %d of %d", i, inc.From, inc.To, len(x.manifest.Shards))
		}
		at = inc.To
	}
	if at != len(x.manifest.Shards) {
		return fmt.Errorf("%d shards, its increments have %d", len(x.manifest.Shards), at)
	}
	for _, s := range x.manifest.Shards {
		if len(s.Blobs) != shardBlobs || s.Docs < 0 || s.Docs > maxRows {
			return fmt.Errorf("shard %s has %d blobs and %d documents, want %d and at most %d", s.Name, len(s.Blobs), s.Docs, shardBlobs, maxRows)
		}
	}
	return nil
}

// Digest names what the index holds: a step that compares documents with it depends on this.
func (x *Index) Digest() quern.Digest { return x.digestOf(x.manifest.Shards) }

// Increments tells what was appended, in order.
func (x *Index) Increments() []Increment { return x.state.Increments }

// Check refuses an index that was signed under other options, and names the first that differs.
func (x *Index) Check(c Config, seed uint64) error {
	b, err := json.Marshal(optionsOf(c, seed))
	if err != nil {
		return err
	}
	have, want := map[string]string{}, map[string]string{}
	if err := flatten(have, "", x.manifest.Options); err != nil {
		return fmt.Errorf("%s: options: %w", x.dir, err)
	}
	if err := flatten(want, "", b); err != nil {
		return err
	}
	all := maps.Clone(have)
	maps.Copy(all, want)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if have[name] != want[name] {
			return fmt.Errorf("%s: signed under another option: %s is %s in the index, %s in the spec", x.dir, name, orNone(have[name]), orNone(want[name]))
		}
	}
	return nil
}

func orNone(s string) string {
	if s == "" {
		return "not set"
	}
	return s
}

// flatten lists the values of a JSON object by the names that lead to them, in lower case. What has its zero value is left out, so
// that an option which is new since an index was made, and not used, does not make it foreign.
func flatten(dst map[string]string, prefix string, b []byte) error {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	for k, v := range m {
		name := prefix + strings.ToLower(k)
		switch s := string(v); {
		case v[0] == '{':
			if err := flatten(dst, name+".", v); err != nil {
				return err
			}
		case s == "null" || s == "false" || s == "0" || s == `""`:
		default:
			dst[name] = s
		}
	}
	return nil
}

// Config is the configuration under which the index was signed, and the seed.
func (x *Index) Config() (Config, uint64, error) {
	var o indexOptions
	if err := json.Unmarshal(x.manifest.Options, &o); err != nil {
		return Config{}, 0, fmt.Errorf("%s: options: %w", x.dir, err)
	}
	if o.Version != Version {
		return Config{}, 0, fmt.Errorf("%s: signed by version %s of dedup, this is %s", x.dir, o.Version, Version)
	}
	c := Config{Exact: o.Exact, Near: o.Near}
	if o.Near != nil && o.Near.Measure == MeasureContainment {
		c.Stays = StaysLongest // without which the measure makes no sense; for queries it makes no difference
	}
	if err := c.Validate(); err != nil {
		return Config{}, 0, fmt.Errorf("%s: options: %w", x.dir, err)
	}
	return c, o.Seed, nil
}

// IndexFor is what a run of that name must be compared with: the index in a folder as it was before the run appended to it, or as it
// is if the run never did; an empty one if there is none. (All documents of a run that is repeated are in the index: compared with
// it as it is, they would all be copies of themselves.) An index that was signed under other options is refused.
func IndexFor(dir, run string, c Config, seed uint64) (*Index, error) {
	x, err := OpenIndex(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return emptyIndex(dir, c, seed)
	}
	if err != nil {
		return nil, err
	}
	if err := x.Check(c, seed); err != nil {
		return nil, err
	}
	i := x.find(run)
	if i < 0 {
		return x, nil
	}
	x.manifest.Shards = x.manifest.Shards[:x.state.Increments[i].From]
	x.state.Increments = x.state.Increments[:i]
	return x, nil
}

func emptyIndex(dir string, c Config, seed uint64) (*Index, error) {
	options, err := json.Marshal(optionsOf(c, seed))
	if err != nil {
		return nil, err
	}
	return &Index{dir: quern.Local(dir), manifest: quern.Manifest{Step: indexStep, Version: indexVersion, Options: options}}, nil
}

// find is the increment of a run, -1 if there is none.
func (x *Index) find(run string) int {
	return slices.IndexFunc(x.state.Increments, func(inc Increment) bool { return inc.Name == run })
}

func (x *Index) digestOf(shards []quern.Shard) quern.Digest {
	var b strings.Builder
	b.Write(x.manifest.Options)
	for _, s := range shards {
		for _, blob := range s.Blobs {
			b.WriteString(string(blob.Digest))
		}
	}
	if x.state.Taken != nil {
		b.WriteString(string(x.state.Taken.Digest))
	}
	return quern.DigestOf([]byte(b.String()))
}

// Priors are the increments as datasets for Cluster.
func (x *Index) Priors() []Dataset {
	var sets []Dataset
	for i, inc := range x.state.Increments {
		sets = append(sets, Dataset{Name: priorName(i), Dir: x.dir, Shards: x.manifest.Shards[inc.From:inc.To], Prior: &prior{x, inc}, Increment: i})
	}
	return sets
}

// priorName is the dataset of an increment. No entry of a spec has a name with a slash.
func priorName(i int) string { return fmt.Sprintf("index/%05d", i) }

// increment is the increment of a shard.
func (x *Index) increment(shard int) int {
	i, _ := slices.BinarySearchFunc(x.state.Increments, shard, func(inc Increment, s int) int {
		if inc.To <= s {
			return -1
		}
		return 1
	})
	return i
}
