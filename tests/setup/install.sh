#!/usr/bin/env bash
# Installs from Debian what this machine lacks. Rust, Node 20 and Python 3.11 are expected to be there.
set -euo pipefail

need() { command -v "$1" >/dev/null 2>&1 || { echo "make needs $1: $2" >&2; exit 1; }; }
need cargo "https://rustup.rs"
need node "Node 20 or newer, https://nodejs.org"
need npm "it comes with Node"

packages=()
command -v cc >/dev/null || packages+=(build-essential)
command -v mix >/dev/null || packages+=(elixir)
[ -n "$(find /usr/lib/erlang -name erl_nif.h -print -quit 2>/dev/null)" ] || packages+=(erlang-dev)
for app in xmerl ssl inets eunit parsetools; do
  [ -n "$(find /usr/lib/erlang/lib -maxdepth 1 -name "$app-*" -print -quit 2>/dev/null)" ] || packages+=("erlang-$app")
done
[ -n "$(find /usr/lib/erlang/lib -maxdepth 1 -name 'p1_sqlite3-*' -print -quit 2>/dev/null)" ] || packages+=(erlang-p1-sqlite3)
[ -n "$(find /usr/lib/erlang/lib -maxdepth 1 -name 'p1_pgsql-*' -print -quit 2>/dev/null)" ] || packages+=(erlang-p1-pgsql)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || packages+=(postgresql)
"$(tests/setup/python.sh)" -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv)
[ ${#packages[@]} -eq 0 ] && exit 0

echo "· installing ${packages[*]}"
sudo=""
[ "$(id -u)" -eq 0 ] || sudo=sudo
log=$(mktemp)
{ $sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq "${packages[@]}"; } >"$log" 2>&1 ||
  { cat "$log" >&2; exit 1; }
rm -f "$log"
