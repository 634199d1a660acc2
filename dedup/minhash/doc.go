// Package minhash turns a text into a few numbers by which near copies of it are found. In come bytes; out go the hashes of its
// shingles, one key a band of their MinHash signature (or the blocks of a SimHash), and 128 bits of hash of the whole text. It knows
// no documents and no files, and allocates nothing for a text once its buffers have grown.
//
// A text goes through four moves: its words are simplified, each word is hashed, each run of words becomes a shingle, and each of
// the hash functions of a family finds its least value over the shingles. Every move has a plain Go form; those that cost most have
// kernels in AVX-512 and AVX2 that give the same bits.
package minhash
