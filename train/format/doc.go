// Package format reads and writes the files of models: named tensors in, bytes of safetensors, GGUF or llm.c out, and back. It knows shapes and bytes, no
// model and no folder. A file never makes it panic, nor allocate more than its own size suggests.
package format
