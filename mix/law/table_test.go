package law

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
)

func joined(ratios, metrics string, ignore ...string) (*Swarm, error) {
	r, err := Read(strings.NewReader(ratios), "ratios.csv", ignore)
	if err != nil {
		return nil, err
	}
	m, err := Read(strings.NewReader(metrics), "metrics.csv", ignore)
	if err != nil {
		return nil, err
	}
	return Join(r, m)
}

// The shapes of published swarms.
func TestShapesOfTables(t *testing.T) {
	for _, c := range []struct{ name, ratios, metrics string }{
		{"plain", "run,web,code\na,0.25,0.75\nb,1,0\n", "run,loss\nb,2\na,3\n"},
		{"olmix repository: positions, run, name, index", ",run,name,index,web,code\n0,a,swarm-0,0,0.25,0.75\n1,b,swarm-1,1,1.0,0.0\n",
			",run,name,index,loss\n0,a,swarm-0,0,3\n1,b,swarm-1,1,2e0\n"},
		{"olmix readme: run_id", "run_id,web,code\na,.25,.75\nb,1,0\n", "run_id,name,loss\na,x,3\nb,y,2\n"},
		{"regmix: index", "index,web,code\na,0.25,0.75\nb,1.0,0.0\n", "index,loss\na,3\nb,2\n"},
		{"rounded to three digits", "run,web,code\na,0.251,0.753\nb,1.0,0.0\n", "run,loss\na,3\nb,2\n"},
		{"byte order mark, carriage returns, quotes, spaces", "\ufeffrun,\"web\", code\r\na, 0.25,0.75\r\n\"b\",1,0\r\n", "run,loss\r\na,3\r\nb,2\r\n"},
		{"a column of text", "run,state,web,code\na,done,0.25,0.75\nb,,1,0\n", "run,loss\na,3\nb,2\n"},
	} {
		s, err := joined(c.ratios, c.metrics)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if fmt.Sprint(s.Domains, s.Metrics) != "[web code] [loss]" || len(s.Runs) != 2 {
			t.Errorf("%s: %v %v", c.name, s.Domains, s.Metrics)
			continue
		}
		a, b := s.Runs[0], s.Runs[1]
		if a.Name != "a" || math.Abs(a.Ratios[0]-0.25) > 1e-3 || math.Abs(a.Ratios[0]+a.Ratios[1]-1) > 1e-15 || a.Metrics[0] != 3 || b.Ratios[0] != 1 || b.Metrics[0] != 2 {
			t.Errorf("%s: %+v", c.name, s.Runs)
		}
	}
	s, err := joined("run,web,code,tokens\na,0.25,0.75,1e9\nb,1,0,1e9\n", "run,loss,tokens\na,3,5\nb,2,5\n", "tokens")
	if err != nil || len(s.Domains) != 2 || len(s.Metrics) != 1 {
		t.Errorf("an ignored column: %+v, %v", s, err)
	}
}

// A table in the shape that RegMix publishes, 17 domains rounded to three digits and a loss a domain, is read, and each fit states an
// error of its own beside the mean's.
func TestAPublishedShapeIsFitted(t *testing.T) {
	const domains, runs, losses = 17, 120, 3
	laws := truth(domains, losses)
	drawn := known(t, laws, domains, runs, 0.05, 6)
	ratios, metrics := "index", "index"
	for j := range domains {
		ratios += fmt.Sprintf(",train_the_pile_%02d", j)
	}
	for m := range losses {
		metrics += fmt.Sprintf(",metric/the_pile_%02d_val_loss", m)
	}
	for i, r := range drawn.Runs {
		ratios += fmt.Sprintf("\n%d", i+1)
		for _, v := range r.Ratios {
			ratios += fmt.Sprintf(",%g", math.Round(1000*v)/1000)
		}
		metrics += fmt.Sprintf("\n%d", i+1)
		for _, v := range r.Metrics {
			metrics += fmt.Sprintf(",%v", v)
		}
	}
	s, err := joined(ratios, metrics)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Runs) != runs || len(s.Domains) != domains || len(s.Metrics) != losses {
		t.Fatalf("%d runs, %d domains, %d metrics", len(s.Runs), len(s.Domains), len(s.Metrics))
	}
	for kind, least := range map[Kind]float64{Linear: 0.5, LogLinear: 0.97, Exponential: 0.97, Trees: 0.7} {
		r := fit(t, s, kind)
		for _, e := range append(r.Metrics, Metric{Name: "objective", Score: r.Objective}) {
			t.Logf("%s %s: %+v", kind, e.Name, e.Score)
			if e.R2 < least || e.Rank < 0.6 || !(e.MAE > 0 && e.MAE < e.MeanMAE) {
				t.Errorf("%s %s: %+v, want R² %g or more", kind, e.Name, e.Score, least)
			}
		}
	}
}

// Each fault is named with its file and line.
func TestFaultsOfTables(t *testing.T) {
	good, loss := "run,web,code\na,0.25,0.75\nb,1,0\n", "run,loss\na,3\nb,2\n"
	for _, c := range []struct{ ratios, metrics, want string }{
		{"", loss, "ratios.csv: is empty"},
		{"run,web,code\n", loss, "ratios.csv: has no rows"},
		{"web,code\n0.5,0.5\n", loss, "ratios.csv: line 1: no column run, run_id or index"},
		{"run,web,web\na,0.5,0.5\n", loss, `ratios.csv: line 1: columns 2 and 3 are both named "web"`},
		{"run,web,\na,0.5,0.5\n", loss, "ratios.csv: line 1: column 3 has no name"},
		{"run,name\na,b\n", loss, "ratios.csv: no column of numbers beside run"},
		{"run,web,code\na,0.25,0.75\na,1,0\n", loss, `ratios.csv: line 3: run "a" is on line 2 already`},
		{"run,web,code\n,0.25,0.75\n", loss, "ratios.csv: line 2: no run in column run"},
		{"run,web,code\na,0.25\n", loss, "ratios.csv: record on line 2: wrong number of fields"},
		{"run,web,code\na,0.25,\"0.75\n", loss, "ratios.csv: "},
		{"run,web,code\na,0.25,0.75\nb,NaN,0\n", loss, `ratios.csv: line 3: column "web" is "NaN", want a finite number`},
		{"run,web,code\na,0.25,0.75\nb,x,0\n", loss, `ratios.csv: line 3: column "web" is "x", want a finite number`},
		{"run,web,code\na,0.25,0.75\nb,inf,0\n", loss, `ratios.csv: line 3: column "web" is "inf"`},
		{"run,web,code\na,0.25,0.75\nb,,0\n", loss, `ratios.csv: line 3: column "web" is ""`},
		{"run,web,code\na,0.25,1e999\nb,1,0\n", loss, `ratios.csv: line 2: column "code" is "1e999"`},
		{"run,web,code\na,-0.25,1.25\nb,1,0\n", loss, "ratios.csv: line 2: the ratio of web is -0.25"},
		{"run,web,code\na,0.25,0.75\nb,0.5,0.4\n", loss, `ratios.csv: line 3: the ratios of run "b" sum to 0.9, want 1`},
		{"run,web,code\na,25,75\nb,100,0\n", loss, `ratios.csv: line 2: the ratios of run "a" sum to 100`},
		{"run,web,code\na,1e308,1e308\nb,1,0\n", loss, "sum to +Inf"},
		{"run,web,code\n\n\na,0.25,0.75\n\nb,0.5,0.4\n", loss, "ratios.csv: line 6: the ratios"},
		{good, "run,loss\na,3\n", `ratios.csv: line 3: run "b" has no row in metrics.csv`},
		{good, "run,loss\na,3\nb,2\nc,1\n", `metrics.csv: line 4: run "c" is unknown: it has no row in ratios.csv`},
		{good, "run,loss\na,3\nb,\n", `metrics.csv: line 3: column "loss" is ""`},
		{good, "run,loss\na,\nb,\n", `metrics.csv: line 2: column "loss" is ""`},
		{good, "run,loss\na,nan\nb,nan\n", `metrics.csv: line 2: column "loss" is "nan"`},
	} {
		if _, err := joined(c.ratios, c.metrics); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q with %q: %v, want %q", c.ratios, c.metrics, err, c.want)
		}
	}
	if _, err := joined(good, loss, "run"); err == nil || !strings.Contains(err.Error(), "column run identifies the runs") {
		t.Errorf("run ignored: %v", err)
	}
}

func TestWrittenRatiosReadBack(t *testing.T) {
	s := DefaultSampling()
	s.Prior = []float64{0.7, 0.2, 0.1}
	runs, err := s.Swarm(20)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteRatios(&b, []string{"a,b", "c\"d", "e"}, runs); err != nil {
		t.Fatal(err)
	}
	tab, err := Read(&b, "x", nil)
	if err != nil {
		t.Fatal(err)
	}
	if tab.Columns[0] != "a,b" || tab.Columns[1] != "c\"d" {
		t.Errorf("%q", tab.Columns)
	}
	for i, r := range runs {
		if fmt.Sprint(tab.Rows[i].Values) != fmt.Sprint(r.Ratios) || tab.Rows[i].Run != r.Name {
			t.Errorf("%v for %v", tab.Rows[i], r)
		}
	}
}

// No bytes make the reader panic, and what it accepts can be fitted and proposed from.
func FuzzTables(f *testing.F) {
	f.Add([]byte("run,web,code\na,0.25,0.75\nb,1,0\nc,0,1\n"), []byte("run,loss\na,3\nb,2\nc,5\n"))
	f.Add([]byte(",run,name,index,web,code\n0,a,n,0,0.2,0.8\n1,b,n,1,1.0,0.0\n"), []byte("index,loss\na,3\nb,2\n"))
	f.Add([]byte("\ufeffindex,\"w\nx\",y\n1,.5,.5\n"), []byte("run_id,z\n1,1e300\n"))
	f.Fuzz(func(t *testing.T, ratios, metrics []byte) {
		s, err := joined(string(ratios), string(metrics))
		if err != nil || len(s.Runs) < 2 || len(s.Runs)*len(s.Domains)*len(s.Metrics) > 200 {
			return
		}
		for _, k := range []Kind{Linear, LogLinear, Trees} {
			r, err := s.Fit(context.Background(), Request{Kind: k, Folds: 2, Options: DefaultOptions(), Workers: 1})
			if err != nil {
				continue
			}
			search := DefaultSearch()
			search.Samples, search.Best = 20, 5
			for range s.Domains {
				search.Prior = append(search.Prior, 1/float64(len(s.Domains)))
			}
			p, err := r.Propose(context.Background(), search, nil)
			if err != nil {
				continue
			}
			sum := 0.0
			for _, v := range p.Ratios {
				sum += v
			}
			if !(math.Abs(sum-1) < 1e-6) {
				t.Fatalf("%s: ratios %v", k, p.Ratios)
			}
		}
	})
}
