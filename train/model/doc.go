// Package model is a decoder by hand: tokens go in, the log-probability of each target, the entropy of each prediction and the scores of
// a second head come out, their gradients go in again, and the gradients of all parameters, or of an adapter, come out. Five
// architectures stand side by side, those of GPT-2, Llama, Mistral, Qwen2 and Qwen3. Nothing here knows text, files, a loss, an optimizer or
// a device: kernels come from package ops.
package model
