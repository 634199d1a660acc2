package clean

import (
	"bytes"
	"sync"
)

// secretShape is a literal and what must stand behind it.
type secretShape struct {
	literal string // small letters if folded
	span    string
	group   uint8
	folded  bool // capitals of the literal do not matter
	look    func(s *secrets, from, i int) secret
}

// key looks for n to max characters of the set behind a literal, that being part of the key; both ends must be ends of words.
func key(set charSet, n, max int) func(s *secrets, from, i int) secret {
	return func(s *secrets, from, i int) secret {
		b := s.text
		if from > 0 && (isAlnum(b[from-1]) || b[from-1] == '_') {
			return secret{}
		}
		to := set.end(b, i, i+max+1)
		if to-i < n || to-i > max || to < len(b) && (isAlnum(b[to]) || b[to] == '_') || isPlaceholder(b[i:to]) || entropy(b[i:to]) < 3 {
			return secret{}
		}
		return secret{from: from, to: to, score: 1}
	}
}

// charSet is a set of ASCII characters.
type charSet [2]uint64

func newCharSet(chars string) (s charSet) {
	for _, c := range []byte(chars) {
		s[c>>6] |= 1 << (c & 63)
	}
	return s
}

// end is where characters of the set end that begin at i, at limit at the latest.
func (s charSet) end(b []byte, i, limit int) int {
	for limit = min(limit, len(b)); i < limit && b[i] < 0x80 && s[b[i]>>6]>>(b[i]&63)&1 == 1; i++ {
	}
	return i
}

const (
	digitChars = "0123456789"
	smallChars = "abcdefghijklmnopqrstuvwxyz"
	largeChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

var (
	alnumSet  = newCharSet(digitChars + smallChars + largeChars)
	idSet     = newCharSet(digitChars + smallChars + largeChars + "_-")
	base64Set = newCharSet(digitChars + smallChars + largeChars + "+/")
	hexSet    = newCharSet(digitChars + "abcdef")
	awsSet    = newCharSet("234567" + largeChars)
	userSet   = newCharSet(digitChars + smallChars + largeChars + "._%+-")
	nameSet   = newCharSet(digitChars + smallChars + largeChars + "_-.")
	valueSet  = newCharSet(digitChars + smallChars + largeChars + "_-./+=~!@#^&*:,?|")
)

// secretShapes are known shapes of keys, as their issuers document them or as gitleaks' rules have them (config/gitleaks.toml).
var secretShapes = []secretShape{
	{"AKIA", "secrets.aws", secretKnown, false, key(awsSet, 16, 16)},
	{"ASIA", "secrets.aws", secretKnown, false, key(awsSet, 16, 16)},
	{"ABIA", "secrets.aws", secretKnown, false, key(awsSet, 16, 16)},
	{"ACCA", "secrets.aws", secretKnown, false, key(awsSet, 16, 16)},
	{"ghp_", "secrets.github", secretKnown, false, key(alnumSet, 36, 36)},
	{"gho_", "secrets.github", secretKnown, false, key(alnumSet, 36, 36)},
	{"ghu_", "secrets.github", secretKnown, false, key(alnumSet, 36, 36)},
	{"ghs_", "secrets.github", secretKnown, false, key(alnumSet, 36, 36)},
	{"ghr_", "secrets.github", secretKnown, false, key(alnumSet, 36, 36)},
	{"github_pat_", "secrets.github", secretKnown, false, key(idSet, 82, 82)},
	{"glpat-", "secrets.gitlab", secretKnown, false, key(idSet, 20, 60)},
	{"glrt-", "secrets.gitlab", secretKnown, false, key(idSet, 20, 60)},
	{"gldt-", "secrets.gitlab", secretKnown, false, key(idSet, 20, 60)},
	{"xoxb-", "secrets.slack", secretKnown, false, key(idSet, 24, 120)},
	{"xoxp-", "secrets.slack", secretKnown, false, key(idSet, 24, 120)},
	{"xoxa-", "secrets.slack", secretKnown, false, key(idSet, 24, 120)},
	{"xoxr-", "secrets.slack", secretKnown, false, key(idSet, 24, 120)},
	{"xoxs-", "secrets.slack", secretKnown, false, key(idSet, 24, 120)},
	{"xapp-1-", "secrets.slack", secretKnown, false, key(idSet, 40, 160)},
	{"hooks.slack.com/services/", "secrets.slack", secretKnown, false, key(base64Set, 40, 60)},
	{"sk_live_", "secrets.stripe", secretKnown, false, key(alnumSet, 24, 120)},
	{"rk_live_", "secrets.stripe", secretKnown, false, key(alnumSet, 24, 120)},
	{"AIza", "secrets.google", secretKnown, false, key(idSet, 35, 35)},
	{"sk-proj-", "secrets.openai", secretKnown, false, key(idSet, 40, 200)},
	{"sk-svcacct-", "secrets.openai", secretKnown, false, key(idSet, 40, 200)},
	{"T3BlbkFJ", "secrets.openai", secretKnown, false, lookOpenAI},
	{"sk-ant-", "secrets.anthropic", secretKnown, false, key(idSet, 80, 140)},
	{"hf_", "secrets.huggingface", secretKnown, false, key(alnumSet, 34, 34)},
	{"npm_", "secrets.npm", secretKnown, false, key(alnumSet, 36, 36)},
	{"pypi-AgEIcHlwaS5vcmc", "secrets.pypi", secretKnown, false, key(idSet, 50, 1000)},
	{"SG.", "secrets.sendgrid", secretKnown, false, lookSendGrid},
	{"AccountKey=", "secrets.azure", secretKnown, false, lookAzure},
	{"eyJ", "secrets.jwt", secretKnown, false, lookJWT},
	{"-----BEGIN ", "secrets.private_key", secretPrivateKey, false, lookPrivateKey},
	{"://", "secrets.url_password", secretURL, false, lookURLPassword},
	{"SK", "secrets.twilio", secretKnown, false, key(hexSet, 32, 32)},
	{"secret", "secrets.assigned", secretAssigned, true, lookAssigned},
	{"token", "secrets.assigned", secretAssigned, true, lookAssigned},
	{"api_key", "secrets.assigned", secretAssigned, true, lookAssigned},
	{"apikey", "secrets.assigned", secretAssigned, true, lookAssigned},
	{"api-key", "secrets.assigned", secretAssigned, true, lookAssigned},
	{"password", "secrets.assigned", secretAssigned, true, lookAssigned},
	{"passwd", "secrets.assigned", secretAssigned, true, lookAssigned},
	{"access_key", "secrets.assigned", secretAssigned, true, lookAssigned},
	{"accesskey", "secrets.assigned", secretAssigned, true, lookAssigned},
	{"private_key", "secrets.assigned", secretAssigned, true, lookAssigned},
	{"auth_key", "secrets.assigned", secretAssigned, true, lookAssigned},
}

// secretMatcher finds the literals, in the order of secretShapes.
var secretMatcher = sync.OnceValue(func() *matcher {
	var literals []string
	for _, s := range secretShapes {
		literals = append(literals, string(appendLower(nil, []byte(s.literal))))
	}
	m, err := newMatcher(literals, true)
	if err != nil {
		panic("clean: secrets: " + err.Error())
	}
	return m
})

// lookOpenAI reads the older keys: sk-, 20 characters, this mark, 20 more.
func lookOpenAI(s *secrets, from, i int) secret {
	start, to := from-23, i+20
	if start < 0 || string(s.text[start:start+3]) != "sk-" || alnumSet.end(s.text, start+3, to) != to || to < len(s.text) && isAlnum(s.text[to]) {
		return secret{}
	}
	return secret{from: start, to: to, score: 1}
}

// lookSendGrid reads 22 and 43 characters with a dot between.
func lookSendGrid(s *secrets, from, i int) secret {
	b, dot, to := s.text, i+22, i+22+1+43
	if from > 0 && isAlnum(b[from-1]) || to > len(b) || b[dot] != '.' || idSet.end(b, i, dot) != dot || idSet.end(b, dot+1, to+1) != to || isPlaceholder(b[i:to]) {
		return secret{}
	}
	return secret{from: from, to: to, score: 1}
}

// lookAzure reads the key of a storage account, 64 bytes in base64.
func lookAzure(s *secrets, from, i int) secret {
	to := i + 88
	if to > len(s.text) || base64Set.end(s.text, i, to) != to-2 || string(s.text[to-2:to]) != "==" || isPlaceholder(s.text[i:to]) || entropy(s.text[i:to]) < 3.5 {
		return secret{}
	}
	return secret{from: i, to: to, score: 1}
}

// lookJWT reads a signed token: two JSON objects and a signature in base64, with dots between (RFC 7519).
func lookJWT(s *secrets, from, i int) secret {
	b := s.text
	if from > 0 && (isAlnum(b[from-1]) || b[from-1] == '_') {
		return secret{}
	}
	const longest = 1 << 13
	dot := idSet.end(b, i, i+longest)
	if dot-i < 12 || !bytes.HasPrefix(b[dot:], []byte(".eyJ")) {
		return secret{}
	}
	second := idSet.end(b, dot+1, dot+longest)
	if second-dot < 15 || second >= len(b) || b[second] != '.' {
		return secret{}
	}
	to := idSet.end(b, second+1, second+longest)
	if to-second < 20 || isPlaceholder(b[second:to]) {
		return secret{}
	}
	return secret{from: from, to: to, score: 1}
}
