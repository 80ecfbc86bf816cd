#!/usr/bin/env bash
# Rebuilds and restarts on every change; a build that fails leaves the old one running.
set -euo pipefail
cd "$(dirname "$0")/.."
. setup/say.sh
binary=$1
pid=""
stop() { [ -z "$pid" ] || { kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; pid=""; } || true; }
trap 'stop; exit 0' INT TERM
stamp=$(mktemp)
changed() {
  find app crates frontend server style public migrations xtask Cargo.toml \
    \( -name node_modules -o -name target \) -prune -o -type f -newer "$stamp" -print -quit | grep -q .
}
while true; do
  touch "$stamp"
  if setup/xtask.sh web && setup/cargo.sh build --quiet --workspace --exclude frontend --bin knative-lambda; then
    stop
    "$binary" server & pid=$!
  else
    say "the build failed; waiting for the next change"
  fi
  until changed; do sleep 0.5; done
  say "something changed"
done
