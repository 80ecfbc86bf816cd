#!/usr/bin/env bash
# The Rust side: the wasm target, by rustup where it can, else Debian's toolchain (CONTRIBUTING.md, Tools).
# Idempotent; says what it does; KL_TOOLCHAIN=debian takes the second way on purpose.
set -euo pipefail
cd "$(dirname "$0")/.."
. setup/say.sh

wasm=wasm32-unknown-unknown
need cargo "Install Rust first: https://rustup.rs"
need cc "Install a C compiler first: apt-get install build-essential"

has_target() { [ -d "$(rustc "$@" --print sysroot)/lib/rustlib/$wasm/lib" ]; }

if [ "${KL_TOOLCHAIN:-}" != debian ] && [ ! -f .toolchain ]; then
  has_target && exit 0
  if command -v rustup >/dev/null; then
    say "adding the Rust target $wasm"
    if rustup target add "$wasm" >/dev/null 2>&1 && has_target; then exit 0; fi
    say "rustup can not fetch it here; using Debian's toolchain instead"
  fi
fi

stamp=/usr/lib/rustlib/$wasm/.knative-lambda-std
packages="rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web lld-22"
if [ ! -x /usr/bin/rustc ] || ! /usr/bin/rustc --version | grep -q . || ! dpkg -s rust-web-src >/dev/null 2>&1; then
  apt_install $packages
fi
want="$(/usr/bin/rustc -vV | sed -n 's/^commit-hash: //p') $(dpkg-query -W -f '${Version}' rust-web-src)"
if [ "$(cat "$stamp" 2>/dev/null)" != "$want" ]; then
  say "building the standard library for $wasm (once, about a minute)"
  work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/src"
  printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n' > "$work/Cargo.toml"
  printf '#![no_std]\n' > "$work/src/lib.rs"
  (cd "$work" && RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=-Cembed-bitcode=yes \
    CARGO_TARGET_DIR="$work/target" /usr/bin/cargo build --quiet --release --offline --target "$wasm" \
    --config 'source.crates-io.replace-with = "debian"' \
    --config 'source.debian.directory = "/usr/lib/rustlib/src/rust/library/vendor"' \
    -Z build-std=std,panic_abort,panic_unwind,proc_macro,test)
  as_root mkdir -p "/usr/lib/rustlib/$wasm/lib"
  find "$work/target/$wasm/release/deps" -name 'lib*.rlib' ! -name 'libempty*' -print0 |
    xargs -0 -I{} sh -c "$SUDO cp {} /usr/lib/rustlib/$wasm/lib/"
  host=$(/usr/bin/rustc -vV | sed -n 's/^host: //p')
  # rustc looks for its wasm linker under this name here.
  as_root mkdir -p "/usr/lib/rustlib/$host/bin"
  as_root ln -sf "$(command -v lld-22)" "/usr/lib/rustlib/$host/bin/rust-lld"
  printf '%s' "$want" | as_root tee "$stamp" >/dev/null
fi
# Without rustup there is one toolchain, and it is this one.
command -v rustup >/dev/null || exit 0
rustup toolchain list 2>/dev/null | grep -q '^deb-web' || rustup toolchain link deb-web /usr
echo deb-web > .toolchain
