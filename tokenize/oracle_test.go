package tokenize

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

var slow = flag.Bool("slow", false, "also run the tests that take minutes")

// verdicts is testdata/oracle.tsv: what tiktoken and Hugging Face's tokenizers make of about 200 MB of text.
type verdicts struct {
	corpus, vocabulary map[string]string // SHA-256 of the files by name
	ids                []verdict
}

type verdict struct {
	tokenizer, set, library string
	tokens                  int
	digest                  string
}

func readVerdicts(t testing.TB) verdicts {
	t.Helper()
	b, err := os.ReadFile("testdata/oracle.tsv")
	if err != nil {
		t.Fatal(err)
	}
	v := verdicts{map[string]string{}, map[string]string{}, nil}
	for line := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		switch f[0] {
		case "corpus":
			v.corpus[f[1]] = f[3]
		case "vocabulary":
			v.vocabulary[f[1]] = f[2]
		case "ids":
			tokens, err := strconv.Atoi(f[4])
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			v.ids = append(v.ids, verdict{f[1], f[2], f[3], tokens, f[5]})
		}
	}
	return v
}

// TestOracleIsWhole holds the file of digests to what it promises, without the texts: all 219 MB for each byte-level vocabulary,
// at least 65 MB for the others, and tokens in a plausible number.
func TestOracleIsWhole(t *testing.T) {
	v := readVerdicts(t)
	sets := map[string]map[string]bool{}
	for _, x := range v.ids {
		if v.corpus[x.set] == "" || v.vocabulary[x.tokenizer] == "" || len(x.digest) != 64 || x.tokens < 1e4 {
			t.Errorf("%+v: no such set or vocabulary, or no digest", x)
		}
		if sets[x.tokenizer] == nil {
			sets[x.tokenizer] = map[string]bool{}
		}
		sets[x.tokenizer][x.set] = true
	}
	for _, name := range []string{"r50k_base", "p50k_base", "cl100k_base", "o200k_base", "llama3", "qwen3", "deepseek_v3", "gptoss", "gpt35turbo", "gpt4o"} {
		if len(sets[name]) != len(v.corpus) {
			t.Errorf("%s: %d of %d sets", name, len(sets[name]), len(v.corpus))
		}
	}
	// The mix is 154 MB of the 219, and the oracles of these are slow.
	for _, name := range []string{"llama2", "gemma3", "t5", "bert"} {
		if len(sets[name]) < len(v.corpus)-1 {
			t.Errorf("%s: %d of %d sets", name, len(sets[name]), len(v.corpus))
		}
	}
}

// TestOracle encodes every document that the oracles encoded. QUERN_CORPUS is the folder that the command cmd/versus/corpus wrote, QUERN_RANKS one of .tiktoken files,
// QUERN_TOKENIZERS one of tokenizer-NAME/models/tokenizer.json; QUERN_IDS may be one that cmd/versus/oracle_tokens.py --ids wrote: then the first document that differs is shown.
func TestOracle(t *testing.T) {
	if !*slow {
		t.Skip("slow: 200 MB for each of 14 vocabularies")
	}
	corpus := os.Getenv("QUERN_CORPUS")
	if corpus == "" {
		t.Skip("QUERN_CORPUS names no folder with the texts")
	}
	v := readVerdicts(t)
	tokenizers := map[string]*Tokenizer{}
	for _, x := range v.ids {
		t.Run(x.tokenizer+"/"+x.set, func(t *testing.T) {
			k := tokenizers[x.tokenizer]
			if k == nil {
				k = oracleTokenizer(t, x.tokenizer, v.vocabulary[x.tokenizer])
				clear(tokenizers) // one at a time: the caches of a large one are large
				tokenizers[x.tokenizer] = k
			}
			holdToOracle(t, k, filepath.Join(corpus, x.set+".docs"), v.corpus[x.set], x)
		})
	}
}

func oracleTokenizer(t *testing.T, name, digest string) *Tokenizer {
	t.Helper()
	encoding, ranked := RankEncodings[name]
	file := filepath.Join(os.Getenv("QUERN_TOKENIZERS"), "tokenizer-"+name, "models", "tokenizer.json")
	if ranked {
		file = filepath.Join(os.Getenv("QUERN_RANKS"), name+".tiktoken")
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Skip(err)
	}
	if got := fmt.Sprintf("%x", sha256.Sum256(b)); got != digest {
		t.Skipf("%s has SHA-256 %s: the oracle read %s", file, got, digest)
	}
	var k *Tokenizer
	if ranked {
		k, err = ParseTiktoken(b, encoding.Split, encoding.Specials)
	} else {
		k, err = Parse(b)
	}
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// holdToOracle compares the stream of ids of a set: each document's, then 0xFFFFFFFF.
func holdToOracle(t *testing.T, k *Tokenizer, file, corpus string, want verdict) {
	f, err := os.Open(file)
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	var theirs io.Reader
	if dir := os.Getenv("QUERN_IDS"); dir != "" {
		if g, err := os.Open(filepath.Join(dir, want.tokenizer+"."+want.set+".ids")); err == nil {
			defer g.Close()
			theirs = bufio.NewReaderSize(g, 1<<20)
		}
	}
	read := sha256.New()
	docs := bufio.NewReaderSize(io.TeeReader(f, read), 1<<20)
	e := k.NewEncoder()
	given := sha256.New()
	var text []byte
	var ids []uint32
	tokens, shown := 0, 0
	for n := 0; ; n++ {
		var head [4]byte
		if _, err := io.ReadFull(docs, head[:]); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		text = append(text[:0], make([]byte, binary.LittleEndian.Uint32(head[:]))...)
		if _, err := io.ReadFull(docs, text); err != nil {
			t.Fatal(err)
		}
		ids = e.Append(ids[:0], text)
		if err := e.Err(); err != nil {
			t.Fatalf("document %d: %v", n, err)
		}
		tokens += len(ids)
		write(given, append(ids, end))
		if theirs != nil && shown < 5 && !showDifference(t, k, n, text, ids, theirs) {
			shown++
		}
	}
	if got := fmt.Sprintf("%x", read.Sum(nil)); got != corpus {
		t.Skipf("%s has SHA-256 %s: the oracle read %s", file, got, corpus)
	}
	if got := fmt.Sprintf("%x", given.Sum(nil)); got != want.digest || tokens != want.tokens {
		t.Errorf("%d tokens with SHA-256 %s: %s gives %d with %s", tokens, got, want.library, want.tokens, want.digest)
	}
}

// end stands behind the ids of each document.
const end = 1<<32 - 1

func write(h hash.Hash, ids []uint32) {
	var b []byte
	for _, id := range ids {
		b = binary.LittleEndian.AppendUint32(b, id)
	}
	h.Write(b)
}

// showDifference reads the oracle's ids of document n and tells where they differ.
func showDifference(t *testing.T, k *Tokenizer, n int, text []byte, ids []uint32, theirs io.Reader) (equal bool) {
	t.Helper()
	var want []uint32
	for {
		var b [4]byte
		if _, err := io.ReadFull(theirs, b[:]); err != nil {
			t.Fatal(err)
		}
		id := binary.LittleEndian.Uint32(b[:])
		if id == end {
			break
		}
		want = append(want, id)
	}
	at := 0
	for at < len(ids) && at < len(want) && ids[at] == want[at] {
		at++
	}
	if at == len(ids) && at == len(want) {
		return true
	}
	words := func(ids []uint32) string {
		var b bytes.Buffer
		for _, id := range ids[min(at, len(ids)):min(at+8, len(ids))] {
			fmt.Fprintf(&b, " %d=%q", id, k.Token(id))
		}
		return b.String()
	}
	before := len(k.AppendDecode(nil, ids[:at]))
	t.Errorf("document %d of %d bytes, token %d, near %q\n got%s\nwant%s", n, len(text), at, text[max(0, min(before-40, len(text))):min(before+60, len(text))], words(ids), words(want))
	return false
}
