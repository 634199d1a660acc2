// Package sentencepiece cuts text into the pieces of a SentencePiece unigram model. In come a model file
// (.model, a protocol buffer) and text, out go pieces, equal to SentencePiece's own. It knows no documents. A Model is read-only: any
// number of goroutines share it, each with a Cutter of its own.
//
// Files are foreign: lengths are held against the file, indices are checked before they are used, and an error names the offset and
// what was expected there. Models by byte pairs, words and characters are refused, as are symbols that a user defined.
package sentencepiece
