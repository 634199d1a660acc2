// Package model is a decoder by hand: tokens go in, the log-probability of each target and the entropy of each prediction come out,
// their gradients go in again, and the gradients of all parameters come out. Two architectures stand side by side, GPT-2's and
// Llama's. Nothing here knows text, files, a loss, an optimizer or a device: kernels come from package ops.
package model
