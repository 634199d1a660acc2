// Package mix decides which documents are in a corpus, how often, and in which order. Sizes of documents and ratios of parts come in:
// parts are domains, sources, languages, buckets and what is left of them, nested as one likes. A plan goes out, which is a pure
// function of them and a seed, and a Source that yields documents in its order. It reads no text and no file.
//
// Documents are streamed, and 8 bytes of each are kept (12 if ratios are in bytes). The order is computed, never stored: document i is
// found through keyed permutations. Parts with several epochs are spread so that the first repeats come after every document was due
// once. Documents of the validation split are chosen by the hash of their near-duplicate cluster, and never mixed in.
package mix

// Version is part of the key of every step that plans: raise it when plans change.
const Version = "2"
