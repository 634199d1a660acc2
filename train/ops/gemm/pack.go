package gemm

// pack fills panels first to first+count-1 of a block of an operand that starts at row r0, has n rows, and goes from step k0 over kc
// steps. Rows beyond the operand are zero.
func (o *operand) pack(pk *packer, dst []float32, r0, n, first, count, k0, kc int) {
	last := min(first+count, ceil(n, pk.width))
	if o.alongK {
		for q := first; q < last; q++ {
			o.packAlong(pk, dst[q*pk.width*kc:(q+1)*pk.width*kc], r0+q*pk.width, r0+n, k0, kc)
		}
		return
	}
	// Rows lie across k: go down k in short runs over neighboring panels, so that a page is visited while its address is known.
	const run = 64
	for k := 0; k < kc; k += run {
		steps := min(run, kc-k)
		for q := first; q < last; q++ {
			r := r0 + q*pk.width
			d := dst[(q*kc+k)*pk.width:][:steps*pk.width]
			if pk.across != nil && r+pk.width <= r0+n {
				pk.across(steps, &o.x[(k0+k)*o.ld+r], o.ld*4, &d[0])
			} else {
				o.packPlain(pk.width, d, r, min(pk.width, r0+n-r), k0+k, steps)
			}
		}
	}
}

// packAlong packs one panel of rows along k, from row r up to row end.
func (o *operand) packAlong(pk *packer, d []float32, r, end, k0, kc int) {
	done := 0
	if pk.alongK != nil && kc >= 4 && r+pk.width <= end && r+pk.width-pk.group+pk.reads <= o.n {
		for v := 0; v < pk.width; v += pk.group {
			pk.alongK(kc/4, &o.x[(r+v)*o.ld+k0], o.ld*4, &d[v], pk.width*4)
		}
		done = kc &^ 3
	}
	if done < kc {
		o.packPlain(pk.width, d[done*pk.width:], r, min(pk.width, end-r), k0+done, kc-done)
	}
}

// packPlain packs rows of one panel from step k0 on and zeros up to its width.
func (o *operand) packPlain(width int, d []float32, r, rows, k0, steps int) {
	if !o.alongK {
		for k := range steps {
			n := copy(d[k*width:(k+1)*width], o.x[(k0+k)*o.ld+r:][:rows])
			clear(d[k*width+n : (k+1)*width])
		}
		return
	}
	if rows < width {
		clear(d[:steps*width])
	}
	for i := range rows {
		for k, x := range o.x[(r+i)*o.ld+k0:][:steps] {
			d[k*width+i] = x
		}
	}
}
