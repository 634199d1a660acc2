package pipelines

import "testing"

func TestForecastCountsWhatIsLeft(t *testing.T) {
	spec, err := LoadSpec("quickstart.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	ingest, clean := PlanStep{Step: "ingest", In: 100e6}, PlanStep{Step: "clean", In: 0}
	train := PlanStep{Step: "train"}
	all := Predict(spec, []PlanStep{ingest, clean, train})
	ingest.Cached, clean.In = true, 150e6 // the text is there and to be cleaned
	later := Predict(spec, []PlanStep{ingest, clean, train})
	clean.Cached, train.Cached = true, true
	none := Predict(spec, []PlanStep{ingest, clean, train})
	if all.Input != 100e6 || all.Text != 150e6 || all.Tokens == 0 || all.Disk == 0 {
		t.Errorf("from nothing: %+v", all)
	}
	if later.Input != 0 || later.Text != all.Text || later.Seconds != all.Seconds {
		t.Errorf("after ingest: %+v, want the text of %+v", later, all)
	}
	if none != (Forecast{}) {
		t.Errorf("when all is done: %+v", none)
	}
}
