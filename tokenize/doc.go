// Package tokenize turns text into token ids and back, and learns the vocabulary that it uses. It reads Hugging Face's tokenizer.json with every model (BPE,
// Unigram, WordPiece, WordLevel) and part, tiktoken's ranks and SentencePiece's .model. In come the UTF-8 text of documents, or a sample of them to
// learn from; out go ids that end with the end-of-text token, or a tokenizer.
//
// What never happens here: text never yields a special token, whatever it spells. Byte-level vocabularies lose and replace no byte (unless the file asks for a
// Unicode normal form); others work on characters, and of bytes that are no UTF-8 each maximal subpart is U+FFFD to them, as to their libraries. There is
// no file access and no goroutine. A Tokenizer is immutable and may be shared; an Encoder, a Counter and a Stage belong to one goroutine.
//
// How it is fast: byte-level texts are cut into pieces by class masks of 64 bytes at once (mask.go; the readable truth is split.go), others where no part of the
// file looks across, which is found out when the file is read (flow.go, joins.go). A two-way cache keyed by the piece's own bytes answers most pieces
// (cache.go), and what it misses is merged (bpe.go, charbpe.go) or goes through the parts of the file (slow.go), which are the truth for all. Every fast path
// has a slow twin that tests hold it to. A split pattern that is none of the known rules is run by a regular expression engine, exactly and slowly.
package tokenize

// Version changes when the ids of a text, or the tokenizer learned from a sample, change.
const Version = "1"
