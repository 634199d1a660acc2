package clean

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-83c59573/quern"
)

// TestMain makes this test program the external one, when it is asked to be.
func TestMain(m *testing.M) {
	if mode := os.Getenv("CLEAN_TEST_PROGRAM"); mode != "" {
		program(mode, os.Getenv("CLEAN_TEST_FILE"))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// program answers well, but for documents whose text names a fault.
func program(mode, file string) {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<26)
	for in.Scan() {
		var q question
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			panic(err)
		}
		fault := ""
		if f, ok := strings.CutPrefix(q.Text, "fault "); ok {
			fault = f
		}
		if f, ok := strings.CutPrefix(q.Text, "once "); ok { // only while no file says that it has happened
			if _, err := os.Stat(file); err != nil {
				os.WriteFile(file, nil, 0o666)
				fault = f
			}
		}
		if mode == "dies" {
			fault = "die"
		}
		switch fault {
		case "die":
			fmt.Fprintln(os.Stderr, "something broke")
			os.Exit(3)
		case "hang":
			time.Sleep(time.Hour)
		case "nonsense":
			fmt.Println("yes, I think so")
		case "id":
			fmt.Println(`{"id":"00","keep":true}`)
		case "keep":
			fmt.Printf(`{"id":%q}`+"\n", q.ID)
		case "twice":
			fmt.Printf(`{"id":%q,"keep":true}`+"\n"+`{"id":%q,"keep":true}`+"\n", q.ID, q.ID)
		case "fact":
			fmt.Printf(`{"id":%q,"keep":true,"facts":{"other":1}}`+"\n", q.ID)
		case "reason":
			fmt.Printf(`{"id":%q,"keep":false,"reason":"Not a word"}`+"\n", q.ID)
		case "":
			words := len(strings.Fields(q.Text))
			fmt.Printf(`{"id":%q,"keep":%v,"reason":"dull","value":%d,"limit":3,"text":%q,"facts":{"words":%d}}`+"\n",
				q.ID, words >= 3, words, strings.ToUpper(q.Text), words)
		}
	}
}

func externalOptions(t *testing.T, mode string) External {
	t.Helper()
	t.Setenv("CLEAN_TEST_PROGRAM", mode)
	t.Setenv("CLEAN_TEST_FILE", filepath.Join(t.TempDir(), "happened"))
	o := DefaultExternal()
	o.Command, o.Name, o.Facts, o.Seconds = []string{os.Args[0]}, "mine", []string{"words"}, 2
	return o
}

func TestExternal(t *testing.T) {
	o := externalOptions(t, "well")
	s, err := o.Stage()
	build(t, s, err)
	defer s.(*external).Close()
	f := func(text string, want quern.Verdict, out string) {
		t.Helper()
		d := &quern.Doc{ID: quern.NewID("a", text), Text: []byte(text)}
		v, err := s.Apply(d)
		if err != nil || v != want || v != d.Drop.Verdict || string(d.Text) != out {
			t.Errorf("%q: %q (%v), text %q, want %q", text, v, err, d.Text, want)
		}
		if words, ok := findMark(d, "mine.words"); ok != (v != externalFailed) || ok && int(words) != len(strings.Fields(text)) {
			t.Errorf("%q: %v words", text, words)
		}
	}
	f("a b c d", quern.Keep, "A B C D")
	f("a b\nc", quern.Keep, "A B\nC")
	f("a", "clean.mine.dull", "A")
	f(strings.Repeat("ä long text ", 200_000), quern.Keep, strings.Repeat("Ä LONG TEXT ", 200_000))
	for _, fault := range []string{"die", "nonsense", "id", "keep", "twice", "fact", "reason"} {
		f("fault "+fault, externalFailed, "fault "+fault)
		f("one two three", quern.Keep, "ONE TWO THREE") // and the next one is served
	}
	if v, err := s.Apply(&quern.Doc{Text: []byte("\xff")}); v != externalText || err != nil {
		t.Errorf("%q (%v) for bytes that are no text", v, err)
	}
}

// What fails once is asked again, and nothing is lost.
func TestExternalTriesAgain(t *testing.T) {
	for _, fault := range []string{"die", "hang", "nonsense"} {
		o := externalOptions(t, "well")
		o.Seconds = 1
		s, err := o.Stage()
		build(t, s, err)
		d := &quern.Doc{Text: []byte("once " + fault)}
		if v, err := s.Apply(d); err != nil || v == externalFailed {
			t.Errorf("%s: %q (%v)", fault, v, err)
		}
		s.(*external).Close()
	}
}

// A program that never answers stops the pass, and its last words are told.
func TestExternalThatIsBroken(t *testing.T) {
	o := externalOptions(t, "dies")
	o.MaxRow = 3
	s, err := o.Stage()
	build(t, s, err)
	for i := range 3 {
		v, err := s.Apply(&quern.Doc{Text: []byte("a b c")})
		if i < 2 && (err != nil || v != externalFailed) || i == 2 && (err == nil || !strings.Contains(err.Error(), "something broke")) {
			t.Errorf("document %d: %q (%v)", i, v, err)
		}
	}
}

func TestExternalOptions(t *testing.T) {
	good := externalOptions(t, "well")
	for _, change := range []func(*External){
		func(o *External) { o.Command = nil }, func(o *External) { o.Command = []string{"no-such-program-here"} },
		func(o *External) { o.Command = []string{"./no/such/program"} }, func(o *External) { o.Name = "A b" },
		func(o *External) { o.Seconds = 0 }, func(o *External) { o.Tries = 0 }, func(o *External) { o.MaxRow = 0 },
		func(o *External) { o.Facts = []string{"x.y"} },
	} {
		o := good
		change(&o)
		if _, err := o.Stage(); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
	good.Needs = []string{"list.txt"}
	good.At("/there")
	if files := good.Files(); len(files) != 2 || files[1] != filepath.FromSlash("/there/list.txt") {
		t.Errorf("files %q", files)
	}
	docs := []quern.Doc{{Text: []byte("one two three")}, {Text: []byte("one")}, {Text: []byte("fault die")}}
	good.dir = ""
	if err := quern.CheckStage(good.Stage, docs...); err != nil {
		t.Error(err)
	}
}
