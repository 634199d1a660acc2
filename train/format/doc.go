// Package format writes and reads the files of checkpoints: named tensors in, safetensors bytes out, and back. It knows shapes and
// bytes, no model and no folder. A file never makes it panic, nor allocate more than its own size suggests.
package format
