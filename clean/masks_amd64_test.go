//go:build !noasm

package clean

// setVectors switches the vector path on or off, where there is one, and tells what it was.
func setVectors(on bool) (was bool) {
	was, has512 = has512, on
	return was
}
