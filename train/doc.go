// Package train fits language models: pretraining on a corpus, supervised fine-tuning on conversations. In go token streams or
// conversations; out come checkpoints and a log of JSON lines. A run is a pure function of its configuration, its data and its
// seed: stopped anywhere and started again, on any number of workers, it ends in the same bytes. It knows losses; gradients are in
// train/model, kernels in train/ops.
package train

// Version is part of the key of every training step: raise it when checkpoints change.
const Version = "3"
