package clean

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/cespare/xxhash/v2"
	"golang.org/x/net/idna"
)

// urlLists are the lists of a URL rule in memory, read-only; what is not asked for is nil.
type urlLists struct {
	allow, domains, urls, hard, softSet *hashSet
	subwords                            *matcher
	adblock                             *adblock
}

func (o *URL) load() (*urlLists, error) {
	l := &urlLists{}
	for _, x := range []struct {
		set   **hashSet
		paths []string
		read  func(line []byte) []byte
	}{{&l.allow, o.Allow, listedHost}, {&l.domains, o.Domains, listedHost}, {&l.urls, o.URLs, listedURL}, {&l.hard, o.HardWords, listedWord}, {&l.softSet, o.SoftWords, listedWord}} {
		if len(x.paths) == 0 {
			continue
		}
		var hashes []uint64
		for _, p := range x.paths {
			if err := eachEntry(o.path(p), x.read, func(e []byte) { hashes = append(hashes, xxhash.Sum64(e)) }); err != nil {
				return nil, err
			}
		}
		*x.set = newHashSet(hashes)
	}
	if len(o.Subwords) > 0 {
		var words []string
		for _, p := range o.Subwords {
			if err := eachEntry(o.path(p), listedWord, func(e []byte) { words = append(words, string(e)) }); err != nil {
				return nil, err
			}
		}
		var err error
		if l.subwords, err = newMatcher(words, false); err != nil {
			return nil, fmt.Errorf("subwords: %w", err)
		}
	}
	if len(o.Adblock) > 0 {
		var paths []string
		for _, p := range o.Adblock {
			paths = append(paths, o.path(p))
		}
		var err error
		l.adblock, err = newAdblock(paths)
		return l, err
	}
	return l, nil
}

// eachEntry reads a list; read turns a line into an entry, nil if it has none. A list of which no line is an entry is refused: it is some
// other file.
func eachEntry(path string, read func(line []byte) []byte, f func(entry []byte)) error {
	lines, entries := 0, 0
	err := eachLine(path, func(_ int, line []byte) error {
		if line[0] == '#' || line[0] == '!' {
			return nil
		}
		lines++
		if e := read(line); e != nil {
			entries++
			f(e)
		}
		return nil
	})
	if err == nil && entries == 0 && lines > 0 {
		return fmt.Errorf("%s: none of its %d lines is an entry", path, lines)
	}
	return err
}

// listedHost reads a line of a list of domains: "example.com", "0.0.0.0 example.com # why", "||example.com^", "*.example.com", "https://example.com/".
func listedHost(line []byte) []byte {
	if i := bytes.IndexByte(line, '#'); i >= 0 {
		line = line[:i]
	}
	fields := bytes.Fields(line)
	switch {
	case len(fields) == 2 && (fields[0][0]-'0' < 10 || fields[0][0] == ':'): // as in /etc/hosts
		line = fields[1]
	case len(fields) == 1:
		line = fields[0]
	default:
		return nil
	}
	line = bytes.TrimPrefix(bytes.TrimPrefix(line, []byte("||")), []byte("*."))
	line = bytes.Trim(bytes.TrimSuffix(line, []byte("^")), ".")
	if i := bytes.Index(line, []byte("://")); i >= 0 {
		line = line[i+3:]
		if i := bytes.IndexByte(line, '/'); i >= 0 {
			line = line[:i]
		}
	}
	host := bytes.ToLower(line)
	for _, c := range host {
		if c >= 0x80 {
			host = []byte(asciiHost(string(host)))
			break
		}
	}
	for _, c := range host {
		if !isAlnum(c) && c != '-' && c != '.' && c != '_' && c != ':' && c != '[' && c != ']' {
			return nil
		}
	}
	switch string(host) {
	case "", "localhost", "localhost.localdomain", "local", "broadcasthost", "0.0.0.0":
		return nil
	}
	return host
}

// listedURL reads a line of a list of URLs, with or without a scheme.
func listedURL(line []byte) []byte {
	text := string(line)
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	var a address
	if !a.parse(text) {
		return nil
	}
	return a.canonical(nil)
}

// listedWord reads a line of a list of words: its letters and digits, small.
func listedWord(line []byte) (word []byte) {
	for _, c := range line {
		if isAlnum(c) {
			if c-'A' < 26 {
				c |= 0x20
			}
			word = append(word, c)
		}
	}
	return word
}

// asciiHost writes a name of any script as DNS has it; one that is not allowed stays.
func asciiHost(host string) string {
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		return ascii
	}
	return host
}
