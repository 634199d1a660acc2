package ingest

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// Two lines {"text":"a"} and {"text":"b"}, as bzip2 and xz pack them.
const (
	bzipLines = "425a683931415926535926af725800000b59800010100000103200044a20003100300aa8d069ea45b68bbb388a4453e2ee48a70a1204d5ee4b00"
	xzLines   = "fd377a585a000004e6d6b4460200210116000000742fe5a3e0001900165d003d888a86948813e0f38942a0ef3aaab1ba997fde0000000000ac72a46c5ef563b40001321a201894301fb6f37d010000000004595a"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// codecResult reads a file of JSON lines.
func codecResult(t *testing.T, name string, data []byte) string {
	t.Helper()
	r, err := NewJSONL(opts(plant(t, name, string(data)), name), DefaultFields())
	h := reap(t, r, err)
	return fmt.Sprint(len(h.docs), " ", h.reasons)
}

func TestBzipAndXZ(t *testing.T) {
	f := func(want, name string, data []byte) {
		t.Helper()
		if got := codecResult(t, name, data); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	bz, x := unhex(t, bzipLines), unhex(t, xzLines)
	both := func(a, b []byte) []byte { return append(bytes.Clone(a), b...) }
	zeros := make([]byte, 8)
	f("2 map[]", "a.jsonl.bz2", bz)
	f("4 map[]", "a.jsonl.bz2", both(bz, bz))
	f("2 map[]", "a.jsonl.xz", x)
	f("4 map[]", "a.jsonl.xz", both(x, x))
	f("4 map[]", "a.jsonl.xz", both(both(x, zeros), both(x, zeros)))
	f("2 map[]", "a.jsonl", x) // by its magic number
	f("0 map[bad-xz:1]", "a.jsonl.xz", both(x, zeros[:3]))
	f("0 map[bad-xz:1]", "a.jsonl.xz", both(x, []byte("garbage")))
	f("0 map[bad-bzip2:1]", "a.jsonl.bz2", both(bz, []byte("garbage")))
	f("0 map[bad-xz:1]", "a.jsonl.xz", nil)
	f("0 map[bad-xz:1]", "a.jsonl.xz", bz)
	f("0 map[bad-bzip2:1]", "a.jsonl.bz2", []byte("{}"))
	// Wherever a stream is cut or a byte is changed, nothing of it is read.
	for name, whole := range map[string][]byte{"a.jsonl.bz2": bz, "a.jsonl.xz": x} {
		reason := "0 map[bad-" + named(name).short() + ":1]"
		for i := range whole {
			f(reason, name, whole[:i])
			hurt := bytes.Clone(whole)
			hurt[i] ^= 0x10
			// Some bits decide nothing: of codes and padding that are not used, of a chunk's size that is too large.
			if got := codecResult(t, name, hurt); got != reason && !(got == "2 map[]" && (name == "a.jsonl.bz2" || i == 27)) {
				t.Errorf("%s, byte %d: %s", name, i, got)
			}
		}
	}
}

// A header that asks for 4 GiB is refused before they are asked for, also that of a later block.
func TestXZWindow(t *testing.T) {
	x := unhex(t, xzLines)
	header := x[12:24]
	header[4] = 40
	binary.LittleEndian.PutUint32(header[8:], crc32.ChecksumIEEE(header[:8]))
	r, err := NewJSONL(opts(plant(t, "a.jsonl.xz", string(x)), "."), DefaultFields())
	if h := reap(t, r, err); len(h.refused) != 1 || !strings.Contains(h.refused[0].Error(), "bad-xz: a window of 4294967296 bytes") {
		t.Errorf("%v", h.errs)
	}
}

// All checks and several blocks.
func TestXZForms(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var lines strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&lines, "{\"text\":\"%d %x\"}\n", i, rng.Uint64())
	}
	for _, check := range []byte{xz.None, xz.CRC32, xz.CRC64, xz.SHA256} {
		var b bytes.Buffer
		w, err := xz.WriterConfig{CheckSum: check, NoCheckSum: check == xz.None, BlockSize: 50000, DictCap: 1 << 16}.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(lines.String()))
		w.Close()
		if got := codecResult(t, "a.jsonl.xz", b.Bytes()); got != "5000 map[]" {
			t.Errorf("check %d: %s", check, got)
		}
	}
}

// Readers use one decoder for file after file, also after one that was broken or had another window.
func TestDecodersServeAgain(t *testing.T) {
	var files []string
	for i := range 6 {
		var b bytes.Buffer
		w, err := zstd.NewWriter(&b, zstd.WithWindowSize(1<<(10+3*i)))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(w, "{\"text\":\"zstd %d\"}\n", i)
		w.Close()
		files = append(files, fmt.Sprint(i, "a.jsonl.zst"), b.String(), fmt.Sprint(i, "b.jsonl.gz"), gz(fmt.Sprintf("{\"text\":\"gzip %d\"}\n", i)),
			fmt.Sprint(i, "c.jsonl.zst"), b.String()[:b.Len()-3], fmt.Sprint(i, "d.jsonl.gz"), gz("{}")[:15])
	}
	r, err := NewJSONL(opts(plant(t, files...), "."), DefaultFields())
	h := reap(t, r, err)
	if len(h.docs) != 12 || h.reasons["bad-zstd"] != 6 || h.reasons["bad-gzip"] != 6 {
		t.Fatalf("%d docs, %v %v", len(h.docs), h.reasons, h.errs)
	}
	for i, d := range h.docs {
		if want := fmt.Sprintf("%s %d", []string{"zstd", "gzip"}[i%2], i/2); string(d.Text) != want {
			t.Errorf("%q, want %q", d.Text, want)
		}
	}
}

func FuzzXZ(f *testing.F) {
	f.Add(unhex(f, xzLines))
	f.Add(append(unhex(f, xzLines), unhex(f, xzLines)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzFile(t, "a.jsonl.xz", data, func(o Options) (Reader, error) { return NewJSONL(o, DefaultFields()) })
	})
}
