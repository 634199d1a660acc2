// Package data turns token shards and conversations into batches. A batch is a pure function of a cursor, which is one integer, so
// a training run goes on exactly where it stopped. It knows no model and no loss.
package data
