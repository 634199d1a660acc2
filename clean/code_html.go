package clean

import "bytes"

// needVisible counts the characters of a page that a browser shows: what stands outside of tags, comments, declarations, scripts and
// style sheets. A character reference is one, and so is white space alone between two tags, but in pre and textarea. The peers ask
// Beautiful Soup, which does the same.
func (s *codeScan) needVisible() {
	if !s.need(partVisible) {
		return
	}
	s.visible = 0
	t, kept := s.text, false // kept: within an element that keeps white space
	for len(t) > 0 {
		at := bytes.IndexByte(t, '<')
		if at < 0 {
			at = len(t)
		}
		if at > 0 && !kept && blankASCII(t[:at]) {
			s.visible++
		} else {
			s.visible += visibleChars(t[:at])
		}
		if t = t[at:]; len(t) == 0 {
			return
		}
		n := markupLen(t)
		if n == 0 {
			s.visible++ // a < that opens nothing
			n = 1
		}
		for _, name := range [...]string{"pre", "textarea"} {
			kept = kept && !namesTag(t[1:n], "/", name) || namesTag(t[1:n], "", name)
		}
		t = t[n:]
	}
}

// namesTag tells whether the inside of a tag begins with a name.
func namesTag(t []byte, slash, name string) bool {
	n := len(slash) + len(name)
	return len(t) > n && string(t[:len(slash)]) == slash && equalLower(t[len(slash):n], name) && !isAlnum(t[n])
}

func blankASCII(t []byte) bool {
	for _, c := range t {
		if c != ' ' && c-'\t' >= 5 {
			return false
		}
	}
	return true
}

func visibleChars(t []byte) int {
	n := codePoints(t)
	for {
		at := bytes.IndexByte(t, '&')
		if at < 0 {
			return n
		}
		t = t[at+1:]
		if end := bytes.IndexByte(t[:min(len(t), 32)], ';'); end > 0 && isReference(t[:end]) {
			n -= end + 1
			t = t[end+1:]
		}
	}
}

func isReference(name []byte) bool {
	for i, c := range name {
		if !isAlnum(c) && !(i == 0 && c == '#' && len(name) > 1) {
			return false
		}
	}
	return true
}

// markupLen is the length of the tag, comment or declaration at the start of t, with what a script or style element holds; 0 if the <
// there opens none.
func markupLen(t []byte) int {
	if len(t) < 2 {
		return 0
	}
	switch c := t[1]; {
	case bytes.HasPrefix(t, []byte("<!--")):
		return closedBy(t, 4, "-->")
	case c == '!' || c == '?':
		return closedBy(t, 2, ">")
	case c == '/' || (c|0x20)-'a' < 26:
	default:
		return 0
	}
	end := tagEnd(t)
	for _, name := range [...]string{"script", "style"} {
		if len(t) > len(name)+1 && equalLower(t[1:1+len(name)], name) && !isAlnum(t[1+len(name)]) && end < len(t) && t[end-2] != '/' {
			return end + rawLen(t[end:], name)
		}
	}
	return end
}

func closedBy(t []byte, from int, close string) int {
	if at := bytes.Index(t[from:], []byte(close)); at >= 0 {
		return from + at + len(close)
	}
	return len(t)
}

// tagEnd is behind the > of a tag; quoted values may hold others.
func tagEnd(t []byte) int {
	for i := 1; i < len(t); i++ {
		switch c := t[i]; c {
		case '>':
			return i + 1
		case '"', '\'':
			if t[i-1] != '=' && t[i-1] != ' ' {
				continue
			}
			at := bytes.IndexByte(t[i+1:], c)
			if at < 0 {
				return len(t)
			}
			i += at + 1
		}
	}
	return len(t)
}

// rawLen is the length of what a script or style element holds, up to its closing tag.
func rawLen(t []byte, name string) int {
	for i := 0; ; {
		at := bytes.Index(t[i:], []byte("</"))
		if at < 0 {
			return len(t)
		}
		i += at
		if len(t)-i >= 2+len(name) && equalLower(t[i+2:i+2+len(name)], name) {
			return i
		}
		i += 2
	}
}

// equalLower compares with a name in lower case.
func equalLower(b []byte, name string) bool {
	if len(b) != len(name) {
		return false
	}
	for i, c := range b {
		if c|0x20 != name[i] {
			return false
		}
	}
	return true
}
