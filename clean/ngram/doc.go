// Package ngram scores and learns n-gram language models. In come model files (ARPA, KenLM's binary formats) and tokens, out go
// log10 probabilities, equal to KenLM's; or in come sentences, and out goes a model by interpolated modified Kneser-Ney that KenLM
// reads. It knows no documents and starts no goroutines. A Model never changes once it is read: any number of goroutines share it.
//
// A model is held as KenLM's probing format holds it: one hash chain over the words, newest first, and one table with linear
// probing an order, so that scoring a word is one lookup an order and allocates nothing. A trie is searched where it lies.
//
// Files are foreign: their counts are held against the file's size and a limit before memory is asked for, what was read is
// checked entry by entry, and an error names the offset or line and what was expected there.
package ngram

// MaxOrder is the longest n-gram that a model may have.
const MaxOrder = 8
