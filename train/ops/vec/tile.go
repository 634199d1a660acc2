package vec

// Attention works on tiles whose columns are cut into panels: Panel numbers of each row, row after row. The functions here take Rows
// rows at a time. Steps and leading dimensions count numbers. Products are chains of fused multiply-adds with AVX-512 and AVX2, which
// give the same bits, and of rounded ones in plain Go; all else has the same bits everywhere.
const (
	Panel = 32
	Rows  = 8
)

// Across is c[i,j] = Σ_k a[i,k]·b[k,j] for Rows×Panel numbers of c and kc > 0 steps, each sum in the order of k, going on from what c
// is if add. Panels of a are step apart; b is one panel; rows of c are ldc apart.
func Across(kc int, a []float32, step int, b, c []float32, ldc int, add bool) {
	_, _, _ = a[(kc-1)/Panel*step+(Rows-1)*Panel+(kc-1)%Panel], b[kc*Panel-1], c[(Rows-1)*ldc+Panel-1]
	if width > 0 {
		across(kc, &a[0], step, &b[0], &c[0], ldc, add)
		return
	}
	for i := range Rows {
		out := c[i*ldc:][:Panel]
		if !add {
			clear(out)
		}
		for k := range kc {
			axpy(out, b[k*Panel:], a[k/Panel*step+i*Panel+k%Panel])
		}
	}
}

// Along is c[i,j] = Σ_k a[k,i]·b[k,j]: Across with a transposed, its first Rows columns in one panel.
func Along(kc int, a, b, c []float32, ldc int, add bool) {
	_, _, _ = a[(kc-1)*Panel+Rows-1], b[kc*Panel-1], c[(Rows-1)*ldc+Panel-1]
	if width > 0 {
		along(kc, &a[0], &b[0], &c[0], ldc, add)
		return
	}
	for i := range Rows {
		out := c[i*ldc:][:Panel]
		if !add {
			clear(out)
		}
		for k := range kc {
			axpy(out, b[k*Panel:], a[k*Panel+i])
		}
	}
}

// axpy is y += a·x.
func axpy(y, x []float32, a float32) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] += float32(a * v)
	}
}

// SoftmaxRows goes on with the softmax of Rows rows that are seen in pieces: with t = max(top, s), scale = e^(top-t); s = e^(s-t);
// sum = sum·scale + Σ s; top = t. Panels of s are step apart.
func SoftmaxRows(s []float32, panels, step int, top, sum, scale []float32) {
	_, _, _, _ = s[(panels-1)*step+Rows*Panel-1], top[Rows-1], sum[Rows-1], scale[Rows-1]
	if width > 0 {
		softmaxRows(panels, &s[0], step, &top[0], &sum[0], &scale[0])
		return
	}
	for i := range Rows {
		t := top[i]
		for p := range panels {
			for _, x := range s[p*step+i*Panel:][:Panel] {
				if x > t {
					t = x
				}
			}
		}
		scale[i] = Exp(top[i] - t)
		var l [lanes]float32
		for p := range panels {
			row := s[p*step+i*Panel:][:Panel]
			for j, x := range row {
				row[j] = Exp(x - t)
				l[j%lanes] += row[j]
			}
		}
		top[i], sum[i] = t, float32(sum[i]*scale[i])+reduce(&l)
	}
}

// SoftmaxRowsBack is s = e^(s-lse); d = s·(d-mean) for Rows rows.
func SoftmaxRowsBack(s, d []float32, panels, step int, lse, mean []float32) {
	_, _, _, _ = s[(panels-1)*step+Rows*Panel-1], d[(panels-1)*step+Rows*Panel-1], lse[Rows-1], mean[Rows-1]
	if width > 0 {
		softmaxRowsBack(panels, &s[0], &d[0], step, &lse[0], &mean[0])
		return
	}
	for i := range Rows {
		for p := range panels {
			at := p*step + i*Panel
			s, d := s[at:][:Panel], d[at:][:Panel]
			for j, x := range s {
				s[j] = Exp(x - lse[i])
				d[j] = s[j] * (d[j] - mean[i])
			}
		}
	}
}

// ScaleRows is x[i,:] *= by[i] for Rows rows.
func ScaleRows(x []float32, panels, step int, by []float32) {
	_, _ = x[(panels-1)*step+Rows*Panel-1], by[Rows-1]
	if width > 0 {
		scaleRows(panels, &x[0], step, &by[0])
		return
	}
	for i := range Rows {
		for p := range panels {
			row := x[p*step+i*Panel:][:Panel]
			for j := range row {
				row[j] *= by[i]
			}
		}
	}
}

// Pack cuts n rows of x, of size numbers and stride apart, into panels of so many rows, times by. What is left of a panel's numbers and
// of the last Rows rows becomes zero.
func Pack(dst, x []float32, stride, n, rows, size int, by float32) {
	for p := range (size + Panel - 1) / Panel {
		at, w := p*rows*Panel, min(Panel, size-p*Panel)
		d, s := dst[at:at+rows*Panel], x[p*Panel:]
		_, _ = s[(n-1)*stride+w-1], d[n*Panel-1]
		i := 0
		if width > 0 && w == Panel {
			packRows(n, &s[0], stride, &d[0], by)
			i = n
		}
		for ; i < n; i++ {
			for j, v := range s[i*stride:][:w] {
				d[i*Panel+j] = v * by
			}
			clear(d[i*Panel+w : (i+1)*Panel])
		}
		clear(d[n*Panel : (n+Rows-1)/Rows*Rows*Panel])
	}
}

// Transpose cuts n rows of x, of size numbers and stride apart, into panels of Panel rows, each panel with a row a number. What is left
// of the last panel becomes zero.
func Transpose(dst, x []float32, stride, n, size int) {
	_ = x[(n-1)*stride+size-1]
	for p := 0; p < n; p += Panel {
		d, rows := dst[p*size:][:size*Panel], min(Panel, n-p)
		i, step := 0, width/32
		if width > 0 && size >= 4 {
			for ; i+step <= rows; i += step {
				transposeRows(size/4, &x[(p+i)*stride], stride, &d[i])
				transposeRest(d[i:], x[(p+i)*stride:], stride, step, size&^3, size)
			}
		}
		transposeRest(d[i:], x[min(p+i, n-1)*stride:], stride, rows-i, 0, size)
		if rows < Panel {
			for k := range size {
				clear(d[k*Panel+rows : (k+1)*Panel])
			}
		}
	}
}

func transposeRest(dst, x []float32, stride, n, from, size int) {
	for i := range n {
		for k := from; k < size; k++ {
			dst[k*Panel+i] = x[i*stride+k]
		}
	}
}
