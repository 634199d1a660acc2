//go:build !unix

package main

import "runtime"

// peakRSS is what the Go runtime has asked of the system, in bytes.
func peakRSS() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}
