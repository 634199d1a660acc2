package clean

import (
	"bytes"
	"encoding/binary"

	"github.com/cespare/xxhash/v2"
)

// adblock are filter lists in Adblock Plus' syntax, as far as they are about URLs: "||host^path", "|start", "end|", "*", "^" for a
// separator, "@@" for exceptions, "/…" and any other text for what may stand anywhere; capitals do not matter. Passed over are rules on
// elements of a page, regular expressions, and rules bound to pages by domain=. Kinds of requests ($script, $third-party) are not
// looked at: a document that lies where such things are served is one.
type adblock struct {
	hosts, except       *hashSet // whole hosts with all below: most of all rules
	rules, exceptRules  patterns
	hostHashes, exempts []uint64 // while reading
}

func newAdblock(paths []string) (*adblock, error) {
	a := &adblock{}
	for _, p := range paths {
		if err := eachLine(p, func(_ int, line []byte) error { a.add(line); return nil }); err != nil {
			return nil, err
		}
	}
	a.hosts, a.except = newHashSet(a.hostHashes), newHashSet(a.exempts)
	a.hostHashes, a.exempts = nil, nil
	a.rules.index()
	a.exceptRules.index()
	return a, nil
}

// add reads a line of a list.
func (a *adblock) add(line []byte) {
	if line[0] == '!' || line[0] == '[' || line[0] == '#' {
		return
	}
	for _, mark := range []string{"##", "#@#", "#?#", "#$#", "#%#"} {
		if bytes.Contains(line, []byte(mark)) {
			return
		}
	}
	line, exception := bytes.CutPrefix(line, []byte("@@"))
	if len(line) > 1 && line[0] == '/' && (line[len(line)-1] == '/' || bytes.Contains(line, []byte("/$"))) {
		return
	}
	if i := bytes.LastIndexByte(line, '$'); i >= 0 {
		for option := range bytes.SplitSeq(line[i+1:], []byte(",")) {
			if bytes.HasPrefix(option, []byte("domain=")) || bytes.Equal(option, []byte("badfilter")) || bytes.Equal(option, []byte("elemhide")) ||
				bytes.Equal(option, []byte("generichide")) || bytes.Equal(option, []byte("popup")) {
				return
			}
		}
		line = line[:i]
	}
	line = bytes.ToLower(line)
	if rest, ok := bytes.CutPrefix(line, []byte("||")); ok {
		if host, ok := bytes.CutSuffix(rest, []byte("^")); ok && nameSet.end(host, 0, len(host)) == len(host) && len(host) > 0 {
			if exception {
				a.exempts = append(a.exempts, xxhash.Sum64(host))
			} else {
				a.hostHashes = append(a.hostHashes, xxhash.Sum64(host))
			}
			return
		}
	}
	if p := newPattern(line); exception {
		a.exceptRules.add(p)
	} else {
		a.rules.add(p)
	}
}

// blocks tells whether a rule is against a URL and no exception for it.
func (a *adblock) blocks(at *address) bool {
	return (hostListed(a.hosts, at.host) || a.rules.match(at)) && !hostListed(a.except, at.host) && !a.exceptRules.match(at)
}

// hostListed tells whether a host or one above it is in the set.
func hostListed(set *hashSet, host []byte) bool {
	if len(set.hashes) == 0 {
		return false
	}
	for i := 0; i < len(host); i++ {
		if (i == 0 || host[i-1] == '.') && set.has(xxhash.Sum64(host[i:])) {
			return true
		}
	}
	return false
}

// pattern is a rule that is more than a host.
type pattern struct {
	parts             [][]byte // what stands between stars; "^" in them is a separator
	host, start, last bool     // anchored at a label of the host, at the start, at the end
}

func newPattern(line []byte) pattern {
	p := pattern{}
	if line, p.host = bytes.CutPrefix(line, []byte("||")); !p.host {
		line, p.start = bytes.CutPrefix(line, []byte("|"))
	}
	line, p.last = bytes.CutSuffix(line, []byte("|"))
	if len(line) > 0 && line[0] == '*' {
		p.host, p.start = false, false
	}
	if len(line) > 0 && line[len(line)-1] == '*' {
		p.last = false
	}
	for part := range bytes.SplitSeq(line, []byte("*")) {
		if len(part) > 0 {
			p.parts = append(p.parts, bytes.Clone(part))
		}
	}
	return p
}

// match tells whether the pattern is in a URL.
func (p *pattern) match(at *address) bool {
	url := at.url
	switch {
	case p.start:
		n := partAt(p.parts[0], url, 0)
		return n >= 0 && p.matchRest(1, url, n)
	case p.host:
		for i := at.from; i < at.to; i++ {
			if i == at.from || url[i-1] == '.' {
				if n := partAt(p.parts[0], url, i); n >= 0 && p.matchRest(1, url, n) {
					return true
				}
			}
		}
		return false
	}
	return p.matchRest(0, url, 0)
}

// matchRest finds the parts from k on, in order, in url[i:]. The first place of each is as good as any, but for a last part that must
// stand at the end.
func (p *pattern) matchRest(k int, url []byte, i int) bool {
	if k == len(p.parts) {
		return !p.last || i == len(url)
	}
	for ; k < len(p.parts); k++ {
		end := -1
		for ; i <= len(url) && end < 0; i++ {
			if end = partAt(p.parts[k], url, i); end >= 0 && p.last && k == len(p.parts)-1 && end != len(url) {
				end = -1
			}
		}
		if end < 0 {
			return false
		}
		i = end
	}
	return true
}

// partAt matches a part at url[i:] and tells where it ends, -1 if it does not match. A separator also matches the end.
func partAt(part, url []byte, i int) int {
	for k, c := range part {
		switch {
		case c == '^' && i == len(url):
			if k == len(part)-1 {
				return i
			}
			return -1
		case i >= len(url), c == '^' && (isAlnum(url[i]) || url[i] == '_' || url[i] == '-' || url[i] == '.' || url[i] == '%'), c != '^' && c != url[i]:
			return -1
		}
		i++
	}
	return i
}

// patterns finds those of many that match a URL, by four bytes that each must have.
type patterns struct {
	all   []pattern
	loose []int32            // those without four bytes in a row
	by    map[uint32][]int32 // the rest
	maybe []uint64           // bits by hash of four bytes: most windows of a URL are not in by
}

func (ps *patterns) add(p pattern) {
	if len(p.parts) > 0 {
		ps.all = append(ps.all, p)
	}
}

const maybeBits = 19

func gramBit(g uint32) uint32 { return g * 0x9E3779B1 >> (32 - maybeBits) }

// index files each pattern under the window of four bytes that is rarest among all.
func (ps *patterns) index() {
	if len(ps.all) == 0 {
		return
	}
	ps.by, ps.maybe = map[uint32][]int32{}, make([]uint64, 1<<maybeBits/64)
	freq := map[uint32]int32{}
	for i := range ps.all {
		ps.all[i].grams(func(g uint32) { freq[g]++ })
	}
	for i := range ps.all {
		best, least := uint32(0), int32(0)
		ps.all[i].grams(func(g uint32) {
			if least == 0 || freq[g] < least {
				best, least = g, freq[g]
			}
		})
		if least == 0 {
			ps.loose = append(ps.loose, int32(i))
			continue
		}
		ps.by[best] = append(ps.by[best], int32(i))
		bit := gramBit(best)
		ps.maybe[bit>>6] |= 1 << (bit & 63)
	}
}

// grams calls f with each window of four bytes without a separator.
func (p *pattern) grams(f func(g uint32)) {
	for _, part := range p.parts {
		for i := 0; i+4 <= len(part); i++ {
			if bytes.IndexByte(part[i:i+4], '^') < 0 {
				f(binary.LittleEndian.Uint32(part[i:]))
			}
		}
	}
}

func (ps *patterns) match(at *address) bool {
	if len(ps.all) == 0 {
		return false
	}
	for _, k := range ps.loose {
		if ps.all[k].match(at) {
			return true
		}
	}
	url := at.url
	for i := 0; i+4 <= len(url); i++ {
		g := binary.LittleEndian.Uint32(url[i:])
		if bit := gramBit(g); ps.maybe[bit>>6]>>(bit&63)&1 == 0 {
			continue
		}
		for _, k := range ps.by[g] {
			if ps.all[k].match(at) {
				return true
			}
		}
	}
	return false
}
