// Package tokenize turns text into token ids and back, and learns the vocabulary that it uses: byte-level BPE, and BPE and Unigram
// of characters, read from and written to Hugging Face's tokenizer.json. In come the UTF-8 text of documents, or a sample of them to learn from; out go ids that
// end with the end-of-text token, or a tokenizer.
//
// What never happens here: text never yields a special token, whatever it spells; bytes that are no UTF-8 are never lost or
// replaced (unless the file asks for a Unicode normal form); no regular expression is run: the split patterns are hand-written
// rules over pinned Unicode tables, and a pattern that is not one of them is refused by name. There is no file access but
// for the counts of learning that are beyond its memory, and no goroutine but quern.Each's. A Tokenizer is immutable and may be shared; an Encoder, a Counter and a Stage belong to one goroutine.
//
// How it is fast: class masks of 64 bytes at once find where pieces begin (window.go; the readable truth is scalar.go). Slots of 16 bytes that are keyed by the
// piece's own bytes answer nine pieces of ten (hot.go), a table of all tokens that encoders share and a table of each encoder most others (cache.go). What
// nobody has met is merged by a flat scan, or, if it is long, by longest match with backtracking, over a table of the one pair that ends each token's path (canon.go,
// bpe.go). Every fast path has a slow twin that tests hold it to: slow.go runs the parts of a file one by one.
package tokenize

// Version changes when the ids of a text, or the tokenizer learned from a sample, change.
const Version = "2"
