package model

// Gain is what YaRN multiplies queries and keys with.
func (s RopeScaling) Gain() float64 { return s.attention() }
