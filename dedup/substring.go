package dedup

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"

	"github.com/seed-83c59573/quern"
)

// DroppedSubstrings is the verdict on documents of which too little is not repeated.
const DroppedSubstrings quern.Verdict = "dedup.substrings"

// Substrings cuts out what is repeated word by word, wherever it begins (Lee et al. 2021, "Deduplicating training data makes language
// models better"). A window is so many bytes or tokens of one document that follow each other; a byte is repeated if it lies in a window
// that occurs at least twice in the corpus, also twice in one document.
type Substrings struct {
	Bytes    int     `yaml:"bytes"`     // of a window; 0 = 100, if Tokens is 0 too
	Tokens   int     `yaml:"tokens"`    // of a window, instead of Bytes: as Encode makes them
	Stays    string  `yaml:"stays"`     // "first": of equal windows the one in the document of the lowest rank, and there the first, is no repetition; "none"
	Action   string  `yaml:"action"`    // "cut" what is repeated; "drop" documents for what is repeated and leave the others whole
	Border   string  `yaml:"border"`    // what a cut leaves whole: "letter" (of UTF-8), "word" or "line". Cuts shrink to it
	MinBytes int     `yaml:"min_bytes"` // a document with a repetition goes if less of it is left
	MinShare float64 `yaml:"min_share"` // or less than this share of its bytes

	// Encode appends the tokens of a text to dst. It may be called from several goroutines.
	Encode func(dst []Token, text []byte) []Token `yaml:"-" json:"-"`
}

// Token is a token of a text: its number, and where it ends, in bytes of the text. The next one begins there.
type Token struct{ ID, End uint32 }

// DefaultSubstrings is the length of the authors' program, in bytes, with whole words.
func DefaultSubstrings() Substrings {
	return Substrings{Stays: "first", Action: "cut", Border: "word", MinBytes: 100, MinShare: 0.2}
}

const (
	defaultWindow    = 100
	leastWindow      = 16
	leastTokenWindow = 8
	mostWindow       = 1 << 16
)

// window is the symbols of a window and the bytes of a symbol.
func (s Substrings) window() (length, symbol int) {
	switch {
	case s.Tokens > 0:
		return s.Tokens, 4
	case s.Bytes > 0:
		return s.Bytes, 1
	}
	return defaultWindow, 1
}

// Validate says in words what is wrong.
func (s Substrings) Validate() error {
	switch {
	case s.Bytes != 0 && s.Tokens != 0:
		return errors.New("dedup: substrings: windows of bytes and of tokens, want one of the two")
	case s.Bytes != 0 && (s.Bytes < leastWindow || s.Bytes > mostWindow):
		return fmt.Errorf("dedup: substrings: windows of %d bytes, want %d to %d", s.Bytes, leastWindow, mostWindow)
	case s.Tokens != 0 && (s.Tokens < leastTokenWindow || s.Tokens > mostWindow):
		return fmt.Errorf("dedup: substrings: windows of %d tokens, want %d to %d", s.Tokens, leastTokenWindow, mostWindow)
	case s.Stays != "first" && s.Stays != "none":
		return fmt.Errorf("dedup: substrings: stays is %q, want first or none", s.Stays)
	case s.Action != "cut" && s.Action != "drop":
		return fmt.Errorf("dedup: substrings: action is %q, want cut or drop", s.Action)
	case s.Border != "letter" && s.Border != "word" && s.Border != "line":
		return fmt.Errorf("dedup: substrings: border is %q, want letter, word or line", s.Border)
	case s.MinBytes < 0:
		return fmt.Errorf("dedup: substrings: min_bytes is %d, want 0 or more", s.MinBytes)
	case math.IsNaN(s.MinShare) || s.MinShare < 0 || s.MinShare > 1:
		return fmt.Errorf("dedup: substrings: min_share is %v, want 0 to 1", s.MinShare)
	case s.Action == "drop" && s.MinBytes == 0 && s.MinShare == 0:
		return errors.New("dedup: substrings: action drop needs min_bytes or min_share: how much of a document must not be repeated")
	}
	return nil
}

// RepeatedSubstrings finds the repeated windows in the texts of all sets, which may lack rows, and writes edits of those sets that have no
// Prior; a Prior's texts are needed too, as they were published. It holds
// 28 bytes for every document of the signatures and works in what is left of mem bytes (0 = 1 GiB), spilling to the scratch
// folder: about 0.6 bytes a byte of text, and 5 bytes more for each byte near a repetition. Texts are read up to three times; the second and
// third time those alone that have repetitions, if their source can tell them apart.
//
// With stays: none, every copy goes, as with the authors' program (google-research/deduplicate-text-datasets, whose users ask for one to be
// left: issue 32). With stays: first, a byte is cut if it lies in a window that occurs before: in a document of a lower rank or further ahead in the same
// one. So every byte that is cut has a copy that stays, no window is left twice, and of what is said over and over in one
// document one period stays.
func RepeatedSubstrings(ctx context.Context, c Config, seed uint64, sets []Dataset, out quern.Dir, scratch string, mem int64, workers int) (Result, error) {
	var r Result
	if c.Substrings == nil {
		return r, errors.New("dedup: substrings are not asked for")
	}
	if err := (Clustering{Config: c}).check(sets); err != nil {
		return r, err
	}
	if c.Substrings.Tokens > 0 && c.Substrings.Encode == nil {
		return r, errors.New("dedup: substrings: windows of tokens need a tokenizer")
	}
	k, err := openCorpus(c, seed, sets)
	if err != nil {
		return r, err
	}
	defer k.close()
	if mem <= 0 {
		mem = defaultMem
	}
	left := mem - int64(k.docs())*bytesPerDoc
	if left < leastWorking {
		return r, fmt.Errorf("dedup: %d MiB of memory for %d documents, want at least %d", mem>>20, k.docs(), (int64(k.docs())*bytesPerDoc+leastWorking)>>20+1)
	}
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	if err := k.rankAll(ctx, c, workers); err != nil {
		return r, err
	}
	f := &finder{first: c.Substrings.Stays == "first", starts: k.starts, rank: k.rank, doc: k.doc, seed: seed, mem: left, workers: workers}
	f.length, f.symbol = c.Substrings.window()
	e := &substringEditor{Substrings: *c.Substrings, k: k, f: f, out: out, seen: make([]seen, len(k.files)), now: make([]encoded, workers)}
	if e.units, err = k.units(ctx); err != nil {
		return r, err
	}
	f.read, f.sizes = e.read, k.sizes
	if f.dir, err = os.MkdirTemp(scratch, "substrings-"); err != nil {
		return r, err
	}
	defer os.RemoveAll(f.dir)
	defer f.close()
	if err := f.find(ctx); err != nil {
		return r, err
	}
	return r, e.write(ctx, &r)
}

// units are the units of text of each file.
func (k *corpus) units(ctx context.Context) ([]quern.Unit, error) {
	var all []quern.Unit
	for _, set := range k.sets {
		if len(set.Shards) == 0 {
			continue
		}
		if set.Texts == nil {
			return nil, fmt.Errorf("dedup: the texts of %s, which an earlier run published, are needed to find what is repeated from them", set.Name)
		}
		units, err := set.Texts.Units(ctx)
		if err != nil {
			return nil, err
		}
		if len(units) != len(set.Shards) {
			return nil, fmt.Errorf("%s: %d shards of text, %d of signatures", set.Name, len(units), len(set.Shards))
		}
		all = append(all, units...)
	}
	return all, nil
}

// sizes is the sizes of the texts of a file.
func (k *corpus) sizes(file int) ([]uint32, error) {
	sizes := make([]uint32, k.files[file].docs)
	err := k.files[file].column(colSize, make([]byte, columnBuffer), func(row int64, b []byte) {
		for j := 0; j < len(b); j += 4 {
			sizes[row+int64(j/4)] = binary.LittleEndian.Uint32(b[j:])
		}
	})
	return sizes, err
}

// FindSubstrings is the repeated windows of texts in memory, as cuts at any byte: text by text, ascending, not touching. Of equal windows
// the first stays if stays is "first". It is the same search as that of RepeatedSubstrings, for benchmarks and for those who
// bring texts of their own.
func FindSubstrings(ctx context.Context, texts [][]byte, length int, stays, scratch string, mem int64, workers int) ([][]Cut, error) {
	s := DefaultSubstrings()
	s.Bytes, s.Stays = max(length, 1), stays
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if mem <= 0 {
		mem = defaultMem
	}
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	dir, err := os.MkdirTemp(scratch, "substrings-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	f := memoryFinder(texts, s.Bytes, 1)
	f.first, f.dir, f.mem, f.workers = stays == "first", dir, max(mem, leastWorking), workers
	defer f.close()
	return f.all(ctx, len(texts))
}

// memoryFinder looks through texts in memory, the rank of which is their number.
func memoryFinder(texts [][]byte, length, symbol int) *finder {
	const piece = 1 << 20
	f := &finder{length: length, symbol: symbol, starts: []uint32{0}}
	size := 0
	for i, t := range texts {
		if size += len(t); size >= piece || i == len(texts)-1 {
			f.starts, size = append(f.starts, uint32(i+1)), 0
		}
	}
	f.read = func(_ context.Context, _, piece int, want func(uint32) bool, visit func(uint32, []byte) error) error {
		for i := f.starts[piece]; i < f.starts[piece+1]; i++ {
			if want != nil && !want(i) {
				continue
			}
			if err := checkSize(texts[i]); err != nil {
				return fmt.Errorf("text %d: %w", i, err)
			}
			if err := visit(i, texts[i]); err != nil {
				return err
			}
		}
		return nil
	}
	f.sizes = func(piece int) ([]uint32, error) {
		var sizes []uint32
		for i := f.starts[piece]; i < f.starts[piece+1]; i++ {
			sizes = append(sizes, uint32(len(texts[i])))
		}
		return sizes, nil
	}
	return f
}

// all is the cuts of all documents.
func (f *finder) all(ctx context.Context, docs int) ([][]Cut, error) {
	if err := f.find(ctx); err != nil {
		return nil, err
	}
	out := make([][]Cut, docs)
	err := f.walk(ctx, f.found, func(_, _ int, doc uint32, _ []byte, list []mark) error {
		out[doc] = slices.Clone(f.cuts(nil, list))
		return nil
	}, nil)
	return out, err
}

// cuts are the symbols that a document's repeated windows cover.
func (f *finder) cuts(dst []Cut, list []mark) []Cut {
	dst = dst[:0]
	for _, m := range list {
		from, to := int(m.from), int(m.from)+int(m.n)+f.length-1
		if n := len(dst); n > 0 && from <= dst[n-1].To {
			dst[n-1].To = max(dst[n-1].To, to)
			continue
		}
		dst = append(dst, Cut{from, to})
	}
	return dst
}
