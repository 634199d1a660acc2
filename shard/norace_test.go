//go:build !race

package shard

const UnderRace = false
