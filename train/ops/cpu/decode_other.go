//go:build !amd64 || noasm

package cpu

// decoding is plain Go.
var decoding = plainDecoder

// decoders lists the one there is.
func decoders() []decoder { return []decoder{plainDecoder} }
