#!/usr/bin/env bash
# cargo with the toolchain that setup/toolchain.sh chose: one for both halves, or every proc macro would be
# compiled twice. Read at each call, since the first `make` of a machine chooses it half way.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
[ ! -f "$top/.toolchain" ] || RUSTUP_TOOLCHAIN=$(cat "$top/.toolchain")
[ -z "${RUSTUP_TOOLCHAIN:-}" ] || export RUSTUP_TOOLCHAIN
exec cargo "$@"
