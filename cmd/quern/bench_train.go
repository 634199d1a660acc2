package main

import "time"

// seconds is a clock that only runs forward.
var started = time.Now()

func seconds() float64 { return time.Since(started).Seconds() }
