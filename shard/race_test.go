//go:build race

package shard

// UnderRace: the checks of pointers that come with the race detector end the program, beyond recovering, where the Parquet library
// would panic on a damaged file.
const UnderRace = true
