#!/usr/bin/env bash
# A private, throw-away PostgreSQL for tests; the last line of its output is its URL.
# Used if already running; KL_TEST_POSTGRES_URL names another server instead.
# With a folder as argument: a server of its own there, for tests that stop it (stop: setup/postgres.sh --stop FOLDER).
set -euo pipefail
cd "$(dirname "$0")/.."
. setup/say.sh

if [ -n "${KL_TEST_POSTGRES_URL:-}" ] && [ $# = 0 ]; then echo "$KL_TEST_POSTGRES_URL"; exit 0; fi
# A machine with the client alone has this folder too, without a server in it.
bin() { ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -1 | xargs -r dirname; }
# The server refuses to be root, and its user can not look into root's home.
as_server() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

stop=""
if [ "${1:-}" = --stop ]; then stop=1; shift; fi
folder=${1:-/tmp/knative-lambda-postgres-$(id -u)}
if [ -n "$stop" ]; then
  as_server "$(bin)/pg_ctl" stop -D "$folder/data" -m "${2:-fast}" -w >/dev/null
  exit 0
fi

mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
url() { echo "postgres://postgres@127.0.0.1:$(cat "$folder/port")/postgres"; }
running() { [ -f "$folder/port" ] && as_server "$(bin)/pg_isready" -q -h 127.0.0.1 -p "$(cat "$folder/port")"; }
if [ -n "$(bin)" ] && running; then url; exit 0; fi

[ -n "$(bin)" ] || { services_stay_off; apt_install postgresql; }
if [ "$(id -u)" = 0 ]; then chown postgres "$folder"; fi
if [ ! -f "$folder/data/PG_VERSION" ]; then
  as_server "$(bin)/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
fi
# A free port: the kernel's own choice, taken by the server a moment later.
choose_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' > "$folder/port"
}
# What is in it is not worth an fsync; what was committed survives a crash of the server all the same.
start() {
  as_server "$(bin)/pg_ctl" start -D "$folder/data" -l "$folder/log" -w -t 60 -o "-p $(cat "$folder/port") \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off \
    -c full_page_writes=off -c max_connections=300 -c shared_buffers=64MB" >/dev/null 2>&1 9>&-
}
[ -f "$folder/port" ] || choose_port
# The port of last time, which a test may have in its URL; someone else may have it since.
start || { choose_port; start; } || { tail -5 "$folder/log" >&2; die "PostgreSQL did not start"; }
url
