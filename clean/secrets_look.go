package clean

import (
	"bytes"
	"math"
)

// lookPrivateKey reads a PEM block (RFC 7468) with a private key in it, also within strings of a program. One without an end, or cut
// short by dots, is none.
func lookPrivateKey(s *secrets, from, i int) secret {
	const longest, head = 1 << 14, 40
	b := s.text[i:min(len(s.text), i+longest)]
	label := bytes.Index(b[:min(len(b), head)], []byte("PRIVATE KEY"))
	if label < 0 || bytes.IndexByte(b[:label], '\n') >= 0 {
		return secret{}
	}
	begin := bytes.Index(b[:min(len(b), label+32)], []byte("-----"))
	if begin < 0 {
		return secret{}
	}
	begin += 5
	end := bytes.Index(b[begin:], []byte("-----END "))
	if end < 0 {
		return secret{}
	}
	body := b[begin : begin+end]
	if bytes.Contains(body, []byte("...")) || isPlaceholder(body[:min(len(body), 80)]) {
		return secret{}
	}
	n := 0
	for _, c := range body {
		if isAlnum(c) || c == '+' || c == '/' {
			n++
		}
	}
	if n < 40 { // the shortest keys, those of Ed25519, have 64
		return secret{}
	}
	to := begin + end + len("-----END ")
	if close := bytes.Index(b[to:min(len(b), to+head)], []byte("-----")); close >= 0 {
		to += close + 5
	}
	return secret{from: from, to: i + to, score: 1}
}

// lookURLPassword reads user:password@host behind "://"; the finding is the password. Hosts that are everyone's own, or an example's,
// have none that matters.
func lookURLPassword(s *secrets, _, i int) secret {
	b := s.text
	colon := userSet.end(b, i, i+65)
	if colon >= len(b) || b[colon] != ':' {
		return secret{}
	}
	from := colon + 1
	to := from
	for to < len(b) && to-from < 101 && b[to] > ' ' && b[to] < 0x7F && bytes.IndexByte([]byte("/@?#\"'`<>{}$*()[]\\|,;"), b[to]) < 0 {
		to++
	}
	if to >= len(b) || b[to] != '@' || to-from < 6 || isPlaceholder(b[from:to]) || onlyLetters(b[from:to]) || bytes.Equal(b[i:colon], b[from:to]) {
		return secret{}
	}
	host := b[to+1 : nameSet.end(b, to+1, to+1+253)]
	if len(host) < 3 || bytes.HasPrefix(host, []byte("localhost")) || bytes.HasPrefix(host, []byte("127.")) || bytes.Contains(host, []byte("example")) ||
		bytes.HasSuffix(host, []byte(".test")) || bytes.HasSuffix(host, []byte(".invalid")) || bytes.HasPrefix(host, []byte("host")) {
		return secret{}
	}
	return secret{from: from, to: to, score: 0.8}
}

// lookAssigned reads what is assigned to a name that has a telling word in it: name = "…", "name": '…', name := `…`, and NAME=… to the
// end of a line. What is assigned must look like chance.
func lookAssigned(s *secrets, _, i int) secret {
	b := s.text
	i = idSet.end(b, i, i+24) // the rest of the name
	if i < len(b) && (b[i] == '"' || b[i] == '\'') {
		i++
	}
	i = spacesEnd(b, i)
	if i >= len(b) || b[i] != '=' && b[i] != ':' {
		return secret{}
	}
	sign := b[i]
	if i++; i < len(b) && (sign == ':' && b[i] == '=' || sign == '=' && b[i] == '>') {
		i++
	}
	i = spacesEnd(b, i)
	if i >= len(b) {
		return secret{}
	}
	quote := b[i]
	quoted := quote == '"' || quote == '\'' || quote == '`'
	if quoted {
		i++
	}
	const shortest, longest = 12, 200
	to := valueSet.end(b, i, i+longest+1)
	value := b[i:to]
	if len(value) < shortest || len(value) > longest || quoted && (to >= len(b) || b[to] != quote) {
		return secret{}
	}
	least := s.minEntropy
	if !quoted { // only what is clearly chance, and ends with its line
		if to < len(b) && b[to] != '\n' && b[to] != '\r' || len(value) < 20 {
			return secret{}
		}
		least = max(least, 4)
	}
	if isPlaceholder(value) || !looksRandom(value) || entropy(value) < least {
		return secret{}
	}
	return secret{from: i, to: to, score: 0.6}
}

func spacesEnd(b []byte, i int) int {
	for n := 0; n < 16 && i < len(b) && (b[i] == ' ' || b[i] == '\t'); n++ {
		i++
	}
	return i
}

// looksRandom tells chance from names, paths, URLs and words: digits, small letters and capitals change into each other at every
// fourth place or more, and no run of small letters is as long as a word.
func looksRandom(v []byte) bool {
	digits, letters, changes, run, longest, marks := 0, 0, 0, 0, 0, 0
	last := byte(0)
	for _, c := range v {
		kind := byte(0)
		switch {
		case c-'0' < 10:
			kind = 1
			digits++
		case c-'a' < 26:
			kind = 2
			letters++
		case c-'A' < 26:
			kind = 3
			letters++
		default:
			marks++
		}
		if kind == last {
			run++
		} else if run = 1; kind != 0 && last != 0 {
			changes++
		}
		if kind == 2 {
			longest = max(longest, run)
		}
		last = kind
	}
	return digits >= 2 && letters >= 4 && changes*4 >= len(v) && longest <= 7 && marks*6 <= len(v)
}

// onlyLetters tells whether something is letters alone, or words apart by signs.
func onlyLetters(v []byte) bool {
	for _, c := range v {
		if !isLetter(c) && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

// isPlaceholder tells whether something stands for a secret: it says so, counts, repeats itself, or is a variable.
func isPlaceholder(v []byte) bool {
	var buf [128]byte
	low := appendLower(buf[:0], v[:min(len(v), len(buf))])
	for _, w := range placeholderWords {
		if bytes.Contains(low, []byte(w)) {
			return true
		}
	}
	same := 1
	for i := 1; i < len(low); i++ {
		if low[i] != low[i-1] {
			same = 1
		} else if same++; same >= 5 {
			return true
		}
	}
	return false
}

// placeholderWords stand in what people write for a secret, in lower case.
var placeholderWords = []string{"example", "sample", "placeholder", "changeme", "change-me", "change_me", "replace", "insert", "dummy", "fake", "redacted", "your",
	"my-", "my_", "mysecret", "mytoken", "mypass", "xxxx", "****", "...", "1234567", "abcdef", "secret", "passw", "ssword", "${", "{{", "<", "%s", "$(", "foobar", "test", "todo", "none",
	"deadbeef", "invalid", "00000"}

// entropy is Shannon's, in bits a byte.
func entropy(v []byte) float64 {
	var counts [256]uint16
	for _, c := range v {
		counts[c]++
	}
	h := 0.0
	for _, n := range counts {
		if n > 0 {
			p := float64(n) / float64(len(v))
			h -= p * math.Log2(p)
		}
	}
	return h
}
