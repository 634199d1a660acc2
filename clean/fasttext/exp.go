package fasttext

import "math"

// The exponential and the logarithm are our own, since those of package math may differ by a bit from machine to machine. Both are
// good to about a unit in the last place of a float64, so that the float32 made of it is the nearest one but for one case in
// millions.

// roots holds 2^(i/32).
var roots = [32]float64{
	1.0, 1.0218971486541166, 1.0442737824274138, 1.0671404006768237,
	1.0905077326652577, 1.1143867425958924, 1.1387886347566916, 1.1637248587775775,
	1.189207115002721, 1.215247359980469, 1.241857812073484, 1.2690509571917332,
	1.2968395546510096, 1.3252366431597413, 1.3542555469368927, 1.383909881963832,
	1.4142135623730951, 1.4451808069770467, 1.4768261459394993, 1.5091644275934228,
	1.5422108254079407, 1.5759808451078865, 1.6104903319492543, 1.645755478153965,
	1.681792830507429, 1.718619298122478, 1.7562521603732995, 1.7947090750031072,
	1.8340080864093424, 1.8741676341103, 1.9152065613971474, 1.9571441241754002,
}

// exp is e^x: 2^(k/32) is taken out, and the rest, within ±ln2/64, goes through the series.
func exp(x float64) float64 {
	const (
		perUnit = 46.16624130844683
		stepHi  = 0.02166084898635745 // ln2/32, so short that its products with k are exact
		stepLo  = 4.06140840434059e-10
		magic   = 3 << 51 // added and taken away again, it leaves a whole number
	)
	if !(x > -708) { // smaller than what float32 can hold by far
		return 0
	}
	if x > 709 {
		return math.Inf(1)
	}
	k := float64(float64(x*perUnit)+magic) - magic
	r := float64(x-float64(k*stepHi)) - float64(k*stepLo)
	p := 1.0 / 720
	p = float64(p*r) + 1.0/120
	p = float64(p*r) + 1.0/24
	p = float64(p*r) + 1.0/6
	p = float64(p*r) + 0.5
	p = float64(p*r) + 1
	p = float64(p * r)
	n := int(k)
	root := roots[n&31]
	return float64(float64(root*p)+root) * math.Float64frombits(uint64(1023+n>>5)<<52)
}

// log is the natural logarithm of a positive, normal x: m·2^k with m within √½ and √2, and ln m = 2 artanh((m-1)/(m+1)).
func log(x float64) float64 {
	const (
		ln2Hi = 0.6931471675634384 // so short that its products with k are exact
		ln2Lo = 1.2996506893889889e-08
		half  = 0x3fe6a09e667f3bcd // √½
	)
	bits := math.Float64bits(x)
	k := int64(bits-half) >> 52
	m := math.Float64frombits(bits - uint64(k)<<52)
	s := (m - 1) / (m + 1)
	z := float64(s * s)
	p := 1.0 / 21
	p = float64(p*z) + 1.0/19
	p = float64(p*z) + 1.0/17
	p = float64(p*z) + 1.0/15
	p = float64(p*z) + 1.0/13
	p = float64(p*z) + 1.0/11
	p = float64(p*z) + 1.0/9
	p = float64(p*z) + 1.0/7
	p = float64(p*z) + 1.0/5
	p = float64(p*z) + 1.0/3
	p = float64(float64(p*z) * s)
	f := float64(k)
	return float64(f*ln2Hi) + float64(2*s+float64(2*p+float64(f*ln2Lo)))
}

// exp32 is e^x.
func exp32(x float32) float32 { return float32(exp(float64(x))) }

// logOf is what fastText keeps as the score of a probability.
func logOf(p float32) float32 { return float32(log(float64(p) + 1e-5)) }

// logAbove is not below logOf(p), and at most 0.2 above, for p from 0 to 1: log2 of 1+m lies at most 0.0861 above m.
func logAbove(p float32) float32 {
	const perBit = math.Ln2 / (1 << 23)
	bits := int32(math.Float32bits(p + 1.1e-5))
	return float32(bits-(127<<23))*perBit + 0.06
}
