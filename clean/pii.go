package clean

import (
	"bytes"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

// PII replaces e-mail addresses and public IPv4 addresses. Private, loopback and documentation ranges stay, since they name no one.
type PII struct {
	Email      bool   `yaml:"email"`
	IP         bool   `yaml:"ip"`
	EmailValue string `yaml:"email_value"` // what stands for an e-mail address
	IPValue    string `yaml:"ip_value"`    // what stands for an address of the internet
}

var piiFacts = []Fact{count("pii.emails"), count("pii.ips")}

// DefaultPII replaces both kinds by addresses that name no one: RFC 2606's domain and RFC 5737's range for documentation.
func DefaultPII() PII {
	return PII{Email: true, IP: true, EmailValue: "email@example.com", IPValue: "192.0.2.1"}
}

// Stage builds the rule. It drops nothing, and marks "pii.emails" and "pii.ips" with what it replaced.
func (o PII) Stage() (quern.Stage, error) {
	if strings.ContainsRune(o.EmailValue+o.IPValue, '\n') || !utf8.ValidString(o.EmailValue+o.IPValue) {
		return nil, errors.New("clean: pii: a placeholder must be one line of UTF-8")
	}
	return &pii{opt: o}, nil
}

type pii struct {
	opt    PII
	buf    [2][]byte
	emails int
	ips    int
}

func (s *pii) Apply(d *quern.Doc) (quern.Verdict, error) {
	s.emails, s.ips = 0, 0
	if s.opt.Email && bytes.IndexByte(d.Text, '@') >= 0 {
		s.buf[0] = s.replaceEmails(s.buf[0][:0], d.Text)
		if s.emails > 0 {
			d.Text = s.buf[0]
		}
	}
	if s.opt.IP && bytes.IndexByte(d.Text, '.') >= 0 {
		s.buf[1] = s.replaceIPs(s.buf[1][:0], d.Text)
		if s.ips > 0 {
			d.Text = s.buf[1]
		}
	}
	d.Mark("pii.emails", float64(s.emails))
	d.Mark("pii.ips", float64(s.ips))
	return quern.Keep, nil
}

// replaceEmails copies text to dst. An address is atoms joined by dots, "@", and two or more labels, or an IPv4 address in
// brackets (RFC 5322 without quoted names and comments). It begins at a word boundary.
func (s *pii) replaceEmails(dst, text []byte) []byte {
	done := 0
	for at := 0; ; at++ {
		next := bytes.IndexByte(text[at:], '@')
		if next < 0 {
			return append(dst, text[done:]...)
		}
		at += next
		from := localStart(text, done, at)
		if from < 0 {
			continue
		}
		to := domainEnd(text, at+1)
		if to < 0 {
			continue
		}
		dst = append(dst, text[done:from]...)
		dst = append(dst, s.opt.EmailValue...)
		s.emails++
		done = to
		at = to - 1
	}
}

// localStart finds where the name before text[at] == '@' begins, not before floor; -1 if there is none.
func localStart(text []byte, floor, at int) int {
	const longest = 320 // a name has at most 64 bytes; beyond this the search back would be quadratic on hostile text
	from := at
	for from > floor && at-from < longest {
		c := text[from-1]
		if !isAtom(c) && (c != '.' || from == at || text[from] == '.') {
			break
		}
		from--
	}
	for ; from < at; from++ {
		if !isAtom(text[from]) {
			continue
		}
		before, _ := utf8.DecodeLastRune(text[floor:from])
		if (from > floor && isWordRune(before)) != isWordRune(rune(text[from])) {
			return from
		}
	}
	return -1
}

// domainEnd finds the end of the domain that begins at i; -1 if there is none.
func domainEnd(text []byte, i int) int {
	if i < len(text) && text[i] == '[' {
		if _, n := parseIPv4(text[i+1:]); n > 0 && i+1+n < len(text) && text[i+1+n] == ']' {
			return i + n + 2
		}
		return -1
	}
	for labels := 1; ; labels++ {
		if i >= len(text) || !isAlnum(text[i]) {
			return -1
		}
		end := i
		for end < len(text) && (isAlnum(text[end]) || text[end] == '-') {
			end++
		}
		last := end
		for text[last-1] == '-' {
			last--
		}
		if last == end && end+1 < len(text) && text[end] == '.' && isAlnum(text[end+1]) {
			i = end + 1
			continue
		}
		if labels < 2 {
			return -1
		}
		return last
	}
}

func isAlnum(c byte) bool { return c-'0' < 10 || (c|0x20)-'a' < 26 }

func isAtom(c byte) bool {
	return isAlnum(c) || c < 0x80 && strings.IndexByte("!#$%&'*+/=?^_`{|}~-", c) >= 0
}

func isWordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) }

// replaceIPs copies text to dst. An address is four numbers up to 255 without leading zeros, neither directly before nor after a
// digit, nor part of a longer row of dotted numbers (a version number).
func (s *pii) replaceIPs(dst, text []byte) []byte {
	done := 0
	for i := 0; i < len(text); {
		dot := bytes.IndexByte(text[i:], '.')
		if dot < 0 {
			break
		}
		i += dot
		from := i
		for from > done && text[from-1]-'0' < 10 && i-from < 4 {
			from--
		}
		if from == i || i-from > 3 || from > 1 && text[from-1] == '.' && text[from-2]-'0' < 10 {
			i++
			continue
		}
		ip, n := parseIPv4(text[from:])
		end := from + n
		if n == 0 || end+1 < len(text) && text[end] == '.' && text[end+1]-'0' < 10 || !isPublic(ip) {
			i++
			continue
		}
		dst = append(dst, text[done:from]...)
		dst = append(dst, s.opt.IPValue...)
		s.ips++
		done, i = end, end
	}
	return append(dst, text[done:]...)
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
