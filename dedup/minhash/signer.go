package minhash

import "fmt"

// A Signer signs texts one after the other. It is for one goroutine.
type Signer struct {
	o      Options
	words  words
	chars  Digester
	tokens []uint32
	xor    *xorMul
	affine *affine
	sim    *simHash
	keys   []uint64
	rows   []uint64
}

// New makes a Signer.
func New(o Options) (*Signer, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("minhash: %w", err)
	}
	o = o.withDefaults()
	s := &Signer{o: o, keys: make([]uint64, o.Keys())}
	switch o.Family {
	case SimHash:
		s.sim = newSimHash(o.Blocks, o.Distance)
	case Datatrove:
		s.affine = newAffine(o.Bands*o.Rows, uint32(o.Seed))
	default:
		s.xor = newXorMul(o.Bands*o.Rows, o.Seed)
	}
	if o.Unit == Words {
		s.words.rule = own()
		if o.Family == Datatrove {
			s.words.rule = datatrove()
		}
	}
	return s, nil
}

// Shingles returns the 64-bit hashes of the shingles of text, repeats included, in their order; none for a text of fewer units than a
// shingle has. MinHash signs the lower 32 bits of Rolled ones, so that the upper ones are fit to verify with. The result is valid
// until the next call. Of a text of more than a GiB the first GiB counts.
func (s *Signer) Shingles(text []byte) []uint64 {
	text = text[:min(len(text), 1<<30)]
	switch s.o.Unit {
	case Chars:
		return s.words.charGrams(s.chars.normalize(text), s.o.Shingle)
	case Tokens:
		s.tokens = s.o.Tokens(s.tokens[:0], text)
		return s.words.tokenGrams(s.tokens, s.o.Shingle)
	}
	s.words.simplify(text)
	s.words.findEnds()
	if s.o.English {
		s.words.splitEnglish()
	}
	if s.o.Hash == Rolled {
		s.words.hashWords()
		return s.words.roll(s.o.Shingle)
	}
	return s.words.hashText(s.o.Shingle, s.o.Hash)
}

// Keys returns one key for each band of the signature of a set of shingles, or for each choice of blocks of their SimHash. Two texts
// that have a key in common, in the same place, are candidates; 0 stands for "none", and is given to a set without shingles only.
// The result is valid until the next call.
func (s *Signer) Keys(shingles []uint64) []uint64 {
	if len(shingles) == 0 {
		clear(s.keys)
		return s.keys
	}
	switch {
	case s.sim != nil:
		s.sim.keysOf(s.sim.vote(shingles), s.keys)
	case s.affine != nil:
		bandKeys(s.keys, s.affine.sign(shingles), s.o.Rows)
	default:
		bandKeys(s.keys, s.xor.sign(shingles), s.o.Rows)
	}
	return s.keys
}

// Signature returns the least value of each hash function over the shingles, band after band, which for Datatrove are the numbers of
// its .minhash.sig files; of SimHash it is the one number. It is empty for a set without shingles, and valid until the next call.
func (s *Signer) Signature(shingles []uint64) []uint64 {
	s.rows = s.rows[:0]
	switch {
	case len(shingles) == 0:
	case s.sim != nil:
		s.rows = append(s.rows, s.sim.vote(shingles))
	case s.affine != nil:
		s.rows = append(s.rows, s.affine.sign(shingles)...)
	default:
		for _, v := range s.xor.sign(shingles) {
			s.rows = append(s.rows, uint64(v))
		}
	}
	return s.rows
}

// bandKeys hashes the rows of each band to one key that is not 0.
func bandKeys[T uint32 | uint64](keys []uint64, sig []T, rows int) {
	for b := range keys {
		h := uint64(b) + 0x9E3779B97F4A7C15
		for _, m := range sig[b*rows : (b+1)*rows] {
			h = (h ^ uint64(m)) * 0xD6E8FEB86659FD93
			h ^= h >> 32
		}
		keys[b] = max(h, 1)
	}
}
