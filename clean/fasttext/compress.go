package fasttext

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Compression says how a model is made small. The names in fastText's command line are beside the fields.
type Compression struct {
	Rows  int    `yaml:"rows"`  // cutoff: words and buckets that are kept, those with the greatest norms; 0 = all
	Norms bool   `yaml:"norms"` // qnorm: norms of rows are kept apart, which costs a byte a row
	Sub   int    `yaml:"sub"`   // dsub: columns that share a byte
	Seed  uint64 `yaml:"seed"`  // of the samples and the first centroids
}

// DefaultCompression keeps all rows, and 2 columns share a byte: about an eighth of the size.
func DefaultCompression() Compression { return Compression{Norms: true, Sub: 2} }

// Compress gives a small model like m, which WriteTo writes as an .ftz: the input layer is cut down and quantized by products (Joulin et
// al. 2016, arXiv 1612.03651), without training again; the output layer stays. The same model, options and seed give the same bytes.
// It needs memory for a copy of the rows that are kept.
func (m *Model) Compress(ctx context.Context, c Compression) (*Model, error) {
	if m.args.quant || m.outputCodes.codes != nil {
		return nil, errors.New("fasttext: the model is quantized already")
	}
	if c.Rows < 0 || c.Sub < 1 || c.Sub > m.Dim() {
		return nil, fmt.Errorf("fasttext: %d rows and %d columns a byte, want at least 0 and 1 to %d", c.Rows, c.Sub, m.Dim())
	}
	if m.args.bucket > maxPruned {
		return nil, fmt.Errorf("fasttext: %d buckets, want at most %d", m.args.bucket, maxPruned)
	}
	small := *m
	small.args.quant = true
	dim := m.Dim()
	data := m.input.data
	if c.Rows > 0 && c.Rows < m.input.rows {
		ids := m.strongest(c.Rows)
		small.features.dict = m.features.dict.cut(ids, int(m.args.bucket))
		data = make([]float32, 0, len(ids)*dim)
		for _, id := range ids {
			data = append(data, m.input.data[id*dim:(id+1)*dim]...)
		}
	} else {
		data = slices.Clone(data)
	}
	q, err := quantize(ctx, data, dim, c)
	if err != nil {
		return nil, err
	}
	small.input = matrix{rows: len(data) / dim, cols: dim, codes: q}
	small.input.spread()
	f := m.features
	if small.features, err = newFeatures(small.features.dict, int(f.bucket), f.minn, f.maxn, f.ngrams); err != nil {
		return nil, err
	}
	small.features.hold()
	return &small, nil
}

// strongest lists the n rows with the greatest norms, the end of the line among them in any case: words in order, then buckets by
// norm.
func (m *Model) strongest(n int) []int {
	d := m.features.dict
	end := d.find(endHash, endOfLine)
	norms := make([]float32, m.input.rows)
	ids := make([]int, m.input.rows)
	for i := range ids {
		ids[i], norms[i] = i, norm(m.input.data[i*m.input.cols:][:m.input.cols])
	}
	if end >= 0 {
		norms[end] = float32(math.Inf(1))
	}
	slices.SortFunc(ids, func(a, b int) int {
		return cmp.Or(cmp.Compare(norms[b], norms[a]), cmp.Compare(a, b))
	})
	ids = ids[:n]
	slices.SortStableFunc(ids, func(a, b int) int { return cmp.Compare(min(a, d.words), min(b, d.words)) })
	return ids
}

func norm(x []float32) float32 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v) // exact products
	}
	return float32(math.Sqrt(sum))
}

// cut gives a dictionary of the words among ids, all labels, and the buckets among ids.
func (d *dictionary) cut(ids []int, buckets int) *dictionary {
	v := newVocabulary(math.MaxInt)
	var pairs []keptBucket
	for row, id := range ids {
		if id >= d.words {
			pairs = append(pairs, keptBucket{int32(id - d.words), int32(row - v.words)})
			continue
		}
		v.add(d.name(id), d.counts[id], false)
	}
	for id := d.words; id < len(d.counts); id++ {
		v.add(d.name(id), d.counts[id], true)
	}
	v.tokens, v.kept = d.tokens, int64(len(pairs))
	v.pruned = newPruned(buckets, pairs)
	return &v.dictionary
}

// The sizes of fastText's quantizer.
const (
	centroids  = 256
	sampleSize = 256 * centroids
	iterations = 25
)

// quantize finds the codes of rows, which it overwrites.
func quantize(ctx context.Context, data []float32, dim int, c Compression) (quantized, error) {
	rows := len(data) / dim
	q := quantized{sub: c.Sub, parts: (dim + c.Sub - 1) / c.Sub}
	random := rand.New(rand.NewPCG(c.Seed, 1))
	if c.Norms {
		norms := make([]float32, rows)
		for r := range norms {
			row := data[r*dim : (r+1)*dim]
			if norms[r] = norm(row); norms[r] != 0 {
				for i := range row {
					row[i] /= norms[r]
				}
			}
		}
		q.scales = cluster(norms, 1, random)
		q.norms = make([]byte, rows)
		for r, n := range norms {
			q.norms[r] = nearest(q.scales, []float32{n})
		}
	}
	q.codes = make([]byte, rows*q.parts)
	points := make([]float32, 0, rows*c.Sub)
	for part := range q.parts {
		if err := ctx.Err(); err != nil {
			return q, err
		}
		w := q.width(part, dim)
		points = points[:0]
		for r := range rows {
			points = append(points, data[r*dim+part*c.Sub:][:w]...)
		}
		middles := cluster(points, w, random)
		for r := range rows {
			q.codes[r*q.parts+part] = nearest(middles, points[r*w:(r+1)*w])
		}
		q.centroids = append(q.centroids, middles...)
	}
	return q, nil
}

// cluster finds 256 centroids of points of w numbers by Lloyd's iterations over a sample.
func cluster(points []float32, w int, random *rand.Rand) []float32 {
	n := len(points) / w
	sample := make([]int, n)
	for i := range sample {
		sample[i] = i
	}
	size := min(n, sampleSize)
	for i := range size { // the front of a random permutation
		j := i + int(random.Uint64N(uint64(n-i)))
		sample[i], sample[j] = sample[j], sample[i]
	}
	middles := make([]float32, centroids*w)
	for i, p := range sample[:min(size, centroids)] {
		copy(middles[i*w:], points[p*w:(p+1)*w])
	}
	sums := make([]float64, len(middles))
	counts := make([]int, centroids)
	for range iterations {
		clear(sums)
		clear(counts)
		for _, p := range sample[:size] {
			x := points[p*w : (p+1)*w]
			k := int(nearest(middles, x))
			counts[k]++
			for i, v := range x {
				sums[k*w+i] += float64(v)
			}
		}
		for k, n := range counts {
			for i := range w {
				if n > 0 {
					middles[k*w+i] = float32(sums[k*w+i] / float64(n))
				}
			}
		}
		split(middles, counts, w)
	}
	return middles
}

// split gives each centroid without points half of the largest one's, by moving the two apart a little.
func split(middles []float32, counts []int, w int) {
	for k, n := range counts {
		if n > 0 {
			continue
		}
		most := 0
		for j, n := range counts {
			if n > counts[most] {
				most = j
			}
		}
		for i := range w {
			v := middles[most*w+i]
			apart := float32(v*1e-4) + 1e-7
			middles[k*w+i], middles[most*w+i] = v+apart, v-apart
		}
		counts[k] = counts[most] / 2
		counts[most] -= counts[k]
	}
}

// nearest gives the centroid nearest to x; of equally near ones the first.
func nearest(middles, x []float32) byte {
	best, at := float32(math.Inf(1)), 0
	switch len(x) {
	case 1:
		for k, m := range middles[:centroids] {
			d := x[0] - m
			if d *= d; d < best {
				best, at = d, k
			}
		}
	case 2:
		a, b := x[0], x[1]
		m := middles[:2*centroids]
		for k := 0; k < centroids; k++ {
			d, e := a-m[2*k], b-m[2*k+1]
			if d = float32(d*d) + float32(e*e); d < best {
				best, at = d, k
			}
		}
	default:
		for k := range centroids {
			d := float32(0)
			for i, v := range middles[k*len(x) : (k+1)*len(x)] {
				e := x[i] - v
				d += float32(e * e)
			}
			if d < best {
				best, at = d, k
			}
		}
	}
	return byte(at)
}
