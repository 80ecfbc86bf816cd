# Every command a person types; CI calls the same targets (.ci/run).
SHELL := /bin/bash
.DEFAULT_GOAL := help

# With the toolchain that setup/toolchain.sh chose.
CARGO := setup/cargo.sh

TARGET ?= $(or $(CARGO_TARGET_DIR),target)
BINARY := $(TARGET)/debug/knative-lambda

# One choice of packages for every command that builds for this machine: cargo takes the features of all that are
# chosen together, and another choice would compile half of the dependencies once more.
NATIVE := --workspace --exclude frontend
XTASK := setup/xtask.sh
DENY := .tools/cargo-deny/bin/cargo-deny --locked
SERVER := $(CARGO) build $(NATIVE) --bin knative-lambda
# The pages that the tests see: as fast to build as may be, or (--release) those that are shipped.
WEB ?=

.PHONY: help run dev build link test test-rust test-e2e check advisories bench fmt generate setup-build setup-check setup-test

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: setup-build ## set everything up and start the platform; prints one sign-in link
	@$(XTASK) web
	@$(SERVER)
	@exec $(BINARY) server

link: ## print another sign-in link of the platform that `make run` started
	@$(BINARY) sign-in-link

dev: setup-build ## the same, rebuilt and restarted on every change
	@setup/dev.sh $(BINARY)

build: setup-build ## one release binary: target/release/knative-lambda
	$(XTASK) web --release
	$(SERVER) --release

test: test-rust test-e2e ## all tests: Rust (nextest) and Playwright in Chromium

test-rust: setup-test
	$(XTASK) web $(WEB)
	$(SERVER)
	$(CARGO) nextest run $(NATIVE)

test-e2e: setup-test
	$(XTASK) web $(WEB)
	$(SERVER)
	cd end2end && KL_BINARY=$(abspath $(BINARY)) npx playwright test

check: setup-check ## format, lints (native and wasm), dependency rules, licences, generated files, size budgets
	$(CARGO) fmt --all --check
	$(XTASK) rules
	$(DENY) check licenses bans sources
	$(CARGO) clippy $(NATIVE) -- -D warnings
	$(CARGO) clippy $(NATIVE) --all-targets -- -D warnings -A clippy::pedantic -A clippy::unwrap_used -A dead_code
	$(CARGO) clippy -p frontend --target wasm32-unknown-unknown -- -D warnings
	$(XTASK) generate --check
	$(XTASK) web --release
	$(XTASK) budgets

advisories: setup-check ## dependencies with known faults; needs github.com, where their database is
	$(DENY) check advisories

bench: build ## measure; prints the table of docs/benchmarks.md, ends with an error when a figure is not met
	@setup/node.sh end2end
	$(CARGO) build $(NATIVE) --release --bin bench
	$(TARGET)/release/bench $(TARGET)/release/knative-lambda

fmt: ## format everything
	$(CARGO) fmt --all

generate: ## rewrite generated files: CRDs, event schemas, configuration reference, OpenAPI
	$(XTASK) generate

setup-build:
	@setup/toolchain.sh
	@setup/node.sh

setup-check: setup-build
	@setup/check-tools.sh

setup-test: setup-check
	@setup/test-tools.sh
