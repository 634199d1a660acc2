package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// watcher shows a run: on a terminal a bar for the step at work, elsewhere one line a step.
type watcher struct {
	out  io.Writer
	bars *mpb.Progress

	mu          sync.Mutex
	bar         *mpb.Bar
	step        string
	start       time.Time
	docs, bytes int64
	metric      string
}

func newWatcher(out io.Writer) *watcher {
	w := &watcher{out: out}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		w.bars = mpb.New(mpb.WithOutput(f), mpb.WithWidth(30), mpb.WithRefreshRate(150*time.Millisecond))
		w.out = w.bars
	}
	return w
}

func (w *watcher) close() {
	w.endBar()
	if w.bars != nil {
		w.bars.Shutdown()
	}
}

func (w *watcher) event(e pipelines.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e.State {
	case "note":
		fmt.Fprintf(w.out, "note: %s\n", e.Reason)
	case "start":
		w.step, w.start, w.docs, w.bytes, w.metric = e.Step, time.Now(), 0, 0, ""
		if e.Reason != "new" {
			fmt.Fprintf(w.out, "%-20s again: %s\n", e.Step, e.Reason)
		}
	case "progress":
		w.docs += e.Docs
		w.bytes += e.Bytes
		if e.Metric != "" {
			w.metric = e.Metric
		}
		w.advance(e)
	case "cached":
		w.line(e, "up to date")
	case "done":
		w.endBar()
		w.line(e, rate(e))
	}
}

// advance moves the bar, which counts units of a pass or steps of training.
func (w *watcher) advance(e pipelines.Event) {
	if w.bars == nil {
		return
	}
	done, of := e.Done, e.Of
	if of == 0 {
		done, of = int64(e.UnitsDone), int64(e.Units)
	}
	if w.bar == nil && of > 0 {
		w.bar = w.bars.AddBar(of,
			mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Name(fmt.Sprintf("%-20s", w.step))),
			mpb.AppendDecorators(decor.CountersNoUnit("%d/%d "), decor.Any(w.speed), decor.OnComplete(decor.AverageETA(decor.ET_STYLE_GO), "")))
	}
	if w.bar != nil && done > 0 {
		w.bar.SetCurrent(min(done, of-1))
	}
}

// speed is called by the bar's own goroutine.
func (w *watcher) speed(decor.Statistics) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.metric != "" {
		return w.metric + " "
	}
	s := time.Since(w.start).Seconds()
	return fmt.Sprintf("%d docs %.1f MB/s ", w.docs, float64(w.bytes)/1e6/max(s, 1e-3))
}

func (w *watcher) endBar() {
	if w.bar != nil {
		bar := w.bar
		w.bar = nil
		w.mu.Unlock() // the bar's goroutine may be waiting in speed
		bar.Abort(true)
		bar.Wait()
		w.mu.Lock()
	}
}

// line tells one finished step.
func (w *watcher) line(e pipelines.Event, how string) {
	m := e.Manifest
	kept := m.Ledger.Total(quern.Kept, "").Docs
	lost := m.Ledger.In - kept
	parts := []string{}
	if m.Ledger.In > 0 {
		parts = append(parts, fmt.Sprintf("%7d documents", kept))
		if lost > 0 {
			parts = append(parts, fmt.Sprintf("%d left out", lost))
		}
	}
	if _, _, tokens := m.Totals(); tokens > 0 {
		parts = append(parts, fmt.Sprintf("%s tokens", short(tokens)))
	}
	fmt.Fprintf(w.out, "%-20s %-12s %s\n", e.Step, how, strings.Join(parts, ", "))
}

// rate tells how long a step took.
func rate(e pipelines.Event) string {
	s := e.Elapsed.Seconds()
	in := e.Manifest.Ledger.Total(quern.Kept, "").In + e.Manifest.Ledger.Total(quern.Dropped, "").In
	if in > 1e5 && s > 0.01 {
		return fmt.Sprintf("%.1fs %.0fMB/s", s, float64(in)/1e6/s)
	}
	return fmt.Sprintf("%.1fs", s)
}

// short prints a number with three digits.
func short(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.3gG", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.3gM", float64(n)/1e6)
	case n >= 1e4:
		return fmt.Sprintf("%.3gk", float64(n)/1e3)
	}
	return fmt.Sprint(n)
}
