package decon

func testOptions() Options {
	return Options{Method: "score", Unit: "words", N: 5, Every: 1, Misses: 11, Exact: 15, Full: 40, Shortest: 6, Min: 0.8, Answers: true, Window: 50, Limit: 64 << 20}
}
