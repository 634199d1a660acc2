package quern

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestIDsComeFromProvenance(t *testing.T) {
	a := NewID("docs", "page", "1")
	if a != NewID("docs", "page", "1") {
		t.Fatal("one key, two IDs")
	}
	for _, b := range []ID{NewID("docs", "page1"), NewID("doc", "spage", "1"), NewID("docs", "page", "1", "")} {
		if a == b {
			t.Fatal("two keys, one ID")
		}
	}
	if back, err := ParseID(a.String()); err != nil || back != a {
		t.Fatalf("%v, %v", back, err)
	}
	for _, bad := range []string{"", "12", strings.Repeat("g", 32)} {
		if _, err := ParseID(bad); err == nil {
			t.Errorf("ParseID(%q) accepted", bad)
		}
	}
	if got, want := a.String(), "0dea176514edf55d24a44427dbbc668d"; got != want {
		t.Fatalf("ID %s, want %s: every dataset would change", got, want)
	}
}

func TestSeedDependsOnEverything(t *testing.T) {
	id := NewID("s", "k")
	base := Seed(1, "mix", id)
	if base != Seed(1, "mix", id) || base == Seed(2, "mix", id) || base == Seed(1, "max", id) || base == Seed(1, "mix", NewID("s", "l")) {
		t.Fatal("a seed must depend on run, step and document, and on nothing else")
	}
}

// number is a source of units of numbered documents; "bad" units fail.
type number struct {
	units, docs int
	badRecord   func(u, i int) bool
	other       func(u, i int) bool // records that are no documents
	broken      int                 // unit that fails; -1 = none
}

func (n number) Units(context.Context) ([]Unit, error) {
	u := make([]Unit, n.units)
	for i := range u {
		u[i] = Unit{Name: fmt.Sprint("unit", i), Source: "numbers", Domain: "web", Parts: []Part{{From: int64(i)}}}
	}
	return u, nil
}

func (n number) Docs(_ context.Context, u Unit) iter.Seq2[*Doc, error] {
	return func(yield func(*Doc, error) bool) {
		var d Doc
		unit := int(u.Parts[0].From)
		for i := range n.docs {
			if n.badRecord != nil && n.badRecord(unit, i) {
				if !yield(nil, &RecordError{Reason: "bad-json", Path: u.Name, Offset: int64(i), Unit: "line", Cause: errors.New("unexpected end")}) {
					return
				}
				continue
			}
			if n.other != nil && n.other(unit, i) {
				if !yield(nil, &RecordError{Reason: "request", Path: u.Name, Offset: int64(i), Unit: "line", Passed: true}) {
					return
				}
				continue
			}
			if unit == n.broken && i == n.docs/2 {
				yield(nil, errors.New("disk on fire"))
				return
			}
			d.Reset()
			d.ID, d.Source, d.Domain = NewID("numbers", fmt.Sprint(unit, "/", i)), "numbers", "web"
			d.Text = fmt.Appendf(d.Text, "document %d of unit %d", i, unit)
			if !yield(&d, nil) {
				return
			}
		}
	}
}

// even drops documents whose text ends the sum of its bytes odd, and shouts the rest.
type even struct{ scratch []byte }

func (e *even) Apply(d *Doc) (Verdict, error) {
	sum := 0
	e.scratch = e.scratch[:0]
	for _, b := range d.Text {
		sum += int(b)
		e.scratch = append(e.scratch, b&^0x20|b&0x80)
	}
	d.Mark("sum", float64(sum))
	if sum%2 == 1 {
		return d.Fail("test.odd", float64(sum%2), 0), nil
	}
	d.Text = e.scratch
	return Keep, nil
}

// lines is a sink of one line a document.
type lines struct {
	name  string
	blob  Blob
	meter *Meter
	docs  int64
}

func newLines(dir Dir, name string) (Sink, error) {
	b, err := dir.Create(name)
	if err != nil {
		return nil, err
	}
	return &lines{name: name, blob: b, meter: NewMeter(b)}, nil
}

func (l *lines) Put(d *Doc) error {
	l.docs++
	_, err := fmt.Fprintf(l.meter, "%s %s %s %v\n", d.ID, d.Text, d.Drop.Verdict, d.Marks)
	return err
}

func (l *lines) Commit() (Shard, error) {
	if err := l.blob.Commit(); err != nil {
		return Shard{}, err
	}
	return Shard{Name: l.name, Docs: l.docs, Blobs: []BlobInfo{{l.name, l.meter.N, l.meter.Digest()}}, Info: json.RawMessage(`{ "a": 1 }`)}, nil
}

func (l *lines) Abort() { l.blob.Abort() }

func pass(dir Dir, src Source, workers int) Pass {
	return Pass{
		Source:  src,
		Stages:  func() ([]Stage, error) { return []Stage{&even{}}, nil },
		Sink:    func(i int, _ Unit) (Sink, error) { return newLines(dir, fmt.Sprintf("%05d.txt", i)) },
		Dropped: func(i int, _ Unit) (Sink, error) { return newLines(dir, fmt.Sprintf("dropped/%05d.txt", i)) },
		Workers: workers,
		Done:    dir,
	}
}

func TestWorkersNeverChangeTheResult(t *testing.T) {
	src := number{units: 13, docs: 40, broken: -1, badRecord: func(u, i int) bool { return u%3 == 0 && i == 7 }, other: func(u, i int) bool { return i == 9 }}
	var want Manifest
	for i, workers := range []int{1, 2, 7} {
		dir := &Memory{}
		m, err := pass(dir, src, workers).Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		m.Step = "test"
		if err := m.Save(dir); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			want = m
		}
		if m.Digest != want.Digest {
			t.Errorf("%d workers: digest %s, want %s", workers, m.Digest, want.Digest)
		}
		back, err := LoadManifest(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := back.Verify(dir, true); err != nil {
			t.Fatal(err)
		}
		l := back.Ledger
		if l.In != 13*40 || l.Total(Skipped, "bad-json").Docs != 5 || l.Total(Passed, "request").Docs != 13 || l.Total(Dropped, "test.odd").Docs == 0 || l.Check() != nil {
			t.Errorf("ledger %+v", l)
		}
		if len(l.Samples) != 5 || !strings.Contains(l.Samples[0], "unit0: line 7: bad-json") {
			t.Errorf("samples %q", l.Samples)
		}
	}
}

func TestPassGoesOnWhereItStopped(t *testing.T) {
	dir := &Memory{}
	if _, err := pass(dir, number{units: 9, docs: 20, broken: 6}, 1).Run(context.Background()); err == nil || !strings.Contains(err.Error(), "unit6: disk on fire") {
		t.Fatalf("got %v, want the unit and the cause", err)
	}
	names, _ := dir.List("units")
	if len(names) != 6 {
		t.Fatalf("%d finished units on record, want 6", len(names))
	}
	again := pass(dir, number{units: 9, docs: 20, broken: -1}, 1)
	read := 0
	again.Stages = func() ([]Stage, error) { return []Stage{&even{}, counter{&read}}, nil }
	got, err := again.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want, err := pass(&Memory{}, number{units: 9, docs: 20, broken: -1}, 1).Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	got.Seal()
	want.Seal()
	if got.Digest != want.Digest {
		t.Error("the resumed run differs from the undisturbed one")
	}
	if read == 0 || read > 3*20 {
		t.Errorf("%d documents went through the last three units", read)
	}
	// A shard that vanished is made again.
	dir.mu.Lock()
	delete(dir.blobs, "00003.txt")
	dir.mu.Unlock()
	if _, err := pass(dir, number{units: 9, docs: 20, broken: -1}, 2).Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := want.Verify(dir, true); err != nil {
		t.Error(err)
	}
}

type counter struct{ n *int }

func (c counter) Apply(*Doc) (Verdict, error) { *c.n++; return Keep, nil }

func TestCancelLeavesNothingHalfWritten(t *testing.T) {
	dir := Local(t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	p := pass(dir, number{units: 50, docs: 50, broken: -1}, 3)
	n := 0
	p.Progress = func(Progress) {
		if n++; n == 20 {
			cancel()
		}
	}
	p.Workers = 1
	if _, err := p.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want cancelled", err)
	}
	filepath.WalkDir(string(dir), func(path string, e fs.DirEntry, err error) error {
		if strings.HasPrefix(e.Name(), ".tmp-") {
			t.Errorf("left %s", path)
		}
		return err
	})
}

func TestNoUnitsIsAnError(t *testing.T) {
	if _, err := pass(&Memory{}, number{}, 1).Run(context.Background()); err == nil {
		t.Fatal("an empty listing passed in silence")
	}
}

func TestEachNamesTheFirstError(t *testing.T) {
	for _, workers := range []int{1, 2, 7} {
		err := Each(context.Background(), workers, 20, func(ctx context.Context, _, i int) error {
			if i == 3 {
				return errors.New("three")
			}
			if i > 3 {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		})
		if err == nil || err.Error() != "three" {
			t.Errorf("%d workers: %v", workers, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Each(ctx, 2, 5, func(context.Context, int, int) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before the start: %v", err)
	}
}

func TestCheckStage(t *testing.T) {
	docs := []Doc{{Text: []byte("a")}, {Text: []byte("b")}, {Text: []byte("two words")}}
	if err := CheckStage(func() (Stage, error) { return &even{}, nil }, docs...); err != nil {
		t.Error(err)
	}
	f := func(s func() Stage, want string) {
		t.Helper()
		if err := CheckStage(func() (Stage, error) { return s(), nil }, docs...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	f(func() Stage { return &everyOther{} }, "remembers")
	f(func() Stage {
		return stageFunc(func(d *Doc) (Verdict, error) { d.Text = []byte{0xFF}; return Keep, nil })
	}, "UTF-8")
	f(func() Stage { return stageFunc(func(d *Doc) (Verdict, error) { d.Fail("a", 1, 2); return "b", nil }) }, "names")
	f(func() Stage { return stageFunc(func(d *Doc) (Verdict, error) { return "", errors.New("no disk") }) }, "no disk")
}

type stageFunc func(d *Doc) (Verdict, error)

func (f stageFunc) Apply(d *Doc) (Verdict, error) { return f(d) }

type everyOther struct{ n int }

func (e *everyOther) Apply(d *Doc) (Verdict, error) {
	if e.n++; e.n%2 == 0 {
		return d.Fail("test.even", 0, 0), nil
	}
	return Keep, nil
}

func TestCheckSourceAndSink(t *testing.T) {
	ctx := context.Background()
	good := number{units: 3, docs: 5, broken: -1, badRecord: func(u, i int) bool { return i == 2 }}
	if err := CheckSource(ctx, good); err != nil {
		t.Error(err)
	}
	if err := CheckSource(ctx, number{units: 3, docs: 5, broken: 1}); err == nil || !strings.Contains(err.Error(), "unit1") {
		t.Errorf("got %v", err)
	}
	if err := CheckSource(ctx, &moody{number: good}); err == nil {
		t.Error("a source that changes its mind passed")
	}
	docs := []Doc{{ID: NewID("a"), Text: []byte("one")}, {ID: NewID("b"), Text: []byte("two")}}
	if err := CheckSink(func(dir Dir) (Sink, error) { return newLines(dir, "x") }, docs...); err != nil {
		t.Error(err)
	}
	n := 0
	if err := CheckSink(func(dir Dir) (Sink, error) {
		n++
		s, err := newLines(dir, "x")
		fmt.Fprint(s.(*lines).meter, n)
		return s, err
	}, docs...); err == nil {
		t.Error("a sink of changing bytes passed")
	}
	if err := CheckSink(func(dir Dir) (Sink, error) { WriteBlob(dir, "early", nil); return newLines(dir, "x") }, docs...); err == nil || !strings.Contains(err.Error(), "Abort left") {
		t.Errorf("got %v", err)
	}
}

type moody struct {
	number
	calls int
}

func (m *moody) Docs(ctx context.Context, u Unit) iter.Seq2[*Doc, error] {
	m.calls++
	n := m.number
	n.docs += m.calls
	return n.Docs(ctx, u)
}

func TestLocalDir(t *testing.T) {
	root := t.TempDir()
	for name, dir := range map[string]Dir{"local": Local(root), "memory": &Memory{}, "sub": Sub(&Memory{}, "a/b")} {
		if err := WriteBlob(dir, "x/one", []byte("1")); err != nil {
			t.Fatal(name, err)
		}
		b, err := dir.Create("x/two")
		if err != nil {
			t.Fatal(name, err)
		}
		b.Write([]byte("2"))
		if _, err := dir.Open("x/two"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: a blob exists before Commit: %v", name, err)
		}
		b.Abort()
		if names, err := dir.List("x"); err != nil || !slices.Equal(names, []string{"x/one"}) {
			t.Errorf("%s: %q, %v", name, names, err)
		}
		if got, err := ReadBlob(dir, "x/one"); err != nil || string(got) != "1" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if names, err := dir.List("nowhere"); err != nil || len(names) != 0 {
			t.Errorf("%s: %q, %v", name, names, err)
		}
	}
	for _, bad := range []string{"../x", "/x", "", "."} {
		if _, err := Local(root).Create(bad); err == nil {
			t.Errorf("Create(%q) accepted", bad)
		}
		if _, err := (&Memory{}).Create(bad); err == nil {
			t.Errorf("Create(%q) accepted", bad)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "x", ".tmp-1-1-three"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if names, _ := Local(root).List(""); slices.Contains(names, "x/.tmp-1-1-three") {
		t.Error("List shows what a crash left aside")
	}
	if err := Local(root).Sweep(""); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "x", ".tmp-1-1-three")); err == nil {
		t.Error("Sweep left it")
	}
}

func TestManifestTellsDamage(t *testing.T) {
	dir := &Memory{}
	m := Manifest{Step: "s", Options: json.RawMessage(`{"b": 1}`), Facts: json.RawMessage(`{"a":[1, 2]}`)}
	if err := m.Save(dir); err == nil {
		// Options were not compact: the digest is of their compact form, so loading must agree.
		if _, err := LoadManifest(dir); err != nil {
			t.Fatal(err)
		}
	} else {
		t.Fatal(err)
	}
	b, _ := ReadBlob(dir, ManifestName)
	WriteBlob(dir, ManifestName, []byte(strings.Replace(string(b), `"step": "s"`, `"step": "t"`, 1)))
	if _, err := LoadManifest(dir); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("an edited manifest passed: %v", err)
	}
	WriteBlob(dir, ManifestName, b[:len(b)/2])
	if _, err := LoadManifest(dir); err == nil {
		t.Error("a cut manifest passed")
	}
	bad := Manifest{Step: "s", Ledger: Ledger{In: 3, Tallies: []Tally{{Fate: Kept, Docs: 2}}}}
	if err := bad.Save(dir); err == nil || !strings.Contains(err.Error(), "does not add up") {
		t.Errorf("a ledger that loses a document passed: %v", err)
	}
	WriteBlob(dir, "a", []byte("abc"))
	m = Manifest{Shards: []Shard{{Blobs: []BlobInfo{{"a", 3, DigestOf([]byte("abc"))}}}}}
	if err := m.Verify(dir, true); err != nil {
		t.Error(err)
	}
	WriteBlob(dir, "a", []byte("abd"))
	if err := m.Verify(dir, false); err != nil {
		t.Error(err)
	}
	if err := m.Verify(dir, true); err == nil {
		t.Error("changed bytes passed")
	}
	WriteBlob(dir, "a", []byte("abcd"))
	if err := m.Verify(dir, false); err == nil {
		t.Error("a changed size passed")
	}
}

// TestMapper: what is mapped is what is read, and nothing is mapped after Close.
func TestMapper(t *testing.T) {
	for _, d := range []Dir{Local(t.TempDir()), &Memory{}} {
		for name, want := range map[string]string{"a": "the bytes of a blob", "empty": ""} {
			if err := WriteBlob(d, name, []byte(want)); err != nil {
				t.Fatal(err)
			}
			f, err := d.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			got, err := f.(Mapper).Map()
			if errors.Is(err, errors.ErrUnsupported) {
				t.Skip("this system maps no files")
			}
			if err != nil || string(got) != want {
				t.Errorf("%T: mapped %q, %v; want %q", d, got, err, want)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
			if _, local := d.(Local); !local {
				continue
			}
			if g, _ := d.Open(name); g.Close() != nil {
				t.Error("closing what was never mapped")
			} else if _, err := g.(Mapper).Map(); err == nil {
				t.Error("mapped after Close")
			}
		}
	}
}
