# What a developer types. CI runs .ci/run, which calls these.
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0
BENCHSTAT   = golang.org/x/perf/cmd/benchstat@latest
DATA_SIDE   = . ./ingest/... ./clean/... ./dedup/... ./mix/... ./tokenize/... ./shard/... ./train/data/... ./pipelines/...

.PHONY: build test check race lint vuln golden fuzz bench cover sample

build:            ## the static binary
	CGO_ENABLED=0 go build -trimpath -o quern ./cmd/quern

test:             ## fast tests of everything
	go test ./...

check: lint race  ## what every change must pass
	gofmt -l . | (! grep .)
	go test ./...
	go test -run 'TestImportsRunDownhill' .

lint:
	go vet ./...
	go tool staticcheck ./...
	GOARCH=arm64 go vet ./...

race:             ## the data side, the loop, the server and the kernels' workers under the race detector
	go test -race -short $(DATA_SIDE) ./train ./train/serve
	go test -race -run 'TestEveryTaskOnce|TestNestedCalls|TestWorkers|TestSharedOut|TestAttentionDoesNot' ./train/ops/cpu

vuln:             ## needs the network
	go run $(GOVULNCHECK) ./...

golden:           ## rewrite golden files; read the diff before you commit it
	go test ./clean ./ingest/extract ./shard ./tokenize ./train/format -update

fuzz:             ## every fuzz target for a while
	.ci/fuzz 30s

bench:            ## compare with: go run golang.org/x/perf/cmd/benchstat@latest old.txt new.txt
	go test -run '^$$' -bench . -benchmem ./... | tee bench.txt

cover:            ## statement coverage of the data rooms
	go test -short -coverprofile cover.out -coverpkg ./... $(DATA_SIDE) && go tool cover -func cover.out | tail -1

sample:           ## pack the quickstart's pages into a web archive
	cd pipelines/testdata/sample && go run pack.go
