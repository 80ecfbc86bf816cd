#!/usr/bin/env bash
# A private, throw-away RabbitMQ for tests. The last line of its output: the addresses of AMQP, of the management
# plug-in, of AMQP over TLS, and the file with the certificate to trust.
# Used if already running; KL_TEST_RABBITMQ (such a line) names another server instead.
# With a folder as argument: a server of its own there, for tests that stop it.
#   setup/rabbitmq.sh --stop FOLDER | --kill FOLDER | --ctl FOLDER ARGUMENTS OF RABBITMQCTL
set -euo pipefail
cd "$(dirname "$0")/.."
. setup/say.sh

if [ -n "${KL_TEST_RABBITMQ:-}" ] && [ $# = 0 ]; then echo "$KL_TEST_RABBITMQ"; exit 0; fi
bin=/usr/lib/rabbitmq/bin
action=start
case "${1:-}" in --stop | --kill | --ctl) action=${1#--}; shift ;; esac
folder=${1:-/tmp/knative-lambda-rabbitmq-$(id -u)}
[ $# = 0 ] || shift
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

value() { cat "$folder/$1"; }
# Erlang finds its own parts by this environment, away from a server that the machine may have.
as_node() {
  env -i PATH="$PATH" LANG=C.UTF-8 HOME="$folder" RABBITMQ_NODENAME="kl$(value port)@localhost" \
    RABBITMQ_NODE_PORT="$(value port)" RABBITMQ_DIST_PORT="$(value dist)" ERL_EPMD_PORT="$(value epmd)" \
    ERL_EPMD_ADDRESS=127.0.0.1 RABBITMQ_MNESIA_BASE="$folder/data" RABBITMQ_LOG_BASE="$folder/log" \
    RABBITMQ_PID_FILE="$folder/pid" RABBITMQ_CONFIG_FILE="$folder/rabbitmq.conf" RABBITMQ_HOME="$folder" \
    RABBITMQ_ENABLED_PLUGINS_FILE="$folder/plugins" RABBITMQ_CTL_ERL_ARGS="" \
    ERL_CRASH_DUMP="$folder/log/erl_crash.dump" "$@"
}
addresses() {
  echo "amqp://guest:guest@127.0.0.1:$(value port) http://guest:guest@127.0.0.1:$(value http)" \
    "amqps://guest:guest@localhost:$(value tls) $folder/ca.pem"
}
running() { [ -f "$folder/http" ] && curl -sf -m 5 -o /dev/null "http://guest:guest@127.0.0.1:$(value http)/api/overview"; }
end() {
  [ -f "$folder/pid" ] || return 0
  local pid
  pid=$(value pid)
  kill "-$1" "$pid" 2>/dev/null || true
  while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
  rm -f "$folder/pid"
}

case $action in
  ctl) as_node $bin/rabbitmqctl -q "$@"; exit ;;
  kill) end KILL; exit ;;
  stop)
    end TERM
    # The name server of this folder's Erlang.
    as_node epmd -port "$(value epmd)" -kill >/dev/null 2>&1 || true
    exit ;;
esac

exec 9>"$folder/lock"
flock 9
if running; then addresses; exit 0; fi
missing=()
[ -x $bin/rabbitmq-server ] || missing+=(rabbitmq-server)
command -v curl >/dev/null || missing+=(curl)
command -v openssl >/dev/null || missing+=(openssl)
[ ${#missing[@]} = 0 ] || { services_stay_off; apt_install "${missing[@]}"; }
if [ ! -f "$folder/port" ]; then
  # Free ports below those that the kernel hands out, so that they are free after a restart too.
  python3 - "$folder" <<'PORTS'
import random, socket, sys
held = []
for name in ("dist", "epmd", "tls", "http", "port"):
    while True:
        s = socket.socket()
        try:
            s.bind(("127.0.0.1", random.randrange(20000, 32000)))
        except OSError:
            continue
        held.append(s)
        open(f"{sys.argv[1]}/{name}", "w").write(str(s.getsockname()[1]))
        break
PORTS
  openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=test-authority -keyout "$folder/ca.key" \
    -out "$folder/ca.pem" 2>/dev/null
  openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=localhost -CA "$folder/ca.pem" -CAkey "$folder/ca.key" \
    -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE -keyout "$folder/key.pem" \
    -out "$folder/cert.pem" 2>/dev/null
fi
echo '[rabbitmq_management].' > "$folder/plugins"
cat > "$folder/rabbitmq.conf" <<CONF
listeners.tcp.1 = 127.0.0.1:$(value port)
listeners.ssl.1 = 127.0.0.1:$(value tls)
ssl_options.certfile = $folder/cert.pem
ssl_options.keyfile = $folder/key.pem
ssl_options.cacertfile = $folder/ca.pem
management.tcp.ip = 127.0.0.1
management.tcp.port = $(value http)
disk_free_limit.absolute = 50MB
vm_memory_high_watermark.absolute = 1GB
CONF
mkdir -p "$folder/log"
as_node setsid $bin/rabbitmq-server >"$folder/log/out" 2>&1 9>&- </dev/null &
for _ in $(seq 600); do
  if running; then addresses; exit 0; fi
  sleep 0.2
done
tail -5 "$folder/log/out" >&2
die "RabbitMQ did not start"
