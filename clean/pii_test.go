package clean

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

func piiStage(t testing.TB) quern.Stage {
	t.Helper()
	o := piiDatatrove()
	o.Values = map[string][]string{"email": {"EMAIL"}, "ip": {"IP"}}
	s, err := o.Stage()
	return build(t, s, err)
}

func TestPIIAddresses(t *testing.T) {
	s := piiStage(t)
	f := func(text, want string) {
		t.Helper()
		if d := ruling(t, s, text, quern.Keep); string(d.Text) != want {
			t.Errorf("%q: %q, want %q", text, d.Text, want)
		}
	}
	same := func(texts ...string) {
		t.Helper()
		for _, text := range texts {
			f(text, text)
		}
	}
	// No addresses, or such as name no one.
	same("999.999.999.999.", "108.0.0.01", "0.1.2.3", "00.0000.00.00", "192.168.l.1", "912.456.123.123", "192.168.o.0")
	same("172.16.0.9", "172.17.1.1", "172.31.254.254", "127.0.0.2", "10.0.1.5", "10.255.255.254", "192.168.1.2", "192.168.254.0")
	same("100.64.1.1", "169.254.9.9", "192.0.2.7", "198.18.0.1", "198.51.100.1", "203.0.113.9", "240.0.0.1", "255.255.255.255")
	same("1.2.3", "version 4.2.1.7.3", "4.2.1.7.3.3", "1.2.3.", "...", "8.8.8.8888", "18888.8.8.8", "8.8.8.256", "")
	f(".3.3.3.0", ".IP")
	f("8.8.8.8", "IP")
	f("from 163.36.107.25 and 114.35.103.54, 57.120.21.121.", "from IP and IP, IP.")
	f("13.83.69.70\n29.116.31.158\n193.163.229.23\n211.160.67.46\n4.132.211.142\n214.70.227.4\n35.88.121.75", "IP\nIP\nIP\nIP\nIP\nIP\nIP")
	f("192.0.0.9 is public, 192.0.0.8 is not", "IP is public, 192.0.0.8 is not")
	f("v8.8.8.8x", "vIPx")
}

// The lists are those of the peer's test of its formatter.
func TestPIIEmails(t *testing.T) {
	s := piiStage(t)
	f := func(text, want string) {
		t.Helper()
		if d := ruling(t, s, text, quern.Keep); string(d.Text) != want {
			t.Errorf("%q: %q, want %q", text, d.Text, want)
		}
	}
	for _, whole := range []string{"email@example.com", "firstname.lastname@example.com", "email@subdomain.example.com", "firstname+lastname@example.com",
		"email@123.123.123.123", "email@[123.123.123.123]", "1234567890@example.com", "email@example-one.com", "_______@example.com", "email@example.name",
		"email@example.museum", "email@example.co.jp", "firstname-lastname@example.com", "email@example.web", "email@111.222.333.44444"} {
		f(whole, "EMAIL")
		f("(<"+whole+">), 'x'", "(<EMAIL>), 'x'")
	}
	for _, none := range []string{"plainaddress", "#@%^%#$@#$@#.com", "@example.com", "email.example.com", "email.@example.com", "あいうえお@example.com",
		"email@example", "email@-example.com", "email@example..com", `"email"@example.com`, "@", "a@", "a@b", "a@b.", "a@[1.2.3]", "あa@b.com"} {
		f(none, none)
	}
	f("email@example@example.com", "email@EMAIL")
	f(".email@example.com", ".EMAIL")
	f("email..email@example.com", "email..EMAIL")
	f("Abc..123@example.com", "Abc..EMAIL")
	f("email@example.com (Joe Smith)", "EMAIL (Joe Smith)")
	f("just”not”right@example.com", "just”not”EMAIL")
	f(`this\ is"really"not\allowed@example.com`, `this\ is"really"not\EMAIL`)
	f("very.unusual.”@”.unusual.com@example.com", "very.unusual.”@”.EMAIL")
	f("a@b.com@c.com and d@e.org-.", "EMAIL@c.com and EMAIL-.")
	f("+a@b.com", "+EMAIL")
}

// everyKind replaces each finding by the name of its kind.
func everyKind(t testing.TB) quern.Stage {
	t.Helper()
	o := PII{piiReplace, piiReplace, piiReplace, piiReplace, piiReplace, piiReplace, piiReplace, piiReplace, false, map[string][]string{}}
	for _, name := range piiNames {
		o.Values[name] = []string{"<" + name + ">"}
	}
	s, err := o.Stage()
	return build(t, s, err)
}

func TestPIIKinds(t *testing.T) {
	s := everyKind(t)
	f := func(text, want string) {
		t.Helper()
		if d := ruling(t, s, text, quern.Keep); string(d.Text) != want {
			t.Errorf("%q: %q, want %q", text, d.Text, want)
		}
	}
	each := func(kind string, texts ...string) {
		t.Helper()
		for _, text := range texts {
			f(text, "<"+kind+">")
			f("One ("+text+"), and\n"+text+".", "One (<"+kind+">), and\n<"+kind+">.")
			f("他的号码是"+text+"。", "他的号码是<"+kind+">。")
		}
	}
	same := func(texts ...string) {
		t.Helper()
		for _, text := range texts {
			f(text, text)
		}
	}
	each("ip", "163.36.107.25", "114.35.103.54", "12.34.56.178")
	f("8.8.8.8:53 8.8.8.0/24", "<ip>:53 <ip>/24")
	for _, called := range []string{"IP: ", "address ", "http://", "host=", "ping `", "DNS server ("} {
		f(called+"8.8.8.8 is", called+"<ip> is")
	}
	same("section 5.11.2.3", "zlib 1.2.0.1", "(3.6.14.1)", "2011-06-28 (3.7.7.1)", "E.21.3.1.6", "Firefox/115.0.1.2", "app-163.36.107.25", "v163.36.107.25", "l.24.57.17.62.62",
		"163.36.107.25px", "10.163.36.107.25", "163.36.107.25-rc1")
	each("email", "jane.doe@mail.example.co.uk", "a@b.io", "x+y@z.com", "o'neil@x.org", "a@1.2.3.4", "a@[1.2.3.4]", "me@xn--80ak6aa92e.com", "ich@xn--p1ai.xn--p1ai")
	f("author_email='me@x.org', https://joe@x.org mailto:a@b.cc?x", "author_email='<email>', https://<email> mailto:<email>?x")
	same("lodash.merge@4.6.2", "slick-carousel@1.9.0/slick", "image_1@2x.png", "../icon@3x.webp", "user@host", "x@filterEmpty.29", "getty@tty1.service", "@a.bc",
		repeat("QXJ0aWNsZTpueXQ6", 5)+"@x.com", "foo@v1.2", "a@b.c", "éa@b.cc", "яa@b.cc")
	each("ip", "2a00:1450:4001:81b::200e", "2606:4700:4700::1111", "2001:4860:4860:0:0:0:0:8888", "2600::", "2001:1::1", "2001:20::1", "2620:4F:8000::1")
	same("::1", "fe80::1", "2001:db8::1", "3fff:fff::1", "2002::1", "fc00::1", "2001:0:1::1", "2606:4700", "2021:10:11:12", "std::2001::x", "2001::12345", "a2600::1",
		"2600:1:2:3:4:5:6", "2600:1:2:3:4:5:6:7:8", "12:34:56", "2600::1::2")
	for _, number := range []string{"4111111111111111", "378282246310005", "6011111111111117", "3530111333300000", "2223003122003222"} {
		f("Visa card no. "+number+".", "Visa card no. <card>.")
		f("我的银行卡号是"+number+"，", "我的银行卡号是<card>，")
		f("id "+number, "id "+number) // one long number in ten passes the check
	}
	each("card", "4111 1111 1111 1111", "5555-5555-5555-4444", "3782 822463 10005", "3056 930902 5904", "6200 0000 0000 0005")
	same("card 4111111111111112", "4111 1111-1111 1111", "card 30569309025904", "card 4222222222222", "discard 4111111111111111", "0.4111111111111111", "id=4111111111111111", "4111111111111111px",
		"x4111111111111111", "4111 1111 1111 1111 1111", "1 4111111111111111_2", "978-4111111111111111", "£4111111111111111")
	each("iban", "DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "GB82 WEST 1234 5698 7654 32", "FR1420041010050500013M02606", "NO9386011117947",
		"CH93 0076 2011 6238 5295 7")
	same("DE89370400440532013001", "DE8937040044053201300", "XX89370400440532013000", "ADE89370400440532013000", "DE89370400440532013000X", "GB82", "MT84MALT")
	each("cn_id", "11010519491231002X", "440524188001010014", "11010519491231002x")
	same("110105194912310021", "110105194913310020", "990105194912310020", "11010519490229002X", "1101051949123100", "11010519491231002XY", "a11010519491231002X")
	each("cn_mobile", "138-0013-8000", "138 0013 8000")
	f("手机13800138000 or Tel: 19912345678, id 13800138000", "手机<cn_mobile> or Tel: <cn_mobile>, id 13800138000")
	same("12800138000", "138001380001", "13800138000.5", "15412345678", "138.0013.8000", "0x13800138000")
	each("ssn", "123-45-6789")
	same("000-45-6789", "666-45-6789", "912-45-6789", "123-00-6789", "123-45-0000", "123-45-67890", "1123-45-6789", "123-45-6789-1", "978-12-34567")
}

func TestPIIPhones(t *testing.T) {
	s := everyKind(t)
	f := func(text, want string) {
		t.Helper()
		if d := ruling(t, s, text, quern.Keep); string(d.Text) != want {
			t.Errorf("%q: %q, want %q", text, d.Text, want)
		}
	}
	for _, numbers := range map[string][]string{
		"any": {"+14155552671", "+1 415 555 2671", "+1 (415) 555-2671", "+44 20 7946 0958", "+44 (0)20 7946 0958", "+49 30 12345678", "+86 10 6552 9988",
			"+86-138-0013-8000", "+7 495 123-45-67", "+33 1 42 68 53 00", "+81-3-1234-5678", "+91 98765 43210", "+55 11 91234-5678", "+358 9 1234567"},
		"US": {"(415) 555-2671", "415-555-2671", "415.555.2671", "1-800-356-9377", "1 (415) 555-2671", "tel: 415 555 2671"},
		"UK": {"020 7946 0958", "(020) 7946 0958", "0121 496 0000", "01632 960123", "07700 900123", "(01632) 960123"},
		"DE": {"030/1234567", "0171/1234567", "(030) 1234567", "Telefon: 030 1234567"}, "FR": {"01 42 68 53 00", "01.42.68.53.00", "06-12-34-56-78"},
		"ES": {"teléfono 912 345 678", "Tel. 912 34 56 78", "tel 612 34 56 78"}, "IT": {"Tel. 06 69812345", "cell. 347 1234567"},
		"CN": {"010-62345678", "0755-12345678", "400-820-8820", "(010)62345678"}, "JP": {"03-1234-5678", "090-1234-5678", "0120-123-456", "075-123-4567"},
		"RU": {"8 (495) 123-45-67", "8-800-555-35-35", "(495) 123-45-67"}, "BR": {"(11) 91234-5678", "(11) 3123-4567"}, "IN": {"mobile: 98765 43210"},
	} {
		for _, n := range numbers {
			word := n[:strings.IndexAny(n, "+(0123456789")]
			f("Ask "+n+", or\n"+n+" now.", "Ask "+word+"<phone>, or\n"+word+"<phone> now.")
		}
	}
	// Dates, amounts, books, versions, pages, places, constants, and what is kept for stories.
	for _, none := range []string{"2023-11-27", "27.11.2023", "2023-11-27 10:15:00", "1,234,567.89", "$415-555-2671", "978-3-16-148410-0", "0-306-40615-2",
		"10.1000/182-415-555", "doi:10.1038/s41586-020-2649-2", "1.2.3.4.5", "10.15.7", "pp. 123-4567", "123-128", "37.7749295, -122.4194155", "+37.7749295", "(51.5074, -0.1278)",
		"0x415555", "1234567890", "415 555 2671", "x = 4155552671", "+1 2 3", "a+14155552671", "+999 123 456 789", "+1 415 555 0123", "(415) 555-0100", "555-0199",
		"1990-2000-2010", "100 200 3000", "[12] 345-6789", "0.123-4567", "1+23456789012345678", "12-34-56", "(1) 2345-67890", "2019-12-31-0001", "415-555-2671-3",
		"ISBN 3-16-148410-0", "0000-0002-1825-0097", "1234 5678", "192-168-1-1", "12 3456 7890 1234", "0015 0016 0017", "v1.415.555.2671", "00:15:00"} {
		f(none, none)
		f("see "+none+" there", "see "+none+" there")
	}
}

func TestPIIOptions(t *testing.T) {
	off := PII{piiOff, piiOff, piiOff, piiOff, piiOff, piiOff, piiOff, piiOff, false, nil}
	apply := func(o PII, text string, want quern.Verdict) *quern.Doc {
		t.Helper()
		s, err := o.Stage()
		return ruling(t, build(t, s, err), text, want)
	}
	const text = "a@b.com 8.8.8.108 c@d.com 4111 1111 1111 1111 e@f.com"
	if d := apply(off, text, quern.Keep); string(d.Text) != text || len(d.Marks) > 0 {
		t.Errorf("switched off, but %q, %v", d.Text, d.Marks)
	}
	// The default placeholders are no one's; e-mail's is found again on a second pass, and nothing else.
	if d := apply(DefaultPII(), text, quern.Keep); string(d.Text) != "email@example.com 192.0.2.1 email@example.com 0000 0000 0000 0000 email@example.com" {
		t.Errorf("default: %q", d.Text)
	}
	o := off
	o.Email = piiCircular
	for range 2 { // from the first in every document
		if d := apply(o, text, quern.Keep); string(d.Text) != "email@example.com 8.8.8.108 firstname.lastname@example.org 4111 1111 1111 1111 email@example.com" {
			t.Errorf("circular: %q", d.Text)
		}
	}
	o.Email, o.IP = piiMark, piiMark
	if d := apply(o, text, quern.Keep); string(d.Text) != text || d.Marks[0] != (quern.Mark{Name: "pii.emails", Value: 3}) || d.Marks[1] != (quern.Mark{Name: "pii.ips", Value: 1}) {
		t.Errorf("marked: %q, %v", d.Text, d.Marks)
	}
	for k, name := range piiNames {
		o := off
		*[]*string{&o.Email, &o.IP, &o.Phone, &o.Card, &o.IBAN, &o.CNID, &o.CNMobile, &o.SSN}[k] = piiDrop
		one := []string{"a@b.com", "8.8.8.108", "+14155552671", "4111 1111 1111 1111", "DE89370400440532013000", "11010519491231002X", "138-0013-8000", "123-45-6789"}[k]
		if d := apply(o, "x "+one+" y", quern.Verdict("clean.pii."+name)); d.Drop.Value != 1 || d.Drop.Limit != 0 {
			t.Errorf("%s: %v", name, d.Drop)
		}
		apply(o, "x y", quern.Keep)
	}
	for _, bad := range []PII{{}, {Email: "yes"}} {
		if _, err := bad.Stage(); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
	for kind, values := range map[string][]string{"email": {"a\nb"}, "mail": {"x"}, "ip": {}, "card": {"\xff"}} {
		o := DefaultPII()
		o.Values = map[string][]string{kind: values}
		if _, err := o.Stage(); err == nil {
			t.Errorf("placeholders %q of %s are accepted", values, kind)
		}
	}
}

func TestPIISpans(t *testing.T) {
	const text = "a@b.com, 8.8.8.108 and 415-555-2671"
	d := &quern.Doc{Text: []byte(text), Spans: []quern.Span{}}
	if _, err := everyKind(t).Apply(d); err != nil {
		t.Fatal(err)
	}
	want := []quern.Span{{Name: "pii.email", From: 0, To: 7, Score: 1}, {Name: "pii.ip", From: 9, To: 18, Score: 1}, {Name: "pii.phone", From: 23, To: 35, Score: 0.7}}
	if !slices.Equal(d.Spans, want) {
		t.Errorf("spans %v, want %v", d.Spans, want)
	}
	if string(d.Text) != "<email>, <ip> and <phone>" {
		t.Errorf("text %q", d.Text)
	}
}

func TestPIIAllocatesNothing(t *testing.T) {
	s, text := everyKind(t), []byte("a@b.com 8.8.8.8 2600::1 card 4111111111111111 DE89370400440532013000 tel 415 555 2671 13800138000 11010519491231002X")
	d := &quern.Doc{}
	if n := testing.AllocsPerRun(100, func() {
		d.Marks, d.Text = d.Marks[:0], text
		if _, err := s.Apply(d); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations a document", n)
	}
}

func FuzzPII(f *testing.F) {
	for _, text := range []string{"a@b.com@c.com", "8.8.8.8.8", "a..b@[1.2.3.4] .9.9.9.9", "é@é.com a-@b-.c-", strings.Repeat("a.", 200) + "@b.c"} {
		f.Add(text)
	}
	for _, text := range []string{"4111 1111 1111 1111@b.c.d", "+1 (415) 555-2671@x.yy", "2600::1@a.bb GB82 WEST 1234 5698 7654 32", "tel：010-62345678 11010519491231002X"} {
		f.Add(text)
	}
	s, loose := everyKind(f), piiStage(f)
	f.Fuzz(func(t *testing.T, text string) {
		if p := (quern.Doc{Text: []byte(text)}); utf8.ValidString(text) {
			if v, err := loose.Apply(&p); v != quern.Keep || err != nil || !utf8.Valid(p.Text) {
				t.Fatalf("%q as datatrove: %q, %v", text, p.Text, err)
			}
		}
		d := quern.Doc{Text: []byte(text), Spans: []quern.Span{}}
		if v, err := s.Apply(&d); !utf8.ValidString(text) {
			if v != badText || err != nil {
				t.Fatalf("bytes that are no text: %q, %v", v, err)
			}
			return
		} else if v != quern.Keep || err != nil {
			t.Fatal(v, err)
		}
		if utf8.ValidString(text) && !utf8.Valid(d.Text) {
			t.Fatalf("%q became invalid: %q", text, d.Text)
		}
		// What was replaced accounts for every change.
		last, out := 0, ""
		for _, p := range d.Spans {
			if p.From < last || p.To <= p.From || p.To > len(text) {
				t.Fatalf("%q: span %v behind %d", text, p, last)
			}
			out += text[last:p.From] + "<" + strings.TrimPrefix(p.Name, "pii.") + ">"
			last = p.To
		}
		if out += text[last:]; out != string(d.Text) {
			t.Fatalf("%q: text %q, by its spans %q", text, d.Text, out)
		}
	})
}
