# Everything here needs Go, git, make and sh; `make test` also wants a Chromium and npm, `make race` a C compiler and `make lint` npm.

VERSION      ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
DEMO_SECONDS ?= 5
FUZZTIME     ?= 20s
BENCH        ?= .
BENCHTIME    ?= 1s
FILTER       ?=
RUNS         ?= 5
PLATFORMS    ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
STATICCHECK   = honnef.co/go/tools/cmd/staticcheck@v0.8.2
TYPESCRIPT    = typescript@5.9.3

# One binary that needs nothing on the machine where it runs and holds no path of the one where it was built. The
# version comes from the line above, so Go need not ask git too, which fails in a checkout of another user.
# The tag leaves out what package cli needs to write manual pages, and that package's start-up.
GOBUILD = CGO_ENABLED=0 go build -trimpath -buildvcs=false -tags urfave_cli_no_docs -ldflags '-s -w -X main.version=$(VERSION)'

.PHONY: help build demo test race fuzz bench bench-series bench-go bench-browser golden lint cross clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

build: ## build bin/flame
	$(GOBUILD) -o bin/flame ./cmd/flame

demo: build ## profile a live service for DEMO_SECONDS=5: torch.svg, torch-heap.svg, torch-wall.svg
	@sh .ci/demo.sh bin/flame $(DEMO_SECONDS)

# With a browser at hand its tests may not skip; .ci/chromium.sh says when there is none, and fails for that in CI.
# The same goes for .ci/axe.sh, which fetches the accessibility checker, axe-core.
test: ## run every test, those in a browser included
	@browser=$$(sh .ci/chromium.sh) || exit 1; \
	if [ -n "$$browser" ]; then export FLAME_CHROMIUM="$$browser" FLAME_REQUIRE_BROWSER=1; fi; \
	axe=$$(sh .ci/axe.sh) || exit 1; \
	if [ -n "$$axe" ]; then export FLAME_AXE="$$axe"; fi; \
	echo "go test ./..."; go test ./...

race: ## run the tests under the race detector, the long ones shortened
	go test -race -short ./...

fuzz: ## run each fuzz target for FUZZTIME=20s
	@sh .ci/fuzz.sh $(FUZZTIME)

bench: build ## measure flame, stage by stage and beside its peers, in one table: FILTER=INPUT/STAGE RUNS=5
	go run ./cmd/flame/bench -flame bin/flame -filter '$(FILTER)' -runs $(RUNS)

bench-series: build ## measure how time grows from 1,000 stacks to 1,000,000 and draw docs/performance.svg: RUNS=5
	go run ./cmd/flame/bench -flame bin/flame -runs $(RUNS) -series docs/performance.svg

bench-go: ## run the Go benchmarks: BENCH=regexp BENCHTIME=1s
	go test -run '^$$' -bench '$(BENCH)' -benchtime $(BENCHTIME) -benchmem ./...

bench-browser: build ## measure the graphs in a browser beside other renderers': FILTER=INPUT/VIEWER RUNS=5
	@browser=$$(sh .ci/chromium.sh) || exit 1; \
	FLAME_CHROMIUM="$$browser" go run ./svg/benchbrowser -flame bin/flame -filter '$(FILTER)' -runs $(RUNS)

golden: ## write the golden files anew; look at the difference before committing it
	@dirs=$$(grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -n 1 dirname | sort -u); \
	if [ -z "$$dirs" ]; then echo "no package has golden files"; exit 0; fi; \
	echo "go test $$dirs -args -update"; go test -count=1 $$dirs -args -update

generate: ## make svg/loader.js, viewer.css and viewer.txt of the viewer's modules
	go generate ./svg

lint: ## check format, vet, staticcheck and the viewer's types
	@files=$$(gofmt -l .); if [ -n "$$files" ]; then echo "gofmt these files:"; echo "$$files"; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...
	@if command -v npx >/dev/null; then \
		echo "tsc -p svg/viewer"; npx -y -p $(TYPESCRIPT) tsc -p svg/viewer; \
	elif [ "$$CI" = true ]; then \
		echo "lint: npm is missing, which type-checks svg/viewer"; exit 1; \
	else \
		echo "lint: LEFT OUT: the types of svg/viewer, since npm is missing" >&2; \
	fi

cross: ## build static binaries for PLATFORMS into dist/, with checksums
	@rm -rf dist && mkdir dist
	@set -e; for platform in $(PLATFORMS); do \
		os=$${platform%/*} arch=$${platform#*/} ext=; \
		if [ $$os = windows ]; then ext=.exe; fi; \
		echo "build dist/flame-$$os-$$arch$$ext"; \
		GOOS=$$os GOARCH=$$arch $(GOBUILD) -o dist/flame-$$os-$$arch$$ext ./cmd/flame; \
	done
	@cd dist && if command -v sha256sum >/dev/null; then sha256sum flame-*; else shasum -a 256 flame-*; fi >SHA256SUMS
	@cat dist/SHA256SUMS

clean: ## remove what make and its targets wrote
	rm -rf bin dist torch.svg torch-heap.svg torch-wall.svg
