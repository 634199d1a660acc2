package chat

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern/tokenize"
	"github.com/seed-83c59573/quern/train/data"
	"github.com/seed-83c59573/quern/train/data/chat/jinja"
)

// models is a folder of chat templates, and what transformers makes of them: cmd/versus/chat.py writes it.
var models = flag.String("models", "", "a folder of *.jinja and rendered.jsonl, to compare with")

func tokenizer(t testing.TB) *tokenize.Tokenizer {
	t.Helper()
	learn := tokenize.DefaultLearn()
	learn.Special = append(learn.Special, "<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "[BEGIN]", "[END]")
	learn.Vocab = 300
	c := tokenize.NewCounter(learn)
	c.Add([]byte("user user assistant assistant mill mill\n\n\n\n\n\n system system"))
	tok, err := c.Learn()
	if err != nil {
		t.Fatal(err)
	}
	b, err := tok.JSON()
	if err != nil {
		t.Fatal(err)
	}
	b = bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("[BEGIN]"), []byte("<s>")), []byte("[END]"), []byte("</s>"))
	if tok, err = tokenize.Parse(b); err != nil {
		t.Fatal(err)
	}
	return tok
}

func encoder(t testing.TB, name string) *Encoder {
	t.Helper()
	tpl, err := Named(name)
	if err != nil {
		t.Fatal(err)
	}
	e, err := NewEncoder(tpl, tokenizer(t))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// spelled is what segments spell.
func spelled(segments []Segment) string {
	var b strings.Builder
	for _, s := range segments {
		b.WriteString(s.Text)
	}
	return b.String()
}

// marked is a conversation with «» around what is learned.
func marked(t testing.TB, e *Encoder, c Conversation, m Mask) string {
	t.Helper()
	segments, err := e.Segments(&c, m)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, s := range segments {
		if s.Train {
			b.WriteString("«" + s.Text + "»")
		} else {
			b.WriteString(s.Text)
		}
	}
	return strings.ReplaceAll(b.String(), "»«", "")
}

// learned is what the tokens spell that a loss is taken on.
func learned(e *Encoder, x data.Example) string {
	var ids []uint32
	for i, id := range x.Tokens {
		if x.Train[i] {
			ids = append(ids, uint32(id))
		}
	}
	return string(e.tok.AppendDecode(nil, ids))
}

func text(e *Encoder, ids []int32) string {
	var u []uint32
	for _, id := range ids {
		u = append(u, uint32(id))
	}
	return string(e.tok.AppendDecode(nil, u))
}

func turns(roleAndContent ...string) Conversation {
	var c Conversation
	for i := 0; i < len(roleAndContent); i += 2 {
		c.Messages = append(c.Messages, Message{Role: roleAndContent[i], Content: roleAndContent[i+1]})
	}
	return c
}

func TestTemplatesLayOut(t *testing.T) {
	golden := turns("system", "S", "user", "Hi", "assistant", "Yo")
	two := turns("user", "Hi", "assistant", "Yo", "user", "And?", "assistant", "Ha")
	for _, c := range []struct {
		name string
		conv Conversation
		want string
	}{
		{ChatML, golden, "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n«Yo<|im_end|>»\n"},
		{ChatML, two, "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n«Yo<|im_end|>»\n<|im_start|>user\nAnd?<|im_end|>\n<|im_start|>assistant\n«Ha<|im_end|>»\n"},
		{ChatML, turns("user", "1", "tool", "T", "assistant", "2"), "<|im_start|>user\n1<|im_end|>\n<|im_start|>tool\nT<|im_end|>\n<|im_start|>assistant\n«2<|im_end|>»\n"},
		{Qwen, turns("user", "Hi", "assistant", "Yo"),
			"<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n«Yo<|im_end|>»\n"},
		{Llama3, golden, "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nS<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>" +
			"<|start_header_id|>assistant<|end_header_id|>\n\n«Yo<|eot_id|>»"},
		{Mistral, golden, "<s>[INST] S\n\nHi [/INST]« Yo</s>»"},
		{Mistral, two, "<s>[INST] Hi [/INST]« Yo</s>»[INST] And? [/INST]« Ha</s>»"},
		{Alpacas, golden, "S\n\n### Instruction:\nHi\n\n### Response:\n«Yo<|endoftext|>»"},
		{Plain, turns("user", "Once", "assistant", " upon"), "Once« upon<|endoftext|>»"},
		{ChatML, Conversation{Text: "Once <|im_end|>"}, "<|endoftext|>«Once <|im_end|><|endoftext|>»"},
	} {
		if got := marked(t, encoder(t, c.name), c.conv, Mask{}); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
	for name, chars := range map[string]int{ChatML: 96, Llama3: 185} {
		segments, err := encoder(t, name).Segments(&golden, Mask{})
		if got := len(spelled(segments)); err != nil || got != chars {
			t.Errorf("%s: the example has %d characters, %v; want %d", name, got, err, chars)
		}
	}
}

func TestMasks(t *testing.T) {
	c := turns("system", "S", "user", "q", "assistant", "a", "tool", "o", "assistant", "b")
	mute := turns("system", "S", "user", "q", "assistant", "a", "tool", "o", "assistant", "b")
	mute.Messages[2].Mute = true
	for _, x := range []struct {
		name string
		c    Conversation
		m    Mask
		want string // between the brackets
	}{
		{"the assistant, if nothing is said", c, Mask{}, "a<|im_end|> b<|im_end|>"},
		{"the last turn", c, Mask{Last: true}, "b<|im_end|>"},
		{"weight 0", mute, Mask{}, "b<|im_end|>"},
		{"users", c, Mask{Roles: []string{"user"}}, "q<|im_end|>"},
		{"everyone", c, Mask{Roles: []string{"system", "user", "assistant", "tool"}}, "S<|im_end|> q<|im_end|> a<|im_end|> o<|im_end|> b<|im_end|>"},
		{"the last of two roles", c, Mask{Roles: []string{"assistant", "tool"}, Last: true}, "b<|im_end|>"},
	} {
		for _, untagged := range []bool{false, true} {
			e := encoder(t, ChatML)
			if untagged {
				e = untag(t, e.t)
			}
			var got []string
			segments, err := e.Segments(&x.c, x.m)
			if err != nil {
				t.Fatal(err)
			}
			for i, s := range segments {
				if s.Train && i > 0 && segments[i-1].Train {
					got[len(got)-1] += s.Text
				} else if s.Train {
					got = append(got, s.Text)
				}
			}
			if s := strings.Join(got, " "); s != x.want {
				t.Errorf("%s, untagged %v: learned is %q, want %q", x.name, untagged, s, x.want)
			}
			ex, err := e.Example(&x.c, x.m)
			if want := strings.ReplaceAll(x.want, " ", ""); err != nil || learned(e, ex) != want {
				t.Errorf("%s, untagged %v: tokens learned are %q, %v; want %q", x.name, untagged, learned(e, ex), err, want)
			}
		}
	}
	for _, m := range []Mask{{Roles: []string{"wizard"}}, {Roles: []string{"user", "user"}}} {
		if m.Validate() == nil {
			t.Errorf("roles %v are allowed", m.Roles)
		}
	}
}

// untag is an encoder of the template as models bring it: without {% generation %} blocks.
func untag(t testing.TB, tpl *Template) *Encoder {
	t.Helper()
	source := generationTag.ReplaceAllString(tpl.Jinja(), "{%- if true %}")
	source = strings.ReplaceAll(source, "{%- endgeneration %}", "{%- endif %}")
	model, err := Model(source, "", "")
	if err != nil {
		t.Fatal(err)
	}
	e, err := NewEncoder(model, tokenizer(t))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// rendering is a line of what cmd/versus/chat.py writes.
type rendering struct {
	Template     string
	Conversation int
	Text, Opened string
	Spans        [][2]int // in characters
	Fails        bool
}

func goldens(t *testing.T, path string) (rows []Conversation, lines []rendering) {
	t.Helper()
	b, err := os.ReadFile("testdata/conversations.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range bytes.Split(bytes.TrimSpace(b), []byte("\n")) {
		var f fields
		if err := json.Unmarshal(line, &f); err != nil {
			t.Fatal(err)
		}
		c, err := readMessages(f)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, c...)
	}
	if b, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	for _, line := range bytes.Split(bytes.TrimSpace(b), []byte("\n")) {
		var r rendering
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, r)
	}
	return rows, lines
}

// trainedRunes are the spans of characters that are learned.
func trainedRunes(segments []Segment) (out [][2]int) {
	at := 0
	for _, s := range segments {
		n := len([]rune(s.Text))
		switch last := len(out) - 1; {
		case s.Train && last >= 0 && out[last][1] == at:
			out[last][1] += n
		case s.Train:
			out = append(out, [2]int{at, at + n})
		}
		at += n
	}
	return out
}

func opened(e *Encoder, c *Conversation) (string, error) {
	segments, err := e.t.render(c.Messages, c.Tools, true, e.bos, e.eos)
	s := ""
	for _, x := range segments {
		s += x.Text
	}
	return s, err
}

// Text, opened turn and mask of every built-in template are what transformers makes of the same Jinja; and without the tags the rule gives the same mask.
func TestTemplatesAreTransformers(t *testing.T) {
	rows, lines := goldens(t, "testdata/rendered.jsonl")
	if len(lines) != len(Names())*len(rows) {
		t.Fatalf("%d renderings of %d templates and %d conversations: run cmd/versus/chat.py again", len(lines), len(Names()), len(rows))
	}
	for _, want := range lines {
		c, e := rows[want.Conversation], encoder(t, want.Template)
		segments, err := e.Segments(&c, Mask{})
		if want.Fails || err != nil {
			var refused *jinja.Refusal
			if !want.Fails || !errors.As(err, &refused) {
				t.Errorf("%s, conversation %d: %v; transformers fails: %v", want.Template, want.Conversation, err, want.Fails)
			}
			continue
		}
		open, err := opened(e, &c)
		if spelled(segments) != want.Text || open != want.Opened || err != nil {
			t.Errorf("%s, conversation %d: %v\n got %q\nwant %q", want.Template, want.Conversation, err, spelled(segments), want.Text)
		}
		want.Spans = joinedSpans(want.Spans)
		if got := trainedRunes(segments); !reflect.DeepEqual(got, want.Spans) {
			t.Errorf("%s, conversation %d: learned is %v, want %v", want.Template, want.Conversation, got, want.Spans)
		}
		bare, err := untag(t, e.t).Segments(&c, Mask{})
		if err != nil || !reflect.DeepEqual(trainedRunes(bare), want.Spans) {
			t.Errorf("%s, conversation %d: without tags learned is %v, %v; want %v in %q", want.Template, want.Conversation, trainedRunes(bare), err, want.Spans, want.Text)
		}
	}
}

// joinedSpans makes one of spans that touch.
func joinedSpans(in [][2]int) (out [][2]int) {
	for _, s := range in {
		if last := len(out) - 1; last >= 0 && out[last][1] == s[0] {
			out[last][1] = s[1]
		} else if s[1] > s[0] {
			out = append(out, s)
		}
	}
	return out
}

// TestTemplatesOfModels compares with transformers on the templates that models bring along, which are not kept here.
func TestTemplatesOfModels(t *testing.T) {
	if *models == "" {
		t.Skip("no folder of templates: see -models")
	}
	rows, lines := goldens(t, filepath.Join(*models, "rendered.jsonl"))
	tok := tokenizer(t)
	same, masks, tagged, ruled := 0, 0, 0, 0
	for _, want := range lines {
		if want.Fails {
			continue
		}
		b, err := os.ReadFile(filepath.Join(*models, want.Template+".jinja"))
		if err != nil {
			t.Fatal(err)
		}
		tpl, err := Model(strings.TrimSuffix(string(b), "\n"), "", "")
		if err != nil {
			t.Errorf("%s: %v", want.Template, err)
			continue
		}
		c := rows[want.Conversation]
		e := &Encoder{t: tpl, tok: tok, bos: "<|endoftext|>", eos: "<|endoftext|>"}
		segments, err := e.Segments(&c, Mask{})
		if err != nil || spelled(segments) != want.Text {
			t.Logf("%s, conversation %d: %v\n got %q\nwant %q", want.Template, want.Conversation, err, spelled(segments), want.Text)
			continue
		}
		same++
		if !tpl.tagged {
			continue
		}
		tagged++
		if got := trainedRunes(segments); !slices.Equal(got, joinedSpans(want.Spans)) {
			t.Errorf("%s, conversation %d: learned is %v, want %v in %q", want.Template, want.Conversation, got, want.Spans, want.Text)
			continue
		}
		masks++
		e.t = &Template{name: tpl.name, source: tpl.source, parsed: tpl.parsed} // now by the rule for templates without tags
		for _, name := range tokenName.FindAllString(tpl.source, -1) {
			e.specials = append(e.specials, tokenize.Added{Content: name})
		}
		bare, err := e.Segments(&c, Mask{})
		if got := trainedRunes(bare); err == nil && sameButLines(want.Text, got, joinedSpans(want.Spans)) {
			ruled++
		} else {
			t.Logf("%s, conversation %d: by the rule learned is %v, tagged %v in %q", want.Template, want.Conversation, got, want.Spans, want.Text)
		}
	}
	t.Logf("%d of %d renderings equal, %d of %d masks, %d by the rule for templates without tags", same, len(lines), masks, tagged, ruled)
}

// sameButLines compares spans of characters but for the line end behind an end-of-turn token, which some templates have the assistant generate.
func sameButLines(text string, a, b [][2]int) bool {
	runes := []rune(text)
	trim := func(spans [][2]int) (out []string) {
		for _, s := range spans {
			out = append(out, fmt.Sprint(s[0], strings.TrimSuffix(string(runes[s[0]:s[1]]), "\n")))
		}
		return out
	}
	return slices.Equal(trim(a), trim(b))
}

// tokenName is what special tokens look like in templates.
var tokenName = regexp.MustCompile(`<[|｜]?[A-Za-z0-9_▁]+[|｜]?>|</s>`)
