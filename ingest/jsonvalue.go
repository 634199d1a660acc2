package ingest

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// unquote appends the value of a string that has been scanned, given without its quotes.
func unquote(dst, b []byte) []byte {
	for {
		i := bytes.IndexByte(b, '\\')
		if i < 0 {
			return append(dst, b...)
		}
		dst = append(dst, b[:i]...)
		switch c := b[i+1]; c {
		case 'n':
			dst = append(dst, '\n')
		case 't':
			dst = append(dst, '\t')
		case 'r':
			dst = append(dst, '\r')
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'u':
			r := hex4(b[i:])
			i += 4
			if utf16.IsSurrogate(r) {
				r = utf16.DecodeRune(r, hex4(b[i+2:]))
				i += 6
			}
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, c)
		}
		b = b[i+2:]
	}
}

// compactJSON appends a value that has been scanned, without the spaces between its tokens.
func compactJSON(dst, v []byte) []byte {
	for i := 0; i < len(v); {
		switch v[i] {
		case ' ', '\t', '\r', '\n':
			i++
		case '"':
			end := skipString(v, i)
			dst = append(dst, v[i:end]...)
			i = end
		default:
			dst = append(dst, v[i])
			i++
		}
	}
	return dst
}

// skipString is where the string that starts at i ends, in JSON that has been scanned.
func skipString(v []byte, i int) int {
	for i++; ; i += 2 {
		if i = plainString(v, i); v[i] == '"' {
			return i + 1
		}
	}
}

// skipValue is where the value that starts at i ends, in JSON that has been scanned.
func skipValue(v []byte, i int) int {
	depth := 0
	for i < len(v) {
		switch v[i] {
		case '"':
			if i = skipString(v, i); depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
			if depth < 0 { // a number or literal that ends its container
				return i
			}
		case ',', ' ', '\t', '\r', '\n', ':':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return i
}

func skipSpace(v []byte, i int) int {
	for i < len(v) && (v[i] == ' ' || v[i] == '\t' || v[i] == '\r' || v[i] == '\n') {
		i++
	}
	return i
}

// dig finds a value in nested objects and lists, in JSON that has been scanned; nil if it is not there.
func dig(v []byte, path []string) []byte {
	for _, want := range path {
		if v[0] != '{' && v[0] != '[' {
			return nil
		}
		if v = child(v, want); v == nil {
			return nil
		}
	}
	return v
}

// child is the member of an object with the given name, or the element of a list with that number, from 0.
func child(v []byte, want string) []byte {
	object := v[0] == '{'
	for i, n := skipSpace(v, 1), 0; i < len(v) && v[i] != '}' && v[i] != ']'; n++ {
		found := false
		if object {
			end := skipString(v, i)
			name := v[i+1 : end-1]
			if bytes.IndexByte(name, '\\') >= 0 {
				name = unquote(nil, name)
			}
			found = string(name) == want
			i = skipSpace(v, skipSpace(v, end)+1)
		} else {
			found = isIndex(want, n)
		}
		end := skipValue(v, i)
		if found {
			return v[i:end]
		}
		if i = skipSpace(v, end); i < len(v) && v[i] == ',' {
			i = skipSpace(v, i+1)
		}
	}
	return nil
}

// isIndex reports whether s is n as people write it.
func isIndex(s string, n int) bool {
	if len(s) == 0 || len(s) > 9 || s[0] == '0' && len(s) > 1 {
		return false
	}
	v := 0
	for i := range len(s) {
		if s[i]-'0' > 9 {
			return false
		}
		v = v*10 + int(s[i]-'0')
	}
	return v == n
}
