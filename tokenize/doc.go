// Package tokenize turns text into token ids and back, and learns the vocabulary that it uses: byte-level BPE, and BPE and Unigram of characters. It reads Hugging
// Face's tokenizer.json with every model (BPE, Unigram, WordPiece, WordLevel) and part, tiktoken's ranks and SentencePiece's .model, and writes all three. In come
// the UTF-8 text of documents, or a sample of them to learn from; out go ids that end with the end-of-text token, or a tokenizer.
//
// What never happens here: text never yields a special token, whatever it spells. Byte-level vocabularies lose and replace no byte (unless the file asks for a
// Unicode normal form); others work on characters, and of bytes that are no UTF-8 each maximal subpart is U+FFFD to them, as to their libraries. There is no file
// access but for the counts of learning that are beyond its memory, and no goroutine but quern.Each's. A Tokenizer is immutable and may be shared; an Encoder, a
// Counter and a Stage belong to one goroutine.
//
// How it is fast: byte-level texts are cut into pieces by class masks of 64 bytes at once (window.go; the readable truth is scalar.go), others where no part of the
// file looks across, which is found out when the file is read (flow.go, joins.go). Slots of 16 bytes that are keyed by the piece's own bytes answer nine pieces of
// ten (hot.go), a table of all tokens that encoders share and a table of each encoder most others (cache.go). What nobody has met is merged by a flat scan, or, if
// it is long, by longest match with backtracking, over a table of the one pair that ends each token's path (canon.go, bpe.go), or goes through the parts of the
// file (charbpe.go, unigram.go, wordpiece.go). Every fast path has a slow twin that tests hold it to: slow.go runs the parts of a file one by one. A split pattern
// that is none of the known rules is run by a regular expression engine, exactly and slowly.
package tokenize

// Version changes when the ids of a text, or the tokenizer learned from a sample, change.
const Version = "2"
