package ingest

import (
	"strings"
	"testing"
)

func TestSplitOf(t *testing.T) {
	f := func(want string, names ...string) {
		t.Helper()
		for _, n := range names {
			if got := splitOf(n); got != want {
				t.Errorf("%s: %q, want %q", n, got, want)
			}
		}
	}
	f("train", "a.jsonl", "train.jsonl", "data/train-00000-of-00002.parquet", "data/train-00000-of-00002-0123abcd.parquet", "data-00000-of-00001.arrow", "train/data-00000-of-00001.arrow",
		"x/my_train_file.csv", "training/0.parquet", "latest.jsonl", "contest/a.jsonl", "devices.jsonl", "00000-of-00002.parquet")
	f("test", "test.jsonl", "data/test-00000-of-00001.parquet", "test/data-00000-of-00001.arrow", "eval.csv", "a/TEST/b.jsonl")
	f("validation", "valid.jsonl", "dev-1.jsonl", "data/validation-00000-of-00001.parquet", "val/a.parquet", "train/dev.jsonl")
	f("train_sft", "data/train_sft-00000-of-00003.parquet", "train_sft/data-00000-of-00001.arrow")
}

func TestSplitOption(t *testing.T) {
	line := func(s string) string { return `{"text":"` + s + `"}` }
	dir := plant(t, "d/train.jsonl", line("train"), "d/test.jsonl", line("test"), "d/dev/a.jsonl", line("dev"), "d/dataset_info.json", line("no"), "d/more.jsonl", line("more"))
	f := func(want, split string, paths ...string) {
		t.Helper()
		r, err := (&JSONL{Fields: DefaultFields(), Split: split}).Reader(opts(dir, paths...))
		h := reap(t, r, err)
		var got []string
		for _, d := range h.docs {
			got = append(got, string(d.Text))
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q of %q: %s, want %s", split, paths, s, want)
		}
	}
	f("dev more test train", "", "d")
	f("more train", "train", "d")
	f("test", "test", "d")
	f("dev", "validation", "d")
	f("dev", "dev", "d")
	f("test", "train", "d/test.jsonl") // what is named is read
	if _, err := (&Parquet{Fields: DefaultFields(), Split: "a/b"}).Reader(opts(dir, "d")); err == nil {
		t.Error("no error")
	}
}
