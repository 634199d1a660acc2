package clean

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

func piiStage(t testing.TB) quern.Stage {
	t.Helper()
	o := DefaultPII()
	o.EmailValue, o.IPValue = "EMAIL", "IP"
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

func TestPIIOptions(t *testing.T) {
	s, err := PII{EmailValue: "x", IPValue: "x"}.Stage()
	d := ruling(t, build(t, s, err), "a@b.com 8.8.8.8", quern.Keep)
	if string(d.Text) != "a@b.com 8.8.8.8" {
		t.Errorf("switched off, but %q", d.Text)
	}
	if _, err := (PII{EmailValue: "a\nb"}).Stage(); err == nil {
		t.Error("a placeholder of two lines is accepted")
	}
	// The default placeholders are no addresses of anyone: a second pass finds the domain of the first, and nothing else.
	s, err = DefaultPII().Stage()
	d = ruling(t, build(t, s, err), "a@b.com 8.8.8.8", quern.Keep)
	if string(d.Text) != "email@example.com 192.0.2.1" {
		t.Errorf("default: %q", d.Text)
	}
}

func FuzzPII(f *testing.F) {
	for _, text := range []string{"a@b.com@c.com", "8.8.8.8.8", "a..b@[1.2.3.4] .9.9.9.9", "é@é.com a-@b-.c-", strings.Repeat("a.", 200) + "@b.c"} {
		f.Add(text)
	}
	s := piiStage(f)
	f.Fuzz(func(t *testing.T, text string) {
		d := quern.Doc{Text: []byte(text)}
		if v, err := s.Apply(&d); v != quern.Keep || err != nil {
			t.Fatal(v, err)
		}
		if utf8.ValidString(text) && !utf8.Valid(d.Text) {
			t.Fatalf("%q became invalid: %q", text, d.Text)
		}
		// What was replaced accounts for every change.
		n := int(d.Marks[0].Value + d.Marks[1].Value)
		if (n == 0) != (string(d.Text) == text) {
			t.Fatalf("%q: %d replaced, text %q", text, n, d.Text)
		}
	})
}
