# Sourced by the set-up scripts: how they speak, and how they install.
say() { printf '\033[2msetup:\033[0m %s\n' "$*" >&2; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }
need() { command -v "$1" >/dev/null || die "$1 is missing. $2"; }
SUDO=""
[ "$(id -u)" = 0 ] || SUDO="sudo"
as_root() {
  [ -z "$SUDO" ] || command -v sudo >/dev/null || die "root is needed, and there is no sudo, for: $*"
  $SUDO "$@"
}
# Debian starts the services that it installs; the tests start their own, on ports of their own.
services_stay_off() {
  [ ! -e /usr/sbin/policy-rc.d ] || return 0
  printf '#!/bin/sh\nexit 101\n' | as_root tee /usr/sbin/policy-rc.d >/dev/null
  as_root chmod +x /usr/sbin/policy-rc.d
  trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
}
apt_install() {
  command -v apt-get >/dev/null || die "install these packages by hand, this is no Debian: $*"
  say "installing $*"
  if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1; then
    as_root apt-get update -qq >/dev/null
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
  fi
}
