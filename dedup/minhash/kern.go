package minhash

//go:generate go run gen/main.go gen/permute.go gen/text.go gen/hash.go
