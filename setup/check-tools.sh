#!/usr/bin/env bash
# What `make check` needs beside the build: rustfmt and clippy.
set -euo pipefail
cd "$(dirname "$0")/.."
. setup/say.sh

setup/cargo.sh fmt --version >/dev/null 2>&1 || rustup component add rustfmt
setup/cargo.sh clippy --version >/dev/null 2>&1 || rustup component add clippy
