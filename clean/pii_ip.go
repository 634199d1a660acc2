package clean

// publicIPv4 reads an address of the internet whose first number begins at i, and tells its end; 0 if there is none. An address is
// four numbers up to 255 without leading zeros, neither directly before nor after a digit, nor part of a longer row of dotted
// numbers. Unless loose, it is no part of a word or path either, and one of its numbers has three digits or what stands around it says
// that it is an address: most other rows of four are sections and versions.
func publicIPv4(b []byte, i int, loose bool) int {
	if i > 1 && b[i-1] == '.' && b[i-2]-'0' < 10 {
		return 0
	}
	ip, n := parseIPv4(b[i:])
	end := i + n
	if n == 0 || end+1 < len(b) && b[end] == '.' && b[end+1]-'0' < 10 || !isPublic(ip) {
		return 0
	}
	if !loose && (!clearOfWords(b, i, end) || n < 13 && !anyHundred(ip) && !calledAddress(b, i, end)) {
		return 0
	}
	return end
}

// clearOfWords tells whether what stands at [from, to) is no part of a name with a version, of a path, or of a row of numbers.
func clearOfWords(b []byte, from, to int) bool {
	if from > 0 {
		switch c := b[from-1]; {
		case isAlnum(c), c == '_', c == '.', c == '-' && from > 1 && b[from-2] > ' ', c == '/' && (from < 2 || b[from-2] != '/'):
			return false
		}
	}
	return to >= len(b) || !isAlnum(b[to]) && b[to] != '_' && !(b[to] == '-' && to+1 < len(b) && isAlnum(b[to+1]))
}

func anyHundred(ip uint32) bool {
	return ip>>24 > 99 || ip>>16&255 > 99 || ip>>8&255 > 99 || ip&255 > 99
}

// calledAddress tells whether an address at [from, to) is said to be one: a port or a prefix length behind it, "//" or "@" before it,
// or a word.
func calledAddress(b []byte, from, to int) bool {
	if to+1 < len(b) && (b[to] == ':' || b[to] == '/') && b[to+1]-'0' < 10 {
		return true
	}
	i := from
	for i > 0 && from-i < 4 && (b[i-1] == ' ' || b[i-1] == ':' || b[i-1] == '=' || b[i-1] == '"' || b[i-1] == '\'' || b[i-1] == '(' || b[i-1] == '`') {
		i--
	}
	if i > 1 && i == from && (b[i-1] == '@' || b[i-1] == '/' && b[i-2] == '/') {
		return true
	}
	var low [12]byte
	n := len(low)
	for i > 0 && n > 0 && (isAlnum(b[i-1]) || b[i-1] == '_') {
		n--
		i--
		low[n] = b[i] | 0x20
	}
	switch string(low[n:]) {
	case "ip", "ips", "ipv4", "address", "addresses", "addr", "host", "hosts", "server", "nameserver", "dns", "ping", "gateway", "ip_address",
		"remote_addr", "resolver", "listen":
		return true
	}
	return false
}

// parseIPv4 reads an address at the start of b and tells its length; 0 if there is none.
func parseIPv4(b []byte) (ip uint32, n int) {
	for part := range 4 {
		if part > 0 {
			if n >= len(b) || b[n] != '.' {
				return 0, 0
			}
			n++
		}
		v, from := uint32(0), n
		for n < len(b) && b[n]-'0' < 10 {
			if v = v*10 + uint32(b[n]-'0'); v > 255 || n > from && b[from] == '0' {
				return 0, 0
			}
			n++
		}
		if n == from {
			return 0, 0
		}
		ip = ip<<8 | v
	}
	return ip, n
}

// isPublic follows the IANA registry of special-purpose IPv4 addresses: all that is not globally reachable is not public.
func isPublic(ip uint32) bool {
	in := func(a, b, c, d uint32, bits uint) bool { return (ip^(a<<24|b<<16|c<<8|d))>>(32-bits) == 0 }
	if in(192, 0, 0, 9, 32) || in(192, 0, 0, 10, 32) {
		return true
	}
	return !(in(0, 0, 0, 0, 8) || in(10, 0, 0, 0, 8) || in(100, 64, 0, 0, 10) || in(127, 0, 0, 0, 8) || in(169, 254, 0, 0, 16) ||
		in(172, 16, 0, 0, 12) || in(192, 0, 0, 0, 24) || in(192, 0, 2, 0, 24) || in(192, 168, 0, 0, 16) || in(198, 18, 0, 0, 15) ||
		in(198, 51, 100, 0, 24) || in(203, 0, 113, 0, 24) || in(240, 0, 0, 0, 4))
}

// publicIPv6 reads an address (RFC 4291, section 2.2) that begins at i with a digit and is globally reachable; it tells its end, 0
// if there is none. All such addresses begin with 2 or 3 and three more hexadecimal digits, so no time of day is one.
func publicIPv6(b []byte, i int) int {
	if i+5 >= len(b) || b[i+4] != ':' || i > 0 && (isAlnum(b[i-1]) || b[i-1] == '_' || b[i-1] == ':' || b[i-1] == '.') {
		return 0
	}
	var groups [8]uint16
	n, gap, at := 0, -1, i
	for n < 8 {
		v, from := uint32(0), at
		for at < len(b) && at-from < 5 && isHex(b[at]) {
			v = v<<4 | uint32(hexValue(b[at]))
			at++
		}
		if at == from || at-from > 4 {
			return 0
		}
		groups[n] = uint16(v)
		n++
		if at+1 >= len(b) || b[at] != ':' {
			break
		}
		if b[at+1] == ':' && gap < 0 {
			gap = n
			at += 2
			if at >= len(b) || !isHex(b[at]) {
				break
			}
			continue
		}
		if !isHex(b[at+1]) || n == 8 {
			break
		}
		at++
	}
	if gap < 0 && n != 8 || gap >= 0 && n == 8 {
		return 0
	}
	if at < len(b) && (isAlnum(b[at]) || b[at] == '_' || b[at] == ':' && at+1 < len(b) && (isAlnum(b[at+1]) || b[at+1] == ':')) {
		return 0
	}
	if gap >= 0 { // the zeros that "::" stands for
		copy(groups[8-(n-gap):], groups[gap:n])
		clear(groups[gap : 8-(n-gap)])
	}
	if !isPublic6(&groups) {
		return 0
	}
	return at
}

func hexValue(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return (c | 0x20) - 'a' + 10
}

// isPublic6 follows the IANA registry of special-purpose IPv6 addresses within 2000::/3, all of the space that is in use.
func isPublic6(g *[8]uint16) bool {
	switch {
	case g[0]>>13 != 1:
		return false
	case g[0] == 0x2002: // 6to4
		return false
	case g[0] == 0x3fff && g[1] < 0x1000: // documentation
		return false
	case g[0] != 0x2001:
		return true
	case g[1] == 0x0db8: // documentation
		return false
	case g[1] >= 0x200: // the rest is outside 2001::/23
		return true
	}
	single := g[1] == 1 && g[2]|g[3]|g[4]|g[5]|g[6] == 0 && g[7] >= 1 && g[7] <= 3 // anycast of PCP, TURN and DNS-SD
	return single || g[1] == 3 || g[1] == 4 && g[2] == 0x112 || g[1]&0xfff0 == 0x20 || g[1]&0xfff0 == 0x30
}
