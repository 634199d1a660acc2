package dedup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/gofrs/flock"

	"github.com/seed-83c59573/quern"
)

// Addition is what a run found out about its documents, for an index to remember.
type Addition struct {
	Run      string       // names the increment: the same run appends once
	Input    quern.Digest // of everything that the signatures and removals depend on
	Sets     []Dataset    // what Cluster was given, without the priors
	Removals quern.Dir    // what Cluster wrote
}

// ErrIndexLocked means that another process writes to the index.
var ErrIndexLocked = errors.New("another process writes to this index")

// lockIndex makes the folder and refuses a second writer. The system drops the lock when its process dies.
func lockIndex(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	l := flock.New(filepath.Join(dir, "lock"), flock.SetFlag(os.O_CREATE|os.O_RDWR))
	got, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if !got {
		return nil, fmt.Errorf("%s: %w", dir, ErrIndexLocked)
	}
	return func() { l.Unlock() }, nil
}

// AppendIndex adds an increment to the index in a folder, which it makes if there is none. It reads the texts once. It
// holds 12 bytes a document, 60 more for each that was removed, and 64 MiB a worker. The same addition again changes nothing; another one under the name of the last run takes its place; under the name of
// an earlier run it is refused, because later increments were compared with what stands there.
func AppendIndex(ctx context.Context, dir string, c Config, seed uint64, a Addition, workers int) (*Index, error) {
	return growIndex(ctx, dir, c, seed, a, workers, indexDocs)
}

// growIndex makes shards of up to size documents.
func growIndex(ctx context.Context, dir string, c Config, seed uint64, a Addition, workers int, size uint32) (*Index, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if a.Run == "" {
		return nil, errors.New("dedup: an increment of an index needs the name of its run")
	}
	for i, s := range a.Sets {
		if s.Name == "" || slices.ContainsFunc(a.Sets[:i], func(o Dataset) bool { return o.Name == s.Name }) {
			return nil, fmt.Errorf("dedup: datasets need names that differ, one is called %q", s.Name)
		}
	}
	unlock, err := lockIndex(dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	before, err := IndexFor(dir, a.Run, c, seed)
	if err != nil {
		return nil, err
	}
	now, err := OpenIndex(dir)
	if errors.Is(err, fs.ErrNotExist) {
		now, err = before, nil
	}
	if err != nil {
		return nil, err
	}
	if i := now.find(a.Run); i >= 0 {
		inc := now.state.Increments[i]
		if inc.Input == a.Input && inc.Before == before.Digest() {
			return now, nil
		}
		if i != len(now.state.Increments)-1 {
			return nil, fmt.Errorf("%s: run %s has appended other documents before, and run %s after it builds on them: give this run another name",
				dir, a.Run, now.state.Increments[i+1].Name)
		}
	}
	if err := now.sweep(); err != nil {
		return nil, err
	}
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	ap := &appender{x: before, used: now.names(), workers: workers, size: size, near: c.Near, inc: Increment{Name: a.Run, Input: a.Input, Before: before.Digest()}}
	if err := ap.run(ctx, c, seed, a); err != nil {
		return nil, err
	}
	if err := before.save(); err != nil {
		return nil, err
	}
	return OpenIndex(dir)
}

// Appended tells whether an index has what a run found out about that input.
func Appended(dir, run string, input quern.Digest) (bool, error) {
	x, err := OpenIndex(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	i := x.find(run)
	return i >= 0 && x.state.Increments[i].Input == input, nil
}

// names are the blobs of the index.
func (x *Index) names() map[string]bool {
	used := map[string]bool{}
	for _, s := range x.manifest.Shards {
		for _, b := range s.Blobs {
			used[b.Name] = true
		}
	}
	if x.state.Taken != nil {
		used[x.state.Taken.Name] = true
	}
	return used
}

// sweep removes what writers that were interrupted left, and what later manifests no longer name. Call it under the lock.
func (x *Index) sweep() error {
	if err := x.dir.Sweep(""); err != nil {
		return err
	}
	names, err := x.dir.List("")
	if err != nil {
		return err
	}
	used := x.names()
	for _, name := range names {
		if !used[name] && (slices.Contains(blobSuffixes[:], filepath.Ext(name)) || strings.HasPrefix(name, "taken-down")) {
			if err := os.Remove(x.dir.Path(name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// save commits the manifest. What stands beside it under other names is swept by the next writer.
func (x *Index) save() (err error) {
	if x.manifest.Facts, err = json.Marshal(x.state); err != nil {
		return err
	}
	x.manifest.Ledger = quern.Ledger{}
	for _, inc := range x.state.Increments {
		x.manifest.Ledger.In += inc.Docs
		x.manifest.Ledger.Add(quern.Tally{Source: inc.Name, Fate: quern.Kept, Docs: inc.Kept})
		if gone := inc.Docs - inc.Kept; gone > 0 {
			x.manifest.Ledger.Add(quern.Tally{Source: inc.Name, Fate: quern.Dropped, Docs: gone})
		}
	}
	return x.manifest.Save(x.dir)
}

// fresh is a name for a blob that no manifest uses yet.
func fresh(used map[string]bool, stem, suffix string) string {
	name := stem + suffix
	for i := 1; used[name]; i++ {
		name = fmt.Sprintf("%s-%d%s", stem, i, suffix)
	}
	return name
}

// appender makes one increment. Documents are numbered from 0 in the order of their datasets' names, shards and rows.
type appender struct {
	x       *Index // as it was before; it grows by the increment
	k       *corpus
	inc     Increment
	near    *Near
	used    map[string]bool
	workers int
	size    uint32 // documents of a shard

	gone  []removed      // by number
	fates []fateEntry    // by number
	units []quern.Unit   // of each file of k
	texts []quern.Source // of each file of k
}

// removed is a document that was removed, and the ID of the one that stays.
type removed struct {
	doc  uint32
	kept quern.ID
}

func (a *appender) run(ctx context.Context, c Config, seed uint64, in Addition) (err error) {
	sets := slices.Clone(in.Sets)
	slices.SortFunc(sets, func(a, b Dataset) int { return strings.Compare(a.Name, b.Name) })
	for _, s := range sets {
		if s.Prior != nil {
			return fmt.Errorf("dedup: %s is in an index already", s.Name)
		}
		a.inc.Datasets, a.inc.Domains = append(a.inc.Datasets, s.Name), append(a.inc.Domains, s.Domain)
	}
	if a.k, err = openCorpus(c, seed, sets); err != nil {
		return err
	}
	defer a.k.close()
	for _, s := range sets {
		units, err := s.Texts.Units(ctx)
		if err != nil {
			return err
		}
		if len(units) != len(s.Shards) {
			return fmt.Errorf("%s: %d shards of text, %d of signatures", s.Name, len(units), len(s.Shards))
		}
		for _, u := range units {
			a.units, a.texts = append(a.units, u), append(a.texts, s.Texts)
		}
	}
	n := a.k.docs()
	a.fates = make([]fateEntry, n)
	a.inc.From = len(a.x.manifest.Shards)
	a.inc.To = a.inc.From + (n+int(a.size)-1)/int(a.size)
	a.inc.Docs, a.inc.Kept = int64(n), int64(n)
	if err := a.readRemovals(sets, in.Removals); err != nil {
		return err
	}
	if err := a.locate(ctx); err != nil {
		return err
	}
	shards := make([]quern.Shard, a.inc.To-a.inc.From)
	err = quern.Each(ctx, a.workers, len(shards), func(ctx context.Context, _, i int) error {
		var err error
		shards[i], err = a.shard(ctx, i)
		return err
	})
	if err != nil {
		return err
	}
	a.x.manifest.Shards = append(slices.Clone(a.x.manifest.Shards), shards...)
	a.x.state.Increments = append(slices.Clone(a.x.state.Increments), a.inc)
	return nil
}
