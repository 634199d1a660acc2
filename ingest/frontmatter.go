package ingest

import (
	"bytes"
	"strconv"
	"strings"
)

const maxFrontMatter = 64 << 10

// frontMatter divides a document into the block of facts at its start, between lines of --- (YAML) or +++ (TOML), and the rest. A
// block that does not end within 64 KiB is none.
func frontMatter(doc []byte) (facts, rest []byte) {
	head := doc[:min(len(doc), maxFrontMatter)]
	first, after, ok := bytes.Cut(head, []byte{'\n'})
	mark := string(bytes.TrimRight(first, " \t\r"))
	if !ok || mark != "---" && mark != "+++" {
		return nil, doc
	}
	at := len(first) + 1
	for line := range bytes.Lines(after) {
		if t := string(bytes.TrimRight(line, " \t\r\n")); t == mark || t == "..." && mark == "---" {
			return doc[len(first)+1 : at], doc[at+len(line):]
		}
		at += len(line)
	}
	return nil, doc
}

// fact is the value of a key at the top of the block, if it is one line: of lists and nested values nothing is read.
func fact(facts []byte, keys ...string) string {
	for line := range bytes.Lines(facts) {
		i := bytes.IndexAny(line, ":=")
		if i <= 0 {
			continue
		}
		for _, k := range keys {
			if string(bytes.TrimRight(line[:i], " \t")) == k {
				if v := scalar(strings.TrimSpace(string(line[i+1:]))); v != "" {
					return v
				}
			}
		}
	}
	return ""
}

// scalar is a value as YAML and TOML write it on one line; "" if it is none.
func scalar(s string) string {
	if s == "" {
		return ""
	}
	switch s[0] {
	case '"':
		end := 1
		for end < len(s) && s[end] != '"' {
			if s[end] == '\\' {
				end++
			}
			end++
		}
		if end >= len(s) {
			return ""
		}
		if v, err := strconv.Unquote(s[:end+1]); err == nil {
			return v
		}
		return s[1:end]
	case '\'':
		v, _, ok := strings.Cut(strings.ReplaceAll(s[1:], "''", "\x00"), "'")
		if !ok {
			return ""
		}
		return strings.ReplaceAll(v, "\x00", "'")
	case '[', '{', '|', '>', '&', '*', '!', '#':
		return ""
	}
	if i := strings.Index(s, " #"); i >= 0 {
		s = strings.TrimSpace(s[:i])
	}
	if s == "null" || s == "~" {
		return ""
	}
	return s
}
