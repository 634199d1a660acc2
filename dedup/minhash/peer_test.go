package minhash

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
)

// peerSaid is what datatrove made of a text; testdata/gen.py writes it.
type peerSaid struct {
	Name, Text, Hash, Words string
	Count                   int
	Shingles, Signature     []uint64
}

var peerFile = flag.String("peer.said", "testdata/datatrove.jsonl", "what testdata/gen.py said of texts")

func peerTexts(t *testing.T) (all []peerSaid) {
	t.Helper()
	f, err := os.Open(*peerFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var p peerSaid
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if err := lines.Err(); err != nil || len(all) < 40 {
		t.Fatalf("%d texts: %v", len(all), err)
	}
	return all
}

// Signatures are datatrove's, bit for bit, in many scripts. Any texts can be held against it by hand, with -peer.said.
func TestPeerSignatures(t *testing.T) {
	for _, p := range peerTexts(t) {
		o := Options{Shingle: 5, Family: Datatrove, Hash: XXH64, Bands: 14, Rows: 8, Seed: 1, English: true}
		if p.Hash == "sha1" {
			o.Hash = SHA1
		}
		s, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		widths(func(w int) {
			x := slices.Clone(s.Shingles([]byte(p.Text)))
			if got := strings.TrimSuffix(string(s.words.buf[:s.words.n]), " "); got != p.Words {
				t.Errorf("width %d, %s:\ngot  %q\nwant %q", w, p.Name, got, p.Words)
			}
			if len(x) != p.Count || !slices.Equal(x[:min(len(x), len(p.Shingles))], p.Shingles) {
				t.Errorf("width %d, %s, %s: %d shingles that begin %v, want %d, %v", w, p.Name, p.Hash, len(x), x[:min(len(x), 3)], p.Count, p.Shingles)
			}
			if got := s.Signature(x); !slices.Equal(got, p.Signature) {
				t.Errorf("width %d, %s, %s: another signature", w, p.Name, p.Hash)
			}
			if got := s.Keys(x); (got[0] == 0) != (p.Count == 0) {
				t.Errorf("%s: %d shingles and key %d", p.Name, p.Count, got[0])
			}
		})
	}
}

// The numbers of one sentence, and the first and last parameters under seed 1.
func TestPeerNumbers(t *testing.T) {
	f := newAffine(112, 1)
	for i, want := range map[int]uint64{0: 775169054918279404, 1: 1758426461858698313, 2: 2109959069025162, 111: 223865076026037746} {
		if f.a[i] != want {
			t.Errorf("a%d is %d, want %d", i, f.a[i], want)
		}
	}
	for i, want := range map[int]uint64{0: 1062448801025099917, 1: 1324811268927594100, 2: 1217488311597731462, 111: 1097409548522419201} {
		if f.b[i] != want {
			t.Errorf("b%d is %d, want %d", i, f.b[i], want)
		}
	}
	for hash, want := range map[Hash][]uint64{
		XXH64: {7797000677988824208, 46118260568051064, 546074820009754350, 302227827184868053, 34440879854629237, 565600696049744386, 86361838671172191, 351672735548902773, 10780627625530002},
		SHA1:  {12313522834835307089, 585594454516184072, 270861997332166838, 594234408324153881, 226360113463360020, 42312182183823545, 295150809832830541, 316606424307206655, 29696696254047883},
	} {
		s, err := New(Options{Shingle: 5, Family: Datatrove, Hash: hash, Bands: 14, Rows: 8, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		x := s.Shingles([]byte("The quick brown fox jumps over the lazy dog, and runs 12 miles away!"))
		if len(x) != 10 || x[0] != want[0] {
			t.Errorf("%s: %d shingles, the first %d, want 10, %d", hash, len(x), x[0], want[0])
		}
		if got := s.Signature(x)[:8]; !slices.Equal(got, want[1:]) {
			t.Errorf("%s: bucket 0 is %d, want %d", hash, got, want[1:])
		}
	}
}

func TestSigs(t *testing.T) {
	sigs := NewSigs(2, 2)
	for _, d := range []struct {
		doc int
		sig []uint64
	}{{0, []uint64{5, 6, 1, 2}}, {1, nil}, {2, []uint64{5, 1, 9, 9}}, {7, []uint64{0x0102030405060708, 0, 1, 2}}, {300, []uint64{5, 6, 1, 1}}} {
		if err := sigs.Add(d.doc, d.sig); err != nil {
			t.Fatal(err)
		}
	}
	f := func(band int, want string) {
		t.Helper()
		var b bytes.Buffer
		if err := sigs.WriteBand(&b, band); err != nil {
			t.Fatal(err)
		}
		if b.String() != want {
			t.Errorf("band %d: %q, want %q", band, b.String(), want)
		}
	}
	n := func(v byte) string { return string([]byte{v, 0, 0, 0, 0, 0, 0, 0}) }
	f(0, n(5)+n(1)+"\x02\x00\x00\x00"+n(5)+n(6)+"\x00\x00\x00\x00"+n(5)+n(6)+"\x2c\x01\x00\x00"+"\x08\x07\x06\x05\x04\x03\x02\x01"+n(0)+"\x07\x00\x00\x00")
	f(1, n(1)+n(1)+"\x2c\x01\x00\x00"+n(1)+n(2)+"\x00\x00\x00\x00"+n(1)+n(2)+"\x07\x00\x00\x00"+n(9)+n(9)+"\x02\x00\x00\x00")
	if sigs.Add(1, []uint64{1}) == nil || sigs.Add(1<<32-1, []uint64{1, 2, 3, 4}) == nil || sigs.Add(-1, []uint64{1, 2, 3, 4}) == nil {
		t.Error("a signature that does not fit is taken")
	}
	if got := SigName(3, 12); got != "bucket_003/00012.minhash.sig" {
		t.Error(got)
	}
}
