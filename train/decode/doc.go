// Package decode lets a model speak and judge: sequences of token ids go in; drawn tokens, their text and the log-probability of every
// token come out. Many sequences share each pass through the weights: one that ends makes room for the next.
//
// What never happens here: a result never depends on which sequences were decoded beside it, on their number, or on the number of
// workers. The only chance is each request's seed. One goroutine drives an Engine, and nothing here starts another.
package decode
