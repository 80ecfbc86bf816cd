# Sourced by the set-up scripts: how they speak, and how they install.
say() { printf '\033[2msetup:\033[0m %s\n' "$*" >&2; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }
need() { command -v "$1" >/dev/null || die "$1 is missing. $2"; }
SUDO=""
[ "$(id -u)" = 0 ] || SUDO="sudo"
as_root() { $SUDO "$@"; }
apt_install() {
  command -v apt-get >/dev/null || die "install these packages by hand, this is no Debian: $*"
  say "installing $*"
  if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1; then
    as_root apt-get update -qq >/dev/null
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
  fi
}
