//go:build race

package mix

const raceEnabled = true // millions of documents take too long under the race detector
