package minhash

import "math"

// A Preset is how a known corpus, or a tool by default, looked for near duplicates.
type Preset struct {
	Name string
	Options
	Verify float64 // Jaccard similarity that its authors chose bands by, 0 if they name none; they verified nothing
}

// Presets are, with what their sources leave open filled in by Quern hashes:
//
//   - fineweb and fineweb2: datatrove's examples/fineweb.py and its default since
//   - nemo: NeMo Curator's fuzzy deduplication
//   - dolma3: duplodocus, configuration of OLMo 3; words for its tokens of cl100k or p50k, which Unit and Tokens give
//   - slimpajama: Cerebras, runs of 13 words at Jaccard .8, by Optimal for 128 functions
//   - bigcode: bigcode-dataset, threshold .7 for 250 functions
//   - refinedweb: Penedo et al. 2023, appendix G.3
//   - data-juicer: document_minhash_deduplicator, threshold .7 for 256 functions
//   - data-juicer-simhash: document_simhash_deduplicator
var Presets = []Preset{
	{"fineweb", Options{Shingle: 5, Family: Datatrove, Hash: SHA1, Bands: 14, Rows: 8, Seed: 1, English: true}, 0},
	{"fineweb2", Options{Shingle: 5, Family: Datatrove, Hash: XXH64, Bands: 14, Rows: 8, Seed: 1}, 0},
	{"nemo", Options{Unit: Chars, Shingle: 24, Bands: 20, Rows: 13}, 0},
	{"dolma3", Options{Shingle: 5, Bands: 26, Rows: 11}, 0},
	{"slimpajama", Options{Shingle: 13, Bands: 9, Rows: 13}, 0.8},
	{"bigcode", Options{Shingle: 5, Bands: 25, Rows: 10}, 0.7},
	{"refinedweb", Options{Shingle: 5, Bands: 450, Rows: 20}, 0},
	{"data-juicer", Options{Shingle: 5, Bands: 25, Rows: 10}, 0.7},
	{"data-juicer-simhash", Options{Shingle: 6, Family: SimHash, Blocks: 6, Distance: 4}, 0},
}

// Curve is the chance that two sets of Jaccard similarity s share a band: 1-(1-s^rows)^bands.
func Curve(bands, rows int, s float64) float64 {
	return -math.Expm1(float64(bands) * math.Log1p(-math.Pow(s, float64(rows))))
}

// Optimal gives the bands and rows, bands·rows <= functions, that divide best at a similarity: the area under Curve below it and the
// area above Curve beyond it, weighed alike, are least (as datasketch chooses them).
func Optimal(threshold float64, functions int) (bands, rows int) {
	best := math.Inf(1)
	for b := 1; b <= functions; b++ {
		for r := 1; r <= functions/b; r++ {
			hit := func(s float64) float64 { return Curve(b, r, s) }
			miss := func(s float64) float64 { return 1 - Curve(b, r, s) }
			if wrong := area(hit, 0, threshold) + area(miss, threshold, 1); wrong < best {
				best, bands, rows = wrong, b, r
			}
		}
	}
	return bands, rows
}

// area integrates by Simpson's rule.
func area(f func(float64) float64, from, to float64) float64 {
	const n = 100
	h := (to - from) / n
	sum := f(from) + f(to)
	for i := 1; i < n; i++ {
		sum += float64(2+2*(i&1)) * f(from+float64(i)*h)
	}
	return sum * h / 3
}
