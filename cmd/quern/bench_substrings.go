package main

import (
	"os"

	"github.com/seed-83c59573/quern/dedup"
)

// benchSubstrings times the search for repeated substrings of 100 bytes in real texts, on all workers, within --mem.
func benchSubstrings(b *bench, add func(dedupRow)) error {
	docs, err := b.documents()
	if err != nil {
		return err
	}
	row := dedupRow{What: "repeated substrings of 100 bytes", Unit: "MB/s"}
	var texts [][]byte
	seen := map[*byte]bool{} // a text that is given again, for there are not enough, would be one repetition
	for i := range docs {
		if t := docs[i].Text; len(t) > 0 && !seen[&t[0]] {
			seen[&t[0]] = true
			texts = append(texts, t)
			row.Docs++
			row.MB += float64(len(t)) / 1e6
		}
	}
	start := seconds()
	cuts, err := dedup.FindSubstrings(b.ctx, texts, 100, "none", os.TempDir(), b.memBytes, b.workers)
	if err != nil {
		return err
	}
	row.Seconds = seconds() - start
	row.Rate = row.MB / row.Seconds
	add(row)
	found := dedupRow{What: "of these repeated", Seconds: row.Seconds}
	for _, cut := range cuts {
		if len(cut) > 0 {
			found.Docs++
		}
		for _, c := range cut {
			found.MB += float64(c.To-c.From) / 1e6
		}
	}
	add(found)
	return nil
}
