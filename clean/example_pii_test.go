package clean_test

import (
	"fmt"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/clean"
)

func ExamplePII() {
	o := clean.DefaultPII()
	o.Phone = "replace"
	show(o.Stage, "Ask jane@doe.org or +1 415 555 2671, or look at 163.36.107.25, section 5.11.2.3.")
	// Output:
	// "Ask email@example.com or 555-0100, or look at 192.0.2.1, section 5.11.2.3."
}

func ExampleSecrets() {
	show(clean.DefaultSecrets().Stage, `db := "postgres://joe:q7Zr2Lk9Xw4T@db.corp.net/x" // not "postgres://user:password@host/x"`)
	// Output:
	// "db := \"postgres://joe:<KEY>@db.corp.net/x\" // not \"postgres://user:password@host/x\""
}

func ExampleSpam() {
	show(clean.DefaultSpam().Stage, strings.Repeat("Buy now, click here, free shipping today. ", 3))
	// Output:
	// clean.spam.calls: 0.67, limit 0.06
}

// show prints what a rule makes of a text.
func show(build func() (quern.Stage, error), text string) {
	s, err := build()
	if err != nil {
		panic(err)
	}
	d := &quern.Doc{Text: []byte(text)}
	v, err := s.Apply(d)
	switch {
	case err != nil:
		panic(err)
	case v != quern.Keep:
		fmt.Printf("%s: %.2f, limit %v\n", v, d.Drop.Value, d.Drop.Limit)
	default:
		fmt.Printf("%q\n", d.Text)
	}
}
