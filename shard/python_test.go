package shard_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
)

// asPython has what the reader for Python finds, as JSON.
const asPython = `
import json, sys
sys.path.insert(0, sys.argv[1])
import pyarrow.parquet as pq
from reader import Shard, Windows, packed
bin, stem, cols = sys.argv[2] + ".bin", sys.argv[2], int(sys.argv[3])
s = Shard(bin)
w = Windows(s, cols)
out = {"ends": s.ends.tolist(), "tokens": s.tokens.tolist(), "documents": [s.document(i).tolist() for i in range(len(s.ends))],
       "windows": [[x.tolist() for x in w[i]] for i in range(len(w))],
       "parquet": pq.read_table(stem + ".parquet")["input_ids"].to_pylist(), "packed": [], "packed_ends": [], "loaded": None}
for rows, ends, n in packed(stem + ".arrow"):
    for row, e, k in zip(rows.tolist(), ends.to_pylist(), n.to_pylist()):
        out["packed_ends"] += [len(out["packed"]) + x for x in e]
        out["packed"] += row[:k]
try:
    from torch.utils.data import DataLoader
except ImportError:
    pass
else:
    seen, rank, world = 5, 1, 2
    loader = DataLoader(w, 3, sampler=range(seen + rank, len(w), world))
    out["loaded"] = [[x.tolist() for x in pair] for tokens, targets in loader for pair in zip(tokens, targets)]
json.dump(out, sys.stdout)
`

// python is an interpreter that has what the reader imports: QUERN_PYTHON, or python3.
func python(t *testing.T) string {
	t.Helper()
	name := os.Getenv("QUERN_PYTHON")
	if name == "" {
		name = "python3"
	}
	if out, err := exec.Command(name, "-c", "import numpy, pyarrow").CombinedOutput(); err != nil {
		t.Skipf("%s has no numpy or no pyarrow (set QUERN_PYTHON to one that has): %v %s", name, err, bytes.TrimSpace(out))
	}
	return name
}

// The reader that the README shows to users of Python finds what was written.
func TestReaderForPython(t *testing.T) {
	py := python(t)
	folder, err := filepath.Abs("../cmd/versus")
	if err != nil {
		t.Fatal(err)
	}
	for _, width := range []int{2, 4} {
		dir := quern.Local(t.TempDir())
		in := docs(300)
		if width == 4 {
			in[3].Tokens[0] = 1 << 17
		}
		arrow := shard.DefaultArrow()
		arrow.Rows = 64
		c := shard.Corpus{Parquet: &shard.ParquetOptions{}, Arrow: &arrow}
		sink, err := c.Sink(dir, "train-00000", width, shard.Lineage{Pad: 1000})
		write(t, sink, err, in)
		cmd := exec.Command(py, "-c", asPython, folder, dir.Path("train-00000"), fmt.Sprint(32))
		cmd.Stderr = os.Stderr
		b, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Tokens, Packed     []uint32
			Ends               []int64
			PackedEnds         []int64 `json:"packed_ends"`
			Documents, Parquet [][]uint32
			Windows, Loaded    [][2][]uint32
		}
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		var tokens []uint32
		for i, d := range in {
			tokens = append(tokens, d.Tokens...)
			if !slices.Equal(got.Documents[i], d.Tokens) || !slices.Equal(got.Parquet[i], d.Tokens) || got.Ends[i] != int64(len(tokens)) {
				t.Fatalf("width %d: document %d is %v raw, %v in Parquet, ends at %d, want %v", width, i, got.Documents[i], got.Parquet[i], got.Ends[i], d.Tokens)
			}
		}
		if len(got.Ends) != len(in) || !slices.Equal(got.Tokens, tokens) || !slices.Equal(got.Packed, tokens) || !slices.Equal(got.PackedEnds, got.Ends) {
			t.Errorf("width %d: other tokens or ends came back", width)
		}
		if len(got.Windows) != (len(tokens)-1)/32 {
			t.Fatalf("width %d: %d windows", width, len(got.Windows))
		}
		for i, w := range got.Windows {
			if !slices.Equal(w[0], tokens[32*i:32*i+32]) || !slices.Equal(w[1], tokens[32*i+1:32*i+33]) {
				t.Fatalf("width %d: window %d is %v", width, i, w)
			}
		}
		if got.Loaded == nil {
			t.Log("torch is not there: its DataLoader was not tried")
			continue
		}
		at := 0
		for i := 6; i < len(got.Windows); i, at = i+2, at+1 {
			if at >= len(got.Loaded) || !slices.Equal(got.Loaded[at][0], got.Windows[i][0]) || !slices.Equal(got.Loaded[at][1], got.Windows[i][1]) {
				t.Fatalf("width %d: the DataLoader's sample %d is not window %d", width, at, i)
			}
		}
		if at != len(got.Loaded) {
			t.Errorf("width %d: the DataLoader has %d samples, want %d", width, len(got.Loaded), at)
		}
	}
}
