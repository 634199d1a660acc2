package clean

import (
	"math"
	"testing"

	"github.com/seed-83c59573/quern"
)

func TestBucket(t *testing.T) {
	o := DefaultBucket()
	o.By, o.At = "fineweb.end_lines", []float64{0.2, 0.7}
	s, err := o.Stage()
	build(t, s, err)
	f := func(value float64, want string) {
		t.Helper()
		d := &quern.Doc{Bucket: "old", Marks: []quern.Mark{{Name: "other", Value: 1}, {Name: "fineweb.end_lines", Value: value}}}
		if v, err := s.Apply(d); v != quern.Keep || err != nil || d.Bucket != want {
			t.Errorf("%v: %q (%q, %v), want %q", value, d.Bucket, v, err, want)
		}
	}
	f(-1, "low")
	f(0.19, "low")
	f(0.2, "middle")
	f(0.69, "middle")
	f(0.7, "high")
	f(math.Inf(1), "high")
	f(math.NaN(), "")
	d := &quern.Doc{Bucket: "old"}
	if _, err := s.Apply(d); err != nil || d.Bucket != "" {
		t.Errorf("without the fact it is in %q", d.Bucket)
	}
	if err := quern.CheckStage(o.Stage, quern.Doc{Text: []byte("a")}, quern.Doc{Marks: []quern.Mark{{Name: o.By, Value: 1}}}); err != nil {
		t.Error(err)
	}
	for _, bad := range []Bucket{{}, {By: "a.b"}, {By: "a.b", At: []float64{2, 1}, Names: []string{"a", "b", "c"}},
		{By: "a.b", At: []float64{1}, Names: []string{"a", "a"}}, {By: "a.b", At: []float64{1}, Names: []string{"a", "B/"}},
		{By: "a.b", At: []float64{math.NaN()}, Names: []string{"a", "b"}}} {
		if _, err := bad.Stage(); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
	if err := CheckChain([]Link{{Name: "bucket", Config: &o}}); err == nil {
		t.Error("a fact that nothing measures is read")
	}
	w := DefaultFineWeb()
	if err := CheckChain([]Link{{Name: "fineweb", Config: &w}, {Name: "bucket", Config: &o}}); err != nil {
		t.Error(err)
	}
}
