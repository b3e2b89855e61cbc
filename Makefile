# make run    the whole picture on this machine
# make test   everything that judges it, with the race detector
# See README.md.

SHELL := /bin/bash
BIN   := bin/rhapsode
TOOLS := $(CURDIR)/bin/tools

PROTOC             := 3.21.12
PROTOC_GEN_GO      := v1.36.12
PROTOC_GEN_GO_GRPC := v1.6.0

.PHONY: build run test bench bench-git bench-flow soak fuzz generate fmt clean

build:
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o $(BIN) ./cmd/rhapsode

run: build
	@exec $(BIN) up $(ARGS)

# The last lines are go test's own: nothing may be printed after them.
test:
	@.ci/prepare
	go vet ./...
	go test -race -count=1 -timeout 15m ./...

# The floors and ourselves, interleaved; prints the table of
# docs/architecture/performance.md. The book is published if the corpus is there.
BOOK := $(wildcard $(or $(RHAPSODE_CORPUS),../shared/corpus)/history.bundle)
bench: build bench-git bench-flow
	go run ./testclients/compare $(if $(BOOK),--book $(BOOK)) $(ARGS)

# What the flow costs a GET over a hand-written handler: at most 3 µs and 10 allocations.
bench-flow:
	go test -run - -bench Flow -benchmem ./repo-api/flow

# Stock git and ourselves, by turns on the same data.
bench-git:
	go test -run - -bench AgainstGit -benchtime 1x -timeout 30m ./fs-service/internal/gitfmt ./fs-service/internal/merge ./repo-api/internal/gitdoor

# The tests that draw their cases by lot, again and again: make soak ROUNDS=50.
ROUNDS := 10
soak:
	@.ci/prepare
	go test -race -timeout 12h -count=$(ROUNDS) ./fs-service/... ./repo-api/... ./testclients/...

# Every fuzz target for a while: make fuzz FUZZTIME=1m. Their seeds are part of make
# test. The first time, what is fuzzed is compiled anew, which takes its time.
FUZZTIME := 100000x
fuzz:
	@.ci/prepare
	@set -e; git grep -oE '^func Fuzz[A-Za-z0-9]+' -- '*_test.go' | while IFS=: read -r file name; do \
		go test -run '^$$' -fuzz "^$${name#func }$$" -fuzztime $(FUZZTIME) "./$$(dirname "$$file")"; \
	done

# Needs Debian's protobuf-compiler. What it writes is committed.
generate:
	@protoc --version | grep -qx 'libprotoc $(PROTOC)' || { echo "protoc $(PROTOC) is wanted (apt-get install protobuf-compiler)" >&2; exit 1; }
	GOBIN=$(TOOLS) go install google.golang.org/protobuf/cmd/protoc-gen-go@$(PROTOC_GEN_GO)
	GOBIN=$(TOOLS) go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@$(PROTOC_GEN_GO_GRPC)
	PATH="$(TOOLS):$$PATH" go generate ./fs-service/internal/wire

fmt:
	gofmt -s -w $$(git ls-files '*.go' ':!*.pb.go')

clean:
	rm -rf bin
