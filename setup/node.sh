#!/usr/bin/env bash
# The npm packages of the code editor's bundle; nothing when they are there already.
set -euo pipefail
cd "$(dirname "$0")/.."
. setup/say.sh
need node "Install Node.js 20 or newer first."
need npm "Install npm first."

install() {
  local folder=$1 stamp=$1/node_modules/.knative-lambda
  [ -f "$folder/package-lock.json" ] || return 0
  cmp -s "$folder/package-lock.json" "$stamp" && return 0
  say "installing the npm packages of $folder"
  (cd "$folder" && npm ci --silent --no-audit --no-fund >&2)
  cp "$folder/package-lock.json" "$stamp"
}
for folder in "${@:-app/editor}"; do install "$folder"; done
