#!/usr/bin/env bash
# What the project does beside cargo (xtask/src/main.rs), built with the same choice of packages as the Makefile's.
set -euo pipefail
cd "$(dirname "$0")/.."
# It calls cargo itself.
[ ! -f .toolchain ] || RUSTUP_TOOLCHAIN=$(cat .toolchain)
[ -z "${RUSTUP_TOOLCHAIN:-}" ] || export RUSTUP_TOOLCHAIN
setup/cargo.sh build --quiet --workspace --exclude frontend --bin xtask
exec "${CARGO_TARGET_DIR:-target}/debug/xtask" "$@"
