package dedup

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
)

func TestSignerIsASink(t *testing.T) {
	for _, c := range []Config{both(), {Exact: &Exact{}}, {Near: &Near{Shingle: 3, Bands: 2, Rows: 3, Verify: .5}}} {
		err := quern.CheckSink(func(dir quern.Dir) (quern.Sink, error) { return c.Signer(1, dir, "00000") }, plantedDocs("web", 1, 5)...)
		if err != nil {
			t.Error(err)
		}
		if err := quern.CheckSink(func(dir quern.Dir) (quern.Sink, error) { return c.Signer(1, dir, "00000") }); err != nil {
			t.Errorf("no documents: %v", err)
		}
	}
	s, err := both().Signer(1, &quern.Memory{}, "a")
	if err != nil {
		t.Fatal(err)
	}
	s.Abort()
	if err := s.Put(&quern.Doc{}); err == nil {
		t.Error("Put after Abort")
	}
	if _, err := s.Commit(); err == nil {
		t.Error("Commit after Abort")
	}
}

// TestSignatureBytes fails if what is written changes: raise Version then.
func TestSignatureBytes(t *testing.T) {
	set := dataset(t, both(), 7, "web", "web", plantedDocs("web", 1, 5), 1)
	const want = "sha256:1b8998ed6d65e9d589507506bd46e1465121bd1bbe3cefa58f3bb1140c919973"
	if got := set.Shards[0].Blobs[0].Digest; got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
	if got, want := set.Shards[0].Blobs[0].Size, int64(fixedHeader+8*(4+14)+8)+set.Shards[0].Docs*(44+8*14); got != want {
		t.Errorf("%d bytes, want %d", got, want)
	}
}

func TestConfigIsRefusedInWords(t *testing.T) {
	f := func(change func(*Config), word string) {
		t.Helper()
		c := both()
		change(&c)
		if _, err := c.Signer(1, &quern.Memory{}, "x"); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("got %v, want an error about %s", err, word)
		}
	}
	f(func(c *Config) { c.Exact, c.Near = nil, nil }, "neither")
	f(func(c *Config) { c.Near.Shingle = 0 }, "shingle")
	f(func(c *Config) { c.Near.Bands = maxBands + 1 }, "bands")
	f(func(c *Config) { c.Near.Rows = 1 << 40 }, "rows")
	f(func(c *Config) { c.Near.Verify = -.1 }, "verify")
	f(func(c *Config) { c.Near.Verify = math.NaN() }, "verify")
	f(func(c *Config) { c.Prefer = []string{"a", "b", "a"} }, "twice")
	f(func(c *Config) { c.Prefer = []string{""} }, "empty")
	f(func(c *Config) { c.Near.Clusters = "ring" }, "star or chain")
	f(func(c *Config) { c.Near.Measure = "cosine" }, "jaccard, containment")
	f(func(c *Config) { c.Near.Measure = MeasureContainment }, "longest")
	f(func(c *Config) { c.Stays = "last" }, "earliest")
	f(func(c *Config) { c.Guard = &Guard{Loss: 101, Action: GuardStop} }, "per cent")
	f(func(c *Config) { c.Guard = &Guard{Loss: -1, Action: GuardStop} }, "per cent")
	f(func(c *Config) { c.Guard = &Guard{Loss: 50} }, "stop or warn")
}

// TestDamage flips bytes all over a signature blob: no byte that is used is without a checksum.
func TestDamage(t *testing.T) {
	c := both()
	c.Stays = StaysEarliest // the times are read too
	docs := plantedDocs("web", 1, 2)
	set := dataset(t, c, 1, "web", "web", docs, 1)
	whole, err := quern.ReadBlob(set.Dir, set.Shards[0].Name)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(b []byte) []byte{
		func(b []byte) []byte { return b[:len(b)-1] },
		func(b []byte) []byte { return append(b, 0) },
		func(b []byte) []byte { return b[:20] },
		func(b []byte) []byte { return nil },
	} {
		try(t, c, set, change(append([]byte(nil), whole...)))
	}
	for i := 0; i < len(whole); i += 7 {
		b := append([]byte(nil), whole...)
		b[i] ^= 0x10
		try(t, c, set, b)
	}
}

func try(t *testing.T, c Config, set Dataset, b []byte) {
	t.Helper()
	dir := &quern.Memory{}
	if err := quern.WriteBlob(dir, set.Shards[0].Name, b); err != nil {
		t.Fatal(err)
	}
	set.Dir = dir
	_, err := Cluster(t.Context(), c, 1, []Dataset{set}, &quern.Memory{}, t.TempDir(), 0, 1)
	if err == nil || !strings.Contains(err.Error(), set.Shards[0].Name) {
		t.Errorf("a damaged blob is read: %v", err)
	}
}

func FuzzSignature(f *testing.F) {
	set := dataset(f, both(), 1, "web", "web", plantedDocs("web", 1, 2), 1)
	b, err := quern.ReadBlob(set.Dir, set.Shards[0].Name)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:fixedHeader])
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := &quern.Memory{}
		if err := quern.WriteBlob(dir, "x", b); err != nil {
			t.Fatal(err)
		}
		s, err := openSig(dir, "x")
		if err != nil {
			return
		}
		defer s.file.Close()
		buf := make([]byte, columnBuffer)
		for col := range fixedColumns + s.bands {
			n := int64(0)
			_ = s.column(col, buf, func(_ int64, b []byte) { n += int64(len(b)) })
			if n > int64(len(b)) {
				t.Fatalf("column %d has %d bytes of a blob of %d", col, n, len(b))
			}
		}
	})
}

func ExampleConfig_Signer() {
	exact, near := DefaultExact(), DefaultNear()
	c := Config{Exact: &exact, Near: &near}
	sink, err := c.Signer(1, &quern.Memory{}, "00000")
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := sink.Put(&quern.Doc{ID: quern.NewID("notes", "1"), Text: []byte("All happy families are alike.")}); err != nil {
		fmt.Println(err)
		return
	}
	shard, err := sink.Commit()
	fmt.Println(shard.Name, shard.Docs, shard.Bytes, err)
	// Output: 00000.sig 1 29 <nil>
}

// shared finds data that is not part of the repository.
func shared(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "shared", "data", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no %s beside the repository", name)
	}
	return path
}
