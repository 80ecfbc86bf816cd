# Every command a person types; CI calls the same targets (.ci/run).
SHELL := /bin/bash
.DEFAULT_GOAL := help

# With the toolchain that setup/toolchain.sh chose.
CARGO := setup/cargo.sh

TARGET ?= $(or $(CARGO_TARGET_DIR),target)
BINARY := $(TARGET)/debug/knative-lambda

.PHONY: help run dev build link test test-rust test-e2e check bench fmt generate setup-build setup-check setup-test

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: setup-build ## set everything up and start the platform; prints one sign-in link
	@$(CARGO) xtask web
	@$(CARGO) build -p server
	@exec $(BINARY) server

link: ## print another sign-in link of the platform that `make run` started
	@$(BINARY) sign-in-link

dev: setup-build ## the same, rebuilt and restarted on every change
	@setup/dev.sh $(BINARY)

build: setup-build ## one release binary: target/release/knative-lambda
	$(CARGO) xtask web --release
	$(CARGO) build --release -p server

test: test-rust test-e2e ## all tests: Rust (nextest) and Playwright in Chromium

test-rust: setup-test
	$(CARGO) xtask web
	$(CARGO) build -p server
	$(CARGO) nextest run --workspace --exclude frontend

test-e2e: setup-test
	$(CARGO) xtask web
	$(CARGO) build -p server
	cd end2end && KL_BINARY=$(abspath $(BINARY)) npx playwright test

check: setup-check ## format, lints (native and wasm), dependency rules, generated files, size budgets
	$(CARGO) fmt --all --check
	$(CARGO) xtask rules
	$(CARGO) clippy --workspace --exclude frontend -- -D warnings
	$(CARGO) clippy --workspace --exclude frontend --all-targets -- -D warnings -A clippy::pedantic -A clippy::unwrap_used -A dead_code
	$(CARGO) clippy -p frontend --target wasm32-unknown-unknown -- -D warnings
	$(CARGO) xtask generate --check
	$(CARGO) xtask web --release
	$(CARGO) xtask budgets

bench: build ## measure; prints the table of docs/benchmarks.md, ends with an error when a figure is not met
	@setup/node.sh end2end
	$(CARGO) run --release -p bench -- $(TARGET)/release/knative-lambda

fmt: ## format everything
	$(CARGO) fmt --all

generate: ## rewrite generated files: CRDs, event schemas, configuration reference, OpenAPI
	$(CARGO) xtask generate

setup-build:
	@setup/toolchain.sh
	@setup/node.sh

setup-check: setup-build
	@setup/check-tools.sh

setup-test: setup-check
	@setup/test-tools.sh
