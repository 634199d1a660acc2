// Package mix decides which documents are in a corpus, how often, and in which order. Token counts of documents and ratios of
// domains come in; a plan goes out, which is a pure function of them and a seed, and a Source that yields documents in its order. It
// reads no text and no file.
//
// The order is computed, never stored: document i is found through keyed permutations. Domains with several epochs are spread so
// that the first repeats come after every document was due once. Memory is 4 bytes a document beside what the caller holds.
package mix

// Version is part of the key of every step that plans: raise it when plans change.
const Version = "1"
