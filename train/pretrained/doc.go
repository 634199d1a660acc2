// Package pretrained reads and writes models as they lie in folders: those of Hugging Face, which are also this program's own checkpoints, and what else the
// field has: adapters, GGUF, the files of llm.c. Tensors and JSON in, a model and its text out, and back. What a file asks for that is not computed here, is
// refused by the name of the field or tensor; nothing is guessed, and no number of a file is copied twice.
package pretrained
