# Everything a person does with this repository. `make` alone lists it.

PORT     ?= 8080
DATA     ?=
# The packages to test; `make test PACKAGES=./internal/ladder` runs one.
PACKAGES ?= ./...
FUZZTIME ?= 10s

VERSION := $(shell git describe --always --dirty 2>/dev/null || echo dev)

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@echo 'Usage: make TARGET'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The version comes in through -X, so Go need not ask git as well: that fails
# in a checkout owned by another user, as containers often have it.
.PHONY: build
build: tool ## Build ./bin/sparekey, one static binary
	CGO_ENABLED=0 go build -buildvcs=false -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/sparekey ./cmd/sparekey

# Without it the page /safe-copy says that this build has no tool.
.PHONY: tool
tool:
	@go run ./scripts/tool

.PHONY: demo
demo: build ## Run a made-up company on http://localhost:8080 (PORT=, DATA=folder to keep)
	PORT='$(PORT)' $(if $(DATA),DATA='$(DATA)') ./bin/sparekey demo

.PHONY: setup
setup: ## Install what the tests need, if it is missing (Debian, Ubuntu)
	@scripts/setup.sh

.PHONY: test
test: setup tool ## Install what is missing, then run every test (PACKAGES=./...)
	@scripts/test.sh $(PACKAGES)

.PHONY: lint
lint: ## gofmt, go vet, staticcheck
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then \
		printf 'gofmt would change:\n%s\n' "$$unformatted"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...

.PHONY: check
check: test lint drift fuzz ## Everything a change must pass: test, lint, drift, fuzz
	@echo 'check: all good'

.PHONY: docs
docs: ## Write the generated documents anew
	go generate ./...

.PHONY: drift
drift: ## Fail if a generated document is out of date
	@scripts/drift.sh

.PHONY: fuzz
fuzz: ## Run every fuzz target for a while (FUZZTIME=10s)
	@FUZZTIME='$(FUZZTIME)' scripts/fuzz.sh

.PHONY: bench
bench: ## Measure, and write docs/measured.md
	go run ./test/bench

.PHONY: soak
soak: setup ## The long run: hours of use and abuse
	SPAREKEY_SOAK=1 go test -run Soak -count=1 -timeout 24h -v $(PACKAGES)

.PHONY: clean
clean: ## Remove what was built, and what runs left behind
	rm -rf bin test/artefacts test/browser/node_modules
	find internal/web/tool -type f ! -name .gitignore -delete
