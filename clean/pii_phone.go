package clean

import "bytes"

// phoneForm is a national way to write a number, from its first digit or "(". d is a digit, N one from 2 to 9, M one from 1 to 9,
// P one from 6 to 9, m one to three more digits, s a space, hyphen or dot that is the same throughout; all else is itself.
type phoneForm struct {
	form   string
	called bool // only behind a word for telephone: the shape alone is too common
}

// phoneForms are tried by the number of digits in the first run, those with "(" at 0; the first that fits is taken. They are those
// of the numbering plans as printed in each country: NANP (US, CA), UK, DE, FR, ES, IT, CN, JP, RU, BR, IN.
var phoneForms = [12][]phoneForm{
	0: {{"(Ndd) Ndd-dddd", false}, {"(Ndd)Ndd-dddd", false}, {"(Ndd) Ndd dddd", false}, {"(Ndd) Ndd.dddd", false}, // US, CA
		{"(ddd) ddd-dd-dd", false}, {"(MM) 9dddd-dddd", false}, {"(MM) Ndddd-dddd", false}, {"(MM) Nddd-dddd", false}, // RU, BR
		{"(020) dddd dddd", false}, {"(0Mdd) ddd dddd", false}, {"(0Mddd) dddddd", false}, // UK
		{"(0Md) ddddddmm", false}, {"(0Mdd) dddddmm", false}, {"(0Mddd) ddddmm", false}, {"(0Md)dddddddd", false}, // DE, CN
		{"(0M) dddd dddd", false}, {"(0M) dddd-dddd", false}, {"(0Md) dddd-dddd", false}},
	1: {{"1-Ndd-Ndd-dddd", false}, {"1.Ndd.Ndd.dddd", false}, {"1 (Ndd) Ndd-dddd", false}, {"1 Ndd-Ndd-dddd", false}, {"1 Ndd Ndd dddd", true}, // US, CA
		{"8 (ddd) ddd-dd-dd", false}, {"8(ddd)ddd-dd-dd", false}, {"8-ddd-ddd-dd-dd", false}, {"8 ddd ddd-dd-dd", false}, {"8 ddd ddd dd dd", true}}, // RU
	2: {{"0Msddsddsddsdd", false}, {"0M-dddd-dddd", false}, {"0M ddddddmm", true}, {"0M dddd dddd", true}, // FR, JP, IT
		{"9M ddd dd dd", true}, {"MM 9dddd-dddd", false}},
	3: {{"Ndd-Ndd-dddd", false}, {"Ndd.Ndd.dddd", false}, {"Ndd Ndd dddd", true}, {"Ndd-dddd", true}, // US, CA
		{"020 dddd dddd", false}, {"0M0-dddd-dddd", false}, {"0Md-dddddddd", false}, {"0MM-ddd-dddd", false}, {"400-ddd-dddd", false}, {"800-ddd-dddd", false},
		{"0MM/ddddddmm", false}, {"030/ddddddmm", false}, {"030 ddddddmm", true}, {"0MM ddddddmm", true}, // DE
		{"9dd ddd ddd", true}, {"9dd dd dd dd", true}, {"6dd ddd ddd", true}, {"6dd dd dd dd", true}, {"7dd ddd ddd", true}, // ES
		{"3dd ddddddd", true}, {"3dd ddd dddd", true}, {"ddd-dd-dd", true}}, // IT, RU
	4: {{"0ddd ddd dddd", false}, {"0dddsddddddd", false}, {"0ddd-dddddddd", false}, {"0ddd-dd-dddd", false}, {"0120-ddd-ddd", false},
		{"0ddd/ddddddmm", false}, {"01dd ddddddmm", true}, {"0ddd ddddddmm", true}, {"dddd dddd", true}, {"dddd-dddd", true}},
	5:  {{"0dddd dddddd", false}, {"0dddd ddd ddd", false}, {"0dddd/dddddm", false}, {"0dddd-dddddm", false}, {"Pdddd ddddd", true}, {"Pdddd-ddddd", true}},
	8:  {{"dddddddd", true}},
	9:  {{"ddddddddd", true}},
	10: {{"dddddddddd", true}},
	11: {{"ddddddddddd", true}},
}

// phone looks for a telephone number whose first digits are [i, end). kind tells Chinese mobile numbers, which are a kind of their
// own, from all others; to is 0 if there is nothing.
func (s *pii) phone(i, end int) (kind uint8, from, to int, score float64) {
	b := s.text
	if n := end - i; s.on[piiCNMobile] && n == 3 && b[i] == '1' {
		for _, form := range [...]string{"1dd-dddd-dddd", "1dd dddd dddd"} {
			if to := s.fits(form, i); to > 0 {
				var digits [11]byte
				copy(digits[:], b[i:i+3])
				copy(digits[3:], b[i+4:i+8])
				copy(digits[7:], b[i+9:i+13])
				if isChineseMobile(digits[:]) {
					return piiCNMobile, i, to, piiSure[piiCNMobile]
				}
			}
		}
	}
	if !s.on[piiPhone] {
		return 0, 0, 0, 0
	}
	if i > 0 && b[i-1] == '+' {
		if to := international(b, i); to > 0 {
			return piiPhone, i - 1, to, 0.9
		}
		return 0, 0, 0, 0
	}
	from, forms := i, phoneForms[0]
	if i > 0 && b[i-1] == '(' {
		from--
	} else if n := end - i; n < len(phoneForms) {
		forms = phoneForms[n]
	} else {
		return 0, 0, 0, 0
	}
	called := 0 // whether a word says so: 0 = not asked yet
	for k := range forms {
		f := &forms[k]
		if f.called && called < 0 {
			continue
		}
		to := s.fits(f.form, from)
		if to == 0 {
			continue
		}
		if called == 0 {
			if called = -1; isCalled(b[:from]) {
				called = 1
			}
		}
		if f.called && called < 0 || isFiction(b[from:to]) {
			continue
		}
		if called > 0 {
			return piiPhone, from, to, 0.9
		}
		return piiPhone, from, to, 0.7
	}
	return 0, 0, 0, 0
}

// fits matches a form at from and tells where it ends, 0 if it does not fit or goes on as another number.
func (s *pii) fits(form string, from int) int {
	b, at := s.text, from
	sep := byte(0)
	for k := 0; k < len(form); k++ {
		if at >= len(b) {
			if form[k] == 'm' {
				break
			}
			return 0
		}
		c := b[at]
		ok := false
		switch f := form[k]; f {
		case 'd':
			ok = c-'0' < 10
		case 'M':
			ok = c-'1' < 9
		case 'N':
			ok = c-'2' < 8
		case 'P':
			ok = c-'6' < 4
		case 'm':
			if c-'0' >= 10 {
				continue
			}
			ok = true
		case 's':
			ok = sep == 0 && (c == ' ' || c == '-' || c == '.') || sep != 0 && c == sep
			sep = c
		default:
			ok = c == f
		}
		if !ok {
			return 0
		}
		at++
	}
	if !standsAlone(b, from, at) || at < len(b) && b[at] == '(' {
		return 0
	}
	if from > 1 && (b[from-1] == ' ' || b[from-1] == '(') && b[from] != '(' && b[from-2]-'0' < 10 {
		return 0 // the end of a longer row of numbers
	}
	if at+1 < len(b) && b[at] == ' ' && b[at+1]-'0' < 10 && b[from] != '(' && bytes.IndexByte(b[from:at], '-') < 0 {
		return 0 // the beginning of one
	}
	return at
}

// international reads the digits of a number behind its "+", with single separators and a "(0)"; it tells the end, 0 if none.
// Country codes are those in use (ITU-T E.164); numbers of the North American plan have eleven digits, others 8 to 15.
func international(b []byte, i int) int {
	if !freeBefore(b, i-1) || b[i] == '0' {
		return 0
	}
	var digits [16]byte
	n, groups, dots, at, to := 0, 1, 0, i, i
	for at < len(b) {
		switch c := b[at]; {
		case c-'0' < 10:
			if n == len(digits) {
				return 0
			}
			digits[n] = c
			n++
			at++
			to = at
			continue
		case c == '(' || c == ')' || c == ' ' || c == '-' || c == '.' || c == '/':
			if bytes.HasPrefix(b[at:], []byte("(0)")) {
				at += 3
			}
			from := at
			for at < len(b) && at-from < 3 && (b[at] == ' ' || b[at] == '-' || b[at] == '.' || b[at] == '(' || b[at] == ')' || b[at] == '/') {
				at++
			}
			if c == '.' {
				dots++
			}
			if at < len(b) && b[at]-'0' < 10 && !(c == '.' && at-to > 1) {
				groups++
				continue
			}
		}
		break
	}
	if dots == 1 && groups == 2 { // a decimal number
		return 0
	}
	if at = to; n < 8 || n > 15 || !freeBehind(b, at) {
		return 0
	}
	if !rightLength(digits[:n]) {
		return 0
	}
	return at
}

// rightLength tells whether a number of 8 digits or more has the length that its country gives out.
func rightLength(digits []byte) bool {
	n := len(digits)
	cc := int(digits[0]-'0')*100 + int(digits[1]-'0')*10 + int(digits[2]-'0')
	switch two := cc / 10; {
	case cc/100 == 1:
		return n == 11 && digits[1] >= '2' && digits[4] >= '2' && !isFiction(digits)
	case two == 86:
		return n >= 11 && n <= 13
	case two == 44 || two == 49 || two == 91 || two == 81 || two == 55 || two == 39:
		return n >= 10
	case cc/100 == 7 || two == 33 || two == 34 || two == 61:
		return n == 11
	}
	return countryCode(cc)
}

// countryCode tells whether the first three digits begin with a code that is in use.
func countryCode(cc int) bool {
	switch two := cc / 10; {
	case two == 20, two == 27, two >= 30 && two <= 34, two == 36, two == 39, two == 40, two == 41, two >= 43 && two <= 49, two >= 51 && two <= 58,
		two >= 60 && two <= 66, two == 81, two == 82, two == 84, two == 86, two >= 90 && two <= 95, two == 98:
		return true
	}
	return longCodes[cc/10]>>(cc%10)&1 == 1
}

// longCodes are the country codes of three digits: by the first two, a bit for each third one.
var longCodes = [100]uint16{21: 0x14e, 22: 0x3ff, 23: 0x3ff, 24: 0x3ff, 25: 0x3ff, 26: 0x3ff, 29: 0x383, 35: 0x3ff, 37: 0x3ff, 38: 0x2ef, 42: 0xb, 50: 0x3ff, 59: 0x3ff, 67: 0x3fd, 68: 0x3ef, 69: 0x7, 85: 0x6d, 88: 0x41, 96: 0x1ff, 97: 0xff, 99: 0x17c}

// isFiction tells numbers with 555-0100 to 555-0199, which North America keeps for stories.
func isFiction(number []byte) bool {
	var last [7]byte
	n := len(last)
	for k := len(number) - 1; k >= 0 && n > 0; k-- {
		if number[k]-'0' < 10 {
			n--
			last[n] = number[k]
		}
	}
	return n == 0 && string(last[:5]) == "55501"
}

// nearChinese tells whether what stands at [from, to) is called a telephone number, or has Chinese characters near it.
func nearChinese(b []byte, from, to int) bool {
	for _, c := range b[max(0, from-24):from] {
		if c >= 0xE4 && c <= 0xE9 {
			return true
		}
	}
	for _, c := range b[to:min(len(b), to+9)] {
		if c >= 0xE4 && c <= 0xE9 {
			return true
		}
	}
	return isCalled(b[:from])
}

// isChineseMobile tells whether eleven digits begin with a prefix that an operator has (13 to 19, with gaps).
func isChineseMobile(d []byte) bool {
	if d[0] != '1' {
		return false
	}
	switch d[1] {
	case '3', '8', '7', '5', '9':
		return !(d[1] == '5' && d[2] == '4') && !(d[1] == '9' && d[2] == '4') && !(d[1] == '7' && d[2] == '9')
	case '4':
		return d[2] >= '4'
	case '6':
		return d[2] == '2' || d[2] >= '5' && d[2] <= '7'
	}
	return false
}

// isCalled tells whether the text ends in a word for telephone, a colon or the like behind it.
func isCalled(b []byte) bool {
	b = b[max(0, len(b)-40):]
	for len(b) > 0 {
		switch c := b[len(b)-1]; {
		case c == ' ', c == ':', c == '.', c == '\t', c == '(', c == ')', c == '#':
			b = b[:len(b)-1]
			continue
		}
		if cut := bytes.TrimSuffix(b, []byte("：")); len(cut) < len(b) {
			b = cut
			continue
		}
		break
	}
	var low [40]byte
	word := low[:0]
	for _, c := range b {
		if c-'A' < 26 {
			c |= 0x20
		}
		word = append(word, c)
	}
	for _, w := range phoneWords {
		if bytes.HasSuffix(word, []byte(w)) && (w[0] >= 0x80 || len(word) == len(w) || !isAlnum(word[len(word)-len(w)-1])) {
			return true
		}
	}
	return false
}

// phoneWords end what stands before a number, in lower case (beyond ASCII: as they are).
var phoneWords = []string{"tel", "phone", "telephone", "call", "fax", "mobile", "cell", "whatsapp", "ph", "telefon", "tel./fax", "mobil", "handy", "téléphone",
	"tél", "teléfono", "telefono", "tlf", "móvil", "cellulare", "telefone", "celular", "тел", "телефон", "Телефон", "Тел", "факс", "电话", "手机", "手机号", "手机号码",
	"电话号码", "热线", "传真", "電話", "電話番号", "携帯"}
