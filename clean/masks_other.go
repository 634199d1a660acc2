//go:build !amd64 || noasm

package clean

const has512 = false

func classify(text []byte, from int, blocks []block) (anyHigh bool) {
	return classifyPlain(text, from, blocks)
}

func flatten(dst []uint32, blocks []block, m maskOf, count int) []uint32 {
	return flattenPlain(dst, blocks, m, count)
}
