#!/usr/bin/env bash
# Runs a command with a PostgreSQL of its own, in a temporary folder and on a free port, named by
# SCRYPATH_TEST_POSTGRES (postgres://…), and stops it when the command ends. The newest on this machine, or that in
# SCRYPATH_POSTGRES_BIN, the folder of its programs. It loses what it was told when the machine stops, unless
# SCRYPATH_POSTGRES_FSYNC is on.
set -euo pipefail

bin=${SCRYPATH_POSTGRES_BIN:-}
[ -n "$bin" ] || bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb)")
folder=$(mktemp -d /tmp/scrypath-postgres.XXXXXX)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

# PostgreSQL refuses to run as root.
as_owner() { if [ "$(id -u)" -eq 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
if [ "$(id -u)" -eq 0 ]; then chown postgres "$folder"; fi

stop() {
  (cd / && as_owner "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1) || true
  rm -rf "$folder"
}
trap stop EXIT

start() {
  cd /
  as_owner "$bin/initdb" -D "$folder/data" -U postgres -A trust --no-sync &&
    as_owner "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/log" \
      -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$folder -c fsync=${SCRYPATH_POSTGRES_FSYNC:-off}" start
}
(start) >"/tmp/scrypath-postgres.$port.log" 2>&1 || { cat "/tmp/scrypath-postgres.$port.log" >&2; exit 1; }
rm -f "/tmp/scrypath-postgres.$port.log"

export SCRYPATH_TEST_POSTGRES="postgres://postgres@127.0.0.1:$port/postgres"
"$@"
