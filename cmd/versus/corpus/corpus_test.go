package main

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestOddIsWhatTheOraclesRead holds the set that needs no data to the digest with which tokenize/testdata/oracle.tsv was made.
func TestOddIsWhatTheOraclesRead(t *testing.T) {
	b, err := os.ReadFile("../../../tokenize/testdata/oracle.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var want string
	for line := range strings.Lines(string(b)) {
		if f := strings.Split(strings.TrimSpace(line), "\t"); f[0] == "corpus" && f[1] == "odd" {
			want = f[3]
		}
	}
	var list strings.Builder
	if err := write(&list, t.TempDir(), "odd", odd()); err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(list.String())[3]; got != want {
		t.Errorf("SHA-256 %s, the oracles read %s", got, want)
	}
}

func TestProse(t *testing.T) {
	long := strings.Repeat("A line of the menu that stands on every page.\n", 3)
	g := gatherer{docs: map[string][][]byte{}, lines: map[string]int{}, files: map[[32]byte]bool{}}
	body := strings.Repeat("x", 100) + "\n"
	g.prose("en", long+body)
	g.prose("en", long+strings.Repeat("y", 100)+"\n")
	g.prose("en", "too short\n")
	g.prose("en", body+"\xff"+body)
	want := []string{long[:2*len(long)/3] + body, strings.Repeat("y", 100) + "\n"}
	if len(g.docs["en"]) != len(want) {
		t.Fatalf("%q", g.docs["en"])
	}
	for i, d := range g.docs["en"] {
		if string(d) != want[i] {
			t.Errorf("%q, want %q", d, want[i])
		}
	}
	if got := unmarked([]byte("<head><title>t</title></head><p>a &amp; b<!-- no --></p>\n\n\n\nc")); got != "a & b\n\nc" {
		t.Errorf("%q", got)
	}
	if got := utf8Page([]byte(`<meta charset="koi8-r">` + "\xd2\xd5\xd3")); !strings.HasSuffix(string(got), "рус") {
		t.Errorf("%q", got)
	}
}

func TestSpecialsStayText(t *testing.T) {
	made := specials([][]byte{[]byte(strings.Repeat("Ein schöner Satz. ", 200))})
	if !utf8.Valid(made[0]) || !strings.Contains(string(made[0]), "<|") {
		t.Errorf("%q", made[0])
	}
}
