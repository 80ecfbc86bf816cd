#!/usr/bin/env bash
# What the tests need beside the build: used where it is there already, else installed.
set -euo pipefail
cd "$(dirname "$0")/.."
. setup/say.sh

if ! setup/cargo.sh nextest --version >/dev/null 2>&1; then
  say "installing cargo-nextest (a few minutes, once)"
  setup/cargo.sh install --quiet --locked cargo-nextest
fi
missing=()
[ -x /usr/bin/chromium ] || missing+=(chromium)
command -v python3 >/dev/null || missing+=(python3 python3-venv python3-pip)
python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip python3-venv)
command -v git >/dev/null || missing+=(git)
command -v ssh-keygen >/dev/null || missing+=(openssh-client)
[ ${#missing[@]} = 0 ] || apt_install "${missing[@]}"
if ! command -v kubectl >/dev/null; then
  apt_install kubectl || apt_install kubernetes-client
fi
setup/python-client.sh
setup/node.sh end2end
setup/postgres.sh >/dev/null
setup/rabbitmq.sh >/dev/null
setup/servers.sh >/dev/null
