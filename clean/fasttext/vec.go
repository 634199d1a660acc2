package fasttext

// The kernels. A product is rounded before it is added, and each sum has its own fixed order, so that the bits are the same with
// vectors of any width and without.

//go:generate go run gen/main.go

// lanes is how many numbers rows of weights are padded to, and how many sums a dot product keeps.
const lanes = 16

func padded(n int) int { return (n + lanes - 1) &^ (lanes - 1) }

// sumRows is
//
//	for _, r := range rows { for c := range dim { sums[c] += data[r*dim+c] } }
//
// sums is padded. Every row must lie within data.
func sumRows(sums, data []float32, rows []int32, dim int) {
	if len(rows) == 0 {
		return
	}
	if width != 0 {
		sumRowsWide(sums, data, rows, dim)
		return
	}
	for _, r := range rows {
		row := data[int(r)*dim : int(r)*dim+dim]
		s := sums[:len(row)]
		for c, v := range row {
			s[c] += v
		}
	}
}

// addToRows is
//
//	for _, r := range rows { for c := range dim { data[r*dim+c] += x[c] } }
//
// x is padded. Every row must lie within data.
func addToRows(data []float32, rows []int32, x []float32, dim int) {
	if len(rows) == 0 {
		return
	}
	if width != 0 {
		addToRowsWide(data, rows, x, dim)
		return
	}
	for _, r := range rows {
		row := data[int(r)*dim : int(r)*dim+dim]
		for c, v := range x[:len(row)] {
			row[c] += v
		}
	}
}

// mulRows is
//
//	for c := range out { for j, v := range x { out[c] += v * data[j*len(out)+c] } }
//
// after out is set to 0; len(out) is padded.
func mulRows(out, x, data []float32) {
	if width != 0 {
		mulRowsWide(out, x, data)
		return
	}
	clear(out)
	for j, v := range x {
		row := data[j*len(out):][:len(out)]
		for c, w := range row {
			out[c] += float32(v * w)
		}
	}
}

// dot is the scalar product of x and y, which are equally long. It keeps 16 sums and adds them pairwise at last.
func dot(x, y []float32) float32 {
	var s [lanes]float32
	i := dotWide(x, y, &s)
	y = y[:len(x)]
	for ; i < len(x); i++ {
		s[i%lanes] += float32(x[i] * y[i])
	}
	for n := lanes / 2; n > 0; n /= 2 {
		for i := range n {
			s[i] += s[i+n]
		}
	}
	return s[0]
}

// addScaled is
//
//	for i, v := range x { y[i] += a * v }
func addScaled(y []float32, a float32, x []float32) {
	i := addScaledWide(y, a, x)
	y = y[:len(x)]
	for ; i < len(x); i++ {
		y[i] += float32(a * x[i])
	}
}
