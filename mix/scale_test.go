package mix

import (
	"context"
	"runtime"
	"testing"
)

// TestMillionsOfDocuments: shares are right to a tenth of a percent, and the memory of a document is what the budget counts.
func TestMillionsOfDocuments(t *testing.T) {
	docs := int64(3_000_000)
	if testing.Short() || raceEnabled {
		docs = 300_000
	}
	if _, err := BenchPlan(context.Background(), docs, 2); err != nil {
		t.Fatal(err)
	}
	o := reader{seed: 1, validation: 0.005, unit: unitTokens, workers: 1}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	classes, err := o.classes(context.Background(), Synthetic(docs, 1))
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	n := int64(0)
	for i := range classes {
		n += classes[i].train.docs.len() + classes[i].held.docs.len()
	}
	if per := float64(after.HeapAlloc-before.HeapAlloc) / float64(docs); n != docs || per > 8*1.1+4e6/float64(docs) {
		t.Errorf("%d documents take %.1f bytes each, want 8", n, per)
	}
	runtime.KeepAlive(classes)
}

func BenchmarkPlan(b *testing.B) {
	const docs = 1_000_000
	for b.Loop() {
		if _, err := BenchPlan(context.Background(), docs, 1); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(docs*float64(b.N)/b.Elapsed().Seconds(), "docs/s")
}

func BenchmarkOrder(b *testing.B) {
	c := three()
	p := plan(b, ask(b, 1_000_000, 8), Options{Seed: 1}, c.sets)
	n := p.order.len()
	i := int64(0)
	for b.Loop() {
		p.order.at(i % n)
		i++
	}
}
