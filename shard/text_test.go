package shard_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/shard"
)

func docs(n int) []quern.Doc {
	out := make([]quern.Doc, n)
	for i := range out {
		d := quern.Doc{ID: quern.NewID("s", fmt.Sprint(i)), Domain: "web", Source: "s", Origin: fmt.Sprint("https://example.org/", i),
			Lang: "en", License: "MIT", Time: "2026-01-02T03:04:05Z", Text: []byte(strings.Repeat(fmt.Sprint("text ", i, " "), i%7)),
			Meta: []byte(`{"title":"a"}`)}
		for t := range i % 50 {
			d.Tokens = append(d.Tokens, uint32(i*31+t)%1000)
		}
		d.Tokens = append(d.Tokens, 1000)
		out[i] = d
	}
	return out
}

func TestTextSink(t *testing.T) {
	build := func(dir quern.Dir) (quern.Sink, error) { return shard.Text(dir, "00000") }
	if err := quern.CheckSink(build, docs(100)...); err != nil {
		t.Fatal(err)
	}
	build = func(dir quern.Dir) (quern.Sink, error) { return shard.Drops(dir, "00000") }
	if err := quern.CheckSink(build, docs(100)...); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, sink quern.Sink, err error, in []quern.Doc) quern.Shard {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for i := range in {
		if err := sink.Put(&in[i]); err != nil {
			t.Fatal(err)
		}
	}
	s, err := sink.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTextRoundTrip(t *testing.T) {
	dir := &quern.Memory{}
	in := docs(2000)
	sink, err := shard.Text(dir, "00000")
	first := write(t, sink, err, in[:1500])
	sink, err = shard.Text(dir, "00001")
	second := write(t, sink, err, in[1500:])
	src := shard.TextSource{Dir: dir, Name: "s", Domain: "web", Shards: []quern.Shard{first, second}}
	if err := quern.CheckSource(context.Background(), src); err != nil {
		t.Fatal(err)
	}
	units, _ := src.Units(context.Background())
	n := 0
	for i, u := range units {
		for d, err := range src.Docs(context.Background(), u) {
			if err != nil {
				t.Fatal(err)
			}
			w := &in[n]
			if d.ID != w.ID || !bytes.Equal(d.Text, w.Text) || d.Origin != w.Origin || d.Lang != w.Lang || d.License != w.License ||
				d.Time != w.Time || !bytes.Equal(d.Meta, w.Meta) || d.Row != (quern.Row{Shard: i, Index: n - 1500*i}) {
				t.Fatalf("doc %d came back as %+v", n, d)
			}
			n++
		}
	}
	if n != 2000 {
		t.Fatalf("%d documents came back, want 2000", n)
	}
}

func TestDropsKeepTheEvidence(t *testing.T) {
	dir := &quern.Memory{}
	in := docs(3)
	for i := range in {
		in[i].Fail("clean.gopher.too_short", float64(i), 50)
	}
	sink, err := shard.Drops(dir, "dropped/00000")
	s := write(t, sink, err, in)
	n := 0
	for d, err := range (shard.DropSource{Dir: dir, Shards: []quern.Shard{s}}).Docs() {
		if err != nil {
			t.Fatal(err)
		}
		if want := (quern.Drop{Verdict: "clean.gopher.too_short", Value: float64(n), Limit: 50}); d.Drop != want {
			t.Fatalf("evidence %+v, want %+v", d.Drop, want)
		}
		n++
	}
	if n != 3 {
		t.Fatalf("%d drops, want 3", n)
	}
}

// TestDamageIsToldOrHarmless cuts a shard and changes bytes of it at many places. A reader may say so, or give all rows if the byte
// did not matter to the format (digests are for that); it never panics and never ends early in silence.
func TestDamageIsToldOrHarmless(t *testing.T) {
	if shard.UnderRace {
		t.Skip("the race detector's checks end the program where the Parquet library panics")
	}
	dir := &quern.Memory{}
	in := docs(60)
	for i := range in {
		in[i].Fail("clean.gopher.too_short", 1, 50)
	}
	sink, err := shard.Drops(dir, "00000")
	s := write(t, sink, err, in)
	good, _ := quern.ReadBlob(dir, s.Name)
	told := 0
	f := func(b []byte, what string, at int) {
		t.Helper()
		if err := quern.WriteBlob(dir, s.Name, b); err != nil {
			t.Fatal(err)
		}
		n, failed := 0, false
		for _, err := range (shard.DropSource{Dir: dir, Shards: []quern.Shard{s}}).Docs() {
			if err != nil {
				if !strings.Contains(err.Error(), s.Name) {
					t.Fatalf("%s %d: %v does not name %s", what, at, err, s.Name)
				}
				failed = true
				break
			}
			n++
		}
		if !failed && n != len(in) {
			t.Fatalf("%s %d: %d rows and no error, want %d", what, at, n, len(in))
		}
		if failed {
			told++
		}
	}
	for at := 0; at < len(good); at += 3 {
		b := bytes.Clone(good)
		b[at] ^= byte(1 + at%255)
		f(b, "byte", at)
	}
	for at := 0; at < len(good); at += 97 {
		f(bytes.Clone(good[:at]), "cut", at)
	}
	if told == 0 {
		t.Fatal("no damage was told")
	}
	f(good, "whole", 0)
}

func TestReadersStopWhenAsked(t *testing.T) {
	dir := &quern.Memory{}
	sink, err := shard.Drops(dir, "00000")
	s := write(t, sink, err, docs(100))
	n := 0
	for range (shard.DropSource{Dir: dir, Shards: []quern.Shard{s, {Name: "missing.parquet"}}}).Docs() {
		if n++; n == 40 {
			break
		}
	}
	sink, err = shard.Text(dir, "00001")
	s = write(t, sink, err, docs(100))
	src := shard.TextSource{Dir: dir, Name: "s", Shards: []quern.Shard{s}}
	units, _ := src.Units(context.Background())
	for range src.Docs(context.Background(), units[0]) {
		if n++; n == 80 {
			break
		}
	}
	if n != 80 {
		t.Fatalf("%d documents before the reader stopped, want 80", n)
	}
	for _, err := range (shard.DropSource{Dir: dir, Shards: []quern.Shard{{Name: "missing.parquet"}}}).Docs() {
		if err == nil || !strings.Contains(err.Error(), "missing.parquet") {
			t.Fatalf("got %v, want an error that names the file", err)
		}
		return
	}
	t.Fatal("a missing shard was read as empty")
}

func TestDamagedTextShardIsAnError(t *testing.T) {
	dir := &quern.Memory{}
	if err := quern.WriteBlob(dir, "00000.parquet", []byte("PAR1 this is no Parquet file PAR1")); err != nil {
		t.Fatal(err)
	}
	src := shard.TextSource{Dir: dir, Name: "s", Shards: []quern.Shard{{Name: "00000.parquet"}}}
	units, _ := src.Units(context.Background())
	for _, err := range src.Docs(context.Background(), units[0]) {
		if err == nil || !strings.Contains(err.Error(), "00000.parquet") {
			t.Fatalf("got %v, want an error that names the file", err)
		}
		return
	}
	t.Fatal("a damaged shard was read as empty")
}

// What a source told of a document in numbers reaches the rules: raw texts keep their marks, in their order.
func TestRawTextsKeepTheirMarks(t *testing.T) {
	dir := &quern.Memory{}
	in := docs(5)
	in[0].Marks = nil
	in[1].Marks = []quern.Mark{{Name: "code.test", Value: 1}, {Name: `odd "name"`, Value: -0.125}, {Name: "a", Value: 3}}
	in[2].Marks = []quern.Mark{{Name: "nan", Value: math.NaN()}}
	sink, err := shard.Raw(dir, "00000")
	sh := write(t, sink, err, in)
	src := shard.TextSource{Dir: dir, Name: "raw", Shards: []quern.Shard{sh}}
	i := 0
	for d, err := range src.Docs(t.Context(), quern.Unit{Parts: []quern.Part{{}}}) {
		if err != nil {
			t.Fatal(err)
		}
		want := in[i].Marks
		if i == 2 {
			want = nil
		}
		if !slices.Equal(d.Marks, want) || string(d.Text) != string(in[i].Text) {
			t.Errorf("document %d has the marks %v, want %v", i, d.Marks, want)
		}
		i++
	}
	if i != len(in) {
		t.Errorf("%d documents", i)
	}
}
