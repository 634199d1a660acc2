// Package data turns token shards and conversations into batches. Which samples a batch holds is a pure function of a plan and a
// cursor, which is one integer, so a training run goes on exactly where it stopped, on any number of ranks. It knows no model and no
// loss. Its one goroutine reads ahead for a Loader.
package data
