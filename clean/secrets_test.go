package clean

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-83c59573/quern"
)

func secretsStage(t testing.TB, change func(o *Secrets)) quern.Stage {
	t.Helper()
	o := DefaultSecrets()
	if change != nil {
		change(&o)
	}
	s, err := o.Stage()
	return build(t, s, err)
}

// chance is n characters without a pattern, for keys that are nobody's.
func chance(n int, chars string) string {
	b, x := make([]byte, n), uint64(n)
	for i := range b {
		x = x*6364136223846793005 + 1442695040888963407
		b[i] = chars[(x>>33)%uint64(len(chars))]
	}
	return string(b)
}

const alnumChars = digitChars + smallChars + largeChars

// someSecrets are invented keys of every shape, by span.
func someSecrets() map[string][]string {
	an := func(n int) string { return chance(n, alnumChars) }
	return map[string][]string{
		"secrets.aws":         {"AKIA" + chance(16, "234567"+largeChars), "ASIA" + chance(16, "234567"+largeChars)},
		"secrets.github":      {"ghp_" + an(36), "ghs_" + an(36), "github_pat_" + an(82)},
		"secrets.gitlab":      {"glpat-" + an(20)},
		"secrets.slack":       {"xoxb-" + chance(12, digitChars) + "-" + an(24), "hooks.slack.com/services/T" + an(8) + "/B" + an(8) + "/" + an(24)},
		"secrets.stripe":      {"sk_live_" + an(24), "rk_live_" + an(99)},
		"secrets.google":      {"AIza" + an(35)},
		"secrets.openai":      {"sk-" + an(20) + "T3BlbkFJ" + an(20), "sk-proj-" + an(48)},
		"secrets.anthropic":   {"sk-ant-api03-" + an(93)},
		"secrets.huggingface": {"hf_" + chance(34, smallChars+largeChars)},
		"secrets.npm":         {"npm_" + an(36)},
		"secrets.pypi":        {"pypi-AgEIcHlwaS5vcmc" + an(60)},
		"secrets.sendgrid":    {"SG." + an(22) + "." + an(43)},
		"secrets.jwt":         {"eyJ" + an(20) + ".eyJ" + an(40) + "." + an(43)},
		"secrets.twilio":      {"SK" + chance(32, digitChars+"abcdef")},
	}
}

func TestSecretsOfKnownShape(t *testing.T) {
	s := secretsStage(t, nil)
	for span, keys := range someSecrets() {
		for _, k := range keys {
			text := "x = '" + k + "'\n"
			d := &quern.Doc{Text: []byte(text), Spans: []quern.Span{}}
			if _, err := s.Apply(d); err != nil {
				t.Fatal(err)
			}
			if string(d.Text) != "x = '<KEY>'\n" || len(d.Spans) != 1 || d.Spans[0].Name != span {
				t.Errorf("%s: %q, spans %v", span, d.Text, d.Spans)
			}
		}
	}
	for _, span := range []string{"secrets.aws", "secrets.github", "secrets.google", "secrets.npm", "secrets.sendgrid", "secrets.twilio"} { // of fixed length
		k := someSecrets()[span][0]
		for _, near := range []string{"a" + k, k + "a", k[:len(k)-1], strings.ToLower(k[:2]) + strings.ToUpper(k[2:]), k[:5] + strings.Repeat("x", len(k)-5)} {
			if d := ruling(t, s, near, quern.Keep); string(d.Text) != near {
				t.Errorf("%s: %q became %q", span, near, d.Text)
			}
		}
	}
}

func TestSecretsByPlace(t *testing.T) {
	s := secretsStage(t, nil)
	f := func(text, want string) {
		t.Helper()
		if d := ruling(t, s, text, quern.Keep); string(d.Text) != want {
			t.Errorf("%q: %q, want %q", text, d.Text, want)
		}
	}
	value := "q7Zr2Lk9" + "Xw4Tb8Vn3M" // chance
	pem := func(kind, body string) string {
		return "-----BEGIN " + kind + "PRIVATE KEY-----\n" + body + "\n-----END " + kind + "PRIVATE KEY-----"
	}
	f("k:\n"+pem("RSA ", chance(200, alnumChars))+"\n", "k:\n<KEY>\n")
	f(`key = "`+strings.ReplaceAll(pem("", chance(64, alnumChars)), "\n", `\n`)+`"`, `key = "<KEY>"`)
	f("AccountKey="+chance(86, alnumChars)+"==;", "AccountKey=<KEY>;")
	f("postgres://joe:"+value+"@db.corp.net/x", "postgres://joe:<KEY>@db.corp.net/x")
	for _, name := range []string{`password = "%"`, `"api_key": "%"`, `API_KEY='%'`, `clientSecret := "%"`, `auth_token="%";`, `'access_key' => '%'`} {
		f(strings.Replace(name, "%", value, 1), strings.Replace(name, "%", "<KEY>", 1))
	}
	f("SECRET_KEY="+value+"mK1p\nx", "SECRET_KEY=<KEY>\nx")
	for _, same := range []string{
		"AKIAIOSFODNN7EXAMPLE", "ghp_" + strings.Repeat("x", 36), "-----BEGIN CERTIFICATE-----\n" + chance(200, alnumChars) + "\n-----END CERTIFICATE-----",
		pem("RSA ", "..."), pem("", "MIIB...\n"+chance(80, alnumChars)), pem("", ""), "-----BEGIN PRIVATE KEY-----\n" + chance(80, alnumChars),
		"http://user:password@host.org", "http://user:${PASS}@host.org", "https://joe:" + value + "@localhost/", "https://joe:" + value + "@db.example.com/",
		"http://host:8080/a@b", "http://a:b@c", "git://github.com:joe/x@v2", `password = "correct horse"`, `password = "your-password-here"`, `token = "${TOKEN}"`,
		`secret = "SuperSecretPassword1"`, `api_key = "aaaaaaaaaaaaaaaaaaaa1"`, `password = os.Getenv("DB_PASSWORD_2024")`, `token: "application/json;v=1.2.3"`,
		`token = "github.com/user/project2/v3"`, `tokens = ["` + value + `"]`, `tokenizer_name = "bert-base-uncased-v12"`, `password: short1`,
		`token := parser.Next()`, "secret=" + value + " and more", `<input name="password" id="password1234567890">`,
		`xoxb-not-a-token`, `eyJ.eyJ.x`, `api_key = "12345678901234567890"`, `accessKey: "0xdeadbeefdeadbeef01"`, `SG.short.key`,
	} {
		f(same, same)
	}
}

func TestSecretsOptions(t *testing.T) {
	k := someSecrets()
	text := k["secrets.github"][0] + " " + k["secrets.stripe"][0] + " http://a:" + chance(12, alnumChars) + "@b.cc"
	f := func(change func(o *Secrets), want string, v quern.Verdict) *quern.Doc {
		t.Helper()
		d := ruling(t, secretsStage(t, change), text, v)
		if string(d.Text) != want {
			t.Errorf("text %q, want %q", d.Text, want)
		}
		return d
	}
	f(nil, "<KEY> <KEY> http://a:<KEY>@b.cc", quern.Keep)
	f(func(o *Secrets) { o.Known, o.Values = piiCircular, []string{"A", "B"} }, "A B http://a:A@b.cc", quern.Keep)
	if d := f(func(o *Secrets) { o.Known, o.URLPassword = piiMark, piiOff }, text, quern.Keep); d.Marks[0] != (quern.Mark{Name: "secrets.found", Value: 2}) {
		t.Errorf("marks %v", d.Marks)
	}
	f(func(o *Secrets) { o.Known = piiDrop }, text, secretVerdicts[secretKnown])
	f(func(o *Secrets) { o.URLPassword = piiDrop }, text, secretVerdicts[secretURL])
	for _, change := range []func(o *Secrets){func(o *Secrets) { o.Known = "yes" }, func(o *Secrets) { o.Values = nil }, func(o *Secrets) { o.Values = []string{"a\nb"} },
		func(o *Secrets) { o.MinEntropy = 9 }} {
		o := DefaultSecrets()
		change(&o)
		if _, err := o.Stage(); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

func TestSecretsConform(t *testing.T) {
	var docs []quern.Doc
	for _, keys := range someSecrets() {
		docs = append(docs, quern.Doc{Text: []byte("a " + keys[0] + " b")})
	}
	value := chance(20, alnumChars)
	docs = append(docs, quern.Doc{Text: []byte(`x://a:` + value + `@b.cc`)}, quern.Doc{Text: []byte(`password = "` + value + `"`)}, quern.Doc{},
		quern.Doc{Text: []byte("-----BEGIN PRIVATE KEY-----\n" + chance(64, alnumChars) + "\n-----END PRIVATE KEY-----")})
	for _, action := range []string{piiReplace, piiDrop} {
		o := DefaultSecrets()
		o.Known, o.PrivateKey, o.URLPassword, o.Assigned = action, action, action, action
		if err := quern.CheckStage(o.Stage, docs...); err != nil {
			t.Error(err)
		}
	}
	s, d := secretsStage(t, nil), &quern.Doc{}
	text := []byte(`password = "` + value + `" ` + someSecrets()["secrets.github"][0])
	if n := testing.AllocsPerRun(100, func() {
		d.Marks, d.Text = d.Marks[:0], text
		if _, err := s.Apply(d); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations a document", n)
	}
}

func FuzzSecrets(f *testing.F) {
	for _, keys := range someSecrets() {
		f.Add(keys[0])
	}
	f.Add("x://a:b1c2d3e4f5@c.dd password='q7Zr2Lk9Xw4Tb8Vn3M' -----BEGIN PRIVATE KEY----- -----END ")
	s, fresh := secretsStage(f, nil), secretsStage(f, nil)
	f.Fuzz(func(t *testing.T, text string) {
		d, e := quern.Doc{Text: []byte(text), Spans: []quern.Span{}}, quern.Doc{Text: []byte(text)}
		if v, err := s.Apply(&d); !utf8.ValidString(text) {
			if v != badText || err != nil {
				t.Fatalf("bytes that are no text: %q, %v", v, err)
			}
			return
		} else if v != quern.Keep || err != nil {
			t.Fatal(v, err)
		}
		fresh.Apply(&e)
		if string(d.Text) != string(e.Text) || !slices.Equal(d.Marks, e.Marks) || utf8.ValidString(text) && !utf8.Valid(d.Text) {
			t.Fatalf("%q: %q, then %q", text, d.Text, e.Text)
		}
		last := 0
		for _, p := range d.Spans {
			if p.From < last || p.To <= p.From || p.To > len(text) {
				t.Fatalf("%q: span %v behind %d", text, p, last)
			}
			last = p.To
		}
	})
}
