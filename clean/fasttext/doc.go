// Package fasttext runs and trains text classifiers in the format of fastText (Joulin et al. 2016, arXiv 1607.01759; Bojanowski et
// al. 2016, arXiv 1607.04606), in pure Go. In come the bytes of a model (.bin or .ftz, dense or quantized, of every loss) and
// lines of text; out go labels and their probabilities. It knows no documents, starts no goroutines and asks no clock.
//
// A Model is read only and may be shared; a Predictor holds the scratch memory of one goroutine. The answers are those of
// fastText 0.9.3: the same tokens, hashes, rows and order of additions in single precision, with every product rounded before it is
// added, so that the bits are the same on every machine. A build of fastText whose compiler fuses products with sums differs in the
// last bits.
//
// What fastText takes for granted counts here too: words are cut at space, tab, line feed, carriage return, vertical tab, form feed
// and NUL, nothing is folded, a known label within a text is no word, and the word "</s>" ends the text. A line feed within a text
// counts as space; everybody who calls fastText replaces it first.
//
// Train makes a model as fastText does with one thread, Compress makes it small, Evaluate says how good it is, and WriteTo writes what
// fastText reads.
package fasttext
