package pdf

import "math"

// matrix is [a b c d e f] of ISO 32000-1, 8.3.3. The products are converted before they are added, which forbids a fused operation:
// machines that have one would round otherwise than those that have none.
type matrix [6]float64

var identity = matrix{1, 0, 0, 1, 0, 0}

// mul applies m first and n after it.
func (m matrix) mul(n matrix) matrix {
	return matrix{
		float64(m[0]*n[0]) + float64(m[1]*n[2]), float64(m[0]*n[1]) + float64(m[1]*n[3]),
		float64(m[2]*n[0]) + float64(m[3]*n[2]), float64(m[2]*n[1]) + float64(m[3]*n[3]),
		float64(m[4]*n[0]) + float64(m[5]*n[2]) + n[4], float64(m[4]*n[1]) + float64(m[5]*n[3]) + n[5],
	}
}

// shift moves the origin by x and y, in the units of m.
func (m matrix) shift(x, y float64) matrix {
	m[4] += float64(x*m[0]) + float64(y*m[2])
	m[5] += float64(x*m[1]) + float64(y*m[3])
	return m
}

func (f *file) matrixOf(d value, key string, or [6]float64) matrix {
	a := f.get(d, key).a
	if len(a) < 6 {
		return or
	}
	var m matrix
	for i := range m {
		m[i] = f.resolve(a[i]).num
	}
	return m
}

// hundredths turns points into whole hundredths of a point.
func hundredths(x float64) int32 {
	x = math.Round(x * 100)
	if !(x > -1<<26) {
		return -1 << 26
	}
	if x > 1<<26 {
		return 1 << 26
	}
	return int32(x)
}

func length(x, y float64) float64 { return math.Sqrt(float64(x*x) + float64(y*y)) }
