// Package sentencepiece reads and writes the model files of SentencePiece (.model, a protocol buffer), normalizes text as they ask for, and cuts it into the pieces
// of a unigram model. In come a file and text, out go pieces, equal to SentencePiece's own (release 0.2.3). It knows no documents and no ids of other
// vocabularies. File, Normalizer, Model and Array are read-only: any number of goroutines share them; a Cutter belongs to one.
//
// Files are foreign: lengths are held against the file, indices are checked before they are used, and an error names the offset and
// what was expected there. A space behind words and a denormalizer are refused. A Cutter refuses models by byte pairs, words and characters,
// and symbols that a user defined; package tokenize takes the first and the last.
package sentencepiece
