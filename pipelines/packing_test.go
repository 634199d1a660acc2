package pipelines

import (
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
)

// TestPacking packs the rows of a corpus in each way: what the manifest says is what the rows show, on any number of workers; only the
// shard step runs again when the way changes.
func TestPacking(t *testing.T) {
	m := newMill(t, millSpec)
	before := "arrow: {rows: 64}"
	for _, how := range []string{shard.PackConcat, shard.PackBestFit, shard.PackBFD} {
		after := "arrow: {rows: 64, pack: " + how + "}"
		m.replace(before, after)
		before = after
		var digest quern.Digest
		for _, workers := range []int{1, 2, 7} {
			env := Env{Until: "shard", Workers: workers}
			if workers > 1 {
				env.Dir = t.TempDir()
			}
			rec := m.grind(env).rec
			dir := quern.Local(m.run())
			if env.Dir != "" {
				dir = quern.Local(env.Dir)
			}
			sum, err := Summarize(dir, rec)
			if err != nil {
				t.Fatal(err)
			}
			manifest, r := corpusOf(t, string(dir), rec)
			defer r.Close()
			if digest != "" && manifest.Digest != digest {
				t.Errorf("%s: another corpus on %d workers", how, workers)
			}
			digest = manifest.Digest
			checkPacking(t, how, dir, rec, sum, manifest)
		}
	}
}

func checkPacking(t *testing.T, how string, dir quern.Local, rec *Record, sum *Summary, m quern.Manifest) {
	t.Helper()
	if len(sum.Packing) != 2 {
		t.Fatalf("%s: packing of %d splits is told, want train and validation", how, len(sum.Packing))
	}
	folder := ""
	for _, s := range rec.Steps {
		if s.Step == "shard" {
			folder = s.Folder
		}
	}
	train, validation := split(m)
	for i, shards := range [][]quern.Shard{train, validation} {
		var rows, padding, tokens int64
		for _, s := range shards {
			r, err := shard.OpenRows(quern.Sub(dir, folder), strings.TrimSuffix(s.Name, ".bin")+".arrow")
			if err != nil {
				t.Fatal(err)
			}
			var row shard.PackedRow
			for k := range r.Rows() {
				if err := r.Row(k, &row); err != nil {
					t.Fatal(err)
				}
				rows, padding = rows+1, padding+int64(64-row.N)
			}
			tokens += s.Tokens
			r.Close()
		}
		p := sum.Packing[i]
		if p.Pack != how || p.Length != 64 || p.Rows != rows || p.Padding != padding || p.Tokens != tokens || tokens-p.Lost != 64*rows-padding {
			t.Errorf("%s: %+v, the rows show %d rows, %d padding, %d tokens", how, p, rows, padding, tokens)
		}
		if how != shard.PackBestFit && p.Lost > 0 || p.Used <= 0.5 || p.Used > 1 {
			t.Errorf("%s: %+v", how, p)
		}
	}
}
