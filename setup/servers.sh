#!/usr/bin/env bash
# Servers that tests of sources and storages talk to (S3, Git over ssh), from PyPI.
# The last line of its output is the folder of their programs.
set -euo pipefail
cd "$(dirname "$0")/.."
. setup/say.sh
need python3 "Install Python 3.11 or newer first."

packages="asyncssh==2.24.1 moto[s3]==5.2.5 flask==3.1.3 flask-cors==6.0.5"
folder=${XDG_CACHE_HOME:-$HOME/.cache}/knative-lambda/servers
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
if [ "$(cat "$folder/stamp" 2>/dev/null)" != "$packages" ]; then
  say "installing servers for tests: $packages"
  rm -rf "$folder/venv"
  python3 -m venv "$folder/venv"
  # shellcheck disable=SC2086
  "$folder/venv/bin/pip" install --quiet --disable-pip-version-check $packages >&2
  echo "$packages" > "$folder/stamp"
fi
echo "$folder/venv/bin"
