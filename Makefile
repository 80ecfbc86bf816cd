# Every command a person types; CI calls the same targets (.ci/run).
SHELL := /bin/bash
.DEFAULT_GOAL := help

# Where rustup can not add the wasm target, setup/toolchain.sh installs Debian's toolchain and notes its
# name here: one toolchain for both halves, or every proc macro would be compiled twice.
ifneq ($(wildcard .toolchain),)
export RUSTUP_TOOLCHAIN := $(shell cat .toolchain)
endif

TARGET ?= $(or $(CARGO_TARGET_DIR),target)
BINARY := $(TARGET)/debug/knative-lambda

.PHONY: help run dev build test test-rust test-e2e check bench fmt generate setup-build setup-test

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: setup-build ## set everything up and start the platform; prints one sign-in link
	@cargo xtask web
	@cargo build --quiet -p server
	@exec $(BINARY) server

dev: setup-build ## the same, rebuilt and restarted on every change
	@setup/dev.sh $(BINARY)

build: setup-build ## one release binary: target/release/knative-lambda
	cargo xtask web --release
	cargo build --release -p server

test: test-rust test-e2e ## all tests: Rust (nextest) and Playwright in Chromium

test-rust: setup-test
	cargo xtask web
	cargo build -p server
	cargo nextest run --workspace --exclude frontend

test-e2e: setup-test
	cargo xtask web
	cargo build -p server
	cd end2end && KL_BINARY=$(abspath $(BINARY)) npx playwright test

check: setup-test ## format, lints (native and wasm), dependency rules, generated files, size budgets
	cargo fmt --all --check
	cargo xtask rules
	cargo clippy --workspace --exclude frontend -- -D warnings
	cargo clippy --workspace --exclude frontend --all-targets -- -D warnings -A clippy::pedantic -A clippy::unwrap_used -A dead_code
	cargo clippy -p frontend --target wasm32-unknown-unknown -- -D warnings
	cargo xtask generate --check
	cargo xtask web --release
	cargo xtask budgets

bench: build ## measure; prints the table of docs/benchmarks.md, ends with an error when a figure is not met
	@setup/node.sh end2end
	cargo run --release -p bench -- $(TARGET)/release/knative-lambda

fmt: ## format everything
	cargo fmt --all

generate: ## rewrite generated files: CRDs, event schemas, configuration reference, OpenAPI
	cargo xtask generate

setup-build:
	@setup/toolchain.sh
	@setup/node.sh

setup-test: setup-build
	@setup/test-tools.sh
