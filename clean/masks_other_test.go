//go:build !amd64 || noasm

package clean

func setVectors(bool) bool { return false }
