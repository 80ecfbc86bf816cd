#!/usr/bin/env bash
# The Python client of Kubernetes, for the test that holds the embedded cluster against it: a venv in .tools.
set -euo pipefail
cd "$(dirname "$0")/.."
. setup/say.sh

version=37.0.2
venv=.tools/python-client
if ! "$venv/bin/python" -c "import kubernetes; assert kubernetes.__version__ == '$version'" 2>/dev/null; then
  say "installing the Python client of Kubernetes into $venv"
  python3 -m venv "$venv" || { apt_install python3-venv python3-pip; python3 -m venv "$venv"; }
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "kubernetes==$version"
fi
