// Command corpus writes the texts on which the digests of tokenize/testdata/oracle.tsv were taken: about 200 MB of real documents that
// anyone rebuilds byte for byte.
//
//	go run ./cmd/versus/corpus --data ../shared/data --out DIR
//
// They come from the folder of sample data, from the sources of one Go toolchain and from modules of fixed versions, which the go
// command fetches where they are not here yet. No text is in two sets and none twice:
//
//	en code zh ja ko ru  one kind each (ru holds every language that is written in Cyrillic letters)
//	multi                the other languages
//	mix                  what is left of each kind, shuffled
//	specials             texts with the spelling of special tokens in them, which are text all the same
//	odd                  code points of all planes in random order, runs of one letter or space, line ends of every kind
//
// A set is a file of documents, each after its length in bytes as four little-endian bytes; SETS lists sizes and SHA-256.
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
)

// kinds are the sets of real texts with the size that each may have; what is beyond it goes into the mix.
var kinds = []struct {
	name string
	max  int
}{{"en", 31_000_000}, {"code", 18_000_000}, {"zh", 4_000_000}, {"ja", 700_000}, {"ko", 600_000}, {"ru", 4_000_000}, {"multi", 1_300_000}}

func main() {
	log.SetFlags(0)
	log.SetPrefix("corpus: ")
	data := flag.String("data", "../shared/data", "the folder of sample data")
	out := flag.String("out", "", "the folder to write to")
	flag.Parse()
	if *out == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*data, *out); err != nil {
		log.Fatal(err)
	}
}

func run(data, out string) error {
	if err := os.MkdirAll(out, 0o777); err != nil {
		return err
	}
	g := gatherer{data: data, docs: map[string][][]byte{}, lines: map[string]int{}, files: map[[32]byte]bool{}}
	if err := g.all(); err != nil {
		return err
	}
	list := &strings.Builder{}
	var mix [][]byte
	r := random(1)
	for _, k := range kinds {
		docs := g.docs[k.name]
		r.shuffle(docs)
		set, rest, size := docs, [][]byte(nil), 0
		for i, d := range docs {
			if size += len(d); size > k.max {
				set, rest = docs[:i], docs[i:]
				break
			}
		}
		mix = append(mix, rest...)
		if err := write(list, out, k.name, set); err != nil {
			return err
		}
		g.docs[k.name] = set
	}
	r.shuffle(mix)
	if err := write(list, out, "mix", mix); err != nil {
		return err
	}
	var all [][]byte
	for _, k := range kinds {
		all = append(all, g.docs[k.name][:min(60, len(g.docs[k.name]))]...)
	}
	if err := write(list, out, "specials", specials(all)); err != nil {
		return err
	}
	if err := write(list, out, "odd", odd()); err != nil {
		return err
	}
	fmt.Print(list)
	return os.WriteFile(filepath.Join(out, "SETS"), []byte(list.String()), 0o666)
}

// write writes a set and adds a line to the list: name, documents, bytes of text, SHA-256 of the file.
func write(list *strings.Builder, dir, name string, docs [][]byte) error {
	f, err := os.Create(filepath.Join(dir, name+".docs"))
	if err != nil {
		return err
	}
	h := sha256.New()
	w := bufio.NewWriterSize(f, 1<<20)
	size := 0
	for _, d := range docs {
		var n [4]byte
		binary.LittleEndian.PutUint32(n[:], uint32(len(d)))
		for _, b := range [][]byte{n[:], d} {
			h.Write(b)
			w.Write(b) // Flush has the error
		}
		size += len(d)
	}
	fmt.Fprintf(list, "%s\t%d\t%d\t%x\n", name, len(docs), size, h.Sum(nil))
	if err := w.Flush(); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// random is SplitMix64: the same numbers with every version of Go.
type random uint64

func (r *random) next() uint64 {
	*r += 0x9E3779B97F4A7C15
	x := uint64(*r)
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

func (r *random) below(n int) int { return int(r.next() % uint64(n)) }

func (r *random) shuffle(docs [][]byte) {
	for i := len(docs) - 1; i > 0; i-- {
		j := r.below(i + 1)
		docs[i], docs[j] = docs[j], docs[i]
	}
}
