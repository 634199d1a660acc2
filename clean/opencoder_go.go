package clean

import "bytes"

// goLogic counts by lines, as the peer does by patterns. That there are variables is not asked: the peer compares a list with 0 there,
// so that its rule never drops a file.
func (o *openText) goLogic() (l openLogic) {
	l.variables = true
	for i := range o.lines {
		line := o.line(i)
		switch {
		case startsWith(line, "func ") && o.lines[i].indent == 0 && bytes.IndexByte(line, '(') > 0:
			l.functions++
		case startsWith(line, "return") && (len(line) == 6 || !isWord(line[6])):
			l.returns++
		case startsWith(line, "import (") && len(line) == 8 || startsWith(line, `import "`):
			l.imports++
		case startsWith(line, "type ") && (bytes.HasSuffix(line, []byte("struct {")) || bytes.HasSuffix(line, []byte("interface {"))):
			l.classes++
		case startsWith(line, "var ") && plainVariable(line[4:]):
			l.members++
		}
	}
	return l
}

// plainVariable tells a name and a type of one word each.
func plainVariable(rest []byte) bool {
	words, inWord := 0, false
	for _, c := range rest {
		switch {
		case isWord(c):
			if !inWord {
				words++
			}
			inWord = true
		case c == ' ' || c == '\t' || c == ';':
			inWord = false
		default:
			return false
		}
	}
	return words == 2
}
