package minhash

import (
	"errors"
	"fmt"
	"math"
)

// A Unit is what shingles are runs of.
type Unit string

const (
	// Words of the simplified text: lower case, numbers as 0, no punctuation, no marks, each Han, Hiragana or Katakana letter a word.
	Words Unit = "words"
	// Chars are the runes of the text in lower case, where a run of white space is one space.
	Chars Unit = "chars"
	// Tokens are what Options.Tokens makes of the text.
	Tokens Unit = "tokens"
)

// A Family is a way to find which texts are alike.
type Family string

const (
	// Quern hashes are x -> (x xor s)·a over 32 bits, a odd: permutations that cost one multiplication.
	Quern Family = "quern"
	// Datatrove gives the numbers of datatrove's signatures, bit for bit: its simplified text, a·x+b modulo 2^64 and then 2^61-1.
	// Words are what white space separates; see Options.English.
	Datatrove Family = "datatrove"
	// SimHash is 64 bits of which each is the majority vote of the shingles (Charikar 2002).
	SimHash Family = "simhash"
)

// A Hash makes a shingle a number.
type Hash string

const (
	// Rolled combines the hashes of the units of a shingle.
	Rolled Hash = "rolled"
	// XXH64 of the words of a shingle with single spaces between.
	XXH64 Hash = "xxh64"
	// SHA1 of the same text, its first eight bytes as a little-endian number.
	SHA1 Hash = "sha1"
)

// Options say how texts are signed. The zero value of a text option is its default.
type Options struct {
	Unit    Unit   // default Words
	Shingle int    // units of a shingle
	Family  Family // default Quern
	Hash    Hash   // default Rolled, for Datatrove XXH64
	Bands   int    // MinHash: two texts collide if all the rows of one band agree
	Rows    int
	Seed    uint64 // chooses the functions of the family; datatrove's own seed is 1

	// English takes words apart as spaCy's tokenizer of English does in datatrove ("cannot" is two). For Datatrove only.
	English bool

	Blocks   int // SimHash: the 64 bits are cut into so many blocks
	Distance int // SimHash: texts that differ in at most so many bits share a key

	Tokens func(dst []uint32, text []byte) []uint32 // appends the tokens of a text; for Tokens only
}

// Limits of Options.
const (
	MaxShingle = 64
	MaxBands   = 1024
	MaxHashes  = 1 << 14 // Bands·Rows
)

// withDefaults fills in what is not said.
func (o Options) withDefaults() Options {
	if o.Unit == "" {
		o.Unit = Words
	}
	if o.Family == "" {
		o.Family = Quern
	}
	if o.Hash == "" {
		o.Hash = Rolled
		if o.Family == Datatrove {
			o.Hash = XXH64
		}
	}
	return o
}

// Validate says in words what is wrong.
func (o Options) Validate() error {
	o = o.withDefaults()
	if o.Shingle < 1 || o.Shingle > MaxShingle {
		return fmt.Errorf("a shingle of %d %s, want 1 to %d", o.Shingle, o.Unit, MaxShingle)
	}
	switch o.Unit {
	case Words, Chars:
		if o.Tokens != nil {
			return fmt.Errorf("shingles of %s need no tokenizer", o.Unit)
		}
	case Tokens:
		if o.Tokens == nil {
			return errors.New("shingles of tokens need a tokenizer")
		}
	default:
		return fmt.Errorf("unit %q, want words, chars or tokens", o.Unit)
	}
	switch o.Hash {
	case Rolled, XXH64, SHA1:
	default:
		return fmt.Errorf("hash %q, want rolled, xxh64 or sha1", o.Hash)
	}
	if o.Hash != Rolled && o.Unit != Words {
		return fmt.Errorf("hash %s is of words, not of %s", o.Hash, o.Unit)
	}
	if o.English && o.Family != Datatrove {
		return fmt.Errorf("english words are of family datatrove, not of %s", o.Family)
	}
	switch o.Family {
	case SimHash:
		return o.validateSimHash()
	case Datatrove:
		if o.Unit != Words || o.Hash == Rolled {
			return errors.New("family datatrove signs words hashed by xxh64 or sha1")
		}
		if o.Seed > math.MaxUint32 {
			return fmt.Errorf("seed %d of family datatrove is more than 32 bits", o.Seed)
		}
	case Quern:
	default:
		return fmt.Errorf("family %q, want quern, datatrove or simhash", o.Family)
	}
	switch {
	case o.Blocks != 0 || o.Distance != 0:
		return errors.New("blocks and a distance are of family simhash")
	case o.Bands < 1 || o.Bands > MaxBands:
		return fmt.Errorf("%d bands, want 1 to %d", o.Bands, MaxBands)
	case o.Rows < 1 || o.Rows > MaxHashes/o.Bands:
		return fmt.Errorf("%d rows in each of %d bands, want 1 to %d", o.Rows, o.Bands, MaxHashes/o.Bands)
	}
	return nil
}

func (o Options) validateSimHash() error {
	switch {
	case o.Bands != 0 || o.Rows != 0:
		return errors.New("bands and rows are of MinHash, not of simhash")
	case o.Blocks < 2 || o.Blocks > 16:
		return fmt.Errorf("%d blocks of 64 bits, want 2 to 16", o.Blocks)
	case o.Distance < 1 || o.Distance >= o.Blocks:
		return fmt.Errorf("a distance of %d bits over %d blocks, want 1 to %d: one block at least must be free of differences", o.Distance, o.Blocks, o.Blocks-1)
	}
	if n := choose(o.Blocks, o.Distance); n > MaxBands {
		return fmt.Errorf("%d of %d blocks are %d keys, want at most %d", o.Distance, o.Blocks, n, MaxBands)
	}
	return nil
}

// Keys is how many keys a text has.
func (o Options) Keys() int {
	if o.Family == SimHash {
		return choose(o.Blocks, o.Distance)
	}
	return o.Bands
}
