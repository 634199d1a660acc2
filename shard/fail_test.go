package shard_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
)

var errBroken = errors.New("no space left on device")

// breaking is a Dir that fails once: at the create, the byte or the commit after which the counts below run out.
type breaking struct {
	quern.Memory
	creates, bytes, commits int

	broken bool
	open   map[string]bool // blobs that nobody has ended yet
	twice  []string        // blobs that were ended twice
}

// never is a count that does not run out.
const never = math.MaxInt

func (b *breaking) spend(count *int, n int) (spent int, err error) {
	if n <= *count {
		*count -= n
		return n, nil
	}
	spent, *count, b.broken = *count, never, true
	return spent, fmt.Errorf("disk: %w", errBroken)
}

func (b *breaking) Create(name string) (quern.Blob, error) {
	if _, err := b.spend(&b.creates, 1); err != nil {
		return nil, err
	}
	w, err := b.Memory.Create(name)
	if b.open == nil {
		b.open = map[string]bool{}
	}
	b.open[name] = true
	return &breakingBlob{w, b, name}, err
}

type breakingBlob struct {
	quern.Blob
	dir  *breaking
	name string
}

func (w *breakingBlob) Write(p []byte) (int, error) {
	n, err := w.dir.spend(&w.dir.bytes, len(p))
	if m, werr := w.Blob.Write(p[:n]); werr != nil {
		return m, werr
	}
	return n, err
}

func (w *breakingBlob) end() {
	if !w.dir.open[w.name] {
		w.dir.twice = append(w.dir.twice, w.name)
	}
	delete(w.dir.open, w.name)
}

func (w *breakingBlob) Commit() error {
	w.end()
	if _, err := w.dir.spend(&w.dir.commits, 1); err != nil {
		return err
	}
	return w.Blob.Commit()
}

func (w *breakingBlob) Abort() {
	w.end()
	w.Blob.Abort()
}

// fill does what a Pass does: an error of Put aborts, Commit ends by itself.
func fill(build func(quern.Dir) (quern.Sink, error), dir quern.Dir, in []quern.Doc) (quern.Shard, error) {
	s, err := build(dir)
	if err != nil {
		return quern.Shard{}, err
	}
	for i := range in {
		if err := s.Put(&in[i]); err != nil {
			s.Abort()
			return quern.Shard{}, err
		}
	}
	return s.Commit()
}

// sinks are all kinds of shards; the first file of each is the one by which the shard is found.
func sinks() map[string]func(quern.Dir) (quern.Sink, error) {
	forms := shard.Corpus{Parquet: &shard.ParquetOptions{}, Arrow: &shard.ArrowOptions{Rows: 32, Pack: shard.PackConcat}}
	packed := shard.Corpus{Arrow: &shard.ArrowOptions{Rows: 32, Pack: shard.PackBFD}}
	return map[string]func(quern.Dir) (quern.Sink, error){
		"packed-0.bin":      func(d quern.Dir) (quern.Sink, error) { return packed.Sink(d, "packed-0", 4, shard.Lineage{}) },
		"0.parquet":         func(d quern.Dir) (quern.Sink, error) { return shard.Text(d, "0") },
		"dropped/0.parquet": func(d quern.Dir) (quern.Sink, error) { return shard.Drops(d, "dropped/0") },
		"0.bin":             func(d quern.Dir) (quern.Sink, error) { return shard.Tokens(d, "0", 4) },
		"train-0.bin":       func(d quern.Dir) (quern.Sink, error) { return forms.Sink(d, "train-0", 2, shard.Lineage{Pad: 1000}) },
	}
}

// TestAFullDiskLeavesNothing breaks the disk at every create, at bytes all along the files and at every commit. Each time the cause
// is told, every blob is ended once, and nothing stands under the name by which the shard is found. Before the first commit,
// nothing stands at all.
func TestAFullDiskLeavesNothing(t *testing.T) {
	in := docs(400)
	for _, name := range slices.Sorted(maps.Keys(sinks())) {
		build := sinks()[name]
		var whole quern.Memory
		s, err := fill(build, &whole, in)
		if err != nil {
			t.Fatal(err)
		}
		var size int
		for _, b := range s.Blobs {
			size += int(b.Size)
		}
		check := func(dir *breaking, what string, at int) {
			t.Helper()
			_, err := fill(build, dir, in)
			if !dir.broken || !errors.Is(err, errBroken) {
				t.Fatalf("%s, %s %d: error %v, want %v", name, what, at, err, errBroken)
			}
			if len(dir.open) > 0 || len(dir.twice) > 0 {
				t.Fatalf("%s, %s %d: not ended: %v, ended twice: %q", name, what, at, dir.open, dir.twice)
			}
			names, _ := dir.List("")
			if slices.Contains(names, name) || what != "commit" && len(names) > 0 {
				t.Fatalf("%s, %s %d: left %q", name, what, at, names)
			}
		}
		for i := range s.Blobs {
			check(&breaking{creates: i, bytes: never, commits: never}, "create", i)
			check(&breaking{creates: never, bytes: never, commits: i}, "commit", i)
		}
		for at := 0; at < size; at += 1 + size/61 {
			check(&breaking{creates: never, bytes: at, commits: never}, "byte", at)
		}
		check(&breaking{creates: never, bytes: size - 1, commits: never}, "byte", size-1)
		if _, err := fill(build, &breaking{creates: len(s.Blobs), bytes: size, commits: len(s.Blobs)}, in); err != nil {
			t.Fatalf("%s: %v on a disk that holds just enough", name, err)
		}
	}
}

// TestLargeShardsFailEarly fills more than a row group, so that the disk breaks while documents are still coming.
func TestLargeShardsFailEarly(t *testing.T) {
	long := quern.Doc{ID: quern.NewID("long")}
	rng := rand.New(rand.NewPCG(1, 2)) // what packs to nothing breaks no disk
	for i := range 1 << 19 {
		long.Text = append(long.Text, 'a'+byte(rng.IntN(26)), 'a'+byte(rng.IntN(26)))
		long.Tokens = append(long.Tokens, uint32(i*i)%1000)
	}
	in := slices.Repeat([]quern.Doc{long}, 10)
	for name, build := range sinks() {
		puts := 0
		s, err := build(&breaking{creates: never, bytes: 20_000, commits: never})
		if err != nil {
			t.Fatal(err)
		}
		for err == nil && puts < len(in) {
			err = s.Put(&in[puts])
			puts++
		}
		s.Abort()
		if !errors.Is(err, errBroken) {
			t.Errorf("%s: took %d large documents on a full disk: %v", name, puts, err)
		}
	}
}

func TestCorpusRefusesADocumentWithoutTokens(t *testing.T) {
	var dir quern.Memory
	d := quern.Doc{ID: quern.NewID("empty")}
	if _, err := fill(sinks()["train-0.bin"], &dir, []quern.Doc{d}); err == nil || !strings.Contains(err.Error(), d.ID.String()) {
		t.Fatalf("got %v, want an error that names %s", err, d.ID)
	}
}
